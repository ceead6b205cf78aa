//! Reading PostgreSQL, against a real server.

mod content;
mod faults;
mod hostile;
mod net;
mod objects;
mod support;
mod tools;
