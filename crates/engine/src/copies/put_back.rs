//! What the first store has lost and a copy has.

use std::collections::HashSet;

use aitta_archive::ArchiveId;
use aitta_model::{Action, ArchiveState, Command, CopyReport, ErrorCode, ReasonCode, WholeCopy};
use aitta_store as store;

use super::known::whole;
use super::{copy, nothing_yet};
use crate::catalog::state;
use crate::door::{Free, Subject};
use crate::reading::check;
use crate::reading::select;
use crate::run::{self, Done, Run};
use crate::{Context, Error, Progress, Result};

/// Puts an archive back into the first store when the catalog knows it there, it is gone, and a further store has it
/// and isn't known to have it damaged. Archives that are there stay as they are, even damaged ones. An archive that was deleted with Aitta stays
/// deleted, because the catalog has forgotten it.
///
/// # Errors
/// `key_*`, `catalog_failed`, `store_*` when the first store can't be listed. The report says why an archive was not
/// put back.
pub async fn put_back(context: &Context, progress: &dyn Progress) -> Result<Option<CopyReport>> {
    let ring = context.keys().await?;
    let there = select::ids(context).await?;
    check::expect_mounted(context).await?;
    let known = context.catalog.archives(&context.store.location()).await?;
    let entered = known.into_iter().filter(|(_, entry)| entry.summary.is_some());
    let there: HashSet<String> = there.iter().map(ToString::to_string).collect();
    let mut missing: Vec<String> = entered.map(|(id, _)| id).filter(|id| !there.contains(id)).collect();
    missing.sort_unstable_by(|a, b| b.cmp(a));
    let wanted = sources(context, &missing).await?;
    let Some(newest) = wanted.first().map(|copy| copy.id.clone()) else { return Ok(None) };
    let log = run::Log::new(progress);
    let mut report = nothing_yet(context);
    let subject = Subject {
        target: Some(report.location.clone()),
        code: Some(ReasonCode::Routine),
        note: Some(format!("{} to be put back from copies", wanted.len())),
        ..Subject::default()
    };
    let work = async {
        // What a killed attempt has left half-written would be in the way of the same archive.
        store::tidy(context.store.as_ref()).await?;
        let mut failed = None;
        for known in wanted {
            let id: ArchiveId = known.id.parse()?;
            let from = context.clone().at_place(known.copy)?;
            let copied = tokio::select! {
                copied = copy(&from, context, &ring, id, &log) => copied,
                () = context.cancel.cancelled() => Err(Error::cancelled()),
            };
            match copied {
                Ok(bytes) => {
                    report.copied.push(id.to_string());
                    report.copied_bytes += bytes;
                }
                Err(error) => {
                    context.store.settle().await;
                    if error.code() == ErrorCode::Cancelled {
                        return Err(error);
                    }
                    // The others may be whole.
                    failed.get_or_insert(not_put_back(&known, error));
                }
            }
        }
        failed.map_or(Ok(report.clone()), Err)
    };
    let run = Run::free(context, Free::Copy, subject).logged(&log);
    if let Err(error) = run.work(|_| Some(newest), |_| work).await.and_then(Done::noted) {
        report.failure = Some(error.failure());
    }
    report.archives = select::ids(context).await.ok().map(|ids| ids.len() as u64);
    Ok(Some(report))
}

/// A further store that an archive is put back from.
struct From {
    id: String,
    copy: usize,
    location: String,
}

/// Where each of these archives can be had, in their order: best where it is known to be whole, or else where it lies; it
/// is read back from the first store in any case.
async fn sources(context: &Context, missing: &[String]) -> Result<Vec<From>> {
    let known = whole(context, missing).await?.into_iter();
    let mut sources: Vec<From> =
        known.map(|WholeCopy { id, copy, location, .. }| From { id, copy, location }).collect();
    for place in context.copies() {
        let is_found = |id: &String| sources.iter().any(|from| from.id == *id);
        let unknown: Vec<&String> = missing.iter().filter(|id| !is_found(id)).collect();
        if unknown.is_empty() {
            break;
        }
        let location = place.store.location();
        let entries = context.catalog.archives(&location).await?;
        // A copy that can't be listed is told by the copying to it.
        let Ok(there) = select::ids(&place).await else { continue };
        let there: HashSet<String> = there.iter().map(ToString::to_string).collect();
        let is_damaged = |id: &str| {
            entries.get(id).is_some_and(|entry| matches!(state(&entry.evidence), ArchiveState::Damaged(_)))
        };
        let more: Vec<From> = unknown
            .into_iter()
            .filter(|id| there.contains(*id) && !is_damaged(id))
            .map(|id| From { id: id.clone(), copy: place.profile.copy, location: location.clone() })
            .collect();
        sources.extend(more);
    }
    sources.sort_by(|a, b| b.id.cmp(&a.id));
    Ok(sources)
}

fn not_put_back(from: &From, error: Error) -> Error {
    let From { id, copy, location } = from;
    error.context(format_args!("{id} was not put back from {location}")).hint_instead(format!(
        "check the copy with {verify}, and the first store with {store_check}",
        verify = Action::verify(Some(*copy), id),
        store_check = Command::StoreCheck
    ))
}
