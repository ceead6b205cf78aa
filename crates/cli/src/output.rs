//! The only place that prints.

use std::fmt::Display;
use std::io::{self, IsTerminal, Read, Write};
use std::process::ExitCode;

use aitta_engine::{Error, Result};
use aitta_model::ErrorCode;
use serde::Serialize;
use zeroize::Zeroizing;

/// How results and errors are shown.
pub(crate) struct Output {
    json: bool,
    quiet: bool,
}

impl Output {
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet }
    }

    /// Whether a progress bar is wanted.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.json && !self.quiet && io::stderr().is_terminal()
    }

    /// Prints a report: as JSON, or as the text that `text` makes of it.
    pub(crate) fn report<T: Serialize>(&self, report: &T, text: impl FnOnce(&T) -> String) -> Result<()> {
        if self.json {
            let json = serde_json::to_string_pretty(report).map_err(|e| {
                Error::new(ErrorCode::System, format!("the report cannot be printed: {e}"), "report this")
            })?;
            print(&json)
        } else {
            print(text(report).trim_end())
        }
    }

    /// Prints something that is no report, such as a completion script.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Result<()> {
        written(io::stdout().lock().write_all(bytes))
    }

    /// Prints an error, and gives its exit code.
    pub(crate) fn failure(&self, error: &Error) -> ExitCode {
        let failure = error.failure();
        let text = match serde_json::to_string(&failure) {
            Ok(json) if self.json => json,
            _ => format!("error: {}\nhint: {}", failure.message, failure.hint),
        };
        self.warn(&text);
        ExitCode::from(failure.code.exit_code())
    }

    /// Writes to stderr.
    pub(crate) fn warn(&self, text: &dyn Display) {
        // With stderr gone there is nowhere to write to.
        let _gone = writeln!(io::stderr().lock(), "{text}");
    }

    /// Prints a remark beside the result, for people only.
    pub(crate) fn remark(&self, text: &str) {
        if !self.json && !self.quiet {
            self.warn(&text);
        }
    }

    /// Whether there is a terminal to ask on.
    pub(crate) fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks on the terminal. `None` when there is none.
    pub(crate) fn ask(&self, question: &str) -> Option<String> {
        if !self.can_ask() {
            return None;
        }
        let mut stderr = io::stderr().lock();
        write!(stderr, "{question} ").and_then(|()| stderr.flush()).ok()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).ok()?;
        Some(answer.trim().to_owned())
    }
}

/// Asks on the terminal without showing what is typed. `None` when there is none.
pub(crate) fn ask_hidden(question: &str) -> Option<Zeroizing<String>> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return None;
    }
    rpassword::prompt_password(format!("{question} ")).ok().map(Zeroizing::new)
}

/// What is never an argument, because those are seen by every user of the machine: typed on the terminal, or all of
/// the standard input.
///
/// # Errors
/// `config_invalid` with this hint when nothing is there.
pub(crate) fn secret_from_input(question: &str, hint: &str) -> Result<Zeroizing<String>> {
    /// No secret is longer.
    const MOST_BYTES: u64 = 1 << 16;
    let nothing = |why: &str| Error::new(ErrorCode::ConfigInvalid, why, hint);
    if io::stdin().is_terminal() {
        return ask_hidden(question).ok_or_else(|| nothing("nothing was typed"));
    }
    let mut text = Zeroizing::new(String::new());
    let read = io::stdin().lock().take(MOST_BYTES).read_to_string(&mut text);
    read.map_err(|e| nothing(&format!("the standard input cannot be read: {e}")))?;
    if text.trim().is_empty() { Err(nothing("the standard input is empty")) } else { Ok(text) }
}

fn print(text: &str) -> Result<()> {
    written(writeln!(io::stdout().lock(), "{text}"))
}

/// A reader that has gone away, such as `head`, is no error.
fn written(result: io::Result<()>) -> Result<()> {
    match result {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(Error::new(
            ErrorCode::System,
            format!("the result cannot be printed: {e}"),
            "check where the output goes; what was asked for has been done",
        )),
        _ => Ok(()),
    }
}
