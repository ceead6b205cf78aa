//! The first run: which database, which folder, how much may be lost, which key; and the first backup.

mod draft;
mod first;
mod found;
mod key;
mod new_machine;
mod question;
mod steps;
mod welcome;

use aitta_model::Failure;
use leptos::prelude::*;

use self::draft::{Draft, Step};
use self::new_machine::NewMachine;
use crate::activity::{Activities, Doing};
use crate::api::api;
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::leaving::Leaving;
use crate::preferences::texts;
use crate::shown::Shown;

/// Until a profile is there.
#[component]
pub(crate) fn Setup(problem: Option<Failure>) -> impl IntoView {
    let (shown, activities) = (Shown::here(), Activities::here());
    let begun = RwSignal::new(false);
    let making = RwSignal::new(false);
    let failure = RwSignal::new(problem);
    let elsewhere = RwSignal::new(false);
    let draft = Draft::new(None, Callback::new(move |()| begun.set(false)));
    let way = NewMachine::new(Callback::new(move |()| elsewhere.set(false)));
    let sample = Callback::new(move |()| {
        let (operation, _) = activities.begin(Doing::MakingSample);
        failure.set(None);
        making.set(true);
        leptos::task::spawn_local(async move {
            let made = api().make_sample(operation).await;
            activities.end(operation);
            making.try_set(false);
            match made {
                Ok(session) => shown.change(session),
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    });
    let start = Callback::new(move |()| begun.set(true));
    let restore = Callback::new(move |()| elsewhere.set(true));
    view! {
        <main class="lone setup" id="content">
            {move || {
                if begun.get() {
                    view! { <Wizard draft/> }.into_any()
                } else if elsewhere.get() {
                    view! { <new_machine::Way way/> }.into_any()
                } else {
                    view! {
                        <welcome::Welcome start restore sample making/>
                        {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
                    }
                    .into_any()
                }
            }}
        </main>
    }
}

/// One more profile, beside those that there are.
#[component]
pub(crate) fn Another() -> impl IntoView {
    let navigate = leptos_router::hooks::use_navigate();
    let leaving = Leaving::here();
    let navigate = StoredValue::new_local(navigate);
    let leave = Callback::new(move |()| {
        let go = move || {
            navigate.with_value(|go| go("/settings", leptos_router::NavigateOptions::default()));
        };
        leaving.before(go, || ());
    });
    let draft = Draft::new(Some(RwSignal::new(String::new())), leave);
    Leaving::here().hold(move || draft.is_unsaved());
    view! {
        <div class="setup another">
            <p class="muted over">{texts().setup.new_profile}</p>
            <Wizard draft/>
        </div>
    }
}

#[component]
fn Wizard(draft: Draft) -> impl IntoView {
    let t = texts();
    let done = move || draft.report.with(Option::is_some);
    let steps = Step::ALL.map(|step| {
        let state = move || {
            let now = draft.step.get().place();
            match step.place() {
                place if place < now || (place == now && done()) => "done",
                place if place == now => "now",
                _ => "later",
            }
        };
        view! {
            <li class=state aria-current=move || (draft.step.get() == step).then_some("step")>
                <span class="dot" aria-hidden="true">
                    {move || if state() == "done" {
                        view! { <Icon name="check"/> }.into_any()
                    } else {
                        (step.place() + 1).into_any()
                    }}
                </span>
                <span class="name">{t.setup.step_names[step.place()]}</span>
                {move || (state() == "done").then(|| view! {
                    <span class="visually-hidden">{t.setup.done_step}</span>
                }.into_any())}
            </li>
        }
        .into_any()
    });
    view! {
        <ol class="steps" aria-label=t.setup.steps>{steps.into_iter().collect_view()}</ol>
        {move || match draft.step.get() {
            Step::Database => view! { <steps::Database draft/> }.into_any(),
            Step::Store => view! { <steps::Store draft/> }.into_any(),
            Step::Loss => view! { <steps::Loss draft/> }.into_any(),
            Step::Key => view! { <key::Key draft/> }.into_any(),
            Step::First => view! { <first::First draft/> }.into_any(),
        }}
    }
}
