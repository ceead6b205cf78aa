//! The second factor: time-based one-time passwords (RFC 6238), ten recovery codes, and tokens of exceptions
//! for machines.
//!
//! It guards what Aitta does and encrypts nothing: a person with a vault key and access to the store can read archives
//! without Aitta.
//!
//! Everything about it lies in the vault, not in the catalog, so that editing or deleting the catalog changes
//! nothing. Once somebody has enrolled, a state that can't be reached closes the door: see the module `anchor`.

use aitta_model::{Command, ErrorCode, Guarded, MfaCode, MfaException, MfaStatus};

use crate::{Context, Error, Result};

pub(crate) mod anchor;
pub(crate) mod check;
pub(crate) mod codes;
pub(crate) mod place;
pub(crate) mod state;

pub(crate) use place::Asked;
use state::{Enrolled, Held};

/// Whether something may be done without a second factor before one is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Demand {
    /// It may, unless the profile says that one is required.
    WhenEnrolled,
    /// Never.
    Always,
}

/// Whether what is asked may be done. Returns, for the audit trail, what was shown.
///
/// # Errors
/// `mfa_required`, `mfa_wrong`, `mfa_locked`, `mfa_unavailable`.
pub(crate) async fn decide(
    context: &Context,
    asked: &Asked,
    demand: Demand,
    code: Option<&MfaCode>,
) -> Result<String> {
    let held = Held::take(context).await?;
    let Some(mut state) = held.load(context).await?.filter(|state| state.enrolled.is_some()) else {
        if demand == Demand::Always || context.profile.mfa_required {
            return Err(not_set_up());
        }
        return Ok("none is set up".to_owned());
    };
    let Some(enrolled) = state.enrolled.as_mut() else { return Err(not_set_up()) };
    if demand == Demand::WhenEnrolled && enrolled.exempts(asked) {
        return Ok("the profile is exempt".to_owned());
    }
    let Some(code) = code else { return Err(needed(asked)) };
    let shown = check::show(enrolled, code, asked, context.clock.now());
    // A code counts, accepted or not, only after the state is written: otherwise it could be shown twice.
    held.save(&mut state).await.map_err(state::unavailable_because)?;
    shown.map(|shown| format!("{shown} {}", anchor::writes_in_words(state.writes)))
}

/// How often the state was written, in the words of the trail; nothing where that can't be told.
pub(crate) async fn writes(context: &Context) -> Option<String> {
    let held = Held::take(context).await.ok()?;
    let state = held.load(context).await.ok()??;
    Some(anchor::writes_in_words(state.writes))
}

pub(crate) fn not_set_up() -> Error {
    Error::new(
        ErrorCode::MfaRequired,
        "a second factor is required, and none is set up",
        format!(
            "set one up with {mfa_enroll}, which takes a minute and an authenticator app",
            mfa_enroll = Command::MfaEnroll
        ),
    )
}

fn needed(asked: &Asked) -> Error {
    let code =
        "add --totp with the six digits that your authenticator shows, or with one of your recovery codes";
    let hint = match asked.guarded {
        // No exception is for it.
        Guarded::Mfa => code.to_owned(),
        Guarded::Restore | Guarded::Delete | Guarded::Keys => format!(
            "{code}; a machine sets AITTA_MFA_TOKEN to the token of an exception ({mfa_exception_add})",
            mfa_exception_add = Command::MfaExceptionAdd
        ),
    };
    Error::new(ErrorCode::MfaRequired, format!("a {asked} needs the second factor"), hint)
}

/// The second factor as it stands, seen from this profile.
///
/// # Errors
/// `mfa_unavailable` when somebody has enrolled and the vault does not answer.
pub async fn status(context: &Context) -> Result<MfaStatus> {
    let held = Held::take(context).await?;
    let state = held.load(context).await?;
    drop(held);
    Ok(status_of(context, state.as_ref().and_then(|state| state.enrolled.as_ref())))
}

pub(crate) fn status_of(context: &Context, enrolled: Option<&Enrolled>) -> MfaStatus {
    let kept = context.vault.place().to_owned();
    let required = context.profile.mfa_required;
    let Some(enrolled) = enrolled else {
        return MfaStatus {
            enrolled: None,
            kept,
            recovery_codes_left: 0,
            failures: 0,
            locked_until: None,
            required,
            guarded: Guarded::ALL.to_vec(),
            exceptions: Vec::new(),
        };
    };
    let asks = |guarded: &Guarded| !enrolled.exempts(&Asked::of(context, *guarded));
    MfaStatus {
        enrolled: Some(enrolled.since),
        kept,
        recovery_codes_left: enrolled.recovery.left(),
        failures: enrolled.failures,
        locked_until: enrolled.locked_until.filter(|until| *until > context.clock.now()),
        required,
        guarded: Guarded::ALL.into_iter().filter(asks).collect(),
        exceptions: enrolled
            .exceptions
            .iter()
            .map(|exception| MfaException {
                name: exception.name.clone(),
                profile: exception.place.profile.clone(),
                operations: exception.operations.clone(),
                created: exception.created,
                expires: exception.expires,
                last_used: exception.last_used,
            })
            .collect(),
    }
}
