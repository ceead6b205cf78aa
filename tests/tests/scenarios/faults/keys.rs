//! Keys that are missing, malformed or of another archive.

use aitta_testing::{Aitta, KEY, OTHER_KEY};

use super::{archive_path, backup, expect_failure, sample, stored_files};

const KEY_VARIABLE: &str = "BACKUP_ENCRYPTION_KEY";

#[test]
fn missing_key_stops_before_anything_is_touched() {
    let aitta = sample().env_remove(KEY_VARIABLE);
    for args in [
        &["backup", "create", "--json"][..],
        &["backup", "verify", "--all", "--json"],
        &["backup", "restore", "--reason", "drill", "--backup-id", "latest", "--json"],
    ] {
        let message = expect_failure(&aitta.run(args), "keychain_unavailable");
        assert!(message.contains("BACKUP_ENCRYPTION_KEY is not set"), "{message}");
    }
    assert_eq!(stored_files(&aitta), Vec::<String>::new());
}

#[test]
fn malformed_keys_are_named_without_showing_them() {
    let short = &KEY[..62];
    let not_hex = KEY.replace('0', "g");
    for (key, says) in [(short, "62"), (not_hex.as_str(), "hexadecimal"), ("", "not set")] {
        let aitta = sample().env(KEY_VARIABLE, key);
        let finished = aitta.run(["backup", "create", "--json"]);
        let message =
            expect_failure(&finished, if key.is_empty() { "keychain_unavailable" } else { "key_invalid" });
        assert!(message.contains(says), "{message}");
        assert!(key.is_empty() || !finished.stderr.contains(key), "the key is not shown");
    }
}

#[test]
fn wrong_key_is_told_from_damage_and_names_the_right_one() {
    let aitta = sample();
    let id = backup(&aitta);
    let bytes = std::fs::read(archive_path(&aitta, &id)).unwrap();
    let used = aitta.json(&["key", "id"])["key_id"].as_str().unwrap().to_owned();
    let aitta = aitta.env(KEY_VARIABLE, OTHER_KEY);
    for (args, names) in [
        (&["backup", "show", "latest", "--json"][..], &id),
        (&["backup", "verify", "latest", "--json"], &id),
        (&["backup", "restore", "--reason", "drill", "--backup-id", "latest", "--json"], &used),
    ] {
        let message = expect_failure(&aitta.run(args), "key_wrong");
        assert!(message.contains(names), "{message}");
    }
    assert_eq!(std::fs::read(archive_path(&aitta, &id)).unwrap(), bytes);
    let list = aitta.json(&["backup", "list"]);
    assert_ne!(list["archives"][0]["state"], "damaged", "a wrong key says nothing about the archive");
}

#[test]
fn a_generated_key_works_and_is_printed_once() {
    let aitta = Aitta::new();
    let first = aitta.json(&["key", "generate"]);
    let second = aitta.json(&["key", "generate"]);
    assert_ne!(first["key"], second["key"]);
    let key = first["key"].as_str().unwrap();
    let aitta = sample().env(KEY_VARIABLE, key);
    backup(&aitta);
    let all: String = walk(aitta.home());
    assert!(!all.contains(key), "the key is in no file that was left behind");
}

fn walk(dir: &std::path::Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text.push_str(&walk(&path));
        } else if let Ok(bytes) = std::fs::read(&path) {
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
    text
}
