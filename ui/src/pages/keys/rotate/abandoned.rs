//! What became of a kit that was left.

use aitta_model::{Failure, KeyState};
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_location;

use super::run::Rotation;
use crate::api::api;
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::preferences::texts;

/// Offers to go on with a new key that was left unconfirmed, or to discard it, on whatever page one is by then.
#[component]
pub(crate) fn Abandoned() -> impl IntoView {
    let k = &texts().keys;
    let rotation = Rotation::here();
    let failure = RwSignal::new(None::<Failure>);
    let discard = move |id: String| {
        leptos::task::spawn_local(async move {
            match api().discard_key(&id).await {
                Ok(()) => {
                    rotation.abandoned.set(None);
                    rotation.activities.refresh();
                }
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    // It may have been confirmed or discarded elsewhere, also by another program.
    Effect::new(move || {
        rotation.activities.revision.track();
        let Some(id) = rotation.abandoned.get_untracked() else { return };
        leptos::task::spawn_local(async move {
            let Ok(ring) = api().key_ring().await else { return };
            let waits = ring.keys.iter().any(|key| key.key_id == id && key.state == KeyState::Pending);
            if !waits && rotation.abandoned.get_untracked().as_ref() == Some(&id) {
                rotation.abandoned.set(None);
            }
        });
    });
    // The page of keys offers the same.
    let path = use_location().pathname;
    let elsewhere = Memo::new(move |_| path.get() != "/keys");
    live(move || {
        rotation.abandoned.get().filter(|_| elsewhere.get()).map(|id| {
            let words = (k.abandoned)(&id);
            view! {
                <div class="note warn above no-print" role="alert" id="key-abandoned">
                    <Icon name="key"/>
                    <div>
                        <p class="fact">{words}</p>
                        <p class="buttons">
                            <A href="/keys/rotate" attr:class="btn" attr:id="key-abandoned-go-on">
                                {texts().machine.go_on}
                            </A>
                            <button class="btn" id="key-abandoned-discard" on:click=move |_| discard(id.clone())>
                                {k.abandoned_discard}
                            </button>
                            <button class="btn" on:click=move |_| rotation.abandoned.set(None)>
                                {k.abandoned_keep}
                            </button>
                        </p>
                    </div>
                </div>
                {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
            }.into_any()
        })
    })
}
