//! Key slots: one sector of the header each, which wraps the data key for one vault key.

use zeroize::Zeroizing;

use crate::primitives::{IV_LEN, KEY_LEN, MacKey, TAG_LEN, random, unwrap_key, wrap};
use crate::{Error, KeyId, VaultKey};

/// Length of a key slot in bytes: one sector, the unit that disks write whole or not at all.
pub const SLOT_LEN: usize = 512;
/// The last 32 bytes of a sector are its HMAC under the header key.
pub(crate) const SECTOR_BODY: usize = SLOT_LEN - TAG_LEN;
const USED: usize = 104;
const STATE_EMPTY: u8 = 0;
const STATE_FILLED: u8 = 1;

pub(crate) type Sector = [u8; SLOT_LEN];

/// What the bytes of a slot can be seen to be without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Empty,
    Filled(KeyId),
    /// A write that was cut short, or damage.
    Malformed,
}

pub(crate) fn state(sector: &Sector) -> State {
    let zero = |from: usize, to: usize| sector[from..to].iter().all(|&b| b == 0);
    match sector[0] {
        STATE_EMPTY if zero(1, SLOT_LEN) => State::Empty,
        STATE_FILLED if zero(1, 8) && zero(64, 72) && zero(USED, SECTOR_BODY) => {
            State::Filled(KeyId(std::array::from_fn(|i| sector[8 + i])))
        }
        _ => State::Malformed,
    }
}

/// Layout: state(1) zeros(7) key id(8) IV(16) wrapped data key(32) zeros(8) slot tag(32) zeros(376)
/// sector tag(32). The slot tag is made with the vault key, the sector tag with the data key.
pub(crate) fn fill(
    uid: &[u8; 16],
    number: u8,
    vault_key: &VaultKey,
    data_key: &[u8; KEY_LEN],
    header_mac: &MacKey,
) -> Result<Sector, Error> {
    let iv: [u8; IV_LEN] = random()?;
    let mut sector = [0; SLOT_LEN];
    sector[..16].copy_from_slice(&opening(vault_key));
    sector[16..32].copy_from_slice(&iv);
    sector[32..64].copy_from_slice(&wrap(&vault_key.wrap_encryption(uid), &iv, data_key));
    let tag = vault_key.wrap_authentication(uid).tag(&[uid, &[number], &sector[..64]]);
    sector[72..USED].copy_from_slice(&tag);
    let sector_tag = header_mac.tag(&[b"slot", &[number], &sector[..SECTOR_BODY]]);
    sector[SECTOR_BODY..].copy_from_slice(&sector_tag);
    Ok(sector)
}

/// `HMAC[wrap MAC key](uid || number || 64 bytes)` is checked over what the first 16 bytes have to be
/// for this key, not over what they are. So only damage to the IV, the wrapped key or the tag can
/// take the data away, and a wrong key is told apart from a damaged key id.
pub(crate) fn open(
    uid: &[u8; 16],
    number: u8,
    sector: &Sector,
    vault_key: &VaultKey,
) -> Option<Zeroizing<[u8; KEY_LEN]>> {
    let parts: [&[u8]; 4] = [uid, &[number], &opening(vault_key), &sector[16..64]];
    if !vault_key.wrap_authentication(uid).verify(&parts, &sector[72..USED]) {
        return None;
    }
    let iv: [u8; IV_LEN] = std::array::from_fn(|i| sector[16 + i]);
    let wrapped: [u8; KEY_LEN] = std::array::from_fn(|i| sector[32 + i]);
    Some(unwrap_key(&vault_key.wrap_encryption(uid), &iv, &wrapped))
}

/// Whether a filled slot is, to the last byte, what the holder of the data key wrote.
pub(crate) fn is_authentic(number: u8, sector: &Sector, header_mac: &MacKey) -> bool {
    let (body, tag) = sector.split_at(SECTOR_BODY);
    header_mac.verify(&[b"slot", &[number], body], tag)
}

/// State, zeros and key id: what a slot for this key starts with.
fn opening(vault_key: &VaultKey) -> [u8; 16] {
    let mut out = [0; 16];
    out[0] = STATE_FILLED;
    out[8..].copy_from_slice(&vault_key.id().0);
    out
}
