//! Archives that were seen.

use std::collections::HashMap;

use aitta_model::{ArchiveState, ArchiveSummary, Evidence, HoldKind, Operation, Word};
use serde::Deserialize;
use sqlx::Row;

use super::retention::moment;
use super::{Catalog, evidence, time};
use crate::Result;

/// Why an archive is held that was found.
const FOUND: &str = "it was found in a store, and whether it is to stay is not known here";

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
    /// Enters an archive that was found, or replaces its entry. Its evidence stays. The state is not kept: it follows from
    /// the evidence. One whose backup is known in no store is held: what was to stay before the catalog was made, or
    /// elsewhere, is not known here.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub async fn enter_archive(&self, store: &str, archive: &ArchiveSummary) -> Result<()> {
        self.enter(store, archive, true).await
    }

    /// Enters an archive that was made here.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn enter_made(&self, store: &str, archive: &ArchiveSummary) -> Result<()> {
        self.enter(store, archive, false).await
    }

    async fn enter(&self, store: &str, archive: &ArchiveSummary, was_found: bool) -> Result<()> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.failed(e))?;
        if was_found {
            // In the step of the entry: an archive that is entered and not held would go by the rules.
            sqlx::query(
                "INSERT INTO holds (moment, kind, archive, reason, person, since_ms, until_ms)
                 SELECT ?1, ?2, ?3, ?4, NULL, unixepoch() * 1000, NULL
                 WHERE NOT EXISTS (SELECT 1 FROM archives WHERE id >= ?1 || '-' AND id < ?1 || '.')
                 ON CONFLICT (moment, kind) DO NOTHING",
            )
            .bind(moment(&archive.id))
            .bind(HoldKind::Rebuilt.to_string())
            .bind(&archive.id)
            .bind(FOUND)
            .execute(&mut *transaction)
            .await
            .map_err(|e| self.failed(e))?;
        }
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
        .execute(&mut *transaction)
        .await
        .map_err(|e| self.failed(e))?;
        transaction.commit().await.map_err(|e| self.failed(e))
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
        let rows: Vec<Entered> = self
            .at_once(
                "SELECT json_group_array(json_array(id, created_ms, kind, reason, engine, database, complete, tables,
                                                    row_count, size_bytes, duration_ms, checksum, place))
                 FROM archives WHERE store = ?",
                store,
            )
            .await?;
        let mut entries = HashMap::with_capacity(rows.len());
        for row in rows {
            let mut summary = summary(row);
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
        // Nobody has to hear any more of what was wrong with it.
        sqlx::query("DELETE FROM troubles WHERE what = ?")
            .bind(format!("{} {archive}", Operation::Verify))
            .execute(&mut *transaction)
            .await
            .map_err(|e| self.failed(e))?;
        transaction.commit().await.map_err(|e| self.failed(e))
    }

    /// Whether an archive was entered, and not forgotten since.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn is_entered(&self, store: &str, archive: &str) -> Result<bool> {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM archives WHERE store = ? AND id = ?)")
            .bind(store)
            .bind(archive)
            .fetch_one(&self.pool)
            .await
            .map_err(|e| self.failed(e))
    }
}

/// A row of `archives`, its columns in the order of the query.
#[derive(Deserialize)]
struct Entered {
    id: String,
    created_ms: i64,
    kind: Option<String>,
    reason: Option<String>,
    engine: Option<String>,
    database: Option<String>,
    complete: Option<i64>,
    tables: Option<i64>,
    row_count: Option<i64>,
    size_bytes: i64,
    duration_ms: Option<i64>,
    checksum: Option<String>,
    place: Option<String>,
}

fn summary(row: Entered) -> ArchiveSummary {
    let unsigned = |number: Option<i64>| number.and_then(|n| u64::try_from(n).ok());
    ArchiveSummary {
        id: row.id,
        created: time(row.created_ms),
        state: ArchiveState::Stored,
        kind: row.kind.map(Word::read),
        reason: row.reason,
        engine: row.engine.map(Word::read),
        database: row.database,
        complete: row.complete.map(|n| n != 0),
        tables: unsigned(row.tables),
        rows: unsigned(row.row_count),
        size_bytes: u64::try_from(row.size_bytes).unwrap_or_default(),
        duration_ms: unsigned(row.duration_ms),
        checksum: row.checksum,
        place: row.place,
    }
}

/// SQLite has no unsigned integers; nothing that is counted here comes near the limit.
pub(super) fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
