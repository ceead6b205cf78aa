//! Where secrets are kept.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aitta_base::Result;
use zeroize::Zeroizing;

use crate::keychain;

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

    /// Whether there is such a thing here at all, open or not.
    fn is_there(&self) -> bool;

    /// What was kept under this name; `None` only when certainly nothing was kept.
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

    fn is_there(&self) -> bool {
        keychain::is_there()
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

/// No keychain: for machines without one, and for tests, which leave the keychain of the person at the machine alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoKeychain;

impl KeyVault for NoKeychain {
    fn place(&self) -> &'static str {
        KEYCHAIN
    }

    fn is_there(&self) -> bool {
        false
    }

    fn read(&self, _: &str) -> Result<Option<Zeroizing<String>>> {
        Err(keychain::unavailable("there is no keychain here"))
    }

    fn write(&self, _: &str, _: &str) -> Result<()> {
        Err(keychain::unavailable("there is no keychain here"))
    }

    fn delete(&self, _: &str) -> Result<()> {
        Err(keychain::unavailable("there is no keychain here"))
    }
}

/// Keeps secrets as long as the process lives: for samples and self-tests, which leave the user's own secrets alone.
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

    fn is_there(&self) -> bool {
        true
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
