//! Moves archives from one vault key to another. At every moment each archive opens with a key of the ring.
//!
//! Of each archive only the header changes: a slot for the new key is written, flushed, read back from the store and
//! opened with that key alone; only then the slots of the other keys are erased, one sector at a time. So at any
//! moment one good slot is on the disk, and a rotation that was interrupted is resumed by doing the same again.
//! The headers are the truth. The journal in the catalog says how far a rotation is; a lost journal loses no archive.
//!
//! The way back is a rotation to the key before. Unconfirmed keys take no part in it: both keys have been active.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aitta_archive::{ArchiveId, HEADER_LEN};
use aitta_base::lock::ProfileLock;
use aitta_model::{
    Command, ErrorCode, Operation, ProgressEvent, RotateRequest, RotationDirection, RotationReport,
};
use aitta_store::{self as store, ARCHIVES};
use futures::stream::{self, StreamExt};
use jiff::SignedDuration;

use crate::catalog::Rotation;
use crate::door::{self, Guard, Subject};
use crate::reading::disowned::disowned;
use crate::reading::{OpenArchive, select};
use crate::run::{self, Done, Run};
use crate::{Context, Error, Phases, Progress, Result, custody};

mod follow;
mod header;
mod reencrypt;
mod ring;
mod route;
mod tally;

use self::route::Route;
use self::tally::Tally;

/// Archives that are worked on at the same time: enough to hide the flushes of a disk.
const AT_ONCE: usize = 16;
/// Archives that are written anew at the same time. Each uses all processors by itself.
const WRITTEN_AT_ONCE: usize = 2;
/// Archives after which the journal is written, and time after which it is written at any rate: a store far away moves
/// few.
const JOURNAL_EVERY: u64 = 32;
const JOURNAL_AFTER: Duration = Duration::from_secs(1);

const GOES_ON_ANEW: &str =
    "a re-encryption was interrupted, and this rotation goes on with it: the data is written anew";

/// Moves every archive of the store to the active key, or back to the key before, and opens each with that key
/// alone. What was moved already needs nothing, so an interrupted rotation is resumed by the same call.
///
/// Archives that could not be moved are as they were, and are in the report: the rotation is then not at its end, and
/// no key may be destroyed.
///
/// # Errors
/// `reason_missing`, `mfa_*`, `key_missing` when there is no other key, `key_*`, `run_in_progress`, `store_*`,
/// `catalog_failed`, `cancelled`. After each of them every archive opens with a key of the ring.
pub async fn rotate(
    context: &Context,
    request: RotateRequest,
    progress: &dyn Progress,
) -> Result<RotationReport> {
    let door = door::at(context, Guard::Rotate, request.reason.clone())?;
    // Before the ring is read: another rotation, of any profile, must not turn it round meanwhile.
    let _keys = ProfileLock::of_keys(&context.profile.data_dir, Operation::Rotate, context.clock.now())?;
    context.forget_keys();
    let keys = context.keys().await?;
    // Nobody has asked for it this time, and it takes far longer.
    let goes_on_anew = !request.reencrypt && begun_anew(context, &request).await?;
    let request = RotateRequest { reencrypt: request.reencrypt || goes_on_anew, ..request };
    let route = Route::plan(context, keys, &request).await?;
    if request.direction == RotationDirection::Back {
        ring::refuse_if_never_active(context, &route.to_id()).await?;
    }
    let pass = door.open(context, request.mfa.as_ref()).await?;
    let log = run::Log::new(progress);
    let subject = Subject {
        target: Some(format!("key {}", route.to_id())),
        note: Some(route.in_words(request.reencrypt)),
        ..Subject::default()
    };
    let mut found = None;
    let work = async {
        if goes_on_anew {
            log.event(ProgressEvent::Note { text: GOES_ON_ANEW.to_owned() });
        }
        let mut report = turn_places(context, &route, &request, &log).await?;
        if goes_on_anew {
            report.notes.insert(0, GOES_ON_ANEW.to_owned());
        }
        // The run has failed then, but the caller still gets its report.
        let end = if report.unreadable.is_empty() { Ok(report.clone()) } else { Err(unfinished(&report)) };
        found = Some(report);
        end
    };
    let run = Run::guarded(context, pass, subject).logged(&log);
    let end = run.work(|_| None, |_| work).await.and_then(Done::noted);
    // Uploads that were dropped are still being removed.
    for place in context.places() {
        place.store.settle().await;
    }
    match end {
        Ok(report) => Ok(report),
        Err(error) => found.filter(|report| !report.unreadable.is_empty()).ok_or(error),
    }
}

/// Whether a rotation in this direction was interrupted that writes data anew: then the same goes on.
async fn begun_anew(context: &Context, request: &RotateRequest) -> Result<bool> {
    let open = context.catalog.open_rotation(&context.profile.name, &context.store.location()).await?;
    Ok(open.is_some_and(|open| open.reencrypt && open.direction == request.direction))
}

/// Which way a rotation was going that was interrupted: one that has archives left to move, or whose run did not succeed
/// though every archive was moved, as when copies in further stores had still to follow.
///
/// # Errors
/// As [`custody::pending`].
pub async fn interrupted(context: &Context) -> Result<Option<RotationDirection>> {
    if let Some(pending) = custody::pending(context).await? {
        return Ok(Some(pending.direction));
    }
    let profile = &context.profile.name;
    if context.catalog.has_succeeded(profile, Operation::Rotate).await? != Some(false) {
        return Ok(None);
    }
    let last = context.catalog.last_rotation(profile, &context.store.location()).await?;
    Ok(last.map(|last| last.direction))
}

fn unfinished(report: &RotationReport) -> Error {
    let code = report.unreadable.first().map_or(ErrorCode::KeyWrong, |(_, failure)| failure.code);
    Error::new(
        code,
        format!("{} of the archives could not be moved to the key {}", report.unreadable.len(), report.to),
        format!(
            "the report names them; mend or delete them, or disown those that are not yours with {archive_disown}, which \
             leaves them where they are; then go on with {key_rotate_resume}",
            archive_disown = Command::ArchiveDisown,
            key_rotate_resume = Command::KeyRotateResume
        ),
    )
}

/// The archives of the first store, and then their copies in the further ones. Data are written anew in the first one
/// only: a copy has the same id, or a deletion would not find it.
async fn turn_places(
    context: &Context,
    route: &Route,
    request: &RotateRequest,
    progress: &dyn Progress,
) -> Result<RotationReport> {
    let mut whole = turn_all(context, route, request, progress).await?;
    for place in context.copies() {
        let location = place.store.location();
        let headers = RotateRequest { reencrypt: false, ..request.clone() };
        let work = async {
            let mut turned = turn_all(&place, route, &headers, progress).await?;
            turned.notes.extend(follow::follow(context, &place, route, progress).await?);
            Ok(turned)
        };
        let turned: RotationReport = work.await.map_err(|e: Error| {
            e.context(format_args!(
                "the archives of the first store are moved, and their copies in {location} are not"
            ))
        })?;
        whole.moved += turned.moved;
        whole.unchanged += turned.unchanged;
        whole.opened += turned.opened;
        whole.written_bytes += turned.written_bytes;
        whole.archive_bytes += turned.archive_bytes;
        whole.unreadable.extend(turned.unreadable);
        whole.destroyable_from = whole.destroyable_from.max(turned.destroyable_from);
        whole.duration_ms += turned.duration_ms;
        whole.phases.extend(turned.phases);
        whole.notes.extend(turned.notes.into_iter().map(|note| format!("{location}: {note}")));
    }
    Ok(whole)
}

async fn turn_all(
    context: &Context,
    route: &Route,
    request: &RotateRequest,
    progress: &dyn Progress,
) -> Result<RotationReport> {
    let begun = Instant::now();
    let mut phases = Phases::new(progress);
    // A half-written file of a killed process would block the same sidecar.
    store::tidy(context.store.as_ref()).await?;
    let objects = objects(context).await?;
    // From the first header on archives need it, whether the rest is moved or not.
    custody::note_use_before(context, route.to_id()).await?;
    let started = context.clock.now();
    let wanted = Rotation {
        id: 0,
        direction: request.direction,
        from: route.left_ids(),
        to: route.to_id(),
        reencrypt: request.reencrypt,
        started,
        archives: objects.len() as u64,
        done: 0,
    };
    let location = context.store.location();
    let mut journal = context.catalog.begin_rotation(&context.profile.name, &location, &wanted).await?;
    let mut tally = Tally::passing_over(disowned(context).await?);
    if journal.reencrypt {
        reencrypt::all(context, route, &journal, &objects, &mut phases, progress, &mut tally).await?;
    } else {
        phases.plan(&["moving", "opening"]);
        phases.begin("moving", Some(objects.len() as u64 * HEADER_LEN as u64));
        move_headers(context, route, &journal, objects.keys(), progress, &mut tally).await?;
    }
    let opened = open_all(context, route, &mut phases, progress, &mut tally).await?;
    let mut report = tally.report(route, objects.values().sum());
    report.opened = opened;
    journal.done = opened;
    context.catalog.update_rotation(&journal).await?;
    if report.unreadable.is_empty() {
        report.destroyable_from = settle(context, route, &journal).await?;
        if let Some(newest) = objects.keys().next_back() {
            custody::passed(context, &route.to, &newest.to_string()).await?;
        }
        report.notes.extend(route.remark(request.direction));
    }
    report.notes.extend(context.store.old_versions(ARCHIVES).await.after_rotation());
    report.phases = phases.finish();
    report.duration_ms = begun.elapsed().as_millis() as u64;
    Ok(report)
}

/// The archives of the store with their sizes.
async fn objects(context: &Context) -> Result<BTreeMap<ArchiveId, u64>> {
    let found = select::listed(context.store.as_ref()).await?;
    Ok(found.into_iter().map(|archive| (archive.id, archive.size)).collect())
}

/// What follows when every archive was opened with the one key alone. In this order: stopped in between, the
/// rotation is still open, and the next call does the rest.
async fn settle(context: &Context, route: &Route, journal: &Rotation) -> Result<Option<jiff::Timestamp>> {
    let (profile, now) = (&context.profile.name, context.clock.now());
    let to = route.to_id();
    context.catalog.note_key(profile, &to, now).await?;
    custody::note_use(context, vec![to.clone()]).await?;
    match journal.direction {
        RotationDirection::Back => ring::reactivated(context, &to).await?,
        // A key that was confirmed in the meantime stays the active one.
        RotationDirection::Forward => context.catalog.forget_destroyable(profile, &to).await?,
    }
    let left = route.left_ids();
    let retention = SignedDuration::from_hours(24 * i64::from(context.profile.retention.days));
    ring::retired(context, &left, now.saturating_add(retention).unwrap_or(jiff::Timestamp::MAX)).await?;
    context.catalog.end_rotation(journal.id, true, now).await?;
    let mut from = None;
    for key in &left {
        from = from.max(context.catalog.destroyable_from(profile, key).await?);
    }
    Ok(from)
}

/// Writes into the journal how far a rotation is, from within the work on an archive. Nothing else may wait for the
/// catalog while such work goes on: a task that waits for the catalog without polling the others waits for ever when
/// one of them holds it.
struct Teller {
    journal: i64,
    done: AtomicU64,
    told: Mutex<Instant>,
}

impl Teller {
    fn new(journal: i64) -> Self {
        Self { journal, done: AtomicU64::new(0), told: Mutex::new(Instant::now()) }
    }

    async fn one_more(&self, context: &Context) -> Result<()> {
        let done = 1 + self.done.fetch_add(1, Ordering::Relaxed);
        let is_late = {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            let is_late = told.elapsed() > JOURNAL_AFTER;
            if is_late {
                *told = Instant::now();
            }
            is_late
        };
        if !is_late && !done.is_multiple_of(JOURNAL_EVERY) {
            return Ok(());
        }
        context.catalog.note_rotated(self.journal, done).await
    }
}

/// Moves the headers of these archives.
async fn move_headers(
    context: &Context,
    route: &Route,
    journal: &Rotation,
    ids: impl Iterator<Item = &ArchiveId> + Send,
    progress: &dyn Progress,
    tally: &mut Tally,
) -> Result<()> {
    let stopped = AtomicBool::new(false);
    let goes_on = || !stopped.load(Ordering::Relaxed) && !context.cancel.is_cancelled();
    let teller = Teller::new(journal.id);
    let mut moving = stream::iter(ids.copied().take_while(|_| goes_on()))
        .map(async |id| {
            let turned = header::turn(context.store.as_ref(), id, route).await;
            (id, turned, teller.one_more(context).await)
        })
        .buffer_unordered(AT_ONCE);
    // Those that have begun come to their end, also after a failure: no write may be under way when the lock is
    // released.
    while let Some((id, result, told)) = moving.next().await {
        if tally.take(id, result) {
            stopped.store(true, Ordering::Relaxed);
        }
        told?;
        progress.event(ProgressEvent::Advance { bytes: HEADER_LEN as u64, rows: 0 });
    }
    drop(moving);
    tally.fatal(context)
}

/// Opens every archive that the store has now with the one key alone: header, footer and manifest. Returns how many
/// there were.
async fn open_all(
    context: &Context,
    route: &Route,
    phases: &mut Phases<'_>,
    progress: &dyn Progress,
    tally: &mut Tally,
) -> Result<u64> {
    let ids: Vec<ArchiveId> = objects(context).await?.into_keys().filter(|id| !tally.failed(*id)).collect();
    phases.begin("opening", Some(ids.len() as u64 * HEADER_LEN as u64));
    let mut opened = 0;
    let mut opening = stream::iter(ids.into_iter().take_while(|_| !context.cancel.is_cancelled()))
        .map(async |id| (id, open_alone(context, id, route).await))
        .buffer_unordered(AT_ONCE);
    while let Some((id, result)) = opening.next().await {
        progress.event(ProgressEvent::Advance { bytes: HEADER_LEN as u64, rows: 0 });
        match result {
            Ok(()) => opened += 1,
            Err(error) => {
                tally.take(id, Err(error));
            }
        }
    }
    tally.fatal(context)?;
    Ok(opened)
}

async fn open_alone(context: &Context, id: ArchiveId, route: &Route) -> Result<()> {
    let archive = OpenArchive::open(context.store.clone(), id, &route.to).await?;
    header::expect_left(archive.header(), archive.keys(), id, route)
}

/// Whether a direction is the way on.
fn is_forward(direction: RotationDirection) -> bool {
    direction == RotationDirection::Forward
}
