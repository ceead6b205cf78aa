//! The manifest: everything that is known about the content of an archive.

use serde::{Deserialize, Serialize};

use crate::limits::properties;

/// The table of contents, stored as JSON in the last frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// `backup-{unix ms}-{8 hex}`.
    pub id: String,
    /// When the backup began: Unix time in milliseconds.
    pub created_ms: u64,
    /// Program and version that wrote the archive, such as `aitta 0.1.0`.
    pub writer: String,
    /// `scheduled`, `manual`, `pre-deployment`, `emergency`, `safety` or `self-test`.
    pub kind: String,
    /// Why the backup was made, as its maker put it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where the audit trail of the writer was when the backup began; absent in archives of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<Anchor>,
    /// Of which archive this one is a copy under a new data key; absent for one that was made from the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reencrypted: Option<Reencrypted>,
    /// Where the data came from.
    pub source: SourceInfo,
    /// Whether this is the whole database; otherwise it holds chosen tables only.
    pub complete: bool,
    /// The sections, in order of their numbers.
    pub sections: Vec<Section>,
    /// Every foreign key of the source that touches an archived table.
    #[serde(default)]
    pub foreign_keys: Vec<ForeignKey>,
    /// What only the writing source understands.
    #[serde(default, deserialize_with = "properties")]
    pub properties: serde_json::Value,
}

/// An entry of the writer's audit trail, which is a chain of hashes. It proves later that the trail up to there is
/// still what it was, without revealing any of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// Random id of the chain.
    pub chain: String,
    /// Number of the entry, from 1.
    pub entry: u64,
    /// Its SHA-256, in hexadecimal.
    pub hash: String,
    /// Where the trail is kept, as `host:folder`. Only here, where it is encrypted.
    pub place: String,
}

/// Where a copy under a new data key comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reencrypted {
    /// Id of the archive that it takes the place of.
    pub from: String,
    /// When the copy was begun: Unix time in milliseconds.
    pub at_ms: u64,
}

/// The database that an archive was taken from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceInfo {
    /// `postgresql` or `sqlite`.
    pub engine: String,
    /// Version of the server or library, such as `15.18`.
    pub version: String,
    /// Name of the database, or of the file without its folder.
    pub database: String,
    /// Where it is, to tell two of one name apart: `host:port/database`, or the path of the file. No secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What pinned the consistent view, such as the id of the exported snapshot.
    pub snapshot: String,
}

/// A run of frames that belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// What it holds.
    pub kind: SectionKind,
    /// Schema of the table; absent where the source has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Name of the table, or what the source calls this section.
    pub name: String,
    /// Columns of each row, in the order of its fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Column>,
    /// Number of rows.
    pub rows: u64,
    /// Length of the plaintext of all frames, in bytes.
    pub bytes: u64,
    /// [`crate::RowDigest`] of all rows, in hexadecimal.
    pub digest: String,
    /// The frames, by their index.
    pub frames: Vec<FrameRef>,
    /// What only the writing source understands.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null", deserialize_with = "properties")]
    pub properties: serde_json::Value,
}

/// What a section holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SectionKind {
    /// One blob: the definition of the schema, in the form that the source understands.
    Schema,
    /// The rows of one table.
    Table,
    /// Rows that belong to no table, such as large objects.
    Extra,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, as the source writes it.
    #[serde(rename = "type")]
    pub type_name: String,
}

/// Where a frame lies: `[offset, stored length, plaintext length, rows]`, lengths in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64, u32, u32)", into = "(u64, u64, u32, u32)")]
pub struct FrameRef {
    /// From the start of the archive, in bytes.
    pub offset: u64,
    /// Header, ciphertext and tag, in bytes.
    pub stored_len: u64,
    /// After decompression, in bytes.
    pub plaintext_len: u32,
    /// Number of rows.
    pub rows: u32,
}

impl From<(u64, u64, u32, u32)> for FrameRef {
    fn from((offset, stored_len, plaintext_len, rows): (u64, u64, u32, u32)) -> Self {
        Self { offset, stored_len, plaintext_len, rows }
    }
}

impl From<FrameRef> for (u64, u64, u32, u32) {
    fn from(f: FrameRef) -> Self {
        (f.offset, f.stored_len, f.plaintext_len, f.rows)
    }
}

/// A foreign key between two tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// Its name; empty where the source gives it none.
    pub name: String,
    /// Schema of the referencing table.
    pub schema: Option<String>,
    /// The referencing table.
    pub table: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// Schema of the referenced table.
    pub foreign_schema: Option<String>,
    /// The referenced table.
    pub foreign_table: String,
    /// Its columns.
    pub foreign_columns: Vec<String>,
}

impl Manifest {
    /// The archived tables, with their section numbers.
    pub fn tables(&self) -> impl Iterator<Item = (u32, &Section)> {
        self.sections
            .iter()
            .enumerate()
            .filter(|(_, s)| s.kind == SectionKind::Table)
            .map(|(i, s)| (i as u32, s))
    }

    /// Rows of all tables.
    #[must_use]
    pub fn table_rows(&self) -> u64 {
        self.tables().fold(0, |sum, (_, s)| s.rows.saturating_add(sum))
    }
}
