//! The command line, as somebody who types it sees it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod commands;
mod transcripts;
