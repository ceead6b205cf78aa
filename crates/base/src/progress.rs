//! Progress, and how long the phases took.

use std::time::Instant;

use aitta_model::{PhaseTiming, ProgressEvent};

/// Takes events while an operation runs. Called often; must not block.
pub trait Progress: Send + Sync {
    /// Something happened.
    fn event(&self, event: ProgressEvent);
}

/// Ignores every event.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn event(&self, _: ProgressEvent) {}
}

/// Announces phases and measures them.
pub struct Phases<'p> {
    progress: &'p dyn Progress,
    done: Vec<PhaseTiming>,
    current: Option<(String, Instant)>,
}

impl<'p> Phases<'p> {
    /// Before the first phase.
    #[must_use]
    pub fn new(progress: &'p dyn Progress) -> Self {
        Self { progress, done: Vec::new(), current: None }
    }

    /// Says what will be done from here on. What is begun without being named here is shown all the same.
    pub fn plan(&self, phases: &[&str]) {
        let phases = phases.iter().map(|name| (*name).to_owned()).collect();
        self.progress.event(ProgressEvent::Plan { phases });
    }

    /// Ends the current phase and begins one that handles about `total_bytes`.
    pub fn begin(&mut self, name: &str, total_bytes: Option<u64>) {
        self.end();
        self.progress.event(ProgressEvent::Phase { name: name.to_owned(), total_bytes });
        self.current = Some((name.to_owned(), Instant::now()));
    }

    /// Ends the current phase and returns all.
    #[must_use]
    pub fn finish(mut self) -> Vec<PhaseTiming> {
        self.end();
        self.done
    }

    fn end(&mut self) {
        if let Some((name, start)) = self.current.take() {
            let duration_ms = start.elapsed().as_millis() as u64;
            self.done.push(PhaseTiming { name, duration_ms });
        }
    }
}
