//! What people did in the month: restores first, with who and why.

use aitta_model::{Deed, Operation, Review};
use leptos::prelude::*;
use leptos_router::components::A;

use crate::address;
use crate::components::badge::{Badge, Tone};
use crate::components::names;
use crate::format;
use crate::plain::named;
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
                <td class="what">{names::person(&deed.actor)}</td>
                <td class="what">{deed.reason.as_ref().map(|reason| named(&format::reason(t, &reason.to_string())))}</td>
                <td>{outcome}{took.map(|took| view! { " "<span class="muted">{took}</span> }.into_any())}</td>
            </tr>
        }
        .into_any()
    });
    let rows = rows.collect_view();
    let notes = [
        (!review.trail_intact).then(|| view! { <A href="/audit">{r.trail_altered}</A> }.into_any()),
        (review.unsigned_entries > 0)
            .then(|| view! { <A href="/audit">{(r.unsigned)(review.unsigned_entries)}</A> }.into_any()),
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

/// What has overwritten data before what has changed keys and guards, then deletions, then proofs, where there is no room
/// for everything; the newest first.
fn shown(mut deeds: Vec<Deed>) -> Vec<Deed> {
    let rank = |deed: &Deed| match deed.operation.known() {
        Some(Operation::Restore) if deed.proof => 3,
        Some(Operation::Restore) => 0,
        Some(Operation::Delete | Operation::Cleanup) => 2,
        _ => 1,
    };
    deeds.sort_by_key(rank);
    deeds.truncate(LINES);
    deeds.sort_by_key(|deed| std::cmp::Reverse(deed.entry));
    deeds
}

/// `Restore: Booking, User → carwash`
fn what(t: &'static Texts, deed: &Deed) -> String {
    if deed.operation != Operation::Restore {
        let name = names::operation(t, &deed.operation);
        return deed.archive.as_ref().map_or(name.clone(), |id| format!("{name}: {id}"));
    }
    let tables = names::tables(t, &deed.tables);
    match &deed.target {
        Some(target) if !deed.proof => (t.review.restored_into)(&tables, &named(target)),
        _ => (t.review.restored)(&tables),
    }
}

fn page(deed: &Deed) -> String {
    deed.run.map_or_else(|| address::entry(deed.entry), address::run)
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
            duration_ms: Some(6400),
            run: None,
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
    fn a_month_full_of_test_restores_hides_no_restore_and_no_change_of_a_key() {
        let mut deeds = vec![deed(1, Operation::Restore), deed(2, Operation::KeyDestroy)];
        deeds.extend((3..50).map(|entry| Deed { proof: true, ..deed(entry, Operation::Restore) }));
        deeds.reverse();
        let shown = shown(deeds);
        let entries: Vec<u64> = shown.iter().rev().take(2).map(|deed| deed.entry).collect();
        assert_eq!((shown.len(), entries), (LINES, vec![1, 2]));
    }

    #[test]
    fn names_of_others_turn_no_line_round_and_push_nothing_off_it() {
        let tables = vec!["Booking\u{202e}".to_owned(), "x".repeat(60_000)];
        let told = what(&EN, &Deed { tables, ..deed(1, Operation::Restore) });
        assert!(!told.contains('\u{202e}') && told.ends_with("→ db1/carwash"), "{told}");
        assert!(told.chars().count() < 300, "{told}");
        let posed = Actor { user: "mallory".to_owned(), admin: Some("Liisa".to_owned()), ..Actor::default() };
        assert_eq!(names::person(&posed), "mallory (Liisa)");
    }

    #[test]
    fn a_restore_says_what_went_where_and_a_proof_names_no_target() {
        assert_eq!(what(&EN, &deed(1, Operation::Restore)), "Restore: Booking, User → db1/carwash");
        let proof = Deed { proof: true, tables: Vec::new(), ..deed(1, Operation::Restore) };
        assert_eq!(what(&EN, &proof), format!("Restore: {}", EN.audit.all_tables));
        let deleted = Deed { archive: Some("backup-1-a".to_owned()), ..deed(1, Operation::Delete) };
        assert!(what(&EN, &deleted).ends_with(": backup-1-a"));
    }
}
