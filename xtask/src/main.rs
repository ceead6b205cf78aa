//! Everything that CI does, callable by hand: `cargo xtask <step>`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "its output is what it is for")]

use std::process::ExitCode;

mod bench;
mod chaos;
mod demo;
mod deny;
mod fuzz;
mod install;
mod package;
mod paths;
mod postgres;
mod run;
mod sbom;
mod screenshots;
mod test;
mod tour;
mod ui;

/// What a step ends with. The message says what to do.
type Result<T = (), E = String> = std::result::Result<T, E>;

const USAGE: &str = "\
Usage: cargo xtask <step>

  demo                     runs the main job on a sample database, then opens the window on sample data
                           (without a display: writes its charts); needs only Rust
  test [choice]            installs what is missing, checks format, spelling, lints and docs, runs all tests, and
                           says how long each part took. A choice is one of `cargo test`:
                             --test scenarios window::     the app's window; pg_restore::, s3::, secrets::, …
                             --test page                   the page in Chromium
                             --test engine | archive | cli | commands
  deny [--offline]         checks licences, sources and known faults of all dependencies (installs cargo-deny: ten
                           minutes; asks the network for advisories)
  garage                   runs the tests against Garage, an S3-compatible server (builds it first: eight minutes)
  storm [seconds]          backs up and restores a database under pgbench and DDL for so long (default 600), compares
                           each backup with pg_dump at the same snapshot, and prints what came of them
  ui [--mock] [--debug]    builds the page: ui/dist, or ui/dist-mock with made-up answers
  package [--install-test] makes the .deb; installs it, starts it, and removes it again
  screenshots              draws every page anew into docs/screenshots
  tour [options] [FILTER]  draws every page in every state from the installed app with real databases, in three sizes,
                           light, dark and Finnish, and lists what overflows or is cut off. FILTER is a part of
                           WORLD/NAME, such as shop, shop/backups or rotate
      --out DIR            where the pictures go (default: tour in the target folder)
      --look TEXT          only the looks whose folder contains it, such as en-light-1280 or fi
  bench ui                 measures page and window against their targets
  bench night [options]    measures the night on which two tables are needed back, from the start of the app
  bench rotation           measures the rotation of 1,000 archives and of one of 1 GB
  bench stores [options]   measures backup, upload, restore and rotation in an S3 server on this machine
  bench [options]          measures Aitta against pg_dump and pg_restore
      --scale X            size of the data, 1.0 is about 1.3 GB (default 1.0)
      --runs N             runs of each contender (default 3)
      --only backup|restore|table|memory
      --contender NAME     only those whose name contains this
      --against PROGRAM    another build of `aitta`, in turn with this one: is it slower than before?
      --keep               keeps the server's data for the next time
  fuzz [seconds]           runs every fuzz target for so many seconds (default 60)
  chaos [kills]            kills backups, restores, rotations, deletions and copies at so many random moments (default
                           1000), and checks after each that nothing is lost or torn; AITTA_CHAOS_SEED repeats a run
  fetch-postgres MAJOR…    installs servers of other versions for tests

CARGO_TARGET_DIR, if not set, is ~/.cache/aitta/target, shared by all checkouts.
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    let result = match args.first().map(String::as_str) {
        Some("demo") => demo::run(rest),
        Some("deny") => deny::run(rest),
        Some("test") => test::run(rest),
        Some("garage") => test::garage(),
        Some("storm") => test::storm(rest),
        Some("bench") => bench::run(rest),
        Some("package") => package::run(rest),
        Some("screenshots") => screenshots::run(rest),
        Some("tour") => tour::run(rest),
        Some("chaos") => chaos::run(rest),
        Some("fuzz") => fuzz::run(rest),
        Some("ui") => ui::run(rest),
        Some("fetch-postgres") => postgres::fetch(rest),
        Some("help" | "--help" | "-h") => {
            print!("{USAGE}");
            Ok(())
        }
        Some(other) => Err(format!("there is no step {other:?}\n\n{USAGE}")),
        None => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            if !message.is_empty() {
                eprintln!("{message}");
            }
            ExitCode::FAILURE
        }
    }
}
