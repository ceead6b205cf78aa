//! The profile's settings as a form.

use aitta_model::{Failure, Settings, StoreCheck};
use leptos::prelude::*;

use super::database::{Database, Other};
use super::form::{Entered, Number};
use crate::api::api;
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::components::place::check::{StoreResult, Tested};
use crate::components::place::form::DatabaseForm;
use crate::components::place::store::StoreFields;
use crate::preferences::texts;
use crate::shown::Shown;

#[component]
pub(super) fn Profile(settings: Settings, saved: Callback<()>) -> impl IntoView {
    let t = texts();
    let s = &t.settings;
    let shown = Shown::here();
    let before = Entered::of(&settings);
    let entered = RwSignal::new(before.clone());
    let other = Other::new();
    let folder: Tested<StoreCheck> = Tested::new();
    let failure = RwSignal::new(None::<Failure>);
    let busy = RwSignal::new(false);
    let done = RwSignal::new(false);
    let changed = Memo::new(move |_| other.open.get() || entered.with(|e| *e != before));
    let set = StoredValue::new(settings.clone());
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let url = if other.open.get_untracked() {
            match other.form.with_untracked(DatabaseForm::to_url) {
                Ok(url) => Some(url),
                Err(lacks) => return other.lacks.set(lacks),
            }
        } else {
            None
        };
        let Some(form) = set.with_value(|set| entered.with_untracked(|e| e.form(set, url))) else { return };
        failure.set(None);
        done.set(false);
        busy.set(true);
        leptos::task::spawn_local(async move {
            let answer = api().save_profile(form).await;
            busy.try_set(false);
            match answer {
                Ok(session) => {
                    done.try_set(true);
                    shown.change(session);
                    // What counts now may be another than what was entered: paths are in full.
                    gloo_timers::future::TimeoutFuture::new(1500).await;
                    saved.try_run(());
                }
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    let fixed = set.with_value(|set| {
        let named = ["store.type", "store.dir", "store.bucket", "store.account", "store.container"];
        named.into_iter().any(|name| set.fixed.iter().any(|fixed| fixed == name))
    });
    let store = RwSignal::new(entered.with_untracked(|e| e.store.clone()));
    let lacks = RwSignal::new(Vec::new());
    let test_store = move |_| {
        let form = store.get_untracked();
        lacks.set(form.lacks());
        if lacks.with_untracked(Vec::is_empty) {
            folder.run(api().check_store(form.to_settings(), form.credentials()), || ());
        }
    };
    let on_store = move |()| {
        entered.update(|e| e.store = store.get_untracked());
        done.set(false);
        folder.forget();
    };
    let number = move |number: Number, label: &'static str, hint: &'static str, unit: &'static str| {
        let fixed = set.with_value(|set| set.fixed.iter().any(|name| name == number.name()));
        view! { <Figure number label hint unit entered fixed done/> }
    };
    let status = move || match (busy.get(), done.get(), changed.get()) {
        (true, ..) => view! { <span class="muted">{s.saving}</span> }.into_any(),
        (_, true, _) => {
            view! { <span class="saved with-icon"><Icon name="check"/>{s.saved}</span> }.into_any()
        }
        (_, _, true) => view! { <span class="muted">{s.changed}</span> }.into_any(),
        _ => view! { <span class="muted">{s.unchanged}</span> }.into_any(),
    };
    let ready = move || changed.get() && !busy.get() && entered.with(Entered::is_whole);
    view! {
        <form on:submit=save novalidate>
            <Database settings other/>
            <section class="card part" aria-labelledby="settings-store-title">
                <header><h2 id="settings-store-title">{s.store}</h2></header>
                <div class="body">
                    <StoreFields
                        folder_id="settings-store"
                        form=store
                        lacks
                        changed=on_store
                        fixed
                    />
                    <div class="test">
                        <button
                            id="settings-check-store"
                            type="button"
                            class="btn"
                            disabled=move || folder.is_busy()
                            on:click=test_store
                        >
                            {t.setup.check_store}
                        </button>
                        <StoreResult tested=folder/>
                    </div>
                </div>
            </section>
            <section class="card part" aria-labelledby="settings-targets">
                <header>
                    <h2 id="settings-targets">{s.targets}</h2>
                    <p class="small muted">{s.targets_words}</p>
                </header>
                <div class="figures">
                    {number(Number::Rpo, s.rpo, s.rpo_hint, s.minutes)}
                    {number(Number::Rto, s.rto, s.rto_hint, s.minutes)}
                    {number(Number::Baseline, s.baseline, s.baseline_hint, s.seconds)}
                    {number(Number::Storage, s.storage, s.storage_hint, s.percent)}
                    {number(Number::KeyDays, s.key_days, s.key_days_hint, s.days)}
                    {number(Number::TableLoss, s.table_loss, s.table_loss_hint, s.percent)}
                    {number(Number::Retention, s.retention_days, s.retention_hint, s.days)}
                </div>
            </section>
            {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
            <footer class="save">
                <span class="small" role="status">{move || status()}</span>
                <button id="settings-save" type="submit" class="btn primary" disabled=move || !ready()>
                    {s.save}
                </button>
            </footer>
        </form>
    }
}

/// One number with its unit.
#[component]
fn Figure(
    number: Number,
    label: &'static str,
    hint: &'static str,
    unit: &'static str,
    entered: RwSignal<Entered>,
    fixed: bool,
    done: RwSignal<bool>,
) -> impl IntoView {
    let s = &texts().settings;
    let id = format!("settings-{}", number.name());
    let described = format!("{id}-hint");
    let wrong = move || entered.with(|e| e.number(number).is_none());
    let lower = move || {
        if fixed {
            view! { <small>{s.fixed}</small> }.into_any()
        } else if wrong() {
            let (first, last) = number.range();
            view! { <small class="problem" role="alert">{(s.whole)(first, last)}</small> }.into_any()
        } else {
            view! { <small>{hint}</small> }.into_any()
        }
    };
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <div class="with-unit">
                <input
                    id=id
                    type="text"
                    inputmode="numeric"
                    autocomplete="off"
                    aria-describedby=described.clone()
                    aria-invalid=move || wrong().then_some("true")
                    disabled=fixed
                    prop:value=move || entered.with(|e| e.numbers[number.place()].clone())
                    on:input=move |event| {
                        done.set(false);
                        entered.update(|e| e.numbers[number.place()] = event_target_value(&event));
                    }
                />
                <span class="muted">{unit}</span>
            </div>
            <div id=described>{move || lower()}</div>
        </div>
    }
}
