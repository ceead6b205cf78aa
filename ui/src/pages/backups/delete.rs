//! Deleting a backup: what is lost is said, and the end of its id typed, before anything happens.

use aitta_model::{ArchiveState, ArchiveSummary, DeleteReport, DeleteRequest, Guarded, Timestamp};
use leptos::html;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::notice;
use crate::api::api;
use crate::components::dialog;
use crate::components::failure::told;
use crate::components::guarded::{GuardedFields, GuardedForm};
use crate::components::icon::Icon;
use crate::components::table::list_address;
use crate::format;
use crate::preferences::texts;
use crate::texts::Texts;

/// The last eight characters of an id, which tell backups of the same moment apart.
fn ending(id: &str) -> &str {
    id.char_indices().rev().nth(7).map_or(id, |(i, _)| &id[i..])
}

/// What is there without this backup: how many, and when the newest good one of the whole database was made.
fn remains(archives: &[ArchiveSummary], id: &str) -> (u64, Option<Timestamp>) {
    let others = || archives.iter().filter(|a| a.id != id);
    let good = |a: &&ArchiveSummary| {
        matches!(a.state, ArchiveState::Verified(_) | ArchiveState::Restored(_)) && a.complete != Some(false)
    };
    (others().count() as u64, others().filter(good).map(|a| a.created).max())
}

fn remains_words(t: &Texts, (n, good): (u64, Option<Timestamp>)) -> (bool, String) {
    let b = &t.backups;
    match (n, good) {
        (0, _) => (false, b.remains_none.to_owned()),
        (n, None) => (false, (b.remains_no_good)(n)),
        (n, Some(at)) => (true, (b.remains)(n, &format::ago(t, at, format::now()))),
    }
}

#[component]
pub(super) fn DeleteButton(archive: ArchiveSummary) -> impl IntoView {
    let t = texts();
    let b = &t.backups;
    let form = GuardedForm::with_code(Guarded::Delete);
    let dialog = NodeRef::<html::Dialog>::new();
    let field = NodeRef::<html::Input>::new();
    let typed = RwSignal::new(String::new());
    let others = RwSignal::new(None::<(u64, Option<Timestamp>)>);
    let wanted = ending(&archive.id).to_owned();
    let right = {
        let wanted = wanted.clone();
        Memo::new(move |_| typed.with(|typed| typed.trim().eq_ignore_ascii_case(&wanted)))
    };
    let id = StoredValue::new(archive.id.clone());
    let open = move |_| {
        typed.set(String::new());
        form.begin();
        if let Some(dialog) = dialog.get_untracked() {
            // It keeps the focus inside, closes with Escape, and gives the focus back to the button.
            drop(dialog.show_modal());
        }
        if let Some(field) = field.get_untracked() {
            drop(field.focus());
        }
        leptos::task::spawn_local(async move {
            // Without an answer only this line is missing.
            if let Ok(report) = api().archives().await {
                others.try_set(Some(id.with_value(|id| remains(&report.archives, id))));
            }
        });
    };
    let navigate = StoredValue::new_local(use_navigate());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !right.get_untracked() {
            return;
        }
        let ask = |reason, mfa| api().delete_archive(DeleteRequest { id: id.get_value(), reason, mfa });
        form.send(ask, move |report: DeleteReport| {
            // What is left of it, and why, stands beside the words that it is gone.
            let left = report.left.iter().map(|(place, failure)| format!("{place}: {}", told(t, failure)));
            let mut words = vec![(b.deleted)(&report.id, &format::bytes(report.freed_bytes))];
            let verbatim = |note: String| format!("{} {note}", t.findings.verbatim).trim().to_owned();
            words.extend(left.chain(report.notes.into_iter().map(verbatim)));
            notice::leave(words.join(" · "));
            // Its page is gone: back must not lead there.
            let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
            navigate.try_with_value(|go| go(&list_address("/backups"), options));
        });
    };
    let when = format::time(t, archive.created, format::now(), format::offset(archive.created));
    let rows = (t.common.rows)(archive.rows.unwrap_or_default());
    let what = (b.delete_what)(&when, &rows, &format::bytes(archive.size_bytes));
    let rest = move || {
        others.get().map(|rest| {
            let (fine, words) = remains_words(t, rest);
            if fine {
                view! { <p>{words}</p> }.into_any()
            } else {
                view! { <div class="note warn"><Icon name="warning"/><p>{words}</p></div> }.into_any()
            }
        })
    };
    view! {
        <button id="backup-delete" class="btn ghost danger-text" aria-haspopup="dialog" on:click=open>
            <Icon name="trash"/>{b.delete}
        </button>
        <dialog node_ref=dialog class="ask" aria-labelledby="backup-delete-title">
            <form on:submit=submit>
                <h2 id="backup-delete-title">{b.delete_title}</h2>
                <p>{what}" "{b.delete_not}</p>
                {move || rest()}
                <label class="field">
                    <span>{b.delete_type}" "<code>{wanted}</code></span>
                    <input
                        id="backup-delete-confirm"
                        class="mono"
                        node_ref=field
                        autocomplete="off"
                        spellcheck="false"
                        autocapitalize="off"
                        prop:value=move || typed.get()
                        on:input=move |event| typed.set(event_target_value(&event))
                    />
                </label>
                <GuardedFields id="backup-delete" form/>
                <div class="buttons">
                    <button type="button" class="btn" on:click=move |_| dialog::close(dialog)>{b.keep}</button>
                    <button
                        id="backup-delete-go"
                        class="btn danger-fill"
                        disabled=move || !right.get() || !form.is_ready()
                    >
                        {b.delete_go}
                    </button>
                </div>
            </form>
        </dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(id: &str, second: i64, state: ArchiveState, complete: bool) -> ArchiveSummary {
        ArchiveSummary {
            id: id.to_owned(),
            created: Timestamp::from_second(second).expect("a time"),
            state,
            kind: None,
            reason: None,
            engine: None,
            database: None,
            place: None,
            complete: Some(complete),
            tables: None,
            rows: None,
            size_bytes: 1,
            duration_ms: None,
            checksum: None,
        }
    }

    #[test]
    fn the_last_eight_characters_are_asked_for() {
        assert_eq!(ending("backup-1642684800000-a1b2c3d4"), "a1b2c3d4");
        assert_eq!(ending("short"), "short");
    }

    #[test]
    fn what_remains_counts_only_good_backups_of_the_whole_database() {
        let at = Timestamp::UNIX_EPOCH;
        let all = [
            archive("d", 40, ArchiveState::Verified(at), true),
            archive("c", 30, ArchiveState::Verified(at), false),
            archive("b", 20, ArchiveState::Restored(at), true),
            archive("a", 10, ArchiveState::Damaged(at), true),
        ];
        assert_eq!(remains(&all, "d"), (3, Timestamp::from_second(20).ok()));
        assert_eq!(remains(&all, "b"), (3, Timestamp::from_second(40).ok()));
        assert_eq!(remains(&all[3..], "x"), (1, None));
        assert_eq!(remains(&all[3..], "a"), (0, None));
    }
}
