//! What is known of the backups, for the dialogs that stand beside the list: the list is made anew when a run ends, and what
//! is being entered in a dialog must not be lost to that.

use std::sync::Arc;

use aitta_model::{Failure, PruneBlock};
use leptos::prelude::*;

use super::fate::{Entry, Here};
use crate::activity::Activities;

/// The backups as they are listed.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) entries: Arc<Vec<Entry>>,
    /// For which every backup stays.
    pub(super) days: u32,
    pub(super) here: Here,
    /// What is in the way of a prune in the first store.
    pub(super) blocked: Arc<Vec<PruneBlock>>,
}

/// What came of something that was done.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub(super) words: String,
    /// What was found on the way.
    pub(super) failure: Option<Failure>,
}

/// What the list and its dialogs share.
#[derive(Clone, Copy)]
pub(super) struct Chosen {
    pub(super) known: RwSignal<Option<Known>>,
    pub(super) outcome: RwSignal<Option<Outcome>>,
    revision: RwSignal<u32>,
}

impl Chosen {
    pub(super) fn new() -> Self {
        Self {
            known: RwSignal::new(None),
            outcome: RwSignal::new(None),
            revision: Activities::here().revision,
        }
    }

    /// Something was done: it is said, and everything is asked for anew.
    pub(super) fn done(self, words: String, failure: Option<Failure>) {
        self.outcome.try_set(Some(Outcome { words, failure }));
        self.revision.try_update(|n| *n += 1);
    }
}
