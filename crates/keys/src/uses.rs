//! Which stores a key has locked archives in. It is kept beside the key and not in a data folder: other users and
//! machines may share the key, and each of them sees only its own data folder.

use std::collections::BTreeSet;
use std::path::Path;

use aitta_base::{Error, Result};
use aitta_model::ErrorCode;

use super::{KeyVault, ring};

fn name(id: &str) -> String {
    format!("key-uses-{id}")
}

/// The stores that are noted for a key.
///
/// # Errors
/// `keychain_unavailable`, `key_wrong`; `key_invalid` when the list is damaged: it then proves nothing.
pub fn of(vault: &dyn KeyVault, id: &str) -> Result<BTreeSet<String>> {
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
pub fn forget(vault: &dyn KeyVault, id: &str) -> Result<()> {
    vault.delete(&name(id))
}

/// Notes for a key that archives in the store at `location` are locked with it.
///
/// # Errors
/// `keychain_unavailable`, `key_wrong`, `key_invalid`, `system`.
pub fn note(vault: &dyn KeyVault, data_dir: &Path, id: &str, location: &str) -> Result<()> {
    if of(vault, id)?.contains(location) {
        return Ok(());
    }
    // One process at a time, as for every change of the ring.
    ring::change(vault, data_dir, |_| {
        let mut stores = of(vault, id)?;
        stores.insert(location.to_owned());
        let text = serde_json::Value::from_iter(stores).to_string();
        vault.write(&name(id), &text)
    })
}
