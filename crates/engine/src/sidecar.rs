//! What is told about an archive outside of it: sidecar and line of the list, both from its manifest.

use aitta_archive::{FORMAT_VERSION, Header, Manifest};
use aitta_model::{ArchiveState, ArchiveSummary, Sidecar, TableSummary, Timestamp};

use crate::tables::TableName;

/// The sidecar of an archive of `size` bytes. `checksum` is the SHA-256 of all bytes after the header,
/// in hexadecimal.
#[must_use]
pub fn sidecar(manifest: &Manifest, header: &Header, size: u64, checksum: &str) -> Sidecar {
    Sidecar {
        id: manifest.id.clone(),
        timestamp: Sidecar::format_timestamp(created(manifest)),
        version: format!("{FORMAT_VERSION}.0.0"),
        tables: manifest.tables().map(|(_, s)| table_name(s).to_string()).collect(),
        record_count: manifest.table_rows(),
        checksum: checksum.to_owned(),
        encrypted: true,
        compressed: true,
        size_bytes: size,
        kind: manifest.kind.clone(),
        reason: manifest.reason.clone(),
        engine: manifest.source.engine.clone(),
        database: manifest.source.database.clone(),
        complete: manifest.complete,
        key_ids: key_ids(header),
    }
}

/// The line of the list of an archive of `size` bytes.
#[must_use]
pub fn summary(
    manifest: &Manifest,
    size: u64,
    checksum: Option<String>,
    state: ArchiveState,
) -> ArchiveSummary {
    ArchiveSummary {
        id: manifest.id.clone(),
        created: created(manifest),
        state,
        kind: Some(manifest.kind.clone()),
        reason: manifest.reason.clone(),
        engine: Some(manifest.source.engine.clone()),
        database: Some(manifest.source.database.clone()),
        complete: Some(manifest.complete),
        tables: Some(manifest.tables().count() as u64),
        rows: Some(manifest.table_rows()),
        size_bytes: size,
        duration_ms: None,
        checksum,
    }
}

/// The tables of an archive.
#[must_use]
pub fn table_summaries(manifest: &Manifest) -> Vec<TableSummary> {
    manifest
        .tables()
        .map(|(_, section)| TableSummary {
            name: table_name(section).to_string(),
            rows: section.rows,
            bytes: section.bytes,
            stored_bytes: section.frames.iter().map(|f| f.stored_len).sum(),
            digest: section.digest.clone(),
            columns: section.columns.iter().map(|c| format!("{} {}", c.name, c.type_name)).collect(),
        })
        .collect()
}

/// Ids of the vault keys that open an archive.
#[must_use]
pub fn key_ids(header: &Header) -> Vec<String> {
    header.slots().into_iter().map(|slot| slot.key_id.to_string()).collect()
}

/// When an archive was begun.
#[must_use]
pub fn created(manifest: &Manifest) -> Timestamp {
    created_at(manifest.created_ms)
}

/// Unix time in milliseconds; the end of time for a number that is beyond it.
pub(crate) fn created_at(ms: u64) -> Timestamp {
    i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::MAX)
}

fn table_name(section: &aitta_archive::Section) -> TableName {
    TableName::new(section.schema.as_deref(), &section.name)
}
