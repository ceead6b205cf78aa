//! Sizes, times and counts for people.

use aitta_model::{BackupKind, Operation, ReasonCode, RunOutcome, RunSummary, Timestamp};
use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::plain::NBSP;
pub(crate) use crate::plain::{bytes, duration_ms, number, percent};
use crate::texts::Texts;

/// A span that need not be exact: `38 min`, `5 h`, `3 days`.
pub(crate) fn span_s(t: &Texts, s: u64) -> String {
    match s {
        0..60 => format!("{s}{NBSP}s"),
        _ if (3600..172_800).contains(&s) && s.is_multiple_of(3600) => format!("{}{NBSP}h", s / 3600),
        60..5400 => format!("{}{NBSP}min", (s + 30) / 60),
        5400..172_800 => format!("{}{NBSP}h", (s + 1800) / 3600),
        _ => (t.common.days)(s.saturating_add(43_200) / 86_400),
    }
}

/// How far the clock on the wall is from UTC at this moment.
pub(crate) fn offset(at: Timestamp) -> Offset {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at.as_millisecond() as f64));
    // JavaScript tells minutes west of UTC (ECMAScript 21.4.4.11).
    Offset::from_seconds((-date.get_timezone_offset() * 60.0) as i32).unwrap_or(Offset::UTC)
}

/// `Europe/Helsinki`
pub(crate) fn zone() -> String {
    let options =
        js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &js_sys::Object::new()).resolved_options();
    js_sys::Reflect::get(&options, &"timeZone".into())
        .ok()
        .and_then(|z| z.as_string())
        .unwrap_or_else(|| "UTC".to_owned())
}

/// Now, by the clock of this machine.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millisecond(js_sys::Date::now() as i64).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// So many days later. With the crate's own spans of time comes every message that it has.
pub(crate) fn days_after(at: Timestamp, days: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX)
}

/// `22 Nov 10:00`, with the year where it is another than that of `now`.
pub(crate) fn time(t: &Texts, at: Timestamp, now: Timestamp, offset: Offset) -> String {
    let (local, today) = (offset.to_datetime(at), offset.to_datetime(now));
    let year = (local.year() != today.year()).then(|| local.year());
    format!("{} {}", (t.common.day)(local.day(), local.month(), year), clock(local))
}

/// `22 Nov`, with the year where it is another than that of `now`.
pub(crate) fn day(t: &Texts, at: Timestamp, now: Timestamp, offset: Offset) -> String {
    let (local, today) = (offset.to_datetime(at), offset.to_datetime(now));
    let year = (local.year() != today.year()).then(|| local.year());
    (t.common.day)(local.day(), local.month(), year)
}

/// To the second, with the zone: `2026-11-22 10:00:07 +02:00`
pub(crate) fn exact(at: Timestamp, offset: Offset) -> String {
    let local = offset.to_datetime(at);
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!(
        "{} {}:{:02} {sign}{:02}:{:02}",
        local.date(),
        clock(local),
        local.second(),
        minutes.abs() / 60,
        minutes.abs() % 60
    )
}

/// `10:00`. The crate's own patterns are 16 kilobytes of the page.
pub(crate) fn clock(local: DateTime) -> String {
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// `38 min ago`
pub(crate) fn ago(t: &Texts, at: Timestamp, now: Timestamp) -> String {
    let s = now.duration_since(at).as_secs().max(0).unsigned_abs();
    if s < 60 { t.common.just_now.to_owned() } else { (t.common.ago)(&span_s(t, s)) }
}

/// With a capital and its full stop: hints of the engine have neither.
pub(crate) fn sentence(text: String) -> String {
    let text = capital(&text);
    if text.ends_with(['.', '!', '?']) { text } else { format!("{text}.") }
}

/// With a capital, unless it begins with a name: `s3://` and paths are written as they are.
pub(crate) fn capital(text: &str) -> String {
    if text.split(' ').next().is_some_and(|word| word.contains([':', '/', '\\', '_', '"'])) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What is read of a backup. More than there is comes of reading each part twice, and is said to.
pub(crate) fn read(t: &Texts, read_bytes: u64, archive_bytes: u64) -> String {
    let words = (t.common.read_of)(&bytes(read_bytes), &bytes(archive_bytes));
    if read_bytes > archive_bytes { format!("{words}. {}", t.common.read_twice) } else { words }
}

/// Why something was done. What a restore says of itself, and the codes of the list, are told in the words of the page.
pub(crate) fn reason(t: &Texts, said: &str) -> String {
    let (code, words) = said.split_once(": ").unwrap_or((said, ""));
    // The trail has its code before it.
    if [said, words].contains(&BackupKind::SAFETY_REASON) {
        return t.common.before_restore.to_owned();
    }
    match ReasonCode::ALL.into_iter().find(|known| known.as_str() == code) {
        Some(ReasonCode::Other) if !words.is_empty() => words.to_owned(),
        Some(known) if words.is_empty() => (t.guard.code_name)(known).to_owned(),
        Some(known) => {
            // Two colons in a line read as if one belonged to the other.
            let sign = if words.contains(": ") { ',' } else { ':' };
            format!("{}{sign} {words}", (t.guard.code_name)(known))
        }
        None => said.to_owned(),
    }
}

/// What a run has done. The copy that a restore makes first is no backup that somebody wanted.
pub(crate) fn operation(t: &Texts, run: &RunSummary) -> String {
    let is_safety = run.reason.as_deref() == Some(BackupKind::SAFETY_REASON);
    if is_safety && run.operation == Operation::Backup {
        return capital((t.common.kind)(Some(BackupKind::Safety)));
    }
    (t.common.operation)(run.operation.known()).to_owned()
}

/// What a run rests on, or how it failed.
pub(crate) fn evidence(t: &Texts, run: &RunSummary) -> String {
    if let Some(failure) = &run.failure {
        return (t.failures.said)(failure.code).0.to_owned();
    }
    let rows = run.figures.rows.map(t.common.rows);
    match (run.operation.known(), rows, run.figures.tables) {
        (Some(Operation::Backup), Some(rows), _) => (t.dashboard.read_back)(&rows),
        (Some(Operation::Restore), Some(rows), Some(tables)) => {
            (t.dashboard.equal)(&(t.common.tables)(tables), &rows)
        }
        (Some(Operation::Verify), ..) if run.outcome == RunOutcome::Succeeded => {
            t.dashboard.all_checked.to_owned()
        }
        _ => String::new(),
    }
}

/// The same beside a column that has the rows.
pub(crate) fn evidence_beside_rows(t: &Texts, run: &RunSummary) -> String {
    match (run.operation.known(), &run.failure, run.figures.rows, run.figures.tables) {
        (Some(Operation::Backup), None, Some(_), _) => t.runs.read_back_only.to_owned(),
        (Some(Operation::Restore), None, Some(_), Some(tables)) => {
            (t.runs.equal_only)(&(t.common.tables)(tables))
        }
        _ => evidence(t, run),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::{EN, FI};

    #[test]
    fn more_is_read_of_a_backup_than_there_is_only_with_its_reason() {
        let told = |n| read(&EN, n, 304_000).replace(NBSP, " ");
        assert_eq!(told(214_000), "214 kB; backup size 304 kB");
        assert!(told(433_000).contains("twice"), "{}", told(433_000));
        assert!(read(&FI, 433_000, 304_000).contains("kahdesti"));
    }

    #[test]
    fn numbers_sizes_and_times_read_well() {
        assert_eq!(number(5_799_900), "5\u{202f}799\u{202f}900");
        assert_eq!(number(999), "999");
        for (n, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (438_000_000, "438 MB"),
            (1_300_000_000, "1.3 GB"),
            (999_600, "1.0 MB"),
        ] {
            assert_eq!(bytes(n).replace(NBSP, " "), text);
        }
        for (ms, text) in [
            (850, "850 ms"),
            (2500, "2.5 s"),
            (12_000, "12 s"),
            (161_000, "2 min 41 s"),
            (120_000, "2 min"),
            (3_900_000, "1 h 5 min"),
        ] {
            assert_eq!(duration_ms(ms).replace(NBSP, " "), text);
        }
        assert_eq!(percent(0.9996).replace(NBSP, " "), "99.9 %");
        assert_eq!(percent(1.0).replace(NBSP, " "), "100 %");
        assert_eq!(percent(2.0 / 3.0).replace(NBSP, " "), "66.7 %");
        assert_eq!(percent(31.0 / 32.0).replace(NBSP, " "), "96.9 %");
    }

    #[test]
    fn finnish_figures_have_no_full_stop_before_their_tenths() {
        crate::plain::set_point(FI.dashboard.words.point);
        let told = [duration_ms(1100), bytes(1_300_000_000), percent(0.9996)];
        crate::plain::set_point(EN.dashboard.words.point);
        assert_eq!(told.map(|told| told.replace(NBSP, " ")), ["1,1 s", "1,3 GB", "99,9 %"]);
    }

    #[test]
    fn reasons_are_told_in_the_words_of_the_page_and_those_of_people_as_they_are() {
        assert_eq!(reason(&FI, BackupKind::SAFETY_REASON), "ennen palautusta, joka korvaa nämä taulut");
        assert_eq!(reason(&FI, "drill"), "Harjoitus");
        assert_eq!(reason(&FI, "incident: UPDATE ilman ehtoa"), "Häiriö: UPDATE ilman ehtoa");
        assert_eq!(reason(&EN, "other: by hand: twice"), "by hand: twice");
        assert_eq!(reason(&EN, "incident: 17: rows were lost"), "Incident, 17: rows were lost");
        assert_eq!(reason(&EN, "release 47"), "release 47");
    }

    #[test]
    fn times_carry_their_zone() {
        let at: Timestamp = "2026-11-22T08:00:07Z".parse().expect("a time");
        let later: Timestamp = "2027-01-02T08:00:00Z".parse().expect("a time");
        let helsinki = Offset::constant(2);
        assert_eq!(exact(at, helsinki), "2026-11-22 10:00:07 +02:00");
        assert_eq!(time(&EN, at, at, helsinki).replace(NBSP, " "), "22 Nov 10:00");
        assert_eq!(time(&EN, at, later, helsinki).replace(NBSP, " "), "22 Nov 2026 10:00");
        assert_eq!(time(&FI, at, at, helsinki), "22.11. 10:00");
        assert_eq!(day(&FI, at, later, helsinki), "22.11.2026");
        assert_eq!(ago(&EN, at, later).replace(NBSP, " "), "41 days ago");
    }
}
