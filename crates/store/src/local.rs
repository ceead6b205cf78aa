//! A folder of this machine.

use std::fs;
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use aitta_model::StoreGuard;
use async_trait::async_trait;
use bytes::Bytes;
use tokio_util::task::TaskTracker;

use super::{
    ARCHIVES, CopySource, ObjectMeta, OldVersions, PutMode, ReadBack, Room, SIDECARS, Store, StoreError,
    StoreErrorKind, Upload, check_rewrite,
};
use crate::bounds::Listing;
use crate::error::{failed as error, folder_failed};
use crate::spool::read_exact_at;

mod files;
mod upload;

use self::files::{
    Access, check_folder, create_private_folder, drop_from_cache, other_than_file, private_options,
    sync_folder, write_all_at,
};
use self::upload::{LocalUpload, Staged};

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
        folder_failed(&self.root.display().to_string(), source)
    }

    fn folder(&self, name: &str) -> Result<PathBuf, StoreError> {
        self.check_root()?;
        let path = self.path(name);
        let folder = path.parent().unwrap_or(&self.root).to_owned();
        match check_folder(&folder) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                create_private_folder(&folder).map_err(|e| error(name, e))?;
                sync_folder(&self.root).map_err(|e| error(name, e))?;
            }
            Err(e) => return Err(error(name, e)),
        }
        Ok(folder)
    }

    fn stage(&self, name: &str) -> Result<Staged, StoreError> {
        let folder = self.folder(name)?;
        let target = self.path(name);
        let file_name = target.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        loop {
            // A name of its own: what a killed writer has left stands in nobody's way until it is swept.
            let random: [u8; 4] = aitta_base::random().map_err(|e| error(name, io::Error::other(e)))?;
            let path = folder.join(format!(".{file_name}.{}{STAGED}", hex::encode(random)));
            let file = private_options().create_new(true).open(&path).map_err(|e| error(name, e))?;
            // Held until the file is whole or gone: it tells a sweep that somebody is still writing.
            file.lock().map_err(|e| error(name, e))?;
            // Between the two, a sweep may have taken it for one that nobody holds.
            if path.try_exists().map_err(|e| error(name, e))? {
                return Ok(Staged {
                    name: name.to_owned(),
                    file,
                    path: Some(path),
                    target,
                    folder,
                    writing: None,
                });
            }
        }
    }
}

#[async_trait]
impl Store for LocalStore {
    fn location(&self) -> String {
        self.root.display().to_string()
    }

    async fn create(&self, name: &str) -> Result<Box<dyn Upload>, StoreError> {
        let staged = self.stage(name)?;
        Ok(Box::new(LocalUpload::of(staged, self.writing.clone())))
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
            let read = || {
                let file = files::open(&store.root, &name, Access::Read)?;
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
            let file = files::open(&store.root, &name, Access::Write).map_err(failed)?;
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
        match files::metadata(&self.root, name) {
            Ok(meta) => Ok(ObjectMeta { name: name.to_owned(), size: meta.len() }),
            Err(e) => Err(self.error_at(name, e)),
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ObjectMeta>, StoreError> {
        Ok(self.entries(prefix).await?.objects)
    }

    async fn strange(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        Ok(self.entries(prefix).await?.strange)
    }

    async fn delete(&self, name: &str) -> Result<(), StoreError> {
        let path = self.path(name);
        path.parent().map_or(Ok(()), check_folder).map_err(|e| self.error_at(name, e))?;
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
            let path = self.path(folder.trim_end_matches('/'));
            if check_folder(&path).is_err() {
                continue;
            }
            let Ok(entries) = fs::read_dir(&path) else { continue };
            for entry in entries {
                let entry = entry.map_err(|e| error(folder, e))?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if !(name.starts_with(".backup-") && name.ends_with(STAGED)) {
                    continue;
                }
                let file = files::open(&self.root, &format!("{folder}{name}"), Access::Read);
                let abandoned = file.is_ok_and(|file| file.try_lock().is_ok());
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

/// What lies in a folder of the store.
#[derive(Default)]
struct Entries {
    objects: Vec<ObjectMeta>,
    /// What is no object, in words.
    strange: Vec<String>,
}

impl LocalStore {
    async fn entries(&self, prefix: &str) -> Result<Entries, StoreError> {
        let (store, prefix) = (self.clone(), prefix.to_owned());
        blocking(prefix.clone(), move || store.read_folder(&prefix)).await
    }

    /// What is in a folder, by name. What begins with a dot is hidden.
    fn read_folder(&self, prefix: &str) -> Result<Entries, StoreError> {
        self.check_root()?;
        let folder = self.path(prefix.trim_end_matches('/'));
        let (mut found, mut listing) = (Entries::default(), Listing::new(prefix));
        let entries = match check_folder(&folder).and_then(|()| fs::read_dir(&folder)) {
            Ok(entries) => entries,
            // The root was there: a store that nothing was ever written to.
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(found),
            Err(e) => return Err(error(prefix, e)),
        };
        for entry in entries {
            let entry = entry.map_err(|e| error(prefix, e))?;
            let file_name = entry.file_name();
            listing.name(&file_name.to_string_lossy())?;
            let Some(file_name) = file_name.to_str() else { continue };
            if file_name.starts_with('.') {
                continue;
            }
            // Of the entry itself, also when it is a link.
            match entry.metadata() {
                Ok(meta) => match other_than_file(meta.file_type()) {
                    None => found
                        .objects
                        .push(ObjectMeta { name: format!("{prefix}{file_name}"), size: meta.len() }),
                    Some(what) => found.strange.push(format!("{prefix}{file_name} is {what}")),
                },
                // Deleted since the folder was read.
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(error(file_name, e)),
            }
        }
        found.objects.sort_by(|a, b| a.name.cmp(&b.name));
        found.strange.sort();
        Ok(found)
    }

    /// Tells a missing object from a missing store.
    fn error_at(&self, name: &str, source: io::Error) -> StoreError {
        match self.check_root() {
            Err(missing) if source.kind() == io::ErrorKind::NotFound => missing,
            _ => error(name, source),
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
