//! Am I safe? The answer, its evidence, and the month in four charts.

mod charts;
mod duties;
mod known;
mod meant;
pub(crate) mod profiles;
mod readiness;
#[cfg(test)]
mod sample;
mod schedule;
mod tiles;
mod verdict;

use aitta_model::{Failure, RunSummary, Timestamp};
use leptos::prelude::*;
use leptos_router::components::A;

use crate::activity::{Activities, Doing};
use crate::address;
use crate::api::api;
use crate::components::badge::OutcomeBadge;
use crate::components::failure::{FailureBox, FailureDetails, way_out};
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::components::states::Loading;
use crate::format;
use crate::preferences::texts;

use self::charts::Charts;
use self::duties::Duties;
use self::known::{Known, Stage};
use self::meant::{Meant, MeantDialog};
use self::readiness::ReadinessCard;
use self::schedule::Schedule;
use self::tiles::Tiles;
use self::verdict::{Headline, Question};

#[component]
pub(crate) fn Dashboard() -> impl IntoView {
    // Above what is drawn anew when a run has ended: its error must outlive that.
    let failure = RwSignal::new(None);
    let known = Known::follow();
    // What is typed there must outlive all that is drawn anew.
    let meant = Meant::new();
    let stage = known.stage();
    // They take as long as the first line, so they are asked for beside it.
    let early = StoredValue::new_local(Some(view! { <Charts known/> }.into_any()));
    view! {
        {live(move || match stage.get() {
            Stage::Waiting => view! { <Loading/> }.into_any(),
            Stage::Shown => view! { <Content known failure meant early/> }.into_any(),
            Stage::Failed(failure) => {
                let retry = Callback::new(move |()| known.ask_again());
                view! { <FailureBox failure retry/> }.into_any()
            }
        })}
        <MeantDialog meant/>
    }
}

#[component]
fn Content(
    known: Known,
    failure: RwSignal<Option<Failure>>,
    meant: Meant,
    early: StoredValue<Option<AnyView>, LocalStorage>,
) -> impl IntoView {
    let t = texts();
    // What the box below says in full is not said twice.
    let headline = known.part(move |overview| {
        failure.with(|failure| Headline::new(t, overview, failure.as_ref(), format::offset))
    });
    let targets = known.part(|overview| overview.targets);
    let (now, run) = (known.part(|overview| overview.now), known.part(|overview| overview.recent.clone()));
    let activities = Activities::here();
    let is_made = Memo::new(move |_| activities.all().iter().any(|a| a.doing == Doing::BackingUp));
    let answer = move || {
        headline.get().map(|headline| {
            // Whoever reads this has pressed the button already.
            let is_first = headline.awaits_first && is_made.get();
            let evidence = if is_first { t.dashboard.first_under_way.to_owned() } else { headline.evidence };
            view! {
                <h1 class=headline.tone.word()>{headline.title}</h1>
                <p class="muted">{evidence}</p>
                {headline.besides.map(|words| view! {
                    <p class="note bad"><Icon name="warning"/><span>{words}</span></p>
                })}
            }
            .into_any()
        })
    };
    // A question is long, and its answers stand below it.
    let asks = move || headline.with(|h| h.as_ref().is_some_and(|h| h.question.is_some()));
    // Without a database there is nothing to back up.
    let unnamed = move || headline.with(|h| h.as_ref().is_some_and(|h| h.unnamed));
    let actions = move || headline.get().map(|headline| actions(headline, meant));
    // By itself: whoever has unfolded it still reads when the clock goes on.
    let trouble = Memo::new(move |_| headline.with(|h| h.as_ref().and_then(|h| h.failure.clone())));
    let details = move || trouble.get().map(|failure| view! { <FailureDetails failure/> }.into_any());
    // What comes next is green, and stands at the end: a backup, or where one is there, the restore that is missing.
    let comes_first = Memo::new(move |_| {
        headline.with(|h| h.as_ref().is_some_and(|h| h.wants_restore() || h.keyless || h.unread))
    });
    let again = Callback::new(move |()| known.ask_again());
    let restore = move || {
        headline.get().filter(Headline::wants_restore).map(|headline| restore(&headline, "btn primary"))
    };
    let charts = move || {
        targets.get()?;
        let first = early.try_update_value(Option::take).flatten();
        Some(first.unwrap_or_else(|| view! { <Charts known/> }.into_any()))
    };
    let recent = move || {
        let now = now.get_untracked()?;
        run.get().map(|recent| view! { <Recent recent now/> }.into_any())
    };
    view! {
        <header class="page" class:asks=asks>
            <div>{live(answer)}{live(details)}</div>
            <div class="actions">
                {live(actions)}
                {move || (!unnamed()).then(|| view! { <BackUpNow failure behind=comes_first/> })}
                {live(restore)}
                {live(move || headline.get().and_then(|headline| first(&headline, again)))}
            </div>
            {move || failure.get().map(|failure| view! { <div class="below"><FailureBox failure/></div> }.into_any())}
        </header>
        <Schedule known/>
        <Duties known/>
        <Tiles known/>
        <ReadinessCard known/>
        {live(charts)}
        {live(recent)}
    }
}

/// What must come before a backup can be made.
fn first(headline: &Headline, again: Callback<()>) -> Option<AnyView> {
    let t = texts();
    if headline.unread {
        let retry = move |_| again.run(());
        let button = view! {
            <button id="look-again" class="btn primary" on:click=retry>{t.common.try_again}</button>
        };
        return Some(button.into_any());
    }
    (headline.keyless && !headline.unnamed && !headline.wants_restore()).then(|| {
        view! { <A href="/keys" attr:class="btn primary" attr:id="dashboard-keys">{t.readiness.open_keys}</A> }
            .into_any()
    })
}

/// What helps, before "Back up now".
fn actions(headline: Headline, meant: Meant) -> AnyView {
    let t = texts();
    let d = &t.dashboard;
    // A proof is no restore of what was lost.
    let any = Headline { prove: false, question: None, ..headline.clone() };
    let other = (headline.prove || !headline.wants_restore()).then(|| restore(&any, "btn"));
    if let Some(Question { archive, losses, .. }) = headline.question {
        let compare = address::backup(&archive);
        let ask = move |_| meant.ask(archive.clone(), losses.clone());
        return view! {
            <A href=compare attr:class="btn">{d.compare}</A>
            <button id="meant-ask" class="btn" aria-haspopup="dialog" on:click=ask>{d.meant}</button>
        }
        .into_any();
    }
    view! {
        {headline.failure.as_ref().and_then(way_out)}
        {headline.unnamed.then(|| view! {
            <A href="/settings" attr:class="btn" attr:id="dashboard-set-database">{t.machine.set_database}</A>
        })}
        {headline.damaged.map(|id| view! { <A href=address::backup(&id) attr:class="btn">{d.compare}</A> })}
        {headline.run.map(|run| view! { <A href=address::run(run) attr:class="btn">{d.look_at_run}</A> })}
        {other}
    }
    .into_any()
}

/// The way to a restore: of what was lost, as a test, or any.
fn restore(headline: &Headline, class: &'static str) -> AnyView {
    let t = texts();
    let lost = headline.question.as_ref().and_then(|question| {
        question.earlier.as_ref().map(|earlier| address::restore_tables(earlier, &question.tables))
    });
    match (lost, headline.prove) {
        (None, true) => {
            let words = t.dashboard.prove_restore;
            view! { <A href=address::PROVE attr:class=class attr:id="prove-restore">{words}</A> }.into_any()
        }
        (lost, _) => {
            let href = lost.unwrap_or_else(|| "/restore".to_owned());
            view! { <A href=href attr:class=class>{t.common.restore_}</A> }.into_any()
        }
    }
}

/// Makes a backup with one click. The error stays below the head of the page.
#[component]
fn BackUpNow(
    failure: RwSignal<Option<Failure>>,
    /// Whether something else comes first.
    #[prop(into)]
    behind: Signal<bool>,
) -> impl IntoView {
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
        <button
            id="back-up-now"
            class="btn"
            class:primary=move || !behind.get()
            disabled=move || activities.is_busy()
            on:click=go
        >
            {t.common.back_up_now}
        </button>
    }
}

#[component]
fn Recent(recent: Vec<RunSummary>, now: Timestamp) -> impl IntoView {
    let t = texts();
    let d = &t.dashboard;
    let nothing = recent.is_empty();
    let rows = recent
        .into_iter()
        .map(|run| {
            let offset = format::offset(run.started);
            let took = run.took_ms().map(format::duration_ms);
            view! {
                <tr>
                    <td class="nowrap" title=format::exact(run.started, offset)>
                        <A href=address::run(run.id)>{format::time(t, run.started, now, offset)}</A>
                    </td>
                    <td>{format::operation(t, &run)}</td>
                    <td><OutcomeBadge outcome=run.outcome.clone()/></td>
                    <td class="n">{took.unwrap_or_else(|| "–".to_owned())}</td>
                    <td class="n">{run.figures.size_bytes.map_or_else(|| "–".to_owned(), format::bytes)}</td>
                    <td class="muted">{format::evidence(t, &run)}</td>
                </tr>
            }
            .into_any()
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
