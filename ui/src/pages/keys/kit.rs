//! The kit of a key once more, and taking a key from a kit.

use aitta_model::{ExportKitRequest, Guarded, ImportKeyRequest, KeyText, RecoveryKit};
use leptos::html;
use leptos::prelude::*;

use crate::activity::Activities;
use crate::api::api;
use crate::components::dialog::{close, show};
use crate::components::guarded::{GuardedFields, GuardedForm};
use crate::components::icon::Icon;
use crate::components::kit::Kit;
use crate::components::kit_input::KitInput;
use crate::preferences::texts;

#[component]
pub(super) fn KitButton(key_id: String) -> impl IntoView {
    let t = texts();
    let k = &t.keys;
    let dialog = NodeRef::<html::Dialog>::new();
    let opened = RwSignal::new(false);
    let guarded = GuardedForm::with_code(Guarded::Keys);
    // Gone as soon as the dialog is closed.
    let kit = RwSignal::new(None::<RecoveryKit>);
    let id = StoredValue::new(key_id);
    let open = move |_| {
        guarded.begin();
        opened.set(true);
        show(dialog);
    };
    let closed = move |_| {
        kit.set(None);
        opened.set(false);
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let ask =
            |reason, mfa| api().export_kit(ExportKitRequest { key_id: Some(id.get_value()), reason, mfa });
        guarded.send(ask, move |made| {
            // Whoever has closed the dialog meanwhile does not get it.
            if opened.try_get_untracked() == Some(true) {
                kit.try_set(Some(made));
            }
        });
    };
    let ask = move || {
        view! {
            <form on:submit=submit autocomplete="off">
                <p>{k.export_words}</p>
                <GuardedFields id="kit" form=guarded/>
                <div class="buttons">
                    <button type="button" class="btn" on:click=move |_| close(dialog)>{t.common.cancel}</button>
                    <button id="kit-show" class="btn primary" disabled=move || !guarded.is_ready()>{k.export_go}</button>
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

/// Takes a key from its kit: any one, or a certain one that is missing.
#[component]
pub(super) fn ImportButton(#[prop(optional)] missing: Option<String>) -> impl IntoView {
    let t = texts();
    let k = &t.keys;
    let activities = Activities::here();
    let dialog = NodeRef::<html::Dialog>::new();
    let opened = RwSignal::new(false);
    let text = RwSignal::new(String::new());
    let guarded = GuardedForm::with_code(Guarded::Keys);
    let open = move |_| {
        guarded.begin();
        opened.set(true);
        show(dialog);
    };
    let closed = move |_| {
        text.set(String::new());
        opened.set(false);
    };
    let ready = move || guarded.is_ready() && text.with(|text| !text.trim().is_empty());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if untrack(ready) {
            let ask = |reason, mfa| {
                let key = KeyText::new(text.get_untracked());
                api().import_key(ImportKeyRequest { key, reason, mfa })
            };
            guarded.send(ask, move |_| {
                close(dialog);
                activities.refresh();
            });
        }
    };
    let title = missing.as_deref().map_or_else(|| k.import_title.to_owned(), t.machine.import_title);
    let title = StoredValue::new(title);
    let form = move || {
        opened.get().then(|| view! {
            <dialog node_ref=dialog class="ask" aria-labelledby="import-title" on:close=closed>
                <form on:submit=submit autocomplete="off">
                    <h2 id="import-title">{title.get_value()}</h2>
                    <p>{k.import_words}</p>
                    <KitInput id="import" text/>
                    <GuardedFields id="import" form=guarded/>
                    <div class="buttons">
                        <button type="button" class="btn" on:click=move |_| close(dialog)>{t.common.cancel}</button>
                        <button id="import-go" class="btn primary" disabled=move || !ready()>{k.import_go}</button>
                    </div>
                </form>
            </dialog>
        }.into_any())
    };
    let button = match missing {
        None => view! {
            <button id="keys-import" class="btn" aria-haspopup="dialog" on:click=open>
                <Icon name="download"/>{k.import}
            </button>
        }
        .into_any(),
        Some(id) => view! {
            <button
                class="btn small" data-import=id.clone() aria-haspopup="dialog" on:click=open
            >
                {t.machine.import_kit}<span class="visually-hidden">" "{id.clone()}</span>
            </button>
        }
        .into_any(),
    };
    view! { {button}{move || form()} }
}
