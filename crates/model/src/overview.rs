//! Is the data safe? What a dashboard answers, as data: the words are up to who shows it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ArchiveState, DatabaseEngine, Failure, KeyCanary, RestorePoint, RunSummary, ScheduleStatus, TableLoss,
};

/// A profile as it is named to people, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileSummary {
    /// Its name.
    pub name: String,
    /// What its database is; absent when none is set.
    pub engine: Option<DatabaseEngine>,
    /// The database, without its password.
    pub database: Option<String>,
    /// Where its archives lie.
    pub store: String,
    /// Whether it is the sample that the demonstration has made.
    pub sample: bool,
}

/// What is aimed for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Targets {
    /// Work that may be lost at most, in seconds (recovery point objective).
    pub rpo_s: u64,
    /// Time that a recovery may take at most, in seconds (recovery time objective).
    pub rto_s: u64,
    /// Share of backups that succeed, from 0 to 1; the aim is more than this.
    pub success_rate: f64,
    /// Time that a backup should take at most, in seconds.
    pub baseline_s: u64,
    /// Share of the store's room, from 0 to 1, above which it is time to act.
    pub storage_alert: f64,
    /// Days after which the key is to be changed.
    pub key_days: u32,
    /// Share of its rows, from 0 to 1, that a table loses between two backups before it is asked about.
    #[serde(default = "table_loss")]
    pub table_loss: f64,
}

fn table_loss() -> f64 {
    0.20
}

impl Default for Targets {
    fn default() -> Self {
        Self {
            rpo_s: 3600,
            rto_s: 30 * 60,
            success_rate: 0.99,
            baseline_s: 5 * 60,
            storage_alert: 0.80,
            key_days: 90,
            table_loss: table_loss(),
        }
    }
}

/// The answer, worst first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The store can't be looked at, so nothing is known.
    Unknown {
        /// Why.
        failure: Failure,
    },
    /// No database is named yet, as on a new machine: nothing is protected, whatever lies in the store.
    NoDatabase {
        /// Archives in the store.
        archives: u64,
    },
    /// There is no backup of the whole database.
    NoBackup {
        /// How the last attempt failed, if there was one.
        failure: Option<Failure>,
    },
    /// The newest archive is damaged.
    Damaged {
        /// Which.
        archive: String,
        /// Others of the whole database that are not known to be damaged.
        others: u64,
    },
    /// The newest backup is whole, and tables have lost rows that one before it has; nobody has said that this was meant.
    Shrunk {
        /// The newest backup.
        archive: String,
        /// The tables, the greatest loss first.
        tables: Vec<TableLoss>,
        /// Why a later attempt to back up failed, if one did.
        failure: Option<Failure>,
    },
    /// The newest verified backup is older than the work that may be lost.
    TooOld {
        /// How old, in seconds.
        age_s: u64,
        /// How the last attempt failed, if it came after that backup.
        failure: Option<Failure>,
    },
    /// There are verified backups, but no restore of everything has been proven yet.
    NeverRestored,
    /// The last attempt failed; what is there is still new enough.
    LastFailed {
        /// How.
        failure: Failure,
    },
    /// Verified, new enough, and a restore has been proven.
    Safe,
}

/// The newest archive of the whole database that was read back and checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastBackup {
    /// Its id.
    pub archive: String,
    /// When its run began: everything committed before is in it.
    pub created: Timestamp,
    /// What is known about it.
    #[serde(flatten)]
    pub state: ArchiveState,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Rows in it.
    pub rows: Option<u64>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// Its run, where the catalog knows it.
    pub run: Option<i64>,
}

/// Room in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageUse {
    /// Archives of all profiles that lie there.
    pub archives: u64,
    /// Their size in bytes.
    pub archives_bytes: u64,
    /// What is used of the disk by everything on it, in bytes; absent where a store has no end.
    pub used_bytes: Option<u64>,
    /// Size of the disk in bytes.
    pub total_bytes: Option<u64>,
    /// When the alert is reached, if archives go on growing as in the last 30 days.
    pub alert_at: Option<Timestamp>,
}

/// The key that locks new archives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyStatus {
    /// Its id, which is not secret.
    pub key_id: String,
    /// When it was made; where that is not known, the begin of the first run known to have used it.
    pub since: Option<Timestamp>,
    /// Where it is kept: `environment`, `keychain`, `key file`, or the `memory` of a sample.
    pub kept: String,
    /// Its last test: whether it opens the newest archive. Absent when it was never tested.
    #[serde(default)]
    pub tested: Option<KeyCanary>,
    /// When it is to be changed.
    #[serde(default)]
    pub due: Option<Timestamp>,
}

/// Everything that the first page says about a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// Which profile.
    pub profile: ProfileSummary,
    /// When this was looked at.
    pub now: Timestamp,
    /// The answer.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What is aimed for.
    pub targets: Targets,
    /// The newest verified backup; when the store can't be looked at, the newest that was seen there.
    pub last_backup: Option<LastBackup>,
    /// Backups of the last 30 days that succeeded.
    pub succeeded: u32,
    /// Backups of the last 30 days that failed.
    pub failed: u32,
    /// Room in the store; absent when it can't be looked at.
    pub storage: Option<StorageUse>,
    /// The last restore of everything that was proven.
    pub last_restore: Option<RestorePoint>,
    /// The last one of a part, where none of everything came after it.
    pub partial_restore: Option<RestorePoint>,
    /// Whole backups of the database that are there, and whose rows are not known: what was lost since then is not either.
    /// A rebuild of the catalog reads them.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub uncompared: u64,
    /// Backups of the whole database that further stores were seen to have intact and the first one has not.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub elsewhere: u64,
    /// Runs of the last 30 days whose reports can't be read: they are counted nowhere.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub unreadable: u64,
    /// The active key; absent when there is none.
    pub key: Option<KeyStatus>,
    /// The newest runs, newest first.
    pub recent: Vec<RunSummary>,
    /// What is due, and who sees to it; absent where backups don't make themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleStatus>,
}

/// One of several profiles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProfileState {
    /// Its name, by which it is chosen.
    pub name: String,
    /// What it protects, and where; absent when its configuration is wrong.
    pub profile: Option<ProfileSummary>,
    /// Whether its data is safe.
    pub standing: Standing,
}

/// What is known of a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// What its first page says.
    Known(Box<Overview>),
    /// Why nothing can be said.
    Unknown(Failure),
}
