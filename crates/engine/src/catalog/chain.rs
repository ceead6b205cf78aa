//! The chain: each entry is hashed together with the hash before it.

use sha2::{Digest, Sha256};

/// What the first entry follows.
pub(crate) const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Label of the key that signs each entry, and of the hash.
pub(crate) const LABEL: &str = "aitta/1 audit";

/// Label of the key that signs the end of the chain.
pub(crate) const HEAD_LABEL: &str = "aitta/1 audit end";

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// Its number, from 1.
    pub(crate) entry: u64,
    /// Its JSON, to the byte.
    pub(crate) body: String,
    /// `SHA-256("aitta/1 audit" || hash before || number as 8 bytes, big endian || body)` in hexadecimal.
    pub(crate) hash: String,
}

impl Link {
    pub(crate) fn new(before: &str, entry: u64, body: String) -> Self {
        let hash = hash(before, entry, body.as_bytes());
        Self { entry, body, hash }
    }

    /// What is signed: the number and the hash, which covers everything before.
    pub(crate) fn message(&self) -> Vec<u8> {
        message(self.entry, &self.hash)
    }
}

pub(crate) fn message(entry: u64, hash: &str) -> Vec<u8> {
    format!("{entry} {hash}").into_bytes()
}

pub(crate) fn hash(before: &str, entry: u64, body: &[u8]) -> String {
    let mut sha = Sha256::new();
    sha.update(LABEL);
    sha.update(before);
    sha.update(entry.to_be_bytes());
    sha.update(body);
    hex::encode(sha.finalize())
}
