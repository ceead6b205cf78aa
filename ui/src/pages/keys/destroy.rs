//! Destroying a key: its id typed, why, and the second factor.

use aitta_model::{DestroyKeyRequest, Failure, Guarded};
use leptos::html;
use leptos::prelude::*;

use crate::activity::Activities;
use crate::api::api;
use crate::components::code::{CodeField, SecondFactor};
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::components::reason::{ReasonChoice, ReasonField};
use crate::preferences::texts;

#[component]
pub(super) fn DestroyButton(key_id: String, refused: bool) -> impl IntoView {
    let k = &texts().keys;
    let activities = Activities::here();
    let dialog = NodeRef::<html::Dialog>::new();
    let field = NodeRef::<html::Input>::new();
    let typed = RwSignal::new(String::new());
    let reason = RwSignal::new(ReasonChoice::default());
    let factor = SecondFactor::new(Guarded::Keys);
    let failure = RwSignal::new(None::<Failure>);
    let busy = RwSignal::new(false);
    // The dialog is made when it is opened: a page with many keys must not hold as many forms.
    let opened = RwSignal::new(false);
    let id = StoredValue::new(key_id);
    let open = move |_| {
        typed.set(String::new());
        reason.set(ReasonChoice::default());
        failure.set(None);
        factor.ask();
        opened.set(true);
        request_animation_frame(move || {
            if let Some(dialog) = dialog.get_untracked() {
                drop(dialog.show_modal());
            }
            if let Some(field) = field.get_untracked() {
                drop(field.focus());
            }
        });
    };
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let ready = move || {
        let right = typed.with(|typed| id.with_value(|id| typed.trim().eq_ignore_ascii_case(id)));
        right && !busy.get() && factor.is_ready() && reason.with(|r| r.to_text().is_some())
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !untrack(ready) {
            return;
        }
        busy.set(true);
        failure.set(None);
        let request = DestroyKeyRequest {
            key_id: id.get_value(),
            reason: reason.with_untracked(ReasonChoice::to_text),
            mfa: factor.take(),
            gone: Vec::new(),
        };
        leptos::task::spawn_local(async move {
            let answer = api().destroy_key(request).await;
            busy.try_set(false);
            match answer {
                Ok(_) => activities.refresh(),
                Err(error) => drop(failure.try_set(factor.refuse(error))),
            }
        });
    };
    let form = move || {
        opened.get().then(|| view! {
            <dialog node_ref=dialog class="ask" aria-labelledby="key-destroy-title" on:close=move |_| opened.set(false)>
                <form on:submit=submit autocomplete="off">
                    <h2 id="key-destroy-title">{(k.destroy_title)(&id.get_value())}</h2>
                    <p>{k.destroy_words}</p>
                    <label class="field">
                        <span>{k.destroy_type}" "<code>{id.get_value()}</code></span>
                        <input
                            id="key-destroy-confirm"
                            class="mono"
                            node_ref=field
                            autocomplete="off"
                            autocapitalize="off"
                            spellcheck="false"
                            prop:value=move || typed.get()
                            on:input=move |event| typed.set(event_target_value(&event))
                        />
                    </label>
                    <ReasonField id="key-destroy-reason" choice=reason set=Callback::new(move |c| reason.set(c))/>
                    <CodeField id="key-destroy-code" factor/>
                    {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
                    <div class="buttons">
                        <button type="button" class="btn" on:click=close>{k.keep}</button>
                        <button id="key-destroy-go" class="btn danger-fill" disabled=move || !ready()>{k.destroy_go}</button>
                    </div>
                </form>
            </dialog>
        }.into_any())
    };
    view! {
        <button class="btn small ghost danger-text" disabled=refused aria-haspopup="dialog" on:click=open>
            <Icon name="trash"/>{k.destroy}
        </button>
        {move || form()}
    }
}
