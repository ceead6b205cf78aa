//! The pictures of the README.

use crate::run::{cargo, run as execute};
use crate::{Result, install, ui};

/// `cargo xtask screenshots`: draws every page anew into `docs/screenshots`.
pub(crate) fn run(_: &[String]) -> Result {
    install::wasm_target()?;
    install::desktop::build()?;
    let tools = install::desktop::tests()?;
    ui::build(true, false)?;
    let mut draw = cargo(&["run", "--quiet", "--package", "aitta-tests", "--example", "screenshots"])?;
    tools.name_to(&mut draw);
    execute(&mut draw)
}
