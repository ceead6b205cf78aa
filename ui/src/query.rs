//! What a list shows, kept in the query of the address: so that back and reload bring it back.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The parameters of the page that is being made. The router makes a page before the address bar tells its
/// address, and the bar knows what [`write()`] has written, which the router doesn't.
pub(crate) fn read() -> impl Fn(&str) -> Option<String> {
    let here = use_location();
    let bar = window().location();
    let search = if bar.pathname().ok() == Some(here.pathname.get_untracked()) {
        bar.search().unwrap_or_default()
    } else {
        here.search.get_untracked()
    };
    let parameters = web_sys::UrlSearchParams::new_with_str(&search).ok();
    move |name| parameters.as_ref()?.get(name)
}

/// Writes these parameters into the address bar and leaves the others; an empty one is left out. It makes
/// no new entry of the history: a press of back must leave the list, not take back a letter.
pub(crate) fn write(pairs: &[(&str, String)]) {
    let bar = window().location();
    let (Ok(path), Ok(search)) = (bar.pathname(), bar.search()) else { return };
    let Ok(parameters) = web_sys::UrlSearchParams::new_with_str(&search) else { return };
    for (name, value) in pairs {
        if value.is_empty() {
            parameters.delete(name);
        } else {
            parameters.set(name, value);
        }
    }
    let new = parameters.to_string().as_string().unwrap_or_default();
    if new == search.trim_start_matches('?') {
        return;
    }
    let address = if new.is_empty() { path } else { format!("{path}?{new}") };
    if let Ok(history) = window().history() {
        let state = history.state().unwrap_or(wasm_bindgen::JsValue::NULL);
        // A browser that refuses costs no more than the comfort.
        drop(history.replace_state_with_url(&state, "", Some(&address)));
    }
}
