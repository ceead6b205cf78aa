//! Which archive is meant.

use aitta_archive::ArchiveId;
use aitta_model::{ArchiveSelector, ErrorCode};

use crate::keys::KeyRing;
use crate::store::ARCHIVES;
use crate::{Context, Error, OpenArchive, Result};

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
            let near = near(wanted, &ids);
            let suggest = |error: Error| match near.is_empty() {
                true => error,
                false => error.hint_instead(format!("did you mean {}?", near.join(" or "))),
            };
            let id: ArchiveId = wanted.parse().map_err(|e| suggest(Error::from(e)))?;
            ids.retain(|other| *other == id);
            if ids.is_empty() {
                return Err(suggest(nothing_found(context, selector)));
            }
        }
        ArchiveSelector::Before(time) => {
            let limit = u64::try_from(time.as_millisecond()).unwrap_or(0);
            ids.retain(|id| id.created_ms() < limit);
        }
    }
    if ids.is_empty() { Err(nothing_found(context, selector)) } else { Ok(ids) }
}

/// The archive that is meant, for looking at it and checking it. `latest` and `before:` pass over the same
/// archives as a restore does, see `passed_over`; one that can't be opened is not passed over.
///
/// # Errors
/// `archive_not_found`, `config_invalid`, `store_*`.
pub async fn one(context: &Context, keys: &KeyRing, selector: &ArchiveSelector) -> Result<ArchiveId> {
    let ids = candidates(context, selector).await?;
    let own = own_database(context)?;
    for id in ids {
        if by_id(selector) {
            return Ok(id);
        }
        match OpenArchive::open(context.store.clone(), id, keys).await {
            Ok(archive) if passed_over(own.as_deref(), &archive).is_some() => {}
            // What is wrong with it is for the caller to find out and to tell.
            Ok(_) | Err(_) => return Ok(id),
        }
    }
    Err(nothing_found(context, selector))
}

/// The one with this id, by its name alone.
///
/// # Errors
/// `archive_not_found`, `store_*`.
pub async fn by_name(context: &Context, id: String) -> Result<ArchiveId> {
    let selector = ArchiveSelector::Id(id);
    let ids = candidates(context, &selector).await?;
    ids.first().copied().ok_or_else(|| nothing_found(context, &selector))
}

/// Whether one archive is named, which is then taken whatever is in it.
pub(crate) fn by_id(selector: &ArchiveSelector) -> bool {
    matches!(selector, ArchiveSelector::Id(_))
}

/// The name of the profile's database. A profile without a database can't tell.
///
/// # Errors
/// `config_invalid`.
pub(crate) fn own_database(context: &Context) -> Result<Option<String>> {
    context.profile.database_url.as_ref().map(|_| context.source().map(|s| s.database())).transpose()
}

/// Why `latest` and `before:` pass an archive over, if they do: profiles may share a store, and safety
/// archives hold what a restore has overwritten, which is mostly the damage.
pub(crate) fn passed_over(own: Option<&str>, archive: &OpenArchive) -> Option<&'static str> {
    if archive.manifest().kind == "safety" {
        return Some("it is a safety archive of what a restore has overwritten");
    }
    let of_another = own.is_some_and(|own| own != archive.manifest().source.database);
    of_another.then_some("it is of another database")
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

/// Ids that may have been meant: with the same beginning, or with a few characters wrong.
fn near(wanted: &str, ids: &[ArchiveId]) -> Vec<String> {
    const WRONG: usize = 3;
    /// Any id has this much in common with any other.
    const COMMON: usize = "backup-1".len();
    let score = |id: &String| match wanted.len() > COMMON && id.starts_with(wanted) {
        true => Some(0),
        false => Some(strsim::levenshtein(wanted, id)).filter(|wrong| *wrong <= WRONG),
    };
    let ids = ids.iter().map(ToString::to_string);
    let mut near: Vec<(usize, String)> = ids.filter_map(|id| Some((score(&id)?, id))).collect();
    near.sort_by_key(|(score, _)| *score);
    near.into_iter().take(3).map(|(_, id)| id).collect()
}
