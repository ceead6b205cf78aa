//! What is under way, at the head of every page.

use aitta_model::{Course, Left, Step};
use leptos::prelude::*;

use super::icon::Icon;
use super::live::live;
use crate::activity::{Activities, Activity, Doing};
use crate::format;
use crate::preferences::texts;
use crate::texts::Texts;

mod wait;

use wait::Wait;

/// Everything that is under way, whoever has begun it.
#[component]
pub(crate) fn UnderWay() -> impl IntoView {
    let activities = Activities::here();
    // Not made anew by every event, or a button could never be pressed.
    let count = Memo::new(move |_| activities.all().len());
    live(move || {
        let one = move |i| {
            let activity = Signal::derive(move || activities.all().into_iter().nth(i));
            view! { <One activity/> }.into_any()
        };
        (0..count.get()).map(one).collect_view()
    })
}

#[component]
fn One(activity: Signal<Option<Activity>>) -> impl IntoView {
    let t = texts();
    let p = &t.progress;
    let activities = Activities::here();
    let name = move || activity.with(|a| a.as_ref().map(|a| name(t, a.doing)));
    let operation = Memo::new(move |_| activity.with(|a| a.as_ref().and_then(|a| a.operation)));
    let stopping = Memo::new(move |_| activity.with(|a| a.as_ref().is_some_and(|a| a.cancelling)));
    let stop = move || {
        operation.get().map(|operation| {
            view! {
                <button
                    class="btn small stop" disabled=move || stopping.get()
                    on:click=move |_| activities.stop(operation)
                >
                    {move || if stopping.get() { t.common.cancelling } else { p.stop }}
                </button>
            }
            .into_any()
        })
    };
    let elsewhere =
        move || operation.get().is_none().then(|| view! { <span class="muted">{p.elsewhere}</span> });
    let times = move || {
        activity
            .with(|a| a.as_ref().map(|a| times(t, &a.course, activities.now_ms.get())).unwrap_or_default())
    };
    view! {
        <section class="under-way" aria-label=name>
            <header class="row">
                <p class="doing"><strong>{name}</strong>{elsewhere}</p>
                <span class="grow"></span>
                <span class="times muted">{times}</span>
                {move || stop()}
            </header>
            <ProgressBar activity/>
            <Wait activity/>
        </section>
    }
}

fn name(t: &Texts, doing: Doing) -> &'static str {
    match doing {
        Doing::BackingUp => t.common.backing_up,
        Doing::Verifying => t.common.verifying,
        Doing::Restoring => t.common.restoring,
        Doing::Proving => t.common.proving,
        Doing::MakingSample => t.common.making_sample,
        Doing::Rotating => t.keys.rotating,
        Doing::Other(operation) => (t.common.operation)(operation),
    }
}

/// How long it has gone on, and how long it still takes as far as that can be known.
fn times(t: &Texts, course: &Course, now_ms: i64) -> String {
    let elapsed = format::duration_ms(course.elapsed_s(now_ms) * 1000);
    let left = course.left(now_ms).map(|left| match left {
        Left::All(s) => (t.common.time_left)(&format::span_s(t, s)),
        Left::Step(s) => (t.progress.step_left)(&format::span_s(t, s)),
    });
    std::iter::once(elapsed).chain(left).collect::<Vec<_>>().join(" · ")
}

/// One bar that only grows, the steps as a checklist, and the pace.
#[component]
pub(crate) fn ProgressBar(activity: Signal<Option<Activity>>) -> impl IntoView {
    let t = texts();
    let activities = Activities::here();
    let share = Memo::new(move |_| activity.with(|a| a.as_ref().and_then(|a| a.course.share())));
    let vague = Memo::new(move |_| activity.with(|a| a.as_ref().is_none_or(|a| a.course.is_vague())));
    let steps =
        Memo::new(move |_| activity.with(|a| a.as_ref().map(|a| steps(&a.course)).unwrap_or_default()));
    let width = move || match share.get() {
        Some(share) => format!("{:.1}%", share * 100.0),
        None => "0%".to_owned(),
    };
    let pace = move || {
        activity.with(|a| {
            let Some(a) = a else { return String::new() };
            let now = activities.now_ms.get();
            let bytes = a.course.bytes_per_s(now).map(|n| (t.common.rate)(&format::bytes(n)));
            let rows = a.course.rows_per_s(now).map(|n| (t.progress.rows_rate)(&format::number(n)));
            bytes.into_iter().chain(rows).collect::<Vec<_>>().join(" · ")
        })
    };
    let under_way = move || {
        steps.with(|steps| {
            steps.iter().find(|(_, state)| *state == "now").map(|(name, _)| (t.common.phase)(name))
        })
    };
    view! {
        <div
            class="progress"
            class:vague=move || vague.get()
            role="progressbar"
            aria-label=move || under_way().unwrap_or_default()
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=move || share.get().map(|s| format!("{:.0}", s * 100.0))
        >
            <div style:width=width></div>
        </div>
        <div class="row way-so-far">
            <ol class="phases" aria-live="polite">
                {move || steps.get().into_iter().map(|(name, state)| view! {
                    <li class=state aria-current=(state == "now").then_some("step")>
                        {(state == "done").then(|| view! { <Icon name="check"/> })}
                        {(t.common.phase)(&name)}
                    </li>
                }.into_any()).collect_view()}
            </ol>
            <span class="grow"></span>
            <span class="xs muted pace">{pace}</span>
        </div>
    }
}

/// The names of the steps, each done, under way, or to come.
fn steps(course: &Course) -> Vec<(String, &'static str)> {
    let state = |step: &Step| match (step.is_to_come(), step.ended_ms) {
        (true, _) => "later",
        (false, Some(_)) => "done",
        (false, None) => "now",
    };
    course.steps.iter().map(|step| (step.name.clone(), state(step))).collect()
}
