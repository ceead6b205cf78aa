//! Page and window against their targets.

use std::path::PathBuf;

use crate::install::desktop::Tools;
use crate::run::{cargo, run as execute};
use crate::{Result, install, paths, ui};

/// `cargo xtask bench ui`: prints a table.
pub(crate) fn run() -> Result {
    let (tools, desktop) = release()?;
    ui::build(true, false)?;
    let mut measure = cargo(&["run", "--quiet", "--package", "aitta-tests", "--example", "bench_ui"])?;
    measure.env("AITTA_TEST_DESKTOP", desktop);
    tools.name_to(&mut measure);
    execute(&mut measure)
}

/// The shell as users have it: a release with its page. And what a test of it needs.
pub(super) fn release() -> Result<(Tools, PathBuf)> {
    install::wasm_target()?;
    install::desktop::build()?;
    let tools = install::desktop::tests()?;
    ui::build(false, false)?;
    let release = ["build", "--release", "--package", "aitta-desktop", "--features", "custom-protocol"];
    execute(&mut cargo(&release)?)?;
    Ok((tools, paths::target()?.join("release/aitta-desktop")))
}
