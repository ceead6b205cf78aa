//! Every sender against real sockets, and what must never get through.
#![expect(clippy::unwrap_used, reason = "tests")]

mod addresses;
mod answers;
mod chats;
mod letters;
mod limits;
mod mail;
mod mail_tls;
mod ping;
mod secrets;
mod support;
mod webhook;
