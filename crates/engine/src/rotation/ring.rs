//! What becomes of the keys at the end of a rotation.

use aitta_keys as keys;
use aitta_model::Command;
use jiff::Timestamp;

use crate::{Context, Result, custody};

/// Notes from when on keys that no archive needs any more may be destroyed. A day that was noted before stays, however
/// often a rotation is found complete. Keys of the environment have it in the catalog alone, since the person who sets
/// the variables decides.
///
/// # Errors
/// `catalog_failed`, `keychain_unavailable`, `key_wrong`.
pub(super) async fn retired(context: &Context, ids: &[String], destroyable_from: Timestamp) -> Result<()> {
    let profile = &context.profile.name;
    context.catalog.note_destroyable(profile, ids, destroyable_from).await?;
    for id in ids {
        if let Some(from) = context.catalog.destroyable_from(profile, id).await? {
            custody::retire_after_rotation(context, id, from).await?;
        }
    }
    Ok(())
}

/// Makes the key active that archives were moved to: after a rotation that was rolled back it is one that was retired,
/// and may not be destroyed any more. For keys of the environment only the variables say which one is active.
///
/// # Errors
/// `catalog_failed`, `keychain_unavailable`, `key_wrong`, `key_missing`.
pub(super) async fn reactivated(context: &Context, id: &str) -> Result<()> {
    context.catalog.forget_destroyable(&context.profile.name, id).await?;
    match custody::own_vault(context) {
        Ok(_) => custody::make_active(context, id).await,
        Err(_) => Ok(()),
    }
}

/// Refuses to go back to a key that was never the active one: it was only imported, and its kit was never confirmed
/// here. For keys of the environment only the variables count.
///
/// # Errors
/// `key_in_use`, `keychain_unavailable`, `key_wrong`.
pub(super) async fn refuse_if_never_active(context: &Context, id: &str) -> Result<()> {
    let Ok(vault) = custody::own_vault(context) else { return Ok(()) };
    let index = aitta_base::blocking(move || keys::load(vault.as_ref())).await?;
    match index.find(id) {
        Some(entry) if !entry.used => Err(custody::in_use(format!(
            "the archives can't be moved to the key {id}: it was imported and was never active"
        ))
        .hint_instead(format!(
            "go on with {key_rotate_resume}, or make a new key with {key_create}",
            key_rotate_resume = Command::KeyRotateResume,
            key_create = Command::KeyCreate
        ))),
        _ => Ok(()),
    }
}
