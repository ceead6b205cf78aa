//! Evidence, and the state of an archive that follows from it.

use std::collections::HashMap;

use aitta_model::{ArchiveState, Depth, Evidence, Word};
use jiff::Timestamp;
use sqlx::Row;

use super::{Catalog, time};
use crate::Result;

/// The state that follows from `evidence`, in any order, of an archive that lies in the store whole.
///
/// Damage stays until a check of at least the same depth finds none: a content check clears any finding, the others
/// only one of their own depth, or of a sample. A restore of an earlier version may have read a single table.
#[must_use]
pub fn state(evidence: &[Evidence]) -> ArchiveState {
    let well = |e: &Evidence| e.finding.is_empty();
    let looks_closer = |e: &Evidence, finding: &Evidence| {
        e.depth == finding.depth
            || e.depth == Depth::Content
            || (e.depth == Depth::Stored && finding.depth == Depth::Sampled)
    };
    let answered = |finding: &Evidence| {
        evidence.iter().any(|e| well(e) && e.at > finding.at && looks_closer(e, finding))
    };
    let newest =
        |wanted: &dyn Fn(&Evidence) -> bool| evidence.iter().filter(|e| wanted(e)).map(|e| e.at).max();
    if let Some(at) = newest(&|e| !well(e) && !answered(e)) {
        ArchiveState::Damaged(at)
    } else if let Some(at) = newest(&|e| well(e) && e.depth == Depth::Restored) {
        ArchiveState::Restored(at)
    } else if let Some(at) = newest(&well) {
        ArchiveState::Verified(at)
    } else {
        ArchiveState::Stored
    }
}

impl Catalog {
    /// Enters what a check found; an empty `finding` says that all was well.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub async fn record_evidence(
        &self,
        store: &str,
        archive: &str,
        depth: Depth,
        finding: &str,
        at: Timestamp,
    ) -> Result<()> {
        sqlx::query("INSERT INTO evidence (store, archive, at_ms, depth, finding) VALUES (?, ?, ?, ?, ?)")
            .bind(store)
            .bind(archive)
            .bind(at.as_millisecond())
            .bind(depth.as_str())
            .bind(finding)
            .execute(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// What is known about one archive, newest first.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub async fn evidence(&self, store: &str, archive: &str) -> Result<Vec<Evidence>> {
        let rows = sqlx::query(
            "SELECT at_ms, depth, finding FROM evidence WHERE store = ? AND archive = ?
             ORDER BY at_ms DESC, id DESC",
        )
        .bind(store)
        .bind(archive)
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(rows
            .iter()
            .map(|row| Evidence { at: time(row.get(0)), depth: word(row.get(1)), finding: row.get(2) })
            .collect())
    }

    /// When every byte of an archive of this store was last read and found well.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub async fn last_read_whole(&self, store: &str) -> Result<Option<Timestamp>> {
        let newest: Option<i64> = sqlx::query_scalar(
            "SELECT max(at_ms) FROM evidence WHERE store = ? AND finding = '' AND depth IN ('stored', 'content')",
        )
        .bind(store)
        .fetch_one(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(newest.map(time))
    }

    /// The evidence of every archive of a store.
    pub(super) async fn all_evidence(&self, store: &str) -> Result<HashMap<String, Vec<Evidence>>> {
        let rows: Vec<(String, i64, String, String)> = self
            .at_once(
                "SELECT json_group_array(json_array(archive, at_ms, depth, finding)) FROM evidence WHERE store = ?",
                store,
            )
            .await?;
        let mut found: HashMap<String, Vec<Evidence>> = HashMap::new();
        for (archive, at, depth, finding) in rows {
            found.entry(archive).or_default().push(Evidence { at: time(at), depth: word(depth), finding });
        }
        Ok(found)
    }
}

fn word(text: String) -> Word<Depth> {
    Word::read(text)
}
