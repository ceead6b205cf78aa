//! The files around a database: the new one that is being made, the old one that was set aside, and
//! what a run that was killed left behind.
//!
//! A whole restore of `shop.db` makes `shop.db.aitta-restoring-STAMP`, proves it, and then, while it
//! holds the exclusive lock on the old one:
//! 1. renames a journal that nobody could roll back (only beside a damaged file) to
//!    `shop.db.before-restore-STAMP-journal`, likewise `-wal`: beside the new file SQLite would apply
//!    it to a database that it does not belong to;
//! 2. gives the old file its second name, `shop.db.before-restore-STAMP`, by a hard link;
//! 3. renames the new file to `shop.db`, which replaces the old one in a single step.
//!
//! So `shop.db` is at every moment the old database or the new one. A kill after 1 leaves a journal
//! under the new name, one after 2 a second name of the same file: [`recover`] undoes both. On a file
//! system without hard links, 2 and 3 are two renames; a kill between them leaves no `shop.db` but
//! both others, and [`recover`] renames the old one back.
//!
//! The file in the making is locked by `flock` while its run lives. What is not locked is stale.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aitta_base::{Error, Result};
use aitta_model::{ErrorCode, Fact, Finding, Severity};
use jiff::Timestamp;

use crate::stamp::{is_numbered_stamp, stamp};

const RESTORING: &str = ".aitta-restoring-";
const BEFORE: &str = ".before-restore-";
const ORPHANED: &str = ".orphaned-";
/// Files that SQLite keeps beside a database.
const SIDE: [&str; 3] = ["-journal", "-wal", "-shm"];

/// How many names the file has beside this one, without those that a restore has given it.
pub(super) fn other_names(live: &Path) -> u64 {
    let Ok(meta) = fs::metadata(live) else { return 0 };
    let more = meta.nlink().saturating_sub(1);
    if more == 0 {
        return 0;
    }
    let (Some(folder), Some(name)) = (live.parent(), live.file_name()) else { return more };
    let Ok(entries) = fs::read_dir(folder) else { return more };
    let ours = entries.flatten().filter(|entry| {
        let (entry_name, name) = (entry.file_name(), name.to_string_lossy());
        let rest = entry_name.to_string_lossy();
        let is_aside = rest.strip_prefix(&*name).is_some_and(|rest| rest.starts_with(BEFORE));
        is_aside && entry.metadata().is_ok_and(|other| (other.dev(), other.ino()) == (meta.dev(), meta.ino()))
    });
    more.saturating_sub(ours.count() as u64)
}

/// A new file in the making. Dropped, it leaves nothing behind.
pub(super) struct Staging {
    path: PathBuf,
    stamp: String,
    lock: File,
    done: bool,
    calls: Calls,
}

/// Calls of the system that not every file system can do, apart so that tests can let them fail.
struct Calls {
    link: fn(&Path, &Path) -> io::Result<()>,
    flush_folder: fn(&Path) -> io::Result<()>,
}

impl Staging {
    /// Makes an empty file beside `live`, under a name that no other run uses.
    pub(super) fn create(live: &Path, now: Timestamp) -> Result<Self> {
        let base = stamp(now);
        for attempt in 1..=100 {
            let stamp = if attempt == 1 { base.clone() } else { format!("{base}-{attempt}") };
            if exists(&beside(live, BEFORE, &stamp)) {
                continue;
            }
            let path = beside(live, RESTORING, &stamp);
            match OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path) {
                Ok(lock) => {
                    let calls = Calls { link: |from, to| fs::hard_link(from, to), flush_folder };
                    let staging = Self { path, stamp, lock, done: false, calls };
                    staging.lock.try_lock().map_err(|e| system(&staging.path, "be locked", e.into()))?;
                    return Ok(staging);
                }
                Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
                Err(e) => return Err(system(&path, "be created", e)),
            }
        }
        Err(Error::new(
            ErrorCode::System,
            format!("100 restores of {} already began in this second", live.display()),
            "try again",
        ))
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The name that the old file will have.
    pub(super) fn aside(&self, live: &Path) -> PathBuf {
        beside(live, BEFORE, &self.stamp)
    }

    /// Makes the content durable. No connection may have the file open.
    fn sync(&self) -> Result<()> {
        self.lock.sync_all().map_err(|e| system(&self.path, "be flushed", e))
    }

    /// Gives the new file the name `live`, which must be free or that of an empty file. Returns what is worth
    /// knowing.
    ///
    /// # Errors
    /// `target_not_empty` when there is a database by now, `system`. Then the new file is not in place.
    pub(super) fn publish(mut self, live: &Path) -> Result<Vec<Finding>> {
        self.sync()?;
        // Looked up before the size: what lies beside no database belongs to none.
        let strays: Vec<&str> = SIDE.into_iter().filter(|side| exists(&with_suffix(live, side))).collect();
        if size(live) > 0 {
            return Err(taken(live));
        }
        // A journal without its database is useless, and would destroy the new one.
        let aside = beside(live, ORPHANED, &self.stamp);
        move_side_files(live, &aside)?;
        let placed = match (self.calls.link)(&self.path, live) {
            Ok(()) => {
                // The new file is in place. What is left is a second name, which the next run removes.
                if let Err(error) = fs::remove_file(&self.path) {
                    tracing::warn!(%error, file = %self.path.display(), "could not be removed");
                }
                Ok(())
            }
            Err(_) if size(live) > 0 => Err(taken(live)),
            // An empty file may be there, made by `mktemp` or by an application that opened it. Or the
            // file system has no hard links.
            Err(_) => fs::rename(&self.path, live).map_err(|e| system(live, "be created", e)),
        };
        if let Err(e) = placed {
            // A database that came meanwhile gets back what came with it, not the journal of another one.
            let came = size(live) > 0;
            return_side_files(live, &aside, |side| !came || !strays.contains(&side));
            return Err(e);
        }
        self.done = true;
        Ok(self.flush_folder(live))
    }

    /// Makes the last rename durable. It can't be undone, so a failure is a warning and no error.
    fn flush_folder(&self, live: &Path) -> Vec<Finding> {
        let Err(error) = (self.calls.flush_folder)(live) else { return Vec::new() };
        tracing::warn!(%error, folder = %folder(live).display(), "could not be flushed");
        let message = format!(
            "{} is in place, but its folder could not be flushed: {error}; after a power failure the state \
             before the restore may be back",
            live.display()
        );
        let fact = Fact::NotFlushed { path: live.display().to_string() };
        vec![
            Finding::new(Severity::Warning, message, "check the disk and the system log; run `sync`")
                .of(fact),
        ]
    }

    /// Puts the new file in the place of `live`, which stays under the name [`Staging::aside`]. The
    /// caller holds the exclusive lock on `live`. Returns what is worth knowing.
    ///
    /// # Errors
    /// `system`. Then `live` is the old file.
    pub(super) fn swap(mut self, live: &Path) -> Result<Vec<Finding>> {
        let aside = self.aside(live);
        same_owner(live, &self.path)?;
        self.sync()?;
        move_side_files(live, &aside)?;
        let undo = |e: io::Error, linked: bool| {
            let undone = if linked { fs::remove_file(&aside) } else { fs::rename(&aside, live) };
            if let Err(error) = undone {
                tracing::error!(%error, aside = %aside.display(), "the old database is still under its second name");
            }
            return_side_files(live, &aside, |_| true);
            system(live, "be replaced", e)
        };
        let linked = (self.calls.link)(live, &aside).is_ok();
        if !linked {
            fs::rename(live, &aside).map_err(|e| {
                return_side_files(live, &aside, |_| true);
                system(live, "be renamed", e)
            })?;
        }
        fs::rename(&self.path, live).map_err(|e| undo(e, linked))?;
        self.done = true;
        Ok(self.flush_folder(live))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.done {
            remove_with_side_files(&self.path);
        }
    }
}

/// Repairs what a run that was killed left around `live`, and removes files that were in the making.
/// Returns what it did, in words.
///
/// # Errors
/// `system` when a rename that is needed fails.
pub(super) fn recover(live: &Path) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    for stamp in stamps(live, BEFORE)? {
        let staging = beside(live, RESTORING, &stamp);
        // The lock is held until the end of this turn, so that no two runs repair the same.
        let Some(_lock) = free(&staging) else { continue };
        let aside = beside(live, BEFORE, &stamp);
        if exists(&aside) && !exists(live) && exists(&staging) {
            fs::rename(&aside, live).map_err(|e| system(&aside, "be renamed back", e))?;
            notes.push(format!(
                "a restore was killed while it swapped files: {} was put back",
                live.display()
            ));
        } else if exists(&aside) && same_file(&aside, live) {
            fs::remove_file(&aside).map_err(|e| system(&aside, "be removed", e))?;
        }
        // Only while the new file is still under its first name: once it is `live`, the journal of the
        // old one would destroy it.
        if exists(&staging) && !exists(&aside) && exists(live) {
            return_side_files(live, &aside, |_| true);
        }
    }
    for stamp in stamps(live, RESTORING)? {
        let staging = beside(live, RESTORING, &stamp);
        if let Some(_lock) = free(&staging) {
            remove_with_side_files(&staging);
            notes.push(format!("removed {}, which a restore that was killed had left", staging.display()));
        }
    }
    if !notes.is_empty() {
        sync_folder(live)?;
    }
    Ok(notes)
}

/// The name that a restore which begins now would set the old database aside under.
pub(super) fn aside_name(live: &Path, now: Timestamp) -> PathBuf {
    beside(live, BEFORE, &stamp(now))
}

/// The old databases that whole restores have set aside.
pub(super) fn set_aside(live: &Path) -> Result<Vec<PathBuf>> {
    let all = stamps(live, BEFORE)?.into_iter().map(|stamp| beside(live, BEFORE, &stamp));
    Ok(all.filter(|path| exists(path)).collect())
}

/// Removes one of them.
pub(super) fn remove_set_aside(path: &Path) -> Result<()> {
    for side in SIDE {
        let file = with_suffix(path, side);
        if exists(&file) {
            fs::remove_file(&file).map_err(|e| system(&file, "be removed", e))?;
        }
    }
    fs::remove_file(path).map_err(|e| system(path, "be removed", e))?;
    sync_folder(path)
}

/// Free bytes where `path` lies or will lie.
pub(super) fn free_bytes(path: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(folder(path)).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// A process that has a file open, shown as `name (pid)`.
pub(super) struct User {
    pub(super) pid: u32,
    pub(super) program: String,
}

impl std::fmt::Display for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.program, self.pid)
    }
}

/// Other processes that have the file open. Only those that this user may look at.
/// A connection that is idle in a rollback-journal database holds no lock, so SQLite can't see it.
pub(super) fn users(live: &Path) -> Vec<User> {
    let Ok(meta) = fs::metadata(live) else { return Vec::new() };
    let own = std::process::id();
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|&pid| pid != own)
        .filter(|pid| {
            let fds = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
            // Following the link asks about the file and opens nothing.
            fds.filter_map(|fd| fs::metadata(fd.path()).ok())
                .any(|open| (open.dev(), open.ino()) == (meta.dev(), meta.ino()))
        })
        .map(|pid| {
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            User { pid, program: name.trim().to_owned() }
        })
        .collect()
}

/// Stamps of all files beside `live` with this infix, each once, also those of which only a side file is left.
fn stamps(live: &Path, infix: &str) -> Result<Vec<String>> {
    let prefix = format!("{}{infix}", super::file_name(live));
    let entries = match fs::read_dir(folder(live)) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(system(folder(live), "be listed", e)),
    };
    let mut stamps: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_str()?.to_owned();
            let stamp = name.strip_prefix(&prefix)?;
            let bare = SIDE.iter().find_map(|side| stamp.strip_suffix(side)).unwrap_or(stamp);
            // Other names that begin like this are not ours.
            is_numbered_stamp(bare).then(|| bare.to_owned())
        })
        .collect();
    stamps.sort();
    stamps.dedup();
    Ok(stamps)
}

/// The lock on a file in the making that no living run holds; also when there is no such file.
fn free(staging: &Path) -> Option<Option<File>> {
    match OpenOptions::new().read(true).open(staging) {
        Ok(file) => file.try_lock().is_ok().then_some(Some(file)),
        Err(e) if e.kind() == ErrorKind::NotFound => Some(None),
        Err(_) => None,
    }
}

fn move_side_files(live: &Path, aside: &Path) -> Result<()> {
    for side in SIDE {
        let (from, to) = (with_suffix(live, side), with_suffix(aside, side));
        match fs::rename(&from, &to) {
            Err(e) if e.kind() != ErrorKind::NotFound => {
                return_side_files(live, aside, |_| true);
                return Err(system(&from, "be renamed", e));
            }
            _ => {}
        }
    }
    Ok(())
}

fn return_side_files(live: &Path, aside: &Path, wanted: impl Fn(&str) -> bool) {
    for side in SIDE.into_iter().filter(|side| wanted(side)) {
        let (from, to) = (with_suffix(aside, side), with_suffix(live, side));
        if exists(&from)
            && !exists(&to)
            && let Err(error) = fs::rename(&from, &to)
        {
            tracing::error!(%error, file = %from.display(), "a journal could not be put back");
        }
    }
}

fn remove_with_side_files(path: &Path) {
    for file in SIDE.iter().map(|side| with_suffix(path, side)).chain([path.to_owned()]) {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(%error, file = %file.display(), "could not be removed");
            }
            _ => {}
        }
    }
}

/// The new file gets the mode of the old one, and its owner where this user may give files away.
fn same_owner(old: &Path, new: &Path) -> Result<()> {
    let meta = fs::metadata(old).map_err(|e| system(old, "be looked at", e))?;
    fs::set_permissions(new, meta.permissions()).map_err(|e| system(new, "get its permissions", e))?;
    let mine = fs::metadata(new).map_err(|e| system(new, "be looked at", e))?;
    if (mine.uid(), mine.gid()) != (meta.uid(), meta.gid())
        && let Err(error) = std::os::unix::fs::chown(new, Some(meta.uid()), Some(meta.gid()))
    {
        tracing::warn!(%error, file = %new.display(), "the owner could not be kept");
    }
    Ok(())
}

fn beside(live: &Path, infix: &str, stamp: &str) -> PathBuf {
    with_suffix(live, &format!("{infix}{stamp}"))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The folder that a file lies in.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |meta| meta.len())
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (fs::metadata(a), fs::metadata(b)) {
        (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
        _ => false,
    }
}

/// Makes renames durable.
fn sync_folder(path: &Path) -> Result<()> {
    flush_folder(path).map_err(|e| system(folder(path), "be flushed", e))
}

fn flush_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path)).and_then(|folder| folder.sync_all())
}

fn taken(live: &Path) -> Error {
    Error::new(
        ErrorCode::TargetNotEmpty,
        format!("{} was made by another program while the restore ran", live.display()),
        "nothing was changed; close the application that made it, look at what it holds, and start again",
    )
    .with_source(io::Error::from(ErrorKind::AlreadyExists))
}

fn system(path: &Path, what: &str, error: io::Error) -> Error {
    let hint = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space and try again",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "give the user that runs Aitta the right to write to the folder"
        }
        ErrorKind::NotFound => "create the folder first",
        _ => "check the disk and the system log, then try again",
    };
    Error::new(ErrorCode::System, format!("{} could not {what}: {error}", path.display()), hint)
        .with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged(live: &Path) -> Staging {
        let now: Timestamp = "2026-11-23T09:13:00Z".parse().expect("a time");
        let staging = Staging::create(live, now).expect("created");
        fs::write(staging.path(), b"new").expect("written");
        staging
    }

    /// The names in the folder and what is in each file, sorted.
    fn content(live: &Path) -> Vec<(String, String)> {
        let entries = fs::read_dir(folder(live)).expect("a folder").flatten();
        let mut all: Vec<(String, String)> = entries
            .map(|e| {
                let name = e.file_name().into_string().expect("a name");
                (name, fs::read_to_string(e.path()).expect("read"))
            })
            .collect();
        all.sort();
        all
    }

    fn named<const N: usize>(files: [(&str, &str); N]) -> Vec<(String, String)> {
        files.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec()
    }

    fn no_links(_: &Path, _: &Path) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    fn no_flush(_: &Path) -> io::Result<()> {
        Err(ErrorKind::InvalidInput.into())
    }

    #[test]
    fn a_database_that_came_while_the_new_one_was_made_keeps_all_its_files() {
        let dir = tempfile::tempdir().expect("a folder");
        let live = dir.path().join("shop.db");
        for link in [no_links, |from: &Path, to: &Path| fs::hard_link(from, to)] {
            let mut staging = staged(&live);
            staging.calls.link = link;
            fs::write(&live, b"theirs").expect("written");
            fs::write(with_suffix(&live, "-wal"), b"log").expect("written");
            let error = staging.publish(&live).expect_err("taken");
            assert_eq!(error.code(), ErrorCode::TargetNotEmpty);
            assert!(!error.hint().is_empty());
            assert_eq!(content(&live), named([("shop.db", "theirs"), ("shop.db-wal", "log")]));
        }
    }

    #[test]
    fn a_database_that_comes_at_the_last_moment_is_not_overwritten() {
        let dir = tempfile::tempdir().expect("a folder");
        let live = dir.path().join("shop.db");
        let mut staging = staged(&live);
        // A log of a database that is no more.
        fs::write(with_suffix(&live, "-journal"), b"stray").expect("written");
        staging.calls.link = |_, live| {
            fs::write(live, b"theirs")?;
            // As if it had come just before the side files were moved.
            fs::write(with_suffix(&beside(live, ORPHANED, "20261123T091300Z"), "-wal"), b"log")?;
            no_links(live, live)
        };
        assert_eq!(staging.publish(&live).expect_err("taken").code(), ErrorCode::TargetNotEmpty);
        let orphan = "shop.db.orphaned-20261123T091300Z-journal";
        assert_eq!(content(&live), named([("shop.db", "theirs"), ("shop.db-wal", "log"), (orphan, "stray")]));
    }

    #[test]
    fn a_new_file_that_gets_no_name_leaves_all_as_it_was() {
        let dir = tempfile::tempdir().expect("a folder");
        let live = dir.path().join("shop.db");
        let mut staging = staged(&live);
        fs::write(with_suffix(&live, "-wal"), b"stray").expect("written");
        // Takes the new file away, so that the rename fails too.
        staging.calls.link = |from, _| {
            fs::remove_file(from)?;
            Err(ErrorKind::Unsupported.into())
        };
        assert_eq!(staging.publish(&live).expect_err("no file").code(), ErrorCode::System);
        assert_eq!(content(&live), named([("shop.db-wal", "stray")]));
    }

    #[test]
    fn without_hard_links_an_empty_file_is_replaced() {
        let dir = tempfile::tempdir().expect("a folder");
        let live = dir.path().join("shop.db");
        fs::write(&live, b"").expect("written");
        let mut staging = staged(&live);
        staging.calls.link = no_links;
        assert_eq!(staging.publish(&live).expect("published"), vec![]);
        assert_eq!(content(&live), named([("shop.db", "new")]));
    }

    #[test]
    fn a_folder_that_cannot_be_flushed_is_a_warning_once_the_new_file_is_in_place() {
        let dir = tempfile::tempdir().expect("a folder");
        let live = dir.path().join("shop.db");
        for place in [Staging::publish, Staging::swap] {
            let mut staging = staged(&live);
            staging.calls.flush_folder = no_flush;
            let findings = place(staging, &live).expect("in place");
            assert!(matches!(&findings[..], [f] if f.severity == Severity::Warning && !f.hint.is_empty()));
        }
        let aside = "shop.db.before-restore-20261123T091300Z";
        assert_eq!(content(&live), named([("shop.db", "new"), (aside, "new")]));
    }
}
