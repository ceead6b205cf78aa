//! Who else could put another file in the place of one: what is run as this user must be in nobody else's hands.

use std::io;
use std::path::{Path, PathBuf};

/// What to do about strangers.
pub(crate) const REMEDY: &str = "let nobody but yourself or root own and write the file, the folders above it, and those \
                                 of every link on the way, such as with `chmod go-w`";

/// Who else than this user and the administrator can change the file at this path, or put another one in its place, in
/// words. Every folder and every link on the way counts.
///
/// # Errors
/// Those of the system, such as that there is no file.
pub(crate) fn strangers(path: &Path) -> io::Result<Option<String>> {
    look(path).map(|looked| looked.err())
}

/// The file at this path by its one name, which no link on the way can change any more.
///
/// # Errors
/// Those of the system, such as that there is no file.
#[cfg(unix)]
pub(crate) fn own(path: &Path) -> io::Result<Result<PathBuf, String>> {
    look(path)
}

/// Rights of files say little there.
#[cfg(not(unix))]
pub(crate) fn own(path: &Path) -> io::Result<Result<PathBuf, String>> {
    std::fs::metadata(path).map(|_| Ok(path.to_owned()))
}

#[cfg(not(unix))]
fn look(path: &Path) -> io::Result<Result<PathBuf, String>> {
    own(path)
}

#[cfg(unix)]
fn look(path: &Path) -> io::Result<Result<PathBuf, String>> {
    use std::collections::VecDeque;
    use std::ffi::OsString;
    use std::path::Component;

    // As many links as Linux follows: path_resolution(7).
    const MOST_LINKS: u32 = 40;

    let path = std::path::absolute(path)?;
    let parts = |path: &Path| -> VecDeque<OsString> {
        let named =
            path.components().filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
        named.map(|part| part.as_os_str().to_owned()).collect()
    };
    let (mut at, mut left, mut links) = (PathBuf::from("/"), parts(&path), 0);
    loop {
        if let Some(stranger) = stranger(&at, &std::fs::symlink_metadata(&at)?) {
            return Ok(Err(stranger));
        }
        let Some(part) = left.pop_front() else { return Ok(Ok(at)) };
        if part == ".." {
            at.pop();
            continue;
        }
        let next = at.join(&part);
        let meta = std::fs::symlink_metadata(&next)?;
        if !meta.is_symlink() {
            at = next;
            continue;
        }
        // In a folder of all, whose files nobody replaces, another user may have laid it.
        if is_of_another(&meta) {
            return Ok(Err(format!("{} belongs to another user", next.display())));
        }
        links += 1;
        if links > MOST_LINKS {
            return Err(io::Error::other("there are too many links on the way"));
        }
        let target = std::fs::read_link(&next)?;
        if target.is_absolute() {
            at = PathBuf::from("/");
        }
        let mut way = parts(&target);
        way.append(&mut left);
        left = way;
    }
}

/// Neither of this user nor of the administrator.
#[cfg(unix)]
fn is_of_another(meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    const ADMINISTRATOR: u32 = 0;
    ![rustix::process::geteuid().as_raw(), ADMINISTRATOR].contains(&meta.uid())
}

#[cfg(unix)]
fn stranger(place: &Path, meta: &std::fs::Metadata) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let name = place.display();
    if is_of_another(meta) {
        return Some(format!("{name} belongs to another user"));
    }
    // In a folder with the sticky bit nobody replaces the files of others.
    let is_sticky = meta.is_dir() && meta.mode() & 0o1000 != 0;
    (meta.mode() & 0o022 != 0 && !is_sticky).then(|| format!("others can write to {name}"))
}

#[cfg(all(test, unix))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn allow(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_file_is_in_nobody_elses_hands_only_if_the_whole_way_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let dir = fs::canonicalize(dir.path()).unwrap();
        let (folder, open) = (dir.join("folder"), dir.join("open"));
        for folder in [&folder, &open] {
            fs::create_dir(folder).unwrap();
            allow(folder, 0o755);
        }
        let file = folder.join("program");
        fs::write(&file, "").unwrap();
        allow(&file, 0o755);
        assert_eq!(own(&file).unwrap(), Ok(file.clone()));
        // A link in a folder of others may lead elsewhere tomorrow, also in the middle of the way.
        symlink("../folder/program", open.join("link")).unwrap();
        symlink("open/link", dir.join("far")).unwrap();
        assert_eq!(own(&dir.join("far")).unwrap(), Ok(file.clone()));
        allow(&open, 0o777);
        let told = strangers(&dir.join("far")).unwrap().unwrap();
        assert_eq!(told, format!("others can write to {}", open.display()));
        allow(&open, 0o1777);
        assert_eq!(strangers(&dir.join("far")).unwrap(), None, "the sticky bit keeps the link");
        for (place, mode) in [(&file, 0o775), (&file, 0o757), (&folder, 0o775)] {
            let before = fs::metadata(place).unwrap().permissions();
            allow(place, mode);
            let told = strangers(&file).unwrap().unwrap();
            assert_eq!(told, format!("others can write to {}", place.display()));
            fs::set_permissions(place, before).unwrap();
        }
        symlink(dir.join("round"), dir.join("round")).unwrap();
        assert!(own(&dir.join("round")).is_err());
        assert!(own(&dir.join("missing")).is_err());
    }
}
