//! Pipes, devices and links under the names of archives and sidecars of a folder.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use aitta_engine::store::{
    ARCHIVES, LocalStore, PutMode, SIDECARS, Store, StoreError, StoreErrorKind, archive_name, sidecar_name,
};
use aitta_testing::{Aitta, Finished};
use bytes::Bytes;
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

use super::within;
use crate::faults::{backup, expect_failure, sample};

const LIMIT: Duration = Duration::from_secs(20);
const ID: &str = "backup-1642684800000-a1b2c3d4";
const SECRET: &[u8] = b"what another user keeps to himself";

/// What can lie under the name of a file.
const KINDS: [&str; 7] =
    ["pipe", "socket", "device", "folder", "dangling link", "outward link", "inward link"];

/// Puts it there. `secret` is a file outside of the store, `own` one inside of it.
fn put(kind: &str, at: &Path, secret: &Path, own: &Path) {
    let node = |kind, device| mknodat(CWD, at, kind, Mode::RUSR | Mode::WUSR, device).unwrap();
    match kind {
        "pipe" => node(FileType::Fifo, 0),
        "socket" => drop(UnixListener::bind(at).unwrap()),
        // As /dev/zero, which never ends.
        "device" => node(FileType::CharacterDevice, makedev(1, 5)),
        "folder" => fs::create_dir(at).unwrap(),
        "dangling link" => symlink("/nowhere/at/all", at).unwrap(),
        "outward link" => symlink(secret, at).unwrap(),
        "inward link" => symlink(own, at).unwrap(),
        other => panic!("{other}"),
    }
}

fn take_away(at: &Path) {
    if fs::symlink_metadata(at).unwrap().is_dir() {
        fs::remove_dir(at).unwrap()
    } else {
        fs::remove_file(at).unwrap()
    }
}

/// A store with one object, a place outside of it, and the folders that hold both.
struct Scene {
    folder: tempfile::TempDir,
    store: LocalStore,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("store");
        for name in ["store", "store/backups", "store/metadata"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("secret"), SECRET).unwrap();
        fs::write(root.join("own"), SECRET).unwrap();
        Self { folder, store: LocalStore::new(root) }
    }

    fn put(&self, kind: &str, name: &str) -> std::path::PathBuf {
        let at = self.store.path(name);
        put(kind, &at, &self.folder.path().join("secret"), &self.store.path("own"));
        at
    }

    fn secret(&self) -> Vec<u8> {
        fs::read(self.folder.path().join("secret")).unwrap()
    }
}

/// Neither waited for, nor read, nor written: in either folder, for every call.
#[test]
fn what_is_no_file_is_neither_opened_nor_waited_for() {
    let scene = Scene::new();
    for name in [archive_name(ID), sidecar_name(ID)] {
        for kind in KINDS {
            let at = scene.put(kind, &name);
            let (store, object) = (scene.store.clone(), name.clone());
            let calls = within(LIMIT, &format!("{kind} as {name}"), async move || {
                let refused =
                    |answer: Result<(), StoreError>| answer.map_err(|e| (e.kind, e.source.to_string()));
                [
                    ("head", refused(store.head(&object).await.map(drop))),
                    ("read", refused(store.read(&object, 0..4).await.map(drop))),
                    ("read of nothing", refused(store.read(&object, 0..0).await.map(drop))),
                    ("rewrite", refused(store.rewrite(&object, 0, Bytes::from_static(b"x")).await.map(drop))),
                ]
            });
            for (call, answer) in calls {
                let (error, text) = answer.expect_err(&format!("{call} of a {kind} as {name}"));
                assert_eq!(error, StoreErrorKind::Other, "{call} of a {kind}: {text}");
                assert!(text.starts_with("there is a"), "{call} of a {kind}: {text}");
            }
            assert_eq!(scene.secret(), SECRET);
            take_away(&at);
        }
    }
}

/// They are told, and they are no archives.
#[test]
fn what_is_no_file_is_told_and_not_listed() {
    let scene = Scene::new();
    for (number, kind) in KINDS.iter().enumerate() {
        let name = format!("backup-164268480000{number}-a1b2c3d4");
        scene.put(kind, &archive_name(&name));
        scene.put(kind, &sidecar_name(&name));
    }
    let store = scene.store.clone();
    let (listed, strange) = within(LIMIT, "the listing", async move || {
        let mut strange = store.strange(ARCHIVES).await.unwrap();
        strange.extend(store.strange(SIDECARS).await.unwrap());
        ([store.list(ARCHIVES).await.unwrap(), store.list(SIDECARS).await.unwrap()].concat(), strange)
    });
    assert_eq!(listed, []);
    assert_eq!(strange.len(), 2 * KINDS.len(), "{strange:#?}");
    assert_eq!(strange[0], "backups/backup-1642684800000-a1b2c3d4.backup is a named pipe");
}

/// Under the names of uploads that were killed.
#[test]
fn sweep_passes_over_what_is_no_file() {
    let scene = Scene::new();
    for (number, kind) in KINDS.iter().enumerate() {
        scene.put(kind, &format!("backups/.backup-164268480000{number}-a1b2c3d4.backup.partial"));
    }
    fs::write(scene.store.path("backups/.backup-1642684800009-a1b2c3d4.backup.partial"), b"half").unwrap();
    let store = scene.store.clone();
    assert_eq!(within(LIMIT, "the sweep", async move || store.sweep().await.unwrap()), 1);
    assert_eq!(fs::read_dir(scene.store.path("backups")).unwrap().count(), KINDS.len());
    assert_eq!(scene.secret(), SECRET);
}

/// A folder of the store that leads somewhere else: nothing is read, written, listed or deleted there.
#[test]
fn folder_of_the_store_that_is_a_link_is_not_entered() {
    for (folder, name) in [(ARCHIVES, archive_name(ID)), (SIDECARS, sidecar_name(ID))] {
        let scene = Scene::new();
        let elsewhere = scene.folder.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        let theirs = elsewhere.join(Path::new(&name).file_name().unwrap());
        fs::write(&theirs, SECRET).unwrap();
        let partial = elsewhere.join(".backup-1642684800009-a1b2c3d4.backup.partial");
        fs::write(&partial, SECRET).unwrap();
        let link = scene.store.path(folder.trim_end_matches('/'));
        fs::remove_dir(&link).unwrap();
        symlink(&elsewhere, &link).unwrap();
        let (store, object) = (scene.store.clone(), name.clone());
        let answers = within(LIMIT, "a linked folder", async move || {
            let other = object.replace("a1b2c3d4", "ffffffff");
            let answers = [
                store.list(folder).await.map(drop),
                store.head(&object).await.map(drop),
                store.read(&object, 0..4).await.map(drop),
                store.rewrite(&object, 0, Bytes::from_static(b"x")).await.map(drop),
                store.delete(&object).await,
                store.put(&other, Bytes::from_static(b"x"), PutMode::Create).await,
                store.put(&object, Bytes::from_static(b"x"), PutMode::Overwrite).await,
                store.create(&other).await.map(drop),
            ];
            store.sweep().await.unwrap();
            answers
        });
        for (call, answer) in answers.into_iter().enumerate() {
            let error = answer.expect_err(&format!("call {call} in {folder}"));
            assert!(error.source.to_string().contains("symbolic link"), "call {call} in {folder}: {error}");
        }
        assert_eq!(fs::read(&theirs).unwrap(), SECRET);
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 2, "{folder}");
    }
}

/// The commands of every day, with a pipe, a socket and links under the names that they meet. None hangs, none holds
/// its lock, and what lies there is told.
#[test]
fn every_command_ends_with_pipes_and_links_in_the_store() {
    for kind in ["pipe", "outward link", "folder"] {
        let aitta = sample();
        let id = backup(&aitta);
        let secret = aitta.home().join("secret");
        fs::write(&secret, SECRET).unwrap();
        let put = |name: String| put(kind, &aitta.store_dir().join(name), &secret, &secret);
        put(format!("backups/{ID}.backup"));
        put("backups/backup-9942684800000-a1b2c3d4.backup".to_owned());
        put(format!("backups/.{ID}.backup.partial"));
        fs::remove_file(aitta.store_dir().join(sidecar_name(&id))).unwrap();
        put(sidecar_name(&id));

        let listed = run(&aitta, &["backup", "list", "--json"]).success().json();
        assert_eq!(listed["total"], 1);
        assert_eq!(listed["strange"].as_array().unwrap().len(), 3, "{kind}: {listed}");
        let shown = run(&aitta, &["backup", "list"]).success().stdout;
        assert!(shown.contains("warning: backups/"), "{shown}");
        for command in [
            &["backup", "verify", "--all"][..],
            &["backup", "show", "latest"],
            &["backup", "restore", "--backup-id", "latest", "--reason", "drill", "--tables", "Testimonial"],
            &["backup", "create", "--reason", "test"],
            &["key", "status"],
            &["store", "check"],
        ] {
            let finished = run(&aitta, command);
            assert_eq!(finished.code, Some(0), "{kind}, {command:?}: {finished:?}");
        }
        expect_failure(&run(&aitta, &["backup", "show", ID, "--json"]), "archive_not_found");
        assert_eq!(fs::read(&secret).unwrap(), SECRET);
    }
}

/// Runs it, and ends it when it hangs.
fn run(aitta: &Aitta, args: &[&str]) -> Finished {
    let mut child = aitta.command(args).spawn().unwrap();
    let begun = std::time::Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > LIMIT {
            child.kill().unwrap();
            panic!("{args:?} has no end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().unwrap();
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
