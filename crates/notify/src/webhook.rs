//! Webhooks of one's own, signed as Standard Webhooks asks, and those of Slack and Teams.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::endpoint::{Endpoint, NAMELESS};
use crate::failure::Failure;
use crate::http::{Post, Words};
use crate::message::Message;
use crate::sender::{Attempt, Delivered, Sender};

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// What every secret begins with.
const SECRET_PREFIX: &str = "whsec_";

/// A program of one's own that wants to be told.
#[derive(Debug, Clone)]
pub struct Webhook {
    endpoint: Endpoint,
    secret: Option<SigningSecret>,
}

/// A channel of Slack, by its incoming webhook.
#[derive(Debug, Clone)]
pub struct Slack {
    endpoint: Endpoint,
}

/// A channel or chat of Microsoft Teams, by a flow of Workflows.
#[derive(Debug, Clone)]
pub struct Teams {
    endpoint: Endpoint,
}

/// What a webhook is signed with: 24 to 64 bytes, written `whsec_<base64>`.
#[derive(Clone)]
pub struct SigningSecret(Zeroizing<Vec<u8>>);

impl SigningSecret {
    /// Reads a secret.
    ///
    /// # Errors
    /// [`FailureKind::Misconfigured`](crate::FailureKind::Misconfigured) if it is written otherwise.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let bytes = text.trim().strip_prefix(SECRET_PREFIX).and_then(|text| STANDARD.decode(text).ok());
        match bytes.map(Zeroizing::new) {
            Some(bytes) if (24..=64).contains(&bytes.len()) => Ok(Self(bytes)),
            _ => Err(Failure::misconfigured(NAMELESS, "the secret is not written as Standard Webhooks asks")
                .with_hint("give whsec_ and the base64 of 24 to 64 random bytes")),
        }
    }

    /// `v1,` and base64(HMAC-SHA256(secret, "{id}.{timestamp}.{body}")): Standard Webhooks 1.0.0, signature scheme.
    fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0)
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of every length"));
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret")
    }
}

impl Webhook {
    /// A webhook at a URL. Without a secret nothing is signed.
    ///
    /// # Errors
    /// The URL is none, or names an address that nothing is sent to.
    pub fn new(url: &str, secret: Option<SigningSecret>) -> Result<Self, Failure> {
        Ok(Self { endpoint: Endpoint::parse(url)?, secret })
    }

    /// Scheme and host. The rest of the address grants access, and is not shown.
    #[must_use]
    pub fn place(&self) -> &str {
        self.endpoint.place()
    }
}

impl Slack {
    /// The incoming webhook at a URL.
    ///
    /// # Errors
    /// The URL is none, or names an address that nothing is sent to.
    pub fn new(url: &str) -> Result<Self, Failure> {
        Ok(Self { endpoint: Endpoint::parse(url)? })
    }

    /// Scheme and host. The rest of the address grants access, and is not shown.
    #[must_use]
    pub fn place(&self) -> &str {
        self.endpoint.place()
    }
}

impl Teams {
    /// The flow at a URL.
    ///
    /// # Errors
    /// The URL is none, or names an address that nothing is sent to.
    pub fn new(url: &str) -> Result<Self, Failure> {
        Ok(Self { endpoint: Endpoint::parse(url)? })
    }

    /// Scheme and host. The rest of the address grants access, and is not shown.
    #[must_use]
    pub fn place(&self) -> &str {
        self.endpoint.place()
    }
}

impl Sender {
    /// Sends a body of JSON, byte for byte as it is given and signed.
    ///
    /// # Errors
    /// [`Failure`]: anything but a 2xx.
    pub async fn webhook(
        &self,
        to: &Webhook,
        body: impl Into<Bytes> + Send,
        attempt: &Attempt,
    ) -> Result<Delivered, Failure> {
        let body = body.into();
        let timestamp = attempt.now().as_second();
        let mut headers = HeaderMap::new();
        let mut put = |name, value: &str| match HeaderValue::from_str(value) {
            Ok(value) => drop(headers.insert(name, value)),
            Err(_) => unreachable!("an id, a number and base64 are fit for a header"),
        };
        put(ID, attempt.id());
        put(TIMESTAMP, &timestamp.to_string());
        if let Some(secret) = &to.secret {
            put(SIGNATURE, &secret.sign(attempt.id(), timestamp, &body));
        }
        self.json(&to.endpoint, headers, body, attempt).await
    }

    /// Sends a message to Slack.
    ///
    /// # Errors
    /// [`Failure`]: anything but a 2xx.
    pub async fn slack(
        &self,
        to: &Slack,
        message: &Message,
        attempt: &Attempt,
    ) -> Result<Delivered, Failure> {
        let body = message.to_slack().to_string();
        self.json(&to.endpoint, HeaderMap::new(), body.into(), attempt).await
    }

    /// Sends a message to Teams.
    ///
    /// # Errors
    /// [`Failure`]: anything but a 2xx. Workflows answers 202 before the flow runs, so that a flow that fails later is
    /// not noticed.
    pub async fn teams(
        &self,
        to: &Teams,
        message: &Message,
        attempt: &Attempt,
    ) -> Result<Delivered, Failure> {
        let body = message.to_teams().to_string();
        self.json(&to.endpoint, HeaderMap::new(), body.into(), attempt).await
    }

    /// Sends JSON.
    async fn json(
        &self,
        to: &Endpoint,
        headers: HeaderMap,
        body: Bytes,
        attempt: &Attempt,
    ) -> Result<Delivered, Failure> {
        let post = Post { url: to.url()?, content_type: "application/json", headers, body };
        let success = self.http.post(to, post, Words::Ignored, attempt.now()).await?;
        Ok(Delivered { status: success.status, left_out: Vec::new() })
    }
}
