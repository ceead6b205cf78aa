//! The rotation, step by step. The work goes on when another page is looked at; the kit does not stay.

mod report;

use aitta_model::{
    ConfirmKeyRequest, ErrorCode, Failure, KeyRingReport, KeyState, RecoveryKit, RotateRequest,
    RotationDirection, RotationReport, TypedGroups,
};
use leptos::html;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use self::report::Report;
use super::Interrupted;
use crate::activity::{Activities, Doing};
use crate::api::api;
use crate::components::activity::ProgressBar;
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::components::kit::{Kit, TypeBack, Typed};
use crate::components::live::live;
use crate::components::reason::{ReasonChoice, ReasonField};
use crate::components::states::asked;
use crate::preferences::texts;

/// The steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Why,
    Key,
    Work,
    Report,
}

impl Step {
    const ALL: [Self; 4] = [Self::Why, Self::Key, Self::Work, Self::Report];
}

/// How the work on the archives stands.
#[derive(Debug, Clone, PartialEq)]
enum Run {
    /// Not begun.
    Idle,
    /// The new key is active, the archives are not moved yet.
    Ready,
    Running,
    /// It stopped before its end, with what it ended with.
    Stopped(Failure),
    Done(Box<RotationReport>),
}

/// The step that is shown: where the work is, or what comes before it.
fn step_of(run: &Run, has_kit: bool) -> Step {
    match run {
        Run::Idle if has_kit => Step::Key,
        Run::Idle => Step::Why,
        Run::Ready | Run::Running | Run::Stopped(_) => Step::Work,
        Run::Done(_) => Step::Report,
    }
}

/// The rotation of this window. No key is kept in it.
#[derive(Clone, Copy)]
pub(crate) struct Rotation {
    run: RwSignal<Run>,
    request: RwSignal<RotateRequest>,
    /// Whether its end has been shown.
    seen: RwSignal<bool>,
    /// Id of a new key that was left without being confirmed.
    abandoned: RwSignal<Option<String>>,
    activities: Activities,
}

impl Rotation {
    pub(crate) fn new(activities: Activities) -> Self {
        Self {
            run: RwSignal::new(Run::Idle),
            request: RwSignal::new(RotateRequest::default()),
            seen: RwSignal::new(false),
            abandoned: RwSignal::new(None),
            activities,
        }
    }

    fn here() -> Self {
        expect_context()
    }

    /// Moves the archives, on or back.
    fn start(self, direction: RotationDirection) {
        if untrack(|| self.activities.is_busy()) {
            return;
        }
        self.request.update(|request| request.direction = direction);
        let request = self.request.get_untracked();
        let (operation, progress) = self.activities.begin(Doing::Rotating);
        self.seen.set(false);
        self.run.set(Run::Running);
        leptos::task::spawn_local(async move {
            let ended = api().rotate(request, operation, progress).await;
            self.run.set(match ended {
                Ok(report) => Run::Done(Box::new(report)),
                Err(failure) => Run::Stopped(failure),
            });
            self.activities.end(operation);
        });
    }
}

/// Offers to discard a new key that was left unconfirmed, on whatever page one is by then.
#[component]
pub(crate) fn Abandoned() -> impl IntoView {
    let k = &texts().keys;
    let rotation = Rotation::here();
    let failure = RwSignal::new(None::<Failure>);
    let discard = move |id: String| {
        leptos::task::spawn_local(async move {
            match api().discard_key(&id).await {
                Ok(()) => {
                    rotation.abandoned.set(None);
                    super::refresh(rotation.activities);
                }
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    live(move || {
        rotation.abandoned.get().map(|id| {
            let words = (k.abandoned)(&id);
            view! {
                <div class="note warn above no-print" role="alert" id="key-abandoned">
                    <Icon name="key"/>
                    <div>
                        <p class="fact">{words}</p>
                        <p class="buttons">
                            <button class="btn" id="key-abandoned-discard" on:click=move |_| discard(id.clone())>
                                {k.abandoned_discard}
                            </button>
                            <button class="btn" on:click=move |_| rotation.abandoned.set(None)>
                                {k.abandoned_keep}
                            </button>
                        </p>
                    </div>
                </div>
                {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
            }.into_any()
        })
    })
}

#[component]
pub(crate) fn Rotate() -> impl IntoView {
    let k = &texts().keys;
    let rotation = Rotation::here();
    // The kit, from the moment the key is made until the step is left.
    let kit = RwSignal::new(None::<RecoveryKit>);
    let ended = rotation.run.with_untracked(|run| matches!(run, Run::Done(_) | Run::Stopped(_)));
    if ended && rotation.seen.get_untracked() {
        // Whoever comes again begins anew.
        rotation.run.set(Run::Idle);
    }
    on_cleanup(move || {
        if let Some(left) = kit.try_get_untracked().flatten() {
            rotation.abandoned.set(Some(left.key_id));
        }
    });
    Effect::new(move || {
        if rotation.run.with(|run| matches!(run, Run::Done(_) | Run::Stopped(_))) {
            rotation.seen.set(true);
        }
    });
    let step = Memo::new(move |_| rotation.run.with(|run| step_of(run, kit.with(Option::is_some))));
    let items = Step::ALL.map(|this| {
        let state = move || if step.get() > this || step.get() == Step::Report { "done" } else { "" };
        view! {
            <li class=state class:now=move || step.get() == this aria-current=move || (step.get() == this).then_some("step")>
                <span><span class="number">{this as usize + 1}</span>" "{k.step_names[this as usize]}</span>
            </li>
        }.into_any()
    });
    view! {
        <header class="page no-print"><div><h1>{k.rotation}</h1><p class="muted">{k.rotation_lead}</p></div></header>
        <nav aria-label=k.steps class="no-print narrow"><ol class="steps">{items.into_iter().collect_view()}</ol></nav>
        <div class="rotation">
            {move || match step.get() {
                Step::Why => asked(|| async { api().key_ring().await }, move |ring| view! { <Why ring kit/> }).into_any(),
                Step::Key => kit.get_untracked().map(|made| view! { <NewKey made kit/> }).into_any(),
                Step::Work => view! { <Work/> }.into_any(),
                Step::Report => view! { <Report run=rotation.run/> }.into_any(),
            }}
        </div>
    }
}

/// The heading of a step, which takes the focus when the step is entered by a step before it.
#[component]
pub(super) fn Heading(#[prop(into)] words: String, #[prop(optional, into)] more: String) -> impl IntoView {
    let heading = NodeRef::<html::H2>::new();
    Effect::new(move || {
        if let Some(heading) = heading.get() {
            drop(heading.focus());
        }
    });
    view! {
        <header class="step-head">
            <h2 node_ref=heading tabindex="-1">{words}</h2>
            {(!more.is_empty()).then(|| view! { <p class="muted">{more}</p> }.into_any())}
        </header>
    }
}

#[component]
fn Why(ring: KeyRingReport, kit: RwSignal<Option<RecoveryKit>>) -> impl IntoView {
    let t = texts();
    let k = &t.keys;
    let rotation = Rotation::here();
    let reencrypt = RwSignal::new(false);
    let reason = RwSignal::new(ReasonChoice::default());
    let failure = RwSignal::new(None::<Failure>);
    let busy = RwSignal::new(false);
    let interrupted = ring.rotation.clone().filter(|rotation| !rotation.running);
    let running = ring.rotation.as_ref().is_some_and(|rotation| rotation.running);
    let active = ring.keys.iter().find(|key| key.state == KeyState::Active);
    let first = active.is_none();
    let count: u64 = ring
        .keys
        .iter()
        .filter(|key| key.state != KeyState::Destroyed)
        .filter_map(|key| key.archives_alone.or(key.archives))
        .sum();
    let ready = move || !busy.get() && !running && reason.with(|r| r.to_text().is_some());
    let keep = move |reencrypt: bool| {
        rotation.request.set(RotateRequest {
            direction: RotationDirection::Forward,
            reencrypt,
            reason: reason.with_untracked(ReasonChoice::to_text),
        });
    };
    let make = move || {
        if !untrack(ready) {
            return;
        }
        let Some(why) = reason.with_untracked(ReasonChoice::to_text) else { return };
        keep(reencrypt.get_untracked());
        busy.set(true);
        failure.set(None);
        leptos::task::spawn_local(async move {
            let made = api().create_key(&why).await;
            busy.try_set(false);
            match made {
                Ok(made) => {
                    let id = made.key_id.clone();
                    if kit.try_set(Some(made)).is_some() {
                        // The page was left meanwhile.
                        rotation.abandoned.set(Some(id));
                    }
                }
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    let fields = move || {
        view! {
            <ReasonField
                id="rotate-reason"
                label=k.reason
                example=k.reason_example
                choice=reason
                set=Callback::new(move |c| reason.set(c))
            />
            {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
        }
    };
    if let Some(status) = interrupted {
        let (was, whither) = (status.reencrypt, status.direction);
        let go = move |direction| {
            if untrack(ready) {
                keep(was);
                rotation.start(direction);
            }
        };
        let (heading, words, onward) = if status.begun {
            (k.interrupted, (k.interrupted_words)(status.done, status.archives), k.resume)
        } else {
            (k.not_begun, (k.not_begun_words)(status.archives - status.done, status.archives), k.move_them)
        };
        let back = status.begun.then(|| {
            view! {
                <button
                    id="rotate-back" type="button" class="btn" disabled=move || !ready()
                    on:click=move |_| go(RotationDirection::Back)
                >
                    <Icon name="undo"/>{k.roll_back}
                </button>
            }
        });
        return view! {
            <form
                on:submit=move |event| {
                    event.prevent_default();
                    go(whither);
                }
                autocomplete="off"
            >
                <Heading words=heading more=words/>
                <div class="card pad stack-l">
                    <dl class="facts">
                        <div><dt>{k.old_key}</dt><dd><code>{status.from.clone()}</code></dd></div>
                        <div><dt>{k.active}</dt><dd><code>{status.to.clone()}</code></dd></div>
                    </dl>
                    {fields()}
                </div>
                <footer class="way">
                    {back}
                    <button id="rotate-resume" type="submit" class="btn primary" disabled=move || !ready()>{onward}</button>
                </footer>
            </form>
        }
        .into_any();
    }
    let many = (k.archives)(count);
    let points = k.what.map(|words| view! { <li>{words(&many)}</li> }.into_any());
    view! {
        {ring.rotation.clone().map(|rotation| view! { <Interrupted rotation/> })}
        <form
            on:submit=move |event| {
                event.prevent_default();
                make();
            }
            autocomplete="off"
        >
            <Heading words=if first { k.why_make } else { k.why }/>
            <div class="card pad stack-l">
                {if first {
                    view! { <p>{k.new_key_words}</p> }.into_any()
                } else {
                    view! {
                        <ol class="points">{points.into_iter().collect_view()}</ol>
                        <label class="choice" class:on=move || reencrypt.get()>
                            <input
                                id="rotate-reencrypt"
                                type="checkbox"
                                prop:checked=move || reencrypt.get()
                                on:change=move |event| reencrypt.set(event_target_checked(&event))
                            />
                            <span><strong>{k.reencrypt}</strong><small>{k.reencrypt_words}</small></span>
                        </label>
                    }
                    .into_any()
                }}
                {fields()}
            </div>
            <footer class="way">
                <span></span>
                <button id="rotate-next" type="submit" class="btn primary" disabled=move || !ready()>
                    {k.make_key}<Icon name="right"/>
                </button>
            </footer>
        </form>
    }
    .into_any()
}

#[component]
fn NewKey(made: RecoveryKit, kit: RwSignal<Option<RecoveryKit>>) -> impl IntoView {
    let k = &texts().keys;
    let rotation = Rotation::here();
    let navigate = use_navigate();
    let typed = RwSignal::new(Typed::default());
    let hidden = RwSignal::new(false);
    let failure = RwSignal::new(None::<Failure>);
    let busy = RwSignal::new(false);
    let complete = Memo::new(move |_| {
        typed.with(|typed| kit.with(|kit| kit.as_ref().is_some_and(|kit| typed.is_complete(kit))))
    });
    let ready = move || complete.get() && !busy.get();
    let onward = navigate.clone();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !untrack(ready) {
            return;
        }
        let onward = onward.clone();
        let request = kit.with_untracked(|kit| {
            kit.as_ref().map(|kit| ConfirmKeyRequest {
                key_id: kit.key_id.clone(),
                typed: TypedGroups::new(typed.with_untracked(|typed| typed.groups(kit))),
            })
        });
        let Some(request) = request else { return };
        busy.set(true);
        failure.set(None);
        leptos::task::spawn_local(async move {
            let answer = api().confirm_key(request).await;
            busy.try_set(false);
            match answer {
                Ok(ring) => {
                    // First: the step must never be seen to be left with a key that is in use.
                    kit.try_set(None);
                    rotation.abandoned.set(None);
                    if ring.keys.iter().any(|key| key.state == KeyState::Retired) {
                        rotation.run.set(Run::Ready);
                        rotation.start(RotationDirection::Forward);
                    } else {
                        // The first key: there is nothing to move.
                        onward("/keys", NavigateOptions::default());
                    }
                }
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    let discard = move |_| {
        let Some(id) = kit.with_untracked(|kit| kit.as_ref().map(|kit| kit.key_id.clone())) else { return };
        let navigate = navigate.clone();
        leptos::task::spawn_local(async move {
            match api().discard_key(&id).await {
                Ok(()) => {
                    kit.try_set(None);
                    navigate("/keys", NavigateOptions::default());
                }
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    view! {
        <form on:submit=submit autocomplete="off">
            <div class="no-print"><Heading words=k.new_key more=k.new_key_words/></div>
            <Kit kit=made.clone() hidden/>
            <p class="note warn no-print"><Icon name="warning"/><span>{k.kit_warning}</span></p>
            <div class="card pad no-print"><TypeBack kit=made typed hidden/></div>
            {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
            <footer class="way no-print">
                <button id="rotate-discard" type="button" class="btn ghost" on:click=discard>{k.discard_back}</button>
                <button id="rotate-confirm" type="submit" class="btn primary" disabled=move || !ready()>
                    {k.use_key}<Icon name="right"/>
                </button>
            </footer>
        </form>
    }
}

#[component]
fn Work() -> impl IntoView {
    let t = texts();
    let k = &t.keys;
    let rotation = Rotation::here();
    let activities = Activities::here();
    let now = Signal::derive(move || activities.current.get());
    let busy = Memo::new(move |_| activities.is_busy());
    let stopped = Memo::new(move |_| {
        rotation.run.with(|run| match run {
            Run::Stopped(failure) => Some(failure.clone()),
            _ => None,
        })
    });
    let ready = Memo::new(move |_| rotation.run.with(|run| *run == Run::Ready));
    let go = move |direction| rotation.start(direction);
    live(move || match (stopped.get(), ready.get()) {
        (Some(failure), _) => {
            // One that the user has stopped needs no explanation.
            let told = (failure.code != ErrorCode::Cancelled).then(|| view! { <FailureBox failure/> });
            view! {
                <Heading words=k.stopped more=k.stopped_words/>
                {told}
                <footer class="way">
                    <button
                        id="rotate-back" class="btn" disabled=move || busy.get()
                        on:click=move |_| go(RotationDirection::Back)
                    >
                        <Icon name="undo"/>{k.roll_back}
                    </button>
                    <button
                        id="rotate-resume" class="btn primary" disabled=move || busy.get()
                        on:click=move |_| go(RotationDirection::Forward)
                    >
                        {k.resume}
                    </button>
                </footer>
            }
            .into_any()
        }
        // Something else was under way when the key was confirmed.
        (None, true) => view! {
            <Heading words=k.moving more=k.moving_ready/>
            <footer class="way">
                <span></span>
                <button
                    id="rotate-start" class="btn primary" disabled=move || busy.get()
                    on:click=move |_| go(RotationDirection::Forward)
                >
                    {k.start}
                </button>
            </footer>
        }
        .into_any(),
        (None, false) => {
            let stopping = move || now.with(|a| a.as_ref().is_none_or(|a| a.cancelling));
            view! {
                <Heading words=k.moving more=k.moving_words/>
                <div class="card pad" aria-live="polite"><ProgressBar activity=now/></div>
                <footer class="way">
                    <span></span>
                    <button id="rotate-stop" class="btn" disabled=stopping on:click=move |_| activities.cancel()>
                        {move || if stopping() { t.common.cancelling } else { k.stop }}
                    </button>
                </footer>
            }
            .into_any()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Failure {
        Failure { code: ErrorCode::Cancelled, message: String::new(), hint: String::new() }
    }

    #[test]
    fn the_step_follows_from_the_work_and_only_before_it_from_the_kit() {
        assert_eq!(step_of(&Run::Idle, false), Step::Why);
        assert_eq!(step_of(&Run::Idle, true), Step::Key);
        for run in [Run::Ready, Run::Running, Run::Stopped(failure())] {
            assert_eq!(step_of(&run, false), Step::Work);
            assert_eq!(step_of(&run, true), Step::Work, "a key that is in use is not asked for again");
        }
    }
}
