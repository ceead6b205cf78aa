//! Progress, from the engine to the page.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aitta_engine::Progress;
use aitta_model::ProgressEvent;
use tauri::ipc::Channel;

/// How often bytes are sent: more often than an eye can follow.
const EVERY: Duration = Duration::from_millis(50);

/// Sends events through a channel; bytes are added up in between.
pub(crate) struct ToPage {
    channel: Channel<ProgressEvent>,
    pending: Mutex<Pending>,
}

struct Pending {
    bytes: u64,
    sent: Instant,
}

impl ToPage {
    pub(crate) fn new(channel: Channel<ProgressEvent>) -> Self {
        Self { channel, pending: Mutex::new(Pending { bytes: 0, sent: Instant::now() }) }
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
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if let ProgressEvent::Advance { bytes } = event {
            pending.bytes += bytes;
            if pending.sent.elapsed() >= EVERY {
                pending.sent = Instant::now();
                self.send(ProgressEvent::Advance { bytes: std::mem::take(&mut pending.bytes) });
            }
        } else {
            if pending.bytes > 0 {
                self.send(ProgressEvent::Advance { bytes: std::mem::take(&mut pending.bytes) });
            }
            self.send(event);
        }
    }
}
