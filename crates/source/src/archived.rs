//! What a restore reads of an archive.

use std::sync::Arc;

use aitta_archive::{ArchiveId, Manifest, Section};
use aitta_base::{Error, Result};
use aitta_model::ErrorCode;
use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};

/// Frames whose tags are checked at the same time.
const CHECKED_AT_ONCE: usize = 4;

/// An archive that has been opened: its table of contents, and its frames by number. Whatever it returns was
/// authenticated.
#[async_trait]
pub trait Archived: Send + Sync {
    /// Its id.
    fn id(&self) -> ArchiveId;

    /// Its table of contents.
    fn manifest(&self) -> &Manifest;

    /// Bytes read from the store so far.
    fn read_bytes(&self) -> u64;

    /// The plaintext of one frame.
    ///
    /// # Errors
    /// `archive_damaged`, `store_*`.
    async fn frame(&self, section: u32, index: u32) -> Result<Vec<u8>>;

    /// Checks the tag of one frame without decrypting it.
    ///
    /// # Errors
    /// `archive_damaged`, `store_*`.
    async fn check_frame(&self, section: u32, index: u32) -> Result<()>;

    /// A section by its number.
    ///
    /// # Errors
    /// `archive_damaged` when there is none.
    fn section(&self, number: u32) -> Result<&Section> {
        self.manifest().sections.get(number as usize).ok_or_else(|| {
            Error::new(
                ErrorCode::ArchiveDamaged,
                format!("{}: there is no section {number}", self.id()),
                "restore from another archive",
            )
        })
    }

    /// The one blob of a section.
    ///
    /// # Errors
    /// `archive_damaged`, `store_*`.
    async fn blob(&self, section: u32) -> Result<Vec<u8>> {
        self.frame(section, 0).await
    }
}

impl dyn Archived {
    /// The plaintext of all frames of a section, in order, a few of them read ahead.
    pub fn frames(self: &Arc<Self>, section: u32, ahead: usize) -> BoxStream<'static, Result<Vec<u8>>> {
        let count = self.manifest().sections.get(section as usize).map_or(0, |s| s.frames.len() as u32);
        let archive = self.clone();
        stream::iter(0..count)
            .map(move |index| {
                let archive = archive.clone();
                async move { archive.frame(section, index).await }
            })
            .buffered(ahead.max(1))
            .boxed()
    }

    /// Checks the tags of all frames of these sections without decrypting them.
    ///
    /// # Errors
    /// `archive_damaged`, `store_*`.
    pub async fn authenticate(self: &Arc<Self>, sections: &[u32]) -> Result<()> {
        for &section in sections {
            let count = self.section(section)?.frames.len() as u32;
            let archive = self.clone();
            let mut checks = stream::iter(0..count)
                .map(move |index| {
                    let archive = archive.clone();
                    async move { archive.check_frame(section, index).await }
                })
                .buffer_unordered(CHECKED_AT_ONCE);
            while let Some(check) = checks.next().await {
                check?;
            }
        }
        Ok(())
    }
}
