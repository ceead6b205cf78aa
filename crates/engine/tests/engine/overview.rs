//! Is the data safe? Every answer, from what really happened.

use std::path::Path;
use std::sync::Arc;

use aitta_engine::config::Profile;
use aitta_engine::keys::{self, KeyRing, MemoryVault};
use aitta_engine::overview::{accept, overview, review};
use aitta_engine::restore::Outcome;
use aitta_engine::store::archive_name;
use aitta_engine::{Context, ManualClock, Silent, backup, restore, runs, sample, trail, verify};
use aitta_model::{
    AcceptRequest, ArchiveSelector, AuditQuery, BackupRequest, DatabaseUrl, Date, ErrorCode, Operation,
    Overview, ReasonCode, RestoreReport, RestoreRequest, TableLoss, Timestamp, Verdict, VerifyLevel,
    VerifyRequest, VerifyScope,
};
use aitta_testing::profile;
use jiff::ToSpan;

const HALF_GONE: &str = "DELETE FROM \"EmailNotification\" WHERE rowid % 2 = 0";

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
    async fn execute(&self, sql: &'static str) {
        let url = format!("sqlite:{}", self.path().join("carwash.db").display());
        let mut conn = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
        sqlx::Connection::close(conn).await.unwrap();
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
async fn a_month_is_reviewed_beside_the_one_before() {
    let scene = Scene::new().await;
    let october: Timestamp = "2026-10-20T02:00:00Z".parse().unwrap();
    scene.clock.set(october);
    scene.back_up().await;
    scene.execute("DELETE FROM \"Testimonial\"").await;
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

#[tokio::test(flavor = "multi_thread")]
async fn half_a_table_that_was_deleted_is_not_safe() {
    let (scene, before, after) = Scene::with_a_loss().await;
    let lost = [TableLoss {
        name: "EmailNotification".to_owned(),
        rows_before: 10_000,
        rows: Some(5_000),
        archive: Some(before),
        since: "2026-11-02T02:00:00Z".parse().unwrap(),
    }];
    assert_eq!(
        scene.verdict().await,
        Verdict::Shrunk { archive: after, tables: lost.to_vec(), failure: None }
    );

    scene.at(2);
    let again = scene.back_up().await;
    assert_eq!(
        scene.verdict().await,
        Verdict::Shrunk { archive: again, tables: lost.to_vec(), failure: None },
        "what is backed up once more is still lost"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loss_is_meant_only_when_somebody_says_so_and_why() {
    let (scene, before, after) = Scene::with_a_loss().await;
    let silent = scene.accept(&after, None).await.unwrap_err();
    assert_eq!(silent.code(), ErrorCode::ReasonMissing);
    assert_eq!(silent.to_string(), "a confirmation of a loss needs a reason, for the audit trail");
    let unknown = scene.accept("backup-1793584800000-deadbeef", Some("routine")).await.unwrap_err();
    assert_eq!(unknown.code(), ErrorCode::ArchiveNotFound);
    let older = scene.accept(&before, Some("routine")).await.unwrap_err();
    assert_eq!(older.code(), ErrorCode::ConfigInvalid);
    assert!(older.to_string().contains(&after), "{older} names the newest");
    assert!(matches!(scene.verdict().await, Verdict::Shrunk { .. }));

    let accepted = scene.accept(&after, Some("routine: mail of the old season")).await.unwrap();
    assert_eq!(accepted.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["EmailNotification"]);
    assert_eq!(scene.verdict().await, Verdict::NeverRestored);
    let query = AuditQuery { operation: Some(Operation::AcceptLoss.into()), ..AuditQuery::default() };
    let records = trail::list(&scene.context, query).await.unwrap().records;
    let [ended, begun] = [&records[0].entry, &records[1].entry];
    let reason = begun.reason.as_ref().unwrap();
    assert_eq!((reason.code, reason.text.as_str()), (ReasonCode::Routine, "mail of the old season"));
    assert_eq!(begun.archive.as_deref(), Some(after.as_str()));
    assert!(!begun.actor.user.is_empty());
    assert_eq!((ended.begun, ended.figures.get("tables")), (Some(begun.entry), Some(&1)));
    assert_eq!(
        scene.accept(&after, Some("routine")).await.unwrap_err().code(),
        ErrorCode::ConfigInvalid,
        "there is nothing to accept any more"
    );

    scene.at(2);
    scene.back_up().await;
    assert_eq!(scene.verdict().await, Verdict::NeverRestored, "it stays meant");
    scene.execute("DELETE FROM \"EmailNotification\"").await;
    scene.at(3);
    scene.back_up().await;
    assert!(matches!(scene.verdict().await, Verdict::Shrunk { .. }), "the next loss was not meant with it");
}

/// What can't be looked at has not lost nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_loss_that_is_not_known_is_not_denied() {
    let (scene, _, after) = Scene::with_a_loss().await;
    let (store, away) = (scene.path().join("store"), scene.path().join("away"));
    std::fs::rename(&store, &away).unwrap();
    let error = scene.accept(&after, Some("routine")).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreMissing);
    std::fs::rename(&away, &store).unwrap();
    scene.damage(&after).await;
    let error = scene.accept(&after, Some("routine")).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ArchiveDamaged);
}

/// Without the backup that showed it there is nothing to ask about.
#[tokio::test(flavor = "multi_thread")]
async fn a_loss_is_of_an_archive_that_is_there() {
    let (scene, before, after) = Scene::with_a_loss().await;
    let store = scene.path().join("store");
    std::fs::remove_file(store.join(archive_name(&after))).unwrap();
    assert_eq!(scene.verdict().await, Verdict::NeverRestored);
    let error = scene.accept(&before, Some("routine")).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConfigInvalid);
    scene.at(2);
    let again = scene.back_up().await;
    let Verdict::Shrunk { archive, tables, .. } = scene.verdict().await else { panic!("it is lost again") };
    assert_eq!((&archive, tables[0].archive.as_ref()), (&again, Some(&before)));
    scene.accept(&again, Some("routine")).await.unwrap();
    assert_eq!(scene.verdict().await, Verdict::NeverRestored);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loss_does_not_hide_that_backups_fail() {
    let (scene, _, _) = Scene::with_a_loss().await;
    scene.at(2);
    scene.fail_once().await;
    let Verdict::Shrunk { failure: Some(failure), .. } = scene.verdict().await else {
        panic!("both are true")
    };
    assert_eq!(failure.code, ErrorCode::StoreMissing);
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

/// The profile protected another database then.
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
