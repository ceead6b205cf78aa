//! What becomes of a backup, in words.

use aitta_model::{Fate, Foreseen, HoldKind, KeepReason, Timestamp, Word};
use jiff::civil::Date;
use jiff::tz::Offset;

use crate::components::badge::Tone;
use crate::format;
use crate::texts::Texts;

/// From when a backup is looked at, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Here {
    pub(super) now: Timestamp,
    pub(super) offset: fn(Timestamp) -> Offset,
}

impl Here {
    pub(super) fn date(self, at: Timestamp) -> Date {
        (self.offset)(at).to_datetime(at).date()
    }

    pub(super) fn day(self, t: &Texts, at: Timestamp) -> String {
        format::day(t, at, self.now, (self.offset)(at))
    }

    pub(super) fn time(self, t: &Texts, at: Timestamp) -> String {
        format::time(t, at, self.now, (self.offset)(at))
    }
}

/// What backups are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    /// The next prune puts it away.
    Going,
    /// It is put away.
    Away,
    /// The rules keep it.
    Staying,
    /// It is held, whatever the rules say.
    Held,
}

impl Group {
    pub(super) const ALL: [Self; 4] = [Self::Going, Self::Away, Self::Staying, Self::Held];

    /// As it is written in an address.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Going => "going",
            Self::Away => "away",
            Self::Staying => "staying",
            Self::Held => "held",
        }
    }

    pub(super) fn words(self, t: &Texts) -> &'static str {
        let a = &t.automation;
        match self {
            Self::Going => a.going,
            Self::Away => a.put_away,
            Self::Staying => a.staying,
            Self::Held => a.held,
        }
    }
}

/// A backup as it is listed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) of: Foreseen,
    pub(super) group: Group,
    /// When it goes; for one that is put away, when it is deleted. `None` while something without an end keeps it.
    pub(super) goes: Option<Timestamp>,
    /// Why.
    pub(super) why: String,
}

impl Entry {
    pub(super) fn new(t: &Texts, of: Foreseen, days: u32, here: Here) -> Self {
        let held = |reason: &KeepReason| matches!(reason, KeepReason::Held { .. });
        let (group, goes) = match (&of.put_away, &of.fate) {
            (Some(away), _) => (Group::Away, Some(away.until)),
            (None, Fate::Goes { .. }) => (Group::Going, Some(here.now)),
            (None, Fate::Stays { reasons }) if reasons.iter().any(held) => (Group::Held, of.fate.goes_at()),
            (None, Fate::Stays { .. }) => (Group::Staying, of.fate.goes_at()),
        };
        let why = why(t, &of, days, here);
        Self { of, group, goes, why }
    }

    /// The state in a word.
    pub(super) fn state(&self, t: &Texts) -> (Tone, &'static str) {
        let a = &t.automation;
        match self.group {
            Group::Going => (Tone::Warn, a.fate_goes),
            Group::Away => (Tone::Warn, a.fate_away),
            Group::Held => (Tone::Info, a.fate_held),
            Group::Staying => (Tone::Ok, a.fate_stays),
        }
    }

    /// Whether the next prune deletes it.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        let is_over = self.of.put_away.as_ref().is_some_and(|away| away.until <= now);
        is_over && matches!(self.of.fate, Fate::Goes { .. })
    }
}

fn why(t: &Texts, of: &Foreseen, days: u32, here: Here) -> String {
    let a = &t.automation;
    if let Some(away) = &of.put_away {
        return (a.why_away)(&here.time(t, away.since));
    }
    match &of.fate {
        Fate::Goes { .. } => a.why_rules.to_owned(),
        Fate::Stays { reasons } => {
            let words: Vec<String> =
                reasons.iter().map(|reason| reason_words(t, reason, days, here)).collect();
            words.join(" · ")
        }
    }
}

/// One reason for which a backup stays.
pub(super) fn reason_words(t: &Texts, reason: &KeepReason, days: u32, here: Here) -> String {
    let a = &t.automation;
    let this_year = here.date(here.now).year();
    let day = |date: &Date| {
        let year = Some(date.year()).filter(|year| *year != this_year);
        (t.common.day)(date.day(), date.month(), year)
    };
    match reason {
        KeepReason::Newest => a.why_newest.to_owned(),
        KeepReason::NotReplaced => a.why_not_replaced.to_owned(),
        KeepReason::Young { .. } => (a.why_young)(days.into()),
        KeepReason::Daily { date } => (a.why_day)(&day(date)),
        KeepReason::Weekly { monday } => (a.why_week)(&day(monday)),
        KeepReason::Monthly { year, month } => (a.why_month)((t.common.month)(*month), *year),
        KeepReason::Yearly { year } => (a.why_year)(*year),
        KeepReason::Held { kind, until } => hold_words(t, kind, *until, here),
        KeepReason::Locked => a.why_locked.to_owned(),
    }
}

/// A hold, and its end.
pub(super) fn hold_words(t: &Texts, kind: &Word<HoldKind>, until: Option<Timestamp>, here: Here) -> String {
    let words = (t.automation.why_held)(kind.known());
    match until {
        Some(at) => {
            format!("{words} {}", (t.automation.until)(&here.day(t, at)))
        }
        None => words.to_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use aitta_model::{ArchiveState, ArchiveSummary, PutAway};

    use super::*;
    use crate::texts::{EN, FI};

    pub(in super::super) const HERE: Here =
        Here { now: Timestamp::UNIX_EPOCH, offset: |_| Offset::constant(2) };

    pub(in super::super) fn day(n: i64) -> Timestamp {
        Timestamp::from_second(n * 86_400).expect("a time")
    }

    pub(in super::super) fn entry(id: &str, fate: Fate, away_until: Option<Timestamp>) -> Entry {
        let archive = ArchiveSummary {
            id: id.to_owned(),
            created: day(-40),
            state: ArchiveState::Verified(day(-40)),
            kind: None,
            reason: None,
            engine: None,
            database: None,
            place: None,
            complete: Some(true),
            tables: None,
            rows: None,
            size_bytes: 1,
            duration_ms: None,
            checksum: None,
        };
        let put_away =
            away_until.map(|until| PutAway { id: id.to_owned(), since: day(-7), until, size_bytes: None });
        Entry::new(&EN, Foreseen { archive, fate, put_away, holds: Vec::new() }, 30, HERE)
    }

    pub(in super::super) fn stays(reasons: &[KeepReason]) -> Fate {
        Fate::Stays { reasons: reasons.to_vec() }
    }

    #[test]
    fn each_backup_is_in_one_group_with_the_time_at_which_it_goes() {
        let young = KeepReason::Young { until: day(3) };
        let pin = |until| KeepReason::Held { kind: HoldKind::Pin.into(), until };
        let goes = Fate::Goes { since: day(-9) };
        let told = |fate: Fate, away| {
            let entry = entry("a", fate, away);
            (entry.group, entry.goes, entry.is_due(HERE.now))
        };
        assert_eq!(told(goes.clone(), None), (Group::Going, Some(HERE.now), false));
        assert_eq!(told(goes.clone(), Some(day(2))), (Group::Away, Some(day(2)), false));
        assert_eq!(told(goes, Some(day(0))), (Group::Away, Some(day(0)), true));
        assert_eq!(
            told(stays(std::slice::from_ref(&young)), Some(day(0))),
            (Group::Away, Some(day(0)), false)
        );
        assert_eq!(told(stays(std::slice::from_ref(&young)), None), (Group::Staying, Some(day(3)), false));
        assert_eq!(told(stays(&[KeepReason::Newest, young.clone()]), None), (Group::Staying, None, false));
        assert_eq!(told(stays(&[young, pin(Some(day(9)))]), None), (Group::Held, Some(day(9)), false));
        assert_eq!(told(stays(&[pin(None)]), None), (Group::Held, None, false));
    }

    #[test]
    fn reasons_are_told_in_the_words_of_the_page() {
        let date = jiff::civil::date(1970, 1, 4);
        let (en, fi) = (
            |reason: &KeepReason| reason_words(&EN, reason, 30, HERE).replace('\u{a0}', " "),
            |reason: &KeepReason| reason_words(&FI, reason, 30, HERE).replace('\u{a0}', " "),
        );
        assert_eq!(en(&KeepReason::Daily { date }), "newest verified of 4 Jan");
        assert_eq!(
            en(&KeepReason::Weekly { monday: jiff::civil::date(1969, 12, 29) }),
            "newest verified of the week from 29 Dec 1969"
        );
        assert_eq!(en(&KeepReason::Monthly { year: 1969, month: 12 }), "newest verified of December 1969");
        assert_eq!(fi(&KeepReason::Young { until: day(3) }), "alle 30 päivän ikäinen");
        let held = KeepReason::Held { kind: Word::read("strange"), until: Some(day(3)) };
        assert_eq!((en(&held), fi(&held)), ("held until 4 Jan".to_owned(), "lukittu 4.1. asti".to_owned()));
    }
}
