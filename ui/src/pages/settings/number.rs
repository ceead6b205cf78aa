//! A line for a number.

use leptos::prelude::*;

use super::form::{Entered, Number};
use crate::preferences::texts;

/// One number with its unit.
#[component]
pub(super) fn Figure(
    number: Number,
    label: &'static str,
    hint: &'static str,
    unit: &'static str,
    entered: RwSignal<Entered>,
    fixed: bool,
    edited: Callback<()>,
) -> impl IntoView {
    let s = &texts().settings;
    let id = format!("settings-{}", number.name());
    let described = format!("{id}-hint");
    let wrong = move || entered.with(|e| e.number(number).is_none());
    let lower = move || {
        if fixed {
            view! { <small>{s.fixed}</small> }.into_any()
        } else if wrong() {
            let (first, last) = number.range();
            view! { <small class="problem" role="alert">{(s.whole)(first, last)}</small> }.into_any()
        } else {
            view! { <small>{hint}</small> }.into_any()
        }
    };
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <div class="with-unit">
                <input
                    id=id
                    type="text"
                    inputmode="numeric"
                    autocomplete="off"
                    aria-describedby=described.clone()
                    aria-invalid=move || wrong().then_some("true")
                    disabled=fixed
                    prop:value=move || entered.with(|e| e.numbers[number.place()].clone())
                    on:input=move |event| {
                        edited.run(());
                        entered.update(|e| e.numbers[number.place()] = event_target_value(&event));
                    }
                />
                <span class="muted">{unit}</span>
            </div>
            <div id=described>{move || lower()}</div>
        </div>
    }
}
