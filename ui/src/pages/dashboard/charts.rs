//! Four charts of the last days, of which one chooses how many.

use aitta_model::{Targets, Timestamp};
use leptos::prelude::*;

use crate::api::api;
use crate::clock::Clock;
use crate::components::charts::Four;
use crate::components::states::asked;
use crate::preferences::texts;

/// Ranges to choose from, in days.
const RANGES: [u32; 3] = [30, 90, 365];

#[component]
pub(super) fn Charts(targets: Targets, now: Timestamp) -> impl IntoView {
    let t = texts();
    let clock = Clock::here();
    let days = RwSignal::new(90_u32);
    let range = RANGES.map(|n| {
        let words = if n == 365 { t.dashboard.year.to_owned() } else { (t.dashboard.days_short)(n) };
        view! {
            <label class:on=move || days.get() == n>
                <input
                    type="radio"
                    name="range"
                    checked=move || days.get() == n
                    on:change=move |_| days.set(n)
                />
                {words}
            </label>
        }
        .into_any()
    });
    view! {
        <header class="row section">
            <h2>{move || (t.dashboard.last_days)(u64::from(days.get()))}</h2>
            <fieldset class="seg" aria-label=t.dashboard.range>{range.into_iter().collect_view()}</fieldset>
        </header>
        {move || {
            let n = days.get();
            let ask = move || {
                clock.follow_runs();
                api().history(n)
            };
            asked(ask, move |history| {
                view! { <Four history targets now/> }
            })
        }}
    }
}
