//! What the page of one backup has to say after it has left for the list.

use std::cell::Cell;

thread_local! {
    static NOTICE: Cell<Option<String>> = const { Cell::new(None) };
}

/// Leaves it for the list.
pub(super) fn leave(words: String) {
    NOTICE.set(Some(words));
}

/// What was left, once.
pub(super) fn take() -> Option<String> {
    NOTICE.take()
}
