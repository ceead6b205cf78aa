//! All of one entry.

use aitta_model::AuditRecord;
use leptos::prelude::*;
use leptos_router::components::A;

use super::names::{self, operation};
use crate::address;
use crate::components::facts::facts;
use crate::format;
use crate::preferences::texts;

#[component]
pub(super) fn Details(record: AuditRecord) -> impl IntoView {
    let t = texts();
    let a = &t.audit;
    let e = record.entry;
    let text = |text: Option<String>| text.map(|text| text.into_any());
    let code = |text: Option<String>| text.map(|text| view! { <code>{text}</code> }.into_any());
    let offset = format::offset(e.at);
    let outcome = match &e.outcome {
        Some(outcome) => names::outcome(t, outcome),
        None => (a.stage)(e.stage).into_any(),
    };
    let who = match &e.actor.admin {
        Some(admin) => format!("{} ({admin})", e.actor.user),
        None => e.actor.user.clone(),
    };
    let reason = e.reason.as_ref().map(|reason| {
        let code = (t.guard.code_name)(reason.code);
        if reason.text.is_empty() { code.to_owned() } else { format!("{code}: {}", reason.text) }
    });
    let archive = e
        .archive
        .clone()
        .map(|id| view! { <A href=address::backup(&id)><code>{id.clone()}</code></A> }.into_any());
    let begun = e.begun.map(|number| {
        view! { <A href=format!("/audit?entry={number}")>{(a.details)(&format::number(number))}</A> }
            .into_any()
    });
    let mut pairs = vec![
        (a.when, text(Some(format::exact(e.at, offset))), None),
        (a.operation, text(Some(operation(t, &e.operation))), Some(e.operation.to_string())),
        (a.outcome, Some(outcome), None),
        (a.failure, code(e.failure.map(|failure| failure.as_str().to_owned())), None),
        (a.who, text(Some(who)), None),
        (a.host, text(Some(e.actor.host.clone())), None),
        (a.origin, text(Some((a.origin_name)(e.origin).to_owned())), None),
        (a.reason, text(reason), None),
        (a.profile, text(e.profile.clone()), None),
        (a.archive, archive, None),
        (a.tables, text(Some(e.tables.join(", ")).filter(|tables| !tables.is_empty())), None),
        (a.target, code(e.target.clone()), None),
        (a.begun, begun, None),
        (a.note, text(e.note.clone()), None),
    ];
    // Names of figures are those of the trail; there is no closed list of them.
    let figures = e.figures.iter().map(|(name, n)| format!("{name} {}", format::number(*n)));
    let figures: Vec<String> = figures.collect();
    pairs.push((a.figures, text(Some(figures.join(" · ")).filter(|f| !f.is_empty())), None));
    pairs.push((a.hash, code(Some(record.hash)), None));
    view! {
        <section class="card pad" id="audit-entry" aria-labelledby="audit-entry-title">
            <header class="row">
                <h2 id="audit-entry-title">{(a.details)(&format::number(e.entry))}</h2>
                <A href="/audit" attr:class="small">{a.close}</A>
            </header>
            {facts(pairs)}
        </section>
    }
}
