//! A store that takes no more than its share of the network.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aitta_model::StoreGuard;
use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::{Instant, sleep_until};

use super::{CopySource, ObjectMeta, OldVersions, PutMode, ReadBack, Room, Store, StoreError, Upload};

/// So many bytes a second, for everything that shares it: what is sent and what is read together.
#[derive(Debug)]
pub struct Limit {
    bytes_per_s: u64,
    /// When the next byte may go.
    next: Mutex<Instant>,
}

impl Limit {
    /// `bytes_per_s` of 0 counts as 1.
    #[must_use]
    pub fn new(bytes_per_s: u64) -> Self {
        Self { bytes_per_s: bytes_per_s.max(1), next: Mutex::new(Instant::now()) }
    }

    /// Waits until so many bytes may go. They go at once then, and the next ones wait for them.
    async fn take(&self, bytes: u64) {
        sleep_until(self.reserve(Instant::now(), bytes)).await;
    }

    /// When they may go.
    fn reserve(&self, now: Instant, bytes: u64) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        // Unused time is lost: it gives no credit.
        let begin = (*next).max(now);
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(self.bytes_per_s);
        *next = begin + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        begin
    }
}

/// A store behind a [`Limit`]. It counts the bytes of objects, and not what the network adds to them.
pub struct LimitedStore {
    store: Arc<dyn Store>,
    limit: Arc<Limit>,
}

impl LimitedStore {
    /// This store, within that limit.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, limit: Arc<Limit>) -> Self {
        Self { store, limit }
    }
}

#[async_trait]
impl Store for LimitedStore {
    fn location(&self) -> String {
        self.store.location()
    }

    async fn create(&self, name: &str) -> Result<Box<dyn Upload>, StoreError> {
        let upload = self.store.create(name).await?;
        Ok(Box::new(LimitedUpload { upload, limit: self.limit.clone() }))
    }

    fn copy_source(&self, name: &str) -> Option<CopySource> {
        self.store.copy_source(name)
    }

    async fn adopt(&self, name: &str, source: &CopySource, size: u64) -> Result<bool, StoreError> {
        self.store.adopt(name, source, size).await
    }

    async fn put(&self, name: &str, bytes: Bytes, mode: PutMode) -> Result<(), StoreError> {
        self.limit.take(bytes.len() as u64).await;
        self.store.put(name, bytes, mode).await
    }

    async fn read(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
        self.limit.take(range.end.saturating_sub(range.start)).await;
        self.store.read(name, range).await
    }

    async fn rewrite(&self, name: &str, offset: u64, bytes: Bytes) -> Result<u64, StoreError> {
        self.limit.take(bytes.len() as u64).await;
        self.store.rewrite(name, offset, bytes).await
    }

    fn rewrites_in_one_step(&self) -> bool {
        self.store.rewrites_in_one_step()
    }

    async fn head(&self, name: &str) -> Result<ObjectMeta, StoreError> {
        self.store.head(name).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ObjectMeta>, StoreError> {
        self.store.list(prefix).await
    }

    async fn strange(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.store.strange(prefix).await
    }

    async fn delete(&self, name: &str) -> Result<(), StoreError> {
        self.store.delete(name).await
    }

    async fn sweep(&self) -> Result<u64, StoreError> {
        self.store.sweep().await
    }

    async fn sweep_older_than(&self, age: Duration) -> Result<u64, StoreError> {
        self.store.sweep_older_than(age).await
    }

    fn read_back(&self) -> ReadBack {
        self.store.read_back()
    }

    async fn guards(&self, probe: &str) -> Vec<StoreGuard> {
        self.store.guards(probe).await
    }

    async fn check_deletable(&self, name: &str) -> Result<(), StoreError> {
        self.store.check_deletable(name).await
    }

    async fn old_versions(&self, prefix: &str) -> OldVersions {
        self.store.old_versions(prefix).await
    }

    async fn settle(&self) {
        self.store.settle().await;
    }

    async fn room(&self) -> Result<Option<Room>, StoreError> {
        self.store.room().await
    }
}

struct LimitedUpload {
    upload: Box<dyn Upload>,
    limit: Arc<Limit>,
}

#[async_trait]
impl Upload for LimitedUpload {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), StoreError> {
        self.limit.take(bytes.len() as u64).await;
        self.upload.write(bytes).await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.upload.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_share_a_limit_wait_for_one_another() {
        let limit = Limit::new(1_000_000);
        let now = Instant::now();
        let waits = |now, bytes| (limit.reserve(now, bytes) - now).as_millis();
        assert_eq!(waits(now, 100_000), 0);
        assert_eq!(waits(now, 500_000), 100);
        assert_eq!(waits(now, 1), 600);
        // An hour without work is no credit.
        let later = now + Duration::from_secs(3600);
        assert_eq!((waits(later, 500_000), waits(later, 1)), (0, 500));
    }
}
