//! A day as somebody types it: `27.11.2026`, `27 Nov 2026`, `2026-11-27`, `yesterday`. Either language is read in both.

use jiff::civil::Date;

/// Days that have a name, and how long ago they are.
const NAMES: [(&str, i64); 5] =
    [("today", 0), ("yesterday", 1), ("tänään", 0), ("eilen", 1), ("toissapäivänä", 2)];

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// A day without its year that would be further ahead than this is one of last year.
const AHEAD_DAYS: i64 = 183;

/// Reads a day.
pub(crate) fn read(text: &str, today: Date) -> Option<Date> {
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    match *words.as_slice() {
        [day, month] => english(day, month, None, today),
        [day, month, year] => english(day, month, Some(year), today),
        _ => None,
    }
    .or_else(|| one_word(&words.concat(), today))
}

/// One that has no space in it, in small letters.
pub(crate) fn one_word(text: &str, today: Date) -> Option<Date> {
    if let Some((_, days)) = NAMES.iter().find(|(name, _)| *name == text) {
        return ago(today, *days);
    }
    iso(text).or_else(|| dotted(text, today))
}

/// `2026-11-27`
pub(crate) fn iso(text: &str) -> Option<Date> {
    let [year, month, day] = *text.split('-').collect::<Vec<_>>().as_slice() else { return None };
    (year.len() == 4).then_some(())?;
    day_of(number(year, 4)?, number(month, 2)?, number(day, 2)?)
}

/// `27.11.` and `27.11.2026`
fn dotted(text: &str, today: Date) -> Option<Date> {
    let parts: Vec<&str> = text.split('.').collect();
    let (day, month) = (number(parts.first()?, 2)?, number(parts.get(1)?, 2)?);
    match parts.get(2).copied().unwrap_or_default() {
        "" if parts.len() <= 3 => last(month, day, today),
        year if year.len() == 4 && parts.len() == 3 => day_of(number(year, 4)?, month, day),
        _ => None,
    }
}

/// `27 Nov` and `27 November 2026`
fn english(day: &str, month: &str, year: Option<&str>, today: Date) -> Option<Date> {
    let at = MONTHS.iter().position(|name| month.len() >= 3 && name.starts_with(month))?;
    let (day, month) = (number(day, 2)?, i32::try_from(at).ok()? + 1);
    match year {
        Some(year) if year.len() == 4 => day_of(number(year, 4)?, month, day),
        Some(_) => None,
        None => last(month, day, today),
    }
}

/// The one of this year, or of last year where that is far ahead.
fn last(month: i32, day: i32, today: Date) -> Option<Date> {
    let this_year = day_of(today.year().into(), month, day);
    let ahead = |date: &Date| ago(*date, AHEAD_DAYS).is_some_and(|before| before > today);
    this_year.filter(|date| !ahead(date)).or_else(|| day_of(i32::from(today.year()) - 1, month, day))
}

fn day_of(year: i32, month: i32, day: i32) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// So many days before. With the crate's own spans of time comes every message that it has.
pub(crate) fn ago(date: Date, days: i64) -> Option<Date> {
    let mut date = date;
    for _ in 0..days {
        date = date.yesterday().ok()?;
    }
    Some(date)
}

/// Digits alone, `most` of them.
pub(crate) fn number(text: &str, most: usize) -> Option<i32> {
    let fits = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<String> {
        let today: Date = "2026-11-28".parse().expect("a day");
        read(text, today).map(|day| day.to_string())
    }

    #[test]
    fn a_day_is_read_in_the_form_of_each_language() {
        for (text, meant) in [
            ("27.11.2026", "2026-11-27"),
            (" 27. 11. 2026 ", "2026-11-27"),
            ("1.2.", "2026-02-01"),
            ("1.2", "2026-02-01"),
            ("2026-11-27", "2026-11-27"),
            ("27 Nov 2026", "2026-11-27"),
            ("27\u{a0}Nov 2026", "2026-11-27"),
            ("27 november", "2026-11-27"),
            ("1 Sept 2025", "2025-09-01"),
            ("Yesterday", "2026-11-27"),
            ("eilen", "2026-11-27"),
        ] {
            assert_eq!(told(text).as_deref(), Some(meant), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in ["", "x", "31.2.2026", "27 Ma 2026", "11/27/2026", "27.11.26", "2026-13-01", "27 Nov 26"]
        {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
