//! Addresses of receivers over HTTP.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

use crate::address::Reach;
use crate::failure::{Failure, FailureKind};
use crate::secret::Secret;

/// What stands in errors for an address that can't be named.
pub(crate) const NAMELESS: &str = "the address";

/// The URL of a receiver. It is a secret: who knows the address of a chat can write into it.
#[derive(Clone)]
pub(crate) struct Endpoint {
    url: Secret,
    place: String,
}

impl Endpoint {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`FailureKind::Misconfigured`] if it is no URL of HTTP, or has a user, a password or a fragment;
    /// [`FailureKind::Forbidden`] if it names an address that nothing is sent to.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        let no_url = || {
            Failure::misconfigured(NAMELESS, "it is no URL")
                .with_hint("give the full address, beginning with https://")
        };
        // The parser drops tabs and line breaks silently, and what was pasted is then another address.
        if text.chars().any(char::is_control) {
            return Err(no_url());
        }
        let url = Url::parse(text).map_err(|_| no_url())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(no_url());
        }
        let host = url.host().ok_or_else(no_url)?;
        let place = format!("{}://{host}", url.scheme());
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Failure::misconfigured(&place, "the URL has a user or a password")
                .with_hint("leave them out; receivers that need a proof take the secret of a webhook"));
        }
        if url.fragment().is_some() {
            return Err(Failure::misconfigured(&place, "the URL has a fragment, which is never sent")
                .with_hint("leave out everything from the # on"));
        }
        // Names are judged by what they mean when they are connected to.
        let literal: Option<IpAddr> = match host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
        };
        if let Some(Err(why)) = literal.map(|address| reach(&url).permits(address)) {
            return Err(forbidden(&place, why));
        }
        Ok(Self { url: Secret::from(String::from(url)), place })
    }

    /// The URL itself.
    pub(crate) fn url(&self) -> Result<Url, Failure> {
        Url::parse(self.url.reveal()).map_err(|_| Failure::misconfigured(&self.place, "it is no URL"))
    }

    /// Scheme and host.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }
}

/// How far a message to a URL may go.
pub(crate) fn reach(url: &Url) -> Reach {
    if url.scheme() == "https" { Reach::Far } else { Reach::Near }
}

/// The failure for an address that nothing is sent to.
pub(crate) fn forbidden(place: &str, why: &'static str) -> Failure {
    let failure = Failure::new(place, FailureKind::Forbidden { why });
    if why.ends_with("without TLS") { failure.with_hint("use TLS") } else { failure }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}
