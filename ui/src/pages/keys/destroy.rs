//! Destroying a key: its id typed, why, and the second factor.

use aitta_model::{DestroyKeyRequest, Guarded};
use leptos::html;
use leptos::prelude::*;

use crate::activity::Activities;
use crate::api::api;
use crate::components::dialog;
use crate::components::guarded::{GuardedFields, GuardedForm};
use crate::components::icon::Icon;
use crate::preferences::texts;

#[component]
pub(super) fn DestroyButton(key_id: String, refused: bool) -> impl IntoView {
    let k = &texts().keys;
    let activities = Activities::here();
    let dialog = NodeRef::<html::Dialog>::new();
    let field = NodeRef::<html::Input>::new();
    let typed = RwSignal::new(String::new());
    let guarded = GuardedForm::with_code(Guarded::Keys);
    // The dialog is made when it is opened: a page with many keys must not hold as many forms.
    let opened = RwSignal::new(false);
    let id = StoredValue::new(key_id);
    let open = move |_| {
        typed.set(String::new());
        guarded.begin();
        opened.set(true);
        dialog::show(dialog);
        request_animation_frame(move || {
            if let Some(field) = field.get_untracked() {
                drop(field.focus());
            }
        });
    };
    let ready = move || {
        let right = typed.with(|typed| id.with_value(|id| typed.trim().eq_ignore_ascii_case(id)));
        right && guarded.is_ready()
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if untrack(ready) {
            let ask = |reason, mfa| {
                let key_id = id.get_value();
                api().destroy_key(DestroyKeyRequest { key_id, reason, mfa, gone: Vec::new() })
            };
            guarded.send(ask, move |_| activities.refresh());
        }
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
                    <GuardedFields id="key-destroy" form=guarded/>
                    <div class="buttons">
                        <button type="button" class="btn" on:click=move |_| dialog::close(dialog)>{k.keep}</button>
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
