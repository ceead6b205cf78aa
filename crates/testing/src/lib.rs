//! What the tests of Aitta share.
//!
//! - [`pg`]: throwaway PostgreSQL servers and databases.
//!
//! Everything here panics with a clear message when it can't do what a test needs: a test must never
//! pass because something was missing.

pub mod pg;
