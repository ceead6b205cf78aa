//! The id of an archive, which is also its file name.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// `backup-{unix ms}-{8 hex}`: when the archive was begun, and the first four bytes of its random uid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArchiveId {
    created_ms: u64,
    tag: [u8; 4],
}

impl ArchiveId {
    /// The id of an archive begun at `created_ms` (Unix time in milliseconds) with this uid.
    #[must_use]
    pub fn new(created_ms: u64, uid: &[u8; 16]) -> Self {
        Self { created_ms, tag: [uid[0], uid[1], uid[2], uid[3]] }
    }

    /// When the archive was begun: Unix time in milliseconds.
    #[must_use]
    pub fn created_ms(&self) -> u64 {
        self.created_ms
    }
}

impl fmt::Display for ArchiveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "backup-{}-{}", self.created_ms, hex::encode(self.tag))
    }
}

impl FromStr for ArchiveId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parse = || {
            let (ms, tag) = text.strip_prefix("backup-")?.split_once('-')?;
            let canonical = ms == "0" || (!ms.starts_with('0') && ms.bytes().all(|b| b.is_ascii_digit()));
            if !canonical || tag.len() != 8 || tag.bytes().any(|b| b.is_ascii_uppercase()) {
                return None;
            }
            let mut bytes = [0; 4];
            hex::decode_to_slice(tag, &mut bytes).ok()?;
            Some(Self { created_ms: ms.parse().ok()?, tag: bytes })
        };
        parse().ok_or_else(|| Error::InvalidId(text.to_owned()))
    }
}
