//! Objects being written into a folder.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;

use async_trait::async_trait;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::blocking;
use super::files::{drop_from_cache, rename_new, sync_folder};
use crate::error::{failed as error, folder_failed};
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
        let failed = |e: io::Error| match e.kind() {
            io::ErrorKind::NotFound => self.taken_away(e),
            _ => error(&self.name, e),
        };
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

    /// What was being written is gone: with the whole store, or by somebody's hand. No archive was looked for.
    fn taken_away(&self, source: io::Error) -> StoreError {
        let root = self.folder.parent().unwrap_or(&self.folder);
        if root.is_dir() {
            let text = format!("the file was taken away while it was written: {source}");
            return error(&self.name, io::Error::other(text));
        }
        folder_failed(&root.display().to_string(), source)
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::super::LocalStore;
    use super::*;
    use crate::Store as _;

    #[tokio::test]
    async fn a_store_that_goes_away_while_it_is_written_to_is_no_missing_archive() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("store");
        fs::create_dir(&root).unwrap();
        let store = LocalStore::new(root.clone());
        let begin = async || {
            let mut upload = store.create("backups/one.backup").await.unwrap();
            upload.write(vec![1; 8]).await.unwrap();
            upload
        };
        let upload = begin().await;
        for file in fs::read_dir(root.join("backups")).unwrap() {
            fs::remove_file(file.unwrap().path()).unwrap();
        }
        assert_eq!(upload.commit().await.unwrap_err().kind, StoreErrorKind::Other, "the store is there");
        let upload = begin().await;
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(upload.commit().await.unwrap_err().kind, StoreErrorKind::StoreMissing);
    }
}
