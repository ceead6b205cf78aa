//! Copies of archives in the further stores of a profile.
//!
//! A copy is the same bytes under the same name, with a sidecar of its own, so each of these stores is as good as the
//! first one: it can be listed, verified, restored from and rebuilt from without it. What the first store has and a
//! further one has not is copied after each backup, so a store that was out of reach catches up by itself. A copy
//! counts when it was read back as a new archive is.

use aitta_archive::ArchiveId;
use aitta_model::{ArchiveState, CopiesReport, CopyReport, ErrorCode, Operation, ProgressEvent, ReasonCode};
use futures::stream::{self, StreamExt};

use crate::audit::Subject;
use crate::config::StoreConfig;
use crate::keys::KeyRing;
use crate::store::{PutMode, StoreErrorKind, archive_name};
use crate::{Context, Error, Progress, Result, backup, keys, run, select, sidecar, verify};

mod known;
mod put_back;

pub use known::damaged;
pub(crate) use known::{states, way_out, whole};
pub use put_back::put_back;

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

#[cfg(test)]
mod tests;
