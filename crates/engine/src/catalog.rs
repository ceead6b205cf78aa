//! The catalog: the app's own memory of runs, archives seen, and what was found in them.
//!
//! It is a convenience with one exception, the history of runs. Archives and their states are found
//! again from the store by `aitta catalog rebuild`; nothing that restores data needs what is in here.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use aitta_base::{blocking, lock};
use aitta_model::{Command, ErrorCode};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::SqlitePool;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::{Error, Result};

mod archives;
mod audit;
mod backups;
mod canary;
pub(crate) mod chain;
mod checklist;
mod evidence;
mod keys;
mod mfa;
mod notices;
mod recoveries;
mod retention;
mod rotation;
mod runs;
mod schedule;
mod underway;

pub use archives::CatalogEntry;
pub(crate) use audit::{Head, StoredLink, is_trail_gone};
pub(crate) use backups::{Made, Named, TableRows};
pub(crate) use chain::Link;
pub use evidence::state;
pub(crate) use notices::{Telling, Trouble};
pub(crate) use recoveries::Kept;
pub(crate) use retention::{Away, moment};
pub(crate) use rotation::Rotation;
pub(crate) use runs::{PastRestore, PastRun, ToldRestore};
pub use runs::{Run, StaleRun};

/// Name of the file in the data folder.
pub const FILE_NAME: &str = "catalog.db";

/// How long a statement waits for another process that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);

/// Questions that are answered at the same time: those of a first page, while something is written.
const CONNECTIONS: u32 = 4;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The open catalog. Cheap to clone.
#[derive(Clone)]
pub struct Catalog {
    pool: SqlitePool,
    path: PathBuf,
    data_dir: PathBuf,
    /// Where the damaged file lies whose place this one took.
    aside: Option<PathBuf>,
}

impl Catalog {
    /// Opens the catalog in `data_dir`, and makes both where they are missing: the folder 0700, the
    /// file 0600.
    ///
    /// # Errors
    /// `catalog_failed` when it can't be made, is corrupt, or belongs to a newer version.
    pub async fn open(data_dir: &Path) -> Result<Self> {
        let path = data_dir.join(FILE_NAME);
        let unusable = |e: std::io::Error| unusable_folder(data_dir, e);
        lock::create_private_folder(data_dir).map_err(unusable)?;
        let guard = opening_lock(data_dir).await?;
        lock::private_file(&path).map_err(unusable)?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .connect_with(options)
            .await
            .map_err(|e| broken(&path, e))?;
        MIGRATIONS.run(&pool).await.map_err(|e| migration_failed(&path, e))?;
        drop(guard);
        Ok(Self { pool, path, data_dir: data_dir.to_owned(), aside: None })
    }

    /// Opens the catalog for a rebuild, which can do without the old content: a file that is damaged, or whose audit
    /// trail was removed, is renamed to `catalog.db.damaged-{time}`, and an empty one takes its place.
    /// The second value names the old file.
    ///
    /// # Errors
    /// As [`Catalog::open`], except for a damaged file.
    pub async fn open_anew(data_dir: &Path, now: Timestamp) -> Result<(Self, Option<PathBuf>)> {
        match Self::open(data_dir).await {
            Ok(catalog) if catalog.is_trail_gone().await? => catalog.close().await,
            Ok(catalog) => return Ok((catalog, None)),
            Err(error) if is_damage(&error) => {}
            Err(error) => return Err(error),
        }
        let path = data_dir.join(FILE_NAME);
        let aside = data_dir.join(format!("{FILE_NAME}.damaged-{}", now.as_millisecond()));
        let guard = opening_lock(data_dir).await?;
        fs::rename(&path, &aside).map_err(|e| unusable_folder(data_dir, e))?;
        // Its side files must not be read into the new one. They are renamed with it: somebody may want to find out
        // what has happened.
        for ending in ["-wal", "-shm"] {
            let (from, to) =
                (data_dir.join(format!("{FILE_NAME}{ending}")), format!("{}{ending}", aside.display()));
            match fs::rename(from, to) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(unusable_folder(data_dir, e));
                }
                _ => {}
            }
        }
        drop(guard);
        let catalog = Self { aside: Some(aside.clone()), ..Self::open(data_dir).await? };
        Ok((catalog, Some(aside)))
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes the file: all that was written is in it, and this process has it open no longer.
    pub async fn close(self) {
        self.pool.close().await;
    }

    /// Where the damaged file lies whose place this one took.
    pub(crate) fn aside(&self) -> Option<&Path> {
        self.aside.as_deref()
    }

    /// The folder that it lies in, by its one name.
    pub(crate) fn folder(&self) -> PathBuf {
        fs::canonicalize(&self.data_dir).unwrap_or_else(|_| self.data_dir.clone())
    }

    /// Rows that `query` makes one JSON array of, for a store: each row that sqlx reads costs as much as ten of these,
    /// and the first page waits for tens of thousands.
    async fn at_once<T: DeserializeOwned>(&self, query: &'static str, store: &str) -> Result<Vec<T>> {
        let rows: String =
            sqlx::query_scalar(query).bind(store).fetch_one(&self.pool).await.map_err(|e| self.failed(e))?;
        serde_json::from_str(&rows).map_err(|e| self.failed(sqlx::Error::Decode(e.into())))
    }

    fn failed(&self, error: sqlx::Error) -> Error {
        broken(&self.path, error)
    }
}

/// One process at a time creates and migrates: SQLite answers "locked" at once, without waiting, when
/// two switch a new file to WAL, and sqlx takes no lock around migrations of SQLite.
async fn opening_lock(data_dir: &Path) -> Result<File> {
    let folder = data_dir.join(lock::FOLDER);
    let data_dir = data_dir.to_owned();
    blocking(move || {
        let open = || {
            lock::create_private_folder(&folder)?;
            let file = lock::private_file(&folder.join("catalog.lock"))?;
            file.lock()?;
            Ok(file)
        };
        open().map_err(|e| unusable_folder(&data_dir, e))
    })
    .await
}

/// The folder of the catalog, and of what lies beside it, can't be made or used.
pub(crate) fn unusable_folder(data_dir: &Path, error: std::io::Error) -> Error {
    Error::new(
        ErrorCode::CatalogFailed,
        format!("the data folder {} cannot be used: {error}", data_dir.display()),
        "give the user that runs Aitta the right to write there, or set AITTA_DATA_DIR to another folder",
    )
    .with_source(error)
}

fn is_corrupt(error: &sqlx::Error) -> bool {
    const CORRUPT: [&str; 2] = ["11", "26"]; // SQLITE_CORRUPT, SQLITE_NOTADB: https://sqlite.org/rescode.html
    matches!(error, sqlx::Error::Database(e) if primary_code(e.as_ref()).is_some_and(|c| CORRUPT.contains(&c.as_str())))
}

/// Whether the file itself is damaged, as [`broken`] says it.
fn is_damage(error: &Error) -> bool {
    std::error::Error::source(error).and_then(|e| e.downcast_ref()).is_some_and(is_corrupt)
}

fn broken(path: &Path, error: sqlx::Error) -> Error {
    let corrupt = is_corrupt(&error);
    let path = path.display();
    let (message, hint) = if corrupt {
        (
            format!("the catalog {path} is damaged"),
            format!(
                "run {catalog_rebuild}: it sets the file aside and finds the archives again; the history \
                 of runs is lost",
                catalog_rebuild = Command::CatalogRebuild
            )
            .to_owned(),
        )
    } else {
        (
            format!("the catalog {path} cannot be used: {error}"),
            format!(
                "check that the disk is not full and the folder is writable; if that does not help, rename \
                 {path} and run {catalog_rebuild}; keep the renamed file, which holds the audit trail and \
                 the history of runs",
                catalog_rebuild = Command::CatalogRebuild
            ),
        )
    };
    Error::new(ErrorCode::CatalogFailed, message, hint).with_source(error)
}

/// The low byte of the extended result code.
fn primary_code(error: &dyn sqlx::error::DatabaseError) -> Option<String> {
    let code: u32 = error.code()?.parse().ok()?;
    Some((code & 0xff).to_string())
}

fn migration_failed(path: &Path, error: MigrateError) -> Error {
    match error {
        MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => Error::new(
            ErrorCode::CatalogFailed,
            format!("the catalog {} was written by a newer version of Aitta", path.display()),
            "install the newer version, or set AITTA_DATA_DIR to another folder for this one",
        )
        .with_source(error),
        MigrateError::Execute(e) => broken(path, e),
        MigrateError::ExecuteMigration(e, _) => broken(path, e),
        other => broken(path, sqlx::Error::Migrate(Box::new(other))),
    }
}

fn time(ms: i64) -> Timestamp {
    // Out of range only in a row that another program wrote.
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Removes a file that marks a live run; it may be gone already.
fn remove(path: &Path) {
    if let Err(e) = fs::remove_file(path)
        && e.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), error = %e, "the mark of a run could not be removed");
    }
}

#[cfg(test)]
mod tests;
