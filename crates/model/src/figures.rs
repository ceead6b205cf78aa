//! What the audit trail keeps of a run: its numbers, by name.

use std::collections::BTreeMap;

use crate::{
    AcceptReport, BackupReport, CatalogReport, CleanupReport, CopyReport, DeleteReport, DisownReport,
    RestoreReport, RotationReport, VerifyResult,
};

/// A report of a run. Each says for itself what the trail keeps of it, so that a new kind of run can't be written
/// without a thought on that.
pub trait Figures {
    /// The numbers by their names. These stand in trails that can't be changed, so that a name keeps its meaning.
    fn figures(&self) -> BTreeMap<String, u64>;
}

/// Those that are there.
fn named<const N: usize>(figures: [(&str, Option<u64>); N]) -> BTreeMap<String, u64> {
    figures.into_iter().filter_map(|(name, n)| Some((name.to_owned(), n?))).collect()
}

impl Figures for BackupReport {
    fn figures(&self) -> BTreeMap<String, u64> {
        let archive = &self.archive;
        named([
            ("rows", archive.rows),
            ("tables", archive.tables),
            ("size_bytes", Some(archive.size_bytes)),
            ("duration_ms", archive.duration_ms.or(Some(self.duration_ms))),
        ])
    }
}

impl Figures for VerifyResult {
    fn figures(&self) -> BTreeMap<String, u64> {
        named([("rows", self.rows)])
    }
}

impl Figures for RestoreReport {
    /// Rows and tables are those that were counted in the target; `whole` is 1 for a restore of everything.
    fn figures(&self) -> BTreeMap<String, u64> {
        named([
            ("rows", Some(self.proofs.iter().map(|proof| proof.target_rows).sum())),
            ("tables", Some(self.proofs.len() as u64)),
            ("read_bytes", Some(self.read_bytes)),
            ("duration_ms", Some(self.duration_ms)),
            ("whole", Some(u64::from(self.whole))),
        ])
    }
}

impl Figures for CleanupReport {
    fn figures(&self) -> BTreeMap<String, u64> {
        BTreeMap::new()
    }
}

impl Figures for DeleteReport {
    fn figures(&self) -> BTreeMap<String, u64> {
        named([("freed_bytes", Some(self.freed_bytes))])
    }
}

impl Figures for AcceptReport {
    fn figures(&self) -> BTreeMap<String, u64> {
        named([("tables", Some(self.tables.len() as u64))])
    }
}

impl Figures for DisownReport {
    fn figures(&self) -> BTreeMap<String, u64> {
        BTreeMap::new()
    }
}

impl Figures for CatalogReport {
    fn figures(&self) -> BTreeMap<String, u64> {
        named([("archives", Some(self.archives))])
    }
}

impl Figures for CopyReport {
    fn figures(&self) -> BTreeMap<String, u64> {
        named([("archives", self.archives)])
    }
}

impl Figures for RotationReport {
    fn figures(&self) -> BTreeMap<String, u64> {
        named([
            ("moved", Some(self.moved)),
            ("opened", Some(self.opened)),
            ("written_bytes", Some(self.written_bytes)),
            ("duration_ms", Some(self.duration_ms)),
        ])
    }
}

#[cfg(test)]
mod tests;
