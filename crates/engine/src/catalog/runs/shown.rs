//! Runs as they are listed and shown.

use aitta_model::{LogLine, Pulse, RunFigures, RunSummary};
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row};

use super::{failure, word};
use crate::Result;
use crate::catalog::{Catalog, time};

/// A run with everything that is kept of it.
pub(crate) struct StoredRun {
    pub(crate) summary: RunSummary,
    pub(crate) report: Option<String>,
    pub(crate) log: Vec<LogLine>,
    /// The entry of the trail that began it.
    pub(crate) audit: Option<i64>,
}

/// Figures are taken from the report of a backup, or of a restore. One that is no JSON has none.
const SUMMARY: &str = "\
    SELECT id, profile, operation, outcome, started_ms, ended_ms, archive, reason, failure,
           json_extract(told, '$.archive.size_bytes'),
           coalesce(json_extract(told, '$.archive.rows'),
                    (SELECT sum(value ->> 'target_rows') FROM json_each(told, '$.proofs'))),
           coalesce(json_extract(told, '$.archive.tables'), json_array_length(told, '$.proofs')),
           json_extract(told, '$.duration_ms')
    FROM (SELECT *, CASE WHEN json_valid(report) THEN report END AS told FROM runs)";

impl Catalog {
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
        let Some(summary) = row.as_ref().map(summary) else { return Ok(None) };
        let row = sqlx::query("SELECT report, log, audit FROM runs WHERE id = ?")
            .bind(id)
            .fetch_one(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        let text = |column: usize| row.try_get::<Option<String>, _>(column).ok().flatten();
        // A run of an earlier version has no log.
        let log = text(1).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        Ok(Some(StoredRun { summary, report: text(0), log, audit: row.get(2) }))
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
}

fn summary(row: &SqliteRow) -> RunSummary {
    // Anything may stand in a report that another program wrote.
    let figure = |column: usize| row.try_get::<Option<i64>, _>(column).ok().flatten().map(i64::unsigned_abs);
    RunSummary {
        id: row.get(0),
        profile: row.get(1),
        operation: word(row, 2),
        outcome: word(row, 3),
        started: time(row.get(4)),
        ended: row.get::<Option<i64>, _>(5).map(time),
        archive: row.get(6),
        reason: row.get(7),
        failure: failure(row, 8),
        figures: RunFigures {
            size_bytes: figure(9),
            rows: figure(10),
            tables: figure(11),
            duration_ms: figure(12),
        },
    }
}
