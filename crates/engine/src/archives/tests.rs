#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use aitta_model::{BackupReport, BackupRequest, VerifyLevel, VerifyRequest, VerifyResult, VerifyScope};
use aitta_store::LocalStore;
use aitta_testing::{Call, FaultyStore, MemoryStore};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::scratch::{Scratch, new_key};
use crate::{Catalog, Silent, backup, verify};

async fn scratch() -> Scratch {
    Scratch::new(CancellationToken::new()).await.unwrap()
}

async fn backup(scratch: &Scratch, tables: &[&str]) -> BackupReport {
    let request = BackupRequest {
        tables: tables.iter().map(|&t| t.to_owned()).collect(),
        reason: Some("a test".to_owned()),
        ..BackupRequest::default()
    };
    backup::create(&scratch.context, request, &Silent).await.unwrap()
}

fn sidecar_path(scratch: &Scratch, id: &str) -> PathBuf {
    scratch.dir.join("store").join(sidecar_name(id))
}

fn archive_path(scratch: &Scratch, id: &str) -> PathBuf {
    scratch.dir.join("store").join(archive_name(id))
}

/// As after the loss of the data folder.
async fn lose_catalog(scratch: &mut Scratch) {
    scratch.context.catalog = Catalog::open(&scratch.dir.join("another data folder")).await.unwrap();
}

async fn verify(scratch: &Scratch) -> VerifyResult {
    verify_at(scratch, VerifyLevel::Stored).await
}

async fn verify_at(scratch: &Scratch, level: VerifyLevel) -> VerifyResult {
    let scope = VerifyScope::One(ArchiveSelector::Latest);
    let request = VerifyRequest { scope, level };
    verify::verify(&scratch.context, request, &Silent).await.unwrap().results.remove(0)
}

#[tokio::test]
async fn archives_are_listed_newest_first_whatever_their_sidecars_say() {
    let mut scratch = scratch().await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.insert(0, backup(&scratch, &["Holiday", "Setting"]).await.archive.id);
    }
    let of_catalog = list(&scratch.context, None).await.unwrap();
    assert_eq!(of_catalog.archives.iter().map(|a| &a.id).collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
    assert!(of_catalog.archives.iter().all(|a| matches!(a.state, ArchiveState::Verified(_))));

    lose_catalog(&mut scratch).await;
    fs::remove_file(sidecar_path(&scratch, &ids[0])).unwrap();
    fs::write(sidecar_path(&scratch, &ids[1]), "{ not json").unwrap();
    // The sidecar of another archive says nothing about this one.
    fs::copy(sidecar_path(&scratch, &ids[3]), sidecar_path(&scratch, &ids[2])).unwrap();
    fs::write(archive_path(&scratch, "README"), "not an archive").unwrap();
    let of_sidecars = list(&scratch.context, None).await.unwrap();
    assert_eq!(of_sidecars.total, 4);
    assert!(of_sidecars.archives.iter().all(|a| a.state == ArchiveState::Unknown));
    let tables: Vec<_> = of_sidecars.archives.iter().map(|a| a.tables).collect();
    assert_eq!(tables, [None, None, None, Some(2)]);
    let newest = list(&scratch.context, Some(2)).await.unwrap();
    assert_eq!((newest.archives.len(), newest.total), (2, 4));
    assert_eq!(newest.archives[0].id, ids[0]);
}

#[tokio::test]
async fn an_archive_that_was_exchanged_or_removed_behind_the_catalog_is_told() {
    let scratch = scratch().await;
    let (first, second) = (backup(&scratch, &["Holiday"]).await, backup(&scratch, &["Holiday"]).await);
    fs::remove_file(archive_path(&scratch, &first.archive.id)).unwrap();
    let path = archive_path(&scratch, &second.archive.id);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..5000]).unwrap();
    let report = list(&scratch.context, None).await.unwrap();
    assert_eq!(report.missing, [first.archive.id]);
    assert_eq!((report.archives[0].state, report.archives[0].rows), (ArchiveState::Unknown, None));
    verify(&scratch).await;
    let report = list(&scratch.context, None).await.unwrap();
    assert!(matches!(report.archives[0].state, ArchiveState::Damaged(_)), "{report:?}");
}

#[tokio::test]
async fn a_store_that_is_not_there_is_no_empty_list() {
    let scratch = scratch().await;
    fs::remove_dir_all(scratch.dir.join("store")).unwrap();
    let error = list(&scratch.context, None).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreMissing);
}

#[tokio::test]
async fn thousands_are_listed_without_opening_one() {
    let scratch = scratch().await;
    fs::create_dir_all(scratch.dir.join("store/backups")).unwrap();
    for n in 0..3000_u64 {
        let id = format!("backup-{}-{n:08x}", 1_700_000_000_000 + n);
        fs::write(archive_path(&scratch, &id), "no archive at all").unwrap();
    }
    let report = list(&scratch.context, None).await.unwrap();
    assert_eq!((report.archives.len(), report.total), (3000, 3000));
    assert!(report.archives.is_sorted_by(|a, b| a.id > b.id));
}

#[tokio::test]
async fn show_tells_what_the_archive_itself_says() {
    let scratch = scratch().await;
    let made = backup(&scratch, &[]).await;
    let details = show(&scratch.context, &ArchiveSelector::Latest).await.unwrap();
    // The catalog keeps times in milliseconds.
    assert!(matches!(details.summary.state, ArchiveState::Verified(_)));
    assert_eq!(ArchiveSummary { state: made.archive.state, ..details.summary }, made.archive);
    assert_eq!(details.table_list, made.tables);
    assert!(details.foreign_keys.iter().any(|k| k.table == "Booking" && k.foreign_table == "User"));
    assert_eq!((details.evidence.len(), details.remarks.len()), (1, 0));

    fs::remove_file(sidecar_path(&scratch, &made.archive.id)).unwrap();
    let details = show(&scratch.context, &ArchiveSelector::Latest).await.unwrap();
    assert!(details.remarks[0].contains("the sidecar is missing"), "{:?}", details.remarks);
}

#[tokio::test]
async fn a_deleted_archive_leaves_nothing_behind() {
    let scratch = scratch().await;
    let (kept, deleted) = (backup(&scratch, &["Holiday"]).await, backup(&scratch, &["Holiday"]).await);
    let id = deleted.archive.id;
    let request = DeleteRequest { id: id.clone(), reason: Some("routine".to_owned()), mfa: None };
    let report = delete(&scratch.context, request.clone()).await.unwrap();
    assert_eq!((report.id.as_str(), report.freed_bytes), (id.as_str(), deleted.archive.size_bytes));
    assert!(!archive_path(&scratch, &id).exists() && !sidecar_path(&scratch, &id).exists());
    let left = list(&scratch.context, None).await.unwrap();
    assert_eq!((left.archives[0].id.as_str(), left.total), (kept.archive.id.as_str(), 1));
    assert!(left.missing.is_empty());
    assert_eq!(delete(&scratch.context, request).await.unwrap_err().code(), ErrorCode::ArchiveNotFound);
    let runs = scratch.context.catalog.runs("scratch", 1).await.unwrap();
    assert_eq!((runs[0].operation.as_str(), runs[0].archive.as_deref()), ("delete", Some(id.as_str())));
}

#[tokio::test]
async fn what_is_known_of_an_archive_outlives_a_deletion_that_fails() {
    let mut scratch = scratch().await;
    let id = backup(&scratch, &["Holiday"]).await.archive.id;
    let bytes = fs::read(archive_path(&scratch, &id)).unwrap();
    fs::write(archive_path(&scratch, &id), &bytes[..bytes.len() - 1]).unwrap();
    assert!(!verify(&scratch).await.ok);
    let location = scratch.context.store.location();
    let known = scratch.context.catalog.archives(&location).await.unwrap().remove(&id).unwrap().summary;
    assert!(matches!(known.as_ref().unwrap().state, ArchiveState::Damaged(_)));
    let store = LocalStore::new(scratch.dir.join("store"));
    scratch.context.store = Arc::new(FaultyStore::over(store).fail(Call::Delete, 2, StoreErrorKind::Denied));
    let request = DeleteRequest { id: id.clone(), reason: Some("routine".to_owned()), mfa: None };
    assert_eq!(delete(&scratch.context, request).await.unwrap_err().code(), ErrorCode::StoreDenied);
    assert!(archive_path(&scratch, &id).exists() && !sidecar_path(&scratch, &id).exists());
    let still = scratch.context.catalog.archives(&location).await.unwrap().remove(&id).unwrap().summary;
    assert_eq!(still, known);
}

/// A deletion that could not look for earlier forms in a further store is not complete.
#[tokio::test]
async fn a_further_store_that_can_not_be_listed_is_told() {
    let scratch = scratch().await;
    let id: ArchiveId = backup(&scratch, &["Holiday"]).await.archive.id.parse().unwrap();
    let memory = MemoryStore::default();
    memory.replace(&archive_name(&id.to_string()), "a copy");
    let mut place = scratch.context.clone();
    place.store =
        Arc::new(FaultyStore::over(memory.clone()).fail_from(Call::List, 1, StoreErrorKind::Unreachable));
    let opened = opened(&scratch.context, id).await;
    let mut report = DeleteReport { id: id.to_string(), freed_bytes: 0, left: Vec::new(), notes: Vec::new() };
    delete_copy(&place, id, &opened, &BTreeSet::from([id]), &mut report).await;
    assert_eq!((report.left.len(), report.freed_bytes), (1, 6), "{report:?}");
    assert_eq!(report.left[0].1.code, ErrorCode::StoreUnreachable);
    assert!(report.left[0].1.message.contains("made from"), "{report:?}");
    // Nor does it name a store twice.
    report.left.clear();
    place.store = Arc::new(FaultyStore::over(memory).gone_from(1));
    delete_copy(&place, id, &opened, &BTreeSet::from([id]), &mut report).await;
    assert_eq!(report.left.len(), 1, "{report:?}");
}

#[tokio::test]
async fn an_archive_without_sidecar_can_be_deleted() {
    let scratch = scratch().await;
    let id = backup(&scratch, &["Holiday"]).await.archive.id;
    fs::remove_file(sidecar_path(&scratch, &id)).unwrap();
    delete(&scratch.context, DeleteRequest { id: id.clone(), reason: Some("routine".to_owned()), mfa: None })
        .await
        .unwrap();
    assert!(!archive_path(&scratch, &id).exists());
}

#[tokio::test]
async fn a_rebuild_finds_everything_again_from_the_archives() {
    let mut scratch = scratch().await;
    let mut made = Vec::new();
    for _ in 0..4 {
        made.insert(0, backup(&scratch, &["Holiday", "Setting"]).await.archive);
    }
    let sidecars: Vec<_> = made.iter().map(|a| fs::read(sidecar_path(&scratch, &a.id)).unwrap()).collect();
    lose_catalog(&mut scratch).await;
    fs::remove_file(sidecar_path(&scratch, &made[0].id)).unwrap();
    let edited = String::from_utf8(sidecars[1].clone()).unwrap().replace("Holiday", "Holidays");
    fs::write(sidecar_path(&scratch, &made[1].id), edited).unwrap();
    let broken = archive_path(&scratch, &made[2].id);
    let bytes = fs::read(&broken).unwrap();
    fs::write(&broken, &bytes[..bytes.len() - 1]).unwrap();

    let report = rebuild(&scratch.context).await.unwrap();
    assert_eq!((report.archives, report.sidecars_rewritten, report.dropped), (3, 2, 0));
    assert_eq!(report.unreadable[0].id, made[2].id);
    for n in [0, 1, 3] {
        assert_eq!(fs::read(sidecar_path(&scratch, &made[n].id)).unwrap(), sidecars[n]);
    }
    let found = list(&scratch.context, None).await.unwrap().archives;
    assert_eq!(found.iter().map(|a| a.rows).collect::<Vec<_>>()[3], made[3].rows);
    // The first two were read to the end for their checksum; the last was opened only.
    let is_verified = |n: usize| matches!(found[n].state, ArchiveState::Verified(_));
    assert!(is_verified(0) && is_verified(1));
    assert!(matches!(found[2].state, ArchiveState::Damaged(_)));
    assert_eq!(found[3].state, ArchiveState::Stored);

    fs::remove_file(&broken).unwrap();
    fs::remove_file(archive_path(&scratch, &made[3].id)).unwrap();
    let report = rebuild(&scratch.context).await.unwrap();
    assert_eq!((report.archives, report.sidecars_rewritten), (2, 0));
    assert!(list(&scratch.context, None).await.unwrap().missing.is_empty());
}

#[tokio::test]
async fn a_wrong_checksum_in_a_sidecar_is_put_right_once_it_is_known() {
    let mut scratch = scratch().await;
    let made = backup(&scratch, &["Holiday"]).await.archive;
    let path = sidecar_path(&scratch, &made.id);
    let right = fs::read_to_string(&path).unwrap();
    let wrong = right.replace(made.checksum.as_deref().unwrap(), &"0".repeat(64));
    fs::write(&path, &wrong).unwrap();
    assert_eq!(rebuild(&scratch.context).await.unwrap().sidecars_rewritten, 1);
    assert_eq!(fs::read_to_string(&path).unwrap(), right);

    // Without the catalog only a check that reads everything can tell.
    lose_catalog(&mut scratch).await;
    fs::write(&path, &wrong).unwrap();
    assert_eq!(rebuild(&scratch.context).await.unwrap().sidecars_rewritten, 0);
    assert_eq!(verify(&scratch).await.remarks.len(), 1);
    assert_eq!(rebuild(&scratch.context).await.unwrap().sidecars_rewritten, 1);
    assert_eq!(verify(&scratch).await.remarks, Vec::<String>::new());
}

/// A shallower check does not clear what a deeper one has found, and says so.
#[tokio::test]
async fn an_archive_that_was_mended_is_told_what_takes_the_finding_back() {
    let scratch = scratch().await;
    let made = backup(&scratch, &["Holiday"]).await.archive;
    let path = archive_path(&scratch, &made.id);
    let whole = fs::read(&path).unwrap();
    let mut broken = whole.clone();
    broken[5000] ^= 1;
    fs::write(&path, &broken).unwrap();
    assert!(!verify_at(&scratch, VerifyLevel::Content).await.ok);
    fs::write(&path, &whole).unwrap();
    let mended = verify(&scratch).await;
    assert!(mended.ok && mended.remarks[0].contains("--level content"), "{mended:?}");
    let state = async || list(&scratch.context, None).await.unwrap().archives.remove(0).state;
    assert!(matches!(state().await, ArchiveState::Damaged(_)));
    let proven = verify_at(&scratch, VerifyLevel::Content).await;
    assert!(proven.ok && proven.remarks.is_empty(), "{proven:?}");
    assert!(matches!(state().await, ArchiveState::Verified(_)));
}

#[tokio::test]
async fn a_rebuild_with_another_key_calls_no_archive_damaged() {
    let mut scratch = scratch().await;
    backup(&scratch, &["Holiday"]).await;
    lose_catalog(&mut scratch).await;
    scratch.context.key_ring = Some(new_key().unwrap());
    let report = rebuild(&scratch.context).await.unwrap();
    assert_eq!(report.unreadable[0].failure.as_ref().unwrap().code, ErrorCode::KeyWrong);
    let run = &crate::runs::list(&scratch.context, 1).await.unwrap()[0];
    assert_eq!((run.operation.as_str(), run.outcome.as_str()), ("rebuild", "failed"));
    assert_eq!(list(&scratch.context, None).await.unwrap().archives[0].state, ArchiveState::Unknown);
}
