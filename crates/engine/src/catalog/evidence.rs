//! Evidence, and the state of an archive that follows from it.

use std::collections::HashMap;

use aitta_model::{ArchiveState, Evidence};
use jiff::Timestamp;
use sqlx::Row;

use super::{Catalog, time};
use crate::Result;

/// How deep a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The store has confirmed each part by its checksum; header, footer, manifest and some frames were read back.
    Sampled,
    /// Every authentication tag, the layout and the checksum.
    Stored,
    /// Also every row and digest.
    Content,
    /// Data was restored and proven equal; of the tables that were asked for.
    Restored,
}

impl Depth {
    /// As it is printed and stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sampled => "sampled",
            Self::Stored => "stored",
            Self::Content => "content",
            Self::Restored => "restored",
        }
    }
}

/// The state that follows from `evidence`, in any order, of an archive that lies in the store whole.
///
/// Damage stays until a check that looked at least as closely finds none: a content check answers any
/// finding, the others only one of their own depth, or of a sample. A restore may have read a single table.
#[must_use]
pub fn state(evidence: &[Evidence]) -> ArchiveState {
    let well = |e: &Evidence| e.finding.is_empty();
    let is = |e: &Evidence, depth: Depth| e.depth == depth.as_str();
    let looks_closer = |e: &Evidence, finding: &Evidence| {
        e.depth == finding.depth
            || is(e, Depth::Content)
            || (is(e, Depth::Stored) && is(finding, Depth::Sampled))
    };
    let answered = |finding: &Evidence| {
        evidence.iter().any(|e| well(e) && e.at > finding.at && looks_closer(e, finding))
    };
    let newest =
        |wanted: &dyn Fn(&Evidence) -> bool| evidence.iter().filter(|e| wanted(e)).map(|e| e.at).max();
    if let Some(at) = newest(&|e| !well(e) && !answered(e)) {
        ArchiveState::Damaged(at)
    } else if let Some(at) = newest(&|e| well(e) && e.depth == Depth::Restored.as_str()) {
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
            .map(|row| Evidence { at: time(row.get(0)), depth: row.get(1), finding: row.get(2) })
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
        let rows = sqlx::query("SELECT archive, at_ms, depth, finding FROM evidence WHERE store = ?")
            .bind(store)
            .fetch_all(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        let mut found: HashMap<String, Vec<Evidence>> = HashMap::new();
        for row in rows {
            let evidence = Evidence { at: time(row.get(1)), depth: row.get(2), finding: row.get(3) };
            found.entry(row.get(0)).or_default().push(evidence);
        }
        Ok(found)
    }
}
