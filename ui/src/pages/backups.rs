//! All backups of the store: found, sorted, and a new one made.

mod delete;
mod evidence;
mod filter;
mod new;
mod notice;
pub(crate) mod one;
mod tables;

use std::sync::Arc;

use aitta_model::{ArchiveState, ArchiveSummary, BackupKind, ClosedList as _, ListReport, Timestamp, Word};
use leptos::prelude::*;

use self::filter::{Entry, Filter, KINDS, STATES};
use self::new::{NewBackup, NewForm};
use crate::activity::{Activities, Doing};
use crate::address;
use crate::api::api;
use crate::clock::Clock;
use crate::components::badge::StateBadge;
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::components::states::{Empty, asked};
use crate::components::table::{Column, KeyOf, Row, RowEnd, RowOf, Sort, Table};
use crate::format;
use crate::preferences::texts;
use crate::query;
use crate::texts::Texts;

#[component]
pub(crate) fn Backups() -> impl IntoView {
    let t = texts();
    let read = Filter::from_query(query::read());
    let (filter, sort) = (RwSignal::new(read.0), RwSignal::new(read.1));
    Effect::new(move || query::write(&filter.with(|filter| filter.to_query(sort.get()))));
    let (form, clock) = (NewForm::new(), Clock::here());
    view! {
        <header class="page">
            <div>
                <h1>{t.common.backups}</h1>
                <p class="muted">{t.backups.lead}</p>
            </div>
            <div class="actions"><NewButton form/></div>
        </header>
        <NewBackup form/>
        {notice::take().map(|words| view! {
            <div class="note ok above" role="status"><Icon name="check"/><p>{words}</p></div>
        }.into_any())}
        {asked(
            move || {
                clock.follow_runs();
                api().archives()
            },
            move |report| view! { <List report filter sort form/> },
        )}
    }
}

#[component]
fn NewButton(form: NewForm) -> impl IntoView {
    let t = texts();
    view! {
        <button
            id="back-up-now"
            class="btn primary"
            aria-expanded=move || form.open.get().to_string()
            aria-controls="backup-new"
            on:click=move |_| form.toggle()
        >
            {t.common.back_up_now}
        </button>
    }
}

#[component]
fn List(report: ListReport, filter: RwSignal<Filter>, sort: RwSignal<Sort>, form: NewForm) -> impl IntoView {
    let t = texts();
    let (missing, strange) = (report.missing, report.strange);
    if report.archives.is_empty() {
        let b = &t.backups;
        let (title, words) = match report.elsewhere {
            0 => (b.none, b.none_hint.to_owned()),
            n => (b.none_here, format!("{} {}", (b.elsewhere)(n), b.first_here)),
        };
        let activities = Activities::here();
        let is_made = Memo::new(move |_| activities.all().iter().any(|a| a.doing == Doing::BackingUp));
        let empty = move || {
            if is_made.get() {
                let words = t.dashboard.first_under_way;
                return view! { <Empty icon="backups" title=title words=words/> }.into_any();
            }
            let words = words.clone();
            view! { <Empty icon="backups" title=title words=words>
                {move || (!form.open.get()).then(|| view! {
                    <button class="btn" on:click=move |_| form.toggle()>{t.common.back_up_now}</button>
                }.into_any())}
            </Empty> }
            .into_any()
        };
        return view! {
            <Missing ids=missing/>
            <Strange lines=strange/>
            {live(empty)}
        }
        .into_any();
    }
    let entries: Arc<Vec<Entry>> =
        Arc::new(report.archives.into_iter().map(|archive| Entry::new(t, archive)).collect());
    let order = {
        let entries = entries.clone();
        Memo::new(move |_| Arc::new(filter.with(|filter| filter.order(&entries, sort.get()))))
    };
    let count = {
        let entries = entries.clone();
        move || {
            let (shown, bytes) =
                order.with(|o| (o.len(), o.iter().map(|i| entries[*i].archive.size_bytes).sum()));
            let (all, size) = (entries.len() as u64, format::bytes(bytes));
            if shown == entries.len() {
                (t.backups.all)(all, &size)
            } else {
                (t.backups.some)(shown as u64, all, &size)
            }
        }
    };
    let nothing = Memo::new(move |_| order.with(|o| o.is_empty()));
    let now = format::now();
    let rows = entries.clone();
    let row: RowOf = Arc::new(move |i| row(t, &rows[i].archive, now));
    let sources = entries.clone();
    let end = RowEnd { title: t.common.restore_, view: Arc::new(move |i| restore(t, &sources[i].archive)) };
    let ids = entries.clone();
    let key: KeyOf = Arc::new(move |i| ids[i].archive.id.clone());
    let table = move || {
        nothing.get().then(|| {
            view! {
                <Empty icon="search" title=t.backups.no_match words=t.backups.no_match_hint>
                    <button class="btn" on:click=move |_| filter.set(Filter::default())>{t.backups.clear}</button>
                </Empty>
            }
        })
    };
    view! {
        <Missing ids=missing/>
        <Strange lines=strange/>
        <Toolbar filter entries=entries.clone() count=Signal::derive(count)/>
        {move || table()}
        <div class="card" hidden=move || nothing.get()>
            <Table class="backups" label=t.common.backups columns=columns(t) order sort data="data-archive" key row end/>
        </div>
    }
    .into_any()
}

#[component]
fn Toolbar(filter: RwSignal<Filter>, entries: Arc<Vec<Entry>>, count: Signal<String>) -> impl IntoView {
    let t = texts();
    let b = &t.backups;
    let state_words = |state: &str| match state {
        "stored" => t.common.stored,
        "verified" => t.common.verified,
        "restored" => b.restored,
        "damaged" => t.common.damaged,
        _ => t.common.unknown,
    };
    let counted = |words: &str, n: usize| format!("{words} ({})", format::number(n as u64));
    let states = STATES.map(|state| {
        let words = counted(state_words(state), entries.iter().filter(|e| e.state == state).count());
        view! { <option value=state prop:selected=move || filter.with(|f| f.state == state)>{words}</option> }
            .into_any()
    });
    let kinds = KINDS.map(|kind| {
        let words = counted(
            (t.common.kind)(Some(kind)),
            entries.iter().filter(|e| e.kind() == Some(kind)).count(),
        );
        view! {
            <option value=kind.as_str() prop:selected=move || filter.with(|f| f.kind == Some(kind))>{words}</option>
        }
        .into_any()
    });
    view! {
        <div class="toolbar" role="search" aria-label=b.search>
            <label class="seek">
                <span class="visually-hidden">{b.search}</span>
                <Icon name="search"/>
                <input
                    id="backups-search"
                    type="search"
                    placeholder=b.search_hint
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=move || filter.with(|f| f.text.clone())
                    on:input=move |event| filter.update(|f| f.text = event_target_value(&event))
                />
            </label>
            <select
                id="backups-state"
                aria-label=b.state
                on:change=move |event| filter.update(|f| f.state = filter::known(&STATES, &event_target_value(&event)))
            >
                <option value="" prop:selected=move || filter.with(|f| f.state.is_empty())>{b.any_state}</option>
                {states.into_iter().collect_view()}
            </select>
            <select
                id="backups-kind"
                aria-label=b.kind
                on:change=move |event| filter.update(|f| f.kind = BackupKind::of_word(&event_target_value(&event)))
            >
                <option value="" prop:selected=move || filter.with(|f| f.kind.is_none())>{b.any_kind}</option>
                {kinds.into_iter().collect_view()}
            </select>
            <p class="count" role="status">{count}</p>
        </div>
    }
}

/// Archives that were made here and that somebody has taken out of the store.
#[component]
fn Missing(ids: Vec<String>) -> impl IntoView {
    let b = &texts().backups;
    (!ids.is_empty()).then(|| listed("backups-missing", (b.missing)(ids.len() as u64), b.missing_hint, ids))
}

/// What lies in the store under the name of a file and is none.
#[component]
fn Strange(lines: Vec<String>) -> impl IntoView {
    let b = &texts().backups;
    (!lines.is_empty())
        .then(|| listed("backups-strange", (b.strange)(lines.len() as u64), b.strange_hint, lines))
}

fn listed(id: &'static str, fact: String, hint: &'static str, lines: Vec<String>) -> AnyView {
    let lines =
        lines.into_iter().map(|line| view! { <li class="mono">{line}</li> }.into_any()).collect_view();
    view! {
        <div class="note warn above" id=id>
            <Icon name="warning"/>
            <div>
                <p class="fact">{fact}</p>
                <p>{hint}</p>
                <details>
                    <summary>{texts().backups.which}</summary>
                    <ul class="ids">{lines}</ul>
                </details>
            </div>
        </div>
    }
    .into_any()
}

fn columns(t: &Texts) -> Vec<Column> {
    let b = &t.backups;
    let column = |name, title, figures| Column { name, title, figures, times: name == "when" };
    vec![
        column("when", b.when, false),
        column("state", b.state, false),
        column("kind", b.kind, false),
        column("reason", b.reason, false),
        column("size", b.size, true),
        column("rows", b.rows, true),
        column("took", b.took, true),
    ]
}

/// The way to a restore from this backup, unless it is damaged.
fn restore(t: &'static Texts, archive: &ArchiveSummary) -> AnyView {
    if matches!(archive.state, ArchiveState::Damaged(_)) {
        return ().into_any();
    }
    let href = address::restore_tables(&archive.id, &[]);
    view! { <a href=href class="btn small" data-restore=archive.id.clone() tabindex="-1">{t.common.restore_}</a> }
        .into_any()
}

fn row(t: &'static Texts, archive: &ArchiveSummary, now: Timestamp) -> Row {
    let offset = format::offset(archive.created);
    let none = || "–".to_owned();
    let words = |words: String| words.into_any();
    let kind = (t.common.kind)(archive.kind.as_ref().and_then(Word::known)).to_owned();
    let rows = archive.rows.map_or_else(none, format::number);
    let took = archive.duration_ms.map_or_else(none, format::duration_ms);
    let reason = archive.reason.as_ref().map(|reason| format::reason(t, reason));
    let exact = |n: u64| Some(format!("{} B", format::number(n)));
    Row {
        key: archive.id.clone(),
        href: address::backup(&archive.id),
        cells: vec![
            (
                words(format::time(t, archive.created, now, offset)),
                Some(format::exact(archive.created, offset)),
            ),
            (view! { <StateBadge state=archive.state/> }.into_any(), None),
            (words(kind), None),
            (words(reason.clone().unwrap_or_default()), reason),
            (words(format::bytes(archive.size_bytes)), exact(archive.size_bytes)),
            (words(rows), None),
            (words(took), archive.duration_ms.map(|ms| format!("{} ms", format::number(ms)))),
        ],
    }
}
