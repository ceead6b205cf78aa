//! What the audit trail keeps of a run: its numbers, by name.

use std::collections::BTreeMap;

use crate::{
    AcceptReport, BackupKind, BackupReport, CatalogReport, CleanupReport, CopyReport, DeleteReport,
    DisownReport, HoldReport, HookRun, NoticeEvent, PauseReport, PruneReport, PrunedPlace, PutBackReport,
    RestoreReport, RotationReport, Tidings, VerifyResult,
};

/// A report of a run. Each says for itself what the trail keeps of it, so that a new kind of run can't be written
/// without a thought on that.
pub trait Figures {
    /// The numbers by their names. These stand in trails that can't be changed, so that a name keeps its meaning.
    fn figures(&self) -> BTreeMap<String, u64>;

    /// What people are told of it; `None` for what nobody waits for. Whatever was found to be wrong ends a run with its
    /// error, and is told by that.
    fn tidings(&self) -> Option<Tidings>;
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

    fn tidings(&self) -> Option<Tidings> {
        let archive = &self.archive;
        // A safety archive is a part of a restore.
        if archive.kind.as_ref().is_some_and(|kind| kind.is(BackupKind::Safety)) {
            return None;
        }
        Some(Tidings {
            archive: Some(archive.id.clone()),
            tables: self.tables.iter().map(|table| table.name.clone()).collect(),
            rows: archive.rows,
            size_bytes: Some(archive.size_bytes),
            duration_ms: Some(self.duration_ms),
            failure: self.hook_failure.clone(),
            ..Tidings::of(NoticeEvent::BackupCreated)
        })
    }
}

impl Figures for VerifyResult {
    fn figures(&self) -> BTreeMap<String, u64> {
        named([("rows", self.rows)])
    }

    fn tidings(&self) -> Option<Tidings> {
        // One that was deleted before its turn came was not read.
        if self.bytes_read == 0 {
            return None;
        }
        let verified = Tidings::of(NoticeEvent::BackupVerified);
        Some(Tidings { archive: Some(self.id.clone()), rows: self.rows, ..verified })
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

    fn tidings(&self) -> Option<Tidings> {
        Some(Tidings {
            archive: Some(self.archive.clone()),
            tables: self.proofs.iter().map(|proof| proof.name.clone()).collect(),
            rows: Some(self.proofs.iter().map(|proof| proof.target_rows).sum()),
            size_bytes: Some(self.archive_bytes),
            duration_ms: Some(self.duration_ms),
            failure: self.hook_failure.clone(),
            ..Tidings::of(NoticeEvent::RestoreCompleted)
        })
    }
}

impl Figures for CleanupReport {
    fn figures(&self) -> BTreeMap<String, u64> {
        BTreeMap::new()
    }

    fn tidings(&self) -> Option<Tidings> {
        None
    }
}

impl Figures for DeleteReport {
    fn figures(&self) -> BTreeMap<String, u64> {
        named([("freed_bytes", Some(self.freed_bytes))])
    }

    fn tidings(&self) -> Option<Tidings> {
        None
    }
}

impl Figures for AcceptReport {
    fn figures(&self) -> BTreeMap<String, u64> {
        named([("tables", Some(self.tables.len() as u64))])
    }

    fn tidings(&self) -> Option<Tidings> {
        None
    }
}

impl Figures for PruneReport {
    /// Of all stores together: an archive that lies in two counts twice.
    fn figures(&self) -> BTreeMap<String, u64> {
        let sum = |of: fn(&PrunedPlace) -> u64| Some(self.places.iter().map(of).sum());
        named([
            ("put_away", sum(|place| place.put_away.len() as u64)),
            ("deleted", sum(|place| place.deleted.len() as u64)),
            ("freed_bytes", sum(|place| place.freed_bytes)),
        ])
    }

    fn tidings(&self) -> Option<Tidings> {
        let held_back = self.places.iter().any(|place| place.held_back > 0);
        held_back.then(|| Tidings::of(NoticeEvent::PruneHeldBack))
    }
}

impl Figures for PauseReport {
    fn figures(&self) -> BTreeMap<String, u64> {
        BTreeMap::new()
    }

    fn tidings(&self) -> Option<Tidings> {
        None
    }
}

impl Figures for PutBackReport {
    fn figures(&self) -> BTreeMap<String, u64> {
        named([("places", Some(self.places.len() as u64))])
    }

    fn tidings(&self) -> Option<Tidings> {
        None
    }
}

impl Figures for HoldReport {
    fn figures(&self) -> BTreeMap<String, u64> {
        named([("held", Some(self.held.len() as u64)), ("released", Some(self.released.len() as u64))])
    }

    fn tidings(&self) -> Option<Tidings> {
        None
    }
}

impl Figures for DisownReport {
    fn figures(&self) -> BTreeMap<String, u64> {
        BTreeMap::new()
    }

    fn tidings(&self) -> Option<Tidings> {
        None
    }
}

impl Figures for CatalogReport {
    fn figures(&self) -> BTreeMap<String, u64> {
        named([("archives", Some(self.archives))])
    }

    fn tidings(&self) -> Option<Tidings> {
        None
    }
}

impl Figures for CopyReport {
    fn figures(&self) -> BTreeMap<String, u64> {
        named([("archives", self.archives)])
    }

    fn tidings(&self) -> Option<Tidings> {
        None
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

    fn tidings(&self) -> Option<Tidings> {
        let failure = self.unreadable.first().map(|(_, failure)| failure.clone());
        Some(Tidings { duration_ms: Some(self.duration_ms), failure, ..Tidings::of(NoticeEvent::KeyRotated) })
    }
}

impl Figures for HookRun {
    fn figures(&self) -> BTreeMap<String, u64> {
        named([("duration_ms", Some(self.duration_ms))])
    }

    fn tidings(&self) -> Option<Tidings> {
        None
    }
}

#[cfg(test)]
mod tests;
