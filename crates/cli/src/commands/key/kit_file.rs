//! Recovery kits as files. They hold a key, so only their owner may read them, and an existing one is never replaced.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use aitta_engine::{Error, Result};
use aitta_model::{ErrorCode, RecoveryKit};

/// A new file for a kit. Until it is kept, dropping it removes it. An empty one, as a killed process leaves it, is as
/// good as new: no kit is in it.
pub(super) struct KitFile {
    path: PathBuf,
    file: File,
    kept: bool,
}

impl KitFile {
    /// Makes the file before the key, so that no key is made without a place for its kit.
    pub(super) fn create(path: &Path) -> Result<Self> {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = match options.open(path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && is_empty_file(path) => {
                fs::remove_file(path).and_then(|()| options.open(path))
            }
            other => other,
        };
        let file = file.map_err(|e| failed(path, &e))?;
        Ok(Self { path: path.to_owned(), file, kept: false })
    }

    /// Writes the kit, as HTML where the name says so, and reads it back.
    pub(super) fn write(&mut self, kit: &RecoveryKit) -> Result<()> {
        let is_page = self.path.extension().is_some_and(|end| end.eq_ignore_ascii_case("html"));
        let page = if is_page { &kit.html } else { &kit.text };
        self.written(page.as_bytes()).map_err(|e| failed(&self.path, &e))
    }

    fn written(&mut self, page: &[u8]) -> io::Result<()> {
        self.file.write_all(page)?;
        self.file.sync_all()?;
        if fs::read(&self.path)? == page {
            Ok(())
        } else {
            Err(io::Error::other("the file read back differs from what was written"))
        }
    }

    /// Keeps it: dropping no longer removes it.
    pub(super) fn keep(mut self) -> String {
        self.kept = true;
        self.path.display().to_string()
    }
}

impl Drop for KitFile {
    fn drop(&mut self) {
        if !self.kept {
            // The kit of a useless key could be mistaken for a good one.
            let _gone = fs::remove_file(&self.path);
        }
    }
}

fn is_empty_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() == 0)
}

fn failed(path: &Path, error: &io::Error) -> Error {
    let path = path.display();
    let (message, hint) = match error.kind() {
        io::ErrorKind::AlreadyExists => (
            format!(
                "{path} exists, and a recovery kit replaces no file: it may be the only copy of another key"
            ),
            "name a file that does not exist yet",
        ),
        _ => (
            format!("the recovery kit {path} cannot be written: {error}"),
            "name a file in a folder that exists and that you may write to",
        ),
    };
    Error::new(ErrorCode::ConfigInvalid, message, hint)
}
