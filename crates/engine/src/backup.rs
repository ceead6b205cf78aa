//! Making archives.
//!
//! Order: snapshot, staged upload of header and frames, manifest and footer, commit (the archive is
//! visible now), read back with every tag checked, sidecar. Only then is the run `succeeded`.

mod pipeline;
mod sealers;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aitta_archive::{Anchor, ArchiveId, FrameSealer, Manifest};
use aitta_keys::KeyRing;
use aitta_model::{
    Action, ArchiveState, BackupKind, BackupReport, BackupRequest, Depth, ProgressEvent, ReasonCode,
};
use aitta_source::{SafetyNet, SnapshotRequest, Source};
use aitta_store::{self as store, PutMode, archive_name};
use async_trait::async_trait;

use self::pipeline::{Pipeline, Written};
pub(crate) use self::sealers::{Content, SealerPool};

use crate::custody;
use crate::door::{Free, Subject};
use crate::hooks::{self, Hooked, Pair};
use crate::reading::check::{depth, expect_mounted, read_back};
use crate::reading::sidecar;
use crate::run::{self, Run};
use crate::{Context, Error, Phases, Progress, Result, copies, notify};

/// Program and version, as manifests name their writer.
pub(crate) const WRITER: &str = concat!("aitta ", env!("CARGO_PKG_VERSION"));
/// zstd level: the fastest that still beats the plain pipe in size.
pub(crate) const ZSTD_LEVEL: i32 = 1;
const LOCK_TIMEOUT_S: u64 = 30;

/// Makes an archive of the profile's database.
///
/// # Errors
/// `key_*`, `keychain_unavailable` and `config_invalid` before anything is touched; `run_in_progress`, `source_*`,
/// `lock_timeout`, `tool_*`, `table_*`, `store_*`, `hook_failed`, `cancelled`. No error leaves half an archive behind.
pub async fn create(
    context: &Context,
    request: BackupRequest,
    progress: &dyn Progress,
) -> Result<BackupReport> {
    // Somebody with another data folder may have changed the ring, and the stamp of this folder doesn't show it.
    context.forget_keys();
    let prepared = async {
        let keys = context.keys().await?;
        let source = context.source()?;
        context.prepare_store()?;
        Ok::<_, Error>((keys, source))
    };
    let (keys, source) = match prepared.await {
        Ok(prepared) => prepared,
        Err(error) => {
            notify::backup_failed(context, None, &error).await;
            return Err(error);
        }
    };
    // A fault with the key of old archives doesn't stop a new backup.
    let untested = custody::check_if_due(context).await;
    let log = run::Log::new(progress);
    let work = |anchor| async {
        // It is large, and is handed on: each time it would take its room on the stack again.
        let made = Box::pin(archive(context, source.as_ref(), &keys, &request, anchor, &log));
        let Hooked { done, failure, notes } =
            hooks::around(context, Pair::Backup, log.run(), &log, made).await?;
        let notes = done.notes.into_iter().chain(notes).collect();
        Ok(BackupReport { hook_failure: failure, notes, ..done })
    };
    let run = Run::free(context, Free::Backup, subject(&request)).logged(&log);
    let mut report = run.work(archive_of, work).await?.noted()?;
    report.notes.extend(untested);
    // It was read back by the key, and is the newest one now.
    let noted = custody::passed(context, &keys, &report.archive.id).await;
    report.notes.extend(noted.err().map(|e| format!("the test of the key could not be noted: {e}")));
    let noted = custody::note_use(context, vec![keys.active_id().to_string()]).await;
    report
        .notes
        .extend(noted.err().map(|e| format!("the use of the key could not be noted: {e}; {}", e.hint())));
    if let copy @ 1.. = context.profile.copy {
        report.notes.push(format!(
            "this backup lies only in the copy {copy} of the profile, {}; for a backup in every store, leave \
             out --copy",
            context.store.location()
        ));
    }
    report.copies = copies::bring_up(context, progress).await?.copies;
    let key = keys.active_id().to_string();
    let noted = context.catalog.note_key(&context.profile.name, &key, report.archive.created).await;
    // The archive is valid; only the age of the key counts from a later day.
    report.notes.extend(noted.err().map(|e| format!("the use of the key could not be noted: {e}")));
    Ok(report)
}

/// The entry of the audit trail. A kind may say why.
fn subject(request: &BackupRequest) -> Subject {
    let code = match request.kind {
        BackupKind::PreDeployment => Some(ReasonCode::Release),
        BackupKind::Emergency => Some(ReasonCode::Incident),
        _ => None,
    };
    Subject { tables: request.tables.clone(), reason: request.reason.clone(), code, ..Subject::default() }
}

fn archive_of(report: &BackupReport) -> Option<String> {
    Some(report.archive.id.clone())
}

async fn archive(
    context: &Context,
    source: &dyn Source,
    keys: &KeyRing,
    request: &BackupRequest,
    anchor: Option<Anchor>,
    progress: &dyn Progress,
) -> Result<BackupReport> {
    let result = tokio::select! {
        result = write_and_check(context, source, keys, request, anchor, progress) => result,
        // Dropping the work ends the snapshot, its connections and tools, and removes the staged upload.
        () = context.cancel.cancelled() => Err(Error::cancelled()),
    };
    if result.is_err() {
        context.store.settle().await;
    }
    result
}

async fn write_and_check(
    context: &Context,
    source: &dyn Source,
    keys: &KeyRing,
    request: &BackupRequest,
    anchor: Option<Anchor>,
    progress: &dyn Progress,
) -> Result<BackupReport> {
    let begun = std::time::Instant::now();
    let mut phases = Phases::new(progress);
    phases.plan(&["opening", "reading", "reading back"]);
    phases.begin("opening", None);
    store::tidy(context.store.as_ref()).await?;
    expect_mounted(context).await?;
    // Before the archive is begun, and before the snapshot: nobody should wait for its locks.
    custody::note_use_before(context, keys.active_id().to_string()).await?;
    let snapshot_request = SnapshotRequest {
        tables: request.tables.clone(),
        jobs: request.jobs.unwrap_or_else(default_jobs),
        lock_timeout: Duration::from_secs(request.lock_timeout_s.unwrap_or(LOCK_TIMEOUT_S)),
        patience: context.patience.clone(),
    };
    let mut snapshot = source.snapshot(&snapshot_request).await?;

    phases.begin("reading", Some(snapshot.contents().estimated_bytes));
    let created_ms = context.clock.now().as_millisecond().unsigned_abs();
    let (header, archive_keys) = keys.create_header(created_ms)?;
    let archive_keys = Arc::new(archive_keys);
    let (id, name) = (header.id(), archive_name(&header.id().to_string()));
    let mut upload = context.store.create(&name).await?;
    upload.write(header.as_bytes().to_vec()).await?;
    let sections = snapshot.contents().sections.len();
    let (pipeline, writing) = Pipeline::start(archive_keys.clone(), sections, ZSTD_LEVEL, upload)?;
    let pipeline = Arc::new(pipeline);
    let reading = pipeline.read(snapshot.as_mut(), progress).await;
    drop(pipeline);
    let Written { mut upload, mut checksum, assembler } = writing.finish(reading).await?;

    let contents = snapshot.contents();
    let source_bytes = (0..sections).filter_map(|n| assembler.section(n)).map(|s| s.bytes).sum();
    let mut manifest = Manifest {
        id: id.to_string(),
        created_ms,
        writer: WRITER.to_owned(),
        kind: request.kind.to_string(),
        reason: request.reason.clone(),
        audit: anchor,
        reencrypted: None,
        source: contents.info.clone(),
        complete: contents.complete,
        sections: contents.sections.clone(),
        foreign_keys: contents.foreign_keys.clone(),
        properties: contents.properties.clone(),
    };
    let notes = contents.notes.clone();
    // The snapshot is done with: locks end before the archive is read back.
    drop(snapshot);
    let size = assembler.position();
    let tail = assembler.finish(&archive_keys, &mut FrameSealer::new(ZSTD_LEVEL)?, &mut manifest)?;
    let size = size + tail.len() as u64;
    checksum.update(&tail);
    let checksum = checksum.finish();
    upload.write(tail).await?;
    upload.commit().await?;
    let tables = sidecar::table_summaries(&manifest);
    for table in &tables {
        progress.event(ProgressEvent::Table { name: table.name.clone(), rows: table.rows });
    }

    let depth = depth(context, created_ms).await?;
    phases.begin("reading back", (depth == Depth::Stored).then_some(size));
    let (opened, frames_checked) = match read_back(context, keys, id, depth, progress).await {
        Ok(read) => read,
        Err(error) => return Err(note_damage(context, id, depth, error).await),
    };

    let sidecar = sidecar::sidecar(opened.manifest(), opened.header(), size, &checksum);
    sidecar::write(context.store.as_ref(), &sidecar, PutMode::Create).await?;
    let now = context.clock.now();
    let duration_ms = begun.elapsed().as_millis() as u64;
    let state = ArchiveState::Verified(now);
    let mut summary = sidecar::summary(opened.manifest(), size, Some(checksum), state);
    summary.duration_ms = Some(duration_ms);
    let location = context.store.location();
    context.catalog.enter_made(&location, &summary).await?;
    context.catalog.record_evidence(&location, &summary.id, depth, "", now).await?;
    Ok(BackupReport {
        archive: summary,
        location: format!("{location}/{name}"),
        tables,
        source_bytes,
        frames_checked,
        sampled: depth == Depth::Sampled,
        duration_ms,
        phases: phases.finish(),
        notes,
        copies: Vec::new(),
        hook_failure: None,
    })
}

/// An archive that could not be read back stays, listed as damaged: it may show what is wrong with the store.
async fn note_damage(context: &Context, id: ArchiveId, depth: Depth, error: Error) -> Error {
    let (store, now) = (context.store.location(), context.clock.now());
    let finding = error.to_string();
    let noted = context.catalog.record_evidence(&store, &id.to_string(), depth, &finding, now).await;
    if let Err(e) = noted {
        tracing::error!(error = %e, "damage could not be recorded");
    }
    error.context("the new archive was stored, but reading it back failed").hint_instead(format!(
        "check the store and run the backup again; then delete this one with {delete}",
        delete = Action::delete(None, id)
    ))
}

/// Two connections for each processor, within reason: while the rows of one are waited for, those of the other
/// are there. The server may have room for fewer.
fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(4, |n| 2 * n.get()).clamp(2, 8)
}

/// Archives what a restore is about to overwrite, into the profile's own store.
pub(crate) struct SafetyBackup<'a> {
    pub(crate) context: &'a Context,
    pub(crate) source: &'a dyn Source,
    /// Those that the restore began with.
    pub(crate) keys: &'a KeyRing,
    pub(crate) lock_timeout_s: Option<u64>,
    /// A failure here is about this backup, not about the archive that is restored.
    pub(crate) failed: AtomicBool,
}

impl SafetyBackup<'_> {
    /// The keys as they are now: since the restore began the ring may have been changed from another data folder.
    async fn keys_now(&self) -> Result<Arc<KeyRing>> {
        self.context.forget_keys();
        let keys = self.context.keys().await?;
        if keys.active_id() != self.keys.active_id() {
            tracing::info!(key = %keys.active_id(), "the active key has changed since the restore began");
        }
        Ok(keys)
    }

    async fn back_up(&self, tables: Vec<String>) -> Result<String> {
        let keys = self.keys_now().await?;
        let request = BackupRequest {
            kind: BackupKind::Safety,
            reason: Some(BackupKind::SAFETY_REASON.to_owned()),
            tables,
            jobs: None,
            lock_timeout_s: self.lock_timeout_s,
        };
        let log = run::Log::silent();
        let work = |anchor| archive(self.context, self.source, &keys, &request, anchor, &log);
        // Within the restore, which holds the lock.
        let run = Run::shared(self.context, Free::Backup, subject(&request)).logged(&log);
        let report = run.work(archive_of, work).await?.noted()?;
        Ok(report.archive.id)
    }
}

#[async_trait]
impl SafetyNet for SafetyBackup<'_> {
    async fn archive(&self, tables: Vec<String>) -> Result<String> {
        self.back_up(tables)
            .await
            .inspect_err(|_| self.failed.store(true, Ordering::Relaxed))
            .map_err(|e| e.context("the safety backup failed, so nothing was restored"))
    }
}
