//! Reading PostgreSQL, against a real server.

mod content;
mod faults;
mod objects;
mod support;
