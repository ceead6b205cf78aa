//! Which stores a key has locked archives in. It is kept beside the key and not in a data folder: other data folders,
//! of other users or machines, may share the keys, and know nothing of one another.

use std::collections::BTreeSet;

use super::change::own_vault;
use super::{KeyVault, blocking, ring};
use crate::{Context, Result};

fn name(id: &str) -> String {
    format!("key-uses-{id}")
}

/// The stores that are noted for a key.
///
/// # Errors
/// `keychain_unavailable`, `key_wrong`.
pub(super) fn of(vault: &dyn KeyVault, id: &str) -> Result<BTreeSet<String>> {
    let text = vault.read(&name(id))?;
    // What can't be read says nothing; the catalog still does.
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
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
                let text = serde_json::to_string(&stores).unwrap_or_default();
                vault.write(&name(&id), &text)
            })?;
        }
        Ok(())
    })
    .await
}
