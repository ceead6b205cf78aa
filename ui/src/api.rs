//! What the page asks the engine for. The shell answers it, or made-up answers do.

use std::cell::Cell;
use std::rc::Rc;

use aitta_model::{
    ArchiveDetails, AuditFormat, AuditList, AuditQuery, BackupReport, BackupRequest, ChangeMfaRequest,
    ConfirmKeyRequest, ConfirmMfaRequest, DatabaseUrl, Date, DeleteReport, DeleteRequest, DestroyKeyRequest,
    ExportKitRequest, Failure, History, ImportKeyRequest, KeyCanary, KeyRingReport, ListReport, MfaChanged,
    MfaEnrolment, MfaStatus, Overview, ProfileForm, ProgressEvent, RecoveryCodes, RecoveryKit, RestorePlan,
    RestoreReport, RestoreRequest, Review, RotateRequest, RotationReport, RunDetails, RunSummary, Session,
    Settings, SourceCheck, StoreCheck, StoreCredentials, StoreSettings, VerifyReport, VerifyRequest,
};
use async_trait::async_trait;

/// An answer, or what went wrong with its hint.
pub(crate) type Answer<T> = Result<T, Failure>;

/// Takes the progress of an operation.
pub(crate) type OnProgress = Rc<dyn Fn(ProgressEvent)>;

/// The number by which an operation is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OperationId(pub(crate) u32);

impl OperationId {
    /// One that was not used before.
    pub(crate) fn next() -> Self {
        thread_local! {
            static LAST: Cell<u32> = const { Cell::new(0) };
        }
        LAST.set(LAST.get() + 1);
        Self(LAST.get())
    }
}

/// Everything that the page can ask for. Errors come with code, message and hint.
#[async_trait(?Send)]
pub(crate) trait Api {
    /// Which profiles there are and which one is shown.
    async fn session(&self) -> Answer<Session>;
    /// Shows another profile.
    async fn choose_profile(&self, name: &str) -> Answer<Session>;
    /// Makes sample data and shows it.
    async fn make_sample(&self, operation: OperationId) -> Answer<Session>;
    /// Is the data safe?
    async fn overview(&self) -> Answer<Overview>;
    /// The last so many days.
    async fn history(&self, days: u32) -> Answer<History>;
    /// The month that this day lies in, beside the one before.
    async fn review(&self, month: Date) -> Answer<Review>;
    /// All archives of the store, newest first.
    async fn archives(&self) -> Answer<ListReport>;
    /// One archive; `selector` is an id, `latest` or `before:` and a time with its zone.
    async fn archive(&self, selector: &str) -> Answer<ArchiveDetails>;
    /// Makes a backup.
    async fn back_up(
        &self,
        request: BackupRequest,
        operation: OperationId,
        progress: OnProgress,
    ) -> Answer<BackupReport>;
    /// Checks archives.
    async fn verify(
        &self,
        request: VerifyRequest,
        operation: OperationId,
        progress: OnProgress,
    ) -> Answer<VerifyReport>;
    /// Deletes an archive.
    async fn delete_archive(&self, request: DeleteRequest) -> Answer<DeleteReport>;
    /// Shows the file of an archive in the file manager.
    async fn reveal_archive(&self, id: &str) -> Answer<()>;
    /// What a restore would do.
    async fn restore_plan(&self, request: RestoreRequest) -> Answer<RestorePlan>;
    /// Restores.
    async fn restore(
        &self,
        request: RestoreRequest,
        operation: OperationId,
        progress: OnProgress,
    ) -> Answer<RestoreReport>;
    /// The newest runs.
    async fn runs(&self, limit: u32) -> Answer<Vec<RunSummary>>;
    /// One run.
    async fn run(&self, id: i64) -> Answer<RunDetails>;
    /// Stops an operation. It then ends with `cancelled`.
    async fn cancel(&self, operation: OperationId) -> Answer<()>;
    /// What is set of the profile that is shown.
    async fn settings(&self) -> Answer<Settings>;
    /// Writes a profile down and shows it.
    async fn save_profile(&self, form: ProfileForm) -> Answer<Session>;
    /// Connects to a database.
    async fn check_source(&self, url: DatabaseUrl) -> Answer<SourceCheck>;
    /// Writes to a store and reads it back.
    async fn check_store(
        &self,
        store: StoreSettings,
        credentials: Option<StoreCredentials>,
    ) -> Answer<StoreCheck>;
    /// The keys of the profile that is shown.
    async fn key_ring(&self) -> Answer<KeyRingReport>;
    /// Makes a key, which is used only once its kit is confirmed.
    async fn create_key(&self, reason: &str) -> Answer<RecoveryKit>;
    /// Shows that the kit of a new key is at hand: the key becomes active.
    async fn confirm_key(&self, request: ConfirmKeyRequest) -> Answer<KeyRingReport>;
    /// Gives up a new key that was not confirmed.
    async fn discard_key(&self, key_id: &str) -> Answer<()>;
    /// Takes a key from a kit.
    async fn import_key(&self, request: ImportKeyRequest) -> Answer<KeyRingReport>;
    /// Makes the kit of a key again.
    async fn export_kit(&self, request: ExportKitRequest) -> Answer<RecoveryKit>;
    /// Destroys a key that nothing needs any more.
    async fn destroy_key(&self, request: DestroyKeyRequest) -> Answer<KeyRingReport>;
    /// Tries whether the active key opens the newest archive.
    async fn check_key(&self) -> Answer<KeyCanary>;
    /// Moves the archives to the active key, or back.
    async fn rotate(
        &self,
        request: RotateRequest,
        operation: OperationId,
        progress: OnProgress,
    ) -> Answer<RotationReport>;
    /// The second factor as it stands.
    async fn mfa(&self) -> Answer<MfaStatus>;
    /// Makes the secret of an authenticator.
    async fn begin_mfa(&self) -> Answer<MfaEnrolment>;
    /// Shows that the authenticator works; gives ten recovery codes.
    async fn confirm_mfa(&self, request: ConfirmMfaRequest) -> Answer<RecoveryCodes>;
    /// Changes something about the second factor.
    async fn change_mfa(&self, request: ChangeMfaRequest) -> Answer<MfaChanged>;
    /// Entries of the audit trail, newest first, and whether its chain holds.
    async fn audit(&self, query: AuditQuery) -> Answer<AuditList>;
    /// The same as a file.
    async fn audit_export(&self, query: AuditQuery, format: AuditFormat) -> Answer<String>;
    /// The report of a quarter, as HTML.
    async fn audit_report(&self, year: i16, quarter: i8) -> Answer<String>;
    /// Whether Aitta stays in the tray when its window is closed.
    async fn stays_in_tray(&self) -> Answer<bool>;
    /// Chooses that.
    async fn set_stays_in_tray(&self, stays: bool) -> Answer<()>;
    /// Saves a file where the user wants it; gives the path, or nothing when they changed their mind.
    async fn save_file(&self, name: &str, mime: &str, bytes: Vec<u8>) -> Answer<Option<String>>;
}

/// The one that answers.
#[cfg(not(feature = "mock"))]
pub(crate) fn api() -> Rc<dyn Api> {
    Rc::new(crate::tauri::Shell)
}

/// The one that answers.
#[cfg(feature = "mock")]
pub(crate) fn api() -> Rc<dyn Api> {
    Rc::new(crate::mock::Mock)
}
