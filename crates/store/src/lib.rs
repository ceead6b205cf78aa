//! Stores: where archives lie.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use aitta_base::Result;
use aitta_model::StoreGuard;
use async_trait::async_trait;
use bytes::Bytes;

mod azure;
mod bounds;
mod check;
mod config;
mod credentials;
mod error;
mod limited;
mod local;
mod names;
pub mod s3;
mod spool;
mod stoppable;
mod transport;
mod versions;

pub use azure::connection as azure_connection;
pub use azure::{AzureLimits, AzureStore};
pub use check::{DELETION, check};
pub use config::{
    AzureConfig, Checksums, CopyStore, DEFAULT_REGION, S3Config, ServerEncryption, StoreConfig, StoreLogin,
    StoreSecret,
};
pub use credentials::Credentials;
pub use error::{PLAIN_HTTP_HINT, StoreError, StoreErrorKind, folder_failed};
pub use limited::{Limit, LimitedStore};
pub use local::LocalStore;
pub use names::{ARCHIVES, SIDECARS, archive_name, created_at, id_of, sidecar_name};
pub use s3::S3Store;
pub use stoppable::StoppableStore;
pub use transport::is_in_the_clear;
pub use versions::OldVersions;

/// How many bytes at the start of an object may ever change: the header of an archive.
pub const REWRITABLE: u64 = aitta_archive::HEADER_LEN as u64;

/// What a store knows about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectMeta {
    /// Its name, such as `backups/backup-1642684800000-a1b2c3d4.backup`.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
}

/// An object as the service that it lies in names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopySource {
    /// The service: a copy is possible within one only.
    pub service: String,
    /// Its bucket.
    pub bucket: String,
    /// Its whole key there.
    pub key: String,
}

/// Whether an object may be there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutMode {
    /// It must not.
    Create,
    /// It is replaced, in one step.
    Overwrite,
}

/// A place for archives. Object names use `/`, whatever the system.
///
/// # Errors
/// A [`StoreErrorKind`] tells them apart. Every call may meet `StoreMissing`, `Denied`, `Unreachable`, one of the
/// credentials, `ClockSkew`, `WrongRegion`, `Unsupported` and `Other`; further ones are named at each call.
#[async_trait]
pub trait Store: Send + Sync {
    /// The place, for people.
    fn location(&self) -> String;

    /// Begins an object of unknown length. It becomes visible, whole, by [`Upload::commit`] only, and
    /// never replaces another.
    ///
    /// # Errors
    /// `AlreadyExists`, where that is known by now; `Full`.
    async fn create(&self, name: &str) -> Result<Box<dyn Upload>, StoreError>;

    /// Where the service itself finds an object of this store, for [`Store::adopt`] of another one.
    fn copy_source(&self, name: &str) -> Option<CopySource>;

    /// Lets the service make an object of `size` bytes from one that it has, so that nothing of it goes through this
    /// machine. As [`Store::create`]: visible when it is whole, and never in the place of another. Returns whether it
    /// was done; if not, nothing is left behind, and it has to be sent.
    ///
    /// # Errors
    /// `AlreadyExists`, `NotFound`.
    async fn adopt(&self, name: &str, source: &CopySource, size: u64) -> Result<bool, StoreError>;

    /// Stores a small object in one step.
    ///
    /// # Errors
    /// `AlreadyExists` with [`PutMode::Create`], `Full`, `Locked`.
    async fn put(&self, name: &str, bytes: Bytes, mode: PutMode) -> Result<(), StoreError>;

    /// Reads a range of bytes; exactly as many as asked for, or an error.
    ///
    /// # Errors
    /// `NotFound`; `Other` when the object is shorter.
    async fn read(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, StoreError>;

    /// Overwrites bytes within the first [`REWRITABLE`] ones of an object, its header, and is durable when it
    /// returns. Nothing else of the object changes, and it never grows: an object that is missing, and a range that
    /// reaches beyond the header or the end, are refused. Returns how many bytes were sent.
    ///
    /// One sector at a time: a local folder writes in place, and a write that power cuts short then damages that
    /// sector only. A store of objects replaces the object in one atomic step without sending it again: S3 by a
    /// multipart copy with only the first part new, Azure by a new first block and the list of blocks committed
    /// again.
    ///
    /// # Errors
    /// `NotFound`, `Locked`; `Other` for a range that is refused.
    async fn rewrite(&self, name: &str, offset: u64, bytes: Bytes) -> Result<u64, StoreError>;

    /// Whether [`Store::rewrite`] replaces the object in one step, of bytes that the service has checked against a
    /// checksum: then it is either as it was or as it was to be. A disk may write a part of a sector without an error.
    fn rewrites_in_one_step(&self) -> bool;

    /// Whether an object is there, and its size.
    ///
    /// # Errors
    /// `NotFound`.
    async fn head(&self, name: &str) -> Result<ObjectMeta, StoreError>;

    /// All visible objects whose names start with `prefix`, a folder such as [`ARCHIVES`], by name.
    /// A store that can't be listed is an error, never an empty list.
    async fn list(&self, prefix: &str) -> Result<Vec<ObjectMeta>, StoreError>;

    /// What lies in a folder under names of objects and is none, in words, such as `backups/x is a named pipe`. It is
    /// never opened.
    async fn strange(&self, prefix: &str) -> Result<Vec<String>, StoreError>;

    /// Deletes an object.
    ///
    /// # Errors
    /// `NotFound`, `Locked`.
    async fn delete(&self, name: &str) -> Result<(), StoreError>;

    /// Refuses what [`Store::delete`] would refuse for a retention period or a legal hold, as far as it can be known
    /// before the deletion.
    ///
    /// # Errors
    /// `Locked`.
    async fn check_deletable(&self, name: &str) -> Result<(), StoreError>;

    /// What the store keeps of objects whose names begin with `prefix` and that were replaced or deleted.
    async fn old_versions(&self, prefix: &str) -> OldVersions;

    /// Removes what uploads that were killed have left behind. Returns how many there were. What may still be
    /// written by somebody is spared.
    async fn sweep(&self) -> Result<u64, StoreError>;

    /// [`Store::sweep`] for uploads that only their age shows to be abandoned. A store that can't list its uploads
    /// answers with an error, which [`Store::sweep`] passes over.
    async fn sweep_older_than(&self, age: Duration) -> Result<u64, StoreError>;

    /// How much of a new archive has to be read back before it counts as stored.
    fn read_back(&self) -> ReadBack;

    /// What the store promises beyond keeping bytes. What can't be found out is reported as unknown. `probe` names an
    /// object that is there, and that may be replaced.
    async fn guards(&self, probe: &str) -> Vec<StoreGuard>;

    /// Waits until what dropped uploads have sent is removed. To be called before a process ends.
    async fn settle(&self);

    /// How much room there is; `None` for a store without an end.
    async fn room(&self) -> Result<Option<Room>, StoreError>;
}

/// How much of a new archive is read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadBack {
    /// Every byte: only reading shows that the store has kept what it was given.
    Whole,
    /// Header, footer, manifest and a sample of the frames: the store has confirmed every part by a checksum that
    /// was computed before the part was sent. Once a week every byte is read nonetheless.
    Sample,
}

/// Room of a store, with what other users take of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// What is taken, in bytes.
    pub used_bytes: u64,
    /// All there is, in bytes.
    pub total_bytes: u64,
}

/// An object being written. Dropping it leaves nothing behind.
#[async_trait]
pub trait Upload: Send {
    /// Appends.
    ///
    /// # Errors
    /// `Full`.
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), StoreError>;

    /// Makes the object durable and visible.
    ///
    /// # Errors
    /// `Full`; `AlreadyExists` when somebody was faster.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// A store. Server and keychain are asked only when it is first used. `kept` is how long archives are kept,
/// which a lock in S3 must not outlast.
#[must_use]
pub fn open(config: &StoreConfig, credentials: Credentials, kept: Duration) -> Arc<dyn Store> {
    match config {
        StoreConfig::Local { dir } => Arc::new(LocalStore::new(dir.clone())),
        StoreConfig::S3(config) => Arc::new(S3Store::new(config.clone(), credentials).with_retention(kept)),
        StoreConfig::Azure(config) => Arc::new(AzureStore::new(config.clone(), credentials)),
    }
}

/// The same for somebody who tries a store and looks at the page meanwhile: what does not answer is said to be out of
/// reach in seconds and not in a minute.
#[must_use]
pub fn open_for_trial(config: &StoreConfig, credentials: Credentials) -> Arc<dyn Store> {
    let (attempts, first_wait, longest_wait) = (2, Duration::from_millis(300), Duration::from_secs(1));
    let (answer_within, give_up_after) = (Duration::from_secs(8), Duration::from_secs(15));
    match config {
        StoreConfig::Local { dir } => Arc::new(LocalStore::new(dir.clone())),
        StoreConfig::S3(config) => {
            let retries = s3::Retries { attempts, first_wait, longest_wait, answer_within, give_up_after };
            Arc::new(S3Store::new(config.clone(), credentials).with_retries(retries))
        }
        StoreConfig::Azure(config) => {
            let limits = AzureLimits {
                attempts,
                first_wait,
                longest_wait,
                answer_within,
                retry_for: longest_wait,
                ..AzureLimits::default()
            };
            Arc::new(AzureStore::with_limits(config.clone(), credentials, limits))
        }
    }
}

/// Where the archives of such a store lie, for people, as [`Store::location`] says it.
#[must_use]
pub fn location(config: &StoreConfig) -> String {
    match config {
        StoreConfig::Local { dir } => dir.display().to_string(),
        StoreConfig::S3(config) => s3::location(config),
        StoreConfig::Azure(config) => azure::location(config, None),
    }
}

/// Refuses what [`Store::rewrite`] must not do to an object of `size` bytes.
///
/// # Errors
/// [`StoreErrorKind::Other`].
pub fn check_rewrite(name: &str, size: u64, offset: u64, bytes: usize) -> Result<(), StoreError> {
    let end = offset.checked_add(bytes as u64);
    if end.is_some_and(|end| end <= size.min(REWRITABLE)) {
        return Ok(());
    }
    let refused =
        format!("{bytes} bytes at {offset} of {size} are not within the header, which alone may change");
    Err(StoreError::new(StoreErrorKind::Other, name, refused))
}

/// Removes what uploads that ended early have left. Credentials that may not look for it do not stop the run.
///
/// # Errors
/// `store_*`.
pub async fn tidy(store: &dyn Store) -> Result<()> {
    match store.sweep().await {
        Err(error) if error.kind == StoreErrorKind::Denied => {
            tracing::warn!(%error, "unfinished uploads could not be looked for");
            Ok(())
        }
        other => Ok(other.map(drop)?),
    }
}
