//! Archives as they are listed and shown.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::word::{closed_list, shown_as_word};
use crate::{BackupKind, Word};

/// What is known about an archive. Better than `stored` only with evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "at", rename_all = "snake_case")]
pub enum ArchiveState {
    /// It was written and lies there whole.
    Stored,
    /// It was read back and checked at this time.
    Verified(Timestamp),
    /// Data restored from it was proven equal at this time.
    Restored(Timestamp),
    /// A check at this time found damage.
    Damaged(Timestamp),
    /// Nothing is known: it was found in the store, or the last check could not be made.
    Unknown,
}

impl std::fmt::Display for ArchiveState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stored => f.write_str("stored"),
            Self::Verified(at) => write!(f, "verified {}", at.strftime("%Y-%m-%d")),
            Self::Restored(at) => write!(f, "restored {}", at.strftime("%Y-%m-%d")),
            Self::Damaged(at) => write!(f, "damaged {}", at.strftime("%Y-%m-%d")),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// How deep a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// The store has confirmed each part by its checksum; header, footer, manifest and some frames were read back.
    Sampled,
    /// Every authentication tag, the layout and the checksum.
    Stored,
    /// Also every row and digest.
    Content,
    /// All of it was restored and proven equal.
    Restored,
}

closed_list!(Depth {
    Sampled => "sampled",
    Stored => "stored",
    Content => "content",
    Restored => "restored",
});

/// The kind of database that an archive is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseEngine {
    /// A server.
    Postgresql,
    /// A file.
    Sqlite,
}

closed_list!(DatabaseEngine {
    Postgresql => "postgresql",
    Sqlite => "sqlite",
});

shown_as_word!(Depth, DatabaseEngine);

/// What a state rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// When.
    pub at: Timestamp,
    /// How deep.
    pub depth: Word<Depth>,
    /// What was found; empty when all was well.
    pub finding: String,
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveSummary {
    /// `backup-{unix ms}-{8 hex}`.
    pub id: String,
    /// When the backup began.
    pub created: Timestamp,
    /// What is known about it.
    #[serde(flatten)]
    pub state: ArchiveState,
    /// Why it was made; absent when neither sidecar nor catalog says.
    pub kind: Option<Word<BackupKind>>,
    /// Why, in words.
    pub reason: Option<String>,
    /// What it was taken from.
    pub engine: Option<Word<DatabaseEngine>>,
    /// Name of the database.
    pub database: Option<String>,
    /// Where that is, as `host:port/database` or the path of the file; only while the catalog knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Whether it holds the whole database.
    pub complete: Option<bool>,
    /// Number of tables.
    pub tables: Option<u64>,
    /// Rows of all tables.
    pub rows: Option<u64>,
    /// Size in bytes.
    pub size_bytes: u64,
    /// How long the backup took, in milliseconds; only while the catalog knows.
    pub duration_ms: Option<u64>,
    /// SHA-256 of all bytes after the header.
    pub checksum: Option<String>,
}

/// One table of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSummary {
    /// Its name, with schema where that is not the usual one.
    pub name: String,
    /// Rows.
    pub rows: u64,
    /// Size before compression, in bytes.
    pub bytes: u64,
    /// Size in the archive, in bytes.
    pub stored_bytes: u64,
    /// Order-independent digest of its rows.
    pub digest: String,
    /// Columns as `name type`.
    pub columns: Vec<String>,
}

/// A foreign key between two tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKeySummary {
    /// Its name.
    pub name: String,
    /// The referencing table.
    pub table: String,
    /// The referenced table.
    pub foreign_table: String,
}

/// Everything about one archive, from its own manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveDetails {
    /// The line of the list.
    #[serde(flatten)]
    pub summary: ArchiveSummary,
    /// Where it lies.
    pub location: String,
    /// Version of the database server or library.
    pub source_version: String,
    /// What pinned the consistent view.
    pub snapshot: String,
    /// Program that wrote it.
    pub writer: String,
    /// Ids of the vault keys that open it.
    pub key_ids: Vec<String>,
    /// Its tables.
    pub table_list: Vec<TableSummary>,
    /// Foreign keys between them.
    pub foreign_keys: Vec<ForeignKeySummary>,
    /// What its state rests on, newest first.
    pub evidence: Vec<Evidence>,
    /// What is odd about it, such as a missing sidecar.
    pub remarks: Vec<String>,
    /// Its copies in further stores, as far as the catalog knows.
    #[serde(default)]
    pub copies: Vec<CopyState>,
}

/// A copy of an archive in a further store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyState {
    /// The store.
    pub location: String,
    /// How it is; absent when it was not copied yet.
    pub state: Option<ArchiveState>,
}
