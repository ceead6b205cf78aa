//! Authentic nonsense: archives that only somebody who holds the data key could make. They take tests
//! and the fuzzer past the authentication tags, to the code that nothing else reaches.

use crate::frame::seal_compressed;
use crate::{ArchiveKeys, Footer, FrameHeader, MANIFEST_SECTION};

/// Seals `compressed`, which may be anything, as a frame. Of `header` only the length of the ciphertext
/// is corrected.
#[must_use]
pub fn seal_frame(keys: &ArchiveKeys, header: &FrameHeader, compressed: &[u8]) -> Vec<u8> {
    seal_compressed(keys, header, compressed)
}

/// Seals `compressed`, which may be anything, as the manifest.
#[must_use]
pub fn seal_manifest(keys: &ArchiveKeys, plaintext_len: u32, compressed: &[u8]) -> Vec<u8> {
    let header =
        FrameHeader { section: MANIFEST_SECTION, index: 0, ciphertext_len: 0, plaintext_len, rows: 0 };
    seal_compressed(keys, &header, compressed)
}

/// Appends a manifest and a footer that counts `frame_count` frames to `archive`.
pub fn finish(archive: &mut Vec<u8>, keys: &ArchiveKeys, manifest: &[u8], frame_count: u64) {
    let footer =
        Footer { manifest_offset: archive.len() as u64, manifest_len: manifest.len() as u64, frame_count };
    archive.extend_from_slice(manifest);
    archive.extend_from_slice(&footer.seal(keys));
}
