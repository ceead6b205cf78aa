//! Old archives go by rule, in two steps: a prune puts them away, which takes them out of every list, and a prune deletes
//! them a week later. Until then they can be put back.
//!
//! The rules themselves are in `aitta_policy`. Only archives of the profile's database that the catalog has entered go;
//! what it doesn't know was made elsewhere, or before it was made anew, and stays.

use std::collections::{HashMap, HashSet};

use aitta_archive::ArchiveId;
use aitta_model::{
    ArchiveSelector, ArchiveState, ArchiveSummary, BackupKind, Command, DeleteReport, ErrorCode, Failure,
    HeldArchive, Hold, PruneBlock, PruneReport, PruneRequest, PrunedPlace, PutAway, PutBackReport,
    PutBackRequest, VerifyLevel, VerifyRequest, VerifyScope,
};
use aitta_policy::{Kept, State, judge, zone};
use aitta_store::archive_name;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::catalog::{Away, CatalogEntry, Named, moment};
use crate::door::{self, Free, Guard, Subject};
use crate::reading::check;
use crate::reading::select::{self, Listed};
use crate::run::{Done, Log, Run};
use crate::{Context, Error, Progress, Result, Silent, archives, verify};

mod holds;

pub use holds::{hold, holds, release};

/// How long what was put away can be put back.
const AWAY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What was put away within this time counts towards the share.
const LATELY: SignedDuration = SignedDuration::from_hours(24);

/// A backup may take so long after it is due before it is overdue.
const LATE: SignedDuration = SignedDuration::from_hours(2);

/// Without a schedule nothing is due. After so long without a new archive the old ones are all there is.
const UNSCHEDULED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A clock that is so much behind what was entered before was wrong then, or is now.
const BEHIND: SignedDuration = SignedDuration::from_mins(5);

/// Puts away what may go by the rules, and deletes what was put away long enough ago, in each store of the profile.
/// A copy that fails keeps no other from its turn; while the first store fails, nothing goes anywhere.
///
/// # Errors
/// `config_invalid` for a profile without a database; `reason_missing`, `mfa_*` for more than the share;
/// `run_in_progress`, `catalog_failed`, `audit_failed`. What fails in a store is in the report, and the run has failed
/// then.
pub async fn prune(context: &Context, request: PruneRequest, progress: &dyn Progress) -> Result<PruneReport> {
    let PruneRequest { dry_run, despite_share, reason, mfa } = request;
    if dry_run {
        return every_place(context, dry_run, despite_share).await;
    }
    let run = match despite_share {
        true => {
            let pass = door::open(context, Guard::PruneMany, reason, mfa.as_ref()).await?;
            Run::guarded(context, pass, Subject::default())
        }
        false => Run::free(context, Free::Prune, Subject { reason, ..Subject::default() }),
    };
    let log = Log::new(progress);
    let mut found = None;
    let work = async {
        let report = every_place(context, dry_run, despite_share).await?;
        // The run has failed where a store was not pruned, but the caller still gets its report.
        let end = match report.failure() {
            None => Ok(report.clone()),
            Some(first) => Err(Error::new(first.code, first.message.clone(), &*first.hint)),
        };
        found = Some(report);
        end
    };
    let end = run.logged(&log).work(|_| None, |_| work).await.and_then(Done::noted);
    end.or_else(|error| found.filter(|report| report.failure().is_some()).ok_or(error))
}

/// What is asked of each store.
struct Ask {
    now: Timestamp,
    dry_run: bool,
    despite_share: bool,
    /// By the moments of archives.
    holds: HashMap<String, Vec<Hold>>,
    clock_jumped: bool,
    zone: TimeZone,
}

async fn every_place(context: &Context, dry_run: bool, despite_share: bool) -> Result<PruneReport> {
    let (profile, now) = (&context.profile, context.clock.now());
    if context.own()?.is_none() {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!(
                "the profile {:?} names no database, so none of the archives is known to be its own",
                profile.name
            ),
            "set DATABASE_URL, or name the database in the configuration file",
        ));
    }
    let latest = context.catalog.latest_moment().await?;
    let mut report = PruneReport { dry_run, rules: profile.retention.clone(), places: Vec::new() };
    let mut first = place_of(context);
    let held = match holds::with_losses(context, now, dry_run).await {
        Ok(held) => held,
        Err(error) => {
            first.failure = Some(error.failure());
            report.places.push(first);
            return Ok(report);
        }
    };
    let mut holds: HashMap<String, Vec<Hold>> = HashMap::new();
    for HeldArchive { archive, hold, .. } in held {
        holds.entry(moment(&archive).to_owned()).or_default().push(hold);
    }
    let ask = Ask {
        now,
        dry_run,
        despite_share,
        holds,
        clock_jumped: latest.is_some_and(|latest| latest > now + BEHIND),
        zone: zone(profile.schedule.zone()).unwrap_or(TimeZone::UTC),
    };
    for place in context.places() {
        let mut told = place_of(&place);
        if let Err(error) = one_place(&place, &ask, &mut told).await {
            if error.code() == ErrorCode::Cancelled || error.code() == ErrorCode::CatalogFailed {
                return Err(error);
            }
            told.failure = Some(error.failure());
        }
        let is_over = place.profile.copy == 0 && told.failure.is_some();
        report.places.push(told);
        if is_over {
            break;
        }
    }
    Ok(report)
}

fn place_of(context: &Context) -> PrunedPlace {
    PrunedPlace { location: context.store.location(), ..PrunedPlace::default() }
}

/// An archive of the profile's database as it lies in a store.
struct Ours {
    id: String,
    summary: ArchiveSummary,
    /// Whether it has the size with which it was entered.
    as_entered: bool,
}

/// What lies in a store.
struct Found {
    ours: Vec<Ours>,
    others: u64,
    /// Whether everything is there that the catalog has entered.
    complete: bool,
}

async fn one_place(place: &Context, ask: &Ask, report: &mut PrunedPlace) -> Result<()> {
    let (catalog, location) = (&place.catalog, report.location.clone());
    let listed = select::listed(place.store.as_ref()).await?;
    check::expect_mounted(place).await?;
    let mut away = catalog.put_away(&location).await?;
    let there: HashSet<String> = listed.iter().map(|archive| archive.id.to_string()).collect();
    let begun = finish(place, ask, &there, &mut away, report).await?;
    let known = catalog.archives(&location).await?;
    let found = find(place, listed, known, |id| begun.contains(id) || away.contains_key(id))?;
    (report.archives, report.others) = (found.ours.len() as u64, found.others);
    let kept: Vec<Kept> = found.ours.iter().map(|archive| kept(archive, ask, &away)).collect();
    let counting = kept.iter().filter(|archive| archive.verified && archive.whole && archive.at <= ask.now);
    let newest = counting.map(|archive| archive.at).max();
    let state = State {
        newest_verified_overdue: newest.is_some_and(|newest| is_overdue(place, ask.now, newest)),
        listing_complete: found.complete,
        clock_jumped: ask.clock_jumped,
        lately: away.values().filter(|away| ask.now.duration_since(away.since) < LATELY).count(),
        despite_share: ask.despite_share,
    };
    let verdicts = judge(&kept, &place.profile.retention, &ask.zone, ask.now, state);
    report.blocked = verdicts.blocked().to_vec();
    let goes: HashSet<&str> = verdicts.would_go().collect();
    let waits = |id: &&str| away.get(*id).is_none_or(|away| away.until <= ask.now);
    let waiting: Vec<&str> = verdicts.would_go().filter(waits).collect();
    let new = verdicts.going().filter(|id| !away.contains_key(*id)).map(str::to_owned);
    put_away_now(place, ask, new.collect(), report).await?;
    // That much goes at once asks before it is put away, and not again.
    let is_held_back = report.blocked.iter().any(|block| !matches!(block, PruneBlock::TooMany { .. }));
    for (id, away) in sorted(&away) {
        if !there.contains(id) {
            // Somebody else has deleted it.
            if !ask.dry_run {
                catalog.forget_archive(&location, id).await?;
            }
            let_go(place, ask, id).await?;
        } else if !goes.contains(id.as_str()) {
            let_go(place, ask, id).await?;
            report.returned.push(id.clone());
        } else if !is_held_back && away.until <= ask.now && away.since <= ask.now {
            if place.cancel.is_cancelled() {
                return Err(Error::cancelled());
            }
            delete(place, ask, id, report).await?;
        }
    }
    if !report.blocked.is_empty() {
        let left = report.left.iter().map(|(id, _)| id);
        let done: HashSet<&String> =
            report.put_away.iter().chain(&report.deleted).chain(&report.locked).chain(left).collect();
        report.held_back = waiting.iter().filter(|id| !done.contains(&(**id).to_owned())).count() as u64;
    }
    if ask.dry_run {
        report.fates = verdicts.archives().to_vec();
    }
    Ok(())
}

/// Ends the deletions that a prune has begun which was killed. Gives the ids.
async fn finish(
    place: &Context,
    ask: &Ask,
    there: &HashSet<String>,
    away: &mut HashMap<String, Away>,
    report: &mut PrunedPlace,
) -> Result<HashSet<String>> {
    let begun: Vec<String> =
        sorted(away).into_iter().filter(|(_, away)| away.deleting).map(|(id, _)| id.clone()).collect();
    for id in &begun {
        away.remove(id);
        if there.contains(id) && !ask.dry_run {
            if let Err(error) = archives::delete_objects(place, id).await {
                report.left.push((id.clone(), Error::from(error).failure()));
                continue;
            }
            place.catalog.forget_archive(&report.location, id).await?;
        }
        let_go(place, ask, id).await?;
        report.deleted.push(id.clone());
    }
    Ok(begun.into_iter().collect())
}

fn find(
    place: &Context,
    listed: Vec<Listed>,
    mut known: HashMap<String, CatalogEntry>,
    is_ours_to_go: impl Fn(&String) -> bool,
) -> Result<Found> {
    let own = place.own()?;
    let is_own = |summary: &ArchiveSummary| own.as_ref().is_some_and(|own| own.is(&Named::from(summary)));
    let (mut ours, mut others) = (Vec::new(), 0);
    for Listed { id, size } in listed {
        let id = id.to_string();
        match known.remove(&id).and_then(|entry| entry.summary).filter(is_own) {
            Some(summary) => ours.push(Ours { id, as_entered: summary.size_bytes == size, summary }),
            None if is_ours_to_go(&id) => {}
            None => others += 1,
        }
    }
    let is_missing = |(id, entry): (&String, &CatalogEntry)| {
        !is_ours_to_go(id) && entry.summary.as_ref().is_some_and(is_own)
    };
    let complete = !known.iter().any(is_missing);
    Ok(Found { ours, others, complete })
}

/// As the rules see it. A safety archive holds what a restore was about to overwrite: it stands for no day, and is no
/// reason to let an older one go.
fn kept(Ours { id, summary, as_entered }: &Ours, ask: &Ask, away: &HashMap<String, Away>) -> Kept {
    let is_checked = matches!(summary.state, ArchiveState::Verified(_) | ArchiveState::Restored(_));
    let is_safety = summary.kind.as_ref().is_some_and(|kind| kind.is(BackupKind::Safety));
    Kept {
        id: id.clone(),
        at: summary.created,
        verified: is_checked && *as_entered,
        whole: summary.complete == Some(true) && !is_safety,
        held: ask.holds.get(moment(id)).cloned().unwrap_or_default(),
        needed: false,
        put_away: away.contains_key(id),
    }
}

fn is_overdue(place: &Context, now: Timestamp, newest: Timestamp) -> bool {
    let age = now.duration_since(newest);
    match place.profile.auto_backup {
        true => age > place.profile.schedule.period(now).saturating_add(LATE),
        false => age > UNSCHEDULED,
    }
}

/// Puts away those that the store would delete.
async fn put_away_now(place: &Context, ask: &Ask, ids: Vec<String>, report: &mut PrunedPlace) -> Result<()> {
    let mut free = Vec::new();
    for id in ids {
        match place.store.check_deletable(&archive_name(&id)).await {
            Ok(()) => free.push(id),
            Err(error) => stays(report, id, error.into()),
        }
    }
    if !ask.dry_run {
        let until = ask.now.saturating_add(AWAY).unwrap_or(Timestamp::MAX);
        place.catalog.put_these_away(&report.location, &free, ask.now, until).await?;
    }
    report.put_away = free;
    Ok(())
}

async fn let_go(place: &Context, ask: &Ask, id: &str) -> Result<()> {
    if !ask.dry_run {
        place.catalog.no_longer_away(&place.store.location(), id).await?;
    }
    Ok(())
}

/// Deletes one that was put away. That its deletion has begun is entered before anything is gone: otherwise, after a
/// kill, an archive whose entry is gone would stay for ever.
async fn delete(place: &Context, ask: &Ask, id: &str, report: &mut PrunedPlace) -> Result<()> {
    if ask.dry_run {
        report.deleted.push(id.to_owned());
        return Ok(());
    }
    let (catalog, location) = (&place.catalog, report.location.clone());
    let mut done = DeleteReport { id: id.to_owned(), freed_bytes: 0, left: Vec::new(), notes: Vec::new() };
    catalog.note_deleting(&location, id, true).await?;
    if let Err(error) = archives::delete_at(place, id, &mut done).await {
        catalog.note_deleting(&location, id, false).await?;
        stays(report, id.to_owned(), error);
        return Ok(());
    }
    catalog.no_longer_away(&location, id).await?;
    report.deleted.push(id.to_owned());
    report.freed_bytes += done.freed_bytes;
    report.notes.extend(done.notes);
    Ok(())
}

/// One that the store locks stays until the lock ends, which is as it should be; everything else is a failure.
fn stays(report: &mut PrunedPlace, id: String, error: Error) {
    match error.code() {
        ErrorCode::StoreLocked => report.locked.push(id),
        _ => report.left.push((id, error.failure())),
    }
}

fn sorted(away: &HashMap<String, Away>) -> Vec<(&String, &Away)> {
    let mut sorted: Vec<_> = away.iter().collect();
    sorted.sort_unstable_by(|a, b| b.0.cmp(a.0));
    sorted
}

/// What was put away in the store, the newest first.
///
/// # Errors
/// `catalog_failed`, `store_*` when the store can't be listed.
pub async fn put_away(context: &Context) -> Result<Vec<PutAway>> {
    let away = context.catalog.put_away(&context.store.location()).await?;
    if away.is_empty() {
        return Ok(Vec::new());
    }
    let listed = select::listed(context.store.as_ref()).await?;
    let sizes: HashMap<String, u64> =
        listed.into_iter().map(|archive| (archive.id.to_string(), archive.size)).collect();
    let told = |(id, away): (&String, &Away)| PutAway {
        id: id.clone(),
        since: away.since,
        until: away.until,
        size_bytes: sizes.get(id).copied(),
    };
    Ok(sorted(&away).into_iter().map(told).collect())
}

/// Puts an archive back into the lists of every store in which it was put away, and pins it: by the rules it would go
/// again. Then it is read back.
///
/// # Errors
/// `archive_not_found` when it was not put away, or is deleted by now; `run_in_progress`, `catalog_failed`,
/// `audit_failed`. That it does not verify is in the report.
pub async fn put_back(context: &Context, request: PutBackRequest) -> Result<PutBackReport> {
    let PutBackRequest { id, reason } = request;
    let id = id.parse::<ArchiveId>()?.to_string();
    let log = Log::silent();
    let held = holds::pin(context, &id, reason.as_deref());
    let subject = Subject { archive: Some(id.clone()), reason, ..Subject::default() };
    let work = |_| async {
        let (mut places, mut from) = (Vec::new(), None);
        for place in context.places() {
            let location = place.store.location();
            if !place.catalog.put_away(&location).await?.contains_key(&id) {
                continue;
            }
            // One whose deletion was interrupted may be there no longer.
            place.store.head(&archive_name(&id)).await?;
            context.catalog.hold(std::slice::from_ref(&held)).await?;
            place.catalog.no_longer_away(&location, &id).await?;
            places.push(location);
            from.get_or_insert(place);
        }
        let Some(from) = from else {
            return Err(Error::new(
                ErrorCode::ArchiveNotFound,
                format!("{id} was not put away"),
                format!("{} lists what was", Command::BackupListPutAway),
            ));
        };
        Ok(PutBackReport { failure: reads(&from, &id).await, id: id.clone(), places })
    };
    let run = Run::free(context, Free::PutBack, subject).logged(&log);
    run.work(|report: &PutBackReport| Some(report.id.clone()), work).await.and_then(Done::noted)
}

/// Why an archive does not read as it should.
async fn reads(place: &Context, id: &str) -> Option<Failure> {
    let scope = VerifyScope::One(ArchiveSelector::Id(id.to_owned()));
    match verify::verify(place, VerifyRequest { scope, level: VerifyLevel::Stored }, &Silent).await {
        Ok(report) => report.results.into_iter().find_map(|result| result.failure),
        Err(error) => Some(error.failure()),
    }
}
