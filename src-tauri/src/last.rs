//! The profile that was chosen last, kept for the next start.

use std::path::PathBuf;
use std::sync::OnceLock;

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
        let file = self.0.get()?;
        if file.metadata().ok()?.len() > MAX_BYTES {
            return None;
        }
        std::fs::read_to_string(file).ok().filter(|name| !name.is_empty())
    }

    /// Keeps this one. Where that is not possible, the next start begins as it would without.
    pub(crate) fn note(&self, name: &str) {
        let Some(file) = self.0.get() else { return };
        let written = file.parent().map_or(Ok(()), std::fs::create_dir_all);
        if let Err(error) = written.and_then(|()| std::fs::write(file, name)) {
            tracing::warn!("the chosen profile can't be kept: {error}");
        }
    }
}
