//! The frame of every run: lock, record, work, record.

use std::time::Duration;

use aitta_archive::Anchor;
use aitta_base::Heard;
use aitta_base::lock::ProfileLock;
use aitta_model::{ErrorCode, Failure, Figures, Operation, ProgressEvent, RunOutcome};
use serde::Serialize;
use tokio::time::MissedTickBehavior;

use crate::door::{self, End, Entry, Free, Pass, Subject};
use crate::notify::{self, Of};
use crate::{Context, Error, Progress, Result, catalog};

mod log;

pub use log::Log;

/// How often it is noted how far a run is.
const NOTE: Duration = Duration::from_secs(1);

/// A run that is about to be done.
///
/// Unless it is [`Run::shared`] it writes: no other such run of the profile is under way meanwhile. Runs that were killed
/// before are recorded as failed, and this one is recorded with its end; what the log has heard is kept with it.
#[must_use]
pub struct Run<'r> {
    context: &'r Context,
    entry: Entry,
    subject: Subject,
    log: Option<&'r Log<'r>>,
    shared: bool,
}

/// What a run came to.
#[derive(Debug)]
#[must_use]
pub struct Done<T> {
    /// Its report.
    pub report: T,
    /// Why its end could not be recorded: for a run whose work is worth more than its record.
    pub unnoted: Option<Error>,
    operation: Operation,
}

impl<T> Done<T> {
    /// The report of a run whose end is recorded.
    ///
    /// # Errors
    /// `catalog_failed`, `audit_failed` when it is not.
    pub fn noted(self) -> Result<T> {
        let Self { report, unnoted, operation } = self;
        unnoted.map_or(Ok(report), |e| {
            Err(e.context(format_args!("the {} is done, but could not be recorded", operation.as_str())))
        })
    }
}

impl<'r> Run<'r> {
    /// A run of an operation that is always allowed.
    pub fn free(context: &'r Context, operation: Free, subject: Subject) -> Self {
        Self { context, entry: operation.into(), subject, log: None, shared: false }
    }

    /// A run of an operation that only reads, such as a verification, or that is part of another run: any number of these
    /// may go on at once.
    pub fn shared(context: &'r Context, operation: Free, subject: Subject) -> Self {
        Self { shared: true, ..Self::free(context, operation, subject) }
    }

    /// A run of a guarded operation, which has passed the door.
    pub fn guarded(context: &'r Context, pass: Pass, subject: Subject) -> Self {
        let entry = Entry::from(pass);
        let subject = entry.of(subject);
        Self { context, entry, subject, log: None, shared: false }
    }

    /// Keeps what this has heard.
    pub fn logged(self, log: &'r Log<'r>) -> Self {
        Self { log: Some(log), ..self }
    }

    /// Does `work`, which gets the end of the trail as it was when the run began. `archive_of` says from the report
    /// which archive it was about.
    ///
    /// # Errors
    /// `run_in_progress`, `reason_missing`, `catalog_failed`, `audit_failed`, and those of the work.
    pub async fn work<T: Serialize + Figures, F: Future<Output = Result<T>> + Send>(
        self,
        archive_of: impl FnOnce(&T) -> Option<String> + Send,
        work: impl FnOnce(Option<Anchor>) -> F + Send,
    ) -> Result<Done<T>> {
        let (context, operation) = (self.context, self.entry.operation());
        let profile = &context.profile;
        let lock = match self.shared {
            true => None,
            false => {
                let now = context.clock.now();
                Some(ProfileLock::acquire(&profile.data_dir, &profile.name, operation, now)?)
            }
        };
        let silent = Log::silent();
        let log = self.log.unwrap_or(&silent);
        let (entry, subject) = (self.entry, self.subject);
        let result = run(context, entry, subject, self.shared, log, archive_of, work).await;
        drop(lock);
        let (report, unnoted) = result?;
        Ok(Done { report, unnoted, operation })
    }
}

/// Runs whose process is gone are recorded as failed: in the trail first, so that what it begins always comes to
/// an end there.
///
/// # Errors
/// `catalog_failed`, `audit_failed`.
pub(crate) async fn abandon_stale(ctx: &Context) -> Result<()> {
    for stale in ctx.catalog.stale_runs(&ctx.profile.name).await? {
        if let Some(entry) = stale.audit {
            door::interrupted(ctx, entry).await?;
        }
        let now = ctx.clock.now();
        let told = |failure: &Failure| {
            let of = Of { operation: stale.operation()?, run: stale.id(), archive: None, target: None };
            Some(notify::told_of_stale(ctx, of, failure, now))
        };
        ctx.catalog.abandon_run(&stale, told, now).await?;
    }
    ctx.catalog.sweep_marks();
    Ok(())
}

/// Parts of a run that was stopped, such as the safety archive of a restore, were dropped with it: they were stopped, and
/// did not fail.
async fn stop_parts(ctx: &Context, run: i64) -> Result<()> {
    let stale = ctx.catalog.stale_runs(&ctx.profile.name).await?;
    for part in stale.iter().filter(|part| part.id() > run && part.operation() == Some(Operation::Backup)) {
        if let Some(entry) = part.audit {
            door::stopped(ctx, entry).await?;
        }
        ctx.catalog.stop_run(part, ctx.clock.now()).await?;
    }
    Ok(())
}

/// Does the work. Meanwhile what it waits for is heard, and how far it is gets noted for other processes.
async fn attended<T>(ctx: &Context, run: &catalog::Run, log: &Log<'_>, work: impl Future<Output = T>) -> T {
    let mut heard = ctx.patience.listen();
    let is_part = heard.is_none();
    let mut notes = tokio::time::interval(NOTE);
    notes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut work = std::pin::pin!(work);
    let done = loop {
        tokio::select! {
            biased;
            done = &mut work => break done,
            event = next(heard.as_mut()) => log.event(event),
            _ = notes.tick() => run.note(&log.course(ctx.clock.now()).as_part(is_part)),
        }
    };
    while let Some(event) = heard.as_mut().and_then(Heard::take) {
        log.event(event);
    }
    done
}

/// What is heard next. An operation within another one hears nothing.
async fn next(heard: Option<&mut Heard>) -> ProgressEvent {
    match heard {
        Some(heard) => heard.next().await,
        None => std::future::pending().await,
    }
}

async fn run<T: Serialize + Figures, F: Future<Output = Result<T>> + Send>(
    ctx: &Context,
    entry: Entry,
    subject: Subject,
    shared: bool,
    log: &Log<'_>,
    archive_of: impl FnOnce(&T) -> Option<String> + Send,
    work: impl FnOnce(Option<Anchor>) -> F + Send,
) -> Result<(T, Option<Error>)> {
    let operation = entry.operation();
    // Asked first: what is refused is no run.
    let reason = subject.reason.as_deref();
    door::reason(ctx, operation, reason, subject.code)?;
    abandon_stale(ctx).await?;
    let (profile, archive) = (&ctx.profile.name, subject.archive.as_deref());
    let run = ctx.catalog.begin_run(profile, operation, archive, reason, ctx.clock.now()).await?;
    let of = Of { operation, run: run.id(), archive, target: subject.target.as_deref() };
    // The safety archive of a restore is told by the restore.
    let is_part = shared && operation == Operation::Backup;
    let begun = match door::begin(ctx, &entry, &subject, Some(run.id())).await {
        Ok(begun) => begun,
        Err(error) => {
            let (failed, now): (Result<&T, &Error>, _) = (Err(&error), ctx.clock.now());
            let told = notify::told(ctx, of, failed, now);
            let noted = ctx.catalog.finish_run(run, failed, None, &log.take(), told, now).await;
            if let Err(unnoted) = noted {
                tracing::error!(error = %unnoted, "the failure of a run could not be recorded");
            }
            return Err(error);
        }
    };
    log.event(ProgressEvent::Begun {
        run: run.id(),
        usual: ctx.catalog.usual_phases(profile, operation).await,
    });
    let start = if is_part { None } else { notify::begun(ctx, operation, run.id()) };
    let work = work(door::anchor(ctx, &begun).await);
    let result = attended(ctx, &run, log, work).await;
    // A restore holds the lock of the profile, so no other process makes a backup of it meanwhile.
    let has_parts = operation == Operation::Restore;
    if has_parts && result.as_ref().is_err_and(|error| error.code() == ErrorCode::Cancelled) {
        // What could not be noted is found by the next run.
        if let Err(error) = stop_parts(ctx, run.id()).await {
            tracing::warn!(%error, "a part of a run that was stopped could not be ended");
        }
    }
    let archive = result.as_ref().ok().and_then(archive_of);
    let end = match &result {
        Ok(report) => End {
            archive: archive.clone(),
            figures: report.figures(),
            other_chains: log.take_met(),
            ..End::of(RunOutcome::Succeeded, None)
        },
        Err(e) => End { other_chains: log.take_met(), ..End::failed(e) },
    };
    if let Some(start) = start {
        // Its end must not arrive first. The attempt has a limit of its own.
        drop(start.await);
    }
    let audited = door::end(ctx, begun, end).await;
    let now = ctx.clock.now();
    let told = if is_part { None } else { notify::told(ctx, of, result.as_ref(), now) };
    let noted =
        ctx.catalog.finish_run(run, result.as_ref(), archive.as_deref(), &log.take(), told, now).await;
    let noted = audited.and(noted);
    match (result, noted) {
        (Ok(report), noted) => Ok((report, noted.err())),
        (Err(e), Ok(())) => Err(e),
        (Err(e), Err(unnoted)) => {
            tracing::error!(error = %unnoted, "the failure of a run could not be recorded");
            Err(e)
        }
    }
}
