//! What the rules mean for each archive, for people: nothing is done.

use std::collections::HashMap;

use aitta_model::{Foreseen, HeldArchive, Judged, PruneRequest, RetentionOutlook};

use super::{holds, prune, put_away};
use crate::catalog::moment;
use crate::{Context, Result, Silent};

/// What a prune would do now, and what becomes of each archive of the first store.
///
/// # Errors
/// `config_invalid` for a profile without a database, `catalog_failed`. What fails in a store is in the report.
pub async fn outlook(context: &Context) -> Result<RetentionOutlook> {
    let now = context.clock.now();
    let request = PruneRequest { dry_run: true, ..PruneRequest::default() };
    let mut report = prune(context, request, &Silent).await?;
    let fates = report.places.first_mut().map(|place| std::mem::take(&mut place.fates)).unwrap_or_default();
    if fates.is_empty() {
        return Ok(RetentionOutlook { now, report, archives: Vec::new() });
    }
    let mut holds_of: HashMap<String, Vec<HeldArchive>> = HashMap::new();
    for held in holds(context).await? {
        holds_of.entry(moment(&held.archive).to_owned()).or_default().push(held);
    }
    let mut entered = context.catalog.archives(&context.store.location()).await?;
    let mut away: HashMap<String, _> =
        put_away(context).await?.into_iter().map(|away| (away.id.clone(), away)).collect();
    let mut archives: Vec<Foreseen> = fates
        .into_iter()
        .filter_map(|Judged { id, fate }| {
            // Gone since it was judged.
            let archive = entered.remove(&id)?.summary?;
            let holds = holds_of.get(moment(&id)).cloned().unwrap_or_default();
            Some(Foreseen { archive, fate, put_away: away.remove(&id), holds })
        })
        .collect();
    archives.sort_by(|a, b| (b.archive.created, &b.archive.id).cmp(&(a.archive.created, &a.archive.id)));
    Ok(RetentionOutlook { now, report, archives })
}
