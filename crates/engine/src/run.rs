//! The frame of every run: lock, record, work, record.

use aitta_model::Operation;
use serde::Serialize;

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
    reason: Option<&str>,
    log: &Log<'_>,
    archive_of: impl FnOnce(&T) -> Option<String> + Send,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    let (report, unnoted) = written(ctx, operation, reason, log, archive_of, work).await?;
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
    reason: Option<&str>,
    log: &Log<'_>,
    archive_of: impl FnOnce(&T) -> Option<String> + Send,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<(T, Option<Error>)> {
    let profile = &ctx.profile;
    let lock = ProfileLock::acquire(&profile.data_dir, &profile.name, operation, ctx.clock.now())?;
    let result = run(ctx, operation, reason, log, archive_of, work).await;
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
    reason: Option<&str>,
    log: &Log<'_>,
    archive_of: impl FnOnce(&T) -> Option<String> + Send,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    let (report, unnoted) = run(ctx, operation, reason, log, archive_of, work).await?;
    unnoted.map_or(Ok(report), |e| Err(done_but_unnoted(operation, e)))
}

fn done_but_unnoted(operation: Operation, error: Error) -> Error {
    error.context(format_args!("the {} is done, but could not be recorded", operation.as_str()))
}

async fn run<T: Serialize>(
    ctx: &Context,
    operation: Operation,
    reason: Option<&str>,
    log: &Log<'_>,
    archive_of: impl FnOnce(&T) -> Option<String> + Send,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<(T, Option<Error>)> {
    let profile = &ctx.profile.name;
    ctx.catalog.abandon_stale(profile, ctx.clock.now()).await?;
    let run = ctx.catalog.begin_run(profile, operation, None, reason, ctx.clock.now()).await?;
    let result = work.await;
    let archive = result.as_ref().ok().and_then(archive_of);
    let noted =
        ctx.catalog.finish_run(run, result.as_ref(), archive.as_deref(), &log.take(), ctx.clock.now()).await;
    match (result, noted) {
        (Ok(report), noted) => Ok((report, noted.err())),
        (Err(e), Ok(())) => Err(e),
        (Err(e), Err(unnoted)) => {
            tracing::error!(error = %unnoted, "the failure of a run could not be recorded");
            Err(e)
        }
    }
}
