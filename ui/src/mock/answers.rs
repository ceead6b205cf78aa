//! Backups, restores, runs, profiles and stores, made up.

use std::cell::RefCell;
use std::collections::HashSet;

use aitta_model::{
    AcceptReport, AcceptRequest, ArchiveDetails, ArchiveSelector, ArchiveState, ArchiveSummary, BackupReport,
    BackupRequest, DatabaseEngine, DatabaseUrl, Date, DeleteReport, DeleteRequest, ErrorCode, History,
    LeftStore, ListReport, Overview, PhaseTiming, ProfileForm, ProfileState, ProveRequest, RestoreComparison,
    RestorePlan, RestoreReport, RestoreRequest, Review, RunDetails, RunSummary, SaveHow, SaveReport,
    SavedProfile, Session, Settings, SourceCheck, Standing, StoreCheck, StoreContents, StoreOthers,
    StoreSettings, StoredDatabase, Verdict, VerifyLevel, VerifyReport, VerifyRequest, VerifyResult,
    VerifyScope,
};
use gloo_timers::future::TimeoutFuture;

use super::data;
use super::guard;
use super::readiness;
use super::state::{self, State, failure, state, work};
use crate::transport::{Answer, OnProgress};

thread_local! {
    /// The ends of the ids of archives that were deleted.
    static DELETED: RefCell<HashSet<String>> = RefCell::default();
}

pub(super) fn session() -> Session {
    let active = (state() != State::Setup).then(data::profile);
    let profiles =
        active.iter().map(|p| p.name.clone()).chain(active.iter().map(|_| "varasto".to_owned())).collect();
    Session { version: "0.1.0".to_owned(), active, profiles, failure: None, pulse: None }
}

pub(super) fn choose_profile(name: String) -> Session {
    let mut session = session();
    if let Some(active) = &mut session.active {
        active.name = name;
    }
    session
}

pub(super) async fn make_sample() -> Session {
    TimeoutFuture::new(1500).await;
    state::begin();
    let mut session = session();
    if let Some(active) = &mut session.active {
        active.sample = true;
    }
    session
}

pub(super) fn overview() -> Overview {
    let mut overview = data::overview(state() == State::Empty, state() == State::Unsafe);
    if let Some(failure) = state::failing() {
        overview.verdict = Verdict::LastFailed { failure };
    }
    if state() == State::Shrunk { data::shrunk(overview) } else { overview }
}

pub(super) fn profiles() -> Vec<ProfileState> {
    let first = overview();
    let mut second = data::overview(state() == State::Empty, false);
    second.profile.name = "varasto".to_owned();
    second.profile.engine = Some(DatabaseEngine::Sqlite);
    second.profile.database = Some("/srv/varasto/varasto.db".to_owned());
    if second.verdict == Verdict::Safe {
        second.verdict = Verdict::NeverRestored;
        second.last_restore = None;
    }
    let known = |overview: Overview| ProfileState {
        name: overview.profile.name.clone(),
        profile: Some(overview.profile.clone()),
        standing: Standing::Known(Box::new(overview)),
    };
    let mut profiles = vec![known(first), known(second)];
    if matches!(state(), State::Unsafe | State::Many) {
        let failure = failure(
            ErrorCode::ConfigInvalid,
            "/home/eeva/.config/aitta/config.toml, line 21: retention_days is no number of days",
            "write a number from 1 to 3650",
        );
        profiles.push(ProfileState {
            name: "kassa".to_owned(),
            profile: None,
            standing: Standing::Unknown(failure),
        });
    }
    profiles
}

pub(super) fn accept_loss(request: AcceptRequest) -> Answer<AcceptReport> {
    let AcceptRequest { id, reason: _ } = request;
    let Verdict::Shrunk { tables, .. } = overview().verdict else {
        let message = format!("{id} has lost nothing that has to be accepted");
        return Err(failure(ErrorCode::ConfigInvalid, &message, "nothing needs to be done"));
    };
    state::begin();
    Ok(AcceptReport { id, tables })
}

pub(super) fn history(days: u32) -> History {
    match state() {
        State::Empty => data::no_history(days),
        State::Busy => begun(data::history(days)),
        _ => data::history(days),
    }
}

/// As it is after a first afternoon: few backups on one day, and one restore.
fn begun(history: History) -> History {
    let History { mut days, mut backups, mut restores, .. } = history;
    backups.drain(..backups.len().saturating_sub(3));
    restores.drain(..restores.len().saturating_sub(1));
    for day in days.iter_mut().rev().skip(1) {
        (day.succeeded, day.failed) = (0, 0);
    }
    History { days, backups, restores, failures: Vec::new(), ..data::no_history(1) }
}

pub(super) fn review(month: Option<Date>) -> Review {
    data::review(month, state() == State::Empty, state() == State::Unsafe)
}

pub(super) fn archives() -> ListReport {
    let n = match state() {
        State::Empty => 0,
        State::Many => 10_000,
        _ => 34,
    };
    let mut archives = data::archives(n);
    DELETED.with_borrow(|deleted| archives.retain(|a| !deleted.contains(data::ending(&a.id))));
    let missing = if state() == State::Unsafe { data::missing() } else { Vec::new() };
    ListReport {
        total: archives.len() as u64,
        archives,
        missing,
        whole_copies: Vec::new(),
        strange: Vec::new(),
        elsewhere: 0,
        put_away: 0,
    }
}

pub(super) fn archive(selector: &ArchiveSelector) -> Answer<ArchiveDetails> {
    let archives = data::archives(if state() == State::Many { 10_000 } else { 34 });
    let found = match selector {
        ArchiveSelector::Latest => archives.first(),
        ArchiveSelector::Before(time) => archives.iter().find(|a| a.created < *time),
        // Times move with the clock; the end of an id does not.
        ArchiveSelector::Id(id) => archives.iter().find(|a| data::ending(&a.id) == data::ending(id)),
    };
    let found = found.cloned().ok_or_else(|| {
        failure(
            ErrorCode::ArchiveNotFound,
            &format!("no archive matches {selector}"),
            "choose a later time: the oldest archive is younger than that",
        )
    })?;
    Ok(data::details(found, state() == State::Many))
}

pub(super) async fn back_up(
    request: BackupRequest,
    operation: u32,
    progress: OnProgress,
) -> Answer<BackupReport> {
    let BackupRequest { kind, reason, tables: _, jobs: _, lock_timeout_s: _ } = request;
    let details = data::details(data::archives(1).remove(0), false);
    let tables: Vec<_> = details.table_list.iter().map(|t| (t.name.clone(), t.rows)).collect();
    work(operation, &progress, &tables).await?;
    Ok(BackupReport {
        archive: ArchiveSummary { kind: Some(kind.into()), reason, ..details.summary },
        location: details.location,
        tables: details.table_list,
        source_bytes: 1_320_000_000,
        frames_checked: 660,
        sampled: false,
        duration_ms: 109_000,
        phases: vec![PhaseTiming { name: "reading".to_owned(), duration_ms: 109_000 }],
        notes: Vec::new(),
        copies: Vec::new(),
        hook_failure: None,
    })
}

pub(super) async fn verify(
    request: VerifyRequest,
    operation: u32,
    progress: OnProgress,
) -> Answer<VerifyReport> {
    let VerifyRequest { scope, level } = request;
    work(operation, &progress, &[]).await?;
    let id = match scope {
        VerifyScope::One(selector) => selector.to_string(),
        VerifyScope::All => data::archives(1).remove(0).id,
    };
    let damaged = |a: &ArchiveSummary| {
        matches!(a.state, ArchiveState::Damaged(_)) && data::ending(&a.id) == data::ending(&id)
    };
    let ok = !data::archives(34).iter().any(damaged);
    let failure = (!ok).then(|| data::damaged(&id));
    let result = VerifyResult {
        id,
        ok,
        frames: 660,
        bytes_read: 438_000_000,
        rows: (level == VerifyLevel::Content && ok).then_some(5_799_900),
        failure,
        remarks: Vec::new(),
    };
    Ok(VerifyReport { level, results: vec![result], missing: Vec::new(), duration_ms: 2400 })
}

pub(super) fn delete_archive(request: DeleteRequest) -> Answer<DeleteReport> {
    let DeleteRequest { id, reason: _, mfa } = request;
    guard::tried(mfa.as_ref())?;
    DELETED.with_borrow_mut(|deleted| deleted.insert(data::ending(&id).to_owned()));
    Ok(DeleteReport { id, freed_bytes: 438_000_000, left: Vec::new(), notes: Vec::new() })
}

pub(super) fn restore_plan(request: &RestoreRequest) -> Answer<RestorePlan> {
    Ok(data::plan(&archive(&request.archive)?, request))
}

pub(super) fn compare_restore(request: &RestoreRequest) -> Answer<RestoreComparison> {
    Ok(data::compared(&data::plan(&archive(&request.archive)?, request)))
}

pub(super) async fn prove_restore(
    request: ProveRequest,
    operation: u32,
    progress: OnProgress,
) -> Answer<RestoreReport> {
    let ProveRequest { archive: selector, reason: _, jobs: _, trust_code } = request;
    let archive = archive(&selector)?;
    let to = Some(DatabaseUrl::new("postgres://db1.kiiltoloisto.fi:5432/aitta_proof_3f9c0d51a27be864"));
    let plan = data::plan(&archive, &RestoreRequest { to, trust_code, ..RestoreRequest::default() });
    let tables: Vec<_> = plan.tables.iter().map(|t| (t.name.clone(), t.archive_rows)).collect();
    work(operation, &progress, &tables).await?;
    Ok(RestoreReport { dropped: true, ..data::restored(&archive, plan) })
}

pub(super) async fn restore(
    request: RestoreRequest,
    operation: u32,
    progress: OnProgress,
) -> Answer<RestoreReport> {
    let archive = archive(&request.archive)?;
    let plan = data::plan(&archive, &request);
    guard::tried(request.mfa.as_ref())?;
    let tables: Vec<_> = plan.tables.iter().map(|t| (t.name.clone(), t.archive_rows)).collect();
    work(operation, &progress, &tables).await?;
    // By its reason, so that a failure can be looked at.
    if request.reason.as_deref().is_some_and(|reason| reason.ends_with("fail")) {
        return Err(failure(
            ErrorCode::LockTimeout,
            "table Booking could not be locked within 30 s",
            "end the long transaction on it (see pg_stat_activity), and try again",
        ));
    }
    Ok(data::restored(&archive, plan))
}

pub(super) fn runs(limit: u32) -> Vec<RunSummary> {
    let n = match state() {
        State::Empty => 0,
        State::Many => limit.min(10_000),
        _ => 60,
    };
    data::runs(n as usize)
}

pub(super) fn run(id: i64) -> Answer<RunDetails> {
    data::run(id).ok_or_else(|| {
        failure(
            ErrorCode::ConfigInvalid,
            &format!("profile \"kiiltoloisto\" has no run {id}"),
            "the list of runs shows those that the catalog remembers",
        )
    })
}

pub(super) fn settings() -> Settings {
    let mut settings = data::settings();
    match state() {
        State::Setup | State::Empty => settings.key = None,
        State::Unsafe => {
            settings.key = None;
            settings.key_failure = Some(failure(
                ErrorCode::KeychainUnavailable,
                "no encryption key: BACKUP_ENCRYPTION_KEY is not set, and the keychain of the system is locked",
                "set BACKUP_ENCRYPTION_KEY to the key; or, when it is in the keychain, start and unlock a keyring",
            ));
        }
        _ => {}
    }
    settings
}

/// What was changed is tried as it is by its own button. Another folder than the one that is set leaves backups behind.
pub(super) fn save_profile(form: ProfileForm, how: SaveHow) -> Answer<SavedProfile> {
    let set = settings();
    let (is_new, mut report) = (form.store != set.store, SaveReport::default());
    if !how.untested {
        report.source = form.database_url.as_ref().map(check_source).transpose()?;
        report.store = is_new.then(|| check_store(&form.store)).transpose()?;
    }
    if is_new && how.old_store.is_none() && state() != State::Setup {
        report.left = Some(LeftStore { location: set.profile.store, archives: Some(34) });
    }
    report.saved = report.left.is_none();
    if report.saved && state() == State::Setup {
        state::begin();
    }
    Ok(SavedProfile { report, session: choose_profile(form.name) })
}

/// The home of nobody.
pub(super) fn full_path(text: &str) -> Answer<String> {
    let text = text.trim();
    let path = match text.strip_prefix('~') {
        Some(below) => format!("/home/aino{below}"),
        None => text.to_owned(),
    };
    if path.starts_with('/') {
        return Ok(path);
    }
    let message = format!("{text:?} is not a full path: its place would depend on where Aitta is started");
    Err(failure(ErrorCode::ConfigInvalid, &message, "write the path in full, such as /home/aino/backups"))
}

/// Whatever is wrong with a database is told the same way: by the name `wrong` in its URL.
pub(super) fn check_source(url: &DatabaseUrl) -> Answer<SourceCheck> {
    if url.expose().contains("wrong") {
        return Err(failure(
            ErrorCode::SourceAuth,
            "the server refuses the password of user \"aitta\"",
            "check user and password; the server's log tells more",
        ));
    }
    let (engine, database, version) = if url.expose().starts_with("sqlite:") {
        (DatabaseEngine::Sqlite, "/srv/data/shop.db", "3.46.0")
    } else {
        (DatabaseEngine::Postgresql, "db1.kiiltoloisto.fi:5432/carwash", "16.4")
    };
    Ok(SourceCheck {
        engine: engine.into(),
        database: database.to_owned(),
        version: version.to_owned(),
        tables: 9,
        size_bytes: 1_320_000_000,
        rights: (engine == DatabaseEngine::Postgresql).then(data::rights),
        readiness: match engine {
            DatabaseEngine::Postgresql => vec![readiness::tables(false)],
            DatabaseEngine::Sqlite => Vec::new(),
        },
    })
}

/// In a folder with `old` in its name lie backups whose key is missing.
pub(super) fn look_into_store(store: &StoreSettings) -> Answer<StoreContents> {
    let check = check_store(store)?;
    let missing = (check.archives > 0).then(|| guard::missing(check.archives));
    let database =
        StoredDatabase { engine: DatabaseEngine::Postgresql.into(), database: "db1:5432/carwash".to_owned() };
    Ok(StoreContents {
        location: check.location,
        archives: check.archives,
        newest: missing.as_ref().map(|key| key.newest),
        databases: missing.iter().map(|_| database.clone()).collect(),
        at_hand: Vec::new(),
        closed: check.archives,
        missing: missing.into_iter().collect(),
        unclear: 0,
        has_active: false,
    })
}

/// The same after its key was imported.
pub(super) fn opened(found: StoreContents) -> StoreContents {
    StoreContents { at_hand: found.missing, missing: Vec::new(), closed: 0, has_active: true, ..found }
}

/// The same of a store: by the name `wrong` in its folder.
pub(super) fn check_store(store: &StoreSettings) -> Answer<StoreCheck> {
    if store.kind != "local" {
        return Ok(data::bucket(store));
    }
    let dir = store.get("dir");
    if dir.contains("wrong") {
        return Err(failure(
            ErrorCode::StoreMissing,
            &format!("the store {dir} does not exist"),
            "check that the disk is mounted and that the path is right; only the last folder of a path is made",
        ));
    }
    Ok(StoreCheck {
        location: dir.to_owned(),
        archives: if dir.contains("old") { 7 } else { 0 },
        free_bytes: Some(194_000_000_000),
        guards: Vec::new(),
        others: StoreOthers::default(),
    })
}
