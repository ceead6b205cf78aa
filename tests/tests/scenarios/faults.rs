//! What can go wrong, each with the code that a user sees and with what must be left behind.

mod archives;
mod keys;
mod postgres;
mod rotation;
mod signals;
mod store;

use std::path::PathBuf;

use aitta_testing::{Aitta, Finished};

/// A profile over the SQLite sample database.
pub(crate) fn sample() -> Aitta {
    let aitta = Aitta::new();
    let path = aitta.home().join("carwash.db");
    block_on(aitta_engine::sample::create(&path)).unwrap();
    aitta.database(&format!("sqlite:{}", path.display()))
}

/// Waits for it on a thread of its own, so that it may be called from everywhere.
pub(crate) fn block_on<T: Send>(future: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| tokio::runtime::Runtime::new().unwrap().block_on(future));
        waiting.join().unwrap()
    })
}

/// The id of a new archive.
pub(crate) fn backup(aitta: &Aitta) -> String {
    let report = aitta.json(&["backup", "create", "--reason", "test"]);
    report["archive"]["id"].as_str().unwrap().to_owned()
}

pub(crate) fn archive_path(aitta: &Aitta, id: &str) -> PathBuf {
    aitta.store_dir().join("backups").join(format!("{id}.backup"))
}

/// Expects this code with a fact and a hint.
#[track_caller]
pub(crate) fn expect_failure(finished: &Finished, code: &str) -> String {
    assert_ne!(finished.code, Some(0), "stdout:\n{}\nstderr:\n{}", finished.stdout, finished.stderr);
    let start = finished.stderr.find('{').unwrap_or_else(|| panic!("no JSON in {:?}", finished.stderr));
    let failure: serde_json::Value = serde_json::from_str(&finished.stderr[start..])
        .unwrap_or_else(|e| panic!("{e} in {:?}", finished.stderr));
    assert_eq!(failure["code"], code, "{failure}");
    assert!(failure["hint"].as_str().is_some_and(|h| h.len() > 8), "a hint says what to do: {failure}");
    failure["message"].as_str().unwrap().to_owned()
}

/// Names of all files of the store, hidden ones too.
fn stored_files(aitta: &Aitta) -> Vec<String> {
    let mut names = Vec::new();
    for folder in ["backups", "metadata"] {
        let Ok(entries) = std::fs::read_dir(aitta.store_dir().join(folder)) else { continue };
        names.extend(entries.map(|e| e.unwrap().file_name().into_string().unwrap()));
    }
    names.sort();
    names
}
