//! Telling people: what a run means for them, and the deliveries from the outbox.
//!
//! What is told is entered in the transaction that ends the run. A delivery that was not confirmed by its receiver is
//! tried again, across restarts; whoever gets one twice knows it by its id. That nobody can be told fails no run.

use std::time::Duration;

use aitta_model::{
    ChannelKind, ChannelStatus, Command, Duty, ErrorCode, Failure, Figures, Notice, NoticeEvent,
    NotifyReport, NotifyStatus, Operation, RunOutcome, Tidings,
};
use aitta_notify::{Attempt, Options, Sender, Signal};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use tokio::task::JoinHandle;

use crate::catalog::Telling;
use crate::config::Channel;
use crate::reading::check::is_damage;
use crate::{Context, Error, Result};

mod words;

use words::{body, message};

/// How long a delivery waits for its next attempt, after each of those before the last.
const AFTER: [SignedDuration; 10] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(15),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(3),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(12),
    SignedDuration::from_hours(24),
    SignedDuration::from_hours(24),
    SignedDuration::from_hours(24),
];

/// Deliveries to one channel in one round.
const ROUND: usize = 50;

/// A run, as people are told of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Of<'r> {
    pub(crate) operation: Operation,
    pub(crate) run: i64,
    /// The archive that it was about from the beginning.
    pub(crate) archive: Option<&'r str>,
    /// The store or database that it was about.
    pub(crate) target: Option<&'r str>,
}

impl Of<'_> {
    /// What fails, or fails no more: each archive that is checked, and each store that is copied to, by itself.
    fn what(&self) -> String {
        let about = match self.operation {
            Operation::Verify => self.archive,
            Operation::Copy => self.target,
            _ => None,
        };
        about.map_or_else(|| self.operation.to_string(), |about| format!("{} {about}", self.operation))
    }

    fn notice(&self, context: &Context, tidings: Tidings, now: Timestamp) -> Notice {
        let of = Notice::of(tidings, &context.profile.name, now);
        Notice { operation: Some(self.operation.into()), run: Some(self.run), ..of }
    }

    fn telling(&self, context: &Context, tidings: Option<Tidings>, now: Timestamp) -> Telling {
        let end =
            Tidings { archive: self.archive.map(str::to_owned), ..Tidings::of(NoticeEvent::WorksAgain) };
        Telling {
            what: self.what(),
            notice: tidings.map(|tidings| self.notice(context, tidings, now)),
            end: self.notice(context, end, now),
            channels: kinds(context),
            wants,
            cause: None,
            lasts: false,
        }
    }

    fn failed(&self, context: &Context, failure: &Failure, now: Timestamp) -> Telling {
        let event = match self.operation {
            Operation::Backup => NoticeEvent::BackupFailed,
            Operation::Verify if is_damage(failure.code) => NoticeEvent::BackupDamaged,
            _ => NoticeEvent::RunFailed,
        };
        let archive = self.archive.map(str::to_owned);
        let tidings = Tidings { archive, failure: Some(failure.clone()), ..Tidings::of(event) };
        self.telling(context, Some(tidings), now)
    }
}

/// The channels of the profile.
fn kinds(context: &Context) -> Vec<ChannelKind> {
    context.profile.channels.iter().map(Channel::kind).collect()
}

/// What a run that has ended means for people.
pub(crate) fn told<T: Figures>(
    context: &Context,
    of: Of<'_>,
    result: std::result::Result<&T, &Error>,
    now: Timestamp,
) -> Option<Telling> {
    match result {
        Ok(report) => Some(of.telling(context, report.tidings(), now)),
        Err(error) if error.outcome() == RunOutcome::Failed => {
            Some(of.failed(context, &error.failure(), now))
        }
        // Somebody has stopped it, and knows.
        Err(_) => None,
    }
}

/// What it means that a run was ended with its process.
pub(crate) fn told_of_stale(context: &Context, of: Of<'_>, failure: &Failure, now: Timestamp) -> Telling {
    of.failed(context, failure, now)
}

/// Tells of a backup that has failed before it was a run, or that hung.
pub(crate) async fn backup_failed(context: &Context, run: Option<i64>, error: &Error) {
    if error.outcome() != RunOutcome::Failed {
        return;
    }
    let now = context.clock.now();
    let of = Of { operation: Operation::Backup, run: run.unwrap_or_default(), archive: None, target: None };
    let mut told = of.failed(context, &error.failure(), now);
    if let Some(notice) = told.notice.as_mut().filter(|_| run.is_none()) {
        notice.run = None;
    }
    if let Err(unnoted) = context.catalog.tell_alone(&context.profile.name, told, now).await {
        tracing::error!(error = %unnoted, "nobody is told that a backup has failed");
    }
}

/// Tells how something ended that makes itself and of which no run tells: a failure, or that it works.
///
/// `schedule` is the key of the schedule.
pub(crate) async fn duty(context: &Context, schedule: &str, duty: Duty, failure: Option<&Failure>) {
    let is_broken = duty == Duty::Trail && failure.is_some_and(|f| f.code == ErrorCode::AuditFailed);
    let found = Condition {
        what: format!("{duty}-by-itself {}", of_schedule(schedule)),
        cause: None,
        event: if is_broken { NoticeEvent::TrailBroken } else { NoticeEvent::RunFailed },
        archive: None,
        failure: failure.cloned(),
    };
    if let Err(error) = condition(context, found, context.clock.now()).await {
        tracing::error!(%error, "nobody is told of what was due");
    }
}

/// By which the troubles of a schedule are known: two configurations may have profiles of one name.
pub(crate) fn of_schedule(key: &str) -> &str {
    key.split(' ').next().unwrap_or_default()
}

/// A state of affairs that somebody has to know of.
pub(crate) struct Condition {
    /// By which it is known as long as it lasts.
    pub(crate) what: String,
    pub(crate) event: NoticeEvent,
    /// Why, where the code of the failure says too little.
    pub(crate) cause: Option<String>,
    /// The archive that it is about.
    pub(crate) archive: Option<String>,
    /// `None` while all is well.
    pub(crate) failure: Option<Failure>,
}

/// Enters what has begun or ended with a state of affairs.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn condition(context: &Context, found: Condition, now: Timestamp) -> Result<()> {
    let Condition { what, event, cause, archive, failure } = found;
    let profile = &context.profile.name;
    let end = Notice::of(Tidings::of(NoticeEvent::WorksAgain), profile, now);
    let told = Telling {
        what,
        cause,
        notice: failure.map(|failure| {
            Notice::of(Tidings { archive, failure: Some(failure), ..Tidings::of(event) }, profile, now)
        }),
        end: Notice { ended: Some(event.into()), ..end },
        channels: kinds(context),
        wants,
        lasts: true,
    };
    context.catalog.tell_alone(profile, told, now).await
}

/// Enters something that neither begins nor ends a trouble.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn alone(context: &Context, notice: Notice, now: Timestamp) -> Result<()> {
    let told = Telling {
        what: notice.event.as_str().to_owned(),
        end: notice.clone(),
        notice: Some(notice),
        channels: kinds(context),
        wants,
        cause: None,
        lasts: true,
    };
    context.catalog.tell_alone(&context.profile.name, told, now).await
}

/// Whether a channel is for a notice.
fn wants(kind: ChannelKind, notice: &Notice) -> bool {
    let Some(event) = notice.event.known() else { return kind == ChannelKind::Webhook };
    match kind {
        ChannelKind::Webhook => true,
        ChannelKind::Slack | ChannelKind::Teams | ChannelKind::Mail => {
            !event.is_routine() || notice.ends_trouble_since.is_some() || notice.failure.is_some()
        }
        ChannelKind::Ping => matches!(event, NoticeEvent::BackupCreated | NoticeEvent::BackupFailed),
    }
}

/// Says to the dead man's switch that a backup has begun, beside the backup. It is no part of the outbox: later it would
/// mean nothing.
pub(crate) fn begun(context: &Context, operation: Operation, run: i64) -> Option<JoinHandle<()>> {
    if operation != Operation::Backup {
        return None;
    }
    let ping = context.profile.channels.iter().find_map(|channel| match channel {
        Channel::Ping(ping) => Some(ping.clone()),
        _ => None,
    })?;
    let (id, now) = (uuid(context, run), context.clock.now());
    Some(tokio::spawn(async move {
        let sent = match Sender::new(Options::default()) {
            Ok(sender) => sender.ping(&ping, Signal::Start, &id, "", now).await.map(drop),
            Err(error) => Err(error),
        };
        if let Err(error) = sent {
            tracing::warn!(%error, "the dead man's switch was not told that a backup has begun");
        }
    }))
}

/// The run as the dead man's switch knows it: the same for its start and its end, on this machine alone.
fn uuid(context: &Context, run: i64) -> String {
    let mut digest = Sha256::new();
    digest.update(context.profile.data_dir.as_os_str().as_encoded_bytes());
    digest.update(format!("\0{}\0{run}", context.profile.name));
    let bytes: [u8; 32] = digest.finalize().into();
    let hex = hex::encode(&bytes[..16]);
    // Version 8 of RFC 9562: bits of our own.
    format!("{}-{}-8{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

/// Delivers what is due to every channel of the profile. What fails is tried again at another time.
///
/// # Errors
/// `catalog_failed`; `system` when nothing can be sent from this machine.
pub async fn deliver(context: &Context) -> Result<NotifyReport> {
    let (catalog, profile) = (&context.catalog, &context.profile);
    let mut report = NotifyReport::default();
    let now = context.clock.now();
    if !catalog.has_notices(&profile.name, now).await? {
        return Ok(report);
    }
    if !profile.channels.is_empty() {
        catalog.adopt_untold(&profile.name, &kinds(context), wants, now).await?;
        let sender = sender()?;
        let rounds = profile.channels.iter().map(|channel| to_channel(context, &sender, channel));
        for round in join_all(rounds).await {
            let NotifyReport { delivered, failed } = round?;
            report.delivered.extend(delivered);
            report.failed.extend(failed);
        }
    }
    catalog.settle_notices(&profile.name, context.clock.now()).await?;
    Ok(report)
}

fn sender() -> Result<Sender> {
    Sender::new(Options::default()).map_err(|e| {
        Error::new(
            ErrorCode::System,
            format!("nothing can be sent: {e}"),
            "check the certificates of the system",
        )
    })
}

async fn to_channel(context: &Context, sender: &Sender, channel: &Channel) -> Result<NotifyReport> {
    let (kind, profile) = (channel.kind(), context.profile.name.as_str());
    let mut report = NotifyReport::default();
    for _ in 0..ROUND {
        let now = context.clock.now();
        let due = context.catalog.claim_delivery(profile, kind, now).await?;
        let Some(due) = due else { break };
        let Some(notice) = &due.notice else {
            let unreadable = Failure {
                code: ErrorCode::CatalogFailed,
                message: format!("the notice {} can't be read in the catalog", due.id),
                hint: "a later version of Aitta may have written it: update this one".to_owned(),
            };
            context.catalog.note_delivery(due.id, kind, Err((&unreadable, None)), now).await?;
            report.failed.push((kind, unreadable));
            continue;
        };
        let id = format!("{}-{}", notice.at.as_millisecond(), due.id);
        let sent = send(context, sender, channel, notice, &id, now).await;
        let now = context.clock.now();
        match sent {
            Ok(()) => {
                context.catalog.note_delivery(due.id, kind, Ok(()), now).await?;
                report.delivered.push(kind);
            }
            Err(error) => {
                let failure = failure(channel, &error);
                let again = again(&error, due.attempt, now);
                context.catalog.note_delivery(due.id, kind, Err((&failure, again)), now).await?;
                report.failed.push((kind, failure));
                // The next ones would most likely meet the same.
                break;
            }
        }
    }
    Ok(report)
}

/// When it is tried again; `None` when it is given up.
fn again(error: &aitta_notify::Failure, attempt: u32, now: Timestamp) -> Option<Timestamp> {
    if error.is_lasting() {
        return None;
    }
    let wait = *AFTER.get(attempt.saturating_sub(1) as usize)?;
    let asked = error.retry_after.and_then(|wait| SignedDuration::try_from(wait).ok());
    now.checked_add(asked.map_or(wait, |asked| asked.max(wait))).ok()
}

fn failure(channel: &Channel, error: &aitta_notify::Failure) -> Failure {
    let kind = channel.kind();
    let hint = error.hint.map_or_else(
        || {
            format!(
                "check {} and whether its receiver answers, then try it with {notify_test}",
                channel.variable(),
                notify_test = Command::NotifyTest
            )
        },
        str::to_owned,
    );
    Failure { code: ErrorCode::NotifyFailed, message: format!("{kind}: {error}"), hint }
}

async fn send(
    context: &Context,
    sender: &Sender,
    channel: &Channel,
    notice: &Notice,
    id: &str,
    now: Timestamp,
) -> std::result::Result<(), aitta_notify::Failure> {
    let attempt = Attempt::new(id, now)?;
    match channel {
        Channel::Webhook(webhook) => sender.webhook(webhook, body(notice), &attempt).await,
        Channel::Slack(slack) => sender.slack(slack, &message(notice), &attempt).await,
        Channel::Teams(teams) => sender.teams(teams, &message(notice), &attempt).await,
        Channel::Mail(mail) => sender.mail(mail, &message(notice), &attempt).await,
        Channel::Ping(ping) => {
            let failed = notice.event.known().is_some_and(NoticeEvent::is_trouble);
            let signal = if failed { Signal::Fail } else { Signal::Success };
            let log =
                notice.failure.as_ref().map_or_else(String::new, |f| format!("{}\n{}\n", f.message, f.hint));
            let run = notice.run.unwrap_or_default();
            sender.ping(ping, signal, &uuid(context, run), &log, now).await
        }
    }
    .map(drop)
}

/// The channels of the profile, and how it stands with each.
///
/// # Errors
/// `catalog_failed`.
pub async fn status(context: &Context) -> Result<NotifyStatus> {
    let of = |channel: &Channel| ChannelStatus {
        kind: channel.kind(),
        variable: channel.variable().to_owned(),
        place: Some(channel.place().to_owned()),
        delivered: None,
        waiting: 0,
        again: None,
        lost: 0,
        failure: None,
    };
    let mut channels: Vec<ChannelStatus> = context.profile.channels.iter().map(of).collect();
    let name = &context.profile.name;
    context.catalog.channel_states(name, &mut channels, context.clock.now()).await?;
    Ok(NotifyStatus { profile: name.clone(), channels })
}

/// Sends a test to each channel, now and once. A dead man's switch gets a success, which is what it waits for.
///
/// # Errors
/// `config_invalid` when the profile has no channel; `system`.
pub async fn test(context: &Context) -> Result<NotifyReport> {
    if context.profile.channels.is_empty() {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!("nobody is told of anything: the profile {:?} has no channel", context.profile.name),
            "set BACKUP_WEBHOOK_URL, BACKUP_SLACK_URL, BACKUP_TEAMS_URL, BACKUP_MAIL_URL or BACKUP_PING_URL",
        ));
    }
    let now = context.clock.now();
    let notice = Notice::of(Tidings::of(NoticeEvent::Test), &context.profile.name, now);
    let random: [u8; 8] = aitta_base::random()?;
    let (id, sender) = (format!("test-{}", hex::encode(random)), sender()?);
    let sent = context
        .profile
        .channels
        .iter()
        .map(async |channel| (channel, send(context, &sender, channel, &notice, &id, now).await));
    let mut report = NotifyReport::default();
    for (channel, sent) in join_all(sent).await {
        match sent {
            Ok(()) => report.delivered.push(channel.kind()),
            Err(error) => report.failed.push((channel.kind(), failure(channel, &error))),
        }
    }
    Ok(report)
}

/// Delivers what is due, for so long at most: a receiver that hangs keeps nobody from the end of a command.
///
/// # Errors
/// As [`deliver`].
pub async fn deliver_within(context: &Context, most: Duration) -> Result<NotifyReport> {
    tokio::time::timeout(most, deliver(context)).await.unwrap_or_else(|_| Ok(NotifyReport::default()))
}
