//! The keychain of macOS and the Credential Manager of Windows: both are there as long as the system is.

use aitta_base::Result;
use keyring::v1::{Entry, Error as Cause};

use super::{SERVICE, failed};

pub(super) fn is_there() -> bool {
    true
}

/// Does something with the entry of this name.
///
/// # Errors
/// `keychain_unavailable`.
pub(super) fn with_entry<T>(name: &str, work: impl Fn(&Entry) -> Result<T, Cause>) -> Result<T> {
    Entry::new(SERVICE, name).and_then(|entry| work(&entry)).map_err(failed)
}
