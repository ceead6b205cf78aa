//! A model of the walk: every minute of real time is looked at by itself.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// Changes of clocks: forward and back, over midnight and at it, by half an hour, two hours and a day.
const CHANGES: [(&str, &str); 20] = [
    ("Europe/Helsinki", "2027-03-28T01:00:00Z"),
    ("Europe/Helsinki", "2027-10-31T01:00:00Z"),
    ("Europe/Helsinki", "2094-03-28T01:00:00Z"),
    ("America/New_York", "2026-03-08T07:00:00Z"),
    ("America/New_York", "2026-11-01T06:00:00Z"),
    ("America/Sao_Paulo", "2018-11-04T03:00:00Z"),
    ("America/Sao_Paulo", "2018-02-18T02:00:00Z"),
    ("Australia/Lord_Howe", "2027-04-03T15:00:00Z"),
    ("Australia/Lord_Howe", "2027-10-02T15:30:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00:00Z"),
    ("Pacific/Kwajalein", "1993-08-21T12:00:00Z"),
    ("Africa/Cairo", "2024-04-25T22:00:00Z"),
    ("Africa/Cairo", "2024-10-31T21:00:00Z"),
    ("America/St_Johns", "2008-11-02T02:31:00Z"),
    ("America/St_Johns", "1988-04-03T03:31:00Z"),
    ("America/Havana", "2024-11-03T05:00:00Z"),
    ("Africa/Casablanca", "2026-02-15T02:00:00Z"),
    ("Antarctica/Troll", "2026-03-29T01:00:00Z"),
    ("Asia/Kathmandu", "1985-12-31T18:30:00Z"),
    ("UTC", "2027-01-01T00:00:00Z"),
];

const PATTERNS: [&str; 22] = [
    "30 3 * * *",
    "0 2 * * *",
    "0 3 * * *",
    "0 4 * * *",
    "0 0 * * *",
    "0 * * * *",
    "*/15 * * * *",
    "* * * * *",
    "0 0 1 * *",
    "0 3,15 * * *",
    "30 1-4 * * *",
    "0,20,40 0,2,3,23 * * *",
    "*/7 3 * * *",
    "*/20 0 * * *",
    "0 */24 * * *",
    "15 */2 * * *",
    "10-50/20 2,3 * * *",
    "59 23 * * *",
    "0 0 30 12 *",
    "15 2 * * 0",
    "0 3 L * *",
    "*/10 2 * * 0L",
];

/// What croner makes of a pattern; the model asks it for single readings of the clock only.
fn cron(pattern: &str) -> Cron {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(pattern).unwrap()
}

/// The due instants in (`after`, `until`], by the words of [`Schedule`].
fn model(pattern: &str, zone: &str, after: Timestamp, until: Timestamp) -> Vec<Timestamp> {
    let (cron, zone) = (cron(pattern), crate::zone(zone).unwrap());
    let fields: Vec<&str> = pattern.split(' ').collect();
    let fixed = !fields[..2].concat().contains(['*', '/']);
    let matches = |local: DateTime| cron.is_time_matching(&local).unwrap();
    let minute = SignedDuration::from_mins(1);
    let mut due = Vec::new();
    let mut t = Timestamp::from_second(after.as_second().div_euclid(60) * 60).unwrap() - minute;
    while t <= until {
        let local = zone.to_datetime(t);
        let first = zone.to_ambiguous_timestamp(local).compatible().unwrap() == t;
        let here = matches(local) && (first || !fixed);
        // What the clock has skipped to get here.
        let mut skipped = Vec::new();
        let mut reading = zone.to_datetime(t - minute) + 1.minute();
        while reading < local {
            skipped.push(reading);
            reading += 1.minute();
        }
        let lost: Vec<DateTime> = skipped.iter().copied().filter(|reading| matches(*reading)).collect();
        let whole_day = |lost: &DateTime| {
            let day = (0..1440)
                .map(|minute| lost.date().to_datetime(jiff::civil::Time::midnight()) + minute.minutes());
            day.filter(|reading| matches(*reading)).all(|reading| skipped.contains(&reading))
        };
        let owed = if fixed { !lost.is_empty() } else { lost.iter().any(whole_day) };
        if (here || owed) && t > after && t <= until {
            due.push(t);
        }
        t += minute;
    }
    due
}

/// Compares the walk with the model.
fn agrees(pattern: &str, zone: &str, after: Timestamp, until: Timestamp) {
    let schedule = schedule(pattern, zone);
    let expected = model(pattern, zone, after, until);
    let found = schedule.due_within(after, until, usize::MAX);
    assert_eq!(found, Due { due: expected, more: 0 }, "{pattern} in {zone}, ({after}, {until}]");
}

#[test]
fn each_pattern_at_each_change_agrees_with_the_model() {
    for (zone, change) in CHANGES {
        for pattern in PATTERNS {
            let change = at(change);
            agrees(
                pattern,
                zone,
                change - SignedDuration::from_hours(30),
                change + SignedDuration::from_hours(30),
            );
        }
    }
}

/// A list of a field: values, ranges, steps and stars.
fn field(first: u32, last: u32) -> impl Strategy<Value = String> {
    let value = first..=last;
    let range = (first..=last, first..=last).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b)));
    let part = prop_oneof![
        4 => value.prop_map(|value| value.to_string()),
        2 => range.clone(),
        1 => (range, 1u32..30).prop_map(|(range, step)| format!("{range}/{step}")),
        1 => (1u32..30).prop_map(|step| format!("*/{step}")),
        1 => Just("*".to_owned()),
    ];
    prop::collection::vec(part, 1..4).prop_map(move |parts| {
        // croner takes a star only when it is alone.
        if parts.iter().any(|part| part == "*") { "*".to_owned() } else { parts.join(",") }
    })
}

/// Patterns of any minutes and hours, on most days.
fn pattern() -> impl Strategy<Value = String> {
    let days = select(vec!["* * *", "* * *", "*/2 * *", "1-15,30 * *", "* * 0,5,6", "L * 6#1"]);
    (field(0, 59), prop_oneof![field(0, 4), field(0, 23)], days)
        .prop_map(|(minute, hour, days)| format!("{minute} {hour} {days}"))
}

/// Instants near a change of some zone's clock, with any part of a second.
fn near_change() -> impl Strategy<Value = (&'static str, Timestamp)> {
    (select(CHANGES.to_vec()), -100_000_000_i64..100_000_000).prop_map(|((zone, change), ms)| {
        // The cube brings half of them within a few hours.
        let near = (ms as f64 / 1e8).powi(3) * 1e8;
        (zone, at(change) + SignedDuration::from_millis(near as i64))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_walk_agrees_with_the_model(pattern in pattern(), (zone, after) in near_change(), hours in 0i64..30) {
        agrees(&pattern, zone, after, after + SignedDuration::from_hours(hours));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn all_questions_have_one_answer(
        pattern in pattern(), (zone, after) in near_change(), hours in 0i64..60, most in 0usize..40, part in 0.0..1.0f64,
    ) {
        let schedule = schedule(&pattern, zone);
        let until = after + SignedDuration::from_hours(hours);
        let all = schedule.due_within(after, until, usize::MAX).due;
        prop_assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(all.iter().all(|due| after < *due && *due <= until));

        let mut chain = Vec::new();
        let mut t = after;
        while let Some(due) = schedule.due_after(t).filter(|due| *due <= until) {
            chain.push(due);
            t = due;
        }
        prop_assert_eq!(&chain, &all);
        prop_assert_eq!(&schedule.next(after, all.len()), &all);

        let last = schedule.due_within(after, until, most);
        let left_out = all.len().saturating_sub(most);
        prop_assert_eq!(&last.due[..], &all[left_out..]);
        prop_assert_eq!(last.more, left_out as u64);

        // A span in two parts has the same instants as the whole.
        let length = after.duration_until(until);
        let middle = after + SignedDuration::from_millis((length.as_millis() as f64 * part) as i64);
        let mut parts = schedule.due_within(after, middle, usize::MAX).due;
        parts.extend(schedule.due_within(middle, until, usize::MAX).due);
        prop_assert_eq!(&parts, &all);
    }
}

/// croner's own search agrees for one fixed time a day and for readings of the clock, as long as no day is lost.
#[test]
fn croner_agrees_where_it_knows_the_rule() {
    let patterns =
        ["30 3 * * *", "0 2 * * *", "0 0 * * *", "15 2 * * 0", "0 3 L * *", "59 23 * * *", "0 * * * *"];
    let patterns = patterns.iter().chain(&["*/15 * * * *", "15 */2 * * *", "* * * * *"]);
    let changes = CHANGES.iter().filter(|(zone, _)| !["Pacific/Apia", "Pacific/Kwajalein"].contains(zone));
    for ((zone, change), pattern) in
        changes.flat_map(|change| patterns.clone().map(move |pattern| (change, pattern)))
    {
        let (after, until) =
            (at(change) - SignedDuration::from_hours(7), at(change) + SignedDuration::from_hours(25));
        let start = after.to_zoned(crate::zone(zone).unwrap());
        let theirs = cron(pattern).iter_after(start).map(|due| due.timestamp());
        let theirs: Vec<Timestamp> = theirs.take_while(|due| *due <= until).collect();
        assert_eq!(
            schedule(pattern, zone).due_within(after, until, usize::MAX).due,
            theirs,
            "{pattern} in {zone}"
        );
    }
}
