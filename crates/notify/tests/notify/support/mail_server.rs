//! A small mail server that does what a test says.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// How a mail server behaves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Manners {
    /// TLS from the first byte.
    pub(crate) implicit_tls: bool,
    /// `STARTTLS` is offered.
    pub(crate) starttls: bool,
    /// These bytes follow the permission for the handshake, unencrypted.
    pub(crate) injected: &'static str,
    /// The user and the password that are right, in base64 of `PLAIN`; without it nobody is asked.
    pub(crate) plain: Option<&'static str>,
    /// Answers in the place of the usual ones, by the beginning of a command (`GREETING` and `BODY` beside those of
    /// SMTP). An empty one is none, for ever.
    pub(crate) answers: Vec<(&'static str, &'static str)>,
}

/// What a server was told.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// Commands, and `TLS` where encryption began.
    pub(crate) commands: Vec<String>,
    /// Mails as they came over the wire.
    pub(crate) mails: Vec<String>,
}

/// A server on a port of its own.
pub(crate) struct MailServer {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Heard>>,
}

impl MailServer {
    pub(crate) async fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let all = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, manners.clone(), Arc::clone(&all)));
            }
        });
        Self { address, heard }
    }

    pub(crate) fn commands(&self) -> Vec<String> {
        self.heard.lock().unwrap().commands.clone()
    }

    pub(crate) fn mails(&self) -> Vec<String> {
        self.heard.lock().unwrap().mails.clone()
    }
}

/// TLS of the server, for `localhost` and `mail.test`.
pub(crate) fn tls_config() -> Arc<ServerConfig> {
    let certificate = CertificateDer::from(&include_bytes!("../fixtures/leaf.der")[..]);
    let key = PrivatePkcs8KeyDer::from(&include_bytes!("../fixtures/leaf.key.der")[..]);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::from(key))
        .unwrap();
    Arc::new(config)
}

/// What one conversation ended with.
#[derive(PartialEq, Eq)]
enum End {
    Over,
    StartTls,
}

async fn serve(mut stream: TcpStream, manners: Manners, heard: Arc<Mutex<Heard>>) -> Option<()> {
    if !manners.implicit_tls {
        let end = converse(&mut stream, &manners, &heard, true, manners.starttls).await?;
        if end == End::Over {
            return Some(());
        }
    }
    let mut stream = TlsAcceptor::from(tls_config()).accept(stream).await.ok()?;
    heard.lock().unwrap().commands.push("TLS".to_owned());
    converse(&mut stream, &manners, &heard, manners.implicit_tls, false).await?;
    Some(())
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    manners: &Manners,
    heard: &Mutex<Heard>,
    greet: bool,
    starttls: bool,
) -> Option<End> {
    let mut stream = BufReader::new(stream);
    if greet {
        say(&mut stream, manners, "GREETING", "220 mail.test ESMTP").await?;
    }
    loop {
        let mut command = String::new();
        if stream.read_line(&mut command).await.ok()? == 0 {
            return Some(End::Over);
        }
        let command = command.trim_end().to_owned();
        heard.lock().unwrap().commands.push(command.clone());
        let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let mut usual = "250 fine".to_owned();
        match verb.as_str() {
            "EHLO" => {
                let tls = if starttls { "250-STARTTLS\r\n" } else { "" };
                let auth = if manners.plain.is_some() { "250-AUTH LOGIN PLAIN\r\n" } else { "" };
                usual = format!("250-mail.test\r\n{tls}{auth}250 SIZE 1000000");
            }
            "STARTTLS" if starttls => {
                say(&mut stream, manners, &command, format!("220 go\r\n{}", manners.injected).trim_end())
                    .await?;
                return Some(End::StartTls);
            }
            "AUTH" if command.strip_prefix("AUTH PLAIN ") == manners.plain => {
                "235 welcome".clone_into(&mut usual)
            }
            "AUTH" => "535 5.7.8 wrong user or password".clone_into(&mut usual),
            "DATA" => {
                say(&mut stream, manners, &command, "354 go ahead").await?;
                let mut mail = Vec::new();
                while !mail.ends_with(b"\r\n.\r\n") {
                    mail.push(stream.read_u8().await.ok()?);
                }
                heard.lock().unwrap().mails.push(String::from_utf8(mail).unwrap());
                say(&mut stream, manners, "BODY", "250 taken").await?;
                continue;
            }
            "QUIT" => {
                say(&mut stream, manners, &command, "221 bye").await?;
                return Some(End::Over);
            }
            _ => {}
        }
        say(&mut stream, manners, &command, &usual).await?;
    }
}

async fn say<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    manners: &Manners,
    command: &str,
    usual: &str,
) -> Option<()> {
    let other =
        manners.answers.iter().find(|(begin, _)| command.starts_with(begin)).map(|(_, answer)| *answer);
    let text = other.unwrap_or(usual);
    if text.is_empty() {
        // Until the other end gives up.
        while stream.read_u8().await.is_ok() {}
        return None;
    }
    stream.write_all(format!("{text}\r\n").as_bytes()).await.ok()?;
    stream.flush().await.ok()
}
