//! The only place that prints. What others have named or said (tables, reasons, servers) goes to a terminal and to the
//! log only in a form that can't speak to them; JSON and files keep what it is.

use std::fmt::Display;
use std::io::{self, IsTerminal, Read, Write};
use std::process::ExitCode;

use aitta_engine::{Error, Result};
use aitta_model::{ErrorCode, plain, plain_json, plain_lines};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
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

    /// Prints a report: as JSON, or as the text that `text` makes of it. The text gets every string of the report on one
    /// line, so a line feed in one of them begins no line of its own.
    pub(crate) fn report<T: Serialize + DeserializeOwned>(
        &self,
        report: &T,
        text: impl FnOnce(&T) -> String,
    ) -> Result<()> {
        if self.json {
            return self.page(report, text);
        }
        let mut value = serde_json::to_value(report).map_err(|e| unprintable(&e))?;
        on_one_line(&mut value);
        let told: T = serde_json::from_value(value).map_err(|e| unprintable(&e))?;
        self.page(&told, text)
    }

    /// As [`Output::report`], for what has strings of several lines.
    pub(crate) fn page<T: Serialize>(&self, report: &T, text: impl FnOnce(&T) -> String) -> Result<()> {
        if self.json {
            let json = serde_json::to_string_pretty(report).map_err(|e| unprintable(&e))?;
            print(&plain_json(&json))
        } else {
            print(plain_lines(&text(report)).trim_end())
        }
    }

    /// Prints what is a file by itself, such as the audit trail as CSV: as it is, but never to a terminal.
    pub(crate) fn file(&self, text: &str) -> Result<()> {
        match io::stdout().is_terminal() {
            true => self.raw(plain_lines(text).as_bytes()),
            false => self.raw(text.as_bytes()),
        }
    }

    /// Prints something of our own that is no report, such as a completion script.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Result<()> {
        written(io::stdout().lock().write_all(bytes))
    }

    /// Prints an error, and gives its exit code.
    pub(crate) fn failure(&self, error: &Error) -> ExitCode {
        let failure = error.failure();
        let text = match serde_json::to_string(&failure) {
            Ok(json) if self.json => plain_json(&json),
            _ => format!("error: {}\nhint: {}", plain(&failure.message), plain(&failure.hint)),
        };
        self.warn(&text);
        ExitCode::from(failure.code.exit_code())
    }

    /// Writes to stderr.
    pub(crate) fn warn(&self, text: &dyn Display) {
        // With stderr gone there is nowhere to write to.
        let _gone = writeln!(io::stderr().lock(), "{}", plain_lines(&text.to_string()));
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
        write!(stderr, "{} ", plain(question)).and_then(|()| stderr.flush()).ok()?;
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
    rpassword::prompt_password(format!("{} ", plain(question))).ok().map(Zeroizing::new)
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

/// Every string of a report, and every name of a field that somebody else has chosen.
fn on_one_line(value: &mut Value) {
    match value {
        Value::String(text) => *text = plain(text),
        Value::Array(values) => values.iter_mut().for_each(on_one_line),
        Value::Object(fields) => {
            let taken = std::mem::take(fields).into_iter();
            *fields = taken
                .map(|(name, mut value)| {
                    on_one_line(&mut value);
                    (plain(&name), value)
                })
                .collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn unprintable(error: &serde_json::Error) -> Error {
    Error::new(ErrorCode::System, format!("the report cannot be printed: {error}"), "report this")
}

/// Standard error for the log: each event is one line, whatever somebody else has put into it.
pub(crate) struct LogLines;

impl Write for LogLines {
    /// The log writes each event as a whole.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        writeln!(io::stderr().lock(), "{}", plain(text))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
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
