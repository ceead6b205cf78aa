//! What the page does while nobody touches it: ages go on, and the state of the data is asked for again.

use std::time::Duration;

use aitta_model::{Pulse, Timestamp};
use jiff::SignedDuration;
use leptos::prelude::*;

use crate::api::api;
use crate::format;

/// How often ages go on.
const TICK: Duration = Duration::from_secs(15);

/// How often it is asked again where nothing else gives cause.
const ASK: Duration = Duration::from_secs(60);

/// A window that comes to the front gets the focus, too: milliseconds in which both are one.
const AT_ONCE_MS: f64 = 1000.0;

/// The clock of this window.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    /// Milliseconds of the clock of this machine when it was looked at last.
    tick: RwSignal<f64>,
    /// Grows when it is time to ask again.
    due: RwSignal<u32>,
    /// The runs of the profile, whichever process they are of.
    pulse: RwSignal<Option<Pulse>>,
}

impl Clock {
    /// Goes as long as the page is there.
    pub(crate) fn start() -> Self {
        let clock = Self { tick: RwSignal::new(now_ms()), due: RwSignal::new(0), pulse: RwSignal::new(None) };
        set_interval(move || clock.tick.set(now_ms()), TICK);
        set_interval(move || clock.ask_if_seen(), ASK);
        // A page that begins asks everything by itself.
        let looked = StoredValue::new(now_ms());
        let look = move |_| {
            // A clock that was put back must not make it deaf.
            if (now_ms() - looked.get_value()).abs() > AT_ONCE_MS {
                looked.set_value(now_ms());
                clock.ask_if_seen();
            }
        };
        window_event_listener_untyped("focus", look);
        // Of the document, from which it rises to the window.
        window_event_listener_untyped("visibilitychange", look);
        leptos::task::spawn_local(async move {
            // Without it the page still asks every minute.
            let pulse = move |pulse| {
                let pulse = Some(pulse);
                if clock.pulse.with_untracked(|before| *before != pulse) {
                    clock.pulse.set(pulse);
                    clock.ask_if_seen();
                }
            };
            drop(api().watch(pulse).await);
        });
        clock
    }

    /// Takes the runs as they were before the page asked for anything, so that the same pulse is no news when it comes.
    pub(crate) fn begin_at(self, pulse: Option<Pulse>) {
        if pulse.is_some() && self.pulse.with_untracked(Option::is_none) {
            self.pulse.set(pulse);
        }
    }

    /// That of this window.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// Whether a run of the profile is under way, in whichever process.
    pub(crate) fn has_running(self) -> bool {
        self.pulse.with_untracked(|pulse| pulse.is_some_and(|pulse| pulse.running > 0))
    }

    /// What calls this in an effect is done again whenever it is time to ask.
    pub(crate) fn follow(self) {
        self.due.track();
    }

    /// The same, only when runs begin or end.
    pub(crate) fn follow_runs(self) {
        self.pulse.track();
    }

    /// What the clock of an answer shows by now, which came when this machine's showed `came_ms`.
    pub(crate) fn now(self, told: Timestamp, came_ms: f64) -> Timestamp {
        later(told, self.tick.get() - came_ms)
    }

    /// The time by the clock of this machine. What reads it is made anew as ages go on.
    pub(crate) fn reading(self) -> Timestamp {
        self.tick.track();
        format::now()
    }

    /// Milliseconds of the clock of this machine when an answer comes, from which on it goes.
    pub(crate) fn came(self) -> f64 {
        let now = now_ms();
        self.tick.set(now);
        now
    }

    fn ask(self) {
        self.tick.set(now_ms());
        self.due.update(|n| *n += 1);
    }

    /// Nobody looks at a hidden page, and the tray asks for itself.
    fn ask_if_seen(self) {
        if !document().hidden() {
            self.ask();
        }
    }
}

/// Milliseconds of the clock of this machine.
fn now_ms() -> f64 {
    js_sys::Date::now()
}

/// So many milliseconds later, or earlier when a clock was put back.
fn later(at: Timestamp, ms: f64) -> Timestamp {
    at.checked_add(SignedDuration::from_millis(ms as i64)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_slept_for_three_days_does_not_say_a_minute_ago() {
        let told: Timestamp = "2026-11-27T19:31:00Z".parse().expect("a time");
        let monday = later(told, 3.0 * 86_400_000.0);
        assert_eq!(monday.to_string(), "2026-11-30T19:31:00Z");
        assert_eq!(later(told, -60_000.0).to_string(), "2026-11-27T19:30:00Z");
        assert_eq!(later(told, f64::MAX), told, "no clock shows that");
    }
}
