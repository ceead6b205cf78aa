//! `aitta backup pin | unpin | holds | put-back`

use aitta_engine::{Result, retention};
use aitta_model::{
    HeldArchive, HoldKind, HoldReport, HoldRequest, PutAway, PutBackReport, PutBackRequest, ReleaseRequest,
    Timestamp,
};
use clap::Args;

use crate::call::{Call, OK};
use crate::format::{Table, bytes, plain, time};
use crate::second_factor::{Totp, with_code};
use crate::session;

#[derive(Args)]
pub(crate) struct Pin {
    /// The id of the archive
    #[arg(value_name = "ID")]
    id: String,
    /// The law wants it kept
    #[arg(long)]
    legal: bool,
    /// Until when, such as 2027-01-31T00:00:00Z [default: until it is unpinned]
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// Why: routine, release, incident, drill, request-of-data-subject, or your own words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(Args)]
pub(crate) struct Unpin {
    /// The id of the archive
    #[arg(value_name = "ID", required_unless_present = "rebuilt")]
    id: Option<String>,
    /// All that are held because the catalog was made anew
    #[arg(long, conflicts_with = "id")]
    rebuilt: bool,
    /// Why: routine, release, incident, drill, request-of-data-subject, or your own words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    mfa: Totp,
}

#[derive(Args)]
pub(crate) struct PutBack {
    /// The id of the archive
    #[arg(value_name = "ID")]
    id: String,
    /// Why: routine, release, incident, drill, request-of-data-subject, or your own words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub(super) async fn pin(call: &Call<'_>, arguments: Pin) -> Result<u8> {
    let Pin { id, legal, until, reason } = arguments;
    let context = session::context(call.global).await?;
    let report = retention::hold(&context, HoldRequest { id, legal, until, reason }).await?;
    call.output.report(&report, changed)?;
    Ok(OK)
}

pub(super) async fn unpin(call: &Call<'_>, arguments: Unpin) -> Result<u8> {
    let Unpin { id, rebuilt: _, reason, mfa } = arguments;
    let context = session::context(call.global).await?;
    let report = with_code(call, &context, mfa.code(), async |mfa| {
        retention::release(&context, ReleaseRequest { id: id.clone(), reason: reason.clone(), mfa }).await
    });
    call.output.report(&report.await?, changed)?;
    Ok(OK)
}

pub(super) async fn holds(call: &Call<'_>) -> Result<u8> {
    let context = session::context(call.global).await?;
    call.output.report(&retention::holds(&context).await?, list)?;
    Ok(OK)
}

pub(super) async fn put_back(call: &Call<'_>, arguments: PutBack) -> Result<u8> {
    let PutBack { id, reason } = arguments;
    let context = session::context(call.global).await?;
    let report = retention::put_back(&context, PutBackRequest { id, reason }).await?;
    call.output.report(&report, is_back)?;
    Ok(report.failure.map_or(OK, |failure| failure.code.exit_code()))
}

fn changed(report: &HoldReport) -> String {
    let mut out = String::new();
    for held in &report.held {
        let until = held.hold.until.map_or_else(String::new, |until| format!(" until {}", time(until)));
        out.push_str(&format!("{} stays{until}, whatever the rules say\n", held.archive));
    }
    for held in &report.released {
        out.push_str(&format!("{} is no longer {}\n", held.archive, kind(held)));
    }
    out
}

fn list(held: &Vec<HeldArchive>) -> String {
    if held.is_empty() {
        return "no archive is held\n".to_owned();
    }
    let mut table = Table::new(&["ID", "KIND", "SINCE", "UNTIL", "BY", "REASON"]);
    for held in held {
        table.row([
            held.archive.clone(),
            kind(held),
            time(held.since),
            held.hold.until.map_or_else(|| "-".to_owned(), time),
            held.person.clone().unwrap_or_else(|| "-".to_owned()),
            plain(&held.reason),
        ]);
    }
    table.render()
}

fn kind(held: &HeldArchive) -> String {
    match held.hold.kind.known() {
        Some(HoldKind::Pin) => "pinned",
        Some(HoldKind::Legal) => "held by law",
        Some(HoldKind::Loss) => "held for lost rows",
        Some(HoldKind::Rebuilt) => "held for the new catalog",
        None => "held",
    }
    .to_owned()
}

fn is_back(report: &PutBackReport) -> String {
    let mut out = format!("{} is back in {}, and pinned\n", report.id, report.places.join(", "));
    match &report.failure {
        None => out.push_str("every byte of it was read back\n"),
        Some(failure) => out.push_str(&format!(
            "warning: it does not read as it should: {}\n  hint: {}\n",
            plain(&failure.message),
            plain(&failure.hint)
        )),
    }
    out.push_str("hint: `aitta backup unpin ID --reason TEXT` lets it go by the rules again\n");
    out
}

/// What was put away.
pub(super) fn put_away(away: &Vec<PutAway>) -> String {
    if away.is_empty() {
        return "nothing is put away\n".to_owned();
    }
    let mut table = Table::new(&["ID", "PUT AWAY", "DELETED FROM", ">SIZE"]);
    for PutAway { id, since, until, size_bytes } in away {
        let size = size_bytes.map_or_else(|| "gone".to_owned(), bytes);
        table.row([id.clone(), time(*since), time(*until), size]);
    }
    table.render() + "hint: `aitta backup put-back ID` puts one back\n"
}
