//! The second step: the kit of the new key, and two groups of it typed back.

use aitta_model::{ConfirmKeyRequest, Failure, KeyState, RecoveryKit, RotationDirection, TypedGroups};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::run::{Rotation, Run};
use crate::api::api;
use crate::components::failure::FailureBox;
use crate::components::heading::StepHeading;
use crate::components::icon::Icon;
use crate::components::kit::{Kit, TypeBack, Typed};
use crate::preferences::texts;

#[component]
pub(super) fn NewKey(made: RecoveryKit, kit: RwSignal<Option<RecoveryKit>>) -> impl IntoView {
    let k = &texts().keys;
    let rotation = Rotation::here();
    let navigate = use_navigate();
    let typed = RwSignal::new(Typed::default());
    let hidden = RwSignal::new(false);
    let failure = RwSignal::new(None::<Failure>);
    let busy = RwSignal::new(false);
    let complete = Memo::new(move |_| {
        typed.with(|typed| kit.with(|kit| kit.as_ref().is_some_and(|kit| typed.is_complete(kit))))
    });
    let ready = move || complete.get() && !busy.get();
    let onward = navigate.clone();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !untrack(ready) {
            return;
        }
        let onward = onward.clone();
        let request = kit.with_untracked(|kit| {
            kit.as_ref().map(|kit| ConfirmKeyRequest {
                key_id: kit.key_id.clone(),
                typed: TypedGroups::new(typed.with_untracked(|typed| typed.groups(kit))),
                mfa: None,
            })
        });
        let Some(request) = request else { return };
        busy.set(true);
        failure.set(None);
        leptos::task::spawn_local(async move {
            let answer = api().confirm_key(request).await;
            busy.try_set(false);
            match answer {
                Ok(ring) => {
                    // First: the step must never be seen to be left with a key that is in use.
                    kit.try_set(None);
                    rotation.abandoned.set(None);
                    if ring.keys.iter().any(|key| key.state == KeyState::Retired) {
                        rotation.run.set(Run::Ready);
                        rotation.start(RotationDirection::Forward, None);
                    } else {
                        // The first key: there is nothing to move.
                        onward("/keys", NavigateOptions::default());
                    }
                }
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    let discard = move |_| {
        let Some(id) = kit.with_untracked(|kit| kit.as_ref().map(|kit| kit.key_id.clone())) else { return };
        let navigate = navigate.clone();
        leptos::task::spawn_local(async move {
            match api().discard_key(&id).await {
                Ok(()) => {
                    kit.try_set(None);
                    navigate("/keys", NavigateOptions::default());
                }
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    view! {
        <form on:submit=submit autocomplete="off">
            <div class="no-print"><StepHeading words=k.new_key more=k.new_key_words/></div>
            <Kit kit=made.clone() hidden/>
            <p class="note warn no-print"><Icon name="warning"/><span>{k.kit_warning}</span></p>
            <div class="card pad no-print"><TypeBack kit=made typed hidden/></div>
            {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
            <footer class="way no-print">
                <button id="rotate-discard" type="button" class="btn ghost" on:click=discard>{k.discard_back}</button>
                <button id="rotate-confirm" type="submit" class="btn primary" disabled=move || !ready()>
                    {k.use_key}<Icon name="right"/>
                </button>
            </footer>
        </form>
    }
}
