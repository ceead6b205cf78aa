//! Runs.

use std::fs::File;
use std::path::PathBuf;

use aitta_base::lock;
use aitta_model::{
    ClosedList, Command, ErrorCode, Failure, LogLine, Operation, Pulse, RunFigures, RunOutcome, RunSummary,
    Word,
};
use jiff::Timestamp;
use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row};

use super::{Catalog, remove, time};
use crate::{Error, Result};

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

    /// Enters how a run ended: with its report, or with its error. `archive` is the one it was about,
    /// when that was not known at the start.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub async fn finish_run<T: Serialize>(
        &self,
        run: Run,
        result: Result<&T, &Error>,
        archive: Option<&str>,
        log: &[LogLine],
        now: Timestamp,
    ) -> Result<()> {
        let (outcome, failure, report) = match result {
            Ok(report) => (RunOutcome::Succeeded, None, Some(json(report)?)),
            Err(e) => (e.outcome(), Some(json(&e.failure())?), None),
        };
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
        .bind(json(&log)?)
        .bind(run.id)
        .execute(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        remove(&run.mark);
        Ok(())
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
    pub async fn abandon_run(&self, stale: &StaleRun, now: Timestamp) -> Result<()> {
        let failure = Failure {
            code: ErrorCode::Interrupted,
            message: format!("the process of this {} ended without finishing it", stale.operation),
            hint: match stale.operation.known() {
                Some(Operation::Rotate) => format!(
                    "every archive opens with a key of the ring; go on with {key_rotate_resume}",
                    key_rotate_resume = Command::KeyRotateResume
                ),
                _ => "run it again if it is still needed: nothing half-done can be seen or restored, and \
                    later runs clear away what is left, in a cloud after a day"
                    .to_owned(),
            },
        };
        sqlx::query(
            "UPDATE runs SET outcome = 'failed', ended_ms = ?, failure = ?
             WHERE id = ? AND outcome = 'running'",
        )
        .bind(now.as_millisecond())
        .bind(json(&failure)?)
        .bind(stale.id)
        .execute(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        remove(&stale.mark);
        Ok(())
    }

    /// Removes the marks of killed runs that the catalog does not know, or has as ended.
    pub(crate) fn sweep_marks(&self) {
        lock::sweep(&self.data_dir.join(lock::FOLDER), MARK);
    }

    /// The newest runs of a profile, newest first.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub async fn runs(&self, profile: &str, limit: u32) -> Result<Vec<RunSummary>> {
        let rows =
            sqlx::query(AssertSqlSafe(format!("{SUMMARY} WHERE profile = ? ORDER BY id DESC LIMIT ?")))
                .bind(profile)
                .bind(limit)
                .fetch_all(&self.pool)
                .await
                .map_err(|e| self.failed(e))?;
        Ok(rows.iter().map(summary).collect())
    }

    /// The newest runs of a profile that failed, newest first.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn last_failed(&self, profile: &str, limit: u32) -> Result<Vec<RunSummary>> {
        let rows = sqlx::query(AssertSqlSafe(format!(
            "{SUMMARY} WHERE profile = ? AND outcome = 'failed' ORDER BY id DESC LIMIT ?"
        )))
        .bind(profile)
        .bind(limit)
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(rows.iter().map(summary).collect())
    }

    /// The runs of a profile that began in this span and did not succeed, oldest first.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn failed_runs(
        &self,
        profile: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<RunSummary>> {
        let rows = sqlx::query(AssertSqlSafe(format!(
            "{SUMMARY} WHERE profile = ? AND outcome = 'failed' AND started_ms BETWEEN ? AND ? ORDER BY id"
        )))
        .bind(profile)
        .bind(from.as_millisecond())
        .bind(to.as_millisecond())
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(rows.iter().map(summary).collect())
    }

    /// One run of a profile, with its report and its log.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn run(&self, profile: &str, id: i64) -> Result<Option<StoredRun>> {
        let row = sqlx::query(AssertSqlSafe(format!("{SUMMARY} WHERE profile = ? AND id = ?")))
            .bind(profile)
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(row.map(|row| StoredRun {
            summary: summary(&row),
            report: row.get("report"),
            // A run of an earlier version has none.
            log: row
                .get::<Option<String>, _>("log")
                .and_then(|text| serde_json::from_str(&text).ok())
                .unwrap_or_default(),
        }))
    }

    /// The newest run and how many are under way. The index of runs answers it, without their reports.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn pulse(&self, profile: &str) -> Result<Pulse> {
        let row = sqlx::query(
            "SELECT coalesce((SELECT max(id) FROM runs WHERE profile = ?1), 0),
                    (SELECT count(*) FROM runs WHERE profile = ?1 AND outcome = 'running')",
        )
        .bind(profile)
        .fetch_one(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(Pulse { newest: row.get(0), running: row.get(1) })
    }

    /// The newest runs of this operation that have ended well, with their reports, newest first.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn last_successes(
        &self,
        profile: &str,
        operation: Operation,
        limit: u32,
    ) -> Result<Vec<PastRun>> {
        self.last(profile, operation, "outcome = 'succeeded'", limit).await
    }

    /// The newest run of this operation that has ended, however.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn last_ended(&self, profile: &str, operation: Operation) -> Result<Option<PastRun>> {
        Ok(self.last(profile, operation, "outcome <> 'running'", 1).await?.pop())
    }

    /// The run that has made an archive.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn backup_of(&self, profile: &str, archive: &str) -> Result<Option<PastRun>> {
        let row = sqlx::query(AssertSqlSafe(format!(
            "{PAST} WHERE profile = ? AND operation = ? AND archive = ? AND outcome = 'succeeded'"
        )))
        .bind(profile)
        .bind(Operation::Backup.as_str())
        .bind(archive)
        .fetch_optional(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(row.as_ref().map(past))
    }

    /// Whether the newest run of this operation has ended well; one whose process is gone has not. `None` without one.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn has_succeeded(&self, profile: &str, operation: Operation) -> Result<Option<bool>> {
        sqlx::query_scalar(
            "SELECT outcome = 'succeeded' FROM runs WHERE profile = ? AND operation = ? ORDER BY id DESC LIMIT 1",
        )
        .bind(profile)
        .bind(operation.as_str())
        .fetch_optional(&self.pool)
        .await
        .map_err(|e| self.failed(e))
    }

    async fn last(
        &self,
        profile: &str,
        operation: Operation,
        outcome: &str,
        limit: u32,
    ) -> Result<Vec<PastRun>> {
        let rows = sqlx::query(AssertSqlSafe(format!(
            "{PAST} WHERE profile = ? AND operation = ? AND {outcome} ORDER BY id DESC LIMIT ?"
        )))
        .bind(profile)
        .bind(operation.as_str())
        .bind(limit)
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(rows.iter().map(past).collect())
    }

    /// Enters that a vault key has locked an archive of a profile, if that is not known yet.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub async fn note_key(&self, profile: &str, key_id: &str, at: Timestamp) -> Result<()> {
        sqlx::query(
            "INSERT INTO keys (profile, key_id, first_used_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(profile)
        .bind(key_id)
        .bind(at.as_millisecond())
        .execute(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// When a vault key was first used for a profile.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub async fn key_since(&self, profile: &str, key_id: &str) -> Result<Option<Timestamp>> {
        let row = sqlx::query("SELECT first_used_ms FROM keys WHERE profile = ? AND key_id = ?")
            .bind(profile)
            .bind(key_id)
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(row.map(|row| time(row.get(0))))
    }

    /// The runs of a profile that began in this span and have ended, oldest first.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn past_runs(
        &self,
        profile: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<PastRun>> {
        let rows = sqlx::query(AssertSqlSafe(format!(
            "{PAST} WHERE profile = ? AND outcome <> 'running' AND started_ms BETWEEN ? AND ? ORDER BY id"
        )))
        .bind(profile)
        .bind(from.as_millisecond())
        .bind(to.as_millisecond())
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(rows.iter().map(past).collect())
    }

    pub(super) fn mark(&self, name: &str) -> PathBuf {
        self.data_dir.join(lock::FOLDER).join(name)
    }
}

/// A run that has ended, with its report as it was stored.
pub(crate) struct PastRun {
    pub(crate) id: i64,
    pub(crate) operation: Word<Operation>,
    pub(crate) started: Timestamp,
    pub(crate) failure: Option<Failure>,
    pub(crate) report: Option<String>,
}

/// A run with everything that is kept of it.
pub(crate) struct StoredRun {
    pub(crate) summary: RunSummary,
    pub(crate) report: Option<String>,
    pub(crate) log: Vec<LogLine>,
}

/// Figures are taken from the report of a backup, or of a restore.
const SUMMARY: &str = "\
    SELECT id, profile, operation, outcome, started_ms, ended_ms, archive, reason, failure,
           json_extract(report, '$.archive.size_bytes'),
           coalesce(json_extract(report, '$.archive.rows'),
                    (SELECT sum(value ->> 'target_rows') FROM json_each(report, '$.proofs'))),
           coalesce(json_extract(report, '$.archive.tables'), json_array_length(report, '$.proofs')),
           report, log
    FROM runs";

/// What [`past`] reads.
const PAST: &str = "SELECT id, operation, started_ms, failure, report FROM runs";

fn past(row: &SqliteRow) -> PastRun {
    PastRun {
        id: row.get(0),
        operation: word(row, 1),
        started: time(row.get(2)),
        failure: row.get::<Option<String>, _>(3).and_then(|text| serde_json::from_str(&text).ok()),
        report: row.get(4),
    }
}

fn summary(row: &SqliteRow) -> RunSummary {
    let figure = |column: usize| row.get::<Option<i64>, _>(column).map(i64::unsigned_abs);
    RunSummary {
        id: row.get(0),
        profile: row.get(1),
        operation: word(row, 2),
        outcome: word(row, 3),
        started: time(row.get(4)),
        ended: row.get::<Option<i64>, _>(5).map(time),
        archive: row.get(6),
        reason: row.get(7),
        failure: row.get::<Option<String>, _>(8).and_then(|text| serde_json::from_str(&text).ok()),
        figures: RunFigures { size_bytes: figure(9), rows: figure(10), tables: figure(11) },
    }
}

fn word<T: ClosedList>(row: &SqliteRow, column: usize) -> Word<T> {
    Word::read(row.get::<String, _>(column))
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| {
        Error::new(
            ErrorCode::System,
            format!("a report could not be written: {e}"),
            "report this with the message",
        )
        .with_source(e)
    })
}
