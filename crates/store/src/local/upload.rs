//! Objects being written into a folder.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;

use async_trait::async_trait;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::blocking;
use super::files::{drop_from_cache, rename_new, sync_folder};
use crate::error::failed as error;
use crate::{PutMode, StoreError, StoreErrorKind, Upload};

/// Bytes after which the system is asked to begin writing to the disk, so that the flush at the end does
/// not have the whole archive before it.
const FLUSH_EVERY: usize = 32 << 20;

pub(super) struct LocalUpload {
    staged: Option<Staged>,
    name: String,
    unflushed: usize,
    /// A flush under way. Its error must not get lost: the system tells it only once.
    flush: Option<tokio::task::JoinHandle<Result<(), StoreError>>>,
    writing: TaskTracker,
}

impl LocalUpload {
    pub(super) fn of(staged: Staged, writing: TaskTracker) -> Self {
        let name = staged.name.clone();
        Self { staged: Some(staged), name, unflushed: 0, flush: None, writing }
    }

    fn take(&mut self) -> Result<Staged, StoreError> {
        let gone = || error(&self.name, io::Error::other("the upload has failed before"));
        self.staged.take().ok_or_else(gone)
    }

    fn begin_flush(&mut self, file: &File) -> Result<(), StoreError> {
        let file = file.try_clone().map_err(|e| error(&self.name, e))?;
        let name = self.name.clone();
        let flush = move || file.sync_data().map_err(|e| error(&name, e));
        self.flush = Some(tokio::task::spawn_blocking(flush));
        self.unflushed = 0;
        Ok(())
    }

    async fn end_flush(&mut self) -> Result<(), StoreError> {
        match self.flush.take() {
            Some(flush) => flush
                .await
                .unwrap_or_else(|e| Err(StoreError::new(StoreErrorKind::Other, self.name.clone(), e))),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Upload for LocalUpload {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), StoreError> {
        let mut staged = self.take()?;
        staged.writing = Some(self.writing.token());
        let name = self.name.clone();
        self.unflushed += bytes.len();
        let mut staged = blocking(name.clone(), move || {
            staged.file.write_all(&bytes).map_err(|e| error(&name, e))?;
            Ok(staged)
        })
        .await?;
        staged.writing = None;
        if self.unflushed >= FLUSH_EVERY {
            self.end_flush().await?;
            self.begin_flush(&staged.file)?;
        }
        self.staged = Some(staged);
        Ok(())
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        let mut staged = self.take()?;
        self.end_flush().await?;
        staged.writing = Some(self.writing.token());
        blocking(self.name.clone(), move || staged.publish(PutMode::Create)).await
    }
}

/// A file that is not visible yet; dropped before [`Staged::publish`], it is removed.
pub(super) struct Staged {
    pub(super) name: String,
    pub(super) file: File,
    pub(super) path: Option<PathBuf>,
    pub(super) target: PathBuf,
    pub(super) folder: PathBuf,
    /// Held while a write is under way. It belongs to the file and not to the write: a caller that is gone can't remove
    /// the file, so the end of the write does.
    pub(super) writing: Option<TaskTrackerToken>,
}

impl Staged {
    pub(super) fn publish(mut self, mode: PutMode) -> Result<(), StoreError> {
        let failed = |e| error(&self.name, e);
        self.file.sync_all().map_err(failed)?;
        let Some(path) = self.path.clone() else { return Ok(()) };
        match mode {
            PutMode::Overwrite => fs::rename(&path, &self.target).map_err(failed)?,
            PutMode::Create => rename_new(&path, &self.target).map_err(failed)?,
        }
        self.path = None;
        drop_from_cache(&self.file);
        sync_folder(&self.folder).map_err(|e| error(&self.name, e))
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Some(path) = self.path.take()
            && let Err(e) = fs::remove_file(&path)
        {
            tracing::warn!(path = %path.display(), error = %e, "an unfinished file could not be removed");
        }
    }
}
