//! Proving a restore: everything into a new database, compared and dropped again. There is nothing to choose but which
//! backup, so nobody is led to a database that is in use.

use std::sync::Arc;

use aitta_model::{ArchiveDetails, ArchiveSelector, ErrorCode, Failure, ProveRequest, RestoreReport};
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;

use super::backup::NoBackups;
use super::kept::{Kept, Proof};
use super::pace::Pace;
use super::preview::Findings;
use super::report_parts::Proofs;
use crate::activity::Activities;
use crate::address;
use crate::api::api;
use crate::components::badge::StateBadge;
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::components::states::asked;
use crate::format;
use crate::preferences::texts;
use crate::transport::Asked;

#[component]
pub(crate) fn Prove() -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    kept.learn_pace();
    let query = use_query_map();
    let wanted = Memo::new(move |_| query.with(|q| q.get("archive")));
    // What has ended was seen when the page is left.
    on_cleanup(move || {
        if kept.proof.with_untracked(|proof| *proof != Proof::Running) {
            kept.proof.set(Proof::Idle);
        }
    });
    view! {
        <header class="page">
            <div>
                <h1>{t.restore.prove}</h1>
                <p class="muted">{t.restore.prove_more}</p>
            </div>
        </header>
        {live(move || match kept.proof.get() {
            Proof::Idle => {
                let selector = wanted.get().unwrap_or_else(|| ArchiveSelector::Latest.to_string());
                asked(move || found(selector.clone()), |found| match found {
                    Found::One(details) => view! { <Ready details=Some(*details)/> }.into_any(),
                    Found::Elsewhere => view! { <Ready details=None/> }.into_any(),
                    Found::Nothing => view! { <NoBackups elsewhere=0/> }.into_any(),
                })
                .into_any()
            }
            Proof::Running => view! { <Running/> }.into_any(),
            Proof::Done(report) => view! { <Done report/> }.into_any(),
            Proof::Failed(failure) => view! { <Failed failure/> }.into_any(),
        })}
    }
}

/// What there is to prove.
#[derive(Debug, Clone, PartialEq)]
enum Found {
    One(Box<ArchiveDetails>),
    /// In a further store, where the engine finds it.
    Elsewhere,
    /// None was made yet, which is no error.
    Nothing,
}

fn found(selector: String) -> Asked<Found> {
    Box::pin(async move {
        let failure = match api().archive(&selector).await {
            Ok(details) => return Ok(Found::One(Box::new(details))),
            Err(failure) => failure,
        };
        if failure.code != ErrorCode::ArchiveNotFound || selector != ArchiveSelector::Latest.to_string() {
            return Err(failure);
        }
        let list = api().archives().await?;
        match (list.archives.is_empty(), list.elsewhere) {
            (true, 0) => Ok(Found::Nothing),
            (true, _) => Ok(Found::Elsewhere),
            // Those that are there are of another database.
            (false, _) => Err(failure),
        }
    })
}

/// What would be proven.
#[component]
fn Ready(
    /// The backup; without one the engine looks for it.
    details: Option<ArchiveDetails>,
) -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let activities = Activities::here();
    // Of some tables only there is nothing to prove: then the engine looks for the newest whole one.
    let summary = details.map(|details| details.summary).filter(|summary| summary.complete != Some(false));
    let archive = match &summary {
        Some(summary) => ArchiveSelector::Id(summary.id.clone()),
        None => ArchiveSelector::Latest,
    };
    let go = move |_| kept.prove(ProveRequest { archive: archive.clone(), ..ProveRequest::default() });
    view! {
        <section class="card pad stack" id="prove-ready">
            {match summary {
                Some(summary) => {
                    let offset = format::offset(summary.created);
                    let rows = summary.rows.unwrap_or_default();
                    let backup = Pace::of_backup(&summary);
                    let about = move || {
                        let pace = kept.pace.get().or(backup);
                        let words = |pace: Pace| format::duration_ms(pace.estimate_ms(rows));
                        pace.map_or_else(|| t.restore.not_measured.to_owned(), words)
                    };
                    view! {
                        <p class="from">
                            <strong title=format::exact(summary.created, offset)>
                                {format::time(t, summary.created, format::now(), offset)}
                            </strong>
                            " "<StateBadge state=summary.state/>
                        </p>
                        <p><A href=address::backup(&summary.id) attr:class="mono">{summary.id.clone()}</A></p>
                        <p class="small muted">
                            {(t.common.rows)(rows)}" · "{format::bytes(summary.size_bytes)}" · "
                            {t.restore.about}": "{about}
                        </p>
                    }.into_any()
                }
                None => view! { <p>{t.restore.prove_from}</p> }.into_any(),
            }}
            <p>
                <button
                    type="button" id="prove-go" class="btn primary"
                    disabled=move || activities.is_busy() on:click=go
                >
                    <Icon name="restore"/>{t.restore.prove_go}
                </button>
            </p>
        </section>
    }
}

#[component]
fn Running() -> impl IntoView {
    let t = texts();
    view! {
        <section class="card pad now" id="prove-running">
            <strong>{t.restore.proving}</strong>
            <p class="small muted">{t.restore.under_way_more}</p>
        </section>
    }
}

#[component]
fn Done(report: Arc<RestoreReport>) -> impl IntoView {
    let t = texts();
    let tables = (t.common.tables)(report.proofs.len() as u64);
    let rows = (t.common.rows)(report.proofs.iter().map(|p| p.target_rows).sum());
    let took = format::duration_ms(report.duration_ms);
    let read = format::read(t, report.read_bytes, report.archive_bytes);
    let findings = report.findings.clone();
    let (at, now) = (report.archive_created, format::now());
    let when = format::time(t, at, now, format::offset(at));
    let from = format!("{}: {when}, ", t.restore.from);
    let (id, href) = (report.archive.clone(), address::backup(&report.archive));
    view! {
        <section id="prove-report" class="report" data-outcome="succeeded">
            <p class="note ok"><Icon name="check"/><span>{t.restore.proven}</span></p>
            <p class="small muted">{(t.restore.report_sum)(&tables, &rows, &took, &read)}</p>
            <p class="small muted">{from}<A href attr:class="mono">{id}</A></p>
            {report.dropped.then(|| view! { <p class="small">{t.restore.proof_nothing_left}</p> }.into_any())}
            <Findings findings/>
            <div class="card list">
                <header class="row"><h3>{t.restore.proof}</h3></header>
                <Proofs report=report/>
            </div>
            <p class="report-links"><A href="/" attr:class="btn">{t.restore.to_dashboard}</A></p>
        </section>
    }
}

#[component]
fn Failed(failure: Failure) -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let stopped = failure.code == ErrorCode::Cancelled;
    let untrusted = failure.code == ErrorCode::CodeUntrusted;
    let trust = RwSignal::new(false);
    let again = move |_| match untrusted {
        true => kept.prove_trusting(),
        false => kept.proof.set(Proof::Idle),
    };
    view! {
        <section id="prove-report" class="report" data-outcome=if stopped { "cancelled" } else { "failed" }>
            <p class="note plain">
                <Icon name="info"/>
                <span>{if stopped { t.restore.proof_stopped } else { t.restore.proof_failed }}</span>
            </p>
            {(!stopped).then(|| view! { <FailureBox failure/> })}
            {untrusted.then(|| view! {
                <label class="tick">
                    <input
                        type="checkbox" id="prove-trust"
                        on:change=move |event| trust.set(event_target_checked(&event))
                    />
                    {t.restore.trust_code}
                </label>
            }.into_any())}
            <p class="report-links">
                <button
                    type="button" id="prove-again" class="btn primary"
                    disabled=move || untrusted && !trust.get() on:click=again
                >
                    {t.restore.prove_again}
                </button>
                <A href="/runs" attr:class="btn">{t.restore.to_runs}</A>
            </p>
        </section>
    }
}
