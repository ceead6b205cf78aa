//! What the tests have in common.

mod mail_server;
mod receiver;

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use aitta_notify::{Addresses, Attempt, Failure, Limits, Lookup, Message, Options, Sender, Severity};

pub(crate) use self::mail_server::{MailServer, Manners, tls_config};
pub(crate) use self::receiver::{Receiver, Reply, answer};

/// The authority that the tests trust.
pub(crate) const ROOT: &[u8] = include_bytes!("../fixtures/ca.der");

/// Limits that let a test end soon.
pub(crate) const SHORT: Limits = Limits {
    connect: Duration::from_secs(2),
    attempt: Duration::from_millis(1500),
    mail: Duration::from_millis(1500),
};

/// Names with the addresses of a test; all others are unknown.
pub(crate) struct Names(BTreeMap<String, Vec<IpAddr>>);

impl Names {
    pub(crate) fn of(names: &[(&str, &[&str])]) -> Arc<Self> {
        let addresses = |list: &[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
        Arc::new(Self(names.iter().map(|(name, list)| ((*name).to_owned(), addresses(list))).collect()))
    }
}

impl Lookup for Names {
    fn lookup(&self, name: &str) -> Addresses {
        let found = self.0.get(name).cloned();
        Box::pin(async move { found.ok_or_else(|| io::Error::other("unknown name")) })
    }
}

/// A sender with usual limits.
pub(crate) fn sender() -> Sender {
    Sender::new(Options::default()).unwrap()
}

/// A sender that does not wait long.
pub(crate) fn hasty() -> Sender {
    Sender::new(Options { limits: SHORT, ..Options::default() }).unwrap()
}

/// A sender for which names mean something else, and which trusts the authority of the tests.
pub(crate) fn sender_knowing(names: &[(&str, &[&str])]) -> Sender {
    Sender::new(Options { lookup: Names::of(names), roots: vec![ROOT.to_vec()], ..Options::default() })
        .unwrap()
}

/// An attempt.
pub(crate) fn attempt() -> Attempt {
    Attempt::new("run-17_failed", "2026-11-30T16:00:00Z".parse().unwrap()).unwrap()
}

/// A message.
pub(crate) fn message() -> Message {
    Message {
        title: "Backup of shop failed".to_owned(),
        lines: vec!["The disk is full.".to_owned()],
        facts: vec![
            ("Profile".to_owned(), "shop".to_owned()),
            ("Table".to_owned(), "order_items".to_owned()),
        ],
        severity: Severity::Critical,
    }
}

/// All that a failure shows.
pub(crate) fn shown(failure: &Failure) -> String {
    format!("{failure} {failure:?} {failure:#?} {:?}", failure.hint)
}
