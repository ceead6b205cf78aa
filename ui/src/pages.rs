//! The pages, one module each.

pub(crate) mod dashboard;
pub(crate) mod review;
pub(crate) mod restore;
pub(crate) mod setup;
