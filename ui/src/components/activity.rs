//! What is under way, in the corner of every page.

use leptos::prelude::*;

use super::live::live;
use crate::activity::{Activities, Activity, Doing};
use crate::format;
use crate::preferences::texts;

#[component]
pub(crate) fn ActivityPanel() -> impl IntoView {
    let t = texts();
    let activities = Activities::here();
    let name = move |doing| match doing {
        Doing::BackingUp => t.common.backing_up,
        Doing::Verifying => t.common.verifying,
        Doing::Restoring => t.common.restoring,
        Doing::MakingSample => t.common.making_sample,
        Doing::Rotating => t.keys.rotating,
    };
    // The button must not be made anew by every event, or it could never be pressed.
    let busy = Memo::new(move |_| activities.is_busy());
    live(move || {
        busy.get().then(|| {
            let now = move || activities.current.get();
            view! {
                <section class="activity" aria-live="polite">
                    <p class="doing">{move || now().map(|a| name(a.doing))}</p>
                    <ProgressBar activity=Signal::derive(now)/>
                    <button
                        class="btn small"
                        disabled=move || now().is_none_or(|a| a.cancelling)
                        on:click=move |_| activities.cancel()
                    >
                        {move || if now().is_some_and(|a| a.cancelling) { t.common.cancelling } else { t.common.cancel }}
                    </button>
                </section>
            }.into_any()
        })
    })
}

/// A bar with phase, rate and time left.
#[component]
pub(crate) fn ProgressBar(activity: Signal<Option<Activity>>) -> impl IntoView {
    let t = texts();
    let share = move || activity.with(|a| a.as_ref().and_then(Activity::share));
    let words = move || {
        activity.with(|a| {
            let Some(a) = a else { return String::new() };
            let mut parts = vec![(t.common.phase)(&a.phase)];
            if let Some(rate) = a.rate() {
                parts.push((t.common.rate)(&format::bytes(rate)));
            }
            if let Some(left) = a.left_s().filter(|s| *s > 1) {
                parts.push((t.common.time_left)(&format::span_s(t, left)));
            }
            parts.join(" · ")
        })
    };
    let width = move || share().map_or_else(|| "100%".to_owned(), |share| format!("{:.1}%", share * 100.0));
    view! {
        <div
            class="progress"
            class:unknown=move || share().is_none()
            role="progressbar"
            aria-label=words
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=move || share().map(|s| format!("{:.0}", s * 100.0))
        >
            <div style:width=width></div>
        </div>
        <p class="xs muted">{move || words()}</p>
    }
}
