//! Vault keys, and the keys of one archive. None of these types has `Debug`, `Display` or `Serialize`.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::primitives::{KEY_LEN, MacKey, derive, random_key};
use crate::{ArchiveId, Error};

/// A 256-bit key that wraps data keys.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct VaultKey([u8; KEY_LEN]);

impl VaultKey {
    /// A new random key.
    ///
    /// # Errors
    /// The system gave no random bytes.
    pub fn generate() -> Result<Self, Error> {
        Ok(Self(*random_key()?))
    }

    /// Reads 64 hexadecimal digits; white space around them is ignored.
    ///
    /// # Errors
    /// [`Error::InvalidKey`], which names length and position but never the digits.
    pub fn from_hex(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if let Some(at) = text.bytes().position(|b| !b.is_ascii_hexdigit()) {
            return Err(Error::InvalidKey(format!("character {} is not a hexadecimal digit", at + 1)));
        }
        if text.len() != 2 * KEY_LEN {
            return Err(Error::InvalidKey(format!(
                "it has {} hexadecimal digits, and 64 (32 bytes) are needed",
                text.len()
            )));
        }
        let mut key = [0; KEY_LEN];
        hex::decode_to_slice(text, &mut key).expect("length and digits were checked");
        let out = Self(key);
        key.zeroize();
        Ok(out)
    }

    /// The key as 64 hexadecimal digits. For showing a new key to its owner, once.
    #[must_use]
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0))
    }

    /// `HKDF-SHA-256[salt = "", "aitta/1 key id"](key, 32)[..8]`: tells keys apart without revealing one.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let derived = derive(&self.0, b"", "aitta/1 key id");
        let mut id = [0; 8];
        id.copy_from_slice(&derived[..8]);
        KeyId(id)
    }

    /// `HMAC-SHA-256[HKDF-SHA-256[salt = "", label](key, 32)](message)`: for what belongs to the holder of the key
    /// but to no archive. The label must not be one of the format's.
    #[must_use]
    pub fn tag(&self, label: &str, message: &[u8]) -> [u8; 32] {
        MacKey::new(&derive(&self.0, b"", label)).tag(&[message])
    }

    /// Whether a tag is the one of [`VaultKey::tag`], compared in constant time.
    #[must_use]
    pub fn verify_tag(&self, label: &str, message: &[u8], tag: &[u8]) -> bool {
        MacKey::new(&derive(&self.0, b"", label)).verify(&[message], tag)
    }

    /// `HKDF-SHA-256[salt = archive uid, "aitta/1 wrap encryption"](key, 32)`
    pub(crate) fn wrap_encryption(&self, uid: &[u8; 16]) -> Zeroizing<[u8; KEY_LEN]> {
        derive(&self.0, uid, "aitta/1 wrap encryption")
    }

    /// `HKDF-SHA-256[salt = archive uid, "aitta/1 wrap authentication"](key, 32)`
    pub(crate) fn wrap_authentication(&self, uid: &[u8; 16]) -> MacKey {
        MacKey::new(&derive(&self.0, uid, "aitta/1 wrap authentication"))
    }
}

/// Name of a vault key, derived from it. Not secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub [u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// All keys of one open archive, derived from its data key:
/// `HKDF-SHA-256[salt = archive uid, label](data key, 32)`.
pub struct ArchiveKeys {
    pub(crate) uid: [u8; 16],
    created_ms: u64,
    pub(crate) data_key: Zeroizing<[u8; KEY_LEN]>,
    pub(crate) frame_encryption: Zeroizing<[u8; KEY_LEN]>,
    pub(crate) frame_mac: MacKey,
    pub(crate) header_mac: MacKey,
    pub(crate) footer_mac: MacKey,
}

impl ArchiveKeys {
    pub(crate) fn new(uid: [u8; 16], created_ms: u64, data_key: Zeroizing<[u8; KEY_LEN]>) -> Self {
        let mac = |label| MacKey::new(&derive(&data_key, &uid, label));
        Self {
            uid,
            created_ms,
            frame_encryption: derive(&data_key, &uid, "aitta/1 frame encryption"),
            frame_mac: mac("aitta/1 frame authentication"),
            header_mac: mac("aitta/1 header authentication"),
            footer_mac: mac("aitta/1 footer authentication"),
            data_key,
        }
    }

    /// The random uid of the archive that these keys belong to.
    #[must_use]
    pub fn uid(&self) -> &[u8; 16] {
        &self.uid
    }

    /// The id of the archive that these keys belong to, as its header gives it.
    #[must_use]
    pub fn id(&self) -> ArchiveId {
        ArchiveId::new(self.created_ms, &self.uid)
    }
}
