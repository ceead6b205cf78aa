//! What a rotation came to.

use aitta_model::RotationReport;
use leptos::prelude::*;
use leptos_router::components::A;

use super::run::Run;
use crate::components::failure::{FailureDetails, Verbatim, told};
use crate::components::heading::StepHeading;
use crate::components::icon::Icon;
use crate::format;
use crate::preferences::texts;

#[component]
pub(super) fn Report(run: RwSignal<Run>) -> impl IntoView {
    let report = run.with_untracked(|run| match run {
        Run::Done(report) => Some((**report).clone()),
        _ => None,
    });
    report.map(|report| view! { <Told report/> })
}

#[component]
fn Told(report: RotationReport) -> impl IntoView {
    let k = &texts().keys;
    let exact = |n: u64| format!("{} B", format::number(n));
    let written = (k.written_of)(&format::bytes(report.written_bytes), &format::bytes(report.archive_bytes));
    let old = report.from.iter().map(|id| {
        let words = match report.destroyable_from {
            Some(at) => (k.old_key_until)(id, &format::day(texts(), at, format::now(), format::offset(at))),
            None => (k.old_key_needed)(id),
        };
        view! { <span class="block">{words}</span> }.into_any()
    });
    let old = old.collect_view();
    let unreadable = (!report.unreadable.is_empty()).then(|| {
        let lines = report.unreadable.iter().map(|(id, failure)| {
            let words = told(texts(), failure);
            view! { <li><code>{id.clone()}</code>" "{words}<FailureDetails failure=failure.clone()/></li> }
                .into_any()
        });
        view! {
            <div class="note warn">
                <Icon name="warning"/>
                <div><p class="fact">{k.unreadable}</p><ul>{lines.collect_view()}</ul></div>
            </div>
        }
        .into_any()
    });
    view! {
        <StepHeading words=(k.report)(report.opened)/>
        <div class="card part">
            <dl class="facts">
                <div><dt>{k.active}</dt><dd><code>{report.to.clone()}</code></dd></div>
                <div><dt>{k.old_key}</dt><dd>{old}</dd></div>
                <div><dt>{k.moved}</dt><dd>{(k.archives)(report.moved)}</dd></div>
                <div><dt>{k.unchanged}</dt><dd>{(k.archives)(report.unchanged)}</dd></div>
                <div><dt>{k.written}</dt><dd title=exact(report.written_bytes)>{written}</dd></div>
                <div><dt>{k.took}</dt><dd>{format::duration_ms(report.duration_ms)}</dd></div>
            </dl>
        </div>
        {unreadable}
        {report.notes.iter().map(|note| view! { <Verbatim text=note.clone()/> }.into_any()).collect_view()}
        <footer class="way">
            <span></span>
            <A href="/keys" attr:class="btn primary" attr:id="rotate-done">{k.to_keys}</A>
        </footer>
    }
}
