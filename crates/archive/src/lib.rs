//! The archive format of Aitta, version 1.
//!
//! ```text
//! archive  := header(4096) frame* manifest footer(64)
//! header   := fixed part(512) key slot(512){4} zeros(1536)
//! frame    := label, lengths, section, index, IV(16), AES-256-CBC(zstd(plaintext)), HMAC(32)
//! manifest := the same, under its own label: JSON
//! footer   := place of the manifest, number of frames, HMAC(32)
//! ```
//!
//! The full specification is `docs/format.md`. This crate turns bytes into meaning and back. It is
//! pure and synchronous: it reads no file, opens no connection and asks no clock; the only thing it
//! takes from outside is randomness for keys and IVs.
//!
//! Writing: [`Header::create`], then one [`FrameSealer`] per thread, an [`Assembler`] that places the
//! sealed frames one after another and ends with manifest and footer.
//!
//! Reading: [`Header::parse`], [`Header::unlock`], [`Footer::open`], [`open_manifest`], [`Manifest::check_layout`], and
//! then [`open_frame`] or [`check_frame`] for just the frames that are wanted, with [`FrameRef::check`] for each and
//! [`Section::check`] for each section read in full. A verification also calls [`Header::check`]. [`open_all`] does all
//! of it in memory.

mod assemble;
mod digest;
mod error;
mod footer;
mod frame;
mod header;
#[cfg(feature = "hostile")]
pub mod hostile;
mod id;
mod key;
mod layout;
mod limits;
mod manifest;
mod primitives;
mod slot;
mod whole;

pub use assemble::{Assembler, SectionTotals};
pub use digest::RowDigest;
pub use error::{Error, Place};
pub use footer::{FOOTER_LEN, Footer};
pub use frame::{
    FRAME_HEADER_LEN, FrameHeader, FrameSealer, MANIFEST_SECTION, SealedFrame, check_frame, open_frame,
    open_manifest,
};
pub use header::{FORMAT_VERSION, HEADER_LEN, Header, SLOT_COUNT, SlotInfo};
pub use id::ArchiveId;
pub use key::{ArchiveKeys, KeyId, VaultKey};
pub use manifest::{
    Anchor, Column, ForeignKey, FrameRef, Manifest, Reencrypted, Section, SectionKind, SourceInfo,
};
pub use slot::SLOT_LEN;
pub use whole::open_all;
