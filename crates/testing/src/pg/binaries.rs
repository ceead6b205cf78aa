//! Finds the programs of PostgreSQL.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Names a folder with the server's programs, before all others.
const VARIABLE: &str = "AITTA_TEST_PG_BIN";

/// Where packages put versioned installations: the parent, and what follows the version.
const USUAL: [(&str, &str); 6] = [
    ("/usr/lib/postgresql", "bin"),
    ("/opt/homebrew/opt", "bin"),
    ("/usr/local/opt", "bin"),
    ("/Library/PostgreSQL", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "bin"),
    ("/usr", "bin"),
];

/// The programs of one server.
#[derive(Debug, Clone)]
pub struct Binaries {
    /// Folder of `initdb` and `postgres`.
    pub dir: PathBuf,
    /// Major version.
    pub major: u32,
}

impl Binaries {
    /// The newest server on this machine, or the one that `AITTA_TEST_PG_BIN` names.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn find() -> Self {
        if let Some(dir) = std::env::var_os(VARIABLE) {
            return Self::in_dir(Path::new(&dir))
                .unwrap_or_else(|| panic!("{VARIABLE}={} holds no PostgreSQL server", dir.display()));
        }
        folders().iter().filter_map(|dir| Self::in_dir(dir)).max_by_key(|found| found.major).unwrap_or_else(
            || {
                panic!(
                    "this test needs a PostgreSQL server and there is none on this machine: \
                     run `cargo xtask test`, which installs one, or set {VARIABLE} to the folder of initdb"
                )
            },
        )
    }

    /// The server whose programs lie in `dir`.
    #[must_use]
    pub fn in_dir(dir: &Path) -> Option<Self> {
        if !dir.join("initdb").is_file() {
            return None;
        }
        Some(Self { dir: dir.to_owned(), major: major_of(&dir.join("postgres"))? })
    }
}

/// The newest client program of that name (`pg_dump`, `pg_restore`, `psql`).
///
/// # Panics
/// When there is none.
#[must_use]
pub fn client_tool(name: &str) -> PathBuf {
    let found = folders().into_iter().map(|dir| dir.join(name)).filter(|path| path.is_file());
    found
        .filter_map(|path| Some((major_of(&path)?, path)))
        .max_by_key(|(major, _)| *major)
        .map(|(_, path)| path)
        .unwrap_or_else(|| panic!("this test needs {name}, and there is none on this machine"))
}

fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os(VARIABLE).map(PathBuf::from).into_iter().collect();
    for (parent, bin) in USUAL {
        let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
        let versions = entries.filter(|e| {
            let name = e.file_name().to_string_lossy().to_ascii_lowercase();
            name.starts_with("postgresql") || name.starts_with("pgsql") || name.parse::<f32>().is_ok()
        });
        folders.extend(versions.map(|entry| entry.path().join(bin)));
    }
    if let Some(path) = std::env::var_os("PATH") {
        folders.extend(std::env::split_paths(&path));
    }
    folders
}

/// `postgres (PostgreSQL) 15.13 (Debian …)` is major 15.
fn major_of(program: &Path) -> Option<u32> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.split_once(" (PostgreSQL) ")?.1;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
