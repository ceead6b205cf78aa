//! Applying the rules now. What asks before it goes asks for a reason here, and for the second factor where there is one.

use aitta_model::{Guarded, PruneBlock, PruneReport, PruneRequest, PrunedPlace, ReasonCode};
use leptos::html;
use leptos::prelude::*;

use super::blocks::blocks;
use super::coming::next_prune;
use super::known::{Chosen, Known};
use crate::api::api;
use crate::components::dialog;
use crate::components::guarded::{GuardedFields, GuardedForm};
use crate::components::live::live;
use crate::format;
use crate::preferences::texts;

/// Whether somebody can agree to what is in the way.
fn can_be_agreed(block: &PruneBlock) -> bool {
    matches!(block, PruneBlock::TooMany { .. } | PruneBlock::LooserRules | PruneBlock::ClockJumped)
}

/// Whether a prune can do something now.
fn is_offered(known: &Known) -> bool {
    !known.entries.is_empty() && known.blocked.iter().all(can_be_agreed)
}

#[component]
pub(super) fn PruneButton(chosen: Chosen) -> impl IntoView {
    let a = &texts().automation;
    let offered = Memo::new(move |_| chosen.known.with(|known| known.as_ref().is_some_and(is_offered)));
    let open = RwSignal::new(None::<Known>);
    let element = NodeRef::<html::Dialog>::new();
    let show = move |_| {
        chosen.outcome.set(None);
        open.set(chosen.known.get_untracked());
        dialog::show(element);
    };
    let close = Callback::new(move |()| dialog::close(element));
    view! {
        {live(move || offered.get().then(|| view! {
            <button id="automation-prune" type="button" class="btn" aria-haspopup="dialog" on:click=show>
                {a.prune}
            </button>
        }.into_any()))}
        <dialog
            node_ref=element class="ask fate-of" id="automation-prune-dialog" aria-labelledby="automation-prune-title"
            on:close=move |_| open.set(None)
        >
            {live(move || open.get().map(|known| view! { <Ask known chosen close/> }.into_any()))}
        </dialog>
    }
}

#[component]
fn Ask(known: Known, chosen: Chosen, close: Callback<()>) -> impl IntoView {
    let t = texts();
    let a = &t.automation;
    let agreed = !known.blocked.is_empty();
    let guarded = if agreed {
        let guarded = GuardedForm::with_code(Guarded::Delete);
        guarded.begin();
        guarded
    } else {
        let guarded = GuardedForm::with_reason();
        guarded.because(ReasonCode::Routine, "");
        guarded
    };
    let going = next_prune(&known.entries, known.here.now);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let ask = |reason, mfa| api().prune(PruneRequest { dry_run: false, agreed, reason, mfa });
        guarded.send(ask, move |report: PruneReport| {
            close.run(());
            let sum = |count: fn(&PrunedPlace) -> u64| report.places.iter().map(count).sum();
            let (away, deleted, freed): (u64, u64, u64) = (
                sum(|place| place.put_away.len() as u64),
                sum(|place| place.deleted.len() as u64),
                sum(|place| place.freed_bytes),
            );
            let words = match (away, deleted) {
                (0, 0) => a.pruned_none.to_owned(),
                _ => (a.pruned)(away, deleted, &format::bytes(freed)),
            };
            chosen.done(words, report.failure().cloned());
        });
    };
    let go = if agreed { a.prune_anyway } else { a.prune_go };
    let class = if agreed || going.deleted > 0 { "btn danger-fill" } else { "btn primary" };
    view! {
        <form on:submit=submit>
            <h2 id="automation-prune-title">{a.prune_title}</h2>
            <p>{(a.prune_what)(going.put_away, going.deleted)}</p>
            {blocks(t, &known.blocked)}
            <GuardedFields id="automation-prune" form=guarded/>
            <div class="buttons">
                <button type="button" class="btn" on:click=move |_| close.run(())>{t.common.cancel}</button>
                <button id="automation-prune-go" class=class disabled=move || !guarded.is_ready()>{go}</button>
            </div>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_somebody_may_decide_can_be_agreed_to() {
        let share = PruneBlock::TooMany { going: 4, of: 9, share: 0.3 };
        for block in [share, PruneBlock::LooserRules, PruneBlock::ClockJumped] {
            assert!(can_be_agreed(&block), "{block:?}");
        }
        for block in [
            PruneBlock::Overdue,
            PruneBlock::ListIncomplete,
            PruneBlock::SameId,
            PruneBlock::NewestDamaged,
            PruneBlock::NothingVerified,
        ] {
            assert!(!can_be_agreed(&block), "{block:?}");
        }
    }
}
