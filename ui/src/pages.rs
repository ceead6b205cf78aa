//! The pages, one module each.

pub(crate) mod dashboard;
pub(crate) mod setup;
