//! The audit trail as the catalog keeps it.

use aitta_keys::KeyRing;
use aitta_model::{AuditEntry, Command, ErrorCode, Operation, Timestamp};
use futures::stream::TryStreamExt;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, SqliteConnection};

use super::chain::{HEAD_LABEL, LABEL, Link, START, message};
use super::{Catalog, primary_code};
use crate::{Error, Result};

/// An entry as it lies in the file, where anything may stand.
pub(crate) struct StoredLink {
    pub(crate) entry: i64,
    pub(crate) body: Vec<u8>,
    pub(crate) hash: Vec<u8>,
    pub(crate) tag: Option<Vec<u8>>,
}

/// The signed end of the chain as it lies in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) entry: i64,
    pub(crate) hash: String,
    pub(crate) key_id: String,
    pub(crate) tag: String,
}

impl Catalog {
    /// Adds an entry at the end, signed when there are keys; its number is given here. The row of `run` gets the number
    /// of the entry that began it. All of it happens or nothing, and one process at a time.
    ///
    /// # Errors
    /// `audit_failed`.
    pub(crate) async fn append_audit(
        &self,
        mut entry: AuditEntry,
        keys: Option<&KeyRing>,
        run: Option<i64>,
    ) -> Result<(Link, AuditEntry)> {
        let new_chain = random_id()?;
        let work = async {
            // Locks out other writers from the read of the last entry on.
            let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let last = sqlx::query("SELECT entry, CAST(hash AS BLOB) FROM audit ORDER BY entry DESC LIMIT 1")
                .fetch_optional(&mut *transaction)
                .await?;
            let (number, before) =
                last.map_or((0, START.to_owned()), |row| (row.get::<i64, _>(0), text(&row, 1)));
            entry.entry = number.unsigned_abs() + 1;
            entry.chain = (number == 0).then_some(new_chain);
            entry.signed_by = keys.map(|keys| keys.active_id().to_string());
            let body = serde_json::to_string(&entry).map_err(|e| sqlx::Error::Encode(e.into()))?;
            let link = Link::new(&before, entry.entry, body);
            let tag = keys.map(|keys| keys.sign(LABEL, &link.message()).1);
            sqlx::query::<Sqlite>("INSERT INTO audit (entry, body, hash, tag) VALUES (?, ?, ?, ?)")
                .bind(link.entry.cast_signed())
                .bind(&link.body)
                .bind(&link.hash)
                .bind(tag)
                .execute(&mut *transaction)
                .await?;
            if let Some(keys) = keys {
                sign_end(&mut transaction, &link, keys).await?;
            }
            if let Some(run) = run {
                sqlx::query("UPDATE runs SET audit = ? WHERE id = ?")
                    .bind(link.entry.cast_signed())
                    .bind(run)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
            Ok(link)
        };
        let link = work.await.map_err(|e| self.audit_failed(e))?;
        Ok((link, entry))
    }

    /// One entry.
    ///
    /// # Errors
    /// `audit_failed`.
    pub(crate) async fn audit_link(&self, entry: i64) -> Result<Option<Link>> {
        let row =
            sqlx::query("SELECT entry, CAST(body AS BLOB), CAST(hash AS BLOB) FROM audit WHERE entry = ?")
                .bind(entry)
                .fetch_optional(&self.pool)
                .await
                .map_err(|e| self.audit_failed(e))?;
        Ok(row.as_ref().map(link))
    }

    /// Whether an entry says how what this one began has ended.
    ///
    /// # Errors
    /// `audit_failed`.
    pub(crate) async fn has_ended(&self, begun: i64) -> Result<bool> {
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM audit
                            WHERE entry > ?1 AND json_valid(body) AND body ->> '$.begun' = ?1)",
        )
        .bind(begun)
        .fetch_one(&self.pool)
        .await
        .map_err(|e| self.audit_failed(e))
    }

    /// The entry that says how what this one began has ended.
    ///
    /// # Errors
    /// `audit_failed`.
    pub(crate) async fn audit_end(&self, begun: u64) -> Result<Option<Link>> {
        let row = sqlx::query(
            "SELECT entry, CAST(body AS BLOB), CAST(hash AS BLOB) FROM audit
             WHERE entry > ?1 AND json_valid(body) AND body ->> '$.begun' = ?1 ORDER BY entry LIMIT 1",
        )
        .bind(begun.cast_signed())
        .fetch_optional(&self.pool)
        .await
        .map_err(|e| self.audit_failed(e))?;
        Ok(row.as_ref().map(link))
    }

    /// The id of the key that is said to have signed the last entry about a profile that bears a signature.
    ///
    /// # Errors
    /// `audit_failed`.
    pub(crate) async fn last_signer(&self, profile: &str) -> Result<Option<String>> {
        sqlx::query_scalar(
            "SELECT CAST(body ->> '$.signed_by' AS TEXT) FROM audit
             WHERE json_valid(body) AND body ->> '$.profile' = ? AND body ->> '$.signed_by' IS NOT NULL
             ORDER BY entry DESC LIMIT 1",
        )
        .bind(profile)
        .fetch_optional(&self.pool)
        .await
        .map_err(|e| self.audit_failed(e))
    }

    /// When the trail says that a key was destroyed; the last time, if there are several.
    ///
    /// # Errors
    /// `audit_failed`.
    pub(crate) async fn destroyed_by_trail(&self, key_id: &str) -> Result<Option<Timestamp>> {
        let body: Option<String> = sqlx::query_scalar(
            "SELECT body FROM audit
             WHERE json_valid(body) AND body ->> '$.operation' = ?1 AND body ->> '$.target' = ?2
                   AND body ->> '$.stage' = 'ended' AND body ->> '$.outcome' = 'succeeded'
             ORDER BY entry DESC LIMIT 1",
        )
        .bind(Operation::KeyDestroy.as_str())
        .bind(key_id)
        .fetch_optional(&self.pool)
        .await
        .map_err(|e| self.audit_failed(e))?;
        Ok(body.and_then(|body| serde_json::from_str::<AuditEntry>(&body).ok()).map(|entry| entry.at))
    }

    /// The archives of the store at `location` that the trail says somebody has disowned.
    ///
    /// # Errors
    /// `audit_failed`.
    pub(crate) async fn disowned_by_trail(&self, location: &str) -> Result<Vec<String>> {
        sqlx::query_scalar(
            "SELECT DISTINCT body ->> '$.archive' FROM audit
             WHERE json_valid(body) AND body ->> '$.operation' = ?1 AND body ->> '$.target' = ?2
                   AND body ->> '$.stage' = 'ended' AND body ->> '$.outcome' = 'succeeded'
                   AND body ->> '$.archive' IS NOT NULL",
        )
        .bind(Operation::Disown.as_str())
        .bind(location)
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.audit_failed(e))
    }

    /// Shows all entries to `see`, in the order of their numbers, and returns the signed end, all as it was at one
    /// moment.
    ///
    /// # Errors
    /// `audit_failed`.
    pub(crate) async fn read_audit(&self, mut see: impl FnMut(StoredLink) + Send) -> Result<Option<Head>> {
        let work = async {
            let mut transaction = self.pool.begin().await?;
            let head = match head(&mut transaction).await {
                // Without its table there is no signed end; the entries may still be there.
                Err(error) if is_taken_apart(&error) => None,
                other => other?,
            };
            let mut rows = sqlx::query(
                "SELECT entry, CAST(body AS BLOB), CAST(hash AS BLOB), CAST(tag AS BLOB) FROM audit ORDER BY entry",
            )
            .fetch(&mut *transaction);
            while let Some(row) = rows.try_next().await? {
                see(StoredLink { entry: row.get(0), body: row.get(1), hash: row.get(2), tag: row.get(3) });
            }
            Ok(head)
        };
        work.await.map_err(|e| self.audit_failed(e))
    }

    /// Whether one of the tables of the trail is not there. Aitta makes them once and never takes them away.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(super) async fn is_trail_gone(&self) -> Result<bool> {
        let there: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('audit', 'audit_head')",
        )
        .fetch_one(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(there < 2)
    }

    fn audit_failed(&self, error: sqlx::Error) -> Error {
        if is_taken_apart(&error) {
            let path = self.path.display();
            return Error::new(
                ErrorCode::AuditFailed,
                format!("somebody has taken the audit trail in {path} apart: {error}"),
                format!(
                    "delete nothing: {path} and the files beside it are the evidence. Copy them to a safe \
                     place, find out who wrote to them, and see with {audit_verify} what the archives \
                     prove of the trail. Then {catalog_rebuild} sets the file aside and begins a new trail \
                     that says so; the history of runs stays in the file that was set aside",
                    audit_verify = Command::AuditVerify,
                    catalog_rebuild = Command::CatalogRebuild
                ),
            )
            .with_source(error);
        }
        let cause = self.failed(error);
        Error::new(ErrorCode::AuditFailed, cause.to_string(), cause.hint().to_owned()).with_source(cause)
    }
}

/// Whether a table or column of the trail is missing: our statements are always the same, so only a schema that
/// somebody has changed makes SQLite find an error in them.
fn is_taken_apart(error: &sqlx::Error) -> bool {
    const ERROR: &str = "1"; // SQLITE_ERROR: https://sqlite.org/rescode.html#error
    matches!(error, sqlx::Error::Database(e) if primary_code(e.as_ref()).is_some_and(|code| code == ERROR))
}

/// Whether an error of [`Catalog::read_audit`] says that the trail itself is gone.
pub(crate) fn is_trail_gone(error: &Error) -> bool {
    std::error::Error::source(error).and_then(|e| e.downcast_ref()).is_some_and(is_taken_apart)
}

/// Signs the end of the chain. An end that differs from its signature stays as it is: the next honest entry must not
/// mend what somebody has broken.
async fn sign_end(connection: &mut SqliteConnection, link: &Link, keys: &KeyRing) -> sqlx::Result<()> {
    if let Some(head) = head(connection).await? {
        let row = sqlx::query("SELECT CAST(hash AS BLOB) FROM audit WHERE entry = ?")
            .bind(head.entry)
            .fetch_optional(&mut *connection)
            .await?;
        let signed = message(head.entry.unsigned_abs(), &head.hash);
        let is_there = row.is_some_and(|row| text(&row, 0) == head.hash);
        // Without its key a signature can't be checked.
        if !is_there || keys.is_signed(HEAD_LABEL, &signed, &head.key_id, &head.tag) == Some(false) {
            tracing::error!(entry = head.entry, "the end of the audit trail is not as it was signed");
            return Ok(());
        }
    } else if sqlx::query("SELECT 1 FROM audit WHERE tag IS NOT NULL AND entry < ? LIMIT 1")
        .bind(link.entry.cast_signed())
        .fetch_optional(&mut *connection)
        .await?
        .is_some()
    {
        tracing::error!("the end of the audit trail is gone");
        return Ok(());
    }
    let (key_id, tag) = keys.sign(HEAD_LABEL, &link.message());
    sqlx::query(
        "INSERT INTO audit_head (one, entry, hash, key_id, tag) VALUES (1, ?, ?, ?, ?)
         ON CONFLICT (one) DO UPDATE SET entry = excluded.entry, hash = excluded.hash,
             key_id = excluded.key_id, tag = excluded.tag",
    )
    .bind(link.entry.cast_signed())
    .bind(&link.hash)
    .bind(key_id)
    .bind(tag)
    .execute(connection)
    .await?;
    Ok(())
}

async fn head(connection: &mut SqliteConnection) -> sqlx::Result<Option<Head>> {
    let row = sqlx::query(
        "SELECT entry, CAST(hash AS BLOB), CAST(key_id AS BLOB), CAST(tag AS BLOB) FROM audit_head",
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Head {
        entry: row.get(0),
        hash: text(&row, 1),
        key_id: text(&row, 2),
        tag: text(&row, 3),
    }))
}

fn link(row: &SqliteRow) -> Link {
    Link { entry: row.get::<i64, _>(0).unsigned_abs(), body: text(row, 1), hash: text(row, 2) }
}

/// Text that somebody may have written who does not care about UTF-8.
fn text(row: &SqliteRow, column: usize) -> String {
    String::from_utf8_lossy(row.get(column)).into_owned()
}

fn random_id() -> Result<String> {
    let random: [u8; 16] = aitta_base::random()?;
    Ok(hex::encode(random))
}
