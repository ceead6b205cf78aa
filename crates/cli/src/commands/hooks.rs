//! `aitta hooks …`

use aitta_engine::{Result, hooks, recover};
use aitta_model::{HookRun, HooksReport};
use clap::Subcommand;

use crate::call::{Call, OK};
use crate::format::{self, duration, time};
use crate::progress::Bar;
use crate::session;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Which hooks there are, whether they could be started, and which should have run and have not
    Status,
    /// Run the hooks that should have run after a backup or restore and have not
    Run,
}

pub(crate) async fn run(call: &Call<'_>, command: Command) -> Result<u8> {
    let context = session::context(call.global).await?;
    match command {
        Command::Status => call.output.report(&hooks::report(&context).await?, status)?,
        Command::Run => {
            let bar = Bar::new(call.output);
            let ran = recover::run_owed(&context, &bar).await;
            drop(bar);
            call.output.report(&ran?, |ran| done(ran))?;
        }
    }
    Ok(OK)
}

fn status(report: &HooksReport) -> String {
    if report.hooks.is_empty() && report.owed.is_empty() {
        return "the profile has no hooks\n  hint: write [profile.NAME.hooks] into the configuration\n"
            .to_owned();
    }
    let mut out = String::new();
    for hook in &report.hooks {
        out.push_str(&format!("{:<15} {}\n", hook.hook, hook.program));
        out.push_str(&format::hook_failure(hook.failure.as_ref()));
    }
    if !report.hooks.is_empty() {
        out.push_str(&format!("each may take {} s\n", report.timeout_s));
    }
    for owed in &report.owed {
        let of = owed.run.map_or_else(|| "a recovery".to_owned(), |run| format!("run {run}"));
        out.push_str(&format!("{} of {of} has not run since {}\n", owed.hook, time(owed.since)));
    }
    if !report.owed.is_empty() {
        out.push_str("  hint: what was stopped then may still be stopped; `aitta hooks run` runs it\n");
    }
    out
}

fn done(ran: &[HookRun]) -> String {
    match ran.is_empty() {
        true => "no hook is owed\n".to_owned(),
        false => {
            ran.iter().map(|ran| format!("{} ran for {}\n", ran.hook, duration(ran.duration_ms))).collect()
        }
    }
}
