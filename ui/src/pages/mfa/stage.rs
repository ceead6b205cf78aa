//! What the page of the second factor is about to do.

use aitta_model::Guarded;
use leptos::prelude::*;

use crate::activity::Activities;
use crate::shown::Shown;

/// What is to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    NewCodes,
    Remove,
    AddException,
    RemoveException(String),
    /// With what is guarded now.
    Policy(Vec<Guarded>),
}

/// What the page shows beside its status. Secrets in it are gone when it is left.
#[derive(Clone, Copy)]
pub(super) struct Stage {
    pub(super) enrolling: RwSignal<bool>,
    pub(super) wish: RwSignal<Option<Wish>>,
    pub(super) codes: RwSignal<Option<Vec<String>>>,
    pub(super) token: RwSignal<Option<String>>,
    pub(super) activities: Activities,
}

impl Stage {
    /// The status is asked for anew.
    pub(super) fn refresh(self) {
        self.activities.refresh();
    }
}

/// Name of the profile that is shown.
pub(super) fn active_profile() -> String {
    let active = Shown::here().0.with_untracked(|s| s.as_ref().and_then(|s| s.active.clone()));
    active.map(|profile| profile.name).unwrap_or_default()
}
