//! Pictures of every page in every state, from the app as it is installed.

use std::process::Command;

use crate::package::{self, Installed};
use crate::run::{cargo, output, run as execute};
use crate::{Result, install, paths, ui};

/// `cargo xtask tour [--out DIR] [--look TEXT] [FILTER]`: installs the package around the program that the tests run,
/// and draws it. What it draws and how it gets there is in `tests/examples/tour`.
pub(crate) fn run(args: &[String]) -> Result {
    install::wasm_target()?;
    install::desktop::build()?;
    println!("PostgreSQL: {}", install::postgres()?.display());
    install::program("oathtool", "oathtool")?;
    let tools = install::desktop::tests()?;
    ui::build(false, false)?;
    // Of the whole workspace, or cargo compiles everything again with other features.
    output(&mut cargo(&["build", "--quiet", "--workspace", "--bins", "--example", "tour"])?)?;
    let _installed = Installed::of(&package::of_tests()?)?;
    let target = paths::target()?;
    let mut draw = Command::new(target.join("debug/examples/tour"));
    draw.args(args).current_dir(paths::root()).env("AITTA_TEST_DESKTOP", Installed::PROGRAM);
    if !args.iter().any(|arg| arg == "--out") {
        draw.arg("--out").arg(target.join("tour"));
    }
    tools.name_to(&mut draw);
    execute(&mut draw)
}
