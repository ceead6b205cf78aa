//! Giving data back, step by step. Where one is stands in the address, so that the browser's back and forward
//! work; what was chosen is kept by the window, so that looking at another page loses nothing.

pub(crate) mod aside;
mod backup;
pub(crate) mod choice;
mod confirm;
mod heading;
mod kept;
mod mend;
mod pace;
mod preview;
mod progress;
pub(crate) mod prove;
mod report;
mod report_parts;
mod rows;
mod tables;
pub(crate) mod target;
mod target_step;
mod what;
pub(crate) mod when;
pub(crate) mod wizard;

use aitta_model::DatabaseEngine;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};
use leptos_router::params::ParamsMap;

use crate::activity::Activities;
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::preferences::texts;
use crate::shown::Shown;

use self::heading::{Goto, HEADING, address, focus_heading};
pub(crate) use self::kept::Kept;
use self::wizard::Phase;
use crate::texts::Texts;
use crate::texts::restore::{Lack, Step, TargetKind};

#[component]
pub(crate) fn Restore() -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    kept.learn_pace();
    let navigate = use_navigate();
    let forward = navigate.clone();
    let goto = Goto(UnsyncCallback::new(move |step| {
        forward(&address(step), NavigateOptions::default());
    }));
    provide_context(goto);
    let wanted = follow_address(t, kept, navigate);
    let step = Memo::new(move |_| kept.wizard.with(|w| w.settle(wanted.get(), kept.phase())));
    keep_address(kept, wanted, step);
    Effect::new(move |before: Option<Step>| {
        let now = step.get();
        if before.is_some_and(|before| before != now) {
            focus_heading();
        }
        now
    });
    let go_on = move || go_on(kept, goto, step.get_untracked());
    let on_key = move |event: web_sys::KeyboardEvent| {
        let target = event.target().and_then(|t| wasm_bindgen::JsCast::dyn_into::<web_sys::Element>(t).ok());
        if event.key() == "Enter" && target.is_some_and(|t| t.id() == HEADING) {
            event.prevent_default();
            // A key held down, or pressed twice, must not begin what overwrites.
            if !event.repeat() && step.get_untracked() != Step::Confirm {
                go_on();
            }
        }
    };
    view! {
        <header class="page">
            <div>
                <h1>{t.common.restore}</h1>
                {move || {
                    let begun = matches!(step.get(), Step::Restore | Step::Report);
                    (!begun).then(|| view! { <p class="muted">{t.restore.promise}</p> }.into_any())
                }}
            </div>
        </header>
        <StepList step/>
        <form
            class="wizard"
            novalidate
            autocomplete="off"
            on:submit=move |event| {
                event.prevent_default();
                go_on();
            }
            on:keydown=on_key
        >
            <div class="split">
                <section class="step" aria-labelledby=HEADING>
                    {move || match step.get() {
                        Step::What => view! { <what::WhatStep/> }.into_any(),
                        Step::Preview => view! { <preview::PreviewStep/> }.into_any(),
                        Step::Confirm => view! { <confirm::ConfirmStep/> }.into_any(),
                        Step::Restore => view! { <progress::ProgressStep/> }.into_any(),
                        Step::Report => view! { <report::ReportStep/> }.into_any(),
                    }}
                </section>
                <aside::Consequences step/>
            </div>
            <Actions step/>
        </form>
    }
}

/// The step that the address asks for. What else it asks for is taken up here and gives way to the preview, or to the first
/// step that something is missing in.
fn follow_address(
    t: &'static Texts,
    kept: Kept,
    navigate: impl Fn(&str, NavigateOptions) + Clone + 'static,
) -> Memo<Option<Step>> {
    let query = use_query_map();
    let shown = Shown::here();
    let profile = Memo::new(move |_| {
        shown.0.with(|session| {
            let active = session.as_ref().and_then(|s| s.active.as_ref());
            active.map(|p| (p.name.clone(), p.engine))
        })
    });
    Effect::new(move || {
        let Some((name, engine)) = profile.get() else { return };
        let step = query.with(|q| q.get("step"));
        let phase = untrack(|| kept.phase());
        if phase == Phase::Running {
            return;
        }
        let asked = query.with_untracked(Asked::of);
        let another = kept.wizard.with_untracked(|w| w.profile != name);
        let again = step.is_none() && phase == (Phase::Ended { seen: true });
        // Nothing that was filled in for another restore is taken for what this address asks for.
        if another || again || asked.is_some() {
            kept.begin_anew(&name, engine);
        }
        let Some(asked) = asked else { return };
        let kind = asked.kind(engine);
        let Asked { archive, tables, whole, undo, .. } = asked;
        kept.wizard.update(|w| {
            w.target.kind = kind;
            if !tables.is_empty() {
                w.want(tables);
            }
            w.whole |= whole;
        });
        match (undo, archive) {
            (Some(run), _) => kept.open_to_undo_run(run, (t.restore.undo_run_reason)(run)),
            (None, Some(id)) => kept.open(id, None),
            (None, None) => {}
        }
        let replace = NavigateOptions { replace: true, ..NavigateOptions::default() };
        // With its tables chosen there is nothing left to ask.
        navigate(&address(Step::Preview), replace);
    });
    Memo::new(move |_| query.with(|q| q.get("step").and_then(|text| Step::parse(&text))))
}

/// What an address asks for beside a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Asked {
    archive: Option<String>,
    tables: Vec<String>,
    whole: bool,
    to: Option<String>,
    /// The run whose restore is taken back.
    undo: Option<i64>,
}

impl Asked {
    fn of(query: &ParamsMap) -> Option<Self> {
        let asked = Self {
            archive: query.get("archive"),
            tables: query.get_all("table").unwrap_or_default(),
            whole: query.get("scope").as_deref() == Some("all"),
            to: query.get("to"),
            undo: query.get("undo").and_then(|run| run.parse().ok()),
        };
        (asked != Self::default()).then_some(asked)
    }

    /// Without a database of its own, the archive decides when it is taken.
    fn kind(&self, engine: Option<DatabaseEngine>) -> TargetKind {
        match (self.to.as_deref(), engine) {
            (Some("schema"), Some(DatabaseEngine::Postgresql)) => TargetKind::Schema,
            (Some("other"), Some(DatabaseEngine::Postgresql)) => TargetKind::Other,
            (Some("other"), Some(DatabaseEngine::Sqlite)) => TargetKind::File,
            _ => TargetKind::Same,
        }
    }
}

/// The address follows when another step is shown than was asked for.
fn keep_address(kept: Kept, wanted: Memo<Option<Step>>, step: Memo<Step>) {
    let navigate = use_navigate();
    Effect::new(move || {
        let (wanted, step) = (wanted.get(), step.get());
        let at_start = wanted.is_none() && step == Step::What;
        if kept.asking.with(Option::is_none) && wanted != Some(step) && !at_start {
            let replace = NavigateOptions { replace: true, ..NavigateOptions::default() };
            navigate(&address(step), replace);
        }
    });
}

fn go_on(kept: Kept, goto: Goto, step: Step) {
    let no_code = step == Step::Confirm
        && kept.wizard.with_untracked(|w| w.is_guarded())
        && !untrack(|| kept.factor.is_ready());
    if no_code
        || kept.asking.with_untracked(Option::is_some)
        || kept.wizard.with_untracked(|w| w.lacks(step)).is_some()
    {
        return;
    }
    match step {
        Step::Confirm => kept.start(),
        Step::Restore | Step::Report => {}
        _ => {
            if let Some(next) = step.next() {
                goto.to(next);
            }
        }
    }
}

#[component]
fn StepList(step: Memo<Step>) -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let item = move |this: Step| {
        let name = (t.restore.step)(this);
        let is_now = move || step.get() == this;
        let enters = Memo::new(move |_| {
            let phase = kept.phase();
            phase != Phase::Running
                && step.get() != this
                && (this < Step::Restore || matches!(phase, Phase::Ended { .. }) && this == Step::Report)
                && kept.wizard.with(|w| w.can_enter(this, phase))
        });
        let words = move || view! { <span class="number">{this.number()}</span>" "{name} };
        view! {
            <li
                class:now=is_now
                class:done=move || this < step.get()
                aria-current=move || is_now().then_some("step")
            >
                {move || if enters.get() {
                    view! { <A href=address(this)>{words()}</A> }.into_any()
                } else {
                    view! { <span>{words()}</span> }.into_any()
                }}
            </li>
        }
    };
    view! {
        <nav aria-label=t.restore.steps>
            <ol class="steps">{Step::ASKING.map(item).into_iter().collect_view()}</ol>
        </nav>
    }
}

/// Back, on, and what is missing before one can go on.
#[component]
fn Actions(step: Memo<Step>) -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let goto = Goto::here();
    let activities = Activities::here();
    let lack = Memo::new(move |_| kept.wizard.with(|w| w.lacks(step.get())));
    let waiting = move || kept.asking.with(Option::is_some);
    let busy = move || step.get() == Step::Confirm && activities.is_busy();
    let no_code = move || {
        step.get() == Step::Confirm && kept.wizard.with(|w| w.is_guarded()) && !kept.factor.is_ready()
    };
    let missing = move || {
        if waiting() {
            t.restore.opening.to_owned()
        } else if busy() {
            t.restore.busy_short.to_owned()
        } else {
            let name = kept.wizard.with(|w| w.overwrites()).unwrap_or_default();
            let lacks = lack.get().map(|lack| (t.restore.lack)(lack, &name));
            lacks.unwrap_or_else(|| if no_code() { t.guard.code_missing.to_owned() } else { String::new() })
        }
    };
    let stopped = move || waiting() || busy() || lack.get().is_some() || no_code();
    // While a plan is made, the step itself says so.
    let told = move || if lack.get() == Some(Lack::Plan) { String::new() } else { missing() };
    let back = move |_| {
        if let Some(before) = step.get_untracked().before() {
            goto.to(before);
        }
    };
    let shown = move || step.get() < Step::Restore;
    live(move || {
        shown().then(|| {
            let go = step.get() == Step::Confirm;
            view! {
                <footer class="wizard-actions">
                    <p class="small muted" aria-live="polite" id="restore-missing">{move || told()}</p>
                    {(step.get() != Step::What).then(|| view! {
                        <button type="button" id="restore-back" class="btn" on:click=back>{t.restore.back}</button>
                    }.into_any())}
                    {if go {
                        view! {
                            <button
                                type="submit" id="restore-go" class="btn primary"
                                disabled=stopped aria-describedby="restore-missing"
                            >
                                <Icon name="restore"/>{t.restore.go}
                            </button>
                        }.into_any()
                    } else {
                        view! {
                            <button
                                type="submit" id="restore-next" class="btn primary"
                                disabled=stopped aria-describedby="restore-missing"
                            >
                                {(t.restore.next)(step.get())}<Icon name="right"/>
                            </button>
                        }.into_any()
                    }}
                </footer>
            }.into_any()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_the_live_database_only_where_it_may() {
        let kind =
            |to: Option<&str>, engine| Asked { to: to.map(str::to_owned), ..Asked::default() }.kind(engine);
        let (postgres, sqlite) = (Some(DatabaseEngine::Postgresql), Some(DatabaseEngine::Sqlite));
        assert_eq!(kind(None, postgres), TargetKind::Same);
        assert_eq!(kind(Some("same"), sqlite), TargetKind::Same);
        assert_eq!(kind(Some("schema"), postgres), TargetKind::Schema);
        assert_eq!(kind(Some("other"), postgres), TargetKind::Other);
        assert_eq!(kind(Some("other"), sqlite), TargetKind::File);
    }
}
