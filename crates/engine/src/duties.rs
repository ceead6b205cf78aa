//! What makes itself: what is due is claimed in the catalog, once, and done.
//!
//! Only the holder of the lock of a schedule claims. A claim that it finds at its start was left by a program that was
//! killed. What was missed meanwhile is done once, and its record names every moment it stands for.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aitta_model::{Duty, ErrorCode, ProgressEvent, RunOutcome, Slot, SlotState};
use jiff::{SignedDuration, Timestamp};

use crate::schedule::{self, key, rule};
use crate::{Context, Error, Progress, Result, notify};

mod work;

use work::Done;
pub(crate) use work::Lane;

/// How often one slot is tried.
const ATTEMPTS: u32 = 3;

/// How long it waits for the next attempt, after each of those before the last.
const AFTER: [SignedDuration; ATTEMPTS as usize - 1] =
    [SignedDuration::from_mins(5), SignedDuration::from_mins(20)];

/// How long it waits for another run of the profile.
const AFTER_ANOTHER: SignedDuration = SignedDuration::from_mins(1);

/// A backup that tells of nothing for so long hangs: it is stopped, and is tried again. Its length has no limit.
const STALLED: Duration = Duration::from_secs(60 * 60);

/// What tells nothing on its way, such as a prune, may take so long in all.
const SILENT: Duration = Duration::from_secs(6 * 60 * 60);

/// How long what was stopped has to end.
const GRACE: Duration = Duration::from_secs(60);

/// Does what is due of a profile, one after the other, and gives what was tried. Only one program does this at a time:
/// the one that holds the lock of the schedule.
///
/// # Errors
/// `catalog_failed`. That something fails is no error: it is in its slot.
pub(crate) async fn look(context: &Context, lane: Lane) -> Result<Vec<(Duty, Slot)>> {
    let mut tried = Vec::new();
    if is_paused(context).await? {
        return Ok(tried);
    }
    for duty in lane.duties() {
        if context.cancel.is_cancelled() {
            break;
        }
        tried.extend(look_for(context, *duty).await?.map(|slot| (*duty, slot)));
    }
    Ok(tried)
}

/// Whether nothing is made now. The end of a pause is seen to once it has come.
async fn is_paused(context: &Context) -> Result<bool> {
    if schedule::in_force(context).await?.is_some() {
        return Ok(true);
    }
    let key = key(&context.profile);
    context.catalog.end_pause(&key, context.clock.now()).await?;
    Ok(false)
}

async fn look_for(context: &Context, duty: Duty) -> Result<Option<Slot>> {
    let (catalog, key) = (&context.catalog, key(&context.profile));
    let Some(schedule) = rule(&context.profile, duty) else {
        catalog.forget_schedule(&key, duty).await?;
        return Ok(None);
    };
    note_done(context, duty).await?;
    let (now, ended) = (context.clock.now(), interrupted(duty).failure());
    if let Some(due) = catalog.claim_due(&key, duty, schedule, now, &ended).await? {
        return Ok(Some(attempt(context, duty, due).await?));
    }
    let Some(open) = catalog.open_slot(&key, duty, now).await? else { return Ok(None) };
    match (open.state.known(), open.again) {
        (Some(SlotState::Claimed), _) if open.attempts < ATTEMPTS => {
            let next = Slot { attempts: open.attempts + 1, ..open };
            Ok(Some(attempt(context, duty, next).await?))
        }
        (Some(SlotState::Claimed), _) => {
            let failure = Some(interrupted(duty).failure());
            let given_up = Slot { state: SlotState::Failed.into(), again: None, failure, ..open };
            catalog.note_slot(&key, duty, &given_up).await?;
            Ok(Some(given_up))
        }
        (Some(SlotState::Waiting), Some(again)) if again <= now => {
            let next = Slot { attempts: open.attempts + 1, ..open };
            Ok(Some(attempt(context, duty, next).await?))
        }
        _ => Ok(None),
    }
}

/// When [`look`] has something to do next, if the clock goes on as it does.
pub(crate) async fn next_look(context: &Context, lane: Lane) -> Result<Option<Timestamp>> {
    let (now, key) = (context.clock.now(), key(&context.profile));
    if let Some(pause) = schedule::in_force(context).await? {
        return Ok(Some(pause.until));
    }
    let mut next = None;
    for duty in lane.duties() {
        let Some(schedule) = rule(&context.profile, *duty) else { continue };
        let open = context.catalog.open_slot(&key, *duty, now).await?;
        let again = open.and_then(|slot| slot.again);
        next = [next, schedule.due_after(now), again].into_iter().flatten().min();
    }
    Ok(next)
}

/// Whatever is claimed now was left by a program that was killed. Its run may have come to its end all the same.
async fn note_done(context: &Context, duty: Duty) -> Result<()> {
    // A check has a run for each archive, of which the slot knows the first.
    if !matches!(duty, Duty::Backup | Duty::Prune) {
        return Ok(());
    }
    let (catalog, key) = (&context.catalog, key(&context.profile));
    let open = catalog.open_slot(&key, duty, context.clock.now()).await?;
    let Some(slot) = open.filter(|slot| slot.state.known() == Some(SlotState::Claimed)) else {
        return Ok(());
    };
    let Some(run) = slot.run else { return Ok(()) };
    if catalog.outcome(run).await? == Some(RunOutcome::Succeeded) {
        let done = Slot { state: SlotState::Succeeded.into(), ..slot };
        catalog.note_slot(&key, duty, &done).await?;
    }
    Ok(())
}

fn interrupted(duty: Duty) -> Error {
    let now = match duty {
        Duty::Backup => "make a backup now",
        _ => "it is done when it is due next",
    };
    Error::new(
        ErrorCode::Interrupted,
        format!("the program was ended before {} was done", work::in_words(duty)),
        format!("the log of the system says why it was ended; {now}"),
    )
}

/// Does what a slot is for, and enters what has become of it.
async fn attempt(context: &Context, duty: Duty, slot: Slot) -> Result<Slot> {
    let begun = Slot { state: SlotState::Claimed.into(), again: None, run: None, failure: None, ..slot };
    let key = key(&context.profile);
    context.catalog.note_slot(&key, duty, &begun).await?;
    let stop = context.cancel.child_token();
    let watch = Watch::of(context, duty, &begun);
    let context = context.clone().stopped_by(stop.clone());
    // On the heap: it holds the work of each duty.
    let mut making = Box::pin(work::work(&context, duty, &watch));
    let (result, stalled) = tokio::select! {
        result = &mut making => (result, false),
        () = watch.stalls() => {
            stop.cancel();
            // What hangs in the system doesn't hear of it.
            let ended = tokio::time::timeout(GRACE, making).await;
            (ended.unwrap_or_else(|_| Err(Error::cancelled())), true)
        }
    };
    let slot = Slot { run: watch.run(), ..begun };
    let ended = match result {
        // It is done; what is wrong beside it is told all the same.
        Ok(Done { beside, untold }) => {
            if untold || beside.is_none() {
                notify::duty(&context, &key, duty, beside.as_ref().filter(|_| untold)).await;
            }
            Slot { state: SlotState::Succeeded.into(), failure: beside, ..slot }
        }
        Err(error) => {
            let ended = failed(&context, duty, slot, error, stalled);
            // What hung was stopped, which nobody else is told; and where another run never ends there was none.
            let untold = stalled || ended.run.is_none() && ended.state.known() == Some(SlotState::Failed);
            if let Some(failure) = ended.failure.as_ref().filter(|_| untold) {
                let error = Error::new(failure.code, failure.message.clone(), failure.hint.clone());
                match duty {
                    Duty::Backup => notify::backup_failed(&context, ended.run, &error).await,
                    _ => notify::duty(&context, &key, duty, Some(failure)).await,
                }
            }
            ended
        }
    };
    context.catalog.note_slot(&key, duty, &ended).await?;
    Ok(ended)
}

/// What becomes of a slot whose work has failed.
fn failed(context: &Context, duty: Duty, slot: Slot, error: Error, stalled: bool) -> Slot {
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
            format!(
                "{} was stopped: it got no further for {} minutes",
                work::in_words(duty),
                if work::tells(duty) { STALLED } else { SILENT }.as_secs() / 60
            ),
            "look whether database and store answer",
        ),
        false => error,
    };
    let again = wait.and_then(|wait| now.checked_add(wait).ok());
    let state = if again.is_some() { SlotState::Waiting } else { SlotState::Failed };
    Slot { state: state.into(), attempts, again, failure: is_failure.then(|| error.failure()), ..slot }
}

/// Hears what is told: which run it is, and that it goes on.
struct Watch {
    told: Mutex<Told>,
    context: Context,
    duty: Duty,
    due: Timestamp,
}

struct Told {
    run: Option<i64>,
    last: Instant,
}

impl Watch {
    fn of(context: &Context, duty: Duty, slot: &Slot) -> Self {
        let told = Told { run: None, last: Instant::now() };
        Self { told: Mutex::new(told), context: context.clone(), duty, due: slot.due }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) -> Option<i64> {
        self.told().run
    }

    /// Ends when nothing was heard for [`STALLED`] of what tells how it goes on.
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
        let most = if work::tells(self.duty) { STALLED } else { SILENT };
        (self.told().last + most).saturating_duration_since(now)
    }
}

impl Progress for Watch {
    fn event(&self, event: ProgressEvent) {
        let mut told = self.told();
        told.last = Instant::now();
        if let ProgressEvent::Begun { run, .. } = event {
            // The runs after it are of the copies, or of further archives.
            if told.run.is_some() {
                return;
            }
            told.run = Some(run);
            // Entered at once: should this program be killed, the next one finds by it whether the backup was done.
            let (context, duty, due) = (self.context.clone(), self.duty, self.due);
            tokio::spawn(async move {
                let key = key(&context.profile);
                let noted = context.catalog.note_run_of_slot(&key, duty, due, run).await;
                if let Err(error) = noted {
                    tracing::warn!(%error, "the run of what was due could not be noted");
                }
            });
        }
    }
}

#[cfg(test)]
mod tests;
