//! Rules for errors that a user can meet: a closed code, a message that states the fact, a hint that
//! says what to do. A code is added only when somebody acts on it; the list is in the README.

use serde::{Deserialize, Serialize};

use crate::word::{closed_list, shown_as_word};

/// What went wrong, for programs. A match over it needs no arm for the rest, so that the window does not compile before
/// it has words for a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// A notice did not reach its receiver.
    NotifyFailed,
    /// Old archives would go by the rules, and something is in the way.
    PruneHeldBack,
    /// The newest verified backup is older than the schedule allows.
    BackupOverdue,
    /// A table has lost more of its rows than may go without a question.
    TableLoss,
    /// A backup is of a size that those before it did not have.
    SizeAnomaly,
    /// More of the store is in use than is allowed.
    StorageAlarm,
    /// The key is older than is allowed.
    KeyDue,
    /// Backups are to make themselves, and nothing sees to that.
    ScheduleForsaken,
    /// A hook of the profile failed, took too long, or is not to be trusted.
    HookFailed,
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
    /// A lock was not granted in time.
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
    /// The restore could run what somebody else has written, with the rights of a superuser.
    CodeUntrusted,
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

closed_list!(ErrorCode {
    ConfigInvalid => "config_invalid",
    Unsupported => "unsupported",
    KeyMissing => "key_missing",
    KeychainUnavailable => "keychain_unavailable",
    KeyInvalid => "key_invalid",
    KeyWrong => "key_wrong",
    KeyInUse => "key_in_use",
    KitUnconfirmed => "kit_unconfirmed",
    MfaRequired => "mfa_required",
    MfaWrong => "mfa_wrong",
    MfaLocked => "mfa_locked",
    MfaUnavailable => "mfa_unavailable",
    ReasonMissing => "reason_missing",
    AuditFailed => "audit_failed",
    NotifyFailed => "notify_failed",
    PruneHeldBack => "prune_held_back",
    BackupOverdue => "backup_overdue",
    TableLoss => "table_loss",
    SizeAnomaly => "size_anomaly",
    StorageAlarm => "storage_alarm",
    KeyDue => "key_due",
    ScheduleForsaken => "schedule_forsaken",
    HookFailed => "hook_failed",
    ArchiveNotFound => "archive_not_found",
    ArchiveTruncated => "archive_truncated",
    ArchiveDamaged => "archive_damaged",
    ArchiveNewer => "archive_newer",
    ArchiveForeign => "archive_foreign",
    StoreMissing => "store_missing",
    StoreDenied => "store_denied",
    StoreFull => "store_full",
    StoreUnreachable => "store_unreachable",
    StoreCredentials => "store_credentials",
    StoreClock => "store_clock",
    StoreRegion => "store_region",
    StoreLocked => "store_locked",
    StoreFailed => "store_failed",
    SourceUnreachable => "source_unreachable",
    SourceAuth => "source_auth",
    SourceDenied => "source_denied",
    SourceLost => "source_lost",
    SourceUnfit => "source_unfit",
    SourceFailed => "source_failed",
    LockTimeout => "lock_timeout",
    ToolMissing => "tool_missing",
    ToolFailed => "tool_failed",
    TableUnknown => "table_unknown",
    TableAmbiguous => "table_ambiguous",
    RunInProgress => "run_in_progress",
    TargetNotEmpty => "target_not_empty",
    TargetIncompatible => "target_incompatible",
    CodeUntrusted => "code_untrusted",
    ForeignKeys => "foreign_keys",
    ProofFailed => "proof_failed",
    Cancelled => "cancelled",
    Interrupted => "interrupted",
    CatalogFailed => "catalog_failed",
    System => "system",
});

shown_as_word!(ErrorCode);

impl ErrorCode {
    /// What kind of trouble it is.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            Self::ConfigInvalid | Self::Unsupported | Self::TableUnknown | Self::TableAmbiguous => {
                Family::Configuration
            }
            Self::KeyMissing
            | Self::KeychainUnavailable
            | Self::KeyInvalid
            | Self::KeyWrong
            | Self::KeyInUse
            | Self::KitUnconfirmed => Family::Key,
            Self::ArchiveNotFound
            | Self::ArchiveTruncated
            | Self::ArchiveDamaged
            | Self::ArchiveNewer
            | Self::ArchiveForeign => Family::Archive,
            Self::StoreMissing
            | Self::StoreDenied
            | Self::StoreFull
            | Self::StoreUnreachable
            | Self::StoreCredentials
            | Self::StoreClock
            | Self::StoreRegion
            | Self::StoreLocked
            | Self::StoreFailed => Family::Store,
            Self::SourceUnreachable
            | Self::SourceAuth
            | Self::SourceDenied
            | Self::SourceLost
            | Self::SourceUnfit
            | Self::SourceFailed
            | Self::LockTimeout
            | Self::ToolMissing
            | Self::ToolFailed => Family::Database,
            Self::TargetNotEmpty
            | Self::TargetIncompatible
            | Self::CodeUntrusted
            | Self::ForeignKeys
            | Self::ProofFailed => Family::Target,
            Self::RunInProgress => Family::AnotherRun,
            Self::MfaRequired | Self::MfaWrong | Self::MfaLocked | Self::MfaUnavailable => {
                Family::SecondFactor
            }
            Self::ReasonMissing => Family::Reason,
            Self::AuditFailed => Family::AuditTrail,
            Self::Cancelled => Family::Stopped,
            Self::Interrupted
            | Self::CatalogFailed
            | Self::NotifyFailed
            | Self::PruneHeldBack
            | Self::BackupOverdue
            | Self::TableLoss
            | Self::SizeAnomaly
            | Self::StorageAlarm
            | Self::KeyDue
            | Self::ScheduleForsaken
            | Self::HookFailed
            | Self::System => Family::Other,
        }
    }

    /// The exit code of the command line: that of its family.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        self.family().exit_code()
    }
}

/// What kind of trouble an error is. Scripts tell them apart by the exit code, people by where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// The configuration, or an argument.
    Configuration,
    /// The vault key, or where it is kept.
    Key,
    /// An archive.
    Archive,
    /// The store.
    Store,
    /// The database that is read, and the tools that read it.
    Database,
    /// The database that a restore writes to.
    Target,
    /// Another run is under way.
    AnotherRun,
    /// The second factor.
    SecondFactor,
    /// Why it is done.
    Reason,
    /// The audit trail.
    AuditTrail,
    /// The user has stopped it.
    Stopped,
    /// Anything else.
    Other,
}

impl Family {
    /// The exit code of the command line. (0 is success and 2 is a usage error of the argument parser.)
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Other => 1,
            Self::Configuration => 3,
            Self::Key => 4,
            Self::Archive => 5,
            Self::Store => 6,
            Self::Database => 7,
            Self::Target => 8,
            Self::AnotherRun => 9,
            Self::SecondFactor | Self::Reason => 10,
            Self::AuditTrail => 11,
            Self::Stopped => 130,
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClosedList as _;

    /// Scripts rely on these, so they never change.
    #[test]
    fn the_exit_codes_are_those_that_are_promised() {
        let exits = [
            (
                1,
                "interrupted catalog_failed notify_failed prune_held_back backup_overdue table_loss size_anomaly \
                 storage_alarm key_due schedule_forsaken hook_failed system",
            ),
            (3, "config_invalid unsupported table_unknown table_ambiguous"),
            (4, "key_missing keychain_unavailable key_invalid key_wrong key_in_use kit_unconfirmed"),
            (5, "archive_not_found archive_truncated archive_damaged archive_newer archive_foreign"),
            (
                6,
                "store_missing store_denied store_full store_unreachable store_credentials store_clock \
                 store_region store_locked store_failed",
            ),
            (
                7,
                "source_unreachable source_auth source_denied source_lost source_unfit source_failed \
                 lock_timeout tool_missing tool_failed",
            ),
            (8, "target_not_empty target_incompatible code_untrusted foreign_keys proof_failed"),
            (9, "run_in_progress"),
            (10, "mfa_required mfa_wrong mfa_locked mfa_unavailable reason_missing"),
            (11, "audit_failed"),
            (130, "cancelled"),
        ];
        let mut told = 0;
        for (exit, codes) in exits {
            for word in codes.split_whitespace() {
                let code = ErrorCode::of_word(word).expect("a code of the list");
                assert_eq!(code.exit_code(), exit, "{code}");
                told += 1;
            }
        }
        assert_eq!(told, ErrorCode::ALL.len(), "every code has its exit code");
    }
}
