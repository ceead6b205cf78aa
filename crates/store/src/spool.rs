//! Where parts wait that are too large for memory, and reading from the middle of a file.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use super::StoreError;
use crate::error::failed as disk_error;

/// A temporary folder on a disk: `/tmp` is memory on many systems.
pub(super) fn spool() -> PathBuf {
    let large = PathBuf::from("/var/tmp");
    if cfg!(unix) && std::env::var_os("TMPDIR").is_none() && large.is_dir() {
        large
    } else {
        std::env::temp_dir()
    }
}

/// A full disk here is a fault of this machine, not of the store.
pub(super) fn spool_failed(name: &str, source: io::Error) -> StoreError {
    disk_error(name, source).with_hint(
        "parts of large archives wait on the disk until they are sent: free some gigabytes in /var/tmp, or set \
         TMPDIR to a folder that has them",
    )
}

/// Fills `bytes` from this place of a file.
#[cfg(unix)]
pub(super) fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

/// Fills `bytes` from this place of a file.
#[cfg(not(unix))]
pub(super) fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    use std::io::{Read, Seek};
    let mut file = file;
    file.seek(io::SeekFrom::Start(offset))?;
    file.read_exact(bytes)
}
