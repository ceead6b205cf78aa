//! The commands: what is typed finds pages, actions, backups, tables and profiles. A combobox with a list, as the ARIA
//! practices describe it (<https://www.w3.org/WAI/ARIA/apg/patterns/combobox/>): the focus stays in the field, arrows
//! move through the list, Enter does what is selected.

mod entries;
mod find;

use std::sync::Arc;

use aitta_model::{BackupRequest, ErrorCode, Failure};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

use self::entries::{Deed, Entry};
use self::find::Query;
use super::dialog;
use super::failure::{self, FailureBox};
use super::icon::Icon;
use super::live::live;
use crate::activity::{Activities, Doing};
use crate::address;
use crate::api::api;
use crate::format;
use crate::leaving::Leaving;
use crate::preferences::{Preferences, texts};
use crate::shown::Shown;

/// Entries that are shown at most.
const MOST: usize = 40;

const LIST: &str = "palette-list";

/// What is known of the backups of the profile.
#[derive(Debug, Clone, Default, PartialEq)]
enum Loaded {
    /// Nobody has typed anything yet.
    #[default]
    Not,
    Asking,
    There(Arc<Vec<Entry>>),
    Failed(Failure),
}

/// The commands of this window, and the list of its keys.
#[derive(Clone, Copy)]
pub(crate) struct Palette {
    dialog: NodeRef<html::Dialog>,
    /// The list of keys.
    pub(super) help: NodeRef<html::Dialog>,
    fixed: RwSignal<Arc<Vec<Entry>>>,
    loaded: RwSignal<Loaded>,
    /// Which opening of the dialog it is: an answer to an earlier one comes too late.
    opening: StoredValue<u32>,
    text: RwSignal<String>,
    at: RwSignal<usize>,
    failure: RwSignal<Option<Failure>>,
    // Where a key was pressed nothing else is at hand.
    shown: Shown,
    preferences: Preferences,
    leaving: Leaving,
}

impl Palette {
    /// Closed, with nothing typed.
    pub(crate) fn new() -> Self {
        Self {
            dialog: NodeRef::new(),
            help: NodeRef::new(),
            fixed: RwSignal::default(),
            loaded: RwSignal::default(),
            opening: StoredValue::new(0),
            text: RwSignal::default(),
            at: RwSignal::new(0),
            failure: RwSignal::new(None),
            shown: Shown::here(),
            preferences: Preferences::here(),
            leaving: Leaving::here(),
        }
    }

    /// That of this window.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    pub(super) fn is_open(self) -> bool {
        self.dialog.get_untracked().is_some_and(|dialog| dialog.open())
    }

    pub(crate) fn open(self) {
        let language = self.preferences.language.get_untracked();
        self.opening.update_value(|n| *n += 1);
        self.text.set(String::new());
        self.at.set(0);
        self.loaded.set(Loaded::Not);
        let fixed = self.shown.0.with_untracked(|s| entries::fixed(language.texts(), s.as_ref(), language));
        self.fixed.set(Arc::new(fixed));
        dialog::show(self.dialog);
    }

    pub(super) fn close(self) {
        dialog::close(self.dialog);
    }

    fn typed(self, text: String) {
        self.text.set(text);
        self.at.set(0);
        if self.loaded.with_untracked(|loaded| *loaded == Loaded::Not) {
            self.load();
        }
    }

    /// Asks the store for its backups, and its newest one for its tables.
    fn load(self) {
        let t = self.preferences.language.get_untracked().texts();
        let opening = self.opening.get_value();
        self.loaded.set(Loaded::Asking);
        leptos::task::spawn_local(async move {
            let asked = async {
                let list = api().archives().await?;
                let mut entries = match list.archives.is_empty() {
                    true => Vec::new(),
                    false => {
                        let newest = api().archive("latest").await?;
                        entries::tables(t, &newest, address::restore_tables)
                    }
                };
                entries.extend(entries::backups(t, &list.archives, format::now(), format::offset));
                Ok::<_, Failure>(entries)
            };
            let loaded = match asked.await {
                Ok(entries) => Loaded::There(Arc::new(entries)),
                Err(failure) => Loaded::Failed(failure),
            };
            if self.opening.try_get_value() == Some(opening) {
                self.loaded.set(loaded);
            }
        });
    }

    fn found(self) -> Vec<Entry> {
        let query = Query::new(&self.text.get());
        let fixed = self.fixed.get();
        let loaded = match self.loaded.get() {
            Loaded::There(entries) if !query.is_empty() => entries,
            _ => Arc::default(),
        };
        let all = fixed.iter().chain(loaded.iter());
        find::best(&query, all, |entry| &entry.words, MOST).into_iter().cloned().collect()
    }
}

/// As a click on a link: whatever holds a link back holds this one, too.
fn follow(address: &str) {
    let Ok(link) = document().create_element("a") else { return };
    let (Some(body), Ok(link)) = (document().body(), link.dyn_into::<web_sys::HtmlElement>()) else { return };
    if link.set_attribute("href", address).and_then(|()| body.append_child(&link).map(drop)).is_ok() {
        link.click();
        link.remove();
    }
}

#[component]
pub(crate) fn PaletteDialog() -> impl IntoView {
    let t = texts();
    let k = &t.keyboard;
    let palette = Palette::here();
    let activities = Activities::here();
    let found = Memo::new(move |_| palette.found());
    let act = move |deed: Deed| {
        palette.close();
        match deed {
            Deed::Go(address) => follow(&address),
            // What is under way is at the head of the page.
            Deed::BackUp if untrack(|| activities.is_busy()) => follow("/"),
            Deed::BackUp => back_up(palette, activities),
            Deed::Show(name) => palette.leaving.before(move || choose(palette, name), || ()),
            // It draws the page anew.
            Deed::Speak(language) => {
                palette.leaving.before(move || palette.preferences.speak(language), || ());
            }
            Deed::Look(look) => palette.preferences.appearance.set(look),
            Deed::Shortcuts => dialog::show(palette.help),
        }
    };
    let pressed = move |event: web_sys::KeyboardEvent| {
        let (at, count) = (palette.at.get_untracked(), found.with_untracked(Vec::len));
        if event.is_composing() || count == 0 {
            return;
        }
        match event.key().as_str() {
            "ArrowDown" => palette.at.set((at + 1) % count),
            "ArrowUp" => palette.at.set((at + count - 1) % count),
            "Enter" if !event.repeat() => {
                let deed = found.with_untracked(|found| found.get(at).map(|entry| entry.deed.clone()));
                if let Some(deed) = deed {
                    act(deed);
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    Effect::new(move || {
        found.track();
        let at = palette.at.get();
        request_animation_frame(move || keep_in_sight(at));
    });
    let options = move || {
        let entries = found.get().into_iter().enumerate();
        let option = |(i, entry): (usize, Entry)| {
            let deed = entry.deed.clone();
            view! {
                <li
                    id=option_id(i)
                    role="option"
                    aria-selected=move || (palette.at.get() == i).to_string()
                    on:click=move |_| act(deed.clone())
                >
                    <Icon name=entry.icon/><span title=entry.title.clone()>{entry.title.clone()}</span><small>{entry.kind}</small>
                </li>
            }
            .into_any()
        };
        entries.map(option).collect_view()
    };
    let nothing = Memo::new(move |_| found.with(Vec::is_empty));
    let state = move || match palette.loaded.get() {
        Loaded::Asking => k.asking.to_owned(),
        Loaded::Failed(failure) => format!("{} {}", k.not_loaded, failure::told(t, &failure)),
        Loaded::Not | Loaded::There(_) if nothing.get() => k.none.to_owned(),
        Loaded::Not | Loaded::There(_) => String::new(),
    };
    let selected = move || (!nothing.get()).then(|| option_id(palette.at.get()));
    view! {
        <dialog node_ref=palette.dialog id="palette" class="palette" aria-label=k.title>
            <label class="seek">
                <span class="visually-hidden">{k.title}</span>
                <Icon name="search"/>
                <input
                    id="palette-field"
                    type="text"
                    role="combobox"
                    aria-autocomplete="list"
                    aria-controls=LIST
                    aria-expanded=move || (!nothing.get()).to_string()
                    aria-activedescendant=selected
                    placeholder=k.field
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    prop:value=move || palette.text.get()
                    on:input=move |event| palette.typed(event_target_value(&event))
                    on:keydown=pressed
                />
            </label>
            <ul
                id=LIST
                role="listbox"
                aria-label=k.title
                hidden=move || nothing.get()
                // The focus stays in the field.
                on:mousedown=move |event| event.prevent_default()
            >
                {live(options)}
            </ul>
            <p class="state small muted" role="status">{state}</p>
        </dialog>
    }
}

/// What a command has met, where the page is: the dialog is closed by then.
#[component]
pub(crate) fn PaletteFailure() -> impl IntoView {
    let t = texts();
    let failure = Palette::here().failure;
    live(move || {
        failure.get().map(|error| {
            view! {
                <div class="above" id="palette-failure">
                    <FailureBox failure=error/>
                    <button class="btn small" on:click=move |_| failure.set(None)>{t.common.close}</button>
                </div>
            }
            .into_any()
        })
    })
}

/// As the button of the dashboard does.
fn back_up(palette: Palette, activities: Activities) {
    palette.failure.set(None);
    let (operation, progress) = activities.begin(Doing::BackingUp);
    leptos::task::spawn_local(async move {
        let made = api().back_up(BackupRequest::default(), operation, progress).await;
        activities.end(operation);
        // One that the user has stopped needs no explanation.
        let error = made.err().filter(|error| error.code != ErrorCode::Cancelled);
        palette.failure.try_set(error);
    });
}

fn choose(palette: Palette, name: String) {
    palette.failure.set(None);
    leptos::task::spawn_local(async move {
        match api().choose_profile(&name).await {
            Ok(session) => palette.shown.change(session),
            Err(error) => drop(palette.failure.try_set(Some(error))),
        }
    });
}

fn option_id(i: usize) -> String {
    format!("palette-{i}")
}

/// Scrolls the list, and nothing around it, to the option that is selected.
fn keep_in_sight(at: usize) {
    let find = |id: &str| document().get_element_by_id(id);
    let (Some(list), Some(option)) = (find(LIST), find(&option_id(at))) else { return };
    let (around, it) = (list.get_bounding_client_rect(), option.get_bounding_client_rect());
    let by = (it.top() - around.top()).min(0.0) + (it.bottom() - around.bottom()).max(0.0);
    list.set_scroll_top(list.scroll_top() + by.round() as i32);
}
