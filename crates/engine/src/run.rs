//! The frame of every run: lock, record, work, record.

use std::collections::BTreeMap;

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
    let result = run(ctx, operation, subject, log, archive_of, work).await;
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
    let (report, unnoted) = run(ctx, operation, subject, log, archive_of, work).await?;
    unnoted.map_or(Ok(report), |e| Err(done_but_unnoted(operation, e)))
}

fn done_but_unnoted(operation: Operation, error: Error) -> Error {
    error.context(format_args!("the {} is done, but could not be recorded", operation.as_str()))
}

async fn run<T: Serialize>(
    ctx: &Context,
    operation: Operation,
    subject: Subject,
    log: &Log<'_>,
    archive_of: impl FnOnce(&T) -> Option<String> + Send,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<(T, Option<Error>)> {
    let profile = &ctx.profile.name;
    for entry in ctx.catalog.abandon_stale(profile, ctx.clock.now()).await? {
        audit::interrupted(ctx, entry).await?;
    }
    let begun = audit::begin(ctx, operation, &subject).await?;
    let entry = begun.link.entry;
    let reason = subject.reason.as_deref();
    let run = ctx
        .catalog
        .begin_run(profile, operation, subject.archive.as_deref(), reason, entry, ctx.clock.now())
        .await;
    let run = match run {
        Ok(run) => run,
        Err(error) => {
            let end = End { outcome: "failed", failure: Some(error.code()), ..End::default() };
            audit::end(ctx, begun, end).await?;
            return Err(error);
        }
    };
    let result = work.await;
    let archive = result.as_ref().ok().and_then(archive_of);
    let end = match &result {
        Ok(report) => {
            End { outcome: "succeeded", failure: None, archive: archive.clone(), figures: figures(report) }
        }
        Err(e) => End { outcome: audit::outcome_of(e), failure: Some(e.code()), ..End::default() },
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
fn figures(report: &impl Serialize) -> BTreeMap<String, u64> {
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
    let report = serde_json::to_value(report).unwrap_or_default();
    let parts = [Some(&report), report.get("archive")];
    let numbers = parts.into_iter().flatten().filter_map(Value::as_object).flatten();
    numbers
        .filter(|(name, _)| KEPT.contains(&name.as_str()))
        .filter_map(|(name, value)| Some((name.clone(), value.as_u64()?)))
        .collect()
}
