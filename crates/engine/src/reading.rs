//! Reading archives back, whoever asks: which one is meant, opening it, its frames by range, checking them, and what is
//! told about an archive outside of it.

mod archive;
pub(crate) mod check;
pub(crate) mod headers;
pub mod select;
pub mod sidecar;

pub use archive::OpenArchive;
