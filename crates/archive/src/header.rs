//! The header: 4096 bytes, of which each part that is ever rewritten fills one 512-byte sector, so
//! that a write that power cut short leaves every other sector as it was.

use std::ops::Range;

use crate::error::Place;
use crate::primitives::random_key;
use crate::slot::{self, SECTOR_BODY, SLOT_LEN, Sector, State};
use crate::{ArchiveId, ArchiveKeys, Error, KeyId, VaultKey, primitives::random};

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
const FIXED_USED: usize = 36;
const SLOTS_END: usize = SLOT_LEN * (1 + SLOT_COUNT);

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
        let keys = ArchiveKeys::new(uid, created_ms, random_key()?);
        let mut bytes = Box::new([0; HEADER_LEN]);
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..10].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[10..12].copy_from_slice(&SUITE.to_le_bytes());
        bytes[12..28].copy_from_slice(&uid);
        bytes[28..36].copy_from_slice(&created_ms.to_le_bytes());
        let tag = keys.header_mac.tag(&[b"fixed", &bytes[..SECTOR_BODY]]);
        bytes[SECTOR_BODY..SLOT_LEN].copy_from_slice(&tag);
        let mut header = Self { bytes, uid, created_ms };
        header.fill_slot(0, vault_key, &keys)?;
        Ok((header, keys))
    }

    /// Reads the structure of a header. Nothing in it is authenticated yet. A malformed key slot is no
    /// error here, because another may open the archive; [`Header::check`] reports it.
    ///
    /// # Errors
    /// [`Error::NotAnArchive`], [`Error::NewerVersion`], [`Error::UnknownSuite`],
    /// [`Error::Truncated`] for fewer than [`HEADER_LEN`] bytes, [`Error::Damaged`] for bytes that must be zero.
    pub fn parse(input: &[u8]) -> Result<Self, Error> {
        let known = input.len().min(MAGIC.len());
        if input[..known] != MAGIC[..known] {
            // The letters alone are kept by a transfer that converts line ends.
            return Err(if input.starts_with(&MAGIC[..5]) {
                Error::damaged(Place::Header, "its magic was changed, as a transfer in text mode does")
            } else {
                Error::NotAnArchive
            });
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
        if !zero(FIXED_USED, SECTOR_BODY) || !zero(SLOTS_END, HEADER_LEN) {
            return Err(Error::damaged(Place::Header, "reserved bytes are not zero"));
        }
        let uid = std::array::from_fn(|i| bytes[12 + i]);
        let created_ms = u64::from_le_bytes(std::array::from_fn(|i| bytes[28 + i]));
        Ok(Self { bytes: Box::new(*bytes), uid, created_ms })
    }

    /// Finds the data key with one of the vault keys at hand, and authenticates the fixed part of the header with it.
    /// One good slot is enough: a damaged other one, such as a rotation that power cut short leaves, does no harm.
    /// [`Header::check`] reports it.
    ///
    /// # Errors
    /// [`Error::NoMatchingKey`] when no slot is for one of the keys; [`Error::Damaged`] when one is
    /// but its tag is wrong, when no slot is legible, or when the fixed part is not authentic.
    pub fn unlock<'k>(
        &self,
        vault_keys: impl IntoIterator<Item = &'k VaultKey>,
    ) -> Result<ArchiveKeys, Error> {
        let slots = self.slots();
        let mut spoilt = None;
        for key in vault_keys {
            let data_key =
                numbers().find_map(|number| slot::open(&self.uid, number, self.sector(number), key));
            if let Some(data_key) = data_key {
                let keys = ArchiveKeys::new(self.uid, self.created_ms, data_key);
                self.check_fixed(&keys)?;
                return Ok(keys);
            }
            let id = key.id();
            spoilt = spoilt.or_else(|| slots.iter().find(|slot| slot.key_id == id).map(|slot| slot.number));
        }
        if let Some(number) = spoilt {
            return Err(Error::damaged(Place::Slot(number), "the tag of the wrapped data key is wrong"));
        }
        let illegible = numbers().find(|&n| slot::state(self.sector(n)) == State::Malformed);
        match illegible {
            Some(number) if slots.is_empty() => Err(malformed(number)),
            _ => Err(Error::NoMatchingKey { needed: slots.into_iter().map(|s| s.key_id).collect() }),
        }
    }

    /// Authenticates every byte of the header: what a verification asks for beyond [`Header::unlock`].
    ///
    /// # Errors
    /// [`Error::Damaged`] at the fixed part or at the first slot that is not as it was written.
    pub fn check(&self, keys: &ArchiveKeys) -> Result<(), Error> {
        self.check_fixed(keys)?;
        match self.damaged_slots(keys).first() {
            None => Ok(()),
            Some(&number) => Err(match slot::state(self.sector(number)) {
                State::Malformed => malformed(number),
                State::Empty | State::Filled(_) => {
                    Error::damaged(Place::Slot(number), "its authentication tag is wrong")
                }
            }),
        }
    }

    /// The slots that are neither empty nor, to the last byte, as they were written. A rotation that
    /// was cut short leaves such a slot; [`Header::erase_slot`] clears it away.
    #[must_use]
    pub fn damaged_slots(&self, keys: &ArchiveKeys) -> Vec<u8> {
        numbers()
            .filter(|&number| {
                let sector = self.sector(number);
                slot::state(sector) != State::Empty && !slot::is_authentic(number, sector, &keys.header_mac)
            })
            .collect()
    }

    /// The filled key slots.
    #[must_use]
    pub fn slots(&self) -> Vec<SlotInfo> {
        numbers()
            .filter_map(|number| match slot::state(self.sector(number)) {
                State::Filled(key_id) => Some(SlotInfo { number, key_id }),
                State::Empty | State::Malformed => None,
            })
            .collect()
    }

    /// Wraps the data key for `vault_key` too, and returns the number of the slot. A good slot of that
    /// key is kept as it is; otherwise an empty one is taken, or else one that is damaged (which may still
    /// open the archive with a key that is not at hand, so it comes last).
    ///
    /// Only the bytes of [`Header::slot_range`] change, and only those are to be written.
    ///
    /// # Errors
    /// [`Error::NoFreeSlot`]; [`Error::Damaged`] when `keys` are not those of this archive; or the
    /// system gave no random bytes.
    pub fn add_slot(&mut self, vault_key: &VaultKey, keys: &ArchiveKeys) -> Result<u8, Error> {
        self.check_fixed(keys)?;
        let authentic = |n: &u8| slot::is_authentic(*n, self.sector(*n), &keys.header_mac);
        let opens = |n: &u8| slot::open(&self.uid, *n, self.sector(*n), vault_key).is_some();
        if let Some(number) = numbers().find(|n| authentic(n) && opens(n)) {
            return Ok(number);
        }
        let empty = numbers().find(|&n| slot::state(self.sector(n)) == State::Empty);
        let number = empty.or_else(|| numbers().find(|n| !authentic(n))).ok_or(Error::NoFreeSlot)?;
        self.fill_slot(number, vault_key, keys)?;
        Ok(number)
    }

    /// Overwrites slot `number` with zeros. Before that, the caller must read the archive back from the store and open
    /// it through another slot.
    ///
    /// # Errors
    /// [`Error::LastSlot`] when no other slot is good; [`Error::Damaged`] when `keys` are not those of
    /// this archive.
    ///
    /// # Panics
    /// When there is no slot of that number: a bug of the caller.
    pub fn erase_slot(&mut self, number: u8, keys: &ArchiveKeys) -> Result<(), Error> {
        self.check_fixed(keys)?;
        let other = |&n: &u8| n != number && slot::is_authentic(n, self.sector(n), &keys.header_mac);
        if !numbers().any(|n| other(&n)) {
            return Err(Error::LastSlot);
        }
        self.bytes[Self::slot_range(number)].fill(0);
        Ok(())
    }

    /// Where slot `number` lies, in bytes from the start of the archive.
    ///
    /// # Panics
    /// When there is no slot of that number: a bug of the caller.
    #[must_use]
    pub fn slot_range(number: u8) -> Range<usize> {
        assert!(usize::from(number) < SLOT_COUNT, "a header has {SLOT_COUNT} key slots");
        let start = SLOT_LEN * (1 + usize::from(number));
        start..start + SLOT_LEN
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

    fn check_fixed(&self, keys: &ArchiveKeys) -> Result<(), Error> {
        let (body, tag) = self.bytes[..SLOT_LEN].split_at(SECTOR_BODY);
        if keys.uid != self.uid || !keys.header_mac.verify(&[b"fixed", body], tag) {
            return Err(Error::damaged(Place::Header, "its authentication tag is wrong"));
        }
        Ok(())
    }

    fn fill_slot(&mut self, number: u8, vault_key: &VaultKey, keys: &ArchiveKeys) -> Result<(), Error> {
        let sector = slot::fill(&self.uid, number, vault_key, &keys.data_key, &keys.header_mac)?;
        self.bytes[Self::slot_range(number)].copy_from_slice(&sector);
        Ok(())
    }

    fn sector(&self, number: u8) -> &Sector {
        self.bytes[Self::slot_range(number)].first_chunk().expect("a slot is one sector long")
    }
}

fn numbers() -> impl Iterator<Item = u8> {
    0..SLOT_COUNT as u8
}

fn malformed(number: u8) -> Error {
    Error::damaged(Place::Slot(number), "its bytes are no key slot")
}
