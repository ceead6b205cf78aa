//! The main job on a sample database.

use std::process::Stdio;

use crate::Result;
use crate::run::cargo;

/// Builds the program and runs `aitta demo` with what follows on the command line.
pub(crate) fn run(args: &[String]) -> Result {
    // Not the release profile: it takes minutes longer to build, and the sample is small.
    let mut demo = cargo(&["run", "--package", "aitta-cli", "--", "demo"])?;
    let status =
        demo.args(args).stdin(Stdio::null()).status().map_err(|e| format!("cargo can't be run: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("the demo failed: {status}")) }
}
