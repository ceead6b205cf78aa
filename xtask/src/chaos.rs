//! Kills at random moments.

use crate::run::{cargo, output, run as execute};
use crate::{Result, install};

/// Runs the test `chaos::` of the scenarios with so many kills.
pub(crate) fn run(args: &[String]) -> Result {
    let kills: u32 = match args.first() {
        None => 1000,
        Some(text) => text.parse().map_err(|_| format!("{text:?} is not a number of kills"))?,
    };
    println!("PostgreSQL: {}", install::postgres()?.display());
    // The program comes with the tests of the command line; of the whole workspace, or cargo builds everything again
    // with other features.
    output(&mut cargo(&["test", "--workspace", "--no-run", "--quiet", "--test", "cli"])?)?;
    let mut tests = cargo(&["test", "--workspace", "--test", "scenarios"])?;
    tests.args(["--", "--nocapture", "chaos::"]).env("AITTA_CHAOS_KILLS", kills.to_string());
    execute(&mut tests)
}
