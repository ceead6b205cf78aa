//! One backup: what it rests on, what it holds, where it lies, and what can be done with it.

use aitta_model::{ArchiveDetails, ArchiveState, DatabaseEngine, Failure};
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_params_map;

use super::delete::DeleteButton;
use super::evidence::{Check, Proof};
use super::tables::Tables;
use crate::address;
use crate::api::api;
use crate::components::badge::{Badge, StateBadge, Tone};
use crate::components::copy::CopyButton;
use crate::components::facts::{Facts, facts};
use crate::components::failure::{FailureBox, Verbatim};
use crate::components::icon::Icon;
use crate::components::states::asked;
use crate::components::table::list_address;
use crate::format;
use crate::preferences::texts;
use crate::texts::Texts;

#[component]
pub(crate) fn OneBackup() -> impl IntoView {
    let t = texts();
    let parameters = use_params_map();
    let id = Memo::new(move |_| parameters.with(|p| p.get("id").unwrap_or_default()));
    let page = move || {
        let id = id.get();
        // What a check found stays while the rest is asked for anew.
        let check = Check::new(&id);
        asked(move || api().archive(&id), move |details| view! { <Content details check/> })
    };
    view! {
        <A href=list_address("/backups") attr:class="back"><Icon name="left"/>{t.common.backups}</A>
        {move || page()}
    }
}

#[component]
fn Content(details: ArchiveDetails, check: Check) -> impl IntoView {
    let t = texts();
    let b = &t.backups;
    let archive = details.summary.clone();
    let offset = format::offset(archive.created);
    let failure = RwSignal::new(None::<Failure>);
    let reveal = {
        let id = archive.id.clone();
        move |_| {
            let id = id.clone();
            failure.set(None);
            leptos::task::spawn_local(async move {
                failure.try_set(api().reveal_archive(&id).await.err());
            });
        }
    };
    let when = format::time(t, archive.created, format::now(), offset);
    // Nobody should be led to a restore from what is damaged.
    let damaged = matches!(archive.state, ArchiveState::Damaged(_));
    let restore = if damaged { "btn" } else { "btn primary" };
    let partial = archive.complete == Some(false);
    view! {
        <header class="page">
            <div>
                <h1 title=format::exact(archive.created, offset)>{(b.title)(&when)}</h1>
                <p class="marks">
                    <StateBadge state=archive.state/>
                    {partial.then(|| view! { <Badge tone=Tone::Warn words=b.partial/> })}
                    <code>{archive.id.clone()}</code>
                </p>
            </div>
            <div class="actions">
                <DeleteButton archive=archive.clone()/>
                <CopyButton id="backup-copy-id" text=archive.id.clone() words=b.copy_id/>
                <button id="backup-reveal" class="btn" on:click=reveal><Icon name="folder"/>{b.reveal}</button>
                <A href=address::restore_tables(&archive.id, &[]) attr:class=restore attr:id="backup-restore">
                    {t.common.restore_}
                </A>
            </div>
            {move || failure.get().map(|failure| view! { <div class="below"><FailureBox failure/></div> }.into_any())}
        </header>
        <div class="detail">
            <div class="stack-l">
                <Proof state=archive.state evidence=details.evidence.clone() check/>
                <Tables tables=details.table_list.clone() archive=(!damaged).then(|| archive.id.clone())/>
            </div>
            <aside class="stack-l">
                <About details=details.clone()/>
                <File details/>
            </aside>
        </div>
    }
}

#[component]
fn About(details: ArchiveDetails) -> impl IntoView {
    let t = texts();
    let b = &t.backups;
    let pairs = about(t, &details);
    let remarks = details.remarks;
    view! {
        <section class="card pad">
            <h2>{b.about}</h2>
            {facts(pairs)}
            {(!remarks.is_empty()).then(|| view! {
                <h3 class="more">{b.remarks}</h3>
                <ul class="remarks">
                    {remarks.into_iter().map(|text| view! { <li><Verbatim text/></li> }.into_any()).collect_view()}
                </ul>
            }.into_any())}
        </section>
    }
}

fn about(t: &'static Texts, details: &ArchiveDetails) -> Facts {
    let b = &t.backups;
    let archive = &details.summary;
    let offset = format::offset(archive.created);
    let text = |text: String| Some(text.into_any());
    let exact = |n: u64, unit: &str| Some(format!("{} {unit}", format::number(n)));
    vec![
        (b.when, text(format::exact(archive.created, offset)), None),
        (b.kind, archive.kind.as_ref().and_then(|kind| text((t.common.kind)(kind.known()).to_owned())), None),
        (b.reason, archive.reason.as_ref().and_then(|reason| text(format::reason(t, reason))), None),
        (b.database, archive.database.clone().and_then(text), None),
        (b.source, text(source(details)), Some(details.snapshot.clone())),
        (b.rows, archive.rows.map(format::number).and_then(text), None),
        (b.size, text(format::bytes(archive.size_bytes)), exact(archive.size_bytes, "B")),
        (
            b.took,
            archive.duration_ms.map(format::duration_ms).and_then(text),
            archive.duration_ms.and_then(|ms| exact(ms, "ms")),
        ),
        (b.writer, text(details.writer.clone()), None),
        (t.automation.retention, Some(how_long(t, &archive.id)), None),
    ]
}

/// The way to what becomes of it, and to pinning it.
fn how_long(t: &'static Texts, id: &str) -> AnyView {
    view! { <A href=address::automation(id) attr:id="backup-retention">{t.automation.how_long}</A> }
        .into_any()
}

/// `PostgreSQL 15.20`; the version alone says the program only where it names it itself.
fn source(details: &ArchiveDetails) -> String {
    let engine = details.summary.engine.as_ref().and_then(|engine| engine.known());
    let name = match engine {
        Some(DatabaseEngine::Postgresql) => "PostgreSQL",
        Some(DatabaseEngine::Sqlite) => "SQLite",
        None => "",
    };
    let version = details.source_version.as_str();
    if name.is_empty() || version.starts_with(name) {
        version.to_owned()
    } else {
        format!("{name} {version}")
    }
}

#[component]
fn File(details: ArchiveDetails) -> impl IntoView {
    let b = &texts().backups;
    let command = check_command(&details.location);
    let checksum = details.summary.checksum.clone();
    let keys = details.key_ids.clone();
    let copies = details.copies.into_iter().map(|copy| {
        let state = match copy.state {
            Some(state) => view! { <StateBadge state/> }.into_any(),
            None => view! { <Badge tone=Tone::Warn words=b.not_there_yet/> }.into_any(),
        };
        view! { <div><dt>{b.further}</dt><dd><code>{copy.location}</code><p>{state}</p></dd></div> }
            .into_any()
    });
    view! {
        <section class="card pad">
            <h2>{b.file}</h2>
            <dl class="facts tall">
                <div><dt>{b.location}</dt><dd><code>{details.location.clone()}</code></dd></div>
                {copies.collect_view()}
                {checksum.map(|sum| view! {
                    <div>
                        <dt>{b.checksum}</dt>
                        <dd>
                            <code>{sum}</code>
                            <p class="xs muted by-hand">{b.check_by_hand}</p>
                            <div class="command">
                                <code>{command.clone()}</code>
                                <CopyButton text=command words=b.copy_command class="btn small"/>
                            </div>
                        </dd>
                    </div>
                }.into_any())}
                <div>
                    <dt>{b.keys}</dt>
                    <dd>{keys.into_iter().map(|key| view! { <code class="key">{key}</code> }.into_any()).collect_view()}</dd>
                </div>
            </dl>
        </section>
    }
}

/// What a shell computes the checksum with: that of all bytes after the header of 4096.
fn check_command(location: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@,".contains(c);
    let file = if !location.is_empty() && location.chars().all(plain) {
        location.to_owned()
    } else {
        format!("'{}'", location.replace('\'', r"'\''"))
    };
    format!("tail -c +4097 {file} | sha256sum")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_can_be_pasted_whatever_the_folder_is_called() {
        assert_eq!(check_command("/b/a.backup"), "tail -c +4097 /b/a.backup | sha256sum");
        assert_eq!(check_command("/my disk/a.backup"), "tail -c +4097 '/my disk/a.backup' | sha256sum");
        assert_eq!(check_command("/aino's"), r"tail -c +4097 '/aino'\''s' | sha256sum");
    }
}
