//! English.

use aitta_model::{Command, RestoreOption};

use super::Remedies;

pub(in crate::texts) const EN: Remedies = Remedies {
    command: |command| {
        Some(match command {
            Command::AuditList | Command::AuditVerify => "the page “Audit”",
            Command::BackupCreate => "“Back up now”",
            Command::BackupDelete => "“Delete…” on the page of the backup",
            Command::BackupList => "the page “Backups”",
            Command::BackupShow => "the page of the backup",
            Command::BackupVerify | Command::BackupVerifyContent => "“Verify” on the page of the backup",
            Command::KeyCreate | Command::KeyCreateKit | Command::KeyRotateResume | Command::KeyStatus => {
                "the page “Keys”"
            }
            Command::KeyImport => "“Import a key…” on the page “Keys”",
            Command::KeyReencrypt | Command::KeyRotate => "“Rotate…” on the page “Keys”",
            Command::MfaCodes => "“New recovery codes…” on the page “Second factor”",
            Command::MfaEnroll | Command::MfaStatus => "the page “Second factor”",
            Command::MfaExceptionAdd => "“Add…” on the page “Second factor”",
            Command::MfaExceptionRemove => "“Remove…” on the page “Second factor”",
            Command::ConfigCheckRoles => "“Test connection” in “Settings”",
            Command::RestoreProve => "“Test restore” on the dashboard",
            Command::Doctor => "“Readiness” on the dashboard",
            Command::StoreLogin => "the page “Settings”",
            Command::BackupHolds
            | Command::BackupListPutAway
            | Command::BackupPruneDry
            | Command::BackupPutBack => "“Retention” on the page “Automation”",
            Command::NotifyTest => "“Send test” on the page “Automation”",
            Command::ScheduleStatus => "the page “Automation”",
            Command::ArchiveDisown
            | Command::AgentRun
            | Command::Checklist
            | Command::HooksRun
            | Command::Recover
            | Command::RecoverAbandon
            | Command::RecoverResume
            | Command::BackupVerifyAll
            | Command::CatalogRebuild
            | Command::ConfigCheck
            | Command::KeyGenerate
            | Command::RestoreCleanup
            | Command::StoreCheck
            | Command::StoreCopy
            | Command::StoreSweep => return None,
        })
    },
    terminal: |command| format!("{command} in a terminal"),
    show: |id| format!("the page of {id}"),
    verify: |id| format!("“Verify” on the page of {id}"),
    delete: |id| format!("“Delete…” on the page of {id}"),
    with: |option| match option {
        RestoreOption::Archive | RestoreOption::Tables | RestoreOption::Target => "in step 1",
        RestoreOption::NewFile => "(step 1)",
        RestoreOption::Schema => "as a separate schema (step 1)",
        RestoreOption::Trust => "with the check mark below (step 2)",
    },
    option: |option| match option {
        RestoreOption::Archive => "the backup (step 1)",
        RestoreOption::Tables => "the selected tables (step 1)",
        RestoreOption::Target => "the other target (step 1)",
        RestoreOption::NewFile => "a new file (step 1)",
        RestoreOption::Schema => "the separate schema (step 1)",
        RestoreOption::Trust => "the check mark below (step 2)",
    },
};
