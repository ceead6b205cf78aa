//! `aitta demo`

mod page;

use std::path::{Path, PathBuf};

use aitta_engine::{Clock, Error, Result, SystemClock, demo};
use aitta_model::{DemoReport, ErrorCode, PastReport};
use clap::Args;
use tokio_util::sync::CancellationToken;

use crate::call::{Call, OK};
use crate::format::{Table, count, duration};
use crate::session;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Make so many days of real backups of a sample database, and a page with their charts
    #[arg(long, value_name = "DAYS", value_parser = days)]
    history: Option<u32>,

    /// Where to make them: a folder that is empty, doesn't exist yet, or holds an earlier sample
    #[arg(long, value_name = "DIR", default_value = "aitta-sample", requires = "history")]
    folder: PathBuf,
}

/// `90d` or `90`
fn days(text: &str) -> std::result::Result<u32, String> {
    text.trim_end_matches('d').parse().map_err(|_| "a number of days, such as 90d".to_owned())
}

pub(crate) async fn run(call: &Call<'_>, arguments: Arguments) -> Result<u8> {
    let cancel = CancellationToken::new();
    session::stop_on_signal(cancel.clone());
    match arguments.history {
        Some(days) => call.output.report(&past(&arguments.folder, days, cancel).await?, past_text)?,
        None => call.output.report(&demo::run(cancel).await?, text)?,
    }
    Ok(OK)
}

async fn past(folder: &Path, days: u32, cancel: CancellationToken) -> Result<PastReport> {
    let unusable = |path: &Path, e: std::io::Error| {
        Error::new(
            ErrorCode::System,
            format!("{} can't be written: {e}", path.display()),
            "name another folder with --folder",
        )
        .with_source(e)
    };
    let folder = std::path::absolute(folder).map_err(|e| unusable(folder, e))?;
    let past = demo::past::make(&folder, days, SystemClock.now(), cancel).await?;
    let page = folder.join("history.html");
    std::fs::write(&page, page::page(&past.history)).map_err(|e| unusable(&page, e))?;
    Ok(PastReport {
        folder: folder.display().to_string(),
        page: page.display().to_string(),
        history: past.history,
    })
}

fn past_text(report: &PastReport) -> String {
    let history = &report.history;
    let mut out = format!(
        "{} of sample data: {}, {} that failed, {} proven\n",
        count(history.days.len() as u64, "day"),
        count(history.backups.len() as u64, "backup"),
        history.failures.len(),
        count(history.restores.len() as u64, "restore"),
    );
    for failure in &history.failures {
        out.push_str(&format!("  {}  failed: {}\n", crate::format::time(failure.at), failure.message));
    }
    for (backup, words) in history.backups.iter().filter_map(|b| Some((b, b.anomaly.as_ref()?))) {
        out.push_str(&format!("  {}  {words}\n", crate::format::time(backup.at)));
    }
    out.push_str(&format!(
        "\ncharts:      {}\nto try it:   . '{}/env', then any command of aitta\n",
        report.page, report.folder
    ));
    out
}

fn text(report: &DemoReport) -> String {
    let mut steps = Table::new(&["STEP", ">TIME"]);
    for step in &report.steps {
        steps.row([step.name.clone(), duration(step.duration_ms)]);
    }
    let mut out = steps.render();
    out.push_str("\nproof of equality, archive against database\n");
    for p in &report.proofs {
        let verdict = if p.equal() { "digests equal" } else { "NOT EQUAL" };
        out.push_str(&format!("  {}: {}, {verdict}\n", p.name, count(p.target_rows, "row")));
        out.push_str(&format!("    archive   {}\n    database  {}\n", p.archive_digest, p.target_digest));
    }
    out.push_str("\nThe demonstration worked on a scratch database of its own, which is gone now.\n");
    out
}
