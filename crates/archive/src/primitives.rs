//! The cryptographic building blocks, each with its formula and its source.

use aes::Aes256;
use cbc::cipher::block_padding::{NoPadding, Pkcs7};
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::Error;

pub(crate) const KEY_LEN: usize = 32;
pub(crate) const IV_LEN: usize = 16;
pub(crate) const TAG_LEN: usize = 32;

/// `HKDF-SHA-256[salt, label](key, 32)`, RFC 5869.
pub(crate) fn derive(key: &[u8; KEY_LEN], salt: &[u8], label: &str) -> Zeroizing<[u8; KEY_LEN]> {
    let mut out = Zeroizing::new([0; KEY_LEN]);
    Hkdf::<Sha256>::new(Some(salt), key)
        .expand(label.as_bytes(), out.as_mut_slice())
        .expect("32 bytes are within the 255 * 32 that HKDF-SHA-256 can give");
    out
}

/// `HMAC-SHA-256[key](part_1 || part_2 || ...)`, RFC 2104. The keyed state is computed once.
#[derive(Clone)]
pub(crate) struct MacKey(Hmac<Sha256>);

impl MacKey {
    pub(crate) fn new(key: &[u8; KEY_LEN]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
    }

    fn over(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac
    }

    pub(crate) fn tag(&self, parts: &[&[u8]]) -> [u8; TAG_LEN] {
        self.over(parts).finalize().into_bytes().into()
    }

    /// Compares in constant time.
    pub(crate) fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        self.over(parts).verify_slice(tag).is_ok()
    }
}

/// `AES-256-CBC[key, iv](buffer[..len])` with PKCS#7 padding (NIST SP 800-38A, RFC 5652 section 6.3),
/// in place. `buffer` must have room for up to 16 bytes more than `len`. Returns the length with padding.
pub(crate) fn cbc_encrypt(key: &[u8; KEY_LEN], iv: &[u8; IV_LEN], buffer: &mut [u8], len: usize) -> usize {
    cbc::Encryptor::<Aes256>::new(key.into(), iv.into())
        .encrypt_padded::<Pkcs7>(buffer, len)
        .expect("the caller left room for the padding")
        .len()
}

/// The inverse of [`cbc_encrypt`]; `None` when the length or the padding is wrong. Only ever called on
/// bytes whose tag was checked, so the padding tells an attacker nothing.
pub(crate) fn cbc_decrypt<'a>(
    key: &[u8; KEY_LEN],
    iv: &[u8; IV_LEN],
    buffer: &'a mut [u8],
) -> Option<&'a [u8]> {
    cbc::Decryptor::<Aes256>::new(key.into(), iv.into()).decrypt_padded::<Pkcs7>(buffer).ok()
}

/// `AES-256-CBC[key, iv](data key)` without padding: 32 bytes are exactly two blocks.
pub(crate) fn wrap(key: &[u8; KEY_LEN], iv: &[u8; IV_LEN], data_key: &[u8; KEY_LEN]) -> [u8; KEY_LEN] {
    let mut out = *data_key;
    cbc::Encryptor::<Aes256>::new(key.into(), iv.into())
        .encrypt_padded::<NoPadding>(&mut out, KEY_LEN)
        .expect("two whole blocks need no padding");
    out
}

/// The inverse of [`wrap`].
pub(crate) fn unwrap_key(
    key: &[u8; KEY_LEN],
    iv: &[u8; IV_LEN],
    wrapped: &[u8; KEY_LEN],
) -> Zeroizing<[u8; KEY_LEN]> {
    let mut out = Zeroizing::new(*wrapped);
    cbc::Decryptor::<Aes256>::new(key.into(), iv.into())
        .decrypt_padded::<NoPadding>(out.as_mut_slice())
        .expect("two whole blocks have no padding");
    out
}

/// Bytes from the generator of the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut out = [0; N];
    fill(&mut out)?;
    Ok(out)
}

/// A key from the generator of the operating system, which leaves no copy behind on the stack.
pub(crate) fn random_key() -> Result<Zeroizing<[u8; KEY_LEN]>, Error> {
    let mut out = Zeroizing::new([0; KEY_LEN]);
    fill(out.as_mut_slice())?;
    Ok(out)
}

fn fill(out: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(out).map_err(|e| Error::System(format!("the system gave no random bytes: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NIST SP 800-38A, F.2.5 CBC-AES256.Encrypt, first two blocks.
    #[test]
    fn cbc_matches_nist_sp_800_38a() {
        let key = bytes("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
        let iv = bytes("000102030405060708090a0b0c0d0e0f");
        let plain = bytes("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
        let wrapped = wrap(&key, &iv, &plain);
        assert_eq!(hex::encode(wrapped), "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d");
        assert_eq!(*unwrap_key(&key, &iv, &wrapped), plain);
    }

    /// RFC 4231, test case 2, with the key padded by zeros, which HMAC defines as the same key.
    #[test]
    fn hmac_matches_rfc_4231() {
        let mut key = [0; KEY_LEN];
        key[..4].copy_from_slice(b"Jefe");
        let mac = MacKey::new(&key);
        let parts: [&[u8]; 2] = [b"what do ya want ", b"for nothing?"];
        assert_eq!(
            hex::encode(mac.tag(&parts)),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        let mut out = [0; N];
        hex::decode_to_slice(text, &mut out).expect("test vector");
        out
    }
}
