//! The command line, as a user at a terminal sees it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod commands;
mod transcripts;
