//! The profile that was chosen last, kept for the next start.

use std::path::PathBuf;
use std::sync::OnceLock;

use crate::choice;

/// Longer files were not written here.
const MAX_BYTES: u64 = 1024;

/// Where its name is kept; nowhere until that is said.
#[derive(Default)]
pub(crate) struct LastProfile(OnceLock<PathBuf>);

impl LastProfile {
    /// From now on in this file.
    pub(crate) fn keep_in(&self, file: PathBuf) {
        // Said once, at the start.
        drop(self.0.set(file));
    }

    /// Its name, if one was chosen.
    pub(crate) fn name(&self) -> Option<String> {
        choice::read(self.0.get()?, MAX_BYTES).filter(|name| !name.is_empty())
    }

    /// Keeps this one. Where that is not possible, the next start begins as it would without.
    pub(crate) fn note(&self, name: &str) {
        let Some(file) = self.0.get() else { return };
        if let Err(error) = choice::write(file, name) {
            tracing::warn!("the chosen profile can't be kept: {error}");
        }
    }
}
