//! Which archive is meant.

use aitta_archive::ArchiveId;
use aitta_model::{ArchiveSelector, ErrorCode};

use crate::store::ARCHIVES;
use crate::{Context, Error, Result};

/// The ids of all archives of the store, newest first. Files with other names are passed over.
///
/// # Errors
/// `store_*` when the store can't be listed.
pub async fn ids(context: &Context) -> Result<Vec<ArchiveId>> {
    let mut ids: Vec<ArchiveId> =
        context.store.list(ARCHIVES).await?.iter().filter_map(|object| id_of(&object.name)).collect();
    ids.sort_unstable_by(|a, b| b.cmp(a));
    Ok(ids)
}

/// The archive that an object holds, by its name.
#[must_use]
pub fn id_of(object_name: &str) -> Option<ArchiveId> {
    object_name.strip_prefix(ARCHIVES)?.strip_suffix(".backup")?.parse().ok()
}

/// All archives that fit, the best first.
///
/// # Errors
/// `archive_not_found` when there is none, `store_*`.
pub async fn candidates(context: &Context, selector: &ArchiveSelector) -> Result<Vec<ArchiveId>> {
    let mut ids = ids(context).await?;
    match selector {
        ArchiveSelector::Latest => {}
        ArchiveSelector::Id(wanted) => {
            let wanted: ArchiveId = wanted.parse()?;
            ids.retain(|id| *id == wanted);
        }
        ArchiveSelector::Before(time) => {
            let limit = u64::try_from(time.as_millisecond()).unwrap_or(0);
            ids.retain(|id| id.created_ms() < limit);
        }
    }
    if ids.is_empty() { Err(nothing_found(context, selector)) } else { Ok(ids) }
}

/// The best archive that fits.
///
/// # Errors
/// `archive_not_found`, `store_*`.
pub async fn one(context: &Context, selector: &ArchiveSelector) -> Result<ArchiveId> {
    let ids = candidates(context, selector).await?;
    ids.first().copied().ok_or_else(|| nothing_found(context, selector))
}

/// No archive fits.
#[must_use]
pub fn nothing_found(context: &Context, selector: &ArchiveSelector) -> Error {
    let place = context.store.location();
    let (message, hint) = match selector {
        ArchiveSelector::Latest => {
            (format!("there is no archive in {place} that fits"), "make one with `aitta backup create`")
        }
        ArchiveSelector::Id(id) => {
            (format!("there is no archive {id} in {place}"), "`aitta backup list` shows what is there")
        }
        ArchiveSelector::Before(time) => (
            format!("there is no archive from before {time} in {place} that fits"),
            "`aitta backup list` shows what is there; times are in UTC unless they carry a zone",
        ),
    };
    Error::new(ErrorCode::ArchiveNotFound, message, hint)
}
