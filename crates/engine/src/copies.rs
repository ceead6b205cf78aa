//! Copies of archives in the further stores of a profile.
//!
//! A copy is the same bytes under the same name, with a sidecar of its own, so each of these stores is as good as the
//! first one: it can be listed, verified, restored from and rebuilt from without it. After each backup every missing
//! archive is copied, so a store that was out of reach catches up by itself. A copy counts only after it was read back,
//! as a new archive is.

use aitta_archive::{ArchiveId, HEADER_LEN};
use aitta_keys::KeyRing;
use aitta_model::VerifyLevel;
use aitta_model::{
    Action, ArchiveState, CopiesReport, CopyReport, Depth, ErrorCode, ProgressEvent, ReasonCode,
};
use aitta_store::{self as store, PutMode, StoreErrorKind, archive_name};
use futures::stream::{self, StreamExt};

use crate::catalog::state;
use crate::custody;
use crate::door::{Free, Subject};
use crate::reading::disowned::does_not_open;
use crate::reading::{check, select, sidecar};
use crate::run::{self, Done, Run};
use crate::{Context, Error, Progress, Result};

mod known;
mod put_back;

pub use known::damaged;
pub(crate) use known::{elsewhere, states, way_out, whole};
pub use put_back::put_back;

/// Bytes that are read from the one store and written to the other at a time.
const CHUNK: u64 = 2 << 20;

/// Such pieces that are read at the same time: enough to hide the way to a store far away.
const READ_AHEAD: usize = 3;

/// Copies every missing archive to each further store. If one store fails, its report says why; the others go on, and
/// the backup stays valid.
///
/// # Errors
/// `key_*`.
pub async fn bring_up(context: &Context, progress: &dyn Progress) -> Result<CopiesReport> {
    let ring = context.keys().await?;
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
        store::tidy(place.store.as_ref()).await?;
        let mut failed = Failed::default();
        // The newest first: it is the one that is wanted after a disaster.
        for id in missing {
            let copied = tokio::select! {
                copied = copy(context, place, ring, id, &log) => copied,
                () = context.cancel.cancelled() => Err(Error::cancelled()),
            };
            match copied {
                Ok(bytes) => {
                    // A copy that was only read back has cost no traffic.
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
                    failed
                        .take(e, |e| e.context(format_args!("{id} was not copied to {}", report.location)))?;
                }
            }
        }
        failed.end(report.clone())
    };
    let run = Run::free(context, Free::Copy, subject).logged(&log);
    run.work(|_| newest, |_| work).await.and_then(Done::noted).map(drop)
}

/// What the first store has and this one lacks, newest first.
async fn missing(context: &Context, place: &Context, report: &mut CopyReport) -> Result<Vec<ArchiveId>> {
    let there = select::ids(place).await?;
    check::expect_mounted(place).await?;
    report.archives = Some(there.len() as u64);
    let mut missing = select::ids(context).await?;
    // What is about to go is no longer copied; nor is what a further store is about to delete, or has deleted before.
    let away = context.catalog.put_away(&context.store.location()).await?;
    let away_there = place.catalog.put_away(&place.store.location()).await?;
    if !away.is_empty() || !away_there.is_empty() {
        missing.retain(|id| {
            let id = id.to_string();
            !away.contains_key(&id) && !away_there.contains_key(&id)
        });
    }
    // A copy that was never entered was not read back: its process ended before.
    let known = place.catalog.archives(&place.store.location()).await?;
    let is_checked = |id: &ArchiveId| known.get(&id.to_string()).is_some_and(|entry| entry.summary.is_some());
    missing.retain(|id| !there.contains(id) || !is_checked(id));
    Ok(missing)
}

/// After so many failures that may each be about one archive, the store is given up.
const MOST_STORE_FAILURES: u32 = 5;

/// Failures of single archives: the others are still copied.
#[derive(Default)]
struct Failed {
    first: Option<Error>,
    store_failures: u32,
}

impl Failed {
    /// Keeps the failure of one archive; returns a failure that the others would meet too.
    fn take(&mut self, error: Error, told: impl FnOnce(Error) -> Error) -> Result<()> {
        let is_about_one = match error.code() {
            ErrorCode::StoreFailed | ErrorCode::StoreLocked => {
                self.store_failures += 1;
                self.store_failures < MOST_STORE_FAILURES
            }
            code => is_about_the_archive(code),
        };
        let error = told(error);
        if !is_about_one {
            return Err(error);
        }
        self.first.get_or_insert(error);
        Ok(())
    }

    fn end<T>(self, done: T) -> Result<T> {
        self.first.map_or(Ok(done), Err)
    }
}

fn is_about_the_archive(code: ErrorCode) -> bool {
    does_not_open(code) || code == ErrorCode::ProofFailed
}

/// Makes sure that a further store has this archive, read back, and whole as far as is known. A copy that is not whole
/// stays, as everywhere: somebody has to take it away.
///
/// # Errors
/// `archive_*` when its copy is not whole; as the copying of one.
pub(crate) async fn ensure(
    context: &Context,
    place: &Context,
    ring: &KeyRing,
    id: ArchiveId,
    progress: &dyn Progress,
) -> Result<()> {
    let location = place.store.location();
    let known = place.catalog.archives(&location).await?.remove(&id.to_string());
    let is_damaged =
        known.as_ref().is_some_and(|entry| matches!(state(&entry.evidence), ArchiveState::Damaged(_)));
    let found = place.store.head(&archive_name(&id.to_string())).await.ok();
    if let Some(found) = &found {
        if is_damaged {
            let error = Error::new(ErrorCode::ArchiveDamaged, format!("{id} is damaged in {location}"), "");
            return Err(with_way_out(place, id, error).await);
        }
        let checked = known.and_then(|entry| entry.summary);
        if checked.is_some_and(|summary| summary.size_bytes == found.size) {
            return Ok(());
        }
    }
    let copied = tokio::select! {
        copied = copy(context, place, ring, id, progress) => copied.map(drop),
        () = context.cancel.cancelled() => Err(Error::cancelled()),
    };
    if copied.is_err() {
        place.store.settle().await;
    }
    match copied {
        Err(error) if found.is_some() && check::is_damage(error.code()) => {
            Err(with_way_out(place, id, error).await)
        }
        other => other,
    }
}

/// An error about a damaged copy, with what to do about it.
async fn with_way_out(place: &Context, id: ArchiveId, error: Error) -> Error {
    match way_out(place, &id.to_string()).await {
        Ok(Some(way)) => error.hint_instead(way),
        _ => error,
    }
}

/// What is known of the archive that is to be copied.
struct Original {
    /// Of all bytes after the header, by the catalog.
    checksum: Option<String>,
    /// When it was last found whole.
    is_whole: bool,
}

/// # Errors
/// `archive_damaged` when it was found damaged: a copy would be damaged too. `catalog_failed`.
async fn original(context: &Context, id: ArchiveId) -> Result<Original> {
    let location = context.store.location();
    let entry = context.catalog.archives(&location).await?.remove(&id.to_string());
    let Some(entry) = entry else { return Ok(Original { checksum: None, is_whole: false }) };
    match state(&entry.evidence) {
        ArchiveState::Damaged(_) => {
            let hint = way_out(context, &id.to_string()).await?;
            Err(Error::new(
                ErrorCode::ArchiveDamaged,
                format!("{id} is damaged in {location}"),
                hint.unwrap_or_else(|| {
                    format!(
                        "{verify} says more; delete it when others are whole",
                        verify = Action::verify(None, id)
                    )
                }),
            ))
        }
        found => Ok(Original {
            checksum: entry.summary.and_then(|summary| summary.checksum),
            is_whole: matches!(found, ArchiveState::Verified(_) | ArchiveState::Restored(_)),
        }),
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
        // It stays: another user with other keys may have made it. The catalog doesn't know whether it was read back.
        Ok(_) => return check(context, place, ring, id, Depth::Stored, None, progress).await.map(|()| 0),
        Err(e) if e.kind == StoreErrorKind::NotFound => {}
        Err(e) => return Err(e.into()),
    }
    let original = original(context, id).await?;
    progress.event(ProgressEvent::Phase { name: "copying".to_owned(), total_bytes: Some(size) });
    let adopted = match context.store.copy_source(&name) {
        Some(source) => place.store.adopt(&name, &source, size).await?,
        None => false,
    };
    // A sample is enough of bytes that are known to be those of a whole archive. What has been lying somewhere may have
    // changed since it was looked at.
    let (is_known, sent) = if adopted {
        progress.event(ProgressEvent::Advance { bytes: size, rows: 0 });
        (original.is_whole, None)
    } else {
        let sent = send(context, place, &name, size, progress).await?;
        let known = match original.checksum {
            Some(known) => Some(known),
            // Two checksums that agree rule out bit rot.
            None => {
                sidecar::read(context.store.as_ref(), &id.to_string()).await.ok().map(|told| told.checksum)
            }
        };
        (known.is_some_and(|known| known == sent), Some(sent))
    };
    let depth = if is_known { check::depth(place, id.created_ms()).await? } else { Depth::Stored };
    let checked = check(context, place, ring, id, depth, sent, progress).await;
    if let Err(error) = checked {
        note_if_damaged(context, ring, id, &error, progress).await;
        // It was made just now and differs from its source: the next run makes it anew.
        return Err(match place.store.delete(&name).await {
            Ok(()) => error.hint_instead(format!(
                "check the archive in the first store with {verify}; the copy was taken away again",
                verify = Action::verify(None, id)
            )),
            Err(stays) => {
                error.context(format_args!("the copy is not whole, and could not be taken away ({stays})"))
            }
        });
    }
    Ok(size)
}

/// A damaged copy may come from a damaged archive: the archive is checked and the finding is kept, so that it is not
/// sent again and again.
async fn note_if_damaged(
    context: &Context,
    ring: &KeyRing,
    id: ArchiveId,
    error: &Error,
    progress: &dyn Progress,
) {
    if is_about_the_archive(error.code())
        && let Err(found) = check::read_back(context, ring, id, Depth::Stored, progress).await
    {
        check::record_damage(context, id, Depth::Stored, &found).await;
    }
}

/// Reads it here and sends it there. Returns the checksum of what was sent: the SHA-256 of all bytes after the header.
async fn send(
    context: &Context,
    place: &Context,
    name: &str,
    size: u64,
    progress: &dyn Progress,
) -> Result<String> {
    let mut checksum = check::Checksum::default();
    let mut header = HEADER_LEN;
    let mut upload = place.store.create(name).await?;
    let starts = (0..size.div_ceil(CHUNK)).map(|n| n * CHUNK);
    let mut chunks = stream::iter(starts)
        .map(|at| context.store.read(name, at..size.min(at + CHUNK)))
        .buffered(READ_AHEAD);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        let bytes = chunk.len() as u64;
        let skipped = header.min(chunk.len());
        header -= skipped;
        checksum.update(&chunk[skipped..]);
        upload.write(chunk).await?;
        progress.event(ProgressEvent::Advance { bytes, rows: 0 });
    }
    drop(chunks);
    upload.commit().await?;
    Ok(checksum.finish())
}

/// Reads a copy back and enters it. `sent` is the checksum of what was sent, where it went through this machine.
async fn check(
    context: &Context,
    place: &Context,
    ring: &KeyRing,
    id: ArchiveId,
    depth: Depth,
    sent: Option<String>,
    progress: &dyn Progress,
) -> Result<()> {
    let (archive, _frames) = check::read_back(place, ring, id, depth, progress).await?;
    let told = match sent {
        Some(checksum) => sidecar::sidecar(archive.manifest(), archive.header(), archive.size(), &checksum),
        // The sidecar of the first store, where that is right; otherwise a new one.
        None => {
            let told = sidecar::read(context.store.as_ref(), &id.to_string()).await.ok().filter(|told| {
                *told
                    == sidecar::sidecar(archive.manifest(), archive.header(), archive.size(), &told.checksum)
            });
            match told {
                Some(told) => told,
                None => {
                    let checksum = check::check(&archive, VerifyLevel::Stored, progress).await?.checksum;
                    sidecar::sidecar(archive.manifest(), archive.header(), archive.size(), &checksum)
                }
            }
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
    custody::note_use(place, sidecar::key_ids(archive.header())).await?;
    context.catalog.record_evidence(&location, &summary.id, depth, "", now).await
}

#[cfg(test)]
mod tests;
