//! Page and window against their targets.

use crate::run::{cargo, run as execute};
use crate::{Result, install, paths, ui};

/// `cargo xtask bench ui`: prints a table. The shell is a release, as users have it.
pub(crate) fn run() -> Result {
    install::wasm_target()?;
    install::desktop::build()?;
    let tools = install::desktop::tests()?;
    ui::build(false, false)?;
    ui::build(true, false)?;
    let release = ["build", "--release", "--package", "aitta-desktop", "--features", "custom-protocol"];
    execute(&mut cargo(&release)?)?;
    let mut measure = cargo(&["run", "--quiet", "--package", "aitta-tests", "--example", "bench_ui"])?;
    measure.env("AITTA_TEST_DESKTOP", paths::target()?.join("release/aitta-desktop"));
    tools.name_to(&mut measure);
    execute(&mut measure)
}
