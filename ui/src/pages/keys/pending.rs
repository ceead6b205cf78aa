//! A new key that waits for the confirmation of its kit: go on with it, or discard it.

use aitta_model::{Failure, KeyEntry};
use leptos::prelude::*;
use leptos_router::components::A;

use crate::activity::Activities;
use crate::api::api;
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::preferences::texts;

#[component]
pub(super) fn Pending(key: KeyEntry) -> impl IntoView {
    let t = texts();
    let m = &t.machine;
    let activities = Activities::here();
    let failure = RwSignal::new(None::<Failure>);
    let words = (m.pending)(&key.key_id);
    let discard = move |_| {
        let id = key.key_id.clone();
        leptos::task::spawn_local(async move {
            match api().discard_key(&id).await {
                Ok(()) => activities.refresh(),
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    view! {
        <div class="note warn above" role="status" id="keys-pending">
            <Icon name="key"/>
            <div>
                <p class="fact">{words}</p>
                <p>{m.pending_words}</p>
                <p class="buttons">
                    <A href="/keys/rotate" attr:class="btn primary" attr:id="keys-go-on">{m.go_on}</A>
                    <button id="keys-discard" type="button" class="btn" on:click=discard>{t.keys.discard}</button>
                </p>
                {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
            </div>
        </div>
    }
}
