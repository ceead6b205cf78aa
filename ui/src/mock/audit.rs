//! A made-up audit trail.

use std::collections::BTreeMap;

use aitta_model::{
    Actor, AuditEntry, AuditFormat, AuditList, AuditQuery, AuditRecord, AuditStage, ChainFault, ChainStatus,
    ErrorCode, Operation, Origin, Reason, ReasonCode, RunOutcome, Word,
};
use jiff::ToSpan;

use super::data::{self, ACTIVE};
use super::state::{State, state};
use crate::format::now;

fn entries() -> u64 {
    match state() {
        State::Empty | State::Setup => 0,
        State::Many => 10_000,
        _ => 240,
    }
}

fn record(entry: u64, all: u64, ids: &[String]) -> AuditRecord {
    let ago = (all - entry) as i64;
    let begun = entry % 2 == 1;
    let n = entry.div_ceil(2);
    let refused = n % 29 == 1;
    let (operation, origin) = match n % 17 {
        _ if refused => (Operation::MfaRefused, Origin::Window),
        3 => (Operation::Restore, Origin::Window),
        5 => (Operation::Delete, Origin::CommandLine),
        7 => (Operation::Rotate, Origin::Window),
        9 => (Operation::KeyExportKit, Origin::Window),
        11 => (Operation::Verify, Origin::CommandLine),
        13 => (Operation::MfaChange, Origin::Window),
        _ => (Operation::Backup, Origin::Schedule),
    };
    let manual = origin != Origin::Schedule;
    let failed = n % 23 == 3;
    let reason = match operation {
        Operation::Restore => Some((ReasonCode::Incident, "an UPDATE without WHERE at 07:31")),
        Operation::Delete => Some((ReasonCode::RequestOfDataSubject, "17/2026")),
        Operation::Rotate => Some((ReasonCode::Routine, "")),
        Operation::KeyExportKit => Some((ReasonCode::Other, "the safe was moved")),
        Operation::MfaChange => Some((ReasonCode::Routine, "a new phone")),
        _ => None,
    };
    let mut figures = BTreeMap::new();
    if !begun && !failed && matches!(operation, Operation::Backup | Operation::Restore) {
        figures.insert("bytes".to_owned(), 438_000_000);
        figures.insert("rows".to_owned(), 5_799_900);
    }
    let about =
        matches!(operation, Operation::Backup | Operation::Restore | Operation::Delete | Operation::Verify);
    let entry = AuditEntry {
        entry,
        at: now() - (ago * 27).minutes(),
        stage: match (refused, begun) {
            (true, _) => AuditStage::Event,
            (false, true) => AuditStage::Begun,
            (false, false) => AuditStage::Ended,
        },
        begun: (!begun && !refused).then(|| entry - 1),
        actor: Actor {
            user: if n.is_multiple_of(5) { "mika" } else { "aino" }.to_owned(),
            admin: manual.then(|| "Aino Virtanen".to_owned()),
            host: "toimisto-2".to_owned(),
        },
        origin,
        operation: operation.into(),
        profile: Some("kiiltoloisto".to_owned()),
        archive: about.then(|| ids[(n % 30) as usize].clone()),
        tables: if operation == Operation::Restore {
            vec!["Booking".to_owned(), "User".to_owned()]
        } else {
            Vec::new()
        },
        target: match operation {
            Operation::Restore => Some("db1.kiiltoloisto.fi:5432/carwash".to_owned()),
            Operation::Rotate | Operation::KeyExportKit => Some(ACTIVE.to_owned()),
            _ => None,
        },
        reason: reason.map(|(code, text)| Reason { code, text: text.to_owned() }),
        outcome: match (refused, begun, failed) {
            (true, ..) => Some(Word::read("mfa_wrong")),
            (_, true, _) => None,
            (_, _, failed) => {
                Some(Word::from(if failed { RunOutcome::Failed } else { RunOutcome::Succeeded }))
            }
        },
        failure: (!begun && failed).then_some(ErrorCode::SourceUnreachable),
        figures,
        note: (manual && begun).then(|| "second factor: authenticator".to_owned()),
        signed_by: Some(ACTIVE.to_owned()),
        chain: None,
        other_chains: Vec::new(),
    };
    AuditRecord {
        hash: format!(
            "{:064x}",
            u128::from(entry.entry).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
        ),
        entry,
    }
}

pub(super) fn list(query: &AuditQuery) -> AuditList {
    let all = entries();
    let fits = |r: &AuditRecord| {
        let e = &r.entry;
        query.operation.as_ref().is_none_or(|o| *o == e.operation)
            && query.user.as_ref().is_none_or(|u| *u == e.actor.user)
            && query.from.is_none_or(|from| e.at >= from)
            && query.to.is_none_or(|to| e.at < to)
    };
    let ids: Vec<String> = data::archives(30).into_iter().map(|a| a.id).collect();
    let records: Vec<_> = (1..=all).rev().map(|n| record(n, all, &ids)).filter(fits).collect();
    let fault = (state() == State::Unsafe).then(|| ChainFault {
        entry: 117,
        what: "its hash is not that of its content: it was changed after it was written".to_owned(),
    });
    AuditList {
        total: records.len() as u64,
        records,
        chain: ChainStatus {
            entries: all,
            intact_to: if fault.is_some() { 116 } else { all },
            signed_to: (all > 0 && fault.is_none()).then_some(all),
            key_id: (all > 0).then(|| ACTIVE.to_owned()),
            anchors: if all > 0 { 744 } else { 0 },
            remarks: if state() == State::Many {
                vec!["archives of another catalog tell of a chain that is not in this one".to_owned()]
            } else {
                Vec::new()
            },
            fault,
            ..ChainStatus::default()
        },
    }
}

pub(super) fn export(query: &AuditQuery, format: AuditFormat) -> String {
    let records = list(query).records;
    match format {
        AuditFormat::Json => serde_json::to_string_pretty(&records).unwrap_or_default(),
        AuditFormat::Csv => {
            let lines =
                records.iter().map(|r| format!("{},{},{}\r\n", r.entry.entry, r.entry.at, r.entry.operation));
            std::iter::once("entry,at,operation\r\n".to_owned()).chain(lines).collect()
        }
    }
}

pub(super) fn report(year: i16, quarter: i8) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><title>Audit report</title><style>body{{font:15px/1.5 sans-serif;\
         margin:32px;color:#1d1f1e;background:#fff}}td,th{{padding:4px 16px 4px 0;text-align:left}}</style>\
         <h1>Audit report, {year} Q{quarter}</h1><p>Profile kiiltoloisto. Chain intact up to entry 240.</p>\
         <table><tr><th>Operation<th>Succeeded<th>Failed<tr><td>Backup<td>2 160<td>4<tr><td>Restore<td>3<td>1\
         <tr><td>Key rotation<td>1<td>0</table></html>"
    )
}
