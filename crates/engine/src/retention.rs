//! Old archives go by rule, in two steps: a prune puts them away, which takes them out of every list, and a prune deletes
//! them a week later. Until then they can be put back.
//!
//! The rules themselves are in `aitta_policy`. Only archives of the profile's database that the catalog has entered go;
//! what it doesn't know was made elsewhere, or before it was made anew, and stays.

use std::collections::{HashMap, HashSet};

use aitta_archive::ArchiveId;
use aitta_model::{
    ArchiveSelector, ArchiveState, ArchiveSummary, BackupKind, Command, DeleteReport, ErrorCode, Failure,
    HeldArchive, Hold, Operation, PruneBlock, PruneReport, PruneRequest, PrunedPlace, PutAway, PutBackReport,
    PutBackRequest, ReasonCode, RetentionRules, VerifyLevel, VerifyRequest, VerifyScope,
};
use aitta_policy::{Kept, State, judge, zone};
use aitta_store::{StoreErrorKind, archive_name};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::catalog::{Away, CatalogEntry, Named, moment};
use crate::door::{self, Free, Guard, Subject};
use crate::reading::check;
use crate::reading::select::{self, Listed};
use crate::run::{Done, Log, Run};
use crate::{Context, Error, Progress, Result, Silent, archives, schedule, verify};

mod holds;
mod outlook;

pub use holds::{hold, holds, release};
pub use outlook::outlook;

/// How long what was put away can be put back.
const AWAY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What was put away within this time counts towards the share.
const LATELY: SignedDuration = SignedDuration::from_hours(24);

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
    let PruneRequest { dry_run, agreed, reason, mfa } = request;
    of_all_stores(context)?;
    if dry_run {
        return Box::pin(every_place(context, dry_run, agreed)).await;
    }
    let run = match agreed {
        true => {
            let pass = door::open(context, Guard::PruneMore, reason, mfa.as_ref()).await?;
            Run::guarded(context, pass, Subject::default())
        }
        false => Run::free(context, Free::Prune, Subject { reason, ..Subject::default() }),
    };
    let log = Log::new(progress);
    let mut found = None;
    let work = async {
        let report = Box::pin(every_place(context, dry_run, agreed)).await?;
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

/// # Errors
/// `config_invalid` for one of the further stores alone: what may go from a copy depends on the first store.
fn of_all_stores(context: &Context) -> Result<()> {
    if context.profile.copy == 0 {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::ConfigInvalid,
        "this is done in all stores of a profile together",
        "leave out --copy",
    ))
}

/// What is asked of each store.
struct Ask {
    now: Timestamp,
    dry_run: bool,
    agreed: bool,
    /// By the moments of archives.
    holds: HashMap<String, Vec<Hold>>,
    clock_jumped: bool,
    looser_rules: bool,
    zone: TimeZone,
    /// Backups that other profiles have made, by their moments.
    of_others: HashSet<String>,
    /// What lies in the first store, by moments: a copy stays as long as that has the backup.
    in_first: HashSet<String>,
}

async fn every_place(context: &Context, dry_run: bool, agreed: bool) -> Result<PruneReport> {
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
    let known_rules = context.catalog.agreed_rules(&profile.name).await?.unwrap_or_default();
    let looser_rules = keeps_less(&profile.retention, &known_rules);
    let mut ask = Ask {
        now,
        dry_run,
        agreed,
        holds,
        clock_jumped: latest.is_some_and(|latest| latest > now + BEHIND),
        looser_rules,
        zone: zone(profile.schedule.zone()).unwrap_or(TimeZone::UTC),
        of_others: context.catalog.made_by_others(&profile.name).await?,
        in_first: HashSet::new(),
    };
    if !dry_run && (agreed || !looser_rules) {
        context.catalog.agree_to_rules(&profile.name, &profile.retention).await?;
    }
    for place in context.places() {
        let mut told = place_of(&place);
        if let Err(error) = Box::pin(one_place(&place, &ask, &mut told)).await {
            if error.code() == ErrorCode::Cancelled || error.code() == ErrorCode::CatalogFailed {
                return Err(error);
            }
            told.failure = Some(error.failure());
        }
        // While the first store is in doubt, the copies may be all there is.
        let is_over = place.profile.copy == 0 && (told.failure.is_some() || is_held_back(&told));
        report.places.push(told);
        if is_over {
            break;
        }
        if place.profile.copy == 0 && !context.profile.copies.is_empty() {
            ask.in_first = moments_of(&place).await?;
        }
    }
    Ok(report)
}

/// Whether rules keep less than others, or let more go at once.
fn keeps_less(rules: &RetentionRules, than: &RetentionRules) -> bool {
    let spans = |rules: &RetentionRules| [rules.days, rules.daily, rules.weekly, rules.monthly, rules.yearly];
    let fewer = spans(rules).iter().zip(spans(than)).any(|(now, before)| *now < before);
    fewer || rules.share > than.share
}

/// Whether more is in the way than a question about how much goes at once: then nothing is deleted either.
fn is_held_back(place: &PrunedPlace) -> bool {
    place.blocked.iter().any(|block| !matches!(block, PruneBlock::TooMany { .. }))
}

/// What lies in a store, by moments.
async fn moments_of(place: &Context) -> Result<HashSet<String>> {
    Ok(select::ids(place).await?.iter().map(|id| moment(&id.to_string()).to_owned()).collect())
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
    let known = catalog.archives(&location).await?;
    let begun = begun(place, ask, &known, &mut away).await?;
    let found = find(place, ask, listed, known, |id| begun.contains(id) || away.contains_key(id))?;
    (report.archives, report.others) = (found.ours.len() as u64, found.others);
    let mut kept: Vec<Kept> = found.ours.iter().map(|archive| kept(archive, ask, &away)).collect();
    let counting = kept.iter().filter(|archive| archive.verified && archive.whole && archive.at <= ask.now);
    let newest = counting.max_by_key(|archive| archive.at).map(|archive| (archive.at, archive.id.clone()));
    let state = State {
        newest_verified_overdue: newest
            .as_ref()
            .is_some_and(|(at, _)| schedule::is_overdue(&place.profile, ask.now, *at)),
        listing_complete: found.complete,
        clock_jumped: ask.clock_jumped,
        looser_rules: ask.looser_rules,
        lately: away.values().filter(|away| ask.now.duration_since(away.since) < LATELY).count(),
        agreed: ask.agreed,
    };
    let judged = |kept: &[Kept]| judge(kept, &place.profile.retention, &ask.zone, ask.now, state);
    // What the store locks stays, and is no part of what would go.
    let would_go: HashSet<String> = judged(&kept).would_go().map(str::to_owned).collect();
    for archive in kept.iter_mut().filter(|archive| would_go.contains(&archive.id)) {
        match place.store.check_deletable(&archive_name(&archive.id)).await {
            Err(error) if error.kind == StoreErrorKind::Locked => archive.locked = true,
            Err(error) => return Err(error.into()),
            Ok(()) => {}
        }
    }
    let verdicts = judged(&kept);
    report.blocked = verdicts.blocked().to_vec();
    let goes: HashSet<&str> = verdicts.would_go().collect();
    let is_due = |away: &Away| away.until <= ask.now && away.since <= ask.now;
    let due: Vec<&String> = sorted(&away)
        .into_iter()
        .filter(|(id, away)| is_due(away) && goes.contains(id.as_str()) && !ask.in_first.contains(moment(id)))
        .map(|(id, _)| id)
        .collect();
    let deletes = !due.is_empty() || !begun.is_empty();
    if deletes && !is_held_back(report) && !ask.dry_run {
        read_back_newest(place, newest.as_ref().map(|(_, id)| id.as_str()), report).await?;
    }
    let waiting: Vec<&str> = goes.iter().copied().filter(|id| away.get(*id).is_none_or(is_due)).collect();
    if report.blocked.is_empty() {
        let new = verdicts.going().filter(|id| !away.contains_key(*id)).map(str::to_owned);
        put_away_now(place, ask, new.collect(), report).await?;
    }
    for (id, _) in sorted(&away) {
        let is_there = there.contains(id);
        if is_there && !goes.contains(id.as_str()) {
            let_go(place, ask, id).await?;
            report.returned.push(id.clone());
        } else if !is_there {
            gone(place, ask, id, report).await?;
        }
    }
    // That much goes at once asks before it is put away, and not again.
    if !is_held_back(report) {
        for id in begun.iter().chain(due) {
            if place.cancel.is_cancelled() {
                return Err(Error::cancelled());
            }
            delete(place, ask, id, there.contains(id), report).await?;
        }
    }
    if !report.blocked.is_empty() {
        let left = report.left.iter().map(|(id, _)| id);
        let done: HashSet<&String> = report.put_away.iter().chain(&report.deleted).chain(left).collect();
        report.held_back = waiting.iter().filter(|id| !done.contains(&(**id).to_owned())).count() as u64;
    }
    if ask.dry_run {
        report.fates = verdicts.archives().to_vec();
    }
    Ok(())
}

/// The deletions that a prune has begun which was killed: the catalog has forgotten these archives, and a part of them
/// may be gone. What it still knows is whole, and is judged like any other.
async fn begun(
    place: &Context,
    ask: &Ask,
    known: &HashMap<String, CatalogEntry>,
    away: &mut HashMap<String, Away>,
) -> Result<Vec<String>> {
    let is_known = |id: &String| known.get(id).is_some_and(|entry| entry.summary.is_some());
    let deleting: Vec<String> =
        sorted(away).into_iter().filter(|(_, away)| away.deleting).map(|(id, _)| id.clone()).collect();
    let (whole, begun): (Vec<String>, Vec<String>) = deleting.into_iter().partition(is_known);
    for id in whole.iter().filter(|_| !ask.dry_run) {
        place.catalog.note_deleting(&place.store.location(), id, false).await?;
    }
    away.retain(|id, _| !begun.contains(id));
    Ok(begun)
}

/// The newest archive that counts is what is left when the older ones are gone: every byte of it is read back before.
async fn read_back_newest(place: &Context, newest: Option<&str>, report: &mut PrunedPlace) -> Result<()> {
    let Some(newest) = newest else { return Ok(()) };
    if let Some(failure) = reads(place, newest).await {
        report.blocked.push(PruneBlock::NewestDamaged);
        report.left.push((newest.to_owned(), failure));
    }
    Ok(())
}

/// One that was put away and is no longer listed: somebody else has deleted it, if the store says so of it alone, too.
async fn gone(place: &Context, ask: &Ask, id: &str, report: &mut PrunedPlace) -> Result<()> {
    match place.store.head(&archive_name(id)).await {
        Err(error) if error.kind == StoreErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
        // The list was short, so nothing is known of it.
        Ok(_) => return Ok(()),
    }
    report.notes.push(format!("{id} was put away, and somebody else has deleted it"));
    if !ask.dry_run {
        place.catalog.forget_archive(&report.location, id).await?;
    }
    let_go(place, ask, id).await
}

fn find(
    place: &Context,
    ask: &Ask,
    listed: Vec<Listed>,
    mut known: HashMap<String, CatalogEntry>,
    is_ours_to_go: impl Fn(&String) -> bool,
) -> Result<Found> {
    let own = place.own()?;
    // By its name alone an archive may be of another server, and another profile has rules of its own.
    let is_own = |summary: &ArchiveSummary| {
        summary.place.is_some()
            && !ask.of_others.contains(moment(&summary.id))
            && own.as_ref().is_some_and(|own| own.is(&Named::from(summary)))
    };
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
        locked: false,
        put_away: away.contains_key(id),
    }
}

async fn put_away_now(place: &Context, ask: &Ask, ids: Vec<String>, report: &mut PrunedPlace) -> Result<()> {
    if !ask.dry_run {
        let until = ask.now.saturating_add(AWAY).unwrap_or(Timestamp::MAX);
        for id in &ids {
            note(place, id, "put away").await?;
        }
        place.catalog.put_these_away(&report.location, &ids, ask.now, until).await?;
    }
    report.put_away = ids;
    Ok(())
}

/// Enters in the trail what happens to an archive, before it does.
async fn note(place: &Context, id: &str, outcome: &str) -> Result<()> {
    let subject = Subject {
        archive: Some(id.to_owned()),
        target: Some(place.store.location()),
        code: Some(ReasonCode::Routine),
        ..Subject::default()
    };
    door::event(place, Operation::Prune, &subject, outcome).await
}

async fn let_go(place: &Context, ask: &Ask, id: &str) -> Result<()> {
    if !ask.dry_run {
        place.catalog.no_longer_away(&place.store.location(), id).await?;
    }
    Ok(())
}

/// Deletes one that was put away. That its deletion has begun is entered before anything is gone: otherwise, after a
/// kill, an archive whose entry is gone would stay for ever.
async fn delete(
    place: &Context,
    ask: &Ask,
    id: &str,
    is_there: bool,
    report: &mut PrunedPlace,
) -> Result<()> {
    if ask.dry_run {
        report.deleted.push(id.to_owned());
        return Ok(());
    }
    let (catalog, location) = (&place.catalog, report.location.clone());
    let mut done = DeleteReport { id: id.to_owned(), freed_bytes: 0, left: Vec::new(), notes: Vec::new() };
    if is_there {
        note(place, id, "deleted").await?;
        catalog.note_deleting(&location, id, true).await?;
        if let Err(error) = archives::delete_at(place, id, &mut done).await {
            catalog.note_deleting(&location, id, false).await?;
            report.left.push((id.to_owned(), error.failure()));
            return Ok(());
        }
    }
    catalog.no_longer_away(&location, id).await?;
    report.deleted.push(id.to_owned());
    report.freed_bytes += done.freed_bytes;
    report.notes.extend(done.notes);
    Ok(())
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
    of_all_stores(context)?;
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
    let request = VerifyRequest { scope, level: VerifyLevel::Stored };
    // On the heap: a run within a run is more than the stack of a thread wants to hold.
    match Box::pin(verify::verify(place, request, &Silent)).await {
        Ok(report) => report.results.into_iter().find_map(|result| result.failure),
        Err(error) => Some(error.failure()),
    }
}
