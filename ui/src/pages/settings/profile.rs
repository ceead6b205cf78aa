//! The profile's settings as a form.

use aitta_model::{SaveReport, Settings, StoreCheck};
use leptos::html;
use leptos::prelude::*;

use super::automation::{Automation, Rule};
use super::database::{Database, Other, begun};
use super::form::{Entered, Number};
use super::number::Figure;
use crate::api::api;
use crate::components::place::check::{StoreResult, Tested};
use crate::components::place::form::DatabaseForm;
use crate::components::place::saving::{Attempt, SaveAnswer, SavedWords};
use crate::components::place::store::StoreFields;
use crate::components::rule;
use crate::leaving::Leaving;
use crate::preferences::texts;
use crate::shown::Shown;

#[component]
pub(super) fn Profile(
    settings: Settings,
    /// What was saved last.
    report: RwSignal<Option<SaveReport>>,
    /// Asks for what counts now.
    saved: Callback<()>,
) -> impl IntoView {
    let t = texts();
    let s = &t.settings;
    let shown = Shown::here();
    let before = Entered::of(&settings);
    let entered = RwSignal::new(before.clone());
    let other = Other::of(&settings);
    let database = begun(&settings);
    let folder: Tested<StoreCheck> = Tested::new();
    let attempt = RwSignal::new(Attempt::default());
    // What is saved is about to be shown anew, from what counts then.
    let written = RwSignal::new(false);
    let changed = Memo::new(move |_| {
        let is_other = other.open.get() && other.form.with(|form| *form != database);
        !written.get() && (is_other || entered.with(|e| *e != before))
    });
    let set = StoredValue::new(settings.clone());
    let edited = Callback::new(move |()| {
        report.set(None);
        attempt.update(Attempt::forget);
    });
    let leaving = Leaving::here();
    leaving.hold(move || changed.get());
    let go = Callback::new(move |()| {
        let url = if other.open.get_untracked() {
            match other.form.with_untracked(DatabaseForm::to_url) {
                Ok(url) => Some(url),
                Err(lacks) => return other.lacks.set(lacks),
            }
        } else {
            None
        };
        let Some(form) = set.with_value(|set| entered.with_untracked(|e| e.form(set, url))) else { return };
        let how = attempt.try_update(Attempt::send).unwrap_or_default();
        leptos::task::spawn_local(async move {
            let answer = api().save_profile(form, how).await;
            if let Some(Some(done)) = attempt.try_update(|attempt| attempt.took(answer)) {
                written.try_set(true);
                rule::was_changed();
                report.try_set(Some(done.report));
                shown.change(done.session);
                // What counts now may be another than what was entered: paths are in full.
                saved.try_run(());
            }
        });
    });
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        go.run(());
    };
    let status = NodeRef::<html::Div>::new();
    if report.with_untracked(Option::is_some) {
        // The button that had the focus was made anew.
        request_animation_frame(move || {
            if let Some(Some(status)) = status.try_get_untracked() {
                drop(status.focus());
            }
        });
    }
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
        edited.run(());
        folder.forget();
    };
    let number = move |number: Number, label: &'static str, hint: &'static str, unit: &'static str| {
        let fixed = set.with_value(|set| set.fixed.iter().any(|name| name == number.name()));
        view! { <Figure number label hint unit entered fixed edited/> }
    };
    let busy = Memo::new(move |_| written.get() || attempt.with(Attempt::is_busy));
    let words = move || match (busy.get(), report.get(), changed.get()) {
        (true, ..) => view! { <span class="muted">{s.saving}</span> }.into_any(),
        (_, Some(report), _) => view! { <SavedWords report/> }.into_any(),
        (_, _, true) => view! { <span class="muted">{s.changed}</span> }.into_any(),
        _ => view! { <span class="muted">{s.unchanged}</span> }.into_any(),
    };
    let entered_rule = Rule::of(entered);
    let ready =
        move || changed.get() && !busy.get() && !entered_rule.is_wrong() && entered.with(Entered::is_whole);
    view! {
        <form on:submit=save novalidate>
            // What is being saved is not changed meanwhile: it would be lost when what counts then is shown.
            <fieldset class="parts" disabled=move || busy.get()>
            <Database settings=settings.clone() other edited/>
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
            <Automation settings=settings.clone() entered rule=entered_rule edited/>
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
                </div>
            </section>
            </fieldset>
            <footer class="save">
                <SaveAnswer attempt go/>
                <div class="small" role="status" tabindex="-1" node_ref=status>{move || words()}</div>
                <button id="settings-save" type="submit" class="btn primary" disabled=move || !ready()>
                    {s.save}
                </button>
            </footer>
        </form>
    }
}
