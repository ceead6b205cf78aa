//! Days, weeks, months and years, and the archive that stays of each.

use std::collections::{HashMap, HashSet};

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{KeepReason, Kept, RetentionRules};

/// The span in which a date lies.
type Span = fn(Date) -> KeepReason;

/// The archives that stay for a span, by id; `counting` has those that count, the newest first.
///
/// The reasons of one archive are in the order of [`KeepReason`].
pub(super) fn kept<'a>(
    counting: &[&'a Kept],
    rules: &RetentionRules,
    zone: &TimeZone,
) -> HashMap<&'a str, Vec<KeepReason>> {
    let dated: Vec<(&str, Date)> =
        counting.iter().map(|archive| (archive.id.as_str(), zone.to_datetime(archive.at).date())).collect();
    let kinds: [(u32, Span); 4] =
        [(rules.daily, day), (rules.weekly, week), (rules.monthly, month), (rules.yearly, year)];
    let mut kept: HashMap<&str, Vec<KeepReason>> = HashMap::new();
    for (count, span) in kinds {
        let mut seen = HashSet::new();
        for (id, date) in &dated {
            if seen.len() == count as usize {
                break;
            }
            // From the newest on, the first of each span is its newest. Not all of a span need be neighbours: a clock
            // that goes back over midnight returns to the day before.
            let span = span(*date);
            if seen.insert(span.clone()) {
                kept.entry(id).or_default().push(span);
            }
        }
    }
    kept
}

/// The day of a date.
fn day(date: Date) -> KeepReason {
    KeepReason::Daily { date }
}

/// The week of a date.
fn week(date: Date) -> KeepReason {
    KeepReason::Weekly {
        monday: date.saturating_sub(i32::from(date.weekday().to_monday_zero_offset()).days()),
    }
}

/// The month of a date.
fn month(date: Date) -> KeepReason {
    KeepReason::Monthly { year: date.year(), month: date.month() }
}

/// The year of a date.
fn year(date: Date) -> KeepReason {
    KeepReason::Yearly { year: date.year() }
}
