//! How far an operation is: its phases as a checklist, and one share of all of it that only grows.

use serde::{Deserialize, Serialize};

use crate::{LockWait, Operation, PhaseTiming, ProgressEvent, Word};

/// Milliseconds before a rate says anything.
const RATE_AFTER_MS: i64 = 500;

/// An operation that is under way, in whichever process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Underway {
    /// The number by which this program stops it; absent for one of another process.
    pub number: Option<u32>,
    /// What it does; absent while sample data is made, which is no run.
    pub operation: Option<Word<Operation>>,
    /// Whether it restores for a proof alone, as far as that is known here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub proof: bool,
    /// How far it is.
    pub course: Course,
}

/// How far an operation is. Times are Unix milliseconds of the machine that runs it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Course {
    /// Its number in the catalog, once it has one.
    pub run: Option<i64>,
    /// When it began.
    pub began_ms: i64,
    /// What is done, what is under way and what is to come.
    pub steps: Vec<Step>,
    /// Which of the steps is under way.
    pub current: Option<usize>,
    /// Tables that are finished, with their rows.
    #[serde(default)]
    pub tables: Vec<(String, u64)>,
    /// The lock that is waited for.
    pub wait: Option<LockWait>,
    /// How long the phases took the last time.
    #[serde(default)]
    usual: Vec<PhaseTiming>,
    /// Whether it is part of another run.
    #[serde(default)]
    pub is_part: bool,
    /// Whether the steps to come are known.
    planned: bool,
    /// The highest share so far.
    highest: f64,
}

/// One phase.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its name, as the engine has it.
    pub name: String,
    /// How many bytes it handles; an estimate, where it is known.
    pub total_bytes: Option<u64>,
    /// How many of them are done.
    pub bytes: u64,
    /// Rows that are done, where they are counted.
    pub rows: u64,
    /// When it began.
    pub began_ms: Option<i64>,
    /// When it ended.
    pub ended_ms: Option<i64>,
}

/// How long something still takes, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// All of it: each step to come took as long the last time.
    All(u64),
    /// This step; what comes after it is not known.
    Step(u64),
}

impl Step {
    /// From 0 to 1, where the size is known.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        if self.ended_ms.is_some() {
            return Some(1.0);
        }
        let total = self.total_bytes.filter(|total| *total > 0)?;
        Some((self.bytes as f64 / total as f64).min(1.0))
    }

    /// Whether it is neither done nor under way.
    #[must_use]
    pub fn is_to_come(&self) -> bool {
        self.began_ms.is_none()
    }
}

impl Course {
    /// One that begins now.
    #[must_use]
    pub fn new(now_ms: i64) -> Self {
        Self { began_ms: now_ms, ..Self::default() }
    }

    /// The same, as that of a run of the catalog.
    #[must_use]
    pub fn of_run(self, run: Option<i64>) -> Self {
        Self { run, ..self }
    }

    /// The same, as that of a run that is part of another one, which shows its progress.
    #[must_use]
    pub fn as_part(self, is_part: bool) -> Self {
        Self { is_part, ..self }
    }

    /// Takes what has happened.
    pub fn take(&mut self, event: &ProgressEvent, now_ms: i64) {
        match event {
            // A run within this one, such as a safety backup, does not take its place.
            ProgressEvent::Begun { run, usual } if self.run.is_none() => {
                (self.run, self.usual) = (Some(*run), usual.clone());
            }
            ProgressEvent::Plan { phases } => self.plan(phases),
            ProgressEvent::Phase { name, total_bytes } => self.begin(name, *total_bytes, now_ms),
            ProgressEvent::Advance { bytes, rows } => {
                if let Some(step) = self.current.and_then(|i| self.steps.get_mut(i)) {
                    step.bytes += bytes;
                    step.rows += rows;
                }
            }
            ProgressEvent::Table { name, rows } => self.tables.push((name.clone(), *rows)),
            ProgressEvent::Waiting { wait } => self.wait.clone_from(wait),
            ProgressEvent::Begun { .. } | ProgressEvent::Note { .. } => {}
        }
        self.highest = self.highest.max(self.reached());
    }

    /// What is done stays; what was to come is replaced.
    fn plan(&mut self, phases: &[String]) {
        if self.share().is_none() {
            // Nobody has seen it, and it knew nothing of what is to come.
            self.highest = 0.0;
        }
        self.planned = true;
        self.steps.retain(|step| !step.is_to_come());
        let met: Vec<String> = self.steps.iter().map(|step| step.name.clone()).collect();
        let new = phases.iter().filter(|name| !met.contains(name));
        self.steps.extend(new.map(|name| Step { name: name.clone(), ..Step::default() }));
    }

    fn begin(&mut self, name: &str, total_bytes: Option<u64>, now_ms: i64) {
        self.wait = None;
        if let Some(step) = self.current.and_then(|i| self.steps.get_mut(i)) {
            step.ended_ms = Some(now_ms);
        }
        let at = match self.steps.iter().position(|step| step.is_to_come() && step.name == name) {
            Some(at) => {
                // What was left out is not shown as to come.
                let skipped = |i: usize, step: &Step| i < at && step.is_to_come();
                let before = self.steps.iter().enumerate().filter(|(i, step)| skipped(*i, step)).count();
                let mut i = 0;
                self.steps.retain(|step| {
                    let stays = !skipped(i, step);
                    i += 1;
                    stays
                });
                at - before
            }
            None => {
                let at = self.current.map_or(0, |i| i + 1);
                self.steps.insert(at, Step { name: name.to_owned(), ..Step::default() });
                at
            }
        };
        if let Some(step) = self.steps.get_mut(at) {
            step.began_ms = Some(now_ms);
            step.total_bytes = total_bytes.filter(|bytes| *bytes > 0);
        }
        self.current = Some(at);
    }

    /// The step under way.
    #[must_use]
    pub fn step(&self) -> Option<&Step> {
        self.steps.get(self.current?)
    }

    /// How much of everything is done, from 0 to 1. Never falls. Absent where what is to come is not known.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        let is_known =
            self.planned || self.steps.len() == 1 && self.step().is_some_and(|s| s.total_bytes.is_some());
        is_known.then_some(self.highest)
    }

    /// Whether nobody can say how far the step under way is.
    #[must_use]
    pub fn is_vague(&self) -> bool {
        self.step().is_none_or(|step| step.share().is_none())
    }

    fn reached(&self) -> f64 {
        let weights: Vec<f64> = self.steps.iter().map(|step| self.weight(step)).collect();
        let all: f64 = weights.iter().sum();
        if all <= 0.0 {
            return 0.0;
        }
        let done = self.steps.iter().zip(&weights).map(|(step, weight)| match step.is_to_come() {
            true => 0.0,
            false => weight * step.share().unwrap_or(0.0),
        });
        done.sum::<f64>() / all
    }

    /// How much of the bar a step gets: as long as it took the last time. Without a last time those that read or write
    /// every row get most of it.
    fn weight(&self, step: &Step) -> f64 {
        if self.steps.iter().all(|step| self.usual_ms(&step.name).is_some()) {
            return self.usual_ms(&step.name).unwrap_or(0).max(1) as f64;
        }
        match step.name.as_str() {
            "reading" | "restoring" | "moving" => 10.0,
            "proving" | "indexing and proving" | "reading back" | "copying" => 4.0,
            "authenticating" | "indexing" | "archiving" | "archiving what is there" => 2.0,
            _ => 0.5,
        }
    }

    fn usual_ms(&self, name: &str) -> Option<u64> {
        self.usual.iter().find(|phase| phase.name == name).map(|phase| phase.duration_ms)
    }

    /// Seconds since it began.
    #[must_use]
    pub fn elapsed_s(&self, now_ms: i64) -> u64 {
        (now_ms - self.began_ms).max(0) as u64 / 1000
    }

    /// Bytes a second in the step under way, once there is something to tell.
    #[must_use]
    pub fn bytes_per_s(&self, now_ms: i64) -> Option<u64> {
        self.rate(now_ms, |step| step.bytes)
    }

    /// Rows a second, as [`Course::bytes_per_s`].
    #[must_use]
    pub fn rows_per_s(&self, now_ms: i64) -> Option<u64> {
        self.rate(now_ms, |step| step.rows)
    }

    fn rate(&self, now_ms: i64, of: impl Fn(&Step) -> u64) -> Option<u64> {
        let step = self.step()?;
        let ms = now_ms - step.began_ms?;
        let done = of(step);
        (ms > RATE_AFTER_MS && done > 0).then(|| (done as f64 * 1000.0 / ms as f64) as u64)
    }

    /// How long it still takes, at the rate of the step under way. When all its bytes are there, what it still does is not
    /// measured.
    #[must_use]
    pub fn left(&self, now_ms: i64) -> Option<Left> {
        let step = self.step()?;
        let rest = step.total_bytes?.saturating_sub(step.bytes);
        let now = rest / self.bytes_per_s(now_ms)?.max(1);
        let to_come =
            self.steps.iter().filter(|step| step.is_to_come()).map(|step| self.usual_ms(&step.name));
        match to_come.sum::<Option<u64>>() {
            Some(later_ms) if self.planned || self.steps.len() == 1 => Some(Left::All(now + later_ms / 1000)),
            _ => (rest > 0).then_some(Left::Step(now)),
        }
    }

    /// The same, with the times counted from this one on: for a course whose clock began at 0.
    #[must_use]
    pub fn began_at(&self, ms: i64) -> Self {
        let mut course = self.clone();
        course.began_ms += ms;
        for step in &mut course.steps {
            step.began_ms = step.began_ms.map(|at| at + ms);
            step.ended_ms = step.ended_ms.map(|at| at + ms);
        }
        course
    }

    /// Without what a server says of other people's sessions: for a file that others may read later.
    #[must_use]
    pub fn for_file(&self) -> Self {
        let wait = self.wait.as_ref().map(|wait| LockWait { holders: Vec::new(), ..wait.clone() });
        Self { wait, tables: Vec::new(), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase(name: &str, total_bytes: Option<u64>) -> ProgressEvent {
        ProgressEvent::Phase { name: name.to_owned(), total_bytes }
    }

    fn plan(names: &[&str]) -> ProgressEvent {
        ProgressEvent::Plan { phases: names.iter().map(|name| (*name).to_owned()).collect() }
    }

    fn timing(name: &str, duration_ms: u64) -> PhaseTiming {
        PhaseTiming { name: name.to_owned(), duration_ms }
    }

    fn names(course: &Course) -> Vec<&str> {
        course.steps.iter().map(|step| step.name.as_str()).collect()
    }

    #[test]
    fn the_share_never_falls_whatever_comes() {
        let mut course = Course::new(0);
        let events = [
            phase("checking", None),
            plan(&["authenticating", "locking", "archiving", "restoring", "proving"]),
            phase("authenticating", Some(100)),
            ProgressEvent::Advance { bytes: 100, rows: 0 },
            phase("locking", None),
            phase("archiving", None),
            phase("restoring", Some(100)),
            ProgressEvent::Advance { bytes: 90, rows: 9 },
            // Nobody has spoken of it before.
            phase("waiting for the sun", Some(1000)),
            phase("proving", Some(100)),
            ProgressEvent::Advance { bytes: 1, rows: 0 },
            // An estimate may be too small.
            ProgressEvent::Advance { bytes: 500, rows: 0 },
        ];
        let mut before = 0.0;
        for (i, event) in events.iter().enumerate() {
            course.take(event, i as i64 * 1000);
            let share = course.share().unwrap_or(0.0);
            assert!(share >= before && share <= 1.0, "{event:?}: {before} {share}");
            before = share;
        }
        assert!(before > 0.99, "{before}");
    }

    #[test]
    fn a_bar_without_a_known_end_has_no_share() {
        let mut course = Course::new(0);
        course.take(&phase("opening", None), 0);
        assert_eq!((course.share(), course.is_vague()), (None, true));
        course.take(&phase("reading", Some(10)), 1);
        assert_eq!((course.share(), course.is_vague()), (None, false), "what comes after it is not known");
        let mut alone = Course::new(0);
        alone.take(&phase("checking", Some(10)), 0);
        alone.take(&ProgressEvent::Advance { bytes: 5, rows: 0 }, 1);
        assert_eq!(alone.share(), Some(0.5));
    }

    #[test]
    fn what_is_left_out_is_not_to_come_and_what_was_not_planned_is_shown() {
        let mut course = Course::new(0);
        course.take(&plan(&["opening", "locking", "archiving", "restoring", "proving"]), 0);
        course.take(&phase("opening", None), 0);
        course.take(&phase("restoring", Some(10)), 1);
        assert_eq!(names(&course), ["opening", "restoring", "proving"]);
        course.take(&phase("copying", Some(10)), 2);
        assert_eq!(names(&course), ["opening", "restoring", "copying", "proving"]);
        assert_eq!(course.step().map(|step| step.name.as_str()), Some("copying"));
    }

    #[test]
    fn what_is_left_counts_the_steps_to_come_only_where_they_are_known() {
        let usual = vec![timing("opening", 100), timing("reading", 4000), timing("reading back", 2000)];
        let mut course = Course::new(0);
        course.take(&ProgressEvent::Begun { run: 7, usual }, 0);
        course.take(&plan(&["opening", "reading", "reading back"]), 0);
        course.take(&phase("opening", None), 0);
        assert_eq!(course.left(50), None);
        course.take(&phase("reading", Some(1000)), 100);
        assert_eq!(course.left(200), None, "too early to tell");
        course.take(&ProgressEvent::Advance { bytes: 250, rows: 50 }, 1100);
        assert_eq!(course.left(1100), Some(Left::All(3 + 2)));
        assert_eq!((course.bytes_per_s(1100), course.rows_per_s(1100)), (Some(250), Some(50)));
        course.usual.clear();
        assert_eq!(course.left(1100), Some(Left::Step(3)));
        course.take(&ProgressEvent::Advance { bytes: 750, rows: 150 }, 4100);
        assert_eq!(course.left(4200), None, "it still works, and nobody knows for how long");
    }

    #[test]
    fn a_run_within_a_run_does_not_take_its_place() {
        let mut course = Course::new(0);
        course.take(&ProgressEvent::Begun { run: 7, usual: Vec::new() }, 0);
        course.take(&ProgressEvent::Begun { run: 8, usual: Vec::new() }, 1);
        assert_eq!(course.run, Some(7));
    }

    #[test]
    fn a_wait_ends_with_its_step_and_no_file_names_the_sessions_of_others() {
        let holders =
            vec![crate::LockHolder { pid: 1, query: Some("UPDATE …".to_owned()), ..Default::default() }];
        let wait = LockWait { table: Some("Booking".to_owned()), holders, waited_ms: 1000, left_ms: 29_000 };
        let mut course = Course::new(0);
        course.take(&phase("locking", None), 0);
        course.take(&ProgressEvent::Waiting { wait: Some(wait) }, 1000);
        assert!(course.for_file().wait.is_some_and(|wait| wait.holders.is_empty() && wait.left_ms == 29_000));
        course.take(&phase("restoring", None), 2000);
        assert_eq!(course.wait, None);
    }

    #[test]
    fn a_course_survives_a_file() {
        let mut course = Course::new(5);
        course.take(&plan(&["opening", "reading"]), 5);
        course.take(&phase("opening", None), 6);
        let text = serde_json::to_string(&course).expect("JSON");
        assert_eq!(serde_json::from_str::<Course>(&text).expect("a course"), course);
    }

    #[test]
    fn what_came_before_the_plan_is_not_half_of_everything() {
        let mut course = Course::new(0);
        course.take(&phase("opening", None), 0);
        course.take(&phase("checking", None), 1);
        assert_eq!(course.share(), None, "what is to come is not known yet");
        course.take(&plan(&["authenticating", "locking", "archiving", "restoring", "proving"]), 2);
        course.take(&phase("authenticating", Some(10)), 3);
        course.take(&phase("locking", None), 4);
        let share = course.share().unwrap_or(1.0);
        assert!(share < 0.25, "{share}: it waits for a lock, and nothing is written yet");
    }
}
