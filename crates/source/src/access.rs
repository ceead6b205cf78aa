//! What the machine gives to a source.

use std::path::PathBuf;
use std::sync::Arc;

use aitta_base::Result;
use zeroize::Zeroizing;

/// What the machine gives to a source beside its URL.
#[derive(Clone, Default)]
pub struct Access {
    /// Where the client tools are looked for first.
    pub bin_dir: Option<PathBuf>,
    /// Where the password is kept when the URL has none; `None` when it is in `~/.pgpass`, or none is needed.
    pub passwords: Option<Arc<dyn Passwords>>,
}

/// Keeps passwords of databases under names. Calls block, and may ask the user to unlock something.
pub trait Passwords: Send + Sync {
    /// What it is, for people: `keychain`, `key file`.
    fn place(&self) -> &'static str;

    /// What was kept under this name; `None` only when certainly nothing was kept.
    ///
    /// # Errors
    /// `keychain_unavailable`, `key_wrong`.
    fn read(&self, name: &str) -> Result<Option<Zeroizing<String>>>;

    /// Keeps a password in place of the one of this name, and reads it back.
    ///
    /// # Errors
    /// `keychain_unavailable`, `key_wrong`.
    fn write(&self, name: &str, password: &str) -> Result<()>;
}
