//! One connection to one file, and what its errors mean.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aitta_base::{Error, Result, blocking};
use aitta_model::{Command, ErrorCode};
use rusqlite::config::DbConfig;
use rusqlite::types::{FromSql, Value, ValueRef};
use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::guard::{Guard, Refused};
use super::lock_time::LockTime;
use super::schema::Entry;

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

/// How a file is opened. None of them ever creates one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// For reading.
    Read,
    /// For writing.
    Write,
    /// A new file, of the tests.
    #[cfg(test)]
    Create,
    /// A database in memory that ends with the connection; the path only serves messages.
    Memory,
}

/// A connection. The library blocks, so each call runs on a thread for such work.
pub(super) struct Db {
    session: Arc<Mutex<Option<Session>>>,
    name: Arc<str>,
    _stop: Stop,
}

/// What a call works with.
pub(super) struct Session {
    connection: Connection,
    guard: Guard,
    name: Arc<str>,
}

/// Dropped, it ends what the connection is doing: the library would notice only at the end of its statement, and hold its
/// locks until then.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Instructions of SQLite's machine after which it looks whether it is to stop: about a millisecond.
const LOOK_AFTER: i32 = 10_000;

/// A row of a small query.
pub(super) struct Row(Vec<Value>);

impl Row {
    /// The value of a column.
    pub(super) fn try_get<T: FromSql>(&self, column: usize) -> rusqlite::Result<T> {
        let value = self.0.get(column).ok_or(rusqlite::Error::InvalidColumnIndex(column))?;
        T::column_result(value.into())
            .map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, value.data_type(), Box::new(e)))
    }

    fn of(row: &rusqlite::Row<'_>, columns: usize) -> rusqlite::Result<Self> {
        let value = |column| {
            Ok(match row.get_ref(column)? {
                ValueRef::Text(bytes) => Value::Text(
                    std::str::from_utf8(bytes).map_err(|e| rusqlite::Error::Utf8Error(column, e))?.to_owned(),
                ),
                ValueRef::Blob(bytes) => Value::Blob(bytes.to_owned()),
                ValueRef::Integer(number) => Value::Integer(number),
                ValueRef::Real(number) => Value::Real(number),
                ValueRef::Null => Value::Null,
            })
        };
        (0..columns).map(value).collect::<rusqlite::Result<_>>().map(Self)
    }
}

impl Session {
    /// The library's own connection.
    pub(super) fn raw(&self) -> &Connection {
        &self.connection
    }

    /// An error of the library, in words.
    pub(super) fn failed(&self, error: rusqlite::Error) -> Error {
        failed(&self.name, error)
    }

    fn open(path: &Path, access: Access, busy: Duration, name: Arc<str>) -> rusqlite::Result<Self> {
        let flags = match access {
            Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Access::Memory => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            #[cfg(test)]
            Access::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        };
        let path = if access == Access::Memory { Path::new(":memory:") } else { path };
        let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        // The library takes milliseconds in 32 bits.
        connection.busy_timeout(busy.min(Duration::from_secs(86_400)))?;
        let guard = Guard::install(&connection)?;
        Ok(Self { connection, guard, name })
    }
}

impl Db {
    /// Opens `path`. Nothing that the file has stored runs on the connection, see [`super::guard`].
    pub(super) async fn open(path: &Path, access: Access, busy: Duration) -> Result<Self> {
        let name: Arc<str> = path.display().to_string().into();
        let stop = Stop(Arc::default());
        let (path, named, stopped) = (path.to_owned(), name.clone(), stop.0.clone());
        let session = blocking(move || {
            let opened = Session::open(&path, access, busy, named.clone()).and_then(|session| {
                let stopped = move || stopped.load(Ordering::Relaxed);
                session.connection.progress_handler(LOOK_AFTER, Some(stopped)).map(|()| session)
            });
            opened.map_err(|e| failed(&named, e))
        })
        .await?;
        Ok(Self { session: Arc::new(Mutex::new(Some(session))), name, _stop: stop })
    }

    /// Runs `work` with the connection.
    pub(super) async fn call<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (session, name) = (self.session.clone(), self.name.clone());
        blocking(move || match &*session.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(session) => work(session),
            None => Err(Error::new(
                ErrorCode::System,
                format!("the connection to {name} was closed before it was used"),
                "report this message",
            )),
        })
        .await
    }

    /// An error of the library, in words.
    pub(super) fn failed(&self, error: rusqlite::Error) -> Error {
        failed(&self.name, error)
    }

    /// Runs statements of our own whose results don't matter. Text that comes from a file or an archive goes through
    /// [`Self::make`].
    pub(super) async fn run(&mut self, sql: impl Into<String>) -> Result<()> {
        let sql = sql.into();
        self.call(move |session| session.connection.execute_batch(&sql).map_err(|e| session.failed(e))).await
    }

    /// All rows of a small query.
    pub(super) async fn rows(&mut self, sql: impl Into<String>, args: &[&str]) -> Result<Vec<Row>> {
        let (sql, args) = (sql.into(), args.iter().map(|&arg| arg.to_owned()).collect::<Vec<_>>());
        self.call(move |session| {
            let read = || {
                let mut statement = session.connection.prepare(&sql)?;
                let columns = statement.column_count();
                let mut rows = statement.query(params_from_iter(args))?;
                let mut all = Vec::new();
                while let Some(row) = rows.next()? {
                    all.push(Row::of(row, columns)?);
                }
                Ok(all)
            };
            read().map_err(|e| session.failed(e))
        })
        .await
    }

    /// The first value of the first row, as an integer; 0 when there is none.
    pub(super) async fn number(&mut self, sql: impl Into<String>, args: &[&str]) -> Result<i64> {
        let rows = self.rows(sql, args).await?;
        let value = rows.first().map(|row| row.try_get::<Option<i64>>(0)).transpose();
        Ok(value.map_err(|e| self.failed(e))?.flatten().unwrap_or(0))
    }

    /// The first value of the first row, as text; empty when there is none.
    pub(super) async fn text(&mut self, sql: impl Into<String>, args: &[&str]) -> Result<String> {
        let rows = self.rows(sql, args).await?;
        let value = rows.first().map(|row| row.try_get::<Option<String>>(0)).transpose();
        Ok(value.map_err(|e| self.failed(e))?.flatten().unwrap_or_default())
    }

    /// Makes an entry of a schema by its text; of a virtual table the text is only looked at.
    ///
    /// # Errors
    /// `source_unfit` when the text is something else than the one statement that makes the entry.
    pub(super) async fn make(&mut self, entry: &Entry) -> Result<()> {
        let entry = entry.clone();
        self.call(move |session| {
            session.guard.make(&session.connection, &entry).map_err(|refused| match refused {
                Refused::Failed(error) => {
                    session.failed(error).context(format_args!("{} {:?}", entry.kind, entry.name))
                }
                Refused::Foreign => more_than_its_making(&entry),
            })
        })
        .await
    }

    /// Lets our own statements write what only the library should: its schema table, shadow tables, and no journal.
    pub(super) async fn defend(&mut self, on: bool) -> Result<()> {
        self.set(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, on).await
    }

    /// Lets the library read views: its check of a full-text index reads what the index is about.
    pub(super) async fn read_views(&mut self, on: bool) -> Result<()> {
        self.set(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, on).await
    }

    async fn set(&mut self, setting: DbConfig, on: bool) -> Result<()> {
        self.call(move |session| {
            session.connection.set_db_config(setting, on).map(drop).map_err(|e| session.failed(e))
        })
        .await
    }

    /// Runs a statement that needs a lock, again and again until the lock is granted, the time is up or the run is
    /// stopped. The connection's own busy timeout should be short meanwhile.
    pub(super) async fn run_locked(&mut self, sql: &'static str, time: &mut LockTime<'_>) -> Result<()> {
        loop {
            match self.run(sql).await {
                Err(e) if e.code() == ErrorCode::LockTimeout && !time.is_over() => {}
                done => return done,
            }
            time.pause().await?;
        }
    }

    /// Closes the connection and waits until its locks and files are released.
    pub(super) async fn close(self) -> Result<()> {
        let (session, name) = (self.session.clone(), self.name.clone());
        blocking(move || {
            let taken = session.lock().unwrap_or_else(PoisonError::into_inner).take();
            taken.map_or(Ok(()), |taken| taken.connection.close().map_err(|(_, e)| failed(&name, e)))
        })
        .await
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

fn more_than_its_making(entry: &Entry) -> Error {
    Error::new(
        ErrorCode::SourceUnfit,
        format!(
            "the text of the {} {:?} in the schema is something else than the one CREATE statement that makes it; \
             nothing of it was run",
            entry.kind, entry.name
        ),
        "somebody who may write to the database file has put it there: look at it by \
         `SELECT sql FROM sqlite_schema`, find out who it was, and make what is named anew; \
         other tables are saved and restored by --tables",
    )
}

fn result_code(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|e| e.extended_code & 0xff)
}

/// Whether a read-only connection cannot read because something has to be recovered or created first,
/// which only a connection that may write can do.
pub(super) fn needs_writer(error: &Error) -> bool {
    let source = std::error::Error::source(error).and_then(|e| e.downcast_ref::<rusqlite::Error>());
    matches!(source.and_then(result_code), Some(READONLY | CANTOPEN))
}

fn failed(name: &str, error: rusqlite::Error) -> Error {
    let primary = result_code(&error);
    let detail = match &error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    };
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
