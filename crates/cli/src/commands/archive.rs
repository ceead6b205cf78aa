//! `aitta archive …`

use aitta_engine::{Result, archives};
use aitta_model::{DisownReport, DisownRequest};
use clap::{Args, Subcommand};

use crate::call::{Call, OK};
use crate::second_factor::{Totp, with_code};
use crate::session;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Say that an archive that no key opens is none of yours, and leave it where it is
    ///
    /// `latest` then passes it over, a rotation ends without it, and a key can be destroyed in spite of it. It counts
    /// again once a key opens it.
    Disown(Disown),
}

#[derive(Args)]
pub(crate) struct Disown {
    /// The id of the archive
    #[arg(value_name = "ID")]
    id: String,
    /// Why: routine, release, incident, drill, request-of-data-subject, or your own words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    mfa: Totp,
}

pub(crate) async fn run(call: &Call<'_>, command: Command) -> Result<u8> {
    let Command::Disown(Disown { id, reason, mfa }) = command;
    let context = session::context(call.global).await?;
    let report = with_code(call, &context, mfa.code(), async |mfa| {
        archives::disown(&context, DisownRequest { id: id.clone(), reason: reason.clone(), mfa }).await
    });
    call.output.report(&report.await?, text)?;
    Ok(OK)
}

fn text(report: &DisownReport) -> String {
    let keys = match report.key_ids.as_slice() {
        [] => "it names no key".to_owned(),
        keys => format!("it names the key {}", keys.join(", ")),
    };
    format!(
        "disowned {} in {}\nit does not open: {}\n{keys}\nit lies where it was; `aitta backup delete {}` deletes it\n",
        report.id, report.location, report.failure.message, report.id
    )
}
