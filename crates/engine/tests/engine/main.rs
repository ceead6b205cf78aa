//! The engine through its public operations, against real databases and stores.
//!
//! One program for all of them: linking is what costs time.
#![expect(clippy::unwrap_used, reason = "tests")]

mod audit;
mod cycle;
mod mfa;
mod open_ways;
mod overview;
mod pg_dump;
mod profiles;
mod prove;
mod readiness;
mod recover;
mod retention;
mod rotation;
mod sqlite;
mod sqlite_compare;
mod sqlite_hostile;
mod sqlite_restore;
mod sqlite_round_trip;
