//! What the environment and the user say about the keys of a process, and the vault that follows from it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use aitta_archive::VaultKey;
use aitta_base::{Error, Result, absolute};
use aitta_model::ErrorCode;
use zeroize::Zeroizing;

use super::vault::SECRETS_FILE;
use super::{
    FILE_VARIABLE, KEY_VARIABLE, KeyRing, KeyVault, NoKeychain, PASSPHRASE_VARIABLE, RETIRED_VARIABLE,
    SealedVault, SystemVault,
};

/// Name of the file for secrets of a machine whose key comes from the environment.
const SEALED_BY_KEY: &str = "secrets.sealed";

/// Which passphrase is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// That of a key file which exists.
    Existing,
    /// One for a key file that is about to be made: a slip of the finger would lock it for good, so ask twice.
    New,
}

/// Asks somebody for the passphrase of the key file. `None` when nobody is there.
type Ask = Arc<dyn Fn(Asked, &Path) -> Option<Zeroizing<String>> + Send + Sync>;

/// What the environment and the user say about the keys of a process. The engine itself asks nobody.
#[derive(Clone, Default)]
pub struct KeyInputs {
    key: Option<Text>,
    retired: Option<Text>,
    file: Option<PathBuf>,
    passphrase: Option<Text>,
    ask: Option<Ask>,
    /// The keychain of the system, or what stands for it; none for inputs that say nothing.
    keychain: Option<Arc<dyn KeyVault>>,
}

/// The value of a variable; `None` when it is no text.
type Text = Option<Zeroizing<String>>;

impl KeyInputs {
    /// What these variables say. A path that is relative starts from `folder`.
    #[must_use]
    pub fn of(environment: &BTreeMap<String, OsString>, folder: &Path) -> Self {
        let text = |name: &str| text(environment, name);
        let file = environment.get(FILE_VARIABLE).filter(|path| !path.is_empty());
        Self {
            key: text(KEY_VARIABLE),
            retired: text(RETIRED_VARIABLE),
            file: file.map(|path| absolute(folder, Path::new(path))),
            passphrase: text(PASSPHRASE_VARIABLE),
            ask: None,
            keychain: Some(Arc::new(SystemVault)),
        }
    }

    /// These inputs, with somebody who can be asked for the passphrase of the key file.
    #[must_use]
    pub fn asking(
        mut self,
        ask: impl Fn(Asked, &Path) -> Option<Zeroizing<String>> + Send + Sync + 'static,
    ) -> Self {
        self.ask = Some(Arc::new(ask));
        self
    }

    /// These inputs, with something else for the keychain of the system.
    #[must_use]
    pub fn with_keychain(self, keychain: Arc<dyn KeyVault>) -> Self {
        Self { keychain: Some(keychain), ..self }
    }

    /// The keychain of the system, or what stands for it.
    #[must_use]
    pub fn keychain(&self) -> Arc<dyn KeyVault> {
        self.keychain.clone().unwrap_or_else(|| Arc::new(NoKeychain))
    }

    /// Whether the environment gives the key.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The ring of the environment, when it gives a key.
    ///
    /// # Errors
    /// `key_invalid`.
    pub(super) fn environment_ring(&self) -> Result<Option<KeyRing>> {
        let Some(key) = &self.key else { return Ok(None) };
        // A value that is no text becomes a key that is refused with a message.
        let text = |text: &Text| text.clone().unwrap_or_else(|| Zeroizing::new("\u{fffd}".to_owned()));
        let mut ring = KeyRing::from_hex(&text(key))?;
        if let Some(retired) = &self.retired {
            for key in text(retired).split(',').filter(|key| !key.trim().is_empty()) {
                ring = ring.with_retired(key).map_err(|e| {
                    e.context(format_args!("{RETIRED_VARIABLE} cannot be used")).hint_instead(format!(
                        "set {RETIRED_VARIABLE} to keys of 64 hexadecimal digits, with commas in between"
                    ))
                })?;
            }
        }
        Ok(Some(ring))
    }

    pub(super) fn passphrase(&self, asked: Asked, path: &Path) -> Result<Zeroizing<String>> {
        let missing = || {
            Error::new(
                ErrorCode::KeyMissing,
                format!("the key file {} needs its passphrase, and none was given", path.display()),
                format!("set {PASSPHRASE_VARIABLE}, or run the command on a terminal, where it is asked for"),
            )
        };
        match &self.passphrase {
            Some(Some(given)) => Ok(given.clone()),
            Some(None) => Err(Error::new(
                ErrorCode::ConfigInvalid,
                format!("{PASSPHRASE_VARIABLE} is not valid UTF-8"),
                format!("set {PASSPHRASE_VARIABLE} anew"),
            )),
            None => self.ask.as_ref().and_then(|ask| ask(asked, path)).ok_or_else(missing),
        }
    }
}

fn text(environment: &BTreeMap<String, OsString>, name: &str) -> Option<Text> {
    match environment.get(name)?.to_str() {
        Some(text) if text.trim().is_empty() => None,
        // A variable that was filled from a file ends with the file's line end, which is not part of the value.
        Some(text) => Some(Some(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))),
        None => Some(None),
    }
}

/// The vault that these inputs lead to; see the table at the top of this module. The vault opens and asks only when the
/// first secret is read or written.
#[must_use]
pub fn vault_for(inputs: &KeyInputs, data_dir: &Path) -> Arc<dyn KeyVault> {
    match (&inputs.file, inputs.has_key()) {
        (Some(file), _) => Arc::new(SealedVault::by_passphrase(file.clone(), inputs.clone())),
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
            let keys: Vec<VaultKey> = ring.map(|ring| ring.keys).unwrap_or_default();
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

    fn read(&self, name: &str) -> Result<Option<Zeroizing<String>>> {
        self.chosen()?.read(name)
    }

    fn write(&self, name: &str, secret: &str) -> Result<()> {
        self.chosen()?.write(name, secret)
    }

    fn delete(&self, name: &str) -> Result<()> {
        self.chosen()?.delete(name)
    }
}

#[cfg(test)]
mod tests;
