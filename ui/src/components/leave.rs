//! The question before something that was entered is lost, and the ways out of a page that lead to it.

use leptos::html;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::{Closure, JsValue};

use super::dialog;
use crate::leaving::{Click, Leaving};
use crate::preferences::texts;

#[component]
pub(crate) fn LeaveDialog() -> impl IntoView {
    let s = &texts().settings;
    let leaving = Leaving::here();
    guard(leaving);
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move || if leaving.asks() { dialog::show(node) } else { dialog::close(node) });
    view! {
        // Escape closes it, and that is to stay.
        <dialog
            node_ref=node
            id="leave"
            class="ask"
            aria-labelledby="leave-title"
            on:close=move |_| leaving.stay()
        >
            <h2 id="leave-title">{s.leave_title}</h2>
            <p>{s.leave_words}</p>
            <div class="buttons">
                <button
                    id="leave-discard"
                    type="button"
                    class="btn ghost danger-text"
                    on:click=move |_| leaving.discard()
                >
                    {s.leave_discard}
                </button>
                <button
                    id="leave-stay"
                    type="button"
                    class="btn primary"
                    autofocus
                    on:click=move |_| leaving.stay()
                >
                    {s.leave_stay}
                </button>
            </div>
        </dialog>
    }
}

/// Holds the way back. Called before the router is there, because among listeners of the window the first one counts.
pub(crate) fn hold_back(leaving: Leaving) {
    first("popstate", move |event| {
        let Some((path, address)) = leaving.held() else { return };
        let Ok(history) = window().history() else { return };
        if window().location().pathname().is_ok_and(|to| to == path) {
            return;
        }
        event.stop_immediate_propagation();
        // The browser is there already; the page is not. Let go, the same step back leads there.
        drop(history.push_state_with_url(&JsValue::NULL, "", Some(&address)));
        leaving.before(move || drop(history.back()), || ());
    });
}

/// Holds links and loading anew, before the router hears of them.
fn guard(leaving: Leaving) {
    let location = use_location();
    let navigate = StoredValue::new_local(use_navigate());
    let go_to =
        move |to: String| move || navigate.with_value(|navigate| navigate(&to, NavigateOptions::default()));
    first("click", move |event| {
        let Some((click, to)) = clicked(&event) else { return };
        let path = location.pathname.get_untracked();
        let (click, to) =
            (Click { here: &path, to: to.as_ref().map(|(path, _)| path.as_str()), ..click }, &to);
        if let Some((_, to)) = to.as_ref().filter(|_| click.leaves() && untrack(|| leaving.is_unsaved())) {
            event.prevent_default();
            event.stop_immediate_propagation();
            leaving.before(go_to(to.clone()), || ());
        }
    });
    first("beforeunload", move |event| {
        if untrack(|| leaving.is_unsaved()) {
            event.prevent_default();
            // What older WebKit asks for.
            drop(js_sys::Reflect::set(&event, &"returnValue".into(), &"unsaved".into()));
        }
    });
}

/// The link that was clicked on, and the path and address that it leads to. The path of the page is not in it yet.
fn clicked(event: &web_sys::Event) -> Option<(Click<'static>, Option<(String, String)>)> {
    let mouse = event.dyn_ref::<web_sys::MouseEvent>()?;
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    let link = target.closest("a[href]").ok()??.dyn_into::<web_sys::HtmlAnchorElement>().ok()?;
    let is_plain = mouse.button() == 0
        && !(mouse.meta_key() || mouse.ctrl_key() || mouse.shift_key() || mouse.alt_key());
    let is_elsewhere = !link.target().is_empty() || link.has_attribute("download");
    let is_ours = window().location().origin().is_ok_and(|origin| origin == link.origin());
    let to =
        is_ours.then(|| (link.pathname(), format!("{}{}{}", link.pathname(), link.search(), link.hash())));
    Some((Click { is_plain, is_elsewhere, to: None, here: "" }, to))
}

/// Listens before everybody else, as long as the caller's part of the page is there.
fn first(name: &'static str, on: impl Fn(web_sys::Event) + 'static) {
    let closure = StoredValue::new_local(Closure::<dyn Fn(web_sys::Event)>::new(on));
    closure.with_value(|closure| {
        drop(window().add_event_listener_with_callback_and_bool(
            name,
            closure.as_ref().unchecked_ref(),
            true,
        ));
    });
    on_cleanup(move || {
        // Its value goes after this.
        closure.try_with_value(|closure| {
            drop(window().remove_event_listener_with_callback_and_bool(
                name,
                closure.as_ref().unchecked_ref(),
                true,
            ));
        });
    });
}
