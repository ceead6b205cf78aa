//! Keys that mean the same on every page, and the list of them.

mod press;

use leptos::prelude::*;
use leptos::{ev, html};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, HtmlInputElement, KeyboardEvent};

use self::press::{Focus, Open, Press, Wish, wish};
use super::dialog;
use super::palette::Palette;
use crate::preferences::texts;

/// The search of a page; without one, the first choice of its filter.
const SEARCHES: [&str; 2] = ["main input[type=search]", "main [role=search] select"];

/// Types of fields that nothing is typed into.
const UNTYPED: [&str; 8] = ["checkbox", "radio", "button", "submit", "reset", "file", "range", "color"];

/// Types of fields with a list that Escape closes, and in which `/` may be typed.
const DATES: [&str; 5] = ["date", "month", "week", "time", "datetime-local"];

/// Listens as long as the frame is there.
pub(crate) fn listen() {
    let palette = Palette::here();
    let listener = window_event_listener(ev::keydown, move |event| pressed(palette, &event));
    on_cleanup(move || listener.remove());
}

fn pressed(palette: Palette, event: &KeyboardEvent) {
    if event.default_prevented() || event.is_composing() {
        return;
    }
    let key = event.key();
    let press = Press {
        key: &key,
        command: event.ctrl_key() || event.meta_key(),
        alt: event.alt_key(),
        shift: event.shift_key(),
    };
    let open = match document().query_selector("dialog[open]") {
        _ if palette.is_open() => Open::Palette,
        Ok(Some(_)) => Open::Another,
        _ => Open::Nothing,
    };
    let held = document().active_element();
    let is_done = match wish(press, focus(held.as_ref()), open, has_entries()) {
        None => false,
        Some(Wish::Palette) => {
            if open == Open::Palette {
                palette.close();
            } else if !event.repeat() {
                palette.open();
            }
            true
        }
        Some(Wish::Seek) => seek(),
        Some(Wish::Clear) => held.is_some_and(clear),
        Some(Wish::Back) => back(),
        Some(Wish::Help) => {
            dialog::show(palette.help);
            true
        }
    };
    if is_done {
        event.prevent_default();
    }
}

fn focus(held: Option<&Element>) -> Focus {
    let Some(held) = held else { return Focus::Elsewhere };
    match held.tag_name().as_str() {
        "SELECT" => Focus::Choice,
        "TEXTAREA" => Focus::Field { empty: false, search: false },
        "INPUT" => match held.dyn_ref::<HtmlInputElement>() {
            Some(field) if UNTYPED.contains(&field.type_().as_str()) => Focus::Elsewhere,
            Some(field) if DATES.contains(&field.type_().as_str()) => {
                Focus::Field { empty: false, search: false }
            }
            Some(field) => {
                Focus::Field { empty: field.value().is_empty(), search: field.type_() == "search" }
            }
            None => Focus::Elsewhere,
        },
        _ => Focus::Elsewhere,
    }
}

/// Fields of the page that are filled in, and not only looked through. A dialog that is closed has none that count.
const FILLED_IN: &str = "main :is(textarea, input:not([type=search], [type=radio], [type=checkbox], [data-filter])):not(dialog *)";

/// Whether there is a field to be filled in: what was typed there must not be lost to a key.
fn has_entries() -> bool {
    matches!(document().query_selector(FILLED_IN), Ok(Some(_)))
}

fn seek() -> bool {
    let found = SEARCHES.iter().find_map(|search| document().query_selector(search).ok().flatten());
    let Some(field) = found.and_then(|field| field.dyn_into::<HtmlElement>().ok()) else { return false };
    drop(field.focus());
    if let Some(field) = field.dyn_ref::<HtmlInputElement>() {
        field.select();
    }
    true
}

/// Empties a field as somebody does who deletes what is in it.
fn clear(field: Element) -> bool {
    let Ok(field) = field.dyn_into::<HtmlInputElement>() else { return false };
    field.set_value("");
    let Ok(event) = document().create_event("Event") else { return false };
    event.init_event_with_bubbles("input", true);
    drop(field.dispatch_event(&event));
    true
}

/// By the link to the list, which is held back where something would be lost.
fn back() -> bool {
    let link = document().query_selector("main a.back").ok().flatten();
    let Some(link) = link.and_then(|link| link.dyn_into::<HtmlElement>().ok()) else { return false };
    link.click();
    true
}

/// `⌘ K` where the keyboard has that key.
fn command_k() -> &'static str {
    let is_mac = window().navigator().platform().is_ok_and(|platform| platform.starts_with("Mac"));
    if is_mac { "⌘ K" } else { "Ctrl K" }
}

/// The way to the commands for the pointer, which names their key.
#[component]
pub(crate) fn PaletteButton() -> impl IntoView {
    let palette = Palette::here();
    view! {
        <button id="palette-open" class="palette-open" aria-haspopup="dialog" on:click=move |_| palette.open()>
            <span>{texts().keyboard.title}</span><kbd>{command_k()}</kbd>
        </button>
    }
}

/// The list of keys.
#[component]
pub(crate) fn Shortcuts() -> impl IntoView {
    let t = texts();
    let k = &t.keyboard;
    let node: NodeRef<html::Dialog> = Palette::here().help;
    let lines = [
        (command_k(), k.key_palette),
        ("/", k.key_seek),
        ("Esc", k.key_escape),
        ("↑ ↓", k.key_arrows),
        ("Enter", k.key_enter),
        ("?", k.key_help),
    ];
    let lines =
        lines.map(|(keys, words)| view! { <div><dt><kbd>{keys}</kbd></dt><dd>{words}</dd></div> }.into_any());
    view! {
        <dialog node_ref=node id="shortcuts" class="ask" aria-labelledby="shortcuts-title">
            <h2 id="shortcuts-title">{k.shortcuts}</h2>
            <dl class="facts">{lines.into_iter().collect_view()}</dl>
            <p class="small muted">{k.note}</p>
            <div class="buttons">
                <button type="button" class="btn" on:click=move |_| dialog::close(node)>{t.common.close}</button>
            </div>
        </dialog>
    }
}
