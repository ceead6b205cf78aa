//! What dependencies are under, where they come from, and what is known to be broken in them.

use crate::run::run as execute;
use crate::{Result, install, paths};
use std::process::Command;

const CARGO_DENY: &str = "0.20.2";

/// Checks `deny.toml` with cargo-deny. The advisories come from the network.
pub(crate) fn run(args: &[String]) -> Result {
    let tool = install::of_cargo("cargo-deny", CARGO_DENY)?;
    execute(Command::new(tool).args(args).arg("check").current_dir(paths::root()))
}
