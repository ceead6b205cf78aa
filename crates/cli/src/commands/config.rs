//! `aitta config …`

use aitta_engine::{Result, config};
use aitta_model::{ConfigReport, ErrorCode};
use clap::Subcommand;

use crate::call::{Call, OK};
use crate::format::{Table, severity};
use crate::session;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show what is wrong, by line, and what is effective, without secrets
    Check,
}

pub(crate) fn run(call: &Call<'_>, command: Command) -> Result<u8> {
    let Command::Check = command;
    let report = config::check(&session::inputs(call.global)?);
    call.output.report(&report, text)?;
    Ok(if report.is_blocked() { ErrorCode::ConfigInvalid.exit_code() } else { OK })
}

fn text(report: &ConfigReport) -> String {
    let mut table = Table::new(&["SETTING", "VALUE", "FROM"]);
    for setting in &report.effective {
        let value = setting.value.clone().unwrap_or_else(|| "-".to_owned());
        table.row([setting.name.clone(), value, setting.origin.clone()]);
    }
    let mut out = table.render();
    for finding in &report.findings {
        let line = finding.line.map_or_else(String::new, |line| format!("line {line}: "));
        let level = severity(finding.severity);
        out.push_str(&format!("{level}: {line}{}\n  hint: {}\n", finding.message, finding.hint));
    }
    out
}
