//! What everything is sent by.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::ClientConfig;

use crate::endpoint::NAMELESS;
use crate::failure::Failure;
use crate::http::Http;
use crate::lookup::{Lookup, SystemLookup};
use crate::tls;

/// The longest id of an attempt, in bytes.
const ID_MAX: usize = 128;

/// How long an attempt may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From the look-up of the name to the end of the TLS handshake.
    pub connect: Duration,
    /// The whole attempt over HTTP, however the receiver spreads its answer.
    pub attempt: Duration,
    /// The whole attempt by mail. Servers that let a stranger wait for their greeting, against spam, take ten seconds
    /// and more, and one that is left in the middle may have sent the mail.
    pub mail: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            attempt: Duration::from_secs(10),
            mail: Duration::from_secs(30),
        }
    }
}

/// What a sender works with.
#[derive(Clone)]
pub struct Options {
    /// How long an attempt may take.
    pub limits: Limits,
    /// Where the addresses of names come from.
    pub lookup: Arc<dyn Lookup>,
    /// Certificates that are trusted besides those of the system, as DER.
    pub roots: Vec<Vec<u8>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { limits: Limits::default(), lookup: Arc::new(SystemLookup), roots: Vec::new() }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// One attempt at a delivery: which notification, and when.
///
/// The id stays the same however often a notification is sent again, so that a receiver can tell a repetition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    id: String,
    now: Timestamp,
}

impl Attempt {
    /// An attempt at `now`, with an id of 1 to 128 letters, digits, `-` and `_`.
    ///
    /// Standard Webhooks forbids `.`, which separates the id from what is signed with it.
    ///
    /// # Errors
    /// [`FailureKind::Misconfigured`](crate::FailureKind::Misconfigured) if the id has anything else.
    pub fn new(id: impl Into<String>, now: Timestamp) -> Result<Self, Failure> {
        let id = id.into();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if id.is_empty() || id.len() > ID_MAX || !id.bytes().all(fits) {
            return Err(Failure::misconfigured(NAMELESS, "an id has letters, digits, `-` and `_` only"));
        }
        Ok(Self { id, now })
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// When it is made.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }
}

/// That a receiver has taken a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Delivered {
    /// What the receiver has answered: of HTTP 2xx, of SMTP 250.
    pub status: u16,
    /// Those of several recipients of a mail that the server has refused; the others get it.
    pub left_out: Vec<LeftOut>,
}

/// A recipient who does not get a mail that others get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The address.
    pub address: String,
    /// Why.
    pub failure: Failure,
}

/// Sends notifications. It keeps no connection, tries nothing twice and knows of no other notification.
///
/// Nothing of the environment decides where a notification goes: variables such as `HTTPS_PROXY` are not read. A proxy
/// would look up the name itself, so that the rule of addresses could not hold, and would learn addresses that are
/// secrets.
#[derive(Clone)]
pub struct Sender {
    pub(crate) http: Http,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) options: Options,
}

impl Sender {
    /// A sender with these options.
    ///
    /// # Errors
    /// [`FailureKind::Misconfigured`](crate::FailureKind::Misconfigured) if a root certificate is malformed.
    pub fn new(options: Options) -> Result<Self, Failure> {
        let tls = tls::config(&options.roots)
            .map_err(|error| Failure::misconfigured(NAMELESS, format!("a root certificate: {error}")))?;
        let http = Http::new(&options, &tls)
            .map_err(|_| Failure::misconfigured(NAMELESS, "no HTTP client can be made on this system"))?;
        Ok(Self { http, tls: Arc::new(tls), options })
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("limits", &self.options.limits).finish_non_exhaustive()
    }
}
