//! `aitta mfa exception …`

use aitta_engine::{Context, Result};
use aitta_model::{Guarded, MfaChange};
use clap::{Args, Subcommand};

use super::change::{Change, change, guarded, status_text};
use crate::call::{Call, OK};
use crate::format::time;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a token for the profile; a machine shows it in AITTA_MFA_TOKEN
    Add(Add),
    /// End an exception
    Remove(Remove),
}

#[derive(Args)]
pub(crate) struct Add {
    /// Its name, such as that of the machine or the job
    #[arg(value_name = "NAME")]
    name: String,
    /// What it is for, of restore, delete and keys
    #[arg(long, value_name = "A,B", required = true, value_delimiter = ',', value_parser = guarded)]
    operations: Vec<Guarded>,
    /// Days until it ends
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=366))]
    days: u32,
    #[command(flatten)]
    change: Change,
}

#[derive(Args)]
pub(crate) struct Remove {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    change: Change,
}

pub(super) async fn run(call: &Call<'_>, context: &Context, command: Command) -> Result<u8> {
    match command {
        Command::Add(Add { name, operations, days, change: arguments }) => {
            let profile = context.profile.name.clone();
            let what = MfaChange::AddException { name: name.clone(), profile, operations, days };
            let changed = change(call, context, what, arguments).await?;
            // The token alone on stdout, so that it can be piped into a secret store.
            call.output.report(&changed, |changed| changed.token.clone().unwrap_or_default())?;
            if let Some(made) = changed.status.exceptions.iter().find(|exception| exception.name == name) {
                call.output.remark(&format!(
                    "set AITTA_MFA_TOKEN to this token where the profile {} is run without a person; it ends on {}, and \
                     is not shown again",
                    made.profile,
                    time(made.expires)
                ));
            }
        }
        Command::Remove(Remove { name, change: arguments }) => {
            let changed = change(call, context, MfaChange::RemoveException { name }, arguments).await?;
            call.output.report(&changed, |changed| status_text(&changed.status, context))?;
        }
    }
    Ok(OK)
}
