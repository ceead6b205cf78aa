//! The schedule: what is due when, who sees to it, and what has become of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::word::{closed_list, shown_as_word};
use crate::{Failure, Word};

/// How many runs ahead are told.
pub const RUNS_AHEAD: usize = 5;

/// What makes itself by a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// A backup.
    Backup,
    /// Old archives go by the rules of the retention.
    Prune,
    /// Every byte of every archive is read back, and the rows of some are.
    Verify,
    /// The audit trail is checked from its first entry on.
    Trail,
}

closed_list!(Duty {
    Backup => "backup",
    Prune => "prune",
    Verify => "verify",
    Trail => "trail",
});

shown_as_word!(Duty);

/// How it stands with something that makes itself beside the backups, while these do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DutyStatus {
    /// Which.
    pub duty: Word<Duty>,
    /// Its rule, in the time zone of the schedule of the backups.
    pub pattern: String,
    /// When it is due next; absent when backups don't make themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Timestamp>,
    /// The last time that it was due while it was switched on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Slot>,
}

/// How long a pause lasts at most, in days. What is due is then done again, whoever has forgotten it.
pub const PAUSE_DAYS: i64 = 31;

/// A schedule by which nothing makes itself until a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// When somebody has paused it.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
    /// Who.
    pub person: String,
}

/// Asks for a pause of the schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseRequest {
    /// Until when, at most [`PAUSE_DAYS`] after the begin of the pause: one that is renewed counts from its first.
    pub until: Timestamp,
    /// Why.
    pub reason: Option<String>,
}

/// A schedule that was paused, or goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseReport {
    /// Which profile.
    pub profile: String,
    /// The pause; absent when the schedule goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
}

/// The schedule of the backups of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleStatus {
    /// Which profile.
    pub profile: String,
    /// When this was looked at.
    pub now: Timestamp,
    /// Whether it is switched on.
    pub on: bool,
    /// The rule, as cron has it: minute, hour, day, month, day of the week.
    pub pattern: String,
    /// The time zone of the rule, by its name in the database of IANA.
    pub zone: String,
    /// The next [`RUNS_AHEAD`] runs, after the end of a pause; none when it is switched off.
    pub next: Vec<Timestamp>,
    /// What keeps it from making anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// The program that starts what is due of this profile now, by whatever rule; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<ScheduleHost>,
    /// When `aitta schedule run-due` looked at it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked: Option<Timestamp>,
    /// What will start the next backup.
    pub seen_to: SeenTo,
    /// The last run that was due while it was switched on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Slot>,
    /// What else makes itself; what is switched off is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<DutyStatus>,
}

impl ScheduleStatus {
    /// Whether backups are to be made by themselves and nothing is there that would make them.
    #[must_use]
    pub fn is_forsaken(&self) -> bool {
        self.on && self.seen_to == SeenTo::ByNobody
    }
}

/// What will start the next backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeenTo {
    /// The host, which has this schedule.
    ByHost,
    /// Something that starts `aitta schedule run-due`, and has done so lately.
    ByTimer,
    /// Nothing.
    ByNobody,
}

/// The rule that a host goes by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostedSchedule {
    /// The rule.
    pub pattern: String,
    /// Its time zone.
    pub zone: String,
    /// The rules of what else makes itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<(Word<Duty>, String)>,
}

/// The program that starts what is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleHost {
    /// Which one.
    pub kind: Word<HostKind>,
    /// Its process.
    pub pid: u32,
    /// Since when.
    pub since: Timestamp,
    /// The rule that it goes by, of its own configuration and environment: those of whoever asks may be others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<HostedSchedule>,
}

/// Programs that start what is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostKind {
    /// `aitta agent run`.
    Agent,
    /// The desktop app, as long as it is open.
    Window,
    /// `aitta schedule run-due`, which ends when it has done what is due.
    RunDue,
}

closed_list!(HostKind {
    Agent => "agent",
    Window => "window",
    RunDue => "run_due",
});

shown_as_word!(HostKind);

/// A moment at which something was due, and what has become of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// When it was due.
    pub due: Timestamp,
    /// When its work began.
    pub claimed: Timestamp,
    /// What has become of it.
    pub state: Word<SlotState>,
    /// Earlier moments that were missed, for which it stands as well, oldest first. Of many, the last ones are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<Timestamp>,
    /// How many there were before those.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub missed_before: u64,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried again; absent when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Timestamp>,
    /// The last run that was made for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<i64>,
    /// Why the last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

impl Slot {
    /// How many moments were missed.
    #[must_use]
    pub fn missed_count(&self) -> u64 {
        self.missed_before + self.missed.len() as u64
    }
}

/// What has become of a moment at which something was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotState {
    /// Its work has begun.
    Claimed,
    /// It is tried again later.
    Waiting,
    /// It is done.
    Succeeded,
    /// It was given up.
    Failed,
}

closed_list!(SlotState {
    Claimed => "claimed",
    Waiting => "waiting",
    Succeeded => "succeeded",
    Failed => "failed",
});

shown_as_word!(SlotState);

/// What was due and was done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunDueReport {
    /// Each profile whose schedule is switched on.
    pub profiles: Vec<DueProfile>,
}

/// What was due of one profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueProfile {
    /// Its name.
    pub profile: String,
    /// What else sees to its schedule; then nothing was done here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<ScheduleHost>,
    /// The backup that was due and was tried now; absent when none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Slot>,
    /// What else was due and was tried now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<(Word<Duty>, Slot)>,
    /// Why its schedule could not be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// When something is due next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Timestamp>,
}
