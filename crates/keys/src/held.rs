//! A vault key in hand.

use aitta_archive::{Header, KeyId, VaultKey};
use aitta_base::Result;
use aitta_model::RecoveryKit;

use crate::kit::{self, About};
use crate::{KeyRing, KeyVault, stored};

/// A vault key in hand: it can be kept, printed as a recovery kit and tried. What it is stays in this crate.
#[derive(Clone)]
pub struct HeldKey(pub(crate) VaultKey);

impl HeldKey {
    /// A new key. It is stored nowhere.
    ///
    /// # Errors
    /// `system` when the system gives no random bytes.
    pub fn generate() -> Result<Self> {
        Ok(Self(VaultKey::generate()?))
    }

    /// The key that a recovery kit, or a part of it, spells.
    ///
    /// # Errors
    /// `key_invalid` with the group that is wrong.
    pub fn of_kit(text: &str) -> Result<Self> {
        kit::key(text).map(Self)
    }

    /// The key of this id in a vault; `None` when it is certain that there is none. Blocks.
    ///
    /// # Errors
    /// `key_invalid`, `keychain_unavailable`, `key_wrong`.
    pub fn of_vault(vault: &dyn KeyVault, id: &str) -> Result<Option<Self>> {
        Ok(stored::key(vault, id)?.map(Self))
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.0.id()
    }

    /// Its recovery kit.
    ///
    /// # Errors
    /// `system` when the QR code can't be made.
    pub fn kit(&self, about: About<'_>) -> Result<RecoveryKit> {
        kit::make(&self.0, about)
    }

    /// Whether this was typed for group `number`, from 1, of its recovery kit.
    #[must_use]
    pub fn is_typed_right(&self, number: u8, typed: &str) -> bool {
        kit::is_typed_right(&self.0, number, typed)
    }

    /// Puts it into a vault, and makes sure that it is there: only then may an index name it. Blocks.
    ///
    /// # Errors
    /// `keychain_unavailable`, `key_wrong`.
    pub fn keep(&self, vault: &dyn KeyVault) -> Result<()> {
        stored::keep(vault, &self.0)
    }

    /// Whether it opens an archive.
    #[must_use]
    pub fn opens(&self, header: &Header) -> bool {
        header.unlock([&self.0]).is_ok()
    }
}

impl KeyRing {
    /// The key of this id, in hand.
    #[must_use]
    pub fn held(&self, id: &str) -> Option<HeldKey> {
        self.find(id).cloned().map(HeldKey)
    }
}
