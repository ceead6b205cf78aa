//! Sealers that are idle: each holds the tables of a compressor, which are worth keeping.

use std::sync::{Arc, Mutex, PoisonError};

use aitta_archive::{ArchiveKeys, FrameSealer, SealedFrame};

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Whole rows of a table.
    Rows,
    /// The one blob of a section.
    Blob,
}

/// Sealers of one zstd level. Clones share them; there are as many as seal at the same time.
#[derive(Clone)]
pub(crate) struct SealerPool {
    level: i32,
    idle: Arc<Mutex<Vec<FrameSealer>>>,
}

impl SealerPool {
    pub(crate) fn new(level: i32) -> Self {
        Self { level, idle: Arc::default() }
    }

    /// Compresses and seals one frame. Takes a processor for some milliseconds.
    ///
    /// # Errors
    /// No sealer can be made, or the frame is too large.
    pub(crate) fn seal(
        &self,
        keys: &ArchiveKeys,
        section: u32,
        index: u32,
        content: Content,
        plaintext: &[u8],
    ) -> Result<SealedFrame, aitta_archive::Error> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut sealer = idle.map_or_else(|| FrameSealer::new(self.level), Ok)?;
        let frame = match content {
            Content::Blob => sealer.seal_blob(keys, section, index, plaintext),
            Content::Rows => sealer.seal_rows(keys, section, index, plaintext),
        }?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(sealer);
        Ok(frame)
    }
}
