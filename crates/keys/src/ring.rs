//! The keys of a process.

use aitta_archive::{ArchiveKeys, Header, KeyId, VaultKey};
use aitta_base::{Error, Result};
use aitta_model::KeyReport;
use jiff::Timestamp;

use super::{ENVIRONMENT, KEY_VARIABLE};

/// The vault keys at hand: the first one locks new archives, all of them open old ones.
pub struct KeyRing {
    keys: Vec<VaultKey>,
    kept: &'static str,
    /// When the active one was made, where that is known.
    created: Option<Timestamp>,
}

impl KeyRing {
    /// A ring of these keys; of the retired ones that which was active last comes first.
    pub(crate) fn new(
        active: VaultKey,
        retired: Vec<VaultKey>,
        kept: &'static str,
        created: Option<Timestamp>,
    ) -> Self {
        let mut keys = retired;
        keys.insert(0, active);
        Self { keys, kept, created }
    }

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
        if !self.has(&key.id().to_string()) {
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

    pub(crate) fn find(&self, id: &str) -> Option<&VaultKey> {
        self.keys.iter().find(|key| key.id().to_string() == id)
    }

    /// Whether the key of this id is in it.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.find(id).is_some()
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

    /// Every key: the active one first.
    pub(crate) fn keys(&self) -> &[VaultKey] {
        &self.keys
    }

    /// The key that locks new archives.
    fn active(&self) -> &VaultKey {
        &self.keys[0]
    }

    /// The id of the key that locks new archives.
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
}

/// Makes a new key. It is stored nowhere.
///
/// # Errors
/// The system gave no random bytes.
pub fn generate() -> Result<KeyReport> {
    let key = VaultKey::generate()?;
    Ok(KeyReport { key_id: key.id().to_string(), key: key.to_hex().to_string() })
}
