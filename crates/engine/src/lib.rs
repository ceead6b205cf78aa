//! The engine of Aitta: everything that does something.
//!
//! Operations are functions with one request and one report from `aitta-model`, a [`Context`] and a
//! [`Progress`] sink. Nothing here may depend on a command line, a window or an HTTP server.

pub mod archives;
pub mod backup;
pub mod catalog;
pub mod checklist;
pub mod conditions;
pub mod config;
mod context;
pub mod copies;
pub mod custody;
pub mod demo;
pub mod door;
mod duties;
pub mod enrolment;
pub mod history;
pub mod hooks;
pub mod hosting;
pub mod mfa;
pub mod notify;
pub mod overview;
pub mod readiness;
pub mod reading;
pub mod recover;
pub mod restore;
pub mod retention;
pub mod review;
pub mod rotation;
pub mod run;
pub mod runs;
pub mod sample;
pub mod schedule;
mod scratch;
pub mod selftest;
pub mod setup;
pub mod trail;
pub mod verify;

pub use catalog::Catalog;
pub use context::Context;

pub use aitta_base::{
    Clock, Error, ManualClock, Patience, Phases, Progress, Result, Silent, SystemClock, TOKEN_VARIABLE, lock,
    tables,
};
pub use {aitta_source as source, aitta_store as store};

/// The vault keys, as far as a caller of the engine has to do with them: [`custody`] makes, changes and destroys them.
pub mod keys {
    pub use aitta_keys::{
        Asked, HeldKey, KEY_VARIABLE, KeyInputs, KeyRing, KeyVault, MemoryVault, NoKeychain, SystemVault,
        generate, protect_process,
    };
}
