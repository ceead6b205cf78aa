//! The ring that was found, so that the keychain is asked only once.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use aitta_base::Result;

use super::{KeyRing, stored};

/// Remembers the ring for a context and all its clones, until it is changed, by whichever process.
#[derive(Default)]
pub struct FoundKeys {
    /// The ring, and the stamp of the data folder before it was read.
    found: Mutex<Option<(Vec<u8>, Arc<KeyRing>)>>,
}

impl FoundKeys {
    /// The ring, which `find` looks for when none is remembered or it was changed since. Only one looks at a time.
    ///
    /// # Errors
    /// Those of `find`.
    pub fn get(&self, data_dir: &Path, find: impl FnOnce() -> Result<KeyRing>) -> Result<Arc<KeyRing>> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = stored::Stamp::read(data_dir);
        if let Some((at, ring)) = found.as_ref()
            && *at == stamp
        {
            return Ok(ring.clone());
        }
        let ring = Arc::new(find()?);
        *found = Some((stamp, ring.clone()));
        Ok(ring)
    }

    /// Forgets the ring, so that the next call looks for it again.
    pub fn forget(&self) {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
