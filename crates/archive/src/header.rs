//! The header: 4096 bytes, of which each part that is ever rewritten fills one 512-byte sector, so
//! that a write that power cut short leaves every other sector as it was.

use zeroize::Zeroizing;

use crate::error::Place;
use crate::primitives::{IV_LEN, KEY_LEN, TAG_LEN, random, unwrap_key, wrap};
use crate::{ArchiveId, ArchiveKeys, Error, KeyId, VaultKey};

/// Length of the header in bytes.
pub const HEADER_LEN: usize = 4096;
/// The version of the format that this crate writes, and the highest that it reads.
pub const FORMAT_VERSION: u16 = 1;
/// Number of key slots.
pub const SLOT_COUNT: usize = 4;

/// Like the magic of PNG: the line ends reveal a transfer that "converts" text.
const MAGIC: [u8; 8] = *b"AITTA\r\n\x1a";
/// AES-256-CBC, HMAC-SHA-256 (encrypt-then-MAC), HKDF-SHA-256, Zstandard.
const SUITE: u16 = 1;
const SECTOR: usize = 512;
/// The last 32 bytes of a sector are its HMAC under the header key.
const SECTOR_BODY: usize = SECTOR - TAG_LEN;
const FIXED_USED: usize = 36;
const SLOT_USED: usize = 104;
const STATE_EMPTY: u8 = 0;
const STATE_FILLED: u8 = 1;

/// What a filled key slot tells without a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotInfo {
    /// Position, 0 to 3.
    pub number: u8,
    /// The vault key that opens it.
    pub key_id: KeyId,
}

/// A header whose structure has been read but, until [`Header::unlock`], not authenticated.
#[derive(Clone)]
pub struct Header {
    bytes: Box<[u8; HEADER_LEN]>,
    uid: [u8; 16],
    created_ms: u64,
}

impl Header {
    /// A header for a new archive, with a new random uid and data key, which `vault_key` opens.
    ///
    /// # Errors
    /// The system gave no random bytes.
    pub fn create(created_ms: u64, vault_key: &VaultKey) -> Result<(Self, ArchiveKeys), Error> {
        let uid: [u8; 16] = random()?;
        let keys = ArchiveKeys::new(uid, Zeroizing::new(random()?));
        let mut bytes = Box::new([0; HEADER_LEN]);
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..10].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[10..12].copy_from_slice(&SUITE.to_le_bytes());
        bytes[12..28].copy_from_slice(&uid);
        bytes[28..36].copy_from_slice(&created_ms.to_le_bytes());
        let tag = keys.header_mac.tag(&[b"fixed", &bytes[..SECTOR_BODY]]);
        bytes[SECTOR_BODY..SECTOR].copy_from_slice(&tag);
        let mut header = Self { bytes, uid, created_ms };
        header.fill_slot(0, vault_key, &keys)?;
        Ok((header, keys))
    }

    /// Reads the structure of a header. Nothing in it is authenticated yet.
    ///
    /// # Errors
    /// [`Error::NotAnArchive`], [`Error::NewerVersion`], [`Error::UnknownSuite`],
    /// [`Error::Truncated`] for fewer than [`HEADER_LEN`] bytes, [`Error::Damaged`] for bytes that must be zero.
    pub fn parse(input: &[u8]) -> Result<Self, Error> {
        let known = input.len().min(MAGIC.len());
        if input[..known] != MAGIC[..known] {
            return Err(Error::NotAnArchive);
        }
        let Some(bytes) = input.first_chunk::<HEADER_LEN>() else {
            return Err(Error::Truncated(format!(
                "it has {} bytes, and its header alone has {HEADER_LEN}",
                input.len()
            )));
        };
        let version = u16::from_le_bytes([bytes[8], bytes[9]]);
        if version > FORMAT_VERSION {
            return Err(Error::NewerVersion { found: version, supported: FORMAT_VERSION });
        }
        if version == 0 {
            return Err(Error::damaged(Place::Header, "format version 0 does not exist"));
        }
        let suite = u16::from_le_bytes([bytes[10], bytes[11]]);
        if suite != SUITE {
            return Err(Error::UnknownSuite(suite));
        }
        let zero = |from: usize, to: usize| bytes[from..to].iter().all(|&b| b == 0);
        if !zero(FIXED_USED, SECTOR_BODY) || !zero(SECTOR * (1 + SLOT_COUNT), HEADER_LEN) {
            return Err(Error::damaged(Place::Header, "reserved bytes are not zero"));
        }
        for number in 0..SLOT_COUNT {
            let start = SECTOR * (1 + number);
            let ok = match bytes[start] {
                STATE_EMPTY => zero(start, start + SECTOR),
                STATE_FILLED => zero(start + 1, start + 8) && zero(start + SLOT_USED, start + SECTOR_BODY),
                _ => false,
            };
            if !ok {
                return Err(Error::damaged(Place::Slot(number as u8), "its bytes are no key slot"));
            }
        }
        let mut uid = [0; 16];
        uid.copy_from_slice(&bytes[12..28]);
        let mut created = [0; 8];
        created.copy_from_slice(&bytes[28..36]);
        Ok(Self { bytes: Box::new(*bytes), uid, created_ms: u64::from_le_bytes(created) })
    }

    /// Finds the data key with one of the vault keys at hand, and authenticates the whole header with it.
    ///
    /// # Errors
    /// [`Error::NoMatchingKey`] when no slot names one of the keys; [`Error::Damaged`] when a tag is wrong.
    pub fn unlock<'k>(
        &self,
        vault_keys: impl IntoIterator<Item = &'k VaultKey>,
    ) -> Result<ArchiveKeys, Error> {
        let slots = self.slots();
        let opening = vault_keys.into_iter().find_map(|key| {
            let id = key.id();
            slots.iter().find(|slot| slot.key_id == id).map(|slot| (slot.number, key))
        });
        let Some((number, vault_key)) = opening else {
            return Err(Error::NoMatchingKey { needed: slots.into_iter().map(|s| s.key_id).collect() });
        };
        let keys = self.open_slot(number, vault_key)?;
        if !keys.header_mac.verify(&[b"fixed", &self.bytes[..SECTOR_BODY]], &self.bytes[SECTOR_BODY..SECTOR])
        {
            return Err(Error::damaged(Place::Header, "its authentication tag is wrong"));
        }
        for slot in self.slots() {
            let sector = self.slot_sector(slot.number);
            let (body, tag) = sector.split_at(SECTOR_BODY);
            if !keys.header_mac.verify(&[b"slot", &[slot.number], body], tag) {
                return Err(Error::damaged(Place::Slot(slot.number), "its authentication tag is wrong"));
            }
        }
        Ok(keys)
    }

    /// The filled key slots.
    #[must_use]
    pub fn slots(&self) -> Vec<SlotInfo> {
        (0..SLOT_COUNT as u8)
            .filter(|&number| self.slot_sector(number)[0] == STATE_FILLED)
            .map(|number| {
                let mut id = [0; 8];
                id.copy_from_slice(&self.slot_sector(number)[8..16]);
                SlotInfo { number, key_id: KeyId(id) }
            })
            .collect()
    }

    /// The id, and so the file name, that belongs to this archive.
    #[must_use]
    pub fn id(&self) -> ArchiveId {
        ArchiveId::new(self.created_ms, &self.uid)
    }

    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; HEADER_LEN] {
        &self.bytes
    }

    /// Layout of a slot: state(1) zeros(7) key id(8) IV(16) wrapped data key(32) zeros(8) tag(32)
    /// zeros(376) sector tag(32). `tag` is made with the vault key, the sector tag with the data key.
    fn fill_slot(&mut self, number: u8, vault_key: &VaultKey, keys: &ArchiveKeys) -> Result<(), Error> {
        let iv: [u8; IV_LEN] = random()?;
        let mut sector = [0; SECTOR];
        sector[0] = STATE_FILLED;
        sector[8..16].copy_from_slice(&vault_key.id().0);
        sector[16..32].copy_from_slice(&iv);
        let wrapped = wrap(&vault_key.wrap_encryption(&self.uid), &iv, &keys.data_key);
        sector[32..64].copy_from_slice(&wrapped);
        let tag = vault_key.wrap_authentication(&self.uid).tag(&[&self.uid, &[number], &sector[..64]]);
        sector[72..104].copy_from_slice(&tag);
        let sector_tag = keys.header_mac.tag(&[b"slot", &[number], &sector[..SECTOR_BODY]]);
        sector[SECTOR_BODY..].copy_from_slice(&sector_tag);
        let start = SECTOR * (1 + usize::from(number));
        self.bytes[start..start + SECTOR].copy_from_slice(&sector);
        Ok(())
    }

    fn open_slot(&self, number: u8, vault_key: &VaultKey) -> Result<ArchiveKeys, Error> {
        let sector = self.slot_sector(number);
        let mac = vault_key.wrap_authentication(&self.uid);
        if !mac.verify(&[&self.uid, &[number], &sector[..64]], &sector[72..104]) {
            return Err(Error::damaged(Place::Slot(number), "the tag of the wrapped data key is wrong"));
        }
        let mut iv = [0; IV_LEN];
        iv.copy_from_slice(&sector[16..32]);
        let mut wrapped = [0; KEY_LEN];
        wrapped.copy_from_slice(&sector[32..64]);
        let data_key = unwrap_key(&vault_key.wrap_encryption(&self.uid), &iv, &wrapped);
        Ok(ArchiveKeys::new(self.uid, data_key))
    }

    fn slot_sector(&self, number: u8) -> &[u8] {
        let start = SECTOR * (1 + usize::from(number));
        &self.bytes[start..start + SECTOR]
    }
}
