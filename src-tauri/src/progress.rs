//! Progress, from the engine to the page.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aitta_engine::{Clock, Progress};
use aitta_model::{Course, ProgressEvent};
use tauri::ipc::Channel;

/// How often bytes are sent: more often than an eye can follow.
const EVERY: Duration = Duration::from_millis(50);

/// Sends events through a channel; bytes are added up in between.
pub(crate) struct ToPage {
    channel: Channel<ProgressEvent>,
    course: Arc<Mutex<Course>>,
    clock: Arc<dyn Clock>,
    pending: Mutex<Pending>,
}

struct Pending {
    bytes: u64,
    rows: u64,
    sent: Instant,
}

impl Pending {
    fn take(&mut self) -> ProgressEvent {
        let (bytes, rows) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.rows));
        ProgressEvent::Advance { bytes, rows }
    }
}

impl ToPage {
    pub(crate) fn new(
        channel: Channel<ProgressEvent>,
        course: Arc<Mutex<Course>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let pending = Mutex::new(Pending { bytes: 0, rows: 0, sent: Instant::now() });
        Self { channel, course, clock, pending }
    }

    fn send(&self, event: ProgressEvent) {
        // A backup goes on when its page is gone, such as after a reload.
        if let Err(error) = self.channel.send(event) {
            tracing::debug!("the page takes no progress: {error}");
        }
    }
}

impl Progress for ToPage {
    fn event(&self, event: ProgressEvent) {
        let now_ms = self.clock.now().as_millisecond();
        self.course.lock().unwrap_or_else(PoisonError::into_inner).take(&event, now_ms);
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if let ProgressEvent::Advance { bytes, rows } = event {
            pending.bytes += bytes;
            pending.rows += rows;
            if pending.sent.elapsed() >= EVERY {
                pending.sent = Instant::now();
                self.send(pending.take());
            }
        } else {
            if pending.bytes > 0 {
                self.send(pending.take());
            }
            self.send(event);
        }
    }
}
