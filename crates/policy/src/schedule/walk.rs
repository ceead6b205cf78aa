//! Due instants in the order of time.
//!
//! The walk goes along real time, from one change of the clock to the next. Between two changes the offset is constant
//! and each instant has one reading of the clock, so that nothing can come twice or in the wrong order, whatever the
//! zone does: clocks that go back over midnight, shifts of half an hour, a day that is missing.
//!
//! croner has a search of its own, on the wall clock. This crate leaves it aside for what version 4.0.3 does with it:
//!
//! - A list or range of fixed times (`0 3,15 * * *`) counts as readings of the clock, so that the run at 3:00 is lost in
//!   a gap and doubled in an overlap.
//! - A fixed time on a day that is missing (Apia, 30 December 2011) ends the search with an error.
//! - A day whose readings are all skipped passes without a run.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

use super::pattern::Times;
use super::{DAY_S, Schedule};

/// Neighbouring due instants.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// What a gap has skipped, at the first instant after it.
    Jump(i64),
    /// Times of one day.
    Day {
        /// Midnight by the offset of these times, in Unix seconds. The clock may never have shown it.
        midnight: i64,
        /// From which of the day's minutes.
        from: usize,
        /// To which, exclusive; more than `from`.
        to: usize,
    },
}

impl Piece {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Jump(_) => 1,
            Self::Day { from, to, .. } => to - from,
        }
    }

    /// The instants, ascending.
    pub(super) fn instants(self, times: &Times) -> impl Iterator<Item = Timestamp> + use<'_> {
        let (base, minutes) = match self {
            Self::Jump(at) => (at, &[0][..]),
            Self::Day { midnight, from, to } => (midnight, &times.minutes()[from..to]),
        };
        minutes.iter().filter_map(move |minute| Timestamp::from_second(base + i64::from(*minute) * 60).ok())
    }
}

/// The due instants of a span of time, piece by piece; a piece has at least one.
pub(super) struct Walk<'a> {
    schedule: &'a Schedule,
    /// The last second of the span.
    until: i64,
    /// Absent when the walk is over.
    stretch: Option<Stretch>,
}

/// A time of constant offset, and how far the walk has come in it.
struct Stretch {
    offset: Offset,
    /// The next change of the clock, in Unix seconds.
    end: i64,
    /// Due at the change that began it.
    jump: Option<i64>,
    /// The first second that may still be due.
    from: i64,
    /// The day to be looked at next.
    date: Date,
    /// Midnight of that day by `offset`, in Unix seconds.
    midnight: i64,
}

impl<'a> Walk<'a> {
    /// Walks (`after`, `until`].
    pub(super) fn new(schedule: &'a Schedule, after: Timestamp, until: Timestamp) -> Self {
        // Due instants are whole seconds: one is after `after` if it is after its second.
        let from = floor(after) + 1;
        let until = floor(until);
        let mut walk = Self { schedule, until, stretch: None };
        if from <= until {
            walk.stretch = Timestamp::from_second(from).ok().and_then(|from| {
                let offset = schedule.zone.to_offset(from);
                walk.stretch(from, offset, last_change(&schedule.zone, from))
            });
        }
        walk
    }

    /// The stretch of an offset from a second on, with the change that began it: when, and the offset before.
    fn stretch(&self, from: Timestamp, offset: Offset, change: Option<(i64, Offset)>) -> Option<Stretch> {
        let times = &self.schedule.times;
        let (mut from_s, mut jump) = (from.as_second(), None);
        if let Some((at, before)) = change {
            let shift = i64::from(offset.seconds()) - i64::from(before.seconds());
            if shift > 0 && from_s <= at && owed(times, at, before, shift) {
                jump = Some(at);
                from_s = at + 1;
            } else if shift < 0 && times.fixed() {
                // The clock shows again what it has shown before.
                from_s = from_s.max(at - shift);
            }
        }
        let local = offset.to_datetime(Timestamp::from_second(from_s).ok()?);
        let midnight = from_s - seconds_of_day(local.time());
        let end = next_change(&self.schedule.zone, from, offset);
        Some(Stretch { offset, end, jump, from: from_s, date: local.date(), midnight })
    }
}

impl Iterator for Walk<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let times = &self.schedule.times;
        loop {
            let stretch = self.stretch.as_mut()?;
            if let Some(at) = stretch.jump.take() {
                return Some(Piece::Jump(at));
            }
            let last = self.until.min(stretch.end - 1);
            while stretch.midnight <= last {
                let (date, midnight) = (stretch.date, stretch.midnight);
                // At the end of the calendar, in the year 9999.
                let Ok(tomorrow) = date.tomorrow() else {
                    self.stretch = None;
                    return None;
                };
                (stretch.date, stretch.midnight) = (tomorrow, midnight + DAY_S);
                if times.on(date) {
                    let (from, to) = between(times, stretch.from - midnight, last - midnight);
                    if from < to {
                        return Some(Piece::Day { midnight, from, to });
                    }
                }
            }
            let (end, before) = (stretch.end, stretch.offset);
            self.stretch = None;
            if end <= self.until {
                let at = Timestamp::from_second(end).ok()?;
                self.stretch = self.stretch(at, self.schedule.zone.to_offset(at), Some((end, before)));
            }
        }
    }
}

/// Whether something is due at the end of a gap that begins `at` an instant and skips `shift` seconds of the clock.
///
/// Fixed times are due there if the gap has skipped any of them; readings of the clock only if it has skipped all of a
/// day's.
fn owed(times: &Times, at: i64, before: Offset, shift: i64) -> bool {
    let Ok(instant) = Timestamp::from_second(at) else { return false };
    let local = before.to_datetime(instant);
    let (mut date, mut first) = (local.date(), seconds_of_day(local.time()));
    let mut last = first + shift - 1;
    while last >= 0 {
        let (from, to) = between(times, first, last);
        if times.on(date) && (if times.fixed() { from < to } else { to - from == times.minutes().len() }) {
            return true;
        }
        let Ok(tomorrow) = date.tomorrow() else { return false };
        (date, first, last) = (tomorrow, first - DAY_S, last - DAY_S);
    }
    false
}

/// Which of a day's minutes lie in a span of it, both ends included, in seconds from its midnight.
fn between(times: &Times, first: i64, last: i64) -> (usize, usize) {
    let minutes = times.minutes();
    let from = minutes.partition_point(|minute| i64::from(*minute) * 60 < first);
    let to = minutes.partition_point(|minute| i64::from(*minute) * 60 <= last);
    (from, to.max(from))
}

/// The last change of the clock at or before an instant, in Unix seconds, and the offset before it.
fn last_change(zone: &TimeZone, instant: Timestamp) -> Option<(i64, Offset)> {
    // `preceding` is exclusive.
    let after = Timestamp::from_second(instant.as_second() + 1).unwrap_or(Timestamp::MAX);
    let offset = zone.to_offset(instant);
    zone.preceding(after).find_map(|change| {
        let at = change.timestamp().as_second();
        let before = zone.to_offset(Timestamp::from_second(at - 1).ok()?);
        (before != offset).then_some((at, before))
    })
}

/// The first change of the clock after an instant, in Unix seconds; changes of the zone's name alone are none.
fn next_change(zone: &TimeZone, instant: Timestamp, offset: Offset) -> i64 {
    let change = zone.following(instant).find(|change| change.offset() != offset);
    change.map_or(i64::MAX, |change| change.timestamp().as_second())
}

/// Seconds since midnight.
fn seconds_of_day(time: jiff::civil::Time) -> i64 {
    i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second())
}

/// The second in which an instant lies, also before 1970.
fn floor(instant: Timestamp) -> i64 {
    instant.as_second() - i64::from(instant.subsec_nanosecond() < 0)
}
