//! Am I safe? The answer, its evidence, and the month in four charts.

mod charts;
mod duties;
mod tiles;
mod verdict;

use aitta_model::{Failure, Overview, RunSummary};
use leptos::prelude::*;
use leptos_router::components::A;

use crate::activity::{Activities, Doing};
use crate::address;
use crate::api::api;
use crate::components::badge::OutcomeBadge;
use crate::components::failure::FailureBox;
use crate::components::states::asked;
use crate::format;
use crate::preferences::texts;

use self::charts::Charts;
use self::duties::Duties;
use self::tiles::Tiles;
use self::verdict::Headline;

#[component]
pub(crate) fn Dashboard() -> impl IntoView {
    // Above what is drawn anew when a run has ended: its error must outlive that.
    let failure = RwSignal::new(None);
    view! {
        {asked(|| api().overview(), move |overview| view! { <Content overview failure/> })}
    }
}

#[component]
fn Content(overview: Overview, failure: RwSignal<Option<Failure>>) -> impl IntoView {
    let t = texts();
    let headline = Headline::new(t, &overview, None);
    let recent = overview.recent.clone();
    let told = overview.clone();
    // What the box below says in full is not said twice.
    let evidence = move || failure.with(|failure| Headline::new(t, &told, failure.as_ref()).evidence);
    view! {
        <header class="page">
            <div>
                <h1 class=headline.tone.word()>{headline.title}</h1>
                <p class="muted">{move || evidence()}</p>
            </div>
            <div class="actions">
                {headline.run.map(|run| view! {
                    <A href=address::run(run) attr:class="btn">{t.dashboard.look_at_run}</A>
                })}
                <A href="/restore" attr:class="btn">
                    {if headline.prove { t.dashboard.prove_restore } else { t.common.restore_ }}
                </A>
                <BackUpNow failure/>
            </div>
            {move || failure.get().map(|failure| view! { <div class="below"><FailureBox failure/></div> }.into_any())}
        </header>
        <Duties overview=overview.clone()/>
        <Tiles overview=overview.clone()/>
        <Charts targets=overview.targets now=overview.now/>
        <Recent recent now=overview.now/>
    }
}

/// Makes a backup with one click. The error stays below the head of the page.
#[component]
fn BackUpNow(failure: RwSignal<Option<Failure>>) -> impl IntoView {
    let t = texts();
    let activities = Activities::here();
    let go = move |_| {
        failure.set(None);
        let (operation, progress) = activities.begin(Doing::BackingUp);
        leptos::task::spawn_local(async move {
            let made = api().back_up(aitta_model::BackupRequest::default(), operation, progress).await;
            activities.end(operation);
            // One that the user has stopped needs no explanation. The page may be another by now.
            let error = made.err().filter(|error| error.code != aitta_model::ErrorCode::Cancelled);
            failure.try_set(error);
        });
    };
    view! {
        <button id="back-up-now" class="btn primary" disabled=move || activities.is_busy() on:click=go>
            {t.common.back_up_now}
        </button>
    }
}

#[component]
fn Recent(recent: Vec<RunSummary>, now: aitta_model::Timestamp) -> impl IntoView {
    let t = texts();
    let d = &t.dashboard;
    let nothing = recent.is_empty();
    let rows =
        recent
            .into_iter()
            .map(|run| {
                let offset = format::offset(run.started);
                let took = run.ended.map(|ended| {
                    format::duration_ms(
                        ended.duration_since(run.started).as_millis().max(0).unsigned_abs() as u64
                    )
                });
                view! {
                <tr>
                    <td class="nowrap" title=format::exact(run.started, offset)>
                        <A href=address::run(run.id)>{format::time(t, run.started, now, offset)}</A>
                    </td>
                    <td>{(t.common.operation)(run.operation.known())}</td>
                    <td><OutcomeBadge outcome=run.outcome.clone()/></td>
                    <td class="n">{took.unwrap_or_else(|| "–".to_owned())}</td>
                    <td class="n">{run.figures.size_bytes.map_or_else(|| "–".to_owned(), format::bytes)}</td>
                    <td class="muted">{format::evidence(t, &run)}</td>
                </tr>
            }.into_any()
            })
            .collect_view();
    view! {
        <section class="card">
            <header class="row">
                <h2>{d.recent}</h2>
                <A href="/runs">{d.all_runs}</A>
            </header>
            {if nothing {
                view! { <p class="pad muted">{d.no_runs}</p> }.into_any()
            } else {
                view! {
                    <table>
                        <thead><tr>
                            <th>{d.started}</th><th>{d.operation}</th><th>{d.outcome}</th>
                            <th class="n">{d.took}</th><th class="n">{d.size}</th><th>{d.evidence}</th>
                        </tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                }.into_any()
            }}
        </section>
    }
}
