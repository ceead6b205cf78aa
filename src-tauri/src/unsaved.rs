//! What was entered in the page and not saved: the program does not end over it without a question.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tauri::ipc::Channel;

/// Whether there is something, and the page that asks.
#[derive(Default)]
pub(crate) struct Unsaved(Mutex<State>);

#[derive(Default)]
struct State {
    is_there: bool,
    page: Option<Channel<()>>,
}

impl Unsaved {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, is_there: bool) {
        self.state().is_there = is_there;
    }

    /// From now on this page asks. It was loaded just now, so nothing is entered in it.
    pub(crate) fn listens(&self, page: Channel<()>) {
        *self.state() = State { is_there: false, page: Some(page) };
    }

    /// Lets the page ask whether the program may end. Returns whether it does: a page that does not hear must not keep
    /// the program from ending.
    pub(crate) fn asks(&self) -> bool {
        let state = self.state();
        state.is_there && state.page.as_ref().is_some_and(|page| page.send(()).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn the_program_ends_without_a_question_when_nothing_is_unsaved() {
        let unsaved = Unsaved::default();
        unsaved.set(true);
        assert!(!unsaved.asks(), "no page is there to ask");
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        unsaved.listens(Channel::new(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }));
        assert!(!unsaved.asks(), "a page that was loaded just now has nothing in it");
        unsaved.set(true);
        assert!(unsaved.asks());
        unsaved.set(false);
        assert!(!unsaved.asks());
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_page_that_is_gone_does_not_keep_the_program() {
        let unsaved = Unsaved::default();
        unsaved.listens(Channel::new(|_| Err(tauri::Error::WindowNotFound)));
        unsaved.set(true);
        assert!(!unsaved.asks());
    }
}
