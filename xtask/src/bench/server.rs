//! The server of the benchmark: near its defaults, and it flushes to disk.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{is_root, output};
use crate::{Result, install, paths};

/// The differences from the defaults of `initdb`.
pub(super) const SETTINGS: &str = "max_wal_size=4GB, all others as initdb sets them (fsync on)";

pub(super) struct Server {
    bin: PathBuf,
    dir: PathBuf,
    keep: bool,
    /// Process of the postmaster.
    pub(super) pid: u32,
}

impl Server {
    /// Starts the server, with the data of the last time if that was kept.
    pub(super) fn start(keep: bool) -> Result<Self> {
        let bin = install::postgres()?;
        let dir = paths::open_cache()?.join("bench-server");
        let mut server = Self { bin, dir, keep, pid: 0 };
        let data = server.dir.join("data");
        if !data.join("PG_VERSION").is_file() {
            server.initialise(&data)?;
        }
        server.control("start")?;
        let file = data.join("postmaster.pid");
        let text = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let pid = text.lines().next().and_then(|line| line.trim().parse().ok());
        server.pid = pid.ok_or("the server has no process id")?;
        Ok(server)
    }

    fn initialise(&self, data: &Path) -> Result {
        drop(std::fs::remove_dir_all(&self.dir));
        std::fs::create_dir_all(&self.dir).map_err(|e| format!("{}: {e}", self.dir.display()))?;
        if is_root() {
            output(Command::new("chown").arg(ordinary_user()).arg(&self.dir))?;
        }
        let mut initdb = self.as_ordinary_user("initdb");
        output(
            initdb.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-D"]).arg(data),
        )
        .map(drop)
    }

    fn control(&self, action: &str) -> Result {
        let log = self.dir.join("log");
        let options = format!("-k '{}' -c listen_addresses='' -c max_wal_size=4GB", self.dir.display());
        let mut control = self.as_ordinary_user("pg_ctl");
        control.args([action, "-w", "-t", "300", "-s", "-m", "fast", "-D"]).arg(self.dir.join("data"));
        // The server keeps the output that it was started with; a pipe would never end.
        control.arg("-l").arg(&log).stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null());
        if action == "start" {
            control.arg("-o").arg(options);
        }
        let status = control.status().map_err(|e| format!("pg_ctl can't be run: {e}"))?;
        if status.success() { Ok(()) } else { Err(format!("pg_ctl {action} failed: see {}", log.display())) }
    }

    fn as_ordinary_user(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = if is_root() {
            let mut setpriv = Command::new("setpriv");
            let user = ordinary_user();
            setpriv.args([format!("--reuid={user}"), format!("--regid={}", group_of(user))]);
            setpriv.arg("--clear-groups").arg(program);
            setpriv
        } else {
            Command::new(program)
        };
        command.current_dir("/");
        command
    }

    /// URL of a database.
    pub(super) fn url(&self, database: &str) -> String {
        let host = self.dir.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@localhost/{database}?host={host}")
    }

    /// A program of PostgreSQL.
    pub(super) fn program(&self, name: &str) -> String {
        self.bin.join(name).display().to_string()
    }

    /// Runs a script of SQL and returns the rows, unaligned.
    pub(super) fn sql(&self, database: &str, script: &str) -> Result<String> {
        let mut psql = Command::new(self.program("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &self.url(database), "-c", script]);
        output(&mut psql).map(|text| text.trim().to_owned())
    }

    /// Drops a database, if there is one.
    pub(super) fn remove(&self, database: &str) -> Result {
        self.sql("postgres", &format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)")).map(drop)
    }

    /// Makes a database anew.
    pub(super) fn recreate(&self, database: &str) -> Result {
        self.remove(database)?;
        self.sql("postgres", &format!("CREATE DATABASE {database} TEMPLATE template0")).map(drop)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.control("stop") {
            eprintln!("{error}");
        }
        if !self.keep
            && let Err(error) = std::fs::remove_dir_all(&self.dir)
        {
            eprintln!("{} is left: {error}", self.dir.display());
        }
    }
}

fn ordinary_user() -> &'static str {
    if crate::run::works("id", &["postgres"]) { "postgres" } else { "nobody" }
}

fn group_of(user: &str) -> String {
    output(Command::new("id").args(["-g", user]))
        .map_or_else(|_| "65534".to_owned(), |id| id.trim().to_owned())
}
