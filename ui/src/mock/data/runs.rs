//! Runs with their logs.

use std::collections::BTreeMap;

use aitta_model::{
    Actor, AuditEntry, AuditStage, LogLine, Operation, Origin, PhaseTiming, RestoreInto, RestoreRequest,
    RunDetails, RunFigures, RunOutcome, RunSummary,
};
use jiff::ToSpan;

use super::archives::{archive, archives, details, plan, restored};
use super::basis::{ACTIVE, TABLES, damaged, die, hour, store_gone};

pub(in crate::mock) fn runs(n: usize) -> Vec<RunSummary> {
    let run = |i: i64| {
        let started = hour(i);
        let (operation, failed) = match i {
            2 => (Operation::Restore, false),
            3 => (Operation::Backup, true),
            5 => (Operation::Verify, false),
            8 => (Operation::Verify, true),
            10 => (Operation::Restore, true),
            _ if i % 29 == 17 => (Operation::Restore, false),
            _ if i % 41 == 23 => (Operation::Backup, true),
            _ => (Operation::Backup, false),
        };
        let took = match operation {
            Operation::Restore => 41,
            Operation::Verify => 3,
            _ if failed => 12,
            _ => 101 + die(i, 16),
        };
        RunSummary {
            id: 2000 - i,
            profile: "kiiltoloisto".to_owned(),
            operation: operation.into(),
            outcome: if failed { RunOutcome::Failed } else { RunOutcome::Succeeded }.into(),
            started,
            ended: Some(started + took.seconds()),
            archive: match operation {
                Operation::Verify if failed => Some(archive(7).id),
                _ => (!failed || operation == Operation::Restore).then(|| archive(i).id),
            },
            reason: (operation == Operation::Restore).then(|| "an UPDATE without WHERE at 07:31".to_owned()),
            failure: failed
                .then(|| if operation == Operation::Verify { damaged(&archive(7).id) } else { store_gone() }),
            figures: RunFigures {
                size_bytes: (operation == Operation::Backup && !failed).then_some(438_000_000),
                rows: match operation {
                    Operation::Backup if !failed => Some((5_799_900 - 488 * i) as u64),
                    Operation::Restore if !failed => Some(2_900_000),
                    _ => None,
                },
                tables: match operation {
                    Operation::Restore if !failed => Some(2),
                    Operation::Backup if !failed => Some(9),
                    _ => None,
                },
                duration_ms: None,
            },
        }
    };
    (0..n as i64).map(run).collect()
}

pub(in crate::mock) fn run(id: i64) -> Option<RunDetails> {
    let run =
        if id > 2000 { runs(1).pop()? } else { runs(usize::try_from(2001 - id).ok()?.min(400)).pop()? };
    let phase = |name: &str, duration_ms: u64| PhaseTiming { name: name.to_owned(), duration_ms };
    let phases = match (run.operation.known(), run.failure.is_some()) {
        (_, true) => Vec::new(),
        (Some(Operation::Restore), _) => vec![
            phase("opening", 80),
            phase("archiving what is there", 9_000),
            phase("restoring", 27_000),
            phase("proving", 4_900),
        ],
        (Some(Operation::Verify), _) => Vec::new(),
        _ => vec![
            phase("opening", 120),
            phase("reading", 92_000),
            phase("reading back", 8_400),
            phase("finishing", 300),
        ],
    };
    let mut at_ms = 0;
    let mut log = Vec::new();
    for p in &phases {
        log.push(LogLine { at_ms, text: p.name.clone() });
        if p.name == "reading" || p.name == "restoring" {
            for (i, (name, rows, _)) in TABLES.iter().enumerate() {
                log.push(LogLine {
                    at_ms: at_ms + p.duration_ms * (i as u64 + 1) / 9,
                    text: format!("{name}: {rows} rows"),
                });
            }
        }
        at_ms += p.duration_ms;
    }
    if run.failure.is_some() {
        log.push(LogLine { at_ms: 0, text: "opening".to_owned() });
    }
    let restore = (run.operation == Operation::Restore && run.failure.is_none()).then(|| {
        let archive = details(archives(1).remove(0), false);
        let request = RestoreRequest {
            tables: vec!["Booking".to_owned(), "User".to_owned()],
            ..RestoreRequest::default()
        };
        restored(&archive, plan(&archive, &request))
    });
    let begun = Box::new(begun(&run));
    let into = (run.operation == Operation::Restore).then_some(RestoreInto::Own);
    let undo = restore.as_ref().and_then(|report| report.safety_archive.clone());
    Some(RunDetails { run, phases, log, restore, begun: Some(begun), into, undo })
}

/// As the trail records the beginning of a run.
fn begun(run: &RunSummary) -> AuditEntry {
    let is_restore = run.operation == Operation::Restore;
    AuditEntry {
        entry: run.id.unsigned_abs(),
        at: run.started,
        stage: AuditStage::Begun,
        begun: None,
        actor: Actor {
            user: "aino".to_owned(),
            admin: Some("Aino Virtanen".to_owned()),
            host: "toimisto-2".to_owned(),
        },
        origin: if is_restore { Origin::Window } else { Origin::CommandLine },
        operation: run.operation.clone(),
        profile: Some(run.profile.clone()),
        archive: run.archive.clone(),
        tables: if is_restore { vec!["Booking".to_owned(), "User".to_owned()] } else { Vec::new() },
        target: is_restore.then(|| "db1.kiiltoloisto.fi:5432/carwash".to_owned()),
        reason: None,
        outcome: None,
        failure: None,
        figures: BTreeMap::new(),
        note: None,
        signed_by: Some(ACTIVE.to_owned()),
        chain: None,
        other_chains: Vec::new(),
    }
}
