//! What the catalog remembers of a span of time, as charts and reviews need it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Backups and restores of a profile, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// The profile.
    pub profile: String,
    /// Begin of the first day, UTC.
    pub from: Timestamp,
    /// End of the span.
    pub to: Timestamp,
    /// Every day of the span, also those without a run.
    pub days: Vec<DayOutcomes>,
    /// Backups of the database that succeeded.
    pub backups: Vec<BackupPoint>,
    /// Backups that failed.
    pub failures: Vec<FailurePoint>,
    /// Restores of everything that ended with a proof of equality.
    pub restores: Vec<RestorePoint>,
    /// Runs of the span whose reports can't be read: they are among none of these.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub unreadable: u64,
}

/// How the backups of one day ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayOutcomes {
    /// The day in UTC.
    pub day: Date,
    /// Backups that were stored, read back and checked.
    pub succeeded: u32,
    /// Backups that failed. One that the user has stopped is none.
    pub failed: u32,
}

/// A backup that succeeded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackupPoint {
    /// Number of the run in the catalog.
    pub run: i64,
    /// When it began.
    pub at: Timestamp,
    /// The archive.
    pub archive: String,
    /// From start to end, in milliseconds.
    pub duration_ms: u64,
    /// Size of the archive in bytes.
    pub size_bytes: u64,
    /// Rows in it.
    pub rows: u64,
    /// Whether there were enough before it to judge its size by.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub judged: bool,
    /// What is unusual about its size, in words.
    pub anomaly: Option<String>,
    /// The same as data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unusual: Option<Unusual>,
}

/// A size unlike those before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unusual {
    /// How much larger than usual, in percent; below zero for smaller.
    pub percent: i64,
    /// The table whose bytes changed most since the backup before.
    pub cause: Option<TableChange>,
}

/// How a table changed between two backups. Shares are in percent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum TableChange {
    /// It is gone.
    Gone {
        /// Its name.
        table: String,
    },
    /// It is new.
    New {
        /// Its name.
        table: String,
    },
    /// It lost this share of its rows.
    Lost {
        /// Its name.
        table: String,
        /// The share.
        percent: u64,
    },
    /// It was empty.
    Filled {
        /// Its name.
        table: String,
        /// Rows that it has now.
        rows: u64,
    },
    /// It has this share of rows more.
    Grown {
        /// Its name.
        table: String,
        /// The share.
        percent: u64,
    },
    /// It has as many rows, of another size.
    OtherRows {
        /// Its name.
        table: String,
    },
    /// Of a later version.
    #[serde(other)]
    Other,
}

/// A backup that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailurePoint {
    /// Number of the run in the catalog.
    pub run: i64,
    /// When it began.
    pub at: Timestamp,
    /// Code of the error.
    pub code: String,
    /// The error in words.
    pub message: String,
}

/// A restore that was proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestorePoint {
    /// Number of the run in the catalog.
    pub run: i64,
    /// When it began.
    pub at: Timestamp,
    /// From start to end without the wait for others to let go of their locks, in milliseconds.
    pub duration_ms: u64,
    /// Tables that were given back.
    pub tables: u32,
    /// Tables of the backup; absent where an earlier version has not noted it.
    pub of_tables: Option<u32>,
}

/// A table that has fewer rows in the newest backup than it had, or is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableLoss {
    /// Its name.
    pub name: String,
    /// Rows that it had.
    pub rows_before: u64,
    /// Rows that it has; absent when it is gone.
    pub rows: Option<u64>,
    /// The last backup that has them, if it is still there.
    pub archive: Option<String>,
    /// When that was begun.
    pub since: Timestamp,
}

impl TableLoss {
    /// The share of its rows that is lost, from 0 to 1.
    #[must_use]
    pub fn share(&self) -> f64 {
        1.0 - self.rows.unwrap_or(0) as f64 / self.rows_before.max(1) as f64
    }
}

/// The past that a demonstration has made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastReport {
    /// Where the sample database, its store and its catalog lie.
    pub folder: String,
    /// The page with the charts.
    pub page: String,
    /// What happened.
    pub history: History,
}
