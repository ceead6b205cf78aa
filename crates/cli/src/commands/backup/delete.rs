//! `aitta backup delete`

use aitta_engine::{Error, Result, archives};
use aitta_model::{ArchiveSelector, DeleteReport, DeleteRequest, ErrorCode};
use clap::Args;

use crate::call::{Call, OK};
use crate::format::{bytes, count, plain};
use crate::second_factor::{Totp, with_code};
use crate::session;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The id of the archive
    #[arg(value_name = "ID", value_parser = id)]
    id: String,
    /// Why: routine, release, incident, drill, request-of-data-subject, or your own words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    mfa: Totp,
    /// Don't ask
    #[arg(long, short)]
    yes: bool,
}

/// `latest` may be another archive a minute later; what is deleted is named.
fn id(text: &str) -> Result<String, String> {
    match text.parse() {
        Ok(ArchiveSelector::Id(id)) => Ok(id),
        _ => Err("name the archive by its id, as `aitta backup list` shows it".to_owned()),
    }
}

pub(super) async fn run(call: &Call<'_>, arguments: Arguments) -> Result<u8> {
    let id = arguments.id;
    let context = session::context(call.global).await?;
    if !arguments.yes {
        confirm(call, &id, context.profile.copies.len() as u64)?;
    }
    let (reason, code) = (arguments.reason, arguments.mfa.code());
    let report = with_code(call, &context, code, async |mfa| {
        archives::delete(&context, DeleteRequest { id: id.clone(), reason: reason.clone(), mfa }).await
    });
    let report = report.await?;
    call.output.report(&report, text)?;
    let worst = report.left.iter().map(|(_, failure)| failure.code.exit_code()).max();
    Ok(worst.unwrap_or(OK))
}

fn confirm(call: &Call<'_>, id: &str, copies: u64) -> Result<()> {
    let also = match copies {
        0 => String::new(),
        n => format!(" and its copies in {}", count(n, "further store")),
    };
    match call.output.ask(&format!("{id}{also} cannot be brought back. Type its id to delete it:")) {
        Some(answer) if answer == id => Ok(()),
        Some(_) => Err(Error::new(
            ErrorCode::Cancelled,
            "the id was not typed, so nothing was deleted",
            "type the whole id",
        )),
        None => Err(Error::new(
            ErrorCode::ConfigInvalid,
            "deleting needs a confirmation, and there is no terminal to ask on",
            "add --yes",
        )),
    }
}

fn text(report: &DeleteReport) -> String {
    let mut out = format!("deleted {}, {} freed\n", report.id, bytes(report.freed_bytes));
    for (location, failure) in &report.left {
        out.push_str(&format!(
            "{location} may still have its copy: {}\n  hint: {}\n",
            plain(&failure.message),
            plain(&failure.hint),
        ));
    }
    for note in &report.notes {
        out.push_str(&format!("note: {}\n", plain(note)));
    }
    out
}
