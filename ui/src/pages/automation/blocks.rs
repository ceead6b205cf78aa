//! What keeps a prune from removing anything.

use aitta_model::PruneBlock;
use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::texts::Texts;

/// What is in the way, each with what to do about it.
pub(super) fn blocks(t: &'static Texts, blocks: &[PruneBlock]) -> AnyView {
    let block = |block: &PruneBlock| {
        let (fact, remedy) = (t.automation.block)(block);
        view! {
            <div class="note warn block-of">
                <Icon name="warning"/>
                <div><p class="fact">{fact}</p><p>{remedy}</p></div>
            </div>
        }
        .into_any()
    };
    blocks.iter().map(block).collect::<Vec<_>>().into_any()
}
