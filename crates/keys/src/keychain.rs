//! Secrets in the keychain of the system: Secret Service, Keychain, Credential Manager.
//!
//! Calls block, for as long as the user takes to answer a prompt, and the library behind them runs a loop of
//! its own: each runs on a thread of its own, so that it may be called from anywhere.

use std::sync::mpsc;
use std::time::Duration;

use aitta_base::{Error, Result};
use aitta_model::ErrorCode;
use keyring::v1::Error as Cause;
use zeroize::Zeroizing;

use self::service::with_entry;

#[cfg(target_os = "linux")]
mod service;
#[cfg(not(target_os = "linux"))]
#[path = "keychain/system.rs"]
mod service;

/// Name of the service that all entries are under.
const SERVICE: &str = "aitta";

/// How long the keychain may take, with a user who looks for a password.
const PATIENCE: Duration = Duration::from_secs(120);

/// What was kept under this name; `None` when the keychain answers that it has no such entry.
///
/// # Errors
/// `keychain_unavailable` when there is none, or it stays locked.
pub(crate) fn read(name: &str) -> Result<Option<Zeroizing<String>>> {
    let name = name.to_owned();
    apart(move || {
        with_entry(&name, |entry| match entry.get_password() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(Cause::NoEntry) => Ok(None),
            Err(cause) => Err(cause),
        })
    })
}

/// Keeps a secret, in place of the one of this name, and reads it back.
///
/// # Errors
/// `keychain_unavailable`.
pub(crate) fn write(name: &str, secret: &str) -> Result<()> {
    let (name, secret) = (name.to_owned(), Zeroizing::new(secret.to_owned()));
    apart(move || {
        let kept = with_entry(&name, |entry| {
            entry.set_password(&secret)?;
            // Read back: only what can be read was kept.
            entry.get_password().map(Zeroizing::new)
        })?;
        if *kept == *secret {
            Ok(())
        } else {
            Err(unavailable("the keychain of the system returned another secret than was stored"))
        }
    })
}

/// Forgets a secret. One that is not there is no error.
///
/// # Errors
/// `keychain_unavailable`.
pub(crate) fn delete(name: &str) -> Result<()> {
    let name = name.to_owned();
    apart(move || {
        with_entry(&name, |entry| match entry.delete_credential() {
            Ok(()) | Err(Cause::NoEntry) => Ok(()),
            Err(cause) => Err(cause),
        })
    })
}

fn failed(cause: Cause) -> Error {
    unavailable(format!("the keychain of the system refuses access: {cause}")).with_source(cause)
}

pub(crate) fn unavailable(message: impl Into<String>) -> Error {
    let hint = if cfg!(target_os = "linux") {
        "start and unlock a keyring that offers the Secret Service, such as gnome-keyring, KWallet or KeePassXC, \
         and try again"
    } else {
        "unlock the keychain and try again"
    };
    Error::new(ErrorCode::KeychainUnavailable, message, hint)
}

fn apart<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let (answer, answered) = mpsc::sync_channel(1);
    let work = move || drop(answer.send(work()));
    std::thread::Builder::new().name("keychain".to_owned()).spawn(work).map_err(|e| {
        Error::new(ErrorCode::System, format!("no thread can be started: {e}"), "close other programs")
            .with_source(e)
    })?;
    answered.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        Err(unavailable(format!("the keychain of the system gave no answer within {} s", PATIENCE.as_secs())))
    })
}

/// Whether there is a keychain at all, open or not.
pub(crate) fn is_there() -> bool {
    apart(|| Ok(service::is_there())).unwrap_or(false)
}
