//! The sidecar: the small JSON beside an archive.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AuditAnchor, BackupKind, DatabaseEngine, Word};

/// What an archive is, without its data. A convenience for people and scripts: nothing that Aitta
/// decides rests on it, because it is not authenticated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sidecar {
    /// `backup-{unix ms}-{8 hex}`.
    pub id: String,
    /// When the backup began, in UTC with milliseconds.
    pub timestamp: String,
    /// Version of the archive format, as `major.minor.patch`.
    pub version: String,
    /// Names of the tables.
    pub tables: Vec<String>,
    /// Rows of all tables.
    pub record_count: u64,
    /// SHA-256 of all bytes after the header: `tail -c +4097 FILE | sha256sum`.
    pub checksum: String,
    /// Always true.
    pub encrypted: bool,
    /// Always true.
    pub compressed: bool,
    /// Size of the archive in bytes.
    pub size_bytes: u64,
    /// Why it was made.
    pub kind: Word<BackupKind>,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it was taken from.
    pub engine: Word<DatabaseEngine>,
    /// Name of the database.
    pub database: String,
    /// Whether the whole database is in it.
    pub complete: bool,
    /// Ids of the vault keys that open it, when the sidecar was written.
    pub key_ids: Vec<String>,
    /// Where the audit trail was when the backup began; absent in archives of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<AuditAnchor>,
}

impl Sidecar {
    /// The timestamp in the form that sidecars carry, such as `2022-01-20T10:00:00.000Z`.
    #[must_use]
    pub fn format_timestamp(time: Timestamp) -> String {
        format!("{time:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_timestamp_has_three_decimals_and_z() {
        let time = Timestamp::from_millisecond(1_642_672_800_000).expect("in range");
        assert_eq!(Sidecar::format_timestamp(time), "2022-01-20T10:00:00.000Z");
    }
}
