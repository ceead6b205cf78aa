//! Hostile archives, each with the error it must give, and the archive that must open for ever.

use std::collections::BTreeSet;
use std::path::PathBuf;

use aitta_archive::{Error, HEADER_LEN, Header, SectionKind, open_all};

use crate::common;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(format!("{name}.backup"))).unwrap()
}

/// The variant and the place, as `expected.tsv` names them.
fn names(error: &Error) -> (&'static str, String) {
    let none = String::from("-");
    match error {
        Error::NotAnArchive => ("NotAnArchive", none),
        Error::NewerVersion { .. } => ("NewerVersion", none),
        Error::UnknownSuite(_) => ("UnknownSuite", none),
        Error::Truncated(_) => ("Truncated", none),
        Error::NoMatchingKey { .. } => ("NoMatchingKey", none),
        Error::Damaged { place, .. } => ("Damaged", place.to_string()),
        other => panic!("opening an archive never gives {other}"),
    }
}

#[test]
fn each_hostile_archive_is_refused_with_its_error() {
    let table = std::fs::read_to_string(folder().join("expected.tsv")).unwrap();
    let mut listed = BTreeSet::from(["golden-v1".to_owned()]);
    for line in table.lines().filter(|l| !l.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, variant, place, what] = fields[..] else { panic!("four fields: {line}") };
        let error = open_all(&read(name), [&common::test_key()], |_, _, _| {})
            .expect_err(&format!("{name} is refused: {what}"));
        assert_eq!(names(&error), (variant, place.to_owned()), "{name}: {error}");
        listed.insert(name.to_owned());
    }
    let present: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "backup"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(present, listed, "every file is in the table, and every line has its file");
}

#[test]
fn key_ids_and_checksum_are_those_that_the_specification_prints() {
    use sha2::{Digest, Sha256};
    assert_eq!(common::test_key().id().to_string(), "4a49c9af061982fa");
    assert_eq!(common::other_key().id().to_string(), "81fb4e3fbd6f44e5");
    let checksum: [u8; 32] = Sha256::digest(&read("golden-v1")[HEADER_LEN..]).into();
    assert_eq!(hex::encode(checksum), "6f3125f5aa0044b81e3a9be8e93e53a011601fceef1d2ff3e526fdc973f06dcf");
}

#[test]
fn torn_slot_does_not_keep_the_other_key_out() {
    let header = Header::parse(&read("slot_torn")).unwrap();
    let keys = header.unlock([&common::test_key()]).unwrap();
    assert_eq!(header.damaged_slots(&keys), [1]);
}

#[test]
fn golden_archive_of_version_1_opens_with_either_key() {
    for key in [common::test_key(), common::other_key()] {
        let mut frames = Vec::new();
        let manifest = open_all(&read("golden-v1"), [&key], |section, index, text| {
            frames.push((section, index, text.to_vec()));
        })
        .unwrap();

        let kinds: Vec<_> =
            manifest.sections.iter().map(|s| (s.kind, s.name.as_str(), s.rows, s.frames.len())).collect();
        let expected = [
            (SectionKind::Schema, "schema", 1, 1),
            (SectionKind::Table, "käyttäjät", 502, 2),
            (SectionKind::Table, "empty", 0, 0),
            (SectionKind::Extra, "large objects", 1, 1),
        ];
        assert_eq!(kinds, expected);
        assert_eq!(manifest.reason.as_deref(), Some("golden"));
        assert_eq!(manifest.foreign_keys[0].foreign_table, "käyttäjät");
        assert_eq!(manifest.sections[1].properties["replica_identity"], "default");
        assert_eq!(manifest.properties["sequences"][0]["last"], 501);
        assert_eq!(manifest.table_rows(), 502);

        let many: String = (0..500).map(|n| format!("{n}\trow {n}\n")).collect();
        let expected: [(u32, u32, &[u8]); 4] = [
            (0, 0, b"PGDMP\0\x01 the schema, as a blob"),
            (1, 0, many.as_bytes()),
            (1, 1, "500\t\\N\n501\tÄijä\\tAho\\\\\n".as_bytes()),
            (3, 0, b"16400\t0\t\\\\x00ff\n"),
        ];
        assert!(frames.iter().map(|(s, i, t)| (*s, *i, t.as_slice())).eq(expected));
    }
}
