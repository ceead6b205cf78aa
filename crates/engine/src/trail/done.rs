//! What the entries of the trail come to: operations from their begin to their end, and rehearsals.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use aitta_model::{AuditEntry, AuditStage, Operation, ReasonCode, RunOutcome, Timestamp, Word};

/// What the note of a proof says, among what else is worth knowing of it.
pub(crate) const PROOF: &str = "a proof, dropped again";

/// An operation from its begin to its end.
pub(super) struct Done {
    pub(super) begun: AuditEntry,
    pub(super) ended: Option<AuditEntry>,
}

impl Done {
    /// Whether it was a restore for a proof alone, however it ended.
    pub(super) fn is_proof(&self) -> bool {
        self.begun.note.as_deref().is_some_and(|note| note.contains(PROOF))
    }

    /// How it ended; absent where the process is at work or gone.
    pub(super) fn outcome(&self) -> Option<&Word<RunOutcome>> {
        self.ended.as_ref()?.outcome.as_ref()
    }

    pub(super) fn is(&self, operations: &[Operation]) -> bool {
        operations.iter().any(|operation| self.begun.operation == *operation)
    }

    pub(super) fn archive(&self) -> Option<&str> {
        self.ended.as_ref().and_then(|e| e.archive.as_deref()).or(self.begun.archive.as_deref())
    }
}

/// The operations that began with these entries, in their order.
pub(super) fn operations(entries: &[AuditEntry], within: impl Fn(&AuditEntry) -> bool) -> Vec<Done> {
    let mut ends: HashMap<u64, &AuditEntry> = HashMap::new();
    for entry in entries.iter().filter(|entry| entry.stage == AuditStage::Ended) {
        let Some(begun) = entry.begun else { continue };
        match ends.entry(begun) {
            Entry::Vacant(free) => drop(free.insert(entry)),
            // What bears no signature takes no signed end's place.
            Entry::Occupied(mut end) if entry.signed_by.is_some() || end.get().signed_by.is_none() => {
                end.insert(entry);
            }
            Entry::Occupied(_) => {}
        }
    }
    let begun = entries.iter().filter(|entry| within(entry));
    begun
        .filter_map(|entry| match entry.stage {
            AuditStage::Begun => {
                let is_its_end =
                    |end: &&AuditEntry| end.operation == entry.operation && end.profile == entry.profile;
                Some(Done {
                    begun: entry.clone(),
                    ended: ends.remove(&entry.entry).filter(is_its_end).cloned(),
                })
            }
            // It was over as soon as it began.
            AuditStage::Event if entry.operation != Operation::MfaRefused => {
                Some(Done { begun: entry.clone(), ended: Some(entry.clone()) })
            }
            _ => None,
        })
        .collect()
}

/// When a recovery was last rehearsed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rehearsed {
    /// The last restore of everything that was proven.
    pub(super) restored: Option<Timestamp>,
    /// The last one of them whose reason was a drill.
    pub(super) drilled: Option<Timestamp>,
}

impl Rehearsed {
    /// By the entries before `until` that are about this profile.
    pub(super) fn of(entries: &[AuditEntry], profile: &str, until: Timestamp) -> Self {
        // Chosen tables prove no recovery. Trails of earlier versions don't say which it was.
        let whole = |entry: &AuditEntry| entry.figures.get("whole") != Some(&0);
        let is_restore = |entry: &&AuditEntry| {
            entry.at < until
                && entry.succeeded()
                && entry.operation == Operation::Restore
                && entry.profile.as_deref() == Some(profile)
                && whole(entry)
        };
        let restores = || entries.iter().filter(is_restore);
        Self {
            restored: restores().next_back().map(|entry| entry.at),
            drilled: restores().rfind(|entry| is_drill(entry)).map(|entry| entry.at),
        }
    }
}

fn is_drill(entry: &AuditEntry) -> bool {
    entry.reason.as_ref().is_some_and(|reason| reason.code == ReasonCode::Drill)
}
