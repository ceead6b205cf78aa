//! Where a step of the wizard begins, and the way to another.

use leptos::prelude::*;

use crate::arrival::is_focus_free;
use crate::texts::restore::Step;

/// Id of the heading of the step that is shown.
pub(super) const HEADING: &str = "restore-heading";

/// The way to another step.
#[derive(Clone, Copy)]
pub(super) struct Goto(pub(super) UnsyncCallback<Step>);

impl Goto {
    pub(super) fn here() -> Self {
        expect_context()
    }

    pub(super) fn to(self, step: Step) {
        self.0.run(step);
    }
}

pub(super) fn address(step: Step) -> String {
    format!("/restore?step={}", step.as_str())
}

/// A step begins at its heading, for readers of the screen as well, unless the focus has moved before the frame is drawn:
/// a name that is typed must not end in the heading.
pub(super) fn focus_heading() {
    let held = document().active_element();
    request_animation_frame(move || {
        let heading = document().get_element_by_id(HEADING);
        if let Some(heading) = heading.filter(|_| is_focus_free(held.as_ref())) {
            let heading: web_sys::HtmlElement = wasm_bindgen::JsCast::unchecked_into(heading);
            drop(heading.focus());
            window().scroll_to_with_x_and_y(0.0, 0.0);
        }
    });
}

/// The heading of a step, which takes the focus when the step is entered.
#[component]
pub(super) fn Heading(#[prop(into)] words: String, #[prop(optional, into)] more: String) -> impl IntoView {
    view! {
        <header class="step-head">
            <h2 id=HEADING tabindex="-1">{words}</h2>
            {(!more.is_empty()).then(|| view! { <p class="muted small">{more}</p> }.into_any())}
        </header>
    }
}
