//! All of one entry, or of the two of an operation.

use aitta_model::AuditRecord;
use leptos::prelude::*;
use leptos_router::components::A;

use crate::address;
use crate::components::facts::facts;
use crate::components::failure::Verbatim;
use crate::components::names::{self, operation};
use crate::format;
use crate::preferences::texts;
use crate::texts::Texts;

#[component]
pub(super) fn Details(
    record: AuditRecord,
    /// How it ended, where that is another entry.
    ended: Option<AuditRecord>,
    close: Callback<()>,
) -> impl IntoView {
    let t = texts();
    let a = &t.audit;
    let first = record.entry.entry;
    let title = match &ended {
        Some(end) => (a.details_of_two)(&format::number(first), &format::number(end.entry.entry)),
        None => (a.details)(&format::number(first)),
    };
    let hashes = match &ended {
        Some(end) => [(&record, first), (end, end.entry.entry)]
            .map(|(record, n)| view! { <code class="block">{format::number(n)}": "{record.hash.clone()}</code> })
            .into_any(),
        None => view! { <code>{record.hash.clone()}</code> }.into_any(),
    };
    let e = record.entry;
    let end = ended.map(|record| record.entry);
    let last = end.as_ref().unwrap_or(&e);
    let text = |text: Option<String>| text.map(|text| text.into_any());
    let code = |text: Option<String>| text.map(|text| view! { <code>{text}</code> }.into_any());
    let offset = format::offset(e.at);
    let outcome = match &last.outcome {
        Some(outcome) => names::outcome(t, outcome),
        None => (a.stage)(last.stage).into_any(),
    };
    let who = names::person(&e.actor);
    let reason = e.reason.as_ref().map(|reason| format::reason(t, &reason.to_string()));
    let archive = last
        .archive
        .clone()
        .or_else(|| e.archive.clone())
        .map(|id| view! { <A href=address::backup(&id)><code>{id.clone()}</code></A> }.into_any());
    let begun = e.begun.map(|number| {
        view! { <A href=address::entry(number)>{(a.details)(&format::number(number))}</A> }.into_any()
    });
    let ended_at = end.as_ref().map(|end| format::exact(end.at, format::offset(end.at)));
    let notes = [Some(&e), end.as_ref()].into_iter().flatten().filter_map(|e| e.note.clone());
    let notes = notes.collect::<Vec<_>>().join(" · ");
    let mut pairs = vec![
        (a.when, text(Some(format::exact(e.at, offset))), None),
        (a.ended, text(ended_at), None),
        (a.operation, text(Some(operation(t, &e.operation))), Some(e.operation.to_string())),
        (a.outcome, Some(outcome), None),
        (a.failure, code(last.failure.map(|failure| failure.as_str().to_owned())), None),
        (a.who, text(Some(who)), None),
        (a.host, text(Some(e.actor.host.clone())), None),
        (a.origin, text(Some((a.origin_name)(e.origin).to_owned())), None),
        (a.reason, text(reason), None),
        (a.profile, text(e.profile.clone()), None),
        (a.archive, archive, None),
        (a.tables, text(Some(e.tables.join(", ")).filter(|tables| !tables.is_empty())), None),
        (a.target, code(e.target.clone()), None),
        (a.begun, begun, None),
        (a.note, (!notes.is_empty()).then(|| view! { <Verbatim text=notes/> }.into_any()), None),
    ];
    let figures: Vec<String> = last.figures.iter().map(|(name, n)| figure(t, name, *n)).collect();
    let raw: Vec<String> = last.figures.iter().map(|(name, n)| format!("{name} {n}")).collect();
    pairs.push((a.figures, text(Some(figures.join(" · ")).filter(|f| !f.is_empty())), Some(raw.join(" · "))));
    pairs.push((a.hash, Some(hashes), None));
    view! {
        <section class="card pad" id="audit-entry" aria-labelledby="audit-entry-title">
            <header class="row">
                <h2 id="audit-entry-title">{title}</h2>
                <button class="btn small" on:click=move |_| close.run(())>{a.close}</button>
            </header>
            {facts(pairs)}
        </section>
    }
}

/// A figure of the trail with its name. There is no closed list of them.
fn figure(t: &Texts, name: &str, n: u64) -> String {
    let value = match name.rsplit_once('_') {
        Some((_, "bytes")) => format::bytes(n),
        Some((_, "ms")) => format::duration_ms(n),
        _ => format::number(n),
    };
    format!("{} {value}", (t.audit.figure)(name).unwrap_or(name))
}
