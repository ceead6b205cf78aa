//! Runs test programs by cargo, and reads what they say.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::Result;

use super::report::{Took, Watch};

/// What came of a suite.
pub(super) struct Outcome {
    pub(super) result: Result,
    pub(super) took: Took,
    pub(super) programs: Vec<Program>,
    /// What the tests that failed had said last.
    pub(super) failures: Vec<String>,
}

/// What came of one test program.
pub(super) struct Program {
    pub(super) name: String,
    pub(super) took: Took,
    pub(super) passed: u64,
    pub(super) failed: u64,
}

/// Runs all test programs of a call of `cargo test`. Every line that it prints goes to `print`.
pub(super) fn run(tests: &mut Command, mut print: impl FnMut(&str)) -> Outcome {
    let watch = Watch::start();
    let mut reader = Reader::default();
    let result = stream(tests, |line| {
        print(line);
        reader.read(line);
    });
    let (programs, failures) = reader.end();
    Outcome { result, took: watch.stop(), programs, failures }
}

/// Hands on line by line what a program prints. Both of its outputs go the same way, so that they stay in order.
fn stream(command: &mut Command, mut read: impl FnMut(&str)) -> Result {
    let failed = |e: std::io::Error| format!("cargo can't be run: {e}");
    let (printed, stdout) = std::io::pipe().map_err(failed)?;
    let stderr = stdout.try_clone().map_err(failed)?;
    let mut child = command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn().map_err(failed)?;
    // They hold our ends of the pipe, and without these it would never end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    for line in BufReader::new(printed).split(b'\n') {
        read(&String::from_utf8_lossy(&line.map_err(failed)?));
    }
    let status = child.wait().map_err(failed)?;
    if status.success() { Ok(()) } else { Err(format!("cargo test ended with {status}")) }
}

/// Lines of a failed test that are said again. A panic is the last that it says.
const LAST_LINES: usize = 30;

/// Tells the programs apart in what cargo and they print, and what failed tests have said.
#[derive(Default)]
struct Reader {
    current: Option<(String, Watch, u64, u64)>,
    ended: Vec<Program>,
    failing: Option<(String, VecDeque<String>)>,
    failures: Vec<String>,
}

impl Reader {
    fn read(&mut self, line: &str) {
        if let Some(name) = parse_start(line) {
            self.close();
            self.current = Some((name, Watch::start(), 0, 0));
        } else if let Some((passed, failed)) = parse_result(line) {
            let unnamed = || ("without a name".to_owned(), Watch::start(), 0, 0);
            let current = self.current.get_or_insert_with(unnamed);
            current.2 += passed;
            current.3 += failed;
        }
        if let Some(test) = parse_failure(line) {
            self.end_failure();
            self.failing = Some((test.to_owned(), VecDeque::new()));
        } else if line == "failures:" || line == "stack backtrace:" {
            self.end_failure();
        } else if let Some((_, said)) = &mut self.failing {
            said.push_back(line.to_owned());
            if said.len() > LAST_LINES {
                said.pop_front();
            }
        }
    }

    fn end_failure(&mut self) {
        if let Some((test, said)) = self.failing.take() {
            let said: Vec<String> = said.into();
            self.failures.push(format!("{test}\n{}", said.join("\n").trim_end()));
        }
    }

    fn close(&mut self) {
        if let Some((name, watch, passed, failed)) = self.current.take() {
            self.ended.push(Program { name, took: watch.stop(), passed, failed });
        }
    }

    fn end(mut self) -> (Vec<Program>, Vec<String>) {
        self.close();
        self.end_failure();
        (self.ended, self.failures)
    }
}

/// `     Running tests/page.rs (/target/debug/deps/page-0123456789abcdef)`, or `   Doc-tests aitta_archive`.
fn parse_start(line: &str) -> Option<String> {
    let line = line.trim_start();
    if let Some(library) = line.strip_prefix("Doc-tests ") {
        return Some(format!("examples of {library}"));
    }
    let (_, program) = line.strip_prefix("Running ")?.strip_suffix(')')?.rsplit_once(" (")?;
    let (_, file) = program.rsplit_once('/')?;
    let (name, _hash) = file.rsplit_once('-')?;
    Some(name.to_owned())
}

/// `---- pg::tests::x stdout ----`
fn parse_failure(line: &str) -> Option<&str> {
    line.strip_prefix("---- ")?.strip_suffix(" stdout ----")
}

/// `test result: ok. 12 passed; 0 failed; 1 ignored; …`
fn parse_result(line: &str) -> Option<(u64, u64)> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut counts = counts.split("; ");
    let mut next = |word: &str| counts.next()?.strip_suffix(word)?.trim().parse().ok();
    Some((next("passed")?, next("failed")?))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{parse_result, parse_start, run};

    #[test]
    fn results_are_counted() {
        let ok =
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1s";
        assert_eq!(parse_result(ok), Some((12, 0)));
        let failed = "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(parse_result(failed), Some((3, 2)));
        assert_eq!(parse_result("test pg::tests::x ... ok"), None);
    }

    #[test]
    fn programs_are_told_by_the_name_of_their_file() {
        let named = |line: &str| parse_start(line);
        let unit =
            "     Running unittests src/lib.rs (/home/me/target/debug/deps/aitta_engine-0f1e2d3c4b5a6978)";
        assert_eq!(named(unit).as_deref(), Some("aitta_engine"));
        let file = "     Running tests/page.rs (target/debug/deps/page-0f1e2d3c4b5a6978)";
        assert_eq!(named(file).as_deref(), Some("page"));
        assert_eq!(named("   Doc-tests aitta_archive").as_deref(), Some("examples of aitta_archive"));
        assert_eq!(named("Running late, as always"), None);
    }

    #[test]
    fn each_program_has_its_own_results_in_the_order_in_which_it_was_run() {
        let script = "echo 'Running tests/a.rs (deps/a-1)' >&2
            echo 'test result: ok. 5 passed; 0 failed; 0 ignored'
            echo 'Running tests/b.rs (deps/b-1)' >&2
            echo 'test result: FAILED. 1 passed; 2 failed; 0 ignored'
            echo
            echo 'failures:'
            echo
            echo '---- kills::first stdout ----'
            seq 1 100
            echo
            echo '---- kills::second stdout ----'
            echo 'panicked at the disk'
            echo 'stack backtrace:'
            seq 1 2
            echo
            echo
            echo 'failures:'
            echo '    kills::first'
            exit 101";
        let mut lines = Vec::new();
        let outcome = run(Command::new("sh").args(["-c", script]), |line| lines.push(line.to_owned()));
        assert!(outcome.result.is_err_and(|error| error.contains("101")));
        assert_eq!(lines.len(), 118);
        let [first, second] = outcome.failures.as_slice() else { panic!("{:?}", outcome.failures) };
        assert!(first.starts_with("kills::first\n72\n") && first.ends_with("\n100"), "{first}");
        assert_eq!(second, "kills::second\npanicked at the disk");
        let counts = |p: &super::Program| (p.name.clone(), p.passed, p.failed);
        let found: Vec<_> = outcome.programs.iter().map(counts).collect();
        assert_eq!(found, [("a".to_owned(), 5, 0), ("b".to_owned(), 1, 2)]);
    }
}
