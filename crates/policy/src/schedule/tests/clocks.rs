//! Changes of the clock, written out.

use super::*;

#[test]
fn helsinki_skips_an_hour() {
    let due = |pattern| {
        local(&schedule(pattern, "Europe/Helsinki"), "2027-03-26T22:30:00Z", "2027-03-29T00:59:00Z")
    };
    assert_eq!(due("30 3 * * *"), ["03-27 03:30 +02:00", "03-28 04:00 +03:00", "03-29 03:30 +03:00"]);
    assert_eq!(due("0 2 * * *"), ["03-27 02:00 +02:00", "03-28 02:00 +02:00", "03-29 02:00 +03:00"]);
    assert_eq!(due("0,30 3,4 * * 0"), ["03-28 04:00 +03:00", "03-28 04:30 +03:00"]);
    assert_eq!(due("*/20 3 28 * *"), ["03-28 04:00 +03:00"]);
    let hourly = schedule("0 * * * *", "Europe/Helsinki");
    assert_eq!(
        local(&hourly, "2027-03-27T23:30:00Z", "2027-03-28T02:30:00Z"),
        ["03-28 02:00 +02:00", "03-28 04:00 +03:00", "03-28 05:00 +03:00"]
    );
    let quarters = schedule("*/15 * * * *", "Europe/Helsinki");
    assert_eq!(
        local(&quarters, "2027-03-28T00:30:00Z", "2027-03-28T01:15:00Z"),
        ["03-28 02:45 +02:00", "03-28 04:00 +03:00", "03-28 04:15 +03:00"]
    );
    let monthly = schedule("0 0 1 * *", "Europe/Helsinki");
    assert_eq!(
        local(&monthly, "2027-03-01T00:00:00Z", "2027-05-30T00:00:00Z"),
        ["04-01 00:00 +03:00", "05-01 00:00 +03:00"]
    );
}

#[test]
fn helsinki_repeats_an_hour() {
    let due = |pattern| {
        local(&schedule(pattern, "Europe/Helsinki"), "2027-10-30T22:30:00Z", "2027-10-31T02:00:00Z")
    };
    assert_eq!(due("30 3 * * *"), ["10-31 03:30 +03:00"]);
    assert_eq!(due("0 2 * * *"), ["10-31 02:00 +03:00"]);
    assert_eq!(due("0 3,4 * * *"), ["10-31 03:00 +03:00", "10-31 04:00 +02:00"]);
    assert_eq!(
        due("0 * * * *"),
        ["10-31 02:00 +03:00", "10-31 03:00 +03:00", "10-31 03:00 +02:00", "10-31 04:00 +02:00"]
    );
    assert_eq!(due("*/15 3 * * *").len(), 8);
}

#[test]
fn a_fixed_time_is_due_once_from_wherever_one_asks_in_a_repeated_hour() {
    let daily = schedule("30 3 * * *", "Europe/Helsinki");
    let (first, next) = (at("2027-10-31T00:30:00Z"), at("2027-11-01T01:30:00Z"));
    assert_eq!(daily.due_after(at("2027-10-31T00:29:59.999Z")), Some(first));
    for within in
        ["2027-10-31T00:30:00Z", "2027-10-31T01:00:00Z", "2027-10-31T01:29:59Z", "2027-10-31T01:30:00Z"]
    {
        assert_eq!(daily.due_after(at(within)), Some(next), "{within}");
    }
}

#[test]
fn the_end_of_a_gap_is_due_from_the_last_instant_before_it() {
    let daily = schedule("30 3 * * *", "Europe/Helsinki");
    let (end, next) = (at("2027-03-28T01:00:00Z"), at("2027-03-29T00:30:00Z"));
    for before in ["2027-03-27T01:30:00Z", "2027-03-28T00:59:59Z", "2027-03-28T00:59:59.999999999Z"] {
        assert_eq!(daily.due_after(at(before)), Some(end), "{before}");
        assert_eq!(daily.due_within(at(before), end, 9).due, [end], "{before}");
    }
    assert_eq!(daily.due_after(end), Some(next));
    assert_eq!(daily.due_after(at("2027-03-28T01:00:00.5Z")), Some(next));
}

#[test]
fn sao_paulo_has_no_midnight() {
    let due = |pattern| {
        local(&schedule(pattern, "America/Sao_Paulo"), "2018-11-03T04:00:00Z", "2018-11-05T02:00:00Z")
    };
    assert_eq!(due("0 0 * * *"), ["11-04 01:00 -02:00", "11-05 00:00 -02:00"]);
    assert_eq!(due("*/30 0 4 * *"), ["11-04 01:00 -02:00"]);
    assert_eq!(due("59 23 * * *"), ["11-03 23:59 -03:00", "11-04 23:59 -02:00"]);
}

#[test]
fn cairo_has_no_midnight() {
    let due =
        |pattern| local(&schedule(pattern, "Africa/Cairo"), "2024-04-24T23:00:00Z", "2024-04-26T23:00:00Z");
    assert_eq!(due("0 0 * * *"), ["04-26 01:00 +03:00", "04-27 00:00 +03:00"]);
    assert_eq!(due("0 0 26 * *"), ["04-26 01:00 +03:00"]);
    assert_eq!(due("30 0 * * 5"), ["04-26 01:00 +03:00"]);
}

#[test]
fn lord_howe_shifts_by_half_an_hour() {
    let zone = "Australia/Lord_Howe";
    let forward = |pattern| local(&schedule(pattern, zone), "2027-10-02T15:00:00Z", "2027-10-02T16:59:00Z");
    assert_eq!(forward("15 2 * * *"), ["10-03 02:30 +11:00"]);
    assert_eq!(forward("0 2,3 * * *"), ["10-03 02:30 +11:00", "10-03 03:00 +11:00"]);
    assert_eq!(forward("*/15 2 * * *"), ["10-03 02:30 +11:00", "10-03 02:45 +11:00"]);
    let back = |pattern| local(&schedule(pattern, zone), "2027-04-03T13:59:00Z", "2027-04-03T16:29:00Z");
    assert_eq!(back("45 1 * * *"), ["04-04 01:45 +11:00"]);
    assert_eq!(back("15 1 * * *"), ["04-04 01:15 +11:00"]);
    assert_eq!(back("*/15 1 * * *").len(), 6);
}

#[test]
fn apia_misses_a_day() {
    let due =
        |pattern| local(&schedule(pattern, "Pacific/Apia"), "2011-12-29T09:59:00Z", "2012-01-01T09:00:00Z");
    assert_eq!(due("0 0 * * *"), ["12-29 00:00 -10:00", "12-31 00:00 +14:00", "01-01 00:00 +14:00"]);
    assert_eq!(due("0 0 30 * *"), ["12-31 00:00 +14:00"]);
    assert_eq!(due("*/10 5 30 * *"), ["12-31 00:00 +14:00"]);
    assert_eq!(
        due("30 3 * * *"),
        ["12-29 03:30 -10:00", "12-31 00:00 +14:00", "12-31 03:30 +14:00", "01-01 03:30 +14:00"]
    );
}

#[test]
fn an_offset_with_seconds_is_due_at_its_own_minute() {
    // Monrovia was 44 minutes and 30 seconds behind, until the clock went forward by as much.
    let monrovia = schedule("30 0 * * *", "Africa/Monrovia");
    let due = monrovia.due_within(at("1972-01-06T00:00:00Z"), at("1972-01-08T12:00:00Z"), 9).due;
    assert_eq!(due, ["1972-01-06T01:14:30Z", "1972-01-07T00:44:30Z", "1972-01-08T00:30:00Z"].map(at));
}

#[test]
fn a_day_of_the_week_that_falls_in_a_gap_is_not_lost() {
    let weekly = schedule("30 3 * * 0", "Europe/Helsinki");
    let week = SignedDuration::from_hours(24 * 7);
    let due = weekly.next(at("2027-03-01T00:00:00Z"), 8);
    assert!(due.windows(2).all(|pair| pair[0].duration_until(pair[1]) <= week), "{due:?}");
    assert_eq!(weekly.period(at("2027-11-01T00:00:00Z")), week + SignedDuration::from_hours(1));
}
