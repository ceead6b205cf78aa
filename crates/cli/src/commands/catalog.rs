//! `aitta catalog …`

use aitta_engine::{Result, archives};
use aitta_model::{CatalogReport, ErrorCode};
use clap::Subcommand;

use crate::call::{Call, OK};
use crate::format::count;
use crate::session;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make the catalog agree with the store, and write missing or wrong sidecars anew
    Rebuild,
}

pub(crate) async fn run(call: &Call<'_>, command: Command) -> Result<u8> {
    let Command::Rebuild = command;
    let (context, aside) = session::rebuilding(call.global).await?;
    let mut report = archives::rebuild(&context).await?;
    report.set_aside = aside.map(|path| path.display().to_string());
    call.output.report(&report, text)?;
    let worst =
        report.unreadable.iter().filter_map(|r| r.failure.as_ref()).map(|f| f.code).map(ErrorCode::exit_code);
    Ok(worst.max().unwrap_or(OK))
}

fn text(report: &CatalogReport) -> String {
    let mut out = format!(
        "{} entered, {} written anew, {} forgotten\n",
        count(report.archives, "archive"),
        count(report.sidecars_rewritten, "sidecar"),
        count(report.dropped, "missing archive"),
    );
    if let Some(path) = &report.set_aside {
        out.push_str(&format!("the catalog was damaged and is now {path}; the history of runs was in it\n"));
    }
    for failure in report.unreadable.iter().filter_map(|r| r.failure.as_ref()) {
        out.push_str(&format!("cannot be opened: {}\n  hint: {}\n", failure.message, failure.hint));
    }
    out
}
