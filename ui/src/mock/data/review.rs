//! A month in which two tables were destroyed and brought back.

use aitta_model::{
    Actor, Date, Deed, Operation, PastLoss, Reason, ReasonCode, RunOutcome, TableLoss, Timestamp, Word,
};
use jiff::ToSpan;
use jiff::tz::TimeZone;

use super::basis::ACTIVE;
use crate::format::now;

/// So many days and hours into the month.
fn at(month: Date, day: i64, hour: i64) -> Timestamp {
    month.to_zoned(TimeZone::UTC).map_or_else(|_| now(), |z| z.timestamp() + (24 * (day - 1) + hour).hours())
}

pub(super) fn deeds(month: Date) -> Vec<Deed> {
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

pub(super) fn losses(month: Date, in_danger: bool) -> Vec<PastLoss> {
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
