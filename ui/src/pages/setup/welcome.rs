//! What Aitta is, and the three ways in.

use leptos::prelude::*;

use crate::components::icon::{Icon, Mark};
use crate::preferences::texts;

#[component]
pub(super) fn Welcome(
    start: Callback<()>,
    restore: Callback<()>,
    sample: Callback<()>,
    making: RwSignal<bool>,
) -> impl IntoView {
    let (s, m) = (&texts().setup, &texts().machine);
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
                    id="setup-restore"
                    class="way-in"
                    disabled=move || making.get()
                    on:click=move |_| restore.run(())
                >
                    <strong>{m.restore}</strong>
                    <span>{m.restore_words}</span>
                    <Icon name="restore"/>
                </button>
                <button
                    id="setup-sample"
                    class="way-in wide"
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
                    <div class="progress vague" role="progressbar" aria-label=s.making_sample></div>
                    <p class="small muted">{s.making_sample}</p>
                }.into_any())}
            </div>
        </section>
    }
}
