#![expect(clippy::unwrap_used, reason = "tests")]

use aitta_model::{
    ArchiveState, ArchiveSummary, BackupKind, DatabaseEngine, Depth, Evidence, Operation, RunOutcome,
};

use super::*;

const STORE: &str = "/srv/store";
const ID: &str = "backup-1642684800000-a1b2c3d4";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn archive(id: &str) -> ArchiveSummary {
    ArchiveSummary {
        id: id.to_owned(),
        created: at(0),
        state: ArchiveState::Stored,
        kind: Some(BackupKind::Manual.into()),
        reason: None,
        engine: Some(DatabaseEngine::Sqlite.into()),
        database: Some("shop.db".to_owned()),
        place: Some("/srv/shop.db".to_owned()),
        complete: Some(true),
        tables: Some(9),
        rows: Some(1234),
        size_bytes: 5678,
        duration_ms: Some(90),
        checksum: Some("00".to_owned()),
    }
}

#[tokio::test]
async fn many_that_open_a_new_catalog_at_once_all_succeed_and_write() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let tasks: Vec<_> = (0..8)
        .map(|n| {
            let data = data.clone();
            tokio::spawn(async move {
                let catalog = Catalog::open(&data).await.unwrap();
                for second in 0..10 {
                    let run =
                        catalog.begin_run("shop", Operation::Verify, None, None, at(second)).await.unwrap();
                    catalog.finish_run(run, Ok(&n), Some(ID), &[], None, at(second)).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let runs = Catalog::open(&data).await.unwrap().runs("shop", 1000).await.unwrap();
    assert_eq!(runs.len(), 80);
    assert!(runs.iter().all(|run| run.outcome == RunOutcome::Succeeded));
}

#[cfg(unix)]
#[tokio::test]
async fn others_may_not_read_the_catalog() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("new/data");
    let catalog = Catalog::open(&data).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(catalog.path()), 0o600);
    assert_eq!(mode(&data.join("catalog.db-wal")), 0o600);
}

#[tokio::test]
async fn a_run_whose_process_is_gone_is_recorded_as_failed_by_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    let begin = |operation| catalog.begin_run("shop", operation, None, Some("before the release"), at(1));
    let killed = begin(Operation::Backup).await.unwrap();
    let alive = begin(Operation::Verify).await.unwrap();
    // What the system does with the locks of a killed process.
    drop(killed);
    let other = Catalog::open(dir.path()).await.unwrap();
    assert!(other.stale_runs("another profile").await.unwrap().is_empty());
    let stale = other.stale_runs("shop").await.unwrap();
    assert_eq!(stale.len(), 1);
    other.abandon_run(&stale[0], |_| None, at(5)).await.unwrap();
    assert!(other.stale_runs("shop").await.unwrap().is_empty());

    let runs = other.runs("shop", 10).await.unwrap();
    assert_eq!((runs[0].id, runs[0].outcome.as_str(), runs[0].ended), (alive.id(), "running", None));
    assert_eq!((runs[1].outcome.as_str(), runs[1].ended), ("failed", Some(at(5))));
    assert_eq!(runs[1].reason.as_deref(), Some("before the release"));
    let failure = runs[1].failure.as_ref().unwrap();
    assert_eq!(failure.code, ErrorCode::Interrupted);
    assert_eq!(failure.message, "the process of this backup ended without finishing it");
}

#[tokio::test]
async fn a_run_keeps_how_it_ended() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    let begin = || catalog.begin_run("shop", Operation::Backup, None, None, at(1));
    let failed = Error::new(ErrorCode::StoreFull, "no room", "make room");
    for (result, archive) in
        [(Ok(&"report"), Some(ID)), (Err(&failed), None), (Err(&Error::cancelled()), None)]
    {
        catalog.finish_run(begin().await.unwrap(), result, archive, &[], None, at(2)).await.unwrap();
    }
    let runs = catalog.runs("shop", 2).await.unwrap();
    assert_eq!(runs.iter().map(|r| r.outcome.as_str()).collect::<Vec<_>>(), ["cancelled", "failed"]);
    assert_eq!(runs[1].failure, Some(failed.failure()));
    let all = catalog.runs("shop", 3).await.unwrap();
    assert_eq!(all[2].archive.as_deref(), Some(ID));
    let marks = fs::read_dir(dir.path().join("locks")).unwrap();
    let left = marks.filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with("run-"));
    assert_eq!(left.count(), 0, "ended runs leave no marks behind");
}

#[tokio::test]
async fn archives_are_kept_by_store_with_the_state_that_their_evidence_gives() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    catalog.enter_archive(STORE, &archive(ID)).await.unwrap();
    let state = async || catalog.archives(STORE).await.unwrap()[ID].summary.clone().unwrap().state;
    assert_eq!(state().await, ArchiveState::Stored);
    catalog.record_evidence(STORE, ID, Depth::Stored, "", at(1)).await.unwrap();
    assert_eq!(state().await, ArchiveState::Verified(at(1)));

    // Entered again after the catalog was lost: what only the backup knew stays.
    catalog.enter_archive(STORE, &ArchiveSummary { duration_ms: None, ..archive(ID) }).await.unwrap();
    let expected = ArchiveSummary { state: ArchiveState::Verified(at(1)), ..archive(ID) };
    assert_eq!(catalog.archives(STORE).await.unwrap()[ID].summary, Some(expected));

    assert!(catalog.archives("/another/store").await.unwrap().is_empty());
    catalog.forget_archive(STORE, ID).await.unwrap();
    assert!(catalog.archives(STORE).await.unwrap().is_empty());
    assert!(catalog.evidence(STORE, ID).await.unwrap().is_empty());
}

#[test]
fn damage_stays_until_a_check_as_deep_finds_none() {
    let seen = |second, depth: Depth, finding: &str| Evidence {
        at: at(second),
        depth: depth.into(),
        finding: finding.to_owned(),
    };
    let ok = |second, depth| seen(second, depth, "");
    let bad = |second, depth| seen(second, depth, "frame 3 is damaged");
    use ArchiveState::{Damaged, Restored, Stored, Verified};
    use Depth::{Content, Restored as Back, Stored as Tags};
    for (evidence, expected) in [
        (vec![], Stored),
        (vec![ok(1, Tags), ok(4, Content), ok(2, Tags)], Verified(at(4))),
        (vec![ok(1, Back), ok(2, Tags)], Restored(at(1))),
        (vec![ok(1, Content), bad(2, Tags)], Damaged(at(2))),
        (vec![bad(2, Tags), ok(3, Tags)], Verified(at(3))),
        (vec![bad(2, Tags), ok(3, Content)], Verified(at(3))),
        (vec![bad(2, Content), ok(3, Tags)], Damaged(at(2))),
        // A restore reads only what was asked for.
        (vec![bad(2, Tags), ok(3, Back)], Damaged(at(2))),
        (vec![bad(2, Back), ok(3, Back)], Restored(at(3))),
        (vec![bad(2, Tags), ok(2, Tags)], Damaged(at(2))),
    ] {
        assert_eq!(state(&evidence), expected, "{evidence:?}");
    }
}

#[tokio::test]
async fn a_damaged_catalog_is_named_with_the_way_out() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FILE_NAME), vec![b'x'; 8192]).unwrap();
    let error = Catalog::open(dir.path()).await.err().unwrap();
    assert_eq!(error.code(), ErrorCode::CatalogFailed);
    assert!(error.to_string().ends_with("is damaged"), "{error}");
    assert!(error.hint().contains("aitta catalog rebuild"), "{}", error.hint());
}

/// It holds the audit trail, so no hint may lead to its loss.
#[test]
fn a_catalog_that_cannot_be_used_is_to_be_kept() {
    let error = broken(Path::new("/data/catalog.db"), sqlx::Error::PoolTimedOut);
    assert_eq!(error.code(), ErrorCode::CatalogFailed);
    assert!(error.hint().contains("keep the renamed file"), "{}", error.hint());
}

#[tokio::test]
async fn a_catalog_of_a_newer_version_is_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'later', TRUE, x'00', 0)",
    )
    .execute(&catalog.pool)
    .await
    .unwrap();
    let error = Catalog::open(dir.path()).await.err().unwrap();
    assert_eq!(error.code(), ErrorCode::CatalogFailed);
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Catalog::open(&file.join("data")).await.err().unwrap();
    assert_eq!(error.code(), ErrorCode::CatalogFailed);
    assert!(error.hint().contains("AITTA_DATA_DIR"), "{}", error.hint());
}
