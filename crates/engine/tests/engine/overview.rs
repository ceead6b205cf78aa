//! Is the data safe? Every answer, from what really happened.

use std::path::Path;
use std::sync::Arc;

use aitta_engine::config::Profile;
use aitta_engine::keys::{self, KeyRing, MemoryVault};
use aitta_engine::overview::{accept, overview};
use aitta_engine::restore::Outcome;
use aitta_engine::review::review;
use aitta_engine::store::archive_name;
use aitta_engine::{Context, ManualClock, Silent, archives, backup, restore, runs, sample, trail, verify};
use aitta_model::{
    AcceptRequest, ArchiveSelector, ArchiveState, AuditQuery, BackupRequest, DatabaseUrl, Date, ErrorCode,
    ListReport, Operation, Overview, ReasonCode, RestoreReport, RestoreRequest, TableLoss, Timestamp,
    Verdict, VerifyLevel, VerifyRequest, VerifyScope,
};
use aitta_testing::profile;
use jiff::ToSpan;

mod losses;
mod month;

const HALF_GONE: &str = "DELETE FROM \"EmailNotification\" WHERE rowid % 2 = 0";

async fn execute_in(file: &Path, sql: &str) {
    let url = format!("sqlite:{}", file.display());
    let mut conn = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut conn).await.unwrap();
    sqlx::Connection::close(conn).await.unwrap();
}

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
        self.overview().await.verdict
    }

    async fn overview(&self) -> Overview {
        overview(&self.context).await.unwrap()
    }

    /// As somebody does who forgets that there is an Aitta.
    async fn execute(&self, sql: &str) {
        execute_in(&self.path().join("carwash.db"), sql).await;
    }

    /// As somebody does who has the file of the catalog.
    async fn forge(&self, sql: &str) {
        execute_in(self.context.catalog.path(), sql).await;
    }

    /// Two backups, a minute apart: between them half of a table was deleted.
    async fn with_a_loss() -> (Self, String, String) {
        let scene = Self::new().await;
        let before = scene.back_up().await;
        scene.execute(HALF_GONE).await;
        scene.at(1);
        let after = scene.back_up().await;
        (scene, before, after)
    }

    async fn accept(&self, id: &str, reason: Option<&str>) -> aitta_engine::Result<Vec<TableLoss>> {
        let request = AcceptRequest { id: id.to_owned(), reason: reason.map(str::to_owned) };
        accept(&self.context, request).await.map(|report| report.tables)
    }

    /// Into a new file, or into the database itself.
    async fn restore(&self, id: &str, tables: &[&str], file: Option<&str>) -> RestoreReport {
        let request = RestoreRequest {
            archive: ArchiveSelector::Id(id.to_owned()),
            tables: tables.iter().map(|name| (*name).to_owned()).collect(),
            to: file.map(|file| DatabaseUrl::new(format!("sqlite:{}", self.path().join(file).display()))),
            reason: Some("drill".to_owned()),
            ..RestoreRequest::default()
        };
        match restore::restore(&self.context, request, &Silent).await.unwrap() {
            Outcome::Report(report) => report,
            Outcome::Plan(plan) => panic!("only planned: {plan:?}"),
        }
    }

    /// One bit of this archive is another, and a verification has found it.
    async fn damage(&self, id: &str) {
        let file = self.path().join("store").join(archive_name(id));
        let mut bytes = std::fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&file, bytes).unwrap();
        let request = VerifyRequest {
            scope: VerifyScope::One(ArchiveSelector::Id(id.to_owned())),
            level: VerifyLevel::Stored,
        };
        verify::verify(&self.context, request, &Silent).await.unwrap();
    }
}

/// As on a new machine: backups of another one are neither called none nor taken for those of this profile.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_nothing_is_said_to_be_protected_or_missing() {
    let mut scene = Scene::new().await;
    scene.back_up().await;
    let mut profile = scene.context.profile.as_ref().clone();
    profile.database_url = None;
    scene.context.profile = Arc::new(profile);
    let seen = overview(&scene.context).await.unwrap();
    assert_eq!(seen.verdict, Verdict::NoDatabase { archives: 1 });
    assert_eq!((seen.last_backup, seen.profile.database), (None, None));
    std::fs::remove_dir_all(scene.path().join("store")).unwrap();
    let seen = overview(&scene.context).await.unwrap();
    assert!(matches!(seen.verdict, Verdict::Unknown { .. }), "{:?}", seen.verdict);
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
    scene.damage(&id).await;
    assert_eq!(scene.verdict().await, Verdict::Damaged { archive: id, others: 0 });

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
async fn rows_that_are_back_are_lost_no_longer_and_a_part_proves_no_recovery() {
    let (scene, before, _) = Scene::with_a_loss().await;
    let report = scene.restore(&before, &["EmailNotification"], None).await;
    assert!(matches!(scene.verdict().await, Verdict::Shrunk { .. }), "no backup has them yet");
    scene.at(2);
    scene.back_up().await;
    let seen = scene.overview().await;
    assert_eq!((seen.verdict, seen.last_restore), (Verdict::NeverRestored, None));
    let part = seen.partial_restore.unwrap();
    assert_eq!((part.tables, part.of_tables), (1, Some(9)));

    // Undone, it proves no more.
    let safety = report.safety_archive.unwrap();
    scene.restore(&safety, &["EmailNotification"], None).await;
    let seen = scene.overview().await;
    assert_eq!((seen.verdict, seen.last_restore), (Verdict::NeverRestored, None));

    scene.restore(&before, &[], Some("whole.db")).await;
    let seen = scene.overview().await;
    assert_eq!((seen.verdict, seen.partial_restore), (Verdict::Safe, None));
    assert_eq!(seen.last_restore.unwrap().of_tables, Some(9));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_cannot_be_read_is_counted_and_breaks_nothing() {
    let scene = Scene::new().await;
    let first = scene.back_up().await;
    scene.at(1);
    let second = scene.back_up().await;
    scene.restore(&second, &[], Some("whole.db")).await;
    for garbled in
        ["'{\"archive\": 17'", "'{\"archive\": {\"size_bytes\": \"x\"}}'", "CAST(X'ff00fe' AS TEXT)"]
    {
        scene.forge(&format!("UPDATE runs SET report = {garbled} WHERE archive = '{first}'")).await;
        scene.forge("DELETE FROM backups").await;
        let seen = scene.overview().await;
        assert_eq!((seen.verdict, seen.unreadable), (Verdict::Safe, 1), "{garbled}");
        assert_eq!(seen.uncompared, 1, "what it held is not known");
        assert_eq!((seen.succeeded, seen.failed), (1, 0));
        assert_eq!(seen.recent.len(), 3);
    }
    scene
        .forge(&format!("UPDATE runs SET report = 'x' WHERE archive = '{second}' AND operation = 'restore'"))
        .await;
    let seen = scene.overview().await;
    assert_eq!((seen.verdict, seen.unreadable), (Verdict::NeverRestored, 2));
    // The archive itself says what its report does not.
    archives::rebuild(&scene.context).await.unwrap();
    assert_eq!(scene.overview().await.uncompared, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_that_cannot_be_read_is_a_failure_still() {
    let scene = Scene::new().await;
    scene.back_up().await;
    scene.at(1);
    scene.fail_once().await;
    scene.forge("UPDATE runs SET failure = '{' WHERE outcome = 'failed'").await;
    let seen = scene.overview().await;
    assert!(
        matches!(&seen.verdict, Verdict::LastFailed { failure } if failure.code == ErrorCode::CatalogFailed)
    );
    assert_eq!(seen.failed, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_the_same_name_at_another_place_is_another_one() {
    let mut scene = Scene::new().await;
    let own = scene.back_up().await;
    scene.restore(&own, &[], Some("whole.db")).await;
    assert_eq!(scene.verdict().await, Verdict::Safe);
    let other = scene.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::copy(scene.path().join("carwash.db"), other.join("carwash.db")).unwrap();
    let url = DatabaseUrl::new(format!("sqlite:{}", other.join("carwash.db").display()));
    let profile = (*scene.context.profile).clone();
    scene.context.profile = Arc::new(Profile { database_url: Some(url), ..profile });
    assert_eq!(scene.verdict().await, Verdict::NoBackup { failure: None });
    scene.execute(HALF_GONE).await;
    std::fs::copy(scene.path().join("carwash.db"), other.join("carwash.db")).unwrap();
    scene.at(1);
    scene.back_up().await;
    assert_eq!(scene.verdict().await, Verdict::NeverRestored, "neither its rows nor its restore count");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_of_which_some_tables_were_restored_is_not_listed_as_restored() {
    let scene = Scene::new().await;
    let id = scene.back_up().await;
    scene.restore(&id, &["Testimonial"], None).await;
    let state = |list: ListReport| list.archives.iter().find(|a| a.id == id).unwrap().state;
    assert!(matches!(state(archives::list(&scene.context, None).await.unwrap()), ArchiveState::Verified(_)));
    scene.restore(&id, &[], Some("whole.db")).await;
    assert!(matches!(state(archives::list(&scene.context, None).await.unwrap()), ArchiveState::Restored(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_that_the_archive_was_found_damaged() {
    let scene = Scene::new().await;
    let id = scene.back_up().await;
    let plan = || async {
        let request = RestoreRequest {
            archive: ArchiveSelector::Id(id.clone()),
            dry_run: true,
            to: Some(DatabaseUrl::new(format!("sqlite:{}", scene.path().join("new.db").display()))),
            ..RestoreRequest::default()
        };
        match restore::restore(&scene.context, request, &Silent).await.unwrap() {
            Outcome::Plan(plan) => plan.findings,
            Outcome::Report(report) => panic!("it was done: {report:?}"),
        }
    };
    assert!(!plan().await.iter().any(|finding| finding.message.contains("damaged")));
    scene.damage(&id).await;
    let findings = plan().await;
    assert!(findings.iter().any(|finding| finding.message.contains("was found damaged")), "{findings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_of_another_database_proves_nothing_of_this_one() {
    let mut scene = Scene::new().await;
    let id = scene.back_up().await;
    scene.restore(&id, &[], Some("whole.db")).await;
    assert_eq!(scene.verdict().await, Verdict::Safe);
    let url = format!("sqlite:{}", scene.path().join("whole.db").display());
    let profile = (*scene.context.profile).clone();
    scene.context.profile = Arc::new(Profile { database_url: Some(DatabaseUrl::new(url)), ..profile });
    scene.at(1);
    scene.back_up().await;
    assert_eq!(scene.verdict().await, Verdict::NeverRestored);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_out_of_reach_is_not_called_empty() {
    let scene = Scene::new().await;
    let id = scene.back_up().await;
    std::fs::rename(scene.path().join("store"), scene.path().join("away")).unwrap();
    let seen = scene.overview().await;
    assert!(matches!(seen.verdict, Verdict::Unknown { .. }), "{:?}", seen.verdict);
    let last = seen.last_backup.unwrap();
    assert_eq!((last.archive, last.created), (id, "2026-11-02T02:00:00Z".parse().unwrap()));
    assert_eq!(seen.storage, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn older_backups_are_told_of_only_when_there_are_some() {
    let scene = Scene::new().await;
    let only = scene.back_up().await;
    scene.damage(&only).await;
    assert_eq!(scene.verdict().await, Verdict::Damaged { archive: only, others: 0 });
    scene.at(1);
    let second = scene.back_up().await;
    scene.at(2);
    let third = scene.back_up().await;
    scene.damage(&third).await;
    assert_eq!(scene.verdict().await, Verdict::Damaged { archive: third, others: 1 });
    scene.damage(&second).await;
    assert!(matches!(scene.verdict().await, Verdict::Damaged { others: 0, .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_days_are_no_trend_of_the_storage() {
    let mut scene = Scene::new().await;
    let limited = Profile { quota_bytes: Some(50_000_000), ..(*scene.context.profile).clone() };
    scene.context.profile = Arc::new(limited);
    scene.back_up().await;
    scene.at(6 * 24 * 60);
    scene.back_up().await;
    assert_eq!(scene.overview().await.storage.unwrap().alert_at, None);
    scene.at(8 * 24 * 60);
    assert!(scene.overview().await.storage.unwrap().alert_at.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_others_are_felt() {
    let scene = Scene::new().await;
    let none = runs::pulse(&scene.context).await.unwrap();
    assert_eq!((none.newest, none.running), (0, 0));
    // Another process has the same catalog open.
    let other = Context::new((*scene.context.profile).clone()).await.unwrap();
    scene.back_up().await;
    let one = runs::pulse(&other).await.unwrap();
    assert_eq!((one.newest, one.running), (runs::list(&other, 1).await.unwrap()[0].id, 0));
    scene.fail_once().await;
    assert!(runs::pulse(&other).await.unwrap().newest > one.newest);
}

/// A backup of chosen tables is no backup of the database, and all of it that comes back proves no recovery of that.
#[tokio::test(flavor = "multi_thread")]
async fn everything_of_a_backup_of_one_table_proves_no_recovery() {
    let scene = Scene::new().await;
    scene.back_up().await;
    scene.at(1);
    let request = BackupRequest { tables: vec!["Testimonial".to_owned()], ..BackupRequest::default() };
    let part = backup::create(&scene.context, request, &Silent).await.unwrap().archive.id;
    let report = scene.restore(&part, &["Testimonial"], Some("part.db")).await;
    assert!(!report.whole, "{report:?}");
    let seen = scene.overview().await;
    assert_eq!((seen.verdict, seen.last_restore), (Verdict::NeverRestored, None));
    let point = seen.partial_restore.unwrap();
    assert_eq!((point.tables, point.of_tables), (1, Some(1)));
}
