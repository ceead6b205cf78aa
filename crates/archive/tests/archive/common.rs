//! Small archives for the tests of the format.
#![allow(dead_code, reason = "the example that makes the vectors uses a part of this")]

use aitta_archive::{
    ArchiveKeys, Assembler, Column, FrameSealer, Header, Manifest, Section, SectionKind, SourceInfo, VaultKey,
};

/// When the archives of the tests were begun: 2022-01-20, in Unix milliseconds.
pub(crate) const CREATED_MS: u64 = 1_642_684_800_000;

/// The published key of the tests: the bytes 00, 01, 02 … 1f.
pub(crate) fn test_key() -> VaultKey {
    VaultKey::from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f").unwrap()
}

/// Another published key: 32 times the byte a5.
pub(crate) fn other_key() -> VaultKey {
    VaultKey::from_hex(&"a5".repeat(32)).unwrap()
}

pub(crate) fn section(kind: SectionKind, name: &str) -> Section {
    let column = |name: &str, type_name: &str| Column { name: name.into(), type_name: type_name.into() };
    let columns = match kind {
        SectionKind::Table => vec![column("id", "integer"), column("name", "text")],
        SectionKind::Schema | SectionKind::Extra => Vec::new(),
    };
    Section {
        kind,
        schema: (kind == SectionKind::Table).then(|| "public".into()),
        name: name.into(),
        columns,
        rows: 0,
        bytes: 0,
        digest: String::new(),
        frames: Vec::new(),
        properties: serde_json::Value::Null,
    }
}

pub(crate) fn manifest(keys: &ArchiveKeys, sections: Vec<Section>) -> Manifest {
    Manifest {
        id: keys.id().to_string(),
        created_ms: keys.id().created_ms(),
        writer: "aitta-archive tests".into(),
        kind: "manual".into(),
        reason: None,
        audit: None,
        reencrypted: None,
        source: SourceInfo {
            engine: "postgresql".into(),
            version: "15.18".into(),
            database: "shop".into(),
            place: None,
            snapshot: "00000003-0000001B-1".into(),
        },
        complete: true,
        sections,
        foreign_keys: Vec::new(),
        properties: serde_json::Value::Null,
    }
}

/// An archive whose parts can still be taken apart.
pub(crate) struct Parts {
    pub(crate) header: Header,
    pub(crate) keys: ArchiveKeys,
    pub(crate) frames: Vec<Vec<u8>>,
    pub(crate) manifest: Manifest,
    /// Manifest and footer.
    pub(crate) tail: Vec<u8>,
}

impl Parts {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = self.header.as_bytes().to_vec();
        self.frames.iter().for_each(|f| out.extend_from_slice(f));
        out.extend_from_slice(&self.tail);
        out
    }
}

/// One entry per frame: section, index, plaintext. They are placed in this order.
pub(crate) fn build(key: &VaultKey, sections: Vec<Section>, frames: &[(u32, u32, &[u8])]) -> Parts {
    let (header, keys) = Header::create(CREATED_MS, key).unwrap();
    let mut sealer = FrameSealer::new(3).unwrap();
    let mut assembler = Assembler::new(sections.len());
    let mut stored = Vec::new();
    for &(number, index, plaintext) in frames {
        let sealed = match sections[number as usize].kind {
            SectionKind::Schema => sealer.seal_blob(&keys, number, index, plaintext),
            SectionKind::Table | SectionKind::Extra => sealer.seal_rows(&keys, number, index, plaintext),
        }
        .unwrap();
        assembler.place(&sealed);
        stored.push(sealed.bytes);
    }
    let mut manifest = manifest(&keys, sections);
    let tail = assembler.finish(&keys, &mut sealer, &mut manifest).unwrap();
    Parts { header, keys, frames: stored, manifest, tail }
}

/// A schema, a table of two frames, an empty table and large objects.
pub(crate) fn shop(key: &VaultKey) -> Parts {
    let sections = vec![
        section(SectionKind::Schema, "schema"),
        section(SectionKind::Table, "users"),
        section(SectionKind::Table, "empty"),
        section(SectionKind::Extra, "large objects"),
    ];
    let frames: [(u32, u32, &[u8]); 4] = [
        (0, 0, b"CREATE TABLE users (id integer, name text);\0"),
        (1, 1, b"3\t\\N\n"),
        (1, 0, b"1\tMaija\n2\tMat\\tti\n"),
        (3, 0, b"16400\t0\t\\\\x00ff\n"),
    ];
    build(key, sections, &frames)
}
