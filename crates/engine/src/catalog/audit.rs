//! The audit trail as the catalog keeps it.

use aitta_model::{AuditEntry, ErrorCode};
use sqlx::{Row, Sqlite};

use super::Catalog;
use crate::audit::{Link, START};
use crate::{Error, Result};

impl Catalog {
    /// Adds an entry at the end; its number is given here. One process at a time.
    ///
    /// # Errors
    /// `audit_failed`.
    pub(crate) async fn append_audit(&self, mut entry: AuditEntry) -> Result<(Link, AuditEntry)> {
        let work = async {
            // Locks out other writers from the read of the last entry on.
            let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let last = sqlx::query("SELECT entry, hash FROM audit ORDER BY entry DESC LIMIT 1")
                .fetch_optional(&mut *transaction)
                .await?;
            let (number, before) =
                last.map_or((0, START.to_owned()), |row| (row.get::<i64, _>(0), row.get(1)));
            entry.entry = number.unsigned_abs() + 1;
            let body = serde_json::to_string(&entry).map_err(|e| sqlx::Error::Encode(e.into()))?;
            let link = Link::new(&before, entry.entry, body);
            sqlx::query::<Sqlite>("INSERT INTO audit (entry, body, hash) VALUES (?, ?, ?)")
                .bind(link.entry.cast_signed())
                .bind(&link.body)
                .bind(&link.hash)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(link)
        };
        let link = work.await.map_err(|e| self.audit_failed(e))?;
        Ok((link, entry))
    }

    /// Enters the signature of the chain up to this link, unless a later one is signed already.
    ///
    /// # Errors
    /// `audit_failed`.
    pub(crate) async fn sign_audit(&self, link: &Link, key_id: &str, tag: &str) -> Result<()> {
        sqlx::query(
            "INSERT INTO audit_head (one, entry, hash, key_id, tag) VALUES (1, ?, ?, ?, ?)
             ON CONFLICT (one) DO UPDATE SET entry = excluded.entry, hash = excluded.hash,
                 key_id = excluded.key_id, tag = excluded.tag
             WHERE excluded.entry >= audit_head.entry",
        )
        .bind(link.entry.cast_signed())
        .bind(&link.hash)
        .bind(key_id)
        .bind(tag)
        .execute(&self.pool)
        .await
        .map_err(|e| self.audit_failed(e))?;
        Ok(())
    }

    /// One entry.
    ///
    /// # Errors
    /// `audit_failed`.
    pub(crate) async fn audit_link(&self, entry: i64) -> Result<Option<Link>> {
        let row = sqlx::query("SELECT entry, body, hash FROM audit WHERE entry = ?")
            .bind(entry)
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.audit_failed(e))?;
        Ok(row.map(|row| Link {
            entry: row.get::<i64, _>(0).unsigned_abs(),
            body: row.get(1),
            hash: row.get(2),
        }))
    }

    fn audit_failed(&self, error: sqlx::Error) -> Error {
        let cause = self.failed(error);
        Error::new(ErrorCode::AuditFailed, cause.to_string(), cause.hint().to_owned()).with_source(cause)
    }
}
