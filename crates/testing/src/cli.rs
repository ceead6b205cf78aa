//! Runs the built program.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The vault key that tests use.
pub const KEY: &str = "a1777a0000000000000000000000000000000000000000000000000000000001";

/// Another vault key, which opens none of the archives.
pub const OTHER_KEY: &str = "a1777a0000000000000000000000000000000000000000000000000000000002";

/// The program with a home, a data folder and a store of its own, and nothing else in its environment.
pub struct Aitta {
    home: TempDir,
    variables: Vec<(String, Option<String>)>,
}

/// How the program ended.
#[derive(Debug)]
pub struct Finished {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

impl Default for Aitta {
    fn default() -> Self {
        Self::new()
    }
}

impl Aitta {
    /// With [`KEY`] as its key and an empty store.
    ///
    /// # Panics
    /// When there is no room for a temporary folder.
    #[must_use]
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap_or_else(|e| panic!("no temporary folder: {e}"));
        for folder in ["store", "data"] {
            std::fs::create_dir(home.path().join(folder)).unwrap_or_else(|e| panic!("{folder}: {e}"));
        }
        Self { home, variables: Vec::new() }
    }

    /// Sets the database.
    #[must_use]
    pub fn database(self, url: &str) -> Self {
        self.env("DATABASE_URL", url)
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), Some(value.to_owned())));
        self
    }

    /// Leaves out one of the variables that are set otherwise, such as the key.
    #[must_use]
    pub fn env_remove(mut self, name: &str) -> Self {
        self.variables.push((name.to_owned(), None));
        self
    }

    /// Its home, which is also the folder that it runs in.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Its store, with `backups/` and `metadata/` after the first backup.
    #[must_use]
    pub fn store_dir(&self) -> PathBuf {
        self.home().join("store")
    }

    /// Its own data: the catalog.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.home().join("data")
    }

    /// The command, for tests that do more than wait for its end.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(program());
        command.args(args).current_dir(self.home()).env_clear();
        for name in ["PATH", "TMPDIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
            .env("HOME", self.home())
            // The tests must not touch the keychain of the person who runs them.
            .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
            .env("AITTA_DATA_DIR", self.data_dir())
            .env("BACKUP_LOCAL_DIR", self.store_dir())
            .env("BACKUP_ENCRYPTION_KEY", KEY);
        for (name, value) in &self.variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it can't be run.
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Finished {
        let output = self.command(args).output().unwrap_or_else(|e| panic!("aitta can't be run: {e}"));
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs it with `--json`, expects success, and returns the report.
    ///
    /// # Panics
    /// When it fails or prints anything but one JSON value.
    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        self.run(args.iter().copied().chain(["--json"])).success().json()
    }
}

impl Finished {
    /// Expects success.
    ///
    /// # Panics
    /// Otherwise, with everything it printed.
    #[must_use]
    #[track_caller]
    pub fn success(self) -> Self {
        assert_eq!(self.code, Some(0), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Expects failure with this text on stderr.
    ///
    /// # Panics
    /// Otherwise, with everything it printed.
    #[must_use]
    #[track_caller]
    pub fn failure(self, text: &str) -> Self {
        let failed = self.code.is_some_and(|code| code != 0) && self.stderr.contains(text);
        assert!(failed, "{:?}, stdout:\n{}\nstderr:\n{}", self.code, self.stdout, self.stderr);
        self
    }

    /// What it printed, as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e} in:\n{}", self.stdout))
    }
}

/// `aitta` beside the test's own program: `target/debug/deps/test-1234` runs `target/debug/aitta`.
///
/// Cargo builds programs of another package only when it is asked to.
fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("AITTA_TEST_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().unwrap_or_else(|e| panic!("this test has no path: {e}"));
    let name = format!("aitta{}", std::env::consts::EXE_SUFFIX);
    let found = test.ancestors().skip(1).take(3).map(|dir| dir.join(&name)).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("{name} is not built: run `cargo build -p aitta-cli`, or `cargo xtask test`")
    })
}
