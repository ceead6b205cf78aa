//! What rotation needs of the ring.

use aitta_archive::KeyId;
use jiff::Timestamp;

use super::KeyRing;
use crate::{Context, Result};

impl KeyRing {
    /// The keys beside the active one: the one that was active last comes first.
    #[must_use]
    pub fn others(&self) -> Vec<KeyId> {
        self.keys.iter().skip(1).map(aitta_archive::VaultKey::id).collect()
    }

    /// A ring of this key alone; `None` when it is not in this one.
    #[must_use]
    pub fn alone(&self, id: KeyId) -> Option<Self> {
        let key = self.keys.iter().find(|key| key.id() == id)?;
        Some(Self { keys: vec![key.clone()], kept: self.kept, created: None })
    }
}

/// Notes from when on keys that no archive needs any more may be destroyed. Keys of the environment have no such
/// date: whoever sets the variables decides.
///
/// # Errors
/// `keychain_unavailable`, `key_wrong`.
pub(crate) async fn retired(context: &Context, ids: &[String], destroyable_from: Timestamp) -> Result<()> {
    for id in ids {
        super::retire_after_rotation(context, id, destroyable_from).await?;
    }
    Ok(())
}

/// Makes the key active that archives were moved back to. Which key of the environment is the active one is said
/// by its variables alone.
///
/// # Errors
/// `keychain_unavailable`, `key_wrong`, `key_missing`.
pub(crate) async fn reactivated(context: &Context, id: &str) -> Result<()> {
    super::make_active(context, id).await
}
