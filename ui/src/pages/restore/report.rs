//! Last step: the proof, or why it failed and where to mend it.

use std::sync::Arc;

use aitta_model::{ErrorCode, Failure, RestoreReport};
use leptos::prelude::*;
use leptos_router::components::A;

use super::heading::{Goto, Heading};
use super::kept::{Kept, Run};
use super::mend::step_for;
use super::preview::Findings;
use super::report_parts::{Afterwards, Proofs, Sequences};
use crate::components::badge::{Badge, Tone};
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::components::target_state::TargetState;
use crate::format;
use crate::preferences::texts;
use crate::remedy;

#[component]
pub(super) fn ReportStep() -> impl IntoView {
    let kept = Kept::here();
    kept.seen.set(true);
    live(move || match kept.run.get() {
        Run::Done(report) => view! { <Done report/> }.into_any(),
        Run::Failed(failure) => view! { <Failed failure/> }.into_any(),
        Run::Idle | Run::Running(_) => ().into_any(),
    })
}

#[component]
fn Done(report: Arc<RestoreReport>) -> impl IntoView {
    let t = texts();
    let equal = report.proofs.iter().filter(|p| p.equal()).count();
    let all_equal = equal == report.proofs.len();
    let rows: u64 = report.proofs.iter().map(|p| p.target_rows).sum();
    let tables = (t.common.tables)(report.proofs.len() as u64);
    let took = format::duration_ms(report.duration_ms);
    let title = if all_equal { t.restore.restored_equal } else { t.restore.not_all_equal };
    let read = format::read(t, report.read_bytes, report.archive_bytes);
    let (tone, words) =
        if all_equal { (Tone::Ok, t.restore.all_equal) } else { (Tone::Bad, t.restore.not_equal) };
    let findings = report.findings.clone();
    // On a new machine nothing protects what has just come back.
    let unnamed = Kept::here().wizard.with_untracked(|w| w.engine.is_none());
    view! {
        <section id="restore-report" class="report" data-outcome="succeeded">
            <Heading words=title more=(t.restore.report_sum)(&tables, &(t.common.rows)(rows), &took, &read)/>
            <Findings findings/>
            {unnamed.then(|| view! {
                <div class="note info" role="status" id="restore-unnamed">
                    <Icon name="info"/>
                    <div>
                        <p>{t.machine.restored_here}</p>
                        <p><A href="/settings">{t.machine.set_database}</A></p>
                    </div>
                </div>
            }.into_any())}
            <div class="card list">
                <header class="row">
                    <h3>{t.restore.proof}</h3>
                    <Badge tone words/>
                </header>
                <Proofs report=report.clone()/>
            </div>
            <Afterwards report=report.clone()/>
            <Sequences report=report/>
            <p class="report-links">
                <A href="/" attr:class="btn">{t.restore.to_dashboard}</A>
                <A href="/restore" attr:class="btn">{t.restore.another}</A>
            </p>
        </section>
    }
}

#[component]
fn Failed(failure: Failure) -> impl IntoView {
    let t = texts();
    let goto = Goto::here();
    let stopped = failure.code == ErrorCode::Cancelled;
    let title = if stopped { t.restore.stopped } else { t.restore.failed };
    let code = failure.code;
    let step = step_for(failure.code);
    let failure = Failure { hint: remedy::steps(t, &failure.hint), ..failure };
    let told = if stopped {
        view! { <p class="small muted">{t.restore.stopped_more}</p> }.into_any()
    } else {
        view! { <FailureBox failure/> }.into_any()
    };
    view! {
        <section id="restore-report" class="report" data-outcome=if stopped { "cancelled" } else { "failed" }>
            <Heading words=title/>
            <TargetState code/>
            {told}
            <p class="report-links">
                <button type="button" id="restore-mend" class="btn primary" on:click=move |_| goto.to(step)>
                    {(t.restore.back_to)(step)}
                </button>
                <A href="/runs" attr:class="btn">{t.restore.to_runs}</A>
            </p>
        </section>
    }
}
