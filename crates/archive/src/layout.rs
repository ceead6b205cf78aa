//! What the parts of an archive say about each other: each is authentic by itself, and together they
//! must leave no byte, frame or row out.

use crate::error::Place;
use crate::frame::{FRAME_HEADER_LEN, MANIFEST_SECTION};
use crate::header::HEADER_LEN;
use crate::primitives::TAG_LEN;
use crate::{Error, Footer, FrameHeader, FrameRef, Manifest, RowDigest, Section, SectionKind};

impl Manifest {
    /// Checks that the frames cover the archive from the header to the manifest without gap or
    /// overlap, are as many as the footer counted, and add up to their sections. For readers to call
    /// after [`crate::open_manifest`].
    ///
    /// # Errors
    /// [`Error::Damaged`] in the manifest.
    pub fn check_layout(&self, footer: &Footer) -> Result<(), Error> {
        if self.sections.len() >= MANIFEST_SECTION as usize {
            return Err(damaged("it has more sections than can be numbered"));
        }
        for (number, section) in self.sections.iter().enumerate() {
            section.check_sums(number)?;
        }
        let mut frames: Vec<&FrameRef> = self.sections.iter().flat_map(|s| &s.frames).collect();
        if frames.len() as u64 != footer.frame_count {
            return Err(damaged(format!(
                "it lists {} frames, and the footer counts {}",
                frames.len(),
                footer.frame_count
            )));
        }
        frames.sort_unstable_by_key(|f| f.offset);
        let mut position = HEADER_LEN as u64;
        for frame in frames {
            if frame.offset != position {
                return Err(damaged(format!(
                    "a frame should start at byte {position}, and the next one starts at {}",
                    frame.offset
                )));
            }
            position = position
                .checked_add(frame.stored_len)
                .ok_or_else(|| damaged("a frame is longer than any archive"))?;
        }
        if position != footer.manifest_offset {
            return Err(damaged(format!(
                "its frames end at byte {position}, and the manifest starts at {}",
                footer.manifest_offset
            )));
        }
        Ok(())
    }
}

impl Section {
    fn check_sums(&self, number: usize) -> Result<(), Error> {
        let fits = |f: &FrameRef| {
            let sealed = f.stored_len.checked_sub((FRAME_HEADER_LEN + TAG_LEN) as u64);
            sealed.is_some_and(|len| len > 0 && len % 16 == 0 && u32::try_from(len).is_ok())
        };
        if !self.frames.iter().all(fits) {
            return Err(damaged(format!("section {number} lists a frame of impossible length")));
        }
        // A u32 per frame: the sums cannot reach 2^64.
        let rows: u64 = self.frames.iter().map(|f| u64::from(f.rows)).sum();
        let bytes: u64 = self.frames.iter().map(|f| u64::from(f.plaintext_len)).sum();
        if (rows, bytes) != (self.rows, self.bytes) {
            return Err(damaged(format!("the frames of section {number} do not add up to it")));
        }
        if self.kind == SectionKind::Schema && (self.frames.len(), self.rows) != (1, 1) {
            return Err(damaged(format!("section {number} is a schema, and not one blob in one frame")));
        }
        Ok(())
    }

    /// Adds the plaintext of one of this section's frames to `digest`: one blob, or rows.
    ///
    /// # Errors
    /// [`Error::PartialRow`] when rows are not ended by a line feed.
    pub fn add_frame(&self, digest: &mut RowDigest, plaintext: &[u8]) -> Result<(), Error> {
        if self.kind == SectionKind::Schema {
            digest.add_row(plaintext);
        } else if plaintext.last().is_some_and(|&b| b != b'\n') {
            return Err(Error::PartialRow);
        } else {
            digest.add_lines(plaintext);
        }
        Ok(())
    }

    /// Checks that `digest`, taken over all frames of this section, is the one that the manifest
    /// promises. `number` only serves the error message.
    ///
    /// # Errors
    /// [`Error::Damaged`] in the manifest.
    pub fn check(&self, number: u32, digest: &RowDigest) -> Result<(), Error> {
        if (self.rows, &self.digest) != (digest.rows(), &digest.to_hex()) {
            return Err(damaged(format!("the rows of section {number} are not those that it promises")));
        }
        Ok(())
    }
}

impl FrameRef {
    /// Checks that the frame found is the one that the manifest lists here.
    ///
    /// # Errors
    /// [`Error::Damaged`] at that frame.
    pub fn check(&self, found: &FrameHeader) -> Result<(), Error> {
        let listed = (self.stored_len, self.plaintext_len, self.rows);
        if listed != (found.stored_len(), found.plaintext_len, found.rows) {
            let place = Place::Frame { section: found.section, index: found.index };
            return Err(Error::damaged(place, "it is not the frame that the manifest lists"));
        }
        Ok(())
    }
}

fn damaged(detail: impl Into<String>) -> Error {
    Error::damaged(Place::Manifest, detail)
}
