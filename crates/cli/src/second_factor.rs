//! The second factor: its options, and the question for it.

use aitta_engine::{Context, Result, TOKEN_VARIABLE, mfa};
use aitta_model::{ErrorCode, MfaCode, MfaStatus};
use clap::Args;

use crate::call::Call;

/// Recovery codes from which on somebody should make new ones.
pub(crate) const FEW: u32 = 3;

/// The second factor, of everything that asks for it.
#[derive(Args)]
pub(crate) struct Totp {
    /// Six digits of your authenticator, or a recovery code; a machine sets AITTA_MFA_TOKEN instead
    #[arg(long, value_name = "CODE")]
    totp: Option<String>,
}

impl Totp {
    /// What was typed or, on a machine, the token of an exception. The engine reads no environment.
    pub(crate) fn code(self) -> Option<MfaCode> {
        let token = || std::env::var(TOKEN_VARIABLE).ok().filter(|token| !token.trim().is_empty());
        self.totp.or_else(token).map(MfaCode::new)
    }
}

/// The second factor where a token of an exception is not accepted.
#[derive(Args)]
pub(crate) struct TypedTotp {
    /// Six digits of your authenticator, or a recovery code
    #[arg(long, value_name = "CODE")]
    totp: Option<String>,
}

impl TypedTotp {
    /// What was typed.
    pub(crate) fn typed(self) -> Option<MfaCode> {
        self.totp.map(MfaCode::new)
    }
}

/// Does `work` with the code that was given. When one is needed and missing, it is asked for on the terminal, before
/// anything is done.
pub(crate) async fn with_code<T>(
    call: &Call<'_>,
    context: &Context,
    code: Option<MfaCode>,
    work: impl AsyncFn(Option<MfaCode>) -> Result<T>,
) -> Result<T> {
    let mut shown = code.clone();
    let mut result = work(code).await;
    if let Err(error) = &result
        && error.code() == ErrorCode::MfaRequired
        && shown.is_none()
        && mfa::status(context).await?.enrolled.is_some()
        && let Some(code) = call.output.ask("Six digits of your authenticator, or a recovery code:")
        && !code.is_empty()
    {
        shown = Some(MfaCode::new(code));
        result = work(shown.clone()).await;
    }
    if let (Ok(_), Some(code)) = (&result, &shown) {
        few_codes(call, context, code).await;
    }
    result
}

/// After a recovery code the user should know how many are left.
async fn few_codes(call: &Call<'_>, context: &Context, shown: &MfaCode) {
    let is_recovery_code =
        shown.expose().chars().any(|c| c.is_ascii_alphabetic()) && !shown.expose().contains('_');
    if let (true, Ok(MfaStatus { enrolled: Some(_), recovery_codes_left: left @ ..=FEW, .. })) =
        (is_recovery_code, mfa::status(context).await)
    {
        call.output.remark(&format!(
            "warning: {left} of your recovery codes are left\nhint: make new ones with `aitta mfa codes`"
        ));
    }
}
