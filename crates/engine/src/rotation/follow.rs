//! Copies of archives that were written anew.
//!
//! The first store has them under new ids. A further store gets those, read back, and only then deletes what they were
//! made from: with the same ids a restore finds the copies, and a deletion removes them.

use std::collections::BTreeSet;

use aitta_archive::ArchiveId;
use aitta_base::amount;
use aitta_store::{StoreErrorKind, archive_name};
use futures::stream::{self, StreamExt};

use super::reencrypt;
use super::route::Route;
use crate::reading::{OpenArchive, earlier, select};
use crate::{Context, Error, Progress, Result, copies};

/// Brings to a further store what was written anew, and removes there what it was made from. Does nothing where nothing
/// of that kind is left, and can be done again after an interruption. Returns what is worth knowing.
///
/// # Errors
/// `archive_*`, `store_*`, `catalog_failed`, `cancelled`: what was there before is still there then.
pub(super) async fn follow(
    context: &Context,
    place: &Context,
    route: &Route,
    progress: &dyn Progress,
) -> Result<Option<String>> {
    let here: BTreeSet<ArchiveId> = select::ids(context).await?.into_iter().collect();
    let there = select::ids(place).await?;
    let only_there: BTreeSet<ArchiveId> = there.into_iter().filter(|id| !here.contains(id)).collect();
    if only_there.is_empty() {
        return Ok(None);
    }
    let mut locked = 0;
    for (id, from) in made_from(context, place, route, here, &only_there).await {
        if context.cancel.is_cancelled() {
            return Err(Error::cancelled());
        }
        copies::ensure(context, place, &route.to, id, progress).await?;
        match place.store.check_deletable(&archive_name(&from)).await {
            Ok(()) => reencrypt::remove(place, &from).await?,
            Err(e) if e.kind == StoreErrorKind::Locked => locked += 1,
            Err(e) => return Err(e.into()),
        }
    }
    Ok((locked > 0).then(|| {
        format!(
            "{} of what was there before {} locked by the store, and stays beside the copies: delete it when the \
             retention has ended",
            amount::count(locked, "archive"),
            if locked == 1 { "is" } else { "are" }
        )
    }))
}

/// The archives of the first store that were made from one of these, with its id.
async fn made_from(
    context: &Context,
    place: &Context,
    route: &Route,
    here: BTreeSet<ArchiveId>,
    only_there: &BTreeSet<ArchiveId>,
) -> Vec<(ArchiveId, String)> {
    let mut opening = stream::iter(here)
        .map(async |id| OpenArchive::open(context.store.clone(), id, &route.to).await)
        .buffer_unordered(super::AT_ONCE);
    let mut found = Vec::new();
    while let Some(opened) = opening.next().await {
        // An archive that can't be opened is in the report already.
        let Ok(archive) = opened else { continue };
        let before = earlier(place, &route.ring, &archive, only_there).await;
        found.extend(before.into_iter().map(|from| (archive.id(), from.to_string())));
    }
    found
}
