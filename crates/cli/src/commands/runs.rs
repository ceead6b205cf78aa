//! `aitta runs`

use aitta_engine::{Result, runs};
use aitta_model::{RunOutcome, RunSummary};
use clap::Args;

use crate::call::{Call, OK};
use crate::format::{Table, duration, time};
use crate::session;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only the newest N
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Only those that failed
    #[arg(long)]
    failed: bool,
}

pub(crate) async fn run(call: &Call<'_>, arguments: &Arguments) -> Result<u8> {
    let context = session::context(call.global).await?;
    let found = match arguments.failed {
        true => runs::failed(&context, arguments.limit).await?,
        false => runs::list(&context, arguments.limit).await?,
    };
    call.output.report(&found, |found| text(found, arguments.failed))?;
    Ok(OK)
}

fn text(runs: &[RunSummary], failed: bool) -> String {
    if runs.is_empty() {
        let none = if failed { "no run of this profile has failed" } else { "nothing has been run yet" };
        return format!("{none}\n");
    }
    let mut table = Table::new(&["RUN", "BEGUN", "OPERATION", "OUTCOME", ">TOOK", "ARCHIVE"]);
    for run in runs {
        table.row(cells(run));
    }
    let mut out = table.render();
    for run in runs.iter().filter(|run| run.outcome == RunOutcome::Failed) {
        if let Some(failure) = &run.failure {
            out.push_str(&format!("run {}: {}\n  hint: {}\n", run.id, failure.message, failure.hint));
        }
    }
    out
}

fn cells(run: &RunSummary) -> [String; 6] {
    let took = run.took_ms().map(duration);
    [
        run.id.to_string(),
        time(run.started),
        run.operation.to_string(),
        run.outcome.to_string(),
        took.unwrap_or_else(|| "-".to_owned()),
        run.archive.clone().unwrap_or_else(|| "-".to_owned()),
    ]
}
