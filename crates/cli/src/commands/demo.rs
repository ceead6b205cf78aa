//! `aitta demo`

use aitta_engine::{Result, demo};
use aitta_model::DemoReport;

use super::{Call, OK};
use crate::format::{Table, count, duration};
use crate::session;

pub(super) async fn run(call: &Call<'_>) -> Result<u8> {
    let cancel = tokio_util::sync::CancellationToken::new();
    session::stop_on_signal(cancel.clone());
    call.output.report(&demo::run(cancel).await?, text)?;
    Ok(OK)
}

fn text(report: &DemoReport) -> String {
    let mut steps = Table::new(&["STEP", ">TIME"]);
    for step in &report.steps {
        steps.row([step.name.clone(), duration(step.duration_ms)]);
    }
    let mut out = steps.render();
    out.push_str("\nproof of equality, archive against database\n");
    for p in &report.proofs {
        let verdict = if p.equal() { "digests equal" } else { "NOT EQUAL" };
        out.push_str(&format!("  {}: {}, {verdict}\n", p.name, count(p.target_rows, "row")));
        out.push_str(&format!("    archive   {}\n    database  {}\n", p.archive_digest, p.target_digest));
    }
    out.push_str("\nThe demonstration worked on a scratch database of its own, which is gone now.\n");
    out
}
