//! What is due: the key, an interrupted rotation. Quiet when there is nothing. What a restore lacks is in the card of
//! readiness.

use aitta_model::{KeyRingReport, Timestamp};
use leptos::prelude::*;
use leptos_router::components::A;

use super::known::Known;
use super::tiles::SOON_DAYS;
use crate::activity::Activities;
use crate::api::api;
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::format;
use crate::order;
use crate::preferences::texts;

/// Something to do, the most urgent first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Duty {
    /// So many of so many archives are moved.
    Interrupted(u64, u64),
    Overdue(Timestamp),
    Due(Timestamp),
    /// So many of so many archives still need an older key.
    Move(u64, u64),
}

/// What is due, of what is known so far.
fn duties(due: Option<Timestamp>, now: Timestamp, ring: Option<&KeyRingReport>) -> Vec<Duty> {
    let interrupted =
        ring.and_then(|ring| ring.rotation.as_ref()).filter(|rotation| !rotation.running).map(|rotation| {
            match rotation.begun {
                true => Duty::Interrupted(rotation.done, rotation.archives),
                false => Duty::Move(rotation.archives - rotation.done, rotation.archives),
            }
        });
    let left_days = due.map(|due| (due, due.duration_since(now).as_hours().div_euclid(24)));
    let rotate = left_days.and_then(|(due, days)| match days {
        ..0 => Some(Duty::Overdue(due)),
        0..=SOON_DAYS => Some(Duty::Due(due)),
        _ => None,
    });
    order::sorted([interrupted, rotate].into_iter().flatten().collect(), Duty::cmp)
}

#[component]
pub(super) fn Duties(known: Known) -> impl IntoView {
    let t = texts();
    let d = &t.dashboard;
    let ring = RwSignal::new(None::<KeyRingReport>);
    let revision = Activities::here().revision;
    Effect::new(move || {
        revision.track();
        if !known.follow_charts() {
            return;
        }
        leptos::task::spawn_local(async move {
            // Without an answer nothing is said here; the page of keys says why.
            if let Ok(answer) = api().key_ring().await {
                ring.try_set(Some(answer));
            }
        });
    });
    let key = known.part(|overview| (overview.now, overview.key.as_ref().and_then(|key| key.due)));
    let all = Memo::new(move |_| {
        let (now, of_overview) = key.get()?;
        let due = of_overview.or_else(|| ring.with(|ring| ring.as_ref().and_then(|ring| ring.due)));
        Some(ring.with(|ring| duties(due, now, ring.as_ref())))
    });
    let line = move |now: Timestamp, duty: Duty| {
        let day = |at: Timestamp| format::day(t, at, now, format::offset(at));
        let (class, icon, words, href, action) = match duty {
            Duty::Interrupted(done, all) => {
                ("note warn", "warning", (d.duty_interrupted)(done, all), "/keys/rotate", d.duty_look)
            }
            Duty::Overdue(at) => {
                ("note bad", "key", (d.duty_overdue)(&day(at)), "/keys/rotate", d.duty_rotate)
            }
            Duty::Due(at) => ("note warn", "key", (d.duty_due)(&day(at)), "/keys/rotate", d.duty_rotate),
            Duty::Move(left, all) => {
                ("note warn", "key", (d.duty_move)(left, all), "/keys/rotate", t.keys.move_them)
            }
        };
        view! { <li class=class><Icon name=icon/><span>{words}</span><A href=href>{action}</A></li> }
    };
    live(move || {
        let all = all.get().filter(|all| !all.is_empty())?;
        let (now, _) = key.get_untracked()?;
        let lines = all.into_iter().map(|duty| line(now, duty)).collect_view();
        Some(view! { <ul class="duties no-print">{lines}</ul> }.into_any())
    })
}

#[cfg(test)]
mod tests {
    use aitta_model::RotationStatus;
    use jiff::ToSpan;

    use super::*;

    #[test]
    fn a_rotation_is_a_duty_two_weeks_before_it_is_due() {
        let now = Timestamp::from_second(1_790_000_000).expect("a time");
        let at = |days: i64| Some(now + (24 * days).hours());
        assert!(duties(at(40), now, None).is_empty());
        assert!(duties(None, now, None).is_empty());
        assert_eq!(duties(at(9), now, None), at(9).map(Duty::Due).into_iter().collect::<Vec<_>>());
        assert_eq!(duties(at(-1), now, None), at(-1).map(Duty::Overdue).into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn an_interrupted_rotation_stands_first_and_a_running_one_not_at_all() {
        let now = Timestamp::UNIX_EPOCH;
        let ring = |running| KeyRingReport {
            kept: "keychain".to_owned(),
            overrides: None,
            keys: Vec::new(),
            due: None,
            overdue: false,
            canary: None,
            unseen: Vec::new(),
            missing: Vec::new(),
            rotation: Some(RotationStatus {
                from: String::new(),
                to: String::new(),
                started: now,
                reencrypt: false,
                begun: true,
                direction: aitta_model::RotationDirection::Forward,
                done: 3,
                archives: 7,
                running,
            }),
        };
        assert_eq!(duties(None, now, Some(&ring(false))), [Duty::Interrupted(3, 7)]);
        assert_eq!(duties(None, now, Some(&ring(true))), []);
    }
}
