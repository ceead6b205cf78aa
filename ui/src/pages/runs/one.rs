//! One run: how it ended, what that rests on, where the time went, and its log.

use aitta_model::{
    AuditEntry, ErrorCode, LogLine, Operation, PhaseTiming, RestoreInto, RunDetails, RunOutcome, RunSummary,
    Timestamp, plain,
};
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_params_map;

use super::proof::Proof;
use super::retry::{Again, Retried, Retry, RetryButton};
use crate::address;
use crate::api::api;
use crate::components::badge::OutcomeBadge;
use crate::components::copy::CopyButton;
use crate::components::facts::{Facts, facts};
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::components::names;
use crate::components::states::{Empty, asked};
use crate::components::table::list_address;
use crate::components::target_state::TargetState;
use crate::format;
use crate::plain::named;
use crate::preferences::texts;
use crate::texts::Texts;
use crate::transport::Asked;

#[component]
pub(crate) fn OneRun() -> impl IntoView {
    let t = texts();
    let parameters = use_params_map();
    let id = Memo::new(move |_| parameters.with(|p| p.get("id").unwrap_or_default()));
    let page = move || {
        // No run has the number 0: what is no number is answered by the same error as an unknown one.
        let id = id.get().parse().unwrap_or(0);
        let retry = Retry::new();
        let ask = move || {
            let asked = api().run(id);
            Box::pin(async move {
                match asked.await {
                    Err(error) if error.code == ErrorCode::ConfigInvalid => Ok(None),
                    other => other.map(Some),
                }
            }) as Asked<Option<RunDetails>>
        };
        asked(ask, move |found| match found {
            Some(details) => view! { <Content details retry/> }.into_any(),
            None => view! { <Empty icon="runs" title=t.runs.no_such words=t.runs.no_such_words/> }.into_any(),
        })
    };
    view! {
        <A href=list_address("/runs") attr:class="back"><Icon name="left"/>{t.common.runs}</A>
        {move || page()}
    }
}

#[component]
fn Content(details: RunDetails, retry: Retry) -> impl IntoView {
    let t = texts();
    let r = &t.runs;
    let (again, left) = (Again::after(&details), left(&details));
    let RunDetails { run, phases, log, restore, begun, undo, .. } = details;
    let undo = undo.map(|_| address::undo(run.id));
    let proven = restore.is_some();
    let now = format::now();
    let offset = format::offset(run.started);
    let when = format::time(t, run.started, now, offset);
    let told = if run.failure.is_none() { format::evidence(t, &run) } else { String::new() };
    let told = if run.outcome == RunOutcome::Running { r.under_way.to_owned() } else { told };
    view! {
        <header class="page">
            <div>
                <h1 title=format::exact(run.started, offset)>{format::operation(t, &run)}", "{when}</h1>
                <p class="marks">
                    <OutcomeBadge outcome=run.outcome.clone()/>
                    <span class="muted">{told}</span>
                </p>
            </div>
            <div class="actions">
                {undo.map(|href| view! {
                    <A href attr:class="btn" attr:id="run-undo"><Icon name="undo"/>{t.restore.undo}</A>
                }.into_any())}
                <RetryButton again retry/>
            </div>
        </header>
        <Retried retry/>
        {left.map(|code| view! { <TargetState code/> }.into_any())}
        {run.failure.clone().map(|failure| view! { <div class="above"><FailureBox failure still=true/></div> }.into_any())}
        <div class="detail">
            <div class="stack-l">
                {restore.map(|report| view! { <Proof report/> })}
                <Log log started=run.started/>
            </div>
            <aside class="stack-l">
                <section class="card pad">
                    <h2>{r.about}</h2>
                    {facts(about(t, &run, begun.as_deref(), proven))}
                </section>
                {(!phases.is_empty()).then(|| view! { <Phases phases/> })}
            </aside>
        </div>
    }
}

/// The error of a restore that may have left something in its target. What a proof makes, it drops.
fn left(details: &RunDetails) -> Option<ErrorCode> {
    let of_restore = details.run.operation == Operation::Restore;
    let failure = details.run.failure.as_ref().filter(|_| of_restore)?;
    (details.into != Some(RestoreInto::Scratch)).then_some(failure.code)
}

fn about(t: &'static Texts, run: &RunSummary, begun: Option<&AuditEntry>, proven: bool) -> Facts {
    let r = &t.runs;
    let is_restore = run.operation == Operation::Restore;
    let who = begun.map(|begun| {
        let words = names::person(&begun.actor);
        view! { <A href=address::entry(begun.entry)>{words}</A> }.into_any()
    });
    let chosen = begun.filter(|_| is_restore).map(|begun| names::tables(t, &begun.tables));
    // The proof says it, and how.
    let target = begun.filter(|_| !proven).and_then(|begun| begun.target.as_deref()).map(named);
    let text = |text: String| Some(text.into_any());
    let time = |at: Timestamp| text(format::exact(at, format::offset(at)));
    let took = run.took_ms();
    // A deleted archive has no page.
    let archive = run.archive.clone().map(|id| {
        if run.operation == Operation::Delete || !address::is_archive(&id) {
            view! { <code>{id}</code> }.into_any()
        } else {
            view! { <A href=address::backup(&id) attr:class="mono">{id.clone()}</A> }.into_any()
        }
    });
    let size = run.figures.size_bytes;
    vec![
        (r.started, time(run.started), None),
        (r.ended, run.ended.and_then(time), None),
        (
            r.took,
            took.map(format::duration_ms).and_then(text),
            took.map(|ms| format!("{} ms", format::number(ms))),
        ),
        (t.audit.who, who, begun.map(|begun| plain(&begun.actor.host))),
        (r.reason, run.reason.as_ref().and_then(|reason| text(format::reason(t, reason))), None),
        (r.archive, archive, None),
        (r.chosen, chosen.and_then(text), begun.map(|begun| plain(&begun.tables.join(", ")))),
        (r.target, target.and_then(text), None),
        (r.size, size.map(format::bytes).and_then(text), size.map(|n| format!("{} B", format::number(n)))),
        (r.tables, run.figures.tables.map(format::number).and_then(text), None),
        (r.rows, run.figures.rows.map(format::number).and_then(text), None),
    ]
}

/// How wide the bar of each phase is, from 0 to 100; the longest is full.
fn widths(phases: &[PhaseTiming]) -> Vec<f64> {
    let longest = phases.iter().map(|p| p.duration_ms).max().unwrap_or_default().max(1);
    phases.iter().map(|p| p.duration_ms as f64 * 100.0 / longest as f64).collect()
}

#[component]
pub(super) fn Phases(phases: Vec<PhaseTiming>) -> impl IntoView {
    let t = texts();
    let widths = widths(&phases);
    let bars = phases.into_iter().zip(widths).map(|(phase, width)| {
        view! {
            <li>
                <span>{(t.common.phase)(&phase.name)}</span>
                <span class="n" title=format!("{} ms", format::number(phase.duration_ms))>
                    {format::duration_ms(phase.duration_ms)}
                </span>
                <span class="bar" aria-hidden="true"><i style:width=format!("{width:.1}%")></i></span>
            </li>
        }
        .into_any()
    });
    view! {
        <section class="card pad">
            <h2>{t.runs.phases}</h2>
            <ol class="timings">{bars.collect_view()}</ol>
        </section>
    }
}

/// `0:00.0` after the start, so that lines stand below each other.
fn clock(ms: u64) -> String {
    let (s, tenth) = (ms / 1000, ms % 1000 / 100);
    if s < 3600 {
        format!("{}:{:02}.{tenth}", s / 60, s % 60)
    } else {
        format!("{}:{:02}:{:02}.{tenth}", s / 3600, s / 60 % 60, s % 60)
    }
}

/// A line of the log in the words of the page, where it is a phase or a table with its rows.
fn line_words(t: &Texts, line: &str) -> String {
    let table = line.rsplit_once(": ").and_then(|(table, rows)| {
        let rows = rows.strip_suffix(" rows").or_else(|| rows.strip_suffix(" row"))?;
        Some(format!("{table}: {}", (t.common.rows)(rows.parse().ok()?)))
    });
    plain(&table.unwrap_or_else(|| (t.common.phase)(line)))
}

#[component]
fn Log(log: Vec<LogLine>, started: Timestamp) -> impl IntoView {
    let t = texts();
    let r = &t.runs;
    let text = log.iter().map(|l| format!("{} {}", clock(l.at_ms), l.text)).collect::<Vec<_>>().join("\n");
    let nothing = log.is_empty();
    let lines = log.into_iter().map(|line| {
        let ms = i64::try_from(line.at_ms).unwrap_or(i64::MAX);
        let at = started.checked_add(jiff::SignedDuration::from_millis(ms)).unwrap_or(started);
        view! {
            <li>
                <time title=format::exact(at, format::offset(at))>{clock(line.at_ms)}</time>
                <span>{line_words(t, &line.text)}</span>
            </li>
        }
        .into_any()
    });
    view! {
        <section class="card log">
            <header class="row">
                <h2>{r.log}</h2>
                {(!nothing).then(|| view! { <CopyButton text words=r.copy_log class="btn small"/> })}
            </header>
            {if nothing {
                view! { <p id="run-log" class="muted nothing">{r.log_none}</p> }.into_any()
            } else {
                // It scrolls by itself, so the keyboard must reach it.
                view! {
                    <ol id="run-log" tabindex="0" aria-label=r.log>{lines.collect_view()}</ol>
                }.into_any()
            }}
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::{EN, FI};

    #[test]
    fn the_longest_phase_is_full() {
        let phase = |duration_ms| PhaseTiming { name: String::new(), duration_ms };
        assert_eq!(widths(&[phase(50), phase(200)]), [25.0, 100.0]);
        assert_eq!(widths(&[phase(0)]), [0.0], "no division by nothing");
    }

    #[test]
    fn phases_and_tables_of_the_log_are_told_in_the_language_of_the_page() {
        let told = |t, line| line_words(t, line).replace(['\u{a0}', '\u{202f}'], " ");
        assert_eq!(told(&FI, "reading back"), "Luetaan takaisin");
        assert_eq!(told(&FI, "public: odd: 120000 rows"), "public: odd: 120 000 riviä");
        assert_eq!(told(&EN, "Booking: 1 row"), "Booking: 1 row");
        assert_eq!(told(&FI, "session 7 was ended"), "session 7 was ended");
    }

    #[test]
    fn times_of_the_log_stand_below_each_other() {
        assert_eq!(clock(80), "0:00.0");
        assert_eq!(clock(92_150), "1:32.1");
        assert_eq!(clock(3_725_900), "1:02:05.9");
    }
}
