//! Finnish.

use aitta_model::{Command, RestoreOption};

use super::Remedies;

pub(in crate::texts) const FI: Remedies = Remedies {
    command: |command| {
        Some(match command {
            Command::AuditList | Command::AuditVerify => "sivu ”Tapahtumat”",
            Command::BackupCreate => "”Varmuuskopioi nyt”",
            Command::BackupDelete => "varmuuskopion sivu: ”Poista…”",
            Command::BackupList => "sivu ”Varmuuskopiot”",
            Command::BackupShow => "varmuuskopion sivu",
            Command::BackupVerify | Command::BackupVerifyContent => "varmuuskopion sivu: ”Tarkista”",
            Command::KeyCreate | Command::KeyCreateKit | Command::KeyRotateResume | Command::KeyStatus => {
                "sivu ”Avaimet”"
            }
            Command::KeyImport => "sivu ”Avaimet”: ”Tuo avain…”",
            Command::KeyReencrypt | Command::KeyRotate => "sivu ”Avaimet”: ”Vaihda…”",
            Command::MfaCodes => "sivu ”Kaksivaiheinen tunnistus”: ”Uudet palautuskoodit…”",
            Command::MfaEnroll | Command::MfaStatus => "sivu ”Kaksivaiheinen tunnistus”",
            Command::MfaExceptionAdd => "sivu ”Kaksivaiheinen tunnistus”: ”Lisää…”",
            Command::MfaExceptionRemove => "sivu ”Kaksivaiheinen tunnistus”: ”Poista…”",
            Command::ConfigCheckRoles => "sivu ”Asetukset”: ”Testaa yhteys”",
            Command::RestoreProve => "sivu ”Yleiskuva”: ”Koepalautus”",
            Command::Doctor => "sivu ”Yleiskuva”: ”Valmius”",
            Command::StoreLogin => "sivu ”Asetukset”",
            Command::BackupHolds
            | Command::BackupListPutAway
            | Command::BackupPruneDry
            | Command::BackupPutBack => "sivu ”Automaatio”: ”Säilytys”",
            Command::NotifyTest => "sivu ”Automaatio”: ”Lähetä koeviesti”",
            Command::ScheduleStatus => "sivu ”Automaatio”",
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
    terminal: |command| format!("{command} päätteessä"),
    show: |id| format!("sivu {id}"),
    verify: |id| format!("sivu {id}: ”Tarkista”"),
    delete: |id| format!("sivu {id}: ”Poista…”"),
    with: |option| match option {
        RestoreOption::Archive | RestoreOption::Tables | RestoreOption::Target | RestoreOption::NewFile => {
            "(vaihe 1)"
        }
        RestoreOption::Schema => "(vaihe 1: erillinen skeema)",
        RestoreOption::Trust => "(vaihe 2: luottamus)",
    },
    option: |option| match option {
        RestoreOption::Archive => "vaihe 1: varmuuskopio",
        RestoreOption::Tables => "vaihe 1: taulut",
        RestoreOption::Target => "vaihe 1: kohde",
        RestoreOption::NewFile => "vaihe 1: uusi tiedosto",
        RestoreOption::Schema => "vaihe 1: erillinen skeema",
        RestoreOption::Trust => "vaihe 2: luottamus",
    },
};
