//! The trail as a file, and the report of a quarter.

use aitta_model::{AuditFormat, ClosedList as _, Failure, Language};
use leptos::html;
use leptos::prelude::*;

use super::filter::{Filter, Quarter};
use crate::api::api;
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::format;
use crate::preferences::texts;

/// Quarters to choose from.
const QUARTERS: usize = 8;

#[component]
pub(super) fn Export(filter: RwSignal<Filter>) -> impl IntoView {
    let t = texts();
    let a = &t.audit;
    let language = Language::of_word(t.common.lang).unwrap_or_default();
    let failure = RwSignal::new(None::<Failure>);
    let saved = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let export = move |format: AuditFormat| {
        let query = filter.with_untracked(Filter::to_audit_query);
        let (name, mime) = match format {
            AuditFormat::Csv => ("aitta-audit.csv", "text/csv"),
            AuditFormat::Json => ("aitta-audit.json", "application/json"),
        };
        busy.set(true);
        failure.set(None);
        leptos::task::spawn_local(async move {
            let answer = match api().audit_export(query, format).await {
                Ok(text) => api().save_file(name, mime, text.into_bytes()).await,
                Err(error) => Err(error),
            };
            busy.try_set(false);
            match answer {
                Ok(path) => drop(saved.try_set(path)),
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    let now = format::now();
    let quarters = Quarter::back_from(format::offset(now).to_datetime(now).date(), QUARTERS);
    let chosen = RwSignal::new(0_usize);
    let options = quarters
        .iter()
        .enumerate()
        .map(|(i, quarter)| view! { <option value=i.to_string()>{quarter.to_text()}</option> }.into_any())
        .collect_view();
    let report = RwSignal::new(None::<(Quarter, String)>);
    let all = quarters.clone();
    let open = move |_| {
        let Some(quarter) = all.get(chosen.get_untracked()).copied() else { return };
        busy.set(true);
        failure.set(None);
        leptos::task::spawn_local(async move {
            let answer = api().audit_report(quarter.year, quarter.quarter, language).await;
            busy.try_set(false);
            match answer {
                Ok(html) => drop(report.try_set(Some((quarter, html)))),
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    let pick = move |event| chosen.set(event_target_value(&event).parse().unwrap_or_default());
    view! {
        <section class="audit-tools" aria-label=a.export>
            <button
                id="audit-csv" class="btn" aria-label=format!("{} {}", a.export, a.csv)
                disabled=move || busy.get() on:click=move |_| export(AuditFormat::Csv)
            >
                <Icon name="download"/>{a.csv}
            </button>
            <button
                id="audit-json" class="btn" aria-label=format!("{} {}", a.export, a.json)
                disabled=move || busy.get() on:click=move |_| export(AuditFormat::Json)
            >
                <Icon name="download"/>{a.json}
            </button>
            <select id="audit-quarter" aria-label=a.quarter on:change=pick>{options}</select>
            <button id="audit-report" class="btn" disabled=move || busy.get() on:click=open>{a.report}</button>
            <p class="small muted" role="status">{move || saved.get().map(|path| (a.saved_to)(&path))}</p>
            {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
        </section>
        {move || report.get().map(|(quarter, html)| view! { <Preview quarter html report saved/> })}
    }
}

/// The report as it will be printed. It runs no scripts, and reaches nothing.
#[component]
fn Preview(
    quarter: Quarter,
    html: String,
    report: RwSignal<Option<(Quarter, String)>>,
    saved: RwSignal<Option<String>>,
) -> impl IntoView {
    let a = &texts().audit;
    // In the dialog: what is behind it is not to be seen.
    let failure = RwSignal::new(None::<Failure>);
    let dialog = NodeRef::<html::Dialog>::new();
    let frame = NodeRef::<html::Iframe>::new();
    request_animation_frame(move || {
        if let Some(dialog) = dialog.get_untracked() {
            drop(dialog.show_modal());
        }
    });
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let print = move |_| {
        if let Some(page) = frame.get_untracked().and_then(|frame| frame.content_window()) {
            drop(page.print());
        }
    };
    let text = html.clone();
    let save = move |_| {
        let (name, bytes) =
            (format!("aitta-audit-{}-q{}.html", quarter.year, quarter.quarter), text.clone().into_bytes());
        failure.set(None);
        leptos::task::spawn_local(async move {
            match api().save_file(&name, "text/html", bytes).await {
                Ok(path) => drop(saved.try_set(path)),
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    view! {
        <dialog
            node_ref=dialog class="ask report" aria-labelledby="audit-report-title"
            on:close=move |_| drop(report.try_set(None))
        >
            <header class="row">
                <h2 id="audit-report-title">{a.report}" "{quarter.to_text()}</h2>
                <div class="buttons">
                    <button class="btn" on:click=print><Icon name="print"/>{a.print}</button>
                    <button id="audit-report-save" class="btn" on:click=save><Icon name="download"/>{a.save}</button>
                    <button class="btn" on:click=close>{a.close}</button>
                </div>
            </header>
            {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
            // The same origin only so that this page can print it; scripts stay forbidden.
            <iframe node_ref=frame title=a.report sandbox="allow-same-origin allow-modals" srcdoc=html></iframe>
        </dialog>
    }
}
