//! Archives that were seen.

use std::collections::HashMap;

use aitta_model::{ArchiveState, ArchiveSummary, Evidence, Word};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Catalog, evidence, time};
use crate::Result;

/// What the catalog knows about an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogEntry {
    /// The line of the list, with the state that follows from the evidence; absent when there is
    /// evidence about an archive that was never entered.
    pub summary: Option<ArchiveSummary>,
    /// The evidence, in no order.
    pub evidence: Vec<Evidence>,
}

impl Catalog {
    /// Enters an archive, or replaces its entry. Its evidence stays. The state is not kept: it follows
    /// from the evidence.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub async fn enter_archive(&self, store: &str, archive: &ArchiveSummary) -> Result<()> {
        sqlx::query(
            "INSERT INTO archives (store, id, created_ms, kind, reason, engine, database, complete, tables,
                                   row_count, size_bytes, duration_ms, checksum, place)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (store, id) DO UPDATE SET
                 created_ms = excluded.created_ms, kind = excluded.kind, reason = excluded.reason,
                 engine = excluded.engine, database = excluded.database, complete = excluded.complete,
                 tables = excluded.tables, row_count = excluded.row_count, size_bytes = excluded.size_bytes,
                 duration_ms = coalesce(excluded.duration_ms, duration_ms), checksum = excluded.checksum,
                 place = excluded.place",
        )
        .bind(store)
        .bind(&archive.id)
        .bind(archive.created.as_millisecond())
        .bind(archive.kind.as_ref().map(Word::as_str))
        .bind(&archive.reason)
        .bind(archive.engine.as_ref().map(Word::as_str))
        .bind(&archive.database)
        .bind(archive.complete)
        .bind(archive.tables.map(signed))
        .bind(archive.rows.map(signed))
        .bind(signed(archive.size_bytes))
        .bind(archive.duration_ms.map(signed))
        .bind(&archive.checksum)
        .bind(&archive.place)
        .execute(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// Store and id of every archive of every store.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn all_archives(&self) -> Result<Vec<(String, String)>> {
        let rows = sqlx::query("SELECT store, id FROM archives ORDER BY store, id")
            .fetch_all(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Everything that is known about the archives of a store, by their ids.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub async fn archives(&self, store: &str) -> Result<HashMap<String, CatalogEntry>> {
        let mut evidence = self.all_evidence(store).await?;
        let rows = sqlx::query(
            "SELECT id, created_ms, kind, reason, engine, database, complete, tables, row_count, size_bytes,
                    duration_ms, checksum, place
             FROM archives WHERE store = ?",
        )
        .bind(store)
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        let mut entries = HashMap::with_capacity(rows.len());
        for row in rows {
            let mut summary = summary(&row);
            let evidence = evidence.remove(&summary.id).unwrap_or_default();
            summary.state = evidence::state(&evidence);
            entries.insert(summary.id.clone(), CatalogEntry { summary: Some(summary), evidence });
        }
        let unentered = evidence.into_iter().map(|(id, e)| (id, CatalogEntry { summary: None, evidence: e }));
        entries.extend(unentered);
        Ok(entries)
    }

    /// Drops an archive and its evidence.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub async fn forget_archive(&self, store: &str, archive: &str) -> Result<()> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.failed(e))?;
        for statement in [
            "DELETE FROM archives WHERE store = ? AND id = ?",
            "DELETE FROM evidence WHERE store = ? AND archive = ?",
        ] {
            sqlx::query(statement)
                .bind(store)
                .bind(archive)
                .execute(&mut *transaction)
                .await
                .map_err(|e| self.failed(e))?;
        }
        transaction.commit().await.map_err(|e| self.failed(e))
    }
}

fn summary(row: &SqliteRow) -> ArchiveSummary {
    let unsigned = |index: usize| row.get::<Option<i64>, _>(index).and_then(|n| u64::try_from(n).ok());
    ArchiveSummary {
        id: row.get(0),
        created: time(row.get(1)),
        state: ArchiveState::Stored,
        kind: row.get::<Option<String>, _>(2).map(Word::read),
        reason: row.get(3),
        engine: row.get::<Option<String>, _>(4).map(Word::read),
        database: row.get(5),
        complete: row.get(6),
        tables: unsigned(7),
        rows: unsigned(8),
        size_bytes: unsigned(9).unwrap_or_default(),
        duration_ms: unsigned(10),
        checksum: row.get(11),
        place: row.get(12),
    }
}

/// SQLite has no unsigned integers; nothing that is counted here comes near the limit.
pub(super) fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
