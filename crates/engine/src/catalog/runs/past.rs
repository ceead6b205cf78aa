//! Runs that have ended, with what they came to.

use aitta_model::{Failure, Operation, Word};
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row};

use super::word;
use crate::Result;
use crate::catalog::{Catalog, time};

/// A run that has ended, with its report as it was stored.
pub(crate) struct PastRun {
    pub(crate) id: i64,
    pub(crate) operation: Word<Operation>,
    pub(crate) started: Timestamp,
    pub(crate) failure: Option<Failure>,
    pub(crate) report: Option<String>,
}

/// What [`past`] reads.
const PAST: &str = "SELECT id, operation, started_ms, failure, report FROM runs";

impl Catalog {
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
}

fn past(row: &SqliteRow) -> PastRun {
    PastRun {
        id: row.get(0),
        operation: word(row, 1),
        started: time(row.get(2)),
        failure: row.get::<Option<String>, _>(3).and_then(|text| serde_json::from_str(&text).ok()),
        report: row.get(4),
    }
}
