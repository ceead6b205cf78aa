//! Rules of schedules in words, and the runs that they bring.

use std::cell::Cell;

use aitta_model::{RuleField, RuleFlaw, Timestamp};
use jiff::civil::Weekday;
use jiff::tz::Offset;
use leptos::prelude::*;

use super::live::live;
use crate::clock::Clock;
use crate::format;
use crate::plain::{NBSP, named};
use crate::preferences::texts;
use crate::texts::Texts;

thread_local! {
    /// When a schedule was changed in this window, in milliseconds.
    static CHANGED_MS: Cell<Option<f64>> = const { Cell::new(None) };
}

/// Programs that start backups read their configuration anew within half a minute.
const SETTLED_MS: f64 = 35_000.0;

/// A schedule was saved: it is too early to say that no program follows it.
pub(crate) fn was_changed() {
    CHANGED_MS.set(Some(js_sys::Date::now()));
}

/// Whether programs may not have seen yet what was saved last.
pub(crate) fn is_settling() -> bool {
    CHANGED_MS.get().is_some_and(|at| (js_sys::Date::now() - at).abs() < SETTLED_MS)
}

/// A rule in words, where it is as simple as most are, with its time zone.
pub(crate) fn in_words(t: &Texts, pattern: &str, zone: &str) -> String {
    let a = &t.automation;
    let words = match simple(pattern) {
        // It is the same in most zones.
        Some(Simple::Hourly(minute)) => return (a.rule_hourly)(minute),
        Some(Simple::Daily(clock)) => (a.rule_daily)(&clock),
        Some(Simple::Weekly(weekday, clock)) => (a.rule_weekly)(weekday, &clock),
        None => (a.rule_own)(&named(pattern)),
    };
    format!("{words} ({})", named(zone))
}

/// Rules that have words.
#[derive(Debug, PartialEq, Eq)]
enum Simple {
    Hourly(i8),
    Daily(String),
    /// The day of the week, from 1, which is Monday.
    Weekly(i8, String),
}

fn simple(pattern: &str) -> Option<Simple> {
    let fields: Vec<&str> = pattern.split_ascii_whitespace().collect();
    let [minute, hour, "*", "*", weekday] = fields[..] else { return None };
    let number = |text: &str, last: i8| text.parse::<i8>().ok().filter(|n| (0..=last).contains(n));
    let minute = number(minute, 59)?;
    if (hour, weekday) == ("*", "*") {
        return Some(Simple::Hourly(minute));
    }
    let clock = format!("{:02}:{minute:02}", number(hour, 23)?);
    match weekday {
        "*" => Some(Simple::Daily(clock)),
        // Sunday is 0 and 7.
        weekday => number(weekday, 7).map(|day| Simple::Weekly(if day == 0 { 7 } else { day }, clock)),
    }
}

/// What is wrong with a rule, where it is its pattern.
pub(crate) fn pattern_flaw(t: &Texts, flaw: &RuleFlaw) -> Option<String> {
    let a = &t.automation;
    match flaw {
        RuleFlaw::Zone => None,
        RuleFlaw::TooLong => Some(a.flaw_long.to_owned()),
        RuleFlaw::Fields => Some(a.flaw_fields.to_owned()),
        RuleFlaw::Part { field, part } => Some(part_flaw(t, *field, part)),
        RuleFlaw::Nickname => Some(a.flaw_nickname.to_owned()),
        RuleFlaw::Never => Some(a.flaw_never.to_owned()),
    }
}

fn part_flaw(t: &Texts, field: RuleField, part: &str) -> String {
    (t.automation.flaw_part)(field, &named(part))
}

/// `Tue 1 Dec 04:00`
pub(crate) fn day_and_time(t: &Texts, at: Timestamp, now: Timestamp, offset: Offset) -> String {
    let weekday = match offset.to_datetime(at).weekday() {
        Weekday::Monday => 1,
        Weekday::Tuesday => 2,
        Weekday::Wednesday => 3,
        Weekday::Thursday => 4,
        Weekday::Friday => 5,
        Weekday::Saturday => 6,
        Weekday::Sunday => 7,
    };
    format!("{} {}", (t.automation.weekday)(weekday), format::time(t, at, now, offset))
}

/// How long it is until then.
pub(crate) fn in_span(t: &Texts, at: Timestamp, now: Timestamp) -> String {
    let s = at.duration_since(now).as_secs();
    match u64::try_from(s) {
        Ok(s) if s > 0 => (t.automation.in_span)(&format::span_s(t, s)),
        _ => t.automation.now_due.to_owned(),
    }
}

/// Runs to come, by the clock of this machine and in UTC.
#[component]
pub(crate) fn Ahead(next: Vec<Timestamp>, now: Timestamp) -> impl IntoView {
    let t = texts();
    let clock = Clock::here();
    let line = |(i, at): (usize, Timestamp)| {
        let offset = format::offset(at);
        let utc = (offset != Offset::UTC).then(|| {
            let clock = format::clock(Offset::UTC.to_datetime(at));
            view! { <span class="muted">{format!("{clock}{NBSP}UTC")}</span> }.into_any()
        });
        // Of the first one, how long it still is: that goes on.
        let span = (i == 0).then(|| {
            live(move || view! { <span class="muted">{in_span(t, at, clock.reading())}</span> }.into_any())
        });
        view! {
            <li>
                <time title=format::exact(at, offset)>{day_and_time(t, at, now, offset)}</time>{utc}{span}
            </li>
        }
        .into_any()
    };
    view! { <ol class="ahead">{next.into_iter().enumerate().map(line).collect_view()}</ol> }
}

#[cfg(test)]
mod tests {
    use aitta_model::Preset;

    use super::*;
    use crate::texts::{EN, FI};

    #[test]
    fn presets_and_what_is_like_them_have_words_and_others_are_shown_as_they_are() {
        let words = |pattern: &str| in_words(&EN, pattern, "Europe/Helsinki");
        assert_eq!(words(Preset::Hourly.pattern()), "Every hour, on the hour");
        assert_eq!(words(Preset::Daily.pattern()), "Every day at 02:00 (Europe/Helsinki)");
        assert_eq!(words(Preset::Weekly.pattern()), "Every Sunday at 02:00 (Europe/Helsinki)");
        assert_eq!(words("5 14 * * 1"), "Every Monday at 14:05 (Europe/Helsinki)");
        assert_eq!(words("30 * * * *"), "Every hour, 30 min past");
        for other in ["*/15 * * * *", "0 2 1 * *", "0 2 * * 1-5", "60 2 * * *", "0 +2 * 1 *", "@daily"] {
            assert_eq!(words(other), format!("By the rule {other} (Europe/Helsinki)"));
        }
        assert_eq!(in_words(&FI, "0 2 * * 0", "UTC"), "Joka sunnuntai klo 02:00 (UTC)");
        assert_eq!(in_words(&EN, "0\u{202e}2", "UTC"), "By the rule 0\\u{202e}2 (UTC)");
    }

    #[test]
    fn a_run_is_told_with_its_day_of_the_week() {
        let at: Timestamp = "2026-12-01T22:30:00Z".parse().expect("a time");
        let now: Timestamp = "2026-12-01T11:30:00Z".parse().expect("a time");
        let told = day_and_time(&EN, at, now, Offset::constant(2)).replace(NBSP, " ");
        assert_eq!(told, "Wed 2 Dec 00:30");
        assert_eq!(day_and_time(&FI, at, now, Offset::UTC), "ti 1.12. 22:30");
        assert_eq!(in_span(&EN, at, now).replace(NBSP, " "), "in 11 h");
        assert_eq!(in_span(&EN, now, at), "now");
    }
}
