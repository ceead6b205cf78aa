//! Stores that are missing, read-only or full.

use std::fs;

use aitta_testing::Aitta;
use aitta_testing::SmallDisk;

use super::{backup, expect_failure, sample, stored_files};

fn store_at(aitta: Aitta, path: &std::path::Path) -> Aitta {
    aitta.env("BACKUP_LOCAL_DIR", path.to_str().unwrap())
}

#[test]
fn missing_store_is_never_created_and_never_an_empty_list() {
    let aitta = sample();
    backup(&aitta);
    fs::rename(aitta.store_dir(), aitta.home().join("unmounted")).unwrap();
    for args in [
        &["backup", "create", "--json"][..],
        &["backup", "list", "--json"],
        &["backup", "verify", "--all", "--json"],
        &["backup", "restore", "--reason", "drill", "--backup-id", "latest", "--json"],
        &["catalog", "rebuild", "--json"],
    ] {
        expect_failure(&aitta.run(args), "store_missing");
    }
    assert!(!aitta.store_dir().exists());
}

#[test]
fn full_store_fails_the_backup_and_keeps_no_half_archive() {
    let disk = SmallDisk::mount(256 << 10);
    let aitta = store_at(sample(), disk.path());
    expect_failure(&aitta.run(["backup", "create", "--json"]), "store_full");
    let left: Vec<_> = walk(disk.path());
    assert_eq!(left, Vec::<String>::new());
    assert_eq!(aitta.json(&["backup", "list"])["total"], 0);
}

#[test]
fn read_only_store_is_said_and_still_read() {
    let mut disk = SmallDisk::mount(64 << 20);
    let aitta = store_at(sample(), disk.path());
    backup(&aitta);
    disk.make_read_only();
    expect_failure(&aitta.run(["backup", "create", "--json"]), "store_denied");
    assert_eq!(aitta.json(&["backup", "verify", "latest"])["results"][0]["ok"], true);
}

#[test]
fn two_backups_of_one_profile_at_once_are_told_apart() {
    let aitta = sample();
    let lock = aitta_engine::lock::ProfileLock::acquire(
        &aitta.data_dir(),
        "default",
        aitta_model::Operation::Backup,
        aitta_model::Timestamp::UNIX_EPOCH,
    )
    .unwrap();
    let finished = aitta.run(["backup", "create", "--json"]);
    let message = expect_failure(&finished, "run_in_progress");
    assert!(message.contains(&std::process::id().to_string()), "it names the process: {message}");
    assert_eq!(finished.code, Some(9));
    assert_eq!(stored_files(&aitta), Vec::<String>::new());
    drop(lock);
    backup(&aitta);
}

fn walk(dir: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else {
            found.push(path.display().to_string());
        }
    }
    found
}
