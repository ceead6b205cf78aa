//! `aitta backup create`

use aitta_engine::{Result, backup, overview};
use aitta_model::{BackupKind, BackupReport, BackupRequest, Command, TableLoss, Verdict};
use clap::{Args, ValueEnum};

use super::accept::losses;
use crate::call::Call;
use crate::copies::{copied, worst};
use crate::format::{self, Table, bytes, count, duration, number};
use crate::options::{some_tables, tables};
use crate::progress::Bar;
use crate::session;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Why the backup is made
    #[arg(long, value_enum, default_value_t = Kind::Manual)]
    kind: Kind,
    /// Why, in your own words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Only these tables, with or without schema
    #[arg(long, value_name = "A,B", value_parser = some_tables)]
    tables: Vec<String>,
    /// Connections that read in parallel, if the server has enough free [default: two per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: Option<u16>,
    /// Give up when a lock takes more than so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    lock_timeout: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Manual,
    PreDeployment,
    Emergency,
}

pub(super) async fn run(call: &Call<'_>, arguments: Arguments) -> Result<u8> {
    let request = BackupRequest {
        kind: match arguments.kind {
            Kind::Manual => BackupKind::Manual,
            Kind::PreDeployment => BackupKind::PreDeployment,
            Kind::Emergency => BackupKind::Emergency,
        },
        reason: arguments.reason,
        tables: tables(&arguments.tables),
        jobs: arguments.jobs.map(usize::from),
        lock_timeout_s: Some(arguments.lock_timeout),
    };
    let context = session::context(call.global).await?;
    let bar = Bar::new(call.output);
    let report = backup::create(&context, request, &bar).await;
    drop(bar);
    let report = report?;
    call.output.report(&report, text)?;
    match overview::overview(&context).await {
        Ok(overview) => {
            if let Verdict::Shrunk { archive, tables, .. } = overview.verdict
                && archive == report.archive.id
            {
                call.output.remark(&question(&archive, &tables));
            }
            if overview.uncompared > 0 {
                call.output.remark(&uncompared(overview.uncompared));
            }
        }
        // The backup is made, whatever is known of those before.
        Err(error) => call.output.remark(&format!("whether rows were lost is not known: {error}")),
    }
    // The backup is made; but a user who relies on its copies has to hear of the failure.
    Ok(worst(&report.copies))
}

/// Names stay out of what can be copied into a shell: the owner of the database chooses them.
fn question(archive: &str, tables: &[TableLoss]) -> String {
    format!(
        "\nrows are missing:\n{}was that meant? if so, say why with `aitta backup accept {archive} --reason TEXT`; \
         if not, bring them back with `aitta backup restore --backup-id ID --tables A,B --reason incident`; a table that \
         is emptied by rule can be named in table_loss_ignore of the profile, or in BACKUP_TABLE_LOSS_IGNORE",
        losses(tables)
    )
}

fn uncompared(backups: u64) -> String {
    format!(
        "whether rows were lost since {} is not known: {catalog_rebuild} reads what they held",
        count(backups, "other backup"),
        catalog_rebuild = Command::CatalogRebuild
    )
}

fn text(report: &BackupReport) -> String {
    let archive = &report.archive;
    let mut table = Table::new(&["TABLE", ">ROWS", ">DATA", ">STORED"]);
    for t in &report.tables {
        table.row([t.name.clone(), number(t.rows), bytes(t.bytes), bytes(t.stored_bytes)]);
    }
    let mut out = format!("{}\n{}\n\n{}\n", archive.id, report.location, table.render());
    out.push_str(&format!(
        "{}, {} of data, {} stored, in {}\nread back and checked: {}{}, SHA-256 {}\n",
        count(archive.rows.unwrap_or_default(), "row"),
        bytes(report.source_bytes),
        bytes(archive.size_bytes),
        duration(report.duration_ms),
        count(report.frames_checked, "frame"),
        if report.sampled { " as a sample; the store has confirmed every part" } else { "" },
        archive.checksum.as_deref().unwrap_or("unknown"),
    ));
    for note in &report.notes {
        out.push_str(&format!("note: {note}\n"));
    }
    out.push_str(&format::hook_failure(report.hook_failure.as_ref()));
    out.push_str(&copied(&report.copies));
    out
}
