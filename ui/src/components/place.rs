//! Where a database and its archives lie: the fields that ask for it, and what trying it came to.

pub(crate) mod check;
pub(crate) mod fields;
pub(crate) mod form;
mod known;
mod line;
pub(crate) mod path;
pub(crate) mod saving;
pub(crate) mod store;
