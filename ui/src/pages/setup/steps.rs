//! The questions about database, folder and target.

use leptos::prelude::*;

use super::draft::Draft;
use super::question::{Question, Way};
use crate::api::api;
use crate::components::place::check::{SourceResult, StoreResult};
use crate::components::place::fields::{DatabaseFields, Line};
use crate::components::place::store::StoreFields;
use crate::preferences::texts;
use crate::shown::Shown;

#[component]
pub(super) fn Database(draft: Draft) -> impl IntoView {
    let t = texts();
    let shown = Shown::here();
    let source = draft.source;
    let test = move |on: bool| {
        let url = match draft.database.with_untracked(crate::components::place::form::DatabaseForm::to_url) {
            Ok(url) => url,
            Err(lacks) => return draft.lacks.set(lacks),
        };
        let ask = api().check_source(url);
        source.run(ask, move || {
            if on {
                draft.next();
            }
        });
    };
    let taken = RwSignal::new(false);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if let Some(name) = draft.name {
            if name.with_untracked(|name| name.trim().is_empty()) {
                name.set(
                    draft
                        .database
                        .with_untracked(crate::components::place::form::DatabaseForm::suggested_name),
                );
            }
            let name = name.get_untracked().trim().to_owned();
            let is_taken = shown.0.with_untracked(|s| s.as_ref().is_some_and(|s| s.profiles.contains(&name)));
            taken.set(is_taken);
            if is_taken {
                return;
            }
        }
        if source.is_well() { draft.next() } else { test(true) }
    };
    let name = draft.name.map(|name| {
        let on_change = move |text| {
            taken.set(false);
            name.set(text);
        };
        let problem = Signal::derive(move || taken.get().then(|| t.setup.profile_taken.to_owned()));
        view! {
            <Line
                id="setup-name"
                label=t.setup.profile_name
                value=name
                on_change
                hint=t.setup.profile_name_hint
                problem
            />
        }
    });
    view! {
        <form on:submit=submit novalidate>
            <Question title=t.setup.database words=t.setup.database_words/>
            <DatabaseFields form=draft.database lacks=draft.lacks changed=move |()| source.forget()/>
            {name}
            <div class="test">
                <button
                    id="setup-check"
                    type="button"
                    class="btn"
                    disabled=move || source.is_busy()
                    on:click=move |_| test(false)
                >
                    {t.setup.check_connection}
                </button>
                <SourceResult tested=source/>
            </div>
            <Way draft ready=true busy=Signal::derive(move || source.is_busy())/>
        </form>
    }
}

#[component]
pub(super) fn Store(draft: Draft) -> impl IntoView {
    let t = texts();
    let folder = draft.folder;
    let lacks = RwSignal::new(Vec::new());
    let test = move |on: bool| {
        let form = draft.store.get_untracked();
        lacks.set(form.lacks());
        if lacks.with_untracked(|lacks| !lacks.is_empty()) {
            return;
        }
        let ask = api().check_store(form.to_settings(), form.credentials());
        folder.run(ask, move || {
            if on {
                draft.next();
            }
        });
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if folder.is_well() { draft.next() } else { test(true) }
    };
    let changed = move |()| {
        folder.forget();
        // What was decided about the backups of another store says nothing about these.
        draft.without.set(false);
    };
    view! {
        <form on:submit=submit novalidate>
            <Question title=t.setup.store words=t.setup.store_words/>
            <StoreFields folder_id="setup-store" form=draft.store lacks changed/>
            <div class="test">
                <button
                    id="setup-check"
                    type="button"
                    class="btn"
                    disabled=move || folder.is_busy()
                    on:click=move |_| test(false)
                >
                    {t.setup.check_store}
                </button>
                <StoreResult tested=folder/>
            </div>
            <Way draft ready=true busy=Signal::derive(move || folder.is_busy())/>
        </form>
    }
}

#[component]
pub(super) fn Loss(draft: Draft) -> impl IntoView {
    let s = &texts().setup;
    let choices = [
        (3600, s.hour, s.hour_words),
        (4 * 3600, s.four_hours, s.four_hours_words),
        (24 * 3600, s.one_day, s.one_day_words),
    ];
    let choices = choices.map(|(seconds, name, words)| {
        view! {
            <label class="choice" class:on=move || draft.rpo_s.get() == seconds>
                <input
                    type="radio"
                    name="setup-rpo"
                    value=seconds
                    prop:checked=move || draft.rpo_s.get() == seconds
                    on:change=move |_| draft.rpo_s.set(seconds)
                />
                <span><strong>{name}</strong><small>{words}</small></span>
            </label>
        }
        .into_any()
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        draft.next();
    };
    view! {
        <form on:submit=submit novalidate>
            <Question title=s.loss words=s.loss_words/>
            <fieldset id="setup-rpo" class="choices" aria-label=s.loss>{choices.into_iter().collect_view()}</fieldset>
            <p class="small muted">{s.loss_note}</p>
            <Way draft ready=true/>
        </form>
    }
}
