//! The first run: which database, which store, which key.

use aitta_model::Failure;
use leptos::prelude::*;

use crate::activity::{Activities, Doing};
use crate::api::api;
use crate::app::Shown;
use crate::components::failure::FailureBox;
use crate::components::icon::Mark;

#[component]
pub(crate) fn Setup(problem: Option<Failure>) -> impl IntoView {
    let (shown, activities) = (Shown::here(), Activities::here());
    let failure = RwSignal::new(problem);
    let sample = move |_| {
        let (operation, _) = activities.begin(Doing::MakingSample);
        leptos::task::spawn_local(async move {
            let made = api().make_sample(operation).await;
            activities.end(operation);
            match made {
                Ok(session) => shown.change(session),
                Err(error) => failure.set(Some(error)),
            }
        });
    };
    view! {
        <main class="lone">
            <Mark/>
            <button class="btn primary" on:click=sample disabled=move || activities.is_busy()>"Try it with sample data"</button>
            {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
        </main>
    }
}
