//! What was ticked by hand, and the runs that tick the rest.

use aitta_model::{BackupKind, CheckItem, Operation, Ticked};
use jiff::Timestamp;
use sqlx::Row;

use super::{Catalog, time};
use crate::Result;

impl Catalog {
    /// Who has ticked something in the span that began then.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn tick(
        &self,
        profile: &str,
        item: CheckItem,
        from: Timestamp,
    ) -> Result<Option<Ticked>> {
        let row = sqlx::query(
            "SELECT at_ms, person, note FROM ticks WHERE profile = ? AND item = ? AND from_ms = ?",
        )
        .bind(profile)
        .bind(item.as_str())
        .bind(from.as_millisecond())
        .fetch_optional(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(row.map(|row| Ticked::Person { at: time(row.get(0)), name: row.get(1), note: row.get(2) }))
    }

    /// Enters that somebody has; the first who said so stays.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn enter_tick(
        &self,
        profile: &str,
        (item, from): (CheckItem, Timestamp),
        at: Timestamp,
        person: &str,
        note: &str,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO ticks (profile, item, from_ms, at_ms, person, note) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (profile, item, from_ms) DO NOTHING",
        )
        .bind(profile)
        .bind(item.as_str())
        .bind(from.as_millisecond())
        .bind(at.as_millisecond())
        .bind(person)
        .bind(note)
        .execute(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// The last run of this operation that has succeeded and ended from one moment on and before another, and when.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn succeeded_within(
        &self,
        profile: &str,
        operation: Operation,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Option<(i64, Timestamp)>> {
        let row = sqlx::query(
            "SELECT id, ended_ms FROM runs
             WHERE profile = ? AND operation = ? AND outcome = 'succeeded' AND ended_ms >= ? AND ended_ms < ?
             ORDER BY id DESC LIMIT 1",
        )
        .bind(profile)
        .bind(operation.as_str())
        .bind(from.as_millisecond())
        .bind(until.as_millisecond())
        .fetch_optional(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(row.map(|row| (row.get(0), time(row.get(1)))))
    }

    /// The last backup, of whatever kind but a safety archive, that ended from one moment on and before
    /// another, and when.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn backed_up_within(
        &self,
        profile: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Option<(i64, Timestamp)>> {
        let row = sqlx::query(
            "SELECT id, ended_ms FROM runs
             WHERE profile = ? AND operation = ? AND outcome = 'succeeded' AND ended_ms >= ? AND ended_ms < ?
                 AND report ->> '$.archive.kind' IS NOT ?
             ORDER BY id DESC LIMIT 1",
        )
        .bind(profile)
        .bind(Operation::Backup.as_str())
        .bind(from.as_millisecond())
        .bind(until.as_millisecond())
        .bind(BackupKind::Safety.as_str())
        .fetch_optional(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(row.map(|row| (row.get(0), time(row.get(1)))))
    }

    /// When the first run of this operation ended that has succeeded.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn first_succeeded(
        &self,
        profile: &str,
        operation: Operation,
    ) -> Result<Option<Timestamp>> {
        let at: Option<Option<i64>> = sqlx::query_scalar(
            "SELECT ended_ms FROM runs WHERE profile = ? AND operation = ? AND outcome = 'succeeded'
             ORDER BY id LIMIT 1",
        )
        .bind(profile)
        .bind(operation.as_str())
        .fetch_optional(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(at.flatten().map(time))
    }
}
