//! Retention: which archives may go.
//!
//! An archive **counts** if it is verified, whole, and made at or before now. Everything below keeps a profile
//! restorable from archives that count:
//!
//! - The newest that counts stays, and so does everything newer: an archive goes only when a newer one is proven good.
//! - Of each kept day, week, month and year **the newest that counts** stays. The spans kept are the latest ones that
//!   hold such an archive: a week without backups uses up no place.
//! - Unverified and partial archives keep no span. They go like any other once they are old enough.
//! - Nothing goes while it is young, held, or needed by another archive.
//! - A prune as a whole is blocked by each [`Blocked`] that applies; then nothing goes.

mod spans;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The share of the archives that may go at once without a question, unless the rules say otherwise.
pub const SHARE: f64 = 0.30;

/// Seconds of a day.
const DAY_S: i64 = 86_400;

/// An archive as retention sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its id.
    pub id: String,
    /// When it was made, by a clock that can be trusted: of the catalog or the store, rather than of the archive.
    pub at: Timestamp,
    /// Whether the newest evidence says that it can be restored.
    pub verified: bool,
    /// Whether it holds the whole database of the profile.
    pub whole: bool,
    /// The pin or legal hold on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Hold>,
    /// Whether another archive can't be restored without it.
    pub needed: bool,
}

/// A hold: the archive stays whatever the rules say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Whose it is.
    pub kind: HoldKind,
    /// Its end, exclusive; absent when it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Kinds of holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldKind {
    /// Somebody wants to keep this archive.
    Pin,
    /// The law wants it kept.
    Legal,
}

/// The rules of a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// Days for which every archive stays, of 24 hours each.
    pub days: u32,
    /// Days whose newest archive stays.
    pub daily: u32,
    /// Weeks, from Monday on, whose newest archive stays.
    pub weekly: u32,
    /// Months whose newest archive stays.
    pub monthly: u32,
    /// Years whose newest archive stays.
    pub yearly: u32,
    /// The share of all archives, 0 to 1, above which a prune asks first.
    #[serde(default = "share")]
    pub share: f64,
}

/// What a prune has to know besides the archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Whether a newer verified archive should exist by now.
    pub newest_verified_overdue: bool,
    /// Whether the list of archives is complete.
    pub listing_complete: bool,
    /// Whether the clock has jumped, so that ages can't be trusted.
    pub clock_jumped: bool,
    /// Whether somebody has agreed that more than [`Rules::share`] goes.
    pub despite_share: bool,
}

/// Why an archive stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Why {
    /// It is the newest that counts.
    Newest,
    /// It is newer than the newest that counts, so that nothing proven replaces it.
    NotReplaced,
    /// It is younger than [`Rules::days`].
    Young {
        /// Until when, exclusive.
        until: Timestamp,
    },
    /// It is the newest of a kept day.
    Daily {
        /// The day.
        date: Date,
    },
    /// It is the newest of a kept week.
    Weekly {
        /// The Monday.
        monday: Date,
    },
    /// It is the newest of a kept month.
    Monthly {
        /// The year.
        year: i16,
        /// The month, 1 to 12.
        month: i8,
    },
    /// It is the newest of a kept year.
    Yearly {
        /// The year.
        year: i16,
    },
    /// It is held.
    Held {
        /// By which kind of hold.
        kind: HoldKind,
        /// Until when, exclusive; absent when the hold has no end.
        until: Option<Timestamp>,
    },
    /// Another archive needs it.
    Needed,
}

/// What becomes of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The archive may go.
    Goes {
        /// The end of its youth or of its hold, whichever came last. Newer archives may have pushed it out of a span
        /// only later.
        since: Timestamp,
    },
    /// The archive stays.
    Stays {
        /// Why; at least one reason, in the order of [`Why`].
        reasons: Vec<Why>,
    },
}

/// Why nothing goes at all.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "blocked", rename_all = "snake_case")]
pub enum Blocked {
    /// A newer verified archive should exist by now: while backups fail, the old ones are all there is.
    Overdue,
    /// The list of archives is incomplete.
    ListIncomplete,
    /// Two archives of the list have one id, so that removing one would remove the other.
    SameId,
    /// The clock has jumped.
    ClockJumped,
    /// No archive counts.
    NothingVerified,
    /// More would go than may without a question.
    TooMany {
        /// How many would go.
        going: usize,
        /// Of how many.
        of: usize,
        /// The share that may go.
        share: f64,
    },
}

/// An archive and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// Its id.
    pub id: String,
    /// What becomes of it, as if nothing blocked the prune.
    pub verdict: Verdict,
}

/// What becomes of all archives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdicts {
    archives: Vec<Judged>,
    blocked: Vec<Blocked>,
}

impl Verdicts {
    /// Why nothing goes; empty when nothing blocks the prune.
    #[must_use]
    pub fn blocked(&self) -> &[Blocked] {
        &self.blocked
    }

    /// The archives that go now: none while the prune is blocked.
    pub fn going(&self) -> impl Iterator<Item = &str> {
        self.would_go().filter(|_| self.blocked.is_empty())
    }

    /// The archives that would go if nothing blocked the prune: to be shown, never to be removed.
    pub fn would_go(&self) -> impl Iterator<Item = &str> {
        let going = self.archives.iter().filter(|judged| matches!(judged.verdict, Verdict::Goes { .. }));
        going.map(|judged| judged.id.as_str())
    }

    /// Each archive in the order of the list, as if nothing blocked the prune.
    #[must_use]
    pub fn archives(&self) -> &[Judged] {
        &self.archives
    }
}

impl Kept {
    /// Whether it counts at a time.
    fn counts(&self, now: Timestamp) -> bool {
        self.verified && self.whole && self.at <= now
    }

    /// Its place in the order of age. The id decides between two of one moment, so that each run agrees.
    fn age(&self) -> (Timestamp, &str) {
        (self.at, &self.id)
    }
}

/// Judges the archives of a profile; days, weeks, months and years are those of `zone`.
#[must_use]
pub fn judge(archives: &[Kept], rules: &Rules, zone: &TimeZone, now: Timestamp, state: State) -> Verdicts {
    let mut counting: Vec<&Kept> = archives.iter().filter(|archive| archive.counts(now)).collect();
    counting.sort_by(|a, b| b.age().cmp(&a.age()));
    let newest = counting.first().map(|archive| archive.age());
    let spans = spans::kept(&counting, rules, zone);
    let youth = SignedDuration::from_secs(i64::from(rules.days) * DAY_S);
    let verdict = |archive: &Kept| {
        let mut reasons = Vec::new();
        match newest {
            Some(newest) if newest == archive.age() => reasons.push(Why::Newest),
            Some(newest) if newest > archive.age() => {}
            _ => reasons.push(Why::NotReplaced),
        }
        // Past the end of the calendar there is no younger.
        let grown = archive.at.saturating_add(youth).unwrap_or(Timestamp::MAX);
        if now < grown {
            reasons.push(Why::Young { until: grown });
        }
        reasons.extend(spans.get(archive.id.as_str()).into_iter().flatten());
        let free = archive.held.and_then(|hold| hold.until);
        if let Some(Hold { kind, until }) =
            archive.held.filter(|hold| hold.until.is_none_or(|until| now < until))
        {
            reasons.push(Why::Held { kind, until });
        }
        if archive.needed {
            reasons.push(Why::Needed);
        }
        if reasons.is_empty() {
            Verdict::Goes { since: free.map_or(grown, |free| free.max(grown)) }
        } else {
            Verdict::Stays { reasons }
        }
    };
    let archives: Vec<Judged> =
        archives.iter().map(|archive| Judged { id: archive.id.clone(), verdict: verdict(archive) }).collect();
    let mut verdicts = Verdicts { archives, blocked: Vec::new() };
    verdicts.blocked = blocks(&verdicts, newest.is_some(), rules, state);
    verdicts
}

/// What blocks a prune.
fn blocks(verdicts: &Verdicts, any_counts: bool, rules: &Rules, state: State) -> Vec<Blocked> {
    let (going, of) = (verdicts.would_go().count(), verdicts.archives.len());
    let ids: BTreeSet<&str> = verdicts.archives.iter().map(|judged| judged.id.as_str()).collect();
    // A share that is no number permits nothing.
    let share = if rules.share.is_nan() { 0.0 } else { rules.share.clamp(0.0, 1.0) };
    let too_many = going as f64 > share * of as f64 && !state.despite_share;
    let all = [
        (state.newest_verified_overdue, Blocked::Overdue),
        (!state.listing_complete, Blocked::ListIncomplete),
        (ids.len() < of, Blocked::SameId),
        (state.clock_jumped, Blocked::ClockJumped),
        (!any_counts, Blocked::NothingVerified),
        (too_many, Blocked::TooMany { going, of, share }),
    ];
    all.into_iter().filter(|(applies, _)| *applies).map(|(_, blocked)| blocked).collect()
}

/// For rules that name no share.
fn share() -> f64 {
    SHARE
}
