//! The second factor: time-based one-time passwords (RFC 6238), recovery codes, exceptions for machines.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What was shown as second factor: six digits, a recovery code, or the token of an exception. Never shown by
/// `Debug`, and it can't be serialized.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct MfaCode(String);

impl MfaCode {
    /// Wraps text; it is checked where it is used.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for MfaCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// What asks for the second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guarded {
    /// A restore into a database that exists.
    Restore,
    /// Deleting an archive.
    Delete,
    /// Printing the kit of a key again, replacing, moving archives to another, and destroying it.
    Keys,
    /// A change of the second factor itself.
    Mfa,
}

impl Guarded {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Restore, Self::Delete, Self::Keys, Self::Mfa];

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Restore => "restore",
            Self::Delete => "delete",
            Self::Keys => "keys",
            Self::Mfa => "mfa",
        }
    }
}

/// A token that stands in for the second factor, for a machine without a person to ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MfaException {
    /// Its name.
    pub name: String,
    /// The profile that it is for.
    pub profile: String,
    /// What it is for. Never [`Guarded::Mfa`].
    pub operations: Vec<Guarded>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
}

/// The second factor as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MfaStatus {
    /// Since when it is asked for; absent before somebody has enrolled.
    pub enrolled: Option<Timestamp>,
    /// Where its secret is kept: `keychain` or `key file`.
    pub kept: String,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: u32,
    /// Wrong codes in a row.
    pub failures: u32,
    /// Until when no code is accepted.
    pub locked_until: Option<Timestamp>,
    /// Whether the profile that is shown refuses guarded operations until somebody has enrolled.
    pub required: bool,
    /// What this profile asks it for.
    pub guarded: Vec<Guarded>,
    /// The exceptions.
    pub exceptions: Vec<MfaException>,
}

/// The secret of a new enrolment, to be put into an authenticator. Shown once; never by `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MfaEnrolment {
    /// Base32 (RFC 4648), for typing.
    pub secret: String,
    /// `otpauth://totp/…`
    pub uri: String,
    /// The address as QR code, as SVG.
    pub qr_svg: String,
    /// The QR code for a terminal.
    pub qr_text: String,
}

impl std::fmt::Debug for MfaEnrolment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MfaEnrolment(***)")
    }
}

/// Ten codes, each good for one time. Shown once; never by `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCodes {
    /// The codes.
    pub codes: Vec<String>,
}

impl std::fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecoveryCodes({})", self.codes.len())
    }
}

/// Show that the authenticator works: from then on the second factor is asked for.
#[derive(Debug, Clone, Deserialize)]
pub struct ConfirmMfaRequest {
    /// Six digits of the new secret.
    pub code: MfaCode,
    /// One of the old second factor, when there is one.
    pub mfa: Option<MfaCode>,
    /// Why.
    pub reason: Option<String>,
}

/// Change something about the second factor.
#[derive(Debug, Clone, Deserialize)]
pub struct ChangeMfaRequest {
    /// What.
    pub change: MfaChange,
    /// The second factor.
    pub mfa: Option<MfaCode>,
    /// Why.
    pub reason: Option<String>,
}

/// What about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum MfaChange {
    /// It is asked for no longer.
    Remove,
    /// New recovery codes, in place of the old ones.
    NewCodes,
    /// A new exception.
    AddException {
        /// Its name.
        name: String,
        /// The profile that it is for.
        profile: String,
        /// What it is for.
        operations: Vec<Guarded>,
        /// Days until it ends.
        days: u32,
    },
    /// An exception ends.
    RemoveException {
        /// Its name.
        name: String,
    },
    /// What a profile asks the second factor for.
    Policy {
        /// The profile.
        profile: String,
        /// What it asks for.
        guarded: Vec<Guarded>,
    },
}

/// What a change came to. Secrets in it are shown once; never by `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MfaChanged {
    /// As it stands now.
    pub status: MfaStatus,
    /// New recovery codes.
    pub codes: Option<RecoveryCodes>,
    /// The token of a new exception.
    pub token: Option<String>,
}

impl std::fmt::Debug for MfaChanged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MfaChanged({:?})", self.status)
    }
}
