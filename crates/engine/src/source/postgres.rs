//! PostgreSQL, 12 to 18.

mod connect;
mod properties;
mod quote;
mod restore;
mod tools;

pub(crate) use connect::Server;
