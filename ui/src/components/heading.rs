//! Headings that take the focus.

use leptos::html;
use leptos::prelude::*;

/// The heading of a step, which takes the focus when the step is entered by a step before it.
#[component]
pub(crate) fn StepHeading(
    #[prop(into)] words: String,
    #[prop(optional, into)] more: String,
) -> impl IntoView {
    let heading = NodeRef::<html::H2>::new();
    Effect::new(move || {
        if let Some(heading) = heading.get() {
            drop(heading.focus());
        }
    });
    view! {
        <header class="step-head">
            <h2 node_ref=heading tabindex="-1">{words}</h2>
            {(!more.is_empty()).then(|| view! { <p class="muted">{more}</p> }.into_any())}
        </header>
    }
}
