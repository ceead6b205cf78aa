//! Checking archives.
//!
//! Level `stored` reads every byte once: the tag of each frame, the layout, the checksum. Level
//! `content` also decrypts and decompresses each frame, counts its rows and computes its digest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use aitta_archive::{ArchiveId, FrameRef, HEADER_LEN, Manifest, RowDigest, check_frame, open_frame};
use aitta_model::{
    ArchiveSelector, ArchiveState, ErrorCode, Failure, Operation, ProgressEvent, VerifyLevel, VerifyReport,
    VerifyRequest, VerifyResult, VerifyScope,
};
use futures::stream::{self, StreamExt};

use crate::audit::Subject;
use crate::backup::Checksum;
use crate::catalog::{self, Depth};
use crate::error::task_failed;
use crate::keys::KeyRing;
use crate::{Context, Error, OpenArchive, Progress, Result, copies, run, select, sidecar};

/// Bytes read from the store at a time.
const BATCH: u64 = 1 << 20;

/// Frames of a sample that are read at the same time.
const SAMPLED_AT_ONCE: usize = 4;

/// What a check has read.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    pub(crate) frames: u64,
    pub(crate) checksum: String,
    /// Rows of tables; only at level `content`.
    pub(crate) rows: Option<u64>,
}

/// Checks one archive or all. Damage is a result, not an error; every result becomes evidence.
///
/// # Errors
/// `key_missing`, `key_invalid`, `archive_not_found`, `store_*` when the store can't be listed,
/// `cancelled`.
pub async fn verify(
    context: &Context,
    request: VerifyRequest,
    progress: &dyn Progress,
) -> Result<VerifyReport> {
    let begun = Instant::now();
    let keys = context.keys()?;
    let ids = match &request.scope {
        VerifyScope::One(selector) => vec![select::one(context, &keys, selector).await?],
        VerifyScope::All => select::ids(context).await?,
    };
    if ids.is_empty() {
        return Err(select::nothing_found(context, &ArchiveSelector::Latest));
    }
    let mut results = Vec::with_capacity(ids.len());
    for id in ids {
        let mut found = None;
        let log = run::Log::new(progress);
        let work = async {
            let mut result = tokio::select! {
                result = verify_one(context, &keys, id, request.level, &log) => result,
                () = context.cancel.cancelled() => return Err(Error::cancelled()),
            };
            record(context, &result, request.level).await?;
            if result.ok && is_still_damaged(context, &result.id).await? {
                result.remarks.push(format!(
                    "it stays listed as damaged: a check that looked closer found damage, and only one that looks as \
                     closely takes that back; run `aitta backup verify {} --level content`",
                    result.id
                ));
            }
            if damage(&result).is_some()
                && let Some(failure) = result.failure.as_mut()
                && let Some(hint) = copies::way_out(context, &result.id).await?
            {
                failure.hint = hint;
            }
            // The run of a damaged archive has failed, but the others are checked all the same.
            let end = match result.failure.clone() {
                None => Ok(result.clone()),
                Some(f) => Err(Error::new(f.code, f.message, f.hint)),
            };
            found = Some(result);
            end
        };
        let about = |r: &VerifyResult| Some(r.id.clone());
        let end = run::recorded(context, Operation::Verify, Subject::default(), &log, about, work).await;
        match (found, end) {
            // Nothing was found out about the one archive that was asked for: that is no result.
            (Some(result), Err(error))
                if matches!(request.scope, VerifyScope::One(_)) && damage(&result).is_none() =>
            {
                return Err(error);
            }
            (Some(result), _) => results.push(result),
            (None, Err(error)) => return Err(error),
            (None, Ok(result)) => results.push(result),
        }
    }
    let duration_ms = begun.elapsed().as_millis() as u64;
    Ok(VerifyReport { level: request.level, results, duration_ms })
}

/// Whether an earlier finding stands against an archive that was just found whole.
async fn is_still_damaged(context: &Context, id: &str) -> Result<bool> {
    let evidence = context.catalog.evidence(&context.store.location(), id).await?;
    Ok(matches!(catalog::state(&evidence), ArchiveState::Damaged(_)))
}

async fn verify_one(
    context: &Context,
    keys: &KeyRing,
    id: ArchiveId,
    level: VerifyLevel,
    progress: &dyn Progress,
) -> VerifyResult {
    let mut result = VerifyResult {
        id: id.to_string(),
        ok: false,
        frames: 0,
        bytes_read: 0,
        rows: None,
        failure: None,
        remarks: Vec::new(),
    };
    let check = async {
        let archive = Arc::new(OpenArchive::open(context.store.clone(), id, keys).await?);
        progress.event(ProgressEvent::Phase {
            name: format!("verifying {id}"),
            total_bytes: Some(archive.size()),
        });
        let checked = check(&archive, level, progress).await?;
        Ok::<_, Error>((archive, checked))
    };
    match check.await {
        Ok((archive, checked)) => {
            result.ok = true;
            result.frames = checked.frames;
            result.bytes_read = archive.size();
            result.rows = checked.rows;
            result.remarks = sidecar::remarks(context.store.as_ref(), &archive, &checked.checksum).await;
            // The checksum is known for certain now: a rebuild can tell a wrong sidecar by it.
            let checksum = Some(checked.checksum);
            let summary =
                sidecar::summary(archive.manifest(), archive.size(), checksum, ArchiveState::Stored);
            let location = context.store.location();
            if let Err(error) = context.catalog.enter_archive(&location, &summary).await {
                result.ok = false;
                result.failure = Some(error.failure());
            }
        }
        Err(error) => result.failure = Some(error.failure()),
    }
    result
}

/// Only what was found about the archive itself is evidence about it: a missing key or an unreachable
/// store says nothing.
pub(crate) async fn record(context: &Context, result: &VerifyResult, level: VerifyLevel) -> Result<()> {
    let finding = match (result.ok, damage(result)) {
        (true, _) => "",
        (false, Some(failure)) => failure.message.as_str(),
        (false, None) => return Ok(()),
    };
    let depth = match level {
        VerifyLevel::Stored => Depth::Stored,
        VerifyLevel::Content => Depth::Content,
    };
    let location = context.store.location();
    context.catalog.record_evidence(&location, &result.id, depth, finding, context.clock.now()).await
}

/// Records what an operation found out about an archive that it came to use, if `error` tells of damage.
/// `depth` is that of the check which takes the finding back. A failure to record it is only logged: the
/// error itself is what the user must see.
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

fn is_damage(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::ArchiveDamaged | ErrorCode::ArchiveTruncated | ErrorCode::ArchiveForeign)
}

fn damage(result: &VerifyResult) -> Option<&Failure> {
    result.failure.as_ref().filter(|f| is_damage(f.code))
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
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|e| {
            Error::new(ErrorCode::System, format!("the system gave no random bytes: {e}"), "try again")
        })?;
        chosen.insert(u64::from_le_bytes(random) % count);
    }
    let batches: Vec<_> = chosen.iter().map(|n| vec![frames[*n as usize]]).collect();
    let mut checks = stream::iter(batches)
        .map(|batch| check_batch(archive.clone(), batch, VerifyLevel::Stored))
        .buffer_unordered(SAMPLED_AT_ONCE);
    while let Some(batch) = checks.next().await {
        progress.event(ProgressEvent::Advance { bytes: batch?.bytes.len() as u64 });
    }
    Ok(chosen.len() as u64)
}

/// Level `stored`.
pub(crate) async fn check_stored(archive: &Arc<OpenArchive>, progress: &dyn Progress) -> Result<Checked> {
    check(archive, VerifyLevel::Stored, progress).await
}

/// A frame with its section and index.
type Placed = (FrameRef, u32, u32);

async fn check(archive: &Arc<OpenArchive>, level: VerifyLevel, progress: &dyn Progress) -> Result<Checked> {
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
    // Opening is content with one good key slot; an archive is whole only with all of them.
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
        progress.event(ProgressEvent::Advance { bytes: batch.bytes.len() as u64 });
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
    tokio::task::spawn_blocking(move || {
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
    .map_err(task_failed)?
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
