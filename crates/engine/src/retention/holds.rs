//! Archives that stay whatever the rules say.

use std::collections::BTreeSet;

use aitta_model::{
    Command, ErrorCode, HeldArchive, Hold, HoldKind, HoldReport, HoldRequest, ReleaseRequest, Word,
};
use jiff::{SignedDuration, Timestamp};

use crate::catalog::moment;
use crate::door::{self, Free, Guard, Subject, actor};
use crate::reading::select;
use crate::run::{Done, Log, Run};
use crate::{Context, Error, Result, overview};

/// Tables that are named in the reason of a hold.
const NAMED: usize = 3;

/// Days for which a hold for lost rows goes on after the loss is told no more: nobody may have looked yet.
const AFTER_LOSS: SignedDuration = SignedDuration::from_hours(24 * 30);

/// All holds that have not ended.
///
/// # Errors
/// `catalog_failed`.
pub async fn holds(context: &Context) -> Result<Vec<HeldArchive>> {
    let now = context.clock.now();
    let mut held = context.catalog.holds().await?;
    held.retain(|held| held.hold.until.is_none_or(|until| now < until));
    Ok(held)
}

/// The holds, once those for losses are as the losses are now. A hold that was made for a loss ends a month after the loss
/// is told no more, because somebody has accepted it, or the rows are back. As long as the archive can't be compared,
/// nothing is known, and it goes on.
///
/// # Errors
/// `store_*` when the first store can't be looked at, `catalog_failed`.
pub(super) async fn with_losses(
    context: &Context,
    now: Timestamp,
    dry_run: bool,
) -> Result<Vec<HeldArchive>> {
    let (lost, compared) = lost(context, now).await?;
    let mut held = context.catalog.holds().await?;
    let is_lost = |held: &HeldArchive| lost.iter().any(|loss| moment(&loss.archive) == moment(&held.archive));
    let is_told_no_more = |held: &&HeldArchive| {
        held.hold.kind.is(HoldKind::Loss)
            && held.hold.until.is_none()
            && held.person.as_deref() == Some(&maker(context))
            && !is_lost(held)
            && compared.contains(moment(&held.archive))
    };
    if !dry_run {
        for over in held.iter().filter(is_told_no_more) {
            context.catalog.end_hold(over, now.saturating_add(AFTER_LOSS).unwrap_or(Timestamp::MAX)).await?;
        }
        context.catalog.hold(&lost).await?;
        return context.catalog.holds().await;
    }
    held.retain(|held| !(held.hold.kind.is(HoldKind::Loss) && is_lost(held)));
    held.extend(lost);
    Ok(held)
}

/// Who holds the last backup before rows were lost: only the same profile finds that the loss is over.
fn maker(context: &Context) -> String {
    format!("profile {}", context.profile.name)
}

/// The last archives before rows were lost, and the moments of the archives that were compared.
async fn lost(context: &Context, now: Timestamp) -> Result<(Vec<HeldArchive>, BTreeSet<String>)> {
    let (losses, compared) = Box::pin(overview::losses(context, now)).await?;
    let Some(losses) = losses else { return Ok((Vec::new(), compared)) };
    let archives: BTreeSet<&String> =
        losses.tables.iter().filter_map(|table| table.archive.as_ref()).collect();
    let held = |archive: &String| {
        let tables: Vec<&str> = losses
            .tables
            .iter()
            .filter(|table| table.archive.as_ref() == Some(archive))
            .map(|table| table.name.as_str())
            .collect();
        let more = tables.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let named = tables[..tables.len().min(NAMED)].join(", ");
        HeldArchive {
            archive: archive.clone(),
            hold: Hold { kind: HoldKind::Loss.into(), until: None },
            reason: format!("the last backup before rows were lost: {named}{more}"),
            person: Some(maker(context)),
            since: now,
        }
    };
    Ok((archives.into_iter().map(held).collect(), compared))
}

/// A pin without an end, by whoever is at work.
pub(super) fn pin(context: &Context, id: &str, reason: Option<&str>) -> HeldArchive {
    HeldArchive {
        archive: id.to_owned(),
        hold: Hold { kind: HoldKind::Pin.into(), until: None },
        reason: reason.unwrap_or("put back").to_owned(),
        person: Some(person(context)),
        since: context.clock.now(),
    }
}

fn person(context: &Context) -> String {
    let actor = actor(context);
    actor.admin.unwrap_or(actor.user)
}

/// Holds an archive, in whatever store it lies. One that was put away has to be put back instead.
///
/// # Errors
/// `archive_not_found`, `config_invalid` when the end has passed, `reason_missing`, `run_in_progress`, `store_*`,
/// `catalog_failed`, `audit_failed`.
pub async fn hold(context: &Context, request: HoldRequest) -> Result<HoldReport> {
    let HoldRequest { id, legal, until, reason } = request;
    super::of_all_stores(context)?;
    let now = context.clock.now();
    if until.is_some_and(|until| until <= now) {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            "the end of the hold has passed",
            "name a time to come, or leave it out to hold the archive until it is released",
        ));
    }
    let id = present(context, id).await?;
    let kind: Word<HoldKind> = if legal { HoldKind::Legal } else { HoldKind::Pin }.into();
    let hold = Hold { kind, until };
    let held = HeldArchive { hold, ..pin(context, &id, reason.as_deref()) };
    let subject = Subject { archive: Some(id.clone()), reason, ..Subject::default() };
    let log = Log::silent();
    let work = |_| async {
        for place in context.places() {
            let location = place.store.location();
            if place.catalog.put_away(&location).await?.contains_key(&id) {
                return Err(Error::new(
                    ErrorCode::ConfigInvalid,
                    format!("{id} was put away in {location}"),
                    format!("{} puts it back and holds it", Command::BackupPutBack),
                ));
            }
        }
        context.catalog.hold(std::slice::from_ref(&held)).await?;
        Ok(HoldReport { held: vec![held], released: Vec::new() })
    };
    let run = Run::free(context, Free::Hold, subject).logged(&log);
    run.work(|_| Some(id.clone()), work).await.and_then(Done::noted)
}

/// The id of an archive that a store of the profile has.
async fn present(context: &Context, id: String) -> Result<String> {
    let error = match select::by_name(context, id.clone()).await {
        Ok(id) => return Ok(id.to_string()),
        Err(error) => error,
    };
    for place in context.copies() {
        if let Ok(id) = select::by_name(&place, id.clone()).await {
            return Ok(id.to_string());
        }
    }
    Err(error)
}

/// Ends all holds on an archive; without one, those that were made because the catalog was made anew.
///
/// # Errors
/// `archive_not_found` when it is not held, `reason_missing`, `mfa_*`, `run_in_progress`, `catalog_failed`,
/// `audit_failed`.
pub async fn release(context: &Context, request: ReleaseRequest) -> Result<HoldReport> {
    let ReleaseRequest { id, reason, mfa } = request;
    let door = door::at(context, Guard::Release, reason)?;
    let is_meant = |held: &HeldArchive| match &id {
        Some(id) => moment(&held.archive) == moment(id),
        None => held.hold.kind.is(HoldKind::Rebuilt),
    };
    let mut released = context.catalog.holds().await?;
    released.retain(is_meant);
    if released.is_empty() {
        let what = id.map_or_else(
            || "no archive is held because the catalog was made anew".to_owned(),
            |id| format!("{id} is not held"),
        );
        return Err(Error::new(
            ErrorCode::ArchiveNotFound,
            what,
            format!("{} lists what is", Command::BackupHolds),
        ));
    }
    let pass = door.open(context, mfa.as_ref()).await?;
    let archives: Vec<&str> = released.iter().map(|held| held.archive.as_str()).collect();
    let subject = Subject {
        archive: id.clone(),
        note: id.is_none().then(|| format!("{} archives", archives.len())),
        ..Subject::default()
    };
    let log = Log::silent();
    let work = |_| async {
        context.catalog.release(&released).await?;
        Ok(HoldReport { held: Vec::new(), released: released.clone() })
    };
    let run = Run::guarded(context, pass, subject).logged(&log);
    run.work(|_| id.clone(), work).await.and_then(Done::noted)
}
