//! The proof of a restore: table by table, what was archived and what is there now.

use aitta_model::{RestoreMode, RestoreReport, Severity};
use leptos::prelude::*;
use leptos_router::components::A;

use crate::address;
use crate::components::badge::{Badge, Tone};
use crate::components::facts::facts;
use crate::components::findings::FindingWords;
use crate::components::icon::Icon;
use crate::format;
use crate::preferences::texts;
use crate::texts::Texts;

/// Where the data went, in words.
fn target(t: &Texts, mode: &RestoreMode) -> String {
    let r = &t.runs;
    match mode {
        RestoreMode::Swap { target, set_aside } => (r.swap)(target, set_aside),
        RestoreMode::Replace { target } => (r.replace)(target),
        RestoreMode::Create { target } => (r.create)(target),
        RestoreMode::Fill { target } => (r.fill)(target),
        RestoreMode::SideSchema { target, schema } => (r.side_schema)(target, schema),
    }
}

#[component]
pub(super) fn Proof(report: RestoreReport) -> impl IntoView {
    let t = texts();
    let r = &t.runs;
    let tables = report.proofs.len() as u64;
    let rows: u64 = report.proofs.iter().map(|p| p.target_rows).sum();
    let all = report.proofs.iter().all(aitta_model::TableProof::equal);
    let sum = all.then(|| (r.proofs_equal)(&(t.common.tables)(tables), &(t.common.rows)(rows)));
    let lines = report.proofs.into_iter().map(|proof| {
        let (tone, words) = if proof.equal() { (Tone::Ok, r.equal) } else { (Tone::Bad, r.different) };
        view! {
            <tr>
                <td class="name" title=proof.name.clone()>{proof.name.clone()}</td>
                <td class="n">{format::number(proof.archive_rows)}</td>
                <td class="n">{format::number(proof.target_rows)}</td>
                <td><span title=proof.target_digest><Badge tone words/></span></td>
            </tr>
        }
        .into_any()
    });
    let text = |text: String| Some(text.into_any());
    let safety = report.safety_archive.map(|id| {
        view! {
            <A href=address::backup(&id) attr:class="mono">{id.clone()}</A>
            <span class="xs muted block">{r.undo_hint}</span>
        }
        .into_any()
    });
    let read = format::read(t, report.read_bytes, report.archive_bytes);
    let exact = format!("{} B", format::number(report.read_bytes));
    let pairs = vec![
        (r.target, text(target(t, &report.mode)), None),
        (r.read, text(read), Some(exact)),
        (r.safety, safety, None),
    ];
    let findings = report.findings.into_iter().map(|finding| {
        let (class, icon) = match finding.severity {
            Severity::Info => ("note info", "info"),
            Severity::Warning | Severity::Blocker => ("note warn", "warning"),
        };
        view! {
            <div class=class>
                <Icon name=icon/>
                <div><FindingWords hint=finding.hint.clone() finding/></div>
            </div>
        }
        .into_any()
    });
    view! {
        <section class="card proofs" id="run-proofs">
            <header class="row"><h2>{r.proofs}</h2></header>
            {sum.map(|words| view! { <p class="verdict ok"><Icon name="check"/><span>{words}</span></p> }.into_any())}
            <div class="scroll" tabindex="0" role="region" aria-label=r.proofs>
                <table>
                    <thead><tr>
                        <th scope="col">{r.table}</th>
                        <th scope="col" class="n">{r.in_archive}</th>
                        <th scope="col" class="n">{r.in_target}</th>
                        <th scope="col">{r.digests}</th>
                    </tr></thead>
                    <tbody>{lines.collect_view()}</tbody>
                </table>
            </div>
            <div class="pad line-above">
                {facts(pairs)}
                {findings.collect_view()}
            </div>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::{EN, FI};

    #[test]
    fn every_way_of_a_restore_is_told() {
        let target_name = || "db/carwash".to_owned();
        let modes = [
            RestoreMode::Swap { target: target_name(), set_aside: "old".to_owned() },
            RestoreMode::Replace { target: target_name() },
            RestoreMode::Create { target: target_name() },
            RestoreMode::Fill { target: target_name() },
            RestoreMode::SideSchema { target: target_name(), schema: "s".to_owned() },
        ];
        for mode in modes {
            for t in [&EN, &FI] {
                assert!(target(t, &mode).starts_with("db/carwash, "));
            }
        }
    }
}
