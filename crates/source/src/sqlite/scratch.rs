//! A new file for one proof, in a folder of its own.

use std::path::Path;
use std::sync::OnceLock;

use aitta_base::{Error, Result};
use aitta_model::ErrorCode;
use async_trait::async_trait;
use tempfile::TempDir;

use super::SqliteSource;
use crate::{Scratch, Target};

/// How the names of such folders begin; the rest is random.
const PREFIX: &str = "aitta-proof-";

/// A file that does not exist yet.
pub(super) struct FileScratch {
    target: SqliteSource,
    folder: TempDir,
    left: Vec<String>,
}

/// Makes the folder for a new file.
///
/// # Errors
/// `system` when there can't be one.
pub(super) fn scratch(within: &Path) -> Result<FileScratch> {
    let failed = |e: std::io::Error| {
        let fact = format!("a folder for the proof cannot be made in {}: {e}", within.display());
        Error::new(ErrorCode::System, fact, "free some space there, or set AITTA_DATA_DIR to another folder")
            .with_source(e)
    };
    std::fs::create_dir_all(within).map_err(failed)?;
    let mut left = Vec::new();
    for entry in std::fs::read_dir(within).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            left.push(entry.path().display().to_string());
        }
    }
    left.sort();
    let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(within).map_err(failed)?;
    let target = SqliteSource { path: folder.path().join("proof.db"), live: OnceLock::new() };
    Ok(FileScratch { target, folder, left })
}

#[async_trait]
impl Scratch for FileScratch {
    fn target(&self) -> &dyn Target {
        &self.target
    }

    fn left(&self) -> &[String] {
        &self.left
    }

    async fn discard(self: Box<Self>) -> Result<()> {
        let path = self.folder.path().display().to_string();
        self.folder.close().map_err(|e| {
            let fact = format!("the folder {path} of the proof cannot be removed: {e}");
            Error::new(ErrorCode::System, fact, "remove it yourself: it holds a copy of the database")
                .with_source(e)
        })
    }
}
