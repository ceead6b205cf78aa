//! The guided way back to work after an incident: stop the application, archive what is there, give an archive back, look
//! at the proof, start the application.
//!
//! The archive is chosen, and the restore tried without changing anything, before the first step: nothing is stopped for a
//! recovery that could not be done. How far it is stands in the catalog before and after each step, so that a kill loses
//! nothing; a step that was done meanwhile is known by its run. What is there is never overwritten before an archive of it
//! was made and read back, or a person has said in words to go on without; a whole restore keeps it beside as well.

use std::collections::BTreeMap;

use aitta_archive::ArchiveId;
use aitta_base::lock::ProfileLock;
use aitta_model::{
    ArchiveSelector, ArchiveState, ArchiveSummary, BackupKind, BackupReport, BackupRequest, Command,
    ErrorCode, Failure, Finding, HookKind, HookRun, MfaCode, Operation, Reason, ReasonCode, RecoverRequest,
    RecoverStep, Recovery, RecoveryPlan, RecoveryState, RestoreMode, RestorePlan, RestoreReport,
    RestoreRequest, RunOutcome, Severity, StepRecord, StepState,
};

use crate::catalog::{Kept, Named};
use crate::config::{Hooks, Profile};
use crate::door::{self, Free, Subject};
use crate::hooks::{self, Facts, Pair};
use crate::restore::Outcome;
use crate::run::{self, Run};
use crate::{Context, Error, Progress, Result, archives, backup, restore};

/// The steps in their order.
const STEPS: [RecoverStep; 5] =
    [RecoverStep::Stop, RecoverStep::Backup, RecoverStep::Restore, RecoverStep::Proof, RecoverStep::Start];

/// Archives that were passed over and are named.
const MOST_PASSED: usize = 10;

/// How a step is done.
#[derive(Debug)]
pub enum How {
    /// As it is meant, with the second factor where the restore asks for one.
    Do(Option<MfaCode>),
    /// Not at all: a person has said so, in these words.
    Without(String),
}

/// What a recovery would do. Nothing is changed.
///
/// # Errors
/// `archive_*` when there is nothing to go back to, `target_incompatible` when the restore would be refused, and those of
/// its dry run.
pub async fn plan(context: &Context, request: &RecoverRequest) -> Result<RecoveryPlan> {
    let (chosen, passed) = choose(context, &request.archive).await?;
    let ask = |tables: Vec<String>| RestoreRequest {
        archive: ArchiveSelector::Id(chosen.id.clone()),
        tables,
        dry_run: true,
        trust_code: request.trust_code,
        ..RestoreRequest::default()
    };
    let (plan, tables) = match dry_run(context, ask(Vec::new())).await {
        Ok(whole) if !whole.is_blocked() => (whole, Vec::new()),
        Ok(whole) => {
            let why = whole.findings.iter().find(|finding| finding.severity == Severity::Blocker);
            let (message, hint) = why.map_or(("", ""), |why| (why.message.as_str(), why.hint.as_str()));
            in_place(context, Error::new(ErrorCode::TargetIncompatible, message, hint), ask).await?
        }
        Err(error) if error.code() == ErrorCode::SourceDenied => in_place(context, error, ask).await?,
        Err(error) => return Err(error),
    };
    let hooks = &context.profile.hooks;
    hooks::check_both(hooks, Pair::Restore)?;
    let program = |kind| hooks.of(kind).map(|hook| hook.program().display().to_string());
    Ok(RecoveryPlan {
        archive: plan.archive,
        archive_created: plan.archive_created,
        archive_kind: chosen.kind,
        passed,
        tables,
        mode: plan.mode,
        findings: plan.findings,
        stop: program(Pair::Restore.before()),
        start: program(Pair::Restore.after()),
    })
}

/// The next best, where no whole database can be made beside: every table is replaced where it is, in one transaction.
/// Where that can't be done either, why the whole one can't be is the error.
async fn in_place(
    context: &Context,
    why: Error,
    ask: impl Fn(Vec<String>) -> RestoreRequest,
) -> Result<(RestorePlan, Vec<String>)> {
    let details = archives::show(context, &ask(Vec::new()).archive).await?;
    let tables: Vec<String> = details.table_list.into_iter().map(|table| table.name).collect();
    let mut plan = match dry_run(context, ask(tables.clone())).await {
        Ok(plan) if !plan.is_blocked() && !tables.is_empty() => plan,
        _ => return Err(why.context("nothing was begun")),
    };
    let message = format!(
        "the database can't be restored as a whole ({why}), so its tables are replaced where they are; what is no table, \
         such as a view or a function, stays as it is"
    );
    plan.findings.insert(0, Finding::new(Severity::Warning, message, why.hint()));
    Ok((plan, tables))
}

async fn dry_run(context: &Context, request: RestoreRequest) -> Result<RestorePlan> {
    match Box::pin(restore::restore(context, request, &crate::Silent)).await? {
        Outcome::Plan(plan) => Ok(plan),
        Outcome::Report(_) => Err(Error::new(
            ErrorCode::System,
            "a dry run has restored something",
            "report this with the message",
        )),
    }
}

/// The archive that is gone back to, and those that were passed over.
async fn choose(context: &Context, selector: &ArchiveSelector) -> Result<(ArchiveSummary, Vec<String>)> {
    let own = context.own()?;
    let mut failed = None;
    let mut found: BTreeMap<ArchiveId, Vec<ArchiveSummary>> = BTreeMap::new();
    for place in context.nearest() {
        match archives::present(&place, None).await {
            Ok(present) => {
                for archive in present.archives {
                    if let Ok(id) = archive.id.parse::<ArchiveId>() {
                        found.entry(id).or_default().push(archive);
                    }
                }
            }
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    if let (true, Some(error)) = (found.is_empty(), failed) {
        return Err(error);
    }
    let mut passed = Vec::new();
    for (id, copies) in found.into_iter().rev() {
        let is_meant = match selector {
            ArchiveSelector::Latest => true,
            ArchiveSelector::Before(time) => copies.iter().all(|archive| archive.created < *time),
            ArchiveSelector::Id(wanted) => id.to_string() == *wanted,
        };
        if !is_meant {
            continue;
        }
        let is_own = |archive: &ArchiveSummary| own.as_ref().is_none_or(|own| own.is(&Named::from(archive)));
        let faults: Option<Vec<String>> =
            copies.iter().map(|archive| fault(archive, is_own(archive))).collect();
        // Whoever names one has looked at it.
        let is_named = matches!(selector, ArchiveSelector::Id(_));
        if let Some(why) = faults.as_ref().and_then(|faults| faults.first()).filter(|_| !is_named) {
            passed.push(format!("{id}: {why}"));
            continue;
        }
        passed.truncate(MOST_PASSED);
        // The first is that of the nearest store.
        if let Some(archive) = copies.into_iter().next() {
            return Ok((archive, passed));
        }
    }
    Err(Error::new(
        ErrorCode::ArchiveNotFound,
        match passed.first() {
            Some(first) => {
                format!("no verified archive of the whole database fits; the newest that does not: {first}")
            }
            None => "there is no archive that fits".to_owned(),
        },
        format!(
            "{list} shows all of them; name one with --backup-id, or check them with {verify}",
            list = Command::BackupList,
            verify = Command::BackupVerifyAll
        ),
    ))
}

/// Why nobody should go back to this archive unasked.
fn fault(archive: &ArchiveSummary, is_own: bool) -> Option<String> {
    let is = |kind: BackupKind| archive.kind.as_ref().is_some_and(|word| word.is(kind));
    if is(BackupKind::Safety) {
        return Some("a safety archive holds what a restore has overwritten".to_owned());
    }
    if is(BackupKind::Emergency) {
        return Some("an emergency archive may hold the damage".to_owned());
    }
    if archive.complete != Some(true) {
        return Some("it is not known to hold the whole database".to_owned());
    }
    if !is_own {
        return Some("it is of another database".to_owned());
    }
    match archive.state {
        ArchiveState::Verified(_) | ArchiveState::Restored(_) => None,
        state => Some(format!("it is not verified, but {state}")),
    }
}

/// Begins a recovery. Nothing is stopped or changed yet.
///
/// # Errors
/// `run_in_progress` when one goes on already, `reason_missing`, `audit_failed`, and as [`plan`].
pub async fn begin(context: &Context, request: RecoverRequest) -> Result<Recovery> {
    if context.catalog.open_recovery(&context.profile.name).await?.is_some() {
        return Err(Error::new(
            ErrorCode::RunInProgress,
            format!("a recovery of the profile {:?} goes on already", context.profile.name),
            format!(
                "go on with {resume}, or end it with {abandon}",
                resume = Command::RecoverResume,
                abandon = Command::RecoverAbandon
            ),
        ));
    }
    let reason = request.reason.clone().unwrap_or_default();
    door::reason(context, Operation::Recover, Some(&reason), None)?;
    let plan = plan(context, &request).await?;
    let recovery = Recovery {
        id: 0,
        profile: context.profile.name.clone(),
        reason,
        state: RecoveryState::Open.into(),
        begun: context.clock.now(),
        ended: None,
        plan,
        database: context.target()?.place(),
        trust_code: request.trust_code,
        emergency: None,
        without: None,
        steps: STEPS.map(StepRecord::waiting).into(),
        report: None,
    };
    event(context, &recovery, "begun".to_owned(), RunOutcome::Succeeded).await?;
    Ok(context.catalog.begin_recovery(recovery).await?.recovery)
}

/// The last recovery of the profile, whether it goes on or not. A step that was done though its end was not noted counts
/// as done.
///
/// # Errors
/// `catalog_failed`.
pub async fn last(context: &Context) -> Result<Option<Recovery>> {
    let Some(kept) = context.catalog.last_recovery(&context.profile.name).await? else { return Ok(None) };
    match kept.recovery.is_open() {
        true => Ok(Some(caught_up(context, kept).await?.recovery)),
        false => Ok(Some(kept.recovery)),
    }
}

/// The recovery that goes on.
///
/// # Errors
/// `config_invalid` when none does; `catalog_failed`.
pub async fn open(context: &Context) -> Result<Recovery> {
    Ok(kept(context).await?.recovery)
}

async fn kept(context: &Context) -> Result<Kept> {
    match context.catalog.last_recovery(&context.profile.name).await? {
        Some(kept) if kept.recovery.is_open() => {
            is_of_this_database(context, &kept.recovery)?;
            caught_up(context, kept).await
        }
        _ => Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!("no recovery of the profile {:?} goes on", context.profile.name),
            format!("begin one with {recover}", recover = Command::Recover),
        )),
    }
}

/// What was confirmed and archived is one database, and the profile may name another one by now.
fn is_of_this_database(context: &Context, recovery: &Recovery) -> Result<()> {
    let here = context.target()?.place();
    if recovery.database == here {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::ConfigInvalid,
        format!(
            "the recovery that goes on is of {}, and the profile {:?} names {here}",
            recovery.database, context.profile.name
        ),
        "go on with the configuration and the environment that it was begun with",
    ))
}

/// With what has been done by a process that was killed before it could note that.
async fn caught_up(context: &Context, mut kept: Kept) -> Result<Kept> {
    let recovery = &mut kept.recovery;
    let Some(next) = recovery.next() else { return Ok(kept) };
    let (Some(step), Some(at), true) = (next.step.known(), next.at, next.state.is(StepState::Begun)) else {
        return Ok(kept);
    };
    let (catalog, profile) = (&context.catalog, context.profile.name.as_str());
    let done = match step {
        RecoverStep::Backup => {
            let report: Option<BackupReport> = catalog.done_since(profile, Operation::Backup, at).await?;
            let is_of_it = |made: &BackupReport| {
                made.archive.kind.as_ref().is_some_and(|kind| kind.is(BackupKind::Emergency))
            };
            report
                .filter(is_of_it)
                .filter(|made| made.archive.complete == Some(true))
                .map(|report| Came::archived(&report))
        }
        RecoverStep::Restore => {
            let report: Option<RestoreReport> = catalog.done_since(profile, Operation::Restore, at).await?;
            let is_of_it = |done: &RestoreReport| {
                let plan = &recovery.plan;
                // A proof, or a restore into another database, is not the one of the plan.
                !done.dropped && done.archive == plan.archive && is_into(&done.mode, &plan.mode)
            };
            report.filter(is_of_it).map(Came::restored)
        }
        RecoverStep::Stop | RecoverStep::Start => {
            let hook = if step == RecoverStep::Stop { Pair::Restore.before() } else { Pair::Restore.after() };
            let ran: Option<HookRun> = catalog.done_since(profile, Operation::Recover, at).await?;
            ran.filter(|ran| ran.hook.is(hook)).map(|ran| Came::ran(&ran))
        }
        RecoverStep::Proof => None,
    };
    match done {
        Some(came) => note_done(context, kept, step, came).await,
        None => Ok(kept),
    }
}

/// Whether a restore was made as planned, whatever the old database is called since.
fn is_into(done: &RestoreMode, planned: &RestoreMode) -> bool {
    match (done, planned) {
        (RestoreMode::Swap { target, .. }, RestoreMode::Swap { target: planned, .. }) => target == planned,
        (done, planned) => done == planned,
    }
}

/// `1 table`, `5 tables`
fn count(n: u64, one: &str) -> String {
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

/// What a step came to.
struct Came {
    note: String,
    emergency: Option<String>,
    report: Option<RestoreReport>,
}

impl Came {
    fn to(note: String) -> Self {
        Self { note, emergency: None, report: None }
    }

    fn ran(ran: &HookRun) -> Self {
        Self::to(format!("the hook {} ran for {} ms", ran.hook, ran.duration_ms))
    }

    fn archived(report: &BackupReport) -> Self {
        let id = report.archive.id.clone();
        Self { emergency: Some(id.clone()), ..Self::to(format!("{id} was made and read back")) }
    }

    fn restored(report: RestoreReport) -> Self {
        let rows: u64 = report.proofs.iter().map(|proof| proof.target_rows).sum();
        let tables = report.proofs.len() as u64;
        let note = format!("{}, {}, each equal to the archive", count(tables, "table"), count(rows, "row"));
        Self { report: Some(report), ..Self::to(note) }
    }
}

/// Does the next step, which has to be this one.
///
/// # Errors
/// `config_invalid` when another step is next or can't be left out, `run_in_progress`, `audit_failed`, `catalog_failed`,
/// and those of the step. The recovery goes on after each of them.
pub async fn go_on(
    context: &Context,
    step: RecoverStep,
    how: How,
    progress: &dyn Progress,
) -> Result<Recovery> {
    let kept = kept(context).await?;
    let next = kept.recovery.next().and_then(|next| next.step.known());
    if next != Some(step) {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!("the step {step} of the recovery is not the next one"),
            format!("go on with {resume}", resume = Command::RecoverResume),
        ));
    }
    let mfa = match how {
        How::Without(words) => return without(context, kept, step, words).await,
        How::Do(mfa) => mfa,
    };
    let kept = noted(context, kept, step, |record| {
        record.state = StepState::Begun.into();
        record.failure = None;
    })
    .await?;
    // Each in a place of its own: together they would be too much for the stack of a thread.
    let result = match step {
        RecoverStep::Stop => Box::pin(stop(context, &kept.recovery, progress)).await,
        RecoverStep::Backup => Box::pin(archive(context, &kept.recovery, progress)).await,
        RecoverStep::Restore => Box::pin(give_back(context, &kept.recovery, mfa, progress)).await,
        RecoverStep::Proof => Box::pin(seen(context, &kept.recovery)).await,
        RecoverStep::Start => Box::pin(start(context, &kept.recovery, progress)).await,
    };
    match result {
        Ok(came) => Ok(note_done(context, kept, step, came).await?.recovery),
        Err(error) => {
            let failure = error.failure();
            // A question for the second factor is no failure of the step.
            let state = match error.code() {
                ErrorCode::MfaRequired => StepState::Waiting,
                _ => StepState::Failed,
            };
            let noted = noted(context, kept, step, |record| {
                record.state = state.into();
                record.failure = (state == StepState::Failed).then_some(failure);
            });
            if let Err(unnoted) = noted.await {
                tracing::error!(error = %unnoted, "that a step of a recovery has failed could not be noted");
            }
            Err(error)
        }
    }
}

async fn noted(
    context: &Context,
    mut kept: Kept,
    step: RecoverStep,
    change: impl FnOnce(&mut StepRecord),
) -> Result<Kept> {
    if let Some(record) = kept.recovery.steps.iter_mut().find(|record| record.step.is(step)) {
        record.at = Some(context.clock.now());
        change(record);
    }
    context.catalog.note_recovery(kept).await
}

async fn note_done(context: &Context, mut kept: Kept, step: RecoverStep, came: Came) -> Result<Kept> {
    let Came { note, emergency, report } = came;
    let recovery = &mut kept.recovery;
    recovery.emergency = emergency.or_else(|| recovery.emergency.take());
    recovery.report = report.or_else(|| recovery.report.take());
    ended(context, kept, step, StepState::Done, note).await
}

/// Notes that a step is over, and with the last one that the recovery is.
async fn ended(
    context: &Context,
    mut kept: Kept,
    step: RecoverStep,
    state: StepState,
    note: String,
) -> Result<Kept> {
    if STEPS.last() == Some(&step) {
        event(context, &kept.recovery, "every step is done".to_owned(), RunOutcome::Succeeded).await?;
        kept.recovery.state = RecoveryState::Done.into();
        kept.recovery.ended = Some(context.clock.now());
    }
    noted(context, kept, step, |record| {
        record.state = state.into();
        record.note = Some(note);
        record.failure = None;
    })
    .await
}

async fn without(context: &Context, mut kept: Kept, step: RecoverStep, words: String) -> Result<Recovery> {
    let words = words.trim().to_owned();
    if matches!(step, RecoverStep::Restore | RecoverStep::Proof) || words.is_empty() {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!("the step {step} is not left out"),
            "say in words that you go on without; restore and proof are the recovery itself",
        ));
    }
    event(
        context,
        &kept.recovery,
        format!("gone on without the step {step}: {words}"),
        RunOutcome::Succeeded,
    )
    .await?;
    if step == RecoverStep::Backup {
        kept.recovery.without = Some(words.clone());
    }
    if step == RecoverStep::Start {
        // A person has started it.
        context.catalog.settle_hook(&context.profile.name, Pair::Restore.after()).await?;
    }
    Ok(ended(context, kept, step, StepState::Without, words).await?.recovery)
}

/// Something that is in the trail as soon as it is said.
async fn event(context: &Context, recovery: &Recovery, what: String, outcome: RunOutcome) -> Result<()> {
    let subject = subject(context, recovery, what);
    door::event(context, Operation::Recover, &subject, outcome.as_str()).await
}

fn subject(context: &Context, recovery: &Recovery, what: String) -> Subject {
    Subject {
        archive: Some(recovery.plan.archive.clone()),
        target: context.target().ok().map(|target| target.place()),
        reason: Some(recovery.reason.clone()),
        note: Some(format!("recovery: {what}")),
        ..Subject::default()
    }
}

async fn stop(context: &Context, recovery: &Recovery, progress: &dyn Progress) -> Result<Came> {
    let hooks = &context.profile.hooks;
    let (before, after) = (Pair::Restore.before(), Pair::Restore.after());
    // Nothing is stopped that could not be started again.
    hooks::check_both(hooks, Pair::Restore)?;
    if hooks.of(before).is_none() {
        event(context, recovery, "the application was stopped by hand".to_owned(), RunOutcome::Succeeded)
            .await?;
        return Ok(Came::to("stopped by hand".to_owned()));
    }
    if hooks.of(after).is_some() {
        context.catalog.owe_hook(&context.profile.name, after, None, context.clock.now()).await?;
    }
    hook(context, recovery, before, None, progress).await
}

async fn start(context: &Context, recovery: &Recovery, progress: &dyn Progress) -> Result<Came> {
    let after = Pair::Restore.after();
    if context.profile.hooks.of(after).is_none() {
        event(context, recovery, "the application was started by hand".to_owned(), RunOutcome::Succeeded)
            .await?;
        // The hook may have been taken out since it was owed.
        context.catalog.settle_hook(&context.profile.name, after).await?;
        return Ok(Came::to("started by hand".to_owned()));
    }
    hook(context, recovery, after, Some(RunOutcome::Succeeded), progress).await
}

/// Runs a hook as a run of its own.
async fn hook(
    context: &Context,
    recovery: &Recovery,
    kind: HookKind,
    outcome: Option<RunOutcome>,
    progress: &dyn Progress,
) -> Result<Came> {
    let subject = subject(context, recovery, format!("the hook {kind}"));
    Ok(Came::ran(&as_run(context, subject, kind, outcome, progress).await?))
}

async fn as_run(
    context: &Context,
    subject: Subject,
    kind: HookKind,
    outcome: Option<RunOutcome>,
    progress: &dyn Progress,
) -> Result<HookRun> {
    let log = run::Log::new(progress);
    let work = |_| async {
        let facts = Facts { operation: Operation::Recover, run: log.run(), outcome };
        match (kind, context.profile.hooks.of(kind)) {
            (HookKind::BeforeBackup | HookKind::BeforeRestore, Some(hook)) => {
                hooks::start(context, kind, hook, &facts, &log, Some(&context.cancel)).await
            }
            _ => hooks::settle(context, kind, &facts, &log).await,
        }
    };
    Run::free(context, Free::Recover, subject).logged(&log).work(|_| None, work).await?.noted()
}

async fn archive(context: &Context, recovery: &Recovery, progress: &dyn Progress) -> Result<Came> {
    let words = Reason::parse(&recovery.reason).map_or_else(String::new, |reason| reason.text);
    let request = BackupRequest {
        kind: BackupKind::Emergency,
        reason: Some(match words.is_empty() {
            true => "incident: before a recovery".to_owned(),
            false => format!("incident: before a recovery: {words}"),
        }),
        ..BackupRequest::default()
    };
    let report = Box::pin(backup::create(&unhooked(context), request, progress)).await?;
    Ok(Came::archived(&report))
}

async fn give_back(
    context: &Context,
    recovery: &Recovery,
    mfa: Option<MfaCode>,
    progress: &dyn Progress,
) -> Result<Came> {
    if recovery.emergency.is_none() && recovery.without.is_none() {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            "there is no archive of what is there, and nobody has said to go on without one",
            format!("go on with {resume}", resume = Command::RecoverResume),
        ));
    }
    let request = RestoreRequest {
        archive: ArchiveSelector::Id(recovery.plan.archive.clone()),
        tables: recovery.plan.tables.clone(),
        reason: Some(recovery.reason.clone()),
        trust_code: recovery.trust_code,
        mfa,
        ..RestoreRequest::default()
    };
    match Box::pin(restore::restore(&unhooked(context), request, progress)).await? {
        Outcome::Report(report) => Ok(Came::restored(report)),
        Outcome::Plan(_) => {
            Err(Error::new(ErrorCode::System, "nothing was restored", "report this with the message"))
        }
    }
}

/// The recovery alone stops and starts the application.
fn unhooked(context: &Context) -> Context {
    let profile = Profile { hooks: Hooks::default(), ..context.profile.as_ref().clone() };
    Context { profile: profile.into(), ..context.clone() }
}

async fn seen(context: &Context, recovery: &Recovery) -> Result<Came> {
    let Some(report) = &recovery.report else {
        return Err(Error::new(
            ErrorCode::ProofFailed,
            "the report of the restore can't be read any more",
            "compare the tables with a restore as a dry run with --compare; then end the recovery and begin another one",
        ));
    };
    let came = Came::restored(report.clone());
    event(context, recovery, format!("a person has seen the proof: {}", came.note), RunOutcome::Succeeded)
        .await?;
    Ok(Came::to(came.note))
}

/// As every run of the profile has it.
fn lock(context: &Context) -> Result<ProfileLock> {
    let (profile, now) = (&context.profile, context.clock.now());
    ProfileLock::acquire(&profile.data_dir, &profile.name, Operation::Recover, now)
}

/// Ends a recovery before it is done. With `start` the application is started again, if a hook has stopped it; why that
/// failed is the second value, and the hook stays owed.
///
/// # Errors
/// `config_invalid` when none goes on, `reason_missing`, `audit_failed`, `catalog_failed`; `run_in_progress` while a step
/// of it is under way.
pub async fn abandon(
    context: &Context,
    reason: Option<&str>,
    start: bool,
    progress: &dyn Progress,
) -> Result<(Recovery, Option<Failure>)> {
    // A step that is under way holds it.
    let lock = lock(context)?;
    let mut kept = kept(context).await?;
    drop(lock);
    if let Some(reason) = reason {
        door::reason(context, Operation::Recover, Some(reason), None)?;
    }
    let after = Pair::Restore.after();
    let is_owed = hooks::owed(context).await?.iter().any(|owed| owed.hook.is(after));
    let started = match start && is_owed {
        true => {
            let subject = subject(context, &kept.recovery, format!("the hook {after}, before its end"));
            as_run(context, subject, after, Some(RunOutcome::Cancelled), progress).await.map(drop)
        }
        false => Ok(()),
    };
    let failure = match started {
        Ok(()) => None,
        Err(error) if error.code() == ErrorCode::HookFailed => Some(error.failure()),
        Err(error) => return Err(error),
    };
    let why = reason.map_or_else(String::new, |reason| format!(": {reason}"));
    event(context, &kept.recovery, format!("ended before it was done{why}"), RunOutcome::Cancelled).await?;
    kept.recovery.state = RecoveryState::Abandoned.into();
    kept.recovery.ended = Some(context.clock.now());
    Ok((context.catalog.note_recovery(kept).await?.recovery, failure))
}

/// That a recovery goes on, in words.
///
/// # Errors
/// `catalog_failed`.
pub async fn remark(context: &Context) -> Result<Option<String>> {
    let number = context.catalog.open_recovery(&context.profile.name).await?;
    Ok(number.map(|number| {
        format!(
            "recovery {number} goes on, and no hook runs meanwhile: go on with {resume}, or end it with {abandon}",
            resume = Command::RecoverResume,
            abandon = Command::RecoverAbandon
        )
    }))
}

/// Runs the after hooks that are owed.
///
/// # Errors
/// `run_in_progress` while a recovery goes on; `config_invalid`, `hook_failed`, `audit_failed`, `catalog_failed`.
pub async fn run_owed(context: &Context, progress: &dyn Progress) -> Result<Vec<HookRun>> {
    if let Some(number) = context.catalog.open_recovery(&context.profile.name).await? {
        return Err(Error::new(
            ErrorCode::RunInProgress,
            format!("recovery {number} goes on, and starts the application at its end"),
            format!(
                "go on with {resume}, or end it with {abandon}",
                resume = Command::RecoverResume,
                abandon = Command::RecoverAbandon
            ),
        ));
    }
    let mut ran = Vec::new();
    for owed in hooks::owed(context).await? {
        let Some(kind) = owed.hook.known() else { continue };
        let of = owed.run.map_or_else(|| "of a recovery".to_owned(), |run| format!("of run {run}"));
        let subject = Subject {
            code: Some(ReasonCode::Incident),
            note: Some(format!("the hook {kind} {of}, which was owed")),
            ..Subject::default()
        };
        ran.push(as_run(context, subject, kind, Some(RunOutcome::Failed), progress).await?);
    }
    Ok(ran)
}
