//! Copies of archives in the further stores of a profile.
//!
//! A copy is the same bytes under the same name, with a sidecar of its own, so each of these stores is as good as the
//! first one: it can be listed, verified, restored from and rebuilt from without it. What the first store has and a
//! further one has not is copied after each backup, so a store that was out of reach catches up by itself. A copy
//! counts when it was read back as a new archive is.

use std::collections::HashSet;

use aitta_archive::ArchiveId;
use aitta_model::{
    ArchiveState, CopiesReport, CopyReport, CopyState, ErrorCode, Failure, Operation, ProgressEvent,
    ReasonCode, WholeCopy,
};

use futures::stream::{self, StreamExt};

use crate::audit::Subject;
use crate::catalog::{CatalogEntry, state};
use crate::config::StoreConfig;
use crate::keys::KeyRing;
use crate::store::{PutMode, StoreErrorKind, archive_name};
use crate::{Context, Error, Progress, Result, backup, keys, run, select, sidecar, verify};

/// Bytes that are read from the one store and written to the other at a time.
const CHUNK: u64 = 2 << 20;

/// Such pieces that are read at the same time: enough to hide the way to a store far away.
const READ_AHEAD: usize = 3;

impl Context {
    /// The context of each further store of the profile, in the order of the configuration.
    #[must_use]
    pub fn copies(&self) -> Vec<Self> {
        self.profile.at_copies().into_iter().map(|profile| self.clone().at(profile)).collect()
    }

    /// This one, and the contexts of the copies.
    #[must_use]
    pub fn places(&self) -> Vec<Self> {
        std::iter::once(self.clone()).chain(self.copies()).collect()
    }

    /// The same, the nearest first: folders of this machine before what lies behind a network.
    pub(crate) fn nearest(&self) -> Vec<Self> {
        let mut places = self.places();
        places.sort_by_key(|place| !matches!(place.profile.store, StoreConfig::Local { .. }));
        places
    }
}

/// Copies what the further stores have not yet. What keeps one of them from it is in its report, and keeps neither
/// the others nor the backup before it.
///
/// # Errors
/// `key_*`.
pub async fn bring_up(context: &Context, progress: &dyn Progress) -> Result<CopiesReport> {
    let ring = context.keys()?;
    let mut report = CopiesReport { copies: Vec::new(), put_back: None };
    for place in context.copies() {
        let mut copy = nothing_yet(&place);
        if let Err(error) = bring_up_one(context, &place, &ring, &mut copy, progress).await {
            copy.failure = Some(error.failure());
        }
        report.copies.push(copy);
    }
    Ok(report)
}

fn nothing_yet(place: &Context) -> CopyReport {
    CopyReport {
        location: place.store.location(),
        copied: Vec::new(),
        copied_bytes: 0,
        archives: None,
        failure: None,
    }
}

async fn bring_up_one(
    context: &Context,
    place: &Context,
    ring: &KeyRing,
    report: &mut CopyReport,
    progress: &dyn Progress,
) -> Result<()> {
    let missing = missing(context, place, report).await;
    if matches!(&missing, Ok(ids) if ids.is_empty()) {
        return Ok(());
    }
    let log = run::Log::new(progress);
    let subject = Subject {
        target: Some(report.location.clone()),
        code: Some(ReasonCode::Routine),
        note: missing.as_ref().ok().map(|ids| format!("{} to be copied", ids.len())),
        ..Subject::default()
    };
    let newest = missing.as_ref().ok().and_then(|ids| ids.first()).map(ToString::to_string);
    let work = async {
        // A store that can't be listed is a run that has failed, so that it is seen.
        let missing = missing?;
        sweep(place).await?;
        // The newest first: it is the one that is wanted after a disaster.
        for id in missing {
            let copied = tokio::select! {
                copied = copy(context, place, ring, id, &log) => copied,
                () = context.cancel.cancelled() => Err(Error::cancelled()),
            };
            match copied {
                Ok(bytes) => {
                    // Nothing was sent for one that only had to be read back.
                    if bytes > 0 {
                        report.copied.push(id.to_string());
                        report.archives = report.archives.map(|there| there + 1);
                    }
                    report.copied_bytes += bytes;
                }
                // Deleted since the store was listed.
                Err(e) if e.code() == ErrorCode::ArchiveNotFound => {}
                Err(e) => {
                    place.store.settle().await;
                    return Err(e.context(format_args!("{id} was not copied to {}", report.location)));
                }
            }
        }
        Ok(report.clone())
    };
    run::writing(context, Operation::Copy, subject, &log, |_| newest, work).await.map(drop)
}

/// What the first store has and this one has not, newest first.
async fn missing(context: &Context, place: &Context, report: &mut CopyReport) -> Result<Vec<ArchiveId>> {
    let there = select::ids(place).await?;
    backup::expect_mounted(place).await?;
    report.archives = Some(there.len() as u64);
    let mut missing = select::ids(context).await?;
    // One that is there and was never entered was not read back: its process ended before.
    let known = place.catalog.archives(&place.store.location()).await?;
    let is_checked = |id: &ArchiveId| known.get(&id.to_string()).is_some_and(|entry| entry.summary.is_some());
    missing.retain(|id| !there.contains(id) || !is_checked(id));
    Ok(missing)
}

async fn sweep(place: &Context) -> Result<()> {
    match place.store.sweep().await {
        Err(error) if error.kind == StoreErrorKind::Denied => {
            tracing::warn!(%error, "unfinished uploads could not be looked for");
            Ok(())
        }
        other => Ok(other.map(drop)?),
    }
}

/// Copies one archive, and checks the copy. Returns its size in bytes, or 0 for one that was there and is checked now.
async fn copy(
    context: &Context,
    place: &Context,
    ring: &KeyRing,
    id: ArchiveId,
    progress: &dyn Progress,
) -> Result<u64> {
    let name = archive_name(&id.to_string());
    let size = context.store.head(&name).await?.size;
    match place.store.head(&name).await {
        // It is not ours to take away: whoever made it may have had other keys.
        Ok(_) => return check(context, place, ring, id, progress).await.map(|()| 0),
        Err(e) if e.kind == StoreErrorKind::NotFound => {}
        Err(e) => return Err(e.into()),
    }
    progress.event(ProgressEvent::Phase { name: "copying".to_owned(), total_bytes: Some(size) });
    let adopted = match context.store.copy_source(&name) {
        Some(source) => place.store.adopt(&name, &source, size).await?,
        None => false,
    };
    if adopted {
        progress.event(ProgressEvent::Advance { bytes: size });
    } else {
        send(context, place, &name, size, progress).await?;
    }
    let checked = check(context, place, ring, id, progress).await;
    if let Err(error) = checked {
        // It was made just now, and is no copy of anything: the next run makes it anew.
        return Err(match place.store.delete(&name).await {
            Ok(()) => error.hint_instead(format!(
                "check the archive in the first store with `aitta backup verify {id}`; the copy was taken away again"
            )),
            Err(stays) => {
                error.context(format_args!("the copy is not whole, and could not be taken away ({stays})"))
            }
        });
    }
    Ok(size)
}

/// Reads it here and sends it there.
async fn send(
    context: &Context,
    place: &Context,
    name: &str,
    size: u64,
    progress: &dyn Progress,
) -> Result<()> {
    let mut upload = place.store.create(name).await?;
    let starts = (0..size.div_ceil(CHUNK)).map(|n| n * CHUNK);
    let mut chunks = stream::iter(starts)
        .map(|at| context.store.read(name, at..size.min(at + CHUNK)))
        .buffered(READ_AHEAD);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        let bytes = chunk.len() as u64;
        upload.write(chunk).await?;
        progress.event(ProgressEvent::Advance { bytes });
    }
    drop(chunks);
    Ok(upload.commit().await?)
}

async fn check(
    context: &Context,
    place: &Context,
    ring: &KeyRing,
    id: ArchiveId,
    progress: &dyn Progress,
) -> Result<()> {
    let depth = backup::depth(place, id.created_ms()).await?;
    let (archive, _frames) = backup::read_back(place, ring, id, depth, progress).await?;
    // What the first store says of it, where that is right; otherwise it is told anew.
    let told = sidecar::read(context.store.as_ref(), &id.to_string()).await.ok().filter(|told| {
        *told == sidecar::sidecar(archive.manifest(), archive.header(), archive.size(), &told.checksum)
    });
    let told = match told {
        Some(told) => told,
        None => {
            let checksum = verify::check_stored(&archive, progress).await?.checksum;
            sidecar::sidecar(archive.manifest(), archive.header(), archive.size(), &checksum)
        }
    };
    sidecar::write(place.store.as_ref(), &told, PutMode::Overwrite).await?;
    let (location, now) = (place.store.location(), context.clock.now());
    let summary = sidecar::summary(
        archive.manifest(),
        archive.size(),
        Some(told.checksum),
        ArchiveState::Verified(now),
    );
    context.catalog.enter_archive(&location, &summary).await?;
    keys::note_use(place, sidecar::key_ids(archive.header())).await?;
    context.catalog.record_evidence(&location, &summary.id, depth, "", now).await
}

/// Puts back into the first store what the catalog knows of there, what is not there any more, and what a further
/// store has whole. What is there is never touched, be it damaged; what was deleted with Aitta is not known any more,
/// and stays deleted.
///
/// # Errors
/// `key_*`, `catalog_failed`, `store_*` when the first store can't be listed. What keeps an archive from being put back
/// is in the report.
pub async fn put_back(context: &Context, progress: &dyn Progress) -> Result<Option<CopyReport>> {
    let ring = context.keys()?;
    let there = select::ids(context).await?;
    backup::expect_mounted(context).await?;
    let known = context.catalog.archives(&context.store.location()).await?;
    let entered = known.into_iter().filter(|(_, entry)| entry.summary.is_some());
    let there: HashSet<String> = there.iter().map(ToString::to_string).collect();
    let mut missing: Vec<String> = entered.map(|(id, _)| id).filter(|id| !there.contains(id)).collect();
    missing.sort_unstable_by(|a, b| b.cmp(a));
    let wanted = whole(context, &missing).await?;
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
                    // The others may be whole all the same.
                    failed.get_or_insert(not_put_back(&known, error));
                }
            }
        }
        failed.map_or(Ok(report.clone()), Err)
    };
    if let Err(error) = run::writing(context, Operation::Copy, subject, &log, |_| Some(newest), work).await {
        report.failure = Some(error.failure());
    }
    report.archives = select::ids(context).await.ok().map(|ids| ids.len() as u64);
    Ok(Some(report))
}

fn not_put_back(from: &WholeCopy, error: Error) -> Error {
    let WholeCopy { id, copy, location, .. } = from;
    error.context(format_args!("{id} was not put back from {location}")).hint_instead(format!(
        "check the copy with `aitta --copy {copy} backup verify {id}`, and the first store with `aitta store check`"
    ))
}

/// Of each of these archives the first copy that was whole when it was last looked at, as far as there is one. No store
/// is asked.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn whole(context: &Context, ids: &[String]) -> Result<Vec<WholeCopy>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut known = Vec::new();
    for place in context.copies() {
        let location = place.store.location();
        let archives = context.catalog.archives(&location).await?;
        known.push((place.profile.copy, location, archives));
    }
    let first_whole = |id: &String| {
        known.iter().find_map(|(copy, location, archives)| {
            let entry = archives.get(id).filter(|entry| entry.summary.is_some())?;
            match state(&entry.evidence) {
                ArchiveState::Verified(at) | ArchiveState::Restored(at) => {
                    Some(WholeCopy { id: id.clone(), copy: *copy, location: location.clone(), at })
                }
                _ => None,
            }
        })
    };
    Ok(ids.iter().filter_map(first_whole).collect())
}

/// The newest archive of a further store that was damaged when it was last looked at. It is made anew only when
/// somebody takes it away. No store is asked.
///
/// # Errors
/// `catalog_failed`.
pub async fn damaged(place: &Context) -> Result<Option<Failure>> {
    let location = place.store.location();
    let archives = place.catalog.archives(&location).await?;
    let is_damaged = |entry: &CatalogEntry| matches!(state(&entry.evidence), ArchiveState::Damaged(_));
    let damaged: Vec<&String> = archives.iter().filter(|(_, e)| is_damaged(e)).map(|(id, _)| id).collect();
    let Some(newest) = damaged.iter().max() else { return Ok(None) };
    let message = match damaged.len() {
        1 => format!("{newest} is damaged in {location}"),
        n => format!("{n} archives are damaged in {location}, the newest is {newest}"),
    };
    let hint = way_out(place, newest).await?.unwrap_or_default();
    Ok(Some(Error::new(ErrorCode::ArchiveDamaged, message, hint).failure()))
}

/// What to do about an archive of this store that is damaged; absent where nothing better than its own hint is known.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn way_out(context: &Context, id: &str) -> Result<Option<String>> {
    let own = context.profile.copy;
    if own > 0 {
        return Ok(Some(format!(
            "see whether the first store has it whole, with `aitta backup verify {id}`; then take this copy away with `aitta \
             --copy {own} backup delete {id}`, and `aitta store copy` makes it anew"
        )));
    }
    let known = whole(context, &[id.to_owned()]).await?.pop();
    Ok(known.map(|WholeCopy { copy, location, at, .. }| {
        let day = at.strftime("%Y-%m-%d");
        format!(
            "its copy in {location} was whole on {day}: restore from that with `aitta --copy {copy} backup restore --backup-id \
             {id}`; to have it back here, move the damaged file out of the store and run `aitta store copy` (`aitta backup \
             delete` would delete the copies too)"
        )
    }))
}

/// What is known of the copies of an archive. No store is asked.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn states(context: &Context, id: &str) -> Result<Vec<CopyState>> {
    let mut states = Vec::new();
    for place in context.copies() {
        let location = place.store.location();
        let entry = context.catalog.archives(&location).await?.remove(id);
        let known = entry.filter(|entry| entry.summary.is_some()).map(|entry| state(&entry.evidence));
        states.push(CopyState { location, state: known });
    }
    Ok(states)
}

#[cfg(test)]
mod tests;
