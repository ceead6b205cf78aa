//! `aitta`, the command line.

mod args;
mod commands;
mod format;
mod output;
mod progress;
mod session;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Cli;
use crate::output::Output;

fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("AITTA_LOG"))
        .with_writer(std::io::stderr)
        .init();
    let output = Output::new(cli.global.json, cli.global.quiet);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            let error = aitta_engine::Error::new(
                aitta_model::ErrorCode::System,
                format!("the runtime cannot start: {e}"),
                "check the limits of threads and open files",
            );
            return output.failure(&error);
        }
    };
    match runtime.block_on(commands::run(cli, &output)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => output.failure(&error),
    }
}
