//! What people did in the month: restores first, with who and why.

use aitta_model::{Deed, Operation, Review};
use leptos::prelude::*;
use leptos_router::components::A;

use crate::address;
use crate::components::badge::{Badge, Tone};
use crate::components::names;
use crate::format;
use crate::preferences::texts;
use crate::texts::Texts;

/// Lines of the page that is printed.
const LINES: usize = 8;

#[component]
pub(super) fn Deeds(review: Review) -> impl IntoView {
    let t = texts();
    let r = &t.review;
    let now = review.now;
    let more = review.deeds.len().saturating_sub(LINES);
    let rows = shown(review.deeds).into_iter().map(|deed| {
        let offset = format::offset(deed.at);
        let outcome = match &deed.outcome {
            Some(outcome) => names::outcome(t, outcome),
            None => view! { <span class="muted">{t.common.unknown}</span> }.into_any(),
        };
        let took = deed.duration_ms.filter(|_| deed.operation == Operation::Restore).map(format::duration_ms);
        view! {
            <tr>
                <td class="when" title=format::exact(deed.at, offset)>
                    <A href=page(&deed)>{format::time(t, deed.at, now, offset)}</A>
                </td>
                <td class="what">{what(t, &deed)}{deed.proof.then(|| view! { " "<Badge tone=Tone::Info words=r.proof/> }.into_any())}</td>
                <td class="what">{who(&deed)}</td>
                <td class="what">{deed.reason.as_ref().map(|reason| format::reason(t, &reason.to_string()))}</td>
                <td>{outcome}{took.map(|took| view! { " "<span class="muted">{took}</span> }.into_any())}</td>
            </tr>
        }
        .into_any()
    });
    let rows = rows.collect_view();
    let notes = [
        (!review.trail_intact).then(|| view! { <A href="/audit">{r.trail_altered}</A> }.into_any()),
        (review.refused_codes > 0).then(|| {
            view! { <A href="/audit?operation=mfa_refused">{(r.refused_codes)(review.refused_codes)}</A> }
                .into_any()
        }),
        (more > 0).then(|| view! { <A href="/audit">{(r.more_deeds)(more)}</A> }.into_any()),
    ];
    let notes = notes.into_iter().flatten().map(|note| view! { <p class="pad xs">{note}</p> }.into_any());
    view! {
        <section class="card deeds">
            <header class="row"><h2>{r.deeds}</h2></header>
            {if rows.is_empty() {
                view! { <p class="pad muted">{r.no_deeds}</p> }.into_any()
            } else {
                view! {
                    <table class="dense">
                        <thead><tr>
                            <th>{r.when}</th><th>{r.what}</th><th>{r.who}</th><th>{r.reason}</th><th>{r.outcome}</th>
                        </tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                }.into_any()
            }}
            {notes.collect_view()}
        </section>
    }
}

/// Restores before all others, where there is no room for everything; the newest first.
fn shown(deeds: Vec<Deed>) -> Vec<Deed> {
    let (restores, others): (Vec<Deed>, Vec<Deed>) =
        deeds.into_iter().partition(|deed| deed.operation == Operation::Restore);
    let mut shown: Vec<Deed> = restores.into_iter().chain(others).take(LINES).collect();
    shown.sort_by_key(|deed| std::cmp::Reverse(deed.entry));
    shown
}

/// `Restore: Booking, User → carwash`
fn what(t: &'static Texts, deed: &Deed) -> String {
    if deed.operation != Operation::Restore {
        return names::operation(t, &deed.operation);
    }
    let tables = match deed.tables.as_slice() {
        [] => t.audit.all_tables.to_owned(),
        tables => tables.join(", "),
    };
    match &deed.target {
        Some(target) if !deed.proof => (t.review.restored_into)(&tables, target),
        _ => (t.review.restored)(&tables),
    }
}

/// The name of the admin, where it is configured.
fn who(deed: &Deed) -> String {
    deed.actor.admin.clone().unwrap_or_else(|| deed.actor.user.clone())
}

fn page(deed: &Deed) -> String {
    deed.run.map_or_else(|| format!("/audit?entry={}", deed.entry), address::run)
}

#[cfg(test)]
mod tests {
    use aitta_model::{Actor, RunOutcome, Timestamp, Word};

    use super::*;
    use crate::texts::EN;

    fn deed(entry: u64, operation: Operation) -> Deed {
        Deed {
            entry,
            at: Timestamp::UNIX_EPOCH,
            operation: operation.into(),
            actor: Actor { user: "aino".to_owned(), ..Actor::default() },
            reason: None,
            archive: None,
            tables: vec!["Booking".to_owned(), "User".to_owned()],
            target: Some("db1/carwash".to_owned()),
            outcome: Some(Word::from(RunOutcome::Succeeded)),
            failure: None,
            duration_ms: Some(6400),
            run: None,
            whole: false,
            proof: false,
        }
    }

    #[test]
    fn a_month_full_of_deletions_hides_no_restore() {
        let mut deeds = vec![deed(1, Operation::Restore)];
        deeds.extend((2..50).map(|entry| deed(entry, Operation::Delete)));
        deeds.reverse();
        let shown = shown(deeds);
        assert_eq!(shown.len(), LINES);
        assert_eq!(shown.last().map(|deed| deed.entry), Some(1));
        assert_eq!(shown[0].entry, 49);
    }

    #[test]
    fn a_restore_says_what_went_where_and_a_proof_names_no_target() {
        assert_eq!(what(&EN, &deed(1, Operation::Restore)), "Restore: Booking, User → db1/carwash");
        let proof = Deed { proof: true, tables: Vec::new(), ..deed(1, Operation::Restore) };
        assert_eq!(what(&EN, &proof), format!("Restore: {}", EN.audit.all_tables));
    }
}
