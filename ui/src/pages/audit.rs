//! The audit trail: whether it is as it was written, its entries, and what is made of it.

mod entry;
mod filter;
mod report;

use std::sync::Arc;

use aitta_model::{AuditList, AuditQuery, AuditRecord, ChainStatus, Timestamp};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use wasm_bindgen::JsCast;

use self::entry::Details;
use self::filter::{Entry, Filter};
use self::report::Export;
use crate::address;
use crate::api::api;
use crate::clock::Clock;
use crate::components::day_field::DayField;
use crate::components::failure::Verbatim;
use crate::components::icon::Icon;
use crate::components::names::{self, operation};
use crate::components::states::{Empty, asked};
use crate::components::table::{Column, KeyOf, Row, RowOf, Sort, Table};
use crate::format;
use crate::preferences::texts;
use crate::query;
use crate::texts::Texts;

/// More are not shown at once; the export has them all.
const LIMIT: u32 = 20_000;

#[component]
pub(crate) fn Audit() -> impl IntoView {
    let a = &texts().audit;
    let read = Filter::from_query(query::read());
    let (filter, sort) = (RwSignal::new(read.0), RwSignal::new(read.1));
    Effect::new(move || query::write(&filter.with(|filter| filter.to_query(sort.get()))));
    let clock = Clock::here();
    let ask = move || {
        clock.follow_runs();
        api().audit(AuditQuery { limit: Some(LIMIT), ..AuditQuery::default() })
    };
    view! {
        <header class="page">
            <div><h1>{a.title}</h1><p class="muted">{a.lead}</p></div>
        </header>
        {asked(ask, move |list| view! { <List list filter sort/> })}
    }
}

#[component]
fn Chain(chain: ChainStatus) -> impl IntoView {
    let a = &texts().audit;
    if let Some(fault) = chain.fault {
        let others = chain
            .faults
            .into_iter()
            .filter(|other| *other != fault)
            .map(|other| view! { <p>{format::number(other.entry)}": "{other.what}</p> }.into_any());
        let others = others.collect_view();
        return view! {
            <div id="audit-chain" class="note bad above" role="alert">
                <Icon name="warning"/>
                <div>
                    <p class="fact">{(a.broken)(&format::number(fault.entry))}</p>
                    <Verbatim text=fault.what/>
                    {others}
                    <p>{(a.intact)(&format::number(chain.intact_to))}". "{a.broken_hint}</p>
                </div>
            </div>
        }
        .into_any();
    }
    let signed = match (&chain.key_id, chain.signed_to) {
        (Some(key), Some(_)) => (a.signed)(key),
        _ => a.unsigned.to_owned(),
    };
    let tone = if chain.signed_to.is_some() { "note ok above" } else { "note warn above" };
    let anchors = (chain.anchors > 0).then(|| format!(" · {}", (a.anchors)(chain.anchors)));
    view! {
        <div id="audit-chain" class=tone role="status">
            <Icon name="check"/>
            <div>
                <p><strong>{(a.intact)(&format::number(chain.intact_to))}</strong>", "{signed}{anchors}</p>
                {chain.remarks.into_iter().map(|text| view! { <Verbatim text/> }.into_any()).collect_view()}
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn List(list: AuditList, filter: RwSignal<Filter>, sort: RwSignal<Sort>) -> impl IntoView {
    let t = texts();
    let a = &t.audit;
    let chain = list.chain.clone();
    if list.records.is_empty() {
        let broken = chain.fault.is_some().then(|| view! { <Chain chain/> });
        return view! { {broken}<Empty icon="audit" title=a.none words=a.none_hint/> }.into_any();
    }
    let total = list.total;
    let now = format::now();
    let time = |at| format::time(t, at, now, format::offset(at));
    let entry = |pair: (AuditRecord, Option<AuditRecord>)| {
        Entry::new(t, operation(t, &pair.0.entry.operation), pair, &time)
    };
    let entries: Arc<Vec<Entry>> = Arc::new(filter::joined(list.records).into_iter().map(entry).collect());
    let order = {
        let entries = entries.clone();
        Memo::new(move |_| Arc::new(filter.with(|filter| filter.order(&entries, sort.get()))))
    };
    let counted = entries.clone();
    let count = move || {
        let shown = order.with(|o| o.iter().map(|i| counted[*i].entries()).sum::<u64>());
        if shown == total { (a.all)(total) } else { (a.some)(shown, total) }
    };
    let nothing = Memo::new(move |_| order.with(|o| o.is_empty()));
    let query = use_query_map();
    let chosen = Memo::new(move |_| query.with(|q| q.get("entry").and_then(|text| text.parse::<u64>().ok())));
    let found = {
        let entries = entries.clone();
        move || {
            let number = chosen.get()?;
            entries.iter().find(|e| e.has(number)).map(|e| (e.record.clone(), e.ended.clone()))
        }
    };
    let navigate = use_navigate();
    // Whoever closes an entry goes on from its row.
    let close = Callback::new(move |()| {
        let Some(number) = chosen.get_untracked() else { return };
        navigate("/audit", NavigateOptions { scroll: false, ..NavigateOptions::default() });
        let row = document().query_selector(&format!("tr[data-entry='{number}']")).ok().flatten();
        if let Some(row) = row.and_then(|row| row.dyn_into::<web_sys::HtmlElement>().ok()) {
            drop(row.focus());
        }
    });
    let pressed = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" {
            close.run(());
        }
    };
    let rows = entries.clone();
    let row: RowOf = Arc::new(move |i| row(t, &rows[i], now));
    let keys = entries.clone();
    let key: KeyOf = Arc::new(move |i| keys[i].record.entry.entry.to_string());
    let no_match = move || {
        nothing.get().then(|| {
            view! {
                <Empty icon="search" title=a.no_match words=a.no_match_hint>
                    <button class="btn" on:click=move |_| filter.set(Filter::default())>{a.clear}</button>
                </Empty>
            }
        })
    };
    view! {
        <div class="audit-top">
            <Chain chain/>
            <Export filter/>
        </div>
        <Toolbar filter entries=entries.clone() count=Signal::derive(count)/>
        {move || no_match()}
        <div
            class="audit-split"
            class:open=move || chosen.get().is_some()
            hidden=move || nothing.get()
            on:keydown=pressed
        >
            <div class="card">
                <Table class="audit" label=a.title columns=columns(t) order sort data="data-entry" key row stay=true/>
            </div>
            <aside class="drawer" aria-live="polite">
                {move || found().map(|(record, ended)| view! { <Details record ended close/> }.into_any())}
            </aside>
        </div>
    }
    .into_any()
}

#[component]
fn Toolbar(filter: RwSignal<Filter>, entries: Arc<Vec<Entry>>, count: Signal<String>) -> impl IntoView {
    let a = &texts().audit;
    let option = |value: String, words: String, chosen: String| {
        let is_it = value == chosen;
        view! { <option value=value selected=is_it>{words}</option> }
    };
    let chosen = filter.get_untracked();
    let operations = filter::operations(&entries)
        .into_iter()
        .map(|(name, words)| option(name, words, chosen.operation.clone()))
        .collect_view();
    let users = filter::users(&entries)
        .into_iter()
        .map(|name| option(name.clone(), name, chosen.user.clone()))
        .collect_view();
    let day = move |id: &'static str, label: &'static str, part: fn(&mut Filter) -> &mut String| {
        let value = Signal::derive(move || part(&mut filter.get()).clone());
        let set = Callback::new(move |day| filter.update(|f| *part(f) = day));
        view! { <DayField id label value set/> }.into_any()
    };
    view! {
        <div class="toolbar" role="search" aria-label=a.search>
            <select
                id="audit-operation" aria-label=a.operation
                prop:value=move || filter.with(|f| f.operation.clone())
                on:change=move |event| filter.update(|f| f.operation = event_target_value(&event))
            >
                <option value="">{a.any_operation}</option>{operations}
            </select>
            <select
                id="audit-user" aria-label=a.user
                prop:value=move || filter.with(|f| f.user.clone())
                on:change=move |event| filter.update(|f| f.user = event_target_value(&event))
            >
                <option value="">{a.any_user}</option>{users}
            </select>
            {day("audit-from", a.from, |f| &mut f.from)}
            {day("audit-to", a.to, |f| &mut f.to)}
            <p class="count" role="status">{count}</p>
        </div>
    }
}

fn columns(t: &Texts) -> Vec<Column> {
    let a = &t.audit;
    let column = |name, title| Column { name, title, figures: name == "entry", times: name == "when" };
    vec![
        column("when", a.when),
        column("operation", a.operation),
        column("about", a.about),
        column("reason", a.reason),
        column("user", a.user),
        column("outcome", a.outcome),
        column("entry", a.entry),
    ]
}

fn row(t: &'static Texts, entry: &Entry, now: Timestamp) -> Row {
    let e = &entry.record.entry;
    let offset = format::offset(e.at);
    let reason = entry.reason(t);
    let outcome = match entry.outcome() {
        Some(outcome) => names::outcome(t, outcome),
        None => view! { <span class="muted">{(t.audit.stage)(e.stage)}</span> }.into_any(),
    };
    let parts = [(!e.tables.is_empty()).then(|| e.tables.join(", ")), e.archive.clone(), e.target.clone()];
    let whole = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    Row {
        key: e.entry.to_string(),
        href: address::entry(e.entry),
        cells: vec![
            (format::time(t, e.at, now, offset).into_any(), Some(format::exact(e.at, offset))),
            (entry.words.clone().into_any(), Some(entry.words.clone())),
            (entry.about.clone().into_any(), Some(whole).filter(|whole| !whole.is_empty())),
            (reason.clone().into_any(), Some(reason).filter(|reason| !reason.is_empty())),
            (e.actor.user.clone().into_any(), e.actor.admin.clone()),
            (outcome, None),
            (format::number(e.entry).into_any(), None),
        ],
    }
}
