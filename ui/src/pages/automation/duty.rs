//! Something that is started by a schedule: its rule, when it comes next, and what has become of it last.

use aitta_model::{Duty, ErrorCode, Slot, SlotState, Timestamp};
use leptos::prelude::*;
use leptos_router::components::A;

use crate::address;
use crate::components::badge::{Badge, Tone};
use crate::components::failure::FailureDetails;
use crate::components::rule::{Ahead, day_and_time};
use crate::format;
use crate::preferences::texts;
use crate::texts::Texts;

#[component]
pub(super) fn DutyRow(
    /// Absent where a later version has one that is not known here.
    duty: Option<Duty>,
    /// In words.
    rule: String,
    next: Vec<Timestamp>,
    last: Option<Slot>,
    now: Timestamp,
) -> impl IntoView {
    let t = texts();
    let a = &t.automation;
    let ahead = (!next.is_empty())
        .then(|| view! { <div class="part-of"><h4>{a.next}</h4><Ahead next now/></div> }.into_any());
    let last = match last {
        Some(slot) => view! { <Last of=slot duty now/> }.into_any(),
        None => view! { <p class="muted small">{a.never_due}</p> }.into_any(),
    };
    view! {
        <li class="duty" data-duty=duty.map(|duty| duty.as_str())>
            <div class="what">
                <h3>{(a.duty)(duty)}</h3>
                <p class="rule">{rule}</p>
            </div>
            <div class="parts-of">
                {ahead}
                <div class="part-of"><h4>{a.last}</h4>{last}</div>
            </div>
        </li>
    }
}

/// How it stands with a moment at which something was due.
fn state(t: &Texts, duty: Option<Duty>, slot: &Slot) -> (Tone, String) {
    let a = &t.automation;
    let code = slot.failure.as_ref().map(|failure| failure.code);
    let (tone, words) = match (slot.state.known(), code) {
        (Some(SlotState::Succeeded), None) => (Tone::Ok, a.slot_done),
        (Some(SlotState::Succeeded), Some(_)) => match duty {
            Some(Duty::Backup) => (Tone::Warn, a.slot_not_copied),
            Some(Duty::Prune) => (Tone::Warn, a.slot_held_back),
            _ => (Tone::Bad, a.slot_found),
        },
        (Some(SlotState::Claimed), _) => (Tone::Info, a.slot_begun),
        (Some(SlotState::Waiting), None) => (Tone::Info, a.slot_stopped),
        (Some(SlotState::Waiting), Some(ErrorCode::RunInProgress)) => (Tone::Info, a.slot_waits_for_run),
        (Some(SlotState::Waiting), Some(_)) => (Tone::Warn, a.slot_waits),
        (Some(SlotState::Failed), _) => return (Tone::Bad, (a.slot_given_up)(slot.attempts)),
        (None, _) => (Tone::Neutral, a.slot_unknown),
    };
    (tone, words.to_owned())
}

/// Missed moments that are named.
const NAMED: usize = 3;

/// The last of them, and how many are not named.
fn missed(t: &Texts, slot: &Slot, now: Timestamp) -> Option<String> {
    let all = slot.missed_count();
    let first = slot.missed.len().saturating_sub(NAMED);
    let named: Vec<String> =
        slot.missed[first..].iter().map(|at| format::time(t, *at, now, format::offset(*at))).collect();
    (all > 0).then(|| (t.automation.missed)(all, &named.join(", "), all - named.len() as u64))
}

#[component]
fn Last(of: Slot, duty: Option<Duty>, now: Timestamp) -> impl IntoView {
    let t = texts();
    let a = &t.automation;
    let slot = of;
    let offset = format::offset(slot.due);
    let (tone, words) = state(t, duty, &slot);
    let again = slot.again.map(|at| {
        let when = day_and_time(t, at, now, format::offset(at));
        view! { <p class="small">{(a.slot_again)(&when)}</p> }.into_any()
    });
    let missed = missed(t, &slot, now).map(|words| view! { <p class="muted small">{words}</p> }.into_any());
    let run = slot
        .run
        .map(|run| view! { <A href=address::run(run) attr:class="small">{a.look_at_run}</A> }.into_any());
    let details = slot.failure.map(|failure| {
        let said = (t.failures.said)(failure.code).0;
        view! { <p class="small">{said}</p><FailureDetails failure/> }.into_any()
    });
    view! {
        <p class="outcome">
            <time title=format::exact(slot.due, offset)>{day_and_time(t, slot.due, now, offset)}</time>
            <Badge tone words/>
        </p>
        {again}{missed}{details}{run}
    }
}

#[cfg(test)]
mod tests {
    use aitta_model::Failure;

    use super::*;
    use crate::texts::EN;

    #[test]
    fn what_has_become_of_a_slot_is_told_by_its_state_and_its_failure() {
        let slot = |state: SlotState, code: Option<ErrorCode>| Slot {
            due: Timestamp::UNIX_EPOCH,
            claimed: Timestamp::UNIX_EPOCH,
            state: state.into(),
            missed: Vec::new(),
            missed_before: 0,
            attempts: 3,
            again: None,
            run: None,
            failure: code.map(|code| Failure { code, message: String::new(), hint: String::new() }),
        };
        let (away, another) = (Some(ErrorCode::StoreMissing), Some(ErrorCode::RunInProgress));
        for (was, code, tone) in [
            (SlotState::Succeeded, None, Tone::Ok),
            (SlotState::Succeeded, away, Tone::Warn),
            (SlotState::Waiting, None, Tone::Info),
            (SlotState::Waiting, another, Tone::Info),
            (SlotState::Waiting, away, Tone::Warn),
            (SlotState::Failed, another, Tone::Bad),
            (SlotState::Claimed, None, Tone::Info),
        ] {
            assert_eq!(state(&EN, Some(Duty::Backup), &slot(was, code)).0, tone, "{was:?} {code:?}");
        }
        let checked =
            state(&EN, Some(Duty::Verify), &slot(SlotState::Succeeded, Some(ErrorCode::ArchiveDamaged)));
        assert_eq!(checked.0, Tone::Bad, "it was done, and what it has found is bad");
        assert!(state(&EN, Some(Duty::Backup), &slot(SlotState::Failed, away)).1.contains("3\u{a0}attempts"));
    }
}
