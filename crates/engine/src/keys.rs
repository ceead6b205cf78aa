//! The key ring. Only this module ever holds a vault key in the clear.

use aitta_archive::{KeyId, VaultKey};
use aitta_model::{ErrorCode, KeyReport};
use zeroize::Zeroizing;

use crate::{Error, Result, keychain};

mod rotation;
mod vault;

pub(crate) use rotation::{reactivated, retired};
pub use vault::{KeyVault, MemoryVault, SystemVault};

/// Name of the variable that holds the vault key.
pub const KEY_VARIABLE: &str = "BACKUP_ENCRYPTION_KEY";

/// Name of the variable that holds the keys that open old archives beside it, separated by commas.
pub const RETIRED_VARIABLE: &str = "BACKUP_RETIRED_KEYS";

/// Name of the entry in the keychain.
const KEY_ENTRY: &str = "vault-key";

/// The vault keys at hand: the first one locks new archives, all of them open old ones.
pub struct KeyRing {
    keys: Vec<VaultKey>,
    kept: Kept,
}

/// Where a key is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Environment,
    Keychain,
}

impl KeyRing {
    /// A ring of the one key that `hex` spells, as a variable gives it.
    ///
    /// # Errors
    /// `key_invalid` when it has the wrong length or is not hexadecimal.
    pub fn from_hex(hex: &str) -> Result<Self> {
        let key = VaultKey::from_hex(hex)
            .map_err(|e| Error::from(e).context(format_args!("{KEY_VARIABLE} cannot be used")))?;
        Ok(Self { keys: vec![key], kept: Kept::Environment })
    }

    /// The same with one more key, which opens old archives and locks no new ones.
    ///
    /// # Errors
    /// `key_invalid`.
    pub fn with_retired(mut self, hex: &str) -> Result<Self> {
        let key =
            VaultKey::from_hex(hex).map_err(|e| Error::from(e).context("a retired key cannot be used"))?;
        if self.keys.iter().all(|known| known.id() != key.id()) {
            self.keys.push(key);
        }
        Ok(self)
    }

    /// The ring of this process: what its environment says, and otherwise what the keychain holds. Blocks, and
    /// may ask the user to unlock the keychain.
    ///
    /// # Errors
    /// `key_missing`, `key_invalid`, `keychain_unavailable`.
    pub fn at_hand() -> Result<Self> {
        match std::env::var(KEY_VARIABLE) {
            Ok(text) if !text.trim().is_empty() => {
                let retired = Zeroizing::new(std::env::var(RETIRED_VARIABLE).unwrap_or_default());
                let retired = retired.split(',').filter(|hex| !hex.trim().is_empty());
                retired.fold(Self::from_hex(&Zeroizing::new(text)), |ring, hex| {
                    ring?.with_retired(hex).map_err(|e| {
                        e.hint_instead(format!(
                            "{RETIRED_VARIABLE} takes keys of 64 hexadecimal digits, separated by commas"
                        ))
                    })
                })
            }
            Err(std::env::VarError::NotUnicode(_)) => Self::from_hex("\u{fffd}"),
            _ => Self::from_keychain(),
        }
    }

    /// The ring of the keychain, for when the environment says nothing. Blocks.
    ///
    /// # Errors
    /// `key_missing`, `key_invalid`, `keychain_unavailable`.
    pub fn from_keychain() -> Result<Self> {
        let told = keychain::read(KEY_ENTRY).map_err(|e| {
            let message = format!("no encryption key: {KEY_VARIABLE} is not set, and {e}");
            let hint = format!("set {KEY_VARIABLE} to the key; or, when it is in the keychain, {}", e.hint());
            Error::new(e.code(), message, hint).with_source(e)
        })?;
        let hex = told.ok_or_else(|| {
            Error::new(
                ErrorCode::KeyMissing,
                format!("no encryption key: {KEY_VARIABLE} is not set, and the keychain has none"),
                format!(
                    "set {KEY_VARIABLE} to the key that the archives were made with; before the first backup, make one \
                     with `aitta key generate` and keep a copy of it on paper"
                ),
            )
        })?;
        let key = VaultKey::from_hex(&hex).map_err(|e| {
            Error::from(e)
                .context("the key in the keychain cannot be used")
                .hint_instead(format!("set {KEY_VARIABLE} to the key on your paper copy; it comes first"))
        })?;
        Ok(Self { keys: vec![key], kept: Kept::Keychain })
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

    /// Where the keys come from: `environment` or `keychain`.
    #[must_use]
    pub fn kept(&self) -> &'static str {
        match self.kept {
            Kept::Environment => "environment",
            Kept::Keychain => "keychain",
        }
    }

    /// `HMAC-SHA-256[HKDF[salt = "", label](active key, 32)](message)` in hexadecimal, with the id of the key.
    #[must_use]
    pub fn sign(&self, label: &str, message: &[u8]) -> (String, String) {
        (self.active_id().to_string(), hex::encode(self.active().tag(label, message)))
    }

    /// Whether a tag is what the key of this id makes of the message; `None` when that key is not in the ring.
    #[must_use]
    pub fn is_signed(&self, label: &str, message: &[u8], key_id: &str, tag: &str) -> Option<bool> {
        let key = self.keys.iter().find(|key| key.id().to_string() == key_id)?;
        let tag = hex::decode(tag).unwrap_or_default();
        Some(key.verify_tag(label, message, &tag))
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

/// Puts a key into the keychain and reads it back. Returns its id. A key that is there already is never
/// replaced by another: archives may need it. Blocks.
///
/// # Errors
/// `key_invalid`, also when another key is there; `keychain_unavailable`.
pub fn keep(hex: &str) -> Result<String> {
    let key = VaultKey::from_hex(hex.trim()).map_err(|e| Error::from(e).context("this is no key"))?;
    match KeyRing::from_keychain() {
        Ok(there) if there.active_id() == key.id() => return Ok(key.id().to_string()),
        Ok(there) => {
            return Err(Error::new(
                ErrorCode::KeyInvalid,
                format!(
                    "the keychain already holds the key {}, and it is not replaced by {}",
                    there.active_id(),
                    key.id()
                ),
                format!(
                    "go on with the key that is there: archives may need it; to use the other one, set {KEY_VARIABLE}"
                ),
            ));
        }
        Err(e) if e.code() == ErrorCode::KeyMissing => {}
        Err(e) => return Err(e),
    }
    keychain::write(KEY_ENTRY, &key.to_hex()).map_err(|e| {
        let hint = format!("{}; or set {KEY_VARIABLE} to the key", e.hint());
        e.context("the key was not kept").hint_instead(hint)
    })?;
    Ok(key.id().to_string())
}
