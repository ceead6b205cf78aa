//! Whether a button of the pointer is down.

use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;

/// Down from the press until the click that it ends in has been seen to.
#[derive(Clone, Copy)]
pub(crate) struct Pressed(RwSignal<bool>);

impl Pressed {
    /// Listens as long as the page is there.
    pub(crate) fn listen() -> Self {
        let pressed = Self(RwSignal::new(false));
        // A click comes after the button is up.
        let release = move || set_timeout(move || pressed.set(false), Duration::ZERO);
        window_event_listener(ev::pointerdown, move |_| pressed.set(true));
        window_event_listener(ev::pointerup, move |_| release());
        // What is dragged out of the window, or is taken over by a menu of the system, is never let go of here.
        window_event_listener(ev::pointercancel, move |_| release());
        window_event_listener(ev::blur, move |_| release());
        pressed
    }

    /// That of this window.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// What reads it in an effect goes on when the button is up.
    pub(crate) fn get(self) -> bool {
        self.0.get()
    }

    fn set(self, down: bool) {
        // Each change makes what waits for it look again.
        if self.0.get_untracked() != down {
            self.0.set(down);
        }
    }
}
