//! Reading PostgreSQL, against a real server.
#![expect(clippy::unwrap_used, reason = "tests")]

mod content;
mod faults;
mod objects;
mod support;
