//! Which keys archives need: those at hand, each with the archives that it opens, and those that are missing.

use std::collections::{BTreeMap, BTreeSet};

use aitta_archive::ArchiveId;
use aitta_keys::KeyRing;
use aitta_model::{KeyRingReport, NeededKey};
use aitta_store::created_at;

use crate::reading::headers::ArchiveHeader;

/// What was found in headers. An archive that has copies counts once for each key.
#[derive(Default)]
pub(crate) struct Needs {
    at_hand: BTreeMap<String, BTreeSet<ArchiveId>>,
    missing: BTreeMap<String, BTreeSet<ArchiveId>>,
    closed: BTreeSet<ArchiveId>,
    unclear: BTreeSet<ArchiveId>,
}

impl Needs {
    /// Takes the header of an archive. A key is at hand only where it opens the archive; an id in a header says nothing.
    pub(crate) fn add(&mut self, archive: &ArchiveHeader, ring: Option<&KeyRing>) {
        let named: BTreeSet<String> = archive.key_ids().iter().map(ToString::to_string).collect();
        let held = |id: &String| ring.and_then(|ring| ring.held(id));
        let opening: Vec<&String> =
            named.iter().filter(|id| held(id).is_some_and(|key| archive.is_opened_by(&key))).collect();
        let missing: Vec<&String> = named.iter().filter(|id| held(id).is_none()).collect();
        match (opening.is_empty(), missing.is_empty()) {
            (false, _) => enter(&mut self.at_hand, opening, archive.id),
            (true, false) => {
                enter(&mut self.missing, missing, archive.id);
                self.closed.insert(archive.id);
            }
            (true, true) => drop(self.unclear.insert(archive.id)),
        }
    }

    /// Keys at hand, each with the archives that it opens.
    pub(crate) fn at_hand(&self) -> Vec<NeededKey> {
        listed(&self.at_hand)
    }

    /// Keys that are missing, each with the archives that name it and that no key at hand opens.
    pub(crate) fn missing(&self) -> Vec<NeededKey> {
        listed(&self.missing)
    }

    /// Archives that name missing keys, each once.
    pub(crate) fn closed(&self) -> u64 {
        self.closed.len() as u64
    }

    /// Archives whose header can't be read, or that only name keys at hand which do not open them.
    pub(crate) fn unclear(&self) -> u64 {
        self.unclear.len() as u64
    }
}

fn enter(keys: &mut BTreeMap<String, BTreeSet<ArchiveId>>, ids: Vec<&String>, archive: ArchiveId) {
    for id in ids {
        keys.entry(id.clone()).or_default().insert(archive);
    }
}

/// What most archives need comes first; of the same number the newest.
fn listed(keys: &BTreeMap<String, BTreeSet<ArchiveId>>) -> Vec<NeededKey> {
    let needed = keys.iter().filter_map(|(id, archives)| {
        let newest = archives.iter().map(ArchiveId::created_ms).max()?;
        Some(NeededKey { key_id: id.clone(), archives: archives.len() as u64, newest: created_at(newest) })
    });
    let mut needed: Vec<NeededKey> = needed.collect();
    needed.sort_by(|a, b| (b.archives, b.newest).cmp(&(a.archives, a.newest)).then(a.key_id.cmp(&b.key_id)));
    needed.truncate(KeyRingReport::MISSING);
    needed
}

#[cfg(test)]
mod tests;
