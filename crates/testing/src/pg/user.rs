//! PostgreSQL refuses to run as root; then it runs as an ordinary user of the machine.

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Names the ordinary user that servers run as, when the tests run as root.
const VARIABLE: &str = "AITTA_TEST_USER";

/// Makes a command run as an ordinary user. Changes nothing when the tests don't run as root.
pub fn run_as_ordinary_user(command: &mut Command) -> &mut Command {
    match ordinary_user() {
        Some((uid, gid)) => command.uid(uid).gid(gid),
        None => command,
    }
}

/// Whether the tests run as root.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A path for a folder of one's own among the temporary ones, which no other process will use. It is in
/// reach of the ordinary user and short enough for a Unix socket (107 bytes).
#[must_use]
pub fn in_temp_folder(prefix: &str) -> PathBuf {
    use std::hash::{BuildHasher, Hasher};
    let random = std::hash::RandomState::new().build_hasher().finish();
    root_of_folders().join(format!("{prefix}{}-{random:016x}", std::process::id()))
}

/// Creates such a folder, which belongs to the ordinary user and is closed to all others.
pub(crate) fn create_folder(prefix: &str) -> PathBuf {
    let dir = in_temp_folder(prefix);
    create_private(&dir);
    dir
}

pub(crate) fn create_private(dir: &Path) {
    let created = DirBuilder::new().mode(0o700).create(dir).and_then(|()| give_to_ordinary_user(dir));
    created.unwrap_or_else(|e| panic!("{} can't be created: {e}", dir.display()));
}

pub(crate) fn give_to_ordinary_user(path: &Path) -> std::io::Result<()> {
    match ordinary_user() {
        Some((uid, gid)) => std::os::unix::fs::chown(path, Some(uid), Some(gid)),
        None => Ok(()),
    }
}

/// The user and group that servers run as; `None` for oneself.
pub(crate) fn ordinary_user() -> Option<(u32, u32)> {
    static USER: OnceLock<Option<(u32, u32)>> = OnceLock::new();
    *USER.get_or_init(|| is_root().then(choose_user))
}

fn choose_user() -> (u32, u32) {
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |wanted: &str| {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(wanted))?;
        let mut fields = line.split(':').skip(2).map(str::parse);
        Some((fields.next()?.ok()?, fields.next()?.ok()?))
    };
    if let Ok(name) = std::env::var(VARIABLE) {
        return find(&name).unwrap_or_else(|| panic!("{VARIABLE}={name} is not a user of this machine"));
    }
    ["postgres", "nobody"].into_iter().find_map(find).unwrap_or((65534, 65534))
}

/// The first folder for temporary files that the ordinary user can use: that of root may be closed.
fn root_of_folders() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let candidates = [std::env::temp_dir(), "/tmp".into(), "/var/tmp".into()];
        let usable = candidates.into_iter().find(|dir| {
            let mut probe = Command::new("test");
            probe.arg("-w").arg(dir).arg("-a").arg("-x").arg(dir).current_dir("/");
            run_as_ordinary_user(&mut probe).status().is_ok_and(|status| status.success())
        });
        usable.unwrap_or_else(|| panic!("there is no temporary folder that an ordinary user can write to"))
    })
}

/// The folder for what test processes share, such as server templates.
pub(crate) fn shared_folder() -> PathBuf {
    let user = rustix::process::geteuid().as_raw();
    let server_user = ordinary_user().map_or(user, |(uid, _)| uid);
    let dir = root_of_folders().join(format!("aitta-testing-{user}-{server_user}"));
    match DirBuilder::new().mode(0o755).create(&dir) {
        Ok(()) => std::fs::set_permissions(&dir, Permissions::from_mode(0o755)),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => owned_by(&dir, user),
        Err(e) => Err(e),
    }
    .unwrap_or_else(|e| panic!("{} can't be used: {e}", dir.display()));
    dir
}

/// The name can be guessed: what another user has put there is not ours to run.
fn owned_by(dir: &Path, user: u32) -> std::io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let meta = std::fs::symlink_metadata(dir)?;
    if meta.is_dir() && meta.uid() == user {
        Ok(())
    } else {
        Err(std::io::Error::other("it belongs to another user"))
    }
}
