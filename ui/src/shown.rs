//! The profile that the window shows.

use aitta_model::Session;
use leptos::prelude::*;

/// Which profile is shown; `None` until that is known. And what to tell when it is another.
#[derive(Clone, Copy)]
pub(crate) struct Shown(pub(crate) RwSignal<Option<Session>>, RwSignal<u32>);

impl Shown {
    /// Nothing is known yet.
    pub(crate) fn new(revision: RwSignal<u32>) -> Self {
        Self(RwSignal::new(None), revision)
    }

    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// Another profile is shown: everything is asked for anew.
    pub(crate) fn change(self, session: Session) {
        self.0.set(Some(session));
        self.1.update(|n| *n += 1);
    }
}
