//! What lies in a store under the names of archives, and opens with no key: it never decides, and a person can judge it.

use std::fs;

use aitta_testing::{Aitta, KEY, OTHER_KEY};
use serde_json::Value;

use crate::faults::{archive_path, backup, expect_failure, sample};

/// Newer, by its name, than any archive that is made today.
const NEWEST: &str = "backup-9842684800000-a1b2c3d4";

/// A store with an archive of ours and, as the newest, one of these. Returns the id of ours and that of the other.
fn scene(kind: &str) -> (Aitta, String, String) {
    let aitta = sample();
    let id = backup(&aitta);
    let theirs = match kind {
        "noise" => {
            let noise: Vec<u8> = (0..5000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
            fs::write(archive_path(&aitta, NEWEST), noise).unwrap();
            NEWEST.to_owned()
        }
        "under another name" => {
            fs::copy(archive_path(&aitta, &id), archive_path(&aitta, NEWEST)).unwrap();
            NEWEST.to_owned()
        }
        // As after a mistyped key.
        "under another key" => {
            let data = aitta.home().join("other");
            let made = aitta
                .command(["--json", "backup", "create", "--reason", "test"])
                .env("BACKUP_ENCRYPTION_KEY", OTHER_KEY)
                .env("AITTA_DATA_DIR", data)
                .output()
                .unwrap();
            let report: Value = serde_json::from_slice(&made.stdout).unwrap();
            report["archive"]["id"].as_str().unwrap().to_owned()
        }
        other => panic!("{other}"),
    };
    (aitta, id, theirs)
}

const KINDS: [&str; 3] = ["noise", "under another name", "under another key"];

fn restore(id: &str) -> [&str; 8] {
    ["backup", "restore", "--backup-id", id, "--tables", "Testimonial", "--reason", "drill"]
}

/// The hint of a command that fails.
fn hint(aitta: &Aitta, command: &[&str]) -> String {
    let finished = aitta.run(command.iter().copied().chain(["--json"]));
    let text = if finished.stderr.is_empty() { &finished.stdout } else { &finished.stderr };
    assert_ne!(finished.code, Some(0), "{command:?}: {finished:?}");
    let told: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {finished:?}"));
    let failure = if told["hint"].is_string() { &told } else { &told["results"][0]["failure"] };
    failure["hint"].as_str().unwrap_or_else(|| panic!("{told}")).to_owned()
}

#[test]
fn latest_names_the_newest_archive_that_opens() {
    for kind in KINDS {
        let (aitta, id, theirs) = scene(kind);
        for command in [&restore("latest")[..], &["backup", "show", "latest"], &["backup", "verify"]] {
            let hint = hint(&aitta, command);
            assert!(hint.contains(&format!("the newest that opens is {id}")), "{kind}, {command:?}: {hint}");
            assert!(hint.contains("aitta archive disown"), "{kind}, {command:?}: {hint}");
        }
        let _restored = aitta.run(restore(&id)).success();

        let mine = fs::read(archive_path(&aitta, &theirs)).unwrap();
        let told = aitta.json(&["archive", "disown", &theirs, "--reason", "incident: not one of ours"]);
        assert_eq!(told["id"], theirs, "{told}");
        let restored = aitta.json(&restore("latest"));
        assert_eq!(restored["archive"], id, "{kind}");
        assert!(restored["findings"].to_string().contains("disowned"), "{kind}: {restored}");
        assert_eq!(aitta.json(&["backup", "show", "latest"])["id"], id, "{kind}");
        assert!(fs::read(archive_path(&aitta, &theirs)).unwrap() == mine, "{kind}: it was touched");
        // By its id it is still what it is.
        assert_ne!(aitta.run(["backup", "show", &theirs]).code, Some(0), "{kind}");
        let trail = aitta.json(&["audit", "list"]);
        let ended = &trail["records"][0];
        assert!(trail.to_string().contains("\"operation\":\"disown\""), "{kind}: {ended}");
        assert!(trail.to_string().contains("not one of ours"), "{kind}: {trail}");
    }
}

#[test]
fn rotation_names_what_does_not_open_and_ends_without_what_is_disowned() {
    for kind in KINDS {
        let (aitta, id, theirs) = scene(kind);
        let third = "a1777a0000000000000000000000000000000000000000000000000000000003";
        let aitta = aitta.env("BACKUP_ENCRYPTION_KEY", third).env("BACKUP_RETIRED_KEYS", KEY);
        let rotate = ["key", "rotate", "--reason", "routine", "--json"];
        let open = aitta.run(rotate);
        assert_ne!(open.code, Some(0), "{kind}: {open:?}");
        assert!(open.stdout.contains(&theirs), "{kind}: {open:?}");

        let theirs_before = fs::read(archive_path(&aitta, &theirs)).unwrap();
        aitta.json(&["archive", "disown", &theirs, "--reason", "routine"]);
        let ended = aitta.run(rotate).success().json();
        assert_eq!(ended["unreadable"].as_array().map(Vec::len), Some(0), "{kind}: {ended}");
        assert!(ended["notes"].to_string().contains(&theirs), "{kind}: {ended}");
        assert!(ended["destroyable_from"].is_string(), "{kind}: {ended}");
        assert!(fs::read(archive_path(&aitta, &theirs)).unwrap() == theirs_before, "{kind}: it was touched");
        let alone = aitta.env_remove("BACKUP_RETIRED_KEYS");
        let _shown = alone.run(["backup", "show", &id]).success();
    }
}

/// A judgement about an archive that opens would be a slip of the hand; and it ends when a key opens it.
#[test]
fn what_opens_is_not_disowned() {
    let (aitta, id, theirs) = scene("under another key");
    expect_failure(&aitta.run(["archive", "disown", &id, "--reason", "routine", "--json"]), "config_invalid");
    expect_failure(&aitta.run(["archive", "disown", &theirs, "--json"]), "reason_missing");
    expect_failure(
        &aitta.run(["archive", "disown", NEWEST, "--reason", "routine", "--json"]),
        "archive_not_found",
    );
    aitta.json(&["archive", "disown", &theirs, "--reason", "routine"]);
    // The key turns up.
    let aitta = aitta.env("BACKUP_RETIRED_KEYS", OTHER_KEY);
    assert_eq!(aitta.json(&["backup", "show", "latest"])["id"], theirs);
}
