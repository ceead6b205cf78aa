//! The checklist: what is looked at each day, week, month and quarter. What Aitta has evidence of ticks itself; the rest
//! a person ticks, with a note, and the audit trail has it.

use aitta_model::{
    CheckItem, CheckLine, Checklist, ClosedList as _, ErrorCode, Operation, Overview, ReasonCode, RunOutcome,
    TickRequest, Ticked,
};
use aitta_policy::{begins, zone};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::door::{self, Subject, actor};
use crate::{Context, Error, Result, overview};

/// Characters of a note.
const NOTE_MAX: usize = 1000;

/// The checklist of a profile.
///
/// # Errors
/// `catalog_failed`.
pub async fn status(context: &Context) -> Result<Checklist> {
    let seen = Box::pin(overview::overview(context)).await?;
    let mut lines = Vec::new();
    for item in CheckItem::ALL.iter().copied() {
        lines.push(line(context, &seen, item).await?);
    }
    Ok(Checklist {
        profile: context.profile.name.clone(),
        now: seen.now,
        zone: context.profile.schedule.zone().to_owned(),
        lines,
    })
}

/// What was not done in the last span of it, though there were backups then.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn missed(context: &Context, seen: &Overview) -> Result<Vec<CheckItem>> {
    let mut missed = Vec::new();
    for item in CheckItem::ALL.iter().copied() {
        if line(context, seen, item).await?.missed {
            missed.push(item);
        }
    }
    Ok(missed)
}

async fn line(context: &Context, seen: &Overview, item: CheckItem) -> Result<CheckLine> {
    let here = zone(context.profile.schedule.zone()).unwrap_or(TimeZone::UTC);
    let (from, before) = begins(item.span(), seen.now, &here);
    let done = match ticked(context, item, from).await? {
        Some(ticked) => Some(ticked),
        None => evidence(context, seen, item, from, Timestamp::MAX).await?,
    };
    Ok(CheckLine {
        item: item.into(),
        span: item.span().into(),
        from,
        missed: done.is_none() && was_missed(context, seen, item, before, from).await?,
        done,
    })
}

/// Whether there was something to look at in a span, and nobody has.
async fn was_missed(
    context: &Context,
    seen: &Overview,
    item: CheckItem,
    from: Timestamp,
    until: Timestamp,
) -> Result<bool> {
    // What is known of now alone was not known then.
    if matches!(item, CheckItem::Size | CheckItem::Storage | CheckItem::Keys) {
        return Ok(false);
    }
    let profile = &context.profile.name;
    let first = context.catalog.first_succeeded(profile, Operation::Backup).await?;
    if first.is_none_or(|first| first >= from) || ticked(context, item, from).await?.is_some() {
        return Ok(false);
    }
    Ok(evidence(context, seen, item, from, until).await?.is_none())
}

async fn ticked(context: &Context, item: CheckItem, from: Timestamp) -> Result<Option<Ticked>> {
    context.catalog.tick(&context.profile.name, item, from).await
}

/// What shows that it was done from one moment on and before another.
async fn evidence(
    context: &Context,
    seen: &Overview,
    item: CheckItem,
    from: Timestamp,
    until: Timestamp,
) -> Result<Option<Ticked>> {
    let run = async |operation| {
        let run = context.catalog.succeeded_within(&context.profile.name, operation, from, until).await?;
        Ok(run.map(|(run, at)| Ticked::Evidence { at, run: Some(run) }))
    };
    let now = |is_so: bool| Ok(is_so.then_some(Ticked::Evidence { at: seen.now, run: None }));
    match item {
        CheckItem::Completion => {
            let made = context.catalog.backed_up_within(&context.profile.name, from, until).await?;
            Ok(made.map(|(run, at)| Ticked::Evidence { at, run: Some(run) }))
        }
        CheckItem::Integrity => run(Operation::Verify).await,
        CheckItem::Retention => run(Operation::Prune).await,
        CheckItem::Size => {
            let history = overview::recent(context, seen.now).await?;
            let last = history.backups.last().filter(|last| last.at >= from && last.anomaly.is_none());
            Ok(last.map(|last| Ticked::Evidence { at: last.at, run: Some(last.run) }))
        }
        CheckItem::Storage => now(seen.storage.as_ref().is_some_and(|storage| {
            let share = |used: u64, total: u64| used as f64 / total.max(1) as f64;
            match (storage.used_bytes, storage.total_bytes) {
                (Some(used), Some(total)) => share(used, total) < seen.targets.storage_alert,
                // A store without an end is never full.
                (_, None) => true,
                (None, Some(_)) => false,
            }
        })),
        CheckItem::TestRestore => {
            let last = seen.last_restore.as_ref().filter(|last| from <= last.at && last.at < until);
            Ok(last.map(|last| Ticked::Evidence { at: last.at, run: Some(last.run) }))
        }
        CheckItem::Keys => now(seen.key.as_ref().is_some_and(|key| key.due.is_none_or(|due| seen.now < due))),
        CheckItem::Logs
        | CheckItem::Cost
        | CheckItem::Documentation
        | CheckItem::Drill
        | CheckItem::Policies
        | CheckItem::Access => Ok(None),
    }
}

/// Says that something was done by hand, in the span that lasts now.
///
/// # Errors
/// `config_invalid` for what Aitta has evidence of or somebody has ticked, or a note that is missing or too long; `catalog_failed`,
/// `audit_failed`.
pub async fn tick(context: &Context, request: TickRequest) -> Result<Checklist> {
    let TickRequest { item, note } = request;
    let wrong = |what: String, hint: &str| Err(Error::new(ErrorCode::ConfigInvalid, what, hint));
    if !item.is_by_hand() {
        return wrong(
            format!("{item} is ticked by evidence, and by nobody"),
            "do it: then it is ticked by itself",
        );
    }
    let note = note.trim().to_owned();
    if note.is_empty() || note.chars().count() > NOTE_MAX {
        return wrong(
            "a note is missing, or too long".to_owned(),
            "say in a sentence what was looked at, and what was found",
        );
    }
    let here = zone(context.profile.schedule.zone()).unwrap_or(TimeZone::UTC);
    let now = context.clock.now();
    let (from, _) = begins(item.span(), now, &here);
    if let Some(Ticked::Person { name, .. }) = ticked(context, item, from).await? {
        return wrong(
            format!("{item} was ticked by {name} already"),
            "the first tick of a span stays; a further one is for the next",
        );
    }
    let actor = actor(context);
    let subject = Subject {
        note: Some(format!("{item}: {note}")),
        code: Some(ReasonCode::Routine),
        ..Subject::default()
    };
    // Entered in the trail first: a tick that it doesn't have counts for nothing.
    door::event(context, Operation::Tick, &subject, RunOutcome::Succeeded.as_str()).await?;
    let person = actor.admin.unwrap_or(actor.user);
    context.catalog.enter_tick(&context.profile.name, (item, from), now, &person, &note).await?;
    status(context).await
}

#[cfg(test)]
mod tests;
