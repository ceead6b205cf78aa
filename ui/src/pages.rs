//! The pages, one module each.

pub(crate) mod audit;
pub(crate) mod automation;
pub(crate) mod backups;
pub(crate) mod dashboard;
pub(crate) mod keys;
pub(crate) mod mfa;
pub(crate) mod restore;
pub(crate) mod review;
pub(crate) mod runs;
pub(crate) mod settings;
pub(crate) mod setup;
