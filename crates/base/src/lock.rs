//! Locks between processes. They are locks of files: the system releases them when the process that holds them ends,
//! however it ends.

use std::fs::{self, File, TryLockError};
use std::io::{self, Seek, Write};
use std::path::Path;

use aitta_model::{ErrorCode, Operation};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Folder of the lock files in the data folder.
pub const FOLDER: &str = "locks";

/// Held by the one run of a profile that may write: backup, restore, delete.
#[derive(Debug)]
pub struct ProfileLock {
    file: File,
}

/// Who holds a lock, for the message to the next who wants it.
#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    pid: u32,
    operation: String,
    since: Timestamp,
}

impl ProfileLock {
    /// Takes the lock, without waiting.
    ///
    /// # Errors
    /// `run_in_progress` when another process has it; `system` when the file can't be made.
    pub fn acquire(data_dir: &Path, profile: &str, operation: Operation, now: Timestamp) -> Result<Self> {
        Self::take(data_dir, &format!("profile-{}.lock", file_stem(profile)), profile, operation, now)
    }

    /// Takes the one lock for rotations and for destroying keys: all profiles share the keys.
    ///
    /// # Errors
    /// As [`ProfileLock::acquire`].
    pub fn of_keys(data_dir: &Path, operation: Operation, now: Timestamp) -> Result<Self> {
        Self::take(data_dir, "keys-of-archives.lock", "that shares the keys", operation, now)
    }

    fn take(
        data_dir: &Path,
        file: &str,
        profile: &str,
        operation: Operation,
        now: Timestamp,
    ) -> Result<Self> {
        let path = data_dir.join(FOLDER).join(file);
        let failed = |e: io::Error| not_taken(&path, e);
        create_private_folder(&data_dir.join(FOLDER)).map_err(failed)?;
        let mut file = private_file(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_progress(profile, &path)),
            Err(TryLockError::Error(e)) => return Err(failed(e)),
        }
        let holder = Holder { pid: std::process::id(), operation: operation.as_str().to_owned(), since: now };
        let text = serde_json::to_vec(&holder).map_err(|e| failed(e.into()))?;
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(&text)).map_err(failed)?;
        Ok(Self { file })
    }
}

impl Drop for ProfileLock {
    fn drop(&mut self) {
        // The file stays: removing it would let a third process lock a new file of the same name while
        // a second one still waits for the old.
        if let Err(e) = self.file.set_len(0) {
            tracing::debug!(error = %e, "a lock file keeps the name of its last holder");
        }
        // To close it would not be enough: a program that is being started just now may have the open file, too.
        if let Err(e) = self.file.unlock() {
            tracing::debug!(error = %e, "a lock is let go only when its file is closed");
        }
    }
}

/// Why the file of a lock could not be made or written.
#[must_use]
pub fn not_taken(path: &Path, error: io::Error) -> Error {
    let hint = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space on that disk, or set AITTA_DATA_DIR to a folder on another one"
        }
        _ => {
            "give the user that runs Aitta the right to write there, or set AITTA_DATA_DIR to another folder"
        }
    };
    Error::new(ErrorCode::System, format!("the lock {} cannot be taken: {error}", path.display()), hint)
        .with_source(error)
}

fn in_progress(profile: &str, path: &Path) -> Error {
    // Empty while the holder is between lock and write, and unreadable on Windows.
    let holder = fs::read(path).ok().and_then(|text| serde_json::from_slice::<Holder>(&text).ok());
    let message = match holder {
        Some(Holder { pid, operation, since }) => format!(
            "a {operation} of the profile {profile:?} is under way: process {pid}, since {}",
            since.strftime("%Y-%m-%d %H:%M:%S UTC")
        ),
        None => format!("another run of the profile {profile:?} is under way"),
    };
    Error::new(
        ErrorCode::RunInProgress,
        message,
        "wait until it has ended, or stop it; both leave the database and the store whole",
    )
}

/// The name of a profile as a file name: letters, digits, `-` and `_` as they are, other bytes as `%xx`.
fn file_stem(profile: &str) -> String {
    profile
        .bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(b).to_string(),
            other => format!("%{other:02x}"),
        })
        .collect()
}

/// Makes a file and locks it.
///
/// # Errors
/// Those of the system.
pub fn locked_file(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        create_private_folder(folder)?;
    }
    loop {
        let file = private_file(path)?;
        file.lock()?;
        // Between the two, [`sweep`] may have taken it for one that nobody holds.
        if path.try_exists()? {
            return Ok(file);
        }
    }
}

/// Makes a file and locks it; `None` when another one holds its lock.
///
/// # Errors
/// Those of the system.
pub fn try_locked_file(path: &Path) -> io::Result<Option<File>> {
    if let Some(folder) = path.parent() {
        create_private_folder(folder)?;
    }
    let file = private_file(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(e)) => Err(e),
    }
}

/// Removes the files of a folder whose names begin so, where no process holds their lock: those that one has left
/// which was killed.
pub fn sweep(folder: &Path, prefix: &str) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let names = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
    for path in names.map(|entry| entry.path()) {
        let Ok(file) = File::options().read(true).write(true).open(&path) else { continue };
        if file.try_lock().is_ok()
            && let Err(e) = fs::remove_file(&path)
        {
            tracing::debug!(path = %path.display(), error = %e, "a file of a killed process stays");
        }
    }
}

/// Whether a process holds the lock of this file. A missing file is free; one that can't be looked at counts as held,
/// so that a live run is never called dead.
pub fn is_held(path: &Path) -> bool {
    match File::options().read(true).write(true).open(path) {
        Ok(file) => file.try_lock().is_err(),
        Err(e) => e.kind() != io::ErrorKind::NotFound,
    }
}

/// Opens a file for reading and writing, and makes it with mode 0600 where it is missing.
///
/// # Errors
/// Those of the system.
pub fn private_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a folder and those above it, with mode 0700 where they are missing.
///
/// # Errors
/// Those of the system.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn now() -> Timestamp {
        "2026-11-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_second_run_is_told_who_holds_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let first = ProfileLock::acquire(dir.path(), "shop", Operation::Backup, now()).unwrap();
        let error = ProfileLock::acquire(dir.path(), "shop", Operation::Restore, now()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::RunInProgress);
        let expected = format!("process {}, since 2026-11-01 12:00:00 UTC", std::process::id());
        assert!(error.to_string().contains(&expected), "{error}");
        assert!(error.to_string().contains("a backup of the profile \"shop\""), "{error}");
        drop(first);
        ProfileLock::acquire(dir.path(), "shop", Operation::Restore, now()).unwrap();
    }

    /// Whoever starts a program has it hold all open files for a moment.
    #[test]
    fn a_lock_is_let_go_though_another_holds_its_open_file() {
        let dir = tempfile::tempdir().unwrap();
        let first = ProfileLock::acquire(dir.path(), "shop", Operation::Backup, now()).unwrap();
        let held = first.file.try_clone().unwrap();
        drop(first);
        ProfileLock::acquire(dir.path(), "shop", Operation::Restore, now()).unwrap();
        drop(held);
    }

    #[test]
    fn profiles_do_not_lock_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let _shop = ProfileLock::acquire(dir.path(), "shop", Operation::Backup, now()).unwrap();
        let _odd = ProfileLock::acquire(dir.path(), "../shop/ö", Operation::Backup, now()).unwrap();
        assert_eq!(file_stem("../shop"), "%2e%2e%2fshop");
    }

    #[test]
    fn what_a_killed_process_has_left_goes_and_what_is_held_stays() {
        let dir = tempfile::tempdir().unwrap();
        let [dead, other, held] =
            ["run-dead.lock", "other.lock", "run-held.lock"].map(|name| dir.path().join(name));
        private_file(&dead).unwrap();
        private_file(&other).unwrap();
        let file = locked_file(&held).unwrap();
        sweep(dir.path(), "run-");
        assert_eq!([&dead, &other, &held].map(|path| path.exists()), [false, true, true]);
        drop(file);
        sweep(dir.path(), "run-");
        assert!(!held.exists());
    }

    /// Whoever has a lock has that of the file that others see.
    #[test]
    fn a_file_that_is_swept_while_it_is_made_is_made_again() {
        let dir = tempfile::tempdir().unwrap();
        let going = std::sync::atomic::AtomicBool::new(true);
        std::thread::scope(|threads| {
            threads.spawn(|| {
                while going.load(std::sync::atomic::Ordering::Relaxed) {
                    sweep(dir.path(), "run-");
                }
            });
            let theirs: Vec<bool> = (0..500)
                .map(|number| {
                    let path = dir.path().join(format!("run-{number}.lock"));
                    let _file = locked_file(&path).unwrap();
                    path.exists() && is_held(&path)
                })
                .collect();
            going.store(false, std::sync::atomic::Ordering::Relaxed);
            assert!(theirs.into_iter().all(|ours| ours));
        });
    }

    #[test]
    fn a_mark_is_held_until_its_process_lets_go() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run.lock");
        assert!(!is_held(&path));
        let file = locked_file(&path).unwrap();
        assert!(is_held(&path));
        drop(file);
        assert!(!is_held(&path));
    }
}
