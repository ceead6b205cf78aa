//! Giving data back.
//!
//! Order: open and authenticate → check that the target can take it → safety backup of what would be overwritten →
//! apply → compare counts and digests → report. The source does the middle part, so that the safety backup happens
//! while writers are locked out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aitta_archive::ArchiveId;
use aitta_base::tables::{self, TableName};
use aitta_model::{
    Action, ArchiveSelector, CleanupReport, CleanupRequest, Depth, ErrorCode, Family, Finding, RestorePlan,
    RestoreReport, RestoreRequest, Severity,
};
use jiff::Timestamp;

use crate::backup::SafetyBackup;
use crate::context::open;
use crate::door::{self, Guard, Subject};
use crate::keys::KeyRing;
use crate::reading::select::{self, Why};
use crate::reading::{OpenArchive, check};
use crate::run::{self, Done, Run};
use crate::source::{Archived, RestoreTask, Target};
use crate::{Context, Error, Phases, Progress, Result};

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
/// `lock_timeout`, `run_in_progress`, `cancelled`. After any error the target is as it was.
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
        target: Some(match &request.to_schema {
            Some(schema) => format!("schema {schema} of {}", target.place()),
            None => target.place(),
        }),
        ..Subject::default()
    };
    let log = run::Log::new(progress);
    let work = async {
        let step = |place: Context| {
            let (keys, target, request, log) = (&keys, target.as_ref(), &request, &log);
            async move { apply(&place, keys, target, request, log).await }
        };
        let (mut report, passed) = from_nearest(context, step).await?;
        report.findings.extend(chosen.into_iter().chain(passed));
        Ok(report)
    };
    let archive_of = |report: &RestoreReport| Some(report.archive.clone());
    let run = Run::guarded(context, pass, subject).logged(&log);
    let Done { mut report, unnoted, .. } = run.work(archive_of, |_| work).await?;
    // The data is back, whatever the catalog says.
    report.findings.extend(unnoted.map(|error| unrecorded("its end", &error)));
    Ok(Outcome::Report(report))
}

/// The request with the id of the archive that `latest` or `before:` means in all stores of the profile together: a
/// store that lags behind must not offer an older one. Also returns remarks about the choice.
async fn name_archive(
    context: &Context,
    keys: &KeyRing,
    mut request: RestoreRequest,
) -> Result<(RestoreRequest, Vec<Finding>)> {
    if select::by_id(&request.archive) || context.profile.copies.is_empty() {
        return Ok((request, Vec::new()));
    }
    let mut findings = Vec::new();
    let mut found: BTreeMap<ArchiveId, Vec<Context>> = BTreeMap::new();
    for place in context.nearest() {
        match select::candidates(&place, &request.archive).await {
            Ok(ids) => ids.into_iter().for_each(|id| found.entry(id).or_default().push(place.clone())),
            Err(error) if error.code() == ErrorCode::ArchiveNotFound => {}
            Err(error) => findings.push(not_asked(&place.store.location(), &error)),
        }
    }
    let own = select::own_database(context)?;
    let mut passed = Vec::new();
    for (id, places) in found.into_iter().rev() {
        // An archive that no store opens is chosen too: the restore says what is wrong with it, and an older one must
        // not take its place unasked.
        if let Some(archive) = open_in_one(&places, id, keys).await {
            let why = match select::passed_over(own.as_ref(), &archive) {
                Some(why) => Some(why),
                None => match choose_tables(&archive, &request.tables) {
                    Ok(_) => None,
                    Err(error) if archive.manifest().complete => return Err(error),
                    Err(_) => Some(Why::Partial),
                },
            };
            if let Some(why) = why {
                passed.push((id, why));
                continue;
            }
        }
        request.archive = ArchiveSelector::Id(id.to_string());
        findings.extend(told(&passed));
        return Ok((request, findings));
    }
    // No archive fits, or no store answers: the restore says so.
    Ok((request, findings))
}

async fn open_in_one(places: &[Context], id: ArchiveId, keys: &KeyRing) -> Option<OpenArchive> {
    for place in places {
        match OpenArchive::open(place.store.clone(), id, keys).await {
            Ok(archive) => return Some(archive),
            Err(error) => tracing::debug!(%id, %error, "not opened here"),
        }
    }
    None
}

fn not_asked(location: &str, error: &Error) -> Finding {
    Finding {
        severity: Severity::Warning,
        message: format!("{location} could not be asked, and may have a newer archive: {error}"),
        hint: error.hint().to_owned(),
    }
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
    Ok(plan)
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
    Finding {
        severity: Severity::Warning,
        message: format!("the archive could not be read from {location}, so a copy was used: {error}"),
        hint: error.hint().to_owned(),
    }
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
    progress: &dyn Progress,
) -> Result<RestoreReport> {
    let begun = Instant::now();
    let mut phases = Phases::new(progress);
    phases.begin("opening", None);
    let (archive, task, skipped) = prepare(context, keys, target, request).await?;
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
    let noted = context.catalog.record_evidence(&location, &id, Depth::Restored, "", now).await;
    let mut findings = restored.findings;
    findings.extend(skipped);
    if let Some(id) = restored.safety_archive.as_deref().filter(|_| context.profile.copy > 0) {
        findings.push(lies_in_a_copy(id, &location));
    }
    findings.extend(noted.err().map(|error| unrecorded("that the archive was proven", &error)));
    Ok(RestoreReport {
        archive: id,
        archive_created,
        mode: restored.mode,
        proofs: restored.proofs,
        sequences: restored.sequences,
        safety_archive: restored.safety_archive,
        read_bytes: archive.read_bytes(),
        archive_bytes: archive.size(),
        duration_ms: begun.elapsed().as_millis() as u64,
        phases: phases.finish(),
        findings,
    })
}

/// What was overwritten lies where the archive was taken from, which is not where it is looked for first.
fn lies_in_a_copy(safety: &str, location: &str) -> Finding {
    Finding {
        severity: Severity::Info,
        message: format!("what was overwritten is in {safety} in {location}, and not in the first store"),
        hint: format!(
            "{show}, and a restore from it, find it there",
            show = Action::Show { id: safety.to_owned() }
        ),
    }
}

/// The restore is done, so a missing entry in the catalog is no error.
fn unrecorded(what: &str, error: &Error) -> Finding {
    Finding {
        severity: Severity::Warning,
        message: format!("the restore is done and proven, but {what} could not be recorded: {error}"),
        hint: error.hint().to_owned(),
    }
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
        to_schema: request.to_schema.clone(),
        jobs: request.jobs.unwrap_or_else(default_jobs),
        lock_timeout: Duration::from_secs(request.lock_timeout_s.unwrap_or(LOCK_TIMEOUT_S)),
        no_owner: request.no_owner,
        no_privileges: request.no_privileges,
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

/// The archive that is meant, with the numbers of the chosen tables.
///
/// `latest` and `before:` mean the newest that can serve the request: archives of chosen tables are
/// passed over when they lack one, and those of [`select::passed_over`] always.
async fn choose(
    context: &Context,
    keys: &KeyRing,
    request: &RestoreRequest,
) -> Result<(Arc<OpenArchive>, Option<Vec<u32>>, Vec<Finding>)> {
    let candidates = select::candidates(context, &request.archive).await?;
    let by_id = select::by_id(&request.archive);
    let own = select::own_database(context)?;
    let mut passed = Vec::new();
    for id in &candidates {
        let archive = match OpenArchive::open(context.store.clone(), *id, keys).await {
            Ok(archive) => Arc::new(archive),
            Err(error) => {
                check::record_damage(context, *id, Depth::Stored, &error).await;
                return Err(error);
            }
        };
        if by_id {
            let tables = choose_tables(&archive, &request.tables)?;
            let other = own
                .as_ref()
                .filter(|_| request.to.is_none())
                .and_then(|own| own.other(&archive).map(|what| of_another(*id, &what, &own.database)));
            return Ok((archive, tables, other.into_iter().collect()));
        }
        if let Some(why) = select::passed_over(own.as_ref(), &archive) {
            passed.push((*id, why));
            continue;
        }
        match choose_tables(&archive, &request.tables) {
            Ok(tables) => return Ok((archive, tables, told(&passed))),
            Err(error) if archive.manifest().complete => return Err(error),
            Err(_) => passed.push((*id, Why::Partial)),
        }
    }
    Err(select::nothing_left(context, &request.archive, &passed))
}

/// Named by its id, it is taken.
fn of_another(id: ArchiveId, what: &str, own: &str) -> Finding {
    Finding {
        severity: Severity::Warning,
        message: format!("{id} is an archive {what}, and it goes into {own:?}"),
        hint: "if that is not what you want, name the target with --to, or another archive".to_owned(),
    }
}

/// What was passed over, a line for each reason.
fn told(passed: &[(ArchiveId, Why)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut rest = passed.to_vec();
    while let Some((_, why)) = rest.first().cloned() {
        let ids: Vec<String> =
            rest.extract_if(.., |(_, w)| *w == why).map(|(id, _)| id.to_string()).collect();
        let what = match ids.as_slice() {
            [one] => format!("{one} was passed over"),
            [newest, ..] => format!("{} archives, the newest {newest}, were passed over", ids.len()),
            [] => continue,
        };
        let why = match why {
            Why::Safety => "a safety archive holds what a restore has overwritten".to_owned(),
            Why::Another(other) => other,
            Why::Partial => "chosen tables only, not all that is asked for".to_owned(),
        };
        findings.push(Finding {
            severity: Severity::Info,
            message: format!("{what}: {why}"),
            hint: "to use it, name it with --backup-id".to_owned(),
        });
    }
    findings
}

fn choose_tables(archive: &OpenArchive, wanted: &[String]) -> Result<Option<Vec<u32>>> {
    let manifest = archive.manifest();
    let (numbers, names): (Vec<u32>, Vec<TableName>) = manifest
        .tables()
        .map(|(number, section)| (number, TableName::new(section.schema.as_deref(), &section.name)))
        .unzip();
    if !wanted.is_empty() {
        let found = tables::resolve(wanted, &names).map_err(|e| e.context(archive.id()))?;
        return Ok(Some(found.into_iter().map(|i| numbers[i]).collect()));
    }
    if manifest.complete {
        return Ok(None);
    }
    let held: Vec<String> = names.iter().map(ToString::to_string).collect();
    Err(Error::new(
        ErrorCode::TargetIncompatible,
        format!("{} is no whole database; it holds only {}", archive.id(), held.join(", ")),
        format!("restore these with --tables {}", held.join(",")),
    ))
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
