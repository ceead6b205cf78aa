//! A month beside the one before, in which two tables were destroyed and brought back.

use aitta_model::{
    Actor, Date, Deed, MonthFigures, Operation, PastLoss, Reason, ReasonCode, Review, RunOutcome,
    TableGrowth, TableLoss, Targets, Timestamp, Word,
};
use jiff::ToSpan;
use jiff::tz::TimeZone;

use super::basis::{ACTIVE, TABLES};
use super::{history_to, no_history, overview, profile, runs};
use crate::format::now;

/// The month that `month` lies in, or the last that is over.
pub(in crate::mock) fn review(month: Option<Date>, empty: bool, in_danger: bool) -> Review {
    let today = now().to_zoned(TimeZone::UTC).date();
    let over = today.first_of_month().yesterday().unwrap_or(today);
    let month = month.unwrap_or(if empty { today } else { over }).first_of_month();
    let figures = |first: Date| {
        let next = first.checked_add(1.month()).unwrap_or(first);
        let end = next.to_zoned(TimeZone::UTC).map_or_else(|_| now(), |z| z.timestamp() - 1.minute());
        let days = i64::from(first.days_in_month());
        let history = if empty { no_history(30) } else { history_to(end, days) };
        MonthFigures {
            first,
            median_duration_ms: (!empty).then_some(94_000 + 1000 * u64::from(first.month().unsigned_abs())),
            size_bytes: history.backups.last().map(|b| b.size_bytes),
            longest_restore_ms: history.restores.iter().map(|r| r.duration_ms).max(),
            history,
        }
    };
    let before = month.checked_sub(1.month()).unwrap_or(month);
    let tables = TABLES.iter().take(6).enumerate().map(|(i, (name, rows, bytes))| TableGrowth {
        name: (*name).to_owned(),
        rows_before: (i != 4).then_some(rows * 9 / 10),
        rows: Some(*rows),
        bytes_before: (i != 4).then_some(bytes * 9 / 10),
        bytes: Some(*bytes),
    });
    Review {
        profile: profile(),
        targets: Targets::default(),
        now: now(),
        month: figures(month),
        before: figures(before),
        since: Some(if empty { today } else { today.checked_sub(14.months()).unwrap_or(today) }),
        deeds: if empty { Vec::new() } else { deeds(month) },
        refused_codes: u64::from(!empty),
        trail_intact: true,
        unsigned_entries: 0,
        more_losses: 0,
        losses: if empty { Vec::new() } else { losses(month, in_danger) },
        storage: overview(empty, in_danger).storage,
        proven: (!empty).then(|| now() - (24 * 9).hours()),
        drilled: None,
        failures: if empty {
            Vec::new()
        } else {
            runs(400).into_iter().filter(|r| r.outcome == RunOutcome::Failed).take(3).collect()
        },
        tables: if empty { Vec::new() } else { tables.collect() },
        key: overview(empty, in_danger).key,
    }
}

/// So many days and hours into the month.
fn at(month: Date, day: i64, hour: i64) -> Timestamp {
    month.to_zoned(TimeZone::UTC).map_or_else(|_| now(), |z| z.timestamp() + (24 * (day - 1) + hour).hours())
}

fn deeds(month: Date) -> Vec<Deed> {
    let deed =
        |entry: u64, (day, hour): (i64, i64), operation: Operation, code: ReasonCode, text: &str| Deed {
            entry,
            at: at(month, day, hour),
            operation: operation.into(),
            actor: Actor {
                user: "aino".to_owned(),
                admin: Some("Aino Virtanen".to_owned()),
                host: "hallinta".to_owned(),
            },
            reason: Some(Reason { code, text: text.to_owned() }),
            archive: None,
            tables: Vec::new(),
            target: None,
            outcome: Some(Word::from(RunOutcome::Succeeded)),
            duration_ms: Some(6_400),
            run: None,
            proof: false,
        };
    vec![
        Deed {
            target: Some(ACTIVE.to_owned()),
            ..deed(234, (24, 10), Operation::Rotate, ReasonCode::Routine, "")
        },
        Deed {
            proof: true,
            run: Some(1900),
            duration_ms: Some(402_000),
            ..deed(201, (19, 9), Operation::Restore, ReasonCode::Drill, "monthly")
        },
        Deed {
            tables: vec!["Booking".to_owned(), "Customer".to_owned()],
            target: Some("db1.kiiltoloisto.fi:5432/carwash".to_owned()),
            run: Some(1910),
            ..deed(180, (12, 3), Operation::Restore, ReasonCode::Incident, "UPDATE without WHERE")
        },
        deed(121, (6, 11), Operation::Delete, ReasonCode::RequestOfDataSubject, "17/2026"),
    ]
}

fn losses(month: Date, in_danger: bool) -> Vec<PastLoss> {
    let loss = |name: &str, rows_before: u64, rows: Option<u64>, (day, hour): (i64, i64)| PastLoss {
        loss: TableLoss {
            name: name.to_owned(),
            rows_before,
            rows,
            archive: None,
            since: at(month, day, hour - 1),
        },
        found: at(month, day, hour),
        meant: false,
        back: None,
    };
    let booking = loss("Booking", 120_000, Some(46_800), (12, 3));
    vec![PastLoss { back: (!in_danger).then(|| at(month, 12, 5)), ..booking }]
}
