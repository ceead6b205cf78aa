//! Small archives, made without a database.

use aitta_archive::{
    Assembler, Column, FrameSealer, Header, Manifest, Section, SectionKind, SourceInfo, VaultKey,
};
use aitta_engine::keys::KeyRing;
use aitta_engine::reading::{OpenArchive, sidecar};
use aitta_engine::store::{PutMode, Store, archive_name};
use std::sync::Arc;

use crate::conformance::upload;

/// When the first of them was begun: Unix milliseconds.
pub const FIRST_MS: u64 = 1_790_000_000_000;

/// An archive of one schema and one table in `frames` frames of `rows` rows each. Returns its id and its bytes.
///
/// # Panics
/// When the key is no key.
#[must_use]
pub fn small_archive(key: &str, created_ms: u64, frames: u32, rows: u32) -> (String, Vec<u8>) {
    let key = VaultKey::from_hex(key).unwrap_or_else(|e| panic!("{e}"));
    let made = make(&key, created_ms, frames, rows);
    made.unwrap_or_else(|e| panic!("an archive can't be made: {e}"))
}

fn make(
    key: &VaultKey,
    created_ms: u64,
    frames: u32,
    rows: u32,
) -> Result<(String, Vec<u8>), aitta_archive::Error> {
    let (header, keys) = Header::create(created_ms, key)?;
    let sections = vec![section(SectionKind::Schema, "schema"), section(SectionKind::Table, "Booking")];
    let (mut sealer, mut assembler) = (FrameSealer::new(1)?, Assembler::new(sections.len()));
    let mut bytes = header.as_bytes().to_vec();
    let mut place = |frame: aitta_archive::SealedFrame| {
        assembler.place(&frame);
        bytes.extend_from_slice(&frame.bytes);
    };
    place(sealer.seal_blob(&keys, 0, 0, b"{}")?);
    for index in 0..frames {
        let text: String = (0..rows).map(|row| format!("i{row}\ttvaraus {index}\n")).collect();
        place(sealer.seal_rows(&keys, 1, index, text.as_bytes())?);
    }
    let mut manifest = manifest(header.id().to_string(), created_ms, sections);
    let tail = assembler.finish(&keys, &mut sealer, &mut manifest)?;
    bytes.extend_from_slice(&tail);
    Ok((header.id().to_string(), bytes))
}

/// Puts `count` small archives with their sidecars into a store, a minute apart. Returns their ids.
///
/// # Panics
/// When the store refuses.
pub async fn plant(store: &Arc<dyn Store>, key: &str, count: u64) -> Vec<String> {
    let ring = KeyRing::from_hex(key).unwrap_or_else(|e| panic!("{e}"));
    let mut ids = Vec::new();
    for number in 0..count {
        let (id, bytes) = small_archive(key, FIRST_MS + number * 60_000, 2, 3);
        let planted = async {
            upload(store.as_ref(), &archive_name(&id), &bytes).await?;
            let parsed = id.parse().map_err(aitta_engine::Error::from)?;
            let archive = OpenArchive::open(store.clone(), parsed, &ring).await?;
            let checksum = "0".repeat(64);
            let sidecar = sidecar::sidecar(archive.manifest(), archive.header(), archive.size(), &checksum);
            sidecar::write(store.as_ref(), &sidecar, PutMode::Create).await
        };
        planted.await.unwrap_or_else(|e: aitta_engine::Error| panic!("{id}: {e}"));
        ids.push(id);
    }
    ids
}

/// Frames of [`plant_large`], of 2 MiB each.
const LARGE_FRAMES: u32 = 512;
const LARGE_FRAME: usize = 2 << 20;

/// Writes an archive of 1.07 GB that does not compress into a store, frame by frame. Returns its id.
///
/// # Panics
/// When the store refuses.
pub async fn plant_large(store: &dyn Store, key: &str) -> String {
    let written = write_large(store, key).await;
    written.unwrap_or_else(|e| panic!("the large archive can't be written: {e}"))
}

async fn write_large(store: &dyn Store, key: &str) -> Result<String, aitta_engine::Error> {
    let (header, keys) = Header::create(FIRST_MS, &VaultKey::from_hex(key)?)?;
    let id = header.id().to_string();
    let (mut sealer, mut assembler) = (FrameSealer::new(1)?, Assembler::new(1));
    let mut upload = store.create(&archive_name(&id)).await?;
    upload.write(header.as_bytes().to_vec()).await?;
    let mut state = 1_u64;
    for index in 0..LARGE_FRAMES {
        let mut rows = vec![0; LARGE_FRAME];
        for chunk in rows.chunks_exact_mut(8) {
            // xorshift64 (Marsaglia 2003): noise enough for a compressor.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            chunk.copy_from_slice(&state.to_le_bytes());
        }
        rows[LARGE_FRAME - 1] = b'\n';
        let frame = sealer.seal_rows(&keys, 0, index, &rows)?;
        assembler.place(&frame);
        upload.write(frame.bytes).await?;
    }
    let mut manifest = manifest(id.clone(), FIRST_MS, vec![section(SectionKind::Table, "filler")]);
    upload.write(assembler.finish(&keys, &mut sealer, &mut manifest)?).await?;
    upload.commit().await?;
    Ok(id)
}

fn manifest(id: String, created_ms: u64, sections: Vec<Section>) -> Manifest {
    Manifest {
        id,
        created_ms,
        writer: "aitta-testing".to_owned(),
        kind: "manual".to_owned(),
        reason: Some("test".to_owned()),
        audit: None,
        reencrypted: None,
        source: SourceInfo {
            engine: "sqlite".to_owned(),
            version: "3".to_owned(),
            database: "carwash.db".to_owned(),
            place: None,
            snapshot: "test".to_owned(),
        },
        complete: true,
        sections,
        foreign_keys: Vec::new(),
        properties: serde_json::Value::Null,
    }
}

fn section(kind: SectionKind, name: &str) -> Section {
    let column = |name: &str| Column { name: name.to_owned(), type_name: "text".to_owned() };
    Section {
        kind,
        schema: None,
        name: name.to_owned(),
        columns: if kind == SectionKind::Table { vec![column("id"), column("name")] } else { Vec::new() },
        rows: 0,
        bytes: 0,
        digest: String::new(),
        frames: Vec::new(),
        properties: serde_json::Value::Null,
    }
}
