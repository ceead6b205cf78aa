//! The format as its callers see it.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests, which read the vectors")]

mod common;
mod damage;
mod large;
mod round_trip;
mod vectors;
