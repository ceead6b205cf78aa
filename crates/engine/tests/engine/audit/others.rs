//! Catalogs that are lost, set aside, or somebody else's: told apart from a forged one.

use std::sync::Arc;

use aitta_engine::store::archive_name;
use aitta_engine::{Context, ManualClock, archives, trail};

use super::scene::{Scene, context};

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_catalog_is_noticed_until_a_rebuild_has_noted_it() {
    let mut scene = Scene::with_past().await;
    scene.context.catalog.clone().close().await;
    for file in std::fs::read_dir(scene.dir.path().join("data")).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            std::fs::remove_file(path).unwrap();
        }
    }
    scene.context = context(scene.dir.path(), "data").await;
    let status = scene.verify().await;
    let fault = status.fault.unwrap();
    assert_eq!((status.entries, fault.entry), (0, 1));
    assert!(fault.what.contains("was deleted or replaced"), "{fault:?}");
    // A backup goes on, and hides nothing.
    scene.backup().await;
    let status = scene.verify().await;
    assert_eq!((status.entries, status.fault.map(|fault| fault.entry)), (2, Some(1)));
    assert_eq!((status.others.len(), status.others[0].archives, status.others[0].entry), (1, 4, 9));
    assert!(!status.others[0].noted);

    let report = archives::rebuild(&scene.context).await.unwrap();
    assert_eq!(report.other_chains.len(), 1);
    assert_eq!(report.other_chains[0].entry, 9);
    let status = scene.verify().await;
    assert_eq!((status.fault, status.others[0].noted), (None, true));
    let list = trail::list(&scene.context, aitta_model::AuditQuery::default()).await.unwrap();
    assert_eq!(list.records[0].entry.other_chains, report.other_chains, "in the trail, by who did it");
}

/// Trails are noted even from a store with archives that no key opens.
#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_fails_over_some_archives_notes_the_other_trails_all_the_same() {
    let mut scene = Scene::with_past().await;
    // Many, in turn with good ones: what is entered at once and what is noted of the others share two connections to
    // the catalog, and must not wait for each other.
    for _ in 0..8 {
        let damaged = scene.backup().await;
        let path = scene.dir.path().join("store").join(archive_name(&damaged));
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&[0; 100], &whole[100..]].concat()).unwrap();
        scene.backup().await;
    }
    scene.context.catalog.clone().close().await;
    std::fs::rename(scene.dir.path().join("data"), scene.dir.path().join("gone")).unwrap();
    scene.context = context(scene.dir.path(), "data").await;
    let fault = scene.verify().await.fault.unwrap();
    assert!(fault.what.contains("was deleted or replaced"), "{fault:?}");

    let report = archives::rebuild(&scene.context).await.unwrap();
    assert_eq!((report.archives, report.unreadable.len(), report.other_chains.len()), (12, 8, 1));
    let list = trail::list(&scene.context, aitta_model::AuditQuery::default()).await.unwrap();
    let end = &list.records[0].entry;
    assert_eq!(end.outcome.as_ref().map(|outcome| outcome.as_str()), Some("failed"));
    assert_eq!(end.other_chains, report.other_chains);
    let status = scene.verify().await;
    assert_eq!((status.fault, status.others[0].noted), (None, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_archives_of_another_installation_are_no_forgery() {
    let scene = Scene::with_past().await;
    let other = context(scene.dir.path(), "elsewhere").await;
    let status = trail::verify(&other).await.unwrap();
    assert_eq!((status.entries, status.fault, status.others.len()), (0, None, 1));
    let other = Scene { dir: scene.dir, context: other };
    other.backup().await;
    let first = Scene { context: scene.context, ..other };
    let status = first.verify().await;
    assert_eq!((status.fault, status.anchors), (None, 5));
    assert_eq!((status.others[0].archives, status.others[0].noted), (1, false));
    let place = status.others[0].place.as_deref().unwrap();
    assert!(place.ends_with("/elsewhere"), "{place}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalog_that_was_set_aside_is_told_of_in_the_first_entry() {
    let scene = Scene::with_past().await;
    scene.context.catalog.clone().close().await;
    let data = scene.dir.path().join("data");
    for file in ["catalog.db-wal", "catalog.db-shm"] {
        std::fs::remove_file(data.join(file)).unwrap_or_default();
    }
    std::fs::write(data.join("catalog.db"), vec![b'x'; 4096]).unwrap();
    let profile = (*scene.context.profile).clone();
    let (anew, aside) = Context::rebuilding(profile).await.unwrap();
    let anew = Context {
        key_ring: scene.context.key_ring.clone(),
        clock: Arc::new(ManualClock::at("2026-11-21T02:00:00Z".parse().unwrap())),
        ..anew
    };
    archives::rebuild(&anew).await.unwrap();
    let list = trail::list(&anew, aitta_model::AuditQuery::default()).await.unwrap();
    let first = &list.records.last().unwrap().entry;
    let aside = aside.unwrap().display().to_string();
    assert!(first.note.as_deref().unwrap().contains(&aside), "{first:?}");
    assert_eq!((first.entry, first.chain.is_some()), (1, true));
    assert_eq!(list.records[0].entry.other_chains[0].entry, 9);
    let status = trail::verify(&anew).await.unwrap();
    assert_eq!((status.fault, status.others[0].noted), (None, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_contradicts_its_archive_is_a_finding_and_no_fault_of_the_chain() {
    let scene = Scene::with_past().await;
    let sidecar =
        std::fs::read_dir(scene.dir.path().join("store/metadata")).unwrap().next().unwrap().unwrap().path();
    let mut told: serde_json::Value = serde_json::from_slice(&std::fs::read(&sidecar).unwrap()).unwrap();
    assert!(told["audit"].get("place").is_none(), "where it is kept is nobody's business: {told}");
    told["audit"]["hash"] = "ab".repeat(32).into();
    std::fs::write(&sidecar, told.to_string()).unwrap();
    let status = scene.verify().await;
    assert_eq!((status.fault, status.remarks.len()), (None, 1));
    assert!(status.remarks[0].contains("another anchor"), "{:?}", status.remarks);
}
