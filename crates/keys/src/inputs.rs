//! What the environment and the user say about the keys of a process.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aitta_base::{Error, Result, absolute};
use aitta_model::ErrorCode;
use zeroize::Zeroizing;

use super::{
    FILE_VARIABLE, KEY_VARIABLE, KeyRing, KeyVault, NoKeychain, PASSPHRASE_VARIABLE, RETIRED_VARIABLE,
};

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
    /// What these variables say, without a keychain. A path that is relative starts from `folder`.
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
            keychain: None,
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

    /// Path of the key file, when there is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
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
    pub(crate) fn environment_ring(&self) -> Result<Option<KeyRing>> {
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

    pub(crate) fn passphrase(&self, asked: Asked, path: &Path) -> Result<Zeroizing<String>> {
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

#[cfg(test)]
mod tests;
