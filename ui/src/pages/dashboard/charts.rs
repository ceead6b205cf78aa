//! Four charts of the last days, of which one chooses how many.

use leptos::prelude::*;

use crate::api::api;
use crate::clock::Clock;
use crate::components::charts::Four;
use crate::components::states::asked;
use crate::preferences::texts;
use crate::transport::Asked;

use super::known::Known;

/// Ranges to choose from, in days.
const RANGES: [u32; 3] = [30, 90, 365];

/// The range that is shown first.
const FIRST: u32 = 90;

/// They ask as soon as this is called, also before they are put on the page.
#[component]
pub(super) fn Charts(known: Known) -> impl IntoView {
    let t = texts();
    let clock = Clock::here();
    let days = RwSignal::new(FIRST);
    let of_days = move |n: u32| {
        let ask = move || {
            clock.follow_runs();
            let history = api().history(n);
            let answer = async move {
                let answer = history.await;
                known.charts_came();
                answer
            };
            Box::pin(answer) as Asked<_>
        };
        asked(ask, move |history| {
            let (now, targets) = known.at_now()?;
            Some(view! { <Four history targets now/> })
        })
    };
    // It ends with the first range, which this component outlives.
    let owner = Owner::new();
    let first = StoredValue::new_local(Some(owner.with(|| of_days(FIRST))));
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
            let Some(first) = first.try_update_value(Option::take).flatten() else { return of_days(n) };
            let owner = owner.clone();
            on_cleanup(move || owner.cleanup());
            first
        }}
    }
}
