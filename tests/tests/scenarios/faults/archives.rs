//! Archives and sidecars that are not as they were written. The format's own list is in
//! `crates/archive/tests/vectors`; these go through the program.

use std::fs;

use aitta_testing::Aitta;

use super::{archive_path, backup, expect_failure, sample};

/// Verifies everything and returns the code of the first failure.
fn verdict(aitta: &Aitta) -> Option<String> {
    let finished = aitta.run(["backup", "verify", "--all", "--level", "stored", "--json"]);
    let report = finished.json();
    let code = report["results"][0]["failure"]["code"].as_str().map(str::to_owned);
    assert_eq!(finished.code, Some(if code.is_some() { 5 } else { 0 }), "{finished:?}");
    code
}

#[test]
fn any_truncation_is_found_by_verify_and_refused_by_restore() {
    let aitta = sample();
    let id = backup(&aitta);
    let path = archive_path(&aitta, &id);
    let whole = fs::read(&path).unwrap();
    for keep in [0, 1, 8, 4095, 4096, 4097, whole.len() / 2, whole.len() - 64, whole.len() - 1] {
        fs::write(&path, &whole[..keep]).unwrap();
        let code = verdict(&aitta).unwrap();
        assert!(
            ["archive_truncated", "archive_damaged", "archive_foreign"].contains(&code.as_str()),
            "{keep}: {code}"
        );
        let refused = aitta.run(["backup", "restore", "--reason", "drill", "--backup-id", &id, "--json"]);
        assert_eq!(refused.code, Some(5), "{refused:?}");
    }
    fs::write(&path, &whole).unwrap();
    assert_eq!(verdict(&aitta), None);
}

#[test]
fn one_changed_byte_is_found_in_header_frame_manifest_and_footer() {
    let aitta = sample();
    let id = backup(&aitta);
    let path = archive_path(&aitta, &id);
    let whole = fs::read(&path).unwrap();
    let len = whole.len();
    for (place, at) in [
        ("magic", 3),
        ("uid", 20),
        ("slot", 560),
        ("empty slot", 1030),
        ("header tail", 4000),
        ("frame header", 4100),
        ("ciphertext", 4096 + 60),
        ("middle", len / 2),
        ("manifest", len - 200),
        ("footer", len - 40),
        ("last byte", len - 1),
    ] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert!(verdict(&aitta).is_some(), "{place}");
    }
    fs::write(&path, &whole).unwrap();
    assert_eq!(verdict(&aitta), None);
    let list = aitta.json(&["backup", "list"]);
    assert_eq!(
        list["archives"][0]["state"], "verified",
        "a later check of the same depth answers the finding"
    );
}

#[test]
fn a_damaged_frame_of_one_table_leaves_the_others_restorable() {
    let aitta = sample();
    let id = backup(&aitta);
    let path = archive_path(&aitta, &id);
    let mut bytes = fs::read(&path).unwrap();
    let place = frame_of(&aitta, &id, "EmailNotification");
    bytes[place] ^= 0x80;
    fs::write(&path, &bytes).unwrap();
    let to_table = |table: &str| {
        aitta.run(["backup", "restore", "--reason", "drill", "--backup-id", &id, "--tables", table, "--json"])
    };
    assert_eq!(to_table("Testimonial").code, Some(0));
    expect_failure(&to_table("EmailNotification"), "archive_damaged");
}

/// A byte in the middle of the first frame of a table.
fn frame_of(aitta: &Aitta, id: &str, table: &str) -> usize {
    use aitta_engine::keys::KeyRing;
    use aitta_engine::reading::OpenArchive;
    use aitta_engine::store;
    let store = std::sync::Arc::new(store::LocalStore::new(aitta.store_dir()));
    let keys = KeyRing::from_hex(aitta_testing::KEY).unwrap();
    let archive = super::block_on(OpenArchive::open(store, id.parse().unwrap(), &keys)).unwrap();
    let frame = archive.manifest().sections.iter().find(|s| s.name == table).unwrap().frames[0];
    (frame.offset + frame.stored_len / 2) as usize
}

#[test]
fn a_newer_format_version_asks_for_a_newer_aitta() {
    let aitta = sample();
    let id = backup(&aitta);
    let path = archive_path(&aitta, &id);
    let mut bytes = fs::read(&path).unwrap();
    bytes[8] = 99;
    fs::write(&path, &bytes).unwrap();
    let finished = aitta.run(["backup", "restore", "--reason", "drill", "--backup-id", &id, "--json"]);
    let message = expect_failure(&finished, "archive_newer");
    assert!(message.contains("99"), "{message}");
}

#[test]
fn a_renamed_archive_is_noticed() {
    let aitta = sample();
    let id = backup(&aitta);
    let other = "backup-1642684800000-a1b2c3d4";
    fs::rename(archive_path(&aitta, &id), archive_path(&aitta, other)).unwrap();
    let message = expect_failure(
        &aitta.run(["backup", "restore", "--reason", "drill", "--backup-id", other, "--json"]),
        "archive_damaged",
    );
    assert!(message.contains(&id), "{message}");
}

#[test]
fn sidecars_may_be_missing_or_edited_and_are_written_anew() {
    let aitta = sample();
    let id = backup(&aitta);
    let sidecar = aitta.store_dir().join("metadata").join(format!("{id}.json"));
    let original = fs::read_to_string(&sidecar).unwrap();
    for edited in
        [None, Some("{".to_owned()), Some(original.replace("\"recordCount\": ", "\"recordCount\": 9"))]
    {
        match &edited {
            None => fs::remove_file(&sidecar).unwrap(),
            Some(text) => fs::write(&sidecar, text).unwrap(),
        }
        let list = aitta.json(&["backup", "list"]);
        assert_eq!(list["archives"][0]["id"], id.as_str(), "an archive without its sidecar is still listed");
        let report = aitta.json(&["backup", "verify", "latest"]);
        assert_eq!(report["results"][0]["ok"], true);
        let remark = report["results"][0]["remarks"][0].as_str().unwrap();
        assert!(remark.contains("sidecar") && remark.contains("catalog rebuild"), "{remark}");
        let rebuilt = aitta.json(&["catalog", "rebuild"]);
        assert_eq!(rebuilt["sidecars_rewritten"], 1, "{rebuilt}");
        assert_eq!(fs::read_to_string(&sidecar).unwrap(), original);
    }
}

#[test]
fn a_deleted_catalog_loses_no_archive() {
    let aitta = sample();
    let id = backup(&aitta);
    fs::remove_dir_all(aitta.data_dir()).unwrap();
    let rebuilt = aitta.json(&["catalog", "rebuild"]);
    assert_eq!(rebuilt["archives"], 1, "{rebuilt}");
    assert_eq!(aitta.json(&["backup", "show", "latest"])["id"], id.as_str());
}

#[test]
fn sidecars_carry_the_documented_fields_and_a_checksum_that_anyone_can_check() {
    let aitta = sample();
    let id = backup(&aitta);
    let path = aitta.store_dir().join("metadata").join(format!("{id}.json"));
    let sidecar: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    for field in
        ["id", "timestamp", "version", "tables", "recordCount", "checksum", "encrypted", "compressed"]
    {
        assert!(!sidecar[field].is_null(), "{field}");
    }
    let script = format!("tail -c +4097 '{}' | sha256sum", archive_path(&aitta, &id).display());
    let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    let expected = String::from_utf8(output.stdout).unwrap();
    assert_eq!(sidecar["checksum"].as_str(), expected.split_whitespace().next());
}
