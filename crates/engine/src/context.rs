//! What every operation needs.

use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::config::Profile;
use crate::keys::KeyRing;
use crate::source::Source;
use crate::store::Store;
use crate::{Result, source, store};

/// Tells the time. The logic never reads a clock by itself.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// One profile with everything that its operations use.
#[derive(Clone)]
pub struct Context {
    /// The profile.
    pub profile: Arc<Profile>,
    /// Where archives lie.
    pub store: Arc<dyn Store>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Stops the operation. It then ends with `cancelled`, and leaves nothing half done behind.
    pub cancel: CancellationToken,
}

impl Context {
    /// The context of a profile, with the clock of the machine.
    ///
    /// # Errors
    /// `config_invalid`, `unsupported`, `store_missing`, `store_denied`.
    pub fn new(profile: Profile) -> Result<Self> {
        let store = store::open(&profile.store)?;
        Ok(Self {
            profile: Arc::new(profile),
            store,
            clock: Arc::new(SystemClock),
            cancel: CancellationToken::new(),
        })
    }

    /// The profile's database.
    ///
    /// # Errors
    /// `config_invalid` when the profile names none or its URL can't be understood.
    pub fn source(&self) -> Result<Arc<dyn Source>> {
        source::open(&self.profile.database()?, &self.profile)
    }

    /// The vault keys at hand.
    ///
    /// # Errors
    /// `key_missing`, `key_invalid`.
    pub fn keys(&self) -> Result<KeyRing> {
        KeyRing::from_env()
    }
}
