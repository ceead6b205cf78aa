//! The third step: the archives are moved. It can be stopped, gone on with and rolled back.

use aitta_model::{ErrorCode, RotationDirection};
use leptos::prelude::*;

use super::run::{Rotation, Run};
use crate::activity::Activities;
use crate::components::code::CodeField;
use crate::components::failure::FailureBox;
use crate::components::heading::StepHeading;
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::preferences::texts;

#[component]
pub(super) fn Work() -> impl IntoView {
    let t = texts();
    let k = &t.keys;
    let rotation = Rotation::here();
    let activities = Activities::here();
    let busy = Memo::new(move |_| activities.is_busy());
    let stopped = Memo::new(move |_| {
        rotation.run.with(|run| match run {
            Run::Stopped(failure) => Some(failure.clone()),
            _ => None,
        })
    });
    let ready = Memo::new(move |_| rotation.run.with(|run| *run == Run::Ready));
    let factor = rotation.factor;
    let go = move |direction| rotation.start(direction, factor.take());
    let held = move || busy.get() || !factor.is_ready();
    factor.ask();
    live(move || match (stopped.get(), ready.get()) {
        (Some(failure), _) => {
            // One that the user has stopped needs no explanation.
            let told = (failure.code != ErrorCode::Cancelled).then(|| view! { <FailureBox failure/> });
            view! {
                <StepHeading words=k.stopped more=k.stopped_words/>
                {told}
                <CodeField id="rotate-code" factor/>
                <footer class="way">
                    <button
                        id="rotate-back" class="btn" disabled=held
                        on:click=move |_| go(RotationDirection::Back)
                    >
                        <Icon name="undo"/>{k.roll_back}
                    </button>
                    <button
                        id="rotate-resume" class="btn primary" disabled=held
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
            <StepHeading words=k.moving more=k.moving_ready/>
            <CodeField id="rotate-code" factor/>
            <footer class="way">
                <span></span>
                <button
                    id="rotate-start" class="btn primary" disabled=held
                    on:click=move |_| go(rotation.request.with_untracked(|request| request.direction))
                >
                    {k.start}
                </button>
            </footer>
        }
        .into_any(),
        (None, false) => view! {
            <StepHeading words=k.moving more=k.moving_words/>
        }
        .into_any(),
    })
}
