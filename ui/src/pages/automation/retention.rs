//! Which backups stay, which go and when, and what is in the way.

use std::sync::Arc;

use aitta_model::{PrunedPlace, RetentionOutlook, RetentionRules};
use leptos::prelude::*;
use leptos_router::components::A;

use super::blocks::blocks;
use super::coming::coming;
use super::fate::{Entry, Group, Here};
use super::known::{Chosen, Known, Outcome};
use super::one::OneDialog;
use super::prune::PruneButton;
use crate::address;
use crate::api::api;
use crate::clock::Clock;
use crate::components::badge::Badge;
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::components::states::{Empty, asked};
use crate::components::table::{Column, KeyOf, Row, RowEnd, RowOf, Sort, Table};
use crate::format;
use crate::order;
use crate::plain::named;
use crate::preferences::texts;
use crate::query;
use crate::texts::Texts;

const COLUMNS: [&str; 5] = ["goes", "when", "state", "why", "size"];

/// What is listed, and in which order.
#[derive(Clone, Copy)]
struct Shown {
    group: RwSignal<Option<Group>>,
    sort: RwSignal<Sort>,
}

impl Shown {
    fn from_query() -> Self {
        let read = query::read();
        let group = read("show").and_then(|text| Group::ALL.into_iter().find(|group| group.as_str() == text));
        let sort = read("sort").and_then(|text| Sort::parse(&text, &COLUMNS)).unwrap_or(FIRST);
        Self { group: RwSignal::new(group), sort: RwSignal::new(sort) }
    }

    fn keep(self) {
        Effect::new(move || {
            let group = self.group.get().map_or("", Group::as_str).to_owned();
            let sort = self.sort.get();
            let sort = if sort == FIRST { String::new() } else { sort.to_text() };
            query::write(&[("show", group), ("sort", sort)]);
        });
    }
}

/// What goes next is first.
const FIRST: Sort = Sort { column: "goes", down: false };

#[component]
pub(super) fn Retention() -> impl IntoView {
    let a = &texts().automation;
    let clock = Clock::here();
    let shown = Shown::from_query();
    shown.keep();
    let chosen = Chosen::new();
    let ask = move || {
        clock.follow_runs();
        api().retention()
    };
    view! {
        <section class="card" id="automation-retention" aria-labelledby="automation-retention-title">
            <div class="part">
                <header class="row">
                    <h2 id="automation-retention-title">{a.retention}</h2>
                    <PruneButton chosen/>
                </header>
                {live(move || chosen.outcome.get().map(|outcome| outcome_note(&outcome)))}
            </div>
            {asked(ask, move |outlook| view! { <Outlook outlook shown chosen/> })}
        </section>
        <OneDialog chosen/>
    }
}

fn outcome_note(outcome: &Outcome) -> AnyView {
    let (class, icon) =
        if outcome.failure.is_some() { ("note warn", "warning") } else { ("note ok", "check") };
    let failure = outcome.failure.clone().map(|failure| view! { <FailureBox failure/> }.into_any());
    view! {
        <div class=class role="status" id="automation-outcome">
            <Icon name=icon/>
            <div><p>{outcome.words.clone()}</p></div>
        </div>
        {failure}
    }
    .into_any()
}

#[component]
fn Outlook(outlook: RetentionOutlook, shown: Shown, chosen: Chosen) -> impl IntoView {
    let t = texts();
    let RetentionOutlook { now, report, archives } = outlook;
    let here = Here { now, offset: format::offset };
    let days = report.rules.days;
    let entries: Arc<Vec<Entry>> =
        Arc::new(archives.into_iter().map(|one| Entry::new(t, one, days, here)).collect());
    let first = report.places.first();
    let (held_back, others) = first.map_or((0, 0), |place| (place.held_back, place.others));
    let several = report.places.len() > 1;
    let in_the_way: Vec<AnyView> =
        report.places.iter().filter_map(|place| in_the_way(t, place, several)).collect();
    let failed = first.is_some_and(|place| place.failure.is_some());
    chosen.known.set(Some(Known {
        entries: entries.clone(),
        days,
        here,
        blocked: Arc::new(first.map(|place| place.blocked.clone()).unwrap_or_default()),
    }));
    let coming = coming(t, &entries, here, held_back);
    let others =
        (others > 0).then(|| view! { <p class="muted small">{(t.automation.others)(others)}</p> }.into_any());
    let list = match (failed, entries.is_empty()) {
        (true, _) => ().into_any(),
        (false, true) => {
            view! { <Empty icon="backups" title=t.automation.none words=t.automation.none_hint/> }.into_any()
        }
        (false, false) => view! { <List entries here shown/> }.into_any(),
    };
    view! {
        <div class="part outlook">
            <div class="rules"><Rules rules=report.rules/>{others}</div>
            <div class="next">
                <h3>{t.automation.coming}</h3>
                {coming}
            </div>
        </div>
        {(!in_the_way.is_empty()).then(|| view! { <div class="part ways">{in_the_way}</div> }.into_any())}
        {list}
    }
}

/// The rules in words.
#[component]
fn Rules(rules: RetentionRules) -> impl IntoView {
    let t = texts();
    let a = &t.automation;
    let RetentionRules { days, daily, weekly, monthly, yearly, share: _ } = rules;
    let spans: Vec<String> =
        [(daily, t.common.days), (weekly, a.weeks), (monthly, a.months), (yearly, a.years)]
            .into_iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, words)| words(n.into()))
            .collect();
    let spans = (!spans.is_empty()).then(|| view! { <p>{(a.keeps_spans)(&spans.join(", "))}</p> }.into_any());
    view! {
        <p>{(a.keeps_days)(days.into())}</p>
        {spans}
        <p class="muted small">{a.two_steps}</p>
    }
}

/// Why nothing goes in a store, or what of it could not be looked at.
fn in_the_way(t: &'static Texts, place: &PrunedPlace, several: bool) -> Option<AnyView> {
    let at = several.then(|| {
        view! { <p class="small muted">{(t.automation.in_store)(&named(&place.location))}</p> }.into_any()
    });
    if let Some(failure) = place.failure.clone() {
        return Some(view! { {at}<FailureBox failure still=true/> }.into_any());
    }
    if place.blocked.is_empty() {
        return None;
    }
    Some(view! { {at}{blocks(t, &place.blocked)} }.into_any())
}

#[component]
fn List(entries: Arc<Vec<Entry>>, here: Here, shown: Shown) -> impl IntoView {
    let t = texts();
    let a = &t.automation;
    let order = {
        let entries = entries.clone();
        Memo::new(move |_| Arc::new(ordered(&entries, shown.group.get(), shown.sort.get())))
    };
    let nothing = Memo::new(move |_| order.with(|order| order.is_empty()));
    let rows = entries.clone();
    let row: RowOf = Arc::new(move |i| row(t, &rows[i], here));
    let keys = entries.clone();
    let key: KeyOf = Arc::new(move |i| keys[i].of.archive.id.clone());
    let ends = entries.clone();
    let end = RowEnd { title: a.pin, view: Arc::new(move |i| end(t, &ends[i])) };
    let none = move || {
        nothing.get().then(|| {
            view! {
                <Empty icon="search" title=a.no_match words=a.no_match_hint>
                    <button class="btn" on:click=move |_| shown.group.set(None)>{a.all}</button>
                </Empty>
            }
        })
    };
    view! {
        <div class="part filters"><Groups entries=entries.clone() group=shown.group/></div>
        {move || none()}
        <div hidden=move || nothing.get()>
            <Table
                class="fates" label=a.retention columns=columns(t) order sort=shown.sort data="data-archive" key row
                stay=true end
            />
        </div>
    }
}

/// Which of them are listed.
#[component]
fn Groups(entries: Arc<Vec<Entry>>, group: RwSignal<Option<Group>>) -> impl IntoView {
    let t = texts();
    let a = &t.automation;
    let choice = |of: Option<Group>| {
        let n = match of {
            Some(group) => entries.iter().filter(|entry| entry.group == group).count(),
            None => entries.len(),
        };
        let words = of.map_or(a.all, |group| group.words(t));
        let is_it = move || group.get() == of;
        view! {
            <label class:on=is_it>
                <input
                    type="radio" name="automation-group" value=of.map_or("all", Group::as_str)
                    prop:checked=is_it on:change=move |_| group.set(of)
                />
                {words}" "<span class="muted">{format::number(n as u64)}</span>
            </label>
        }
        .into_any()
    };
    let choices: Vec<AnyView> = std::iter::once(None).chain(Group::ALL.map(Some)).map(choice).collect();
    view! {
        <fieldset class="seg" id="automation-groups"><legend class="visually-hidden">{a.filter}</legend>{choices}</fieldset>
    }
}

/// Those of a group, in order. What has no time of going comes last, whichever way.
fn ordered(entries: &[Entry], group: Option<Group>, sort: Sort) -> Vec<usize> {
    let mut places: Vec<usize> =
        (0..entries.len()).filter(|i| group.is_none_or(|group| entries[*i].group == group)).collect();
    let compare = |one: usize, other: usize| {
        let (one, other) = (&entries[one], &entries[other]);
        let turned = |ordering: std::cmp::Ordering| if sort.down { ordering.reverse() } else { ordering };
        let (a, b) = (&one.of.archive, &other.of.archive);
        let by = match sort.column {
            "when" => turned(a.created.cmp(&b.created)),
            "state" => turned(one.group.cmp(&other.group)),
            "why" => turned(one.why.cmp(&other.why)),
            "size" => turned(a.size_bytes.cmp(&b.size_bytes)),
            _ => match (one.goes, other.goes) {
                (Some(one), Some(other)) => turned(one.cmp(&other)),
                (one, other) => one.is_none().cmp(&other.is_none()),
            },
        };
        by.then_with(|| b.created.cmp(&a.created)).then_with(|| b.id.cmp(&a.id))
    };
    order::sort(&mut places, &compare);
    places
}

fn columns(t: &Texts) -> Vec<Column> {
    let a = &t.automation;
    let column = |name, title, figures| Column { name, title, figures, times: name == "when" };
    vec![
        column("when", t.backups.when, false),
        column("state", a.fate, false),
        column("goes", a.goes, false),
        column("why", a.why, false),
        column("size", t.backups.size, true),
    ]
}

fn row(t: &'static Texts, entry: &Entry, here: Here) -> Row {
    let a = &t.automation;
    let archive = &entry.of.archive;
    let (tone, words) = entry.state(t);
    let goes = match (entry.group, entry.goes) {
        (Group::Going, _) => a.goes_next.to_owned(),
        (_, Some(at)) => here.day(t, at),
        (_, None) => "–".to_owned(),
    };
    let exact =
        entry.goes.filter(|_| entry.group != Group::Going).map(|at| format::exact(at, (here.offset)(at)));
    let created = archive.created;
    Row {
        key: archive.id.clone(),
        href: address::automation(&archive.id),
        cells: vec![
            (here.time(t, created).into_any(), Some(format::exact(created, (here.offset)(created)))),
            (view! { <Badge tone words/> }.into_any(), None),
            (goes.into_any(), exact),
            (entry.why.clone().into_any(), Some(entry.why.clone())),
            (
                format::bytes(archive.size_bytes).into_any(),
                Some(format!("{} B", format::number(archive.size_bytes))),
            ),
        ],
    }
}

/// What can be done with it.
fn end(t: &'static Texts, entry: &Entry) -> AnyView {
    let a = &t.automation;
    let words = match entry.group {
        Group::Away => a.put_back,
        _ if !entry.of.holds.is_empty() => a.unpin,
        _ => a.pin,
    };
    let id = entry.of.archive.id.clone();
    view! {
        <A href=address::automation(&id) attr:class="btn small" attr:tabindex="-1" scroll=false>
            {words}
        </A>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use aitta_model::{Fate, KeepReason};

    use super::super::fate::tests::{day, entry, stays};
    use super::*;

    #[test]
    fn what_goes_next_is_first_and_what_stays_for_good_is_last_whichever_way() {
        let young = |until| stays(&[KeepReason::Young { until }]);
        let entries = [
            entry("a", stays(&[KeepReason::Newest]), None),
            entry("b", young(day(9)), None),
            entry("c", Fate::Goes { since: day(-1) }, None),
            entry("d", Fate::Goes { since: day(-1) }, Some(day(2))),
        ];
        assert_eq!(ordered(&entries, None, FIRST), [2, 3, 1, 0]);
        assert_eq!(ordered(&entries, None, Sort { down: true, ..FIRST }), [1, 3, 2, 0]);
        assert_eq!(ordered(&entries, Some(Group::Staying), FIRST), [1, 0]);
        assert_eq!(ordered(&entries, Some(Group::Held), FIRST), [0_usize; 0]);
    }
}
