//! Placing sealed frames one after another, whatever order they arrive in.

use crate::header::HEADER_LEN;
use crate::{
    ArchiveKeys, Error, FOOTER_LEN, Footer, FrameRef, FrameSealer, Manifest, RowDigest, SealedFrame,
};

/// What the frames of one section add up to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SectionTotals {
    /// Rows and their digest.
    pub digest: RowDigest,
    /// Plaintext in bytes.
    pub bytes: u64,
    frames: Vec<Option<FrameRef>>,
}

/// Keeps account of what was placed where. The caller stores the bytes.
#[derive(Debug, Default)]
pub struct Assembler {
    position: u64,
    frame_count: u64,
    sections: Vec<SectionTotals>,
}

impl Assembler {
    /// An archive of `sections` sections, of which the header has been stored.
    #[must_use]
    pub fn new(sections: usize) -> Self {
        Self {
            position: HEADER_LEN as u64,
            frame_count: 0,
            sections: vec![SectionTotals::default(); sections],
        }
    }

    /// Takes account of `frame`, whose bytes the caller stores next.
    ///
    /// # Panics
    /// When its section does not exist or its index was placed before: a bug of the caller.
    pub fn place(&mut self, frame: &SealedFrame) {
        let header = &frame.header;
        let totals = &mut self.sections[header.section as usize];
        let index = header.index as usize;
        if totals.frames.len() <= index {
            totals.frames.resize(index + 1, None);
        }
        let place = FrameRef {
            offset: self.position,
            stored_len: header.stored_len(),
            plaintext_len: header.plaintext_len,
            rows: header.rows,
        };
        assert!(totals.frames[index].replace(place).is_none(), "each frame is placed once");
        totals.digest.merge(&frame.digest);
        totals.bytes += u64::from(header.plaintext_len);
        self.position += header.stored_len();
        self.frame_count += 1;
    }

    /// Bytes stored so far, header included.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// What a section adds up to so far.
    #[must_use]
    pub fn section(&self, number: usize) -> Option<&SectionTotals> {
        self.sections.get(number)
    }

    /// Enters rows, bytes, digests and frames into the sections of `manifest`, and returns the bytes
    /// of manifest and footer, which the caller stores last.
    ///
    /// # Errors
    /// The manifest could not be sealed.
    ///
    /// # Panics
    /// When the number of sections differs, an index was left out, or the manifest does not name the
    /// archive of `keys`: a bug of the caller.
    pub fn finish(
        self,
        keys: &ArchiveKeys,
        sealer: &mut FrameSealer,
        manifest: &mut Manifest,
    ) -> Result<Vec<u8>, Error> {
        let id = keys.id();
        assert_eq!(manifest.id, id.to_string(), "the manifest names the archive of the header");
        assert_eq!(manifest.created_ms, id.created_ms(), "the manifest tells the time of the header");
        assert_eq!(self.sections.len(), manifest.sections.len(), "every section is in the manifest");
        for (totals, section) in self.sections.into_iter().zip(&mut manifest.sections) {
            section.rows = totals.digest.rows();
            section.bytes = totals.bytes;
            section.digest = totals.digest.to_hex();
            section.frames = totals.frames.into_iter().collect::<Option<_>>().expect("no index is left out");
        }
        let json = serde_json::to_vec(manifest)
            .map_err(|e| Error::System(format!("the manifest could not be written: {e}")))?;
        let mut out = sealer.seal_manifest(keys, &json)?;
        let footer = Footer {
            manifest_offset: self.position,
            manifest_len: out.len() as u64,
            frame_count: self.frame_count,
        };
        out.reserve_exact(FOOTER_LEN);
        out.extend_from_slice(&footer.seal(keys));
        Ok(out)
    }
}
