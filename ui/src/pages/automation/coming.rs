//! The calendar of what goes next.

use std::collections::BTreeMap;

use aitta_model::Timestamp;
use leptos::prelude::*;

use super::fate::{Entry, Group, Here};
use crate::preferences::texts;
use crate::texts::Texts;

/// Days that are told.
const DAYS: usize = 6;

/// What goes on one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Going {
    pub(super) put_away: u64,
    pub(super) deleted: u64,
}

impl Going {
    fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// What the next prune does if nothing is in the way.
pub(super) fn next_prune(entries: &[Entry], now: Timestamp) -> Going {
    let count = |is: &dyn Fn(&&Entry) -> bool| entries.iter().filter(is).count() as u64;
    Going {
        put_away: count(&|entry| entry.group == Group::Going),
        deleted: count(&|entry| entry.is_due(now)),
    }
}

/// The days after now on which something can go, with a moment of each; and how many more days there are.
fn later(entries: &[Entry], here: Here) -> Vec<(Timestamp, Going)> {
    let mut days = BTreeMap::<_, (Timestamp, Going)>::new();
    for entry in entries {
        let Some(at) = entry.goes.filter(|at| *at > here.now) else { continue };
        let (_, going) = days.entry(here.date(at)).or_insert((at, Going::default()));
        match entry.group {
            Group::Away => going.deleted += 1,
            _ => going.put_away += 1,
        }
    }
    days.into_values().take(DAYS).collect()
}

fn words(t: &Texts, going: Going) -> String {
    let a = &t.automation;
    let away = (going.put_away > 0).then(|| (a.n_put_away)(going.put_away));
    let deleted = (going.deleted > 0).then(|| (a.n_deleted)(going.deleted));
    [away, deleted].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

pub(super) fn coming(t: &'static Texts, entries: &[Entry], here: Here, held_back: u64) -> AnyView {
    let a = &texts().automation;
    let next = next_prune(entries, here.now);
    let first = match (held_back, next.is_none()) {
        (n, _) if n > 0 => (a.held_back)(n),
        (_, true) => a.nothing_goes.to_owned(),
        (_, false) => words(t, next),
    };
    let later = later(entries, here);
    if later.is_empty() && next.is_none() && held_back == 0 {
        return view! { <p class="muted small">{a.coming_none}</p> }.into_any();
    }
    let line = |when: String, what: String| view! { <div><dt>{when}</dt><dd>{what}</dd></div> }.into_any();
    let lines: Vec<AnyView> = std::iter::once(line(a.at_next_prune.to_owned(), first))
        .chain(later.into_iter().map(|(at, going)| line(here.day(t, at), words(t, going))))
        .collect();
    view! { <dl class="coming">{lines}</dl> }.into_any()
}

#[cfg(test)]
mod tests {
    use aitta_model::{Fate, HoldKind, KeepReason};

    use super::super::fate::tests::{HERE, day, entry, stays};
    use super::*;

    #[test]
    fn the_calendar_counts_what_goes_on_each_day_and_nothing_that_stays() {
        let young = |until| stays(&[KeepReason::Young { until }]);
        let goes = Fate::Goes { since: day(-1) };
        let pinned = stays(&[KeepReason::Held { kind: HoldKind::Pin.into(), until: None }]);
        let entries = [
            entry("a", young(day(5)), None),
            entry("b", young(day(2)), None),
            entry("c", young(day(2)), None),
            entry("d", goes.clone(), None),
            entry("e", goes.clone(), Some(day(2))),
            entry("f", goes, Some(day(-1))),
            entry("g", pinned, None),
            entry("h", stays(&[KeepReason::Newest]), None),
        ];
        assert_eq!(next_prune(&entries, HERE.now), Going { put_away: 1, deleted: 1 });
        assert_eq!(
            later(&entries, HERE),
            [(day(2), Going { put_away: 2, deleted: 1 }), (day(5), Going { put_away: 1, deleted: 0 })]
        );
    }

    #[test]
    fn only_the_next_days_are_told() {
        let entries: Vec<Entry> =
            (1..40).map(|n| entry("a", stays(&[KeepReason::Young { until: day(n) }]), None)).collect();
        let days = later(&entries, HERE);
        assert_eq!((days.len(), days[0].0, days[DAYS - 1].0), (DAYS, day(1), day(6)));
    }
}
