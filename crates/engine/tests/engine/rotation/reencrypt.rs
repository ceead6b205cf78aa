//! New data keys: the same content under new ids, and never more than one copy.

use std::sync::Arc;

use aitta_engine::reading::{OpenArchive, sidecar};
use aitta_engine::store::{SIDECARS, Store, archive_name};
use aitta_engine::{Silent, archives, rotation, runs, verify};
use aitta_model::{ArchiveState, VerifyLevel, VerifyRequest, VerifyScope};
use aitta_testing::{Call, FaultyStore, MemoryStore, plant};

use super::{NEW, OLD, anew, context, expect_moved, forward, ids, opened, ring};

#[tokio::test]
async fn the_copy_holds_the_same_under_a_new_key_and_id() {
    let dir = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let before = plant(&store, OLD, 2).await;
    let both = ring(NEW, &[OLD]);
    let mut old = Vec::new();
    for id in &before {
        old.push(OpenArchive::open(store.clone(), id.parse().unwrap(), &both).await.unwrap());
    }
    let context = context(dir.path(), store.clone(), both).await;
    let report = rotation::rotate(&context, anew(), &Silent).await.unwrap();
    assert_eq!((report.moved, report.opened), (2, 2));
    assert!(report.written_bytes > 4096 * 2, "the data is written anew");
    expect_moved(opened(&store, &ring(NEW, &[])).await, opened(&store, &ring(OLD, &[])).await, 2);

    let after = ids(&store).await;
    for ((old, id), new_id) in old.iter().zip(&before).zip(&after) {
        assert_ne!(&new_id.to_string(), id);
        let new = OpenArchive::open(store.clone(), *new_id, &ring(NEW, &[])).await.unwrap();
        let (one, other) = (old.manifest(), new.manifest());
        assert_eq!((one.created_ms, &one.kind, &one.reason), (other.created_ms, &other.kind, &other.reason));
        assert_eq!((&one.source, one.complete), (&other.source, other.complete));
        assert_eq!(other.reencrypted.as_ref().unwrap().from, *id);
        for (one, other) in one.sections.iter().zip(&other.sections) {
            assert_eq!((&one.name, one.rows, &one.digest), (&other.name, other.rows, &other.digest));
        }
        let told = sidecar::read(store.as_ref(), &new_id.to_string()).await.unwrap();
        assert_eq!(told.id, new_id.to_string());
    }
    assert_eq!(store.list(SIDECARS).await.unwrap().len(), 2, "the old sidecars went with their archives");
    let request = VerifyRequest { scope: VerifyScope::All, level: VerifyLevel::Content };
    let verified = verify::verify(&context, request, &Silent).await.unwrap();
    assert!(verified.all_ok(), "{verified:?}");
    assert_eq!(verified.results[0].remarks, Vec::<String>::new(), "the sidecar has the right checksum");
    let list = archives::list(&context, None).await.unwrap();
    assert_eq!(list.missing, Vec::<String>::new(), "the catalog has forgotten the old ones");
    assert!(list.archives.iter().all(|a| matches!(a.state, ArchiveState::Verified(_))), "{list:?}");
}

#[tokio::test]
async fn data_keys_change_while_the_vault_key_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let before = plant(&store, OLD, 2).await;
    let context = context(dir.path(), store.clone(), ring(OLD, &[])).await;
    let report = rotation::rotate(&context, anew(), &Silent).await.unwrap();
    assert_eq!((report.moved, report.opened, report.destroyable_from), (2, 2, None));
    let after: Vec<String> = ids(&store).await.iter().map(ToString::to_string).collect();
    assert!(before.iter().all(|id| !after.contains(id)), "{after:?}");
}

/// Stopped between the copy and the end of the old archive, both exist; the next attempt makes no third.
#[tokio::test]
async fn a_finished_copy_is_recognised() {
    for (call, nth) in [(Call::Delete, 1), (Call::Delete, 2), (Call::Put, 1)] {
        let dir = tempfile::tempdir().unwrap();
        let faulty = FaultyStore::over(MemoryStore::default());
        let store: Arc<dyn Store> = Arc::new(faulty.clone());
        let before = plant(&store, OLD, 1).await;
        let (puts, deletes) = (faulty.count(Call::Put), faulty.count(Call::Delete));
        let from = nth + if call == Call::Put { puts } else { deletes };
        let broken = faulty.clone().fail_from(call, from, aitta_engine::store::StoreErrorKind::Other);
        let context = context(dir.path(), store.clone(), ring(NEW, &[OLD])).await;
        let report = rotation::rotate(&context, anew(), &Silent).await.unwrap();
        assert_eq!(report.unreadable.len(), 1, "{report:?}");
        broken.heal();
        let both = ids(&store).await;
        assert_eq!(both.len(), 2, "the copy, and the old one that was not deleted");
        let copy = both.into_iter().find(|id| id.to_string() != before[0]).unwrap();
        let created = faulty.count(Call::Create);

        let report = rotation::rotate(&context, anew(), &Silent).await.unwrap();
        assert!(report.unreadable.is_empty(), "{report:?}");
        assert_eq!(ids(&store).await, [copy], "the copy stays, and the old one is gone");
        assert_eq!(faulty.count(Call::Create), created, "no third was made");
    }
}

/// A copy that is not what it should be never takes the place of the archive.
#[tokio::test]
async fn an_archive_with_wrong_rows_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let memory = MemoryStore::default();
    let store: Arc<dyn Store> = Arc::new(memory.clone());
    let ids_before = plant(&store, OLD, 1).await;
    let name = archive_name(&ids_before[0]);
    let mut bytes = memory.get(&name).unwrap().to_vec();
    bytes[4096 + 60] ^= 1;
    memory.replace(&name, bytes.clone());
    let context = context(dir.path(), store.clone(), ring(NEW, &[OLD])).await;
    let report = rotation::rotate(&context, anew(), &Silent).await.unwrap();
    assert_eq!(report.unreadable[0].1.code, aitta_model::ErrorCode::ArchiveDamaged, "{report:?}");
    assert_eq!(ids(&store).await.len(), 1);
    assert_eq!(memory.get(&name).unwrap(), bytes, "it is as it was");
}

/// A rotation of headers that becomes one of the data says so, when it begins and at its end.
#[tokio::test]
async fn a_plain_rotation_that_goes_on_with_a_reencryption_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let faulty = FaultyStore::over(MemoryStore::default());
    let store: Arc<dyn Store> = Arc::new(faulty.clone());
    plant(&store, OLD, 1).await;
    let from = faulty.count(Call::Create) + 1;
    let broken = faulty.clone().fail_from(Call::Create, from, aitta_engine::store::StoreErrorKind::Other);
    let context = context(dir.path(), store.clone(), ring(NEW, &[OLD])).await;
    let report = rotation::rotate(&context, anew(), &Silent).await.unwrap();
    assert_eq!(report.unreadable.len(), 1, "{report:?}");
    broken.heal();

    let told = |text: &str| text.contains("goes on with it");
    let report = rotation::rotate(&context, forward(), &Silent).await.unwrap();
    assert!(report.unreadable.is_empty() && report.written_bytes > 4096, "{report:?}");
    assert!(told(&report.notes[0]), "{:?}", report.notes);
    let last = runs::list(&context, 1).await.unwrap()[0].id;
    let log = runs::show(&context, last).await.unwrap().log;
    assert!(told(&log[0].text), "{log:?}");
    let report = rotation::rotate(&context, forward(), &Silent).await.unwrap();
    assert!(!report.notes.iter().any(|note| told(note)), "it has come to its end: {:?}", report.notes);
}
