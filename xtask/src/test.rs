//! All checks and all tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::install::desktop::Tools;
use crate::run::{cargo, output, run as execute};
use crate::{Result, install, package, paths, postgres, ui};

mod report;
mod suite;

use postgres::Other;
use report::{Report, Watch};

/// The tests by which cargo builds the programs that the others run: those of the packages that have them.
const WITH_PROGRAMS: [&str; 2] = ["cli", "commands"];

/// Tests that stand on nothing in which the page is embedded.
const WITHOUT_PAGE: [&str; 6] = ["archive", "cli", "engine", "page", "pictures", "scenarios"];

/// Ends with the plain line `N passed, M failed`, after a table of how long each part took and what failed. A check that fails,
/// and a test program that dies without a result, count as one failure each.
pub(crate) fn run(args: &[String]) -> Result {
    let (report, watch) = (Report::default(), Watch::start());
    if let Some(prepared) = prepare(&report, args) {
        test(&report, &prepared, args);
    }
    let (passed, failed) = report.counts();
    println!("{}{}\n{passed} passed, {failed} failed", report.table(watch.stop()), report.failures());
    match (passed, failed) {
        (_, 1..) => Err(String::new()),
        // A run without a single test is a failure.
        (0, 0) => Err(String::new()),
        _ => Ok(()),
    }
}

/// What checks and tests are run with.
struct Prepared {
    typos: PathBuf,
    python: PathBuf,
    moto: PathBuf,
    azurite: PathBuf,
    tools: Tools,
    /// None where a choice of tests was asked for.
    other_servers: Vec<Other>,
}

/// Builds everything, and says what can be said without running it. The page, whose build ends in work for one core,
/// has a lane of its own. What the tests need and is missing ends everything.
fn prepare(report: &Report, args: &[String]) -> Option<Prepared> {
    let bundler = report.check("what compiling needs", || {
        install::toolchain_components()?;
        install::wasm_target()?;
        install::desktop::build()?;
        install::desktop::wasm_opt()?;
        ui::bundler()
    })?;
    std::thread::scope(|scope| {
        let (is_there, page) = std::sync::mpsc::channel();
        scope.spawn(move || {
            // As it is shipped and not as a debug build, which would be another two minutes of compiling for a page
            // that no user runs: size and speed are tested, too.
            report.check("page", || ui::build_by(&bundler, false, false).map(drop));
            drop(is_there);
            report.check("page with made-up answers", || ui::build_by(&bundler, true, false).map(drop));
            for features in ["", "mock"] {
                report.check(&format!("lints of the page {features}"), || lint_page(features));
            }
        });
        let prepared = report.check("what the tests need", || install_for_tests(args))?;
        report.check("format", || output(&mut cargo(&["fmt", "--all", "--check"])?).map(drop));
        report.check("spelling", || output(&mut spelling(&prepared.typos)).map(drop));
        if args.is_empty() {
            report.check("build of what needs no page", || build(&WITHOUT_PAGE));
        }
        // The shell's sources embed the page. Nothing is ever sent: the other end is gone when the page is there.
        let _gone: std::result::Result<(), _> = page.recv();
        check(report, args);
        Some(prepared)
    })
}

/// In the profile of the page, whose macros and build scripts are there by now.
fn lint_page(features: &str) -> Result {
    let mut clippy = cargo(&["clippy", "--quiet", "--package", "aitta-ui", "--features", features])?;
    clippy.args(["--target", ui::TARGET, "--profile", ui::PROFILE, "--", "-D", "warnings"]);
    output(&mut clippy).map(drop)
}

/// Misspelt words.
fn spelling(typos: &Path) -> Command {
    let mut spelling = Command::new(typos);
    spelling.args(["--format", "brief"]).current_dir(paths::root());
    spelling
}

fn install_for_tests(args: &[String]) -> Result<Prepared> {
    println!("PostgreSQL: {}", install::postgres()?.display());
    if cfg!(target_os = "linux") {
        install::program("dbus-run-session", "dbus")?;
        install::program("gnome-keyring-daemon", "gnome-keyring")?;
    }
    // An independent authenticator.
    install::program("oathtool", "oathtool")?;
    let typos = install::typos()?;
    let python = install::python()?;
    println!("Python: {}", python.display());
    let moto = install::moto()?;
    println!("moto: {}", moto.display());
    let azurite = install::azurite()?;
    let tools = install::desktop::tests()?;
    let other_servers = if args.is_empty() { postgres::others(&python)? } else { Vec::new() };
    Ok(Prepared { typos, python, moto, azurite, tools, other_servers })
}

/// What can be said without running anything, and the build of what is run.
fn check(report: &Report, args: &[String]) {
    report.check("lints", || {
        let mut clippy =
            cargo(&["clippy", "--workspace", "--all-targets", "--features", "aitta-tests/garage"])?;
        execute(clippy.args(["--quiet", "--", "-D", "warnings"]))
    });
    report.check("docs", || {
        let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--quiet"])?;
        execute(doc.env("RUSTDOCFLAGS", "-D warnings"))
    });
    // Tests of other packages run the programs, and cargo doesn't build them for a choice of tests. Without
    // one everything is built that is run below, by the same words: others would choose other features of
    // the dependencies, and compile them again.
    report.check("build", || build(if args.is_empty() { &[] } else { &WITH_PROGRAMS }));
}

/// Builds tests of this choice. Of the whole workspace in any case, or cargo builds everything again with other
/// features.
fn build(chosen: &[&str]) -> Result {
    let chosen = chosen.iter().flat_map(|name| ["--test", name]);
    output(cargo(&["test", "--workspace", "--no-run", "--quiet"])?.args(chosen)).map(drop)
}

fn test(report: &Report, prepared: &Prepared, args: &[String]) {
    let tests = cargo(&["test", "--workspace", "--no-fail-fast"]).map(|mut tests| {
        tests.args(args).env("AITTA_TEST_PYTHON", &prepared.python);
        // One more than there are cores: they wait for servers, too. With as many, 1.6 of 2 cores were busy.
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        tests.env("RUST_TEST_THREADS", (cores + 1).to_string());
        tests.env("AITTA_TEST_MOTO", &prepared.moto).env("AITTA_TEST_AZURITE", &prepared.azurite);
        prepared.tools.name_to(&mut tests);
        tests
    });
    match tests {
        Ok(mut tests) => report.suite("tests", suite::run(&mut tests, |line| println!("{line}"))),
        Err(error) => drop(report.check::<()>("tests", || Err(error))),
    }
    // A choice of tests was asked for: they need not be in these.
    if args.is_empty() {
        side_by_side(report, prepared);
    }
}

/// The suites that wait for windows and servers more than they compute. What each prints is kept until its end.
fn side_by_side(report: &Report, prepared: &Prepared) {
    std::thread::scope(|scope| {
        scope.spawn(|| match package::of_tests().and_then(|package| package::installed_test(&package)) {
            Ok((_installed, mut test)) => {
                prepared.tools.name_to(&mut test);
                apart(report, "installed package", &mut test);
            }
            Err(error) => drop(report.check::<()>("installed package", || Err(error))),
        });
        for other in &prepared.other_servers {
            scope.spawn(move || {
                let name = format!("PostgreSQL {}", other.major);
                match restores(other) {
                    Ok(mut tests) => apart(report, &name, &mut tests),
                    Err(error) => drop(report.check::<()>(&name, || Err(error))),
                }
            });
        }
    });
}

/// Runs a suite and prints what it has said as a whole when it has ended.
fn apart(report: &Report, name: &str, tests: &mut Command) {
    let mut said = String::new();
    let outcome = suite::run(tests, |line| {
        said += line;
        said.push('\n');
    });
    print!("{name}:\n{said}");
    report.suite(name, outcome);
}

/// Backup and restore on a server of another version, with the client tools that fit it.
fn restores(other: &Other) -> Result<Command> {
    // The whole workspace, or cargo builds everything again with other features.
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast", "--test", "scenarios"])?;
    tests
        .args(["--", "pg_restore::", "pg_replace::", "pg_roles::", "pg_trust::", "pg_hostile::"])
        .env("AITTA_TEST_PG_BIN", &other.server);
    if let Some(tools) = &other.tools {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(tools.clone()).chain(std::env::split_paths(&path));
        tests.env("PATH", std::env::join_paths(folders).map_err(|e| e.to_string())?);
    }
    Ok(tests)
}

/// Backups in a storm of DDL for so many seconds, ten minutes if nothing else is said. The figures come at its end.
pub(crate) fn storm(args: &[String]) -> Result {
    let seconds: u32 = match args.first() {
        None => 600,
        Some(text) => text.parse().map_err(|_| format!("{text:?} is not a number of seconds"))?,
    };
    println!("PostgreSQL: {}", install::postgres()?.display());
    build(&["cli"])?;
    let mut tests = cargo(&["test", "--workspace", "--test", "scenarios", "storm::", "--", "--nocapture"])?;
    execute(tests.env("AITTA_STORM_SECONDS", seconds.to_string()))
}

/// Tests against a server that takes too long to build for every run.
pub(crate) fn garage() -> Result {
    let garage = install::garage()?;
    build(&WITH_PROGRAMS)?;
    let mut tests = cargo(&["test", "--workspace", "--features", "aitta-tests/garage", "--test", "garage"])?;
    execute(tests.env("AITTA_TEST_GARAGE", garage))
}
