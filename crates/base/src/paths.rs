//! Paths as people write them.

use std::path::{Path, PathBuf};

/// A path that starts from `folder` when it is relative: `./backups` becomes `/folder/backups`. `..` stays, because
/// links may be in the way.
pub fn absolute(folder: &Path, path: &Path) -> PathBuf {
    folder.join(path).components().collect()
}
