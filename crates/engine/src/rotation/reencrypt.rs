//! Archives under new data keys: each is copied frame by frame, read back, and only then the one before is deleted.
//!
//! A copy names in its manifest the archive that it was made from. So at most both exist, and a later run that finds
//! both deletes the older one as soon as the copy was read back.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aitta_archive::{
    ArchiveId, ArchiveKeys, Assembler, FrameSealer, Manifest, Reencrypted, SealedFrame, SectionKind,
};
use aitta_base::blocking;
use aitta_model::{Action, ArchiveState, Command, Depth, ErrorCode, Family, ProgressEvent, VerifyLevel};
use aitta_source::Archived;
use aitta_store::{PutMode, StoreErrorKind, archive_name, sidecar_name};
use futures::stream::{self, StreamExt};

use super::header::{self, Turned};
use super::route::Route;
use super::tally::Tally;
use super::{Teller, WRITTEN_AT_ONCE};
use crate::backup::{Content, SealerPool, WRITER, ZSTD_LEVEL};
use crate::catalog::Rotation;
use crate::reading::{OpenArchive, check, same_content, sidecar};
use crate::{Context, Error, Phases, Progress, Result};

/// What the manifests say about earlier attempts.
#[derive(Default)]
struct Seen {
    /// The copy of an archive, by the id of that.
    copies: HashMap<String, ArchiveId>,
    /// Archives that this rotation has written already.
    done: BTreeMap<ArchiveId, Done>,
}

struct Done {
    /// What it was made from.
    from: String,
    /// Whether that was not deleted yet.
    from_is_here: bool,
}

/// Writes every archive anew.
pub(super) async fn all(
    context: &Context,
    route: &Route,
    journal: &Rotation,
    objects: &BTreeMap<ArchiveId, u64>,
    phases: &mut Phases<'_>,
    progress: &dyn Progress,
    tally: &mut Tally,
) -> Result<()> {
    phases.plan(&["looking", "moving", "opening"]);
    phases.begin("looking", None);
    let seen = look(context, route, objects, journal).await?;
    // Each byte is read and written, and then read back.
    phases.begin("moving", Some(objects.values().sum::<u64>() * 2));
    let teller = Teller::new(journal.id);
    let mut writing = stream::iter(objects.keys().copied().take_while(|_| !context.cancel.is_cancelled()))
        .map(|id| {
            let (seen, teller) = (&seen, &teller);
            async move {
                let turned = one(context, route, id, seen, progress).await;
                (id, turned, teller.one_more(context).await)
            }
        })
        .buffer_unordered(WRITTEN_AT_ONCE);
    let mut fatal = false;
    while !fatal && let Some((id, result, told)) = writing.next().await {
        fatal = tally.take(id, result);
        told?;
    }
    // A copy that is under way is dropped: it was not visible yet, or it is found by the next attempt.
    drop(writing);
    tally.fatal(context)?;
    if tally.has_written_anew() {
        tally.note(
            "the archives have new ids: the time of the backup stays, the letters after it are new"
                .to_owned(),
        );
    }
    Ok(())
}

async fn look(
    context: &Context,
    route: &Route,
    objects: &BTreeMap<ArchiveId, u64>,
    journal: &Rotation,
) -> Result<Seen> {
    let since = journal.started.as_millisecond().unsigned_abs();
    let here = |id: &String| id.parse().is_ok_and(|id: ArchiveId| objects.contains_key(&id));
    let mut seen = Seen::default();
    let mut opening = stream::iter(objects.keys().copied())
        .map(async |id| OpenArchive::open(context.store.clone(), id, &route.ring).await)
        .buffer_unordered(super::AT_ONCE);
    while let Some(opened) = opening.next().await {
        let archive = match opened {
            Ok(archive) => archive,
            // A copy that is not recognised would be made a second time.
            Err(e) if e.code().family() == Family::Store => return Err(e),
            // An archive that can't be opened is reported when its turn comes. It does not count as a copy.
            Err(_) => continue,
        };
        let Some(Reencrypted { from, at_ms }) = archive.manifest().reencrypted.clone() else { continue };
        let from_is_here = here(&from);
        if from_is_here {
            seen.copies.insert(from.clone(), archive.id());
        }
        // An archive beside its copy: whatever the journal says, the copy has just been made.
        if from_is_here || at_ms >= since {
            seen.done.insert(archive.id(), Done { from, from_is_here });
        }
    }
    Ok(seen)
}

async fn one(
    context: &Context,
    route: &Route,
    id: ArchiveId,
    seen: &Seen,
    progress: &dyn Progress,
) -> Result<Turned> {
    tokio::select! {
        result = replace(context, route, id, seen, progress) => result,
        () = context.cancel.cancelled() => Err(Error::cancelled()),
    }
}

async fn replace(
    context: &Context,
    route: &Route,
    id: ArchiveId,
    seen: &Seen,
    progress: &dyn Progress,
) -> Result<Turned> {
    let location = context.store.location();
    if let Some(done) = seen.done.get(&id) {
        // The turn of the archive that it was made from sees to both.
        if done.from_is_here {
            return Ok(Turned::default());
        }
        context.catalog.forget_archive(&location, &done.from).await?;
        return header::turn(context.store.as_ref(), id, route).await;
    }
    match context.store.check_deletable(&archive_name(&id.to_string())).await {
        Ok(()) => {}
        Err(e) if e.kind == StoreErrorKind::Locked => return turn_locked(context, route, id, seen).await,
        Err(e) => return Err(e.into()),
    }
    let old = Arc::new(OpenArchive::open(context.store.clone(), id, &route.ring).await?);
    let (copy, mut turned) = match seen.copies.get(&id.to_string()) {
        // A copy that an interrupted rotation has finished but not read back. It may have been for another key.
        Some(&copy) => (copy, header::turn(context.store.as_ref(), copy, route).await?),
        None => write(context, route, &old, progress).await?,
    };
    prove(context, route, &old, copy, progress).await?;
    // Only now: the copy was read back, and says the same.
    remove(context, &id.to_string()).await?;
    turned.moved = true;
    Ok(turned)
}

/// Deletes an archive that was written anew, and its sidecar.
pub(super) async fn remove(context: &Context, id: &str) -> Result<()> {
    // First forgotten: stopped in between, what the catalog knows and the store lacks would count as lost, and be put
    // back from a copy.
    context.catalog.forget_archive(&context.store.location(), id).await?;
    for object in [sidecar_name(id), archive_name(id)] {
        match context.store.delete(&object).await {
            Err(e) if e.kind != StoreErrorKind::NotFound => return Err(e.into()),
            _ => {}
        }
    }
    Ok(())
}

/// An archive that the store keeps gets a new header only: a copy would stand beside it.
async fn turn_locked(context: &Context, route: &Route, id: ArchiveId, seen: &Seen) -> Result<Turned> {
    // Made before it was locked.
    if let Some(&copy) = seen.copies.get(&id.to_string()) {
        header::turn(context.store.as_ref(), copy, route).await?;
    }
    let turned = header::turn(context.store.as_ref(), id, route).await?;
    Ok(Turned { locked: true, ..turned })
}

/// Reads the copy back, every byte of it, with the new key alone, compares what both promise, and enters the copy
/// with its sidecar.
async fn prove(
    context: &Context,
    route: &Route,
    old: &OpenArchive,
    copy: ArchiveId,
    progress: &dyn Progress,
) -> Result<()> {
    let new = Arc::new(OpenArchive::open(context.store.clone(), copy, &route.to).await?);
    let checked = check::check(&new, VerifyLevel::Stored, progress).await?;
    if !same_content(old.manifest(), new.manifest()) {
        return Err(differs(old.id(), &format!("its copy {copy} does not hold the same")).hint_instead(
            format!(
                "delete the copy with {delete}, then run the rotation again",
                delete = Action::delete(None, copy)
            ),
        ));
    }
    let sidecar = sidecar::sidecar(new.manifest(), new.header(), new.size(), &checked.checksum);
    sidecar::write(context.store.as_ref(), &sidecar, PutMode::Overwrite).await?;
    let (location, now) = (context.store.location(), context.clock.now());
    let summary =
        sidecar::summary(new.manifest(), new.size(), Some(checked.checksum), ArchiveState::Verified(now));
    context.catalog.enter_archive(&location, &summary).await?;
    context.catalog.record_evidence(&location, &summary.id, Depth::Stored, "", now).await
}

/// Writes the copy. It is visible when this returns.
async fn write(
    context: &Context,
    route: &Route,
    old: &Arc<OpenArchive>,
    progress: &dyn Progress,
) -> Result<(ArchiveId, Turned)> {
    let (header, keys) = route.to.create_header(old.id().created_ms())?;
    let keys = Arc::new(keys);
    let mut upload = context.store.create(&archive_name(&header.id().to_string())).await?;
    upload.write(header.as_bytes().to_vec()).await?;
    let sections = &old.manifest().sections;
    let mut frames: Vec<(u64, u32, u32)> = Vec::new();
    for (number, section) in (0..).zip(sections) {
        frames.extend((0..).zip(&section.frames).map(|(index, frame)| (frame.offset, number, index)));
    }
    // In the order of the file, so that the disk is read from front to back.
    frames.sort_unstable();
    let sealers = SealerPool::new(ZSTD_LEVEL);
    let at_once = std::thread::available_parallelism().map_or(2, usize::from) + 1;
    let mut sealed = stream::iter(frames)
        .map(|(_, section, index)| seal_again(old.clone(), keys.clone(), sealers.clone(), section, index))
        .buffered(at_once);
    let mut assembler = Assembler::new(sections.len());
    while let Some(frame) = sealed.next().await {
        let frame = frame?;
        assembler.place(&frame);
        let bytes = frame.bytes.len() as u64;
        upload.write(frame.bytes).await?;
        progress.event(ProgressEvent::Advance { bytes, rows: 0 });
    }
    drop(sealed);
    let mut manifest = Manifest {
        id: header.id().to_string(),
        writer: WRITER.to_owned(),
        reencrypted: Some(Reencrypted {
            from: old.id().to_string(),
            at_ms: context.clock.now().as_millisecond().unsigned_abs(),
        }),
        ..old.manifest().clone()
    };
    let written_bytes = assembler.position();
    let tail = assembler.finish(&keys, &mut FrameSealer::new(ZSTD_LEVEL)?, &mut manifest)?;
    if !same_content(old.manifest(), &manifest) {
        return Err(differs(old.id(), "its rows are not those that its manifest promises"));
    }
    let written_bytes = written_bytes + tail.len() as u64;
    upload.write(tail).await?;
    upload.commit().await?;
    Ok((header.id(), Turned { moved: true, written_bytes, ..Turned::default() }))
}

/// One frame, opened with the old data key and sealed with the new one.
async fn seal_again(
    old: Arc<OpenArchive>,
    keys: Arc<ArchiveKeys>,
    sealers: SealerPool,
    section: u32,
    index: u32,
) -> Result<SealedFrame> {
    let content = match old.section(section)?.kind {
        SectionKind::Schema => Content::Blob,
        SectionKind::Table | SectionKind::Extra => Content::Rows,
    };
    let plaintext = old.frame(section, index).await?;
    blocking(move || Ok(sealers.seal(&keys, section, index, content, &plaintext)?)).await
}

fn differs(id: ArchiveId, what: &str) -> Error {
    Error::new(
        ErrorCode::ProofFailed,
        format!("{id}: {what}"),
        format!(
            "keep this archive as it is: {backup_verify} says more; delete it when another one is whole, \
             then run the rotation again",
            backup_verify = Command::BackupVerify
        ),
    )
}
