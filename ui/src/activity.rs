//! What is under way: shown on every page, stopped from every page.

use std::rc::Rc;

use aitta_model::ProgressEvent;
use leptos::prelude::*;

use crate::api::api;
use crate::transport::{OnProgress, OperationId};

/// What kind of operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    BackingUp,
    Verifying,
    Restoring,
    MakingSample,
    Rotating,
}

/// An operation with what its events have told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Activity {
    pub(crate) operation: OperationId,
    pub(crate) doing: Doing,
    pub(crate) phase: String,
    pub(crate) done_bytes: u64,
    pub(crate) total_bytes: Option<u64>,
    /// Tables that are finished, with their rows.
    pub(crate) tables: Vec<(String, u64)>,
    pub(crate) cancelling: bool,
    /// Milliseconds of the clock when the phase began.
    phase_began: f64,
    now: f64,
}

impl Activity {
    fn new(operation: OperationId, doing: Doing, now: f64) -> Self {
        Self {
            operation,
            doing,
            phase: String::new(),
            done_bytes: 0,
            total_bytes: None,
            tables: Vec::new(),
            cancelling: false,
            phase_began: now,
            now,
        }
    }

    fn take(&mut self, event: ProgressEvent, now: f64) {
        self.now = now;
        match event {
            ProgressEvent::Phase { name, total_bytes } => {
                self.phase = name;
                self.total_bytes = total_bytes.filter(|bytes| *bytes > 0);
                self.done_bytes = 0;
                self.phase_began = now;
            }
            ProgressEvent::Advance { bytes } => self.done_bytes += bytes,
            ProgressEvent::Table { name, rows } => self.tables.push((name, rows)),
            _ => {}
        }
    }

    /// From 0 to 1, where the size of the phase is known.
    pub(crate) fn share(&self) -> Option<f64> {
        let total = self.total_bytes?;
        Some((self.done_bytes as f64 / total as f64).min(1.0))
    }

    /// Bytes per second in this phase, once there is something to tell.
    pub(crate) fn rate(&self) -> Option<u64> {
        let seconds = (self.now - self.phase_began) / 1000.0;
        (seconds > 0.5 && self.done_bytes > 0).then(|| (self.done_bytes as f64 / seconds) as u64)
    }

    /// Seconds that this phase will still take, at its rate so far.
    pub(crate) fn left_s(&self) -> Option<u64> {
        let left = self.total_bytes?.saturating_sub(self.done_bytes);
        Some(left / self.rate()?.max(1))
    }
}

/// The operation that this window has begun, and a number that grows whenever one has ended: what depends
/// on it is asked for anew.
#[derive(Clone, Copy)]
pub(crate) struct Activities {
    pub(crate) current: RwSignal<Option<Activity>>,
    pub(crate) revision: RwSignal<u32>,
}

impl Activities {
    pub(crate) fn new() -> Self {
        Self { current: RwSignal::new(None), revision: RwSignal::new(0) }
    }

    /// Those of this window.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// Enters an operation. Nothing else can be begun from this window until it is [`Self::end`]ed.
    pub(crate) fn begin(self, doing: Doing) -> (OperationId, OnProgress) {
        let operation = OperationId::next();
        self.current.set(Some(Activity::new(operation, doing, js_sys::Date::now())));
        let take = move |event| {
            self.current.update(|current| {
                if let Some(activity) = current.as_mut().filter(|a| a.operation == operation) {
                    activity.take(event, js_sys::Date::now());
                }
            });
        };
        (operation, Rc::new(take))
    }

    /// It has ended, however; what is shown is asked for anew.
    pub(crate) fn end(self, operation: OperationId) {
        self.current.update(|current| {
            if current.as_ref().is_some_and(|a| a.operation == operation) {
                *current = None;
            }
        });
        self.revision.update(|n| *n += 1);
    }

    /// Everything that is shown is asked for anew.
    pub(crate) fn refresh(self) {
        self.revision.update(|n| *n += 1);
    }

    /// Asks the current operation to stop. It ends when nothing half done is left.
    pub(crate) fn cancel(self) {
        let Some(operation) = self.current.with_untracked(|c| c.as_ref().map(|a| a.operation)) else {
            return;
        };
        self.current.update(|current| {
            if let Some(activity) = current {
                activity.cancelling = true;
            }
        });
        leptos::task::spawn_local(async move {
            // It may have ended by itself just now; then there is nothing to stop.
            drop(api().cancel(operation).await);
        });
    }

    pub(crate) fn is_busy(self) -> bool {
        self.current.with(Option::is_some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_time_left_follow_the_phase() {
        let mut activity = Activity::new(OperationId(1), Doing::BackingUp, 0.0);
        assert_eq!((activity.share(), activity.rate(), activity.left_s()), (None, None, None));
        activity.take(ProgressEvent::Phase { name: "reading".to_owned(), total_bytes: Some(1000) }, 1000.0);
        activity.take(ProgressEvent::Advance { bytes: 250 }, 2000.0);
        assert_eq!((activity.share(), activity.rate(), activity.left_s()), (Some(0.25), Some(250), Some(3)));
        activity.take(ProgressEvent::Advance { bytes: 1000 }, 3000.0);
        assert_eq!(
            (activity.share(), activity.left_s()),
            (Some(1.0), Some(0)),
            "an estimate may be too small"
        );
        activity.take(ProgressEvent::Phase { name: "proving".to_owned(), total_bytes: None }, 3000.0);
        assert_eq!((activity.share(), activity.done_bytes), (None, 0));
    }
}
