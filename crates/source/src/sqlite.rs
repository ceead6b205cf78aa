//! SQLite files.
//!
//! Reading is one read transaction on one connection, see [`dump`]. A whole restore makes a new file
//! beside the live one, proves it and swaps ([`build`], [`swap`], [`files`]); chosen tables are
//! replaced in one transaction ([`replace`]).

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use aitta_base::{Error, Phases, Progress, Result, blocking};
use aitta_model::{
    CleanupReport, ComparedTable, DatabaseEngine, DatabaseUrl, ErrorCode, ReadinessCheck, RestoreMode,
    RestorePlan, SourceRights,
};
use async_trait::async_trait;

use crate::{Archived, RestoreTask, Restored, SafetyNet, Scratch, Snapshot, SnapshotRequest, Source, Target};

mod build;
mod compare;
mod connection;
mod dump;
mod files;
mod foreign;
mod guard;
mod job;
mod load;
mod lock_time;
mod part;
mod plan;
mod ready;
mod replace;
mod replay;
mod row;
mod schema;
mod scratch;
mod swap;
mod url;

use build::Built;
use files::Staging;
use job::Job;
use lock_time::LockTime;
use replace::Replace;
use swap::Hold;

/// A SQLite file.
pub struct SqliteSource {
    path: PathBuf,
    /// Where it was found first: a link that is set anew meanwhile must not lead to a file that nobody was asked about.
    live: OnceLock<PathBuf>,
}

impl SqliteSource {
    /// Whether the URL means a SQLite file.
    #[must_use]
    pub fn claims(url: &DatabaseUrl) -> bool {
        url.expose().starts_with("sqlite:")
    }

    /// The file of a URL: `sqlite:path`, `sqlite://path` or `sqlite:///absolute/path`, with `%` escapes.
    ///
    /// # Errors
    /// `config_invalid` when there is no path or a parameter that Aitta does not take.
    pub fn new(url: &DatabaseUrl) -> Result<Self> {
        Ok(Self { path: url::path(url)?, live: OnceLock::new() })
    }

    /// The absolute path with symbolic links followed, so that renames act on the file itself. It stays as it was when it
    /// was asked for first.
    fn live(&self) -> Result<PathBuf> {
        if let Some(live) = self.live.get() {
            return Ok(live.clone());
        }
        let absolute = std::path::absolute(&self.path).map_err(|e| {
            Error::new(ErrorCode::System, format!("the current folder is gone: {e}"), "use an absolute path")
                .with_source(e)
        })?;
        let file = absolute.file_name().map(std::ffi::OsStr::to_owned);
        let folder = absolute.parent().map(std::fs::canonicalize);
        let live = match (std::fs::canonicalize(&absolute), folder, file) {
            (Ok(path), ..) => path,
            (Err(_), Some(Ok(folder)), Some(file)) => folder.join(file),
            _ => absolute,
        };
        Ok(self.live.get_or_init(|| live).clone())
    }

    /// Makes a new file beside `live`, proves it, and gives it its name.
    async fn make(
        live: &Path,
        mode: RestoreMode,
        archive: &Arc<dyn Archived>,
        job: &Job,
        task: &RestoreTask,
        phases: &mut Phases<'_>,
        progress: &dyn Progress,
    ) -> Result<Restored> {
        let staging = Staging::create(live, task.now)?;
        let aside = staging.aside(live);
        let built = build::build(staging.path(), archive, job, task, phases, progress).await;
        let Built { proofs, sequences, mut findings } = built
            .map_err(|e| e.context(format_args!("restoring into a new file beside {}", live.display())))?;
        if task.cancel.is_cancelled() {
            return Err(Error::cancelled());
        }
        phases.begin("swapping", None);
        let mode = if let RestoreMode::Swap { target, .. } = mode {
            let hold = Hold::take(live, task).await?;
            match staging.swap(live) {
                Ok(more) => {
                    findings.extend(more);
                    hold.release(&aside).await;
                }
                Err(e) => {
                    hold.give_up().await;
                    return Err(e);
                }
            }
            RestoreMode::Swap { target, set_aside: aside.display().to_string() }
        } else {
            findings.extend(staging.publish(live)?);
            mode
        };
        Ok(Restored { mode, proofs, sequences, safety_archive: None, findings })
    }
}

#[async_trait]
impl Source for SqliteSource {
    fn engine(&self) -> DatabaseEngine {
        DatabaseEngine::Sqlite
    }

    // By its own name, also when the URL has that of a link.
    fn database(&self) -> String {
        file_name(&self.live().unwrap_or_else(|_| self.path.clone()))
    }

    fn place(&self) -> String {
        self.live().unwrap_or_else(|_| self.path.clone()).display().to_string()
    }

    async fn exists(&self) -> Result<bool> {
        let live = self.live()?;
        Ok(live.exists())
    }

    async fn snapshot(&self, request: &SnapshotRequest) -> Result<Box<dyn Snapshot>> {
        let live = self.live()?;
        let repaired = files::recover(&live)?;
        for note in repaired {
            tracing::warn!("{note}");
        }
        Ok(Box::new(dump::FileSnapshot::open(&live, request).await?))
    }

    async fn rights(&self) -> Result<Option<SourceRights>> {
        Ok(None)
    }

    async fn readiness(&self, rows_bytes: Option<u64>) -> Result<Vec<ReadinessCheck>> {
        let live = self.live()?;
        blocking(move || Ok(ready::readiness(&live, rows_bytes))).await
    }
}

#[async_trait]
impl Target for SqliteSource {
    async fn plan(&self, archive: &Arc<dyn Archived>, task: &RestoreTask) -> Result<RestorePlan> {
        let live = self.live()?;
        let job = Job::of(archive, task).await?;
        let mode = job.mode(&live, files::aside_name(&live, task.now), task.in_place)?;
        plan::plan(&live, mode, archive, &job, task).await
    }

    async fn compare(
        &self,
        archive: &Arc<dyn Archived>,
        task: &RestoreTask,
        until: Instant,
    ) -> Result<Vec<ComparedTable>> {
        let live = self.live()?;
        let job = Job::of(archive, task).await?;
        compare::compare(&live, archive, &job, task, until).await
    }

    async fn scratch(&self, folder: &Path) -> Result<Box<dyn Scratch>> {
        Ok(Box::new(scratch::scratch(folder)?))
    }

    async fn restore(
        &self,
        archive: &Arc<dyn Archived>,
        task: &RestoreTask,
        safety: &dyn SafetyNet,
        phases: &mut Phases<'_>,
        progress: &dyn Progress,
    ) -> Result<Restored> {
        let live = self.live()?;
        phases.begin("checking", None);
        let job = Job::of(archive, task).await?;
        for note in files::recover(&live)? {
            tracing::warn!("{note}");
        }
        let mode = job.mode(&live, files::aside_name(&live, task.now), task.in_place)?;
        task.allow(&mode, &live.display().to_string())?;
        let needed = plan::space_needed(archive.as_ref(), &job, &mode);
        if let Some((error, _)) = plan::too_little_room(&live, needed) {
            return Err(error);
        }
        if matches!(mode, RestoreMode::Swap { .. }) {
            // Better to know before the work than after it; it is checked again under the lock.
            swap::not_in_use(&live, &mut LockTime::begin(&live, task)).await?;
        }
        let mut needed = job.sections.clone();
        needed.extend(Job::extras(archive.as_ref()).map(|(number, _)| number));
        archive.authenticate(&needed).await?;
        if task.cancel.is_cancelled() {
            return Err(Error::cancelled());
        }
        if matches!(mode, RestoreMode::Replace { .. }) {
            let replace = Replace { archive, job: &job, task, safety, progress };
            return replace.run(&live, phases).await;
        }
        Self::make(&live, mode, archive, &job, task, phases, progress).await
    }

    async fn cleanup(&self, name: Option<&str>, all: bool) -> Result<CleanupReport> {
        let live = self.live()?;
        files::recover(&live)?;
        let mut report = CleanupReport { kept: Vec::new(), dropped: Vec::new(), unfinished: Vec::new() };
        let found = files::set_aside(&live)?;
        let named = |path: &Path| name.is_some_and(|n| path == Path::new(n) || file_name(path) == n);
        if let Some(name) = name
            && !found.iter().any(|path| named(path))
        {
            let list: Vec<String> = found.iter().map(|path| file_name(path)).collect();
            let there = if list.is_empty() { "none is there".to_owned() } else { list.join(", ") };
            return Err(Error::new(
                ErrorCode::ConfigInvalid,
                format!("{name:?} is no database that a restore of {} has set aside", self.database()),
                format!("these are: {there}"),
            ));
        }
        for path in found {
            if all || named(&path) {
                files::remove_set_aside(&path)?;
                report.dropped.push(path.display().to_string());
            } else {
                report.kept.push(path.display().to_string());
            }
        }
        Ok(report)
    }
}

/// The last part of a path.
fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
