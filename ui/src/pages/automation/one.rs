//! What becomes of one backup, why, and what can be done about it.

use aitta_model::{
    Fate, Guarded, HeldArchive, HoldReport, HoldRequest, PutBackReport, PutBackRequest, ReleaseRequest,
    Timestamp, plain,
};
use leptos::html;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};

use super::fate::{Entry, Group, hold_words, reason_words};
use super::known::{Chosen, Known};
use crate::address;
use crate::api::api;
use crate::components::dialog;
use crate::components::guarded::{GuardedFields, GuardedForm};
use crate::components::live::live;
use crate::day;
use crate::format;
use crate::plain::named;
use crate::preferences::texts;
use crate::texts::Texts;

/// The backup that the address names, as it was known when that was chosen.
#[derive(Clone)]
struct Open {
    id: String,
    /// Absent when the rules don't cover it.
    entry: Option<Entry>,
    known: Known,
}

/// Shows the backup that the address names.
#[component]
pub(super) fn OneDialog(chosen: Chosen) -> impl IntoView {
    let query = use_query_map();
    let id = Memo::new(move |_| query.with(|query| query.get("backup")));
    let is_known = Memo::new(move |_| chosen.known.with(Option::is_some));
    let open = RwSignal::new(None::<Open>);
    let element = NodeRef::<html::Dialog>::new();
    Effect::new(move || match (id.get(), is_known.get()) {
        (Some(id), true) => {
            if open.with_untracked(|open| open.as_ref().is_some_and(|open| open.id == id)) {
                return;
            }
            let Some(known) = chosen.known.get_untracked() else { return };
            let entry = known.entries.iter().find(|entry| entry.of.archive.id == id).cloned();
            chosen.outcome.set(None);
            open.set(Some(Open { id, entry, known }));
            dialog::show(element);
        }
        (None, _) => {
            dialog::close(element);
            open.set(None);
        }
        (Some(_), false) => {}
    });
    let navigate = use_navigate();
    let left = move |_| {
        if id.get_untracked().is_some() {
            let options = NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() };
            navigate("/automation", options);
        }
    };
    let close = Callback::new(move |()| dialog::close(element));
    view! {
        <dialog node_ref=element class="ask fate-of" id="automation-one" aria-labelledby="automation-one-title" on:close=left>
            {live(move || open.get().map(|open| view! { <One open chosen close/> }.into_any()))}
        </dialog>
    }
}

#[component]
fn One(open: Open, chosen: Chosen, close: Callback<()>) -> impl IntoView {
    let t = texts();
    let a = &t.automation;
    let Open { id, entry, known } = open;
    let title = entry
        .as_ref()
        .map_or_else(|| named(&id), |entry| (a.of)(&known.here.time(t, entry.of.archive.created)));
    let body = match entry {
        None => view! { <p>{a.not_covered}</p><Buttons close/> }.into_any(),
        Some(entry) => {
            let deed = Deed::of(&entry);
            view! {
                <Facts entry=entry.clone() known/>
                {deed.form(entry.of.archive.id, chosen, close)}
            }
            .into_any()
        }
    };
    view! {
        <h2 id="automation-one-title">{title}</h2>
        <p class="small"><A href=address::backup(&id)>{a.open_backup}</A>" "<code>{named(&id)}</code></p>
        {body}
    }
}

/// What becomes of it, and why.
#[component]
fn Facts(entry: Entry, known: Known) -> impl IntoView {
    let t = texts();
    let a = &t.automation;
    let here = known.here;
    let first = match (entry.group, entry.goes) {
        (Group::Away, Some(at)) => Some((a.deleted_on)(&here.day(t, at))),
        (Group::Going, _) => Some(format!("{}: {}", a.at_next_prune, a.fate_goes)),
        (_, Some(at)) => Some((a.goes_on)(&here.day(t, at))),
        (_, None) => None,
    };
    let reasons: Vec<String> = match &entry.of.fate {
        Fate::Goes { .. } => vec![a.why_rules.to_owned()],
        Fate::Stays { reasons } => {
            reasons.iter().map(|reason| reason_words(t, reason, known.days, here)).collect()
        }
    };
    let reasons: Vec<AnyView> =
        reasons.into_iter().map(|words| view! { <li>{format::capital(&words)}</li> }.into_any()).collect();
    let holds: Vec<AnyView> = entry.of.holds.iter().map(|held| held_by(t, held, known.here)).collect();
    let holds = (!holds.is_empty()).then(|| view! { <ul class="holds">{holds}</ul> }.into_any());
    view! {
        {first.map(|words| view! { <p>{words}</p> }.into_any())}
        <ul class="whys">{reasons}</ul>
        {holds}
    }
}

/// A hold with its reason and who made it: both are what people, or the database, have written.
fn held_by(t: &'static Texts, held: &HeldArchive, here: super::fate::Here) -> AnyView {
    let a = &t.automation;
    let words = format::capital(&hold_words(t, &held.hold.kind, held.hold.until, here));
    let who = held.person.as_ref().map(|who| (a.by_person)(&named(who))).unwrap_or_default();
    let reason = plain(&format::reason(t, &held.reason));
    view! {
        <li>
            <strong>{words}</strong>" "<span class="muted small">{who}" "{here.time(t, held.since)}</span>
            <p class="named">{reason}</p>
        </li>
    }
    .into_any()
}

/// What can be done with a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Pin,
    Unpin,
    PutBack,
}

impl Deed {
    fn of(entry: &Entry) -> Self {
        match entry.group {
            Group::Away => Self::PutBack,
            _ if !entry.of.holds.is_empty() => Self::Unpin,
            _ => Self::Pin,
        }
    }

    fn form(self, id: String, chosen: Chosen, close: Callback<()>) -> AnyView {
        match self {
            Self::Pin => view! { <Pin id chosen close/> }.into_any(),
            Self::Unpin => view! { <Unpin id chosen close/> }.into_any(),
            Self::PutBack => view! { <PutBack id chosen close/> }.into_any(),
        }
    }
}

/// The way out, without a deed.
#[component]
fn Buttons(close: Callback<()>) -> impl IntoView {
    view! {
        <div class="buttons">
            <button type="button" class="btn" on:click=move |_| close.run(())>{texts().common.close}</button>
        </div>
    }
}

/// The form of a deed: what it means, its own fields, why, and the button.
fn form(
    what: &'static str,
    fields: AnyView,
    go: (&'static str, Signal<bool>),
    guarded: GuardedForm,
    close: Callback<()>,
    submit: impl Fn() + 'static,
) -> AnyView {
    guarded.begin();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        submit();
    };
    let (words, ready) = go;
    view! {
        <form on:submit=submit>
            <p>{what}</p>
            {fields}
            <GuardedFields id="automation-one" form=guarded/>
            <div class="buttons">
                <button type="button" class="btn" on:click=move |_| close.run(())>{texts().common.cancel}</button>
                <button
                    id="automation-one-go" class="btn primary"
                    disabled=move || !ready.get() || !guarded.is_ready()
                >
                    {words}
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// The end of a hold by its last day: `None` for what is no day to come.
fn end_of(text: &str, now: Timestamp) -> Option<Timestamp> {
    let today = format::offset(now).to_datetime(now).date();
    let date = day::read(text, today)?;
    // The day after it, by the clock of this machine.
    let next = js_sys::Date::new_with_year_month_day(
        u32::try_from(date.year()).ok()?,
        i32::from(date.month()) - 1,
        i32::from(date.day()) + 1,
    );
    Timestamp::from_millisecond(next.get_time() as i64).ok().filter(|end| *end > now)
}

#[component]
fn Pin(id: String, chosen: Chosen, close: Callback<()>) -> impl IntoView {
    let t = texts();
    let a = &t.automation;
    let guarded = GuardedForm::with_reason();
    let (typed, legal) = (RwSignal::new(String::new()), RwSignal::new(false));
    let is_wrong = Memo::new(move |_| {
        typed.with(|text| !text.trim().is_empty() && end_of(text, format::now()).is_none())
    });
    let fields = view! {
        <div class="field">
            <label for="automation-one-until">{a.pin_until}</label>
            <input
                id="automation-one-until" type="text" autocomplete="off" placeholder=t.common.day_example
                aria-describedby="automation-one-until-hint"
                aria-invalid=move || is_wrong.get().then_some("true")
                prop:value=move || typed.get()
                on:input=move |event| typed.set(event_target_value(&event))
            />
            <div id="automation-one-until-hint">
                {live(move || match is_wrong.get() {
                    true => view! { <small class="problem" role="alert">{t.common.no_day}</small> }.into_any(),
                    false => view! { <small>{a.pin_until_hint}</small> }.into_any(),
                })}
            </div>
        </div>
        <label class="check">
            <input
                id="automation-one-legal" type="checkbox" prop:checked=move || legal.get()
                on:change=move |event| legal.set(event_target_checked(&event))
            />
            <span>{a.legal}</span>
        </label>
    };
    let submit = move || {
        if is_wrong.get_untracked() {
            return;
        }
        let (id, legal) = (id.clone(), legal.get_untracked());
        let until = typed.with_untracked(|text| end_of(text, format::now()));
        let ask = |reason, _| api().hold_archive(HoldRequest { id, legal, until, reason });
        guarded.send(ask, move |_: HoldReport| {
            close.run(());
            chosen.done(a.pinned.to_owned(), None);
        });
    };
    let ready = Signal::derive(move || !is_wrong.get());
    form(a.pin_what, fields.into_any(), (a.pin_go, ready), guarded, close, submit)
}

#[component]
fn Unpin(id: String, chosen: Chosen, close: Callback<()>) -> impl IntoView {
    let a = &texts().automation;
    let guarded = GuardedForm::with_code(Guarded::Delete);
    let submit = move || {
        let id = Some(id.clone());
        let ask = |reason, mfa| api().release_archive(ReleaseRequest { id, reason, mfa });
        guarded.send(ask, move |_: HoldReport| {
            close.run(());
            chosen.done(a.unpinned.to_owned(), None);
        });
    };
    form(a.unpin_what, ().into_any(), (a.unpin_go, Signal::stored(true)), guarded, close, submit)
}

#[component]
fn PutBack(id: String, chosen: Chosen, close: Callback<()>) -> impl IntoView {
    let a = &texts().automation;
    let guarded = GuardedForm::with_reason();
    let submit = move || {
        let id = id.clone();
        let ask = |reason, _| api().put_back(PutBackRequest { id, reason });
        guarded.send(ask, move |report: PutBackReport| {
            close.run(());
            let words = if report.failure.is_some() { a.is_back_damaged } else { a.is_back };
            chosen.done(words.to_owned(), report.failure);
        });
    };
    form(a.put_back_what, ().into_any(), (a.put_back_go, Signal::stored(true)), guarded, close, submit)
}
