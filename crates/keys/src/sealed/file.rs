//! The bytes of a sealed file. All numbers are little endian.
//!
//! | bytes | what |
//! |---|---|
//! | 0..8 | magic |
//! | 8..10 | version, 1 |
//! | 10..12 | sealed by: 1 a passphrase, 2 a vault key |
//! | 12..24 | Argon2id (RFC 9106): KiB of memory, passes, lanes; zeros for a vault key |
//! | 24..40 | salt; for a vault key its id and zeros |
//! | 40..48 | check value of the key, which tells a wrong passphrase from damage |
//! | 48..64 | IV |
//! | 64..n-32 | AES-256-CBC of a JSON object of names and secrets, padded as PKCS#7 |
//! | n-32..n | HMAC-SHA-256 over everything before |
//!
//! `master = Argon2id[salt, cost](passphrase, 32)`, or for a vault key `HMAC-SHA-256[HKDF-SHA-256[salt = "", "aitta/1
//! secrets"](vault key, 32)]("")`. The keys are `HKDF-SHA-256[salt = bytes 24..40, "aitta/1 secrets encryption"](master,
//! 32)`, the same with `authentication`, and the check value the first 8 bytes of the same with `check`. The tag is
//! compared in constant time before anything is decrypted.

use aes::Aes256;
use aitta_archive::VaultKey;
use aitta_base::{Error, Result};
use aitta_model::ErrorCode;
use argon2::{Algorithm, Argon2, Params, Version};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

/// Files that are longer are not read.
pub(super) const MAX_LEN: usize = 1 << 20;

const MAGIC: [u8; 8] = *b"AITTA\r\nK";
const VERSION: u16 = 1;
const BY_PASSPHRASE: u16 = 1;
const BY_KEY: u16 = 2;
const HEADER: usize = 64;
const TAG: usize = 32;
const BLOCK: usize = 16;
/// Label of the key that a vault key gives for sealing.
const LABEL: &str = "aitta/1 secrets";

/// What stretching a passphrase costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// Memory in KiB.
    pub(super) memory_kib: u32,
    /// Passes over it.
    pub(super) passes: u32,
    /// Lanes.
    pub(super) lanes: u32,
}

impl Cost {
    /// The second recommended option of RFC 9106, section 4, for where memory is not plenty: 64 MiB.
    pub(super) const RFC_9106: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 4 };

    /// What a file may ask for at most: 1 GiB, and some seconds. A hostile file must not stop the machine.
    const MOST: Self = Self { memory_kib: 1024 * 1024, passes: 16, lanes: 16 };

    fn is_sound(self) -> bool {
        (1..=Self::MOST.lanes).contains(&self.lanes)
            && (1..=Self::MOST.passes).contains(&self.passes)
            // RFC 9106, section 3.1: at least 8 KiB for each lane.
            && (8 * self.lanes..=Self::MOST.memory_kib).contains(&self.memory_kib)
    }
}

/// What a file is sealed by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SealedBy {
    Passphrase {
        cost: Cost,
        salt: [u8; 16],
    },
    /// A vault key of this id.
    Key([u8; 8]),
}

impl SealedBy {
    fn salt(&self) -> [u8; 16] {
        match self {
            Self::Passphrase { salt, .. } => *salt,
            Self::Key(id) => {
                let mut salt = [0; 16];
                salt[..8].copy_from_slice(id);
                salt
            }
        }
    }
}

/// What the keys of a file come from. Wiped on drop.
#[derive(Clone)]
pub(super) struct Master(Zeroizing<[u8; 32]>);

impl Master {
    pub(super) fn of_passphrase(passphrase: &str, cost: Cost, salt: &[u8; 16]) -> Result<Self> {
        let failed = |e: argon2::Error| {
            Error::new(
                ErrorCode::System,
                format!("the passphrase can't be stretched: {e}"),
                "free some memory and try again",
            )
        };
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(failed)?;
        let mut out = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), salt, out.as_mut_slice())
            .map_err(failed)?;
        Ok(Self(out))
    }

    pub(super) fn of_key(key: &VaultKey) -> Self {
        Self(Zeroizing::new(key.tag(LABEL, b"")))
    }

    fn derive(&self, by: &SealedBy, what: &str) -> Zeroizing<[u8; 32]> {
        let mut out = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(Some(&by.salt()), self.0.as_slice())
            .expand_multi_info(&[LABEL.as_bytes(), b" ", what.as_bytes()], out.as_mut_slice())
            .expect("32 bytes are within the 255 * 32 that HKDF-SHA-256 can give");
        out
    }

    fn check(&self, by: &SealedBy) -> [u8; 8] {
        let derived = self.derive(by, "check");
        std::array::from_fn(|i| derived[i])
    }

    fn mac(&self, by: &SealedBy) -> Hmac<Sha256> {
        Hmac::new_from_slice(self.derive(by, "authentication").as_slice())
            .expect("HMAC takes keys of any length")
    }
}

/// A file whose structure was read. Nothing in it is authenticated before [`Sealed::open`].
pub(super) struct Sealed<'a> {
    pub(super) by: SealedBy,
    check: [u8; 8],
    iv: [u8; BLOCK],
    covered: &'a [u8],
    tag: &'a [u8],
}

impl<'a> Sealed<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> std::result::Result<Self, String> {
        if !bytes.starts_with(&MAGIC) {
            return Err("it is not what Aitta writes".to_owned());
        }
        if bytes.len() > MAX_LEN || bytes.len() < HEADER + BLOCK + TAG {
            return Err(format!("{} bytes are too many or too few", bytes.len()));
        }
        let two = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let four = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        if two(8) != VERSION {
            return Err(format!("its version {} is not known; a newer Aitta may read it", two(8)));
        }
        let cost = Cost { memory_kib: four(12), passes: four(16), lanes: four(20) };
        let salt: [u8; 16] = std::array::from_fn(|i| bytes[24 + i]);
        let by = match two(10) {
            BY_PASSPHRASE if cost.is_sound() => SealedBy::Passphrase { cost, salt },
            BY_PASSPHRASE => {
                return Err(format!(
                    "it asks for {} KiB of memory, {} passes and {} lanes, which is out of bounds",
                    cost.memory_kib, cost.passes, cost.lanes
                ));
            }
            BY_KEY if bytes[12..24].iter().chain(&salt[8..]).all(|&b| b == 0) => {
                SealedBy::Key(std::array::from_fn(|i| salt[i]))
            }
            _ => return Err("it is sealed in a way that is not known".to_owned()),
        };
        let (covered, tag) = bytes.split_at(bytes.len() - TAG);
        if !(covered.len() - HEADER).is_multiple_of(BLOCK) {
            return Err("it is cut short".to_owned());
        }
        let check = std::array::from_fn(|i| bytes[40 + i]);
        Ok(Self { by, check, iv: std::array::from_fn(|i| bytes[48 + i]), covered, tag })
    }

    /// Whether the key is the right one, as far as 64 bits tell.
    pub(super) fn is_for(&self, master: &Master) -> bool {
        master.check(&self.by) == self.check
    }

    pub(super) fn open(&self, master: &Master) -> std::result::Result<Zeroizing<Vec<u8>>, String> {
        let mut mac = master.mac(&self.by);
        mac.update(self.covered);
        mac.verify_slice(self.tag).map_err(|_| "it is damaged".to_owned())?;
        let mut bytes = Zeroizing::new(self.covered[HEADER..].to_vec());
        let key = master.derive(&self.by, "encryption");
        let len = cbc::Decryptor::<Aes256>::new((&*key).into(), (&self.iv).into())
            .decrypt_padded::<Pkcs7>(&mut bytes)
            .map_err(|_| "it is damaged".to_owned())?
            .len();
        bytes.truncate(len);
        Ok(bytes)
    }
}

pub(super) fn seal(by: &SealedBy, master: &Master, plain: &[u8]) -> Result<Vec<u8>> {
    let iv: [u8; BLOCK] = crate::random()?;
    let mut bytes = Vec::with_capacity(HEADER + plain.len() + BLOCK + TAG);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    let (kind, cost) = match by {
        SealedBy::Passphrase { cost, .. } => (BY_PASSPHRASE, [cost.memory_kib, cost.passes, cost.lanes]),
        SealedBy::Key(_) => (BY_KEY, [0; 3]),
    };
    bytes.extend_from_slice(&kind.to_le_bytes());
    cost.iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
    bytes.extend_from_slice(&by.salt());
    bytes.extend_from_slice(&master.check(by));
    bytes.extend_from_slice(&iv);
    // Room for the padding; the plaintext is overwritten by its ciphertext in place.
    let mut content = Zeroizing::new(vec![0; plain.len() + BLOCK]);
    content[..plain.len()].copy_from_slice(plain);
    let key = master.derive(by, "encryption");
    let sealed = cbc::Encryptor::<Aes256>::new((&*key).into(), (&iv).into())
        .encrypt_padded::<Pkcs7>(&mut content, plain.len())
        .expect("there is room for the padding");
    bytes.extend_from_slice(sealed);
    content.zeroize();
    let mut mac = master.mac(by);
    mac.update(&bytes);
    bytes.extend_from_slice(&mac.finalize().into_bytes());
    Ok(bytes)
}
