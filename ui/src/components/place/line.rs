//! One line of a form.

use leptos::prelude::*;

/// One line with its label, and what lacks below it.
#[component]
pub(crate) fn Line(
    id: &'static str,
    #[prop(into)] label: String,
    #[prop(into)] value: Signal<String>,
    #[prop(into)] on_change: Callback<String>,
    #[prop(optional, into)] hint: String,
    #[prop(optional, into)] problem: Signal<Option<String>>,
    /// Takes the place of the hint.
    #[prop(optional, into)]
    note: Signal<Option<String>>,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional, into)] disabled: Signal<bool>,
    /// Beside the line.
    #[prop(optional)]
    after: Option<AnyView>,
) -> impl IntoView {
    let described = format!("{id}-hint");
    let input = NodeRef::<leptos::html::Input>::new();
    Effect::new(move || {
        if problem.with(Option::is_none) {
            return;
        }
        // Of several the first; by the next frame all are marked.
        request_animation_frame(move || {
            let Some(Some(input)) = input.try_get_untracked() else { return };
            let first = input.closest("form").ok().flatten();
            let first = first.and_then(|form| form.query_selector("[aria-invalid=true]").ok().flatten());
            if first.is_none_or(|first| first.is_same_node(Some(&input))) {
                drop(input.focus());
            }
        });
    });
    let has_hint = !hint.is_empty();
    let lower = move || match (problem.get(), note.get()) {
        (Some(problem), _) => {
            Some(view! { <small class="problem" role="alert">{problem}</small> }.into_any())
        }
        (None, Some(note)) => Some(view! { <small>{note}</small> }.into_any()),
        (None, None) => has_hint.then(|| view! { <small>{hint.clone()}</small> }.into_any()),
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <div class="beside">
                <input
                    node_ref=input
                    id=id
                    type=kind
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    aria-describedby=described.clone()
                    aria-invalid=move || problem.with(Option::is_some).then_some("true")
                    disabled=move || disabled.get()
                    prop:value=move || value.get()
                    on:input=move |event| on_change.run(event_target_value(&event))
                />
                {after}
            </div>
            <div id=described>{move || lower()}</div>
        </div>
    }
}
