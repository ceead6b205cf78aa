//! The exclusive hold on the live database while it is swapped.

use std::path::Path;
use std::time::Duration;

use aitta_base::{Error, Result, blocking};
use aitta_model::ErrorCode;

use super::connection::{Access, Db};
use super::files::users;
use super::lock_time::LockTime;
use crate::RestoreTask;

/// A database that no other connection can read or write.
pub(super) struct Hold {
    /// Absent when the file is too damaged for SQLite to lock it.
    db: Option<Db>,
    was_wal: bool,
}

impl Hold {
    /// Takes the exclusive lock.
    ///
    /// In WAL mode the database is first taken out of it, which SQLite only does when no other
    /// connection is open, and which folds the log into the file: afterwards nothing beside the file
    /// belongs to it, and closing the connection after the swap removes no log of the new one.
    ///
    /// # Errors
    /// `lock_timeout` when somebody else has it open.
    pub(super) async fn take(live: &Path, task: &RestoreTask) -> Result<Self> {
        let mut time = LockTime::begin(live, task);
        let opened = Db::open(live, Access::Write, Duration::from_millis(100)).await;
        let taken = match opened {
            Ok(db) => Self::lock(db, &mut time).await,
            Err(e) => Err(e),
        };
        let hold = match taken {
            // No database or a damaged one: the reason for the restore. No application can use it either.
            Err(e) if e.code() == ErrorCode::SourceUnfit => Self { db: None, was_wal: false },
            done => done?,
        };
        if let Err(e) = not_in_use(live, &mut time).await {
            hold.give_up().await;
            return Err(e);
        }
        Ok(hold)
    }

    async fn lock(mut db: Db, time: &mut LockTime<'_>) -> Result<Self> {
        let journal = db.text("PRAGMA journal_mode", &[]).await;
        let was_wal = journal.as_ref().is_ok_and(|mode| mode == "wal");
        let locked = async {
            journal?;
            if was_wal {
                db.run_locked("PRAGMA journal_mode = DELETE", time).await?;
            }
            db.run_locked("BEGIN EXCLUSIVE", time).await?;
            // Reads the schema: a file that is no database is found out here at the latest.
            db.number("SELECT count(*) FROM sqlite_schema", &[]).await
        }
        .await;
        let hold = Self { db: Some(db), was_wal };
        match locked {
            Ok(_) => Ok(hold),
            Err(e) => {
                hold.give_up().await;
                Err(e)
            }
        }
    }

    /// Releases the lock after the swap. The old file, now set aside, goes back into its journal mode.
    pub(super) async fn release(self, aside: &Path) {
        if let Some(db) = self.db {
            db.abandon().await;
            if self.was_wal {
                back_to_wal(aside).await;
            }
        }
    }

    /// Releases the lock on a database that was not swapped.
    pub(super) async fn give_up(self) {
        if let Some(mut db) = self.db {
            if self.was_wal {
                // Without a transaction ROLLBACK is an error, and there is nothing to undo.
                let _ = db.run("ROLLBACK").await;
                if let Err(error) = db.run("PRAGMA journal_mode = WAL").await {
                    tracing::warn!(%error, "the database could not be put back into WAL mode");
                }
            }
            db.abandon().await;
        }
    }
}

async fn back_to_wal(path: &Path) {
    let done = async {
        let mut db = Db::open(path, Access::Write, Duration::from_secs(1)).await?;
        db.run("PRAGMA journal_mode = WAL").await?;
        db.close().await
    };
    if let Err(error) = done.await {
        tracing::warn!(%error, "the old database could not be put back into WAL mode");
    }
}

/// Waits until no other process has the file open.
///
/// # Errors
/// `lock_timeout` naming the processes.
pub(super) async fn not_in_use(live: &Path, time: &mut LockTime<'_>) -> Result<()> {
    loop {
        let path = live.to_owned();
        let found = blocking(move || Ok(users(&path))).await?;
        if found.is_empty() {
            return Ok(());
        }
        if time.is_over() {
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            return Err(Error::new(
                ErrorCode::LockTimeout,
                format!("{} is open in {}", live.display(), found.join(", ")),
                "close the application that uses the database and start the restore again; nothing was changed",
            ));
        }
        time.pause().await?;
    }
}
