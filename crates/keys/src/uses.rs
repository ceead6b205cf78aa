//! Which stores a key has locked archives in. It is kept beside the key and not in a data folder: other users and
//! machines may share the key, and each of them sees only its own data folder.

use std::collections::BTreeSet;

use aitta_base::{Error, Result};
use aitta_model::ErrorCode;

use super::KeyVault;

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

/// Adds a store. Whoever calls it holds the lock of the ring.
///
/// # Errors
/// `keychain_unavailable`, `key_wrong`, `key_invalid`.
pub(crate) fn add(vault: &dyn KeyVault, id: &str, location: &str) -> Result<()> {
    let mut stores = of(vault, id)?;
    stores.insert(location.to_owned());
    let text = serde_json::Value::from_iter(stores).to_string();
    vault.write(&name(id), &text)
}
