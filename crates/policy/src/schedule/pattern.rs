//! Reading patterns: strictly, and in bounded time.
//!
//! croner reads the values and knows the calendar. What reaches it has passed the grammar below, because version 4.0.3
//! accepts more than it understands: `1W5` as `1W`, `5LL` as `5L`, `JANFEB` as 12, and `,` as a field that matches
//! nothing, for which its own search takes minutes.

use croner::parser::{CronParser, Seconds, Year};
use croner::{Cron, CronPattern, Weekday};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{NEVER_YEARS, PATTERN_MAX, ScheduleError, shortened};

/// Names of months, in the order of the year.
const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// Names of weekdays, from Sunday.
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// A field of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// 1 to 31.
    Day,
    /// 1 to 12 or by name.
    Month,
    /// 0 to 7 or by name.
    Weekday,
}

/// What is wrong with a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "flaw", rename_all = "snake_case")]
pub enum Flaw {
    /// The pattern is an unknown nickname, such as `@reboot`.
    Nickname,
    /// The pattern has fewer than five fields.
    Fields {
        /// How many there are.
        count: usize,
    },
    /// A part of a field's list is malformed or out of range.
    Part {
        /// Which field.
        field: Field,
        /// The part as it was given.
        part: String,
    },
}

/// A pattern that was read: which days match, and which minutes of such a day.
#[derive(Debug, Clone)]
pub(super) struct Times {
    days: CronPattern,
    /// Minutes since midnight, ascending; at least one.
    minutes: Vec<u16>,
    /// Whether minute and hour are fixed, so that the time of day counts rather than each reading of the clock.
    fixed: bool,
}

impl Times {
    /// Reads a pattern.
    pub(super) fn parse(given: &str) -> Result<Self, ScheduleError> {
        if given.chars().nth(PATTERN_MAX).is_some() {
            return Err(ScheduleError::TooLong);
        }
        let malformed = |why| ScheduleError::Pattern { given: shortened(given), why };
        // ASCII only: in full Unicode other letters than S become an S as well.
        let upper = given.to_ascii_uppercase();
        let fields = match upper.trim_ascii() {
            "@HOURLY" => "0 * * * *",
            "@DAILY" => "0 0 * * *",
            "@WEEKLY" => "0 0 * * 0",
            "@MONTHLY" => "0 0 1 * *",
            other if other.starts_with('@') => return Err(malformed(Flaw::Nickname)),
            other => other,
        };
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        let &[minute, hour, day, month, weekday] = &fields[..] else {
            let count = fields.len();
            return Err(if count > 5 { ScheduleError::Seconds } else { malformed(Flaw::Fields { count }) });
        };
        let named = [
            (Field::Minute, minute),
            (Field::Hour, hour),
            (Field::Day, day),
            (Field::Month, month),
            (Field::Weekday, weekday),
        ];
        let flaw = |field, part: &str| malformed(Flaw::Part { field, part: part.to_owned() });
        for (field, text) in named {
            if let Some(part) = text.split(',').find(|part| !well_formed(field, part)) {
                return Err(flaw(field, part));
            }
        }
        let Some(cron) = read(&fields.join(" ")) else {
            // croner names no field, so each part is tried by itself.
            let wrong = named.iter().find_map(|(field, text)| {
                let alone = |part: &&str| {
                    let pattern: Vec<&str> =
                        named.iter().map(|(f, _)| if f == field { part } else { "*" }).collect();
                    read(&pattern.join(" ")).is_none()
                };
                text.split(',').find(alone).map(|part| (*field, part))
            });
            let (field, part) = wrong.unwrap_or((Field::Minute, minute));
            return Err(flaw(field, part));
        };
        let (hours, of_hour) = (cron.pattern.hours.values(), cron.pattern.minutes.values());
        let minutes =
            hours.iter().flat_map(|hour| of_hour.iter().map(move |minute| hour * 60 + minute)).collect();
        let fixed = !minute.contains(['*', '/']) && !hour.contains(['*', '/']);
        let times = Self { days: cron.pattern, minutes, fixed };
        if times.minutes.is_empty() || times.never() {
            return Err(ScheduleError::Never);
        }
        Ok(times)
    }

    /// Whether a day matches.
    pub(super) fn on(&self, date: Date) -> bool {
        let (year, month, day) = (i32::from(date.year()), date.month() as u32, date.day() as u32);
        let weekday = Weekday::from_days_from_sunday(date.weekday().to_sunday_zero_offset() as u32);
        self.days.month_match(month).unwrap_or(false)
            && self.days.day_match(year, month, day, weekday).unwrap_or(false)
    }

    /// The minutes of a day that match, ascending.
    pub(super) fn minutes(&self) -> &[u16] {
        &self.minutes
    }

    /// Whether these are fixed times of day.
    pub(super) fn fixed(&self) -> bool {
        self.fixed
    }

    /// Whether [`NEVER_YEARS`] can pass without a match.
    ///
    /// The 28 years from 2001 have each weekday on each day of the year, the leap day included, so that `Never` depends
    /// on the pattern alone: a fifth Sunday in February is refused as a fifth Monday is.
    fn never(&self) -> bool {
        let (mut date, end) = (jiff::civil::date(2001, 1, 1), jiff::civil::date(2029, 1, 1));
        let mut without = 0;
        while date < end && without <= NEVER_YEARS * 366 {
            without = if self.on(date) { 0 } else { without + 1 };
            let Ok(tomorrow) = date.tomorrow() else { break };
            date = tomorrow;
        }
        without > NEVER_YEARS * 366
    }
}

/// What croner makes of five fields.
fn read(fields: &str) -> Option<Cron> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(fields).ok()
}

/// Whether a part of a list has a form that its field allows; ranges of values are for croner to check.
fn well_formed(field: Field, part: &str) -> bool {
    let value = |text: &str| match field {
        _ if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => text.len() <= 2,
        Field::Month => MONTHS.contains(&text),
        Field::Weekday => WEEKDAYS.contains(&text),
        _ => false,
    };
    let range = |text: &str| text.split_once('-').is_some_and(|(first, last)| value(first) && value(last));
    let special = match field {
        Field::Day => matches!(part, "?" | "L" | "LW") || part.strip_suffix('W').is_some_and(value),
        Field::Weekday => {
            part == "?"
                || part.strip_suffix('L').is_some_and(value)
                || part
                    .split_once('#')
                    .is_some_and(|(day, nth)| value(day) && matches!(nth, "1" | "2" | "3" | "4" | "5"))
        }
        _ => false,
    };
    let stepped = part.split_once('/').is_some_and(|(of, step)| {
        (of == "*" || range(of)) && step.len() <= 2 && step.bytes().all(|byte| byte.is_ascii_digit())
    });
    part == "*" || value(part) || range(part) || stepped || special
}
