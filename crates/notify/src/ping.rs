//! Pings of a dead man's switch, as Healthchecks and its relatives take them.

use jiff::Timestamp;
use reqwest::header::HeaderMap;

use crate::endpoint::Endpoint;
use crate::failure::{Failure, FailureKind, Protocol};
use crate::http::{Post, Success, Words};
use crate::sender::{Delivered, Sender};
use crate::text::ending;

/// The longest log that is sent along, in bytes.
pub const LOG_MAX: usize = 100_000;

/// A check that raises an alarm when no ping arrives.
#[derive(Debug, Clone)]
pub struct Ping {
    endpoint: Endpoint,
}

/// What a ping says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// A run has begun.
    Start,
    /// A run has succeeded.
    Success,
    /// A run has failed.
    Fail,
}

impl Ping {
    /// The check at a URL: the one that is asked for after a success.
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
    /// Pings. `run` is the UUID of the run, the same for its start and its end; of `log` the last [`LOG_MAX`] bytes
    /// are sent, because that is where the error is.
    ///
    /// # Errors
    /// [`Failure`]: anything but a 2xx. Healthchecks also answers 200 when it has counted nothing, for a check that
    /// does not exist and for too many pings; neither is a delivery.
    pub async fn ping(
        &self,
        to: &Ping,
        signal: Signal,
        run: &str,
        log: &str,
        now: Timestamp,
    ) -> Result<Delivered, Failure> {
        let place = to.endpoint.place();
        if !is_uuid(run) {
            return Err(Failure::misconfigured(place, "a run is named by a UUID"));
        }
        let mut url = to.endpoint.url()?;
        let base = url.path().trim_end_matches('/').to_owned();
        match signal {
            Signal::Start => url.set_path(&format!("{base}/start")),
            Signal::Success => {}
            Signal::Fail => url.set_path(&format!("{base}/fail")),
        }
        url.query_pairs_mut().append_pair("rid", run);
        let body = ending(log, LOG_MAX).to_owned().into();
        let post = Post { url, content_type: "text/plain; charset=utf-8", headers: HeaderMap::new(), body };
        let success = self.http.post(&to.endpoint, post, Words::Read, now).await?;
        counted(place, success)
    }
}

/// Whether a ping was counted. (Healthchecks: pinging API, response codes.)
fn counted(place: &str, Success { status, told }: Success) -> Result<Delivered, Failure> {
    if told.starts_with("OK (not found)") {
        return Err(Failure::misconfigured(place, "there is no such check")
            .with_hint("copy the ping URL of the check again"));
    }
    if told.starts_with("OK (rate limited)") {
        return Err(Failure::new(place, FailureKind::Refused { protocol: Protocol::Http, status, told }));
    }
    Ok(Delivered { status, left_out: Vec::new() })
}

/// Whether a text is a UUID in its usual form.
fn is_uuid(text: &str) -> bool {
    let dash = |at| matches!(at, 8 | 13 | 18 | 23);
    text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if dash(at) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}
