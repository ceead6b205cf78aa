//! `aitta`, the command line.

mod args;
mod call;
mod commands;
mod copies;
mod dispatch;
mod format;
mod options;
mod output;
mod progress;
mod second_factor;
mod session;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Cli;
use crate::output::Output;

/// Exit code of a command line that was not understood.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refused(&error),
    };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("AITTA_LOG"))
        .with_ansi(false)
        .with_writer(|| output::LogLines)
        .init();
    aitta_engine::keys::protect_process();
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
    let end = runtime.block_on(dispatch::run(cli, &output));
    // A disk or a server that does not answer is not waited for.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    match end {
        Ok(code) => ExitCode::from(code),
        Err(error) => output.failure(&error),
    }
}

/// The command line was not understood, or it asks for help, which is no error.
fn refused(error: &clap::Error) -> ExitCode {
    let asked_for_json = std::env::args_os().skip(1).take_while(|a| a != "--").any(|a| a == "--json");
    let text = error.to_string();
    // It repeats what was typed, and that may be the name of something that somebody else has named.
    let is_fit = !text.contains(|c| c != '\n' && aitta_model::is_unfit(c));
    if !error.use_stderr() || (is_fit && !asked_for_json) {
        error.exit();
    }
    // The first paragraph is the fact; the others show the usage.
    let fact = text.split("\n\n").next().unwrap_or_default();
    let fact = fact.strip_prefix("error: ").unwrap_or(fact);
    let fact = fact.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    let failure = aitta_engine::Error::new(
        aitta_model::ErrorCode::ConfigInvalid,
        fact,
        tip.unwrap_or("see `aitta help` and the --help of the command"),
    );
    Output::new(asked_for_json, true).failure(&failure);
    ExitCode::from(USAGE)
}
