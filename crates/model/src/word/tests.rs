use serde::de::DeserializeOwned;

use super::*;
use crate::{
    ArchiveSummary, AuditEntry, BackupKind, DatabaseEngine, Depth, ErrorCode, KeyState, Operation,
    RunOutcome, RunSummary, Sidecar,
};

/// As catalogs, sidecars and trails of earlier versions have them.
fn written<T: ClosedList + Serialize + DeserializeOwned + fmt::Debug>(words: &[&str]) {
    let listed: Vec<&str> = T::ALL.iter().map(|value| value.word()).collect();
    assert_eq!(listed, words);
    for value in T::ALL.iter().copied() {
        let json = format!("\"{}\"", value.word());
        assert_eq!(serde_json::to_string(&value).expect("JSON"), json);
        assert_eq!(serde_json::to_string(&Word::Known(value)).expect("JSON"), json);
        assert_eq!(serde_json::from_str::<T>(&json).expect("read"), value);
        assert_eq!(serde_json::from_str::<Word<T>>(&json).expect("read"), Word::Known(value));
    }
}

#[test]
fn the_words_are_those_that_are_stored() {
    written::<Operation>(&[
        "backup",
        "verify",
        "restore",
        "delete",
        "rebuild",
        "cleanup",
        "rotate",
        "key_create",
        "key_confirm",
        "key_import",
        "key_export_kit",
        "key_destroy",
        "mfa_enroll",
        "mfa_change",
        "mfa_refused",
        "copy",
        "disown",
        "accept_loss",
        "prune",
        "put_back",
        "pause",
        "resume",
        "tick",
        "hold",
        "release",
        "recover",
    ]);
    written::<RunOutcome>(&["running", "succeeded", "failed", "cancelled"]);
    written::<BackupKind>(&["manual", "pre-deployment", "emergency", "scheduled", "safety"]);
    written::<Depth>(&["sampled", "stored", "content", "restored"]);
    written::<DatabaseEngine>(&["postgresql", "sqlite"]);
    written::<KeyState>(&["pending", "active", "retired", "destroyed"]);
    assert!(
        ErrorCode::ALL.iter().all(|code| {
            serde_json::to_value(code).is_ok_and(|json| json.as_str() == Some(code.as_str()))
        })
    );
}

/// What a later version wrote is read, shown and written again as it was.
#[test]
fn another_word_is_no_error_and_stays_as_it_is() {
    #[track_caller]
    fn same<T: Serialize + DeserializeOwned>(json: &str) -> T {
        let value: T = serde_json::from_str(json).expect("read");
        assert_eq!(serde_json::to_string(&value).expect("JSON"), json);
        value
    }
    let run: RunSummary = same(
        r#"{"id":1,"profile":"shop","operation":"compact","outcome":"halted","started":"2026-11-01T12:00:00Z","ended":null,"archive":null,"reason":null,"failure":null,"figures":{"size_bytes":null,"rows":null,"tables":null}}"#,
    );
    assert_eq!((run.operation.known(), run.outcome.known()), (None, None));
    assert_eq!((run.operation.as_str(), run.outcome.to_string().as_str()), ("compact", "halted"));
    let archive: ArchiveSummary = same(
        r#"{"id":"backup-1-a","created":"2026-11-01T12:00:00Z","state":"stored","kind":"monthly","reason":null,"engine":"mariadb","database":null,"complete":null,"tables":null,"rows":null,"size_bytes":1,"duration_ms":null,"checksum":null}"#,
    );
    assert_eq!(archive.kind, Some(Word::Other("monthly".to_owned())));
    let sidecar: Sidecar = same(
        r#"{"id":"backup-1-a","timestamp":"2022-01-20T10:00:00.000Z","version":"1.0.0","tables":[],"recordCount":0,"checksum":"00","encrypted":true,"compressed":true,"sizeBytes":1,"kind":"monthly","engine":"mariadb","database":"shop","complete":true,"keyIds":[]}"#,
    );
    assert_eq!(sidecar.engine.known(), None);
    // The chain of the trail is made over this very text.
    let entry: AuditEntry = same(
        r#"{"entry":7,"at":"2026-11-01T12:00:00Z","stage":"event","actor":{"user":"anna","host":"db1"},"origin":"window","operation":"drill","outcome":"mfa_wrong"}"#,
    );
    assert!(!entry.succeeded() && entry.operation.known().is_none());
}

#[test]
fn a_word_is_compared_by_its_value_and_sorted_by_its_letters() {
    let word = Word::<RunOutcome>::read("failed");
    assert!(word == RunOutcome::Failed && word != RunOutcome::Succeeded);
    assert!(Word::<RunOutcome>::read("Failed") != RunOutcome::Failed);
    let mut words = ["succeeded", "halted", "failed"].map(Word::<RunOutcome>::read);
    words.sort();
    assert_eq!(words.map(|word| format!("{word:<10}|")), ["failed    |", "halted    |", "succeeded |"]);
}
