//! A store whose calls end when the operation is told to stop, whatever the server does.

use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aitta_model::StoreGuard;
use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{
    CopySource, ObjectMeta, OldVersions, PutMode, ReadBack, Room, Store, StoreError, StoreErrorKind, Upload,
};

/// So long after it was told to stop a call may still come to its own end: most have something to tidy up.
const GRACE: Duration = Duration::from_secs(5);
/// What changes the store gets so much in any case, because it is begun to leave the store in order.
const LAST: Duration = Duration::from_secs(1);

/// Tells all calls of a store when to stop waiting.
#[derive(Clone)]
struct Stop {
    cancel: CancellationToken,
    /// When the first call has noticed.
    noticed: Arc<OnceLock<Instant>>,
    grace: Duration,
    last: Duration,
}

impl Stop {
    /// Returns when a call has no time left.
    async fn overdue(&self, last: Duration) {
        self.cancel.cancelled().await;
        let end = *self.noticed.get_or_init(Instant::now) + self.grace;
        sleep_until(end.max(Instant::now() + last)).await;
    }

    /// Waits for a call as long as it may take.
    async fn call<T>(
        &self,
        name: &str,
        last: Duration,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        tokio::select! {
            biased;
            result = call => result,
            () = self.overdue(last) => Err(stopped(name)),
        }
    }

    async fn read<T>(
        &self,
        name: &str,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.call(name, Duration::ZERO, call).await
    }

    async fn change<T>(
        &self,
        name: &str,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.call(name, self.last, call).await
    }
}

fn stopped(name: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Stopped, name, "the run was stopped, and the store had not answered")
}

/// A store that is not waited for once `cancel` is cancelled. A call that is given up ends as if the process had been
/// killed: what that leaves is safe, and the next run tidies it up.
pub struct StoppableStore {
    store: Arc<dyn Store>,
    stop: Stop,
}

impl StoppableStore {
    /// This store, until it is cancelled.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, cancel: CancellationToken) -> Self {
        Self { store, stop: Stop { cancel, noticed: Arc::default(), grace: GRACE, last: LAST } }
    }
}

#[async_trait]
impl Store for StoppableStore {
    fn location(&self) -> String {
        self.store.location()
    }

    async fn create(&self, name: &str) -> Result<Box<dyn Upload>, StoreError> {
        let upload = self.stop.change(name, self.store.create(name)).await?;
        Ok(Box::new(StoppableUpload { upload, name: name.to_owned(), stop: self.stop.clone() }))
    }

    fn copy_source(&self, name: &str) -> Option<CopySource> {
        self.store.copy_source(name)
    }

    async fn adopt(&self, name: &str, source: &CopySource, size: u64) -> Result<bool, StoreError> {
        self.stop.change(name, self.store.adopt(name, source, size)).await
    }

    async fn put(&self, name: &str, bytes: Bytes, mode: PutMode) -> Result<(), StoreError> {
        self.stop.change(name, self.store.put(name, bytes, mode)).await
    }

    async fn read(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
        self.stop.read(name, self.store.read(name, range)).await
    }

    async fn rewrite(&self, name: &str, offset: u64, bytes: Bytes) -> Result<u64, StoreError> {
        self.stop.change(name, self.store.rewrite(name, offset, bytes)).await
    }

    fn rewrites_in_one_step(&self) -> bool {
        self.store.rewrites_in_one_step()
    }

    async fn head(&self, name: &str) -> Result<ObjectMeta, StoreError> {
        self.stop.read(name, self.store.head(name)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ObjectMeta>, StoreError> {
        self.stop.read(prefix, self.store.list(prefix)).await
    }

    async fn strange(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.stop.read(prefix, self.store.strange(prefix)).await
    }

    async fn delete(&self, name: &str) -> Result<(), StoreError> {
        self.stop.change(name, self.store.delete(name)).await
    }

    async fn sweep(&self) -> Result<u64, StoreError> {
        self.stop.read("", self.store.sweep()).await
    }

    async fn sweep_older_than(&self, age: Duration) -> Result<u64, StoreError> {
        self.stop.read("", self.store.sweep_older_than(age)).await
    }

    fn read_back(&self) -> ReadBack {
        self.store.read_back()
    }

    async fn guards(&self, probe: &str) -> Vec<StoreGuard> {
        tokio::select! {
            biased;
            guards = self.store.guards(probe) => guards,
            () = self.stop.overdue(Duration::ZERO) => Vec::new(),
        }
    }

    async fn check_deletable(&self, name: &str) -> Result<(), StoreError> {
        self.stop.read(name, self.store.check_deletable(name)).await
    }

    async fn old_versions(&self, prefix: &str) -> OldVersions {
        tokio::select! {
            biased;
            found = self.store.old_versions(prefix) => found,
            () = self.stop.overdue(Duration::ZERO) => OldVersions::Unknown(stopped(prefix).source.to_string()),
        }
    }

    async fn settle(&self) {
        tokio::select! {
            biased;
            () = self.store.settle() => {}
            () = self.stop.overdue(self.stop.last) => tracing::warn!("what was dropped is not removed yet; the next run does it"),
        }
    }

    async fn room(&self) -> Result<Option<Room>, StoreError> {
        self.stop.read("", self.store.room()).await
    }
}

struct StoppableUpload {
    upload: Box<dyn Upload>,
    name: String,
    stop: Stop,
}

#[async_trait]
impl Upload for StoppableUpload {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), StoreError> {
        self.stop.change(&self.name, self.upload.write(bytes)).await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self { upload, name, stop } = *self;
        stop.change(&name, upload.commit()).await
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// Each second of an operation takes 40 ms here.
    const SHORT: u32 = 25;

    fn stop() -> (Stop, CancellationToken) {
        let cancel = CancellationToken::new();
        let (grace, last) = (GRACE / SHORT, LAST / SHORT);
        (Stop { cancel: cancel.clone(), noticed: Arc::default(), grace, last }, cancel)
    }

    #[tokio::test]
    async fn a_call_without_an_answer_ends_soon_after_the_stop() {
        let (stop, cancel) = stop();
        let hanging = || std::future::pending::<Result<(), StoreError>>();
        let waiting = tokio::spawn({
            let stop = stop.clone();
            async move { stop.read("x", std::future::pending::<Result<(), StoreError>>()).await }
        });
        tokio::time::sleep(2 * stop.grace).await;
        assert!(!waiting.is_finished(), "nobody has stopped it");
        let begun = Instant::now();
        cancel.cancel();
        let ended = waiting.await.unwrap().unwrap_err();
        assert_eq!(ended.kind, StoreErrorKind::Stopped);
        assert!(begun.elapsed() >= stop.grace, "it may end by itself");
        // And those that follow, all together.
        for _ in 0..3 {
            assert!(stop.change("x", hanging()).await.is_err());
        }
        for _ in 0..100 {
            assert!(stop.read("x", hanging()).await.is_err());
        }
        assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn a_call_that_answers_is_left_to_end_by_itself() {
        let (stop, cancel) = stop();
        cancel.cancel();
        let slow = async {
            tokio::time::sleep(stop.grace / 2).await;
            Ok(7)
        };
        assert_eq!(stop.change("x", slow).await.unwrap(), 7);
    }
}
