//! What came of each part, and how long it took.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Result;

use super::suite::Outcome;

/// What came of all parts. Parts that run side by side report to the same one.
#[derive(Default)]
pub(super) struct Report(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    passed: u64,
    failed: u64,
    parts: Vec<Line>,
    programs: Vec<Line>,
    failures: Vec<String>,
}

/// One line of the table.
struct Line {
    name: String,
    took: Took,
    /// Tests that passed and failed; `None` where none were run.
    tests: Option<(u64, u64)>,
}

impl Report {
    /// Runs a check. One that fails counts as one failure.
    pub(super) fn check<T>(&self, name: &str, check: impl FnOnce() -> Result<T>) -> Option<T> {
        let watch = Watch::start();
        let result = check();
        let (result, error) = match result {
            Ok(value) => (Some(value), None),
            Err(error) => (None, Some(error)),
        };
        self.add(name, watch.stop(), None, error.as_deref());
        result
    }

    /// Adds a suite that has ended. A failure of the runner counts only when it is not that of a test.
    pub(super) fn suite(&self, name: &str, outcome: Outcome) {
        let Outcome { result, took, programs, failures } = outcome;
        let passed = programs.iter().map(|program| program.passed).sum();
        let failed = programs.iter().map(|program| program.failed).sum();
        self.add(name, took, Some((passed, failed)), result.err().as_deref());
        let mut inner = self.inner();
        inner.failures.extend(failures.into_iter().map(|failure| format!("{name}: {failure}")));
        inner.programs.extend(programs.into_iter().map(|program| Line {
            name: format!("{} ({name})", program.name),
            took: program.took,
            tests: Some((program.passed, program.failed)),
        }));
    }

    fn add(&self, name: &str, took: Took, tests: Option<(u64, u64)>, error: Option<&str>) {
        let mut inner = self.inner();
        let seconds = took.time.as_secs_f32();
        match error {
            None => println!("{name}: ok ({seconds:.0} s)"),
            Some(error) => println!("{name}: FAILED ({seconds:.0} s): {error}"),
        }
        let (passed, failed) = tests.unwrap_or_default();
        inner.passed += passed;
        inner.failed += if error.is_some() { failed.max(1) } else { failed };
        if let (Some(error), None) = (error, tests) {
            inner.failures.push(format!("{name}: {error}"));
        }
        inner.parts.push(Line { name: name.to_owned(), took, tests });
    }

    /// The times of all parts in their order, then those of the test programs, the slowest first.
    pub(super) fn table(&self, whole: Took) -> String {
        let mut inner = self.inner();
        inner.programs.sort_by_key(|line| std::cmp::Reverse(line.took.time));
        let mut out = String::from("\n  time  cores  tests  part\n");
        for line in &inner.parts {
            out += &line.shown();
        }
        out += &Line { name: "all of it".to_owned(), took: whole, tests: None }.shown();
        out += "\n  time  cores  tests  test program (part)\n";
        for line in &inner.programs {
            out += &line.shown();
        }
        out + "Cores: how many of the machine were busy meanwhile, with whatever else it did.\n"
    }

    /// What failed, once more: by the time all has ended, it is far above.
    pub(super) fn failures(&self) -> String {
        let failures = &self.inner().failures;
        failures.iter().map(|failure| format!("\nFAILED {failure}\n")).collect()
    }

    /// Passed and failed.
    pub(super) fn counts(&self) -> (u64, u64) {
        let inner = self.inner();
        (inner.passed, inner.failed)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn shown(&self) -> String {
        let cores = self.took.cores.map_or("–".to_owned(), |cores| format!("{cores:.1}"));
        let tests = self.tests.map_or(String::new(), |(passed, failed)| (passed + failed).to_string());
        format!("{:>4.0} s  {cores:>5}  {tests:>5}  {}\n", self.took.time.as_secs_f32(), self.name)
    }
}

/// How long something took.
#[derive(Clone, Copy)]
pub(super) struct Took {
    time: Duration,
    /// How many cores of the machine were busy meanwhile.
    cores: Option<f64>,
}

/// Measures how long something takes, and how busy the machine is meanwhile.
pub(super) struct Watch {
    started: Instant,
    busy_before: Option<Duration>,
}

impl Watch {
    pub(super) fn start() -> Self {
        Self { started: Instant::now(), busy_before: busy() }
    }

    pub(super) fn stop(&self) -> Took {
        let time = self.started.elapsed();
        let busy = self.busy_before.zip(busy()).map(|(before, now)| now.saturating_sub(before));
        Took { time, cores: busy.map(|busy| busy.as_secs_f64() / time.as_secs_f64().max(0.01)) }
    }
}

/// Time that all cores together have been busy since the machine was started.
fn busy() -> Option<Duration> {
    busy_in(&std::fs::read_to_string("/proc/stat").ok()?)
}

/// proc_stat(5): the first line is of all cores, in ticks; Linux has 100 of them in a second for programs on
/// every machine. The fourth, fifth and eighth number are of time in which nothing of ours was done.
fn busy_in(stat: &str) -> Option<Duration> {
    let numbers = stat.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Option<Vec<u64>> = numbers.split_whitespace().take(7).map(|n| n.parse().ok()).collect();
    match ticks?.as_slice() {
        &[user, nice, system, _idle, _waiting, interrupts, soft_interrupts] => {
            Some(Duration::from_millis(10 * (user + nice + system + interrupts + soft_interrupts)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Report, Took, Watch, busy_in};
    use crate::test::suite::{Outcome, Program};

    fn took(seconds: u64) -> Took {
        Took { time: Duration::from_secs(seconds), cores: Some(1.5) }
    }

    fn program(name: &str, seconds: u64, passed: u64, failed: u64) -> Program {
        Program { name: name.to_owned(), took: took(seconds), passed, failed }
    }

    #[test]
    fn failures_are_counted_once() {
        let report = Report::default();
        assert_eq!(report.check("works", || Ok(7)), Some(7));
        assert_eq!(report.check::<()>("breaks", || Err("it broke".to_owned())), None);
        let ended = || Err("ended with 101".to_owned());
        let outcome = |result, programs| Outcome {
            result,
            took: Watch::start().stop(),
            programs,
            failures: vec!["x::y\nit is gone".to_owned()],
        };
        report.suite("good", outcome(Ok(()), vec![program("a", 1, 3, 0), program("b", 1, 4, 0)]));
        report.suite("two fail", outcome(ended(), vec![program("a", 1, 3, 2)]));
        report.suite("dies", outcome(ended(), vec![program("a", 1, 3, 0)]));
        report.suite("says that all is well", outcome(Ok(()), vec![program("a", 1, 0, 1)]));
        assert_eq!(report.counts(), (13, 1 + 2 + 1 + 1));
        let failures = report.failures();
        assert!(failures.starts_with("\nFAILED breaks: it broke\n"), "{failures}");
        assert!(failures.contains("\nFAILED two fail: x::y\nit is gone\n"), "{failures}");
    }

    #[test]
    fn parts_stand_in_their_order_and_programs_by_their_time() {
        let report = Report::default();
        assert_eq!(report.check("first", || Ok(())), Some(()));
        let programs = vec![program("quick", 1, 10, 0), program("slow", 70, 2, 1)];
        report.suite("tests", Outcome { result: Ok(()), took: took(71), programs, failures: Vec::new() });
        let table = report.table(took(80));
        let found: Vec<usize> = [
            "  first\n",
            "  13  tests\n",
            "  80 s    1.5         all of it\n",
            "  slow (tests)",
            "   1 s    1.5     10  quick (tests)",
        ]
        .iter()
        .map(|line| table.find(line).unwrap_or_else(|| panic!("{line:?} is not in\n{table}")))
        .collect();
        assert!(found.is_sorted(), "{table}");
    }

    #[test]
    fn time_without_work_is_not_busy() {
        let stat = "cpu  100 10 50 9000 700 5 5 33 0 0\ncpu0 1 1 1 1 1 1 1 0 0 0\n";
        assert_eq!(busy_in(stat), Some(Duration::from_millis(1_700)));
        assert_eq!(busy_in("intr 1"), None);
    }
}
