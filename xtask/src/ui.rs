//! Builds the page.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{cargo, output};
use crate::{Result, install, paths};

/// What the page is compiled for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// How what is shipped is compiled.
pub(crate) const PROFILE: &str = "page";

/// `cargo xtask ui [--mock] [--debug]`: `ui/dist`, or `ui/dist-mock` with made-up answers.
pub(crate) fn run(args: &[String]) -> Result {
    let dist = build(args.iter().any(|a| a == "--mock"), args.iter().any(|a| a == "--debug"))?;
    println!("{}", dist.display());
    Ok(())
}

/// Builds the page, and returns the folder that it is served from.
pub(crate) fn build(mock: bool, debug: bool) -> Result<PathBuf> {
    install::wasm_target()?;
    build_by(&bundler()?, mock, debug)
}

/// The program that puts the page together.
pub(crate) fn bundler() -> Result<PathBuf> {
    output(&mut cargo(&["build", "--quiet", "--package", "aitta-page"])?)?;
    Ok(paths::target()?.join("debug/aitta-page"))
}

/// Builds the page by a program that is there, so that it waits for no other build.
pub(crate) fn build_by(bundler: &Path, mock: bool, debug: bool) -> Result<PathBuf> {
    let profile = if debug { "dev" } else { PROFILE };
    let mut build =
        cargo(&["build", "--quiet", "--package", "aitta-ui", "--target", TARGET, "--profile", profile])?;
    if mock {
        build.args(["--features", "mock"]);
    }
    output(&mut build)?;
    let folder = if debug { "debug" } else { PROFILE };
    let wasm = paths::target()?.join(TARGET).join(folder).join("aitta-ui.wasm");
    let ui = paths::root().join("ui");
    let dist = ui.join(if mock { "dist-mock" } else { "dist" });
    let mut bundle = Command::new(bundler);
    bundle.args([&wasm, &ui, &dist]);
    if !debug {
        bundle.arg(install::desktop::wasm_opt()?);
    }
    print!("{}", output(&mut bundle)?);
    Ok(dist)
}
