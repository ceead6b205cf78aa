//! Frames: the unit that is compressed, encrypted, authenticated and read on its own.

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe;

use crate::error::Place;
use crate::limits::Limits;
use crate::primitives::{IV_LEN, TAG_LEN, cbc_decrypt, cbc_encrypt, random};
use crate::{ArchiveKeys, Error, Footer, Manifest, RowDigest};

/// Length of the header of a frame in bytes.
pub const FRAME_HEADER_LEN: usize = 40;
/// The section number that only the manifest has.
pub const MANIFEST_SECTION: u32 = u32::MAX;
const LABEL_FRAME: [u8; 4] = *b"AFRM";
const LABEL_MANIFEST: [u8; 4] = *b"AMAN";
const BLOCK: usize = 16;
/// Room that a sealer keeps from frame to frame, in bytes.
const MAX_ROOM: usize = 4 << 20;
const MAX_PLAINTEXT: usize = i32::MAX as usize;

/// What the header of a frame says. Trustworthy only after [`check_frame`] or [`open_frame`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// Which section the frame belongs to.
    pub section: u32,
    /// Its number within that section, from 0.
    pub index: u32,
    /// Length of the ciphertext in bytes.
    pub ciphertext_len: u32,
    /// Length after decompression in bytes.
    pub plaintext_len: u32,
    /// Rows in the plaintext.
    pub rows: u32,
}

impl FrameHeader {
    /// Length of the whole frame as stored, in bytes.
    #[must_use]
    pub fn stored_len(&self) -> u64 {
        (FRAME_HEADER_LEN + TAG_LEN) as u64 + u64::from(self.ciphertext_len)
    }

    /// Reads the header of the data frame that starts `bytes`, for reading an archive from front to
    /// back without its manifest. `offset` only serves the error message.
    ///
    /// Nothing is authenticated yet: before allocating, compare [`FrameHeader::stored_len`] with what
    /// is left of the archive.
    ///
    /// # Errors
    /// [`Error::Damaged`] when no data frame can start like this.
    pub fn parse(bytes: &[u8], offset: u64) -> Result<Self, Error> {
        Self::read(bytes, LABEL_FRAME)
            .ok_or_else(|| Error::damaged(Place::FrameAt(offset), "no frame starts there"))
    }

    /// Layout: label(4) ciphertext length(4) section(4) index(4) plaintext length(4) rows(4) IV(16).
    fn read(bytes: &[u8], label: [u8; 4]) -> Option<Self> {
        let header: &[u8; FRAME_HEADER_LEN] = bytes.first_chunk()?;
        let u32_at = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| header[at + i]));
        let parsed = Self {
            ciphertext_len: u32_at(4),
            section: u32_at(8),
            index: u32_at(12),
            plaintext_len: u32_at(16),
            rows: u32_at(20),
        };
        let whole_blocks =
            parsed.ciphertext_len >= BLOCK as u32 && parsed.ciphertext_len.is_multiple_of(BLOCK as u32);
        let of_label = (parsed.section == MANIFEST_SECTION) == (label == LABEL_MANIFEST);
        (header[..4] == label && of_label && whole_blocks && parsed.plaintext_len as usize <= MAX_PLAINTEXT)
            .then_some(parsed)
    }

    fn write(&self, label: [u8; 4], iv: &[u8; IV_LEN], out: &mut [u8]) {
        out[..4].copy_from_slice(&label);
        out[4..8].copy_from_slice(&self.ciphertext_len.to_le_bytes());
        out[8..12].copy_from_slice(&self.section.to_le_bytes());
        out[12..16].copy_from_slice(&self.index.to_le_bytes());
        out[16..20].copy_from_slice(&self.plaintext_len.to_le_bytes());
        out[20..24].copy_from_slice(&self.rows.to_le_bytes());
        out[24..40].copy_from_slice(iv);
    }
}

/// A frame ready to be stored.
pub struct SealedFrame {
    /// Its header.
    pub header: FrameHeader,
    /// The digest of its rows.
    pub digest: RowDigest,
    /// What to store.
    pub bytes: Vec<u8>,
}

/// How zstd looks for repetitions at level 1, sizes in powers of two. Half the window, since what lies further back
/// than 256 KiB gives rows nothing more and is no longer in the processor's cache; and twice the places that the level
/// remembers, which makes up for frames that are compressed each by itself. Matches from six bytes on, instead of the
/// level's seven, make the rows of the benchmark half a per cent larger and take as long.
const FOR_ROWS: [zstd_safe::CParameter; 3] = [
    zstd_safe::CParameter::HashLog(15),
    zstd_safe::CParameter::WindowLog(18),
    zstd_safe::CParameter::MinMatch(7),
];

/// Compresses, encrypts and authenticates. One per thread: it keeps the state of the compressor.
pub struct FrameSealer {
    compressor: Compressor<'static>,
    /// Room for the worst case of one frame, kept so that each frame costs no fresh pages of memory and
    /// leaves with just its own size.
    room: Vec<u8>,
}

impl FrameSealer {
    /// A sealer that compresses at this zstd level.
    ///
    /// # Errors
    /// The compressor could not be set up.
    pub fn new(level: i32) -> Result<Self, Error> {
        let mut compressor = Compressor::new(level).map_err(|e| compressor_failed(&e))?;
        if level == 1 {
            for parameter in FOR_ROWS {
                compressor.set_parameter(parameter).map_err(|e| compressor_failed(&e))?;
            }
        }
        Ok(Self { compressor, room: Vec::new() })
    }

    /// Seals whole rows, each ended by a line feed, as frame `index` of `section`.
    ///
    /// # Errors
    /// [`Error::PartialRow`], [`Error::FrameTooLarge`], or the system failed.
    pub fn seal_rows(
        &mut self,
        keys: &ArchiveKeys,
        section: u32,
        index: u32,
        rows: &[u8],
    ) -> Result<SealedFrame, Error> {
        if rows.last().is_some_and(|&b| b != b'\n') {
            return Err(Error::PartialRow);
        }
        let mut digest = RowDigest::default();
        digest.add_lines(rows);
        self.seal(keys, LABEL_FRAME, section, index, rows, digest)
    }

    /// Seals bytes that are not rows. They count as one row, so their digest is their SHA-256.
    ///
    /// # Errors
    /// [`Error::FrameTooLarge`], or the system failed.
    pub fn seal_blob(
        &mut self,
        keys: &ArchiveKeys,
        section: u32,
        index: u32,
        blob: &[u8],
    ) -> Result<SealedFrame, Error> {
        let mut digest = RowDigest::default();
        digest.add_row(blob);
        self.seal(keys, LABEL_FRAME, section, index, blob, digest)
    }

    pub(crate) fn seal_manifest(&mut self, keys: &ArchiveKeys, json: &[u8]) -> Result<Vec<u8>, Error> {
        let sealed = self.seal(keys, LABEL_MANIFEST, MANIFEST_SECTION, 0, json, RowDigest::default())?;
        Ok(sealed.bytes)
    }

    /// `header || AES-256-CBC[frame key, IV](zstd(plaintext)) || HMAC[frame MAC key](uid || header || ciphertext)`
    fn seal(
        &mut self,
        keys: &ArchiveKeys,
        label: [u8; 4],
        section: u32,
        index: u32,
        plaintext: &[u8],
        digest: RowDigest,
    ) -> Result<SealedFrame, Error> {
        if plaintext.len() > MAX_PLAINTEXT {
            return Err(Error::FrameTooLarge(plaintext.len()));
        }
        let bound = zstd_safe::compress_bound(plaintext.len());
        let needed = FRAME_HEADER_LEN + bound + BLOCK + TAG_LEN;
        if self.room.len() < needed {
            self.room.resize(needed, 0);
        }
        let bytes = &mut self.room;
        let compressed = self
            .compressor
            .compress_to_buffer(plaintext, &mut bytes[FRAME_HEADER_LEN..FRAME_HEADER_LEN + bound])
            .map_err(|e| compressor_failed(&e))?;
        let iv = random()?;
        let end = FRAME_HEADER_LEN
            + cbc_encrypt(&keys.frame_encryption, &iv, &mut bytes[FRAME_HEADER_LEN..], compressed);
        let header = FrameHeader {
            section,
            index,
            ciphertext_len: u32::try_from(end - FRAME_HEADER_LEN)
                .map_err(|_| Error::FrameTooLarge(plaintext.len()))?,
            plaintext_len: plaintext.len() as u32,
            rows: u32::try_from(digest.rows()).map_err(|_| Error::FrameTooLarge(plaintext.len()))?,
        };
        header.write(label, &iv, &mut bytes[..FRAME_HEADER_LEN]);
        let tag = keys.frame_mac.tag(&[&keys.uid, &bytes[..end]]);
        bytes[end..end + TAG_LEN].copy_from_slice(&tag);
        let bytes = bytes[..end + TAG_LEN].to_vec();
        // The room of one huge row is not held on to.
        if needed > MAX_ROOM {
            self.room = Vec::new();
        }
        Ok(SealedFrame { header, digest, bytes })
    }
}

/// Checks the tag of the data frame that fills `bytes`, without decrypting it.
///
/// # Errors
/// [`Error::Damaged`] at the given section and index.
pub fn check_frame(keys: &ArchiveKeys, section: u32, index: u32, bytes: &[u8]) -> Result<FrameHeader, Error> {
    let place = Place::Frame { section, index };
    let header = authenticate(keys, LABEL_FRAME, &place, bytes)?;
    if (header.section, header.index) != (section, index) {
        return Err(Error::damaged(
            place,
            format!("frame {} of section {} lies in its place", header.index, header.section),
        ));
    }
    Ok(header)
}

/// Checks the tag, then decrypts and decompresses the data frame that fills `bytes` (whose content is
/// used up).
///
/// # Errors
/// [`Error::Damaged`] at the given section and index.
pub fn open_frame(keys: &ArchiveKeys, section: u32, index: u32, bytes: &mut [u8]) -> Result<Vec<u8>, Error> {
    let header = check_frame(keys, section, index, bytes)?;
    open(keys, &Place::Frame { section, index }, &header, bytes)
}

/// Checks and opens the manifest that fills `bytes`, in the archive with this footer.
///
/// # Errors
/// [`Error::Damaged`] when its tag is wrong, it is not what version 1 describes, it is too large for such an archive, or
/// it names another archive than the header.
pub fn open_manifest(keys: &ArchiveKeys, footer: &Footer, bytes: &mut [u8]) -> Result<Manifest, Error> {
    let header = authenticate(keys, LABEL_MANIFEST, &Place::Manifest, bytes)?;
    let limits = Limits::of(footer);
    limits.check_length(header.plaintext_len)?;
    let json = open(keys, &Place::Manifest, &header, bytes)?;
    limits.check_elements(&json)?;
    let manifest: Manifest = limits
        .within(|| serde_json::from_slice(&json))
        .map_err(|e| Error::damaged(Place::Manifest, e.to_string()))?;
    let id = keys.id();
    if manifest.id != id.to_string() || manifest.created_ms != id.created_ms() {
        return Err(Error::damaged(Place::Manifest, format!("its header names {id}, and it does not")));
    }
    Ok(manifest)
}

fn authenticate(
    keys: &ArchiveKeys,
    label: [u8; 4],
    place: &Place,
    bytes: &[u8],
) -> Result<FrameHeader, Error> {
    let header = FrameHeader::read(bytes, label)
        .filter(|h| h.stored_len() == bytes.len() as u64)
        .ok_or_else(|| Error::damaged(place.clone(), "its header does not fit"))?;
    let (body, tag) = bytes.split_at(bytes.len() - TAG_LEN);
    if !keys.frame_mac.verify(&[&keys.uid, body], tag) {
        return Err(Error::damaged(place.clone(), "its authentication tag is wrong"));
    }
    Ok(header)
}

fn open(keys: &ArchiveKeys, place: &Place, header: &FrameHeader, bytes: &mut [u8]) -> Result<Vec<u8>, Error> {
    let mut iv = [0; IV_LEN];
    iv.copy_from_slice(&bytes[24..40]);
    let end = bytes.len() - TAG_LEN;
    let compressed = cbc_decrypt(&keys.frame_encryption, &iv, &mut bytes[FRAME_HEADER_LEN..end])
        .ok_or_else(|| Error::damaged(place.clone(), "its padding is wrong"))?;
    if !is_one_zstd_frame(compressed, header.plaintext_len) {
        return Err(Error::damaged(place.clone(), "it is not one zstd frame of the length it should have"));
    }
    let plaintext = Decompressor::new()
        .and_then(|mut d| d.decompress(compressed, header.plaintext_len as usize))
        .map_err(|e| Error::damaged(place.clone(), format!("it does not decompress: {e}")))?;
    if plaintext.len() != header.plaintext_len as usize {
        return Err(Error::damaged(place.clone(), "its length after decompression is wrong"));
    }
    Ok(plaintext)
}

/// zstd decoders disagree about skippable frames, several frames and bytes after them, so the format
/// has none of those: `compressed` is exactly one frame that states its length, RFC 8878 section 3.1.1.
fn is_one_zstd_frame(compressed: &[u8], plaintext_len: u32) -> bool {
    const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    compressed.starts_with(&MAGIC)
        && matches!(zstd_safe::get_frame_content_size(compressed), Ok(Some(n)) if n == u64::from(plaintext_len))
        && zstd_safe::find_frame_compressed_size(compressed) == Ok(compressed.len())
}

/// Seals bytes that may be no zstd frame under a header that may be untrue, for [`crate::hostile`].
#[cfg(feature = "hostile")]
pub(crate) fn seal_compressed(keys: &ArchiveKeys, header: &FrameHeader, compressed: &[u8]) -> Vec<u8> {
    let label = if header.section == MANIFEST_SECTION { LABEL_MANIFEST } else { LABEL_FRAME };
    let mut bytes = vec![0; FRAME_HEADER_LEN];
    bytes.extend_from_slice(compressed);
    bytes.resize(bytes.len() + BLOCK, 0);
    let iv = random().expect("the system gives random bytes");
    let body = &mut bytes[FRAME_HEADER_LEN..];
    let ciphertext_len = cbc_encrypt(&keys.frame_encryption, &iv, body, compressed.len());
    bytes.truncate(FRAME_HEADER_LEN + ciphertext_len);
    let header = FrameHeader { ciphertext_len: ciphertext_len as u32, ..*header };
    header.write(label, &iv, &mut bytes[..FRAME_HEADER_LEN]);
    let tag = keys.frame_mac.tag(&[&keys.uid, &bytes]);
    bytes.extend_from_slice(&tag);
    bytes
}

fn compressor_failed(error: &std::io::Error) -> Error {
    Error::System(format!("the compressor failed: {error}"))
}
