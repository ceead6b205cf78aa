//! One connection to one file, and what its errors mean.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aitta_base::{Error, Result};
use aitta_model::{Command, ErrorCode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use tokio_util::sync::CancellationToken;

// Primary result codes, <https://www.sqlite.org/rescode.html>. Extended ones keep them in the low byte.
const PERM: i32 = 3;
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READONLY: i32 = 8;
const IOERR: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const AUTH: i32 = 23;
const NOTADB: i32 = 26;

/// How a file is opened. Only [`Access::Create`] ever creates one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// For reading.
    Read,
    /// For writing.
    Write,
    /// A new file.
    Create,
    /// A database in memory that ends with the connection; the path only serves messages.
    Memory,
}

/// A connection.
pub(super) struct Db {
    connection: SqliteConnection,
    name: String,
    _stop: Stop,
}

/// Dropped, it ends what the connection is doing: the library would notice only with the next row, and hold its locks
/// until there is one.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Instructions of SQLite's machine after which it looks whether it is to stop: about a millisecond.
const LOOK_AFTER: i32 = 10_000;

impl Db {
    /// Opens `path`. Foreign keys are not enforced on the connection: checks are made by query.
    pub(super) async fn open(path: &Path, access: Access, busy: Duration) -> Result<Self> {
        let name = path.display().to_string();
        let options = SqliteConnectOptions::new()
            .filename(if access == Access::Memory { Path::new(":memory:") } else { path })
            .in_memory(access == Access::Memory)
            .read_only(access == Access::Read)
            .create_if_missing(access == Access::Create)
            .foreign_keys(false)
            // The binding takes milliseconds in 32 bits.
            .busy_timeout(busy.min(Duration::from_secs(86_400)))
            // Fewer make the reader and the library wait for each other: with 8 a table takes six times as long. What
            // is large does not come through it, see `dump`.
            .row_buffer_size(256)
            .disable_statement_logging();
        let mut connection = options.connect().await.map_err(|e| failed(&name, e))?;
        let stop = Stop(Arc::default());
        if access == Access::Read {
            let stopped = stop.0.clone();
            let mut handle = connection.lock_handle().await.map_err(|e| failed(&name, e))?;
            handle.set_progress_handler(LOOK_AFTER, move || !stopped.load(Ordering::Relaxed));
        }
        Ok(Self { connection, name, _stop: stop })
    }

    /// The raw connection, for streams and bound statements.
    pub(super) fn raw(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// An error of the library, in words.
    pub(super) fn failed(&self, error: sqlx::Error) -> Error {
        failed(&self.name, error)
    }

    /// Runs statements whose results don't matter.
    pub(super) async fn run(&mut self, sql: impl Into<String>) -> Result<()> {
        let done = sqlx::raw_sql(AssertSqlSafe(sql.into())).execute(&mut self.connection).await;
        done.map(drop).map_err(|e| failed(&self.name, e))
    }

    /// All rows of a small query.
    pub(super) async fn rows(&mut self, sql: impl Into<String>, args: &[&str]) -> Result<Vec<SqliteRow>> {
        let mut query = sqlx::query(AssertSqlSafe(sql.into())).persistent(false);
        for arg in args {
            query = query.bind((*arg).to_owned());
        }
        query.fetch_all(&mut self.connection).await.map_err(|e| failed(&self.name, e))
    }

    /// The first value of the first row, as an integer; 0 when there is none.
    pub(super) async fn number(&mut self, sql: impl Into<String>, args: &[&str]) -> Result<i64> {
        let rows = self.rows(sql, args).await?;
        let value = rows.first().map(|row| row.try_get::<Option<i64>, _>(0)).transpose();
        Ok(value.map_err(|e| self.failed(e))?.flatten().unwrap_or(0))
    }

    /// The first value of the first row, as text; empty when there is none.
    pub(super) async fn text(&mut self, sql: impl Into<String>, args: &[&str]) -> Result<String> {
        let rows = self.rows(sql, args).await?;
        let value = rows.first().map(|row| row.try_get::<Option<String>, _>(0)).transpose();
        Ok(value.map_err(|e| self.failed(e))?.flatten().unwrap_or_default())
    }

    /// Runs a statement that needs a lock, again and again until the lock is granted, `deadline` has passed or the run
    /// is stopped. The connection's own busy timeout should be short meanwhile.
    pub(super) async fn run_locked(
        &mut self,
        sql: &'static str,
        deadline: Instant,
        cancel: &CancellationToken,
    ) -> Result<()> {
        loop {
            match self.run(sql).await {
                Err(e) if e.code() == ErrorCode::LockTimeout && Instant::now() < deadline => {}
                done => return done,
            }
            tokio::select! {
                () = cancel.cancelled() => return Err(Error::cancelled()),
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
            }
        }
    }

    /// Closes the connection and waits until its locks and files are released.
    pub(super) async fn close(self) -> Result<()> {
        self.connection.close().await.map_err(|e| failed(&self.name, e))
    }

    /// Undoes the open transaction, if there is one, and closes. For the way out after an error, which
    /// must not be hidden by a second one.
    pub(super) async fn abandon(mut self) {
        if let Err(error) = self.run("ROLLBACK").await {
            // Without a transaction ROLLBACK is an error by itself; otherwise closing rolls back too.
            tracing::debug!(%error, "no transaction to undo");
        }
        if let Err(error) = self.close().await {
            tracing::debug!(%error, "the connection did not close cleanly");
        }
    }
}

/// A name as SQL writes it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn result_code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}

/// Whether a read-only connection cannot read because something has to be recovered or created first,
/// which only a connection that may write can do.
pub(super) fn needs_writer(error: &Error) -> bool {
    let source = std::error::Error::source(error).and_then(|e| e.downcast_ref::<sqlx::Error>());
    let code = source.and_then(result_code).map(|code| code & 0xff);
    matches!(code, Some(READONLY | CANTOPEN))
}

fn failed(name: &str, error: sqlx::Error) -> Error {
    let primary = result_code(&error).map(|code| code & 0xff);
    let detail = error.as_database_error().map_or_else(|| error.to_string(), |e| e.message().to_owned());
    let list = format!(
        "restore the last verified archive; {backup_list} shows it",
        backup_list = Command::BackupList
    );
    let (code, message, hint) = match primary {
        Some(BUSY | LOCKED) => (
            ErrorCode::LockTimeout,
            format!("{name} is locked by another connection"),
            "close the application that uses the database, or wait for it, or raise --lock-timeout",
        ),
        Some(NOTADB) => (
            ErrorCode::SourceUnfit,
            format!("{name} is not a SQLite database, or it is encrypted"),
            "check that the URL names the right file",
        ),
        Some(CORRUPT) => (ErrorCode::SourceUnfit, format!("{name} is damaged: {detail}"), list.as_str()),
        Some(CANTOPEN) => (
            ErrorCode::SourceUnreachable,
            format!("{name} cannot be opened: {detail}"),
            "check the path, and that this user may read the file and write to its folder",
        ),
        Some(PERM | AUTH | READONLY) => (
            ErrorCode::SourceDenied,
            format!("{name} may not be written: {detail}"),
            "give the user that runs Aitta the right to write the file and its folder",
        ),
        Some(FULL) => (
            ErrorCode::System,
            format!("no room is left on the disk of {name}"),
            "free some space and try again; the database is as it was before",
        ),
        Some(IOERR) => (
            ErrorCode::SourceFailed,
            format!("the disk of {name} failed: {detail}"),
            "check the disk and the system log, then try again",
        ),
        _ => (
            ErrorCode::SourceFailed,
            format!("SQLite refused at {name}: {detail}"),
            "see the message; if it makes no sense, report it",
        ),
    };
    Error::new(code, message, hint).with_source(error)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// In this mode a reader blocks every writer.
    #[tokio::test]
    async fn a_reader_that_is_dropped_stops_and_gives_up_its_locks() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("live.db");
        let wait = Duration::from_secs(60);
        let mut writer = Db::open(&path, Access::Create, wait).await.unwrap();
        writer
            .run("PRAGMA journal_mode = DELETE; CREATE TABLE t (a); INSERT INTO t VALUES (1)")
            .await
            .unwrap();
        let mut reader = Db::open(&path, Access::Read, wait).await.unwrap();
        reader.run("BEGIN; SELECT count(*) FROM t").await.unwrap();
        let endless =
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
        assert!(tokio::time::timeout(Duration::from_millis(50), reader.number(endless, &[])).await.is_err());
        drop(reader);
        writer.run("INSERT INTO t VALUES (2)").await.unwrap();
        writer.close().await.unwrap();
    }
}
