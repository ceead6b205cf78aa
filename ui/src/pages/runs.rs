//! What was done, and how it ended.

mod filter;
pub(crate) mod one;
mod proof;
mod retry;

use std::sync::Arc;

use aitta_model::{RunSummary, Timestamp};
use leptos::prelude::*;

use self::filter::{Entry, Filter, OPERATIONS, OUTCOMES};
use crate::address;
use crate::api::api;
use crate::clock::Clock;
use crate::components::badge::OutcomeBadge;
use crate::components::icon::Icon;
use crate::components::states::{Empty, asked};
use crate::components::table::{Column, KeyOf, Row, RowOf, Sort, Table};
use crate::format;
use crate::preferences::texts;
use crate::query;
use crate::texts::Texts;

/// More are not asked for; they would be years of hourly backups.
const LIMIT: u32 = 10_000;

#[component]
pub(crate) fn Runs() -> impl IntoView {
    let t = texts();
    let read = Filter::from_query(query::read());
    let clock = Clock::here();
    let (filter, sort) = (RwSignal::new(read.0), RwSignal::new(read.1));
    Effect::new(move || query::write(&filter.with(|filter| filter.to_query(sort.get()))));
    view! {
        <header class="page">
            <div>
                <h1>{t.common.runs}</h1>
                <p class="muted">{t.runs.lead}</p>
            </div>
        </header>
        {asked(
            move || {
                clock.follow_runs();
                api().runs(LIMIT)
            },
            move |runs| view! { <List runs filter sort/> },
        )}
    }
}

#[component]
fn List(runs: Vec<RunSummary>, filter: RwSignal<Filter>, sort: RwSignal<Sort>) -> impl IntoView {
    let t = texts();
    if runs.is_empty() {
        return view! { <Empty icon="runs" title=t.runs.none words=t.runs.none_hint/> }.into_any();
    }
    let entries: Arc<Vec<Entry>> = Arc::new(runs.into_iter().map(|run| Entry::new(t, run)).collect());
    let order = {
        let entries = entries.clone();
        Memo::new(move |_| Arc::new(filter.with(|filter| filter.order(&entries, sort.get()))))
    };
    let all = entries.len();
    let count = move || {
        let shown = order.with(|o| o.len());
        if shown == all { (t.runs.all)(all as u64) } else { (t.runs.some)(shown as u64, all as u64) }
    };
    let nothing = Memo::new(move |_| order.with(|o| o.is_empty()));
    let now = format::now();
    let rows = entries.clone();
    let row: RowOf = Arc::new(move |i| row(t, &rows[i], now));
    let ids = entries.clone();
    let key: KeyOf = Arc::new(move |i| ids[i].run.id.to_string());
    let no_match = move || {
        nothing.get().then(|| {
            view! {
                <Empty icon="search" title=t.runs.no_match words=t.runs.no_match_hint>
                    <button class="btn" on:click=move |_| filter.set(Filter::default())>{t.runs.clear}</button>
                </Empty>
            }
        })
    };
    view! {
        <Toolbar filter entries count=Signal::derive(count)/>
        {move || no_match()}
        <div class="card" hidden=move || nothing.get()>
            <Table class="runs" label=t.common.runs columns=columns(t) order sort data="data-run" key row/>
        </div>
    }
    .into_any()
}

#[component]
fn Toolbar(filter: RwSignal<Filter>, entries: Arc<Vec<Entry>>, count: Signal<String>) -> impl IntoView {
    let t = texts();
    let r = &t.runs;
    let counted = |words: &str, n: usize| format!("{words} ({})", format::number(n as u64));
    let operations = OPERATIONS.map(|operation| {
        let n = entries.iter().filter(|e| e.run.operation == operation).count();
        let words = counted((t.common.operation)(Some(operation)), n);
        view! {
            <option value=operation.as_str() prop:selected=move || filter.with(|f| f.operation == Some(operation))>{words}</option>
        }
        .into_any()
    });
    let outcomes = OUTCOMES.map(|outcome| {
        let n = entries.iter().filter(|e| e.run.outcome == outcome).count();
        let words = counted((t.common.outcome)(Some(outcome)), n);
        view! {
            <option value=outcome.as_str() prop:selected=move || filter.with(|f| f.outcome == Some(outcome))>{words}</option>
        }
        .into_any()
    });
    let choose_operation = move |event| {
        let value = filter::known(&OPERATIONS, &event_target_value(&event));
        filter.update(|f| f.operation = value);
    };
    let choose_outcome = move |event| {
        let value = filter::known(&OUTCOMES, &event_target_value(&event));
        filter.update(|f| f.outcome = value);
    };
    view! {
        <div class="toolbar" role="search" aria-label=r.search>
            <label class="seek">
                <span class="visually-hidden">{r.search}</span>
                <Icon name="search"/>
                <input
                    id="runs-search"
                    type="search"
                    placeholder=r.search_hint
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=move || filter.with(|f| f.text.clone())
                    on:input=move |event| filter.update(|f| f.text = event_target_value(&event))
                />
            </label>
            <select id="runs-operation" aria-label=r.operation on:change=choose_operation>
                <option value="" prop:selected=move || filter.with(|f| f.operation.is_none())>{r.any_operation}</option>
                {operations.into_iter().collect_view()}
            </select>
            <select id="runs-outcome" aria-label=r.outcome on:change=choose_outcome>
                <option value="" prop:selected=move || filter.with(|f| f.outcome.is_none())>{r.any_outcome}</option>
                {outcomes.into_iter().collect_view()}
            </select>
            <p class="count" role="status">{count}</p>
        </div>
    }
}

fn columns(t: &Texts) -> Vec<Column> {
    let r = &t.runs;
    let column = |name, title, figures| Column { name, title, figures, times: name == "started" };
    vec![
        column("started", r.started, false),
        column("operation", r.operation, false),
        column("outcome", r.outcome, false),
        column("took", r.took, true),
        column("size", r.size, true),
        column("rows", r.rows, true),
        column("evidence", r.evidence, false),
    ]
}

fn row(t: &'static Texts, entry: &Entry, now: Timestamp) -> Row {
    let run = &entry.run;
    let offset = format::offset(run.started);
    let none = || "–".to_owned();
    let took = run.took_ms();
    let told = format::evidence(t, run);
    let size = run.figures.size_bytes;
    let outcome = run.outcome.clone();
    Row {
        key: run.id.to_string(),
        href: address::run(run.id),
        cells: vec![
            (format::time(t, run.started, now, offset).into_any(), Some(format::exact(run.started, offset))),
            (format::operation(t, run).into_any(), None),
            (view! { <OutcomeBadge outcome/> }.into_any(), None),
            (
                took.map_or_else(none, format::duration_ms).into_any(),
                took.map(|ms| format!("{} ms", format::number(ms))),
            ),
            (
                size.map_or_else(none, format::bytes).into_any(),
                size.map(|n| format!("{} B", format::number(n))),
            ),
            (run.figures.rows.map_or_else(none, format::number).into_any(), None),
            (format::evidence_beside_rows(t, run).into_any(), Some(told).filter(|told| !told.is_empty())),
        ],
    }
}
