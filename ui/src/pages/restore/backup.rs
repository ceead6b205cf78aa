//! First step: which backup.

use std::sync::Arc;

use aitta_model::{ArchiveState, ArchiveSummary, Timestamp};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos_router::components::A;

use super::heading::Heading;
use super::kept::{Kept, before};
use super::rows::{RowOf, Rows, enter_list};
use super::wizard::Source;
use super::wizard::{Wizard, is_damaged};
use crate::api::api;
use crate::components::badge::StateBadge;
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::components::states::{Empty, asked};
use crate::format;
use crate::preferences::texts;
use crate::texts::Texts;

/// Height of a line in pixels: two lines of text.
const HEIGHT: usize = 56;
/// A time is looked up when nobody types any more.
const PAUSE_MS: u32 = 250;

#[component]
pub(super) fn BackupStep() -> impl IntoView {
    let t = texts();
    let show = |list: aitta_model::ListReport| {
        let archives = Arc::new(list.archives);
        if archives.is_empty() {
            view! { <NoBackups/> }.into_any()
        } else {
            view! { <Choose archives/> }.into_any()
        }
    };
    view! {
        <Heading words=t.restore.which_backup more=t.restore.which_backup_more/>
        {asked(|| api().archives(), show)}
    }
}

#[component]
fn NoBackups() -> impl IntoView {
    let t = texts();
    view! {
        <Empty icon="backups" title=t.restore.no_backups words=t.restore.no_backups_words>
            <A href="/" attr:class="btn">{t.restore.to_dashboard}</A>
        </Empty>
    }
}

#[component]
fn Choose(archives: Arc<Vec<ArchiveSummary>>) -> impl IntoView {
    let kept = Kept::here();
    view! {
        <Before/>
        {move || kept.trouble.get().map(|failure| view! { <FailureBox failure/> })}
        <List archives/>
    }
}

/// The last one before a time.
#[component]
fn Before() -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let wanted = kept.wizard.with_untracked(|w| w.source.as_ref().and_then(|s| s.before));
    let typed = RwSignal::new(wanted.map(local_text).unwrap_or_default());
    let wrong = RwSignal::new(false);
    // One that is picked from the list is no answer to the time above it.
    Effect::new(move || {
        if kept.wizard.with(|w| w.source.as_ref().is_some_and(|s| s.before.is_none())) {
            typed.set(String::new());
            wrong.set(false);
        }
    });
    let look = move |event: web_sys::Event| {
        let text = event_target_value(&event);
        typed.set(text.clone());
        wrong.set(false);
        if text.trim().is_empty() {
            kept.stop_asking();
            kept.wizard.update(Wizard::drop_answer);
            return;
        }
        let question = kept.ask("before");
        leptos::task::spawn_local(async move {
            TimeoutFuture::new(PAUSE_MS).await;
            if !kept.is_latest(question) {
                return;
            }
            match local_time(&text) {
                Some(time) => kept.open(before(time), Some(time)),
                None => {
                    kept.stop_asking();
                    kept.wizard.update(Wizard::drop_answer);
                    wrong.set(true);
                }
            }
        });
    };
    let found = move || {
        if wrong.get() {
            return Some(t.restore.no_time.to_owned());
        }
        if kept.asking.with(Option::is_some) {
            return Some(t.restore.looking.to_owned());
        }
        kept.wizard.with(|w| w.source.as_ref().and_then(|s| found_words(t, s)))
    };
    view! {
        <div class="card before">
            <label for="restore-before">{t.restore.before}</label>
            <input
                id="restore-before"
                type="text"
                inputmode="numeric"
                placeholder=local_text(format::now())
                prop:value=move || typed.get()
                aria-invalid=move || wrong.get().to_string()
                aria-describedby="restore-before-found"
                on:input=look
            />
            <p class="small muted" class:problem=move || wrong.get() id="restore-before-found" aria-live="polite">
                {move || found().unwrap_or_else(|| (t.restore.before_hint)(&format::zone()))}
            </p>
        </div>
    }
}

/// Which one was found, and how much earlier it is.
fn found_words(t: &Texts, source: &Source) -> Option<String> {
    let (time, created) = (source.before?, source.details.summary.created);
    let earlier = time.duration_since(created).as_secs().max(0).unsigned_abs();
    let when = format::time(t, created, format::now(), format::offset(created));
    Some((t.restore.before_found)(&when, &format::span_s(t, earlier)))
}

/// What was typed, by the clock on the wall (ECMAScript 21.4.1.32: no offset means local time). A day without its time,
/// which JavaScript would take for midnight in UTC, is none.
fn local_time(text: &str) -> Option<Timestamp> {
    let iso = text.trim().replacen(' ', "T", 1);
    iso.parse::<jiff::civil::DateTime>().ok().filter(|_| iso.contains(':'))?;
    let ms = js_sys::Date::new(&wasm_bindgen::JsValue::from_str(&iso)).get_time();
    if ms.is_nan() { None } else { Timestamp::from_millisecond(ms as i64).ok() }
}

fn local_text(at: Timestamp) -> String {
    let local = format::offset(at).to_datetime(at);
    format!("{} {}", local.date(), format::clock(local))
}

#[component]
fn List(archives: Arc<Vec<ArchiveSummary>>) -> impl IntoView {
    let t = texts();
    let text = RwSignal::new(String::new());
    let words: Arc<Vec<String>> = Arc::new(archives.iter().map(|a| searched(t, a)).collect());
    let total = archives.len() as u64;
    let found = Memo::new(move |_| {
        let wanted = text.get().trim().to_lowercase();
        let hits = words.iter().enumerate().filter(|(_, words)| words.contains(&wanted));
        Arc::new(hits.map(|(i, _)| i).collect::<Vec<_>>())
    });
    let row: RowOf<usize> = Arc::new(move |i| {
        archives.get(i).map(|archive| view! { <Line archive=archive.clone()/> }).into_any()
    });
    view! {
        <div class="card list">
            <div class="find">
                <Icon name="search"/>
                <input
                    id="restore-find-backup"
                    type="search"
                    placeholder=t.restore.find_backup
                    aria-label=t.restore.find_backup
                    on:input=move |event| text.set(event_target_value(&event))
                    on:keydown=move |event| enter_list(&event)
                />
                <span class="xs muted nowrap" aria-live="polite">
                    {move || found.with(|f| (t.restore.of_backups)(f.len() as u64, total))}
                </span>
            </div>
            <Rows lines=found height=HEIGHT row label=t.common.backups reset=text/>
            {move || found.with(|f| f.is_empty()).then(|| view! { <p class="pad muted">{t.restore.none_found}</p> }.into_any())}
        </div>
    }
}

#[component]
fn Line(archive: ArchiveSummary) -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let id = StoredValue::new(archive.id.clone());
    let is_chosen = move || {
        id.with_value(|id| {
            kept.asking.with(|asking| asking.as_ref() == Some(id))
                || kept.wizard.with(|w| w.details().is_some_and(|d| d.summary.id == *id))
        })
    };
    let choose = move |_| kept.open(id.get_value(), None);
    // Enter takes the line, and goes on only from the one that is taken.
    let on_key = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Enter" && !untrack(is_chosen) {
            event.prevent_default();
            kept.open(id.get_value(), None);
        }
    };
    let offset = format::offset(archive.created);
    let off = is_damaged(&archive.state);
    view! {
        <label class="pick" class:chosen=is_chosen class:off=off>
            <input
                type="radio"
                name="restore-archive"
                data-archive=archive.id.clone()
                prop:checked=is_chosen
                disabled=off
                on:change=choose
                on:keydown=on_key
            />
            <span class="what">
                <strong title=format::exact(archive.created, offset)>
                    {format::time(t, archive.created, format::now(), offset)}
                </strong>
                <small>{about(t, &archive)}</small>
            </span>
            <StateBadge state=archive.state/>
            <span class="n muted" title=(t.restore.exact_bytes)(archive.size_bytes)>{format::bytes(archive.size_bytes)}</span>
        </label>
    }
}

/// What the second line says: why it can't be chosen, or why it was made.
fn about(t: &Texts, archive: &ArchiveSummary) -> String {
    if let ArchiveState::Damaged(at) = archive.state {
        let when = format::time(t, at, format::now(), format::offset(at));
        return (t.restore.damaged_why)(&when);
    }
    let kind = archive.kind.as_ref().map(|kind| (t.common.kind)(kind.known()).to_owned());
    let part = (archive.complete == Some(false))
        .then(|| archive.tables.map(|n| (t.restore.only_tables)(&(t.common.tables)(n))));
    let parts =
        [Some(format::ago(t, archive.created, format::now())), kind, part.flatten(), archive.reason.clone()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// What is looked through, in small letters.
fn searched(t: &Texts, archive: &ArchiveSummary) -> String {
    let offset = format::offset(archive.created);
    let local = offset.to_datetime(archive.created);
    let state = match archive.state {
        ArchiveState::Stored => t.common.stored,
        ArchiveState::Verified(_) => t.common.verified,
        ArchiveState::Restored(_) => t.restore.restored,
        ArchiveState::Damaged(_) => t.common.damaged,
        ArchiveState::Unknown => t.common.unknown,
    };
    let kind = archive.kind.as_ref().map(|kind| (t.common.kind)(kind.known())).unwrap_or_default();
    let day = (t.common.day)(local.day(), local.month(), None).replace('\u{a0}', " ");
    let reason = archive.reason.as_deref().unwrap_or_default();
    let (date, clock) = (local.date(), format::clock(local));
    format!("{} {day} {date} {clock} {state} {kind} {reason}", archive.id).to_lowercase()
}
