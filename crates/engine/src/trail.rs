//! Reads the audit trail: lists it, exports it, reports on a quarter, and proves that it is unchanged.
//!
//! [`crate::door`] writes it.

mod anchors;
mod check;
mod csv;
mod deeds;
mod done;
mod list;
mod report;

pub use check::verify;
pub(crate) use deeds::{Deeds, deeds};
pub(crate) use done::{PROOF, is_proof};
pub use list::{export, list};
pub use report::report;
