//! The first run: which database, which folder, how much may be lost, which key; and the first backup.

pub(crate) mod check;
pub(crate) mod fields;
mod first;
pub(crate) mod form;
mod key;
mod steps;
pub(crate) mod store;
mod welcome;

use aitta_model::{BackupReport, Failure, RecoveryKit, Session, SourceCheck, StoreCheck, StoreSettings};

use leptos::html;
use leptos::prelude::*;

use self::check::Tested;
use self::form::{DatabaseForm, Lack};
use self::store::StoreForm;
use crate::activity::{Activities, Doing};
use crate::api::api;
use crate::app::Shown;
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::preferences::texts;

/// Where the way through stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Database,
    Store,
    Loss,
    Key,
    First,
}

impl Step {
    const ALL: [Self; 5] = [Self::Database, Self::Store, Self::Loss, Self::Key, Self::First];

    fn place(self) -> usize {
        Self::ALL.iter().position(|step| *step == self).unwrap_or_default()
    }

    fn next(self) -> Self {
        Self::ALL.get(self.place() + 1).copied().unwrap_or(self)
    }

    fn before(self) -> Option<Self> {
        self.place().checked_sub(1).map(|place| Self::ALL[place])
    }
}

/// What has been entered so far. It stays when one goes back.
#[derive(Clone, Copy)]
struct Draft {
    /// Name of the profile; `None` for the first one, which has the name that counts when none is chosen.
    name: Option<RwSignal<String>>,
    database: RwSignal<DatabaseForm>,
    lack: RwSignal<Option<Lack>>,
    source: Tested<SourceCheck>,
    store: RwSignal<StoreForm>,
    folder: Tested<StoreCheck>,
    rpo_s: RwSignal<u64>,
    /// The key that was made. It stays the same when one goes back: there may be a copy of it by now.
    made_key: RwSignal<Option<RecoveryKit>>,
    /// The key that new archives will be locked with, and where it is kept.
    key: RwSignal<Option<(String, &'static str)>>,
    /// What the shell has answered to saving.
    saved: RwSignal<Option<Session>>,
    /// The first backup.
    report: RwSignal<Option<BackupReport>>,
    step: RwSignal<Step>,
    /// Goes back behind the first step.
    leave: Callback<()>,
}

impl Draft {
    fn new(name: Option<RwSignal<String>>, leave: Callback<()>) -> Self {
        Self {
            name,
            database: RwSignal::new(DatabaseForm::default()),
            lack: RwSignal::new(None),
            source: Tested::new(),
            store: RwSignal::new(StoreForm::of(&StoreSettings::folder(""))),
            folder: Tested::new(),
            rpo_s: RwSignal::new(3600),
            made_key: RwSignal::new(None),
            key: RwSignal::new(None),
            saved: RwSignal::new(None),
            report: RwSignal::new(None),
            step: RwSignal::new(Step::Database),
            leave,
        }
    }

    fn next(self) {
        // Whoever has left meanwhile goes nowhere.
        self.step.try_update(|step| *step = step.next());
    }

    fn back(self) {
        match self.step.get_untracked().before() {
            Some(before) => self.step.set(before),
            None => self.leave.run(()),
        }
    }
}

/// Until a profile is there.
#[component]
pub(crate) fn Setup(problem: Option<Failure>) -> impl IntoView {
    let (shown, activities) = (Shown::here(), Activities::here());
    let begun = RwSignal::new(false);
    let making = RwSignal::new(false);
    let failure = RwSignal::new(problem);
    let draft = Draft::new(None, Callback::new(move |()| begun.set(false)));
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
    view! {
        <main class="lone setup" id="content">
            {move || {
                if begun.get() {
                    view! { <Wizard draft/> }.into_any()
                } else {
                    view! {
                        <welcome::Welcome start sample making/>
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
    let leave = Callback::new(move |()| navigate("/settings", leptos_router::NavigateOptions::default()));
    let draft = Draft::new(Some(RwSignal::new(String::new())), leave);
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

/// What a step asks. It takes the focus, so that a reader of the screen begins here.
#[component]
fn Question(#[prop(into)] title: String, #[prop(into)] words: String) -> impl IntoView {
    let heading = NodeRef::<html::H1>::new();
    Effect::new(move || {
        if let Some(heading) = heading.get() {
            drop(heading.focus());
        }
    });
    view! {
        <header class="question">
            <h1 node_ref=heading tabindex="-1">{title}</h1>
            <p class="muted">{words}</p>
        </header>
    }
}

/// Back, and on.
#[component]
fn Way(
    draft: Draft,
    /// On is possible.
    #[prop(into)]
    ready: Signal<bool>,
    /// Something is under way.
    #[prop(optional, into)]
    busy: Signal<bool>,
) -> impl IntoView {
    let t = texts();
    view! {
        <footer class="way no-print">
            <button id="setup-back" type="button" class="btn ghost" on:click=move |_| draft.back()>
                <Icon name="left"/>{t.setup.back}
            </button>
            <button
                id="setup-next"
                type="submit"
                class="btn primary"
                disabled=move || !ready.get() || busy.get()
                aria-busy=move || busy.get().then_some("true")
            >
                {t.setup.next}
            </button>
        </footer>
    }
}
