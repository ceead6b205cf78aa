//! A container of Azure Blob Storage.
//!
//! - An archive is a block blob. Its first block is the header alone, so that a rotation sends 4 KiB and commits the
//!   list of blocks again ([`rewrite`]).
//! - Blocks are invisible until the list is committed, and the commit carries `If-None-Match: *`: no blob is ever
//!   replaced. Block ids hold a number of their upload, so that two uploads of one name never mix.
//! - Blocks of uploads that ended early: see [`discard`].

use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aitta_model::StoreGuard;
use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;

use super::{
    CopySource, Credentials, ObjectMeta, OldVersions, PutMode, ReadBack, Room, Store, StoreError,
    StoreErrorKind, Upload,
};
use crate::AzureConfig;

mod block_id;
mod client;
mod connection;
mod discard;
mod errors;
mod guards;
mod list;
mod policies;
mod put;
mod read;
mod rewrite;
mod shared_key;
mod upload;

use client::Client;
pub(super) use client::location;
pub use connection::connection;

/// Archives and sidecars as block blobs.
pub struct AzureStore(Arc<Inner>);

struct Inner {
    config: AzureConfig,
    credentials: Credentials,
    limits: AzureLimits,
    client: OnceCell<Client>,
    /// Uploads of this store under way, by the number in their block ids.
    uploads: Mutex<HashSet<String>>,
    /// What is still being cleaned up, by object.
    clean_ups: Mutex<Vec<(String, JoinHandle<()>)>>,
}

/// How long and how large. The defaults are for Azure; tests have less time and smaller blobs.
#[derive(Debug, Clone)]
pub struct AzureLimits {
    /// How often a request is sent before it has failed.
    pub attempts: u32,
    /// Before the second attempt; doubled each time.
    pub first_wait: Duration,
    /// Between two attempts.
    pub longest_wait: Duration,
    /// So long after the first failure there are no further attempts, once there were three.
    pub retry_for: Duration,
    /// For a connection.
    pub connect_within: Duration,
    /// For an answer, without the time of sending, and between two pieces of one.
    pub answer_within: Duration,
    /// Blocks by size: how many of it, and its bytes. The last holds for all further ones.
    ///
    /// A blob has up to 50,000 blocks. By default 8 MiB 10,000 times, 16 MiB as often, then 256 MiB: 7.5 TiB.
    pub blocks: Vec<(u32, u64)>,
    /// Larger blocks wait in an unlinked temporary file and not in memory.
    pub spool_over: u64,
    /// Blobs per page of a listing; by default as many as the service gives, which is 5,000.
    pub page: Option<i32>,
    /// An upload of somebody else counts as abandoned when its newest block is this old.
    pub abandoned_after: Duration,
}

impl Default for AzureLimits {
    fn default() -> Self {
        Self {
            attempts: 6,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(20),
            retry_for: Duration::from_secs(40),
            connect_within: Duration::from_secs(10),
            answer_within: Duration::from_secs(20),
            blocks: vec![(10_000, 8 << 20), (10_000, 16 << 20), (30_000, 256 << 20)],
            spool_over: 16 << 20,
            page: None,
            abandoned_after: Duration::from_secs(24 * 60 * 60),
        }
    }
}

impl AzureStore {
    /// The store in a container, which must exist when it is used.
    #[must_use]
    pub fn new(config: AzureConfig, credentials: Credentials) -> Self {
        Self::with_limits(config, credentials, AzureLimits::default())
    }

    /// As [`Self::new`], with other limits.
    #[must_use]
    pub fn with_limits(config: AzureConfig, credentials: Credentials, limits: AzureLimits) -> Self {
        Self(Arc::new(Inner {
            config,
            credentials,
            limits,
            client: OnceCell::new(),
            uploads: Mutex::default(),
            clean_ups: Mutex::default(),
        }))
    }
}

impl Inner {
    /// Made when it is first needed: the credentials may have to be asked for.
    async fn client(&self) -> Result<&Client, StoreError> {
        let make = || async { Client::new(&self.config, &self.credentials, &self.limits).await };
        self.client.get_or_try_init(make).await
    }

    /// Waits until nothing is being cleaned up, of one object or of all.
    async fn settle(&self, name: Option<&str>) {
        let waited_for: Vec<_> = {
            let mut running = self.clean_ups.lock().unwrap_or_else(PoisonError::into_inner);
            running.extract_if(.., |(of, _)| name.is_none_or(|name| name == of)).collect()
        };
        for (of, task) in waited_for {
            if let Err(e) = task.await {
                tracing::warn!(name = %of, error = %e, "a clean-up ended early");
            }
        }
    }
}

#[async_trait]
impl Store for AzureStore {
    fn location(&self) -> String {
        client::location(&self.0.config, None)
    }

    async fn create(&self, name: &str) -> Result<Box<dyn Upload>, StoreError> {
        // A clean-up of the same name would take the new blocks along.
        self.0.settle(Some(name)).await;
        match self.0.client().await?.properties(name).await {
            Err(e) if e.kind == StoreErrorKind::NotFound => {}
            Err(e) => return Err(e),
            Ok(_) => {
                return Err(StoreError::new(StoreErrorKind::AlreadyExists, name, "there is such a blob"));
            }
        }
        Ok(Box::new(upload::AzureUpload::begin(self.0.clone(), name)?))
    }

    async fn put(&self, name: &str, bytes: Bytes, mode: PutMode) -> Result<(), StoreError> {
        put::put(self.0.client().await?, name, bytes, mode).await
    }

    async fn read(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
        read::read(self.0.client().await?, name, range, None).await
    }

    async fn rewrite(&self, name: &str, offset: u64, bytes: Bytes) -> Result<u64, StoreError> {
        rewrite::rewrite(self.0.client().await?, name, offset, &bytes).await
    }

    async fn head(&self, name: &str) -> Result<ObjectMeta, StoreError> {
        let found = self.0.client().await?.properties(name).await?;
        Ok(ObjectMeta { name: name.to_owned(), size: found.size })
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ObjectMeta>, StoreError> {
        list::list(self.0.client().await?, prefix).await
    }

    async fn strange(&self, _: &str) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    async fn delete(&self, name: &str) -> Result<(), StoreError> {
        put::delete(self.0.client().await?, name).await
    }

    async fn check_deletable(&self, name: &str) -> Result<(), StoreError> {
        guards::check_unlocked(name, &self.0.client().await?.properties(name).await?)
    }

    async fn old_versions(&self, prefix: &str) -> OldVersions {
        match self.0.client().await {
            Ok(client) => guards::old_versions(client, prefix).await,
            Err(error) => OldVersions::Unknown(error.to_string()),
        }
    }

    async fn guards(&self, probe: &str) -> Vec<StoreGuard> {
        match self.0.client().await {
            Ok(client) => guards::guards(client, probe).await,
            // Writing the probe has made the client.
            Err(_) => Vec::new(),
        }
    }

    async fn sweep(&self) -> Result<u64, StoreError> {
        self.sweep_older_than(self.0.limits.abandoned_after).await
    }

    async fn sweep_older_than(&self, age: Duration) -> Result<u64, StoreError> {
        self.0.settle(None).await;
        discard::sweep(&self.0, age).await
    }

    /// The service has compared each block with its checksum before it took it.
    fn rewrites_in_one_step(&self) -> bool {
        true
    }

    fn read_back(&self) -> ReadBack {
        ReadBack::Sample
    }

    async fn settle(&self) {
        self.0.settle(None).await;
    }

    fn copy_source(&self, _: &str) -> Option<CopySource> {
        None
    }

    async fn adopt(&self, _: &str, _: &CopySource, _: u64) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn room(&self) -> Result<Option<Room>, StoreError> {
        Ok(None)
    }
}
