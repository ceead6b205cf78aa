//! `aitta-desktop`, the window.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::io::{self, Write};
use std::process::ExitCode;

use aitta_model::plain;

/// Standard error for the log: each event is one line, whatever somebody else has put into it.
struct LogLines;

impl Write for LogLines {
    /// The log writes each event as a whole.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        writeln!(io::stderr().lock(), "{}", plain(text.strip_suffix('\n').unwrap_or(&text)))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("AITTA_LOG"))
        .with_ansi(false)
        .with_writer(|| LogLines)
        .init();
    aitta_engine::keys::protect_process();
    match aitta_desktop::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("the window cannot open: {error}");
            ExitCode::FAILURE
        }
    }
}
