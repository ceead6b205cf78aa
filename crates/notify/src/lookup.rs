//! From names to the addresses that are really connected to.
//!
//! The rule of [`Reach`] is applied to the answer of the one look-up whose addresses are then connected to. A name
//! that means something else a moment later (DNS rebinding) is not asked again.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address::Reach;

/// The addresses of a name, to come.
pub type Addresses = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Where the addresses of a name come from.
pub trait Lookup: Send + Sync {
    /// The addresses of a name, all of them, allowed or not.
    fn lookup(&self, name: &str) -> Addresses;
}

/// The look-up of the system, with `/etc/hosts` and whatever else it consults.
///
/// It runs on a thread of its own. A look-up that hangs is given up by the time limit of the attempt, and its thread
/// ends when the system gives it up.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, name: &str) -> Addresses {
        let name = name.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Why a name has no address to connect to.
#[derive(Debug)]
pub(crate) enum NoAddress {
    /// The look-up failed.
    Unknown(String),
    /// No address of it may be connected to.
    Forbidden(&'static str),
}

impl fmt::Display for NoAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(detail) => f.write_str(detail),
            Self::Forbidden(why) => f.write_str(why),
        }
    }
}

impl Error for NoAddress {}

/// The addresses of a name that may be connected to; at least one.
///
/// Others are left out rather than taken as a reason to refuse: behind NAT64 every name has an address that is
/// forbidden.
pub(crate) async fn allowed(lookup: &dyn Lookup, name: &str, reach: Reach) -> Result<Vec<IpAddr>, NoAddress> {
    let found = lookup.lookup(name).await.map_err(|error| NoAddress::Unknown(error.to_string()))?;
    let mut why = None;
    let mut allowed = Vec::new();
    for address in found {
        match reach.permits(address) {
            Ok(()) => allowed.push(address),
            Err(forbidden) => why = Some(forbidden),
        }
    }
    match why {
        _ if !allowed.is_empty() => Ok(allowed),
        Some(why) => Err(NoAddress::Forbidden(why)),
        None => Err(NoAddress::Unknown("it is unknown".to_owned())),
    }
}

/// What the HTTP client asks for addresses.
pub(crate) struct Filtered {
    pub(crate) lookup: Arc<dyn Lookup>,
    pub(crate) reach: Reach,
}

impl Resolve for Filtered {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, reach) = (Arc::clone(&self.lookup), self.reach);
        Box::pin(async move {
            let allowed = allowed(&*lookup, name.as_str(), reach).await?;
            // The client puts the port of the URL in the place of zero.
            let addresses: Addrs = Box::new(allowed.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
