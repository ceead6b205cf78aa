//! Giving data back.
//!
//! Order: open and authenticate → check that the target can take it → safety backup of what would be overwritten →
//! apply → compare counts and digests → report. The source does the middle part, so that the safety backup happens
//! while writers are locked out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aitta_archive::ArchiveId;
use aitta_keys::KeyRing;
use aitta_model::{
    Action, ArchiveState, CleanupReport, CleanupRequest, Depth, ErrorCode, Fact, Family, Finding,
    RestoreMode, RestorePlan, RestoreReport, RestoreRequest, Severity,
};
use aitta_source::{Archived, RestoreTask, Target};
use jiff::Timestamp;

use crate::backup::SafetyBackup;
use crate::catalog::state;
use crate::context::open;
use crate::door::{self, Guard, Subject};
use crate::hooks::{self, Hooked, Pair};
use crate::reading::{OpenArchive, check, select};
use crate::run::{self, Done, Run};
use crate::{Context, Error, Phases, Progress, Result};

mod choice;
mod compare;
mod into;
mod prove;

use choice::{choose, name_archive};

pub use compare::{compare, compare_within};
pub(crate) use into::into;
pub use prove::prove;

const LOCK_TIMEOUT_S: u64 = 30;

/// What came of a request.
#[derive(Debug)]
pub enum Outcome {
    /// It was a dry run.
    Plan(RestorePlan),
    /// It was done and proven.
    Report(RestoreReport),
}

/// Restores, or says what a restore would do.
///
/// # Errors
/// `archive_*`, `key_*`, `table_*`, `target_*`, `foreign_keys`, `proof_failed`, `source_*`, `tool_*`,
/// `lock_timeout`, `run_in_progress`, `hook_failed`, `cancelled`. After any error the target is as it was.
pub async fn restore(context: &Context, request: RestoreRequest, progress: &dyn Progress) -> Result<Outcome> {
    let keys = context.keys().await?;
    let target = match &request.to {
        Some(url) => open::target(url, &context.profile, &context.secrets())?,
        None => context.target()?,
    };
    let (request, chosen) = name_archive(context, &keys, request).await?;
    if request.dry_run {
        let step = |place: Context| {
            let (keys, target, request) = (&keys, target.as_ref(), &request);
            async move { plan(&place, keys, target, request).await }
        };
        let (mut plan, passed) = from_nearest(context, step).await?;
        plan.findings.extend(chosen.into_iter().chain(passed));
        return Ok(Outcome::Plan(plan));
    }
    let door = door::at_restore(context, request.reason.clone())?;
    // A target that can't be looked at counts as existing: the run then says what is wrong with it.
    let exists = target.exists().await.unwrap_or(true);
    let pass = match exists {
        true => door.open_for(context, &target.place(), request.mfa.as_ref()).await?,
        false => door.into_new_target(context),
    };
    let subject = Subject {
        archive: Some(request.archive.to_string()),
        tables: request.tables.clone(),
        target: Some(into::named(request.to_schema.as_deref(), &target.place())),
        note: request.trust_code.then(|| "what others have written may run".to_owned()),
        ..Subject::default()
    };
    let is_own = request.to_schema.is_none() && is_own(context, &target.place());
    let log = run::Log::new(progress);
    let work = async {
        let step = |place: Context| {
            let (keys, target, request, log) = (&keys, target.as_ref(), &request, &log);
            async move { apply(&place, keys, target, request, !exists, log).await }
        };
        // It is large, and is handed on: each time it would take its room on the stack again.
        let restored = Box::pin(async {
            let (mut report, passed) = from_nearest(context, step).await?;
            report.findings.extend(chosen.into_iter().chain(passed));
            Ok(report)
        });
        // Whatever works with another database, or with another schema, is not disturbed.
        if !is_own {
            return restored.await;
        }
        let hooked = hooks::around(context, Pair::Restore, log.run(), &log, restored).await?;
        let Hooked { done: mut report, failure, notes } = hooked;
        report.findings.extend(notes.into_iter().map(|note| Finding::new(Severity::Warning, note, "")));
        report.hook_failure = failure;
        Ok(report)
    };
    let archive_of = |report: &RestoreReport| Some(report.archive.clone());
    let run = Run::guarded(context, pass, subject).logged(&log);
    let Done { mut report, unnoted, .. } = run.work(archive_of, |_| work).await?;
    // The data is back, whatever the catalog says.
    report.findings.extend(unnoted.map(|error| unrecorded("its end", &error)));
    Ok(Outcome::Report(report))
}

/// Whether this place is the database of the profile.
fn is_own(context: &Context, place: &str) -> bool {
    context.profile.database_url.is_some() && context.target().is_ok_and(|own| own.place() == place)
}

async fn plan(
    context: &Context,
    keys: &KeyRing,
    target: &dyn Target,
    request: &RestoreRequest,
) -> Result<RestorePlan> {
    let (archive, task, skipped) = prepare(context, keys, target, request).await?;
    let mut plan = match target.plan(&archived(&archive), &task).await {
        Ok(plan) => plan,
        Err(error) => {
            check::record_damage(context, archive.id(), Depth::Content, &error).await;
            return Err(error);
        }
    };
    plan.findings.extend(skipped);
    plan.findings.extend(damage(context, archive.id()).await);
    Ok(plan)
}

/// What a check has found wrong with the archive, of which a plan reads only the ends.
async fn damage(context: &Context, id: ArchiveId) -> Option<Finding> {
    let id = id.to_string();
    let evidence = context.catalog.evidence(&context.store.location(), &id).await;
    let (message, fact) = match evidence {
        Ok(evidence) => {
            let ArchiveState::Damaged(at) = state(&evidence) else { return None };
            let found = evidence.iter().find(|e| e.at == at && !e.finding.is_empty());
            let what = found.map_or(String::new(), |found| format!(": {}", found.finding));
            let message = format!("{id} was found damaged on {}{what}", at.strftime("%Y-%m-%d %H:%M:%S UTC"));
            (message, Some(Fact::FoundDamaged { at }))
        }
        Err(error) => (format!("whether {id} was found damaged is not known: {error}"), None),
    };
    let hint = format!(
        "check it with {verify}; choose another archive if it is damaged",
        verify = Action::verify(None, &id)
    );
    Some(Finding { severity: Severity::Warning, message, hint, fact })
}

/// Does `step` with the nearest store that gives the archive: whatever a store or an archive fails with, the target is
/// as it was, so the copy in the next one is tried. Returns what was passed over, too.
async fn from_nearest<T, F>(
    context: &Context,
    step: impl Fn(Context) -> F + Send,
) -> Result<(T, Vec<Finding>)>
where
    F: Future<Output = Result<T>> + Send,
{
    let mut passed: Vec<(String, Error)> = Vec::new();
    for place in context.nearest() {
        let location = place.store.location();
        match step(place).await {
            Ok(done) => {
                let findings = passed.iter().map(|(location, error)| passed_over(location, error)).collect();
                return Ok((done, findings));
            }
            Err(error) if is_of_store(&error) => passed.push((location, error)),
            Err(error) => return Err(error),
        }
    }
    none_gave_it(passed)
}

/// What another store may do better.
fn is_of_store(error: &Error) -> bool {
    matches!(error.code().family(), Family::Archive | Family::Store)
}

fn passed_over(location: &str, error: &Error) -> Finding {
    let message = format!("the archive could not be read from {location}, so a copy was used: {error}");
    Finding::new(Severity::Warning, message, error.hint())
        .of(Fact::CopyUsed { location: location.to_owned() })
}

/// The error of the nearest one counts; those of the others are added to its message.
fn none_gave_it<T>(passed: Vec<(String, Error)>) -> Result<T> {
    let mut passed = passed.into_iter();
    let Some((_, first)) = passed.next() else {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            "the profile has no store",
            "set BACKUP_STORAGE_TYPE",
        ));
    };
    Err(passed.fold(first, |error, (location, other)| {
        let hint =
            format!("{}; the copy in {location} did not help: {other} ({})", error.hint(), other.hint());
        error.hint_instead(hint)
    }))
}

async fn apply(
    context: &Context,
    keys: &KeyRing,
    target: &dyn Target,
    request: &RestoreRequest,
    only_creates: bool,
    progress: &dyn Progress,
) -> Result<RestoreReport> {
    let begun = Instant::now();
    let mut phases = Phases::new(progress);
    phases.begin("opening", None);
    let (archive, task, skipped) = prepare(context, keys, target, request).await?;
    let task = RestoreTask { only_creates, ..task };
    let archive_created = created(archive.id())?;
    let safety = SafetyBackup {
        context,
        source: target,
        keys,
        lock_timeout_s: request.lock_timeout_s,
        failed: AtomicBool::new(false),
    };
    let restored = match target.restore(&archived(&archive), &task, &safety, &mut phases, progress).await {
        Ok(restored) => restored,
        Err(error) => {
            if !safety.failed.load(Ordering::Relaxed) {
                check::record_damage(context, archive.id(), Depth::Content, &error).await;
            }
            return Err(error);
        }
    };
    if let Some(unequal) = restored.proofs.iter().find(|p| !p.equal()) {
        return Err(Error::new(
            ErrorCode::ProofFailed,
            format!("table {} is not equal to the archive after the restore", unequal.name),
            "report this: the restore should have ended before",
        ));
    }
    let (id, now) = (archive.id().to_string(), context.clock.now());
    let location = context.store.location();
    let of_tables = archive.manifest().tables().count();
    // What was proven of some tables says nothing of the others.
    let noted = match restored.proofs.len() == of_tables {
        true => context.catalog.record_evidence(&location, &id, Depth::Restored, "", now).await,
        false => Ok(()),
    };
    let mut findings = restored.findings;
    findings.extend(skipped);
    if let Some(id) = restored.safety_archive.as_deref().filter(|_| context.profile.copy > 0) {
        findings.push(lies_in_a_copy(id, &location));
    }
    findings.extend(noted.err().map(|error| unrecorded("that the archive was proven", &error)));
    // A schema beside has the tables alone.
    let is_beside = matches!(restored.mode, RestoreMode::SideSchema { .. });
    // That another database came back proves nothing of this one.
    let is_own = context.own().ok().flatten().is_none_or(|own| own.is(&select::named(&archive)));
    let whole = archive.manifest().complete && request.tables.is_empty() && !is_beside && is_own;
    Ok(RestoreReport {
        archive: id,
        archive_created,
        mode: restored.mode,
        of_tables: Some(of_tables as u32),
        whole,
        proofs: restored.proofs,
        dropped: false,
        sequences: restored.sequences,
        safety_archive: restored.safety_archive,
        read_bytes: archive.read_bytes(),
        archive_bytes: archive.size(),
        duration_ms: begun.elapsed().as_millis() as u64,
        phases: phases.finish(),
        findings,
        hook_failure: None,
    })
}

/// What was overwritten lies where the archive was taken from, which is not where it is looked for first.
fn lies_in_a_copy(safety: &str, location: &str) -> Finding {
    let message = format!("what was overwritten is in {safety} in {location}, and not in the first store");
    let show = Action::Show { id: safety.to_owned() };
    Finding::new(Severity::Info, message, format!("{show}, and a restore from it, find it there"))
        .of(Fact::SafetyInCopy { id: safety.to_owned(), location: location.to_owned() })
}

/// The restore is done, so a missing entry in the catalog is no error.
fn unrecorded(what: &str, error: &Error) -> Finding {
    let message = format!("the restore is done and proven, but {what} could not be recorded: {error}");
    Finding::new(Severity::Warning, message, error.hint()).of(Fact::NotRecorded)
}

/// The archive as a target reads it.
fn archived(archive: &Arc<OpenArchive>) -> Arc<dyn Archived> {
    archive.clone()
}

async fn prepare(
    context: &Context,
    keys: &KeyRing,
    target: &dyn Target,
    request: &RestoreRequest,
) -> Result<(Arc<OpenArchive>, RestoreTask, Vec<Finding>)> {
    let (archive, tables, skipped) = choose(context, keys, request).await?;
    let engine = &archive.manifest().source.engine;
    if engine != target.engine().as_str() {
        return Err(Error::new(
            ErrorCode::TargetIncompatible,
            format!("{} was taken from {engine}, and the target is {}", archive.id(), target.engine()),
            format!("give a {engine} database with --to"),
        ));
    }
    let task = RestoreTask {
        tables,
        in_place: request.to.is_none(),
        only_creates: false,
        to_schema: request.to_schema.clone(),
        jobs: request.jobs.unwrap_or_else(default_jobs),
        lock_timeout: Duration::from_secs(request.lock_timeout_s.unwrap_or(LOCK_TIMEOUT_S)),
        patience: context.patience.clone(),
        no_owner: request.no_owner,
        no_privileges: request.no_privileges,
        trust_code: request.trust_code,
        now: context.clock.now(),
        cancel: context.cancel.clone(),
    };
    Ok((archive, task, skipped))
}

/// One connection for each processor, within reason: what the server does for it, such as building an index, keeps
/// one busy.
fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8)
}

fn created(id: ArchiveId) -> Result<Timestamp> {
    i64::try_from(id.created_ms()).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).ok_or_else(|| {
        Error::new(
            ErrorCode::ArchiveDamaged,
            format!("{id} carries a time that is out of range"),
            "restore from another archive",
        )
    })
}

/// Lists or drops what whole restores have set aside.
///
/// # Errors
/// `source_*`; `config_invalid` when the named one is not there.
pub async fn cleanup(context: &Context, request: CleanupRequest) -> Result<CleanupReport> {
    let target = context.target()?;
    let work = target.cleanup(request.name.as_deref(), request.all);
    if request.name.is_some() || request.all {
        let pass = door::open(context, Guard::Cleanup, request.reason.clone(), request.mfa.as_ref()).await?;
        let subject = Subject {
            target: Some(match &request.name {
                Some(name) => format!("{name} beside {}", target.place()),
                None => format!("everything set aside beside {}", target.place()),
            }),
            ..Subject::default()
        };
        return Run::guarded(context, pass, subject).work(|_| None, |_| work).await?.noted();
    }
    // Only a list: nothing is written, so it is no run.
    work.await
}
