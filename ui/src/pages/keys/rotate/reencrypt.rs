//! Whether the data is encrypted anew, too.

use leptos::prelude::*;

use crate::preferences::texts;

#[component]
pub(super) fn Reencrypt(on: RwSignal<bool>) -> impl IntoView {
    let k = &texts().keys;
    view! {
        <label class="choice" class:on=move || on.get()>
            <input
                id="rotate-reencrypt"
                type="checkbox"
                prop:checked=move || on.get()
                on:change=move |event| on.set(event_target_checked(&event))
            />
            <span><strong>{k.reencrypt}</strong><small>{k.reencrypt_words}</small></span>
        </label>
    }
}
