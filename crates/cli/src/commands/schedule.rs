//! `aitta schedule …`

use aitta_engine::{Result, hosting, schedule};
use aitta_model::{
    DueProfile, Duty, ErrorCode, HostKind, PauseReport, PauseRequest, RunDueReport, ScheduleHost,
    ScheduleStatus, SeenTo, Slot, SlotState, Timestamp, Word,
};
use clap::Subcommand;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use crate::call::{Call, OK};
use crate::format::{count, plain, time};
use crate::session;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// What is due when, which program sees to it, and what has become of the last backup that was due
    Status,
    /// Let nothing make itself until a time, as during a move of the database
    #[command(
        long_about = "Let nothing make itself until a time, as during a move of the database.\n\nWhat would be due \
                      meanwhile is not made up for. That a backup is overdue is told all the same."
    )]
    Pause {
        /// Until when, such as 2027-01-31T06:00:00Z, at most 31 days after its begin
        #[arg(long, value_name = "TIME")]
        until: Timestamp,
        /// Why: routine, release, incident, drill, or your own words
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// End a pause: the schedule counts from now
    Resume {
        /// Why: routine, release, incident, drill, or your own words
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Do what is due now, and end: for cron and for timers of systemd
    #[command(
        long_about = "Do what is due now of every profile whose schedule is switched on, and end: for cron and for \
                            timers of systemd.\n\nStart it at least as often as something is due. What was missed since \
                            the last time is one backup. While `aitta agent run` or the window sees to the schedule, it \
                            does nothing."
    )]
    RunDue,
}

pub(crate) async fn run(call: &Call<'_>, command: Command) -> Result<u8> {
    match command {
        Command::Status => {
            let context = session::context(call.global).await?;
            call.output.report(&schedule::status(&context).await?, status)?;
            Ok(OK)
        }
        Command::Pause { until, reason } => {
            let context = session::context(call.global).await?;
            let report = schedule::pause(&context, PauseRequest { until, reason }).await?;
            call.output.report(&report, paused)?;
            Ok(OK)
        }
        Command::Resume { reason } => {
            let context = session::context(call.global).await?;
            call.output.report(&schedule::resume(&context, reason).await?, paused)?;
            Ok(OK)
        }
        Command::RunDue => {
            let stop = CancellationToken::new();
            session::stop_on_signal(stop.clone());
            let report =
                hosting::run_due(&session::inputs(call.global)?, call.global.limit_rate(), &stop).await?;
            call.output.report(&report, due)?;
            Ok(report.profiles.iter().filter_map(exit_code_of).max().unwrap_or(OK))
        }
    }
}

fn exit_code_of(profile: &DueProfile) -> Option<u8> {
    let others = profile.others.iter().map(|(_, slot)| slot);
    let slots = profile.slot.iter().chain(others).filter_map(|slot| slot.failure.as_ref());
    profile.failure.iter().chain(slots).map(|failure| failure.code.exit_code()).max()
}

fn paused(report: &PauseReport) -> String {
    match &report.pause {
        Some(pause) => format!(
            "{}: nothing makes itself until {}\n  hint: `aitta schedule resume` ends that sooner\n",
            report.profile,
            time(pause.until)
        ),
        None => format!("{}: the schedule counts again from now on\n", report.profile),
    }
}

fn status(status: &ScheduleStatus) -> String {
    let rule = format!("{:?} in {}", status.pattern, status.zone);
    let mut out = match status.on {
        true => format!("{}: backups make themselves by {rule}\n", status.profile),
        false => format!(
            "{}: backups don't make themselves; they would come by {rule}\n  hint: set ENABLE_AUTO_BACKUP=true, or \
             auto_backup = true in the profile, which needs a database\n",
            status.profile
        ),
    };
    match (status.on, status.seen_to, &status.host, status.looked) {
        (false, ..) => {}
        (true, SeenTo::ByHost, Some(host), _) => out.push_str(&format!("{}\n", seen_to_by(host))),
        (true, SeenTo::ByTimer, _, Some(looked)) => {
            out.push_str(&format!("`aitta schedule run-due` looked at it last at {}\n", time(looked)));
        }
        (true, _, host, looked) => out.push_str(&nobody(host.as_ref(), looked)),
    }
    if let Some(pause) = &status.pause {
        out.push_str(&format!(
            "paused until {} by {}: {}\n  hint: `aitta schedule resume` ends that sooner\n",
            time(pause.until),
            plain(&pause.person),
            plain(&pause.reason)
        ));
    }
    let zone = TimeZone::system();
    for (n, at) in status.next.iter().enumerate() {
        let label = if n == 0 { "next" } else { "" };
        out.push_str(&format!("{label:<6}{}{}\n", time(*at), here(*at, &zone)));
    }
    if let Some(slot) = &status.last {
        out.push_str(&format!("last  {}\n", told(Duty::Backup, slot)));
    }
    for other in &status.others {
        let next = other.next.map(|at| format!(", next {}", time(at))).unwrap_or_default();
        out.push_str(&format!("{}: by {:?}{next}\n", name(&other.duty), other.pattern));
        if let (Some(slot), Some(duty)) = (&other.last, other.duty.known()) {
            out.push_str(&format!("  last {}\n", told(duty, slot)));
        }
    }
    out
}

/// What makes itself beside the backups.
fn name(duty: &Word<Duty>) -> &str {
    match duty.known() {
        Some(Duty::Backup) => "backup",
        Some(Duty::Prune) => "prune of old archives",
        Some(Duty::Verify) => "check of all archives",
        Some(Duty::Trail) => "check of the audit trail",
        None => duty.as_str(),
    }
}

/// Nothing will start the next backup, and why that may be so.
fn nobody(host: Option<&ScheduleHost>, looked: Option<Timestamp>) -> String {
    let mut out = "nobody sees to this schedule: no backup will be made\n".to_owned();
    if let Some(host) = host {
        out.push_str(&format!(
            "  {}, by another rule: its configuration or its environment is another\n",
            seen_to_by(host)
        ));
    }
    if let Some(looked) = looked {
        out.push_str(&format!(
            "  `aitta schedule run-due` looked at it last at {}, long ago\n",
            time(looked)
        ));
    }
    out.push_str(
        "  hint: run `aitta agent run` as a service, keep the window of Aitta open, or have cron run \
         `aitta schedule run-due`\n",
    );
    out
}

/// The same moment in the zone of the machine, where that is another one.
fn here(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    match local.offset().is_zero() {
        true => String::new(),
        false => format!(" ({})", local.strftime("%a %Y-%m-%d %H:%M %Z")),
    }
}

fn seen_to_by(host: &ScheduleHost) -> String {
    let who = match host.kind.known() {
        Some(HostKind::Agent) => "`aitta agent run`",
        Some(HostKind::Window) => "the window of Aitta",
        Some(HostKind::RunDue) => "`aitta schedule run-due`",
        None => return "another program sees to the schedule".to_owned(),
    };
    format!("{who} sees to the schedule: process {}, since {}", host.pid, time(host.since))
}

/// Whether it waits for another run of the profile.
fn is_of_another(slot: &Slot) -> bool {
    slot.failure.as_ref().is_some_and(|failure| failure.code == ErrorCode::RunInProgress)
}

/// What has become of a moment at which something was due.
fn told(duty: Duty, slot: &Slot) -> String {
    let state = match (slot.state.known(), slot.again) {
        (Some(SlotState::Succeeded), _) if slot.failure.is_some() => match duty {
            Duty::Backup => "done, but a further store lacks it".to_owned(),
            Duty::Prune => "done, but something is held back".to_owned(),
            Duty::Verify | Duty::Trail => "done, and something is wrong".to_owned(),
        },
        (Some(SlotState::Succeeded), _) => "done".to_owned(),
        (Some(SlotState::Waiting), Some(again)) if is_of_another(slot) => {
            format!("waits for another run, looked at again at {}", time(again))
        }
        (Some(SlotState::Waiting), Some(_)) if slot.failure.is_none() => {
            "stopped, done after the next start".to_owned()
        }
        (Some(SlotState::Waiting), Some(again)) => format!("failed, tried again at {}", time(again)),
        (Some(SlotState::Failed), _) => {
            format!("failed, given up after {}", count(slot.attempts.into(), "attempt"))
        }
        (Some(SlotState::Claimed), _) => "begun".to_owned(),
        _ => slot.state.as_str().to_owned(),
    };
    let run = slot.run.map(|run| format!(", run {run}")).unwrap_or_default();
    let missed = match slot.missed_count() {
        0 => String::new(),
        n => {
            let first = slot.missed.first().map(|at| format!(", from {}", time(*at))).unwrap_or_default();
            let what = if duty == Duty::Backup { "missed backup" } else { "missed time" };
            format!("; it stands for {} before it{first}", count(n, what))
        }
    };
    let why = slot.failure.as_ref();
    let why =
        why.map(|failure| format!("\n  {}\n  hint: {}", failure.message, failure.hint)).unwrap_or_default();
    format!("due {}: {state}{run}{missed}{why}", time(slot.due))
}

fn due(report: &RunDueReport) -> String {
    if report.profiles.is_empty() {
        return "no profile has its schedule switched on\n  hint: set ENABLE_AUTO_BACKUP=true, or auto_backup = true \
                in a profile\n"
            .to_owned();
    }
    report.profiles.iter().map(|profile| format!("{}\n", looked(profile))).collect()
}

/// A look at a profile.
pub(super) fn looked(profile: &DueProfile) -> String {
    let what = match (&profile.failure, &profile.slot, &profile.host) {
        (Some(failure), ..) => format!("not looked at: {}\n  hint: {}", failure.message, failure.hint),
        (None, Some(slot), _) => told(Duty::Backup, slot),
        (None, None, _) if !profile.others.is_empty() => String::new(),
        (None, None, Some(host)) => format!("nothing to do here: {}", seen_to_by(host)),
        (None, None, None) => "nothing is due".to_owned(),
    };
    let next = profile.next.map(|at| format!("; next {}", time(at))).unwrap_or_default();
    let others = profile.others.iter().filter_map(|(duty, slot)| {
        Some(format!("{}: {}: {}", profile.profile, name(duty), told(duty.known()?, slot)))
    });
    let backup = (!what.is_empty()).then(|| format!("{}: {what}{next}", profile.profile));
    backup.into_iter().chain(others).collect::<Vec<_>>().join("\n")
}
