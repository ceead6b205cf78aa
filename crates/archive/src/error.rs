//! Rules for errors of this crate: an error says what is wrong and where, never what to do (the
//! engine knows the circumstances and adds the hint), and never contains key material or plaintext.

use std::fmt;

use crate::KeyId;

/// Why an archive, or a part of it, could not be written or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes do not start with the magic of an archive.
    #[error("this is not an Aitta archive: it does not start with the archive magic")]
    NotAnArchive,
    /// The archive was written by a later version of the format.
    #[error("the archive has format version {found}; this build reads up to version {supported}")]
    NewerVersion {
        /// Version found in the header.
        found: u16,
        /// Highest version that this build reads.
        supported: u16,
    },
    /// The archive names a cipher suite that this build does not know.
    #[error("the archive uses cipher suite {0}, which this build does not know")]
    UnknownSuite(u16),
    /// The archive ends before it should.
    #[error("the archive is truncated: {0}")]
    Truncated(String),
    /// An authentication tag, a fixed value or a structure is wrong.
    #[error("the archive is damaged in {place}: {detail}")]
    Damaged {
        /// Which part.
        place: Place,
        /// What was expected.
        detail: String,
    },
    /// None of the keys at hand opens a key slot of the archive.
    #[error("no key at hand opens this archive; it needs {}", list(.needed))]
    NoMatchingKey {
        /// Ids of the keys that would open it.
        needed: Vec<KeyId>,
    },
    /// A key has the wrong length or is not hexadecimal.
    #[error("the key is not valid: {0}")]
    InvalidKey(String),
    /// A name is not of the form `backup-{unix ms}-{8 hex}`.
    #[error("{0:?} is not an archive id; one looks like backup-1642684800000-a1b2c3d4")]
    InvalidId(String),
    /// The plaintext of one frame is larger than the format allows.
    #[error("a frame of {0} bytes is larger than the format allows (2 GiB - 1)")]
    FrameTooLarge(usize),
    /// The plaintext of a frame of rows does not end with a line feed.
    #[error("a frame holds whole rows only, and the last one is not ended by a line feed")]
    PartialRow,
    /// All key slots of the header are taken.
    #[error("all key slots of the archive are taken")]
    NoFreeSlot,
    /// Erasing this key slot would leave none that opens the archive.
    #[error("this is the only good key slot of the archive")]
    LastSlot,
    /// The compressor or the random number generator of the system failed.
    #[error("{0}")]
    System(String),
}

impl Error {
    pub(crate) fn damaged(place: Place, detail: impl Into<String>) -> Self {
        Self::Damaged { place, detail: detail.into() }
    }
}

/// A part of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The fixed part of the header.
    Header,
    /// One key slot of the header, counted from 0.
    Slot(u8),
    /// One frame.
    Frame {
        /// Section number.
        section: u32,
        /// Number within its section.
        index: u32,
    },
    /// A frame of which not even the section is known, at this offset in bytes.
    FrameAt(u64),
    /// The manifest.
    Manifest,
    /// The footer.
    Footer,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("the header"),
            Self::Slot(n) => write!(f, "key slot {n} of the header"),
            Self::Frame { section, index } => write!(f, "frame {index} of section {section}"),
            Self::FrameAt(offset) => write!(f, "the frame at byte {offset}"),
            Self::Manifest => f.write_str("the manifest"),
            Self::Footer => f.write_str("the footer"),
        }
    }
}

fn list(keys: &[KeyId]) -> String {
    match keys {
        [] => "a key that its header no longer names".to_owned(),
        [one] => format!("the key {one}"),
        many => {
            let names: Vec<String> = many.iter().map(ToString::to_string).collect();
            format!("one of the keys {}", names.join(", "))
        }
    }
}
