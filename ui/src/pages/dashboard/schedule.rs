//! What makes the next backup, and when. Nothing where backups don't make themselves.

use aitta_model::{ErrorCode, HostKind, ScheduleStatus, SeenTo, Slot, SlotState, Timestamp};
use leptos::prelude::*;
use leptos_router::components::A;

use super::known::Known;
use crate::components::failure::FailureDetails;
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::components::rule;
use crate::format;
use crate::preferences::texts;
use crate::texts::Texts;

#[component]
pub(super) fn Schedule(known: Known) -> impl IntoView {
    let status = known.part(|overview| overview.schedule.clone());
    live(move || {
        let status = status.get().flatten()?;
        let slot =
            status.last.as_ref().and_then(trouble).map(|failed| view! { <Trouble failed now=status.now/> });
        let line = match (status.is_forsaken(), rule::is_settling()) {
            // It is too early to tell.
            (true, true) => ().into_any(),
            (true, false) => view! { <Forsaken/> }.into_any(),
            (false, _) => next(&status).into_any(),
        };
        Some(view! { {line} {slot} }.into_any())
    })
}

/// When the next backup comes, and what makes it.
fn next(status: &ScheduleStatus) -> impl IntoView + use<> {
    let t = texts();
    let words = status.next.first().map(|at| {
        let when = format::time(t, *at, status.now, format::offset(*at));
        (t.dashboard.next_backup)(&when, who(t, status))
    });
    view! { <p class="muted small" id="schedule-next">{words}" "<Way/></p> }
}

/// The page that knows more.
#[component]
fn Way() -> impl IntoView {
    view! { <A href="/automation">{texts().automation.title}</A> }
}

fn who(t: &Texts, status: &ScheduleStatus) -> &'static str {
    let host = status.host.as_ref().and_then(|host| host.kind.known());
    match (status.seen_to, host) {
        (SeenTo::ByHost, Some(HostKind::Window)) => t.dashboard.made_by_window,
        (SeenTo::ByHost, Some(HostKind::Agent)) => t.dashboard.made_by_agent,
        _ => t.dashboard.made_by_timer,
    }
}

/// Backups are to make themselves, and nothing is there that makes them.
#[component]
fn Forsaken() -> impl IntoView {
    let d = &texts().dashboard;
    view! {
        <div class="note bad" role="alert" id="schedule-forsaken">
            <Icon name="warning"/>
            <div><strong>{d.forsaken}</strong><p>{d.forsaken_what}</p><p><Way/></p></div>
        </div>
    }
}

/// The last one, if something of it has failed. One that waits for another run has not.
fn trouble(slot: &Slot) -> Option<Slot> {
    let failure = slot.failure.as_ref()?;
    let waits = slot.state == SlotState::Waiting && failure.code == ErrorCode::RunInProgress;
    Some(slot.clone()).filter(|_| !waits)
}

#[component]
fn Trouble(failed: Slot, now: Timestamp) -> impl IntoView {
    let t = texts();
    let when = |at: Timestamp| format::time(t, at, now, format::offset(at));
    let words = match (failed.again, failed.state.known()) {
        (Some(again), _) => (t.dashboard.due_waits)(&when(failed.due), &when(again)),
        (None, Some(SlotState::Succeeded)) => (t.dashboard.due_not_copied)(&when(failed.due)),
        (None, _) => (t.dashboard.due_failed)(&when(failed.due)),
    };
    let details = failed.failure.map(|failure| view! { <FailureDetails failure/> });
    view! {
        <div class="note warn" id="schedule-failed">
            <Icon name="warning"/>
            <div><span>{words}</span>{details}</div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use aitta_model::Failure;

    use super::*;

    #[test]
    fn what_has_failed_is_trouble_and_waiting_for_another_run_is_none() {
        let slot = |state: SlotState, code: Option<ErrorCode>| Slot {
            due: Timestamp::UNIX_EPOCH,
            claimed: Timestamp::UNIX_EPOCH,
            state: state.into(),
            missed: Vec::new(),
            missed_before: 0,
            attempts: 1,
            again: None,
            run: None,
            failure: code.map(|code| Failure { code, message: String::new(), hint: String::new() }),
        };
        let is_trouble = |state, code| trouble(&slot(state, code)).is_some();
        let (away, another) = (Some(ErrorCode::StoreMissing), Some(ErrorCode::RunInProgress));
        for state in [SlotState::Failed, SlotState::Waiting, SlotState::Succeeded] {
            assert!(is_trouble(state, away) && !is_trouble(state, None), "{state:?}");
        }
        assert!(!is_trouble(SlotState::Waiting, another) && is_trouble(SlotState::Failed, another));
    }
}
