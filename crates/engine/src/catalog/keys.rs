//! Since when vault keys are used.

use aitta_model::Timestamp;
use sqlx::Row;

use super::{Catalog, time};
use crate::Result;

impl Catalog {
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
}
