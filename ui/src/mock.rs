//! Made-up answers in every state a page can be in, for design work and browser tests. `?state=` chooses:
//! `normal`, `empty`, `loading`, `error`, `many`, `unsafe`, `setup`.

mod data;
mod guard;

use aitta_model::{
    ArchiveDetails, ArchiveState, AuditFormat, AuditList, AuditQuery, BackupReport, BackupRequest,
    ChangeMfaRequest, ConfirmKeyRequest, ConfirmMfaRequest, DatabaseUrl, Date, DeleteReport, DeleteRequest,
    DestroyKeyRequest, ErrorCode, ExportKitRequest, Failure, Guarded, History, ImportKeyRequest, KeyCanary,
    KeyRingReport, ListReport, MfaChanged, MfaEnrolment, MfaStatus, Overview, PhaseTiming, ProfileForm,
    ProgressEvent, RecoveryCodes, RecoveryKit, RestorePlan, RestoreReport, RestoreRequest, Review,
    RotateRequest, RotationReport, RunDetails, RunSummary, Session, Settings, SourceCheck, StoreCheck,
    StoreCredentials, StoreSettings, VerifyReport, VerifyRequest, VerifyResult,
};
use async_trait::async_trait;
use gloo_timers::future::TimeoutFuture;

use crate::api::{Answer, Api, OnProgress, OperationId};

/// Answers that were made up.
pub(crate) struct Mock;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Normal,
    Empty,
    Loading,
    Error,
    Many,
    Unsafe,
    Setup,
}

thread_local! {
    /// As the page was first opened: following a link must not change it.
    static STATE: std::cell::Cell<State> = std::cell::Cell::new(asked_for());
    /// The ends of the ids of archives that were deleted.
    static DELETED: std::cell::RefCell<std::collections::HashSet<String>> = std::cell::RefCell::default();
    static CANCELLED: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

fn asked_for() -> State {
    let search = leptos::prelude::window().location().search().unwrap_or_default();
    let state = web_sys::UrlSearchParams::new_with_str(&search).ok().and_then(|p| p.get("state"));
    match state.as_deref() {
        Some("empty") => State::Empty,
        Some("loading") => State::Loading,
        Some("error") => State::Error,
        Some("many") => State::Many,
        Some("unsafe") => State::Unsafe,
        Some("setup") => State::Setup,
        _ => State::Normal,
    }
}

fn state() -> State {
    STATE.get()
}

fn no_keychain() -> Failure {
    Failure {
        code: ErrorCode::KeychainUnavailable,
        message:
            "no encryption key: BACKUP_ENCRYPTION_KEY is not set, and the keychain of the system is locked"
                .to_owned(),
        hint:
            "set BACKUP_ENCRYPTION_KEY to the key; or, when it is in the keychain, start and unlock a keyring"
                .to_owned(),
    }
}

/// What every question meets first.
async fn met() -> Answer<()> {
    match state() {
        State::Loading => std::future::pending().await,
        State::Error => Err(Failure {
            code: ErrorCode::StoreMissing,
            message: "the store /mnt/backup/aitta does not exist".to_owned(),
            hint: "check that the disk is mounted and that the folder of the store is right".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Work that takes its time, tells its progress, and can be stopped.
async fn work(operation: OperationId, progress: &OnProgress, tables: &[(String, u64)]) -> Answer<()> {
    const STEPS: u64 = 40;
    const BYTES: u64 = 438_000_000;
    progress(ProgressEvent::Phase { name: "reading".to_owned(), total_bytes: Some(BYTES) });
    for step in 0..STEPS {
        TimeoutFuture::new(60).await;
        if CANCELLED.get() == operation.0 {
            return Err(Failure {
                code: ErrorCode::Cancelled,
                message: "stopped by the user".to_owned(),
                hint: "nothing was changed; start it again when you are ready".to_owned(),
            });
        }
        progress(ProgressEvent::Advance { bytes: BYTES / STEPS });
        if let Some((name, rows)) = tables.get((step / 4) as usize).filter(|_| step % 4 == 3) {
            progress(ProgressEvent::Table { name: name.clone(), rows: *rows });
        }
    }
    Ok(())
}

#[async_trait(?Send)]
impl Api for Mock {
    async fn session(&self) -> Answer<Session> {
        let active = (state() != State::Setup).then(data::profile);
        let profiles = active
            .iter()
            .map(|p| p.name.clone())
            .chain(active.iter().map(|_| "varasto".to_owned()))
            .collect();
        Ok(Session { version: "0.1.0".to_owned(), active, profiles, failure: None })
    }

    async fn choose_profile(&self, name: &str) -> Answer<Session> {
        let mut session = self.session().await?;
        if let Some(active) = &mut session.active {
            active.name = name.to_owned();
        }
        Ok(session)
    }

    async fn make_sample(&self, _: OperationId) -> Answer<Session> {
        TimeoutFuture::new(1500).await;
        STATE.set(State::Normal);
        let mut session = self.session().await?;
        if let Some(active) = &mut session.active {
            active.sample = true;
        }
        Ok(session)
    }

    async fn overview(&self) -> Answer<Overview> {
        met().await?;
        Ok(data::overview(state() == State::Empty, state() == State::Unsafe))
    }

    async fn history(&self, days: u32) -> Answer<History> {
        met().await?;
        Ok(if state() == State::Empty { data::no_history(days) } else { data::history(days) })
    }

    async fn review(&self, month: Date) -> Answer<Review> {
        met().await?;
        Ok(data::review(month, state() == State::Empty))
    }

    async fn archives(&self) -> Answer<ListReport> {
        met().await?;
        let n = match state() {
            State::Empty => 0,
            State::Many => 10_000,
            _ => 34,
        };
        let mut archives = data::archives(n);
        DELETED.with_borrow(|deleted| archives.retain(|a| !deleted.contains(data::ending(&a.id))));
        let missing = if state() == State::Unsafe { data::missing() } else { Vec::new() };
        Ok(ListReport { total: archives.len() as u64, archives, missing, whole_copies: Vec::new() })
    }

    async fn archive(&self, selector: &str) -> Answer<ArchiveDetails> {
        met().await?;
        let archives = data::archives(if state() == State::Many { 10_000 } else { 34 });
        let found =
            match selector.strip_prefix("before:").and_then(|t| t.parse::<aitta_model::Timestamp>().ok()) {
                Some(before) => archives.iter().find(|a| a.created < before),
                None if selector == "latest" => archives.first(),
                // Times move with the clock; the end of an id does not.
                None => archives.iter().find(|a| data::ending(&a.id) == data::ending(selector)),
            };
        let found = found.cloned().ok_or_else(|| Failure {
            code: ErrorCode::ArchiveNotFound,
            message: format!("no archive matches {selector}"),
            hint: "choose a later time: the oldest archive is younger than that".to_owned(),
        })?;
        Ok(data::details(found, state() == State::Many))
    }

    async fn back_up(
        &self,
        request: BackupRequest,
        operation: OperationId,
        progress: OnProgress,
    ) -> Answer<BackupReport> {
        let details = data::details(data::archives(1).remove(0), false);
        let tables: Vec<_> = details.table_list.iter().map(|t| (t.name.clone(), t.rows)).collect();
        work(operation, &progress, &tables).await?;
        let mut archive = details.summary;
        archive.kind = Some(request.kind.to_string());
        Ok(BackupReport {
            archive,
            location: details.location,
            tables: details.table_list,
            source_bytes: 1_320_000_000,
            frames_checked: 660,
            sampled: false,
            duration_ms: 109_000,
            phases: vec![PhaseTiming { name: "reading".to_owned(), duration_ms: 109_000 }],
            notes: Vec::new(),
            copies: Vec::new(),
        })
    }

    async fn verify(
        &self,
        request: VerifyRequest,
        operation: OperationId,
        progress: OnProgress,
    ) -> Answer<VerifyReport> {
        work(operation, &progress, &[]).await?;
        let id = match request.scope {
            aitta_model::VerifyScope::One(selector) => selector.to_string(),
            aitta_model::VerifyScope::All => data::archives(1).remove(0).id,
        };
        let damaged = |a: &aitta_model::ArchiveSummary| {
            matches!(a.state, ArchiveState::Damaged(_)) && data::ending(&a.id) == data::ending(&id)
        };
        let ok = !data::archives(34).iter().any(damaged);
        let failure = (!ok).then(|| data::damaged(&id));
        let result = VerifyResult {
            id,
            ok,
            frames: 660,
            bytes_read: 438_000_000,
            rows: (request.level == aitta_model::VerifyLevel::Content && ok).then_some(5_799_900),
            failure,
            remarks: Vec::new(),
        };
        Ok(VerifyReport { level: request.level, results: vec![result], duration_ms: 2400 })
    }

    async fn delete_archive(&self, request: DeleteRequest) -> Answer<DeleteReport> {
        TimeoutFuture::new(200).await;
        guard::reason(request.reason.as_deref())?;
        guard::shown(Guarded::Delete, request.mfa.as_ref())?;
        DELETED.with_borrow_mut(|deleted| deleted.insert(data::ending(&request.id).to_owned()));
        Ok(DeleteReport { id: request.id, freed_bytes: 438_000_000, left: Vec::new(), notes: Vec::new() })
    }

    async fn reveal_archive(&self, _: &str) -> Answer<()> {
        Ok(())
    }

    async fn restore_plan(&self, request: RestoreRequest) -> Answer<RestorePlan> {
        met().await?;
        TimeoutFuture::new(300).await;
        let archive = self.archive(&request.archive.to_string()).await?;
        Ok(data::plan(&archive, &request))
    }

    async fn restore(
        &self,
        request: RestoreRequest,
        operation: OperationId,
        progress: OnProgress,
    ) -> Answer<RestoreReport> {
        let archive = self.archive(&request.archive.to_string()).await?;
        let plan = data::plan(&archive, &request);
        if request.to.is_none() {
            guard::shown(Guarded::Restore, request.mfa.as_ref())?;
        }
        let tables: Vec<_> = plan.tables.iter().map(|t| (t.name.clone(), t.archive_rows)).collect();
        work(operation, &progress, &tables).await?;
        // By its reason, so that a test can have it fail.
        if request.reason.as_deref().is_some_and(|reason| reason.ends_with("fail")) {
            return Err(Failure {
                code: ErrorCode::LockTimeout,
                message: "table Booking is in use: its lock was not to be had in 30 s".to_owned(),
                hint: "end the long transaction on it (see pg_stat_activity), and try again".to_owned(),
            });
        }
        Ok(data::restored(&archive, plan))
    }

    async fn runs(&self, limit: u32) -> Answer<Vec<RunSummary>> {
        met().await?;
        let n = match state() {
            State::Empty => 0,
            State::Many => limit.min(10_000),
            _ => 60,
        };
        Ok(data::runs(n as usize))
    }

    async fn run(&self, id: i64) -> Answer<RunDetails> {
        met().await?;
        data::run(id).ok_or_else(|| Failure {
            code: ErrorCode::ConfigInvalid,
            message: format!("profile \"kiiltoloisto\" has no run {id}"),
            hint: "the list of runs shows those that the catalog remembers".to_owned(),
        })
    }

    async fn cancel(&self, operation: OperationId) -> Answer<()> {
        CANCELLED.set(operation.0);
        Ok(())
    }

    async fn settings(&self) -> Answer<Settings> {
        met().await?;
        let mut settings = data::settings();
        match state() {
            State::Setup | State::Empty => settings.key = None,
            State::Unsafe => {
                settings.key = None;
                settings.key_failure = Some(no_keychain());
            }
            _ => {}
        }
        Ok(settings)
    }

    async fn save_profile(&self, form: ProfileForm) -> Answer<Session> {
        TimeoutFuture::new(200).await;
        if state() == State::Setup {
            STATE.set(State::Normal);
        }
        self.choose_profile(&form.name).await
    }

    async fn check_source(&self, url: DatabaseUrl) -> Answer<SourceCheck> {
        TimeoutFuture::new(300).await;
        if url.expose().contains("wrong") {
            return Err(Failure {
                code: ErrorCode::SourceAuth,
                message: "the server refuses the password of user \"aitta\"".to_owned(),
                hint: "check user and password; the server's log tells more".to_owned(),
            });
        }
        let engine = if url.expose().starts_with("sqlite:") { "sqlite" } else { "postgresql" };
        Ok(SourceCheck {
            engine: engine.to_owned(),
            database: if engine == "sqlite" {
                "/srv/data/shop.db"
            } else {
                "db1.kiiltoloisto.fi:5432/carwash"
            }
            .to_owned(),
            version: if engine == "sqlite" { "3.46.0" } else { "16.4" }.to_owned(),
            tables: 9,
            size_bytes: 1_320_000_000,
        })
    }

    async fn check_store(&self, store: StoreSettings, _: Option<StoreCredentials>) -> Answer<StoreCheck> {
        TimeoutFuture::new(200).await;
        if store.kind != "local" {
            return Ok(data::bucket(&store));
        }
        let dir = store.get("dir");
        if dir.contains("wrong") {
            return Err(Failure {
                code: ErrorCode::StoreMissing,
                message: format!("the store {dir} does not exist"),
                hint: "check that the disk is mounted and that the path is right; only the last folder of a path is made"
                    .to_owned(),
            });
        }
        Ok(StoreCheck {
            location: dir.to_owned(),
            archives: 0,
            free_bytes: Some(194_000_000_000),
            guards: Vec::new(),
        })
    }

    async fn key_ring(&self) -> Answer<KeyRingReport> {
        met().await?;
        Ok(guard::ring())
    }

    async fn create_key(&self, reason: &str) -> Answer<RecoveryKit> {
        TimeoutFuture::new(200).await;
        guard::reason(Some(reason))?;
        Ok(guard::new_key())
    }

    async fn confirm_key(&self, request: ConfirmKeyRequest) -> Answer<KeyRingReport> {
        TimeoutFuture::new(200).await;
        guard::confirm(&request)?;
        Ok(guard::ring())
    }

    async fn discard_key(&self, _: &str) -> Answer<()> {
        TimeoutFuture::new(200).await;
        guard::discard();
        Ok(())
    }

    async fn import_key(&self, request: ImportKeyRequest) -> Answer<KeyRingReport> {
        TimeoutFuture::new(200).await;
        guard::reason(request.reason.as_deref())?;
        guard::import(request.key.expose())?;
        Ok(guard::ring())
    }

    async fn export_kit(&self, request: ExportKitRequest) -> Answer<RecoveryKit> {
        TimeoutFuture::new(200).await;
        guard::reason(request.reason.as_deref())?;
        guard::shown(Guarded::Keys, request.mfa.as_ref())?;
        Ok(guard::kit(request.key_id.as_deref().unwrap_or(guard::ACTIVE)))
    }

    async fn destroy_key(&self, request: DestroyKeyRequest) -> Answer<KeyRingReport> {
        TimeoutFuture::new(200).await;
        guard::reason(request.reason.as_deref())?;
        guard::shown(Guarded::Keys, request.mfa.as_ref())?;
        guard::destroy(&request.key_id);
        Ok(guard::ring())
    }

    async fn check_key(&self) -> Answer<KeyCanary> {
        TimeoutFuture::new(400).await;
        Ok(guard::check())
    }

    async fn rotate(
        &self,
        request: RotateRequest,
        operation: OperationId,
        progress: OnProgress,
    ) -> Answer<RotationReport> {
        guard::reason(request.reason.as_deref())?;
        guard::rotating(true);
        work(operation, &progress, &[]).await?;
        guard::rotating(false);
        Ok(guard::rotated(&request))
    }

    async fn mfa(&self) -> Answer<MfaStatus> {
        met().await?;
        Ok(guard::status())
    }

    async fn begin_mfa(&self) -> Answer<MfaEnrolment> {
        TimeoutFuture::new(200).await;
        Ok(guard::enrolment())
    }

    async fn confirm_mfa(&self, request: ConfirmMfaRequest) -> Answer<RecoveryCodes> {
        TimeoutFuture::new(200).await;
        guard::reason(request.reason.as_deref())?;
        guard::shown(Guarded::Mfa, request.mfa.as_ref())?;
        guard::enrol(request.code.expose())
    }

    async fn change_mfa(&self, request: ChangeMfaRequest) -> Answer<MfaChanged> {
        TimeoutFuture::new(200).await;
        guard::reason(request.reason.as_deref())?;
        guard::shown(Guarded::Mfa, request.mfa.as_ref())?;
        Ok(guard::change(request.change))
    }

    async fn audit(&self, query: AuditQuery) -> Answer<AuditList> {
        met().await?;
        Ok(guard::audit::list(&query))
    }

    async fn audit_export(&self, query: AuditQuery, format: AuditFormat) -> Answer<String> {
        met().await?;
        Ok(guard::audit::export(&query, format))
    }

    async fn audit_report(&self, year: i16, quarter: i8) -> Answer<String> {
        met().await?;
        Ok(guard::audit::report(year, quarter))
    }

    async fn stays_in_tray(&self) -> Answer<bool> {
        Ok(true)
    }

    async fn set_stays_in_tray(&self, _: bool) -> Answer<()> {
        Ok(())
    }

    async fn save_file(&self, name: &str, mime: &str, bytes: Vec<u8>) -> Answer<Option<String>> {
        data::download(name, mime, &bytes);
        Ok(Some(name.to_owned()))
    }
}
