//! Sends notifications: webhooks, Slack, Teams, mail, and pings of a dead man's switch.
//!
//! Each call is one attempt: a finished message goes to one receiver, and the caller learns whether it was delivered.
//! **Delivered** means that the receiver has answered with a success, and nothing less.
//!
//! **Architecture invariant:** nothing here knows of backups, keeps a queue, tries again, reads a configuration or
//! asks a clock. No redirect is followed, and no address of a receiver is shown beyond scheme and host, since the rest
//! of it grants access.
//!
//! | where it goes | where it never goes |
//! |---|---|
//! | with TLS: everywhere | link-local, metadata, multicast, unspecified, and what stands for another address |
//! | HTTP without TLS: this machine and private networks | public addresses |
//! | SMTP without TLS: this machine | other machines |
//!
//! The rule holds for the address that is connected to, however it was written and whatever a name means by then.

mod address;
mod endpoint;
mod failure;
mod http;
mod lookup;
mod mail;
mod message;
mod ping;
mod secret;
mod sender;
mod text;
mod tls;
mod webhook;

pub use crate::failure::{Failure, FailureKind, Protocol, RETRY_AFTER_MAX, Stage};
pub use crate::lookup::{Addresses, Lookup, SystemLookup};
pub use crate::mail::{Login, Mail, MailSettings, MailTls};
pub use crate::message::{Message, Severity};
pub use crate::ping::{LOG_MAX, Ping, Signal};
pub use crate::secret::Secret;
pub use crate::sender::{Attempt, Delivered, LeftOut, Limits, Options, Sender};
pub use crate::webhook::{SigningSecret, Slack, Teams, Webhook};
