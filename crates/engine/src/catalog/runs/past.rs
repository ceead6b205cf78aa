//! Runs that have ended, with what they came to.

use std::collections::HashMap;

use aitta_model::{Failure, Operation, PhaseTiming, RestoreMode, took_ms};
use futures::stream::TryStreamExt;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::failure;
use crate::Result;
use crate::catalog::{Catalog, time};

/// A run that has ended.
pub(crate) struct PastRun {
    pub(crate) id: i64,
    pub(crate) started: Timestamp,
    pub(crate) failure: Option<Failure>,
}

/// A restore that has ended well.
pub(crate) struct PastRestore {
    pub(crate) id: i64,
    pub(crate) started: Timestamp,
    /// `None` when its report can't be read.
    pub(crate) told: Option<ToldRestore>,
}

/// The parts of its report that count later.
#[derive(Deserialize)]
pub(crate) struct ToldRestore {
    pub(crate) archive: String,
    #[serde(flatten)]
    pub(crate) mode: RestoreMode,
    proofs: Vec<IgnoredAny>,
    #[serde(default)]
    pub(crate) of_tables: Option<u32>,
    #[serde(default)]
    pub(crate) whole: bool,
    pub(crate) duration_ms: u64,
    pub(crate) phases: Vec<PhaseTiming>,
}

impl ToldRestore {
    /// Tables that were given back.
    pub(crate) fn tables(&self) -> usize {
        self.proofs.len()
    }
}

impl Catalog {
    /// The restores that have ended well and began in this span, oldest first.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn past_restores(
        &self,
        profile: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<PastRestore>> {
        sqlx::query(
            "SELECT id, started_ms, report FROM runs
             WHERE profile = ? AND operation = ? AND outcome = 'succeeded' AND started_ms BETWEEN ? AND ?
             ORDER BY id",
        )
        .bind(profile)
        .bind(Operation::Restore.as_str())
        .bind(from.as_millisecond())
        .bind(to.as_millisecond())
        .fetch(&self.pool)
        .map_ok(|row| restore(&row))
        .try_collect()
        .await
        .map_err(|e| self.failed(e))
    }

    /// The newest restores before run `before` that have ended well, newest first.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn restores_before(
        &self,
        profile: &str,
        before: i64,
        limit: u32,
    ) -> Result<Vec<PastRestore>> {
        sqlx::query(
            "SELECT id, started_ms, report FROM runs
             WHERE profile = ? AND operation = ? AND outcome = 'succeeded' AND id < ?
             ORDER BY id DESC LIMIT ?",
        )
        .bind(profile)
        .bind(Operation::Restore.as_str())
        .bind(before)
        .bind(limit)
        .fetch(&self.pool)
        .map_ok(|row| restore(&row))
        .try_collect()
        .await
        .map_err(|e| self.failed(e))
    }

    /// The runs since then by the entry of the trail that began them, each with how long it took if it has ended.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn runs_of_trail(
        &self,
        profile: &str,
        from: Timestamp,
    ) -> Result<HashMap<u64, (i64, Option<u64>)>> {
        let rows = sqlx::query(
            "SELECT audit, id, ended_ms - started_ms,
                    CASE WHEN json_valid(report) THEN json_extract(report, '$.duration_ms') END
             FROM runs WHERE profile = ? AND audit IS NOT NULL AND started_ms >= ?",
        )
        .bind(profile)
        .bind(from.as_millisecond())
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        // Anything may stand in a report that another program wrote.
        let figure = |row: &SqliteRow, column: usize| row.try_get::<Option<i64>, _>(column).ok().flatten();
        let run = |row: SqliteRow| {
            let lasted = figure(&row, 2).map(|ms| ms.max(0).unsigned_abs());
            let took = lasted.map(|ms| took_ms(ms, figure(&row, 3).map(i64::unsigned_abs)));
            (row.get::<i64, _>(0).unsigned_abs(), (row.get(1), took))
        };
        Ok(rows.into_iter().map(run).collect())
    }

    /// When the first run or backup began of which anything is known.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn known_since(&self, profile: &str) -> Result<Option<Timestamp>> {
        let first: Option<i64> = sqlx::query_scalar(
            "SELECT min(started_ms) FROM (
                 SELECT min(started_ms) AS started_ms FROM runs WHERE profile = ?1
                 UNION ALL SELECT min(started_ms) FROM backups WHERE profile = ?1)",
        )
        .bind(profile)
        .fetch_one(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(first.map(time))
    }

    /// The backups that failed and began in this span, oldest first. One that the user has stopped is none.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn failed_backups(
        &self,
        profile: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<PastRun>> {
        sqlx::query(
            "SELECT id, started_ms, failure FROM runs
             WHERE profile = ? AND operation = ? AND outcome = 'failed' AND started_ms BETWEEN ? AND ?
             ORDER BY id",
        )
        .bind(profile)
        .bind(Operation::Backup.as_str())
        .bind(from.as_millisecond())
        .bind(to.as_millisecond())
        .fetch(&self.pool)
        .map_ok(|row| past(&row))
        .try_collect()
        .await
        .map_err(|e| self.failed(e))
    }

    /// The reports of the newest runs of this operation that have ended well, as they were stored, newest first.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn last_reports(
        &self,
        profile: &str,
        operation: Operation,
        limit: u32,
    ) -> Result<Vec<String>> {
        sqlx::query_scalar(
            "SELECT report FROM runs WHERE profile = ? AND operation = ? AND outcome = 'succeeded' \
             AND report IS NOT NULL ORDER BY id DESC LIMIT ?",
        )
        .bind(profile)
        .bind(operation.as_str())
        .bind(limit)
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.failed(e))
    }

    /// The newest run of this operation that has ended, however.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn last_ended(&self, profile: &str, operation: Operation) -> Result<Option<PastRun>> {
        let row = sqlx::query(
            "SELECT id, started_ms, failure FROM runs
             WHERE profile = ? AND operation = ? AND outcome <> 'running' ORDER BY id DESC LIMIT 1",
        )
        .bind(profile)
        .bind(operation.as_str())
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

    /// The archives whose losses were meant, as somebody has said. A run counts with its two entries of the audit trail,
    /// if they bear signatures: the check of the trail finds a wrong one, and says nothing of a missing one at the end.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn accepted_losses(&self, profile: &str) -> Result<Vec<String>> {
        sqlx::query_scalar(
            "SELECT archive FROM runs
             WHERE profile = ?1 AND operation = ?2 AND outcome = 'succeeded' AND archive IS NOT NULL
                   AND EXISTS (SELECT 1 FROM audit
                               WHERE entry = runs.audit AND tag IS NOT NULL AND json_valid(body)
                                     AND body ->> '$.signed_by' IS NOT NULL AND body ->> '$.operation' = ?2
                                     AND body ->> '$.profile' = ?1 AND body ->> '$.archive' = runs.archive)
                   AND EXISTS (SELECT 1 FROM audit
                               WHERE entry > runs.audit AND tag IS NOT NULL AND json_valid(body)
                                     AND body ->> '$.begun' = runs.audit
                                     AND body ->> '$.signed_by' IS NOT NULL
                                     AND body ->> '$.outcome' = 'succeeded')
             ORDER BY id",
        )
        .bind(profile)
        .bind(Operation::AcceptLoss.as_str())
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.failed(e))
    }
}

fn past(row: &SqliteRow) -> PastRun {
    PastRun { id: row.get(0), started: time(row.get(1)), failure: failure(row, 2) }
}

fn restore(row: &SqliteRow) -> PastRestore {
    let text = row.try_get::<Option<&str>, _>(2).ok().flatten();
    let told = text.and_then(|text| serde_json::from_str(text).ok());
    PastRestore { id: row.get(0), started: time(row.get(1)), told }
}
