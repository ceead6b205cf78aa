//! What came of the archives.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use aitta_archive::ArchiveId;
use aitta_model::{Command, ErrorCode, Failure, RotationReport};

use super::header::Turned;
use super::route::Route;
use crate::reading::disowned::does_not_open;
use crate::{Context, Error, Result};

/// A store that fails at so many archives is given up: trying all of them would take for ever.
const MOST_STORE_FAILURES: usize = 20;

#[derive(Default)]
pub(super) struct Tally {
    /// What somebody has disowned.
    disowned: HashSet<ArchiveId>,
    /// Of these, those that do not open.
    left: BTreeSet<ArchiveId>,
    moved: u64,
    unchanged: u64,
    written_bytes: u64,
    sidecars_missing: u64,
    locked: u64,
    has_written_anew: bool,
    notes: Vec<String>,
    failures: BTreeMap<ArchiveId, Failure>,
    store_failures: usize,
    fatal: Option<Error>,
}

impl Tally {
    /// A fault of an archive that was disowned is a note.
    pub(super) fn passing_over(disowned: HashSet<ArchiveId>) -> Self {
        Self { disowned, ..Self::default() }
    }

    /// Enters one archive. A fault of one must not stop the others. Returns whether the rest would fail as well.
    pub(super) fn take(&mut self, id: ArchiveId, result: Result<Turned>) -> bool {
        match result {
            Ok(turned) => {
                self.moved += u64::from(turned.moved);
                self.has_written_anew |= turned.moved && !turned.locked;
                // One that is locked needs what it could not get.
                self.unchanged += u64::from(!turned.moved && !turned.locked);
                self.written_bytes += turned.written_bytes;
                self.sidecars_missing += u64::from(turned.sidecar_missing);
                self.locked += u64::from(turned.locked);
            }
            // Deleted since the store was listed.
            Err(e) if e.code() == ErrorCode::ArchiveNotFound => {}
            Err(e) if self.disowned.contains(&id) && does_not_open(e.code()) => {
                self.left.insert(id);
            }
            Err(e) => {
                let of_store = matches!(e.code(), ErrorCode::StoreFailed | ErrorCode::StoreDenied);
                self.store_failures += usize::from(of_store);
                if leaves_the_others(e.code()) && self.store_failures < MOST_STORE_FAILURES {
                    self.failures.insert(id, e.failure());
                } else if self.fatal.is_none() {
                    self.fatal = Some(e);
                }
            }
        }
        self.fatal.is_some()
    }

    /// Whether the data of any was written anew: not of those that the store keeps as they are.
    pub(super) fn has_written_anew(&self) -> bool {
        self.has_written_anew
    }

    pub(super) fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// Whether this archive could not be moved.
    pub(super) fn failed(&self, id: ArchiveId) -> bool {
        self.failures.contains_key(&id) || self.left.contains(&id)
    }

    /// The failure that ends the rotation, if there was one.
    pub(super) fn fatal(&mut self, context: &Context) -> Result<()> {
        match self.fatal.take() {
            Some(error) => Err(error),
            None if context.cancel.is_cancelled() => Err(Error::cancelled().hint_instead(format!(
                "every archive opens with a key of the ring; go on with {key_rotate_resume}",
                key_rotate_resume = Command::KeyRotateResume
            ))),
            None => Ok(()),
        }
    }

    pub(super) fn report(self, route: &Route, archive_bytes: u64) -> RotationReport {
        let mut notes = self.notes;
        if self.locked > 0 {
            notes.push(format!(
                "{} of the archives {} locked by the store, and could not be written anew: only the new key \
                 opens their current headers, but the data keys are the same; run {key_reencrypt} again when \
                 the retention has ended",
                self.locked,
                if self.locked == 1 { "is" } else { "are" },
                key_reencrypt = Command::KeyReencrypt
            ));
        }
        if !self.left.is_empty() {
            let ids: Vec<String> = self.left.iter().map(ToString::to_string).collect();
            notes.push(format!(
                "left as they are, because they do not open and were disowned: {}",
                ids.join(", ")
            ));
        }
        if self.sidecars_missing > 0 {
            notes.push(format!(
                "{} of the sidecars are missing or can't be read; {catalog_rebuild} writes them anew",
                self.sidecars_missing,
                catalog_rebuild = Command::CatalogRebuild
            ));
        }
        let unreadable = self.failures.into_iter().map(|(id, failure)| (id.to_string(), failure)).collect();
        RotationReport {
            from: route.left_ids(),
            to: route.to_id(),
            moved: self.moved,
            unchanged: self.unchanged,
            opened: 0,
            unreadable,
            written_bytes: self.written_bytes,
            archive_bytes,
            destroyable_from: None,
            duration_ms: 0,
            phases: Vec::new(),
            notes,
        }
    }
}

fn leaves_the_others(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::KeyWrong
            | ErrorCode::KeyInvalid
            | ErrorCode::KeyInUse
            | ErrorCode::ArchiveDamaged
            | ErrorCode::ArchiveTruncated
            | ErrorCode::ArchiveNewer
            | ErrorCode::ArchiveForeign
            | ErrorCode::ProofFailed
            | ErrorCode::StoreFailed
            | ErrorCode::StoreDenied
            | ErrorCode::StoreLocked
    )
}
