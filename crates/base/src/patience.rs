//! What a person hears and decides while an operation waits for a lock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aitta_model::ProgressEvent;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How long locks are waited for, which a person may change meanwhile. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Patience(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    longer: Duration,
    ends: Vec<i32>,
    listener: Option<UnboundedSender<ProgressEvent>>,
}

/// Hears of waits until it is dropped.
#[derive(Debug)]
pub struct Heard {
    events: UnboundedReceiver<ProgressEvent>,
    of: Patience,
}

impl Patience {
    /// Waits so much longer.
    pub fn wait_longer(&self, by: Duration) {
        let mut inner = self.inner();
        inner.longer = inner.longer.saturating_add(by);
    }

    /// How much longer than it was begun with it waits by now.
    #[must_use]
    pub fn longer(&self) -> Duration {
        self.inner().longer
    }

    /// Asks for the session of this process of the server to be ended, if it is in the way.
    pub fn end_session(&self, pid: i32) {
        self.inner().ends.push(pid);
    }

    /// The sessions that were asked to be ended since the last call.
    #[must_use]
    pub fn take_ends(&self) -> Vec<i32> {
        std::mem::take(&mut self.inner().ends)
    }

    /// Says what is waited for, or what came of it. Nobody may be listening.
    pub fn tell(&self, event: ProgressEvent) {
        if let Some(listener) = &self.inner().listener {
            // It is gone when the operation has just ended.
            drop(listener.send(event));
        }
    }

    /// Listens, unless somebody does already: what waits within a run is told to that run.
    #[must_use]
    pub fn listen(&self) -> Option<Heard> {
        let mut inner = self.inner();
        if inner.listener.is_some() {
            return None;
        }
        let (listener, events) = unbounded_channel();
        inner.listener = Some(listener);
        Some(Heard { events, of: self.clone() })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    /// The next one, whenever it comes.
    pub async fn next(&mut self) -> ProgressEvent {
        match self.events.recv().await {
            Some(event) => event,
            // This holds the other end's home, so it is never gone before this is.
            None => std::future::pending().await,
        }
    }

    /// The next one that is there already.
    pub fn take(&mut self) -> Option<ProgressEvent> {
        self.events.try_recv().ok()
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        self.of.inner().listener = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_within_a_run_does_not_take_the_ear_of_the_outer_one() {
        let patience = Patience::default();
        let mut outer = patience.listen().expect("nobody listens yet");
        assert!(patience.clone().listen().is_none());
        patience.tell(ProgressEvent::Waiting { wait: None });
        assert!(outer.take().is_some());
        drop(outer);
        assert!(patience.listen().is_some());
    }

    #[test]
    fn more_time_adds_up_and_each_session_is_asked_for_once() {
        let patience = Patience::default();
        patience.wait_longer(Duration::from_secs(30));
        patience.clone().wait_longer(Duration::from_secs(30));
        assert_eq!(patience.longer(), Duration::from_secs(60));
        patience.end_session(7);
        assert_eq!((patience.take_ends(), patience.take_ends()), (vec![7], Vec::new()));
    }
}
