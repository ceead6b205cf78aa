//! The main job through the public operations: backup, list, verify, damage, restore, proof.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::sync::Arc;

use aitta_engine::config::{Profile, StoreConfig};
use aitta_engine::keys::{self, KeyRing};
use aitta_engine::restore::Outcome;
use aitta_engine::{Context, Silent, backup, restore, sample, verify};
use aitta_model::{
    ArchiveSelector, BackupRequest, DatabaseUrl, ErrorCode, RestoreRequest, VerifyLevel, VerifyRequest,
    VerifyScope,
};
use sqlx::{Connection, Executor, Row, SqliteConnection};

async fn context(dir: &Path) -> Context {
    let database = dir.join("carwash.db");
    sample::create(&database).await.unwrap();
    let store = dir.join("store");
    std::fs::create_dir(&store).unwrap();
    let profile = Profile {
        name: "carwash".to_owned(),
        database_url: Some(DatabaseUrl::new(format!("sqlite:{}", database.display()))),
        store: StoreConfig::Local { dir: store },
        create_store: false,
        retention_days: 30,
        auto_backup: false,
        pg_bin_dir: None,
        data_dir: dir.join("data"),
    };
    let mut context = Context::new(profile).await.unwrap();
    let key = keys::generate().unwrap();
    context.key_ring = Some(Arc::new(KeyRing::from_hex(&key.key).unwrap()));
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
    let again =
        RestoreRequest { tables: vec!["Booking".to_owned()], dry_run: true, ..RestoreRequest::default() };
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
