//! Retention: which archives may go.
//!
//! An archive **counts** if it is verified, whole, and made at or before now. Everything below keeps a profile
//! restorable from archives that count:
//!
//! - The newest that counts stays, and so does everything newer: an archive goes only when a newer one is proven good.
//! - Of each kept day, week, month and year **the newest that counts** stays. The spans kept are the latest ones that
//!   hold such an archive: a week without backups uses up no place.
//! - Unverified and partial archives keep no span. They go like any other once they are old enough.
//! - Nothing goes while it is young, held, or locked by the store.
//! - A prune as a whole is blocked by each [`PruneBlock`] that applies; then nothing goes.

mod spans;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use aitta_model::{Fate, Hold, Judged, KeepReason, PruneBlock, RetentionRules};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Seconds of a day.
const DAY_S: i64 = 86_400;

/// An archive as retention sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its id.
    pub id: String,
    /// When it was made, by the clock of the machine that made it.
    pub at: Timestamp,
    /// Whether the newest evidence says that it can be restored.
    pub verified: bool,
    /// Whether it holds the whole database of the profile.
    pub whole: bool,
    /// The holds on it, also those that have ended.
    pub held: Vec<Hold>,
    /// Whether the store would refuse to delete it.
    pub locked: bool,
    /// Whether it was put away before: it counts as before, and is no news when it goes.
    pub put_away: bool,
}

/// What a prune has to know besides the archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Whether a newer verified archive should exist by now.
    pub newest_verified_overdue: bool,
    /// Whether the list of archives is complete.
    pub listing_complete: bool,
    /// Whether the clock has jumped, so that ages can't be trusted.
    pub clock_jumped: bool,
    /// Archives that prunes have put away lately: those and what goes now are together no more than the share, so that
    /// many prunes in a row are no way around it.
    pub lately: usize,
    /// Whether the rules keep less than those that somebody has agreed to.
    pub looser_rules: bool,
    /// Whether somebody has agreed to what is asked: the share, looser rules, and the clock.
    pub agreed: bool,
}

/// What becomes of all archives.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdicts {
    archives: Vec<Judged>,
    blocked: Vec<PruneBlock>,
}

impl Verdicts {
    /// Why nothing goes; empty when nothing blocks the prune.
    #[must_use]
    pub fn blocked(&self) -> &[PruneBlock] {
        &self.blocked
    }

    /// The archives that go now: none while the prune is blocked.
    pub fn going(&self) -> impl Iterator<Item = &str> {
        self.would_go().filter(|_| self.blocked.is_empty())
    }

    /// The archives that would go if nothing blocked the prune: to be shown, never to be removed.
    pub fn would_go(&self) -> impl Iterator<Item = &str> {
        let going = self.archives.iter().filter(|judged| matches!(judged.fate, Fate::Goes { .. }));
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
pub fn judge(
    archives: &[Kept],
    rules: &RetentionRules,
    zone: &TimeZone,
    now: Timestamp,
    state: State,
) -> Verdicts {
    let mut counting: Vec<&Kept> = archives.iter().filter(|archive| archive.counts(now)).collect();
    counting.sort_by(|a, b| b.age().cmp(&a.age()));
    let newest = counting.first().map(|archive| archive.age());
    let spans = spans::kept(&counting, rules, zone);
    let youth = SignedDuration::from_secs(i64::from(rules.days) * DAY_S);
    let fate = |archive: &Kept| {
        let mut reasons = Vec::new();
        match newest {
            Some(newest) if newest == archive.age() => reasons.push(KeepReason::Newest),
            Some(newest) if newest > archive.age() => {}
            _ => reasons.push(KeepReason::NotReplaced),
        }
        // Past the end of the calendar there is no younger.
        let grown = archive.at.saturating_add(youth).unwrap_or(Timestamp::MAX);
        if now < grown {
            reasons.push(KeepReason::Young { until: grown });
        }
        reasons.extend(spans.get(archive.id.as_str()).into_iter().flatten().cloned());
        let free = archive.held.iter().filter_map(|hold| hold.until).max();
        let holding = archive.held.iter().filter(|hold| hold.until.is_none_or(|until| now < until));
        reasons.extend(
            holding.map(|Hold { kind, until }| KeepReason::Held { kind: kind.clone(), until: *until }),
        );
        if archive.locked {
            reasons.push(KeepReason::Locked);
        }
        if reasons.is_empty() {
            Fate::Goes { since: free.map_or(grown, |free| free.max(grown)) }
        } else {
            Fate::Stays { reasons }
        }
    };
    let judged = archives.iter().map(|archive| Judged { id: archive.id.clone(), fate: fate(archive) });
    let mut verdicts = Verdicts { archives: judged.collect(), blocked: Vec::new() };
    verdicts.blocked = blocks(&verdicts, archives, newest.is_some(), rules, state);
    verdicts
}

/// What blocks a prune.
fn blocks(
    verdicts: &Verdicts,
    archives: &[Kept],
    any_counts: bool,
    rules: &RetentionRules,
    state: State,
) -> Vec<PruneBlock> {
    let of = archives.len();
    let goes =
        |(archive, judged): &(&Kept, &Judged)| !archive.put_away && matches!(judged.fate, Fate::Goes { .. });
    let going = archives.iter().zip(&verdicts.archives).filter(goes).count();
    let ids: BTreeSet<&str> = archives.iter().map(|archive| archive.id.as_str()).collect();
    // A share that is no number permits nothing. Where archives are few a single one is more than the share, and goes.
    let share = if rules.share.is_nan() { 0.0 } else { rules.share.clamp(0.0, 1.0) };
    let permitted = if share > 0.0 { (share * of as f64).max(1.0) } else { 0.0 };
    let at_once = going + state.lately;
    let too_many = going > 0 && at_once as f64 > permitted && !state.agreed;
    let all = [
        (state.newest_verified_overdue, PruneBlock::Overdue),
        (!state.listing_complete, PruneBlock::ListIncomplete),
        (ids.len() < of, PruneBlock::SameId),
        (state.clock_jumped && !state.agreed, PruneBlock::ClockJumped),
        (state.looser_rules && !state.agreed, PruneBlock::LooserRules),
        (!any_counts, PruneBlock::NothingVerified),
        (too_many, PruneBlock::TooMany { going: at_once as u64, of: of as u64, share }),
    ];
    all.into_iter().filter(|(applies, _)| *applies).map(|(_, blocked)| blocked).collect()
}
