//! What a mail says.

use std::time::SystemTime;

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Message as Letter, MessageBuilder};

use crate::failure::Failure;
use crate::mail::Mail;
use crate::message::{Message, Severity};
use crate::sender::Attempt;

/// Writes a mail: plain text in UTF-8, encoded so that only ASCII is sent.
pub(super) fn write(mail: &Mail, message: &Message, attempt: &Attempt) -> Result<Vec<u8>, Failure> {
    let shown = message.shown();
    let mut builder: MessageBuilder = Letter::builder()
        .from(mail.from.clone())
        .subject(shown.title)
        .date(SystemTime::from(attempt.now()))
        // The same for each attempt, so that a mail that arrives twice is known to be one.
        .message_id(Some(format!("<{}@{}>", attempt.id(), mail.from.email.domain())))
        .header(AutoSubmitted)
        .header(MIME_VERSION_1_0)
        .header(ContentType::TEXT_PLAIN);
    for to in &mail.to {
        builder = builder.to(to.clone());
    }
    if message.severity == Severity::Critical {
        builder = builder.header(Importance);
    }
    let mut body = String::new();
    for line in &shown.lines {
        body.push_str(line);
        body.push_str("\n\n");
    }
    for (name, value) in &shown.facts {
        body.push_str(&format!("{name}: {value}\n"));
    }
    let letter = builder.body(body).map_err(|error| {
        Failure::misconfigured(&mail.place, format!("no mail can be made of it: {error}"))
    })?;
    Ok(letter.formatted())
}

/// `Auto-Submitted: auto-generated` (RFC 3834): no holiday notice answers it.
#[derive(Clone)]
struct AutoSubmitted;

/// `Importance: high` (RFC 4021).
#[derive(Clone)]
struct Importance;

type Parsed<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Parsed<Self> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl Header for Importance {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Importance")
    }

    fn parse(_: &str) -> Parsed<Self> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "high".to_owned())
    }
}
