//! Is the data safe? Every answer, from what really happened.

use std::path::Path;
use std::sync::Arc;

use aitta_engine::config::Profile;
use aitta_engine::keys::{self, KeyRing, MemoryVault};
use aitta_engine::overview::{overview, review};
use aitta_engine::restore::Outcome;
use aitta_engine::store::archive_name;
use aitta_engine::{Context, ManualClock, Silent, backup, restore, runs, sample, verify};
use aitta_model::{
    ArchiveSelector, BackupRequest, DatabaseUrl, Date, ErrorCode, RestoreRequest, Timestamp, Verdict,
    VerifyLevel, VerifyRequest, VerifyScope,
};
use aitta_testing::profile;
use jiff::ToSpan;

struct Scene {
    dir: tempfile::TempDir,
    clock: ManualClock,
    context: Context,
}

impl Scene {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("carwash.db");
        sample::create(&database).await.unwrap();
        std::fs::create_dir(dir.path().join("store")).unwrap();
        let clock = ManualClock::at("2026-11-02T02:00:00Z".parse().unwrap());
        let profile = Profile {
            name: "carwash".to_owned(),
            database_url: Some(DatabaseUrl::new(format!("sqlite:{}", database.display()))),
            create_store: false,
            ..profile(dir.path())
        };
        let mut context = Context::new(profile).await.unwrap();
        let key = keys::generate().unwrap();
        context.key_ring = Some(Arc::new(KeyRing::from_hex(&key.key).unwrap()));
        context.vault = Arc::new(MemoryVault::default());
        context.clock = Arc::new(clock.clone());
        Self { dir, clock, context }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn at(&self, minutes: i64) {
        let start: Timestamp = "2026-11-02T02:00:00Z".parse().unwrap();
        self.clock.set(start + minutes.minutes());
    }

    async fn back_up(&self) -> String {
        backup::create(&self.context, BackupRequest::default(), &Silent).await.unwrap().archive.id
    }

    /// The store's disk is gone for one attempt.
    async fn fail_once(&self) {
        let (store, away) = (self.path().join("store"), self.path().join("away"));
        std::fs::rename(&store, &away).unwrap();
        let error = backup::create(&self.context, BackupRequest::default(), &Silent).await.unwrap_err();
        std::fs::rename(&away, &store).unwrap();
        assert_eq!(error.code(), ErrorCode::StoreMissing);
    }

    async fn verdict(&self) -> Verdict {
        overview(&self.context).await.unwrap().verdict
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn safe_needs_a_verified_backup_that_is_new_enough_and_a_proven_restore() {
    let scene = Scene::new().await;
    assert_eq!(scene.verdict().await, Verdict::NoBackup { failure: None });
    scene.fail_once().await;
    let Verdict::NoBackup { failure: Some(failure) } = scene.verdict().await else { panic!("no backup yet") };
    assert_eq!(failure.code, ErrorCode::StoreMissing);

    scene.at(1);
    let id = scene.back_up().await;
    assert_eq!(scene.verdict().await, Verdict::NeverRestored);
    let copy = scene.path().join("copy.db");
    let request = RestoreRequest {
        to: Some(DatabaseUrl::new(format!("sqlite:{}", copy.display()))),
        reason: Some("drill".to_owned()),
        ..RestoreRequest::default()
    };
    let done = restore::restore(&scene.context, request, &Silent).await.unwrap();
    assert!(matches!(done, Outcome::Report(_)));
    assert_eq!(scene.verdict().await, Verdict::Safe);

    scene.at(30);
    scene.fail_once().await;
    assert!(
        matches!(scene.verdict().await, Verdict::LastFailed { failure } if failure.code == ErrorCode::StoreMissing)
    );
    scene.at(62);
    assert!(matches!(scene.verdict().await, Verdict::TooOld { age_s: 3660, failure: Some(_) }));

    let seen = overview(&scene.context).await.unwrap();
    let last = seen.last_backup.unwrap();
    assert_eq!((last.archive, last.run.is_some()), (id, true));
    assert_eq!((seen.succeeded, seen.failed), (1, 2));
    assert_eq!(seen.last_restore.unwrap().tables, 9);
    assert_eq!(seen.key.unwrap().since, Some("2026-11-02T02:01:00Z".parse().unwrap()));
    let storage = seen.storage.unwrap();
    assert_eq!(storage.archives, 1);
    assert!(storage.used_bytes.unwrap() < storage.total_bytes.unwrap());
    let agreed = Profile { quota_bytes: Some(5_000_000_000), ..(*scene.context.profile).clone() };
    let agreed = Context { profile: Arc::new(agreed), ..scene.context.clone() };
    let storage = overview(&agreed).await.unwrap().storage.unwrap();
    assert_eq!(storage.total_bytes, Some(5_000_000_000));
    assert_eq!(storage.used_bytes, Some(storage.archives_bytes), "only what lies there counts");
    let told: Vec<(&str, &str)> =
        seen.recent.iter().map(|r| (r.operation.as_str(), r.outcome.as_str())).collect();
    assert_eq!(
        told,
        [("backup", "failed"), ("restore", "succeeded"), ("backup", "succeeded"), ("backup", "failed")]
    );
    assert_eq!(seen.recent[1].figures.tables, Some(9));
    assert_eq!(seen.recent[1].figures.rows, seen.recent[2].figures.rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_and_a_store_that_is_gone_are_never_green() {
    let scene = Scene::new().await;
    let id = scene.back_up().await;
    let file = scene.path().join("store").join(archive_name(&id));
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let request = VerifyRequest {
        scope: VerifyScope::One(ArchiveSelector::Id(id.clone())),
        level: VerifyLevel::Stored,
    };
    verify::verify(&scene.context, request, &Silent).await.unwrap();
    assert_eq!(scene.verdict().await, Verdict::Damaged { archive: id });

    std::fs::rename(scene.path().join("store"), scene.path().join("away")).unwrap();
    assert!(
        matches!(scene.verdict().await, Verdict::Unknown { failure } if failure.code == ErrorCode::StoreMissing)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_keeps_its_log_without_secrets() {
    let scene = Scene::new().await;
    scene.back_up().await;
    let newest = runs::list(&scene.context, 1).await.unwrap().remove(0);
    let details = runs::show(&scene.context, newest.id).await.unwrap();
    let phases: Vec<&str> = details.phases.iter().map(|p| p.name.as_str()).collect();
    let logged: Vec<&str> = details.log.iter().map(|l| l.text.as_str()).collect();
    assert!(phases.iter().all(|phase| logged.contains(phase)), "{phases:?} in {logged:?}");
    assert!(logged.iter().any(|line| line.starts_with("Booking: ") && line.ends_with(" rows")), "{logged:?}");
    assert!(details.log.is_sorted_by_key(|line| line.at_ms));
    let error = runs::show(&scene.context, 999).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConfigInvalid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_is_reviewed_beside_the_one_before() {
    let scene = Scene::new().await;
    let october: Timestamp = "2026-10-20T02:00:00Z".parse().unwrap();
    scene.clock.set(october);
    scene.back_up().await;
    let url = format!("sqlite:{}", scene.path().join("carwash.db").display());
    let mut conn = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    sqlx::raw_sql("DELETE FROM \"Testimonial\"").execute(&mut conn).await.unwrap();
    sqlx::Connection::close(conn).await.unwrap();
    scene.at(0);
    scene.fail_once().await;
    scene.at(10);
    scene.back_up().await;

    let month: Date = "2026-11-15".parse().unwrap();
    let seen = review(&scene.context, month).await.unwrap();
    assert_eq!((seen.month.first.day(), seen.before.first.month()), (1, 10));
    assert_eq!((seen.month.history.backups.len(), seen.before.history.backups.len()), (1, 1));
    assert_eq!(seen.before.history.days.len(), 31);
    assert_eq!(seen.failures.len(), 1);
    assert_eq!(seen.failures[0].failure.as_ref().unwrap().code, ErrorCode::StoreMissing);
    assert_eq!(seen.tables.len(), 1, "only one has changed: {:?}", seen.tables);
    assert_eq!((seen.tables[0].name.as_str(), seen.tables[0].rows), ("Testimonial", Some(0)));
    assert!(seen.month.longest_restore_ms.is_none() && seen.month.median_duration_ms.is_some());
    let error = review(&scene.context, "2027-01-01".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConfigInvalid);
}
