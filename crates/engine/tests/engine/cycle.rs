//! The main job through the public operations: backup, list, verify, damage, restore, proof.

use std::path::Path;
use std::sync::Arc;

use aitta_engine::config::Profile;
use aitta_engine::keys::{self, KeyRing, MemoryVault};
use aitta_engine::restore::Outcome;
use aitta_engine::store::archive_name;
use aitta_engine::{Context, Silent, archives, backup, restore, sample, verify};
use aitta_model::{
    ArchiveSelector, ArchiveState, BackupRequest, DatabaseUrl, ErrorCode, Operation, RestoreRequest,
    RunOutcome, Severity, VerifyLevel, VerifyRequest, VerifyScope,
};
use aitta_testing::profile;
use sqlx::{Connection, Executor, Row, SqliteConnection};
use tokio_util::sync::CancellationToken;

async fn context(dir: &Path) -> Context {
    let database = dir.join("carwash.db");
    sample::create(&database).await.unwrap();
    std::fs::create_dir(dir.join("store")).unwrap();
    let profile = Profile {
        name: "carwash".to_owned(),
        database_url: Some(DatabaseUrl::new(format!("sqlite:{}", database.display()))),
        create_store: false,
        ..profile(dir)
    };
    let mut context = Context::new(profile).await.unwrap();
    let key = keys::generate().unwrap();
    context.key_ring = Some(Arc::new(KeyRing::from_hex(&key.key).unwrap()));
    context.vault = Arc::new(MemoryVault::default());
    context
}

async fn count(dir: &Path, sql: &'static str) -> i64 {
    let url = format!("sqlite:{}", dir.join("carwash.db").display());
    let mut conn = SqliteConnection::connect(&url).await.unwrap();
    conn.fetch_one(sql).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_tables_come_back_and_others_stay() {
    let dir = tempfile::tempdir().unwrap();
    let context = context(dir.path()).await;
    let made = backup::create(&context, BackupRequest::default(), &Silent).await.unwrap();
    assert!(made.archive.rows.unwrap() > 10_000);
    assert!(made.frames_checked > 9);

    let request =
        VerifyRequest { scope: VerifyScope::One(ArchiveSelector::Latest), level: VerifyLevel::Content };
    let verified = verify::verify(&context, request, &Silent).await.unwrap();
    assert!(verified.all_ok(), "{verified:?}");
    assert_eq!(verified.results[0].rows, made.archive.rows);
    assert_eq!(verified.results[0].remarks, Vec::<String>::new());

    let url = format!("sqlite:{}", dir.path().join("carwash.db").display());
    let mut conn = SqliteConnection::connect(&url).await.unwrap();
    let bookings = count(dir.path(), "SELECT count(*) FROM Booking WHERE status <> 'broken'").await;
    conn.execute(
        "DROP TABLE Testimonial; UPDATE Booking SET status = 'broken'; UPDATE Setting SET value = 'new'",
    )
    .await
    .unwrap();
    conn.close().await.unwrap();

    let request = RestoreRequest {
        tables: vec!["booking".to_owned(), "Testimonial".to_owned()],
        reason: Some("drill".to_owned()),
        ..RestoreRequest::default()
    };
    let Outcome::Report(report) = restore::restore(&context, request, &Silent).await.unwrap() else {
        panic!("no dry run was asked for");
    };
    assert_eq!(report.proofs.len(), 2);
    assert!(report.proofs.iter().all(aitta_model::TableProof::equal));
    assert!(report.safety_archive.is_some());
    assert_eq!(count(dir.path(), "SELECT count(*) FROM Booking WHERE status = 'broken'").await, 0);
    assert_eq!(count(dir.path(), "SELECT count(*) FROM Booking").await, bookings);
    assert_eq!(count(dir.path(), "SELECT count(*) FROM Setting WHERE value <> 'new'").await, 0, "not chosen");

    // The newest archive is the safety archive now, and it holds the damage.
    let again = RestoreRequest {
        tables: vec!["Booking".to_owned()],
        dry_run: true,
        reason: Some("drill".to_owned()),
        ..RestoreRequest::default()
    };
    let Outcome::Plan(plan) = restore::restore(&context, again, &Silent).await.unwrap() else {
        panic!("a dry run was asked for");
    };
    assert_eq!(plan.archive, made.archive.id);
    assert!(plan.findings.iter().any(|f| f.message.contains("safety archive")), "{plan:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_backup_leaves_nothing_in_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let context = context(dir.path()).await;
    context.cancel.cancel();
    let error = backup::create(&context, BackupRequest::default(), &Silent).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Cancelled);
    assert_eq!(files(&dir.path().join("store")), Vec::<String>::new());
}

/// Its safety archive was stopped with it, and is nobody's failure.
#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_is_stopped_leaves_no_failed_backup_behind() {
    let dir = tempfile::tempdir().unwrap();
    let context = context(dir.path()).await;
    backup::create(&context, BackupRequest::default(), &Silent).await.unwrap();
    let stop = CancellationToken::new();
    // So slowly that the safety archive is under way for as long as this takes.
    let slow = context.clone().limited(50_000).stopped_by(stop.clone());
    let request = RestoreRequest {
        tables: vec!["Booking".to_owned()],
        reason: Some("drill".to_owned()),
        ..RestoreRequest::default()
    };
    let restoring = tokio::spawn(async move { restore::restore(&slow, request, &Silent).await.map(drop) });
    let safety = async {
        loop {
            let runs = context.catalog.runs("carwash", 1).await.unwrap();
            if runs[0].operation.known() == Some(Operation::Backup) && runs[0].ended.is_none() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), safety).await.unwrap();
    stop.cancel();
    assert_eq!(restoring.await.unwrap().unwrap_err().code(), ErrorCode::Cancelled);
    // The next run would find what was left.
    backup::create(&context, BackupRequest::default(), &Silent).await.unwrap();
    let runs = context.catalog.runs("carwash", 10).await.unwrap();
    let told = runs.iter().map(|run| (run.operation.known().unwrap(), run.outcome.known().unwrap()));
    let (backup, restore) = (Operation::Backup, Operation::Restore);
    let (cancelled, succeeded) = (RunOutcome::Cancelled, RunOutcome::Succeeded);
    assert_eq!(
        told.collect::<Vec<_>>(),
        [(backup, succeeded), (backup, cancelled), (restore, cancelled), (backup, succeeded)]
    );
    assert_eq!(archives::list(&context, None).await.unwrap().archives.len(), 2);
}

/// Statements on the catalog, from beside it.
async fn on_catalog(dir: &Path, sql: &'static str) {
    let url = format!("sqlite:{}", dir.join("data/catalog.db").display());
    let mut conn = SqliteConnection::connect(&url).await.unwrap();
    conn.execute(sql).await.unwrap();
    conn.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_restore_that_cannot_be_recorded_is_still_a_restore() {
    let dir = tempfile::tempdir().unwrap();
    let context = context(dir.path()).await;
    backup::create(&context, BackupRequest::default(), &Silent).await.unwrap();
    on_catalog(
        dir.path(),
        "CREATE TRIGGER no_evidence BEFORE INSERT ON evidence WHEN NEW.depth = 'restored' \
            BEGIN SELECT RAISE(ABORT, 'no room for evidence'); END; \
         CREATE TRIGGER no_end BEFORE UPDATE OF outcome ON runs WHEN NEW.operation = 'restore' \
            BEGIN SELECT RAISE(ABORT, 'no room for the end'); END",
    )
    .await;
    // Only a restore of everything proves the archive.
    let request = RestoreRequest { reason: Some("drill".to_owned()), ..RestoreRequest::default() };
    let Outcome::Report(report) = restore::restore(&context, request, &Silent).await.unwrap() else {
        panic!("no dry run was asked for");
    };
    assert!(report.proofs.iter().all(aitta_model::TableProof::equal));
    for told in ["no room for evidence", "no room for the end"] {
        let finding = report.findings.iter().find(|f| f.message.contains(told)).unwrap();
        assert_eq!(finding.severity, Severity::Warning);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_that_a_restore_meets_is_listed() {
    let dir = tempfile::tempdir().unwrap();
    let context = context(dir.path()).await;
    let id = backup::create(&context, BackupRequest::default(), &Silent).await.unwrap().archive.id;
    let path = dir.path().join("store").join(archive_name(&id));
    let whole = std::fs::read(&path).unwrap();
    let restored = async |tables: &[&str]| {
        let tables = tables.iter().map(|&t| t.to_owned()).collect();
        restore::restore(
            &context,
            RestoreRequest { tables, reason: Some("drill".to_owned()), ..RestoreRequest::default() },
            &Silent,
        )
        .await
    };
    // The end of the file, and something in the middle of the rows.
    for (at, depth) in [(whole.len() - 1, "stored"), (whole.len() / 2, "content")] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(restored(&[]).await.unwrap_err().code(), ErrorCode::ArchiveDamaged);
        let location = context.store.location();
        let found = context.catalog.evidence(&location, &id).await.unwrap().remove(0);
        assert!(found.depth.as_str() == depth && !found.finding.is_empty(), "{found:?}");
        let list = archives::list(&context, None).await.unwrap();
        assert!(matches!(list.archives[0].state, ArchiveState::Damaged(_)), "{list:?}");
    }
    // Another table can be had, but that says nothing about the damaged one.
    restored(&["Testimonial"]).await.unwrap();
    let list = archives::list(&context, None).await.unwrap();
    let listed = list.archives.iter().find(|a| a.id == id).unwrap();
    assert!(matches!(listed.state, ArchiveState::Damaged(_)), "{:?}", listed.state);
}

#[tokio::test(flavor = "multi_thread")]
async fn latest_is_the_newest_of_the_own_database_everywhere() {
    let dir = tempfile::tempdir().unwrap();
    let own = context(dir.path()).await;
    let id = backup::create(&own, BackupRequest::default(), &Silent).await.unwrap().archive.id;
    let tables = vec!["Testimonial".to_owned()];
    let request = RestoreRequest {
        tables: tables.clone(),
        reason: Some("drill".to_owned()),
        ..RestoreRequest::default()
    };
    let Outcome::Report(report) = restore::restore(&own, request, &Silent).await.unwrap() else {
        panic!("no dry run was asked for");
    };
    assert!(report.safety_archive.is_some(), "it is the newest now");
    // Another profile with the same store.
    let file = dir.path().join("other.db");
    std::fs::copy(dir.path().join("carwash.db"), &file).unwrap();
    let mut other = own.clone();
    let mut profile = (*own.profile).clone();
    profile.database_url = Some(DatabaseUrl::new(format!("sqlite:{}", file.display())));
    other.profile = Arc::new(profile.clone());
    let others = backup::create(&other, BackupRequest::default(), &Silent).await.unwrap().archive.id;

    let latest = ArchiveSelector::Latest;
    let shown = async |context: &Context| archives::show(context, &latest).await.unwrap().summary.id;
    assert_eq!((shown(&own).await, shown(&other).await), (id.clone(), others.clone()));
    let request = VerifyRequest { scope: VerifyScope::One(latest.clone()), level: VerifyLevel::Stored };
    assert_eq!(verify::verify(&own, request, &Silent).await.unwrap().results[0].id, id);
    profile.database_url = None;
    let mut nobodys = own.clone();
    nobodys.profile = Arc::new(profile);
    assert_eq!(shown(&nobodys).await, others);

    let by_id = async |context: &Context, to: Option<DatabaseUrl>| {
        let archive = ArchiveSelector::Id(others.clone());
        let request = RestoreRequest {
            archive,
            tables: tables.clone(),
            to,
            dry_run: true,
            reason: Some("drill".to_owned()),
            ..RestoreRequest::default()
        };
        let Outcome::Plan(plan) = restore::restore(context, request, &Silent).await.unwrap() else {
            panic!("a dry run was asked for");
        };
        plan.findings.iter().any(|f| f.severity == Severity::Warning && f.message.contains("other.db"))
    };
    assert!(by_id(&own, None).await);
    assert!(!by_id(&other, None).await && !by_id(&own, own.profile.database_url.clone()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_the_same_name_elsewhere_is_another_one() {
    let dir = tempfile::tempdir().unwrap();
    let own = context(dir.path()).await;
    backup::create(&own, BackupRequest::default(), &Silent).await.unwrap();
    // The same name in another folder, one store, and no archive of its own yet.
    let folder = dir.path().join("staging");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("carwash.db");
    std::fs::copy(dir.path().join("carwash.db"), &file).unwrap();
    let mut staging = own.clone();
    let mut profile = (*own.profile).clone();
    profile.database_url = Some(DatabaseUrl::new(format!("sqlite:{}", file.display())));
    staging.profile = Arc::new(profile.clone());
    let error = restore::restore(&staging, RestoreRequest::default(), &Silent).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ReasonMissing);
    let request = RestoreRequest { reason: Some("drill".to_owned()), ..RestoreRequest::default() };
    let error = restore::restore(&staging, request, &Silent).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ArchiveNotFound);
    assert!(error.hint().contains("name it by its id"), "{}", error.hint());
    let newest = backup::create(&staging, BackupRequest::default(), &Silent).await.unwrap().archive.id;
    let shown = archives::show(&own, &ArchiveSelector::Latest).await.unwrap().summary.id;
    assert_ne!(shown, newest);
    // By the name of a link it is still the same.
    let link = dir.path().join("link.db");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    profile.database_url = Some(DatabaseUrl::new(format!("sqlite:{}", link.display())));
    staging.profile = Arc::new(profile);
    assert_eq!(archives::show(&staging, &ArchiveSelector::Latest).await.unwrap().summary.id, newest);
}

#[tokio::test]
async fn an_unknown_id_brings_up_the_near_ones() {
    let dir = tempfile::tempdir().unwrap();
    let context = context(dir.path()).await;
    let id = backup::create(&context, BackupRequest::default(), &Silent).await.unwrap().archive.id;
    let mut mistyped = id.clone();
    let last = mistyped.pop().unwrap();
    mistyped.push(if last == '0' { '1' } else { '0' });
    let cut = id.rsplit_once('-').unwrap().0.to_owned();
    for (wanted, found) in
        [(mistyped, true), (cut, true), ("backup-1642684800000-a1b2c3d4".to_owned(), false)]
    {
        let error = archives::show(&context, &ArchiveSelector::Id(wanted.clone())).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::ArchiveNotFound);
        assert_eq!(error.hint().contains(&id), found, "{wanted}: {}", error.hint());
    }
}

fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path().display().to_string());
        }
    }
    found
}
