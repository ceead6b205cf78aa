//! `aitta mfa …`

use aitta_engine::{Result, mfa};
use aitta_model::{Guarded, MfaChange};
use clap::{Args, Subcommand};

use self::change::{CODES, Change, change, guarded, status_text};
use crate::call::{Call, OK};
use crate::session;

mod change;
mod enroll;
mod exception;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Set up an authenticator, or another one
    Enroll(enroll::Enroll),
    /// Confirm what `enroll --print` has begun
    Confirm(enroll::Confirm),
    /// Show what is set up
    Status,
    /// Make new recovery codes; the old ones end
    Codes(Change),
    /// Stop asking for a second factor
    Disable(Change),
    /// Set what the profile asks for
    Policy(Policy),
    /// Tokens for machines, which have no person to ask
    #[command(subcommand)]
    Exception(exception::Command),
}

#[derive(Args)]
pub(crate) struct Policy {
    /// What the profile asks for, of restore and delete; `none` for neither. Keys and the second
    /// factor itself are always asked for
    #[arg(long, value_name = "A,B", required = true, value_delimiter = ',', value_parser = guarded_or_none)]
    guarded: Vec<Maybe>,
    #[command(flatten)]
    change: Change,
}

/// One of the list, or the word for an empty list.
#[derive(Debug, Clone, Copy)]
struct Maybe(Option<Guarded>);

pub(crate) async fn run(call: &Call<'_>, command: Command) -> Result<u8> {
    let context = session::context(call.global).await?;
    match command {
        Command::Enroll(arguments) => enroll::enroll(call, &context, arguments).await,
        Command::Confirm(arguments) => enroll::confirm(call, &context, arguments).await,
        Command::Status => {
            call.output.report(&mfa::status(&context).await?, |status| status_text(status, &context))?;
            Ok(OK)
        }
        Command::Codes(arguments) => {
            let changed = change(call, &context, MfaChange::NewCodes, arguments).await?;
            call.output.report(&changed, |changed| {
                changed.codes.as_ref().map(|codes| codes.codes.join("\n")).unwrap_or_default()
            })?;
            call.output.remark(CODES);
            Ok(OK)
        }
        Command::Disable(arguments) => {
            let changed = change(call, &context, MfaChange::Remove, arguments).await?;
            call.output.report(&changed, |_| "no second factor is asked for any longer".to_owned())?;
            Ok(OK)
        }
        Command::Policy(Policy { guarded, change: arguments }) => {
            let guarded = guarded.into_iter().filter_map(|one| one.0).collect();
            let what = MfaChange::Policy { profile: context.profile.name.clone(), guarded };
            let changed = change(call, &context, what, arguments).await?;
            call.output.report(&changed, |changed| status_text(&changed.status, &context))?;
            Ok(OK)
        }
        Command::Exception(command) => exception::run(call, &context, command).await,
    }
}

fn guarded_or_none(text: &str) -> Result<Maybe, String> {
    if text.trim() == "none" { Ok(Maybe(None)) } else { guarded(text).map(|guarded| Maybe(Some(guarded))) }
}
