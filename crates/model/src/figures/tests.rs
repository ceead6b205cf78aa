//! Trails that were written before are compared with those that are written now, so the numbers must be the same.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::*;
use crate::{
    ArchiveState, ArchiveSummary, BackupKind, DatabaseEngine, ErrorCode, Failure, PhaseTiming, RestoreMode,
    TableProof, TableSummary,
};

/// How earlier versions found them: in the JSON of any report.
fn found_in_json(report: &impl Serialize) -> BTreeMap<String, u64> {
    const KEPT: [&str; 10] = [
        "rows",
        "tables",
        "size_bytes",
        "duration_ms",
        "freed_bytes",
        "archives",
        "moved",
        "opened",
        "written_bytes",
        "read_bytes",
    ];
    let report = serde_json::to_value(report).expect("JSON");
    let parts = [Some(&report), report.get("archive")];
    let numbers = parts.into_iter().flatten().filter_map(Value::as_object).flatten();
    let mut figures: BTreeMap<String, u64> = numbers
        .filter(|(name, _)| KEPT.contains(&name.as_str()))
        .filter_map(|(name, value)| Some((name.clone(), value.as_u64()?)))
        .collect();
    if let Some(proofs) = report.get("proofs").and_then(Value::as_array) {
        let rows = proofs.iter().filter_map(|proof| proof.get("target_rows")?.as_u64());
        figures.insert("rows".to_owned(), rows.sum());
        figures.insert("tables".to_owned(), proofs.len() as u64);
        figures.insert("whole".to_owned(), u64::from(report["whole"] == true));
    }
    figures
}

#[track_caller]
fn same(report: &(impl Figures + Serialize), expected: &[(&str, u64)]) {
    assert_eq!(report.figures(), found_in_json(report));
    let expected: BTreeMap<_, _> = expected.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
    assert_eq!(report.figures(), expected);
}

fn failure() -> Failure {
    Failure { code: ErrorCode::StoreFull, message: "no room left".to_owned(), hint: "make room".to_owned() }
}

fn phases() -> Vec<PhaseTiming> {
    vec![PhaseTiming { name: "reading".to_owned(), duration_ms: 41 }]
}

fn archive(known: bool) -> ArchiveSummary {
    ArchiveSummary {
        id: "backup-1642684800000-a1b2c3d4".to_owned(),
        created: Timestamp::UNIX_EPOCH,
        state: ArchiveState::Verified(Timestamp::UNIX_EPOCH),
        kind: Some(BackupKind::Manual.into()),
        reason: Some("release 47".to_owned()),
        engine: Some(DatabaseEngine::Postgresql.into()),
        database: Some("carwash".to_owned()),
        place: None,
        complete: Some(true),
        tables: known.then_some(9),
        rows: known.then_some(5_799_900),
        size_bytes: 438_000_000,
        duration_ms: known.then_some(101_004),
        checksum: Some("00".repeat(32)),
    }
}

fn backup(known: bool) -> BackupReport {
    BackupReport {
        archive: archive(known),
        location: "/srv/store".to_owned(),
        tables: vec![TableSummary {
            name: "Booking".to_owned(),
            rows: 7,
            bytes: 8,
            stored_bytes: 9,
            digest: "ab".to_owned(),
            columns: vec!["id integer".to_owned()],
        }],
        source_bytes: 1_320_000_000,
        frames_checked: 84,
        sampled: false,
        duration_ms: 104_811,
        phases: phases(),
        notes: vec!["a note".to_owned()],
        copies: vec![copy(Some(3))],
        hook_failure: None,
    }
}

fn copy(archives: Option<u64>) -> CopyReport {
    CopyReport {
        location: "s3://copies".to_owned(),
        copied: vec!["backup-1642684800000-a1b2c3d4".to_owned()],
        copied_bytes: 438_000_000,
        archives,
        failure: archives.is_none().then(failure),
    }
}

fn restore(proofs: Vec<TableProof>) -> RestoreReport {
    RestoreReport {
        archive: "backup-1642684800000-a1b2c3d4".to_owned(),
        archive_created: Timestamp::UNIX_EPOCH,
        mode: RestoreMode::Replace { target: "db1:5432/carwash".to_owned() },
        proofs,
        of_tables: Some(9),
        whole: false,
        dropped: false,
        sequences: Vec::new(),
        safety_archive: Some("backup-1642684900000-a1b2c3d4".to_owned()),
        read_bytes: 77_000,
        archive_bytes: 438_000_000,
        duration_ms: 41_017,
        phases: phases(),
        findings: Vec::new(),
        hook_failure: None,
    }
}

#[test]
fn a_backup_is_kept_with_its_size_and_time() {
    let size = ("size_bytes", 438_000_000);
    same(&backup(true), &[("rows", 5_799_900), ("tables", 9), size, ("duration_ms", 101_004)]);
    same(&backup(false), &[size, ("duration_ms", 104_811)]);
}

#[test]
fn a_verification_is_kept_with_the_rows_that_it_counted() {
    let result = |rows| VerifyResult {
        id: "backup-1642684800000-a1b2c3d4".to_owned(),
        ok: true,
        frames: 84,
        bytes_read: 438_000_000,
        rows,
        failure: None,
        remarks: vec!["its sidecar is missing".to_owned()],
    };
    same(&result(Some(5_799_900)), &[("rows", 5_799_900)]);
    same(&result(None), &[]);
}

#[test]
fn a_restore_is_kept_with_what_was_counted_in_the_target() {
    let proof = |name: &str, rows| TableProof {
        name: name.to_owned(),
        archive_rows: rows + 1,
        target_rows: rows,
        archive_digest: "ab".to_owned(),
        target_digest: "ab".to_owned(),
    };
    let read = [("read_bytes", 77_000), ("duration_ms", 41_017)];
    let report = restore(vec![proof("Booking", 2_900_000), proof("User", 17)]);
    same(&report, &[("rows", 2_900_017), ("tables", 2), read[0], read[1], ("whole", 0)]);
    same(&restore(Vec::new()), &[("rows", 0), ("tables", 0), read[0], read[1], ("whole", 0)]);
    let whole = RestoreReport { whole: true, ..restore(Vec::new()) };
    same(&whole, &[("rows", 0), ("tables", 0), read[0], read[1], ("whole", 1)]);
}

#[test]
fn deletions_and_rebuilds_are_kept_with_what_they_came_to() {
    let deleted = DeleteReport {
        id: "backup-1642684800000-a1b2c3d4".to_owned(),
        freed_bytes: 876_000_000,
        left: vec![("s3://copies".to_owned(), failure())],
        notes: Vec::new(),
    };
    same(&deleted, &[("freed_bytes", 876_000_000)]);
    let dropped = CleanupReport {
        kept: vec!["shop_old".to_owned()],
        dropped: vec!["shop_older".to_owned()],
        unfinished: Vec::new(),
    };
    same(&dropped, &[]);
    let rebuilt = CatalogReport {
        archives: 240,
        sidecars_rewritten: 2,
        unreadable: Vec::new(),
        dropped: 3,
        set_aside: Some("catalog.db.1".to_owned()),
        other_chains: Vec::new(),
    };
    same(&rebuilt, &[("archives", 240)]);
}

#[test]
fn copies_and_rotations_are_kept_with_what_they_moved() {
    same(&copy(Some(240)), &[("archives", 240)]);
    same(&copy(None), &[]);
    let rotated = RotationReport {
        from: vec!["5f1d7c2e9ab04431".to_owned()],
        to: "0011223344556677".to_owned(),
        moved: 238,
        unchanged: 2,
        opened: 240,
        unreadable: vec![("backup-1642684800000-a1b2c3d4".to_owned(), failure())],
        written_bytes: 974_848,
        archive_bytes: 105_120_000_000,
        destroyable_from: Some(Timestamp::UNIX_EPOCH),
        duration_ms: 61_333,
        phases: phases(),
        notes: Vec::new(),
    };
    same(&rotated, &[("moved", 238), ("opened", 240), ("written_bytes", 974_848), ("duration_ms", 61_333)]);
}
