//! The rotation, step by step. The work goes on when another page is looked at; the kit does not stay.

mod abandoned;
mod go_on;
mod new_key;
mod reencrypt;
mod report;
mod run;
mod why;
mod work;

use aitta_model::RecoveryKit;
use leptos::prelude::*;

pub(crate) use self::abandoned::Abandoned;
use self::go_on::{GoOn, waiting};
use self::new_key::NewKey;
use self::report::Report;
pub(crate) use self::run::Rotation;
use self::run::{Run, Step, step_of};
use self::why::Why;
use self::work::Work;
use crate::api::api;
use crate::components::live::live;
use crate::components::states::asked;
use crate::preferences::texts;

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
    // A first key is made by the same steps, and moves nothing.
    let is_first = RwSignal::new(false);
    let head = move || if is_first.get() { k.first } else { k.rotation };
    let lead =
        live(move || (!is_first.get()).then(|| view! { <p class="muted">{k.rotation_lead}</p> }.into_any()));
    // A key that waits is past its first step.
    let goes_on = RwSignal::new(false);
    let seen = Memo::new(move |_| match step.get() {
        Step::Why if goes_on.get() => Step::Key,
        step => step,
    });
    let item = move |this: Step| {
        let state = move || if seen.get() > this || seen.get() == Step::Report { "done" } else { "" };
        view! {
            <li class=state class:now=move || seen.get() == this aria-current=move || (seen.get() == this).then_some("step")>
                <span><span class="number">{this as usize + 1}</span>" "{k.step_names[this as usize]}</span>
            </li>
        }.into_any()
    };
    // No backup needs a first key, and there is no report on it; unless retired ones turn out to be in use.
    let items = move || {
        let is_short = is_first.get() && seen.get() <= Step::Key;
        let last = if is_short { Step::Key } else { Step::Report };
        let items: Vec<AnyView> = Step::ALL.into_iter().filter(|this| *this <= last).map(item).collect();
        items.collect_view().into_any()
    };
    view! {
        <header class="page no-print"><div><h1>{head}</h1>{lead}</div></header>
        <nav aria-label=k.steps class="no-print narrow"><ol class="steps">{live(items)}</ol></nav>
        <div class="rotation">
            {move || match step.get() {
                Step::Why => asked(|| api().key_ring(), move |ring| {
                    let first = ring.active().is_none();
                    is_first.set(first);
                    let waiting = waiting(&ring);
                    goes_on.set(waiting.is_some());
                    match waiting {
                        Some(key) => view! { <GoOn key first/> }.into_any(),
                        None => view! { <Why ring kit/> }.into_any(),
                    }
                }).into_any(),
                Step::Key => kit.get_untracked().map(|made| view! { <NewKey made kit/> }).into_any(),
                Step::Work => view! { <Work/> }.into_any(),
                Step::Report => view! { <Report run=rotation.run/> }.into_any(),
            }}
        </div>
    }
}
