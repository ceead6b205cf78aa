//! The key ring. Only this module ever holds a vault key in the clear.

use aitta_archive::{KeyId, VaultKey};
use aitta_model::{ErrorCode, KeyReport};

use crate::{Error, Result};

/// Name of the variable that holds the vault key.
pub const KEY_VARIABLE: &str = "BACKUP_ENCRYPTION_KEY";

/// The vault keys at hand: the first one locks new archives, all of them open old ones.
pub struct KeyRing {
    keys: Vec<VaultKey>,
}

impl KeyRing {
    /// A ring of the one key that `hex` spells.
    ///
    /// # Errors
    /// `key_invalid` when it has the wrong length or is not hexadecimal.
    pub fn from_hex(hex: &str) -> Result<Self> {
        let key = VaultKey::from_hex(hex)
            .map_err(|e| Error::from(e).context(format_args!("{KEY_VARIABLE} cannot be used")))?;
        Ok(Self { keys: vec![key] })
    }

    /// The ring of the environment.
    ///
    /// # Errors
    /// `key_missing`, `key_invalid`.
    pub fn from_env() -> Result<Self> {
        match std::env::var(KEY_VARIABLE) {
            Ok(text) if !text.trim().is_empty() => Self::from_hex(&zeroize::Zeroizing::new(text)),
            Err(std::env::VarError::NotUnicode(_)) => Self::from_hex("\u{fffd}"),
            _ => Err(Error::new(
                ErrorCode::KeyMissing,
                format!("no encryption key: {KEY_VARIABLE} is not set"),
                format!(
                    "set {KEY_VARIABLE} to the key that the archives were made with; before the first backup, make one \
                     with `aitta key generate` and keep a copy of it on paper"
                ),
            )),
        }
    }

    /// The key that locks new archives.
    #[must_use]
    pub fn active(&self) -> &VaultKey {
        &self.keys[0]
    }

    /// Its id.
    #[must_use]
    pub fn active_id(&self) -> KeyId {
        self.active().id()
    }

    /// Where the keys come from: `environment`.
    #[must_use]
    pub fn kept(&self) -> &'static str {
        "environment"
    }

    /// All keys.
    pub fn iter(&self) -> impl Iterator<Item = &VaultKey> {
        self.keys.iter()
    }
}

/// Makes a new key. It is stored nowhere.
///
/// # Errors
/// The system gave no random bytes.
pub fn generate() -> Result<KeyReport> {
    let key = VaultKey::generate()?;
    Ok(KeyReport { key_id: key.id().to_string(), key: key.to_hex().to_string() })
}
