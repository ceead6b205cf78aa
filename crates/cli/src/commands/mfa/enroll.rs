//! `aitta mfa enroll` and `aitta mfa confirm`

use aitta_engine::{Context, Error, Result, enrolment, mfa};
use aitta_model::{ConfirmMfaRequest, ErrorCode, MfaCode, MfaEnrolment, RecoveryCodes};
use clap::Args;

use super::change::CODES;
use crate::call::{Call, OK};
use crate::format::plain;

/// How often a code may be mistyped.
const TRIES: usize = 3;

#[derive(Args)]
pub(crate) struct Enroll {
    /// Print the secret only; `aitta mfa confirm` does the rest
    #[arg(long)]
    print: bool,
    /// Six digits of the authenticator there is, or a recovery code
    #[arg(long, value_name = "CODE", conflicts_with = "print")]
    old: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT", conflicts_with = "print")]
    reason: Option<String>,
}

#[derive(Args)]
pub(crate) struct Confirm {
    /// Six digits of the new authenticator
    #[arg(long, value_name = "CODE")]
    totp: String,
    /// Six digits of the authenticator there is, or a recovery code
    #[arg(long, value_name = "CODE")]
    old: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub(super) async fn enroll(call: &Call<'_>, context: &Context, arguments: Enroll) -> Result<u8> {
    let Enroll { print, old, reason } = arguments;
    if print {
        call.output.page(&enrolment::begin(context).await?, shown)?;
        call.output.remark("then: aitta mfa confirm --totp CODE, with the six digits that it shows");
        return Ok(OK);
    }
    if !call.output.can_ask() {
        return Err(no_terminal(
            "setting up an authenticator asks for a code, and there is no terminal to ask on",
            "run `aitta mfa enroll --print`, and then `aitta mfa confirm --totp CODE`",
        ));
    }
    let mut old = old.map(MfaCode::new);
    if old.is_none() && mfa::status(context).await?.enrolled.is_some() {
        let answer =
            call.output.ask("There is a second factor already. Six digits of it, or a recovery code:");
        old = answer.filter(|answer| !answer.is_empty()).map(MfaCode::new);
    }
    call.output.file(&shown(&enrolment::begin(context).await?))?;
    let mut tries = TRIES;
    let codes = loop {
        tries -= 1;
        let Some(code) = call.output.ask("The six digits that it shows now:").filter(|code| !code.is_empty())
        else {
            return Err(Error::new(
                ErrorCode::Cancelled,
                "no code was typed, so nothing was changed",
                "begin again with `aitta mfa enroll`",
            ));
        };
        let request =
            ConfirmMfaRequest { code: MfaCode::new(code), mfa: old.clone(), reason: reason.clone() };
        match enrolment::confirm(context, request).await {
            // A code of the new authenticator: its secret guards nothing yet. A code of the old one is not tried again.
            Err(error) if error.code() == ErrorCode::MfaWrong && tries > 0 && old.is_none() => {
                let (fact, hint) = (plain(&error.to_string()), plain(error.hint()));
                call.output.warn(&format!("{fact}\nhint: {hint}"));
            }
            result => break result?,
        }
    };
    done(call, &codes)
}

pub(super) async fn confirm(call: &Call<'_>, context: &Context, arguments: Confirm) -> Result<u8> {
    let request = ConfirmMfaRequest {
        code: MfaCode::new(arguments.totp),
        mfa: arguments.old.map(MfaCode::new),
        reason: arguments.reason,
    };
    done(call, &enrolment::confirm(context, request).await?)
}

fn done(call: &Call<'_>, codes: &RecoveryCodes) -> Result<u8> {
    call.output.report(codes, |codes| codes.codes.join("\n"))?;
    call.output.remark(CODES);
    Ok(OK)
}

fn shown(enrolment: &MfaEnrolment) -> String {
    format!(
        "{}\n\nScan this with your authenticator app, or type the secret: {}\n{}\n",
        enrolment.qr_text, enrolment.secret, enrolment.uri
    )
}

fn no_terminal(fact: &str, hint: &str) -> Error {
    Error::new(ErrorCode::ConfigInvalid, fact, hint)
}
