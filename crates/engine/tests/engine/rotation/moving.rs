//! What rotation does when nothing goes wrong, and what it leaves alone.

use std::sync::Arc;

use aitta_engine::reading::sidecar;
use aitta_engine::store::{Store, archive_name};
use aitta_engine::{Silent, custody, rotation};
use aitta_model::{ErrorCode, RotationDirection};
use aitta_testing::{Call, FaultyStore, MemoryStore, plant, small_archive};

use super::{NEW, OLD, STRANGE, back, context, expect_moved, forward, id_of, opened, ring};

#[tokio::test]
async fn archives_move_by_two_sectors_of_their_headers_and_then_need_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let memory = MemoryStore::default();
    let store: Arc<dyn Store> = Arc::new(memory.clone());
    let ids = plant(&store, OLD, 5).await;
    let before: Vec<_> = ids.iter().map(|id| memory.get(&archive_name(id)).unwrap()).collect();
    let context = context(dir.path(), store.clone(), ring(NEW, &[OLD])).await;

    let pending = custody::pending(&context).await.unwrap().unwrap();
    assert!(!pending.begun && !pending.running);
    assert_eq!((pending.from, pending.to), (id_of(OLD), id_of(NEW)));
    assert_eq!((pending.done, pending.archives, pending.running), (0, 5, false));

    let report = rotation::rotate(&context, forward(), &Silent).await.unwrap();
    assert_eq!((report.moved, report.unchanged, report.opened), (5, 0, 5));
    assert_eq!(report.written_bytes, 5 * 2 * 512, "the new slot, and zeros over the old one");
    assert_eq!((report.from, report.to), (vec![id_of(OLD)], id_of(NEW)));
    assert_eq!(report.destroyable_from.unwrap().to_string(), "2026-12-25T12:00:00Z");
    assert_eq!(report.notes, Vec::<String>::new());
    expect_moved(opened(&store, &ring(NEW, &[])).await, opened(&store, &ring(OLD, &[])).await, 5);
    for (id, before) in ids.iter().zip(before) {
        let now = memory.get(&archive_name(id)).unwrap();
        assert_eq!(before[4096..], now[4096..], "nothing after the header changes");
        assert_eq!(before[..512], now[..512], "nor does the fixed part");
        let told = sidecar::read(store.as_ref(), id).await.unwrap();
        assert_eq!(told.key_ids, [id_of(NEW)]);
    }
    assert!(custody::pending(&context).await.unwrap().is_none());

    let again = rotation::rotate(&context, forward(), &Silent).await.unwrap();
    assert_eq!((again.moved, again.unchanged, again.written_bytes, again.opened), (0, 5, 0, 5));
    assert_eq!(again.destroyable_from, report.destroyable_from, "the day does not move");
}

/// A store of objects sends megabytes for a header: it is asked once for each.
#[tokio::test]
async fn a_store_that_rewrites_in_one_step_does_it_once() {
    let dir = tempfile::tempdir().unwrap();
    let memory = MemoryStore::default();
    let faulty = FaultyStore::over(memory.clone()).in_one_step();
    let store: Arc<dyn Store> = Arc::new(faulty.clone());
    let ids = plant(&store, OLD, 3).await;
    let before: Vec<_> = ids.iter().map(|id| memory.get(&archive_name(id)).unwrap()).collect();
    let context = context(dir.path(), store.clone(), ring(NEW, &[OLD])).await;
    let report = rotation::rotate(&context, forward(), &Silent).await.unwrap();
    assert_eq!((report.moved, report.opened, faulty.count(Call::Rewrite)), (3, 3, 3));
    expect_moved(opened(&store, &ring(NEW, &[])).await, opened(&store, &ring(OLD, &[])).await, 3);
    for (id, before) in ids.iter().zip(before) {
        let now = memory.get(&archive_name(id)).unwrap();
        assert!(before[..512] == now[..512] && before[4096..] == now[4096..], "only the slots change");
    }
    let again = rotation::rotate(&context, forward(), &Silent).await.unwrap();
    assert_eq!((again.moved, again.unchanged, faulty.count(Call::Rewrite)), (0, 3, 3));
}

#[tokio::test]
async fn a_reason_and_another_key_are_needed() {
    let dir = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    plant(&store, OLD, 1).await;
    let mut context = context(dir.path(), store.clone(), ring(OLD, &[])).await;
    let error = rotation::rotate(&context, forward(), &Silent).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::KeyMissing);
    assert!(error.hint().contains("BACKUP_RETIRED_KEYS"), "{}", error.hint());
    let error = rotation::rotate(&context, back(), &Silent).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::KeyMissing);

    context.key_ring = Some(ring(NEW, &[OLD]));
    let without = aitta_model::RotateRequest { reason: None, ..forward() };
    let error = rotation::rotate(&context, without, &Silent).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ReasonMissing);
    assert_eq!(opened(&store, &ring(OLD, &[])).await, (1, 1), "nothing was touched");
}

/// An archive of a key that is not at hand must not be lost with the old key: its owner is still unknown.
#[tokio::test]
async fn archives_that_no_key_opens_are_told_and_keep_the_rotation_open() {
    let dir = tempfile::tempdir().unwrap();
    let memory = MemoryStore::default();
    let store: Arc<dyn Store> = Arc::new(memory.clone());
    plant(&store, OLD, 3).await;
    let (strange, bytes) = small_archive(STRANGE, 1_780_000_000_000, 1, 1);
    memory.replace(&archive_name(&strange), bytes.clone());
    let (cut, whole) = small_archive(OLD, 1_780_000_000_001, 1, 1);
    memory.replace(&archive_name(&cut), whole[..whole.len() - 10].to_vec());
    let context = context(dir.path(), store.clone(), ring(NEW, &[OLD])).await;

    let report = rotation::rotate(&context, forward(), &Silent).await.unwrap();
    let told: Vec<_> = report.unreadable.iter().map(|(id, failure)| (id.clone(), failure.code)).collect();
    assert_eq!(told, [(strange.clone(), ErrorCode::KeyWrong), (cut.clone(), ErrorCode::ArchiveTruncated)]);
    assert!(report.unreadable[0].1.message.contains(&id_of(STRANGE)), "{report:?}");
    assert_eq!((report.opened, report.destroyable_from), (3, None));
    assert_eq!(memory.get(&archive_name(&strange)).unwrap(), bytes, "it is as it was");
    let pending = custody::pending(&context).await.unwrap().unwrap();
    assert_eq!((pending.done, pending.archives, pending.running), (3, 5, false));
    let run = &context.catalog.runs("carwash", 1).await.unwrap()[0];
    assert_eq!((run.operation.as_str(), run.outcome.as_str()), ("rotate", "failed"));

    for id in [&strange, &cut] {
        store.delete(&archive_name(id)).await.unwrap();
    }
    let report = rotation::rotate(&context, forward(), &Silent).await.unwrap();
    assert!(report.unreadable.is_empty() && report.destroyable_from.is_some(), "{report:?}");
    assert!(custody::pending(&context).await.unwrap().is_none());
}

#[tokio::test]
async fn back_moves_everything_to_the_key_before_and_forward_goes_on_again() {
    let dir = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    plant(&store, OLD, 4).await;
    let context = context(dir.path(), store.clone(), ring(NEW, &[STRANGE, OLD])).await;
    // The journal knows better than the order of the ring which key was active before.
    let mut only_old = context.clone();
    only_old.key_ring = Some(ring(NEW, &[OLD]));
    rotation::rotate(&only_old, forward(), &Silent).await.unwrap();
    plant(&store, NEW, 2).await;

    let report = rotation::rotate(&context, back(), &Silent).await.unwrap();
    assert_eq!((report.to.clone(), report.moved, report.opened), (id_of(OLD), 6, 6));
    assert!(report.from.contains(&id_of(NEW)));
    assert!(report.notes.iter().any(|n| n.contains("BACKUP_ENCRYPTION_KEY")), "{report:?}");
    expect_moved(opened(&store, &ring(OLD, &[])).await, opened(&store, &ring(NEW, &[])).await, 6);

    // The variables as the note says.
    let mut swapped = context.clone();
    swapped.key_ring = Some(ring(OLD, &[NEW]));
    assert!(custody::pending(&swapped).await.unwrap().is_none());

    let report = rotation::rotate(&context, forward(), &Silent).await.unwrap();
    assert_eq!((report.to, report.moved), (id_of(NEW), 6));
    expect_moved(opened(&store, &ring(NEW, &[])).await, opened(&store, &ring(OLD, &[])).await, 6);
}

/// Slots of keys that are not in the ring are left alone; where they leave no room, the report says so.
#[tokio::test]
async fn full_headers_make_room_without_touching_slots_of_others() {
    let others = [STRANGE, &"b1".repeat(32), &"b2".repeat(32)];
    for (strangers, ok, in_one_step) in
        [(2, true, false), (3, false, false), (2, true, true), (3, false, true)]
    {
        let dir = tempfile::tempdir().unwrap();
        let memory = MemoryStore::default();
        let faulty = FaultyStore::over(memory.clone());
        let store: Arc<dyn Store> = Arc::new(if in_one_step { faulty.in_one_step() } else { faulty });
        let (id, bytes) = small_archive(OLD, 1_780_000_000_000, 1, 1);
        let old = aitta_archive::VaultKey::from_hex(OLD).unwrap();
        let mut header = aitta_archive::Header::parse(&bytes).unwrap();
        let keys = header.unlock([&old]).unwrap();
        let fourth = "c1".repeat(32);
        let filled = others[..strangers].iter().copied().chain((strangers == 2).then_some(fourth.as_str()));
        for key in filled {
            header.add_slot(&aitta_archive::VaultKey::from_hex(key).unwrap(), &keys).unwrap();
        }
        assert_eq!(header.slots().len(), 4);
        memory.replace(&archive_name(&id), [header.as_bytes().as_slice(), &bytes[4096..]].concat());
        let context = context(dir.path(), store.clone(), ring(NEW, &[OLD, &fourth])).await;
        let report = rotation::rotate(&context, forward(), &Silent).await.unwrap();
        assert_eq!(report.unreadable.is_empty(), ok, "{report:?}");
        if ok {
            let strangers_open = opened(&store, &ring(STRANGE, &[])).await;
            assert_eq!(strangers_open, (1, 1), "theirs still opens it");
            expect_moved(opened(&store, &ring(NEW, &[])).await, opened(&store, &ring(OLD, &[])).await, 1);
        } else {
            assert_eq!(report.unreadable[0].1.code, ErrorCode::KeyInUse);
            assert_eq!(opened(&store, &ring(OLD, &[])).await, (1, 1), "it is as it was");
        }
    }
}

#[tokio::test]
async fn a_missing_sidecar_is_told_and_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let ids = plant(&store, OLD, 3).await;
    store.delete(&aitta_engine::store::sidecar_name(&ids[1])).await.unwrap();
    let context = context(dir.path(), store.clone(), ring(NEW, &[OLD])).await;
    let report = rotation::rotate(&context, forward(), &Silent).await.unwrap();
    assert_eq!((report.moved, report.opened), (3, 3));
    assert!(report.notes.iter().any(|note| note.contains("catalog rebuild")), "{report:?}");
}

/// A process that was killed while it wrote a sidecar leaves a hidden file, in the way of the next attempt.
#[tokio::test]
async fn half_written_sidecars_are_swept_away() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("store");
    std::fs::create_dir(&folder).unwrap();
    let store: Arc<dyn Store> = Arc::new(aitta_engine::store::LocalStore::new(folder.clone()));
    let ids = plant(&store, OLD, 1).await;
    std::fs::write(folder.join(format!("metadata/.{}.json.partial", ids[0])), "{").unwrap();
    let context = context(dir.path(), store.clone(), ring(NEW, &[OLD])).await;
    let report = rotation::rotate(&context, forward(), &Silent).await.unwrap();
    assert!(report.unreadable.is_empty(), "{report:?}");
    assert_eq!(sidecar::read(store.as_ref(), &ids[0]).await.unwrap().key_ids, [id_of(NEW)]);
}

#[tokio::test]
async fn a_deleted_catalog_loses_nothing_of_a_rotation() {
    let dir = tempfile::tempdir().unwrap();
    let faulty = FaultyStore::over(MemoryStore::default());
    let store: Arc<dyn Store> = Arc::new(faulty.clone());
    plant(&store, OLD, 6).await;
    let broken = faulty.clone().gone_from(faulty.calls() + 60);
    let first = context(dir.path(), store.clone(), ring(NEW, &[OLD])).await;
    assert!(rotation::rotate(&first, forward(), &Silent).await.is_err() || !is_done(&first).await);
    broken.heal();
    drop(first);
    let elsewhere = tempfile::tempdir().unwrap();
    let second = context(elsewhere.path(), store.clone(), ring(NEW, &[OLD])).await;
    let pending = custody::pending(&second).await.unwrap().unwrap();
    assert_eq!((pending.direction, pending.archives), (RotationDirection::Forward, 6));
    rotation::rotate(&second, forward(), &Silent).await.unwrap();
    expect_moved(opened(&store, &ring(NEW, &[])).await, opened(&store, &ring(OLD, &[])).await, 6);
}

async fn is_done(context: &aitta_engine::Context) -> bool {
    custody::pending(context).await.unwrap().is_none()
}
