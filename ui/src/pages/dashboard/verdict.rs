//! The first line: the answer in words, with its evidence, or what is wrong and what helps.

use aitta_model::{Failure, Operation, Overview, RunOutcome, RunSummary, Verdict};

use crate::components::badge::Tone;
use crate::format;
use crate::remedy;
use crate::texts::Texts;

/// The answer.
pub(super) struct Headline {
    pub(super) tone: Tone,
    pub(super) title: &'static str,
    pub(super) evidence: String,
    /// The run that failed, where looking at it helps.
    pub(super) run: Option<i64>,
    /// Whether a restore is what is missing.
    pub(super) prove: bool,
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
    /// `below` is the error that the page shows anyway.
    pub(super) fn new(t: &Texts, overview: &Overview, below: Option<&Failure>) -> Self {
        let d = &t.dashboard;
        let verified = overview
            .last_backup
            .as_ref()
            .map(|last| (d.last_verified)(&format::ago(t, last.created, overview.now)));
        let proven = overview.last_restore.as_ref().map(|restore| {
            let day = format::day(t, restore.at, overview.now, format::offset(restore.at));
            (d.restore_proven)(&day, &format::duration_ms(restore.duration_ms))
        });
        let attempt = |failure: &Failure| {
            let is_below = below.is_some_and(|below| below.message == failure.message);
            (!is_below).then(|| {
                let (what, helps) = ((d.last_attempt)(&failure.message), remedy::words(t, &failure.hint));
                format!("{} {}", format::sentence(what), format::sentence(helps))
            })
        };
        let (tone, title, parts) = match &overview.verdict {
            Verdict::Safe => (Tone::Ok, d.safe, vec![verified, proven]),
            Verdict::NeverRestored => {
                (Tone::Warn, d.never_restored, vec![verified, Some(d.restore_not_proven.to_owned())])
            }
            Verdict::LastFailed { failure } => (Tone::Warn, d.last_failed, vec![verified, attempt(failure)]),
            Verdict::TooOld { age_s, failure } => {
                let target = format::span_s(t, overview.targets.rpo_s);
                let why = (d.too_old_because)(&format::span_s(t, *age_s), &target);
                (Tone::Bad, d.too_old, vec![Some(why), failure.as_ref().and_then(attempt)])
            }
            Verdict::Damaged { .. } => (Tone::Bad, d.damaged, vec![Some(d.damaged_hint.to_owned())]),
            Verdict::NoBackup { failure } => {
                let told = failure.as_ref().map_or_else(|| Some(d.no_backup_hint.to_owned()), attempt);
                (Tone::Bad, d.no_backup, vec![told])
            }
            Verdict::Unknown { failure } => (
                Tone::Bad,
                d.unknown,
                vec![Some(failure.message.clone()), Some(remedy::words(t, &failure.hint))],
            ),
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
            evidence: parts.into_iter().flatten().map(format::sentence).collect::<Vec<_>>().join(" "),
            run: overview.recent.iter().find(is_failed_backup).filter(|_| failed).map(|run| run.id),
            prove: overview.verdict == Verdict::NeverRestored,
        }
    }
}
