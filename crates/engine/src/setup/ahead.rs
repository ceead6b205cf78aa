//! What a rule would start, before it is saved.

use aitta_model::{RUNS_AHEAD, RuleField, RuleFlaw, RunsAhead};
use aitta_policy::{Field, Flaw, Schedule, ScheduleError};
use jiff::Timestamp;

/// The next runs of a rule, or what is wrong with it.
#[must_use]
pub fn runs_ahead(pattern: &str, zone: &str, now: Timestamp) -> RunsAhead {
    match Schedule::parse(pattern, zone.trim()) {
        Ok(schedule) => RunsAhead { now, next: schedule.next(now, RUNS_AHEAD), flaw: None },
        Err(error) => RunsAhead { now, next: Vec::new(), flaw: Some(flaw(error)) },
    }
}

fn flaw(error: ScheduleError) -> RuleFlaw {
    match error {
        ScheduleError::TooLong => RuleFlaw::TooLong,
        ScheduleError::Seconds | ScheduleError::Pattern { why: Flaw::Fields { .. }, .. } => RuleFlaw::Fields,
        ScheduleError::Pattern { why: Flaw::Nickname, .. } => RuleFlaw::Nickname,
        ScheduleError::Pattern { why: Flaw::Part { field, part }, .. } => {
            let field = match field {
                Field::Minute => RuleField::Minute,
                Field::Hour => RuleField::Hour,
                Field::Day => RuleField::Day,
                Field::Month => RuleField::Month,
                Field::Weekday => RuleField::Weekday,
            };
            RuleFlaw::Part { field, part }
        }
        ScheduleError::Never => RuleFlaw::Never,
        ScheduleError::Zone { .. } => RuleFlaw::Zone,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_rule_tells_its_next_runs_and_a_wrong_one_what_is_wrong() {
        let now: Timestamp = "2026-11-30T00:00:00Z".parse().unwrap();
        let ahead = runs_ahead("0 2 * * *", " Europe/Helsinki ", now);
        let first: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
        assert_eq!((ahead.next.len(), ahead.next[0], ahead.flaw), (RUNS_AHEAD, first, None));

        let part = |field, part: &str| RuleFlaw::Part { field, part: part.to_owned() };
        for (pattern, zone, flaw) in [
            ("0 25 * * *", "UTC", part(RuleField::Hour, "25")),
            ("0 2 * * XYZ", "UTC", part(RuleField::Weekday, "XYZ")),
            ("0 2 * *", "UTC", RuleFlaw::Fields),
            ("0 0 2 * * *", "UTC", RuleFlaw::Fields),
            ("", "UTC", RuleFlaw::Fields),
            ("@reboot", "UTC", RuleFlaw::Nickname),
            ("0 2 30 2 *", "UTC", RuleFlaw::Never),
            ("0 2 * * *", "Europe/Helsingfors", RuleFlaw::Zone),
        ] {
            let ahead = runs_ahead(pattern, zone, now);
            assert_eq!((ahead.flaw, ahead.next.len()), (Some(flaw), 0), "{pattern} {zone}");
        }
        assert_eq!(runs_ahead(&"0".repeat(300), "UTC", now).flaw, Some(RuleFlaw::TooLong));
    }
}
