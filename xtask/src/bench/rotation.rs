//! Rotation against its targets.

use crate::Result;
use crate::run::{cargo, run as execute};

/// `cargo xtask bench rotation`: prints a table.
pub(crate) fn run() -> Result {
    let example = ["run", "--quiet", "--release", "--package", "aitta-tests", "--example", "bench_rotation"];
    execute(&mut cargo(&example)?)
}
