//! The Secret Service of a Linux desktop, over connections that live as long as the program.
//!
//! gnome-keyring ends, and with it whatever it had open, when a connection closes while it is asked something by
//! another (<https://bugs.debian.org/1147303>); so none is made for a single question. Where the service has ended all
//! the same, or was started anew, the connections to it are made anew, once for each question.

use std::sync::{Arc, Mutex, PoisonError};

use aitta_base::Result;
use keyring::v1::{Entry, Error as Cause};
use keyring_core::api::CredentialStoreApi;
use secret_service::blocking::SecretService;
use secret_service::{EncryptionType, Error as Trouble};
use zbus_secret_service_keyring_store::Store;

use super::{SERVICE, failed, unavailable};

/// Connections to the service.
struct Line {
    /// Tells whether the keyring is locked. No secret goes through it.
    state: SecretService<'static>,
    /// Secrets go through this one, encrypted.
    entries: Arc<Store>,
}

static LINE: Mutex<Option<Arc<Line>>> = Mutex::new(None);

/// How a question ended that has no answer.
enum Failure {
    /// The service answered.
    Refused(aitta_base::Error),
    /// It is gone, or it doesn't know these connections any more.
    Broken(aitta_base::Error),
}

/// Whether a service answers, with keyrings open or not.
pub(super) fn is_there() -> bool {
    // Asked each time: a connection that was made once says nothing of now.
    again(|line| line.state.get_default_collection().map(drop).or_else(none_yet).map_err(Failure::from))
        .is_ok()
}

/// Does something with the entry of this name, in an open keyring. What is done may be done twice.
///
/// # Errors
/// `keychain_unavailable`.
pub(super) fn with_entry<T>(name: &str, work: impl Fn(&Entry) -> Result<T, Cause>) -> Result<T> {
    again(|line| {
        open(line)?;
        let inner = line.entries.build(SERVICE, name, None)?;
        Ok(work(&Entry { inner })?)
    })
}

/// Asks, and asks once more over new connections where the service has not answered.
fn again<T>(ask: impl Fn(&Line) -> Result<T, Failure>) -> Result<T> {
    let line = line()?;
    match ask(&line) {
        Ok(answer) => Ok(answer),
        Err(Failure::Refused(error)) => Err(error),
        Err(Failure::Broken(_)) => {
            forget(&line);
            let anew = self::line()?;
            ask(&anew).map_err(|failure| match failure {
                Failure::Refused(error) | Failure::Broken(error) => error,
            })
        }
    }
}

fn line() -> Result<Arc<Line>> {
    let mut kept = LINE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(line) = &*kept {
        return Ok(Arc::clone(line));
    }
    let state = SecretService::connect(EncryptionType::Plain).map_err(|e| {
        unavailable(format!("the keychain of the system can't be reached: {e}")).with_source(e)
    })?;
    // KWallet refuses a public key whose first byte is zero, which the library leaves out: one in 256.
    let entries = Store::new().or_else(|_| Store::new()).map_err(failed)?;
    let line = Arc::new(Line { state, entries });
    Ok(Arc::clone(kept.insert(line)))
}

/// The next question connects anew, unless another one has done so already.
fn forget(broken: &Arc<Line>) {
    let mut kept = LINE.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.as_ref().is_some_and(|line| Arc::ptr_eq(line, broken)) {
        *kept = None;
    }
}

/// Makes sure that the keyring is open: a locked one would say that it has no entry.
fn open(line: &Line) -> Result<(), Failure> {
    let keyring = match line.state.get_default_collection() {
        Ok(keyring) => keyring,
        Err(trouble) => return Ok(none_yet(trouble)?),
    };
    if keyring.is_locked()? {
        keyring.unlock()?;
        if keyring.is_locked()? {
            return Err(Trouble::Locked.into());
        }
    }
    Ok(())
}

/// The keyring is made with the first entry, when somebody can be asked for its password.
fn none_yet(trouble: Trouble) -> Result<(), Trouble> {
    match trouble {
        Trouble::NoResult => Ok(()),
        other => Err(other),
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Locked | Trouble::Prompt => {
                Self::Refused(unavailable("the keychain of the system is locked").with_source(trouble))
            }
            other => Self::Broken(
                unavailable(format!("the keychain of the system fails: {other}")).with_source(other),
            ),
        }
    }
}

impl From<Cause> for Failure {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::PlatformFailure(_) => Self::Broken(failed(cause)),
            other => Self::Refused(failed(other)),
        }
    }
}
