//! Old archives go by rule, a week after they were put away, and nothing goes while anything is in doubt.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aitta_engine::config::Profile;
use aitta_engine::keys::{self, KeyRing, MemoryVault};
use aitta_engine::overview::accept;
use aitta_engine::store::{CopyStore, StoreConfig, StoreLogin, archive_name, sidecar_name};
use aitta_engine::{
    Context, ManualClock, Silent, archives, backup, copies, restore, retention, trail, verify,
};
use aitta_model::{
    AcceptRequest, AuditQuery, BackupRequest, DatabaseUrl, DeleteRequest, ErrorCode, Fate, HoldKind,
    HoldRequest, KeepReason, PruneBlock, PruneReport, PruneRequest, PrunedPlace, PutBackRequest,
    ReleaseRequest, RestoreRequest, RetentionRules, VerifyLevel, VerifyRequest, VerifyScope,
};
use aitta_testing::profile;
use jiff::{Timestamp, ToSpan};

const START: &str = "2026-03-01T02:00:00Z";

const RULES: RetentionRules =
    RetentionRules { days: 3, daily: 0, weekly: 0, monthly: 0, yearly: 0, share: 1.0 };

async fn execute_in(file: &Path, sql: &str) {
    let url = format!("sqlite:{}?mode=rwc", file.display());
    let mut conn = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut conn).await.unwrap();
    sqlx::Connection::close(conn).await.unwrap();
}

/// A small database that is backed up once a day.
struct Case {
    dir: tempfile::TempDir,
    clock: ManualClock,
    context: Context,
    day: i64,
}

impl Case {
    async fn new(rules: RetentionRules) -> Self {
        let dir = tempfile::tempdir().unwrap();
        execute_in(
            &dir.path().join("shop.db"),
            "CREATE TABLE booking (id INTEGER PRIMARY KEY, line TEXT); \
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) \
             INSERT INTO booking SELECT i, 'line ' || i FROM n",
        )
        .await;
        for store in ["store", "second"] {
            std::fs::create_dir(dir.path().join(store)).unwrap();
        }
        let clock = ManualClock::at(START.parse().unwrap());
        let profile = Profile {
            name: "shop".to_owned(),
            database_url: Some(DatabaseUrl::new(format!("sqlite:{}", dir.path().join("shop.db").display()))),
            create_store: false,
            retention: rules,
            ..profile(dir.path())
        };
        let mut context = Context::new(profile).await.unwrap();
        context.key_ring = Some(Arc::new(KeyRing::from_hex(&keys::generate().unwrap().key).unwrap()));
        context.vault = Arc::new(MemoryVault::default());
        context.clock = Arc::new(clock.clone());
        let case = Self { dir, clock, context, day: 0 };
        case.agree().await;
        case
    }

    /// Says that these rules are meant: they keep less than those that count without a word.
    async fn agree(&self) -> PruneReport {
        let reason = Some("routine: these rules".to_owned());
        self.ask(PruneRequest { agreed: true, reason, ..PruneRequest::default() }).await.unwrap()
    }

    fn go_to_day(&mut self, day: i64) {
        let start: Timestamp = START.parse().unwrap();
        self.day = day;
        self.clock.set(start + (24 * day).hours());
    }

    async fn back_up(&self) -> String {
        backup::create(&self.context, BackupRequest::default(), &Silent).await.unwrap().archive.id
    }

    /// One backup a day, from this one on; the clock stands at the last.
    async fn days(&mut self, days: i64) -> Vec<String> {
        let mut made = Vec::new();
        for day in self.day..self.day + days {
            self.go_to_day(day);
            made.push(self.back_up().await);
        }
        made
    }

    fn with(&mut self, change: impl FnOnce(&mut Profile)) {
        let mut profile = self.context.profile.as_ref().clone();
        change(&mut profile);
        self.context.profile = Arc::new(profile);
    }

    fn copied(&mut self) {
        let dir = self.dir.path().join("second");
        self.with(|profile| {
            profile.copies = vec![CopyStore {
                store: StoreConfig::Local { dir },
                login: StoreLogin::default(),
                quota_bytes: None,
            }];
        });
    }

    async fn prune(&self) -> PruneReport {
        self.ask(PruneRequest::default()).await.unwrap()
    }

    async fn ask(&self, request: PruneRequest) -> aitta_engine::Result<PruneReport> {
        retention::prune(&self.context, request, &Silent).await
    }

    async fn first(&self) -> PrunedPlace {
        self.prune().await.places.remove(0)
    }

    async fn listed(&self) -> Vec<String> {
        let list = archives::list(&self.context, None).await.unwrap();
        list.archives.into_iter().map(|archive| archive.id).collect()
    }

    fn file(&self, store: &str, name: &str) -> PathBuf {
        self.dir.path().join(store).join(name)
    }

    /// Whether archive and sidecar lie there; they always go together.
    fn lies(&self, store: &str, id: &str) -> bool {
        let [archive, sidecar] =
            [archive_name(id), sidecar_name(id)].map(|name| self.file(store, &name).exists());
        assert_eq!(archive, sidecar, "{id} in {store}");
        archive
    }

    /// Why an archive stays.
    async fn reasons(&self, id: &str) -> Vec<KeepReason> {
        let report = self.ask(PruneRequest { dry_run: true, ..PruneRequest::default() }).await.unwrap();
        let fate = report.places[0].fates.iter().find(|judged| judged.id == id).map(|judged| &judged.fate);
        match fate {
            Some(Fate::Stays { reasons }) => reasons.clone(),
            Some(Fate::Goes { .. }) => Vec::new(),
            None => panic!("{id} is not judged: {report:?}"),
        }
    }

    async fn release(&self, id: Option<&str>) -> aitta_engine::Result<usize> {
        let request = ReleaseRequest {
            id: id.map(str::to_owned),
            reason: Some("routine".to_owned()),
            ..ReleaseRequest::default()
        };
        retention::release(&self.context, request).await.map(|report| report.released.len())
    }
}

fn newest_first(ids: &[String]) -> Vec<String> {
    ids.iter().rev().cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_old_is_put_away_can_be_put_back_and_is_deleted_a_week_later() {
    let mut case = Case::new(RULES).await;
    let made = case.days(6).await;
    let told = case.ask(PruneRequest { dry_run: true, ..PruneRequest::default() }).await.unwrap();
    assert_eq!(told.places[0].put_away, newest_first(&made[..3]));
    assert_eq!(case.listed().await.len(), 6, "nothing was done");

    let first = case.first().await;
    assert_eq!((first.put_away.as_slice(), first.deleted.len()), (newest_first(&made[..3]).as_slice(), 0));
    assert_eq!(case.listed().await, newest_first(&made[3..]));
    assert!(made.iter().all(|id| case.lies("store", id)), "nothing is deleted yet");
    let list = archives::list(&case.context, None).await.unwrap();
    assert_eq!((list.put_away, list.total, list.missing.len()), (3, 3, 0));
    let away = retention::put_away(&case.context).await.unwrap();
    assert_eq!(away.iter().map(|away| away.id.clone()).collect::<Vec<_>>(), newest_first(&made[..3]));
    // A restore finds it all the same.
    let plan = RestoreRequest {
        archive: aitta_model::ArchiveSelector::Id(made[0].clone()),
        dry_run: true,
        reason: Some("drill".to_owned()),
        ..RestoreRequest::default()
    };
    restore::restore(&case.context, plan, &Silent).await.unwrap();

    let back = PutBackRequest { id: made[1].clone(), reason: None };
    let report = retention::put_back(&case.context, back.clone()).await.unwrap();
    assert_eq!((report.failure, report.places.len()), (None, 1));
    assert!(case.listed().await.contains(&made[1]));
    let again = retention::put_back(&case.context, back).await.unwrap_err();
    assert_eq!(again.code(), ErrorCode::ArchiveNotFound, "{again}");
    let held = KeepReason::Held { kind: HoldKind::Pin.into(), until: None };
    assert_eq!(case.reasons(&made[1]).await, [held]);

    case.go_to_day(11);
    case.back_up().await;
    assert_eq!(case.first().await.deleted, [""; 0], "six days are less than a week");
    case.go_to_day(12);
    case.back_up().await;
    let first = case.first().await;
    assert_eq!(first.deleted, [made[2].clone(), made[0].clone()]);
    assert!(first.freed_bytes > 0 && !case.lies("store", &made[0]) && case.lies("store", &made[1]));
    let list = archives::list(&case.context, None).await.unwrap();
    assert_eq!(list.missing, [""; 0], "what was deleted is not missing");
    let error =
        retention::put_back(&case.context, PutBackRequest { id: made[0].clone(), reason: None }).await;
    assert_eq!(error.unwrap_err().code(), ErrorCode::ArchiveNotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_doubt_keeps_everything() {
    let mut case = Case::new(RULES).await;
    let made = case.days(6).await;
    case.prune().await;
    case.go_to_day(6);
    let more = case.days(1).await;
    assert_eq!(more.len(), 1);
    let untouched = async |case: &Case, block: PruneBlock| {
        let first = case.first().await;
        assert!(first.blocked.contains(&block), "{block:?}: {first:?}");
        assert!(first.put_away.is_empty() && first.deleted.is_empty(), "{block:?}: {first:?}");
        assert!(made.iter().all(|id| case.lies("store", id)), "{block:?}");
    };
    // Old enough to be deleted, and the newest backup is as old.
    case.go_to_day(14);
    untouched(&case, PruneBlock::Overdue).await;
    assert_eq!(case.first().await.held_back, 6, "three to be deleted, three to be put away");
    case.back_up().await;

    // A listing that is short: somebody has moved an archive away.
    let (name, aside) = (archive_name(&more[0]), case.file("second", "aside"));
    std::fs::rename(case.file("store", &name), &aside).unwrap();
    let sidecar = case.file("store", &sidecar_name(&more[0]));
    untouched(&case, PruneBlock::ListIncomplete).await;
    std::fs::rename(&aside, case.file("store", &name)).unwrap();
    assert!(sidecar.exists());

    // The clock was ahead, or is behind now.
    case.go_to_day(12);
    untouched(&case, PruneBlock::ClockJumped).await;
    case.go_to_day(14);

    // The disk is not mounted: an empty folder lies in its place.
    let (store, away) = (case.dir.path().join("store"), case.dir.path().join("away"));
    std::fs::rename(&store, &away).unwrap();
    for mounted in [false, true] {
        if mounted {
            std::fs::create_dir(&store).unwrap();
        }
        let report = case.prune().await;
        assert_eq!(report.failure().map(|failure| failure.code), Some(ErrorCode::StoreMissing));
        assert!(report.exit_code(0) == 6 && report.places[0].deleted.is_empty(), "{report:?}");
    }
    std::fs::remove_dir(&store).unwrap();
    std::fs::rename(&away, &store).unwrap();

    // None of it has changed what goes once nothing is in doubt.
    assert_eq!(case.first().await.deleted, newest_first(&made[..3]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_counts_only_as_it_was_verified() {
    let mut case = Case::new(RULES).await;
    let made = case.days(5).await;
    case.go_to_day(9);
    let newest = case.back_up().await;
    // Cut short since: what was found then is not about this file.
    let file = case.file("store", &archive_name(&newest));
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let first = case.first().await;
    assert_eq!(case.reasons(&newest).await[0], KeepReason::NotReplaced);
    assert_eq!(case.reasons(&made[4]).await, [KeepReason::Newest]);
    assert_eq!(first.put_away, newest_first(&made[..4]));
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_share_asks_and_is_asked_for_its_reason() {
    let mut case = Case::new(RetentionRules { share: 0.3, ..RULES }).await;
    let made = case.days(6).await;
    let report = case.prune().await;
    assert_eq!(report.places[0].blocked, [PruneBlock::TooMany { going: 3, of: 6, share: 0.3 }]);
    assert_eq!((report.places[0].held_back, report.exit_code(0)), (3, 5));
    let ask = PruneRequest { agreed: true, ..PruneRequest::default() };
    assert_eq!(case.ask(ask.clone()).await.unwrap_err().code(), ErrorCode::ReasonMissing);
    let ask = PruneRequest { reason: Some("routine: a new rule".to_owned()), ..ask };
    let report = case.ask(ask).await.unwrap();
    assert_eq!((report.places[0].put_away.len(), report.exit_code(0)), (3, 0));
    // What was agreed to once goes a week later without another question.
    case.go_to_day(13);
    case.back_up().await;
    let first = case.first().await;
    assert_eq!(first.deleted, newest_first(&made[..3]));
    assert_eq!(first.blocked.len(), 1, "the next three ask again: {first:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_archive_stays_until_it_is_released_or_the_hold_ends() {
    let mut case = Case::new(RULES).await;
    let made = case.days(6).await;
    let hold = |id: &str, legal, until: Option<&str>| HoldRequest {
        id: id.to_owned(),
        legal,
        until: until.map(|until| until.parse().unwrap()),
        reason: Some("request-of-data-subject".to_owned()),
    };
    let held = async |request| retention::hold(&case.context, request).await;
    assert_eq!(
        held(HoldRequest { reason: None, ..hold(&made[0], false, None) }).await.unwrap_err().code(),
        ErrorCode::ReasonMissing
    );
    assert_eq!(
        held(hold("backup-1-00000000", false, None)).await.unwrap_err().code(),
        ErrorCode::ArchiveNotFound
    );
    let past = held(hold(&made[0], false, Some("2026-03-02T00:00:00Z"))).await.unwrap_err();
    assert_eq!(past.code(), ErrorCode::ConfigInvalid, "{past}");
    held(hold(&made[0], false, None)).await.unwrap();
    held(hold(&made[1], true, Some("2026-03-10T02:00:00Z"))).await.unwrap();
    assert_eq!(case.first().await.put_away, std::slice::from_ref(&made[2]));
    let away = retention::hold(&case.context, hold(&made[2], false, None)).await.unwrap_err();
    assert!(away.hint().contains("put-back"), "{away}");
    assert_eq!(retention::holds(&case.context).await.unwrap().len(), 2);
    case.go_to_day(9);
    case.back_up().await;
    assert_eq!(retention::holds(&case.context).await.unwrap().len(), 1, "one has ended");
    let first = case.first().await;
    assert!(first.put_away.contains(&made[1]) && !first.put_away.contains(&made[0]), "{first:?}");
    assert_eq!(case.release(Some(&made[0])).await.unwrap(), 1);
    assert_eq!(case.release(Some(&made[0])).await.unwrap_err().code(), ErrorCode::ArchiveNotFound);
    assert_eq!(case.first().await.put_away, std::slice::from_ref(&made[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_keeps_more_brings_back_what_was_put_away() {
    let mut case = Case::new(RULES).await;
    let made = case.days(6).await;
    case.prune().await;
    case.with(|profile| profile.retention.days = 30);
    let first = case.first().await;
    assert_eq!(first.returned, newest_first(&made[..3]));
    assert_eq!(case.listed().await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_backup_before_rows_were_lost_is_held_until_somebody_says_that_it_was_meant() {
    let mut case = Case::new(RULES).await;
    let made = case.days(4).await;
    execute_in(&case.dir.path().join("shop.db"), "DELETE FROM booking WHERE id > 10").await;
    case.go_to_day(4);
    let after = case.days(6).await;
    let first = case.first().await;
    assert!(!first.put_away.contains(&made[3]) && first.put_away.contains(&made[2]), "{first:?}");
    let kind = HoldKind::Loss.into();
    assert_eq!(case.reasons(&made[3]).await, [KeepReason::Held { kind, until: None }]);
    let held = retention::holds(&case.context).await.unwrap();
    assert!(held.len() == 1 && held[0].reason.contains("booking"), "{held:?}");
    let meant =
        AcceptRequest { id: after.last().unwrap().clone(), reason: Some("routine: old bookings".to_owned()) };
    accept(&case.context, meant).await.unwrap();
    // Nobody is asked for a second factor to accept it, so it stays long enough to be missed.
    let first = case.first().await;
    assert!(!first.put_away.contains(&made[3]), "{first:?}");
    let held = retention::holds(&case.context).await.unwrap();
    assert!(held[0].hold.until.is_some_and(|until| until > case.context.clock.now() + (24 * 29).hours()));
    case.go_to_day(41);
    case.back_up().await;
    assert!(case.first().await.put_away.contains(&made[3]));
    assert!(retention::holds(&case.context).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_safety_archive_takes_the_place_of_no_backup() {
    let mut case = Case::new(RetentionRules { days: 0, daily: 2, ..RULES }).await;
    let made = case.days(2).await;
    case.clock.advance(std::time::Duration::from_secs(3600));
    let request = RestoreRequest {
        archive: aitta_model::ArchiveSelector::Id(made[1].clone()),
        tables: vec!["booking".to_owned()],
        reason: Some("incident".to_owned()),
        ..RestoreRequest::default()
    };
    restore::restore(&case.context, request, &Silent).await.unwrap();
    assert_eq!(case.listed().await.len(), 3, "with the safety archive");
    let first = case.first().await;
    assert_eq!(first.put_away, [""; 0], "{first:?}");
    assert_eq!(case.reasons(&made[1]).await[0], KeepReason::Newest);
    assert_eq!(case.reasons(&made[0]).await.len(), 1);
}

/// What a new catalog does not know can't be told from what is to stay.
#[tokio::test(flavor = "multi_thread")]
async fn with_a_catalog_that_was_made_anew_nothing_goes_until_somebody_says_so() {
    let mut case = Case::new(RULES).await;
    let made = case.days(6).await;
    let data = case.dir.path().join("other-data");
    let mut profile = case.context.profile.as_ref().clone();
    profile.data_dir = data;
    let (ring, vault) = (case.context.key_ring.clone(), case.context.vault.clone());
    case.context = Context::new(profile).await.unwrap();
    (case.context.key_ring, case.context.vault) = (ring, vault);
    case.context.clock = Arc::new(case.clock.clone());
    case.agree().await;
    let first = case.first().await;
    assert_eq!((first.archives, first.others, first.put_away.len()), (0, 6, 0), "{first:?}");
    archives::rebuild(&case.context).await.unwrap();
    case.go_to_day(6);
    case.back_up().await;
    let first = case.first().await;
    assert_eq!((first.archives, first.put_away.len()), (7, 0), "{first:?}");
    let kind = HoldKind::Rebuilt.into();
    assert_eq!(case.reasons(&made[0]).await, [KeepReason::Held { kind, until: None }]);
    assert_eq!(case.release(None).await.unwrap(), 6);
    assert_eq!(case.first().await.put_away, newest_first(&made[..4]));
    // One that is made anew in its place knows what it has entered itself.
    archives::rebuild(&case.context).await.unwrap();
    assert!(retention::holds(&case.context).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_of_another_database_are_none_of_its_business() {
    let mut case = Case::new(RULES).await;
    case.days(1).await;
    let shop = case.context.profile.database_url.clone();
    let other = case.dir.path().join("other.db");
    execute_in(&other, "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1)").await;
    case.with(|profile| profile.database_url = Some(DatabaseUrl::new(format!("sqlite:{}", other.display()))));
    let others = case.days(5).await;
    case.with(|profile| profile.database_url = shop);
    case.go_to_day(8);
    case.back_up().await;
    let first = case.first().await;
    assert_eq!((first.archives, first.others, first.put_away.len()), (2, 5, 1), "{first:?}");
    assert!(others.iter().all(|id| case.lies("store", id)));
    case.with(|profile| profile.database_url = None);
    assert_eq!(case.ask(PruneRequest::default()).await.unwrap_err().code(), ErrorCode::ConfigInvalid);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_store_goes_by_itself_and_one_that_is_away_keeps_what_it_has() {
    let mut case = Case::new(RULES).await;
    case.copied();
    let made = case.days(6).await;
    let report = case.prune().await;
    assert!(report.places.iter().all(|place| place.put_away == newest_first(&made[..3])), "{report:?}");
    // Neither list is filled again with what is about to go.
    std::fs::remove_file(case.file("second", &archive_name(&made[0]))).unwrap();
    std::fs::remove_file(case.file("second", &sidecar_name(&made[0]))).unwrap();
    copies::bring_up(&case.context, &Silent).await.unwrap();
    assert!(!case.file("second", &archive_name(&made[0])).exists());

    case.go_to_day(13);
    let (second, away) = (case.dir.path().join("second"), case.dir.path().join("away"));
    std::fs::rename(&second, &away).unwrap();
    case.back_up().await;
    let report = case.prune().await;
    assert_eq!(report.places[0].deleted, newest_first(&made[..3]));
    assert_eq!(report.failure().map(|failure| failure.code), Some(ErrorCode::StoreMissing));
    std::fs::rename(&away, &second).unwrap();
    let runs = aitta_engine::runs::list(&case.context, 2).await.unwrap();
    assert!(runs.iter().any(|run| run.outcome == aitta_model::RunOutcome::Failed), "{runs:?}");

    copies::bring_up(&case.context, &Silent).await.unwrap();
    copies::put_back(&case.context, &Silent).await.unwrap();
    assert!(made[..3].iter().all(|id| !case.lies("store", id)), "what was deleted stays deleted");
    let report = case.prune().await;
    assert_eq!(report.failure(), None, "{report:?}");
    assert_eq!(report.places[1].deleted, newest_first(&made[1..3]));
    assert!(made[..3].iter().all(|id| !case.lies("second", id)));
}

/// Whoever sits at the desk can write any number into the environment.
#[tokio::test(flavor = "multi_thread")]
async fn rules_that_keep_less_than_before_wait_until_somebody_agrees() {
    let mut case = Case::new(RetentionRules { monthly: 2, ..RULES }).await;
    case.days(6).await;
    for looser in
        [RetentionRules { monthly: 2, days: 2, ..RULES }, RULES, RetentionRules { monthly: 1, ..RULES }]
    {
        case.with(|profile| profile.retention = looser.clone());
        let first = case.first().await;
        assert_eq!((first.blocked, first.put_away.len()), (vec![PruneBlock::LooserRules], 0), "{looser:?}");
    }
    assert!(case.agree().await.places[0].put_away.len() > 1);
    // The share as well: it is what slows a slip down.
    let mut case = Case::new(RetentionRules { share: 0.2, ..RULES }).await;
    case.with(|profile| profile.retention.share = 0.9);
    case.days(6).await;
    assert!(case.first().await.blocked.contains(&PruneBlock::LooserRules));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_can_be_made_longer_by_anybody_and_shorter_by_a_release_alone() {
    let mut case = Case::new(RULES).await;
    let made = case.days(6).await;
    let hold = async |until: Option<&str>| {
        let request = HoldRequest {
            id: made[0].clone(),
            legal: true,
            until: until.map(|until| until.parse().unwrap()),
            reason: Some("routine".to_owned()),
        };
        retention::hold(&case.context, request).await.unwrap();
        retention::holds(&case.context).await.unwrap()[0].hold.until
    };
    let long: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(hold(Some("2027-01-01T00:00:00Z")).await, Some(long));
    assert_eq!(hold(Some("2026-03-07T00:00:00Z")).await, Some(long));
    assert_eq!(hold(None).await, None);
    assert_eq!(hold(Some("2026-03-07T00:00:00Z")).await, None);
    // Nor is a held archive deleted by its name.
    let delete = || DeleteRequest { id: made[0].clone(), reason: Some("routine".to_owned()), mfa: None };
    let refused = archives::delete(&case.context, delete()).await.unwrap_err();
    assert!(refused.code() == ErrorCode::StoreLocked && refused.hint().contains("backup holds"), "{refused}");
    case.release(Some(&made[0])).await.unwrap();
    archives::delete(&case.context, delete()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn before_anything_is_deleted_the_newest_is_read_back() {
    let mut case = Case::new(RULES).await;
    let made = case.days(6).await;
    case.prune().await;
    case.go_to_day(13);
    let newest = case.back_up().await;
    // Of the same size, and no longer what was written.
    let file = case.file("store", &archive_name(&newest));
    let bytes = std::fs::read(&file).unwrap();
    let mut changed = bytes.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    std::fs::write(&file, changed).unwrap();
    let first = case.first().await;
    assert!(first.blocked.contains(&PruneBlock::NewestDamaged) && first.deleted.is_empty(), "{first:?}");
    assert!(made.iter().all(|id| case.lies("store", id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_archive_that_is_put_away_or_deleted_stands_in_the_trail() {
    let mut case = Case::new(RULES).await;
    case.copied();
    let made = case.days(6).await;
    case.prune().await;
    case.go_to_day(13);
    case.back_up().await;
    std::fs::rename(case.dir.path().join("second"), case.dir.path().join("away")).unwrap();
    assert!(case.prune().await.failure().is_some());
    let trail = trail::list(&case.context, AuditQuery::default()).await.unwrap();
    for id in &made[..3] {
        let of = |outcome: &str| {
            let is = |entry: &&aitta_model::AuditEntry| {
                entry.archive.as_ref() == Some(id)
                    && entry.outcome.as_ref().is_some_and(|told| told.as_str() == outcome)
            };
            trail.records.iter().map(|record| &record.entry).filter(is).count()
        };
        assert_eq!((of("put away"), of("deleted")), (2, 1), "{id}, in both stores and in one");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn however_an_archive_that_was_found_gets_into_the_catalog_it_is_held() {
    let mut case = Case::new(RULES).await;
    let made = case.days(6).await;
    let mut profile = case.context.profile.as_ref().clone();
    profile.data_dir = case.dir.path().join("other-data");
    let (ring, vault) = (case.context.key_ring.clone(), case.context.vault.clone());
    case.context = Context::new(profile).await.unwrap();
    (case.context.key_ring, case.context.vault) = (ring, vault);
    case.context.clock = Arc::new(case.clock.clone());
    case.agree().await;
    let request = VerifyRequest { scope: VerifyScope::All, level: VerifyLevel::Stored };
    assert!(verify::verify(&case.context, request, &Silent).await.unwrap().all_ok());
    case.go_to_day(6);
    case.back_up().await;
    assert_eq!(case.first().await.put_away, [""; 0]);
    assert_eq!(retention::holds(&case.context).await.unwrap().len(), made.len());
}

/// A few rows each day, and the backup that still has all of them put away meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_go_a_few_at_a_time_bring_the_last_whole_backup_back() {
    let mut case = Case::new(RULES).await;
    case.days(1).await;
    let first = case.listed().await.remove(0);
    for day in 1..9 {
        let sql = format!("DELETE FROM booking WHERE id > {}", 100 - 5 * day);
        execute_in(&case.dir.path().join("shop.db"), &sql).await;
        case.go_to_day(day);
        case.back_up().await;
        case.prune().await;
    }
    assert!(case.listed().await.contains(&first));
    assert!(retention::holds(&case.context).await.unwrap().iter().any(|held| held.archive == first));
}

/// What is not known is no reason to let go.
#[tokio::test(flavor = "multi_thread")]
async fn a_loss_hold_outlives_the_damage_of_its_archive_and_another_profile() {
    let mut case = Case::new(RULES).await;
    case.copied();
    let made = case.days(2).await;
    execute_in(&case.dir.path().join("shop.db"), "DELETE FROM booking").await;
    case.go_to_day(2);
    case.days(2).await;
    case.prune().await;
    assert_eq!(retention::holds(&case.context).await.unwrap().len(), 1);
    // A byte more in the first store; the copy is whole.
    let file = case.file("store", &archive_name(&made[1]));
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.push(0);
    std::fs::write(&file, bytes).unwrap();
    let name = case.context.profile.name.clone();
    for profile in ["renamed", &name] {
        case.with(|now| now.name = profile.to_owned());
        case.agree().await;
        case.go_to_day(case.day + 20);
        case.back_up().await;
        case.prune().await;
        let held = retention::holds(&case.context).await.unwrap();
        assert!(held.iter().any(|held| held.archive == made[1] && held.hold.until.is_none()), "{held:?}");
        assert!(case.lies("second", &made[1]));
    }
}

/// What may go from a copy depends on the first store.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_alone_is_not_pruned() {
    let mut case = Case::new(RULES).await;
    case.copied();
    case.days(6).await;
    let copy = case.context.copies().remove(0);
    let error = retention::prune(&copy, PruneRequest::default(), &Silent).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConfigInvalid, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_profile_of_the_same_database_has_made_goes_by_its_rules_alone() {
    let mut case = Case::new(RULES).await;
    let name = case.context.profile.name.clone();
    case.with(|profile| profile.name = "archive".to_owned());
    case.days(3).await;
    case.with(|profile| profile.name = name);
    case.go_to_day(8);
    case.back_up().await;
    let first = case.first().await;
    assert_eq!((first.archives, first.others, first.put_away.len()), (1, 3, 0), "{first:?}");
}

/// What the window shows is what a prune does, and nothing is done by looking.
#[tokio::test]
async fn the_outlook_tells_of_each_archive_what_becomes_of_it_and_who_holds_it() {
    let mut case = Case::new(RULES).await;
    let made = case.days(6).await;
    let reason = Some("release: before 4.2".to_owned());
    let hold = HoldRequest { id: made[0].clone(), reason, ..HoldRequest::default() };
    retention::hold(&case.context, hold).await.unwrap();
    let outlook = retention::outlook(&case.context).await.unwrap();
    let listed: Vec<&str> = outlook.archives.iter().map(|one| one.archive.id.as_str()).collect();
    let newest_first: Vec<&str> = made.iter().rev().map(String::as_str).collect();
    assert_eq!(listed, newest_first);
    let place = &outlook.report.places[0];
    assert!(outlook.report.dry_run && place.fates.is_empty(), "each fate is told once");
    let pinned = outlook.archives.last().unwrap();
    assert_eq!((pinned.holds.len(), pinned.fate.goes_at()), (1, None));
    assert_eq!(pinned.holds[0].reason, "release: before 4.2");
    let going: Vec<&str> = outlook
        .archives
        .iter()
        .filter(|one| matches!(one.fate, Fate::Goes { .. }))
        .map(|one| one.archive.id.as_str())
        .collect();
    assert_eq!(going, place.put_away.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(!going.is_empty() && outlook.archives.iter().all(|one| one.put_away.is_none()));

    case.ask(PruneRequest::default()).await.unwrap();
    let after = retention::outlook(&case.context).await.unwrap();
    let away: Vec<&str> = after
        .archives
        .iter()
        .filter(|one| one.put_away.is_some())
        .map(|one| one.archive.id.as_str())
        .collect();
    assert_eq!(away, going);
    assert!(after.report.places[0].put_away.is_empty());
}
