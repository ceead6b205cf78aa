//! The format as its callers see it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
mod damage;
mod round_trip;
mod vectors;
