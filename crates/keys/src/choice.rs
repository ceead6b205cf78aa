//! Which vault keeps what, as the table at the top of the crate says.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use aitta_archive::VaultKey;
use aitta_base::Result;
use zeroize::Zeroizing;

use super::vault::SECRETS_FILE;
use super::{KeyInputs, KeyVault, SealedVault};

/// Name of the file for secrets of a machine whose key comes from the environment.
const SEALED_BY_KEY: &str = "secrets.sealed";

/// The vault that these inputs lead to; see the table at the top of the crate. The vault opens and asks only when the
/// first secret is read or written.
#[must_use]
pub fn vault_for(inputs: &KeyInputs, data_dir: &Path) -> Arc<dyn KeyVault> {
    match (inputs.file(), inputs.has_key()) {
        (Some(file), _) => Arc::new(SealedVault::by_passphrase(file.to_owned(), inputs.clone())),
        (None, true) => Arc::new(BesideKey {
            inputs: inputs.clone(),
            file: data_dir.join(SEALED_BY_KEY),
            chosen: OnceLock::new(),
        }),
        (None, false) => inputs.keychain(),
    }
}

/// Other secrets, beside a key that comes from the environment.
struct BesideKey {
    inputs: KeyInputs,
    file: PathBuf,
    chosen: OnceLock<Arc<dyn KeyVault>>,
}

impl BesideKey {
    /// Once the file exists, it stays in use: a keychain that turns up later must not hide what is in it. A keychain
    /// that is there but locked is no reason to make a file.
    fn chosen(&self) -> Result<&Arc<dyn KeyVault>> {
        if let Some(vault) = self.chosen.get() {
            return Ok(vault);
        }
        let keychain = self.inputs.keychain();
        let vault: Arc<dyn KeyVault> = if !self.file.exists() && keychain.is_there() {
            keychain
        } else {
            let ring = self.inputs.environment_ring()?;
            let keys: Vec<VaultKey> = ring.map(|ring| ring.keys().to_vec()).unwrap_or_default();
            Arc::new(SealedVault::by_keys(self.file.clone(), keys))
        };
        Ok(self.chosen.get_or_init(|| vault))
    }
}

impl KeyVault for BesideKey {
    fn place(&self) -> &'static str {
        self.chosen().map_or(SECRETS_FILE, |vault| vault.place())
    }

    fn is_there(&self) -> bool {
        true
    }

    /// What was kept in a keychain before the file was made is still there.
    fn read(&self, name: &str) -> Result<Option<Zeroizing<String>>> {
        let (chosen, keychain) = (self.chosen()?, self.inputs.keychain());
        match chosen.read(name)? {
            None if chosen.place() != keychain.place() && keychain.is_there() => keychain.read(name),
            found => Ok(found),
        }
    }

    fn write(&self, name: &str, secret: &str) -> Result<()> {
        self.chosen()?.write(name, secret)
    }

    fn delete(&self, name: &str) -> Result<()> {
        let (chosen, keychain) = (self.chosen()?, self.inputs.keychain());
        if chosen.place() != keychain.place() && keychain.is_there() {
            keychain.delete(name)?;
        }
        chosen.delete(name)
    }
}

#[cfg(test)]
mod tests;
