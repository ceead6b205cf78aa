//! What is known of copies, without asking any store.

use std::collections::{BTreeSet, HashSet};

use aitta_model::{Action, ArchiveState, ArchiveSummary, Command, CopyState, ErrorCode, Failure, WholeCopy};

use crate::catalog::{CatalogEntry, Named, state};
use crate::{Context, Error, Result};

/// Of each of these archives the first copy that was whole when it was last looked at, as far as there is one. No store
/// is asked.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn whole(context: &Context, ids: &[String]) -> Result<Vec<WholeCopy>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut known = Vec::new();
    for place in context.copies() {
        let location = place.store.location();
        let archives = context.catalog.archives(&location).await?;
        known.push((place.profile.copy, location, archives));
    }
    let first_whole = |id: &String| {
        known.iter().find_map(|(copy, location, archives)| {
            let entry = archives.get(id).filter(|entry| entry.summary.is_some())?;
            match state(&entry.evidence) {
                ArchiveState::Verified(at) | ArchiveState::Restored(at) => {
                    Some(WholeCopy { id: id.clone(), copy: *copy, location: location.clone(), at })
                }
                _ => None,
            }
        })
    };
    Ok(ids.iter().filter_map(first_whole).collect())
}

/// Backups of the whole database of this profile that further stores were seen to have whole, without those of these ids.
/// No store is asked.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn elsewhere(context: &Context, present: &HashSet<&str>) -> Result<u64> {
    let Some(own) = context.own().ok().flatten() else { return Ok(0) };
    let mut found = BTreeSet::new();
    for place in context.copies() {
        for (id, entry) in context.catalog.archives(&place.store.location()).await? {
            let is_whole =
                matches!(state(&entry.evidence), ArchiveState::Verified(_) | ArchiveState::Restored(_));
            let is_ours =
                |archive: &ArchiveSummary| archive.complete == Some(true) && own.is(&Named::from(archive));
            if is_whole && entry.summary.as_ref().is_some_and(is_ours) && !present.contains(id.as_str()) {
                found.insert(id);
            }
        }
    }
    Ok(found.len() as u64)
}

/// The newest archive of a further store that was damaged when it was last looked at. It is made anew only after
/// somebody has deleted it. No store is asked.
///
/// # Errors
/// `catalog_failed`.
pub async fn damaged(place: &Context) -> Result<Option<Failure>> {
    let location = place.store.location();
    let archives = place.catalog.archives(&location).await?;
    let is_damaged = |entry: &CatalogEntry| matches!(state(&entry.evidence), ArchiveState::Damaged(_));
    let damaged: Vec<&String> = archives.iter().filter(|(_, e)| is_damaged(e)).map(|(id, _)| id).collect();
    let Some(newest) = damaged.iter().max() else { return Ok(None) };
    let message = match damaged.len() {
        1 => format!("{newest} is damaged in {location}"),
        n => format!("{n} archives are damaged in {location}, the newest is {newest}"),
    };
    let hint = way_out(place, newest).await?.unwrap_or_default();
    Ok(Some(Error::new(ErrorCode::ArchiveDamaged, message, hint).failure()))
}

/// What to do about a damaged archive of this store; absent where its own hint is the best advice.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn way_out(context: &Context, id: &str) -> Result<Option<String>> {
    let own = context.profile.copy;
    if own > 0 {
        return Ok(Some(format!(
            "see whether the first store has it whole, with {verify}; then take this copy away with \
             {delete}, and {store_copy} makes it anew",
            verify = Action::verify(None, id),
            delete = Action::delete(Some(own), id),
            store_copy = Command::StoreCopy
        )));
    }
    let known = whole(context, &[id.to_owned()]).await?.pop();
    Ok(known.map(|WholeCopy { copy, location, at, .. }| {
        let day = at.strftime("%Y-%m-%d");
        format!(
            "its copy in {location} was whole on {day}: restore from that with {restore}; to have it back \
             here, move the damaged file out of the store and run {store_copy} ({backup_delete} would \
             delete the copies too)",
            restore = Action::RestoreCopy { copy, id: id.to_owned() },
            store_copy = Command::StoreCopy,
            backup_delete = Command::BackupDelete
        )
    }))
}

/// What is known of the copies of an archive. No store is asked.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn states(context: &Context, id: &str) -> Result<Vec<CopyState>> {
    let mut states = Vec::new();
    for place in context.copies() {
        let location = place.store.location();
        let entry = context.catalog.archives(&location).await?.remove(id);
        let known = entry.filter(|entry| entry.summary.is_some()).map(|entry| state(&entry.evidence));
        states.push(CopyState { location, state: known });
    }
    Ok(states)
}
