//! A folder of this machine.

use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aitta_model::StoreGuard;
use async_trait::async_trait;
use bytes::Bytes;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::{
    ARCHIVES, CopySource, ObjectMeta, OldVersions, PutMode, ReadBack, Room, SIDECARS, Store, StoreError,
    StoreErrorKind, Upload, check_rewrite,
};
use crate::error::{failed as error, kind_of};
use crate::spool::read_exact_at;

/// Ending of files that are not whole yet. They start with a dot and are never listed.
const STAGED: &str = ".partial";

/// Archives in `backups/`, sidecars in `metadata/`; files 0600, folders 0700.
#[derive(Debug, Clone)]
pub struct LocalStore {
    root: PathBuf,
    /// Writes of uploads. A write that was begun runs to its end even when its caller is gone, and then removes its
    /// file.
    writing: TaskTracker,
}

impl LocalStore {
    /// The store in `root`. The folder itself must exist when it is used; its two subfolders are made.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        let writing = TaskTracker::new();
        // So that it can be waited for at any time.
        writing.close();
        Self { root, writing }
    }

    /// Where an object lies.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// A folder that is missing is never created by a listing: an unmounted disk must not look like an
    /// empty store.
    fn check_root(&self) -> Result<(), StoreError> {
        match fs::metadata(&self.root) {
            Ok(meta) if meta.is_dir() => Ok(()),
            Ok(_) => Err(self.error_of_root(io::Error::from(io::ErrorKind::NotADirectory))),
            Err(e) => Err(self.error_of_root(e)),
        }
    }

    fn error_of_root(&self, source: io::Error) -> StoreError {
        let kind = match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => StoreErrorKind::StoreMissing,
            other => kind_of(other),
        };
        StoreError::new(kind, self.root.display().to_string(), source)
    }

    fn folder(&self, name: &str) -> Result<PathBuf, StoreError> {
        self.check_root()?;
        let path = self.path(name);
        let folder = path.parent().unwrap_or(&self.root).to_owned();
        if !folder.is_dir() {
            create_private_folder(&folder).map_err(|e| error(name, e))?;
            sync_folder(&self.root).map_err(|e| error(name, e))?;
        }
        Ok(folder)
    }

    fn stage(&self, name: &str) -> Result<Staged, StoreError> {
        let folder = self.folder(name)?;
        let target = self.path(name);
        let file_name = target.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let path = folder.join(format!(".{file_name}{STAGED}"));
        let file = private_options().create_new(true).open(&path).map_err(|e| error(name, e))?;
        // Held until the file is whole or gone: it tells a sweep that somebody is still writing.
        file.lock().map_err(|e| error(name, e))?;
        Ok(Staged { name: name.to_owned(), file, path: Some(path), target, folder, writing: None })
    }
}

#[async_trait]
impl Store for LocalStore {
    fn location(&self) -> String {
        self.root.display().to_string()
    }

    async fn create(&self, name: &str) -> Result<Box<dyn Upload>, StoreError> {
        let staged = self.stage(name)?;
        Ok(Box::new(LocalUpload {
            staged: Some(staged),
            name: name.to_owned(),
            unflushed: 0,
            flush: None,
            writing: self.writing.clone(),
        }))
    }

    async fn put(&self, name: &str, bytes: Bytes, mode: PutMode) -> Result<(), StoreError> {
        let (store, name) = (self.clone(), name.to_owned());
        blocking(name.clone(), move || {
            let mut staged = store.stage(&name)?;
            staged.file.write_all(&bytes).map_err(|e| error(&name, e))?;
            staged.publish(mode)
        })
        .await
    }

    async fn read(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
        let (store, name) = (self.clone(), name.to_owned());
        blocking(name.clone(), move || {
            let path = store.path(&name);
            let read = || {
                let file = File::open(&path)?;
                let mut bytes = vec![0; (range.end - range.start) as usize];
                read_exact_at(&file, &mut bytes, range.start)?;
                Ok(bytes)
            };
            read().map_err(|e| store.error_at(&name, e))
        })
        .await
    }

    /// In place: the blocks of the file stay where they are, so that a write that is cut short can damage nothing
    /// but the sectors being written.
    async fn rewrite(&self, name: &str, offset: u64, bytes: Bytes) -> Result<u64, StoreError> {
        let (store, name) = (self.clone(), name.to_owned());
        blocking(name.clone(), move || {
            let failed = |e| store.error_at(&name, e);
            let file = File::options().write(true).open(store.path(&name)).map_err(failed)?;
            check_rewrite(&name, file.metadata().map_err(failed)?.len(), offset, bytes.len())?;
            write_all_at(&file, &bytes, offset).map_err(failed)?;
            file.sync_data().map_err(failed)?;
            // So that reading back reads the disk.
            drop_from_cache(&file);
            Ok(bytes.len() as u64)
        })
        .await
    }

    async fn head(&self, name: &str) -> Result<ObjectMeta, StoreError> {
        match fs::metadata(self.path(name)) {
            Ok(meta) => Ok(ObjectMeta { name: name.to_owned(), size: meta.len() }),
            Err(e) => Err(self.error_at(name, e)),
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ObjectMeta>, StoreError> {
        self.check_root()?;
        let mut found = Vec::new();
        let entries = match fs::read_dir(self.path(prefix)) {
            Ok(entries) => entries,
            // The root was there: a store that nothing was ever written to.
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(found),
            Err(e) => return Err(error(prefix, e)),
        };
        for entry in entries {
            let entry = entry.map_err(|e| error(prefix, e))?;
            let Some(file_name) = entry.file_name().to_str().map(str::to_owned) else { continue };
            if file_name.starts_with('.') {
                continue;
            }
            match entry.metadata() {
                Ok(meta) if meta.is_file() => {
                    found.push(ObjectMeta { name: format!("{prefix}{file_name}"), size: meta.len() });
                }
                Ok(_) => {}
                // Deleted since the folder was read.
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(error(&file_name, e)),
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    async fn delete(&self, name: &str) -> Result<(), StoreError> {
        let path = self.path(name);
        fs::remove_file(&path).map_err(|e| self.error_at(name, e))?;
        sync_folder(path.parent().unwrap_or(&self.root)).map_err(|e| error(name, e))
    }

    /// As `df` counts it (POSIX statvfs): what is used, and what this user may still use.
    #[cfg(unix)]
    async fn room(&self) -> Result<Option<Room>, StoreError> {
        let stat = rustix::fs::statvfs(&self.root).map_err(|e| error("", e.into()))?;
        let used_bytes = (stat.f_blocks - stat.f_bfree) * stat.f_frsize;
        Ok(Some(Room { used_bytes, total_bytes: used_bytes + stat.f_bavail * stat.f_frsize }))
    }

    async fn settle(&self) {
        self.writing.wait().await;
    }

    async fn sweep(&self) -> Result<u64, StoreError> {
        self.check_root()?;
        let mut swept = 0;
        for folder in [ARCHIVES, SIDECARS] {
            let Ok(entries) = fs::read_dir(self.path(folder)) else { continue };
            for entry in entries {
                let entry = entry.map_err(|e| error(folder, e))?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if !(name.starts_with(".backup-") && name.ends_with(STAGED)) {
                    continue;
                }
                let abandoned = File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
                if abandoned {
                    fs::remove_file(entry.path()).map_err(|e| error(&name, e))?;
                    swept += 1;
                }
            }
        }
        Ok(swept)
    }

    fn copy_source(&self, _: &str) -> Option<CopySource> {
        None
    }

    async fn adopt(&self, _: &str, _: &CopySource, _: u64) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn rewrites_in_one_step(&self) -> bool {
        false
    }

    async fn check_deletable(&self, _: &str) -> Result<(), StoreError> {
        Ok(())
    }

    async fn old_versions(&self, _: &str) -> OldVersions {
        OldVersions::None
    }

    async fn sweep_older_than(&self, _: Duration) -> Result<u64, StoreError> {
        self.sweep().await
    }

    fn read_back(&self) -> ReadBack {
        ReadBack::Whole
    }

    async fn guards(&self, _: &str) -> Vec<StoreGuard> {
        Vec::new()
    }
}

impl LocalStore {
    /// Tells a missing object from a missing store.
    fn error_at(&self, name: &str, source: io::Error) -> StoreError {
        match self.check_root() {
            Err(missing) if source.kind() == io::ErrorKind::NotFound => missing,
            _ => error(name, source),
        }
    }
}

/// Bytes after which the system is asked to begin writing to the disk, so that the flush at the end does
/// not have the whole archive before it.
const FLUSH_EVERY: usize = 32 << 20;

struct LocalUpload {
    staged: Option<Staged>,
    name: String,
    unflushed: usize,
    /// A flush under way. Its error must not get lost: the system tells it only once.
    flush: Option<tokio::task::JoinHandle<Result<(), StoreError>>>,
    writing: TaskTracker,
}

impl LocalUpload {
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
struct Staged {
    name: String,
    file: File,
    path: Option<PathBuf>,
    target: PathBuf,
    folder: PathBuf,
    /// Held while a write is under way. It belongs to the file and not to the write: a caller that is gone can't remove
    /// the file, so the end of the write does.
    writing: Option<TaskTrackerToken>,
}

impl Staged {
    fn publish(mut self, mode: PutMode) -> Result<(), StoreError> {
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

async fn blocking<T: Send + 'static>(
    name: String,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(e) => Err(StoreError::new(StoreErrorKind::Other, name, e)),
    }
}

#[cfg(unix)]
fn private_options() -> fs::OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = File::options();
    options.write(true).mode(0o600);
    options
}

#[cfg(not(unix))]
fn private_options() -> fs::OpenOptions {
    let mut options = File::options();
    options.write(true);
    options
}

#[cfg(unix)]
fn create_private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create_private_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Windows has no handle to flush a folder by; NTFS journals the rename.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(not(unix))]
fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    use std::io::Seek;
    let mut file = file;
    file.seek(io::SeekFrom::Start(offset))?;
    file.write_all(bytes)
}

/// Moves without ever replacing. A hard link fails when the target exists, in one step; file systems
/// that have no links (FAT) get a check before the rename.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(e),
        Err(_) if to.exists() => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(from, to),
    }
}

/// So that the check after a backup reads the disk and not the memory of the system.
#[cfg(target_os = "linux")]
fn drop_from_cache(file: &File) {
    // Only advice: where it is refused the check still reads what the system holds for the file.
    if let Err(e) = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed) {
        tracing::debug!(error = %e, "the system keeps the file in its cache");
    }
}

#[cfg(not(target_os = "linux"))]
fn drop_from_cache(_: &File) {}
