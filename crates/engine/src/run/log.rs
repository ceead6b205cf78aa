//! The log of a run: the lines of its progress, kept with the run.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use aitta_model::{AuditAnchor, Course, LogLine, ProgressEvent};
use jiff::Timestamp;

use crate::{Progress, Silent};

/// More lines than this are not kept: a database of ten thousand tables needs no line for each.
const MOST_LINES: usize = 2000;

/// Passes progress on, and remembers what is worth a line. Names and counts only, no secrets.
pub struct Log<'p> {
    progress: &'p dyn Progress,
    begun: Instant,
    lines: Mutex<Vec<LogLine>>,
    course: Mutex<Course>,
    other_chains: Mutex<Vec<AuditAnchor>>,
    run: Mutex<Option<i64>>,
}

impl<'p> Log<'p> {
    /// An empty log in front of `progress`.
    #[must_use]
    pub fn new(progress: &'p dyn Progress) -> Self {
        Self {
            progress,
            begun: Instant::now(),
            lines: Mutex::default(),
            course: Mutex::new(Course::new(0)),
            other_chains: Mutex::default(),
            run: Mutex::default(),
        }
    }

    /// For runs without progress.
    #[must_use]
    pub fn silent() -> Log<'static> {
        Log::new(&Silent)
    }

    pub(super) fn take(&self) -> Vec<LogLine> {
        std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps the trails of other catalogs that a rebuild has met, for the entry that ends it. They stand beside the
    /// result, because a rebuild that fails has met them too.
    pub(crate) fn met(&self, other_chains: Vec<AuditAnchor>) {
        *self.other_chains.lock().unwrap_or_else(PoisonError::into_inner) = other_chains;
    }

    pub(super) fn take_met(&self) -> Vec<AuditAnchor> {
        std::mem::take(&mut *self.other_chains.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How far it is, at this time of the clock.
    pub(super) fn course(&self, now: Timestamp) -> Course {
        let began_ms = now.as_millisecond() - self.begun.elapsed().as_millis() as i64;
        self.course.lock().unwrap_or_else(PoisonError::into_inner).began_at(began_ms)
    }

    /// The number of the run, once it has begun.
    pub(crate) fn run(&self) -> Option<i64> {
        *self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line(&self, text: String) {
        let at_ms = self.begun.elapsed().as_millis() as u64;
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        match lines.len() {
            ..MOST_LINES => lines.push(LogLine { at_ms, text }),
            MOST_LINES => lines.push(LogLine { at_ms, text: "more was not kept".to_owned() }),
            _ => {}
        }
    }
}

impl Progress for Log<'_> {
    fn event(&self, event: ProgressEvent) {
        let now_ms = self.begun.elapsed().as_millis() as i64;
        self.course.lock().unwrap_or_else(PoisonError::into_inner).take(&event, now_ms);
        match &event {
            ProgressEvent::Begun { run, .. } => {
                *self.run.lock().unwrap_or_else(PoisonError::into_inner) = Some(*run);
            }
            ProgressEvent::Phase { name, .. } => self.line(name.clone()),
            ProgressEvent::Table { name, rows } => {
                let unit = if *rows == 1 { "row" } else { "rows" };
                self.line(format!("{name}: {rows} {unit}"));
            }
            ProgressEvent::Note { text } => self.line(text.clone()),
            _ => {}
        }
        self.progress.event(event);
    }
}
