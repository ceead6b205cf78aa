//! Runs other programs.

use std::process::{Command, Stdio};

use crate::{Result, paths};

/// Cargo, in the checkout, with the shared target folder.
pub(crate) fn cargo(args: &[&str]) -> Result<Command> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(args).current_dir(paths::root()).env("CARGO_TARGET_DIR", paths::target()?);
    // What cargo says of xtask itself. Build scripts that look at such a variable (ring's) would run again, and
    // all that stands on them be built again, whenever cargo is called by hand in between.
    for (name, _) in std::env::vars_os() {
        let told =
            name.to_str().is_some_and(|n| n.starts_with("CARGO_PKG_") || n.starts_with("CARGO_MANIFEST_"));
        if told {
            cargo.env_remove(name);
        }
    }
    Ok(cargo)
}

/// Runs a program with our output, and fails if it fails.
pub(crate) fn run(command: &mut Command) -> Result {
    let status = command.stdin(Stdio::null()).status().map_err(|e| cannot_run(command, &e))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed: {status}", shown(command))) }
}

/// Runs a program and returns what it prints. When it fails, its complaint is in the error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| cannot_run(command, &e))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let error = String::from_utf8_lossy(&output.stderr);
    Err(format!("{} failed: {}\n{text}{error}", shown(command), output.status))
}

/// Whether a program is there and does this without failing.
pub(crate) fn works(program: &str, args: &[&str]) -> bool {
    output(Command::new(program).args(args)).is_ok()
}

/// Whether we are root.
pub(crate) fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn shown(command: &Command) -> String {
    let program = command.get_program().to_string_lossy().into_owned();
    let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy()).collect();
    let line = format!("`{program} {}`", args.join(" "));
    line.chars().take(300).collect()
}

fn cannot_run(command: &Command, error: &std::io::Error) -> String {
    format!("{} can't be run: {error}", shown(command))
}
