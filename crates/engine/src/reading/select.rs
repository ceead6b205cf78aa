//! Which archive is meant.

use aitta_archive::ArchiveId;
use aitta_model::{ArchiveSelector, BackupKind, Command, ErrorCode};

use crate::keys::KeyRing;
use crate::reading::OpenArchive;
use crate::store::ARCHIVES;
use crate::store::id_of;
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

/// The archive that is meant, for showing and checking it. `latest` and `before:` pass over the same archives as a
/// restore does, see `passed_over`, but not over one that can't be opened.
///
/// # Errors
/// `archive_not_found`, `config_invalid`, `store_*`.
pub async fn one(context: &Context, keys: &KeyRing, selector: &ArchiveSelector) -> Result<ArchiveId> {
    let ids = candidates(context, selector).await?;
    let own = own_database(context)?;
    let mut passed = Vec::new();
    for id in ids {
        if by_id(selector) {
            return Ok(id);
        }
        match OpenArchive::open(context.store.clone(), id, keys).await.map(|a| passed_over(own.as_ref(), &a))
        {
            Ok(Some(why)) => passed.push((id, why)),
            // The caller finds out what is wrong with it.
            Ok(None) | Err(_) => return Ok(id),
        }
    }
    Err(nothing_left(context, selector, &passed))
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

/// The profile's database.
pub(crate) struct Own {
    pub(crate) database: String,
    place: String,
}

impl Own {
    /// What the archive is of, if it is not of this database: in words.
    pub(crate) fn other(&self, archive: &OpenArchive) -> Option<String> {
        let source = &archive.manifest().source;
        let there = source.place.as_ref().is_none_or(|place| *place == self.place);
        let place = source.place.as_ref().map_or(String::new(), |place| format!(" at {place}"));
        (source.database != self.database || !there)
            .then(|| format!("of the database {:?}{place}", source.database))
    }
}

/// The profile's database, as archives name it. A profile without a database can't tell.
///
/// # Errors
/// `config_invalid`.
pub(crate) fn own_database(context: &Context) -> Result<Option<Own>> {
    let own = |source: std::sync::Arc<dyn crate::source::Source>| Own {
        database: source.database(),
        place: source.place(),
    };
    context.profile.database_url.as_ref().map(|_| context.source().map(own)).transpose()
}

/// Why `latest` and `before:` pass an archive over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// It holds what a restore has overwritten, which is mostly the damage.
    Safety,
    /// Profiles may share a store: of which database it is, in words.
    Another(String),
    /// It doesn't hold all that is asked for.
    Partial,
}

/// Whether `latest` and `before:` pass an archive over for every request.
pub(crate) fn passed_over(own: Option<&Own>, archive: &OpenArchive) -> Option<Why> {
    if archive.manifest().kind == BackupKind::Safety.as_str() {
        return Some(Why::Safety);
    }
    own.and_then(|own| own.other(archive)).map(Why::Another)
}

/// All were passed over: when one is of another database, that may be what was meant after a move.
pub(crate) fn nothing_left(
    context: &Context,
    selector: &ArchiveSelector,
    passed: &[(ArchiveId, Why)],
) -> Error {
    let error = nothing_found(context, selector);
    let other = passed.iter().find_map(|(id, why)| match why {
        Why::Another(what) => Some((id, what)),
        Why::Safety | Why::Partial => None,
    });
    match other {
        Some((id, what)) => error.hint_instead(format!(
            "there is {id}, {what}: if that is meant, after a move or on a new server, name it by its id"
        )),
        None => error,
    }
}

/// No archive fits.
#[must_use]
pub fn nothing_found(context: &Context, selector: &ArchiveSelector) -> Error {
    let place = context.store.location();
    let (message, hint) = match selector {
        ArchiveSelector::Latest => (
            format!("there is no archive in {place} that fits"),
            format!("make one with {backup_create}", backup_create = Command::BackupCreate),
        ),
        ArchiveSelector::Id(id) => (
            format!("there is no archive {id} in {place}"),
            format!("{backup_list} shows what is there", backup_list = Command::BackupList),
        ),
        ArchiveSelector::Before(time) => (
            format!("there is no archive from before {time} in {place} that fits"),
            format!(
                "{backup_list} shows what is there; times are in UTC unless they carry a zone",
                backup_list = Command::BackupList
            ),
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
