//! What the entries of the trail come to: operations from their begin to their end, and rehearsals.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use aitta_model::{AuditEntry, AuditStage, Operation, ReasonCode, RunOutcome, Timestamp, Word};

use crate::door;

/// What a proof notes first of itself; in the trail it follows the second factor.
pub(crate) const PROOF: &str = "a proof, dropped again";

/// An operation from its begin to its end.
pub(super) struct Done {
    pub(super) begun: AuditEntry,
    pub(super) ended: Option<AuditEntry>,
}

impl Done {
    /// Whether it was a restore for a proof alone, however it ended.
    pub(super) fn is_proof(&self) -> bool {
        is_proof(&self.begun)
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

/// Whether a restore that began so is one for a proof alone.
pub(crate) fn is_proof(begun: &AuditEntry) -> bool {
    // From the beginning: names that somebody has chosen, such as that of an exception, stand in notes, too.
    let of_proof = door::note(door::NEW_TARGET, Some(PROOF));
    begun.note.as_deref().is_some_and(|note| note.starts_with(&of_proof))
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

#[cfg(test)]
mod tests {
    use aitta_model::{Actor, Origin};

    use super::*;

    fn entry(number: u64, stage: AuditStage, note: Option<&str>) -> AuditEntry {
        AuditEntry {
            entry: number,
            at: Timestamp::UNIX_EPOCH,
            stage,
            begun: None,
            actor: Actor::default(),
            origin: Origin::CommandLine,
            operation: Operation::Restore.into(),
            profile: Some("shop".to_owned()),
            archive: None,
            tables: Vec::new(),
            target: None,
            reason: None,
            outcome: None,
            failure: None,
            figures: std::collections::BTreeMap::new(),
            note: note.map(str::to_owned),
            signed_by: None,
            chain: None,
            other_chains: Vec::new(),
        }
    }

    #[test]
    fn no_name_makes_a_restore_a_proof() {
        let is_proof =
            |note: &str| Done { begun: entry(1, AuditStage::Begun, Some(note)), ended: None }.is_proof();
        assert!(is_proof("second factor: none needed: the target is new; a proof, dropped again"));
        assert!(is_proof(
            "second factor: none needed: the target is new; a proof, dropped again; what others"
        ));
        assert!(!is_proof("second factor: exception \"x; a proof, dropped again\""));
        assert!(!is_proof("second factor: none needed: the target is new"));
    }

    /// Somebody who has the file of the catalog adds an end to the tail, which nothing signs.
    #[test]
    fn an_end_that_nothing_signs_takes_no_signed_ends_place() {
        let begun = AuditEntry { signed_by: Some("k".to_owned()), ..entry(1, AuditStage::Begun, None) };
        let end = |number, outcome: RunOutcome, key: Option<&str>| AuditEntry {
            begun: Some(1),
            outcome: Some(outcome.into()),
            signed_by: key.map(str::to_owned),
            ..entry(number, AuditStage::Ended, None)
        };
        let told = |ends: &[AuditEntry]| {
            let all: Vec<AuditEntry> = [begun.clone()].into_iter().chain(ends.iter().cloned()).collect();
            let done = operations(&all, |_| true);
            done.first().and_then(|done| done.outcome()?.known())
        };
        let (signed, forged) = (end(2, RunOutcome::Succeeded, Some("k")), end(3, RunOutcome::Failed, None));
        assert_eq!(told(&[signed.clone(), forged.clone()]), Some(RunOutcome::Succeeded));
        assert_eq!(told(&[forged.clone(), signed]), Some(RunOutcome::Succeeded));
        let of_another =
            AuditEntry { operation: Operation::Delete.into(), ..end(2, RunOutcome::Succeeded, None) };
        assert_eq!(told(&[of_another]), None, "a deletion ends no restore");
        assert_eq!(told(&[forged]), Some(RunOutcome::Failed), "without a key at hand ends bear none");
    }
}
