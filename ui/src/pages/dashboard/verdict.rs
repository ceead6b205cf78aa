//! The first line: the answer in words, with its evidence, or what is wrong and what helps.

use aitta_model::{
    Command, Failure, Operation, Overview, RunOutcome, RunSummary, TableLoss, Timestamp, Verdict,
};
use jiff::tz::Offset;

use crate::components::badge::Tone;
use crate::components::failure::told;
use crate::texts::Texts;
use crate::{format, remedy};

/// How far the clock on the wall is from UTC at a moment.
pub(super) type OffsetAt = fn(Timestamp) -> Offset;

/// Tables whose losses are told in full; one more is told rather than counted.
const TOLD: usize = 3;

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Headline {
    pub(super) tone: Tone,
    pub(super) title: String,
    pub(super) evidence: String,
    /// Another matter than the answer: that the last attempt to back up failed, where lost rows are asked about.
    pub(super) besides: Option<String>,
    /// The run that failed, where looking at it helps.
    pub(super) run: Option<i64>,
    /// Whether a restore is what is missing.
    pub(super) prove: bool,
    /// Whether a database is what is missing.
    pub(super) unnamed: bool,
    /// Whether there are backups that can be restored while no database is set.
    pub(super) can_restore: bool,
    /// Whether there is no backup yet.
    pub(super) awaits_first: bool,
    /// Whether a key is what is missing: without one no backup can be made.
    pub(super) keyless: bool,
    /// Whether the store can't be read, so that nothing else helps before it can.
    pub(super) unread: bool,
    /// The newest backup, where it is damaged.
    pub(super) damaged: Option<String>,
    /// What is asked, when rows are gone.
    pub(super) question: Option<Question>,
    /// The error that is told of, for what the engine says of it.
    pub(super) failure: Option<Failure>,
}

/// Whether a loss was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// The newest backup.
    pub(super) archive: String,
    /// All that it has lost.
    pub(super) losses: Vec<TableLoss>,
    /// The backup that still has the rows of the table that lost most, if one is left.
    pub(super) earlier: Option<String>,
    /// The tables that it still has.
    pub(super) tables: Vec<String>,
}

impl Question {
    fn of(verdict: &Verdict) -> Option<Self> {
        let Verdict::Shrunk { archive, tables: losses, .. } = verdict else { return None };
        let earlier = losses.first()?.archive.clone();
        let tables = losses.iter().filter(|loss| loss.archive == earlier).map(|loss| loss.name.clone());
        Some(Self { archive: archive.clone(), tables: tables.collect(), earlier, losses: losses.clone() })
    }
}

impl Tone {
    /// The class of a headline.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Bad => "bad",
            Self::Warn | Self::Info | Self::Neutral => "warn",
        }
    }
}

impl Headline {
    /// Whether a restore is what comes next: to prove one, to bring back what was lost, or on a new machine.
    pub(super) fn wants_restore(&self) -> bool {
        self.prove
            || self.can_restore
            || self.question.as_ref().is_some_and(|question| question.earlier.is_some())
    }

    /// `below` is the error that the page shows anyway.
    pub(super) fn new(t: &Texts, overview: &Overview, below: Option<&Failure>, offset: OffsetAt) -> Self {
        let d = &t.dashboard;
        let verified = overview
            .last_backup
            .as_ref()
            .map(|last| (d.last_verified)(&format::ago(t, last.created, overview.now)));
        let proven = overview.last_restore.as_ref().map(|restore| {
            let day = format::day(t, restore.at, overview.now, offset(restore.at));
            (d.restore_proven)(&day, &format::duration_ms(restore.duration_ms))
        });
        let is_below = |failure: &Failure| {
            below.is_some_and(|below| below.code == failure.code && below.message == failure.message)
        };
        let attempt = |failure: &Failure| (!is_below(failure)).then(|| (d.last_attempt)(&told(t, failure)));
        let not_known = [
            Some(overview.uncompared).filter(|n| *n > 0).map(|n| {
                let hint = remedy::words(t, &Command::CatalogRebuild.to_string());
                format!("{}: {hint}", (d.uncompared)(n))
            }),
            Some(overview.unreadable).filter(|n| *n > 0).map(d.unread),
        ];
        let (tone, title, parts) = match &overview.verdict {
            Verdict::Safe => (Tone::Ok, d.safe.to_owned(), vec![verified, proven]),
            Verdict::NeverRestored => (
                Tone::Warn,
                d.never_restored.to_owned(),
                vec![verified, Some(d.restore_not_proven.to_owned())],
            ),
            Verdict::LastFailed { failure } => {
                (Tone::Warn, d.last_failed.to_owned(), vec![verified, attempt(failure)])
            }
            Verdict::TooOld { age_s, failure } => {
                let target = format::span_s(t, overview.targets.rpo_s);
                // It goes on getting older while it is looked at.
                let since = overview.last_backup.as_ref().map(|last| age_s_of(last.created, overview.now));
                let why = (d.too_old_because)(&format::span_s(t, since.unwrap_or(*age_s)), &target);
                (Tone::Bad, d.too_old.to_owned(), vec![Some(why), failure.as_ref().and_then(attempt)])
            }
            Verdict::Damaged { others, .. } => {
                let hint = if *others == 0 { d.damaged_alone } else { d.damaged_hint };
                (Tone::Bad, d.damaged.to_owned(), vec![Some(hint.to_owned())])
            }
            Verdict::Shrunk { tables, failure, .. } => {
                let told = if tables.len() == TOLD + 1 { TOLD + 1 } else { TOLD };
                let more = Some(tables.len().saturating_sub(told) as u64).filter(|n| *n > 0).map(d.lost_more);
                let lost = tables.iter().take(told);
                let lost = lost.map(|loss| Some((d.lost_rows)(&loss.name, loss.rows_before, loss.rows)));
                // What is asked about must hide neither that backups have stopped nor that they fail.
                let age_s = overview.last_backup.as_ref().map(|last| age_s_of(last.created, overview.now));
                let too_old = age_s.filter(|age_s| *age_s > overview.targets.rpo_s).map(|age_s| {
                    let target = format::span_s(t, overview.targets.rpo_s);
                    (d.too_old_because)(&format::span_s(t, age_s), &target)
                });
                let tone = if too_old.is_some() || failure.is_some() { Tone::Bad } else { Tone::Warn };
                let for_good = tables.first().filter(|loss| loss.archive.is_none());
                let for_good = for_good.map(|loss| (d.lost_for_good)(&loss.name));
                let parts = lost.chain([more, for_good, too_old]);
                (tone, shrunk(t, tables, overview.now, offset), parts.collect())
            }
            Verdict::NoDatabase { archives } => {
                let m = &t.machine;
                (Tone::Warn, m.no_database.to_owned(), vec![Some((m.no_database_words)(*archives))])
            }
            Verdict::NoBackup { failure } => {
                let elsewhere = Some(overview.elsewhere).filter(|n| *n > 0).map(t.backups.elsewhere);
                let (title, hint) = match elsewhere {
                    Some(_) => (d.no_backup_here, t.backups.first_here),
                    None => (d.no_backup, d.no_backup_hint),
                };
                // Nothing can be made without a key.
                let hint = if overview.key.is_none() { t.keys.no_active } else { hint };
                let next = failure.as_ref().map_or_else(|| Some(hint.to_owned()), attempt);
                (Tone::Bad, title.to_owned(), vec![elsewhere, next])
            }
            Verdict::Unknown { failure } => {
                (Tone::Bad, d.unknown.to_owned(), vec![(!is_below(failure)).then(|| told(t, failure))])
            }
        };
        let besides = match &overview.verdict {
            Verdict::Shrunk { failure, .. } => failure.as_ref().and_then(attempt),
            _ => None,
        };
        let failure = match &overview.verdict {
            Verdict::Unknown { failure } | Verdict::LastFailed { failure } => Some(failure),
            Verdict::TooOld { failure, .. }
            | Verdict::Shrunk { failure, .. }
            | Verdict::NoBackup { failure } => failure.as_ref(),
            Verdict::Safe | Verdict::NeverRestored | Verdict::Damaged { .. } | Verdict::NoDatabase { .. } => {
                None
            }
        };
        let failed = matches!(
            overview.verdict,
            Verdict::LastFailed { .. }
                | Verdict::TooOld { failure: Some(_), .. }
                | Verdict::NoBackup { failure: Some(_) }
        );
        let is_failed_backup =
            |run: &&RunSummary| run.operation == Operation::Backup && run.outcome == RunOutcome::Failed;
        Self {
            tone,
            title,
            evidence: parts
                .into_iter()
                .chain(not_known)
                .flatten()
                .map(format::sentence)
                .collect::<Vec<_>>()
                .join(" "),
            besides: besides.map(format::sentence),
            run: overview.recent.iter().find(is_failed_backup).filter(|_| failed).map(|run| run.id),
            prove: overview.verdict == Verdict::NeverRestored,
            unnamed: matches!(overview.verdict, Verdict::NoDatabase { .. }),
            can_restore: matches!(overview.verdict, Verdict::NoDatabase { archives: 1.. }),
            awaits_first: matches!(overview.verdict, Verdict::NoBackup { .. }),
            keyless: overview.key.is_none(),
            unread: matches!(overview.verdict, Verdict::Unknown { .. }),
            damaged: match &overview.verdict {
                Verdict::Damaged { archive, .. } => Some(archive.clone()),
                _ => None,
            },
            question: Question::of(&overview.verdict),
            failure: failure.filter(|failure| !is_below(failure)).cloned(),
        }
    }
}

pub(super) fn age_s_of(created: Timestamp, now: Timestamp) -> u64 {
    now.duration_since(created).as_secs().max(0).unsigned_abs()
}

/// What is lost, in a question.
fn shrunk(t: &Texts, tables: &[TableLoss], now: Timestamp, offset: OffsetAt) -> String {
    let d = &t.dashboard;
    let Some(most) = tables.first() else { return String::new() };
    // Not rounded up: a table with a row left has not lost all of them.
    let percent = (most.share() * 100.0 + 1e-9).floor() as u64;
    let lost = match most.rows {
        None => (d.lost_table)(&most.name),
        Some(0) => (d.lost_all)(&most.name),
        Some(_) => (d.lost_share)(&most.name, percent),
    };
    let at = offset(most.since);
    let (then, today) = (at.to_datetime(most.since), offset(now).to_datetime(now));
    let since =
        if then.date() == today.date() { format::clock(then) } else { format::time(t, most.since, now, at) };
    (d.shrunk)(&lost, &since, tables.len() as u64 - 1)
}

#[cfg(test)]
mod tests {
    use aitta_model::{ErrorCode, Failure};

    use super::super::sample::{at, loss, overview, utc};
    use super::*;
    use crate::plain::NBSP;
    use crate::texts::{EN, FI};

    fn headline(verdict: Verdict) -> Headline {
        Headline::new(&EN, &overview(verdict), None, utc)
    }

    fn shrunk(tables: Vec<TableLoss>) -> Headline {
        headline(Verdict::Shrunk { archive: "backup-2-b".to_owned(), tables, failure: None })
    }

    #[test]
    fn backups_of_another_machine_are_not_called_none_while_no_database_is_named() {
        let told = headline(Verdict::NoDatabase { archives: 7 });
        assert!(told.unnamed && told.tone == Tone::Warn);
        assert_eq!(told.title, "No database is set yet.");
        assert!(told.evidence.contains("7\u{a0}backups"), "{}", told.evidence);
    }

    #[test]
    fn half_a_table_that_is_gone_is_asked_about_and_not_called_safe() {
        let told = shrunk(vec![loss("EmailNotification", 10_000, Some(5_000))]);
        assert_eq!(told.tone, Tone::Warn);
        assert_eq!(
            told.title.replace(NBSP, " "),
            "Backed up, but EmailNotification lost 50 % of its rows since 19:31. Was that meant?"
        );
        let question = told.question.expect("something is asked");
        assert_eq!(
            (question.archive.as_str(), question.earlier.as_deref()),
            ("backup-2-b", Some("backup-1-a"))
        );
        assert_eq!(question.tables, ["EmailNotification"]);
        let finnish = Headline::new(
            &FI,
            &overview(Verdict::Shrunk {
                archive: "backup-2-b".to_owned(),
                tables: vec![loss("Booking", 3, None)],
                failure: None,
            }),
            None,
            utc,
        );
        assert_eq!(
            finnish.title,
            "Varmuuskopioitu, mutta taulu Booking hävisi (19:31 jälkeen). Oliko se tarkoitus?"
        );
    }

    #[test]
    fn a_table_with_a_row_left_has_not_lost_all_of_them() {
        let of = |rows| shrunk(vec![loss("a", 100_000, rows)]).title.replace(NBSP, " ");
        assert!(of(Some(1)).contains("a lost 99 % of its rows"), "{}", of(Some(1)));
        assert!(of(Some(0)).contains("a lost all of its rows"), "{}", of(Some(0)));
        assert!(of(None).contains("a has been gone"), "{}", of(None));
    }

    #[test]
    fn tables_of_which_another_backup_has_the_rows_are_not_chosen_with_it() {
        let older = TableLoss { archive: Some("backup-0-z".to_owned()), ..loss("b", 5, None) };
        let told = shrunk(vec![loss("a", 10, Some(1)), older, loss("c", 4, Some(0))]);
        assert!(told.title.contains("and 2 more tables"), "{}", told.title);
        assert_eq!(told.question.map(|question| question.tables), Some(vec!["a".to_owned(), "c".to_owned()]));
    }

    #[test]
    fn a_failed_attempt_is_no_part_of_what_is_said_of_lost_rows() {
        let failure =
            Failure { code: ErrorCode::StoreFull, message: "no room".to_owned(), hint: String::new() };
        let tables = vec![loss("a", 10, Some(1))];
        let verdict =
            Verdict::Shrunk { archive: "backup-2-b".to_owned(), tables, failure: Some(failure.clone()) };
        let seen = overview(verdict);
        let told = Headline::new(&EN, &seen, None, utc);
        assert!(told.besides.is_some_and(|words| words.contains("The backup store is full.")));
        assert!(!told.evidence.contains("full"), "{}", told.evidence);
        assert_eq!(Headline::new(&EN, &seen, Some(&failure), utc).besides, None, "the box below says it");
    }

    #[test]
    fn every_table_that_lost_rows_is_named_or_counted() {
        let lost = |n: u64| shrunk((0..n).map(|i| loss(&format!("t{i}"), 10, Some(i))).collect()).evidence;
        assert!(lost(4).contains("t3:"), "{}", lost(4));
        assert!(!lost(6).contains("t3:") && lost(6).contains("3 more tables"), "{}", lost(6));
    }

    #[test]
    fn older_backups_are_promised_only_where_there_are_some() {
        let of = |others| headline(Verdict::Damaged { archive: "backup-1-a".to_owned(), others }).evidence;
        assert_eq!(of(0), EN.dashboard.damaged_alone);
        assert_eq!(of(2), EN.dashboard.damaged_hint);
    }

    #[test]
    fn a_window_that_is_left_open_does_not_stay_at_a_minute() {
        let mut seen = overview(Verdict::Safe);
        let told = |seen: &Overview| Headline::new(&EN, seen, None, utc).evidence.replace(NBSP, " ");
        assert!(told(&seen).contains("29 min ago"), "{}", told(&seen));
        seen.now = at("2026-12-01T20:00:00Z");
        assert!(told(&seen).contains("3 days ago"), "{}", told(&seen));
        seen.verdict = Verdict::TooOld { age_s: 3700, failure: None };
        assert!(told(&seen).contains("3 days"), "{}", told(&seen));
    }

    #[test]
    fn what_the_box_below_says_is_not_said_twice() {
        let failure =
            Failure { code: ErrorCode::StoreFull, message: "no room".to_owned(), hint: String::new() };
        for verdict in [
            Verdict::LastFailed { failure: failure.clone() },
            Verdict::Unknown { failure: failure.clone() },
            Verdict::TooOld { age_s: 3700, failure: Some(failure.clone()) },
            Verdict::NoBackup { failure: Some(failure.clone()) },
        ] {
            let seen = overview(verdict);
            let title = "The backup store is full.";
            let alone = Headline::new(&EN, &seen, None, utc);
            assert!(alone.evidence.contains(title) && alone.failure.is_some(), "{}", alone.evidence);
            let below = Headline::new(&EN, &seen, Some(&failure), utc);
            assert!(!below.evidence.contains(title) && below.failure.is_none(), "{}", below.evidence);
        }
    }

    #[test]
    fn what_could_not_be_compared_or_read_is_not_passed_over() {
        let mut seen = overview(Verdict::Safe);
        (seen.uncompared, seen.unreadable) = (3, 1);
        for t in [&EN, &FI] {
            let told = Headline::new(t, &seen, None, utc).evidence;
            assert!(told.contains(&(t.dashboard.uncompared)(3)), "{told}");
            assert!(told.contains("aitta catalog rebuild"), "{told}");
            assert!(told.contains(&(t.dashboard.unread)(1)), "{told}");
        }
        let quiet = Headline::new(&EN, &overview(Verdict::Safe), None, utc).evidence;
        assert!(!quiet.contains("not known"), "{quiet}");
    }

    #[test]
    fn what_is_not_known_asks_nothing_and_proves_nothing() {
        let failure =
            Failure { code: ErrorCode::StoreMissing, message: "it is away".to_owned(), hint: String::new() };
        let told = headline(Verdict::Unknown { failure });
        assert_eq!((told.tone, told.question, told.prove), (Tone::Bad, None, false));
        assert!(told.evidence.starts_with("The backup store isn't there. "), "{}", told.evidence);
        assert!(!told.evidence.contains("it is away"), "what the engine says is folded: {}", told.evidence);
        assert_eq!(told.failure.map(|failure| failure.message), Some("it is away".to_owned()));
        let never = headline(Verdict::NeverRestored);
        assert!(never.prove && never.wants_restore(), "a backup is there, its proof is not");
        assert!(!headline(Verdict::Safe).wants_restore());
        assert!(shrunk(vec![loss("a", 10, Some(1))]).wants_restore());
        let for_good = TableLoss { archive: None, ..loss("a", 10, Some(1)) };
        assert!(!shrunk(vec![for_good]).wants_restore(), "no backup has the rows");
    }
}
