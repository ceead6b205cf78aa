//! Which stores a key has locked archives in. It is kept beside the key and not in a data folder: other data folders,
//! of other users or machines, may share the keys, and know nothing of one another.

use std::collections::BTreeSet;

use aitta_model::{ErrorCode, KeyState};

use super::change::own_vault;
use super::{KeyVault, blocking, ring};
use crate::{Context, Error, Result};

fn name(id: &str) -> String {
    format!("key-uses-{id}")
}

/// The stores that are noted for a key.
///
/// # Errors
/// `keychain_unavailable`, `key_wrong`; `key_invalid` when the list is damaged: then nothing may be concluded.
pub(super) fn of(vault: &dyn KeyVault, id: &str) -> Result<BTreeSet<String>> {
    let text = vault.read(&name(id))?;
    let Some(text) = text else { return Ok(BTreeSet::new()) };
    serde_json::from_str(&text).map_err(|e| {
        Error::new(
            ErrorCode::KeyInvalid,
            format!("the list of the stores that the key {id} was used in is damaged: {e}"),
            format!(
                "keep the key; remove the entry {:?} of the {} when you know them all",
                name(id),
                vault.place()
            ),
        )
    })
}

/// Forgets it, with the key.
///
/// # Errors
/// `keychain_unavailable`, `key_wrong`.
pub(super) fn forget(vault: &dyn KeyVault, id: &str) -> Result<()> {
    vault.delete(&name(id))
}

/// Notes that the store of the context has archives that these keys lock. Of keys that the environment gives nothing
/// is noted: nothing here destroys them.
///
/// # Errors
/// `keychain_unavailable`, `key_wrong`, `system`.
pub(crate) async fn note(context: &Context, ids: Vec<String>) -> Result<()> {
    let Ok(vault) = own_vault(context) else { return Ok(()) };
    let (location, data_dir) = (context.store.location(), context.profile.data_dir.clone());
    blocking(move || {
        for id in ids {
            if of(vault.as_ref(), &id)?.contains(&location) {
                continue;
            }
            // One process at a time, as for every change of the ring.
            ring::change(vault.as_ref(), &data_dir, |_| {
                let mut stores = of(vault.as_ref(), &id)?;
                stores.insert(location.clone());
                let text = serde_json::Value::from_iter(stores).to_string();
                vault.write(&name(&id), &text)
            })?;
        }
        Ok(())
    })
    .await
}

/// The same before anything is locked with a key, so that whoever destroys it elsewhere sees the use; refuses a key
/// that was destroyed before it was seen.
///
/// # Errors
/// `key_missing` when the key is gone; and as [`note`].
pub(crate) async fn note_before(context: &Context, id: String) -> Result<()> {
    let Ok(vault) = own_vault(context) else { return Ok(()) };
    // Noted first: a destruction from now on finds the note, and one before it is found here.
    note(context, vec![id.clone()]).await?;
    blocking(move || {
        let index = ring::load(vault.as_ref())?;
        if index.find(&id).is_some_and(|entry| entry.state != KeyState::Destroyed) {
            return Ok(());
        }
        forget(vault.as_ref(), &id)?;
        Err(Error::new(
            ErrorCode::KeyMissing,
            format!("the key {id} was destroyed meanwhile, so nothing is locked with it any more"),
            "start it again: it then takes the key that is active now, which `aitta key status` shows",
        ))
    })
    .await
}

#[cfg(test)]
mod tests;
