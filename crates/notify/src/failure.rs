//! Why a notification was not delivered: callers learn meanings and not the errors of HTTP, SMTP and TLS.
//!
//! Rules for what is written here: an address is named by scheme and host alone, since the rest of it often grants
//! access. Words of a receiver are bounded and without control characters before they get here.

use std::fmt;
use std::time::Duration;

/// The longest pause that a receiver can ask for.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Why a notification was not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What it means.
    pub kind: FailureKind,
    /// Whom it was for: scheme and host, or `the address` where there is no telling.
    pub place: String,
    /// How long the receiver asks to be left alone, at most [`RETRY_AFTER_MAX`].
    pub retry_after: Option<Duration>,
    /// What to do.
    pub hint: Option<&'static str>,
}

/// What a failure means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureKind {
    /// The receiver gave no answer of its protocol.
    NotReached {
        /// How far the attempt got.
        stage: Stage,
        /// What the system or the TLS library says of it.
        detail: String,
    },
    /// The receiver had no answer in time. It may have taken the notification all the same.
    TimedOut,
    /// The receiver has answered, and not with a success.
    Refused {
        /// The protocol, which decides what the status means.
        protocol: Protocol,
        /// Its status.
        status: u16,
        /// What it said: at most 1 KiB, one line, without control characters.
        told: String,
    },
    /// The receiver names another address, which is not followed.
    Redirected {
        /// Its status.
        status: u16,
        /// The host it names.
        to: Option<String>,
    },
    /// The address is one that nothing is sent to.
    Forbidden {
        /// Which kind of address it is.
        why: &'static str,
    },
    /// The settings, or what was asked for, can't be right.
    Misconfigured {
        /// What is wrong.
        what: String,
    },
}

/// How far an attempt got that had no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The name has no address.
    Dns,
    /// No address takes a connection.
    Connect,
    /// No encrypted connection came about, or its other end is not who it should be.
    Tls,
    /// The connection ended early, or what came over it was not the protocol.
    Answer,
}

/// The protocol of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP, where 4xx blames the request.
    Http,
    /// SMTP, where 4xx passes and 5xx lasts.
    Smtp,
}

impl Failure {
    /// A failure at a place.
    pub(crate) fn new(place: &str, kind: FailureKind) -> Self {
        Self { kind, place: place.to_owned(), retry_after: None, hint: None }
    }

    /// An attempt that had no answer.
    pub(crate) fn not_reached(place: &str, stage: Stage, detail: impl Into<String>) -> Self {
        Self::new(place, FailureKind::NotReached { stage, detail: detail.into() })
    }

    /// Settings that can't be right.
    pub(crate) fn misconfigured(place: &str, what: impl Into<String>) -> Self {
        Self::new(place, FailureKind::Misconfigured { what: what.into() })
    }

    /// Says what to do.
    #[must_use]
    pub(crate) fn with_hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Whether trying again is pointless before somebody changes something.
    ///
    /// Of HTTP that is 4xx except 408, 425 and 429, and a redirect that calls itself permanent; of SMTP it is 5xx.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        match self.kind {
            FailureKind::NotReached { .. } | FailureKind::TimedOut => false,
            FailureKind::Refused { protocol: Protocol::Http, status, .. } => {
                (400..500).contains(&status) && !matches!(status, 408 | 425 | 429)
            }
            FailureKind::Refused { protocol: Protocol::Smtp, status, .. } => status >= 500,
            FailureKind::Redirected { status, .. } => matches!(status, 301 | 308),
            FailureKind::Forbidden { .. } | FailureKind::Misconfigured { .. } => true,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.kind)
    }
}

impl std::error::Error for Failure {}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReached { stage, detail } => write!(f, "{stage}: {detail}"),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::Refused { status, told, .. } if told.is_empty() => write!(f, "answered {status}"),
            Self::Refused { status, told, .. } => write!(f, "answered {status}: {told}"),
            Self::Redirected { status, to: Some(host) } => {
                write!(f, "answered {status} and names {host}, which is not followed")
            }
            Self::Redirected { status, to: None } => {
                write!(f, "answered {status}, a redirect, which is not followed")
            }
            Self::Forbidden { why } => write!(f, "nothing is sent to {why}"),
            Self::Misconfigured { what } => f.write_str(what),
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dns => "the name has no address",
            Self::Connect => "no connection",
            Self::Tls => "no trusted TLS connection",
            Self::Answer => "no valid answer",
        })
    }
}
