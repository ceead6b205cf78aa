//! A time as somebody types it at night: `02:55`, `yesterday 02:55`, `27.11. 02:55`, `2026-11-27 02:55`.

use aitta_model::Timestamp;
use jiff::civil::{DateTime, Time};

use crate::day::{self, number};

/// What was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// By the clock on the wall.
    Local(DateTime),
    /// With its zone.
    Exact(Timestamp),
}

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It is no time, or a day without one.
    NoTime,
    /// It is still to come.
    Future,
}

/// Of both languages, each as it is written before a time.
const FILLERS: [&str; 3] = ["at", "klo", "kello"];

impl When {
    /// Reads what was typed, by a clock on the wall that shows `now`. A time without a day is the last one that the clock
    /// has shown.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &str, now: DateTime) -> Result<Self, Wrong> {
        let text = text.trim().to_lowercase();
        if let Some(exact) = exact(&text) {
            return Ok(Self::Exact(exact));
        }
        let text = match text.split_once('t') {
            Some((date, time)) if day::iso(date).is_some() => format!("{date} {time}"),
            _ => text,
        };
        let words: Vec<&str> = text.split_whitespace().filter(|word| !FILLERS.contains(word)).collect();
        let found = match words.as_slice() {
            [time] => last(clock(time).ok_or(Wrong::NoTime)?, now),
            [day, time] => {
                let (day, time) = (day.trim_end_matches(','), clock(time).ok_or(Wrong::NoTime)?);
                day::one_word(day, now.date()).ok_or(Wrong::NoTime)?.to_datetime(time)
            }
            _ => return Err(Wrong::NoTime),
        };
        if found > now { Err(Wrong::Future) } else { Ok(Self::Local(found)) }
    }
}

/// A time with its zone (RFC 3339).
fn exact(text: &str) -> Option<Timestamp> {
    let has_zone = text.ends_with('z') || text.rfind(['+', '-']).is_some_and(|at| at > 10);
    if has_zone { text.to_uppercase().parse().ok() } else { None }
}

/// `02:55`, `2.55`, `02:55:07`
fn clock(text: &str) -> Option<Time> {
    let parts: Vec<&str> = text.split([':', '.']).collect();
    let (hour, minute, second) = match parts.as_slice() {
        [hour, minute] => (number(hour, 2)?, two(minute)?, 0),
        [hour, minute, second] => (number(hour, 2)?, two(minute)?, two(second)?),
        _ => return None,
    };
    Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, i8::try_from(second).ok()?, 0).ok()
}

/// The last time that the clock has shown this.
fn last(time: Time, now: DateTime) -> DateTime {
    let today = now.date().to_datetime(time);
    if today <= now { today } else { day::ago(now.date(), 1).unwrap_or(now.date()).to_datetime(time) }
}

fn two(text: &str) -> Option<i32> {
    if text.len() == 2 { number(text, 2) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime {
        "2026-11-28T09:30:00".parse().expect("a time")
    }

    fn read(text: &str) -> Result<String, Wrong> {
        When::parse(text, now()).map(|when| match when {
            When::Local(local) => format!("{} {:02}:{:02}", local.date(), local.hour(), local.minute()),
            When::Exact(at) => at.to_string(),
        })
    }

    #[test]
    fn a_time_is_read_as_it_is_typed_at_night() {
        for (text, meant) in [
            ("02:55", "2026-11-28 02:55"),
            (" 2:55 ", "2026-11-28 02:55"),
            ("klo 2.55", "2026-11-28 02:55"),
            ("23:50", "2026-11-27 23:50"),
            ("yesterday 02:55", "2026-11-27 02:55"),
            ("Yesterday at 02:55", "2026-11-27 02:55"),
            ("today 02:55", "2026-11-28 02:55"),
            ("eilen 02:55", "2026-11-27 02:55"),
            ("Eilen klo 2.55", "2026-11-27 02:55"),
            ("toissapäivänä 14.05", "2026-11-26 14:05"),
            ("27.11. 02:55", "2026-11-27 02:55"),
            ("27.11 2.55", "2026-11-27 02:55"),
            ("27.11.2025 02:55", "2025-11-27 02:55"),
            ("31.12. 23:00", "2026-12-31 23:00"),
            ("2026-11-27 02:55", "2026-11-27 02:55"),
            ("2026-11-27T02:55:07", "2026-11-27 02:55"),
            ("2026-11-27T02:55:00Z", "2026-11-27T02:55:00Z"),
            ("2026-11-27T02:55:00+02:00", "2026-11-27T00:55:00Z"),
        ] {
            let expected = if text.starts_with("31.12") { Err(Wrong::Future) } else { Ok(meant.to_owned()) };
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_day_without_its_year_may_be_of_last_year() {
        let january: DateTime = "2027-01-02T08:00:00".parse().expect("a time");
        let read = |text| When::parse(text, january);
        let expected: DateTime = "2026-12-30T02:55:00".parse().expect("a time");
        assert_eq!(read("30.12. 02:55"), Ok(When::Local(expected)));
        assert_eq!(read("3.1. 02:55"), Err(Wrong::Future), "tomorrow is a slip, and not a year ago");
    }

    #[test]
    fn a_time_that_is_still_to_come_is_refused() {
        for text in ["today 10:00", "2026-11-29 02:55", "29.11. 02:55", "28.11.2027 02:55"] {
            assert_eq!(read(text), Err(Wrong::Future), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "x",
            "25:00",
            "02:5",
            "2026-11-27",
            "27.11.",
            "yesterday",
            "27.13. 02:55",
            "31.02. 02:55",
            "27.11.26 02:55",
            "1 2 3",
            "-1:20",
            "2026-11-27 02:55 04:00",
        ] {
            assert_eq!(read(text), Err(Wrong::NoTime), "{text}");
        }
    }
}
