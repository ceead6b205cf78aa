//! Runs.

use std::fs::File;
use std::path::PathBuf;

use aitta_base::lock;
use aitta_model::{ClosedList, Command, ErrorCode, Failure, LogLine, Operation, RunOutcome, Word};
use jiff::Timestamp;
use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::notices::{self, Telling};
use super::{Catalog, remove};
use crate::{Error, Result};

mod past;
mod shown;

pub(crate) use past::{PastRestore, PastRun, ToldRestore};

/// How the names of the files begin that mark a run.
const MARK: &str = "run-";

/// A run that is under way. While it lives it holds the lock of a small file, which the system lets
/// go when the process ends, however it ends: that is how the next run knows.
#[derive(Debug)]
pub struct Run {
    id: i64,
    mark: PathBuf,
    pub(super) alive: File,
}

impl Run {
    /// Its number in the catalog.
    #[must_use]
    pub fn id(&self) -> i64 {
        self.id
    }
}

/// A run whose process is gone.
#[derive(Debug)]
pub struct StaleRun {
    id: i64,
    operation: Word<Operation>,
    mark: PathBuf,
    /// The entry of the trail that began it; absent when the process died before it was written.
    pub audit: Option<i64>,
}

impl StaleRun {
    /// Its number in the catalog.
    pub(crate) fn id(&self) -> i64 {
        self.id
    }

    /// What it was.
    pub(crate) fn operation(&self) -> Option<Operation> {
        self.operation.known()
    }
}

impl Catalog {
    /// Enters a run that begins now. Its entry of the trail comes right after, and in one step with it the run gets
    /// that entry's number.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub async fn begin_run(
        &self,
        profile: &str,
        operation: Operation,
        archive: Option<&str>,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Run> {
        let random: [u8; 8] = aitta_base::random()?;
        let name = format!("{MARK}{}.lock", hex::encode(random));
        let mark = self.mark(&name);
        // Locked before the row is visible, so that this run never looks like a dead one.
        let alive = lock::locked_file(&mark).map_err(|e| super::unusable_folder(&self.data_dir, e))?;
        let id = sqlx::query(
            "INSERT INTO runs (profile, operation, outcome, started_ms, archive, reason, alive)
             VALUES (?, ?, 'running', ?, ?, ?, ?)",
        )
        .bind(profile)
        .bind(operation.as_str())
        .bind(now.as_millisecond())
        .bind(archive)
        .bind(reason)
        .bind(&name)
        .execute(&self.pool)
        .await
        .map_err(|e| {
            remove(&mark);
            self.failed(e)
        })?
        .last_insert_rowid();
        Ok(Run { id, mark, alive })
    }

    /// Enters how a run ended: with its report, or with its error. `archive` is the one it was about, when that was not
    /// known at the start; `told` is entered in the same transaction.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn finish_run<T: Serialize>(
        &self,
        run: Run,
        result: Result<&T, &Error>,
        archive: Option<&str>,
        log: &[LogLine],
        told: Option<Telling>,
        now: Timestamp,
    ) -> Result<()> {
        let (outcome, failure, report) = match result {
            Ok(report) => (RunOutcome::Succeeded, None, Some(json(report)?)),
            Err(e) => (e.outcome(), Some(json(&e.failure())?), None),
        };
        let log = json(&log)?;
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.failed(e))?;
        sqlx::query(
            "UPDATE runs SET outcome = ?, ended_ms = ?, archive = coalesce(?, archive), failure = ?, report = ?,
                    log = ?
             WHERE id = ?",
        )
        .bind(outcome.as_str())
        .bind(now.as_millisecond())
        .bind(archive)
        .bind(failure)
        .bind(report)
        .bind(log)
        .bind(run.id)
        .execute(&mut *transaction)
        .await
        .map_err(|e| self.failed(e))?;
        self.tell(&mut transaction, run.id, told, now).await?;
        transaction.commit().await.map_err(|e| self.failed(e))?;
        remove(&run.mark);
        Ok(())
    }

    /// How a run ended; `None` while it is under way, and where there is none of this number.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn outcome(&self, run: i64) -> Result<Option<RunOutcome>> {
        let outcome: Option<String> =
            sqlx::query_scalar("SELECT outcome FROM runs WHERE id = ? AND outcome <> 'running'")
                .bind(run)
                .fetch_optional(&self.pool)
                .await
                .map_err(|e| self.failed(e))?;
        Ok(outcome.and_then(|text| Word::<RunOutcome>::read(text).known()))
    }

    /// Runs of this profile that are entered as running but whose process is gone.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub async fn stale_runs(&self, profile: &str) -> Result<Vec<StaleRun>> {
        let running = sqlx::query(
            "SELECT id, operation, alive, audit FROM runs WHERE profile = ? AND outcome = 'running'",
        )
        .bind(profile)
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        let stale = running.into_iter().map(|row| StaleRun {
            id: row.get(0),
            operation: word(&row, 1),
            mark: self.mark(row.get(2)),
            audit: row.get(3),
        });
        Ok(stale.filter(|run| !lock::is_held(&run.mark)).collect())
    }

    /// Such a run becomes failed, with `interrupted`.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn abandon_run(
        &self,
        stale: &StaleRun,
        told: impl FnOnce(&Failure) -> Option<Telling>,
        now: Timestamp,
    ) -> Result<()> {
        let interrupted = Failure {
            code: ErrorCode::Interrupted,
            message: format!("the process of this {} ended without finishing it", stale.operation),
            hint: match stale.operation.known() {
                Some(Operation::Rotate) => format!(
                    "every archive opens with a key of the ring; go on with {key_rotate_resume}",
                    key_rotate_resume = Command::KeyRotateResume
                ),
                _ => format!(
                    "run it again if it is still needed: nothing half-done can be seen or restored, and later runs clear \
                     away what is left, in a cloud after a day{}",
                    self.owed_by(stale).await?
                ),
            },
        };
        let told = told(&interrupted);
        self.close_run(stale, RunOutcome::Failed, &interrupted, told, now).await
    }

    /// What is left to do of a run whose hook has stopped something.
    async fn owed_by(&self, stale: &StaleRun) -> Result<String> {
        let hook: Option<String> = sqlx::query_scalar("SELECT hook FROM owed_hooks WHERE run = ?")
            .bind(stale.id)
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(hook.map_or_else(String::new, |hook| {
            format!(
                "; its hook {hook} has not run, so what was stopped for it may still be stopped: {hooks_run} runs it",
                hooks_run = Command::HooksRun
            )
        }))
    }

    /// Such a run ended with the one that it was a part of, which was stopped.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn stop_run(&self, stale: &StaleRun, now: Timestamp) -> Result<()> {
        self.close_run(stale, RunOutcome::Cancelled, &Error::cancelled().failure(), None, now).await
    }

    async fn close_run(
        &self,
        stale: &StaleRun,
        outcome: RunOutcome,
        failure: &Failure,
        told: Option<Telling>,
        now: Timestamp,
    ) -> Result<()> {
        let failure = json(failure)?;
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.failed(e))?;
        let closed = sqlx::query(
            "UPDATE runs SET outcome = ?, ended_ms = ?, failure = ?
             WHERE id = ? AND outcome = 'running'",
        )
        .bind(outcome.as_str())
        .bind(now.as_millisecond())
        .bind(failure)
        .bind(stale.id)
        .execute(&mut *transaction)
        .await
        .map_err(|e| self.failed(e))?;
        // Another process may have closed it meanwhile, and has told it.
        let told = told.filter(|_| closed.rows_affected() > 0);
        self.tell(&mut transaction, stale.id, told, now).await?;
        transaction.commit().await.map_err(|e| self.failed(e))?;
        remove(&stale.mark);
        Ok(())
    }

    /// Enters what people are told of the end of a run.
    async fn tell(
        &self,
        conn: &mut SqliteConnection,
        run: i64,
        told: Option<Telling>,
        now: Timestamp,
    ) -> Result<()> {
        let Some(told) = told else { return Ok(()) };
        let profile: Option<String> = sqlx::query_scalar("SELECT profile FROM runs WHERE id = ?")
            .bind(run)
            .fetch_optional(&mut *conn)
            .await
            .map_err(|e| self.failed(e))?;
        match profile {
            Some(profile) => notices::note(conn, &profile, told, now).await.map_err(|e| self.failed(e)),
            None => Ok(()),
        }
    }

    /// Removes the marks of killed runs that the catalog does not know, or has as ended.
    pub(crate) fn sweep_marks(&self) {
        lock::sweep(&self.data_dir.join(lock::FOLDER), MARK);
    }

    pub(super) fn mark(&self, name: &str) -> PathBuf {
        self.data_dir.join(lock::FOLDER).join(name)
    }
}

fn word<T: ClosedList>(row: &SqliteRow, column: usize) -> Word<T> {
    Word::read(row.get::<String, _>(column))
}

/// The error that a run ended with. One that can't be read is an error still.
fn failure(row: &SqliteRow, column: usize) -> Option<Failure> {
    let unreadable = || Failure {
        code: ErrorCode::CatalogFailed,
        message: "why this run failed can't be read in the catalog".to_owned(),
        hint: "run it again if it is still needed".to_owned(),
    };
    match row.try_get::<Option<&str>, _>(column) {
        Ok(text) => text.map(|text| serde_json::from_str(text).unwrap_or_else(|_| unreadable())),
        Err(_) => Some(unreadable()),
    }
}

pub(super) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| {
        Error::new(
            ErrorCode::System,
            format!("a report could not be written: {e}"),
            "report this with the message",
        )
        .with_source(e)
    })
}
