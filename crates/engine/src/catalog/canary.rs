//! Tests of keys, and which profile has used which key.

use aitta_model::KeyCanary;
use sqlx::Row;

use super::{Catalog, time};
use crate::Result;

impl Catalog {
    /// Enters the last test of a key.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn note_canary(&self, profile: &str, key_id: &str, canary: &KeyCanary) -> Result<()> {
        let failure = canary.failure.as_ref().and_then(|failure| serde_json::to_string(failure).ok());
        sqlx::query(
            "INSERT INTO canary (profile, key_id, at_ms, archive, failure) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (profile, key_id) DO UPDATE SET at_ms = excluded.at_ms, archive = excluded.archive,
                 failure = excluded.failure",
        )
        .bind(profile)
        .bind(key_id)
        .bind(canary.at.as_millisecond())
        .bind(&canary.archive)
        .bind(failure)
        .execute(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// The last test of a key; `None` when it was never tested.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn canary(&self, profile: &str, key_id: &str) -> Result<Option<KeyCanary>> {
        let row = sqlx::query("SELECT at_ms, archive, failure FROM canary WHERE profile = ? AND key_id = ?")
            .bind(profile)
            .bind(key_id)
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(row.and_then(|row| {
            let failure = match row.get::<Option<String>, _>(2) {
                // A finding that can't be read must not count as "all is well".
                Some(text) => Some(serde_json::from_str(&text).ok()?),
                None => None,
            };
            Some(KeyCanary { at: time(row.get(0)), archive: row.get(1), failure })
        }))
    }

    /// The profiles that have locked archives with a key.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn profiles_of_key(&self, key_id: &str) -> Result<Vec<String>> {
        let rows = sqlx::query("SELECT profile FROM keys WHERE key_id = ? ORDER BY profile")
            .bind(key_id)
            .fetch_all(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }
}
