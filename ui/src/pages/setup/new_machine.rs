//! A new machine: the store and the kit are there, the database is gone. No key is made on this way.

use aitta_model::{ProfileForm, ReasonCode, SaveHow, StoreContents, Targets};
use leptos::prelude::*;

use super::first::RETENTION_DAYS;
use super::found::{Contents, Import, suggested_name};
use super::question::Question;
use crate::api::api;
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::components::place::check::{Check, Good, Tested};
use crate::components::place::fields::Line;
use crate::components::place::store::{StoreFields, StoreForm};
use crate::format;
use crate::preferences::texts;
use crate::shown::Shown;

/// What has been entered. It stays when one goes back.
#[derive(Clone, Copy)]
pub(super) struct NewMachine {
    store: RwSignal<StoreForm>,
    looked: Tested<StoreContents>,
    /// What was found last, after the last kit.
    found: RwSignal<Option<StoreContents>>,
    name: RwSignal<String>,
    /// Whether the store is chosen.
    chosen: RwSignal<bool>,
    leave: Callback<()>,
}

impl NewMachine {
    pub(super) fn new(leave: Callback<()>) -> Self {
        Self {
            store: RwSignal::new(StoreForm::of(&aitta_model::StoreSettings::folder(""))),
            looked: Tested::new(),
            found: RwSignal::new(None),
            name: RwSignal::new(String::new()),
            chosen: RwSignal::new(false),
            leave,
        }
    }

    /// Takes what was found, and names the profile unless somebody has.
    fn take(self, found: StoreContents) {
        if self.name.with_untracked(String::is_empty) {
            self.name.set(suggested_name(&found.databases));
        }
        self.found.set(Some(found));
    }
}

#[component]
pub(super) fn Way(way: NewMachine) -> impl IntoView {
    let m = &texts().machine;
    let items = m.step_names.iter().enumerate().map(|(place, name)| {
        let is_now = move || usize::from(way.chosen.get()) == place;
        let class = move || match is_now() {
            true => "now",
            false if place == 0 => "done",
            false => "later",
        };
        view! {
            <li class=class aria-current=move || is_now().then_some("step")>
                <span class="dot" aria-hidden="true">{place + 1}</span>
                <span class="name">{*name}</span>
            </li>
        }
        .into_any()
    });
    view! {
        <ol class="steps" aria-label=m.steps>{items.collect_view()}</ol>
        {live(move || if way.chosen.get() {
            view! { <Kit way/> }.into_any()
        } else {
            view! { <Store way/> }.into_any()
        })}
    }
}

#[component]
fn Store(way: NewMachine) -> impl IntoView {
    let t = texts();
    let m = &t.machine;
    let looked = way.looked;
    let lacks = RwSignal::new(Vec::new());
    let look = move || {
        let form = way.store.get_untracked();
        lacks.set(form.lacks());
        if !lacks.with_untracked(Vec::is_empty) {
            return;
        }
        looked.run(api().look_into_store(&form.to_settings(), form.credentials().as_ref()), move || {
            let found = looked.result.with_untracked(|result| match result {
                Check::Done(Ok(found)) => Some(found.clone()),
                _ => None,
            });
            found.into_iter().for_each(|found| way.take(found));
        });
    };
    let is_there = Memo::new(move |_| {
        looked.result.with(|result| matches!(result, Check::Done(Ok(found)) if found.archives > 0))
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if is_there.get_untracked() { way.chosen.set(true) } else { look() }
    };
    let is_empty = Memo::new(move |_| {
        looked.result.with(|result| matches!(result, Check::Done(Ok(found)) if found.archives == 0))
    });
    let none = move || {
        let is_folder = way.store.with_untracked(|form| form.kind == "local");
        if is_folder { m.none_in_folder } else { m.none_in_cloud }
    };
    let forget = move |()| {
        looked.forget();
        way.found.set(None);
        way.name.set(String::new());
    };
    let result = move || {
        match looked.result.get() {
        Check::Idle => ().into_any(),
        Check::Busy => view! { <p class="small muted">{m.looking}</p> }.into_any(),
        Check::Done(Ok(found)) if found.archives == 0 => view! {
            <p class="note warn" role="alert" id="machine-none"><Icon name="warning"/><span>{none()}</span></p>
        }
        .into_any(),
        Check::Done(Ok(found)) => {
            let newest = found.newest.map(|at| format::time(t, at, format::now(), format::offset(at)));
            let newest = newest.map(|at| format!("{}: {at}", m.newest)).unwrap_or_default();
            view! { <Good title=(m.found)(found.archives)>{newest.clone()}</Good> }.into_any()
        }
        Check::Done(Err(failure)) => view! { <FailureBox failure/> }.into_any(),
    }
    };
    view! {
        <form on:submit=submit novalidate>
            <Question title=m.store words=m.store_words/>
            <StoreFields folder_id="machine-store" form=way.store lacks changed=forget reads=true/>
            <div class="test">
                <button
                    id="machine-look" type="button" class="btn"
                    disabled=move || looked.is_busy()
                    on:click=move |_| look()
                >
                    {m.look}
                </button>
                <div class="result" aria-live="polite">{live(result)}</div>
            </div>
            <footer class="way">
                <button type="button" class="btn ghost" id="machine-back" on:click=move |_| way.leave.run(())>
                    <Icon name="left"/>{t.setup.back}
                </button>
                <button id="machine-next" type="submit" class="btn primary" disabled=move || looked.is_busy() || is_empty.get()>
                    {t.setup.next}
                </button>
            </footer>
        </form>
    }
}

/// The kits, and then the profile: without a database, which is asked for where it is restored into.
#[component]
fn Kit(way: NewMachine) -> impl IntoView {
    let t = texts();
    let m = &t.machine;
    let done = Callback::new(move |found| way.take(found));
    let opens = Memo::new(move |_| {
        way.found.with(|found| found.as_ref().is_some_and(|found| !found.at_hand.is_empty()))
    });
    let contents = move || way.found.get().map(|found| view! { <Contents found/> });
    // Asked for as long as a key is missing.
    let lacks = Memo::new(move |_| {
        way.found.with(|found| found.as_ref().map(|found| (!found.missing.is_empty(), found.has_active)))
    });
    let import = move || {
        let (_, has_active) = lacks.get().filter(|(missing, _)| *missing)?;
        let reason = (ReasonCode::Incident, m.reason);
        Some(view! { <Import store=way.store has_active reason done/> })
    };
    // The keychain may have the keys already.
    let closed = way.found.with_untracked(|found| found.as_ref().is_some_and(|found| found.closed > 0));
    let (title, words) = if closed { (m.kit, m.kit_words) } else { (m.ready, "") };
    view! {
        <Question title words/>
        {live(contents)}
        {live(import)}
        {live(move || opens.get().then(|| view! { <Save way/> }))}
        <footer class="way">
            <button
                type="button" class="btn ghost" id="machine-back"
                on:click=move |_| way.chosen.set(false)
            >
                <Icon name="left"/>{t.setup.back}
            </button>
        </footer>
    }
}

#[component]
fn Save(way: NewMachine) -> impl IntoView {
    let t = texts();
    let m = &t.machine;
    let shown = Shown::here();
    let navigate = leptos_router::hooks::use_navigate();
    let failure = RwSignal::new(None);
    let busy = RwSignal::new(false);
    let wrong = RwSignal::new(None::<&'static str>);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let name = way.name.get_untracked().trim().to_owned();
        let taken = shown.0.with_untracked(|s| s.as_ref().is_some_and(|s| s.profiles.contains(&name)));
        wrong.set(match (name.is_empty(), taken) {
            (true, _) => Some(m.name_missing),
            // Its store would be another one from then on.
            (_, true) => Some(t.setup.profile_taken),
            _ => None,
        });
        if wrong.with_untracked(Option::is_some) || busy.get_untracked() {
            return;
        }
        failure.set(None);
        busy.set(true);
        let store = way.store.get_untracked();
        let form = ProfileForm {
            name,
            database_url: None,
            store: store.to_settings(),
            credentials: store.credentials(),
            retention_days: RETENTION_DAYS,
            targets: Targets::default(),
            automation: None,
        };
        let navigate = navigate.clone();
        leptos::task::spawn_local(async move {
            // It was looked into just now, and a restore only reads it.
            let how = SaveHow { untested: true, ..SaveHow::default() };
            let saved = api().save_profile(form, how).await;
            busy.try_set(false);
            match saved {
                Ok(saved) => {
                    navigate("/restore", leptos_router::NavigateOptions::default());
                    shown.change(saved.session);
                }
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    let problem = Signal::derive(move || wrong.get().map(str::to_owned));
    let on_change = move |text| {
        wrong.set(None);
        way.name.set(text);
    };
    view! {
        <form on:submit=submit novalidate autocomplete="off">
            <Line id="machine-name" label=m.name value=way.name on_change hint=m.name_hint problem/>
            <p class="small muted">{m.no_database_yet}</p>
            {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
            <div class="buttons">
                <button id="machine-go" type="submit" class="btn primary" disabled=move || busy.get()>
                    {move || if busy.get() { t.setup.saving } else { m.go }}<Icon name="right"/>
                </button>
            </div>
        </form>
    }
}
