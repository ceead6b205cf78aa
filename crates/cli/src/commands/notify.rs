//! `aitta notify …`

use aitta_engine::{Result, notify};
use aitta_model::{ChannelKind, ChannelStatus, Failure, NotifyReport, NotifyStatus};
use clap::Subcommand;

use crate::call::{Call, OK};
use crate::format::{count, plain, time};
use crate::session;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// The channels through which people are told, and whether what was told has arrived
    Status,
    /// Send a test to each channel now
    Test,
    /// Deliver what waits and is due
    Send,
}

pub(crate) async fn run(call: &Call<'_>, command: Command) -> Result<u8> {
    let context = session::context(call.global).await?;
    match command {
        Command::Status => {
            call.output.report(&notify::status(&context).await?, status)?;
            Ok(OK)
        }
        Command::Test => finished(call, &notify::test(&context).await?),
        Command::Send => finished(call, &notify::deliver(&context).await?),
    }
}

fn finished(call: &Call<'_>, report: &NotifyReport) -> Result<u8> {
    call.output.report(report, sent)?;
    Ok(report.failed.first().map_or(OK, |(_, failure)| failure.code.exit_code()))
}

fn sent(report: &NotifyReport) -> String {
    let mut out = String::new();
    for kind in &report.delivered {
        out.push_str(&format!("{kind}: delivered\n"));
    }
    report.failed.iter().for_each(|(_, failure)| out.push_str(&not_delivered(failure)));
    if out.is_empty() {
        out.push_str("nothing waits\n");
    }
    out
}

fn not_delivered(failure: &Failure) -> String {
    format!("not delivered: {}\n  hint: {}\n", plain(&failure.message), plain(&failure.hint))
}

fn status(status: &NotifyStatus) -> String {
    if status.channels.is_empty() {
        return format!(
            "{}: nobody is told of anything\n  hint: set BACKUP_WEBHOOK_URL, BACKUP_SLACK_URL, BACKUP_TEAMS_URL, \
             BACKUP_MAIL_URL or BACKUP_PING_URL\n",
            status.profile
        );
    }
    status.channels.iter().map(channel).collect()
}

fn channel(channel: &ChannelStatus) -> String {
    let ChannelStatus { kind, place, delivered, waiting, again, lost, failure, .. } = channel;
    let told = match kind {
        ChannelKind::Webhook => "gets everything",
        ChannelKind::Ping => "gets each start and end of a backup",
        ChannelKind::Slack | ChannelKind::Teams | ChannelKind::Mail => "gets what is no routine",
    };
    let mut out = format!("{kind}: {} {told}\n", place.as_deref().unwrap_or("-"));
    match delivered {
        Some(at) => out.push_str(&format!("  last delivered {}\n", time(*at))),
        None => out.push_str("  nothing was delivered yet\n"),
    }
    if *waiting > 0 {
        let again = again.map_or_else(String::new, |again| format!(", tried again from {} on", time(again)));
        out.push_str(&format!("  {} not there yet{again}\n", count(*waiting, "notice")));
    }
    if *lost > 0 {
        out.push_str(&format!(
            "  {} of the last week did not arrive, and will not\n",
            count(*lost, "notice")
        ));
    }
    if let Some(failure) = failure {
        out.push_str(&format!("  {}", not_delivered(failure)));
    }
    out
}
