//! What every request to Azure passes through: authorization, a deadline, and further attempts.

use std::sync::Arc;
use std::time::Duration;

use aitta_base::{Clock, SystemClock, random};
use async_trait::async_trait;
use azure_core::base64;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::policies::{Policy, PolicyResult, RetryHeaders, RetryPolicy};
use azure_core::http::{
    AsyncRawResponse, Body, ClientOptions, Context, HttpClient, Method, Request, RetryOptions, StatusCode,
    Transport,
};
use azure_core::time::OffsetDateTime;
use futures::StreamExt as _;
use md5::{Digest, Md5};

use super::connection::Login;
use super::{AzureLimits, shared_key};
use crate::bounds::{MOST_OF_AN_ANSWER, TooLong};

/// Below this many bytes in a second a line is given up.
const SLOWEST: u64 = 32 << 10;

/// Options of all clients of a store.
///
/// # Errors
/// When the system has no TLS.
pub(super) fn options(login: Login, limits: &AzureLimits) -> reqwest::Result<ClientOptions> {
    let retry = Retry { limits: limits.clone(), headers: retry_headers() };
    Ok(ClientOptions {
        per_try_policies: vec![
            Arc::new(Authorize(login)),
            Arc::new(Deadline { answer_within: limits.answer_within }),
        ],
        retry: RetryOptions::custom(Arc::new(retry)),
        transport: Some(Transport::new(Arc::new(Bounded(http_client(limits)?)))),
        ..ClientOptions::default()
    })
}

/// The SDK's own gives up each request after a minute, also one that is still sending: no large block would pass a
/// slow line. Here [`Deadline`] knows how much is to be sent, and the system notices a peer that is gone.
fn http_client(limits: &AzureLimits) -> reqwest::Result<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .connect_timeout(limits.connect_within)
        .tcp_keepalive(Duration::from_secs(20))
        // Requests are signed for one host and must not be sent on to another.
        .redirect(reqwest::redirect::Policy::none());
    #[cfg(target_os = "linux")]
    let builder = builder.tcp_user_timeout(Duration::from_secs(60));
    builder.build()
}

/// Answers that are no longer than any that is of use: the SDK takes the whole of one into memory.
#[derive(Debug)]
struct Bounded(reqwest::Client);

#[async_trait]
impl HttpClient for Bounded {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let (status, headers, body) = self.0.execute_request(request).await?.deconstruct();
        let mut left = MOST_OF_AN_ANSWER;
        let bounded = body.map(move |piece| {
            let piece = piece?;
            left = left
                .checked_sub(piece.len() as u64)
                .ok_or_else(|| Error::with_message(ErrorKind::Other, TooLong.to_string()))?;
            Ok(piece)
        });
        Ok(AsyncRawResponse::new(status, headers, Box::pin(bounded)))
    }
}

/// The Content-MD5 of bytes: the service compares it with what arrives, and refuses what differs.
pub(super) fn md5(bytes: &[u8]) -> Vec<u8> {
    Md5::digest(bytes).to_vec()
}

/// Dates and signs every attempt anew, after the headers are final; or adds the SAS, once.
struct Authorize(Login);

impl std::fmt::Debug for Authorize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authorize(***)")
    }
}

#[async_trait]
impl Policy for Authorize {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        add_checksum(request);
        match &self.0 {
            Login::Key { account, key } => {
                let now = OffsetDateTime::from_unix_timestamp(SystemClock.now().as_second())
                    .map_err(|e| Error::new(ErrorKind::DataConversion, e))?;
                request.insert_header("x-ms-date", azure_core::time::to_rfc7231(&now));
                // What the transport would add by itself is signed, too.
                if let Some(length) = request.body().len().filter(|length| *length > 0) {
                    request.insert_header("content-length", length.to_string());
                }
                let verb = request.method().as_str();
                let signed = shared_key::authorization(account, key, verb, request.url(), request.headers())?;
                request.insert_header("authorization", signed);
            }
            Login::Sas(sas) => {
                let present = request.url().query_pairs().any(|(name, _)| name == "sig");
                if !present {
                    let query = match request.url().query() {
                        Some(query) if !query.is_empty() => format!("{query}&{}", sas.as_str()),
                        _ => sas.to_string(),
                    };
                    request.url_mut().set_query(Some(&query));
                }
            }
        }
        match next {
            [first, rest @ ..] => first.send(ctx, request, rest).await,
            [] => Err(Error::with_message(ErrorKind::Other, "there is no transport")),
        }
    }
}

/// The SDK sends small bodies without a checksum. Blocks bring theirs along.
fn add_checksum(request: &mut Request) {
    let present = request.headers().get_optional_str(&"content-md5".into()).is_some();
    if request.method() != Method::Put || present {
        return;
    }
    if let Body::Bytes(bytes) = request.body()
        && !bytes.is_empty()
    {
        let checksum = base64::encode(md5(bytes));
        request.insert_header("content-md5", checksum);
    }
}

/// Ends an attempt that has no answer in time.
#[derive(Debug)]
struct Deadline {
    answer_within: Duration,
}

#[async_trait]
impl Policy for Deadline {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let [first, rest @ ..] = next else {
            return Err(Error::with_message(ErrorKind::Other, "there is no transport"));
        };
        let sending = request.body().len().unwrap_or_default() / SLOWEST;
        let within = self.answer_within + Duration::from_secs(sending);
        match tokio::time::timeout(within, first.send(ctx, request, rest)).await {
            Ok(answer) => answer,
            Err(_) => {
                let seconds = within.as_secs();
                Err(Error::with_message(ErrorKind::Io, format!("there was no answer within {seconds} s")))
            }
        }
    }
}

/// Exponential with jitter, for what may pass: 408, 429, 5xx, resets and timeouts.
#[derive(Debug)]
struct Retry {
    limits: AzureLimits,
    headers: RetryHeaders,
}

fn retry_headers() -> RetryHeaders {
    RetryHeaders {
        retry_headers: vec![
            azure_core::http::headers::X_MS_RETRY_AFTER_MS,
            azure_core::http::headers::RETRY_AFTER_MS,
            azure_core::http::headers::RETRY_AFTER,
        ],
    }
}

#[async_trait]
impl RetryPolicy for Retry {
    /// At least three attempts, however long each takes: a large block on a slow line takes long by itself.
    fn is_expired(&self, since_start: azure_core::time::Duration, retries: u32) -> bool {
        let attempts = retries + 1;
        let late = since_start.unsigned_abs() >= self.limits.retry_for && attempts >= 3;
        attempts >= self.limits.attempts || late
    }

    fn retry_headers(&self) -> Option<&RetryHeaders> {
        Some(&self.headers)
    }

    /// None of ours: those of the SDK, which are 408, 429, 500, 502, 503 and 504.
    fn retry_status_codes(&self) -> &[StatusCode] {
        &[]
    }

    fn sleep_duration(&self, retries: u32) -> azure_core::time::Duration {
        wait(&self.limits, retries).try_into().unwrap_or(azure_core::time::Duration::SECOND)
    }

    /// What the service asks for counts, up to the longest wait.
    async fn wait(&self, retries: u32, asked: Option<azure_core::time::Duration>) {
        let asked = asked.map_or(Duration::ZERO, azure_core::time::Duration::unsigned_abs);
        tokio::time::sleep(wait(&self.limits, retries).max(asked.min(self.limits.longest_wait))).await;
    }
}

/// The wait before a further attempt, counted from 1: doubled each time, and of that a half to the whole by chance,
/// so that many that were turned away together do not come back together.
pub(super) fn wait(limits: &AzureLimits, retries: u32) -> Duration {
    let doubled = limits.first_wait.saturating_mul(1 << retries.saturating_sub(1).min(16));
    let whole = doubled.min(limits.longest_wait);
    // Without randomness of the system the wait is the whole one.
    let chance = random().map_or(u32::MAX, u32::from_ne_bytes);
    whole / 2 + (whole / 2).mul_f64(f64::from(chance) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::sync::Mutex;

    use azure_core::http::AsyncRawResponse;
    use azure_core::http::headers::Headers;
    use zeroize::Zeroizing;

    use super::*;

    /// Keeps what would have been sent.
    #[derive(Debug, Default)]
    struct Sent(Mutex<Vec<Request>>);

    #[async_trait]
    impl Policy for Sent {
        async fn send(&self, _: &Context, request: &mut Request, _: &[Arc<dyn Policy>]) -> PolicyResult {
            self.0.lock().unwrap().push(request.clone());
            Ok(AsyncRawResponse::from_bytes(StatusCode::Ok, Headers::new(), ""))
        }
    }

    async fn send(login: Login, request: &mut Request) -> Request {
        let sent = Arc::new(Sent::default());
        let next: Arc<dyn Policy> = sent.clone();
        Authorize(login).send(&Context::new(), request, &[next]).await.unwrap();
        sent.0.lock().unwrap().remove(0)
    }

    fn header(request: &Request, name: &'static str) -> Option<String> {
        request.headers().get_optional_string(&name.into())
    }

    #[tokio::test]
    async fn sas_is_added_once_and_never_shown() {
        let sas = || Login::Sas(Zeroizing::new("sv=2024&sig=c2VjcmV0".to_owned()));
        let url = "https://a.blob.core.windows.net/c?comp=list".parse().unwrap();
        let mut request = Request::new(url, Method::Get);
        for _ in 0..2 {
            let sent = send(sas(), &mut request).await;
            assert_eq!(sent.url().query(), Some("comp=list&sv=2024&sig=c2VjcmV0"));
            assert_eq!(header(&sent, "authorization"), None);
            assert!(!format!("{sent:?}").contains("c2VjcmV0"));
        }
        assert!(!format!("{:?}", Authorize(sas())).contains("c2VjcmV0"));
    }

    #[tokio::test]
    async fn key_signs_length_and_checksum_of_the_body() {
        let key = Zeroizing::new("SmVmZUplZmVKZWZlSmVmZQ==".to_owned());
        let login = Login::Key { account: "a".to_owned(), key };
        let mut request = Request::new("https://a.blob.core.windows.net/c/b".parse().unwrap(), Method::Put);
        request.set_body(b"hello".to_vec());
        let sent = send(login, &mut request).await;
        assert_eq!(header(&sent, "content-length").as_deref(), Some("5"));
        // `printf hello | openssl md5 -binary | base64`
        assert_eq!(header(&sent, "content-md5").as_deref(), Some("XUFAKrxLKna5cZ2REBfFkg=="));
        assert!(header(&sent, "x-ms-date").unwrap().ends_with(" GMT"));
        assert!(header(&sent, "authorization").unwrap().starts_with("SharedKey a:"));
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let limits = AzureLimits::default();
        for (retries, whole) in [(1, 500), (2, 1000), (3, 2000), (6, 16_000), (7, 20_000), (40, 20_000)] {
            let wait = wait(&limits, retries).as_millis();
            assert!((whole / 2..=whole).contains(&wait), "{retries}: {wait} ms of {whole}");
        }
    }

    #[test]
    fn attempts_end_by_number_and_by_time() {
        let retry = Retry { limits: AzureLimits::default(), headers: retry_headers() };
        let seconds = azure_core::time::Duration::seconds;
        assert!(!retry.is_expired(seconds(0), 4));
        assert!(retry.is_expired(seconds(0), 5));
        assert!(!retry.is_expired(seconds(300), 1));
        assert!(retry.is_expired(seconds(300), 2));
    }

    /// The longest that a request is tried at a server that takes connections and never answers, and then the question
    /// whether it was carried out.
    #[test]
    fn a_silent_server_is_given_up_within_ninety_seconds() {
        let limits = AzureLimits::default();
        let retry = Retry { limits: limits.clone(), headers: retry_headers() };
        // The SDK counts from the first failure.
        let (mut taken, mut retries) = (Duration::ZERO, 0);
        while !retry.is_expired(taken.try_into().unwrap(), retries) {
            retries += 1;
            let doubled = limits.first_wait * 2_u32.pow(retries - 1);
            taken += doubled.min(limits.longest_wait) + limits.answer_within;
        }
        let taken = limits.answer_within + taken + limits.answer_within;
        assert!(taken <= Duration::from_secs(90), "{taken:?}");
        assert!(retries >= 2, "{retries}");
    }
}
