//! The store fails at every point where it can.

use std::sync::Arc;
use std::time::Duration;

use aitta_engine::store::{
    CopySource, ObjectMeta, OldVersions, PutMode, ReadBack, Room, Store, StoreError, Upload, archive_name,
};
use aitta_engine::{Silent, custody, rotation};
use aitta_model::StoreGuard;
use aitta_testing::{Call, FaultyStore, MemoryStore, plant};
use bytes::Bytes;

use super::{NEW, OLD, anew, back, context, expect_moved, forward, ids, opened, ring};

const ARCHIVES: u64 = 3;

/// A store with archives of the old key, and a way to break it that counts from now on.
async fn planted() -> (FaultyStore, Arc<dyn Store>) {
    let faulty = FaultyStore::over(MemoryStore::default());
    let store: Arc<dyn Store> = Arc::new(faulty.clone());
    plant(&store, OLD, ARCHIVES).await;
    (faulty, store)
}

/// Breaks the store at the n-th call, for every n, once or for good; then resumes.
async fn break_everywhere(request: fn() -> aitta_model::RotateRequest, for_good: bool, in_one_step: bool) {
    for n in 1.. {
        let dir = tempfile::tempdir().unwrap();
        let (faulty, store) = planted().await;
        let faulty = if in_one_step { faulty.in_one_step() } else { faulty };
        let before = faulty.calls();
        let broken = faulty.clone();
        let broken = if for_good { broken.gone_from(before + n) } else { broken.fail_once(before + n) };
        let context = context(dir.path(), store.clone(), ring(NEW, &[OLD])).await;
        let result = rotation::rotate(&context, request(), &Silent).await;
        let reached = faulty.calls() >= before + n;
        broken.heal();

        let (opened_now, all) = opened(&store, &ring(NEW, &[OLD])).await;
        assert_eq!(opened_now, all, "call {n}: an archive opens with no key: {result:?}");
        assert!(all as u64 >= ARCHIVES, "call {n}: an archive is missing: {result:?}");
        let report = rotation::rotate(&context, request(), &Silent).await.unwrap();
        assert!(report.unreadable.is_empty() && report.destroyable_from.is_some(), "call {n}: {report:?}");
        expect_moved(opened(&store, &ring(NEW, &[])).await, opened(&store, &ring(OLD, &[])).await, 3);
        assert!(custody::pending(&context).await.unwrap().is_none(), "call {n}");
        if !reached {
            assert!(n > 20, "only {n} calls were broken");
            assert!(result.unwrap().unreadable.is_empty());
            break;
        }
    }
}

#[tokio::test]
async fn one_call_fails_at_every_point() {
    break_everywhere(forward, false, false).await;
}

#[tokio::test]
async fn the_store_is_gone_from_every_point_on() {
    break_everywhere(forward, true, false).await;
}

#[tokio::test]
async fn a_store_that_rewrites_in_one_step_fails_at_every_point() {
    for for_good in [false, true] {
        break_everywhere(forward, for_good, true).await;
        break_everywhere(anew, for_good, true).await;
    }
}

/// What it gives back is not what it was sent: the header before is sent again, and the key before opens it.
#[tokio::test]
async fn a_header_that_is_not_kept_as_it_was_sent_is_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let (faulty, store) = planted().await;
    let broken = faulty.clone().in_one_step().garbled(faulty.count(Call::Rewrite) + 2);
    let context = context(dir.path(), store.clone(), ring(NEW, &[OLD])).await;
    let report = rotation::rotate(&context, forward(), &Silent).await.unwrap();
    let (_, failure) = &report.unreadable[0];
    assert_eq!(
        (report.unreadable.len(), failure.code),
        (1, aitta_model::ErrorCode::ArchiveDamaged),
        "{report:?}"
    );
    assert!(failure.message.contains("the one before is there again"), "{failure:?}");
    assert_eq!(opened(&store, &ring(OLD, &[])).await, (1, 3));
    assert_eq!(opened(&store, &ring(NEW, &[])).await, (2, 3));
    broken.heal();
    let report = rotation::rotate(&context, forward(), &Silent).await.unwrap();
    assert!(report.unreadable.is_empty() && report.destroyable_from.is_some(), "{report:?}");
    expect_moved(opened(&store, &ring(NEW, &[])).await, opened(&store, &ring(OLD, &[])).await, 3);
}

#[tokio::test]
async fn one_call_fails_at_every_point_of_a_reencryption() {
    break_everywhere(anew, false, false).await;
}

#[tokio::test]
async fn the_store_is_gone_from_every_point_of_a_reencryption() {
    break_everywhere(anew, true, false).await;
}

/// Interrupted anywhere on the way on, it can be rolled back.
#[tokio::test]
async fn a_rotation_that_failed_anywhere_is_rolled_back() {
    for n in (1..70).step_by(3) {
        let dir = tempfile::tempdir().unwrap();
        let (faulty, store) = planted().await;
        let broken = faulty.clone().gone_from(faulty.calls() + n);
        let context = context(dir.path(), store.clone(), ring(NEW, &[OLD])).await;
        let first = rotation::rotate(&context, forward(), &Silent).await;
        broken.heal();
        // What is made meanwhile is locked with the active key already.
        let bytes = aitta_testing::small_archive(NEW, 1_795_000_000_000, 1, 1);
        store.put(&archive_name(&bytes.0), Bytes::from(bytes.1), PutMode::Create).await.unwrap();
        let report = rotation::rotate(&context, back(), &Silent).await.unwrap();
        assert!(report.unreadable.is_empty(), "call {n}: {first:?} {report:?}");
        expect_moved(opened(&store, &ring(OLD, &[])).await, opened(&store, &ring(NEW, &[])).await, 4);
    }
}

/// Power is cut while a sector is written: of its 512 bytes some are new, the others are as they were.
#[tokio::test]
async fn a_sector_that_was_torn_takes_nothing_away_and_is_mended() {
    // Of each archive the new slot is written first, then the old one is erased.
    for nth in 1..=2 * ARCHIVES {
        for bytes in [1, 8, 72, 256, 481, 511] {
            let dir = tempfile::tempdir().unwrap();
            let (faulty, store) = planted().await;
            let torn = faulty.clone().torn(nth, bytes);
            let context = context(dir.path(), store.clone(), ring(NEW, &[OLD])).await;
            let result = rotation::rotate(&context, forward(), &Silent).await;
            assert!(result.is_err() || !result.unwrap().unreadable.is_empty(), "rewrite {nth}");
            torn.heal();
            let keys = ring(NEW, &[OLD]);
            assert_eq!(opened(&store, &keys).await, (3, 3), "rewrite {nth}, {bytes} bytes");

            let report = rotation::rotate(&context, forward(), &Silent).await.unwrap();
            assert!(report.unreadable.is_empty(), "rewrite {nth}, {bytes} bytes: {report:?}");
            expect_moved(opened(&store, &ring(NEW, &[])).await, opened(&store, &ring(OLD, &[])).await, 3);
            for id in ids(&store).await {
                let bytes = store.read(&archive_name(&id.to_string()), 0..4096).await.unwrap();
                let header = aitta_archive::Header::parse(&bytes).unwrap();
                let key = aitta_archive::VaultKey::from_hex(NEW).unwrap();
                let keys = header.unlock([&key]).unwrap();
                header.check(&keys).unwrap();
                assert_eq!(header.slots().len(), 1, "what was torn is cleared away");
            }
        }
    }
}

/// The last good slot is never erased: what the store gives back is believed, not what was sent to it.
#[tokio::test]
async fn a_store_that_loses_what_it_was_given_loses_no_archive() {
    let dir = tempfile::tempdir().unwrap();
    let (_, store) = planted().await;
    let forgetful: Arc<dyn Store> = Arc::new(Forgetful(store.clone()));
    let context = context(dir.path(), forgetful, ring(NEW, &[OLD])).await;
    let report = rotation::rotate(&context, forward(), &Silent).await.unwrap();
    assert_eq!((report.unreadable.len() as u64, report.destroyable_from), (ARCHIVES, None));
    assert_eq!(opened(&store, &ring(OLD, &[])).await, (3, 3), "the old key still opens them");
}

/// Two threads: while the store answers at once, the rotation keeps the one it runs on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_rotation_ends_between_two_archives() {
    let dir = tempfile::tempdir().unwrap();
    let faulty = FaultyStore::over(MemoryStore::default());
    let store: Arc<dyn Store> = Arc::new(faulty.clone());
    plant(&store, OLD, 200).await;
    let context = context(dir.path(), store.clone(), ring(NEW, &[OLD])).await;
    let hold = faulty.hang(Call::Rewrite, 3);
    let running = context.clone();
    let task = tokio::spawn(async move { rotation::rotate(&running, forward(), &Silent).await });
    hold.reached().await;
    // Before anything is waited for: the others go on meanwhile.
    context.cancel.cancel();
    let pending = custody::pending(&context).await.unwrap().unwrap();
    assert!(pending.begun);
    assert!(pending.running, "a process is at work on it");
    hold.release();
    let error = task.await.unwrap().unwrap_err();
    assert_eq!(error.code(), aitta_model::ErrorCode::Cancelled);
    let (new, _) = opened(&store, &ring(NEW, &[])).await;
    let (old, _) = opened(&store, &ring(OLD, &[])).await;
    assert_eq!(new + old, 200, "each archive has one key and no more: {new} and {old}");
    assert!(new > 0 && old > 0, "{new} and {old}");
    assert!(!custody::pending(&context).await.unwrap().unwrap().running);
}

/// Says that it has written, and has not.
struct Forgetful(Arc<dyn Store>);

#[async_trait::async_trait]
impl Store for Forgetful {
    fn location(&self) -> String {
        self.0.location()
    }

    async fn create(&self, name: &str) -> Result<Box<dyn Upload>, StoreError> {
        self.0.create(name).await
    }

    async fn put(&self, name: &str, bytes: Bytes, mode: PutMode) -> Result<(), StoreError> {
        self.0.put(name, bytes, mode).await
    }

    async fn read(&self, name: &str, range: std::ops::Range<u64>) -> Result<Vec<u8>, StoreError> {
        self.0.read(name, range).await
    }

    async fn rewrite(&self, _: &str, _: u64, bytes: Bytes) -> Result<u64, StoreError> {
        Ok(bytes.len() as u64)
    }

    async fn head(&self, name: &str) -> Result<ObjectMeta, StoreError> {
        self.0.head(name).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ObjectMeta>, StoreError> {
        self.0.list(prefix).await
    }

    async fn strange(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.0.strange(prefix).await
    }

    async fn delete(&self, name: &str) -> Result<(), StoreError> {
        self.0.delete(name).await
    }

    async fn sweep(&self) -> Result<u64, StoreError> {
        self.0.sweep().await
    }

    fn copy_source(&self, name: &str) -> Option<CopySource> {
        self.0.copy_source(name)
    }

    async fn adopt(&self, name: &str, source: &CopySource, size: u64) -> Result<bool, StoreError> {
        self.0.adopt(name, source, size).await
    }

    fn rewrites_in_one_step(&self) -> bool {
        self.0.rewrites_in_one_step()
    }

    async fn check_deletable(&self, name: &str) -> Result<(), StoreError> {
        self.0.check_deletable(name).await
    }

    async fn old_versions(&self, prefix: &str) -> OldVersions {
        self.0.old_versions(prefix).await
    }

    async fn sweep_older_than(&self, age: Duration) -> Result<u64, StoreError> {
        self.0.sweep_older_than(age).await
    }

    fn read_back(&self) -> ReadBack {
        self.0.read_back()
    }

    async fn guards(&self, probe: &str) -> Vec<StoreGuard> {
        self.0.guards(probe).await
    }

    async fn settle(&self) {
        self.0.settle().await;
    }

    async fn room(&self) -> Result<Option<Room>, StoreError> {
        self.0.room().await
    }
}
