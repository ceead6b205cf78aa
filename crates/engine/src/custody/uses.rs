//! Notes the use of a key, so that a call elsewhere that wants to destroy it sees the use.

use aitta_base::blocking;
use aitta_keys::{self as keys, uses};
use aitta_model::{Command, ErrorCode, KeyState};

use super::change::own_vault;
use crate::{Context, Error, Result};

/// Notes that the store of the context has archives that these keys lock. Keys of the environment are not noted: Aitta
/// can't destroy them.
///
/// # Errors
/// `keychain_unavailable`, `key_wrong`, `system`.
pub(crate) async fn note(context: &Context, ids: Vec<String>) -> Result<()> {
    let Ok(vault) = own_vault(context) else { return Ok(()) };
    let (location, data_dir) = (context.store.location(), context.profile.data_dir.clone());
    blocking(move || ids.iter().try_for_each(|id| keys::note_use(vault.as_ref(), &data_dir, id, &location)))
        .await
}

/// Notes the use before anything is locked with a key, so that a call elsewhere that destroys it sees the use; refuses
/// a key that was destroyed before.
///
/// # Errors
/// `key_missing` when the key is gone; and as [`note`].
pub(crate) async fn note_before(context: &Context, id: String) -> Result<()> {
    let Ok(vault) = own_vault(context) else { return Ok(()) };
    // Noted first: a destruction from now on finds the note, and one before it is found here.
    note(context, vec![id.clone()]).await?;
    blocking(move || {
        let index = keys::load(vault.as_ref())?;
        if index.find(&id).is_some_and(|entry| entry.state != KeyState::Destroyed) {
            return Ok(());
        }
        uses::forget(vault.as_ref(), &id)?;
        Err(Error::new(
            ErrorCode::KeyMissing,
            format!("the key {id} was destroyed meanwhile, so nothing is locked with it any more"),
            format!(
                "start it again: it then takes the key that is active now, which {key_status} shows",
                key_status = Command::KeyStatus
            ),
        ))
    })
    .await
}

#[cfg(test)]
mod tests;
