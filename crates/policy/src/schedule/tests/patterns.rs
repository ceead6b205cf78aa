//! Patterns: which are read, which are refused, and that none takes long.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn refused(pattern: &str) -> ScheduleError {
    match Schedule::parse(pattern, "UTC") {
        Err(error) => error,
        Ok(_) => panic!("{pattern:?} was read"),
    }
}

fn next(pattern: &str, after: &str) -> Timestamp {
    schedule(pattern, "UTC").due_after(at(after)).unwrap()
}

#[test]
fn specials_and_nicknames_are_read() {
    let now = "2026-08-10T12:00:00Z";
    for (pattern, due) in [
        ("@hourly", "2026-08-10T13:00:00Z"),
        ("@Daily", "2026-08-11T00:00:00Z"),
        (" @weekly ", "2026-08-16T00:00:00Z"),
        ("@monthly", "2026-09-01T00:00:00Z"),
        ("0 5 L * *", "2026-08-31T05:00:00Z"),
        ("0 5 LW * *", "2026-08-31T05:00:00Z"),
        ("0 5 15W * *", "2026-08-14T05:00:00Z"),
        ("0 5 * * fri#2", "2026-08-14T05:00:00Z"),
        ("0 5 * * 5L", "2026-08-28T05:00:00Z"),
        ("0 5 ? * SUN", "2026-08-16T05:00:00Z"),
        ("0 5 * * 7", "2026-08-16T05:00:00Z"),
        ("0 5 * sep-dec sat-sun", "2026-09-05T05:00:00Z"),
        ("0 5 13 * 5", "2026-08-13T05:00:00Z"),
        ("00 05 01 01 *", "2027-01-01T05:00:00Z"),
        ("\t0  5\n* * * ", "2026-08-11T05:00:00Z"),
        ("0 0 29 2 *", "2028-02-29T00:00:00Z"),
    ] {
        assert_eq!(next(pattern, now), at(due), "{pattern}");
    }
    let kept = schedule("@Weekly", "europe/helsinki");
    assert_eq!((kept.pattern(), kept.zone()), ("@Weekly", "europe/helsinki"));
}

#[test]
fn a_leap_day_is_found_over_a_century_without_one() {
    assert_eq!(next("0 0 29 2 *", "2096-02-29T00:00:00Z"), at("2104-02-29T00:00:00Z"));
}

#[test]
fn a_pattern_that_never_matches_is_refused() {
    for pattern in ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 30W 2 *", "0 0 * 2 0#5", "0 0 * 2 1#5"] {
        assert_eq!(refused(pattern), ScheduleError::Never, "{pattern}");
    }
}

#[test]
fn a_sixth_field_is_refused() {
    for pattern in ["0 0 3 * * *", "0 0 3 * * * 2030", "* * * * * * * * *"] {
        assert_eq!(refused(pattern), ScheduleError::Seconds, "{pattern}");
    }
}

#[test]
fn missing_fields_and_unknown_nicknames_are_refused() {
    for (pattern, count) in [("", 0), ("  ", 0), ("* * * *", 4), ("0", 1)] {
        let why = Flaw::Fields { count };
        assert_eq!(refused(pattern), ScheduleError::Pattern { given: pattern.to_owned(), why });
    }
    for pattern in ["@reboot", "@", "@yearly", "@every 5m", "@daily 0 0 * * *"] {
        assert_eq!(
            refused(pattern),
            ScheduleError::Pattern { given: pattern.to_owned(), why: Flaw::Nickname }
        );
    }
}

#[test]
fn the_part_that_is_wrong_is_named() {
    use Field::{Day, Hour, Minute, Month, Weekday};
    for (pattern, field, part) in [
        ("60 * * * *", Minute, "60"),
        ("005 * * * *", Minute, "005"),
        ("0 24 * * *", Hour, "24"),
        ("0 1,2,99 * * *", Hour, "99"),
        ("0 0 0 * *", Day, "0"),
        ("0 0 32 * *", Day, "32"),
        ("0 0 * 13 *", Month, "13"),
        ("0 0 * * 8", Weekday, "8"),
        ("0 5-1 * * *", Hour, "5-1"),
        ("0 0 * * fri-mon", Weekday, "FRI-MON"),
        ("*/0 * * * *", Minute, "*/0"),
        ("/5 * * * *", Minute, "/5"),
        ("0/5 * * * *", Minute, "0/5"),
        ("1-2-3 * * * *", Minute, "1-2-3"),
        (", * * * *", Minute, ""),
        ("1,,2 * * * *", Minute, ""),
        ("1, * * * *", Minute, ""),
        ("99999999999999999999 * * * *", Minute, "99999999999999999999"),
        ("* 65536 * * *", Hour, "65536"),
        ("*/65535 * * * *", Minute, "*/65535"),
        ("-1 * * * *", Minute, "-1"),
        ("+1 * * * *", Minute, "+1"),
        ("MON * * * *", Minute, "MON"),
        ("0 0 * JANFEB *", Month, "JANFEB"),
        ("0 0 * MON *", Month, "MON"),
        ("0 0 * * MONDAY", Weekday, "MONDAY"),
        ("0 0 * * 1SUN", Weekday, "1SUN"),
        ("0 0 1W5 * *", Day, "1W5"),
        ("0 0 W * *", Day, "W"),
        ("0 0 0W * *", Day, "0W"),
        ("0 0 5L * *", Day, "5L"),
        ("0 0 * * L", Weekday, "L"),
        ("0 0 * * 5LL", Weekday, "5LL"),
        ("0 0 * * 5#6", Weekday, "5#6"),
        ("0 0 * * 5#2L", Weekday, "5#2L"),
        ("0 0 * * #", Weekday, "#"),
        ("0 0 * * +1", Weekday, "+1"),
        ("? 0 * * *", Minute, "?"),
        ("0 0 * * \u{17f}un", Weekday, "\u{17f}UN"),
        ("٣ * * * *", Minute, "٣"),
        ("0\u{a0}3 * * * *", Minute, "0\u{a0}3"),
        ("* H * * *", Hour, "H"),
    ] {
        let why = Flaw::Part { field, part: part.to_owned() };
        assert_eq!(refused(pattern), ScheduleError::Pattern { given: pattern.to_owned(), why });
    }
}

#[test]
fn a_long_pattern_is_refused_unread() {
    assert_eq!(refused(&"9".repeat(201)), ScheduleError::TooLong);
    assert_eq!(refused(&"é".repeat(1_000_000)), ScheduleError::TooLong);
    let list = vec!["1"; 96].join(",");
    let pattern = format!("{list} * * * *");
    assert_eq!(pattern.len(), 199);
    schedule(&pattern, "UTC");
}

#[test]
fn an_unknown_zone_is_refused() {
    for zone in ["", "Mars/Base", "../UTC", "Europe/Helsinki\n"] {
        let error = Schedule::parse("0 4 * * *", zone).unwrap_err();
        assert_eq!(error, ScheduleError::Zone { given: zone.to_owned() });
    }
    let Err(ScheduleError::Zone { given }) = Schedule::parse("0 4 * * *", &"ä".repeat(9_999)) else {
        panic!()
    };
    assert_eq!(given.chars().count(), PATTERN_MAX);
}

#[test]
fn presets_are_recognised() {
    for preset in Preset::ALL {
        schedule(preset.pattern(), "America/Sao_Paulo");
        assert_eq!(Preset::of(preset.pattern()), Some(preset));
    }
    assert_eq!(Preset::of("  0 2  * * *"), Some(Preset::Daily));
    assert_eq!(Preset::of("0 5 * * *"), None);
    assert_eq!(Preset::of("0 2 * * * *"), None);
}

#[test]
fn the_period_is_the_longest_pause() {
    let hours = |pattern, around| schedule(pattern, "Europe/Helsinki").period(at(around)).as_hours();
    assert_eq!(hours("0 4 * * *", "2026-06-01T00:00:00Z"), 24);
    assert_eq!(hours("0 4 * * *", "2027-10-01T00:00:00Z"), 25);
    assert_eq!(hours("0 9,17 * * *", "2026-06-01T00:00:00Z"), 16);
    assert_eq!(hours("* * * * *", "2026-06-01T00:00:00Z"), 0);
    // On a Monday morning; the pause is the weekend's.
    assert_eq!(hours("*/5 8-17 * * 1-5", "2026-06-01T06:00:00Z"), 62);
    assert_eq!(hours("0 0 29 2 *", "2026-06-01T00:00:00Z"), 8 * 365 * 24 + 24);
    assert_eq!(schedule("0 0 1 1 *", "UTC").period(Timestamp::MAX), SignedDuration::ZERO);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test is of the time that it takes")]
fn years_of_a_minutely_schedule_are_counted_quickly() {
    let minutely = schedule("* * * * *", "Europe/Helsinki");
    let start = Instant::now();
    let due = minutely.due_within(at("2001-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z"), 100);
    assert_eq!(due.more + 100, 9_131 * 1_440);
    assert_eq!(due.due.last(), Some(&at("2026-01-01T00:00:00Z")));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn the_ends_of_the_calendar_are_reached_without_a_fault() {
    for pattern in ["* * * * *", "0 4 * * *"] {
        for zone in ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Helsinki"] {
            let schedule = schedule(pattern, zone);
            assert_eq!(schedule.due_after(Timestamp::MAX), None);
            assert!(schedule.due_after(Timestamp::MIN).is_some());
            assert_eq!(schedule.next(Timestamp::MIN, usize::MAX).len(), LISTED_MAX);
            let due = schedule.due_within(Timestamp::MIN, Timestamp::MAX, usize::MAX);
            assert!(
                due.due.len() <= LISTED_MAX && due.due.iter().all(|due| *due > at("9899-01-01T00:00:00Z"))
            );
            assert_eq!(schedule.due_within(Timestamp::MAX, Timestamp::MIN, 5), Due::default());
            assert_eq!(schedule.due_within(Timestamp::MIN, Timestamp::MIN, 5), Due::default());
            assert!(schedule.period(Timestamp::MIN) > SignedDuration::ZERO);
        }
    }
}

#[test]
fn all_leap_days_are_listed() {
    let leap_days = schedule("0 0 29 2 *", "Europe/Helsinki").next(at("0000-12-31T00:00:00Z"), usize::MAX);
    assert_eq!(leap_days.len(), 9_999 / 4 - 9_999 / 100 + 9_999 / 400);
}

#[test]
fn an_instant_before_1970_counts_from_its_second() {
    let minutely = schedule("* * * * *", "UTC");
    assert_eq!(minutely.due_after(at("1969-12-31T23:58:59.5Z")), Some(at("1969-12-31T23:59:00Z")));
    assert_eq!(minutely.due_after(at("1969-12-31T23:59:00Z")), Some(at("1970-01-01T00:00:00Z")));
    let due = minutely.due_within(at("1969-12-31T23:58:00Z"), at("1969-12-31T23:59:59.5Z"), 9).due;
    assert_eq!(due, [at("1969-12-31T23:59:00Z")]);
}

/// Whatever was read, is due again and again.
#[expect(clippy::disallowed_methods, reason = "the test is of the time that it takes")]
fn check(pattern: &str) {
    let start = Instant::now();
    if let Ok(schedule) = Schedule::parse(pattern, "America/Sao_Paulo") {
        let due = schedule.next(at("2018-01-01T00:00:00Z"), 40);
        assert_eq!(due.len(), 40, "{pattern:?}");
        assert!(due.windows(2).all(|pair| pair[0] < pair[1]), "{pattern:?}");
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{pattern:?} took {:?}", start.elapsed());
}

#[test]
fn patterns_over_which_croner_takes_minutes_are_answered_at_once() {
    let longest = format!("{},60 * * * *", vec!["1"; 94].join(","));
    for pattern in [", * * * *", "0 , * * *", "0 0 , * *", "0 0 * * L", "0 0 31 2 *", &longest] {
        check(pattern);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_text_is_read_or_refused(pattern in ".{0,220}") {
        check(&pattern);
    }

    #[test]
    fn any_text_of_a_cron_alphabet_is_read_or_refused(
        pattern in "([0-9*/,LW#?@+-]{1,6}|[0-9]{1,2}|\\*|\\*/[0-9]|MON|feb|[0-9]L|[0-9]+W)( ([0-9*/,LW#?+-]{1,6}|[0-9]{1,2}|\\*|JAN-Mar|sun#[0-9])){4}",
    ) {
        check(&pattern);
    }
}
