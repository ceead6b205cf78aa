//! A path that is typed or chosen, and what it is in full.

use aitta_model::Failure;
use leptos::prelude::*;

use super::line::Line;
use crate::api::api;
use crate::components::failure::FailureBox;
use crate::preferences::texts;

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    File,
    Folder,
}

/// One line for a path. The engine says what it is in full, before anything is tried there.
#[component]
pub(crate) fn PathLine(
    id: &'static str,
    wanted: Wanted,
    label: &'static str,
    #[prop(into)] value: Signal<String>,
    on_change: Callback<String>,
    hint: &'static str,
    problem: Signal<Option<String>>,
    disabled: bool,
) -> impl IntoView {
    let s = &texts().setup;
    let full = RwSignal::new(None::<Result<String, Failure>>);
    let failure = RwSignal::new(None::<Failure>);
    // Of several questions only the last counts.
    let number = StoredValue::new(0_u32);
    Effect::new(move || {
        let text = value.get();
        number.update_value(|n| *n += 1);
        let this = number.get_value();
        if text.trim().is_empty() {
            return full.set(None);
        }
        leptos::task::spawn_local(async move {
            let answer = api().full_path(&text).await;
            if number.try_get_value() == Some(this) {
                full.set(Some(answer));
            }
        });
    });
    let problem = Signal::derive(move || {
        let incomplete =
            || full.with(|full| matches!(full, Some(Err(_)))).then(|| s.path_incomplete.to_owned());
        problem.get().or_else(incomplete)
    });
    let note = Signal::derive(move || {
        full.with(|full| full.as_ref().and_then(|full| full.as_ref().ok()).map(|path| (s.path_full)(path)))
    });
    let choose = move |_| {
        failure.set(None);
        leptos::task::spawn_local(async move {
            let chosen = match wanted {
                Wanted::File => api().choose_file(),
                Wanted::Folder => api().choose_folder(),
            };
            match chosen.await {
                Ok(Some(path)) => drop(on_change.try_run(path)),
                Ok(None) => {}
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    let after = view! {
        <button id=format!("{id}-choose") type="button" class="btn" disabled=disabled on:click=choose>
            {s.choose}
        </button>
    };
    view! {
        <Line
            id
            label
            value
            on_change
            hint=hint.to_owned()
            problem
            note
            disabled
            after=after.into_any()
        />
        {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
    }
}
