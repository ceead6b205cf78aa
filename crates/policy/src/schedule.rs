//! Schedules: a cron pattern and the time zone whose clocks it means.

mod pattern;
#[cfg(test)]
mod tests;
mod walk;

use aitta_model::Preset;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use self::pattern::Times;
pub use self::pattern::{Field, Flaw};
use self::walk::Walk;

/// The longest pattern that is read, in characters.
pub const PATTERN_MAX: usize = 200;

/// A pattern that can pass so many years without a due instant is refused.
///
/// A leap day passes the test: two of them are eight years apart around the years 2100, 2200 and 2300.
pub const NEVER_YEARS: u32 = 8;

/// How many years before its end [`Schedule::due_within`] looks back at most.
pub const LOOK_BACK_YEARS: u32 = 100;

/// How many instants one answer lists at most.
pub const LISTED_MAX: usize = 10_000;

/// Instants that a [`Schedule::period`] is taken from.
const PERIOD_INSTANTS: usize = 60;

/// Days that a [`Schedule::period`] covers at least: a week and the same hour of the day after it.
const PERIOD_DAYS: i64 = 8;

/// Seconds of a day.
const DAY_S: i64 = 86_400;

/// A cron pattern of five fields (minute, hour, day, month, weekday) in a time zone.
///
/// Each field takes `*`, a value, a range `1-5`, a step `*/15` or `0-30/10`, and lists of these. Months and weekdays
/// may be named by three letters; Sunday is 0 and 7. The day also takes `L` (last day), `15W` (the weekday nearest to
/// the 15th) and `LW` (last weekday), the weekday `5#2` (second Friday) and `5L` (last Friday). `?` stands for `*` in
/// both. A day matches when day **or** weekday matches, unless one of them is `*`. `@hourly`, `@daily`, `@weekly` and
/// `@monthly` are read too.
///
/// # Changes of the clock
///
/// A pattern without `*` and `/` in minute and hour names **fixed times of day**. A time that the clock skips is due at
/// the first instant after the gap; a time that the clock repeats is due once, the first time. Any other pattern names
/// **wall clock readings**: each real instant with a matching reading is due, in a repeated hour twice. A day whose
/// readings were all skipped is due once, at the first instant after the gap, so that no change of the clock costs a
/// whole day. Instants that fall together are one.
#[derive(Debug, Clone)]
pub struct Schedule {
    pattern: String,
    zone_name: String,
    zone: TimeZone,
    times: Times,
}

/// Why a schedule was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(tag = "error", rename_all = "snake_case")]
pub enum ScheduleError {
    /// The pattern has more than [`PATTERN_MAX`] characters.
    #[error("a pattern of more than {PATTERN_MAX} characters")]
    TooLong,
    /// The pattern has a sixth field, as patterns with seconds have.
    #[error("a pattern with a sixth field")]
    Seconds,
    /// The pattern is malformed.
    #[error("malformed pattern `{given}`")]
    Pattern {
        /// The pattern.
        given: String,
        /// What is wrong with it.
        why: Flaw,
    },
    /// [`NEVER_YEARS`] years can pass without a day that matches, as with 30 February.
    #[error("a pattern that never matches")]
    Never,
    /// The time zone is not in the IANA database.
    #[error("unknown time zone `{given}`")]
    Zone {
        /// The name.
        given: String,
    },
}

/// Due instants of a span of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Due {
    /// The last ones, ascending.
    pub due: Vec<Timestamp>,
    /// How many earlier ones were left out.
    pub more: u64,
}

/// Daily at two, as every backup of a small company.
pub const DEFAULT_PATTERN: &str = Preset::Daily.pattern();

/// The time zone whose clocks never change.
pub const DEFAULT_ZONE: &str = "UTC";

impl Default for Schedule {
    fn default() -> Self {
        Self::parse(DEFAULT_PATTERN, DEFAULT_ZONE)
            .unwrap_or_else(|_| unreachable!("the default is a schedule"))
    }
}

impl Schedule {
    /// Reads a pattern and the name of a time zone.
    ///
    /// # Errors
    /// [`ScheduleError`]: malformed, too long, with seconds, never due, or in an unknown zone.
    pub fn parse(pattern: &str, zone: &str) -> Result<Self, ScheduleError> {
        let times = Times::parse(pattern)?;
        let found = crate::zone(zone).ok_or_else(|| ScheduleError::Zone { given: shortened(zone) })?;
        // Space more or less makes no other schedule.
        let pattern = pattern.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Self { pattern, zone_name: zone.to_owned(), zone: found, times })
    }

    /// The pattern, with single spaces between its fields.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The name of the time zone as it was given.
    #[must_use]
    pub fn zone(&self) -> &str {
        &self.zone_name
    }

    /// The first due instant after `t`; absent only near the end of the calendar, in the year 9999.
    #[must_use]
    pub fn due_after(&self, t: Timestamp) -> Option<Timestamp> {
        Walk::new(self, t, Timestamp::MAX).flat_map(|piece| piece.instants(&self.times)).next()
    }

    /// The due instants in (`after`, `until`]: the last `most` of them, and how many came before those.
    ///
    /// At most [`LISTED_MAX`] are listed, and at most [`LOOK_BACK_YEARS`] years before `until` are looked at; the work
    /// grows with the days of that time, so that a minutely schedule costs no more than a daily one.
    #[must_use]
    pub fn due_within(&self, after: Timestamp, until: Timestamp, most: usize) -> Due {
        let look_back = SignedDuration::from_secs(i64::from(LOOK_BACK_YEARS) * 366 * DAY_S);
        let after = after.max(until.saturating_sub(look_back).unwrap_or(Timestamp::MIN));
        let count: usize = Walk::new(self, after, until).map(|piece| piece.len()).sum();
        let left_out = count.saturating_sub(most.min(LISTED_MAX));
        let mut skip = left_out;
        let mut due = Vec::with_capacity(count - left_out);
        for piece in Walk::new(self, after, until) {
            if piece.len() <= skip {
                skip -= piece.len();
                continue;
            }
            due.extend(piece.instants(&self.times).skip(skip));
            skip = 0;
        }
        Due { due, more: left_out as u64 }
    }

    /// The next `n` due instants after `after`, at most [`LISTED_MAX`].
    #[must_use]
    pub fn next(&self, after: Timestamp, n: usize) -> Vec<Timestamp> {
        let pieces = Walk::new(self, after, Timestamp::MAX);
        pieces.flat_map(|piece| piece.instants(&self.times)).take(n.min(LISTED_MAX)).collect()
    }

    /// The longest time between two neighbouring due instants, among the next 60 and all of the next eight days.
    ///
    /// The eight days are for patterns such as `*/5 8-17 * * 1-5`, whose 60 instants say nothing of the weekend. Zero
    /// if fewer than two are left in the calendar.
    #[must_use]
    pub fn period(&self, around: Timestamp) -> SignedDuration {
        let horizon = around.saturating_add(SignedDuration::from_secs(PERIOD_DAYS * DAY_S));
        let horizon = horizon.unwrap_or(Timestamp::MAX);
        let mut longest = SignedDuration::ZERO;
        let mut before: Option<Timestamp> = None;
        let pieces = Walk::new(self, around, Timestamp::MAX);
        for (index, due) in pieces.flat_map(|piece| piece.instants(&self.times)).enumerate() {
            // The instant beyond the horizon still counts: it ends the pause that began before.
            if index >= PERIOD_INSTANTS && before.is_some_and(|before| before > horizon) {
                break;
            }
            if let Some(before) = before {
                longest = longest.max(before.duration_until(due));
            }
            before = Some(due);
        }
        longest
    }
}

/// So much of a text as an error repeats.
fn shortened(text: &str) -> String {
    text.chars().take(PATTERN_MAX).collect()
}
