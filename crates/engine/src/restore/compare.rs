//! What is there now, compared with an archive: whether a restore would change anything, table by table.

use std::time::{Duration, Instant};

use aitta_keys::KeyRing;
use aitta_model::{Depth, RestoreComparison, RestoreRequest};
use aitta_source::Target;

use super::choice::name_archive;
use super::{archived, from_nearest, prepare};
use crate::context::open;
use crate::reading::check;
use crate::{Context, Result};

/// A preview is looked at by somebody who waits: what is not read by then stays open.
const LIMIT: Duration = Duration::from_secs(30);

/// Compares the tables that a restore would give back with those that are there. It reads whole tables, the smallest
/// first, and writes nothing.
///
/// # Errors
/// As those of a dry run; `cancelled`.
pub async fn compare(context: &Context, request: RestoreRequest) -> Result<RestoreComparison> {
    compare_within(context, request, LIMIT).await
}

/// As [`compare`], for as long as the caller has.
///
/// # Errors
/// As [`compare`].
pub async fn compare_within(
    context: &Context,
    request: RestoreRequest,
    limit: Duration,
) -> Result<RestoreComparison> {
    let begun = Instant::now();
    let until = begun + limit;
    let keys = context.keys().await?;
    let target = match &request.to {
        Some(url) => open::target(url, &context.profile, &context.secrets())?,
        None => context.target()?,
    };
    let (request, _) = name_archive(context, &keys, request).await?;
    let step = |place: Context| {
        let (keys, target, request) = (&keys, target.as_ref(), &request);
        async move { compared(&place, keys, target, request, until).await }
    };
    let (comparison, _) = from_nearest(context, step).await?;
    Ok(RestoreComparison { duration_ms: begun.elapsed().as_millis() as u64, ..comparison })
}

async fn compared(
    context: &Context,
    keys: &KeyRing,
    target: &dyn Target,
    request: &RestoreRequest,
    until: Instant,
) -> Result<RestoreComparison> {
    let (archive, task, _) = prepare(context, keys, target, request).await?;
    match target.compare(&archived(&archive), &task, until).await {
        Ok(tables) => Ok(RestoreComparison { archive: archive.id().to_string(), tables, duration_ms: 0 }),
        Err(error) => {
            check::record_damage(context, archive.id(), Depth::Content, &error).await;
            Err(error)
        }
    }
}
