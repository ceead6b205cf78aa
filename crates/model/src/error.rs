//! Rules for errors that a user can meet: a closed code, a message that states the fact, a hint that
//! says what to do. A code is added only when somebody acts on it; the list is in the README.

use serde::{Deserialize, Serialize};

/// What went wrong, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorCode {
    /// The configuration or an argument is wrong.
    ConfigInvalid,
    /// The configuration names something that this build cannot do.
    Unsupported,
    /// No vault key is configured.
    KeyMissing,
    /// The keychain of the system does not answer, or stays locked.
    KeychainUnavailable,
    /// The configured key is no key: wrong length or not hexadecimal.
    KeyInvalid,
    /// The keys at hand do not open the archive.
    KeyWrong,
    /// The key can't be destroyed or replaced: archives need it, or a rotation is under way.
    KeyInUse,
    /// What was typed is not what the recovery kit says.
    KitUnconfirmed,
    /// The second factor is needed, or has to be set up first.
    MfaRequired,
    /// The code is wrong, or was used before.
    MfaWrong,
    /// Too many wrong codes: none is accepted for a while.
    MfaLocked,
    /// The second factor is set up, but its secret can't be reached.
    MfaUnavailable,
    /// An operation by hand needs a reason.
    ReasonMissing,
    /// The audit trail can't be written, so nothing was done; or it is not as it was written.
    AuditFailed,
    /// No archive matches.
    ArchiveNotFound,
    /// The archive ends before it should.
    ArchiveTruncated,
    /// A part of the archive is not what was written.
    ArchiveDamaged,
    /// The archive was written by a newer version of the format.
    ArchiveNewer,
    /// The file is no archive.
    ArchiveForeign,
    /// The store's folder or bucket does not exist.
    StoreMissing,
    /// The store refuses access.
    StoreDenied,
    /// The store has no room left.
    StoreFull,
    /// The store can't be reached, or does not answer in time.
    StoreUnreachable,
    /// The credentials of the store are missing, wrong or expired.
    StoreCredentials,
    /// The clock of this machine is too far off for the store.
    StoreClock,
    /// The store lies in another region than the one that is set, or may be used.
    StoreRegion,
    /// The store keeps the object from being changed or deleted for now.
    StoreLocked,
    /// The store does not answer, or answered with an unexpected error.
    StoreFailed,
    /// The database cannot be reached.
    SourceUnreachable,
    /// The database refuses user or password.
    SourceAuth,
    /// The user may not do what is needed.
    SourceDenied,
    /// The connection to the database was lost while it was in use.
    SourceLost,
    /// The database holds something that cannot be archived, or changed while it was read.
    SourceUnfit,
    /// The database answered with an unexpected error.
    SourceFailed,
    /// A lock was not to be had in time.
    LockTimeout,
    /// `pg_dump` or `pg_restore` was not found, or is too old.
    ToolMissing,
    /// `pg_dump` or `pg_restore` ended with an error.
    ToolFailed,
    /// A named table does not exist.
    TableUnknown,
    /// A named table exists in several schemas.
    TableAmbiguous,
    /// Another run of the same profile is under way.
    RunInProgress,
    /// The target already holds something that would be overwritten.
    TargetNotEmpty,
    /// The target cannot take the archive: version, extension, type, column, role.
    TargetIncompatible,
    /// Rows outside the chosen tables stand in the way of a valid restore.
    ForeignKeys,
    /// What was written is not equal to what was archived.
    ProofFailed,
    /// The user stopped the run.
    Cancelled,
    /// The process of the run ended without saying so: a crash, a kill, power.
    Interrupted,
    /// The catalog cannot be opened or written.
    CatalogFailed,
    /// The local machine failed: disk, memory, permissions.
    System,
}

impl ErrorCode {
    /// The code as it is printed and sent, such as `key_wrong`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConfigInvalid => "config_invalid",
            Self::Unsupported => "unsupported",
            Self::KeyMissing => "key_missing",
            Self::KeychainUnavailable => "keychain_unavailable",
            Self::KeyInvalid => "key_invalid",
            Self::KeyWrong => "key_wrong",
            Self::KeyInUse => "key_in_use",
            Self::KitUnconfirmed => "kit_unconfirmed",
            Self::MfaRequired => "mfa_required",
            Self::MfaWrong => "mfa_wrong",
            Self::MfaLocked => "mfa_locked",
            Self::MfaUnavailable => "mfa_unavailable",
            Self::ReasonMissing => "reason_missing",
            Self::AuditFailed => "audit_failed",
            Self::ArchiveNotFound => "archive_not_found",
            Self::ArchiveTruncated => "archive_truncated",
            Self::ArchiveDamaged => "archive_damaged",
            Self::ArchiveNewer => "archive_newer",
            Self::ArchiveForeign => "archive_foreign",
            Self::StoreMissing => "store_missing",
            Self::StoreDenied => "store_denied",
            Self::StoreFull => "store_full",
            Self::StoreUnreachable => "store_unreachable",
            Self::StoreCredentials => "store_credentials",
            Self::StoreClock => "store_clock",
            Self::StoreRegion => "store_region",
            Self::StoreLocked => "store_locked",
            Self::StoreFailed => "store_failed",
            Self::SourceUnreachable => "source_unreachable",
            Self::SourceAuth => "source_auth",
            Self::SourceDenied => "source_denied",
            Self::SourceLost => "source_lost",
            Self::SourceUnfit => "source_unfit",
            Self::SourceFailed => "source_failed",
            Self::LockTimeout => "lock_timeout",
            Self::ToolMissing => "tool_missing",
            Self::ToolFailed => "tool_failed",
            Self::TableUnknown => "table_unknown",
            Self::TableAmbiguous => "table_ambiguous",
            Self::RunInProgress => "run_in_progress",
            Self::TargetNotEmpty => "target_not_empty",
            Self::TargetIncompatible => "target_incompatible",
            Self::ForeignKeys => "foreign_keys",
            Self::ProofFailed => "proof_failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
            Self::CatalogFailed => "catalog_failed",
            Self::System => "system",
        }
    }

    /// The exit code of the command line: 1 anything else, 3 configuration or arguments, 4 key,
    /// 5 archive, 6 store, 7 database, 8 target of a restore, 9 another run, 10 second factor or
    /// reason, 11 audit trail, 130 stopped by the user.
    /// (0 is success and 2 is a usage error of the argument parser.)
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::ConfigInvalid | Self::Unsupported | Self::TableUnknown | Self::TableAmbiguous => 3,
            Self::KeyMissing
            | Self::KeychainUnavailable
            | Self::KeyInvalid
            | Self::KeyWrong
            | Self::KeyInUse
            | Self::KitUnconfirmed => 4,
            Self::ArchiveNotFound
            | Self::ArchiveTruncated
            | Self::ArchiveDamaged
            | Self::ArchiveNewer
            | Self::ArchiveForeign => 5,
            Self::StoreMissing
            | Self::StoreDenied
            | Self::StoreFull
            | Self::StoreUnreachable
            | Self::StoreCredentials
            | Self::StoreClock
            | Self::StoreRegion
            | Self::StoreLocked
            | Self::StoreFailed => 6,
            Self::SourceUnreachable
            | Self::SourceAuth
            | Self::SourceDenied
            | Self::SourceLost
            | Self::SourceUnfit
            | Self::SourceFailed
            | Self::LockTimeout
            | Self::ToolMissing
            | Self::ToolFailed => 7,
            Self::TargetNotEmpty | Self::TargetIncompatible | Self::ForeignKeys | Self::ProofFailed => 8,
            Self::RunInProgress => 9,
            Self::MfaRequired
            | Self::MfaWrong
            | Self::MfaLocked
            | Self::MfaUnavailable
            | Self::ReasonMissing => 10,
            Self::AuditFailed => 11,
            Self::Cancelled => 130,
            Self::Interrupted | Self::CatalogFailed | Self::System => 1,
        }
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error as every caller shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What went wrong, for programs.
    pub code: ErrorCode,
    /// The fact.
    pub message: String,
    /// What to do.
    pub hint: String,
}
