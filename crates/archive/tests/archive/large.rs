//! A manifest by somebody with the key: authentic, a few kilobytes as it is stored, and far larger in memory.

use aitta_archive::{Error, HEADER_LEN, Manifest, Place, SectionKind, hostile, open_all};

use crate::common;

/// An archive of the usual kind with this manifest, of which `change` gets the JSON.
fn with_manifest(change: impl FnOnce(String) -> Vec<u8>) -> Vec<u8> {
    let parts = common::shop(&common::test_key());
    let json = change(serde_json::to_string(&parts.manifest).unwrap());
    let mut archive = parts.header.as_bytes().to_vec();
    parts.frames.iter().for_each(|frame| archive.extend_from_slice(frame));
    let compressed = zstd::bulk::compress(&json, 1).unwrap();
    let manifest = hostile::seal_manifest(&parts.keys, json.len() as u32, &compressed);
    hostile::finish(&mut archive, &parts.keys, &manifest, parts.frames.len() as u64);
    archive
}

fn open(archive: &[u8]) -> Result<Manifest, Error> {
    open_all(archive, [&common::test_key()], |_, _, _| {})
}

/// The manifest with so many elements more in this list.
fn filled(list: &str, element: &str, count: usize) -> Vec<u8> {
    with_manifest(|json| {
        let json = json.replace(",\"properties\":null", "");
        let end = json.rfind('}').unwrap();
        let mut json = json.into_bytes();
        json.truncate(end);
        json.extend_from_slice(list.as_bytes());
        for n in 0..count {
            json.extend_from_slice(if n == 0 { b"" } else { b"," });
            json.extend_from_slice(element.as_bytes());
        }
        json.extend_from_slice(b"]");
        json.extend(std::iter::repeat_n(b']', list.matches('[').count() - 1));
        json.extend(std::iter::repeat_n(b'}', list.matches('{').count() + 1));
        json
    })
}

#[track_caller]
fn is_refused(archive: &[u8], what: &str) {
    match open(archive) {
        Err(Error::Damaged { place: Place::Manifest, detail }) => {
            assert!(detail.contains("of this size"), "{what}: {detail}");
        }
        other => panic!("{what}: {:?}", other.map(|manifest| manifest.sections.len())),
    }
}

#[test]
fn millions_of_elements_in_a_small_archive_are_refused() {
    for (element, count) in [("{}", 30_000_000), ("[]", 20_000_000), ("0", 20_000_000), ("\"\"", 20_000_000)]
    {
        let archive = filled(",\"properties\":[", element, count);
        assert!(archive.len() < HEADER_LEN + 100_000, "{element}: {} bytes", archive.len());
        is_refused(&archive, element);
    }
}

/// Fewer, but each an object with fields, which takes far more room.
#[test]
fn objects_that_weigh_much_are_refused() {
    is_refused(&filled(",\"properties\":[", "{\"\":0}", 1_500_000), "objects");
    is_refused(&filled(",\"properties\":{\"a\":[", "[[0]]", 1_000_000), "lists of lists");
}

#[test]
fn elements_of_other_lists_are_refused_too() {
    let key = "{\"name\":\"\",\"schema\":null,\"table\":\"\",\"columns\":[";
    let rest = "],\"foreign_schema\":null,\"foreign_table\":\"\",\"foreign_columns\":[]}";
    let columns = vec!["\"\""; 8_000_000].join(",");
    let archive = with_manifest(|json| {
        let whole = format!("\"foreign_keys\":[{key}{columns}{rest}]");
        json.replace("\"foreign_keys\":[]", &whole).into_bytes()
    });
    is_refused(&archive, "columns of a foreign key");
}

#[test]
fn a_manifest_that_is_too_long_is_refused_before_it_is_unpacked() {
    let archive = with_manifest(|json| {
        let mut json = json.into_bytes();
        json.extend(std::iter::repeat_n(b' ', 300_000_000));
        json
    });
    is_refused(&archive, "spaces");
}

/// Of zeros, as a hole in a file has them: the place of the manifest is authentic, and nobody has to write it.
#[test]
fn a_manifest_that_is_too_long_as_it_is_stored_is_refused_before_it_is_read() {
    let parts = common::shop(&common::test_key());
    let mut archive = parts.header.as_bytes().to_vec();
    parts.frames.iter().for_each(|frame| archive.extend_from_slice(frame));
    hostile::finish(&mut archive, &parts.keys, &vec![0; 100 << 20], parts.frames.len() as u64);
    let refused = open(&archive);
    assert!(matches!(refused, Err(Error::Damaged { place: Place::Footer, .. })), "{refused:?}");
}

/// A database with tens of thousands of tables, none of which has a row: the smallest archive for its manifest.
#[test]
fn the_manifest_of_a_large_database_is_read() {
    let properties =
        serde_json::json!({ "oid": 16_400, "relkind": "r", "identity": "default", "owner": "shop" });
    let sections: Vec<_> = (0..30_000)
        .map(|n| {
            let mut section = common::section(SectionKind::Table, &format!("table_{n}"));
            let columns: Vec<_> = section.columns.iter().cycle().take(20).cloned().collect();
            (section.columns, section.properties) = (columns, properties.clone());
            section
        })
        .collect();
    let key = common::test_key();
    let archive = common::build(&key, sections, &[]).bytes();
    assert_eq!(open(&archive).unwrap().sections.len(), 30_000);
}
