//! Which backup.

use std::sync::Arc;

use aitta_model::{ArchiveState, ArchiveSummary, BackupKind, Timestamp};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos_router::components::A;

use super::kept::{Kept, before};
use super::rows::{RowOf, Rows, enter_list};
use super::when::{When, Wrong};
use super::wizard::Source;
use super::wizard::{Wizard, is_damaged};
use crate::api::api;
use crate::clock::Clock;
use crate::components::badge::{Badge, StateBadge, Tone};
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
pub(super) fn BackupPart() -> impl IntoView {
    let t = texts();
    let show = |list: aitta_model::ListReport| {
        let archives = Arc::new(list.archives);
        if archives.is_empty() {
            view! { <NoBackups elsewhere=list.elsewhere/> }.into_any()
        } else {
            view! { <Choose archives/> }.into_any()
        }
    };
    view! {
        <h3 class="which">{t.restore.which_backup}</h3>
        {asked(|| api().archives(), show)}
    }
}

#[component]
pub(super) fn NoBackups(elsewhere: u64) -> impl IntoView {
    let t = texts();
    let (title, words) = match elsewhere {
        0 => (t.restore.no_backups, t.restore.no_backups_words.to_owned()),
        n => (t.backups.none_here, format!("{} {}", (t.backups.elsewhere)(n), t.restore.choose_store)),
    };
    view! {
        <Empty icon="backups" title=title words=words>
            <A href="/" attr:class="btn">{t.restore.to_dashboard}</A>
        </Empty>
    }
}

#[component]
fn Choose(archives: Arc<Vec<ArchiveSummary>>) -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    Effect::new(move || kept.propose_latest());
    view! {
        <Before/>
        {move || kept.trouble.get().map(|failure| view! { <FailureBox failure/> })}
        {move || instead(t, kept).map(|words| view! {
            <p class="note info" id="restore-instead" role="status"><Icon name="info"/><span>{words}</span></p>
        })}
        <List archives/>
    }
}

/// Which backup was taken in place of the newest, which is damaged.
fn instead(t: &Texts, kept: Kept) -> Option<String> {
    kept.trouble.with(Option::is_some).then_some(())?;
    let created = kept.wizard.with(|w| w.details().map(|details| details.summary.created))?;
    Some((t.restore.instead)(&format::time(t, created, format::now(), format::offset(created))))
}

/// The last one before a time.
#[component]
fn Before() -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let wanted = kept.wizard.with_untracked(|w| w.source.as_ref().and_then(|s| s.before));
    let typed = RwSignal::new(wanted.map(local_text).unwrap_or_default());
    let wrong: RwSignal<Option<Wrong>> = RwSignal::new(None);
    // One that is picked from the list is no answer to the time above it.
    Effect::new(move || {
        if kept.wizard.with(|w| w.source.as_ref().is_some_and(|s| s.before.is_none())) {
            typed.set(String::new());
            wrong.set(None);
        }
    });
    let look = move |event: web_sys::Event| {
        let text = event_target_value(&event);
        typed.set(text.clone());
        wrong.set(None);
        if text.trim().is_empty() {
            kept.open_latest();
            return;
        }
        let question = kept.ask("before");
        leptos::task::spawn_local(async move {
            TimeoutFuture::new(PAUSE_MS).await;
            if !kept.is_latest(question) {
                return;
            }
            match read(&text) {
                Ok(time) => kept.open(before(time), Some(time)),
                Err(why) => {
                    kept.stop_asking();
                    kept.wizard.update(Wizard::drop_answer);
                    wrong.set(Some(why));
                }
            }
        });
    };
    let found = move || {
        match wrong.get() {
            Some(Wrong::NoTime) => return Some(t.restore.no_time.to_owned()),
            Some(Wrong::Future) => return Some(t.restore.to_come.to_owned()),
            None => {}
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
                placeholder=t.restore.before_example
                prop:value=move || typed.get()
                aria-invalid=move || wrong.with(Option::is_some).to_string()
                aria-describedby="restore-before-found"
                on:input=look
            />
            <p class="small muted" class:problem=move || wrong.with(Option::is_some) id="restore-before-found" aria-live="polite">
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

/// What was typed, as a moment. The clock on the wall is that of this machine (ECMAScript 21.4.1.32: no offset means local
/// time).
fn read(text: &str) -> Result<Timestamp, Wrong> {
    let now = format::now();
    let at = match When::parse(text, format::offset(now).to_datetime(now))? {
        When::Exact(at) => at,
        When::Local(local) => {
            let iso = format!("{}T{}:{:02}", local.date(), format::clock(local), local.second());
            let ms = js_sys::Date::new(&wasm_bindgen::JsValue::from_str(&iso)).get_time();
            if ms.is_nan() {
                return Err(Wrong::NoTime);
            }
            Timestamp::from_millisecond(ms as i64).map_err(|_| Wrong::NoTime)?
        }
    };
    if at > now { Err(Wrong::Future) } else { Ok(at) }
}

fn local_text(at: Timestamp) -> String {
    let local = format::offset(at).to_datetime(at);
    format!("{} {}", local.date(), format::clock(local))
}

#[component]
fn List(archives: Arc<Vec<ArchiveSummary>>) -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let text = RwSignal::new(String::new());
    let words: Arc<Vec<(bool, String)>> =
        Arc::new(archives.iter().map(|a| (is_safety(a), searched(t, a))).collect());
    let copies = words.iter().filter(|(safety, _)| *safety).count() as u64;
    let others = words.len() as u64 - copies;
    // Mostly they hold the damage: who wants one looks for it.
    let with_copies =
        RwSignal::new(kept.wizard.with_untracked(|w| w.details().is_some_and(|d| is_safety(&d.summary))));
    let total = move || if with_copies.get() { others + copies } else { others };
    let found = Memo::new(move |_| {
        let wanted = text.get().trim().to_lowercase();
        let all = with_copies.get();
        let hits = words
            .iter()
            .enumerate()
            .filter(|(_, (safety, words))| (all || !safety) && words.contains(&wanted));
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
                    {move || found.with(|f| (t.restore.of_backups)(f.len() as u64, total()))}
                </span>
            </div>
            <Rows lines=found height=HEIGHT row label=t.common.backups reset=text/>
            {move || found.with(|f| f.is_empty()).then(|| view! { <p class="pad muted">{t.restore.none_found}</p> }.into_any())}
            {(copies > 0).then(|| view! {
                <label class="tick pad">
                    <input
                        type="checkbox" id="restore-safety"
                        prop:checked=move || with_copies.get()
                        on:change=move |event| with_copies.set(event_target_checked(&event))
                    />
                    {(t.restore.show_safety)(copies)}
                </label>
            }.into_any())}
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
    let (clock, told) = (Clock::here(), archive.clone());
    let line = Memo::new(move |_| about(t, &told, clock.reading()));
    // In a narrow window its end is cut off.
    let taken = is_safety(&archive)
        .then(|| (t.restore.taken_before)(&format::time(t, archive.created, format::now(), offset)));
    let pointed = taken.clone();
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
                <small title=move || line.get()>{move || line.get()}</small>
            </span>
            <span class="marks" title=pointed>
                {taken.map(|words| view! { <Badge tone=Tone::Warn words/> }.into_any())}
                <StateBadge state=archive.state/>
            </span>
            <span class="n muted" title=(t.restore.exact_bytes)(archive.size_bytes)>{format::bytes(archive.size_bytes)}</span>
        </label>
    }
}

/// What a restore has kept of what it was about to overwrite.
fn is_safety(archive: &ArchiveSummary) -> bool {
    archive.kind.as_ref().is_some_and(|kind| *kind == BackupKind::Safety)
}

/// What the second line says: why it can't be chosen, or why it was made.
fn about(t: &Texts, archive: &ArchiveSummary, now: Timestamp) -> String {
    if let ArchiveState::Damaged(at) = archive.state {
        let when = format::time(t, at, now, format::offset(at));
        return (t.restore.damaged_why)(&when);
    }
    let kind = archive.kind.as_ref().map(|kind| (t.common.kind)(kind.known()).to_owned());
    let part = (archive.complete == Some(false))
        .then(|| archive.tables.map(|n| (t.restore.only_tables)(&(t.common.tables)(n))));
    let reason = archive.reason.as_ref().map(|reason| format::reason(t, reason));
    let parts = [Some(format::ago(t, archive.created, now)), kind, part.flatten(), reason];
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
    let reason = format::reason(t, archive.reason.as_deref().unwrap_or_default());
    let (date, clock) = (local.date(), format::clock(local));
    format!("{} {day} {date} {clock} {state} {kind} {reason}", archive.id).to_lowercase()
}
