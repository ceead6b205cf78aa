#![expect(clippy::unwrap_used, reason = "tests")]
mod clocks;
mod model;
mod patterns;

use jiff::Timestamp;

use super::*;

/// A schedule that must be good.
fn schedule(pattern: &str, zone: &str) -> Schedule {
    Schedule::parse(pattern, zone).unwrap_or_else(|error| panic!("{pattern} {zone}: {error:?}"))
}

/// A time stamp from its text.
fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Due instants as local times with their offsets.
fn local(schedule: &Schedule, after: &str, until: &str) -> Vec<String> {
    let Due { due, more } = schedule.due_within(at(after), at(until), usize::MAX);
    assert_eq!(more, 0);
    due.iter()
        .map(|due| {
            due.to_zoned(crate::zone(schedule.zone()).unwrap()).strftime("%m-%d %H:%M %:z").to_string()
        })
        .collect()
}
