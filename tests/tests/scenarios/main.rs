//! What users do and what can go wrong, against real servers, with the built programs.
//!
//! One program for all of them: linking is what costs time. `cargo xtask test --test scenarios window::` runs a part.
#![expect(clippy::unwrap_used, reason = "tests")]

mod architecture;
mod azure;
mod chaos;
mod clouds;
mod decoder;
mod dependencies;
mod documents;
mod faults;
mod golden;
mod hostile;
mod keychain;
mod mfa;
mod notify;
mod pg;
mod pg_compare;
mod pg_hostile;
mod pg_property;
mod pg_replace;
mod pg_restore;
mod pg_roles;
mod pg_trust;
mod pg_wait;
mod prune;
mod recover;
mod rooms;
mod s3;
mod schedule;
mod secrets;
mod stores;
mod storm;
mod window;
