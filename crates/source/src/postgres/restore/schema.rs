//! The schema section: a file of `pg_dump -Fc --schema-only`, replayed by `pg_restore`.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Output;

use aitta_base::{Error, Result, blocking};
use aitta_model::{Command, ErrorCode};
use tempfile::NamedTempFile;

use super::super::connect::{APPLICATION, Server};
use super::super::told;
use super::super::tools::{Tools, tells_of_loss};
use super::Job;
use super::toc::Toc;

/// The parts of a schema: before and after the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Everything that rows need: schemas, types, functions, tables, sequences.
    PreData,
    /// Everything that is cheaper or only possible with the rows there: indexes, constraints, triggers.
    PostData,
    /// The part after the rows, by one session.
    Rest,
    /// Everything that is chosen. `pg_restore` counts a privilege or comment to the part of the entry before it in the
    /// list, so one that is chosen alone has no certain part.
    Any,
}

impl Part {
    fn flag(self) -> Option<&'static str> {
        match self {
            Self::PreData => Some("--section=pre-data"),
            Self::PostData | Self::Rest => Some("--section=post-data"),
            Self::Any => None,
        }
    }
}

/// The schema in a file that only this user can read, for as long as it is needed.
pub(super) struct SchemaFile {
    file: NamedTempFile,
    tools: Tools,
    flags: Vec<&'static str>,
}

impl SchemaFile {
    /// Reads the schema section into a temporary file.
    ///
    /// # Errors
    /// `archive_damaged`, `store_*`, `system`.
    pub(super) async fn new(job: &Job) -> Result<Self> {
        let blob = job.archive.blob(job.archived.schema_section).await?;
        // `tempfile` creates with mode 0600.
        let file = blocking(move || temporary(&blob)).await?;
        let mut flags = Vec::new();
        if job.task.no_owner {
            flags.push("--no-owner");
        }
        if job.task.no_privileges {
            flags.push("--no-privileges");
        }
        Ok(Self { file, tools: job.tools.clone(), flags })
    }

    /// The table of contents.
    ///
    /// # Errors
    /// `tool_failed`.
    pub(super) async fn toc(&self) -> Result<Toc> {
        let mut command = self.tools.command("pg_restore", None);
        command.arg("--list").arg(self.file.path());
        let output = finished(command.output().await)?;
        Ok(Toc::parse(&String::from_utf8_lossy(&output.stdout)))
    }

    /// A part as SQL text, of these entries or of all; fit for a server of version `version_num`.
    ///
    /// # Errors
    /// `tool_failed`, `system`.
    pub(super) async fn text(&self, part: Part, only: Option<&Toc>, version_num: u32) -> Result<String> {
        let list = listed(only).await?;
        let mut command = self.tools.command("pg_restore", None);
        command.arg("--file=-").args(part.flag()).args(&self.flags);
        if let Some(list) = &list {
            command.arg("--use-list").arg(list.path());
        }
        command.arg(self.file.path());
        let output = finished(command.output().await)?;
        let text = String::from_utf8(output.stdout).map_err(|_| {
            Error::new(
                ErrorCode::ToolFailed,
                "pg_restore wrote text that is not UTF-8",
                "restore with the same version of the client tools that made the archive",
            )
        })?;
        Ok(plain_sql(&text, version_num))
    }

    /// Runs a part on a database by `jobs` connections, with these settings of the sessions, as `PGOPTIONS`.
    ///
    /// # Errors
    /// `tool_failed`.
    pub(super) async fn apply(
        &self,
        server: &Server,
        part: Part,
        only: Option<&Toc>,
        jobs: usize,
        settings: &str,
    ) -> Result<()> {
        let list = listed(only).await?;
        let mut command = self.tools.command("pg_restore", Some(server));
        // Ours come last, and win.
        let given = server.session_options().unwrap_or_default();
        command.env("PGOPTIONS", format!("{given} {settings}")).env("PGAPPNAME", APPLICATION);
        command.arg("--exit-on-error").args(part.flag()).args(&self.flags);
        if jobs > 1 {
            command.arg(format!("--jobs={jobs}"));
        }
        if let Some(list) = &list {
            command.arg("--use-list").arg(list.path());
        }
        command.arg(self.file.path());
        finished(command.output().await)?;
        Ok(())
    }

    /// Whether `pg_restore` may run by itself on a server of this version.
    pub(super) fn fits(&self, version_num: u32) -> bool {
        // From 17 on it sets transaction_timeout, which older servers don't know.
        version_num >= 170_000 || self.tools.major() < 17
    }
}

/// What the names of temporary files begin with. They hold the schema of somebody's database.
const TEMPORARY: &str = "aitta-schema-";

/// Removes what killed restores have left. A file in use is locked; what can't be looked at is somebody else's.
fn sweep(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            continue;
        }
        // Open until it is gone: with its lock given up, another restore could take it for one that is in use.
        let Ok(file) = open_in_shared_folder(&entry.path()) else { continue };
        if is_left(&file)
            && let Err(error) = std::fs::remove_file(entry.path())
        {
            tracing::info!(%error, "a temporary file of a killed restore stays");
        }
        drop(file);
    }
}

/// Whether it is a file that nobody holds.
fn is_left(file: &File) -> bool {
    file.metadata().is_ok_and(|about| about.is_file()) && file.try_lock().is_ok()
}

/// Opens what another user may exchange at any moment for a link, or for a pipe whose other end nobody opens. So only
/// what is open can be asked what it is.
#[cfg(unix)]
fn open_in_shared_folder(path: &Path) -> std::io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

#[cfg(not(unix))]
fn open_in_shared_folder(path: &Path) -> std::io::Result<File> {
    File::open(path)
}

/// A new file that is locked, which says that it is in use.
fn in_use(folder: &Path) -> std::io::Result<NamedTempFile> {
    loop {
        let file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)?;
        // Shared, because pg_restore reads it.
        file.as_file().lock_shared()?;
        // Between the two, another restore may have taken it for one that nobody holds.
        if file.path().try_exists()? {
            return Ok(file);
        }
    }
}

fn temporary(content: &[u8]) -> Result<NamedTempFile> {
    let write = || {
        let folder = std::env::temp_dir();
        sweep(&folder);
        let mut file = in_use(&folder)?;
        file.write_all(content)?;
        file.flush()?;
        Ok(file)
    };
    write().map_err(|e: std::io::Error| {
        Error::new(
            ErrorCode::System,
            format!("a temporary file could not be written: {e}"),
            "free space in the folder for temporary files, or name another one in TMPDIR",
        )
        .with_source(e)
    })
}

async fn listed(only: Option<&Toc>) -> Result<Option<NamedTempFile>> {
    let Some(toc) = only else { return Ok(None) };
    let text = toc.to_list();
    blocking(move || temporary(text.as_bytes())).await.map(Some)
}

fn finished(output: std::io::Result<Output>) -> Result<Output> {
    let output = output.map_err(|e| {
        Error::new(
            ErrorCode::ToolFailed,
            format!("pg_restore could not be started: {e}"),
            "check the client tools of PostgreSQL, or set pg_bin_dir in the profile to their folder",
        )
        .with_source(e)
    })?;
    if output.status.success() {
        return Ok(output);
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    // After the error comes the whole command, which is of no use here.
    let error = lines.iter().rfind(|l| l.contains("error:")).or(lines.last()).copied();
    let error = error.unwrap_or("it said nothing");
    let (code, hint) = if tells_of_loss(error) {
        (ErrorCode::SourceLost, "check that the server runs and see its log, then run it again".to_owned())
    } else if error.contains("permission denied") || error.contains("must be ") {
        (
            ErrorCode::SourceDenied,
            format!(
                "restore as the role that {config_check_roles} prints, or leave out owners and privileges with \
                 --no-owner --no-privileges",
                config_check_roles = Command::ConfigCheckRoles
            ),
        )
    } else {
        (
            ErrorCode::ToolFailed,
            "the target is as it was; see the server's log for the whole statement".to_owned(),
        )
    };
    Err(Error::new(code, told::of_tool(error, &text), hint))
}

/// Takes out what only psql understands, settings that are newer than the server, and the one that would
/// let a transaction wait for locks for ever, whatever the user wants.
///
/// Only the outermost lines are looked at: a function's body may hold anything.
fn plain_sql(text: &str, version_num: u32) -> String {
    const HEAD: usize = 40;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let tail = lines.len().saturating_sub(10);
    // The preamble ends where the first entry's comment begins.
    let first = lines.iter().position(|l| l.starts_with("-- Name: ")).unwrap_or(lines.len()).min(HEAD);
    let unwanted = |(i, line): (usize, &str)| {
        (i < first && line.starts_with("\\restrict "))
            || (i >= tail && line.starts_with("\\unrestrict "))
            || (i < first && line.starts_with("SET lock_timeout"))
            || (i < first && version_num < 170_000 && line.starts_with("SET transaction_timeout"))
    };
    lines.iter().enumerate().filter(|(i, l)| !unwanted((*i, l))).map(|(_, l)| *l).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_killed_restores_have_left_goes_and_what_is_in_use_stays() {
        let dir = tempfile::tempdir().unwrap();
        let [left, used, other] =
            ["aitta-schema-left", "aitta-schema-used", "aitta-other"].map(|name| dir.path().join(name));
        let [_, held, _] = [&left, &used, &other].map(|path| File::create(path).unwrap());
        held.lock_shared().unwrap();
        sweep(dir.path());
        assert_eq!([&left, &used, &other].map(|path| path.exists()), [false, true, true]);
    }

    #[test]
    fn what_is_being_made_is_there_whatever_other_restores_remove() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path();
        let ended = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            let sweeps = scope.spawn(|| {
                while !ended.load(std::sync::atomic::Ordering::Relaxed) {
                    sweep(folder);
                }
            });
            let is_there = |_| in_use(folder).is_ok_and(|file| file.path().exists());
            let are_there = (0..2_000).all(is_there);
            ended.store(true, std::sync::atomic::Ordering::Relaxed);
            assert!(are_there);
            sweeps.join().unwrap();
        });
    }

    /// Whoever may write into the folder for temporary files can put these there after it was read.
    #[cfg(unix)]
    #[test]
    fn a_pipe_keeps_nobody_waiting_and_a_link_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (pipe, link) = (dir.path().join("aitta-schema-pipe"), dir.path().join("aitta-schema-link"));
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let target = dir.path().join("target");
        drop(File::create(&target).unwrap());
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let (done, waited) = std::sync::mpsc::channel();
        let folder = dir.path().to_owned();
        std::thread::spawn(move || {
            sweep(&folder);
            done.send(()).unwrap();
        });
        waited.recv_timeout(std::time::Duration::from_secs(30)).unwrap();
        assert!(pipe.exists() && link.exists() && target.exists());
    }

    #[test]
    fn commands_of_psql_and_unwanted_settings_are_taken_out() {
        let text = "--\n\\restrict abc\nSET lock_timeout = 0;\nSET transaction_timeout = 0;\n\
            SET row_security = off;\n-- Name: f; Type: FUNCTION\n\\restrict body\n\
            SET lock_timeout = 1;\n\\unrestrict abc\n";
        assert_eq!(
            plain_sql(text, 150_000),
            "--\nSET row_security = off;\n-- Name: f; Type: FUNCTION\n\\restrict body\nSET lock_timeout = 1;\n"
        );
        assert!(plain_sql(text, 170_000).contains("transaction_timeout"));
    }
}
