//! Counts what was killed, and what came of it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::blow::Ended;
use super::state::Came;

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Backup,
    /// The whole database, in place.
    Swap,
    /// The whole database, into a new one or an empty one.
    New,
    /// Chosen tables, in place.
    Tables,
    /// Chosen tables, into a schema beside.
    Side,
    Rotate,
    RollBack,
    Reencrypt,
    Resume,
    Delete,
    Copy,
    Cleanup,
    Rebuild,
}

pub(super) const KINDS: [Kind; 13] = [
    Kind::Backup,
    Kind::Swap,
    Kind::New,
    Kind::Tables,
    Kind::Side,
    Kind::Rotate,
    Kind::RollBack,
    Kind::Reencrypt,
    Kind::Resume,
    Kind::Delete,
    Kind::Copy,
    Kind::Cleanup,
    Kind::Rebuild,
];

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Self::Backup => "backup create",
            Self::Swap => "restore, whole, in place",
            Self::New => "restore, whole, new",
            Self::Tables => "restore of chosen tables",
            Self::Side => "restore into a schema",
            Self::Rotate => "key rotate",
            Self::RollBack => "key rotate --roll-back",
            Self::Reencrypt => "key rotate --reencrypt",
            Self::Resume => "key rotate --resume",
            Self::Delete => "backup delete",
            Self::Copy => "store copy",
            Self::Cleanup => "restore cleanup",
            Self::Rebuild => "catalog rebuild",
        }
    }

    pub(super) fn is_rotation(self) -> bool {
        matches!(self, Self::Rotate | Self::RollBack | Self::Reencrypt | Self::Resume)
    }
}

#[derive(Default)]
struct Line {
    started: usize,
    /// Killed after the run was entered, and before it reported.
    in_the_middle: usize,
    /// Killed before there was anything to interrupt.
    before_it_began: usize,
    /// Reported before the kill came.
    ended_first: usize,
    /// Run to the end, with no blow.
    in_peace: usize,
    as_before: usize,
    between: usize,
    done: usize,
}

#[derive(Default)]
pub(super) struct Tally {
    lines: BTreeMap<Kind, Line>,
    /// Of those that ran to their end, by kind and profile: in all, and from the lock on.
    took: BTreeMap<(Kind, &'static str), Vec<(Duration, Duration)>>,
    pub(super) kills: usize,
}

/// Before the first one has run to its end.
const GUESS: (Duration, Duration) = (Duration::from_millis(350), Duration::from_millis(150));

impl Tally {
    /// A run that was killed, or was to be. `interrupted` says that the catalog had it as running after its process
    /// was gone.
    pub(super) fn blow(&mut self, kind: Kind, ended: &Ended, interrupted: bool, came: Came) {
        let line = self.lines.entry(kind).or_default();
        line.started += 1;
        let reported = ended.code == Some(0) || ended.report().is_some();
        if reported {
            line.ended_first += 1;
        } else if interrupted {
            line.in_the_middle += 1;
        } else {
            line.before_it_began += 1;
        }
        self.kills += usize::from(!reported);
        match came {
            Came::AsBefore => line.as_before += 1,
            Came::Between => line.between += 1,
            Came::Done => line.done += 1,
        }
    }

    /// Kills of this kind that came too soon, and too late.
    pub(super) fn missed(&self, kind: Kind) -> (usize, usize) {
        self.lines.get(&kind).map_or((0, 0), |line| (line.before_it_began, line.ended_first))
    }

    pub(super) fn in_peace(&mut self, kind: Kind) {
        self.lines.entry(kind).or_default().in_peace += 1;
    }

    pub(super) fn measure(&mut self, kind: Kind, profile: &'static str, ended: &Ended) {
        if let (Some(0), Some(worked)) = (ended.code, ended.worked) {
            self.took.entry((kind, profile)).or_default().push((ended.took, worked));
        }
    }

    /// In all, and from the lock on.
    pub(super) fn medians(&self, kind: Kind, profile: &'static str) -> (Duration, Duration) {
        self.took.get(&(kind, profile)).map_or(GUESS, |took| {
            let middle = |of: fn(&(Duration, Duration)) -> Duration| {
                let mut all: Vec<Duration> = took.iter().map(of).collect();
                all.sort_unstable();
                all[all.len() / 2]
            };
            (middle(|took| took.0), middle(|took| took.1))
        })
    }

    /// Kinds that no kill has met in the middle of their work.
    pub(super) fn never_met(&self) -> Vec<Kind> {
        let met = |kind: &Kind| self.lines.get(kind).is_some_and(|line| line.in_the_middle > 0);
        KINDS.into_iter().filter(|kind| !met(kind)).collect()
    }

    pub(super) fn table(&self) -> String {
        let mut out = format!(
            "{:<26}{:>8}{:>11}{:>9}{:>9}{:>9}{:>18}   {}\n",
            "OPERATION",
            "STARTED",
            "IN MIDDLE",
            "TOO SOON",
            "TOO LATE",
            "IN PEACE",
            "MEDIAN PG/SQLITE",
            "CAME OF IT: AS BEFORE / BETWEEN / DONE"
        );
        let shown = |kind: Kind, profile: &'static str| match self.took.contains_key(&(kind, profile)) {
            true => format!("{} ms", self.medians(kind, profile).0.as_millis()),
            false => "-".to_owned(),
        };
        let mut sum = Line::default();
        for (&kind, line) in &self.lines {
            let median = format!("{} / {}", shown(kind, "shop"), shown(kind, "lite"));
            out.push_str(&row(kind.words(), line, &median));
            sum.started += line.started;
            sum.in_the_middle += line.in_the_middle;
            sum.before_it_began += line.before_it_began;
            sum.ended_first += line.ended_first;
            sum.in_peace += line.in_peace;
            sum.as_before += line.as_before;
            sum.between += line.between;
            sum.done += line.done;
        }
        out.push_str(&row("in all", &sum, ""));
        out
    }
}

fn row(name: &str, line: &Line, median: &str) -> String {
    format!(
        "{name:<26}{:>8}{:>11}{:>9}{:>9}{:>9}{median:>18}   {} / {} / {}\n",
        line.started,
        line.in_the_middle,
        line.before_it_began,
        line.ended_first,
        line.in_peace,
        line.as_before,
        line.between,
        line.done
    )
}
