//! Days, weeks, months and quarters, as people have them.

use aitta_model::Span;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// When the span began in which `now` is, and when the one before it did. Where clocks leave out midnight, a day begins
/// after the gap.
#[must_use]
pub fn begins(span: Span, now: Timestamp, zone: &TimeZone) -> (Timestamp, Timestamp) {
    let today = now.to_zoned(zone.clone()).date();
    let first = match span {
        Span::Day => today,
        Span::Week => {
            let days = i64::from(today.weekday().to_monday_zero_offset());
            today.saturating_sub(days.days())
        }
        Span::Month => today.first_of_month(),
        Span::Quarter => {
            let months = i64::from((today.month() - 1) % 3);
            today.first_of_month().saturating_sub(months.months())
        }
    };
    let before = match span {
        Span::Day => first.saturating_sub(1.days()),
        Span::Week => first.saturating_sub(7.days()),
        Span::Month => first.saturating_sub(1.months()),
        Span::Quarter => first.saturating_sub(3.months()),
    };
    let begin = |date: jiff::civil::Date| {
        let zoned = date.to_zoned(zone.clone());
        zoned.map_or(Timestamp::MIN, |zoned| zoned.timestamp())
    };
    (begin(first), begin(before))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    const ALL: [Span; 4] = [Span::Day, Span::Week, Span::Month, Span::Quarter];

    fn told(span: Span, now: &str, zone: &str) -> (String, String) {
        let (from, before) = begins(span, now.parse().unwrap(), &TimeZone::get(zone).unwrap());
        (from.to_string(), before.to_string())
    }

    #[test]
    fn spans_begin_where_people_begin_them() {
        let at = "2026-11-30T22:30:00Z";
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        // It is Tuesday, the first of December there.
        let zone = "Europe/Helsinki";
        assert_eq!(told(Span::Day, at, zone), pair("2026-11-30T22:00:00Z", "2026-11-29T22:00:00Z"));
        assert_eq!(told(Span::Week, at, zone), pair("2026-11-29T22:00:00Z", "2026-11-22T22:00:00Z"));
        assert_eq!(told(Span::Month, at, zone), pair("2026-11-30T22:00:00Z", "2026-10-31T22:00:00Z"));
        // Summer time began in between.
        assert_eq!(told(Span::Quarter, at, zone), pair("2026-09-30T21:00:00Z", "2026-06-30T21:00:00Z"));
        assert_eq!(
            told(Span::Quarter, "2027-01-01T00:00:00Z", "UTC"),
            pair("2027-01-01T00:00:00Z", "2026-10-01T00:00:00Z")
        );
    }

    #[test]
    fn a_day_without_midnight_begins_after_the_gap() {
        // Clocks went from 0:00 to 1:00 on the 4th.
        let (from, _) = told(Span::Day, "2018-11-04T12:00:00Z", "America/Sao_Paulo");
        assert_eq!(from, "2018-11-04T03:00:00Z");
    }

    proptest! {
        #[test]
        fn now_is_in_its_span_and_spans_follow_each_other(
            second in 0i64..4_000_000_000,
            zone in prop::sample::select(vec!["UTC", "Europe/Helsinki", "Pacific/Apia", "Australia/Lord_Howe"]),
        ) {
            let zone = TimeZone::get(zone).unwrap();
            let now = Timestamp::from_second(second).unwrap();
            for span in ALL {
                let (from, before) = begins(span, now, &zone);
                prop_assert!(before < from && from <= now);
                let just_before = from - jiff::SignedDuration::from_secs(1);
                let (other, _) = begins(span, just_before, &zone);
                // A day that a place has left out altogether is no day.
                prop_assert!(other <= just_before && before <= other);
            }
        }
    }
}
