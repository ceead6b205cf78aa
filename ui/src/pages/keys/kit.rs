//! The kit of a key once more, and taking a key from a kit.

use aitta_model::{ExportKitRequest, Failure, Guarded, ImportKeyRequest, KeyText, RecoveryKit};
use leptos::html;
use leptos::prelude::*;

use crate::activity::Activities;
use crate::api::api;
use crate::components::code::{CodeField, SecondFactor};
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::components::kit::Kit;
use crate::components::reason::{ReasonChoice, ReasonField};
use crate::preferences::texts;

/// Shows a dialog that was made just now.
fn show(dialog: NodeRef<html::Dialog>) {
    request_animation_frame(move || {
        if let Some(dialog) = dialog.get_untracked() {
            drop(dialog.show_modal());
        }
    });
}

fn close(dialog: NodeRef<html::Dialog>) {
    if let Some(dialog) = dialog.get_untracked() {
        dialog.close();
    }
}

#[component]
pub(super) fn KitButton(key_id: String) -> impl IntoView {
    let t = texts();
    let k = &t.keys;
    let dialog = NodeRef::<html::Dialog>::new();
    let opened = RwSignal::new(false);
    let reason = RwSignal::new(ReasonChoice::default());
    let factor = SecondFactor::new(Guarded::Keys);
    let failure = RwSignal::new(None::<Failure>);
    let busy = RwSignal::new(false);
    // Gone as soon as the dialog is closed.
    let kit = RwSignal::new(None::<RecoveryKit>);
    let id = StoredValue::new(key_id);
    let open = move |_| {
        reason.set(ReasonChoice::default());
        failure.set(None);
        factor.ask();
        opened.set(true);
        show(dialog);
    };
    let closed = move |_| {
        kit.set(None);
        opened.set(false);
    };
    let ready = move || !busy.get() && factor.is_ready() && reason.with(|r| r.to_text().is_some());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !untrack(ready) {
            return;
        }
        busy.set(true);
        failure.set(None);
        let request = ExportKitRequest {
            key_id: Some(id.get_value()),
            reason: reason.with_untracked(ReasonChoice::to_text),
            mfa: factor.take(),
        };
        leptos::task::spawn_local(async move {
            let answer = api().export_kit(request).await;
            busy.try_set(false);
            match answer {
                // Whoever has closed the dialog meanwhile does not get it.
                Ok(made) if opened.try_get_untracked() == Some(true) => drop(kit.try_set(Some(made))),
                Ok(_) => {}
                Err(error) => drop(failure.try_set(factor.refuse(error))),
            }
        });
    };
    let ask = move || {
        view! {
            <form on:submit=submit autocomplete="off">
                <p>{k.export_words}</p>
                <ReasonField id="kit-reason" choice=reason set=Callback::new(move |c| reason.set(c))/>
                <CodeField id="kit-code" factor/>
                {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
                <div class="buttons">
                    <button type="button" class="btn" on:click=move |_| close(dialog)>{t.common.cancel}</button>
                    <button id="kit-show" class="btn primary" disabled=move || !ready()>{k.export_go}</button>
                </div>
            </form>
        }
    };
    let shown = move |kit: RecoveryKit| {
        view! {
            <Kit kit/>
            <p class="note warn no-print"><Icon name="warning"/><span>{k.kit_warning}</span></p>
            <div class="buttons no-print">
                <button type="button" class="btn primary" on:click=move |_| close(dialog)>{t.common.close}</button>
            </div>
        }
    };
    let form = move || {
        opened.get().then(|| {
            view! {
                <dialog
                    node_ref=dialog class="ask" class:wide=move || kit.with(Option::is_some)
                    aria-labelledby="kit-title" on:close=closed
                >
                    <h2 id="kit-title" class="no-print">{(k.export_title)(&id.get_value())}</h2>
                    {move || match kit.get() {
                        None => ask().into_any(),
                        Some(kit) => shown(kit).into_any(),
                    }}
                </dialog>
            }
            .into_any()
        })
    };
    view! {
        <button id="keys-kit" class="btn small" aria-haspopup="dialog" on:click=open>
            <Icon name="print"/>{k.print_again}
        </button>
        {move || form()}
    }
}

#[component]
pub(super) fn ImportButton() -> impl IntoView {
    let t = texts();
    let k = &t.keys;
    let activities = Activities::here();
    let dialog = NodeRef::<html::Dialog>::new();
    let opened = RwSignal::new(false);
    let text = RwSignal::new(String::new());
    let reason = RwSignal::new(ReasonChoice::default());
    let failure = RwSignal::new(None::<Failure>);
    let busy = RwSignal::new(false);
    let open = move |_| {
        reason.set(ReasonChoice::default());
        failure.set(None);
        opened.set(true);
        show(dialog);
    };
    let closed = move |_| {
        text.set(String::new());
        opened.set(false);
    };
    let ready = move || {
        !busy.get() && text.with(|text| !text.trim().is_empty()) && reason.with(|r| r.to_text().is_some())
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !untrack(ready) {
            return;
        }
        busy.set(true);
        failure.set(None);
        let request = ImportKeyRequest {
            key: KeyText::new(text.get_untracked()),
            reason: reason.with_untracked(ReasonChoice::to_text),
        };
        leptos::task::spawn_local(async move {
            let answer = api().import_key(request).await;
            busy.try_set(false);
            match answer {
                Ok(_) => {
                    close(dialog);
                    activities.refresh();
                }
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    let form = move || {
        opened.get().then(|| view! {
            <dialog node_ref=dialog class="ask" aria-labelledby="import-title" on:close=closed>
                <form on:submit=submit autocomplete="off">
                    <h2 id="import-title">{k.import_title}</h2>
                    <p>{k.import_words}</p>
                    <label class="field">
                        <span>{k.import_key}</span>
                        <textarea
                            id="import-key" class="mono" rows="5" autocomplete="off" autocapitalize="off"
                            spellcheck="false"
                            prop:value=move || text.get()
                            on:input=move |event| text.set(event_target_value(&event))
                        ></textarea>
                    </label>
                    <ReasonField id="import-reason" choice=reason set=Callback::new(move |c| reason.set(c))/>
                    {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
                    <div class="buttons">
                        <button type="button" class="btn" on:click=move |_| close(dialog)>{t.common.cancel}</button>
                        <button id="import-go" class="btn primary" disabled=move || !ready()>{k.import_go}</button>
                    </div>
                </form>
            </dialog>
        }.into_any())
    };
    view! {
        <button id="keys-import" class="btn" aria-haspopup="dialog" on:click=open>
            <Icon name="download"/>{k.import}
        </button>
        {move || form()}
    }
}
