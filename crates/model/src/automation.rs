//! What happens by itself, as the window shows and sets it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ArchiveSummary, Fate, HeldArchive, PruneReport, PutAway};

/// Whether and when backups make themselves, and which stay beyond the days that all of them do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Automation {
    /// Whether backups make themselves.
    pub on: bool,
    /// When, as cron has it.
    pub pattern: String,
    /// The time zone of the rule, by its name in the database of IANA.
    pub zone: String,
    /// Days whose newest archive stays.
    pub daily: u32,
    /// Weeks whose newest archive stays.
    pub weekly: u32,
    /// Months whose newest archive stays.
    pub monthly: u32,
    /// Years whose newest archive stays.
    pub yearly: u32,
}

/// Rules that a form offers by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// At each full hour.
    Hourly,
    /// Every day at 2:00.
    Daily,
    /// Every Sunday at 2:00.
    Weekly,
}

impl Preset {
    /// All of them, the most frequent first.
    pub const ALL: [Self; 3] = [Self::Hourly, Self::Daily, Self::Weekly];

    /// Its pattern.
    #[must_use]
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::Hourly => "0 * * * *",
            Self::Daily => "0 2 * * *",
            Self::Weekly => "0 2 * * 0",
        }
    }

    /// The preset with this pattern, whatever the space between its fields.
    #[must_use]
    pub fn of(pattern: &str) -> Option<Self> {
        let same = |preset: &Self| preset.pattern().split(' ').eq(pattern.split_ascii_whitespace());
        Self::ALL.into_iter().find(same)
    }
}

/// When a rule would start something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunsAhead {
    /// When this was looked at.
    pub now: Timestamp,
    /// The next [`RUNS_AHEAD`](crate::RUNS_AHEAD) runs; none where the rule is none.
    pub next: Vec<Timestamp>,
    /// Why the rule is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flaw: Option<RuleFlaw>,
}

/// Why a rule is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "flaw", rename_all = "snake_case")]
pub enum RuleFlaw {
    /// It is longer than any that is read.
    TooLong,
    /// It has fewer or more than five fields.
    Fields,
    /// A part of a field is malformed or out of range.
    Part {
        /// Which field.
        field: RuleField,
        /// The part as it was given.
        part: String,
    },
    /// It is an unknown nickname, such as `@reboot`.
    Nickname,
    /// No day matches it, as with 30 February.
    Never,
    /// Its time zone is unknown.
    Zone,
}

/// A field of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleField {
    /// The minute.
    Minute,
    /// The hour.
    Hour,
    /// The day of the month.
    Day,
    /// The month.
    Month,
    /// The day of the week.
    Weekday,
}

/// What the rules of retention mean for each archive now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RetentionOutlook {
    /// When this was looked at.
    pub now: Timestamp,
    /// What a prune would do now. The fates of archives in the first store are in [`Self::archives`] alone.
    pub report: PruneReport,
    /// The archives of the profile's database in its first store, newest first.
    pub archives: Vec<Foreseen>,
}

/// An archive, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Foreseen {
    /// The archive.
    pub archive: ArchiveSummary,
    /// What becomes of it, as if nothing blocked a prune.
    pub fate: Fate,
    /// Since when it is put away, and until when it can be put back; absent when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_away: Option<PutAway>,
    /// What holds it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<HeldArchive>,
}
