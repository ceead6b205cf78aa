//! The engine of Aitta: everything that does something.
//!
//! Operations are functions with one request and one report from `aitta-model`, a [`Context`] and a
//! [`Progress`] sink. Nothing here knows that a command line, a window or an HTTP server exists.

mod amount;
pub mod archives;
pub mod backup;
pub mod catalog;
mod clock;
pub mod config;
mod context;
pub mod copies;
pub mod custody;
pub mod demo;
pub mod door;
pub mod enrolment;
mod error;
pub mod history;
mod keychain;
pub mod keys;
pub mod lock;
pub mod mfa;
pub mod overview;
mod paths;
mod progress;
mod random;
pub mod reading;
pub mod restore;
pub mod rotation;
pub mod run;
pub mod runs;
pub mod sample;
mod scratch;
pub mod selftest;
pub mod setup;
pub mod source;
pub mod store;
pub mod tables;
pub mod trail;
pub mod verify;

pub use catalog::Catalog;
pub use clock::{Clock, ManualClock, SystemClock};
pub use context::Context;
pub use error::{Error, Result};
pub use progress::{Phases, Progress, Silent};
