//! The state of the data in a few words.

use aitta_model::{Overview, Verdict};

use crate::speech::Words;

/// How the data stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Ok,
    Warn,
    Bad,
}

/// Such as `Safe · last backup 12 min ago`.
pub(super) fn of(words: &Words, overview: &Overview) -> (Tone, String) {
    let tone = match &overview.verdict {
        Verdict::Safe => Tone::Ok,
        Verdict::Shrunk { failure, .. }
            if failure.is_some() || age_s(overview) > Some(overview.targets.rpo_s) =>
        {
            Tone::Bad
        }
        Verdict::NeverRestored
        | Verdict::LastFailed { .. }
        | Verdict::Shrunk { .. }
        | Verdict::NoDatabase { .. } => Tone::Warn,
        Verdict::NoBackup { .. }
        | Verdict::TooOld { .. }
        | Verdict::Damaged { .. }
        | Verdict::Unknown { .. } => Tone::Bad,
    };
    let verdict = (words.verdict)(&overview.verdict);
    let Some(s) = age_s(overview) else { return (tone, verdict) };
    let last = match overview.verdict {
        // Newer ones may be there: nobody can look.
        Verdict::Unknown { .. } => words.last_known,
        _ => words.last_backup,
    };
    (tone, format!("{verdict} · {}", last(&(words.ago)(s))))
}

/// Seconds since the last backup was begun.
fn age_s(overview: &Overview) -> Option<u64> {
    let last = overview.last_backup.as_ref()?;
    Some(overview.now.duration_since(last.created).as_secs().max(0).unsigned_abs())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use aitta_model::{ArchiveState, ErrorCode, Failure, LastBackup, ProfileSummary, TableLoss, Targets};
    use aitta_model::{Timestamp, Verdict};

    use super::*;
    use crate::speech::{Speech, in_each};

    fn after(s: i64, verdict: Verdict) -> (Tone, String) {
        told(Speech::default().words(), s, verdict)
    }

    fn told(words: &Words, s: i64, verdict: Verdict) -> (Tone, String) {
        let created: Timestamp = "2026-11-28T19:31:00Z".parse().unwrap();
        of(
            words,
            &Overview {
                profile: ProfileSummary {
                    name: "shop".to_owned(),
                    engine: None,
                    database: None,
                    store: String::new(),
                    sample: false,
                },
                now: Timestamp::from_second(created.as_second() + s).unwrap(),
                verdict,
                targets: Targets::default(),
                last_backup: Some(LastBackup {
                    archive: "backup-1-a".to_owned(),
                    created,
                    state: ArchiveState::Verified(created),
                    size_bytes: 1,
                    rows: None,
                    duration_ms: None,
                    run: None,
                }),
                succeeded: 1,
                failed: 0,
                storage: None,
                last_restore: None,
                partial_restore: None,
                uncompared: 0,
                elsewhere: 0,
                unreadable: 0,
                key: None,
                recent: Vec::new(),
                schedule: None,
            },
        )
    }

    #[test]
    fn the_verdict_has_its_age() {
        assert_eq!(after(5, Verdict::Safe).1, "Safe · last backup just now");
        assert_eq!(after(754, Verdict::Safe), (Tone::Ok, "Safe · last backup 12 min ago".to_owned()));
        assert_eq!(after(3 * 86_400, Verdict::Safe).1, "Safe · last backup 3 days ago");
    }

    #[test]
    fn the_tray_speaks_every_language() {
        in_each(|words| {
            let (tone, told) = told(words, 754, Verdict::NeverRestored);
            assert!(tone == Tone::Warn && told.contains(" · ") && told.contains("12 min"), "{told}");
        });
        let finnish = Speech::default();
        finnish.choose("fi");
        assert_eq!(
            told(finnish.words(), 754, Verdict::Safe).1,
            "Turvassa · viimeisin varmuuskopio 12 min sitten"
        );
    }

    #[test]
    fn a_lost_table_and_a_store_that_is_gone_are_not_green() {
        let loss = TableLoss {
            name: "mail".to_owned(),
            rows_before: 10,
            rows: None,
            archive: Some("backup-1-a".to_owned()),
            since: Timestamp::UNIX_EPOCH,
        };
        let shrunk = Verdict::Shrunk { archive: "backup-2-b".to_owned(), tables: vec![loss], failure: None };
        assert_eq!(after(60, shrunk), (Tone::Warn, "A table lost rows · last backup 1 min ago".to_owned()));
        let failure = Failure { code: ErrorCode::StoreMissing, message: String::new(), hint: String::new() };
        let (tone, words) = after(7200, Verdict::Unknown { failure });
        assert_eq!(
            (tone, words.as_str()),
            (Tone::Bad, "The store can't be read · last known backup 2 h ago")
        );
    }
}
