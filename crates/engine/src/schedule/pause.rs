//! A schedule that is paused: nothing makes itself until a time, and nothing of that time is made up for.

use aitta_model::{Command, ErrorCode, PAUSE_DAYS, Pause, PauseReport, PauseRequest};
use jiff::SignedDuration;

use super::key;
use crate::door::{Free, Subject, actor};
use crate::run::{Done, Log, Run};
use crate::{Context, Error, Result};

/// Pauses the schedule of a profile. That a backup is overdue is told all the same.
///
/// # Errors
/// `config_invalid` when the end has passed or is too far away, `reason_missing`, `catalog_failed`, `audit_failed`.
pub async fn pause(context: &Context, request: PauseRequest) -> Result<PauseReport> {
    let PauseRequest { until, reason } = request;
    let now = context.clock.now();
    // One that is renewed counts from its begin.
    let since = in_force(context).await?.map_or(now, |pause| pause.since);
    let last = since.saturating_add(SignedDuration::from_hours(24 * PAUSE_DAYS)).unwrap_or(now);
    let wrong = match until {
        until if until <= now => Some("the end of the pause has passed"),
        until if until > last => Some("the pause would be too long"),
        _ => None,
    };
    if let Some(wrong) = wrong {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            wrong,
            format!("name a time to come, at most {PAUSE_DAYS} days after the begin of the pause"),
        ));
    }
    let actor = actor(context);
    let pause = Pause {
        since,
        until,
        reason: reason.clone().unwrap_or_default(),
        person: actor.admin.unwrap_or(actor.user),
    };
    let subject = Subject { reason, note: Some(format!("until {until:.0}")), ..Subject::default() };
    let work = |_| async {
        context.catalog.pause(&key(&context.profile), &pause).await?;
        Ok(PauseReport { profile: context.profile.name.clone(), pause: Some(pause) })
    };
    let log = Log::silent();
    let run = Run::shared(context, Free::Pause, subject).logged(&log);
    run.work(|_| None, work).await.and_then(Done::noted)
}

/// Ends a pause. The schedule counts from now.
///
/// # Errors
/// `config_invalid` when it is not paused, `catalog_failed`, `audit_failed`.
pub async fn resume(context: &Context, reason: Option<String>) -> Result<PauseReport> {
    let Some(pause) = in_force(context).await? else {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            "the schedule is not paused",
            format!("{} says how it stands", Command::ScheduleStatus),
        ));
    };
    let subject = Subject { reason, ..Subject::default() };
    let work = |_| async {
        let ended = Pause { until: context.clock.now(), ..pause };
        context.catalog.pause(&key(&context.profile), &ended).await?;
        Ok(PauseReport { profile: context.profile.name.clone(), pause: None })
    };
    let log = Log::silent();
    let run = Run::shared(context, Free::Resume, subject).logged(&log);
    run.work(|_| None, work).await.and_then(Done::noted)
}

/// The pause that keeps the schedule from making anything now. By a clock that was wrong it may begin in what is the
/// future now: then it is none.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn in_force(context: &Context) -> Result<Option<Pause>> {
    let (now, key) = (context.clock.now(), key(&context.profile));
    let pause = context.catalog.pause_of(&key).await?;
    // Whoever can write the row gives it no more time than the command does.
    let most = SignedDuration::from_hours(24 * PAUSE_DAYS) + super::LATE;
    let is_kept = |pause: &Pause| pause.until.duration_since(pause.since) <= most;
    Ok(pause.filter(|pause| pause.until > now && pause.since <= now + super::LATE && is_kept(pause)))
}
