//! What stands behind the first break of the chain. It proves nothing any more, but what was done to it later must not
//! hide behind that: each entry is still checked against the one before it as that is stored, and by its signature.

use std::collections::{BTreeMap, BTreeSet};

use aitta_model::{AuditEntry, AuditStage, ChainFault, Operation};

use super::{Walk, needs_key};
use crate::catalog::StoredLink;
use crate::catalog::chain::{LABEL, hash, message};

/// The entries behind the first break.
pub(super) struct Rest {
    /// The hash of the entry before, as it is stored.
    before: Vec<u8>,
    last: i64,
    pub(super) faults: Vec<ChainFault>,
    /// By the id of a key that is not at hand: the entries that name it.
    unknown_keys: BTreeMap<String, Vec<u64>>,
    destroyed: BTreeSet<String>,
}

impl Rest {
    /// Goes on behind the last entry that is as it was written.
    pub(super) fn behind(hash: &str, last: usize) -> Self {
        Self {
            before: hash.as_bytes().to_vec(),
            last: i64::try_from(last).unwrap_or(i64::MAX),
            faults: Vec::new(),
            unknown_keys: BTreeMap::new(),
            destroyed: BTreeSet::new(),
        }
    }

    /// Goes behind an entry of which it is known what is wrong with it.
    pub(super) fn pass(&mut self, link: &StoredLink) {
        self.before.clone_from(&link.hash);
        self.last = link.entry;
    }

    /// One entry further.
    pub(super) fn step(&mut self, link: &StoredLink, walk: &Walk) {
        if let Err(what) = self.check(link, walk) {
            let entry = u64::try_from(link.entry).unwrap_or_default().max(1);
            self.faults.push(ChainFault { entry, what });
        }
        self.pass(link);
    }

    fn check(&mut self, link: &StoredLink, walk: &Walk) -> Result<(), String> {
        let next = self.last.saturating_add(1);
        if link.entry > next {
            let missing = u64::try_from(next).unwrap_or_default();
            let what = format!("it is missing: the next one there is entry {}", link.entry);
            self.faults.push(ChainFault { entry: missing.max(1), what });
        }
        let number = u64::try_from(link.entry).map_err(|_| "it has no number".to_owned())?;
        let follows = std::str::from_utf8(&self.before)
            .is_ok_and(|before| hash(before, number, &link.body).as_bytes() == link.hash);
        if !follows && link.entry <= next {
            return Err("its content does not match its hash and the entry before it".to_owned());
        }
        let body: AuditEntry =
            serde_json::from_slice(&link.body).map_err(|e| format!("it can't be understood: {e}"))?;
        if body.entry != number {
            return Err(format!("it calls itself entry {}", body.entry));
        }
        let (key_id, tag) = match (&body.signed_by, link.tag.as_deref()) {
            (Some(key_id), Some(tag)) => (key_id, tag),
            (Some(key_id), None) => return Err(format!("its signature by the key {key_id} was taken away")),
            (None, Some(_)) => return Err("it bears a signature, and names no key".to_owned()),
            (None, None) if needs_key(&body) => {
                return Err(format!(
                    "it records a {} without a signature, but that takes a key",
                    body.operation
                ));
            }
            (None, None) => return Ok(()),
        };
        let stored = std::str::from_utf8(&link.hash).unwrap_or_default();
        match walk.is_signed(LABEL, &message(number, stored), key_id, tag) {
            Some(true) => {
                let ended = body.stage == AuditStage::Ended && body.succeeded();
                if ended && body.operation == Operation::KeyDestroy {
                    self.destroyed.extend(body.target);
                }
                Ok(())
            }
            Some(false) => Err(format!("its signature is not one of the key {key_id}")),
            None => {
                self.unknown_keys.entry(key_id.clone()).or_default().push(number);
                Ok(())
            }
        }
    }

    /// All that is wrong behind the first break.
    pub(super) fn finish(mut self, walk: &Walk) -> Vec<ChainFault> {
        if walk.keys.is_some() {
            for (key_id, entries) in &self.unknown_keys {
                if !self.destroyed.contains(key_id) {
                    self.faults.extend(runs(entries).map(|(first, last)| claimed(key_id, first, last, None)));
                }
            }
        }
        self.faults
    }
}

/// Neighbours among these numbers, each run as its first and its last.
pub(super) fn runs(numbers: &[u64]) -> impl Iterator<Item = (u64, u64)> {
    numbers.chunk_by(|a, b| a + 1 == *b).filter_map(|run| Some((*run.first()?, *run.last()?)))
}

/// Entries that claim a signature of a key that is not at hand. `later` is the first one behind them that a key at hand
/// has signed: when that was written, they stood there as they do now.
pub(super) fn claimed(key_id: &str, first: u64, last: u64, later: Option<u64>) -> ChainFault {
    use aitta_keys::RETIRED_VARIABLE;
    use aitta_model::Command;
    let it = if first == last { "it claims".to_owned() } else { format!("it and those up to {last} claim") };
    let vouched = match later {
        Some(later) => format!("; they are older than entry {later}, which a key at hand has signed"),
        None => String::new(),
    };
    let what = format!(
        "{it} a signature by the key {key_id}, which is not at hand: if that is a key of yours, bring it back with \
         {key_import} or in {RETIRED_VARIABLE} and verify again; if not, it was forged{vouched}",
        key_import = Command::KeyImport
    );
    ChainFault { entry: first, what }
}
