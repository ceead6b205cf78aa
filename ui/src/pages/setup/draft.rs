//! What has been entered on the way through the first run, and where that stands.

use aitta_model::{BackupReport, RecoveryKit, Session, SourceCheck, StoreCheck, StoreSettings};
use leptos::prelude::*;

use crate::components::place::check::Tested;
use crate::components::place::form::DatabaseForm;
use crate::components::place::store::StoreForm;
use crate::texts::setup::Lack;

/// Where the way through stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Database,
    Store,
    Loss,
    Key,
    First,
}

impl Step {
    pub(super) const ALL: [Self; 5] = [Self::Database, Self::Store, Self::Loss, Self::Key, Self::First];

    pub(super) fn place(self) -> usize {
        Self::ALL.iter().position(|step| *step == self).unwrap_or_default()
    }

    pub(super) fn next(self) -> Self {
        Self::ALL.get(self.place() + 1).copied().unwrap_or(self)
    }

    pub(super) fn before(self) -> Option<Self> {
        self.place().checked_sub(1).map(|place| Self::ALL[place])
    }
}

/// What has been entered so far. It stays when one goes back.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    /// Name of the profile; `None` for the first one, which has the name that counts when none is chosen.
    pub(super) name: Option<RwSignal<String>>,
    pub(super) database: RwSignal<DatabaseForm>,
    pub(super) lacks: RwSignal<Vec<Lack>>,
    pub(super) source: Tested<SourceCheck>,
    pub(super) store: RwSignal<StoreForm>,
    pub(super) folder: Tested<StoreCheck>,
    pub(super) rpo_s: RwSignal<u64>,
    /// Somebody goes on without the keys that backups in the store need.
    pub(super) without: RwSignal<bool>,
    /// The key that was made. It stays the same when one goes back: there may be a copy of it by now.
    pub(super) made_key: RwSignal<Option<RecoveryKit>>,
    /// The key that new archives will be locked with, and where it is kept.
    pub(super) key: RwSignal<Option<(String, &'static str)>>,
    /// What the shell has answered to saving.
    pub(super) saved: RwSignal<Option<Session>>,
    /// The first backup.
    pub(super) report: RwSignal<Option<BackupReport>>,
    pub(super) step: RwSignal<Step>,
    /// Goes back behind the first step.
    pub(super) leave: Callback<()>,
}

impl Draft {
    pub(super) fn new(name: Option<RwSignal<String>>, leave: Callback<()>) -> Self {
        Self {
            name,
            database: RwSignal::new(DatabaseForm::default()),
            lacks: RwSignal::new(Vec::new()),
            source: Tested::new(),
            store: RwSignal::new(StoreForm::of(&StoreSettings::folder(""))),
            folder: Tested::new(),
            rpo_s: RwSignal::new(3600),
            without: RwSignal::new(false),
            made_key: RwSignal::new(None),
            key: RwSignal::new(None),
            saved: RwSignal::new(None),
            report: RwSignal::new(None),
            step: RwSignal::new(Step::Database),
            leave,
        }
    }

    /// Whether something is entered that would be lost: what is saved is in the settings.
    pub(super) fn is_unsaved(self) -> bool {
        let is_begun = self.database.with(|form| *form != DatabaseForm::default())
            || self.store.with(|form| *form != StoreForm::of(&StoreSettings::folder("")));
        is_begun && self.saved.with(Option::is_none)
    }

    pub(super) fn next(self) {
        // Whoever has left meanwhile goes nowhere.
        self.step.try_update(|step| *step = step.next());
    }

    pub(super) fn back(self) {
        match self.step.get_untracked().before() {
            Some(before) => self.step.set(before),
            None => self.leave.run(()),
        }
    }
}
