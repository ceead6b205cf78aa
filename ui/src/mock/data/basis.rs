//! What all made-up data rests on: tables, dice and the clock.

use aitta_model::{ErrorCode, Failure, Timestamp};
use jiff::ToSpan;

use crate::format::now;

/// The key that is in use.
pub(in crate::mock) const ACTIVE: &str = "5f1d7c2e9ab04431";

pub(super) const TABLES: [(&str, u64, u64); 9] = [
    ("Booking", 2_500_000, 312_000_000),
    ("User", 400_000, 61_000_000),
    ("EmailNotification", 2_500_000, 58_000_000),
    ("TimeSlot", 300_000, 4_100_000),
    ("Testimonial", 100_000, 2_200_000),
    ("Setting", 200, 9_000),
    ("Service", 20, 2_000),
    ("BusinessHours", 7, 1_000),
    ("Holiday", 24, 1_000),
];

/// Numbers like dice, the same every time.
pub(super) fn die(n: i64, sides: i64) -> i64 {
    (n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 33)
        .rem_euclid(sides)
}

pub(super) fn hour(ago: i64) -> Timestamp {
    let now = now();
    let minute = Timestamp::from_second(now.as_second() - now.as_second().rem_euclid(60)).unwrap_or(now);
    minute - (ago * 60 + 38).minutes()
}

pub(in crate::mock) fn days(n: i64) -> jiff::Span {
    (24 * n).hours()
}

pub(super) fn store_gone() -> Failure {
    Failure {
        code: ErrorCode::SourceUnreachable,
        message: "connection refused by db1.kiiltoloisto.fi:5432".to_owned(),
        hint: "check that the server runs and takes connections from this machine".to_owned(),
    }
}

/// What is told of an archive that is not what was written.
pub(in crate::mock) fn damaged(id: &str) -> Failure {
    Failure {
        code: ErrorCode::ArchiveDamaged,
        message: format!("{id} is damaged in frame 17"),
        hint: "restore from the newest one that is verified; make a new backup now".to_owned(),
    }
}
