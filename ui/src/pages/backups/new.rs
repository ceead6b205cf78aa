//! A backup made by hand: of what kind, and why. It lies outside of what is asked for anew when it ends, so
//! that its result stays.

use aitta_model::{BackupKind, BackupReport, BackupRequest, Failure};
use leptos::html;
use leptos::prelude::*;
use leptos_router::components::A;

use crate::activity::{Activities, Doing};
use crate::address;
use crate::api::api;
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::format;
use crate::preferences::texts;
use crate::texts::Texts;

/// Kinds that a person chooses; the others are chosen by the program.
const KINDS: [BackupKind; 3] = [BackupKind::Manual, BackupKind::PreDeployment, BackupKind::Emergency];

/// What is entered and what came of it.
#[derive(Clone, Copy)]
pub(super) struct NewForm {
    pub(super) open: RwSignal<bool>,
    kind: RwSignal<BackupKind>,
    reason: RwSignal<String>,
    running: RwSignal<bool>,
    result: RwSignal<Option<Result<BackupReport, Failure>>>,
    field: NodeRef<html::Input>,
}

impl NewForm {
    pub(super) fn new() -> Self {
        Self {
            open: RwSignal::new(false),
            kind: RwSignal::new(BackupKind::Manual),
            reason: RwSignal::new(String::new()),
            running: RwSignal::new(false),
            result: RwSignal::new(None),
            field: NodeRef::new(),
        }
    }

    /// Opens it and goes there, or closes it.
    pub(super) fn toggle(self) {
        self.open.update(|open| *open = !*open);
        if self.open.get_untracked() {
            self.result.set(None);
            let field = self.field;
            request_animation_frame(move || {
                if let Some(field) = field.try_get_untracked().flatten() {
                    drop(field.focus());
                }
            });
        }
    }

    fn start(self, activities: Activities) {
        self.result.set(None);
        self.running.set(true);
        let request = request(self.kind.get_untracked(), &self.reason.get_untracked());
        let (operation, progress) = activities.begin(Doing::BackingUp);
        leptos::task::spawn_local(async move {
            let made = api().back_up(request, operation, progress).await;
            activities.end(operation);
            // The page may have been left meanwhile.
            self.running.try_set(false);
            if made.is_ok() {
                self.open.try_set(false);
                self.reason.try_set(String::new());
            }
            self.result.try_set(Some(made));
        });
    }
}

fn request(kind: BackupKind, reason: &str) -> BackupRequest {
    let reason = reason.trim();
    BackupRequest {
        kind,
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
        ..BackupRequest::default()
    }
}

fn words(t: &Texts, kind: BackupKind) -> (&'static str, &'static str) {
    let b = &t.backups;
    match kind {
        BackupKind::PreDeployment => (b.kind_release, b.kind_release_hint),
        BackupKind::Emergency => (b.kind_emergency, b.kind_emergency_hint),
        _ => (b.kind_manual, b.kind_manual_hint),
    }
}

#[component]
pub(super) fn NewBackup(form: NewForm) -> impl IntoView {
    let t = texts();
    view! {
        <div id="backup-new">
            {move || form.open.get().then(|| view! { <Form form/> })}
            {move || match form.result.get() {
                Some(Ok(report)) => view! { <Made report/> }.into_any(),
                Some(Err(failure)) => view! { <div class="above"><FailureBox failure/></div> }.into_any(),
                None => ().into_any(),
            }}
        </div>
    }
    .attr("aria-label", t.backups.new)
    .attr("role", "region")
}

#[component]
fn Form(form: NewForm) -> impl IntoView {
    let t = texts();
    let b = &t.backups;
    let activities = Activities::here();
    let kinds = KINDS.map(|kind| {
        view! {
            <label class:on=move || form.kind.get() == kind>
                <input
                    type="radio"
                    name="new-kind"
                    value=kind.as_str()
                    prop:checked=move || form.kind.get() == kind
                    on:change=move |_| form.kind.set(kind)
                />
                {words(t, kind).0}
            </label>
        }
        .into_any()
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !untrack(|| activities.is_busy()) {
            form.start(activities);
        }
    };
    let hint = move || {
        if activities.is_busy() && !form.running.get() { b.busy } else { words(t, form.kind.get()).1 }
    };
    view! {
        <form class="card new" on:submit=submit>
            <fieldset class="field" disabled=move || form.running.get()>
                <legend>{b.new_kind}</legend>
                <div class="seg">{kinds.into_iter().collect_view()}</div>
                <small aria-live="polite">{move || hint()}</small>
            </fieldset>
            <label class="field">
                <span>{b.new_reason}</span>
                <input
                    id="backup-new-reason"
                    node_ref=form.field
                    autocomplete="off"
                    maxlength="200"
                    disabled=move || form.running.get()
                    prop:value=move || form.reason.get()
                    on:input=move |event| form.reason.set(event_target_value(&event))
                />
                <small>{b.new_reason_hint}</small>
            </label>
            <div class="go">
                <button id="backup-new-go" class="btn primary" disabled=move || activities.is_busy()>{b.new_go}</button>
                <button type="button" class="btn ghost" on:click=move |_| form.toggle()>{t.common.close}</button>
            </div>
        </form>
    }
}

#[component]
fn Made(report: BackupReport) -> impl IntoView {
    let t = texts();
    let archive = report.archive;
    let rows = (t.common.rows)(archive.rows.unwrap_or_default());
    let words =
        (t.backups.made)(&format::bytes(archive.size_bytes), &rows, &format::duration_ms(report.duration_ms));
    view! {
        <div class="note ok above" role="status" id="backup-made">
            <Icon name="check"/>
            <p>{words}" "<A href=address::backup(&archive.id)>{t.backups.look_at_it}</A></p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_reason_is_none() {
        assert_eq!(request(BackupKind::Emergency, "  ").reason, None);
        let asked = request(BackupKind::PreDeployment, " release 48 ");
        assert_eq!((asked.kind, asked.reason.as_deref()), (BackupKind::PreDeployment, Some("release 48")));
    }
}
