//! Recoveries, and the after hooks that are owed.

use aitta_base::lock;
use aitta_model::{ErrorCode, HookKind, OwedHook, Recovery, Word};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::Row;

use super::runs::json;
use super::{Catalog, time};
use crate::{Error, Result};

/// A recovery as the catalog has it.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) recovery: Recovery,
    version: i64,
}

impl Catalog {
    /// Enters that a hook has to run after all, before the one before it is started.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn owe_hook(
        &self,
        profile: &str,
        hook: HookKind,
        run: Option<i64>,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO owed_hooks (profile, hook, run, since_ms) VALUES (?, ?, ?, ?)
             ON CONFLICT (profile, hook) DO UPDATE SET run = excluded.run, since_ms = excluded.since_ms",
        )
        .bind(profile)
        .bind(hook.as_str())
        .bind(run)
        .bind(now.as_millisecond())
        .execute(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// Enters that it has run.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn settle_hook(&self, profile: &str, hook: HookKind) -> Result<()> {
        sqlx::query("DELETE FROM owed_hooks WHERE profile = ? AND hook = ?")
            .bind(profile)
            .bind(hook.as_str())
            .execute(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// The hooks that are owed, the oldest first. One of a run that is under way is among them.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn owed_hooks(&self, profile: &str) -> Result<Vec<OwedHook>> {
        let rows = sqlx::query(
            "SELECT hook, run, since_ms FROM owed_hooks WHERE profile = ? ORDER BY since_ms, hook",
        )
        .bind(profile)
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(rows
            .into_iter()
            .map(|row| OwedHook {
                hook: Word::read(row.get::<String, _>(0)),
                run: row.get(1),
                since: time(row.get(2)),
            })
            .collect())
    }

    /// The runs of a profile whose process lives.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn living_runs(&self, profile: &str) -> Result<Vec<i64>> {
        let rows = sqlx::query("SELECT id, alive FROM runs WHERE profile = ? AND outcome = 'running'")
            .bind(profile)
            .fetch_all(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        let living = rows.into_iter().filter(|row| lock::is_held(&self.mark(row.get(1))));
        Ok(living.map(|row| row.get(0)).collect())
    }

    /// Enters a recovery that begins, and gives it with its number.
    ///
    /// # Errors
    /// `run_in_progress` when the profile has one that goes on; `catalog_failed`.
    pub(crate) async fn begin_recovery(&self, recovery: Recovery) -> Result<Kept> {
        let entered = sqlx::query(
            "INSERT INTO recoveries (profile, begun_ms, version, body) VALUES (?, ?, 0, ?)
             ON CONFLICT (profile) WHERE ended_ms IS NULL DO NOTHING",
        )
        .bind(&recovery.profile)
        .bind(recovery.begun.as_millisecond())
        .bind(json(&recovery)?)
        .execute(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        if entered.rows_affected() == 0 {
            return Err(changed_meanwhile());
        }
        let recovery = Recovery { id: entered.last_insert_rowid(), ..recovery };
        Ok(Kept { recovery, version: 0 })
    }

    /// Enters how far a recovery is.
    ///
    /// # Errors
    /// `run_in_progress` when another program has gone on with it; `catalog_failed`.
    pub(crate) async fn note_recovery(&self, kept: Kept) -> Result<Kept> {
        let Kept { recovery, version } = kept;
        let noted = sqlx::query(
            "UPDATE recoveries SET body = ?, ended_ms = ?, version = version + 1 WHERE id = ? AND version = ?",
        )
        .bind(json(&recovery)?)
        .bind(recovery.ended.map(Timestamp::as_millisecond))
        .bind(recovery.id)
        .bind(version)
        .execute(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        match noted.rows_affected() {
            1 => Ok(Kept { recovery, version: version + 1 }),
            _ => Err(changed_meanwhile()),
        }
    }

    /// The newest recovery of a profile.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn last_recovery(&self, profile: &str) -> Result<Option<Kept>> {
        let row = sqlx::query(
            "SELECT id, version, body FROM recoveries WHERE profile = ? ORDER BY id DESC LIMIT 1",
        )
        .bind(profile)
        .fetch_optional(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        let Some(row) = row else { return Ok(None) };
        let recovery: Recovery =
            serde_json::from_str(row.get(2)).map_err(|e| self.failed(sqlx::Error::Decode(e.into())))?;
        Ok(Some(Kept { recovery: Recovery { id: row.get(0), ..recovery }, version: row.get(1) }))
    }

    /// The number of the recovery of a profile that goes on.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn open_recovery(&self, profile: &str) -> Result<Option<i64>> {
        sqlx::query_scalar("SELECT id FROM recoveries WHERE profile = ? AND ended_ms IS NULL")
            .bind(profile)
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.failed(e))
    }

    /// The report of the last run of an operation that was begun since then and succeeded, also when whoever waited for
    /// it was killed before it heard of that.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn done_since<T: DeserializeOwned>(
        &self,
        profile: &str,
        operation: aitta_model::Operation,
        since: Timestamp,
    ) -> Result<Option<T>> {
        let report: Option<Option<String>> = sqlx::query_scalar(
            "SELECT report FROM runs WHERE profile = ? AND operation = ? AND outcome = 'succeeded' AND started_ms >= ?
             ORDER BY id DESC LIMIT 1",
        )
        .bind(profile)
        .bind(operation.as_str())
        .bind(since.as_millisecond())
        .fetch_optional(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        // One that can't be read counts as none: the step is done again.
        Ok(report.flatten().and_then(|text| serde_json::from_str(&text).ok()))
    }
}

fn changed_meanwhile() -> Error {
    Error::new(
        ErrorCode::RunInProgress,
        "another program goes on with the recovery of this profile",
        "look there, or wait until it has ended",
    )
}
