//! Checking what a store gives back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aitta_archive::{ArchiveId, FrameRef, HEADER_LEN, Manifest, RowDigest, check_frame, open_frame};
use aitta_base::{blocking, random};
use aitta_keys::KeyRing;
use aitta_model::{Command, Depth, ErrorCode, ProgressEvent, VerifyLevel};
use aitta_store::{ReadBack, StoreConfig};
use futures::stream::{self, StreamExt};
use sha2::{Digest, Sha256};

use super::{OpenArchive, select};

use crate::{Context, Error, Progress, Result};

/// Bytes read from the store at a time.
const BATCH: u64 = 1 << 20;

/// Frames of a sample that are read at the same time.
const SAMPLED_AT_ONCE: usize = 4;

/// SHA-256 of all bytes after the header.
#[derive(Default)]
pub(crate) struct Checksum(Sha256);

impl Checksum {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> String {
        hex::encode(self.0.finalize())
    }
}

/// What a check has read.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    pub(crate) frames: u64,
    pub(crate) checksum: String,
    /// Rows of tables; only at level `content`.
    pub(crate) rows: Option<u64>,
}

/// Refuses an empty folder where archives were: the disk that belongs there may not be mounted, and what is written
/// then lies under it, on the wrong disk.
///
/// # Errors
/// `store_missing`.
pub(crate) async fn expect_mounted(context: &Context) -> Result<()> {
    let StoreConfig::Local { dir } = &context.profile.store else { return Ok(()) };
    let location = context.store.location();
    let known = context.catalog.archives(&location).await?;
    let known = known.values().filter(|entry| entry.summary.is_some()).count();
    if known == 0 || !select::ids(context).await?.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::StoreMissing,
        format!("{} is empty, and {known} archives were there", dir.display()),
        format!(
            "mount the disk that belongs there; if the archives are gone for good, {catalog_rebuild} (with \
             --copy N for a further store) forgets them",
            catalog_rebuild = Command::CatalogRebuild
        ),
    ))
}

/// How long an archive of a store may be the last one of which every byte was read back.
const WHOLE_EVERY_MS: i64 = 7 * 24 * 3600 * 1000;

/// How deep the new archive is checked: what the store asks for, and once a week every byte.
pub(crate) async fn depth(context: &Context, created_ms: u64) -> Result<Depth> {
    if context.store.read_back() == ReadBack::Whole {
        return Ok(Depth::Stored);
    }
    let last = context.catalog.last_read_whole(&context.store.location()).await?;
    let is_recent = last.is_some_and(|at| created_ms.cast_signed() - at.as_millisecond() < WHOLE_EVERY_MS);
    Ok(if is_recent { Depth::Sampled } else { Depth::Stored })
}

/// Opens the archive like a stranger, with the vault key, and checks it.
pub(crate) async fn read_back(
    context: &Context,
    keys: &KeyRing,
    id: ArchiveId,
    depth: Depth,
    progress: &dyn Progress,
) -> Result<(Arc<OpenArchive>, u64)> {
    let opened = Arc::new(OpenArchive::open(context.store.clone(), id, keys).await?);
    let frames = match depth {
        Depth::Sampled => check_sample(&opened, progress).await?,
        _ => check_tags(&opened, progress).await?,
    };
    Ok((opened, frames))
}

/// Records damage that an operation met in an archive that it used, if `error` is damage. `depth` is that of the check
/// which clears the finding. A failure to record it is only logged: the error itself is what the user must see.
pub(crate) async fn record_damage(context: &Context, id: ArchiveId, depth: Depth, error: &Error) {
    if !is_damage(error.code()) {
        return;
    }
    let (store, now) = (context.store.location(), context.clock.now());
    let finding = error.to_string();
    if let Err(e) = context.catalog.record_evidence(&store, &id.to_string(), depth, &finding, now).await {
        tracing::error!(error = %e, "the damage of {id} could not be recorded");
    }
}

/// Whether an error is about the archive itself.
pub(crate) fn is_damage(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::ArchiveDamaged | ErrorCode::ArchiveTruncated | ErrorCode::ArchiveForeign)
}

/// Checks every byte of a new archive: what level `stored` does, without the checksum, which the writer has
/// computed. Returns the number of frames.
///
/// The tags leave no byte out: each sector of the header has one, and so have footer, manifest and every
/// frame; and [`OpenArchive::open`] has made sure that these follow each other without gaps.
///
/// # Errors
/// `archive_damaged`, `store_*`.
pub(crate) async fn check_tags(archive: &Arc<OpenArchive>, progress: &dyn Progress) -> Result<u64> {
    let (frames, _) = check_frames(archive, VerifyLevel::Stored, progress, |_| {}).await?;
    Ok(frames)
}

/// Frames that a sample has at least, and how many more for each so many of the archive.
const SAMPLE: (u64, u64) = (8, 256);

/// Checks a sample of the frames of a new archive, the first and the last among them. Header, footer and manifest
/// are read to open it. Returns the number of frames that were read.
///
/// # Errors
/// `archive_damaged`, `store_*`, `system`.
pub(crate) async fn check_sample(archive: &Arc<OpenArchive>, progress: &dyn Progress) -> Result<u64> {
    archive.header().check(archive.keys()).map_err(|e| Error::from(e).context(archive.id()))?;
    let frames = frames(archive.manifest());
    let count = frames.len() as u64;
    let wanted = (SAMPLE.0 + count / SAMPLE.1).min(count);
    let mut chosen: BTreeSet<u64> = [0, count.saturating_sub(1)].into_iter().filter(|n| *n < count).collect();
    while (chosen.len() as u64) < wanted {
        chosen.insert(u64::from_le_bytes(random()?) % count);
    }
    let batches: Vec<_> = chosen.iter().map(|n| vec![frames[*n as usize]]).collect();
    let mut checks = stream::iter(batches)
        .map(|batch| check_batch(archive.clone(), batch, VerifyLevel::Stored))
        .buffer_unordered(SAMPLED_AT_ONCE);
    while let Some(batch) = checks.next().await {
        progress.event(ProgressEvent::Advance { bytes: batch?.bytes.len() as u64, rows: 0 });
    }
    Ok(chosen.len() as u64)
}

/// A frame with its section and index.
type Placed = (FrameRef, u32, u32);

/// Checks every byte of an archive and computes its checksum.
///
/// # Errors
/// `archive_damaged`, `store_*`.
pub(crate) async fn check(
    archive: &Arc<OpenArchive>,
    level: VerifyLevel,
    progress: &dyn Progress,
) -> Result<Checked> {
    let mut checksum = Checksum::default();
    let (frames, digests) = check_frames(archive, level, progress, |bytes| checksum.update(bytes)).await?;
    let tail_start = archive.footer().manifest_offset;
    let tail = archive.store().read(archive.object_name(), tail_start..archive.size()).await?;
    checksum.update(&tail);
    let rows = match level {
        VerifyLevel::Stored => None,
        VerifyLevel::Content => Some(compare(archive, &digests)?),
    };
    Ok(Checked { frames, checksum: checksum.finish(), rows })
}

/// Digests by the number of their section; only at level `content`.
type Digests = BTreeMap<u32, RowDigest>;

/// Checks the header and all frames, and gives the bytes of these, in the order of the file, to `read`.
async fn check_frames(
    archive: &Arc<OpenArchive>,
    level: VerifyLevel,
    progress: &dyn Progress,
    mut read: impl FnMut(&[u8]) + Send,
) -> Result<(u64, Digests)> {
    // Opening needs one good key slot; an archive is whole only with all of them.
    archive.header().check(archive.keys()).map_err(|e| Error::from(e).context(archive.id()))?;
    let frames = frames(archive.manifest());
    let batches = batches(&frames);
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let mut checks =
        stream::iter(batches).map(|batch| check_batch(archive.clone(), batch, level)).buffered(cores + 1);
    let mut digests = Digests::new();
    while let Some(batch) = checks.next().await {
        let batch = batch?;
        read(&batch.bytes);
        for (section, digest) in &batch.digests {
            digests.entry(*section).or_default().merge(digest);
        }
        progress.event(ProgressEvent::Advance { bytes: batch.bytes.len() as u64, rows: 0 });
    }
    Ok((frames.len() as u64, digests))
}

/// All frames, in the order of the file.
fn frames(manifest: &Manifest) -> Vec<Placed> {
    let mut frames: Vec<Placed> = Vec::new();
    for (section, s) in manifest.sections.iter().enumerate() {
        frames.extend(s.frames.iter().enumerate().map(|(i, frame)| (*frame, section as u32, i as u32)));
    }
    frames.sort_unstable_by_key(|(frame, ..)| frame.offset);
    frames
}

/// Neighbours in the file, about [`BATCH`] bytes together. The layout has been checked, so they are
/// without gaps from the end of the header on.
fn batches(frames: &[Placed]) -> Vec<Vec<Placed>> {
    let mut start = HEADER_LEN as u64;
    let mut out: Vec<Vec<Placed>> = Vec::new();
    let mut first = 0;
    for (i, (frame, ..)) in frames.iter().enumerate() {
        let end = frame.offset + frame.stored_len;
        if end - start >= BATCH || i + 1 == frames.len() {
            out.push(frames[first..=i].to_vec());
            first = i + 1;
            start = end;
        }
    }
    out
}

struct Batch {
    bytes: Vec<u8>,
    digests: Vec<(u32, RowDigest)>,
}

async fn check_batch(archive: Arc<OpenArchive>, frames: Vec<Placed>, level: VerifyLevel) -> Result<Batch> {
    let (Some((first, ..)), Some((last, ..))) = (frames.first(), frames.last()) else {
        return Ok(Batch { bytes: Vec::new(), digests: Vec::new() });
    };
    let base = first.offset;
    let bytes = archive.store().read(archive.object_name(), base..last.offset + last.stored_len).await?;
    blocking(move || {
        let mut digests = Vec::new();
        for (place, section, index) in frames {
            let start = (place.offset - base) as usize;
            let stored = &bytes[start..start + place.stored_len as usize];
            let digest = check_one(&archive, place, section, index, stored, level)
                .map_err(|e| Error::from(e).context(archive.id()))?;
            digests.extend(digest.map(|d| (section, d)));
        }
        Ok(Batch { bytes, digests })
    })
    .await
}

fn check_one(
    archive: &OpenArchive,
    place: FrameRef,
    section: u32,
    index: u32,
    stored: &[u8],
    level: VerifyLevel,
) -> Result<Option<RowDigest>, aitta_archive::Error> {
    let header = check_frame(archive.keys(), section, index, stored)?;
    place.check(&header)?;
    if level == VerifyLevel::Stored {
        return Ok(None);
    }
    let plaintext = open_frame(archive.keys(), section, index, &mut stored.to_vec())?;
    let mut digest = RowDigest::default();
    archive.manifest().sections[section as usize].add_frame(&mut digest, &plaintext)?;
    Ok(Some(digest))
}

fn compare(archive: &OpenArchive, digests: &Digests) -> Result<u64> {
    for (section, number) in archive.manifest().sections.iter().zip(0..) {
        let found = digests.get(&number).copied().unwrap_or_default();
        section.check(number, &found).map_err(|e| Error::from(e).context(archive.id()))?;
    }
    Ok(archive.manifest().table_rows())
}
