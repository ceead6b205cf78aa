//! A choice of somebody that is kept for the next start, in a small file of its own.

use std::io::{Error, ErrorKind, Result};
use std::path::Path;

/// What the file says; nothing where there is none, or none of ours. Only a plain file is read: a link or a pipe can be
/// without an end.
pub(crate) fn read(file: &Path, most_bytes: u64) -> Option<String> {
    let meta = file.symlink_metadata().ok()?;
    if !meta.is_file() || meta.len() > most_bytes {
        return None;
    }
    std::fs::read_to_string(file).ok()
}

/// Keeps it. Nothing is written through a link, to what somebody else has named.
///
/// # Errors
/// When the file, or the folder that it is in, can't be written.
pub(crate) fn write(file: &Path, text: &str) -> Result<()> {
    match file.symlink_metadata() {
        Ok(meta) if !meta.is_file() => {
            return Err(Error::new(ErrorKind::AlreadyExists, format!("{} is no plain file", file.display())));
        }
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(_) | Err(_) => {}
    }
    file.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    std::fs::write(file, text)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_choice_is_read_back_and_what_is_too_long_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config/choice");
        assert_eq!(read(&file, 16), None);
        write(&file, "fi").unwrap();
        write(&file, "en").unwrap();
        assert_eq!(read(&file, 16).as_deref(), Some("en"));
        write(&file, &"x".repeat(17)).unwrap();
        assert_eq!(read(&file, 16), None);
    }

    #[cfg(unix)]
    #[test]
    fn no_link_is_followed_either_way() {
        let dir = tempfile::tempdir().unwrap();
        let (file, other) = (dir.path().join("choice"), dir.path().join("other"));
        std::fs::write(&other, "precious").unwrap();
        for target in [other.as_path(), Path::new("/dev/zero")] {
            std::os::unix::fs::symlink(target, &file).unwrap();
            assert_eq!(read(&file, 16), None, "{}", target.display());
            write(&file, "fi").unwrap_err();
            std::fs::remove_file(&file).unwrap();
        }
        assert_eq!(std::fs::read_to_string(other).unwrap(), "precious");
    }
}
