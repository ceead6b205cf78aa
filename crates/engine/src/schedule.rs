//! Backups that make themselves: what is due is claimed in the catalog, once, and done.
//!
//! Only the holder of the lock of a schedule claims. A claim that it finds at its start was left by a program that was
//! killed. What was missed meanwhile is one backup, whose record names every moment it stands for.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aitta_model::{
    BackupKind, BackupRequest, DatabaseUrl, ErrorCode, HostedSchedule, Operation, ProgressEvent, RUNS_AHEAD,
    RunOutcome, ScheduleStatus, SeenTo, Slot, SlotState,
};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::config::Profile;
use crate::{Context, Error, Progress, Result, backup, notify};

mod host;

use host::Host;
pub use host::{Heard, Hosting, host, run_due};

const OPERATION: Operation = Operation::Backup;

/// How often one slot is tried.
const ATTEMPTS: u32 = 3;

/// How long it waits for the next attempt, after each of those before the last.
const AFTER: [SignedDuration; ATTEMPTS as usize - 1] =
    [SignedDuration::from_mins(5), SignedDuration::from_mins(20)];

/// How long it waits for another run of the profile.
const AFTER_ANOTHER: SignedDuration = SignedDuration::from_mins(1);

/// So much later than something is due a timer may start, and is still taken for one that runs.
const LATE: SignedDuration = SignedDuration::from_mins(10);

/// A backup that tells of nothing for so long hangs: it is stopped, and is tried again. Its length has no limit.
const STALLED: Duration = Duration::from_secs(60 * 60);

/// What is due when, who sees to it, and what has become of the last one.
///
/// # Errors
/// `catalog_failed`.
pub async fn status(context: &Context) -> Result<ScheduleStatus> {
    let profile = &context.profile;
    let (now, on) = (context.clock.now(), is_on(context));
    let next = if on { profile.schedule.next(now, RUNS_AHEAD) } else { Vec::new() };
    let key = key(profile);
    let host = Host::of(&profile.data_dir, &key);
    let looked = context.catalog.last_look(&key, OPERATION, &profile.schedule).await?;
    // By a clock that was wrong it may have looked in what is the future now.
    let lately = |looked: Timestamp| {
        looked <= now + LATE && now.duration_since(looked) <= profile.schedule.period(now) + LATE
    };
    let seen_to = match (&host, looked) {
        (Some(host), _) if host.schedule.as_ref() == Some(&hosted(profile)) => SeenTo::ByHost,
        (_, Some(looked)) if lately(looked) => SeenTo::ByTimer,
        _ => SeenTo::ByNobody,
    };
    Ok(ScheduleStatus {
        profile: profile.name.clone(),
        now,
        on,
        pattern: profile.schedule.pattern().to_owned(),
        zone: profile.schedule.zone().to_owned(),
        next,
        host,
        looked,
        seen_to,
        last: context.catalog.last_slot(&key, OPERATION, now).await?,
    })
}

/// Whether backups of this profile make themselves.
fn is_on(context: &Context) -> bool {
    makes_itself(&context.profile)
}

fn makes_itself(profile: &Profile) -> bool {
    profile.auto_backup && profile.database_url.is_some()
}

/// What the ledger knows a schedule by: several configurations that share a data folder may have profiles of one name.
fn key(profile: &Profile) -> String {
    let database = profile.database_url.as_ref().map(DatabaseUrl::redacted).unwrap_or_default();
    let what = format!("{database}\0{}", aitta_store::location(&profile.store));
    let digest = hex::encode(Sha256::digest(what));
    format!("{} {}", &digest[..16], profile.name)
}

/// The rule of a profile, as its host tells it.
fn hosted(profile: &Profile) -> HostedSchedule {
    HostedSchedule {
        pattern: profile.schedule.pattern().to_owned(),
        zone: profile.schedule.zone().to_owned(),
    }
}

/// Does what is due of a profile, and gives what was tried. Only one program does this at a time: the one that holds the lock of the schedule.
///
/// # Errors
/// `catalog_failed`. That a backup fails is no error: it is in the slot.
async fn look(context: &Context) -> Result<Option<Slot>> {
    let (catalog, key) = (&context.catalog, key(&context.profile));
    if !is_on(context) {
        catalog.forget_schedule(&key, OPERATION).await?;
        return Ok(None);
    }
    note_done(context).await?;
    let (now, ended) = (context.clock.now(), interrupted().failure());
    let schedule = &context.profile.schedule;
    if let Some(due) = catalog.claim_due(&key, OPERATION, schedule, now, &ended).await? {
        return Ok(Some(attempt(context, due).await?));
    }
    let Some(open) = catalog.open_slot(&key, OPERATION, now).await? else { return Ok(None) };
    match (open.state.known(), open.again) {
        (Some(SlotState::Claimed), _) if open.attempts < ATTEMPTS => {
            let next = Slot { attempts: open.attempts + 1, ..open };
            Ok(Some(attempt(context, next).await?))
        }
        (Some(SlotState::Claimed), _) => {
            let failure = Some(interrupted().failure());
            let given_up = Slot { state: SlotState::Failed.into(), again: None, failure, ..open };
            catalog.note_slot(&key, OPERATION, &given_up).await?;
            Ok(Some(given_up))
        }
        (Some(SlotState::Waiting), Some(again)) if again <= now => {
            let next = Slot { attempts: open.attempts + 1, ..open };
            Ok(Some(attempt(context, next).await?))
        }
        _ => Ok(None),
    }
}

/// When [`look`] has something to do next, if the clock goes on as it does.
async fn next_look(context: &Context) -> Result<Option<Timestamp>> {
    if !is_on(context) {
        return Ok(None);
    }
    let (now, key) = (context.clock.now(), key(&context.profile));
    let due = context.profile.schedule.due_after(now);
    let open = context.catalog.open_slot(&key, OPERATION, now).await?;
    Ok([due, open.and_then(|slot| slot.again)].into_iter().flatten().min())
}

/// Whatever is claimed now was left by a program that was killed. Its run may have come to its end all the same.
async fn note_done(context: &Context) -> Result<()> {
    let (catalog, key) = (&context.catalog, key(&context.profile));
    let open = catalog.open_slot(&key, OPERATION, context.clock.now()).await?;
    let Some(slot) = open.filter(|slot| slot.state.known() == Some(SlotState::Claimed)) else {
        return Ok(());
    };
    let Some(run) = slot.run else { return Ok(()) };
    if catalog.outcome(run).await? == Some(RunOutcome::Succeeded) {
        let done = Slot { state: SlotState::Succeeded.into(), ..slot };
        catalog.note_slot(&key, OPERATION, &done).await?;
    }
    Ok(())
}

fn interrupted() -> Error {
    Error::new(
        ErrorCode::Interrupted,
        "the program was ended before the backup was done",
        "the log of the system says why it was ended; make a backup now",
    )
}

/// Makes the backup of a slot, and enters what has become of it.
async fn attempt(context: &Context, slot: Slot) -> Result<Slot> {
    let begun = Slot { state: SlotState::Claimed.into(), again: None, run: None, failure: None, ..slot };
    let key = key(&context.profile);
    context.catalog.note_slot(&key, OPERATION, &begun).await?;
    let stop = context.cancel.child_token();
    let watch = Watch::of(context, &begun);
    let request = BackupRequest { kind: BackupKind::Scheduled, ..BackupRequest::default() };
    let context = context.clone().stopped_by(stop.clone());
    let mut making = std::pin::pin!(backup::create(&context, request, &watch));
    let (result, stalled) = tokio::select! {
        result = &mut making => (result, false),
        () = watch.stalls() => {
            stop.cancel();
            (making.await, true)
        }
    };
    let slot = Slot { run: watch.run(), ..begun };
    let ended = match result {
        // It is there; that a further store lacks it is told all the same.
        Ok(report) => {
            let failure = report.copies.into_iter().find_map(|copy| copy.failure);
            Slot { state: SlotState::Succeeded.into(), failure, ..slot }
        }
        Err(error) => {
            let ended = failed(&context, slot, error, stalled);
            // A backup that hung was stopped, which nobody else is told; and where another run never ends there was none.
            let untold = stalled || ended.run.is_none() && ended.state.known() == Some(SlotState::Failed);
            if let Some(failure) = ended.failure.as_ref().filter(|_| untold) {
                let error = Error::new(failure.code, failure.message.clone(), failure.hint.clone());
                notify::backup_failed(&context, ended.run, &error).await;
            }
            ended
        }
    };
    context.catalog.note_slot(&key, OPERATION, &ended).await?;
    Ok(ended)
}

/// What becomes of a slot whose backup has failed.
fn failed(context: &Context, slot: Slot, error: Error, stalled: bool) -> Slot {
    let now = context.clock.now();
    let before = slot.attempts.saturating_sub(1);
    // Neither of the first two is an attempt. Another run that never ends is told, though.
    let (attempts, wait, is_failure) = match error.code() {
        ErrorCode::RunInProgress => (before, Some(AFTER_ANOTHER), true),
        ErrorCode::Cancelled if !stalled => (before, Some(SignedDuration::ZERO), false),
        _ => (slot.attempts, AFTER.get(before as usize).copied(), true),
    };
    let error = match stalled {
        true => Error::new(
            ErrorCode::Interrupted,
            format!("the backup was stopped: it got no further for {} minutes", STALLED.as_secs() / 60),
            "look whether database and store answer",
        ),
        false => error,
    };
    let again = wait.and_then(|wait| now.checked_add(wait).ok());
    let state = if again.is_some() { SlotState::Waiting } else { SlotState::Failed };
    Slot { state: state.into(), attempts, again, failure: is_failure.then(|| error.failure()), ..slot }
}

/// Hears what a backup tells: which run it is, and that it goes on.
struct Watch {
    told: Mutex<Told>,
    context: Context,
    due: Timestamp,
}

struct Told {
    run: Option<i64>,
    last: Instant,
}

impl Watch {
    fn of(context: &Context, slot: &Slot) -> Self {
        let told = Told { run: None, last: Instant::now() };
        Self { told: Mutex::new(told), context: context.clone(), due: slot.due }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) -> Option<i64> {
        self.told().run
    }

    /// Ends when nothing was heard for [`STALLED`].
    async fn stalls(&self) {
        loop {
            let left = self.left(Instant::now());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left).await;
        }
    }

    /// How long it may go on to be silent.
    fn left(&self, now: Instant) -> Duration {
        (self.told().last + STALLED).saturating_duration_since(now)
    }
}

impl Progress for Watch {
    fn event(&self, event: ProgressEvent) {
        let mut told = self.told();
        told.last = Instant::now();
        if let ProgressEvent::Begun { run, .. } = event {
            // The runs after it are of the copies.
            if told.run.is_some() {
                return;
            }
            told.run = Some(run);
            // Entered at once: should this program be killed, the next one finds by it whether the backup was done.
            let (context, due) = (self.context.clone(), self.due);
            tokio::spawn(async move {
                let key = key(&context.profile);
                let noted = context.catalog.note_run_of_slot(&key, OPERATION, due, run).await;
                if let Err(error) = noted {
                    tracing::warn!(%error, "the run of what was due could not be noted");
                }
            });
        }
    }
}

#[cfg(test)]
mod tests;
