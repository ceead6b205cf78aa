//! Reads archives back, for all operations: which one is meant, opening it, its frames by range, checking them, and its
//! sidecar.

mod archive;
pub(crate) mod check;
pub(crate) mod disowned;
pub(crate) mod gone;
pub(crate) mod headers;
mod same;
pub(crate) mod select;
pub mod sidecar;

pub use archive::OpenArchive;
pub(crate) use same::{earlier, same_content};
