//! "That was meant": somebody says why rows are gone, and the loss is told no longer.

use aitta_model::{AcceptReport, AcceptRequest, TableLoss};
use leptos::html;
use leptos::prelude::*;

use crate::activity::Activities;
use crate::api::api;
use crate::components::dialog;
use crate::components::guarded::{GuardedFields, GuardedForm};
use crate::preferences::texts;

/// The dialog, and what it is about: fixed when it is opened, whatever is told meanwhile.
#[derive(Clone, Copy)]
pub(super) struct Meant {
    dialog: NodeRef<html::Dialog>,
    about: RwSignal<(String, Vec<TableLoss>)>,
    form: GuardedForm,
}

impl Meant {
    pub(super) fn new() -> Self {
        Self {
            dialog: NodeRef::new(),
            about: RwSignal::new((String::new(), Vec::new())),
            form: GuardedForm::with_reason(),
        }
    }

    /// Asks why, of what this backup has lost.
    pub(super) fn ask(self, archive: String, tables: Vec<TableLoss>) {
        self.about.set((archive, tables));
        self.form.begin();
        dialog::show(self.dialog);
    }
}

#[component]
pub(super) fn MeantDialog(meant: Meant) -> impl IntoView {
    let t = texts();
    let d = &t.dashboard;
    let Meant { dialog, about, form } = meant;
    let activities = Activities::here();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let id = about.with_untracked(|(archive, _)| archive.clone());
        let ask = move |reason, _| api().accept_loss(&AcceptRequest { id, reason });
        form.send(ask, move |_: AcceptReport| {
            dialog::close(dialog);
            activities.refresh();
        });
    };
    let losses = move || {
        let line = |loss: &TableLoss| {
            view! { <li>{(d.lost_rows)(&loss.name, loss.rows_before, loss.rows)}</li> }.into_any()
        };
        about.with(|(_, tables)| tables.iter().map(line).collect_view())
    };
    view! {
        <dialog node_ref=dialog class="ask" aria-labelledby="meant-title">
            <form on:submit=submit>
                <h2 id="meant-title">{d.meant_title}</h2>
                <ul>{losses}</ul>
                <p>{d.meant_what}</p>
                <GuardedFields id="meant" form/>
                <div class="buttons">
                    <button type="button" class="btn" on:click=move |_| dialog::close(dialog)>{t.common.cancel}</button>
                    <button id="meant-go" class="btn primary" disabled=move || !form.is_ready()>{d.meant}</button>
                </div>
            </form>
        </dialog>
    }
}
