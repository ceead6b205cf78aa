//! The main job on a sample database, and the window on a past of three months.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::run::{cargo, run as execute};
use crate::{Result, install, paths, ui};

/// Runs `aitta demo` with what follows on the command line. Without anything it ends with the window on sample
/// data or, where there is no display, with its charts on a page.
pub(crate) fn run(args: &[String]) -> Result {
    demo(args)?;
    if !args.is_empty() {
        return Ok(());
    }
    let folder = paths::cache()?.join("sample");
    println!("\nThree months of sample backups, some of which failed:\n");
    demo(&["--history".to_owned(), "90d".to_owned(), "--folder".to_owned(), folder.display().to_string()])?;
    if ["DISPLAY", "WAYLAND_DISPLAY"].iter().all(|name| std::env::var_os(name).is_none_or(|v| v.is_empty())) {
        println!(
            "There is no display here, so no window opens; the charts of its dashboard are on the page above."
        );
        return Ok(());
    }
    println!("Building the window; the first time this takes some minutes.");
    open(&folder)
}

fn demo(args: &[String]) -> Result {
    // Not the release profile: it takes minutes longer to build, and the sample is small.
    let mut demo = cargo(&["run", "--package", "aitta-cli", "--", "demo"])?;
    execute(demo.args(args)).map_err(|error| format!("the demo failed: {error}"))
}

/// Opens the window on sample data, and stays until it is closed.
fn open(sample: &Path) -> Result {
    install::desktop::build()?;
    // Not the small one, which takes minutes to build: only what is shipped has to load fast.
    ui::build(false, true)?;
    execute(&mut cargo(&["build", "--package", "aitta-desktop", "--bin", "aitta-desktop"])?)?;
    let program = paths::target()?.join("debug/aitta-desktop");
    // The file names the sample's profile, key and data to a shell.
    let mut window = Command::new("sh");
    window.args(["-c", ". \"$0\"; exec \"$1\""]).arg(sample.join("env")).arg(&program).stdin(Stdio::null());
    execute(&mut window)
}
