//! What is written about an archive outside of it: sidecar and line of the list, both from its manifest.

use aitta_archive::{FORMAT_VERSION, Header, Manifest};
use aitta_base::tables::TableName;
use aitta_model::{
    ArchiveState, ArchiveSummary, AuditAnchor, Command, ErrorCode, Sidecar, TableSummary, Timestamp, Word,
};
use aitta_store::{PutMode, Store, StoreErrorKind, created_at, sidecar_name};
use bytes::Bytes;

use crate::reading::OpenArchive;
use crate::{Error, Result};

/// A larger file is no sidecar, so it is not even read.
const MAX_SIDECAR: u64 = 4 << 20;
/// So many things in a list may take far more memory than the file that lists them.
const MAX_COMMAS: usize = 200_000;

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
        kind: Word::read(manifest.kind.as_str()),
        reason: manifest.reason.clone(),
        engine: Word::read(manifest.source.engine.as_str()),
        database: manifest.source.database.clone(),
        complete: manifest.complete,
        key_ids: key_ids(header),
        audit: manifest.audit.as_ref().map(anchor),
    }
}

/// An anchor as it may be shown outside of its archive: without the place of its chain.
pub(crate) fn anchor(told: &aitta_archive::Anchor) -> AuditAnchor {
    AuditAnchor { chain: told.chain.clone(), entry: told.entry, hash: told.hash.clone() }
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
        kind: Some(Word::read(manifest.kind.as_str())),
        reason: manifest.reason.clone(),
        engine: Some(Word::read(manifest.source.engine.as_str())),
        database: Some(manifest.source.database.clone()),
        place: manifest.source.place.clone(),
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

fn table_name(section: &aitta_archive::Section) -> TableName {
    TableName::new(section.schema.as_deref(), &section.name)
}

/// Stores a sidecar beside its archive.
///
/// # Errors
/// `store_*`.
pub async fn write(store: &dyn Store, sidecar: &Sidecar, mode: PutMode) -> Result<()> {
    let mut json = serde_json::to_vec_pretty(sidecar).map_err(|e| {
        Error::new(ErrorCode::System, format!("a sidecar could not be written: {e}"), "report this")
    })?;
    json.push(b'\n');
    Ok(store.put(&sidecar_name(&sidecar.id), Bytes::from(json), mode).await?)
}

/// Reads the sidecar of an archive; an error says why there is none that can be used.
///
/// # Errors
/// In words, for a remark: no decision rests on a sidecar.
pub async fn read(store: &dyn Store, id: &str) -> Result<Sidecar, String> {
    let name = sidecar_name(id);
    let load = async {
        let size = store.head(&name).await?.size;
        store.read(&name, 0..size.min(MAX_SIDECAR)).await
    };
    let bytes = load.await.map_err(|e| match e.kind {
        StoreErrorKind::NotFound => "the sidecar is missing".to_owned(),
        _ => format!("the sidecar cannot be read: {e}"),
    })?;
    if bytes.iter().filter(|byte| **byte == b',').count() > MAX_COMMAS {
        return Err("the sidecar cannot be understood: it is too long".to_owned());
    }
    serde_json::from_slice(&bytes).map_err(|e| format!("the sidecar cannot be understood: {e}"))
}

/// What is odd about the sidecar of an archive whose `checksum` was just computed.
pub async fn remarks(store: &dyn Store, archive: &OpenArchive, checksum: &str) -> Vec<String> {
    let remedy = format!(
        "the archive itself is whole; {catalog_rebuild} writes the sidecar anew",
        catalog_rebuild = Command::CatalogRebuild
    );
    let expected = sidecar(archive.manifest(), archive.header(), archive.size(), checksum);
    match read(store, &expected.id).await {
        Ok(found) if found == expected => Vec::new(),
        Ok(_) => vec![format!("the sidecar differs from the archive; {remedy}")],
        Err(why) => vec![format!("{why}; {remedy}")],
    }
}
