//! All checks and all tests.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use crate::install::desktop::Tools;
use crate::run::{cargo, run as execute};
use crate::{Result, install, package, postgres, ui};

/// Ends with the plain line `N passed, M failed`. A check that fails, and a test program that dies
/// without a result, count as one failure each.
pub(crate) fn run(args: &[String]) -> Result {
    let mut count = Count::default();
    let prepared = match prepare() {
        Ok(prepared) => prepared,
        Err(error) => {
            println!("{error}\n0 passed, 1 failed");
            return Err(String::new());
        }
    };

    count.check("format", || execute(&mut cargo(&["fmt", "--all", "--check"])?));
    // Before the lints: the shell's sources embed the page. As it is shipped and not as a debug build, which
    // would be another two minutes of compiling to test something that nobody runs: size and speed are
    // tested, too.
    count.check("page", || ui::build(false, false).map(drop));
    count.check("page with made-up answers", || ui::build(true, false).map(drop));
    count.check("lints", || {
        let mut clippy =
            cargo(&["clippy", "--workspace", "--all-targets", "--features", "aitta-tests/garage"])?;
        execute(clippy.args(["--quiet", "--", "-D", "warnings"]))
    });
    for features in ["", "mock"] {
        count.check(&format!("lints of the page {features}"), || {
            let page = ["clippy", "--package", "aitta-ui", "--target", ui::TARGET, "--features", features];
            execute(cargo(&page)?.args(["--quiet", "--", "-D", "warnings"]))
        });
    }
    count.check("docs", || {
        let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--quiet"])?;
        execute(doc.env("RUSTDOCFLAGS", "-D warnings"))
    });
    // Tests of other packages run the programs, and cargo doesn't build them for a choice of tests. Without
    // one everything is built that is run below, by the same words: others would choose other features of
    // the dependencies, and compile them again.
    count.check("build", || {
        let chosen = if args.is_empty() { &[][..] } else { &["--test", "commands"] };
        execute(cargo(&["test", "--workspace", "--no-run", "--quiet"])?.args(chosen))
    });

    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast"])?;
    tests.args(args).env("AITTA_TEST_PYTHON", &prepared.python);
    tests.env("AITTA_TEST_MOTO", &prepared.moto).env("AITTA_TEST_AZURITE", &prepared.azurite);
    prepared.tools.name_to(&mut tests);
    count.check_tests("tests", &mut tests);
    // A choice of tests was asked for: they need not be in these.
    if args.is_empty() {
        match package::of_tests().and_then(|package| package::installed_test(&package)) {
            Ok((_installed, mut test)) => {
                prepared.tools.name_to(&mut test);
                count.check_tests("installed package", &mut test);
            }
            Err(error) => count.check("installed package", || Err(error)),
        }
        for major in postgres::OTHERS {
            match restores(major, &prepared.python) {
                Ok(mut tests) => count.check_tests(&format!("PostgreSQL {major}"), &mut tests),
                Err(error) => count.check(&format!("PostgreSQL {major}"), || Err(error)),
            }
        }
    }

    println!("{} passed, {} failed", count.passed, count.failed);
    match (count.passed, count.failed) {
        (_, 1..) => Err(String::new()),
        // A run that proved nothing is no success.
        (0, 0) => Err(String::new()),
        _ => Ok(()),
    }
}

/// Tests against a server that takes too long to build for every run.
pub(crate) fn garage() -> Result {
    let garage = install::garage()?;
    // The whole workspace, or cargo builds everything again with other features.
    execute(&mut cargo(&["test", "--workspace", "--no-run", "--quiet", "--test", "commands"])?)?;
    let mut tests = cargo(&["test", "--workspace", "--features", "aitta-tests/garage", "--test", "garage"])?;
    execute(tests.env("AITTA_TEST_GARAGE", garage))
}

/// Backup and restore on a server of another version, with the client tools that fit it.
fn restores(major: &str, python: &Path) -> Result<Command> {
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast"])?;
    // The whole workspace, or cargo builds everything again with other features.
    tests.args(["--test", "pg_restore", "--test", "pg_replace"]);
    tests.env("AITTA_TEST_PG_BIN", postgres::server(major)?);
    if major == "18" {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(postgres::newest_tools(python)?).chain(std::env::split_paths(&path));
        tests.env("PATH", std::env::join_paths(folders).map_err(|e| e.to_string())?);
    }
    Ok(tests)
}

/// What the tests are run with.
struct Prepared {
    python: PathBuf,
    moto: PathBuf,
    azurite: PathBuf,
    tools: Tools,
}

fn prepare() -> Result<Prepared> {
    install::toolchain_components()?;
    install::wasm_target()?;
    install::desktop::build()?;
    println!("PostgreSQL: {}", install::postgres()?.display());
    if cfg!(target_os = "linux") {
        install::program("dbus-run-session", "dbus")?;
        install::program("gnome-keyring-daemon", "gnome-keyring")?;
    }
    // An authenticator that is not ours.
    install::program("oathtool", "oathtool")?;
    let python = install::python()?;
    println!("Python: {}", python.display());
    let moto = install::moto()?;
    println!("moto: {}", moto.display());
    let azurite = install::azurite()?;
    let tools = install::desktop::tests()?;
    Ok(Prepared { python, moto, azurite, tools })
}

#[derive(Default)]
struct Count {
    passed: u64,
    failed: u64,
}

impl Count {
    fn check(&mut self, name: &str, check: impl FnOnce() -> Result) {
        let started = Instant::now();
        let result = check();
        let seconds = started.elapsed().as_secs_f32();
        match result {
            Ok(()) => println!("{name}: ok ({seconds:.0} s)"),
            Err(error) => {
                self.failed += 1;
                println!("{name}: FAILED ({seconds:.0} s): {error}");
            }
        }
    }

    /// Adds up the results of all test programs. The failure of cargo itself counts only when it is not
    /// that of a test.
    fn check_tests(&mut self, name: &str, tests: &mut Command) {
        let mut totals = (0, 0);
        self.check(name, || {
            let status = stream(tests, |passed, failed| {
                totals.0 += passed;
                totals.1 += failed;
            })?;
            if status.success() { Ok(()) } else { Err(format!("cargo test ended with {status}")) }
        });
        self.passed += totals.0;
        self.failed += u64::saturating_sub(totals.1, 1);
    }
}

/// Prints what the tests print, and tells their results.
fn stream(tests: &mut Command, mut result: impl FnMut(u64, u64)) -> Result<ExitStatus> {
    let failed = |e: std::io::Error| format!("cargo can't be run: {e}");
    let mut child = tests.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    for line in child.stdout.take().map(BufReader::new).into_iter().flat_map(|out| out.split(b'\n')) {
        let line = line.map_err(failed)?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        if let Some((passed, failed)) = parse_result(&line) {
            result(passed, failed);
        }
    }
    child.wait().map_err(failed)
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
    use super::parse_result;

    #[test]
    fn results_are_counted() {
        let ok =
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1s";
        assert_eq!(parse_result(ok), Some((12, 0)));
        let failed = "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(parse_result(failed), Some((3, 2)));
        assert_eq!(parse_result("test pg::tests::x ... ok"), None);
    }
}
