//! One POST, and what became of it.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, redirect, retry};
use rustls::ClientConfig;
use tokio::time::{Instant, timeout_at};
use url::Url;
use zeroize::Zeroizing;

use crate::address::Reach;
use crate::endpoint::{Endpoint, forbidden, reach};
use crate::failure::{Failure, FailureKind, Protocol, RETRY_AFTER_MAX, Stage};
use crate::lookup::{Filtered, NoAddress};
use crate::sender::Options;
use crate::text::{TOLD_MAX, line, told};

/// A shorter part of an address stands in many an answer, and grants no access; in bytes.
const SECRET_MIN: usize = 6;

/// The longest detail of an error, in characters.
const DETAIL_MAX: usize = 200;

/// Clients for what is encrypted, which may go everywhere, and for what is not.
#[derive(Clone)]
pub(crate) struct Http {
    far: Client,
    near: Client,
    attempt: Duration,
}

/// What is sent.
pub(crate) struct Post {
    pub(crate) url: Url,
    pub(crate) content_type: &'static str,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A success: its status, and the beginning of what was said with it if that was asked for.
pub(crate) struct Success {
    pub(crate) status: u16,
    pub(crate) told: String,
}

/// Whether a success is read to its words.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Words {
    /// The status says all.
    Ignored,
    /// They are needed to judge.
    Read,
}

impl Http {
    /// Clients with these options.
    pub(crate) fn new(options: &Options, tls: &ClientConfig) -> reqwest::Result<Self> {
        let client = |reach| {
            let lookup = Arc::clone(&options.lookup);
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .https_only(reach == Reach::Far)
                .dns_resolver(Filtered { lookup, reach })
                // See `Sender`: a proxy would get around the rule of addresses.
                .no_proxy()
                .redirect(redirect::Policy::none())
                .referer(false)
                // Trying again is the caller's; a connection that is kept would be found closed by the next attempt.
                .retry(retry::never())
                .pool_max_idle_per_host(0)
                .http1_only()
                // 1 KiB of an answer is 1 KiB, whatever other crates have switched on.
                .no_gzip()
                .no_brotli()
                .no_deflate()
                .no_zstd()
                .user_agent(concat!("Aitta/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(options.limits.connect)
                .build()
        };
        Ok(Self { far: client(Reach::Far)?, near: client(Reach::Near)?, attempt: options.limits.attempt })
    }

    /// Sends, and takes nothing but 2xx for a success.
    pub(crate) async fn post(
        &self,
        to: &Endpoint,
        post: Post,
        words: Words,
        now: Timestamp,
    ) -> Result<Success, Failure> {
        let place = to.place();
        let deadline = Instant::now() + self.attempt;
        let secrets = secrets(&post.url);
        let client = if reach(&post.url) == Reach::Far { &self.far } else { &self.near };
        let request = client
            .post(post.url)
            .headers(post.headers)
            .header(CONTENT_TYPE, HeaderValue::from_static(post.content_type))
            .body(post.body);
        let answer = timeout_at(deadline, request.send())
            .await
            .map_err(|_| Failure::new(place, FailureKind::TimedOut))?
            .map_err(|error| failed(place, &error))?;
        let status = answer.status();
        if status.is_success() {
            let told = match words {
                Words::Ignored => String::new(),
                Words::Read => told(&beginning(answer, deadline).await),
            };
            return Ok(Success { status: status.as_u16(), told });
        }
        let retry_after = header(&answer, RETRY_AFTER).and_then(|value| retry_after(value, now));
        let kind = if status.is_redirection() {
            FailureKind::Redirected { status: status.as_u16(), to: named_host(&answer) }
        } else {
            let told = told(&beginning(answer, deadline).await);
            // Some repeat what they were asked for, and that grants access.
            let repeats = secrets.iter().any(|secret| told.contains(secret.as_str()));
            refused(status, if repeats { String::new() } else { told })
        };
        Err(Failure { retry_after, ..Failure::new(place, kind) })
    }
}

/// The parts of an address that may grant access: of the path and the query, as they are written and decoded.
fn secrets(url: &Url) -> Vec<Zeroizing<String>> {
    let segments = url.path_segments().into_iter().flatten().map(str::to_owned);
    let values = url.query_pairs().flat_map(|(name, value)| [name.into_owned(), value.into_owned()]);
    let whole = [url.query().unwrap_or_default().to_owned()];
    let parts = segments.chain(values).chain(whole);
    // What is shorter stands in any answer.
    parts.filter(|part| part.len() >= SECRET_MIN).map(Zeroizing::new).collect()
}

/// An answer that is no success.
fn refused(status: StatusCode, told: String) -> FailureKind {
    FailureKind::Refused { protocol: Protocol::Http, status: status.as_u16(), told }
}

/// A header, if it is a text.
fn header(answer: &Response, name: reqwest::header::HeaderName) -> Option<&str> {
    answer.headers().get(name).and_then(|value| value.to_str().ok())
}

/// The host that a redirect names: the rest of its address may be a secret.
fn named_host(answer: &Response) -> Option<String> {
    let location = header(answer, LOCATION)?;
    let url = answer.url().join(location).ok()?;
    url.host_str().map(|host| line(host, DETAIL_MAX))
}

/// The first bytes of an answer, as many as come until the deadline. How it ends does not matter: the status has come.
async fn beginning(mut answer: Response, deadline: Instant) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < TOLD_MAX {
        match timeout_at(deadline, answer.chunk()).await {
            Ok(Ok(Some(chunk))) => bytes.extend(chunk.iter().take(TOLD_MAX - bytes.len())),
            _ => break,
        }
    }
    bytes
}

/// How long a receiver asks to be left alone: seconds or a date (RFC 9110, 10.2.3), at most [`RETRY_AFTER_MAX`].
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX));
    }
    let until = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    let pause = Duration::try_from(now.duration_until(until)).unwrap_or(Duration::ZERO);
    Some(pause.min(RETRY_AFTER_MAX))
}

/// What an error of the client means. Its own text is not used, since it may hold the address.
fn failed(place: &str, error: &reqwest::Error) -> Failure {
    let mut detail = String::new();
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(no_address) = cause.downcast_ref::<NoAddress>() {
            return match no_address {
                NoAddress::Forbidden(why) => forbidden(place, why),
                NoAddress::Unknown(why) => Failure::not_reached(place, Stage::Dns, line(why, DETAIL_MAX)),
            };
        }
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            if let Some(tls) = tls_error(io) {
                return Failure::not_reached(place, Stage::Tls, tls);
            }
            detail = line(&io.to_string(), DETAIL_MAX);
        }
        source = cause.source();
    }
    if error.is_timeout() {
        Failure::new(place, FailureKind::TimedOut)
    } else if error.is_connect() {
        let detail = if detail.is_empty() { "it was refused".to_owned() } else { detail };
        Failure::not_reached(place, Stage::Connect, detail)
    } else {
        let detail =
            if detail.is_empty() { "the connection ended, or it is not HTTP".to_owned() } else { detail };
        Failure::not_reached(place, Stage::Answer, detail)
    }
}

/// What TLS says, where an error of the system holds it.
pub(crate) fn tls_error(error: &io::Error) -> Option<String> {
    let inner = error.get_ref()?;
    if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
        return Some(line(&tls.to_string(), DETAIL_MAX));
    }
    inner.downcast_ref::<io::Error>().and_then(tls_error)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_pause_is_read_from_seconds_and_dates_and_is_bounded() {
        let now: Timestamp = "2015-10-21T07:28:00Z".parse().unwrap();
        for (value, seconds) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("86401", Some(86_400)),
            ("99999999999999999999999999", Some(86_400)),
            ("Wed, 21 Oct 2015 07:30:00 GMT", Some(120)),
            ("Wed, 21 Oct 2015 07:00:00 GMT", Some(0)),
            ("Wed, 29 Dec 9999 23:59:59 GMT", Some(86_400)),
            ("", None),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
        ] {
            assert_eq!(retry_after(value, now), seconds.map(Duration::from_secs), "{value:?}");
        }
    }
}
