//! Archives that were stored once and are not in the store any more.

use std::collections::HashSet;

use aitta_archive::ArchiveId;
use aitta_model::{ArchiveSelector, ArchiveSummary, BackupKind};

use super::select;
use crate::catalog::Named;
use crate::{Context, Result};

/// What is in a store, to look up what is not.
pub(crate) struct There(HashSet<u64>);

impl There {
    pub(crate) fn of(ids: impl IntoIterator<Item = ArchiveId>) -> Self {
        Self(ids.into_iter().map(|id| id.created_ms()).collect())
    }

    /// Encrypted anew elsewhere, a backup has another id and the same moment.
    pub(crate) fn has(&self, id: ArchiveId) -> bool {
        self.0.contains(&id.created_ms())
    }
}

/// Archives that were entered once and are not in the store that has `there`, newest first.
async fn entered(context: &Context, there: &[ArchiveId]) -> Result<Vec<(ArchiveId, ArchiveSummary)>> {
    let mut gone = entered_but(context, &There::of(there.iter().copied())).await?;
    // Entered since the store was listed, by another process, an archive is not gone.
    if !gone.is_empty() {
        let now = There::of(select::ids(context).await?);
        gone.retain(|(id, _)| !now.has(*id));
    }
    Ok(gone)
}

async fn entered_but(context: &Context, there: &There) -> Result<Vec<(ArchiveId, ArchiveSummary)>> {
    let known = context.catalog.archives(&context.store.location()).await?;
    let entered = known.into_values().filter_map(|entry| entry.summary);
    let named = entered.filter_map(|summary| Some((summary.id.parse::<ArchiveId>().ok()?, summary)));
    let mut gone: Vec<_> = named.filter(|(id, _)| !there.has(*id)).collect();
    gone.sort_unstable_by_key(|(id, _)| std::cmp::Reverse(*id));
    Ok(gone)
}

/// The ids of all that are gone, newest first.
///
/// # Errors
/// `store_*`, `catalog_failed`.
pub(crate) async fn all(context: &Context, there: &[ArchiveId]) -> Result<Vec<ArchiveId>> {
    Ok(entered(context, there).await?.into_iter().map(|(id, _)| id).collect())
}

/// Ids of whole archives of the profile's database that are gone and newer than the one that is `taken`, if any, newest
/// first: the selector would have meant one of them. Empty where it names an archive.
///
/// # Errors
/// `config_invalid`, `store_*`, `catalog_failed`.
pub(crate) async fn newer(
    context: &Context,
    selector: &ArchiveSelector,
    there: &[ArchiveId],
    taken: Option<ArchiveId>,
) -> Result<Vec<ArchiveId>> {
    let until = match selector {
        ArchiveSelector::Id(_) => return Ok(Vec::new()),
        ArchiveSelector::Latest => u64::MAX,
        ArchiveSelector::Before(time) => u64::try_from(time.as_millisecond()).unwrap_or(0),
    };
    let from = taken.map_or(0, |taken| taken.created_ms() + 1);
    let own = context.own()?;
    let is_meant = |id: ArchiveId, archive: &ArchiveSummary| {
        archive.complete == Some(true)
            && (from..until).contains(&id.created_ms())
            && archive.kind.as_ref().is_none_or(|kind| *kind != BackupKind::Safety)
            && own.as_ref().is_none_or(|own| own.is(&Named::from(archive)))
    };
    let gone = entered(context, there).await?;
    Ok(gone.into_iter().filter(|(id, archive)| is_meant(*id, archive)).map(|(id, _)| id).collect())
}
