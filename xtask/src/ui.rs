//! Builds the page.

use std::path::PathBuf;

use crate::run::{cargo, output, run as execute};
use crate::{Result, install, paths};

/// What the page is compiled for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// `cargo xtask ui [--mock] [--debug]`: `ui/dist`, or `ui/dist-mock` with made-up answers.
pub(crate) fn run(args: &[String]) -> Result {
    let dist = build(args.iter().any(|a| a == "--mock"), args.iter().any(|a| a == "--debug"))?;
    println!("{}", dist.display());
    Ok(())
}

/// Builds the page, and returns the folder that it is served from.
pub(crate) fn build(mock: bool, debug: bool) -> Result<PathBuf> {
    install::wasm_target()?;
    let profile = if debug { "dev" } else { "page" };
    let mut build =
        cargo(&["build", "--quiet", "--package", "aitta-ui", "--target", TARGET, "--profile", profile])?;
    if mock {
        build.args(["--features", "mock"]);
    }
    execute(&mut build)?;
    let folder = if debug { "debug" } else { "page" };
    let wasm = paths::target()?.join(TARGET).join(folder).join("aitta-ui.wasm");
    let ui = paths::root().join("ui");
    let dist = ui.join(if mock { "dist-mock" } else { "dist" });
    let mut bundle = cargo(&["run", "--quiet", "--package", "aitta-page", "--"])?;
    bundle.args([&wasm, &ui, &dist]);
    if !debug {
        bundle.arg(install::desktop::wasm_opt()?);
    }
    print!("{}", output(&mut bundle)?);
    Ok(dist)
}
