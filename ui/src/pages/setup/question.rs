//! What every step of the first run has: its question, and the way back and on.

use leptos::html;
use leptos::prelude::*;

use super::draft::Draft;
use crate::components::icon::Icon;
use crate::preferences::texts;

/// What a step asks. It takes the focus, so that a reader of the screen begins here.
#[component]
pub(super) fn Question(#[prop(into)] title: String, #[prop(into)] words: String) -> impl IntoView {
    let heading = NodeRef::<html::H1>::new();
    Effect::new(move || {
        if let Some(heading) = heading.get() {
            drop(heading.focus());
        }
    });
    view! {
        <header class="question">
            <h1 node_ref=heading tabindex="-1">{title}</h1>
            <p class="muted">{words}</p>
        </header>
    }
}

/// Back, and on.
#[component]
pub(super) fn Way(
    draft: Draft,
    /// On is possible.
    #[prop(into)]
    ready: Signal<bool>,
    /// Something is under way.
    #[prop(optional, into)]
    busy: Signal<bool>,
) -> impl IntoView {
    let t = texts();
    view! {
        <footer class="way no-print">
            <button id="setup-back" type="button" class="btn ghost" on:click=move |_| draft.back()>
                <Icon name="left"/>{t.setup.back}
            </button>
            <button
                id="setup-next"
                type="submit"
                class="btn primary"
                disabled=move || !ready.get() || busy.get()
                aria-busy=move || busy.get().then_some("true")
            >
                {t.setup.next}
            </button>
        </footer>
    }
}
