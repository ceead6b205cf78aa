//! Servers that never outlive a test.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs the server until its standard input ends, which happens when the test process is gone, however it ended.
const SCRIPT: &str = r#"
"$@" >log 2>&1 </dev/null &
pid=$!
read -r _
kill -s TERM "$pid"
wait "$pid"
"#;

/// A program that is ended with this process. What it prints goes into the file `log` of `dir`, its working folder.
pub(crate) fn on_leash(program: impl AsRef<OsStr>, dir: &Path) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", SCRIPT, "leash"]).arg(program).current_dir(dir).stdin(Stdio::piped());
    shell
}
