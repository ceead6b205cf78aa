//! The footer: where the manifest is, so that reading can start from the end.

use crate::error::Place;
use crate::header::{FORMAT_VERSION, HEADER_LEN};
use crate::limits::Limits;
use crate::primitives::TAG_LEN;
use crate::{ArchiveKeys, Error};

/// Length of the footer in bytes.
pub const FOOTER_LEN: usize = 64;
const BODY: usize = FOOTER_LEN - TAG_LEN;
const MAGIC: [u8; 4] = *b"AEND";

/// The last 64 bytes of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footer {
    /// Where the manifest starts, in bytes from the start of the archive.
    pub manifest_offset: u64,
    /// Length of the manifest as stored, in bytes.
    pub manifest_len: u64,
    /// Number of frames before the manifest.
    pub frame_count: u64,
}

impl Footer {
    /// Layout: magic(4) version(2) zeros(2) manifest offset(8) manifest length(8) frame count(8)
    /// `HMAC[footer key](uid || the 32 bytes before)`.
    #[must_use]
    pub fn seal(&self, keys: &ArchiveKeys) -> [u8; FOOTER_LEN] {
        let mut out = [0; FOOTER_LEN];
        out[..4].copy_from_slice(&MAGIC);
        out[4..6].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        out[8..16].copy_from_slice(&self.manifest_offset.to_le_bytes());
        out[16..24].copy_from_slice(&self.manifest_len.to_le_bytes());
        out[24..32].copy_from_slice(&self.frame_count.to_le_bytes());
        let tag = keys.footer_mac.tag(&[&keys.uid, &out[..BODY]]);
        out[BODY..].copy_from_slice(&tag);
        out
    }

    /// Checks the last [`FOOTER_LEN`] bytes of an archive that is `archive_len` bytes long.
    ///
    /// # Errors
    /// [`Error::Truncated`] when there is no footer at the end; [`Error::Damaged`] when its tag is
    /// wrong or it does not fit the length.
    pub fn open(keys: &ArchiveKeys, bytes: &[u8], archive_len: u64) -> Result<Self, Error> {
        let bytes: &[u8; FOOTER_LEN] = bytes.try_into().map_err(|_| no_footer())?;
        let (body, tag) = bytes.split_at(BODY);
        if !keys.footer_mac.verify(&[&keys.uid, body], tag) {
            return Err(if body[..4] == MAGIC {
                Error::damaged(Place::Footer, "its authentication tag is wrong")
            } else {
                no_footer()
            });
        }
        let canonical = body[..4] == MAGIC
            && body[4..6] == FORMAT_VERSION.to_le_bytes()
            && body[6..8].iter().all(|&b| b == 0);
        if !canonical {
            return Err(Error::damaged(Place::Footer, "it is not the footer of this version"));
        }
        let u64_at = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| body[at + i]));
        let footer = Self { manifest_offset: u64_at(8), manifest_len: u64_at(16), frame_count: u64_at(24) };
        let end = footer.manifest_offset.checked_add(footer.manifest_len);
        let fits = end.and_then(|e| e.checked_add(FOOTER_LEN as u64)) == Some(archive_len);
        if !fits || footer.manifest_offset < HEADER_LEN as u64 {
            return Err(Error::damaged(Place::Footer, "it does not fit the length of the archive"));
        }
        Limits::of(&footer).check_stored(footer.manifest_len)?;
        Ok(footer)
    }
}

fn no_footer() -> Error {
    Error::Truncated("it does not end with a footer, so bytes were cut off or added".to_owned())
}
