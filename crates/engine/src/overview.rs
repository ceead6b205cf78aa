//! Is the data safe? The answer, and the evidence for it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use aitta_model::{
    ArchiveState, ArchiveSummary, ErrorCode, Failure, History, LastBackup, Operation, Overview,
    ProfileSummary, RestorePoint, StorageUse, TREND_DAYS, Verdict,
};
use aitta_store::Room;
use jiff::{Timestamp, ToSpan};

use crate::catalog::{Named, moment};
use crate::custody;
use crate::demo::past::MARK;
use crate::history::{Compared, Losses};
use crate::{Context, Result, archives, copies, history, runs, schedule};

mod accept;
mod profiles;

pub use accept::accept;
pub use profiles::profiles;

/// Days whose success counts.
const DAYS: i64 = 30;

/// Restores among which one of everything is looked for.
const RESTORES: u32 = 1000;

/// Restores that are read at a time.
const AT_ONCE: u32 = 20;

/// Runs that are shown.
const RECENT: u32 = 6;

/// A profile without its secrets.
#[must_use]
pub fn profile(context: &Context) -> ProfileSummary {
    let profile = &context.profile;
    let source = context.source().ok();
    let sample = profile.data_dir.parent().is_some_and(|folder| folder.join(MARK).is_file());
    ProfileSummary {
        name: profile.name.clone(),
        engine: source.as_ref().map(|s| s.engine()),
        database: source.as_ref().map(|s| s.place()),
        store: context.store.location(),
        sample,
    }
}

/// Everything that the first page says.
///
/// # Errors
/// `catalog_failed`. A store that can't be looked at is the verdict, not an error.
pub async fn overview(context: &Context) -> Result<Overview> {
    let now = context.clock.now();
    // None of them waits for another, and somebody waits for all of them.
    let (listed, history, last_attempt) =
        tokio::join!(archives::present(context, None), recent(context, now), last_failure(context));
    let (history, last_attempt) = (history?, last_attempt?);
    let own = listed.as_ref().map_or(Vec::new(), |list| own(context, &list.archives));
    let Compared { losses, unknown: uncompared, .. } = compared(context, now, &own).await?;
    let elsewhere = match &listed {
        // What it holds is not known.
        Err(error) if !context.profile.awaits_first_backup(error) => 0,
        _ => {
            let intact = listed.iter().flat_map(|list| &list.archives).filter(|archive| !is_damaged(archive));
            let present: HashSet<&str> = intact.map(|archive| archive.id.as_str()).collect();
            copies::elsewhere(context, &present).await?
        }
    };
    // After the comparison, which notes what earlier versions have backed up.
    let (last_restore, partial_restore) = restores(context).await?;
    let (mut storage, mut last_backup) = (None, None);
    let verdict = match &listed {
        Err(error) if context.profile.awaits_first_backup(error) => {
            Verdict::NoBackup { failure: last_attempt.map(|(_, failure)| failure) }
        }
        Err(error) => {
            last_backup = last_seen(context, &history).await?;
            Verdict::Unknown { failure: error.failure() }
        }
        Ok(list) if context.profile.database_url.is_none() => {
            storage = Some(storage_use(context, &list.archives, &history).await);
            Verdict::NoDatabase { archives: list.total }
        }
        Ok(list) => {
            last_backup = own.iter().find(|a| is_checked(a.state)).map(|a| last(a, &history));
            storage = Some(storage_use(context, &list.archives, &history).await);
            let seen = Seen { now, last_attempt, losses, restored: last_restore.is_some(), elsewhere };
            verdict(context, &own, last_backup.as_ref(), seen)
        }
    };
    Ok(Overview {
        profile: profile(context),
        now,
        verdict,
        targets: context.profile.targets,
        last_backup,
        succeeded: history.days.iter().map(|day| day.succeeded).sum(),
        failed: history.days.iter().map(|day| day.failed).sum(),
        storage,
        last_restore,
        partial_restore,
        uncompared,
        elsewhere,
        unreadable: history.unreadable,
        key: custody::active_status(context).await?,
        recent: runs::list(context, RECENT).await?,
        schedule: Some(schedule::status(context).await?).filter(|status| status.on),
    })
}

/// The last [`DAYS`] days.
pub(crate) async fn recent(context: &Context, now: Timestamp) -> Result<History> {
    history::history(context, now - (24 * (DAYS - 1)).hours(), now).await
}

/// Archives of the whole database that this profile protects, newest first; safety archives hold parts.
pub(crate) fn own<'a>(context: &Context, archives: &'a [ArchiveSummary]) -> Vec<&'a ArchiveSummary> {
    let Some(own) = context.own().ok().flatten() else { return Vec::new() };
    archives.iter().filter(|a| a.complete == Some(true) && own.is(&Named::from(*a))).collect()
}

/// Compares the backups of the whole database that were read back with one another.
async fn compared(context: &Context, now: Timestamp, own: &[&ArchiveSummary]) -> Result<Compared> {
    let whole = own.iter().filter(|archive| is_checked(archive.state));
    let whole: BTreeMap<String, String> =
        whole.map(|archive| (moment(&archive.id).to_owned(), archive.id.clone())).collect();
    history::compare(context, now, &whole).await
}

/// What the newest backup has lost, and nobody has accepted; and the moments of the backups that were compared, also of
/// those that are put away.
///
/// # Errors
/// `store_*` when the store can't be listed, `catalog_failed`.
pub(crate) async fn losses(context: &Context, now: Timestamp) -> Result<(Option<Losses>, BTreeSet<String>)> {
    let list = archives::lying(context).await?;
    let Compared { losses, known, .. } = compared(context, now, &own(context, &list.archives)).await?;
    Ok((losses, known))
}

fn is_checked(state: ArchiveState) -> bool {
    matches!(state, ArchiveState::Verified(_) | ArchiveState::Restored(_))
}

fn last(archive: &ArchiveSummary, history: &History) -> LastBackup {
    LastBackup {
        archive: archive.id.clone(),
        created: archive.created,
        state: archive.state,
        size_bytes: archive.size_bytes,
        rows: archive.rows,
        duration_ms: archive.duration_ms,
        run: history.backups.iter().find(|b| b.archive == archive.id).map(|b| b.run),
    }
}

/// The newest backup that was seen in the store, which can't be looked at now.
async fn last_seen(context: &Context, history: &History) -> Result<Option<LastBackup>> {
    let known = context.catalog.archives(&context.store.location()).await?;
    let mut known: Vec<ArchiveSummary> = known.into_values().filter_map(|known| known.summary).collect();
    known.sort_unstable_by_key(|archive| std::cmp::Reverse(archive.created));
    Ok(own(context, &known).into_iter().find(|a| is_checked(a.state)).map(|a| last(a, history)))
}

pub(crate) fn is_damaged(archive: &ArchiveSummary) -> bool {
    matches!(archive.state, ArchiveState::Damaged(_))
}

/// What a verdict rests on, beside the archives.
struct Seen {
    now: Timestamp,
    last_attempt: Option<(Timestamp, Failure)>,
    losses: Option<Losses>,
    /// Whether a restore of everything was proven.
    restored: bool,
    /// Whole backups that only further stores have.
    elsewhere: u64,
}

/// From archives of the whole database, newest first.
fn verdict(
    context: &Context,
    own: &[&ArchiveSummary],
    checked: Option<&LastBackup>,
    Seen { now, last_attempt, losses, restored, elsewhere }: Seen,
) -> Verdict {
    let Some(newest) = own.first() else {
        return Verdict::NoBackup { failure: last_attempt.map(|(_, failure)| failure) };
    };
    if is_damaged(newest) {
        let others = own.iter().filter(|archive| !is_damaged(archive)).count() as u64;
        return Verdict::Damaged { archive: newest.id.clone(), others: others + elsewhere };
    }
    let Some(checked) = checked else {
        return Verdict::NoBackup { failure: last_attempt.map(|(_, failure)| failure) };
    };
    // Archives are named by when their run began; a failure before that one is past.
    let failure = last_attempt.filter(|(at, _)| *at > checked.created).map(|(_, failure)| failure);
    if let Some(Losses { archive, tables }) = losses {
        return Verdict::Shrunk { archive, tables, failure };
    }
    let age_s = age_s(now, checked.created);
    match failure {
        failure if age_s > context.profile.targets.rpo_s => Verdict::TooOld { age_s, failure },
        Some(failure) => Verdict::LastFailed { failure },
        None if !restored => Verdict::NeverRestored,
        None => Verdict::Safe,
    }
}

fn age_s(now: Timestamp, created: Timestamp) -> u64 {
    now.duration_since(created).as_secs().unsigned_abs()
}

/// Whether more work than is allowed would be lost with a backup of this moment as the last one.
pub(crate) fn is_too_old(context: &Context, created: Timestamp) -> bool {
    age_s(context.clock.now(), created) > context.profile.targets.rpo_s
}

/// The newest backup that failed, if none has succeeded after it.
async fn last_failure(context: &Context) -> Result<Option<(Timestamp, Failure)>> {
    let profile = &context.profile.name;
    let Some(run) = context.catalog.last_ended(profile, Operation::Backup).await? else { return Ok(None) };
    Ok(run
        .failure
        .filter(|failure| failure.code != ErrorCode::Cancelled)
        .map(|failure| (run.started, failure)))
}

/// The last restore of everything, and the last one of a part if that came later.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn restores(context: &Context) -> Result<(Option<RestorePoint>, Option<RestorePoint>)> {
    let (catalog, profile) = (&context.catalog, &context.profile.name);
    let (own, mut part) = (context.own().ok().flatten(), None);
    let (mut before, mut left) = (i64::MAX, RESTORES);
    while left > 0 {
        let found = catalog.restores_before(profile, before, left.min(AT_ONCE)).await?;
        let Some(oldest) = found.last() else { break };
        (before, left) = (oldest.id, left.saturating_sub(AT_ONCE));
        for run in &found {
            let Some(told) = &run.told else { continue };
            let point = history::restore_point(run, told);
            if history::is_whole(context, own.as_ref(), told).await? {
                return Ok((Some(point), part));
            }
            part = part.or(Some(point));
        }
    }
    Ok((None, part))
}

/// Room in the store, where it has an end. A configured limit counts, even if the disk has more room.
///
/// # Errors
/// `store_*`.
pub(crate) async fn room(context: &Context, archives_bytes: u64) -> Result<Option<Room>> {
    match context.profile.quota_bytes {
        Some(quota) => Ok(Some(Room { used_bytes: archives_bytes, total_bytes: quota })),
        None => Ok(context.store.room().await?),
    }
}

/// Room in the store, and when it will be full to the alert, by the backups of the last [`DAYS`] days.
pub(crate) async fn storage_use(
    context: &Context,
    archives: &[ArchiveSummary],
    history: &History,
) -> StorageUse {
    let archives_bytes: u64 = archives.iter().map(|a| a.size_bytes).sum();
    let room = room(context, archives_bytes).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the room of the store is not known");
        None
    });
    StorageUse {
        archives: archives.len() as u64,
        archives_bytes,
        used_bytes: room.map(|room| room.used_bytes),
        total_bytes: room.map(|room| room.total_bytes),
        alert_at: room.and_then(|room| alert_at(context, room, history)),
    }
}

/// Days below which nothing is said of a trend.
const LEAST_DAYS: f64 = TREND_DAYS as f64;

/// When the store is full to the alert, if it fills as it did in the last 30 days; nothing beyond ten years, and nothing
/// from a few days.
fn alert_at(context: &Context, room: Room, history: &History) -> Option<Timestamp> {
    let limit = room.total_bytes as f64 * context.profile.targets.storage_alert;
    let left = limit - room.used_bytes as f64;
    let written: u64 = history.backups.iter().map(|b| b.size_bytes).sum();
    let first = history.backups.first()?.at;
    let days = history.to.duration_since(first).as_secs_f64() / 86_400.0;
    if left <= 0.0 || written == 0 || days < LEAST_DAYS {
        return None;
    }
    let days_left = left / (written as f64 / days);
    (days_left < 3660.0).then(|| history.to + ((days_left * 24.0) as i64).hours())
}
