//! Where the focus goes when a page is entered: to its heading, so that a reader of the screen begins there.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::document;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};

/// Headings of pages that ask first come with the answer.
const WAIT_MS: u32 = 50;
const WAITS: u32 = 60;

/// Whether nobody has moved the focus since `held` had it: a hand on the keyboard may be in a field by now.
pub(crate) fn is_focus_free(held: Option<&Element>) -> bool {
    let now = document().active_element();
    now.as_ref() == held || now.as_ref().is_none_or(|now| now.tag_name() == "BODY")
}

/// Waits for the heading of the page, and gives it the focus, unless the focus is elsewhere by then.
pub(crate) fn focus_heading() {
    let held = document().active_element();
    leptos::task::spawn_local(async move {
        for _ in 0..WAITS {
            TimeoutFuture::new(WAIT_MS).await;
            if !is_focus_free(held.as_ref()) {
                return;
            }
            let Ok(Some(heading)) = document().query_selector("main h1") else { continue };
            let Ok(heading) = heading.dyn_into::<HtmlElement>() else { return };
            drop(heading.set_attribute("tabindex", "-1"));
            drop(heading.focus());
            return;
        }
    });
}
