//! `aitta backup accept`

use aitta_engine::{Result, overview};
use aitta_model::{AcceptReport, AcceptRequest, TableLoss};
use clap::Args;

use crate::call::{Call, OK};
use crate::format::{count, plain, time};
use crate::session;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The id of the newest archive
    #[arg(value_name = "ID")]
    id: String,
    /// Why: routine, release, incident, drill, request-of-data-subject, or your own words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub(super) async fn run(call: &Call<'_>, arguments: Arguments) -> Result<u8> {
    let Arguments { id, reason } = arguments;
    let context = session::context(call.global).await?;
    let report = overview::accept(&context, AcceptRequest { id, reason }).await?;
    call.output.report(&report, text)?;
    Ok(OK)
}

fn text(report: &AcceptReport) -> String {
    format!("what {} has lost was meant to go\n{}", report.id, losses(&report.tables))
}

/// A line for each table.
pub(super) fn losses(tables: &[TableLoss]) -> String {
    let line = |TableLoss { name, rows_before, rows, archive, since }: &TableLoss| {
        let now = rows.map_or_else(|| "gone".to_owned(), |rows| count(rows, "row"));
        let before = count(*rows_before, "row");
        let them = match archive {
            Some(archive) => format!("{archive} still has them"),
            None => "no backup that was checked here has them".to_owned(),
        };
        format!("{}: {now}, {before} at {}; {them}\n", plain(name), time(*since))
    };
    tables.iter().map(line).collect()
}
