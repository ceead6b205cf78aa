//! Whether what is sent to a store can be read on its way.
//!
//! Archives are encrypted, and still a store must not be spoken to in the clear: a SAS and the answers travel as they
//! are, and whoever stands in between could hold archives back, or delete them.

use url::{Host, Url};

use crate::error::{PLAIN_HTTP_HINT, StoreError, StoreErrorKind};

/// Whether another machine is spoken to without TLS.
#[must_use]
pub fn is_in_the_clear(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    url.scheme() == "http"
        && match url.host() {
            Some(Host::Ipv4(ip)) => !ip.is_loopback(),
            Some(Host::Ipv6(ip)) => !ip.is_loopback(),
            Some(Host::Domain(name)) => name != "localhost" && !name.ends_with(".localhost"),
            None => true,
        }
}

/// Refuses that, unless somebody has said that it may be.
///
/// # Errors
/// [`StoreErrorKind::InTheClear`].
pub(crate) fn check(address: &str, plain_http: bool, store: &str) -> Result<(), StoreError> {
    if plain_http || !is_in_the_clear(address) {
        return Ok(());
    }
    Err(StoreError::new(StoreErrorKind::InTheClear, store, "its address begins with http:")
        .with_hint(PLAIN_HTTP_HINT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_spoken_to_without_tls() {
        for address in [
            "https://s3.example.com",
            "http://localhost:9000",
            "http://127.0.0.1:9000",
            "http://127.8.9.1",
            "http://[::1]:10000/account",
            "http://bucket.localhost:9000/",
        ] {
            assert!(!is_in_the_clear(address), "{address}");
        }
        for address in [
            "http://s3.example.com",
            "HTTP://10.0.0.3:9000",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://[::ffff:10.0.0.1]",
            "http://0.0.0.0:9000",
            "http://notlocalhost",
        ] {
            assert!(is_in_the_clear(address), "{address}");
            assert!(check(address, false, "store").is_err() && check(address, true, "store").is_ok());
        }
    }
}
