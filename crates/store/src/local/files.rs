//! Files of a local store. Whoever may write into its folder chooses what lies under a name there: only regular files
//! are opened, no link is followed below the root, and nothing waits for the other end of a pipe.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::error::NoFile;

fn no_file(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, NoFile(what))
}

fn folder_is_link() -> io::Error {
    no_file("a symbolic link in the place of its folder")
}

/// What a file is, if it is not a regular one.
pub(super) fn other_than_file(kind: fs::FileType) -> Option<&'static str> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_fifo() {
            return Some("a named pipe");
        }
        if kind.is_socket() {
            return Some("a socket");
        }
        if kind.is_block_device() || kind.is_char_device() {
            return Some("a device");
        }
    }
    if kind.is_symlink() {
        return Some("a symbolic link");
    }
    if kind.is_dir() {
        return Some("a folder");
    }
    (!kind.is_file()).then_some("something of another kind")
}

/// Refuses a folder of the store that is a link: what is written would lie somewhere else.
pub(super) fn check_folder(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_symlink() => Err(folder_is_link()),
        Ok(meta) if !meta.is_dir() => Err(io::ErrorKind::NotADirectory.into()),
        Ok(_) => Ok(()),
        Err(e) => Err(e),
    }
}

/// What is known of the regular file of this name, without opening it.
pub(super) fn metadata(root: &Path, name: &str) -> io::Result<fs::Metadata> {
    if let Some((folder, _)) = name.rsplit_once('/') {
        check_folder(&root.join(folder))?;
    }
    let meta = fs::symlink_metadata(root.join(name))?;
    match other_than_file(meta.file_type()) {
        Some(what) => Err(no_file(what)),
        None => Ok(meta),
    }
}

/// Opens the regular file of this name. Looked at before it is opened, because opening a device alone may make it do
/// something, and once more when it is open, because it may have been exchanged in between.
#[cfg(unix)]
pub(super) fn open(root: &Path, name: &str, access: Access) -> io::Result<File> {
    use rustix::fs::{CWD, Mode, OFlags, openat};
    metadata(root, name)?;
    let below = OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut at = openat(CWD, root, folder, Mode::empty())?;
    let (folders, file_name) = name.rsplit_once('/').unwrap_or(("", name));
    for part in folders.split('/').filter(|part| !part.is_empty()) {
        at =
            openat(&at, part, folder | below, Mode::empty()).map_err(|e| followed_none(e, folder_is_link))?;
    }
    let access = match access {
        Access::Read => OFlags::RDONLY,
        Access::Write => OFlags::WRONLY,
    };
    let file = openat(&at, file_name, access | below | OFlags::NONBLOCK, Mode::empty());
    let file = File::from(file.map_err(|e| followed_none(e, || no_file("a symbolic link")))?);
    match other_than_file(file.metadata()?.file_type()) {
        Some(what) => Err(no_file(what)),
        None => Ok(file),
    }
}

/// `ELOOP` is what `O_NOFOLLOW` answers at a link.
#[cfg(unix)]
fn followed_none(error: rustix::io::Errno, link: impl FnOnce() -> io::Error) -> io::Error {
    if error == rustix::io::Errno::LOOP { link() } else { error.into() }
}

/// Opens the regular file of this name.
#[cfg(not(unix))]
pub(super) fn open(root: &Path, name: &str, access: Access) -> io::Result<File> {
    metadata(root, name)?;
    let is_read = matches!(access, Access::Read);
    File::options().read(is_read).write(!is_read).open(root.join(name))
}

/// What a file is opened for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Access {
    Read,
    Write,
}

#[cfg(unix)]
pub(super) fn private_options() -> fs::OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = File::options();
    options.write(true).mode(0o600);
    options
}

#[cfg(not(unix))]
pub(super) fn private_options() -> fs::OpenOptions {
    let mut options = File::options();
    options.write(true);
    options
}

#[cfg(unix)]
pub(super) fn create_private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
pub(super) fn create_private_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(unix)]
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Windows has no handle to flush a folder by; NTFS journals the rename.
#[cfg(not(unix))]
pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
pub(super) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(not(unix))]
pub(super) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    use std::io::{Seek as _, Write as _};
    let mut file = file;
    file.seek(io::SeekFrom::Start(offset))?;
    file.write_all(bytes)
}

/// Moves without ever replacing. A hard link fails when the target exists, in one step; file systems
/// that have no links (FAT) get a check before the rename.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(e),
        Err(_) if to.exists() => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(from, to),
    }
}

/// So that the check after a backup reads the disk and not the memory of the system.
#[cfg(target_os = "linux")]
pub(super) fn drop_from_cache(file: &File) {
    // Only advice: where it is refused the check still reads what the system holds for the file.
    if let Err(e) = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed) {
        tracing::debug!(error = %e, "the system keeps the file in its cache");
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn drop_from_cache(_: &File) {}
