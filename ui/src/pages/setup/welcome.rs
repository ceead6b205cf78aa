//! What Aitta is, and the two ways in.

use leptos::prelude::*;

use crate::components::icon::{Icon, Mark};
use crate::preferences::texts;

#[component]
pub(super) fn Welcome(start: Callback<()>, sample: Callback<()>, making: RwSignal<bool>) -> impl IntoView {
    let s = &texts().setup;
    view! {
        <section class="welcome">
            <Mark/>
            <h1>{s.welcome}</h1>
            <p class="muted lead">{s.welcome_words}</p>
            <div class="ways">
                <button
                    id="setup-start"
                    class="way-in primary"
                    disabled=move || making.get()
                    on:click=move |_| start.run(())
                >
                    <strong>{s.start}</strong>
                    <span>{s.start_words}</span>
                    <Icon name="right"/>
                </button>
                <button
                    id="setup-sample"
                    class="way-in"
                    disabled=move || making.get()
                    on:click=move |_| sample.run(())
                >
                    <strong>{s.try_sample}</strong>
                    <span>{s.sample_words}</span>
                    <Icon name="flask"/>
                </button>
            </div>
            <div class="making" aria-live="polite">
                {move || making.get().then(|| view! {
                    <div class="progress unknown" role="progressbar" aria-label=s.making_sample><div></div></div>
                    <p class="small muted">{s.making_sample}</p>
                }.into_any())}
            </div>
        </section>
    }
}
