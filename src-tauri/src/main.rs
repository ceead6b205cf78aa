//! `aitta-desktop`, the window.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("AITTA_LOG"))
        .with_writer(std::io::stderr)
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
