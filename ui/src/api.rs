//! What the page asks the engine for, written once. A [`Transport`] carries it.
//!
//! A request that can't be serialized holds a secret. It is taken apart here and nowhere else, field by field and
//! without `..`: a new field doesn't compile before it is sent.

use std::cell::Cell;

use aitta_model::{
    AcceptReport, AcceptRequest, ArchiveDetails, AuditFormat, AuditList, AuditQuery, BackupReport,
    BackupRequest, Call, ChangeMfaRequest, ConfirmKeyRequest, ConfirmMfaRequest, CreateKeyRequest,
    DatabaseUrl, Date, DeleteReport, DeleteRequest, DestroyKeyRequest, ErrorCode, ExportKitRequest, Failure,
    History, HoldReport, HoldRequest, ImportKeyRequest, KeyCanary, KeyRingReport, Language, ListReport,
    MfaChanged, MfaCode, MfaEnrolment, MfaStatus, NotifyReport, NotifyStatus, Overview, ProfileForm,
    ProfileState, ProveRequest, PruneReport, PruneRequest, Pulse, PutBackReport, PutBackRequest, Readiness,
    RecoveryCodes, RecoveryKit, ReleaseRequest, RestoreComparison, RestorePlan, RestoreReport,
    RestoreRequest, RetentionOutlook, Review, RotateRequest, RotationReport, RunDetails, RunSummary,
    RunsAhead, SaveHow, SavedProfile, ScheduleStatus, Session, Settings, SourceCheck, StoreCheck,
    StoreContents, StoreCredentials, StoreSettings, Underway, VerifyReport, VerifyRequest,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::transport::{Asked, OnMessage, OnProgress, OperationId, Transport};

thread_local! {
    static TRANSPORT: Cell<Option<&'static dyn Transport>> = const { Cell::new(None) };
}

/// From now on this transport carries what the page asks.
pub(crate) fn connect(transport: &'static dyn Transport) {
    TRANSPORT.set(Some(transport));
}

/// Everything that the page can ask for.
pub(crate) fn api() -> Api {
    Api(TRANSPORT.get().expect("the page connects before it is shown"))
}

/// Everything that the page can ask for. Errors come with code, message and hint.
#[derive(Clone, Copy)]
pub(crate) struct Api(&'static dyn Transport);

impl Api {
    /// Which profiles there are and which one is shown.
    pub(crate) fn session(self) -> Asked<Session> {
        self.ask(Call::session, &[])
    }

    /// Shows another profile.
    pub(crate) fn choose_profile(self, name: &str) -> Asked<Session> {
        self.ask(Call::choose_profile, &[("name", json(name))])
    }

    /// Makes sample data and shows it.
    pub(crate) fn make_sample(self, operation: OperationId) -> Asked<Session> {
        self.ask(Call::make_sample, &[("operation", json(&operation.0))])
    }

    /// Is the data safe?
    pub(crate) fn overview(self) -> Asked<Overview> {
        self.ask(Call::overview, &[])
    }

    /// How each of the profiles stands.
    pub(crate) fn profiles(self) -> Asked<Vec<ProfileState>> {
        self.ask(Call::profiles, &[])
    }

    /// Whether everything is there that a restore will need.
    pub(crate) fn readiness(self) -> Asked<Readiness> {
        self.ask(Call::readiness, &[])
    }

    /// Tells when runs begin and end, also those of other processes, as long as the page is there.
    pub(crate) fn watch(self, on_pulse: impl Fn(Pulse) + 'static) -> Asked<()> {
        let on_message: OnMessage = Box::new(move |message| {
            if let Ok(pulse) = serde_json::from_str(&message) {
                on_pulse(pulse);
            }
        });
        understood(Call::watch, self.0.listen(Call::watch, on_message))
    }

    /// Says that what the newest backup has lost was meant to go.
    pub(crate) fn accept_loss(self, request: &AcceptRequest) -> Asked<AcceptReport> {
        self.ask(Call::accept_loss, &[("request", json(request))])
    }

    /// The last so many days.
    pub(crate) fn history(self, days: u32) -> Asked<History> {
        self.ask(Call::history, &[("days", json(&days))])
    }

    /// The month that this day lies in, or the last that is over, beside the one before.
    pub(crate) fn review(self, month: Option<Date>) -> Asked<Review> {
        self.ask(Call::review, &[("month", json(&month))])
    }

    /// What is under way, also in other processes.
    pub(crate) fn underway(self) -> Asked<Vec<Underway>> {
        self.ask(Call::underway, &[])
    }

    /// Waits longer for a lock.
    pub(crate) fn wait_longer(self, operation: OperationId, seconds: u64) -> Asked<()> {
        self.ask(Call::wait_longer, &[("operation", json(&operation.0)), ("seconds", json(&seconds))])
    }

    /// Ends a session of the database that an operation waits for.
    pub(crate) fn end_session(self, operation: OperationId, pid: i32) -> Asked<()> {
        self.ask(Call::end_session, &[("operation", json(&operation.0)), ("pid", json(&pid))])
    }

    /// All archives of the store, newest first.
    pub(crate) fn archives(self) -> Asked<ListReport> {
        self.ask(Call::archives, &[])
    }

    /// One archive; `selector` is an id, `latest` or `before:` and a time with its zone.
    pub(crate) fn archive(self, selector: &str) -> Asked<ArchiveDetails> {
        self.ask(Call::archive, &[("id", json(selector))])
    }

    /// Makes a backup.
    pub(crate) fn back_up(
        self,
        request: BackupRequest,
        operation: OperationId,
        progress: OnProgress,
    ) -> Asked<BackupReport> {
        self.follow(Call::back_up, json(&request), operation, progress)
    }

    /// Checks archives.
    pub(crate) fn verify(
        self,
        request: VerifyRequest,
        operation: OperationId,
        progress: OnProgress,
    ) -> Asked<VerifyReport> {
        self.follow(Call::verify, json(&request), operation, progress)
    }

    /// Deletes an archive.
    pub(crate) fn delete_archive(self, request: DeleteRequest) -> Asked<DeleteReport> {
        let DeleteRequest { id, reason, mfa } = request;
        let request = object(&[("id", json(&id)), ("reason", json(&reason)), ("mfa", code(mfa.as_ref()))]);
        self.ask(Call::delete_archive, &[("request", request)])
    }

    /// Shows the file of an archive in the file manager.
    pub(crate) fn reveal_archive(self, id: &str) -> Asked<()> {
        self.ask(Call::reveal_archive, &[("id", json(id))])
    }

    /// Puts a secret on the clipboard, for a short time.
    pub(crate) fn copy_secret(self, text: &str) -> Asked<()> {
        self.ask(Call::copy_secret, &[("text", json(text))])
    }

    /// What a restore would do.
    pub(crate) fn restore_plan(self, request: RestoreRequest) -> Asked<RestorePlan> {
        self.ask(Call::restore_plan, &[("request", restore(request))])
    }

    /// How the tables that are there compare with the backup.
    pub(crate) fn compare_restore(self, request: RestoreRequest) -> Asked<RestoreComparison> {
        self.ask(Call::compare_restore, &[("request", restore(request))])
    }

    /// Restores everything into a new database, compares it, and drops it again.
    pub(crate) fn prove_restore(
        self,
        request: ProveRequest,
        operation: OperationId,
        progress: OnProgress,
    ) -> Asked<RestoreReport> {
        self.follow(Call::prove_restore, json(&request), operation, progress)
    }

    /// Restores.
    pub(crate) fn restore(
        self,
        request: RestoreRequest,
        operation: OperationId,
        progress: OnProgress,
    ) -> Asked<RestoreReport> {
        self.follow(Call::restore, restore(request), operation, progress)
    }

    /// The newest runs.
    pub(crate) fn runs(self, limit: u32) -> Asked<Vec<RunSummary>> {
        self.ask(Call::runs, &[("limit", json(&limit))])
    }

    /// One run.
    pub(crate) fn run(self, id: i64) -> Asked<RunDetails> {
        self.ask(Call::run, &[("id", json(&id))])
    }

    /// The archive that takes a restore back.
    pub(crate) fn undo_archive(self, run: i64) -> Asked<ArchiveDetails> {
        self.ask(Call::undo_archive, &[("id", json(&run))])
    }

    /// Stops an operation. It then ends with `cancelled`.
    pub(crate) fn cancel(self, operation: OperationId) -> Asked<()> {
        self.ask(Call::cancel, &[("operation", json(&operation.0))])
    }

    /// What is set of the profile that is shown.
    pub(crate) fn settings(self) -> Asked<Settings> {
        self.ask(Call::settings, &[])
    }

    /// Writes a profile down and shows it, or asks what has to be answered first.
    pub(crate) fn save_profile(self, form: ProfileForm, how: SaveHow) -> Asked<SavedProfile> {
        let ProfileForm { name, database_url, store, credentials, retention_days, targets, automation } =
            form;
        let form = object(&[
            ("name", json(&name)),
            ("database_url", json(&database_url.as_ref().map(DatabaseUrl::expose))),
            ("store", json(&store)),
            ("credentials", json(&credentials.as_ref().map(StoreCredentials::expose))),
            ("retention_days", json(&retention_days)),
            ("targets", json(&targets)),
            ("automation", json(&automation)),
        ]);
        self.ask(Call::save_profile, &[("form", form), ("how", json(&how))])
    }

    /// Who starts backups, and when.
    pub(crate) fn schedule(self) -> Asked<ScheduleStatus> {
        self.ask(Call::schedule, &[])
    }

    /// The next runs of a rule that is being entered, or what is wrong with it.
    pub(crate) fn runs_ahead(self, pattern: &str, zone: &str) -> Asked<RunsAhead> {
        self.ask(Call::runs_ahead, &[("pattern", json(pattern)), ("zone", json(zone))])
    }

    /// What the rules of retention mean for each backup now.
    pub(crate) fn retention(self) -> Asked<RetentionOutlook> {
        self.ask(Call::retention, &[])
    }

    /// Puts away and deletes what may go by the rules.
    pub(crate) fn prune(self, request: PruneRequest) -> Asked<PruneReport> {
        let PruneRequest { dry_run, agreed, reason, mfa } = request;
        let request = object(&[
            ("dry_run", json(&dry_run)),
            ("agreed", json(&agreed)),
            ("reason", json(&reason)),
            ("mfa", code(mfa.as_ref())),
        ]);
        self.ask(Call::prune, &[("request", request)])
    }

    /// Puts a backup that was put away back into the lists, and pins it.
    pub(crate) fn put_back(self, request: PutBackRequest) -> Asked<PutBackReport> {
        let PutBackRequest { id, reason } = request;
        let request = object(&[("id", json(&id)), ("reason", json(&reason))]);
        self.ask(Call::put_back, &[("request", request)])
    }

    /// Holds a backup, whatever the rules say.
    pub(crate) fn hold_archive(self, request: HoldRequest) -> Asked<HoldReport> {
        let HoldRequest { id, legal, until, reason } = request;
        let request = object(&[
            ("id", json(&id)),
            ("legal", json(&legal)),
            ("until", json(&until)),
            ("reason", json(&reason)),
        ]);
        self.ask(Call::hold_archive, &[("request", request)])
    }

    /// Ends all holds on a backup.
    pub(crate) fn release_archive(self, request: ReleaseRequest) -> Asked<HoldReport> {
        let ReleaseRequest { id, reason, mfa } = request;
        let request = object(&[("id", json(&id)), ("reason", json(&reason)), ("mfa", code(mfa.as_ref()))]);
        self.ask(Call::release_archive, &[("request", request)])
    }

    /// The channels through which people are told, and how each stands.
    pub(crate) fn notices(self) -> Asked<NotifyStatus> {
        self.ask(Call::notices, &[])
    }

    /// Sends a test through each channel.
    pub(crate) fn send_test(self) -> Asked<NotifyReport> {
        self.ask(Call::send_test, &[])
    }

    /// The path that is meant by what somebody has typed.
    pub(crate) fn full_path(self, text: &str) -> Asked<String> {
        self.ask(Call::full_path, &[("text", json(text))])
    }

    /// Lets the user choose a folder; gives its path, or nothing when they changed their mind.
    pub(crate) fn choose_folder(self) -> Asked<Option<String>> {
        self.ask(Call::choose_folder, &[])
    }

    /// Lets the user choose a file; gives its path, or nothing when they changed their mind.
    pub(crate) fn choose_file(self) -> Asked<Option<String>> {
        self.ask(Call::choose_file, &[])
    }

    /// Says whether something is entered that is not saved.
    pub(crate) fn set_unsaved(self, on: bool) -> Asked<()> {
        self.ask(Call::set_unsaved, &[("on", json(&on))])
    }

    /// Tells when the program is to end while something is not saved, as long as the page is there.
    pub(crate) fn on_close(self, asked: impl Fn() + 'static) -> Asked<()> {
        understood(Call::on_close, self.0.listen(Call::on_close, Box::new(move |_| asked())))
    }

    /// Ends the program; what is not saved is lost.
    pub(crate) fn close_anyway(self) -> Asked<()> {
        self.ask(Call::close_anyway, &[])
    }

    /// Connects to a database.
    pub(crate) fn check_source(self, url: DatabaseUrl) -> Asked<SourceCheck> {
        self.ask(Call::check_source, &[("url", json(url.expose()))])
    }

    /// Writes to a store and reads it back.
    pub(crate) fn check_store(
        self,
        store: StoreSettings,
        credentials: Option<StoreCredentials>,
    ) -> Asked<StoreCheck> {
        let credentials = json(&credentials.as_ref().map(StoreCredentials::expose));
        self.ask(Call::check_store, &[("store", json(&store)), ("credentials", credentials)])
    }

    /// What lies in a store, and which keys open it. Nothing is written.
    pub(crate) fn look_into_store(
        self,
        store: &StoreSettings,
        credentials: Option<&StoreCredentials>,
    ) -> Asked<StoreContents> {
        let credentials = json(&credentials.map(StoreCredentials::expose));
        self.ask(Call::look_into_store, &[("store", json(store)), ("credentials", credentials)])
    }

    /// The keys of the profile that is shown.
    pub(crate) fn key_ring(self) -> Asked<KeyRingReport> {
        self.ask(Call::key_ring, &[])
    }

    /// Makes a key, which is used only once its kit is confirmed.
    pub(crate) fn create_key(self, request: CreateKeyRequest) -> Asked<RecoveryKit> {
        let CreateKeyRequest { reason, mfa } = request;
        let request = object(&[("reason", json(&reason)), ("mfa", code(mfa.as_ref()))]);
        self.ask(Call::create_key, &[("request", request)])
    }

    /// Shows that the kit of a new key is at hand: the key becomes active.
    pub(crate) fn confirm_key(self, request: ConfirmKeyRequest) -> Asked<KeyRingReport> {
        let ConfirmKeyRequest { key_id, typed, mfa } = request;
        let request = object(&[
            ("key_id", json(&key_id)),
            ("typed", json(typed.expose())),
            ("mfa", code(mfa.as_ref())),
        ]);
        self.ask(Call::confirm_key, &[("request", request)])
    }

    /// Gives up a new key that was not confirmed.
    pub(crate) fn discard_key(self, key_id: &str) -> Asked<()> {
        self.ask(Call::discard_key, &[("key_id", json(key_id))])
    }

    /// Takes a key from a kit.
    pub(crate) fn import_key(self, request: ImportKeyRequest) -> Asked<KeyRingReport> {
        let ImportKeyRequest { key, reason, mfa } = request;
        let request =
            object(&[("key", json(key.expose())), ("reason", json(&reason)), ("mfa", code(mfa.as_ref()))]);
        self.ask(Call::import_key, &[("request", request)])
    }

    /// Takes a key from a kit, for the backups of a store that is no profile's yet.
    pub(crate) fn import_key_of_store(
        self,
        store: &StoreSettings,
        credentials: Option<&StoreCredentials>,
        request: ImportKeyRequest,
    ) -> Asked<StoreContents> {
        let ImportKeyRequest { key, reason, mfa } = request;
        let request =
            object(&[("key", json(key.expose())), ("reason", json(&reason)), ("mfa", code(mfa.as_ref()))]);
        let credentials = json(&credentials.map(StoreCredentials::expose));
        self.ask(
            Call::import_key_of_store,
            &[("store", json(store)), ("credentials", credentials), ("request", request)],
        )
    }

    /// Makes the kit of a key again.
    pub(crate) fn export_kit(self, request: ExportKitRequest) -> Asked<RecoveryKit> {
        let ExportKitRequest { key_id, reason, mfa } = request;
        let request =
            object(&[("key_id", json(&key_id)), ("reason", json(&reason)), ("mfa", code(mfa.as_ref()))]);
        self.ask(Call::export_kit, &[("request", request)])
    }

    /// Destroys a key that nothing needs any more.
    pub(crate) fn destroy_key(self, request: DestroyKeyRequest) -> Asked<KeyRingReport> {
        let DestroyKeyRequest { key_id, reason, mfa, gone } = request;
        let request = object(&[
            ("key_id", json(&key_id)),
            ("reason", json(&reason)),
            ("mfa", code(mfa.as_ref())),
            ("gone", json(&gone)),
        ]);
        self.ask(Call::destroy_key, &[("request", request)])
    }

    /// Tries whether the active key opens the newest archive.
    pub(crate) fn check_key(self) -> Asked<KeyCanary> {
        self.ask(Call::check_key, &[])
    }

    /// Moves the archives to the active key, or back.
    pub(crate) fn rotate(
        self,
        request: RotateRequest,
        operation: OperationId,
        progress: OnProgress,
    ) -> Asked<RotationReport> {
        let RotateRequest { direction, reencrypt, reason, mfa } = request;
        let request = object(&[
            ("direction", json(&direction)),
            ("reencrypt", json(&reencrypt)),
            ("reason", json(&reason)),
            ("mfa", code(mfa.as_ref())),
        ]);
        self.follow(Call::rotate, request, operation, progress)
    }

    /// The second factor as it stands.
    pub(crate) fn mfa(self) -> Asked<MfaStatus> {
        self.ask(Call::mfa, &[])
    }

    /// Makes the secret of an authenticator.
    pub(crate) fn begin_mfa(self) -> Asked<MfaEnrolment> {
        self.ask(Call::begin_mfa, &[])
    }

    /// Shows that the authenticator works; gives ten recovery codes.
    pub(crate) fn confirm_mfa(self, request: ConfirmMfaRequest) -> Asked<RecoveryCodes> {
        let ConfirmMfaRequest { code: new, mfa, reason } = request;
        let request =
            object(&[("code", code(Some(&new))), ("mfa", code(mfa.as_ref())), ("reason", json(&reason))]);
        self.ask(Call::confirm_mfa, &[("request", request)])
    }

    /// Changes something about the second factor.
    pub(crate) fn change_mfa(self, request: ChangeMfaRequest) -> Asked<MfaChanged> {
        let ChangeMfaRequest { change, mfa, reason } = request;
        let request =
            object(&[("change", json(&change)), ("mfa", code(mfa.as_ref())), ("reason", json(&reason))]);
        self.ask(Call::change_mfa, &[("request", request)])
    }

    /// Entries of the audit trail, newest first, and whether its chain holds.
    pub(crate) fn audit(self, query: AuditQuery) -> Asked<AuditList> {
        self.ask(Call::audit, &[("query", json(&query))])
    }

    /// The same as a file.
    pub(crate) fn audit_export(self, query: AuditQuery, format: AuditFormat) -> Asked<String> {
        self.ask(Call::audit_export, &[("query", json(&query)), ("format", json(&format))])
    }

    /// The report of a quarter, as HTML.
    pub(crate) fn audit_report(self, year: i16, quarter: i8, language: Language) -> Asked<String> {
        let when = [("year", json(&year)), ("quarter", json(&quarter)), ("language", json(&language))];
        self.ask(Call::audit_report, &when)
    }

    /// Whether Aitta stays in the tray when its window is closed.
    pub(crate) fn stays_in_tray(self) -> Asked<bool> {
        self.ask(Call::stays_in_tray, &[])
    }

    /// Chooses that.
    pub(crate) fn set_stays_in_tray(self, stays: bool) -> Asked<()> {
        self.ask(Call::set_stays_in_tray, &[("stays", json(&stays))])
    }

    /// The tray and notifications speak this language, too.
    pub(crate) fn set_language(self, code: &str) -> Asked<()> {
        self.ask(Call::set_language, &[("code", json(code))])
    }

    /// Saves a file where the user wants it; gives the path, or nothing when they changed their mind.
    pub(crate) fn save_file(self, name: &str, mime: &str, bytes: Vec<u8>) -> Asked<Option<String>> {
        self.0.save(name, mime, bytes)
    }

    fn ask<T: DeserializeOwned + 'static>(self, call: Call, args: &[(&str, String)]) -> Asked<T> {
        understood(call, self.0.ask(call, object(args)))
    }

    fn follow<T: DeserializeOwned + 'static>(
        self,
        call: Call,
        request: String,
        operation: OperationId,
        progress: OnProgress,
    ) -> Asked<T> {
        let args = object(&[("request", request), ("operation", json(&operation.0))]);
        understood(call, self.0.follow(call, args, progress))
    }
}

/// Numbers keep their precision: all that leave the engine are below 2^53.
fn understood<T: DeserializeOwned + 'static>(call: Call, told: Asked<String>) -> Asked<T> {
    Box::pin(async move { serde_json::from_str(&told.await?).map_err(|error| unintelligible(call, &error)) })
}

fn unintelligible(call: Call, error: &serde_json::Error) -> Failure {
    Failure {
        code: ErrorCode::System,
        message: format!("the program gave no usable answer to {:?}: {error}", call.as_str()),
        hint: "start Aitta again; if that does not help, report this message".to_owned(),
    }
}

/// A request with the URL of its target, which may hold a password. Whether anything is changed is said by the call.
fn restore(request: RestoreRequest) -> String {
    let RestoreRequest {
        archive,
        tables,
        to,
        to_schema,
        dry_run: _,
        reason,
        jobs,
        lock_timeout_s,
        no_owner,
        no_privileges,
        trust_code,
        mfa,
    } = request;
    object(&[
        ("archive", json(&archive)),
        ("tables", json(&tables)),
        ("to", json(&to.as_ref().map(DatabaseUrl::expose))),
        ("to_schema", json(&to_schema)),
        ("reason", json(&reason)),
        ("jobs", json(&jobs)),
        ("lock_timeout_s", json(&lock_timeout_s)),
        ("no_owner", json(&no_owner)),
        ("no_privileges", json(&no_privileges)),
        ("trust_code", json(&trust_code)),
        ("mfa", code(mfa.as_ref())),
    ])
}

/// The second factor leaves the page only here.
fn code(code: Option<&MfaCode>) -> String {
    json(&code.map(MfaCode::expose))
}

/// What the page sends has neither keys that are not strings nor anything else that JSON can't say.
fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// An object of fields that are JSON already.
fn object(fields: &[(&str, String)]) -> String {
    let mut text = String::from("{");
    for (name, value) in fields {
        let comma = if text.len() > 1 { "," } else { "" };
        text.extend([comma, "\"", name, "\":", value]);
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests;
