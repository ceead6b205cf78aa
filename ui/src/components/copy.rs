//! A button that puts a text on the clipboard, and says so.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::icon::Icon;
use crate::api::api;
use crate::preferences::texts;

/// How long it says so.
const SAID: Duration = Duration::from_secs(2);

#[component]
pub(crate) fn CopyButton(
    #[prop(into)] text: String,
    words: &'static str,
    #[prop(optional)] id: Option<&'static str>,
    #[prop(default = "btn")] class: &'static str,
    /// Whether it goes from the clipboard again.
    #[prop(optional)]
    secret: bool,
) -> impl IntoView {
    let t = &texts().backups;
    let copied = RwSignal::new(None::<bool>);
    let copy = move |_| {
        let text = text.clone();
        leptos::task::spawn_local(async move {
            let done = if secret { api().copy_secret(&text).await.is_ok() } else { write(&text).await };
            copied.try_set(Some(done));
            set_timeout(
                move || {
                    copied.try_set(None);
                },
                SAID,
            );
        });
    };
    let icon = move || {
        let name = match copied.get() {
            Some(true) => "check",
            Some(false) => "cross",
            None => "copy",
        };
        view! { <Icon name/> }
    };
    let said = move || match copied.get() {
        Some(true) if secret => t.copied_secret,
        Some(true) => t.copied,
        Some(false) => t.not_copied,
        None => words,
    };
    view! {
        <button type="button" id=id class=class on:click=copy>
            {move || icon()}<span aria-live="polite">{move || said()}</span>
        </button>
    }
}

/// Whether it went well. Outside of secure pages there is no clipboard.
async fn write(text: &str) -> bool {
    let navigator = window().navigator();
    let there = js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|c| !c.is_undefined());
    there && JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
}
