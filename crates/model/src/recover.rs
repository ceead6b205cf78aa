//! Hooks around backups and restores, contacts, and the guided way back to work after an incident.

use jiff::civil::{DateTime, Time};
use jiff::{Timestamp, ToSpan, Zoned};
use serde::{Deserialize, Serialize};

use crate::word::{closed_list, shown_as_word};
use crate::{ArchiveSelector, BackupKind, Failure, Finding, RestoreMode, RestoreReport, Word};

/// A program of the profile that runs before or after an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookKind {
    /// Before a backup.
    BeforeBackup,
    /// After a backup, however it ended.
    AfterBackup,
    /// Before a restore into the profile's own database.
    BeforeRestore,
    /// After such a restore, however it ended.
    AfterRestore,
}

closed_list!(HookKind {
    BeforeBackup => "before_backup",
    AfterBackup => "after_backup",
    BeforeRestore => "before_restore",
    AfterRestore => "after_restore",
});

/// A hook as it is configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookShown {
    /// Which.
    pub hook: Word<HookKind>,
    /// The program.
    pub program: String,
    /// Why it would not be started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// An after hook that has not run, or has failed, though the hook before it was started: the application may still be
/// stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwedHook {
    /// Which.
    pub hook: Word<HookKind>,
    /// The run that began with it; absent for a recovery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<i64>,
    /// Since when.
    pub since: Timestamp,
}

/// The hooks of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HooksReport {
    /// Those that are configured.
    pub hooks: Vec<HookShown>,
    /// How long each may take, in seconds.
    pub timeout_s: u64,
    /// Those that should have run and have not.
    pub owed: Vec<OwedHook>,
}

/// A hook that has run to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookRun {
    /// Which.
    pub hook: Word<HookKind>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// Somebody to call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Name.
    pub name: String,
    /// What this person is called for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Phone number, as it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Mail address, as it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
}

/// A step of a recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoverStep {
    /// The application is stopped.
    Stop,
    /// What is there is archived, whatever its state.
    Backup,
    /// The archive is given back.
    Restore,
    /// A person looks at the proof.
    Proof,
    /// The application is started again.
    Start,
}

closed_list!(RecoverStep {
    Stop => "stop",
    Backup => "backup",
    Restore => "restore",
    Proof => "proof",
    Start => "start",
});

/// How it stands with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It was not begun.
    Waiting,
    /// It was begun, and its end is not known: it is under way, or was killed.
    Begun,
    /// Done.
    Done,
    /// It has failed, and can be done again.
    Failed,
    /// A person has said to go on without it.
    Without,
}

closed_list!(StepState {
    Waiting => "waiting",
    Begun => "begun",
    Done => "done",
    Failed => "failed",
    Without => "without",
});

/// How it stands with a recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryState {
    /// It goes on.
    Open,
    /// Every step is done.
    Done,
    /// A person has ended it.
    Abandoned,
}

closed_list!(RecoveryState {
    Open => "open",
    Done => "done",
    Abandoned => "abandoned",
});

shown_as_word!(HookKind, RecoverStep, StepState, RecoveryState);

/// What a recovery goes back to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecoverRequest {
    /// `Latest` is the newest verified archive of the whole database that was made before anybody knew of an incident;
    /// `Before` the newest one of these that was begun before a time.
    pub archive: ArchiveSelector,
    /// Why, in words.
    pub reason: Option<String>,
    /// Whether what others have written may run with the rights of a superuser.
    pub trust_code: bool,
}

/// What a recovery would do. Nothing was changed for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryPlan {
    /// From which archive.
    pub archive: String,
    /// When that was begun.
    pub archive_created: Timestamp,
    /// Why that was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive_kind: Option<Word<BackupKind>>,
    /// Newer archives that were passed over, and why, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<String>,
    /// Tables that are replaced where they are; empty for a whole restore.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<String>,
    /// Where to and how.
    #[serde(flatten)]
    pub mode: RestoreMode,
    /// What stands in the way or is worth knowing.
    pub findings: Vec<Finding>,
    /// The program that stops the application; absent when a person does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<String>,
    /// The program that starts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
}

/// How it stands with one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Which.
    pub step: Word<RecoverStep>,
    /// How it stands.
    pub state: Word<StepState>,
    /// When it was last begun or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// What it came to, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

impl StepRecord {
    /// A step before its begin.
    #[must_use]
    pub fn waiting(step: RecoverStep) -> Self {
        Self { step: step.into(), state: StepState::Waiting.into(), at: None, note: None, failure: None }
    }

    /// Whether the next step may come.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.state.known(), Some(StepState::Done | StepState::Without))
    }
}

/// A recovery, as the catalog keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// Its number.
    pub id: i64,
    /// The profile.
    pub profile: String,
    /// Why.
    pub reason: String,
    /// How it stands.
    pub state: Word<RecoveryState>,
    /// When it was begun.
    pub begun: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// What it does.
    pub plan: RecoveryPlan,
    /// Where the database lies that is recovered. It goes on for no other one.
    #[serde(default)]
    pub database: String,
    /// Whether what others have written may run.
    #[serde(default)]
    pub trust_code: bool,
    /// The archive of what was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<String>,
    /// What a person has said to go on without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without: Option<String>,
    /// The steps in their order.
    pub steps: Vec<StepRecord>,
    /// What the restore has proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<RestoreReport>,
}

impl Recovery {
    /// The step that is next; none when all are over.
    #[must_use]
    pub fn next(&self) -> Option<&StepRecord> {
        self.steps.iter().find(|step| !step.is_over())
    }

    /// Whether it goes on.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state.is(RecoveryState::Open)
    }
}

/// The moment that a person means, seen from `now`: `02:55` is the last time that the clock showed this;
/// `yesterday 02:55`, `today 02:55`, `2026-11-30 02:55` in the zone of `now`; or a time with its zone as RFC 3339 has it.
///
/// # Errors
/// What is wrong with the text.
pub fn incident(text: &str, now: &Zoned) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let wrong = || {
        format!(
            "{text:?} is no time such as 02:55, \"yesterday 02:55\", \"2026-11-30 02:55\" or 2026-11-30T02:55:00Z"
        )
    };
    let time = |text: &str| -> Result<Time, String> {
        // A number alone is no time.
        if !text.contains(':') {
            return Err(wrong());
        }
        text.parse::<Time>().map_err(|_| wrong())
    };
    let zone = now.time_zone();
    let zoned = |at: DateTime| at.to_zoned(zone.clone()).map_err(|_| wrong());
    let (today, out_of_range) = (now.date(), |_| wrong());
    let at = match text.split_once(' ') {
        Some(("yesterday", rest)) => {
            zoned(today.checked_sub(1.day()).map_err(out_of_range)?.to_datetime(time(rest.trim())?))?
        }
        Some(("today", rest)) => zoned(today.to_datetime(time(rest.trim())?))?,
        Some(_) => zoned(text.parse::<DateTime>().map_err(|_| wrong())?)?,
        None if text.contains('T') => zoned(text.parse::<DateTime>().map_err(|_| wrong())?)?,
        None => {
            let at = zoned(today.to_datetime(time(text)?))?;
            match at > *now {
                true => zoned(today.checked_sub(1.day()).map_err(out_of_range)?.to_datetime(time(text)?))?,
                false => at,
            }
        }
    };
    match at > *now {
        true => Err(format!("{text:?} has not come yet")),
        false => Ok(at.timestamp()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_an_incident_is_read_as_a_person_means_it() {
        let now: Zoned = "2026-11-30T04:10:00+02:00[+02:00]".parse().expect("a time");
        for (text, at) in [
            ("02:55", "2026-11-30T00:55:00Z"),
            ("04:11", "2026-11-29T02:11:00Z"),
            ("yesterday 02:55", "2026-11-29T00:55:00Z"),
            ("today 02:55:30", "2026-11-30T00:55:30Z"),
            ("2026-11-01 12:00", "2026-11-01T10:00:00Z"),
            ("2026-11-01T12:00", "2026-11-01T10:00:00Z"),
            ("2026-11-01T12:00:00Z", "2026-11-01T12:00:00Z"),
            ("2026-11-01T12:00:00+02:00", "2026-11-01T10:00:00Z"),
        ] {
            assert_eq!(incident(text, &now).map(|at| at.to_string()), Ok(at.to_owned()), "{text}");
        }
        for text in
            ["", "2", "25:00", "tomorrow 02:00", "today 05:00", "2027-01-01 00:00", "yesterday", "noon"]
        {
            assert!(incident(text, &now).is_err(), "{text}");
        }
    }
}
