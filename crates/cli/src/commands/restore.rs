//! `aitta restore …`

use aitta_engine::{Result, restore};
use aitta_model::{CleanupReport, CleanupRequest};
use clap::{Args, Subcommand};

use crate::call::{Call, OK};
use crate::second_factor::Totp;
use crate::session;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List or drop the old databases that whole restores have set aside
    Cleanup(Cleanup),
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
    let Command::Cleanup(Cleanup { name, all, reason, mfa }) = command;
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
    match (report.dropped.is_empty(), report.kept.is_empty()) {
        (true, true) => out.push_str("nothing was set aside\n"),
        (true, false) => out.push_str(
            "hint: `aitta restore cleanup NAME --reason TEXT` drops one, with `--all` in place of NAME all\n",
        ),
        _ => {}
    }
    out
}
