//! `aitta config …`

use aitta_engine::{Result, config, setup};
use aitta_model::{ConfigReport, ErrorCode, SourceRights};
use clap::{Args, Subcommand};

use crate::call::{Call, OK};
use crate::format::{Table, plain, severity};
use crate::session;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show what is wrong, by line, and what is effective, without secrets
    Check(Check),
}

#[derive(Args)]
pub(crate) struct Check {
    /// Ask the database: which rights of its user are more than needed, and SQL for roles that have no more (PostgreSQL)
    #[arg(long)]
    roles: bool,
}

pub(crate) async fn run(call: &Call<'_>, command: Command) -> Result<u8> {
    let Command::Check(Check { roles }) = command;
    if roles {
        let rights = setup::rights(&session::inputs(call.global)?).await?;
        call.output.page(&rights, rights_text)?;
        return Ok(OK);
    }
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

/// SQL that can be run as it is: all else is a comment in it.
fn rights_text(rights: &SourceRights) -> String {
    let mut out = String::new();
    let mut say = |text: &str| out.push_str(&format!("-- {}\n", plain(text)));
    match rights.more.is_empty() {
        true => say(&format!("{} has no right that is not needed.", rights.user)),
        false => say(&format!("More than needed: {}", rights.user)),
    }
    rights.more.iter().for_each(|more| say(&format!("  {more}")));
    for (sql, lacks) in [(&rights.backup, &rights.backup_lacks), (&rights.restore, &rights.restore_lacks)] {
        out.push_str(&format!("\n{sql}"));
        if !lacks.is_empty() {
            out.push_str("-- It can't do these:\n");
        }
        lacks.iter().for_each(|lack| out.push_str(&format!("--   {}\n", plain(lack))));
    }
    out
}
