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
        Some(Self { keys: vec![key.clone()], kept: self.kept })
    }
}

/// Notes from when on keys that no archive needs any more may be destroyed.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn retired(context: &Context, ids: &[String], destroyable_from: Timestamp) -> Result<()> {
    context.catalog.note_destroyable(&context.profile.name, ids, destroyable_from).await
}

/// Notes that a key which was retired locks archives again, after a rotation was rolled back: it may not be
/// destroyed any more. Which key of the environment is the active one is said by its variables alone.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn reactivated(context: &Context, id: &str) -> Result<()> {
    context.catalog.forget_destroyable(&context.profile.name, id).await
}
