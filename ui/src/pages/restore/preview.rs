//! Second step: what would happen, in plain words, what stands in the way first. When that is shown, what is there now
//! is compared with the backup.

use std::sync::Arc;

use aitta_model::{Failure, Finding, Likeness, RestoreMode, RestorePlan, Severity, TablePlan, plain};
use leptos::prelude::*;

use super::heading::{Goto, Heading, focus_heading};
use super::kept::Kept;
use super::mend::step_for;
use super::rows::{RowOf, Rows};
use super::wizard::Comparison;
use crate::api::api;
use crate::components::failure::FailureBox;
use crate::components::findings::FindingWords;
use crate::components::icon::Icon;
use crate::components::states::Loading;
use crate::format;
use crate::order;
use crate::preferences::texts;
use crate::remedy;
use crate::texts::restore::Step;

const HEIGHT: usize = 56;

#[component]
pub(super) fn PreviewStep() -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let failure = RwSignal::new(None);
    let ask = move || {
        let Some(request) = kept.wizard.with_untracked(|w| w.plain_request()) else { return };
        failure.set(None);
        leptos::task::spawn_local(async move {
            let answer = api().restore_plan(request.clone()).await;
            match answer {
                Ok(plan) => {
                    let compares = is_there(&plan);
                    kept.wizard.update(|w| w.take_plan(request.clone(), plan));
                    if compares && kept.wizard.with_untracked(|w| w.comparison().is_none()) {
                        kept.compare(request);
                    }
                }
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    if kept.wizard.with_untracked(|w| w.plan()).is_none() {
        ask();
    }
    let again = move || {
        kept.wizard.update(|w| w.forget_plan());
        ask();
        focus_heading();
    };
    let plan = Memo::new(move |_| kept.wizard.with(|w| w.plan()));
    let trust = move |event| {
        kept.wizard.update(|w| w.trust(event_target_checked(&event)));
        ask();
        focus_heading();
    };
    let trusted = move || kept.wizard.with(|w| w.plain_request().is_some_and(|r| r.trust_code));
    view! {
        <Heading words=t.restore.what_would_happen more=t.restore.nothing_changed_yet/>
        {move || match (failure.get(), plan.get()) {
            (Some(failure), _) => view! { <Trouble failure again=Callback::new(move |()| again())/> }.into_any(),
            (None, Some(plan)) => view! {
                <Plan plan=plan.clone()/>
                {(!plan.code.is_empty()).then(|| view! {
                    <label class="tick">
                        <input type="checkbox" id="restore-trust" prop:checked=trusted on:change=trust/>
                        {t.restore.trust_code}
                    </label>
                }
                .into_any())}
                <p class="again">
                    <button type="button" class="btn small" id="restore-look-again" on:click=move |_| again()>
                        {t.restore.look_again}
                    </button>
                </p>
            }
            .into_any(),
            (None, None) => view! {
                <p class="small muted" role="status">{t.restore.looking_at_target}</p>
                <Loading/>
            }
            .into_any(),
        }}
    }
}

/// Whether there is something to compare with the backup.
fn is_there(plan: &RestorePlan) -> bool {
    plan.tables.iter().any(|table| table.target_rows.is_some())
}

/// The plan could not be made: where to mend that.
#[component]
fn Trouble(failure: Failure, again: Callback<()>) -> impl IntoView {
    let t = texts();
    let goto = Goto::here();
    let step = step_for(failure.code);
    let failure = Failure { hint: remedy::steps(t, &failure.hint), ..failure };
    let back = (step == Step::What).then(|| {
        view! {
            <p>
                <button type="button" class="btn" id="restore-mend" on:click=move |_| goto.to(step)>
                    {(t.restore.back_to)(step)}
                </button>
            </p>
        }
        .into_any()
    });
    view! {
        <FailureBox failure retry=again/>
        {back}
    }
}

#[component]
fn Plan(plan: Arc<RestorePlan>) -> impl IntoView {
    let t = texts();
    let count = plan.tables.len();
    // The tables that are there stay, whatever they hold.
    let beside = matches!(plan.mode, RestoreMode::SideSchema { .. });
    let (remarks, findings): (Vec<_>, Vec<_>) =
        plan.findings.iter().cloned().partition(|f| f.severity == Severity::Info);
    let tables = StoredValue::new(plan.tables.clone());
    let kept = Kept::here();
    // What differs first, also where the list is longer than its frame.
    let lines = Memo::new(move |_| {
        let likeness = kept.wizard.with(|w| match w.comparison() {
            Some(Comparison::Found(found)) => Some(found.clone()),
            _ => None,
        });
        tables.with_value(|tables| {
            let is_same = |i: &usize| {
                is_same(&tables[*i], likeness.as_ref().and_then(|likeness| likeness.get(&tables[*i].name)))
            };
            Arc::new(order::sorted((0..count).collect(), |a, b| is_same(a).cmp(&is_same(b))))
        })
    });
    let row: RowOf<usize> = Arc::new(move |i| {
        tables
            .with_value(|tables| tables.get(i).map(|table| view! { <PlanLine table=table.clone() beside/> }))
            .into_any()
    });
    view! {
        <Findings findings/>
        <p class="outcome">
            {if plan.is_blocked() { t.restore.refused.to_owned() } else { (t.restore.outcome)(&plan) }}
        </p>
        <Compared/>
        <div class="card list">
            <div class="plan-line head" aria-hidden="true">
                <span>{t.restore.table}</span>
                <span class="n">{t.restore.rows_in_backup}</span>
                <span class="n">{t.restore.rows_in_target}</span>
                <span class="n">{t.restore.then}</span>
            </div>
            <Rows lines=lines height=HEIGHT row label=t.restore.what_would_happen reset=Signal::stored(String::new()) still=true/>
        </div>
        <Findings findings=remarks/>
    }
}

/// Whether nothing is known that the restore would change of a table.
fn is_same(table: &TablePlan, likeness: Option<&Likeness>) -> bool {
    match likeness {
        Some(likeness) => matches!(likeness, Likeness::Same),
        None => table.target_rows == Some(table.archive_rows),
    }
}

#[component]
fn PlanLine(table: TablePlan, beside: bool) -> impl IntoView {
    let t = texts();
    let change = match table.target_rows {
        Some(_) if beside => t.restore.made_beside.to_owned(),
        None => t.restore.made_new.to_owned(),
        Some(now) if now == table.archive_rows => t.restore.same_count.to_owned(),
        Some(now) if now < table.archive_rows => (t.restore.more_rows)(table.archive_rows - now),
        Some(now) => (t.restore.fewer_rows)(now - table.archive_rows),
    };
    let fewer = !beside && table.target_rows.is_some_and(|now| now > table.archive_rows);
    let kept = Kept::here();
    let name = StoredValue::new(table.name.clone());
    let likeness = Memo::new(move |_| {
        kept.wizard.with(|w| match w.comparison() {
            Some(Comparison::Found(found)) => name.with_value(|name| found.get(name).cloned()),
            _ => None,
        })
    });
    let state = move || likeness.with(|l| l.as_ref().map(word));
    let why = move || {
        likeness.with(|l| match l {
            Some(Likeness::NotComparable { why, obstacle }) => {
                let words = obstacle.as_ref().and_then(t.findings.obstacle);
                Some(plain(&words.unwrap_or_else(|| why.clone())))
            }
            other => other.as_ref().map(t.restore.likeness),
        })
    };
    view! {
        <div class="plan-line" data-plan=table.name.clone() data-likeness=state>
            <span class="what">
                <span class="name" title=table.name.clone()>{table.name.clone()}</span>
                <span
                    class="likeness"
                    class:fewer=move || likeness.with(|l| matches!(l, Some(Likeness::Differs { .. })))
                    title=why
                >
                    {move || likeness.with(|l| l.as_ref().map(t.restore.likeness))}
                </span>
            </span>
            <span class="n" title=(t.restore.exact_bytes)(table.bytes)>{format::number(table.archive_rows)}</span>
            <span class="n">{table.target_rows.map_or_else(|| "–".to_owned(), format::number)}</span>
            <span class="n muted" class:fewer=fewer>{change}</span>
        </div>
    }
}

/// For tests and styles, whatever the language.
fn word(likeness: &Likeness) -> &'static str {
    match likeness {
        Likeness::Same => "same",
        Likeness::Differs { .. } => "differs",
        Likeness::Missing => "missing",
        Likeness::NotComparable { .. } => "not-comparable",
        Likeness::NotReached => "not-reached",
    }
}

/// What the comparison has come to, in a sentence.
#[component]
fn Compared() -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let comparison = Memo::new(move |_| kept.wizard.with(|w| w.comparison().cloned()));
    let words = move || {
        comparison.with(|comparison| match comparison {
            None => String::new(),
            Some(Comparison::UnderWay) => t.restore.comparing.to_owned(),
            Some(Comparison::Failed(why)) => (t.restore.not_compared)(&plain(why)),
            Some(Comparison::Found(found)) => {
                let count = |of: fn(&Likeness) -> bool| found.values().filter(|l| of(l)).count() as u64;
                let same = count(|l| matches!(l, Likeness::Same));
                let differ = count(|l| matches!(l, Likeness::Differs { .. } | Likeness::Missing));
                (t.restore.compared_sum)(same, differ, found.len() as u64 - same - differ)
            }
        })
    };
    let done = move || comparison.with(|c| matches!(c, Some(Comparison::Found(_)))).to_string();
    view! { <p class="small" role="status" id="restore-compared" data-done=done>{words}</p> }
}

/// What was found, worst first.
#[component]
pub(super) fn Findings(findings: Vec<Finding>) -> impl IntoView {
    let t = texts();
    let findings = order::sorted(findings, |a, b| a.severity.cmp(&b.severity));
    let view = move |finding: Finding| {
        let (class, icon, word) = match finding.severity {
            Severity::Blocker => ("note bad", "cross", t.restore.blocker),
            Severity::Warning => ("note warn", "warning", t.restore.warning),
            Severity::Info => ("note plain", "info", t.restore.info),
        };
        let hint = remedy::steps(t, &finding.hint);
        view! {
            <li class=class data-severity=word>
                <Icon name=icon/>
                <div><FindingWords finding hint word/></div>
            </li>
        }
    };
    view! { <ul class="findings">{findings.into_iter().map(view).collect_view()}</ul> }
}
