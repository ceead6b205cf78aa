//! Runs with their logs.

use aitta_model::{LogLine, PhaseTiming, RestoreRequest, RunDetails, RunFigures, RunSummary};
use jiff::ToSpan;

use super::archives::{archive, archives, details, plan, restored};
use super::basis::{TABLES, damaged, die, hour, store_gone};

pub(in crate::mock) fn runs(n: usize) -> Vec<RunSummary> {
    let run = |i: i64| {
        let started = hour(i);
        let (operation, failed) = match i {
            2 => ("restore", false),
            3 => ("backup", true),
            5 => ("verify", false),
            8 => ("verify", true),
            10 => ("restore", true),
            _ if i % 29 == 17 => ("restore", false),
            _ if i % 41 == 23 => ("backup", true),
            _ => ("backup", false),
        };
        let took = match operation {
            "restore" => 41,
            "verify" => 3,
            _ if failed => 12,
            _ => 101 + die(i, 16),
        };
        RunSummary {
            id: 2000 - i,
            profile: "kiiltoloisto".to_owned(),
            operation: operation.to_owned(),
            outcome: if failed { "failed" } else { "succeeded" }.to_owned(),
            started,
            ended: Some(started + took.seconds()),
            archive: match operation {
                "verify" if failed => Some(archive(7).id),
                _ => (!failed || operation == "restore").then(|| archive(i).id),
            },
            reason: (operation == "restore").then(|| "an UPDATE without WHERE at 07:31".to_owned()),
            failure: failed
                .then(|| if operation == "verify" { damaged(&archive(7).id) } else { store_gone() }),
            figures: RunFigures {
                size_bytes: (operation == "backup" && !failed).then_some(438_000_000),
                rows: match operation {
                    "backup" if !failed => Some((5_799_900 - 488 * i) as u64),
                    "restore" if !failed => Some(2_900_000),
                    _ => None,
                },
                tables: match operation {
                    "restore" if !failed => Some(2),
                    "backup" if !failed => Some(9),
                    _ => None,
                },
            },
        }
    };
    (0..n as i64).map(run).collect()
}

pub(in crate::mock) fn run(id: i64) -> Option<RunDetails> {
    let run =
        if id > 2000 { runs(1).pop()? } else { runs(usize::try_from(2001 - id).ok()?.min(400)).pop()? };
    let phase = |name: &str, duration_ms: u64| PhaseTiming { name: name.to_owned(), duration_ms };
    let phases = match (run.operation.as_str(), run.failure.is_some()) {
        (_, true) => Vec::new(),
        ("restore", _) => vec![
            phase("opening", 80),
            phase("archiving what is there", 9_000),
            phase("restoring", 27_000),
            phase("proving", 4_900),
        ],
        ("verify", _) => Vec::new(),
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
    let restore = (run.operation == "restore" && run.failure.is_none()).then(|| {
        let archive = details(archives(1).remove(0), false);
        let request = RestoreRequest {
            tables: vec!["Booking".to_owned(), "User".to_owned()],
            ..RestoreRequest::default()
        };
        restored(&archive, plan(&archive, &request))
    });
    Some(RunDetails { run, phases, log, restore })
}
