//! Saving the profile, and its first backup.

use aitta_model::{BackupReport, BackupRequest, Failure, ProfileForm, SavedProfile, Targets};
use leptos::prelude::*;

use super::draft::Draft;
use super::question::Question;
use crate::activity::{Activities, Doing};
use crate::api::api;
use crate::components::activity::ProgressBar;
use crate::components::badge::{Badge, Tone};
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::components::place::form::Kind;
use crate::components::place::saving::{Attempt, SaveAnswer};
use crate::components::place::store::StoreForm;
use crate::format;
use crate::preferences::texts;
use crate::shown::Shown;

/// How long archives are kept, in days, unless the settings say otherwise.
pub(super) const RETENTION_DAYS: u32 = 30;

#[component]
pub(super) fn First(draft: Draft) -> impl IntoView {
    live(move || match draft.report.get() {
        Some(made) => view! { <Done draft made/> }.into_any(),
        None => view! { <Ready draft/> }.into_any(),
    })
}

/// Shows the profile that was set up.
fn finish(draft: Draft, shown: Shown, navigate: &impl Fn(&str, leptos_router::NavigateOptions)) {
    if let Some(session) = draft.saved.get_untracked() {
        navigate("/", leptos_router::NavigateOptions::default());
        shown.change(session);
    }
}

#[component]
fn Ready(draft: Draft) -> impl IntoView {
    let t = texts();
    let s = &t.setup;
    let (shown, activities) = (Shown::here(), Activities::here());
    let busy = RwSignal::new(false);
    let failure = RwSignal::new(None::<Failure>);
    let form = move || {
        let name =
            draft.name.map_or_else(|| "default".to_owned(), |name| name.get_untracked().trim().to_owned());
        ProfileForm {
            name,
            database_url: draft
                .database
                .with_untracked(crate::components::place::form::DatabaseForm::to_url)
                .ok(),
            store: draft.store.with_untracked(StoreForm::to_settings),
            credentials: draft.store.with_untracked(StoreForm::credentials),
            retention_days: RETENTION_DAYS,
            targets: Targets { rpo_s: draft.rpo_s.get_untracked(), ..Targets::default() },
            automation: None,
        }
    };
    let attempt = RwSignal::new(Attempt::default());
    let go = Callback::new(move |()| {
        failure.set(None);
        busy.set(true);
        let form = draft.saved.with_untracked(Option::is_none).then(form);
        leptos::task::spawn_local(async move {
            if let Some(form) = form {
                let how = attempt.try_update(Attempt::send).unwrap_or_default();
                let answer = api().save_profile(form, how).await;
                match attempt.try_update(|attempt| attempt.took(answer)).flatten() {
                    Some(SavedProfile { session, .. }) => {
                        draft.saved.try_set(Some(session.clone()));
                        // The first run stays where it is; elsewhere the frame names the profile at once.
                        if draft.name.is_some() {
                            shown.change(session);
                        }
                    }
                    None => {
                        busy.try_set(false);
                        return;
                    }
                }
            }
            let (operation, progress) = activities.begin(Doing::BackingUp);
            let made = api().back_up(BackupRequest::default(), operation, progress).await;
            activities.end(operation);
            busy.try_set(false);
            match made {
                Ok(made) => drop(draft.report.try_set(Some(made))),
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    });
    let navigate = leptos_router::hooks::use_navigate();
    let on = move |_| finish(draft, shown, &navigate);
    let on = StoredValue::new_local(on);
    let saved = move || draft.saved.with(Option::is_some);
    let now = Signal::derive(move || activities.current.get());
    view! {
        <Question title=s.first words=s.first_words/>
        <Summary draft/>
        <div class="working" aria-live="polite">
            {move || (busy.get() && now.with(Option::is_none)).then(|| view! { <p class="muted">{s.saving}</p> }.into_any())}
            {move || (busy.get() && activities.is_busy()).then(|| view! { <ProgressBar activity=now/> })}
        </div>
        {move || failure.get().map(|failure| view! {
            {saved().then(|| view! { <p class="small muted">{s.saved_not_backed_up}</p> }.into_any())}
            <FailureBox failure/>
        }.into_any())}
        <SaveAnswer attempt go refused=s.not_saved/>
        <footer class="way">
            {move || if busy.get() {
                let stopping = move || now.with(|a| a.as_ref().is_none_or(|a| a.cancelling));
                view! {
                    <button
                        type="button"
                        class="btn ghost"
                        disabled=stopping
                        on:click=move |_| activities.cancel()
                    >
                        {t.common.cancel}
                    </button>
                }
                .into_any()
            } else if saved() {
                let go_on = move |event| on.with_value(|on| on(event));
                view! {
                    <button id="setup-done" type="button" class="btn ghost" on:click=go_on>
                        {s.without_backup}
                    </button>
                }
                .into_any()
            } else {
                view! {
                    <button id="setup-back" type="button" class="btn ghost" on:click=move |_| draft.back()>
                        <Icon name="left"/>{s.back}
                    </button>
                }
                .into_any()
            }}
            <button id="setup-backup" type="button" class="btn primary" disabled=move || busy.get() on:click=move |_| go.run(())>
                {s.make_backup}
            </button>
        </footer>
    }
}

/// What was chosen, once more.
#[component]
fn Summary(draft: Draft) -> impl IntoView {
    let t = texts();
    let s = &t.setup;
    let database = draft.database.with_untracked(|form| match (form.kind, form.by_url) {
        (Kind::Sqlite, _) => form.path.trim().to_owned(),
        (Kind::Postgres, _) => form.to_url().map(|url| url.redacted()).unwrap_or_default(),
    });
    let loss = match draft.rpo_s.get_untracked() {
        3600 => s.hour,
        86_400 => s.one_day,
        _ => s.four_hours,
    };
    let key = draft.key.get_untracked().map(|(id, kept)| format!("{id} · {kept}")).unwrap_or_default();
    let store = draft.store.with_untracked(StoreForm::place);
    let names = s.step_names;
    let rows = [(names[0], database), (names[1], store), (t.settings.rpo, loss.to_owned()), (names[3], key)];
    view! {
        <dl class="card facts">
            {rows.into_iter().map(|(name, value)| view! {
                <div><dt>{name}</dt><dd title=value.clone()>{value.clone()}</dd></div>
            }.into_any()).collect_view()}
        </dl>
    }
}

#[component]
fn Done(draft: Draft, made: BackupReport) -> impl IntoView {
    let t = texts();
    let s = &t.setup;
    let shown = Shown::here();
    let navigate = leptos_router::hooks::use_navigate();
    let rows = made.tables.iter().map(|table| table.rows).sum();
    let words = (s.verified_words)(&(t.common.tables)(made.tables.len() as u64), &(t.common.rows)(rows));
    let size = made.archive.size_bytes;
    let exact = format!("{} B", format::number(size));
    view! {
        <div class="done">
            <Badge tone=Tone::Ok words=t.common.verified/>
            <Question title=s.verified words/>
            <dl class="card facts">
                <div><dt>{s.size}</dt><dd title=exact>{format::bytes(size)}</dd></div>
                <div>
                    <dt>{s.took}</dt>
                    <dd>{format::duration_ms(made.duration_ms)}" · "{(s.read_back)(made.frames_checked)}</dd>
                </div>
                <div><dt>{s.place}</dt><dd title=made.location.clone()>{made.location.clone()}</dd></div>
            </dl>
            <footer class="way">
                <span></span>
                <button
                    id="setup-done"
                    type="button"
                    class="btn primary"
                    on:click=move |_| finish(draft, shown, &navigate)
                >
                    {s.to_dashboard}
                </button>
            </footer>
        </div>
    }
}
