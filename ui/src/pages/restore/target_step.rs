//! Where to.

use aitta_model::{DatabaseEngine, Failure, SourceCheck};
use leptos::prelude::*;

use super::kept::Kept;
use super::target::Target;
use crate::api::api;
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::format;
use crate::preferences::texts;
use crate::shown::Shown;
use crate::texts::restore::TargetKind;

#[component]
pub(super) fn TargetPart() -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    // Made anew only for an archive of another kind of database.
    let sqlite =
        Memo::new(move |_| kept.wizard.with(|w| w.archived_engine() == Some(DatabaseEngine::Sqlite)));
    let has_own = kept.wizard.with_untracked(|w| w.engine.is_some());
    let kinds = move || {
        let kinds = match (sqlite.get(), has_own) {
            (true, true) => vec![TargetKind::Same, TargetKind::File],
            (false, true) => vec![TargetKind::Same, TargetKind::Other, TargetKind::Schema],
            (true, false) => vec![TargetKind::File],
            (false, false) => vec![TargetKind::Other],
        };
        // What was filled in for another archive may be of no kind that this one can go to.
        let kind = kept.wizard.with_untracked(|w| w.target.kind);
        if !kinds.contains(&kind) {
            kept.wizard.update(|w| w.target.kind = kinds[0]);
        }
        kinds.into_iter().map(|kind| view! { <Kind kind/> }).collect_view()
    };
    view! {
        <h3 class="which">{t.restore.where_to}</h3>
        <fieldset class="options">
            <legend class="visually-hidden">{t.restore.where_to}</legend>
            {kinds}
        </fieldset>
    }
}

#[component]
fn Kind(kind: TargetKind) -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let shown = Shown::here();
    let id = match kind {
        TargetKind::Same => "restore-target-same",
        TargetKind::Other => "restore-target-other",
        TargetKind::Schema => "restore-target-schema",
        TargetKind::File => "restore-target-file",
    };
    let is_chosen = move || kept.wizard.with(|w| w.target.kind == kind);
    let choose = move |_| kept.wizard.update(|w| w.target.kind = kind);
    let whole = move || kept.wizard.with(|w| w.whole);
    let place = (kind == TargetKind::Same)
        .then(|| shown.0.with_untracked(|s| s.as_ref()?.active.as_ref()?.database.clone()))
        .flatten();
    let off = move || kind == TargetKind::Same && kept.wizard.with(|w| w.is_of_other_engine());
    view! {
        <div class="option-box" class:chosen=is_chosen>
            <label class="option">
                <input
                    id=id type="radio" name="restore-target"
                    prop:checked=is_chosen disabled=off on:change=choose
                />
                <span>
                    <strong>{(t.restore.target)(kind)}</strong>
                    {place.map(|place| view! { <code>{place}</code> }.into_any())}
                    <small>{move || (t.restore.target_means)(kind, whole())}</small>
                </span>
            </label>
            {move || is_chosen().then(|| match kind {
                TargetKind::Same => ().into_any(),
                TargetKind::Other => view! { <Other/> }.into_any(),
                TargetKind::Schema => view! { <Schema/> }.into_any(),
                TargetKind::File => view! { <File/> }.into_any(),
            })}
        </div>
    }
}

fn set(kept: Kept, change: impl FnOnce(&mut Target)) {
    kept.wizard.update(|w| change(&mut w.target));
}

#[component]
fn Other() -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    view! {
        <div class="fields">
            <div class="field">
                <label for="restore-url">{t.restore.url}</label>
                <input
                    id="restore-url" class="mono" spellcheck="false"
                    placeholder="postgres://user@host:5432/database"
                    prop:value=kept.wizard.with_untracked(|w| w.target.url.clone())
                    on:input=move |event| set(kept, |target| target.url = event_target_value(&event))
                />
            </div>
            <div class="field">
                <label for="restore-password">{t.restore.password}</label>
                <input
                    id="restore-password" type="password" autocomplete="off" aria-describedby="restore-password-hint"
                    prop:value=kept.wizard.with_untracked(|w| w.target.password.clone())
                    on:input=move |event| set(kept, |target| target.password = event_target_value(&event))
                />
                <small id="restore-password-hint">{t.restore.password_hint}</small>
            </div>
            <Test/>
        </div>
    }
}

/// Connects, where there should be something to connect to.
#[component]
fn Test() -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let whole = move || kept.wizard.with(|w| w.whole);
    // With the target that was asked: an answer about another one is none.
    let answer: RwSignal<Option<(Target, Result<SourceCheck, Failure>)>> = RwSignal::new(None);
    let asking = RwSignal::new(false);
    let ask = move |_| {
        let target = kept.wizard.with_untracked(|w| w.target.clone());
        let Some(url) = target.url().filter(|_| !asking.get_untracked()) else { return };
        asking.set(true);
        leptos::task::spawn_local(async move {
            let result = api().check_source(url).await;
            let is_full = matches!(&result, Ok(check) if check.tables > 0);
            kept.wizard.try_update(|w| w.full = is_full.then(|| target.clone()));
            answer.try_set(Some((target, result)));
            asking.try_set(false);
        });
    };
    let incomplete = move || kept.wizard.with(|w| w.target.lacks().is_some());
    let result = move || {
        let (asked, result) = answer.get()?;
        kept.wizard.with(|w| w.target == asked).then_some(result)
    };
    let show = move || {
        result().map(|result| match result {
            Ok(check) => {
                let tables = (t.common.tables)(check.tables);
                let is_sqlite = check.engine == DatabaseEngine::Sqlite;
                let version = check.version.trim_start_matches("PostgreSQL ");
                let words = (t.restore.answers)(
                    &format!("{} {version}", if is_sqlite { "SQLite" } else { "PostgreSQL" }),
                    &check.database,
                    &tables,
                    &format::bytes(check.size_bytes),
                );
                let full = (whole() && check.tables > 0).then(|| {
                    view! {
                        <p class="note warn"><Icon name="warning"/><span>{t.restore.not_empty}</span></p>
                    }
                    .into_any()
                });
                view! { <p class="note ok" role="status"><Icon name="check"/><span>{words}</span></p>{full} }
                    .into_any()
            }
            Err(failure) => view! {
                <FailureBox failure/>
                {whole().then(|| view! { <p class="small muted">{t.restore.may_be_missing}</p> }.into_any())}
            }
            .into_any(),
        })
    };
    view! {
        <button
            type="button" id="restore-test" class="btn"
            disabled=incomplete on:click=ask
        >
            {move || if asking.get() { t.restore.testing } else { t.restore.test }}
        </button>
        {move || show()}
    }
}

#[component]
fn Schema() -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    view! {
        <div class="fields">
            <div class="field">
                <label for="restore-schema">{t.restore.schema}</label>
                <input
                    id="restore-schema" class="mono" spellcheck="false" placeholder="incident_17"
                    aria-describedby="restore-schema-hint"
                    prop:value=kept.wizard.with_untracked(|w| w.target.schema.clone())
                    on:input=move |event| set(kept, |target| target.schema = event_target_value(&event))
                />
                <small id="restore-schema-hint">{t.restore.schema_hint}</small>
            </div>
        </div>
    }
}

#[component]
fn File() -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    view! {
        <div class="fields">
            <div class="field">
                <label for="restore-url">{t.restore.file}</label>
                <input
                    id="restore-url" class="mono" spellcheck="false" placeholder="/srv/data/copy.db"
                    aria-describedby="restore-file-hint"
                    prop:value=kept.wizard.with_untracked(|w| w.target.file.clone())
                    on:input=move |event| set(kept, |target| target.file = event_target_value(&event))
                />
                <small id="restore-file-hint">{t.restore.file_hint}</small>
            </div>
        </div>
    }
}
