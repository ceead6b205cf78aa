//! The progress bar.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aitta_engine::Progress;
use aitta_model::{LockWait, ProgressEvent};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::format::plain;
use crate::output::Output;

/// A bar on stderr, or nothing when stderr is no terminal.
pub(crate) struct Bar(ProgressBar);

/// The bar that is drawn. One terminal has one, so it belongs to the process: a question for a passphrase comes from
/// below, where no bar is at hand.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Asks a question with the terminal to itself: a bar that ticks would overwrite what is typed.
pub(crate) fn ask_alone<T>(ask: impl FnOnce() -> T) -> T {
    let shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match shown {
        Some(bar) => bar.suspend(ask),
        None => ask(),
    }
}

const KNOWN: &str = "{msg:16} [{bar:28}] {bytes} of about {total_bytes}  {bytes_per_sec}  {eta} left";
const UNKNOWN: &str = "{spinner} {msg:16} {bytes}  {elapsed}";

impl Bar {
    pub(crate) fn new(output: &Output) -> Self {
        let target =
            if output.shows_progress() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let shown = Self(bar.clone());
        // Before the first step there is nothing to measure.
        shown.style(UNKNOWN);
        bar.enable_steady_tick(Duration::from_millis(200));
        *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
        shown
    }

    fn style(&self, template: &str) {
        // The templates are constants; a mistake in one shows the plain bar.
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        self.0.set_style(style.progress_chars("=> "));
    }
}

impl Progress for Bar {
    fn event(&self, event: ProgressEvent) {
        match event {
            ProgressEvent::Phase { name, total_bytes } => {
                self.0.reset();
                self.0.set_message(plain(&name));
                match total_bytes {
                    Some(total) => {
                        self.0.set_length(total);
                        self.style(KNOWN);
                    }
                    None => {
                        self.0.unset_length();
                        self.style(UNKNOWN);
                    }
                }
            }
            ProgressEvent::Advance { bytes, .. } => {
                self.0.inc(bytes);
                // The total is an estimate.
                if self.0.length().is_some_and(|total| total < self.0.position()) {
                    self.0.set_length(self.0.position());
                }
            }
            ProgressEvent::Waiting { wait: Some(wait) } => self.0.set_message(plain(&waits(&wait))),
            ProgressEvent::Note { text } => self.0.println(plain(&text)),
            _ => {}
        }
    }
}

/// Who is in the way, and how long it goes on.
fn waits(wait: &LockWait) -> String {
    let table = wait.table.as_deref().map(|table| format!(" on {table}")).unwrap_or_default();
    let by = wait.holders.first().map(|holder| {
        let user = holder.user.as_deref().map(|user| format!(" of {user}")).unwrap_or_default();
        format!(" of session {}{user}", holder.pid)
    });
    format!("waiting for the lock{table}{}; {} s left", by.unwrap_or_default(), wait.left_ms / 1000)
}

impl Drop for Bar {
    fn drop(&mut self) {
        *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.0.finish_and_clear();
    }
}
