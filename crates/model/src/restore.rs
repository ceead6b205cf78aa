//! Plans and reports of restores.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Failure, Finding, Obstacle, PhaseTiming, Severity};

/// Where the data goes and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum RestoreMode {
    /// The whole database is restored beside the live one, proven, and swapped in by rename.
    Swap {
        /// The live database, or the file.
        target: String,
        /// What the old one will be called.
        set_aside: String,
    },
    /// Chosen tables are replaced in one transaction.
    Replace {
        /// The database.
        target: String,
    },
    /// A new database or file is made.
    Create {
        /// Its name.
        target: String,
    },
    /// An empty database is filled in one transaction.
    Fill {
        /// Its name.
        target: String,
    },
    /// Chosen tables are put into a schema of their own.
    SideSchema {
        /// The database.
        target: String,
        /// The schema.
        schema: String,
    },
}

/// What would happen to one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TablePlan {
    /// Its name.
    pub name: String,
    /// Rows in the archive.
    pub archive_rows: u64,
    /// Rows in the target now; absent when the table is not there.
    pub target_rows: Option<u64>,
    /// Size before compression, in bytes.
    pub bytes: u64,
}

/// A dry run: what would happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestorePlan {
    /// From which archive.
    pub archive: String,
    /// When that was begun.
    pub archive_created: Timestamp,
    /// Where to and how.
    #[serde(flatten)]
    pub mode: RestoreMode,
    /// The tables.
    pub tables: Vec<TablePlan>,
    /// What stands in the way or is worth knowing, worst first.
    pub findings: Vec<Finding>,
    /// Room that the restored data needs, in bytes; an estimate.
    pub space_needed_bytes: u64,
    /// Bytes that will be read from the store.
    pub read_bytes: u64,
    /// What would run with more rights than its owner has, and needs to be trusted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code: Vec<String>,
}

impl RestorePlan {
    /// Whether the restore would be refused.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.findings.iter().any(|f| f.severity == Severity::Blocker)
    }
}

/// How the rows of a table of the target compare with those of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Likeness {
    /// Every row is the same.
    Same,
    /// The rows are others.
    Differs {
        /// Rows in the target as it was read.
        target_rows: u64,
        /// How many are on one side only; absent for a table that is too large to tell.
        apart: Option<RowsApart>,
    },
    /// The target has no such table.
    Missing,
    /// The two can't be compared.
    NotComparable {
        /// Why.
        why: String,
        /// The same as data; absent from an earlier version.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        obstacle: Option<Obstacle>,
    },
    /// The time was up before it was read.
    NotReached,
}

/// Rows that are on one side only. A row that was changed counts on both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowsApart {
    /// Rows that only the archive has.
    pub archive: u64,
    /// Rows that only the target has.
    pub target: u64,
}

/// How one table of the target compares with the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparedTable {
    /// Its name, as in the plan.
    pub name: String,
    /// What was found.
    #[serde(flatten)]
    pub likeness: Likeness,
}

/// The tables that a restore would give back, compared with those that are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreComparison {
    /// With which archive.
    pub archive: String,
    /// The tables, in the order of the plan. Each was read at a moment of its own.
    pub tables: Vec<ComparedTable>,
    /// From start to end, in milliseconds.
    pub duration_ms: u64,
}

/// Proof that one table of the target equals the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableProof {
    /// Its name.
    pub name: String,
    /// Rows in the archive.
    pub archive_rows: u64,
    /// Rows counted in the target.
    pub target_rows: u64,
    /// Digest in the archive.
    pub archive_digest: String,
    /// Digest computed from the target.
    pub target_digest: String,
}

impl TableProof {
    /// Whether both sides are the same.
    #[must_use]
    pub fn equal(&self) -> bool {
        self.archive_rows == self.target_rows && self.archive_digest == self.target_digest
    }
}

/// Where a sequence ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceReport {
    /// Its name.
    pub name: String,
    /// Last value in the archive.
    pub archived: i64,
    /// Last value in the target now.
    pub restored: i64,
}

/// A restore that succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreReport {
    /// From which archive.
    pub archive: String,
    /// When that was begun.
    pub archive_created: Timestamp,
    /// Where to and how.
    #[serde(flatten)]
    pub mode: RestoreMode,
    /// The proof, table by table. Every entry is equal, or the restore would have failed.
    pub proofs: Vec<TableProof>,
    /// Tables of the archive; absent in a report of an earlier version.
    #[serde(default)]
    pub of_tables: Option<u32>,
    /// Whether everything of a whole database was given back.
    #[serde(default)]
    pub whole: bool,
    /// Whether what was made was dropped again: it was made for the proof alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dropped: bool,
    /// The sequences that were set.
    pub sequences: Vec<SequenceReport>,
    /// The archive that holds what was overwritten, if anything was.
    pub safety_archive: Option<String>,
    /// Bytes read from the store.
    pub read_bytes: u64,
    /// Size of the archive in bytes.
    pub archive_bytes: u64,
    /// From start to end, in milliseconds.
    pub duration_ms: u64,
    /// The phases.
    pub phases: Vec<PhaseTiming>,
    /// What is worth knowing.
    pub findings: Vec<Finding>,
    /// Why the hook after it failed; the data is back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook_failure: Option<Failure>,
}

/// What whole restores have set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CleanupReport {
    /// Databases or files that are still there.
    pub kept: Vec<String>,
    /// Those that were dropped now.
    pub dropped: Vec<String>,
    /// Databases that killed restores and proofs have left unfinished on the server, and that nobody is connected to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unfinished: Vec<String>,
}
