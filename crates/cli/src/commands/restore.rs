//! `aitta restore …`

use aitta_engine::{Result, restore};
use aitta_model::{ArchiveSelector, CleanupReport, CleanupRequest, ProveRequest};
use clap::{Args, Subcommand};

use crate::call::{Call, OK};
use crate::commands::backup::report_text;
use crate::progress::Bar;
use crate::second_factor::Totp;
use crate::session;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List or drop the old databases that whole restores have set aside
    Cleanup(Cleanup),
    /// Prove a backup: restore it into a new database, compare every row, drop it again
    Prove(Prove),
}

#[derive(Args)]
pub(crate) struct Prove {
    /// An id, `latest` (the newest of this database that is no safety archive), or `before:2026-11-01T12:00:00Z`
    #[arg(long, value_name = "ID|latest|before:TIME", default_value = "latest")]
    backup_id: ArchiveSelector,
    /// Why: routine, release, incident, drill, request-of-data-subject, or your own words
    #[arg(long, value_name = "TEXT", default_value = "drill")]
    reason: String,
    /// Connections that write in parallel, if the server has enough free [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: Option<u16>,
    /// What others have written, such as a check that calls a function of theirs, may run with the rights of a superuser
    #[arg(long)]
    trust_code: bool,
}

#[derive(Args)]
pub(crate) struct Cleanup {
    /// Drop this one
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Drop all of them
    #[arg(long, conflicts_with = "name")]
    all: bool,
    /// Why: routine, release, incident, drill, request-of-data-subject, or your own words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    mfa: Totp,
}

pub(crate) async fn run(call: &Call<'_>, command: Command) -> Result<u8> {
    match command {
        Command::Cleanup(cleanup) => clean_up(call, cleanup).await,
        Command::Prove(arguments) => prove(call, arguments).await,
    }
}

async fn prove(call: &Call<'_>, arguments: Prove) -> Result<u8> {
    let Prove { backup_id, reason, jobs, trust_code } = arguments;
    let request =
        ProveRequest { archive: backup_id, reason: Some(reason), jobs: jobs.map(usize::from), trust_code };
    let context = session::context(call.global).await?;
    let report = restore::prove(&context, request, &Bar::new(call.output)).await?;
    call.output.report(&report, report_text)?;
    Ok(OK)
}

async fn clean_up(call: &Call<'_>, cleanup: Cleanup) -> Result<u8> {
    let Cleanup { name, all, reason, mfa } = cleanup;
    let context = session::context(call.global).await?;
    let report = restore::cleanup(&context, CleanupRequest { name, all, reason, mfa: mfa.code() }).await?;
    call.output.report(&report, text)?;
    Ok(OK)
}

fn text(report: &CleanupReport) -> String {
    let mut out = String::new();
    for name in &report.dropped {
        out.push_str(&format!("dropped {name}\n"));
    }
    for name in &report.kept {
        out.push_str(&format!("kept {name}\n"));
    }
    for name in &report.unfinished {
        out.push_str(&format!("unfinished {name}\n"));
    }
    if !report.unfinished.is_empty() {
        out.push_str("a restore or a proof that was killed has left what is unfinished: nothing needs it, and its name drops it\n");
    }
    let is_there = !report.kept.is_empty() || !report.unfinished.is_empty();
    match (report.dropped.is_empty(), is_there) {
        (true, false) => out.push_str("nothing was set aside\n"),
        (true, true) => out.push_str(
            "hint: `aitta restore cleanup NAME --reason TEXT` drops one, with `--all` in place of NAME all\n",
        ),
        _ => {}
    }
    out
}
