//! Random bytes of the system.

use aitta_model::ErrorCode;

use crate::{Error, Result};

/// Random bytes of the system.
///
/// # Errors
/// `system` when the system gives none.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut out = [0; N];
    getrandom::fill(&mut out).map_err(|e| {
        Error::new(ErrorCode::System, format!("the system gave no random bytes: {e}"), "try again")
    })?;
    Ok(out)
}
