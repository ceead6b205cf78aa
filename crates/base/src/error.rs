//! Rules for errors of the engine:
//! - `message` states the fact, in one line, with the names involved; no advice, no secrets.
//! - `hint` says what to do next, to somebody who is tired. A command in it is an `aitta_model::Action`, so that the
//!   window can name it as it has it.
//! - `code` is from the closed list of `aitta_model::ErrorCode`.
//! - the cause goes into `source`, for the log.

use aitta_model::{Command, ErrorCode, Failure, Remedy, RunOutcome};

/// Result of the engine.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error that a user can meet.
#[derive(Debug)]
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    code: ErrorCode,
    message: String,
    remedy: Remedy,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error with its fact and its remedy.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>, remedy: impl Into<Remedy>) -> Self {
        let inner = Inner { code, message: message.into(), remedy: remedy.into(), source: None };
        Self { inner: Box::new(inner) }
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// Puts what was being done before the fact: `{context}: {message}`.
    #[must_use]
    pub fn context(mut self, context: impl std::fmt::Display) -> Self {
        self.inner.message = format!("{context}: {}", self.inner.message);
        self
    }

    /// Replaces the remedy by one that fits the circumstances better.
    #[must_use]
    pub fn hint_instead(mut self, remedy: impl Into<Remedy>) -> Self {
        self.inner.remedy = remedy.into();
        self
    }

    /// The run was stopped by the user.
    #[must_use]
    pub fn cancelled() -> Self {
        Self::new(ErrorCode::Cancelled, "the run was stopped", "start it again when you are ready")
    }

    /// What went wrong, for programs.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.inner.code
    }

    /// How something ended that ended with this.
    #[must_use]
    pub fn outcome(&self) -> RunOutcome {
        match self.code() {
            ErrorCode::Cancelled => RunOutcome::Cancelled,
            _ => RunOutcome::Failed,
        }
    }

    /// The remedy, as the command line says it.
    #[must_use]
    pub fn hint(&self) -> &str {
        self.inner.remedy.as_str()
    }

    /// As callers show it.
    #[must_use]
    pub fn failure(&self) -> Failure {
        Failure { code: self.code(), message: self.inner.message.clone(), hint: self.hint().to_owned() }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.inner.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.source.as_deref().map(|e| e as _)
    }
}

impl From<aitta_archive::Error> for Error {
    fn from(error: aitta_archive::Error) -> Self {
        use aitta_archive::Error as E;
        let other_archive = || {
            format!(
                "restore from another archive: {backup_list} shows them, {backup_verify_all} shows which are \
                 whole",
                backup_list = Command::BackupList,
                backup_verify_all = Command::BackupVerifyAll
            )
        };
        let (code, remedy): (_, Remedy) = match &error {
            E::NotAnArchive => (
                ErrorCode::ArchiveForeign,
                "check that the file is the one Aitta wrote and was copied in binary mode".into(),
            ),
            E::NewerVersion { .. } | E::UnknownSuite(_) => {
                (ErrorCode::ArchiveNewer, "install a newer version of Aitta and try again".into())
            }
            E::Truncated(_) => (ErrorCode::ArchiveTruncated, other_archive().into()),
            E::Damaged { .. } => (ErrorCode::ArchiveDamaged, other_archive().into()),
            E::NoMatchingKey { .. } => (
                ErrorCode::KeyWrong,
                format!(
                    "take the key with that id from its recovery kit with {key_import}, or set \
                     BACKUP_ENCRYPTION_KEY to it; {key_status} shows which keys are at hand",
                    key_import = Command::KeyImport,
                    key_status = Command::KeyStatus
                )
                .into(),
            ),
            E::InvalidKey(_) => (
                ErrorCode::KeyInvalid,
                format!(
                    "set BACKUP_ENCRYPTION_KEY to the 64 hexadecimal digits that {key_generate} printed",
                    key_generate = Command::KeyGenerate
                )
                .into(),
            ),
            E::InvalidId(_) => (
                ErrorCode::ArchiveNotFound,
                format!("{backup_list} shows the ids of all archives", backup_list = Command::BackupList)
                    .into(),
            ),
            E::FrameTooLarge(_) => (
                ErrorCode::SourceUnfit,
                "find the row of more than 2 GiB and move its content out of the database".into(),
            ),
            E::PartialRow => (ErrorCode::SourceUnfit, "report this with the version of the database".into()),
            E::NoFreeSlot | E::LastSlot => {
                (ErrorCode::KeyInvalid, "finish or roll back the rotation under way first".into())
            }
            E::System(_) => {
                (ErrorCode::System, "try again; if it happens again, check memory and system log".into())
            }
            _ => (ErrorCode::System, "report this with the message".into()),
        };
        Self::new(code, error.to_string(), remedy).with_source(error)
    }
}
