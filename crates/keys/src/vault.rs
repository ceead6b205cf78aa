//! Where secrets are kept.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::keychain;
use aitta_base::Result;

/// What [`KeyVault::place`] says of the keychain.
pub const KEYCHAIN: &str = "keychain";
/// … of a file that a passphrase seals.
pub(super) const KEY_FILE: &str = "key file";
/// … of a file that a vault key seals.
pub(super) const SECRETS_FILE: &str = "secrets file";

/// Keeps small secrets under names. Calls block, and may ask the user to unlock something.
pub trait KeyVault: Send + Sync {
    /// What it is, for people: `keychain`, `key file`, `secrets file`.
    fn place(&self) -> &'static str;

    /// What was kept under this name; `None` only when it is certain that nothing is.
    ///
    /// # Errors
    /// `keychain_unavailable`, `key_wrong`.
    fn read(&self, name: &str) -> Result<Option<Zeroizing<String>>>;

    /// Keeps a secret in place of the one of this name, and reads it back.
    ///
    /// # Errors
    /// `keychain_unavailable`, `key_wrong`.
    fn write(&self, name: &str, secret: &str) -> Result<()>;

    /// Forgets a secret. One that is not there is no error.
    ///
    /// # Errors
    /// `keychain_unavailable`, `key_wrong`.
    fn delete(&self, name: &str) -> Result<()>;
}

/// The keychain of the system: Secret Service, Keychain, Credential Manager.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemVault;

impl KeyVault for SystemVault {
    fn place(&self) -> &'static str {
        KEYCHAIN
    }

    fn read(&self, name: &str) -> Result<Option<Zeroizing<String>>> {
        keychain::read(name)
    }

    fn write(&self, name: &str, secret: &str) -> Result<()> {
        keychain::write(name, secret)
    }

    fn delete(&self, name: &str) -> Result<()> {
        keychain::delete(name)
    }
}

/// What an earlier version kept in the keychain, although the vault is another one. A keychain that is away, or stays
/// locked, has nothing.
#[must_use]
pub fn of_earlier_version(name: &str) -> Option<Zeroizing<String>> {
    if !keychain::is_there() {
        return None;
    }
    keychain::read(name)
        .inspect_err(
            |e| tracing::warn!(error = %e, "what an earlier version kept in the keychain is not known"),
        )
        .ok()
        .flatten()
}

/// Keeps secrets as long as the process lives: for samples and self-tests, which touch nothing of the user's.
#[derive(Default)]
pub struct MemoryVault {
    secrets: Mutex<BTreeMap<String, Zeroizing<String>>>,
}

impl MemoryVault {
    fn secrets(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Zeroizing<String>>> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyVault for MemoryVault {
    fn place(&self) -> &'static str {
        "memory"
    }

    fn read(&self, name: &str) -> Result<Option<Zeroizing<String>>> {
        Ok(self.secrets().get(name).cloned())
    }

    fn write(&self, name: &str, secret: &str) -> Result<()> {
        self.secrets().insert(name.to_owned(), Zeroizing::new(secret.to_owned()));
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<()> {
        self.secrets().remove(name);
        Ok(())
    }
}
