//! Mail.

mod dialog;
mod letter;
mod wire;

use std::fmt;
use std::net::IpAddr;

use lettre::Address;
use lettre::message::Mailbox;
use url::Host;

use crate::address::Reach;
use crate::endpoint::{NAMELESS, forbidden};
use crate::failure::Failure;
use crate::message::Message;
use crate::secret::Secret;
use crate::sender::{Attempt, Delivered, Sender};

/// The most recipients of a mail. RFC 5321 lets a server refuse more than 100.
const TO_MAX: usize = 100;

/// How mail is sent, as somebody has set it.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// The server that takes mail of this machine: a name or an address.
    pub host: String,
    /// Its port: mostly 465 for [`MailTls::Implicit`], 587 for [`MailTls::StartTls`].
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: MailTls,
    /// With whom the server lets mail pass; absent where it asks nobody.
    pub login: Option<Login>,
    /// The sender: `aitta@example.com` or `Aitta <aitta@example.com>`.
    pub from: String,
    /// The recipients, written like the sender.
    pub to: Vec<String>,
}

/// How a connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// From its first byte (RFC 8314).
    Implicit,
    /// By `STARTTLS`, without which nothing is sent (RFC 3207).
    StartTls,
    /// Not at all, and only within this machine.
    None,
}

/// A user of a mail server.
#[derive(Debug, Clone)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// A mail server with sender and recipients.
#[derive(Clone)]
pub struct Mail {
    host: Host,
    port: u16,
    tls: MailTls,
    login: Option<Login>,
    from: Mailbox,
    to: Vec<Mailbox>,
    place: String,
}

impl Mail {
    /// Checks the settings.
    ///
    /// # Errors
    /// Host or an address is malformed, there is no recipient, or the host is an address that nothing is sent to.
    pub fn new(settings: MailSettings) -> Result<Self, Failure> {
        let host = host(&settings.host)?;
        let scheme = if settings.tls == MailTls::Implicit { "smtps" } else { "smtp" };
        let place = format!("{scheme}://{host}");
        let literal: Option<IpAddr> = match &host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some((*address).into()),
            Host::Ipv6(address) => Some((*address).into()),
        };
        if let Some(Err(why)) = literal.map(|address| reach(settings.tls).permits(address)) {
            return Err(forbidden(&place, why));
        }
        if settings.to.is_empty() || settings.to.len() > TO_MAX {
            return Err(Failure::misconfigured(&place, format!("a mail has 1 to {TO_MAX} recipients")));
        }
        let from = mailbox(&place, &settings.from)?;
        let to = settings.to.iter().map(|text| mailbox(&place, text)).collect::<Result<Vec<_>, _>>()?;
        if settings.login.as_ref().is_some_and(|login| {
            // PLAIN separates them by NUL (RFC 4616).
            login.user.is_empty() || login.user.contains('\0') || login.password.reveal().contains('\0')
        }) {
            return Err(Failure::misconfigured(&place, "the login has no user, or holds a NUL"));
        }
        Ok(Self { host, port: settings.port, tls: settings.tls, login: settings.login, from, to, place })
    }

    /// The mail as it is sent, header and body, with CRLF.
    ///
    /// # Errors
    /// [`FailureKind::Misconfigured`](crate::FailureKind::Misconfigured): no mail can be made of it.
    pub fn letter(&self, message: &Message, attempt: &Attempt) -> Result<Vec<u8>, Failure> {
        letter::write(self, message, attempt)
    }

    /// Scheme and host of the server.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl Sender {
    /// Sends a mail. When the server takes it for some recipients only, they get it, and the outcome names the others.
    ///
    /// # Errors
    /// [`Failure`]: the server has taken it for nobody.
    pub async fn mail(&self, to: &Mail, message: &Message, attempt: &Attempt) -> Result<Delivered, Failure> {
        let letter = to.letter(message, attempt)?;
        dialog::deliver(self, to, &letter).await
    }
}

/// How far mail may go.
fn reach(tls: MailTls) -> Reach {
    if tls == MailTls::None { Reach::Here } else { Reach::Far }
}

/// Reads the host of a server.
fn host(text: &str) -> Result<Host, Failure> {
    let text = text.trim();
    let literal: Option<Host> = text.parse().ok().map(|address| match address {
        IpAddr::V4(address) => Host::Ipv4(address),
        IpAddr::V6(address) => Host::Ipv6(address),
    });
    literal.or_else(|| Host::parse(text).ok()).ok_or_else(|| {
        Failure::misconfigured(NAMELESS, "it is no name of a mail server")
            .with_hint("give the name alone, such as mail.example.com")
    })
}

/// Reads the address of a person. All of it is ASCII, so that every server takes it.
fn mailbox(place: &str, text: &str) -> Result<Mailbox, Failure> {
    let wrong = || {
        Failure::misconfigured(place, "it is no address of a person")
            .with_hint("write it like aitta@example.com, and domains with other letters as xn--…")
    };
    if text.chars().any(char::is_control) {
        return Err(wrong());
    }
    let mailbox: Mailbox = text.trim().parse().map_err(|_| wrong())?;
    if is_plain(&mailbox.email) { Ok(mailbox) } else { Err(wrong()) }
}

/// Whether an address has nothing that needs an extension of SMTP or could end a command early.
fn is_plain(address: &Address) -> bool {
    let text: &str = address.as_ref();
    text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>'))
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}
