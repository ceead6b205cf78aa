//! The key ring. Only this crate ever holds a vault key in the clear, and none leaves it: a ring makes headers and opens
//! them, and a [`HeldKey`] can be kept, printed as a recovery kit and tried, but not be looked at.
//!
//! # Where keys and other secrets are kept
//! Decided in [`vault_for`], and nowhere else:
//!
//! | what is set | keys | other secrets |
//! |---|---|---|
//! | `BACKUP_ENCRYPTION_KEY` | that one is active, those of `BACKUP_RETIRED_KEYS` are retired | as below |
//! | `AITTA_KEY_FILE` | the key file, sealed by a passphrase | the key file |
//! | only `BACKUP_ENCRYPTION_KEY` | the environment | the keychain; where there is none, `secrets.sealed` in the data folder, sealed by the key |
//! | none of them | the keychain | the keychain |
//!
//! The environment comes first, and every status says so. Nothing is opened before it is needed.
//!
//! # The ring in a vault
//! Each key has an entry of its own, `vault-key-{id}`, which is written once and read back before the index
//! `key-ring` names it; and the index says that a key is destroyed before its entry goes. So a crash in between
//! strands no key. The index holds no secrets, and neither do the entries `key-uses-{id}`, which name the stores that a
//! key has locked archives in. The one entry `vault-key` of earlier versions is adopted.

use aitta_archive::{ArchiveKeys, Header, KeyId, VaultKey};
use aitta_base::{Error, Result};
use aitta_model::{Command, ErrorCode, KeyReport};
use jiff::Timestamp;

// From here, so that a fuzz target can put something else in its place.
use aitta_base::random;

mod found;
mod held;
mod index;
mod inputs;
mod keychain;
mod kit;
mod protect;
mod ring;
mod sealed;
pub mod uses;
mod vault;

pub use found::FoundKeys;
pub use held::HeldKey;
pub use index::{Entry, Index, after};
pub use inputs::{Asked, KeyInputs, vault_for};
pub use kit::{About, asked};
pub use protect::protect_process;
pub use ring::{change, change_or_begin, load};
pub use sealed::SealedVault;
pub use vault::{KEYCHAIN, KeyVault, MemoryVault, NoKeychain, SystemVault};

/// Name of the variable that holds the vault key.
pub const KEY_VARIABLE: &str = "BACKUP_ENCRYPTION_KEY";

/// Name of the variable with keys that only open old archives, with commas in between.
pub const RETIRED_VARIABLE: &str = "BACKUP_RETIRED_KEYS";

/// Name of the variable with the path of the key file.
pub const FILE_VARIABLE: &str = "AITTA_KEY_FILE";

/// Name of the variable with the passphrase of the key file.
pub const PASSPHRASE_VARIABLE: &str = "AITTA_KEY_PASSPHRASE";

/// What [`KeyRing::kept`] says of keys that the environment gives.
pub const ENVIRONMENT: &str = "environment";

/// The vault keys at hand: the first one locks new archives, all of them open old ones.
pub struct KeyRing {
    keys: Vec<VaultKey>,
    kept: &'static str,
    /// When the active one was made, where that is known.
    created: Option<Timestamp>,
}

impl KeyRing {
    /// A ring of the one key that `hex` spells, as a variable gives it.
    ///
    /// # Errors
    /// `key_invalid` when it has the wrong length or is not hexadecimal.
    pub fn from_hex(hex: &str) -> Result<Self> {
        let key = VaultKey::from_hex(hex)
            .map_err(|e| Error::from(e).context(format_args!("{KEY_VARIABLE} cannot be used")))?;
        Ok(Self { keys: vec![key], kept: ENVIRONMENT, created: None })
    }

    /// This ring with one more key, which opens old archives and locks no new ones.
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

    /// This ring with the keys of another one, which open old archives and lock no new ones.
    #[must_use]
    pub fn with_retired_of(mut self, other: &Self) -> Self {
        for key in &other.keys {
            if !self.has(&key.id().to_string()) {
                self.keys.push(key.clone());
            }
        }
        self
    }

    /// The ring: what the environment says, and otherwise what the vault holds. Blocks, and may ask the user to
    /// unlock something.
    ///
    /// # Errors
    /// `key_missing`, `key_invalid`, `key_wrong`, `keychain_unavailable`.
    pub fn at_hand(inputs: &KeyInputs, vault: &dyn KeyVault) -> Result<Self> {
        match inputs.environment_ring()? {
            Some(ring) => Ok(ring),
            None => Self::of_vault(vault),
        }
    }

    /// The ring that a vault holds. Blocks.
    ///
    /// # Errors
    /// `key_missing`, `key_invalid`, `key_wrong`, `keychain_unavailable`.
    pub fn of_vault(vault: &dyn KeyVault) -> Result<Self> {
        ring::keys(vault).map_err(|e| {
            if e.code() != ErrorCode::KeychainUnavailable {
                return e;
            }
            let message = format!("no encryption key: {KEY_VARIABLE} is not set, and {e}");
            let hint = ways_out(vault.place(), e.hint());
            Error::new(e.code(), message, hint).with_source(e)
        })
    }

    /// When the active key was made, where that is known.
    #[must_use]
    pub fn created(&self) -> Option<Timestamp> {
        self.created
    }

    /// A ring of the active key alone.
    #[must_use]
    pub fn active_alone(&self) -> Self {
        Self { keys: vec![self.active().clone()], kept: self.kept, created: self.created }
    }

    fn find(&self, id: &str) -> Option<&VaultKey> {
        self.keys.iter().find(|key| key.id().to_string() == id)
    }

    /// Whether the key of this id is in it.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.find(id).is_some()
    }

    /// The key of this id, in hand.
    #[must_use]
    pub fn held(&self, id: &str) -> Option<HeldKey> {
        self.find(id).cloned().map(HeldKey)
    }

    /// The header of a new archive, locked with the active key, and the keys of its data.
    ///
    /// # Errors
    /// The system gave no random bytes.
    pub fn create_header(&self, created_ms: u64) -> Result<(Header, ArchiveKeys), aitta_archive::Error> {
        Header::create(created_ms, self.active())
    }

    /// The keys of the data of an archive, by the first key of the ring that opens it.
    ///
    /// # Errors
    /// No key of the ring opens it.
    pub fn unlock(&self, header: &Header) -> Result<ArchiveKeys, aitta_archive::Error> {
        header.unlock(&self.keys)
    }

    /// Whether a key of the ring opens an archive.
    #[must_use]
    pub fn opens(&self, header: &Header) -> bool {
        self.unlock(header).is_ok()
    }

    /// Adds a slot for the active key to a header, and returns its number. `keys` are those of the data.
    ///
    /// # Errors
    /// No slot is free.
    pub fn add_slot(&self, header: &mut Header, keys: &ArchiveKeys) -> Result<u8, aitta_archive::Error> {
        header.add_slot(self.active(), keys)
    }

    /// The key that locks new archives.
    fn active(&self) -> &VaultKey {
        &self.keys[0]
    }

    /// Its id.
    #[must_use]
    pub fn active_id(&self) -> KeyId {
        self.active().id()
    }

    /// Where the keys come from: `environment`, `keychain` or `key file`.
    #[must_use]
    pub fn kept(&self) -> &'static str {
        self.kept
    }

    /// `HMAC-SHA-256[HKDF[salt = "", label](active key, 32)](message)` in hexadecimal, with the id of the key.
    #[must_use]
    pub fn sign(&self, label: &str, message: &[u8]) -> (String, String) {
        (self.active_id().to_string(), hex::encode(self.active().tag(label, message)))
    }

    /// Whether a tag is what the key of this id makes of the message; `None` when that key is not in the ring.
    #[must_use]
    pub fn is_signed(&self, label: &str, message: &[u8], key_id: &str, tag: &str) -> Option<bool> {
        let key = self.find(key_id)?;
        let tag = hex::decode(tag).unwrap_or_default();
        Some(key.verify_tag(label, message, &tag))
    }

    /// The keys beside the active one: the one that was active last comes first.
    #[must_use]
    pub fn others(&self) -> Vec<KeyId> {
        self.keys.iter().skip(1).map(VaultKey::id).collect()
    }

    /// A ring of this key alone; `None` when it is not in this one.
    #[must_use]
    pub fn alone(&self, id: KeyId) -> Option<Self> {
        let key = self.keys.iter().find(|key| key.id() == id)?;
        Some(Self { keys: vec![key.clone()], kept: self.kept, created: None })
    }

    /// The ids of all keys: the active one, then those that are retired.
    #[must_use]
    pub fn ids(&self) -> Vec<KeyId> {
        self.keys.iter().map(VaultKey::id).collect()
    }

    /// A vault that lives as long as the process, with these keys in it: for samples, which leave the user's own data
    /// alone.
    ///
    /// # Errors
    /// None in practice: an empty vault in memory takes every key.
    pub fn in_memory(&self) -> Result<MemoryVault> {
        let vault = MemoryVault::default();
        let mut index = index::Index::default();
        for (at, key) in self.keys.iter().enumerate() {
            ring::keep(&vault, key)?;
            let state = if at == 0 { aitta_model::KeyState::Active } else { aitta_model::KeyState::Retired };
            index.keys.push(index::Entry::new(key.id().to_string(), state, None));
        }
        ring::write_index(&vault, &index)?;
        Ok(vault)
    }
}

/// The ways out where the vault can't be reached.
fn ways_out(place: &str, first: &str) -> String {
    match place {
        vault::KEYCHAIN => format!(
            "{first}; without a keychain, set {FILE_VARIABLE} to the path of a key file, which a \
             passphrase seals ({PASSPHRASE_VARIABLE}), or {KEY_VARIABLE} to a key of {key_generate}",
            key_generate = Command::KeyGenerate
        ),
        _ => format!("{first}; or set {KEY_VARIABLE} to the key"),
    }
}

/// Adds the ways out to an error, where somebody wants to change the ring.
pub fn with_ways_out(error: Error, place: &str) -> Error {
    if error.code() != ErrorCode::KeychainUnavailable {
        return error;
    }
    let hint = ways_out(place, error.hint());
    error.hint_instead(hint)
}

/// Makes a new key. It is stored nowhere.
///
/// # Errors
/// The system gave no random bytes.
pub fn generate() -> Result<KeyReport> {
    let key = VaultKey::generate()?;
    Ok(KeyReport { key_id: key.id().to_string(), key: key.to_hex().to_string() })
}
