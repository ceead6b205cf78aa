//! Secrets in the keychain of the system: Secret Service, Keychain, Credential Manager.
//!
//! Calls block, for as long as the user takes to answer a prompt, and the library behind them runs a loop of
//! its own: each runs on a thread of its own, so that it may be called from anywhere.

use std::sync::mpsc;
use std::time::Duration;

use aitta_base::{Error, Result};
use aitta_model::ErrorCode;
use keyring::v1 as keyring;
use zeroize::Zeroizing;

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
        open()?;
        match entry(&name)?.get_password() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    })
}

/// Keeps a secret, in place of the one of this name, and reads it back.
///
/// # Errors
/// `keychain_unavailable`.
pub(crate) fn write(name: &str, secret: &str) -> Result<()> {
    let (name, secret) = (name.to_owned(), Zeroizing::new(secret.to_owned()));
    apart(move || {
        open()?;
        let entry = entry(&name)?;
        entry.set_password(&secret).map_err(failed)?;
        // Read back: only what can be read was kept.
        let kept = Zeroizing::new(entry.get_password().map_err(failed)?);
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
        open()?;
        match entry(&name)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    })
}

fn entry(name: &str) -> Result<keyring::Entry> {
    keyring::Entry::new(SERVICE, name).map_err(|error| match keyring::Entry::store_status() {
        Err(cause) => unavailable(format!("the keychain of the system can't be reached: {cause}")),
        Ok(()) => failed(error),
    })
}

fn failed(error: keyring::Error) -> Error {
    unavailable(format!("the keychain of the system refuses access: {error}")).with_source(error)
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

/// Makes sure that a service answers, and that the keyring is open: a locked one would say that it has no entry. This
/// comes before the first call of the library, which remembers for good that no service was there.
#[cfg(target_os = "linux")]
fn open() -> Result<()> {
    use secret_service::blocking::SecretService;
    use secret_service::{EncryptionType, Error as Cause};

    // No secret goes through this session.
    let service = SecretService::connect(EncryptionType::Plain).map_err(|e| {
        unavailable(format!("the keychain of the system can't be reached: {e}")).with_source(e)
    })?;
    let locked = |e: Cause| unavailable("the keychain of the system is locked").with_source(e);
    let keyring = match service.get_default_collection() {
        Ok(keyring) => keyring,
        // The keyring is made with the first entry, when somebody can be asked for its password.
        Err(Cause::NoResult) => return Ok(()),
        Err(e) => {
            return Err(unavailable(format!("the keychain of the system fails: {e}")).with_source(e));
        }
    };
    if keyring.is_locked().map_err(locked)? {
        keyring.unlock().map_err(locked)?;
        if keyring.is_locked().map_err(locked)? {
            return Err(unavailable("the keychain of the system is locked"));
        }
    }
    Ok(())
}

/// Whether there is a keychain at all, open or not.
pub(crate) fn is_there() -> bool {
    #[cfg(target_os = "linux")]
    let look = || {
        use secret_service::blocking::SecretService;
        Ok(SecretService::connect(secret_service::EncryptionType::Plain).is_ok())
    };
    #[cfg(not(target_os = "linux"))]
    let look = || Ok(true);
    apart(look).unwrap_or(false)
}

#[cfg(not(target_os = "linux"))]
fn open() -> Result<()> {
    Ok(())
}
