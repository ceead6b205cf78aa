//! What the audit trail says about the second factor.

use aitta_model::AuditEntry;
use sqlx::Row;

use super::Catalog;
use crate::Result;

impl Catalog {
    /// The newest entries in which these words stand, newest first.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn audit_with(&self, words: &str) -> Result<Vec<AuditEntry>> {
        let rows =
            sqlx::query("SELECT body FROM audit WHERE instr(body, ?) > 0 ORDER BY entry DESC LIMIT 100")
                .bind(words)
                .fetch_all(&self.pool)
                .await
                .map_err(|e| self.failed(e))?;
        Ok(rows.iter().filter_map(|row| serde_json::from_str(&row.get::<String, _>(0)).ok()).collect())
    }

    /// The entries about enrolments and changes of the second factor, newest first. Those that can't be read are left
    /// out: `aitta audit verify` reports them.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn audit_of_mfa(&self) -> Result<Vec<AuditEntry>> {
        let rows = sqlx::query(
            r#"SELECT body FROM audit
               WHERE instr(body, '"operation":"mfa_enroll"') > 0 OR instr(body, '"operation":"mfa_change"') > 0
               ORDER BY entry DESC"#,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(rows.iter().filter_map(|row| serde_json::from_str(&row.get::<String, _>(0)).ok()).collect())
    }
}
