//! What a month came to, beside the month before.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    Actor, History, KeyStatus, Operation, ProfileSummary, Reason, RunOutcome, RunSummary, StorageUse,
    TableLoss, Targets, Word,
};

/// Days after which a restore of everything is to be proven again: once a month.
pub const PROOF_DAYS: u32 = 30;

/// Days below which nothing is said of a trend.
pub const TREND_DAYS: u32 = 7;

/// One month beside the month before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// Which profile.
    pub profile: ProfileSummary,
    /// What is aimed for.
    pub targets: Targets,
    /// When this was looked at.
    pub now: Timestamp,
    /// The month.
    pub month: MonthFigures,
    /// The month before.
    pub before: MonthFigures,
    /// The day of the first run that is known; absent before any.
    pub since: Option<Date>,
    /// Every failed backup, verification and restore of the month.
    pub failures: Vec<RunSummary>,
    /// What people did in the month beside backups, the newest first, as the audit trail has it.
    pub deeds: Vec<Deed>,
    /// Codes of the second factor that were refused in the month.
    pub refused_codes: u64,
    /// Whether the trail is as it was written: if it is not, deeds can be missing.
    pub trail_intact: bool,
    /// Entries of the trail that no checked signature covers, such as those written while no key was there.
    pub unsigned_entries: u64,
    /// Tables that lost rows in the month: those that still miss them first, then the newest.
    pub losses: Vec<PastLoss>,
    /// How many more there are.
    pub more_losses: u64,
    /// Room in the store as it is now; absent when it can't be looked at.
    pub storage: Option<StorageUse>,
    /// When everything was last restored and proven.
    pub proven: Option<Timestamp>,
    /// When that was last done with the reason *drill*.
    pub drilled: Option<Timestamp>,
    /// Growth by table, the largest change first.
    pub tables: Vec<TableGrowth>,
    /// The key that locks new archives.
    pub key: Option<KeyStatus>,
}

/// What a month came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonthFigures {
    /// First day, as `2026-11-01`.
    pub first: Date,
    /// The days, the points of the charts, the proven restores.
    pub history: History,
    /// Median duration of a backup, in milliseconds.
    pub median_duration_ms: Option<u64>,
    /// Size of the last archive of the month, in bytes.
    pub size_bytes: Option<u64>,
    /// Longest proven restore, in milliseconds.
    pub longest_restore_ms: Option<u64>,
}

/// How one table grew from the last archive of one month to that of the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableGrowth {
    /// Its name.
    pub name: String,
    /// Rows at the end of the month before; absent when it wasn't there.
    pub rows_before: Option<u64>,
    /// Rows at the end of the month; absent when it is gone.
    pub rows: Option<u64>,
    /// Bytes in the archive at the end of the month before.
    pub bytes_before: Option<u64>,
    /// Bytes in the archive at the end of the month.
    pub bytes: Option<u64>,
}

/// Something that people did, or that was done for them: a restore, a rotation, a deletion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// Its entry of the audit trail.
    pub entry: u64,
    /// When it began.
    pub at: Timestamp,
    /// What was done.
    pub operation: Word<Operation>,
    /// Who did it.
    pub actor: Actor,
    /// Why.
    pub reason: Option<Reason>,
    /// Archive that it was about.
    pub archive: Option<String>,
    /// Tables that were chosen; empty for all.
    pub tables: Vec<String>,
    /// Database or key that was written to, without secrets.
    pub target: Option<String>,
    /// How it ended; absent where it has not.
    pub outcome: Option<Word<RunOutcome>>,
    /// From begin to end, in milliseconds; absent where it has not ended.
    pub duration_ms: Option<u64>,
    /// Its run, where it was one.
    pub run: Option<i64>,
    /// Of a restore: whether it was made for a proof alone, however it ended.
    pub proof: bool,
}

/// A table that lost rows from one backup to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastLoss {
    /// The table, and what it lost.
    #[serde(flatten)]
    pub loss: TableLoss,
    /// Begin of the backup that found it.
    pub found: Timestamp,
    /// Whether somebody has said that it was meant.
    pub meant: bool,
    /// Begin of the first backup that has the rows again.
    pub back: Option<Timestamp>,
}
