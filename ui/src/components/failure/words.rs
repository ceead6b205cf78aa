//! What is told of an error, without the page around it.

use aitta_model::{ErrorCode, Failure, Family, plain};

use crate::format;
use crate::plain::is_for_a_terminal;
use crate::texts::Texts;
use crate::texts::failures::Way;

/// Facts that are longer are told in full only in the details.
const FACT: usize = 240;

/// What has happened.
pub(crate) fn title(t: &Texts, failure: &Failure) -> &'static str {
    (t.failures.said)(failure.code).0
}

/// What has happened, and what to do.
pub(crate) fn told(t: &Texts, failure: &Failure) -> String {
    let (title, cause) = (t.failures.said)(failure.code);
    format!("{title} {cause}")
}

/// The fact of the engine, where the words can't do without the names in it. Not one that speaks to a terminal.
pub(crate) fn fact(failure: &Failure) -> Option<String> {
    use ErrorCode as E;
    let names = matches!(
        failure.code,
        E::ConfigInvalid
            | E::Unsupported
            | E::KeyInvalid
            | E::MfaLocked
            | E::SourceDenied
            | E::SourceUnfit
            | E::LockTimeout
            | E::ToolMissing
            | E::TableUnknown
            | E::TableAmbiguous
            | E::RunInProgress
            | E::TargetNotEmpty
            | E::TargetIncompatible
            | E::CodeUntrusted
            | E::ForeignKeys
    );
    let told = plain(failure.message.trim());
    if !names || told.is_empty() || is_for_a_terminal(&told) {
        return None;
    }
    Some(match told.char_indices().nth(FACT) {
        Some((end, _)) => format!("{}…", format::capital(told[..end].trim_end())),
        None => format::sentence(told),
    })
}

/// All that the engine has said, to be sent to somebody or searched for.
pub(crate) fn engine(failure: &Failure) -> String {
    let parts = [failure.code.as_str(), &plain(&failure.message), &plain(&failure.hint)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The statement that a hint says to run: none but this one, whose only name is quoted. Names that others chose stand in
/// hints, too.
pub(crate) fn statement(hint: &str) -> Option<String> {
    const GRANT: &str = "GRANT SET ON PARAMETER session_replication_role TO \"";
    let from = hint.find(GRANT)?;
    let name = &hint[from + GRANT.len()..];
    let mut end = 0;
    // A quote within a name is doubled (PostgreSQL documentation, 4.1.1).
    loop {
        end += name[end..].find('"')?;
        if !name[end + 1..].starts_with('"') {
            break;
        }
        end += 2;
    }
    let statement = &hint[from..from + GRANT.len() + end + 1];
    (end > 0 && plain(statement) == statement).then(|| format!("{statement};"))
}

impl Way {
    /// The page that it leads to.
    pub(crate) fn href(self) -> &'static str {
        match self {
            Self::Settings => "/settings",
            Self::Keys => "/keys",
            Self::SecondFactor => "/settings/second-factor",
            Self::Backups => "/backups",
            Self::Runs => "/runs",
            Self::Audit => "/audit",
        }
    }
}

/// Where this can be mended, or looked at, when it is not on the page that one is on.
pub(crate) fn way(code: ErrorCode, path: &str) -> Option<Way> {
    use ErrorCode as E;
    let way = match code {
        E::StoreMissing
        | E::StoreDenied
        | E::StoreUnreachable
        | E::StoreCredentials
        | E::StoreRegion
        | E::StoreFailed
        | E::SourceUnreachable
        | E::SourceAuth => Way::Settings,
        E::KeyMissing | E::KeyInvalid | E::KeyWrong | E::KeyInUse | E::KeyDue => Way::Keys,
        E::MfaRequired | E::MfaUnavailable => Way::SecondFactor,
        E::ArchiveNotFound
        | E::ArchiveTruncated
        | E::ArchiveDamaged
        | E::ArchiveForeign
        | E::StoreFull
        | E::StorageAlarm
        | E::TableLoss
        | E::SizeAnomaly
        | E::PruneHeldBack
        | E::BackupOverdue
        | E::StoreLocked => Way::Backups,
        E::RunInProgress | E::Interrupted => Way::Runs,
        E::AuditFailed => Way::Audit,
        E::ConfigInvalid
        | E::Unsupported
        | E::KeychainUnavailable
        | E::KitUnconfirmed
        | E::MfaWrong
        | E::MfaLocked
        | E::ReasonMissing
        | E::ArchiveNewer
        | E::StoreClock
        | E::SourceDenied
        | E::SourceLost
        | E::SourceUnfit
        | E::SourceFailed
        | E::LockTimeout
        | E::ToolMissing
        | E::ToolFailed
        | E::TableUnknown
        | E::TableAmbiguous
        | E::TargetNotEmpty
        | E::TargetIncompatible
        | E::CodeUntrusted
        | E::ForeignKeys
        | E::ProofFailed
        | E::NotifyFailed
        | E::ScheduleForsaken
        | E::HookFailed
        | E::Cancelled
        | E::CatalogFailed
        | E::System => return None,
    };
    let is_here = path.trim_end_matches('/') == way.href()
        || (way == Way::Settings && path.starts_with("/settings/new"))
        // Of a restore the database may be another one, which is named in its third step.
        || (path.starts_with("/restore") && code.family() == Family::Database);
    (!is_here).then_some(way)
}

#[cfg(test)]
mod tests {
    use aitta_model::ClosedList as _;

    use super::*;
    use crate::texts::{EN, FI};

    fn failure(code: ErrorCode, message: &str) -> Failure {
        Failure { code, message: message.to_owned(), hint: "set AWS_REGION".to_owned() }
    }

    #[test]
    fn the_button_is_not_there_for_the_page_that_one_is_on() {
        let code = ErrorCode::StoreMissing;
        assert_eq!(way(code, "/"), Some(Way::Settings));
        assert_eq!(way(code, "/restore"), Some(Way::Settings));
        assert_eq!([way(code, "/settings"), way(code, "/settings/"), way(code, "/settings/new")], [None; 3]);
        assert_eq!(way(ErrorCode::KeyWrong, "/keys"), None);
        assert_eq!(way(ErrorCode::KeyWrong, "/keys/rotate"), Some(Way::Keys));
        assert_eq!(way(ErrorCode::SourceAuth, "/backups"), Some(Way::Settings));
        assert_eq!(
            way(ErrorCode::SourceAuth, "/restore"),
            None,
            "it may be the password of another database"
        );
    }

    #[test]
    fn no_fact_speaks_to_a_terminal_or_brings_control_characters() {
        let named = failure(ErrorCode::LockTimeout, "table a\u{202e}b is held by process 7");
        assert_eq!(fact(&named).as_deref(), Some("Table a\\u{202e}b is held by process 7."));
        let flag = failure(ErrorCode::ConfigInvalid, "leave out --copy");
        let variable = failure(ErrorCode::ConfigInvalid, "the keys come from BACKUP_ENCRYPTION_KEY");
        assert_eq!([fact(&flag), fact(&variable)], [None, None]);
        assert_eq!(
            fact(&failure(ErrorCode::StoreFailed, "error (os error 111)")),
            None,
            "layers stay folded"
        );
        let long = fact(&failure(ErrorCode::ForeignKeys, &"ä".repeat(4000))).expect("it is told");
        assert!(long.chars().count() <= FACT + 1 && long.ends_with('…'), "{long}");
    }

    #[test]
    fn every_error_is_told_without_what_the_engine_has_said() {
        for t in [&EN, &FI] {
            for code in ErrorCode::ALL.iter().copied() {
                let told = told(t, &failure(code, "the raw fact"));
                assert!(!told.contains("raw") && !told.contains("AWS"), "{told}");
            }
        }
    }

    #[test]
    fn the_only_statement_that_is_offered_is_the_one_that_is_quoted_whole() {
        let hint = |name: &str| {
            format!("let a superuser run GRANT SET ON PARAMETER session_replication_role TO {name}; or")
        };
        let sql = "GRANT SET ON PARAMETER session_replication_role TO \"a\"\"b; x\";";
        assert_eq!(statement(&hint("\"a\"\"b; x\"")).as_deref(), Some(sql));
        for wrong in ["kiilto", "\"kiilto", "\"\"", "\"a\u{202e}\"", ""] {
            assert_eq!(statement(&hint(wrong)), None, "{wrong}");
        }
        assert_eq!(statement("GRANT ALL ON DATABASE x TO \"mallory\";"), None);
    }

    #[test]
    fn what_is_copied_is_all_that_the_engine_has_said() {
        let told = engine(&failure(ErrorCode::StoreRegion, "the store lies\u{7} elsewhere"));
        assert_eq!(told, "store_region\nthe store lies\\u{7} elsewhere\nset AWS_REGION");
    }
}
