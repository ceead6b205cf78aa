//! The conversation with a mail server.
//!
//! `STARTTLS` is spoken here and not by the client: it would take what came before the handshake for an answer that
//! came after it, and whoever sits in between could put words into the mouth of the server (NO STARTTLS, USENIX
//! Security 2021). Here nothing is read beyond the line that allows the handshake, so words that were put in break it.

use std::error::Error as _;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Duration, Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Host;

use crate::endpoint::forbidden;
use crate::failure::{Failure, FailureKind, Protocol, Stage};
use crate::http::tls_error;
use crate::lookup::{NoAddress, allowed};
use crate::mail::wire::{GREETED, Wire};
use crate::mail::{Login, Mail, MailTls, reach};
use crate::sender::{Delivered, LeftOut, Sender};
use crate::text::{line, told};

/// How long the farewell may take; the mail is sent by then.
const QUIT_WITHIN: Duration = Duration::from_secs(1);

/// The longest line of an answer, in bytes, and the most lines of one (RFC 5321, 4.5.3.1.5, with room).
const LINE_BYTES: usize = 2000;
const LINES_MAX: usize = 100;

/// The longest detail of an error, in characters.
const DETAIL_MAX: usize = 200;

/// Sends a letter.
pub(super) async fn deliver(sender: &Sender, mail: &Mail, letter: &[u8]) -> Result<Delivered, Failure> {
    let (delivered, mut connection) = timeout(sender.options.limits.mail, hand_over(sender, mail, letter))
        .await
        .map_err(|_| Failure::new(&mail.place, FailureKind::TimedOut))??;
    let _ = timeout(QUIT_WITHIN, connection.quit()).await;
    Ok(delivered)
}

/// Everything up to the answer that says that the mail was taken.
async fn hand_over(
    sender: &Sender,
    mail: &Mail,
    letter: &[u8],
) -> Result<(Delivered, AsyncSmtpConnection), Failure> {
    let failed = |error: SmtpError| failed(&mail.place, &error);
    let until = Instant::now() + sender.options.limits.connect;
    let stream = connect(sender, mail, until).await?;
    let hello = hello(&stream);
    let wire = encrypt(sender, mail, stream, &hello, until).await?;
    let mut connection = AsyncSmtpConnection::connect_with_transport(wire, &hello).await.map_err(failed)?;
    if let Some(login) = &mail.login {
        log_in(&mut connection, mail, login).await?;
    }
    connection.command(MailFrom::new(Some(mail.from.email.clone()), Vec::new())).await.map_err(failed)?;
    let mut left_out = Vec::new();
    for to in &mail.to {
        if let Err(error) = connection.command(Rcpt::new(to.email.clone(), Vec::new())).await {
            let failure = failed(error);
            // Only what is said of this recipient lets the others have theirs.
            if left_out.len() + 1 == mail.to.len() || !matches!(failure.kind, FailureKind::Refused { .. }) {
                return Err(failure);
            }
            left_out.push(LeftOut { address: to.email.to_string(), failure });
        }
    }
    connection.command(Data).await.map_err(failed)?;
    let answer = connection.message(letter).await.map_err(failed)?;
    Ok((Delivered { status: u16::from(answer.code()), left_out }, connection))
}

/// Connects to the first address of the server that answers, and is allowed.
async fn connect(sender: &Sender, mail: &Mail, until: Instant) -> Result<TcpStream, Failure> {
    let timed_out = || Failure::new(&mail.place, FailureKind::TimedOut);
    let addresses: Vec<IpAddr> = match &mail.host {
        Host::Ipv4(address) => vec![(*address).into()],
        Host::Ipv6(address) => vec![(*address).into()],
        Host::Domain(name) => {
            let found = allowed(&*sender.options.lookup, name, reach(mail.tls));
            timeout_at(until, found).await.map_err(|_| timed_out())?.map_err(|error| match error {
                NoAddress::Forbidden(why) => forbidden(&mail.place, why),
                NoAddress::Unknown(why) => {
                    Failure::not_reached(&mail.place, Stage::Dns, line(&why, DETAIL_MAX))
                }
            })?
        }
    };
    let mut failure = timed_out();
    for (tried, address) in addresses.iter().enumerate() {
        // An address that does not answer leaves time for those after it.
        let left = until.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        failure = match timeout(share, TcpStream::connect((*address, mail.port))).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => {
                Failure::not_reached(&mail.place, Stage::Connect, line(&error.to_string(), DETAIL_MAX))
            }
            Err(_) => timed_out(),
        };
    }
    Err(failure)
}

/// The name this machine gives itself: its address, which is right where a name may be unknown (RFC 5321, 4.1.4).
fn hello(stream: &TcpStream) -> ClientId {
    match stream.local_addr().map(|address| address.ip()) {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::default(),
    }
}

/// Makes the connection what the settings ask for.
async fn encrypt(
    sender: &Sender,
    mail: &Mail,
    mut stream: TcpStream,
    hello: &ClientId,
    until: Instant,
) -> Result<Box<dyn AsyncTokioStream>, Failure> {
    let peer: SocketAddr = stream.peer_addr().map_err(|error| cut(&mail.place, &error))?;
    let first = match mail.tls {
        MailTls::None => return Ok(Box::new(Wire::new(stream, peer, b""))),
        MailTls::Implicit => &b""[..],
        MailTls::StartTls => {
            start_tls(mail, &mut stream, hello).await?;
            GREETED
        }
    };
    // A server that has kept a stranger waiting for its greeting gets its time for the handshake all the same.
    let until = until.max(Instant::now() + sender.options.limits.connect / 2);
    let stream = timeout_at(until, handshake(sender, mail, stream))
        .await
        .map_err(|_| Failure::new(&mail.place, FailureKind::TimedOut))??;
    Ok(Box::new(Wire::new(stream, peer, first)))
}

/// The handshake of TLS.
async fn handshake(sender: &Sender, mail: &Mail, stream: TcpStream) -> Result<TlsStream<TcpStream>, Failure> {
    let name = match &mail.host {
        Host::Domain(name) => ServerName::try_from(name.trim_end_matches('.').to_owned())
            .map_err(|_| Failure::misconfigured(&mail.place, "no certificate can be for this name"))?,
        Host::Ipv4(address) => ServerName::from(IpAddr::from(*address)),
        Host::Ipv6(address) => ServerName::from(IpAddr::from(*address)),
    };
    TlsConnector::from(Arc::clone(&sender.tls)).connect(name, stream).await.map_err(|error| {
        let detail = tls_error(&error).unwrap_or_else(|| line(&error.to_string(), DETAIL_MAX));
        Failure::not_reached(&mail.place, Stage::Tls, detail)
    })
}

/// From the greeting to the permission to begin the handshake (RFC 3207).
async fn start_tls(mail: &Mail, stream: &mut TcpStream, hello: &ClientId) -> Result<(), Failure> {
    expect(mail, stream, 220).await?;
    say(mail, stream, &format!("EHLO {hello}\r\n")).await?;
    let offered = expect(mail, stream, 250).await?;
    if !offered.lines().skip(1).any(|line| line.trim().eq_ignore_ascii_case("STARTTLS")) {
        let failure = Failure::not_reached(&mail.place, Stage::Tls, "the server does not offer STARTTLS");
        return Err(
            failure.with_hint("choose TLS from the first byte, mostly on port 465, or ask who runs it")
        );
    }
    say(mail, stream, "STARTTLS\r\n").await?;
    expect(mail, stream, 220).await.map(drop)
}

/// Sends a command.
async fn say(mail: &Mail, stream: &mut TcpStream, command: &str) -> Result<(), Failure> {
    stream.write_all(command.as_bytes()).await.map_err(|error| cut(&mail.place, &error))
}

/// Reads an answer, not a byte more, and wants this code; gives its lines.
async fn expect(mail: &Mail, stream: &mut TcpStream, code: u16) -> Result<String, Failure> {
    let strange = || Failure::not_reached(&mail.place, Stage::Answer, "it is not SMTP");
    let mut lines = String::new();
    for _ in 0..LINES_MAX {
        let mut bytes = Vec::new();
        while bytes.last() != Some(&b'\n') {
            if bytes.len() == LINE_BYTES {
                return Err(strange());
            }
            bytes.push(stream.read_u8().await.map_err(|error| cut(&mail.place, &error))?);
        }
        let text = String::from_utf8_lossy(&bytes);
        let status: u16 = text.get(..3).and_then(|digits| digits.parse().ok()).ok_or_else(strange)?;
        lines.push_str(text.get(4..).unwrap_or_default().trim_end());
        lines.push('\n');
        match text.as_bytes().get(3) {
            Some(b'-') => {}
            _ if status == code => return Ok(lines),
            _ if (400..600).contains(&status) => return Err(refused(&mail.place, status, &lines)),
            _ => return Err(strange()),
        }
    }
    Err(strange())
}

/// Shows user and password.
async fn log_in(connection: &mut AsyncSmtpConnection, mail: &Mail, login: &Login) -> Result<(), Failure> {
    if connection.server_info().get_auth_mechanism(DEFAULT_MECHANISMS).is_none() {
        let failure = Failure::misconfigured(&mail.place, "the server lets nobody log in by PLAIN or LOGIN");
        return Err(failure
            .with_hint("leave user and password out, or use the port for submission, mostly 465 or 587"));
    }
    let credentials = Credentials::new(login.user.clone(), login.password.reveal().to_owned());
    match connection.auth(DEFAULT_MECHANISMS, &credentials).await {
        Ok(_) => Ok(()),
        Err(error) => Err(failed(&mail.place, &error)),
    }
}

/// What an error of the client means.
fn failed(place: &str, error: &SmtpError) -> Failure {
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    if let Some(code) = error.status() {
        return refused(place, u16::from(code), &source);
    }
    let detail =
        if source.is_empty() { "the connection ended, or it is not SMTP".to_owned() } else { source };
    Failure::not_reached(place, Stage::Answer, line(&detail, DETAIL_MAX))
}

/// An answer that is no success.
fn refused(place: &str, status: u16, text: &str) -> Failure {
    let told = told(text.as_bytes());
    Failure::new(place, FailureKind::Refused { protocol: Protocol::Smtp, status, told })
}

/// A connection that ended early.
fn cut(place: &str, error: &io::Error) -> Failure {
    Failure::not_reached(place, Stage::Answer, line(&error.to_string(), DETAIL_MAX))
}
