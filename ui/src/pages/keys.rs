//! The keys: which one locks, which ones still open, and what may be done with each.

mod destroy;
mod kit;
mod missing;
mod pending;
mod rank;
pub(crate) mod rotate;

use aitta_model::{
    ErrorCode, Failure, KeyCanary, KeyEntry, KeyRingReport, KeyState, RotationStatus, Timestamp,
};
use leptos::prelude::*;
use leptos_router::components::A;

use self::destroy::DestroyButton;
use self::kit::{ImportButton, KitButton};
use self::missing::Missing;
use self::pending::Pending;
use self::rank::{Refusal, others, refusal};
use crate::activity::Activities;
use crate::api::api;
use crate::clock::Clock;
use crate::components::badge::{Badge, Tone};
use crate::components::failure::{FailureBox, FailureDetails, told};
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::components::states::{Empty, asked};
use crate::format;
use crate::preferences::texts;

#[component]
pub(crate) fn Keys() -> impl IntoView {
    let k = &texts().keys;
    // Without an active key there is nothing to rotate; before it is due nobody needs to.
    let (has_active, is_due) = (RwSignal::new(false), RwSignal::new(false));
    let rotate = live(move || {
        has_active.get().then(|| {
            let class = if is_due.get() { "btn primary" } else { "btn" };
            view! {
                <A href="/keys/rotate" attr:class=class attr:id="keys-rotate">
                    <Icon name="rotate"/>{k.rotate}
                </A>
            }
            .into_any()
        })
    });
    let show = move |ring: KeyRingReport| {
        has_active.set(ring.active().is_some());
        is_due.set(ring.overdue);
        view! { <Ring ring/> }
    };
    view! {
        <header class="page">
            <div><h1>{k.title}</h1><p class="muted">{k.lead}</p></div>
            <div class="actions"><ImportButton/>{rotate}</div>
        </header>
        {asked(|| api().key_ring(), show)}
    }
}

#[component]
fn Ring(ring: KeyRingReport) -> impl IntoView {
    let k = &texts().keys;
    let active = ring.active().cloned();
    let overrides = ring.overrides.clone().map(|other| {
        let words = (k.overrides)("BACKUP_ENCRYPTION_KEY", &other);
        view! { <p class="note info above"><Icon name="info"/><span>{words}</span></p> }.into_any()
    });
    let unseen = ring.unseen.iter().map(|(place, failure)| {
        let words = (k.unseen)(place, &told(texts(), failure));
        let failure = failure.clone();
        view! {
            <div class="note warn above" role="status">
                <Icon name="warning"/>
                <div><p class="fact">{words}</p><FailureDetails failure/></div>
            </div>
        }
        .into_any()
    });
    let unseen = unseen.collect_view();
    let rest = others(&ring.keys);
    let (rotation, missing) = (ring.rotation.clone(), ring.missing.clone());
    let waiting: Vec<KeyEntry> = ring.keys.iter().filter(|key| key.is_waiting()).cloned().collect();
    let waits = !waiting.is_empty();
    let waiting = waiting.into_iter().map(|key| view! { <Pending key/> }).collect_view();
    let first = match active {
        Some(key) => view! { <Active key ring/> }.into_any(),
        // It is the one to go on with, not a second.
        None if waits => ().into_any(),
        None => view! {
            <Empty icon="key" title=k.none_title words=k.no_active>
                <A href="/keys/rotate" attr:class="btn primary" attr:id="keys-make">{k.make}</A>
            </Empty>
        }
        .into_any(),
    };
    let all_open = missing.is_empty();
    let interrupted = rotation.map(|rotation| view! { <Interrupted rotation all_open/> });
    // That there were no others would be a claim, while backups need some that are missing.
    let others = (all_open || !rest.is_empty()).then(|| view! { <Others keys=rest/> });
    let lacks = (!missing.is_empty()).then(|| view! { <Missing keys=missing/> });
    view! { <div class="keys">{interrupted}{waiting}{unseen}{overrides}{lacks}{first}{others}</div> }
}

/// How far a rotation is. That every backup opens is said only where no key is missing.
fn how_far(rotation: &RotationStatus, all_open: bool) -> String {
    let (k, m) = (&texts().keys, &texts().machine);
    let words = match (rotation.begun, all_open) {
        (true, true) => k.interrupted_words,
        (true, false) => m.interrupted_some_closed,
        (false, true) => k.not_begun_words,
        (false, false) => m.not_begun_some_closed,
    };
    let done = if rotation.begun { rotation.done } else { rotation.archives - rotation.done };
    words(done, rotation.archives)
}

/// What is not finished comes before everything else.
#[component]
pub(super) fn Interrupted(rotation: RotationStatus, all_open: bool) -> impl IntoView {
    let words = how_far(&rotation, all_open);
    let k = &texts().keys;
    if !rotation.begun {
        return view! {
            <div class="note warn above" role="status" id="keys-interrupted">
                <Icon name="rotate"/>
                <div>
                    <p class="fact">{k.not_begun}</p>
                    <p>{words}</p>
                    <p class="buttons">
                        <A href="/keys/rotate" attr:class="btn" attr:id="keys-resume">{k.move_them}</A>
                    </p>
                </div>
            </div>
        }
        .into_any();
    }
    if rotation.running {
        return view! { <p class="note info above"><Icon name="rotate"/><span>{k.rotation_running}" "{words}</span></p> }
            .into_any();
    }
    view! {
        <div class="note warn above" role="status" id="keys-interrupted">
            <Icon name="warning"/>
            <div>
                <p class="fact">{k.interrupted}</p>
                <p>{words}</p>
                <p class="buttons">
                    <A href="/keys/rotate" attr:class="btn" attr:id="keys-resume">{k.resume}</A>
                    <A href="/keys/rotate" attr:class="btn">{k.roll_back}</A>
                </p>
            </div>
        </div>
    }
    .into_any()
}

fn exact(at: Timestamp) -> String {
    format::exact(at, format::offset(at))
}

fn day(at: Timestamp) -> String {
    format::day(texts(), at, format::now(), format::offset(at))
}

#[component]
fn Active(key: KeyEntry, ring: KeyRingReport) -> impl IntoView {
    let t = texts();
    let k = &t.keys;
    let clock = Clock::here();
    let made = key.created.map(|at| {
        let ago = move || format::ago(t, at, clock.reading());
        view! { <span title=exact(at)>{day(at)}" · "{ago}</span> }.into_any()
    });
    let due = ring.due.map(|at| {
        let late =
            ring.overdue.then(|| view! { " "<Badge tone=Tone::Bad words=t.dashboard.overdue/> }.into_any());
        view! { <span title=exact(at)>{day(at)}</span>{late} }.into_any()
    });
    let opens = key.archives.map_or_else(|| k.not_known.to_owned(), k.archives);
    view! {
        <section class="card part" aria-labelledby="keys-active">
            <header class="row">
                <h2 id="keys-active">{k.active}</h2>
                <KitButton key_id=key.key_id.clone()/>
            </header>
            <dl class="facts">
                <div><dt>{k.id}</dt><dd><code id="keys-active-id">{key.key_id.clone()}</code></dd></div>
                {made.map(|made| view! { <div><dt>{k.made}</dt><dd>{made}</dd></div> }.into_any())}
                {due.map(|due| view! { <div><dt>{k.due}</dt><dd>{due}</dd></div> }.into_any())}
                <div><dt>{k.kept}</dt><dd>{(k.kept_in)(&ring.kept)}</dd></div>
                <div><dt>{k.opens}</dt><dd>{opens}</dd></div>
                <div><dt>{k.tested}</dt><dd><Tested canary=ring.canary/></dd></div>
            </dl>
        </section>
    }
}

/// The last test, and the one action that makes another.
#[component]
fn Tested(canary: Option<KeyCanary>) -> impl IntoView {
    let t = texts();
    let k = &t.keys;
    let (activities, clock) = (Activities::here(), Clock::here());
    let busy = RwSignal::new(false);
    let failure = RwSignal::new(canary.as_ref().and_then(|canary| canary.failure.clone()));
    // What the last test has told is there before anybody clicks.
    let clicked = StoredValue::new(false);
    let fresh = canary.is_none() || failure.with_untracked(Option::is_some);
    let told = match canary {
        None => view! { <Badge tone=Tone::Warn words=k.not_tested/> }.into_any(),
        Some(KeyCanary { failure: Some(failure), .. }) => {
            // What was not read says nothing about the key.
            let (tone, words) = if matches!(failure.code, ErrorCode::KeyWrong | ErrorCode::ArchiveDamaged) {
                (Tone::Bad, k.does_not_open)
            } else {
                (Tone::Warn, k.not_tested_unread)
            };
            view! { <Badge tone words/> }.into_any()
        }
        Some(canary) => {
            let words = move || {
                let ago = format::ago(t, canary.at, clock.reading());
                match &canary.archive {
                    Some(archive) => (k.opened)(&ago, archive),
                    None => (k.nothing_to_open)(&ago),
                }
            };
            view! { <span title=exact(canary.at)>{words}</span> }.into_any()
        }
    };
    let go = move |_| {
        busy.set(true);
        clicked.set_value(true);
        failure.set(None);
        leptos::task::spawn_local(async move {
            let answer = api().check_key().await;
            busy.try_set(false);
            match answer {
                Ok(_) => activities.refresh(),
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    let class = if fresh { "btn small primary" } else { "btn small" };
    view! {
        <div class="tested">
            {told}
            <button id="keys-test" class=class disabled=move || busy.get() on:click=go>
                {move || if busy.get() { k.testing } else { k.test }}
            </button>
        </div>
        {move || failure.get().map(|failure| view! { <FailureBox failure still=!clicked.get_value()/> })}
    }
}

#[component]
fn Others(keys: Vec<KeyEntry>) -> impl IntoView {
    let k = &texts().keys;
    if keys.is_empty() {
        return view! {
            <section class="card part"><header><h2>{k.others}</h2></header><p class="muted small">{k.others_none}</p></section>
        }
        .into_any();
    }
    // Below the table: a cell has no room for it.
    let failure = RwSignal::new(None::<Failure>);
    let rows = keys.into_iter().map(|key| view! { <Other key failure/> }).collect_view();
    view! {
        <section class="card" aria-labelledby="keys-others">
            <header class="row"><h2 id="keys-others">{k.others}</h2></header>
            <table class="ring">
                <thead><tr>
                    <th scope="col">{k.id}</th><th scope="col">{k.state}</th><th scope="col">{k.made}</th>
                    <th scope="col" class="n">{k.still_opens}</th><th scope="col">{k.may_go}</th>
                    <th scope="col"><span class="visually-hidden">{k.destroy}</span></th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
            {move || failure.get().map(|failure| view! { <div class="pad"><FailureBox failure/></div> }.into_any())}
        </section>
    }
    .into_any()
}

#[component]
fn Other(key: KeyEntry, failure: RwSignal<Option<Failure>>) -> impl IntoView {
    let k = &texts().keys;
    let tone = match key.state {
        KeyState::Pending => Tone::Warn,
        KeyState::Active => Tone::Ok,
        KeyState::Retired => Tone::Info,
        KeyState::Destroyed => Tone::Neutral,
    };
    let at = |at: Option<Timestamp>| {
        at.map_or_else(
            || view! { "–" }.into_any(),
            |at| view! { <span title=exact(at)>{day(at)}</span> }.into_any(),
        )
    };
    let opens = match key.state {
        KeyState::Destroyed => "–".to_owned(),
        _ => key.archives.map_or_else(|| k.not_known.to_owned(), format::number),
    };
    let since = match key.state {
        KeyState::Retired => key.retired,
        KeyState::Destroyed => key.destroyed,
        KeyState::Pending | KeyState::Active => None,
    };
    let refused = refusal(&key, format::now());
    let words = match (key.state, &refused) {
        (KeyState::Retired, None) => k.now.to_owned(),
        (KeyState::Retired, Some(Refusal::Needed(n))) => (k.needed)(*n, &key.needed_in.join(", ")),
        (KeyState::Retired, Some(Refusal::Unknown)) => k.store_unknown.to_owned(),
        (KeyState::Retired, Some(Refusal::Before(at))) => (k.not_before)(&day(*at)),
        _ => "–".to_owned(),
    };
    let action = match key.state {
        // A card of its own offers it.
        KeyState::Pending if key.is_waiting() => ().into_any(),
        KeyState::Pending => view! { <Discard key_id=key.key_id.clone() failure/> }.into_any(),
        KeyState::Retired => {
            view! { <DestroyButton key_id=key.key_id.clone() refused=refused.is_some()/> }.into_any()
        }
        KeyState::Active | KeyState::Destroyed => ().into_any(),
    };
    view! {
        <tr data-key-id=key.key_id.clone()>
            <td><code>{key.key_id.clone()}</code></td>
            <td>
                <Badge tone words=(k.state_name)(key.state)/>
                {since.map(|since| view! { " "<span class="xs muted nowrap" title=exact(since)>{day(since)}</span> }.into_any())}
            </td>
            <td class="nowrap">{at(key.created)}</td>
            <td class="n">{opens}</td>
            <td class="muted small">{words}</td>
            <td class="n">{action}</td>
        </tr>
    }
}

#[component]
fn Discard(key_id: String, failure: RwSignal<Option<Failure>>) -> impl IntoView {
    let k = &texts().keys;
    let activities = Activities::here();
    let go = move |_| {
        let key_id = key_id.clone();
        failure.set(None);
        leptos::task::spawn_local(async move {
            match api().discard_key(&key_id).await {
                Ok(()) => activities.refresh(),
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    view! {
        <button class="btn small" on:click=go>{k.discard}</button>
    }
}
