//! A disk small enough to fill.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::pg::{in_temp_folder, is_root};

/// Mounts, remounts on command, and unmounts at the end of its input, which is the end of the test process at the
/// latest.
const SCRIPT: &str = r#"
mount -t tmpfs -o "size=$2,mode=0777" tmpfs "$1" || exit 1
echo mounted
while read -r word; do
    mount -o "remount,$word" "$1" && echo done
done
umount -l "$1"
"#;

/// A file system in memory, of a fixed size, unmounted with this value.
pub struct SmallDisk {
    folder: PathBuf,
    path: PathBuf,
    keeper: Child,
    answers: BufReader<ChildStdout>,
}

impl SmallDisk {
    /// Mounts one. Without root it lies in a namespace of its own and is reached through `/proc`.
    ///
    /// # Panics
    /// When this machine doesn't allow it.
    #[must_use]
    pub fn mount(size_bytes: u64) -> Self {
        use std::os::unix::process::CommandExt;
        let folder = in_temp_folder("aitta-disk-");
        std::fs::create_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let mut command = if is_root() {
            Command::new("/bin/sh")
        } else {
            let mut unshare = Command::new("unshare");
            unshare.args(["--map-root-user", "--mount", "/bin/sh"]);
            unshare
        };
        command.args(["-c", SCRIPT, "disk"]).arg(&folder).arg(size_bytes.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut keeper = command.spawn().unwrap_or_else(|e| panic!("a small disk can't be mounted: {e}"));

        let mut answer = String::new();
        let output = keeper.stdout.take().unwrap_or_else(|| panic!("the keeper has no output"));
        let mut answers = BufReader::new(output);
        drop(answers.read_line(&mut answer));
        if answer.trim() != "mounted" {
            let mut error = String::new();
            drop(keeper.stderr.take().map(|mut stderr| stderr.read_to_string(&mut error)));
            drop(keeper.wait());
            drop(std::fs::remove_dir(&folder));
            panic!("this test needs a small disk, and none can be mounted here: {}", error.trim());
        }
        let path = if is_root() {
            folder.clone()
        } else {
            PathBuf::from(format!("/proc/{}/root{}", keeper.id(), folder.display()))
        };
        Self { folder, path, keeper, answers }
    }

    /// Its folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// From now on it can't be written to, not even by root. No file may be open for writing.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn make_read_only(&mut self) {
        let sent = self.keeper.stdin.as_mut().map(|words| writeln!(words, "ro"));
        let mut answer = String::new();
        let answered = self.answers.read_line(&mut answer);
        assert!(answer.trim() == "done", "the disk can't be made read-only: {sent:?} {answered:?}");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        drop(self.keeper.wait());
        drop(std::fs::remove_dir(&self.folder));
    }
}
