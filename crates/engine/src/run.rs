//! The frame of every run: lock, record, work, record.

use std::collections::BTreeMap;

use aitta_archive::Anchor;
use aitta_model::Operation;
use serde::Serialize;
use serde_json::Value;

use crate::audit::{self, End, Subject};
use crate::lock::ProfileLock;
use crate::{Context, Error, Result};

mod log;

pub use log::Log;

/// Does `work` as a run that writes: no other such run of the profile is under way meanwhile, runs
/// that were killed before are recorded as failed, and this one is recorded with its end. `archive_of`
/// tells from the report which archive it was about; what `log` has heard is kept with the run.
///
/// # Errors
/// `run_in_progress`, `catalog_failed`, and those of the work.
pub async fn writing<T: Serialize>(
    ctx: &Context,
    operation: Operation,
    subject: Subject,
    log: &Log<'_>,
    archive_of: impl FnOnce(&T) -> Option<String> + Send,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    let (report, unnoted) = written(ctx, operation, subject, log, archive_of, work).await?;
    unnoted.map_or(Ok(report), |e| Err(done_but_unnoted(operation, e)))
}

/// The same for a run whose work is worth more than its record: when only its end could not be recorded,
/// the report comes with that error.
///
/// # Errors
/// As [`writing`], except for the record of the end.
pub async fn written<T: Serialize>(
    ctx: &Context,
    operation: Operation,
    subject: Subject,
    log: &Log<'_>,
    archive_of: impl FnOnce(&T) -> Option<String> + Send,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<(T, Option<Error>)> {
    let profile = &ctx.profile;
    let lock = ProfileLock::acquire(&profile.data_dir, &profile.name, operation, ctx.clock.now())?;
    let result = run(ctx, operation, subject, log, archive_of, |_| work).await;
    drop(lock);
    result
}

/// The same for a run that only reads, such as a verification: any number of them may go on at once.
///
/// # Errors
/// `catalog_failed`, and those of the work.
pub async fn recorded<T: Serialize>(
    ctx: &Context,
    operation: Operation,
    subject: Subject,
    log: &Log<'_>,
    archive_of: impl FnOnce(&T) -> Option<String> + Send,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    let (report, unnoted) = run(ctx, operation, subject, log, archive_of, |_| work).await?;
    unnoted.map_or(Ok(report), |e| Err(done_but_unnoted(operation, e)))
}

/// [`writing`] for work that writes down where the trail was when it began: a backup does so in its archive.
///
/// # Errors
/// As [`writing`].
pub(crate) async fn anchored<T: Serialize, F: Future<Output = Result<T>> + Send>(
    ctx: &Context,
    operation: Operation,
    subject: Subject,
    log: &Log<'_>,
    archive_of: impl FnOnce(&T) -> Option<String> + Send,
    work: impl FnOnce(Option<Anchor>) -> F + Send,
) -> Result<T> {
    let profile = &ctx.profile;
    let lock = ProfileLock::acquire(&profile.data_dir, &profile.name, operation, ctx.clock.now())?;
    let result = recorded_anchored(ctx, operation, subject, log, archive_of, work).await;
    drop(lock);
    result
}

/// [`recorded`] for work that writes down where the trail was when it began: a backup that is part of a restore.
///
/// # Errors
/// As [`recorded`].
pub(crate) async fn recorded_anchored<T: Serialize, F: Future<Output = Result<T>> + Send>(
    ctx: &Context,
    operation: Operation,
    subject: Subject,
    log: &Log<'_>,
    archive_of: impl FnOnce(&T) -> Option<String> + Send,
    work: impl FnOnce(Option<Anchor>) -> F + Send,
) -> Result<T> {
    let (report, unnoted) = run(ctx, operation, subject, log, archive_of, work).await?;
    unnoted.map_or(Ok(report), |e| Err(done_but_unnoted(operation, e)))
}

/// Runs whose process is gone are recorded as failed: in the trail first, so that what it begins always comes to
/// an end there.
///
/// # Errors
/// `catalog_failed`, `audit_failed`.
pub(crate) async fn abandon_stale(ctx: &Context) -> Result<()> {
    for stale in ctx.catalog.stale_runs(&ctx.profile.name).await? {
        if let Some(entry) = stale.audit {
            audit::interrupted(ctx, entry).await?;
        }
        ctx.catalog.abandon_run(&stale, ctx.clock.now()).await?;
    }
    Ok(())
}

fn done_but_unnoted(operation: Operation, error: Error) -> Error {
    error.context(format_args!("the {} is done, but could not be recorded", operation.as_str()))
}

async fn run<T: Serialize, F: Future<Output = Result<T>> + Send>(
    ctx: &Context,
    operation: Operation,
    subject: Subject,
    log: &Log<'_>,
    archive_of: impl FnOnce(&T) -> Option<String> + Send,
    work: impl FnOnce(Option<Anchor>) -> F + Send,
) -> Result<(T, Option<Error>)> {
    // Asked first: what may not be done is no run.
    let reason = subject.reason.as_deref();
    audit::reason(ctx, operation, reason, subject.code)?;
    abandon_stale(ctx).await?;
    let (profile, archive) = (&ctx.profile.name, subject.archive.as_deref());
    let run = ctx.catalog.begin_run(profile, operation, archive, reason, ctx.clock.now()).await?;
    let begun = match audit::begin(ctx, operation, &subject, Some(run.id())).await {
        Ok(begun) => begun,
        Err(error) => {
            let failed: Result<&T, &Error> = Err(&error);
            let noted = ctx.catalog.finish_run(run, failed, None, &log.take(), ctx.clock.now()).await;
            if let Err(unnoted) = noted {
                tracing::error!(error = %unnoted, "the failure of a run could not be recorded");
            }
            return Err(error);
        }
    };
    let result = work(audit::anchor(ctx, &begun).await).await;
    let archive = result.as_ref().ok().and_then(archive_of);
    let end = match &result {
        Ok(report) => {
            let report = serde_json::to_value(report).unwrap_or_default();
            End {
                outcome: "succeeded",
                failure: None,
                archive: archive.clone(),
                figures: figures(&report),
                other_chains: log.take_met(),
            }
        }
        Err(e) => End {
            outcome: audit::outcome_of(e),
            failure: Some(e.code()),
            other_chains: log.take_met(),
            ..End::default()
        },
    };
    let audited = audit::end(ctx, begun, end).await;
    let noted =
        ctx.catalog.finish_run(run, result.as_ref(), archive.as_deref(), &log.take(), ctx.clock.now()).await;
    let noted = audited.and(noted);
    match (result, noted) {
        (Ok(report), noted) => Ok((report, noted.err())),
        (Err(e), Ok(())) => Err(e),
        (Err(e), Err(unnoted)) => {
            tracing::error!(error = %unnoted, "the failure of a run could not be recorded");
            Err(e)
        }
    }
}

/// What the trail keeps of a report: the numbers that it, and the archive in it, say in so many words.
fn figures(report: &Value) -> BTreeMap<String, u64> {
    const KEPT: [&str; 10] = [
        "rows",
        "tables",
        "size_bytes",
        "duration_ms",
        "freed_bytes",
        "archives",
        "moved",
        "opened",
        "written_bytes",
        "read_bytes",
    ];
    let parts = [Some(report), report.get("archive")];
    let numbers = parts.into_iter().flatten().filter_map(Value::as_object).flatten();
    let mut figures: BTreeMap<String, u64> = numbers
        .filter(|(name, _)| KEPT.contains(&name.as_str()))
        .filter_map(|(name, value)| Some((name.clone(), value.as_u64()?)))
        .collect();
    // A restore tells of each table: what was counted in the target.
    if let Some(proofs) = report.get("proofs").and_then(Value::as_array) {
        let rows = proofs.iter().filter_map(|proof| proof.get("target_rows")?.as_u64());
        figures.insert("rows".to_owned(), rows.sum());
        figures.insert("tables".to_owned(), proofs.len() as u64);
    }
    figures
}
