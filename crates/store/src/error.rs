//! What a failure of a store means: callers learn meanings and not the errors of three vendors.

use std::io;

use aitta_base::Error;
use aitta_model::{Command, ErrorCode};

/// Why a store could not do what it was asked, by meaning.
#[derive(Debug)]
pub struct StoreError {
    /// What it means.
    pub kind: StoreErrorKind,
    /// Which object or folder.
    pub name: String,
    /// What to do, where the store knows better than [`StoreErrorKind`] tells.
    pub hint: Option<String>,
    /// The cause.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl StoreError {
    /// A failure at this object or store.
    pub fn new(
        kind: StoreErrorKind,
        name: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, name: name.into(), hint: None, source: source.into() }
    }

    /// Says what to do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What a failure of a store means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// There is no such object.
    NotFound,
    /// There is already such an object.
    AlreadyExists,
    /// The store itself, its folder or bucket, is not there.
    StoreMissing,
    /// Access is refused.
    Denied,
    /// No room is left.
    Full,
    /// It can't be reached, or does not answer, also after several attempts.
    Unreachable,
    /// There are no credentials.
    NoCredentials,
    /// The credentials are refused.
    WrongCredentials,
    /// The credentials were right once.
    ExpiredCredentials,
    /// The clock of this machine is too far from that of the store.
    ClockSkew,
    /// The store lies in another region.
    WrongRegion,
    /// A retention period or a legal hold keeps the object as it is.
    Locked,
    /// It would be spoken to without TLS.
    InTheClear,
    /// It has no such request.
    Unsupported,
    /// The operation was told to stop.
    Stopped,
    /// Anything else.
    Other,
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.name, self.source)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.source.as_ref())
    }
}

/// There is something under a name, and it is not the regular file that belongs there. Whoever may write into the
/// store can put it there.
#[derive(Debug)]
pub(crate) struct NoFile(pub(crate) &'static str);

impl std::fmt::Display for NoFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there is {}", self.0)
    }
}

impl std::error::Error for NoFile {}

/// What an error of the system means for the store, at this object or folder.
pub(crate) fn failed(name: &str, source: io::Error) -> StoreError {
    if source.get_ref().is_some_and(|inner| inner.is::<NoFile>()) {
        return StoreError::new(StoreErrorKind::Other, name, source).with_hint(
            "it is left alone, and nothing is read through it: find out who has put it there, and move it out of the \
             store; to keep archives on another disk, set BACKUP_LOCAL_DIR to a folder there",
        );
    }
    let error = StoreError::new(kind_of(source.kind()), name, source);
    match error.kind {
        StoreErrorKind::Other => error.with_hint("check the disk and the system log, then try again"),
        _ => error,
    }
}

/// What an error of the system means for the folder of a store itself, which is no object in it.
pub fn folder_failed(folder: &str, source: io::Error) -> StoreError {
    match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            StoreError::new(StoreErrorKind::StoreMissing, folder, source)
        }
        _ => failed(folder, source),
    }
}

fn kind_of(kind: io::ErrorKind) -> StoreErrorKind {
    match kind {
        io::ErrorKind::NotFound => StoreErrorKind::NotFound,
        io::ErrorKind::AlreadyExists => StoreErrorKind::AlreadyExists,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StoreErrorKind::Denied,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreErrorKind::Full,
        _ => StoreErrorKind::Other,
    }
}

/// Something else is in its place.
fn is_no_folder(error: &StoreError) -> bool {
    let cause = error.source.downcast_ref::<std::io::Error>();
    cause.is_some_and(|e| e.kind() == std::io::ErrorKind::NotADirectory)
}

/// What to do about a store that would be spoken to in the clear.
pub const PLAIN_HTTP_HINT: &str = "write the address with https://; for a server in a network that you trust, say so \
    with plain_http = \"true\" of the store in the file, or BACKUP_PLAIN_HTTP=true";

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let name = &error.name;
        let list = format!("{backup_list} shows what is there", backup_list = Command::BackupList);
        let (code, message, hint) = match error.kind {
            StoreErrorKind::NotFound => {
                (ErrorCode::ArchiveNotFound, format!("{name} is not in the store"), list.as_str())
            }
            StoreErrorKind::AlreadyExists => (
                ErrorCode::StoreFailed,
                format!("{name} is already in the store, and nothing is ever overwritten"),
                "run the backup again; it takes a new name",
            ),
            StoreErrorKind::StoreMissing if is_no_folder(&error) => (
                ErrorCode::StoreMissing,
                format!("the store {name} is a file, and a folder is needed"),
                "set BACKUP_LOCAL_DIR to a folder",
            ),
            StoreErrorKind::StoreMissing => (
                ErrorCode::StoreMissing,
                format!("the store {name} does not exist"),
                "check that the disk is mounted and that BACKUP_LOCAL_DIR is right; for a new store, create the folder",
            ),
            StoreErrorKind::Denied => (
                ErrorCode::StoreDenied,
                format!("the store refuses access to {name}"),
                "give the user that runs Aitta the right to read and write there",
            ),
            StoreErrorKind::Full => (
                ErrorCode::StoreFull,
                format!("the store has no room left for {name}"),
                "free some space or choose a larger store, then run it again; nothing half-written was left behind",
            ),
            StoreErrorKind::Unreachable => (
                ErrorCode::StoreUnreachable,
                format!("the store does not answer at {error}"),
                "check the network and the address of the store, then run it again; nothing half-written was left behind",
            ),
            StoreErrorKind::NoCredentials => (
                ErrorCode::StoreCredentials,
                format!("there are no credentials for {error}"),
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AZURE_STORAGE_KEY",
            ),
            StoreErrorKind::WrongCredentials => (
                ErrorCode::StoreCredentials,
                format!("the store refuses the credentials: {error}"),
                "check the credentials: the id and the secret must belong together, and to this store",
            ),
            StoreErrorKind::ExpiredCredentials => (
                ErrorCode::StoreCredentials,
                format!("the credentials have expired: {error}"),
                "log in anew, or make new credentials, then run it again",
            ),
            StoreErrorKind::ClockSkew => (
                ErrorCode::StoreClock,
                format!("the clock of this machine is too far from that of the store: {error}"),
                "set the clock, such as with `timedatectl set-ntp true`, then run it again",
            ),
            StoreErrorKind::WrongRegion => (
                ErrorCode::StoreRegion,
                format!("the store lies in another region: {error}"),
                "set the region of the store",
            ),
            StoreErrorKind::Locked => (
                ErrorCode::StoreLocked,
                format!("{name} is locked by the store: {}", error.source),
                "it can be changed or deleted when its retention or legal hold has ended",
            ),
            StoreErrorKind::InTheClear => (
                ErrorCode::ConfigInvalid,
                format!("the store would be spoken to without encryption: {error}"),
                PLAIN_HTTP_HINT,
            ),
            StoreErrorKind::Unsupported => (
                ErrorCode::StoreFailed,
                format!("the store can't do this: {error}"),
                "use the tools of that server",
            ),
            StoreErrorKind::Stopped => return Self::cancelled().with_source(error),
            StoreErrorKind::Other => (
                ErrorCode::StoreFailed,
                format!("the store failed at {error}"),
                "run it again; if it fails again, check the address of the store, what stands between it and this \
                 machine, such as a proxy, and the log of the server",
            ),
        };
        let hint = error.hint.clone().unwrap_or_else(|| hint.to_owned());
        Self::new(code, message, hint).with_source(error)
    }
}
