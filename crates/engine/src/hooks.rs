//! Hooks: programs of the profile that run before and after backups and restores, such as those that stop the
//! application and start it again.
//!
//! Both are looked at before the first is started, so that nothing is stopped that could not be started again. That the
//! one after is owed stands in the catalog before the one before it is started, and until it has run to a good end: a kill
//! in between is told by whatever comes next. What they are comes from the file of the configuration alone; nothing that
//! a database, a store or an archive says is among their arguments or in their environment.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use aitta_model::{
    Command, ErrorCode, Failure, HookKind, HookRun, HookShown, HooksReport, Operation, OwedHook,
    ProgressEvent, RunOutcome,
};
use tokio_util::sync::CancellationToken;

use crate::config::{Hook, Hooks};
use crate::{Context, Error, Progress, Result};

mod program;
mod redact;

use program::{Ended, Program};
use redact::Secrets;

/// Lines of what a hook prints that are kept.
const MOST_LINES: usize = 200;
/// Characters of one of them.
const LINE_MAX: usize = 500;

/// After hooks that are at work in this process.
static AFTER: AtomicUsize = AtomicUsize::new(0);

/// Whether an after hook is at work in this process: whoever ends it then leaves an application half started.
#[must_use]
pub fn is_starting_again() -> bool {
    AFTER.load(Ordering::Relaxed) > 0
}

/// Counts an after hook while it is at work.
struct Starting;

impl Starting {
    fn begin() -> Self {
        AFTER.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        AFTER.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The two hooks around an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pair {
    Backup,
    Restore,
}

impl Pair {
    pub(crate) fn before(self) -> HookKind {
        match self {
            Self::Backup => HookKind::BeforeBackup,
            Self::Restore => HookKind::BeforeRestore,
        }
    }

    pub(crate) fn after(self) -> HookKind {
        match self {
            Self::Backup => HookKind::AfterBackup,
            Self::Restore => HookKind::AfterRestore,
        }
    }

    fn operation(self) -> Operation {
        match self {
            Self::Backup => Operation::Backup,
            Self::Restore => Operation::Restore,
        }
    }
}

/// What a hook gets to know.
pub(crate) struct Facts {
    pub(crate) operation: Operation,
    pub(crate) run: Option<i64>,
    /// How it ended, for the hook after it.
    pub(crate) outcome: Option<RunOutcome>,
}

/// Work that is done, with its hooks.
pub(crate) struct Hooked<T> {
    pub(crate) done: T,
    /// Why the hook after it failed.
    pub(crate) failure: Option<Failure>,
    /// What is worth a remark.
    pub(crate) notes: Vec<String>,
}

/// Looks at the programs of a pair before the first of them is started.
///
/// # Errors
/// `hook_failed` for one that can't be started, or that others could have written.
pub(crate) fn check_both(hooks: &Hooks, pair: Pair) -> Result<()> {
    for kind in [pair.before(), pair.after()] {
        if let Some(hook) = hooks.of(kind) {
            Program::of(hook).map_err(|e| e.context(format_args!("the hook {kind}")))?;
        }
    }
    Ok(())
}

/// Does `work` between the two hooks. A hook before it that fails is the error, and the work does not begin. The hook
/// after it runs whenever the one before it was started, or the work was begun, however that ended.
///
/// While a recovery goes on, it alone stops and starts the application, and no hook runs here.
///
/// # Errors
/// `hook_failed`, `catalog_failed`, `cancelled`, and those of the work.
pub(crate) async fn around<T>(
    context: &Context,
    pair: Pair,
    run: Option<i64>,
    progress: &dyn Progress,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<Hooked<T>> {
    let (catalog, profile) = (&context.catalog, &context.profile);
    let hooks = &profile.hooks;
    let (before, after) = (hooks.of(pair.before()), hooks.of(pair.after()));
    // Also of other operations: an application that is stopped stays so until somebody hears of it.
    let owed = catalog.owed_hooks(&profile.name).await?;
    let notes: Vec<String> = owed.iter().filter(|owed| owed.run != run).map(told).collect();
    if before.is_none() && after.is_none() {
        return Ok(Hooked { done: work.await?, failure: None, notes });
    }
    if let Some(number) = catalog.open_recovery(&profile.name).await? {
        let note = format!(
            "no hook was run: recovery {number} goes on, and stops and starts the application; go on with {resume}",
            resume = Command::RecoverResume
        );
        return Ok(Hooked { done: work.await?, failure: None, notes: vec![note] });
    }
    check_both(hooks, pair).map_err(|e| not_begun(pair, e))?;
    let [before, after] =
        [(pair.before(), before), (pair.after(), after)].map(|(kind, hook)| hook.map(|hook| (kind, hook)));
    let facts = |outcome| Facts { operation: pair.operation(), run, outcome };
    let result = match before {
        None => work.await,
        Some((kind, hook)) => {
            if after.is_some() {
                catalog.owe_hook(&profile.name, pair.after(), run, context.clock.now()).await?;
            }
            match start(context, kind, hook, &facts(None), progress, Some(&context.cancel)).await {
                Ok(_) => work.await,
                Err(error) => Err(not_begun(pair, error)),
            }
        }
    };
    let Some((kind, hook)) = after else {
        return Ok(Hooked { done: result?, failure: None, notes });
    };
    let outcome = result.as_ref().map_or_else(Error::outcome, |_| RunOutcome::Succeeded);
    let failure = match start(context, kind, hook, &facts(Some(outcome)), progress, None).await {
        Ok(_) => {
            // Told again needlessly at worst.
            if let Err(error) = catalog.settle_hook(&profile.name, kind).await {
                tracing::warn!(%error, "that a hook has run could not be noted");
            }
            None
        }
        Err(error) => Some(error),
    };
    match (result, failure) {
        (Ok(done), failure) => Ok(Hooked { done, failure: failure.map(|e| e.failure()), notes }),
        (Err(error), None) => Err(error),
        (Err(error), Some(also)) => {
            let hint = format!("{}; and {also}: {}", error.hint(), also.hint());
            Err(error.hint_instead(hint))
        }
    }
}

fn not_begun(pair: Pair, error: Error) -> Error {
    match error.code() {
        ErrorCode::HookFailed => {
            error.context(format_args!("the {} was not begun", pair.operation().in_words()))
        }
        _ => error,
    }
}

/// That a hook is owed, in words.
fn told(owed: &OwedHook) -> String {
    let of = owed.run.map_or_else(|| "a recovery".to_owned(), |run| format!("run {run}"));
    format!(
        "the hook {} of {of}, which began at {}, has not run or has failed: what was stopped then may still be stopped; \
         {run} runs it",
        owed.hook,
        owed.since.strftime("%Y-%m-%d %H:%M:%S UTC"),
        run = Command::HooksRun
    )
}

/// Starts a hook and waits for its end. What it prints goes to `progress`, line by line and without secrets.
///
/// # Errors
/// `hook_failed`; `cancelled` when `cancel` asks for that.
pub(crate) async fn start(
    context: &Context,
    kind: HookKind,
    hook: &Hook,
    facts: &Facts,
    progress: &dyn Progress,
    cancel: Option<&CancellationToken>,
) -> Result<HookRun> {
    let _starting = cancel.is_none().then(Starting::begin);
    let begun = Instant::now();
    let failed = |what: String, hint: String| {
        Error::new(ErrorCode::HookFailed, format!("the hook {kind} {what}"), hint)
    };
    let profile = &context.profile;
    let program = Program::of(hook).map_err(|e| e.context(format_args!("the hook {kind}")))?;
    let shown = hook.program().display();
    progress.event(ProgressEvent::Note { text: format!("{kind}: {shown}") });
    let timeout = profile.hooks.timeout();
    let never = CancellationToken::new();
    let environment = [
        ("AITTA_HOOK", kind.as_str().to_owned()),
        ("AITTA_HOOK_PROFILE", profile.name.clone()),
        ("AITTA_HOOK_OPERATION", facts.operation.as_str().to_owned()),
        ("AITTA_HOOK_RUN", facts.run.map(|run| run.to_string()).unwrap_or_default()),
        ("AITTA_HOOK_OUTCOME", facts.outcome.map(|outcome| outcome.as_str().to_owned()).unwrap_or_default()),
    ];
    let (ended, printed) =
        program.run(&environment, timeout, cancel.unwrap_or(&never)).await.map_err(|e| {
            failed(
                format!("cannot be started: {e}"),
                format!("check that {shown} can be run, or take {kind} out of the hooks of the profile"),
            )
        })?;
    let printed = Secrets::of(context).hide(&printed);
    let lines = lines(&printed);
    for line in &lines {
        progress.event(ProgressEvent::Note { text: format!("{kind}: {line}") });
    }
    let last = lines
        .last()
        .map_or_else(|| "it printed nothing".to_owned(), |line| format!("it printed last: {line}"));
    let hint =
        format!("its output is in the log of the run; run {shown} by hand to see what is wrong with it");
    match ended {
        Ended::Well => {
            let duration_ms = begun.elapsed().as_millis() as u64;
            Ok(HookRun { hook: kind.into(), duration_ms })
        }
        Ended::Badly(status) => Err(failed(format!("failed with {status}; {last}"), hint)),
        Ended::TooLong => Err(failed(
            format!("was ended: it was not done after {} s; {last}", timeout.as_secs()),
            format!("give it more time with timeout_s of the hooks of the profile; {hint}"),
        )),
        Ended::Stopped => Err(Error::cancelled()),
    }
}

/// The last lines, each of a bounded length.
fn lines(text: &str) -> Vec<String> {
    let all: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let first = all.len().saturating_sub(MOST_LINES);
    all[first..].iter().map(|line| aitta_model::plain(line).chars().take(LINE_MAX).collect()).collect()
}

/// The hooks of the profile, whether each could be started, and which are owed.
///
/// # Errors
/// `catalog_failed`.
pub async fn report(context: &Context) -> Result<HooksReport> {
    let hooks: &Hooks = &context.profile.hooks;
    let shown = hooks.all().map(|(kind, hook)| HookShown {
        hook: kind.into(),
        program: hook.program().display().to_string(),
        failure: Program::of(hook).err().map(|e| e.failure()),
    });
    Ok(HooksReport {
        hooks: shown.collect(),
        timeout_s: u64::from(hooks.timeout_s),
        owed: owed(context).await?,
    })
}

/// The hooks that are owed and that nobody is about to run, with a remark on each.
///
/// # Errors
/// `catalog_failed`.
pub async fn remarks(context: &Context) -> Result<Vec<String>> {
    let is_recovered = context.catalog.open_recovery(&context.profile.name).await?.is_some();
    // A recovery that goes on runs its own.
    let owed = owed(context).await?;
    Ok(owed.iter().filter(|owed| owed.run.is_some() || !is_recovered).map(told).collect())
}

/// Those that are owed and whose runs are not under way.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn owed(context: &Context) -> Result<Vec<OwedHook>> {
    let (catalog, profile) = (&context.catalog, context.profile.name.as_str());
    let mut owed = catalog.owed_hooks(profile).await?;
    let underway: Vec<i64> = catalog.living_runs(profile).await?;
    owed.retain(|owed| owed.run.is_none_or(|run| !underway.contains(&run)));
    Ok(owed)
}

/// Runs a hook that is owed, and notes that it has run.
///
/// # Errors
/// `hook_failed`, `config_invalid`, `catalog_failed`.
pub(crate) async fn settle(
    context: &Context,
    kind: HookKind,
    facts: &Facts,
    progress: &dyn Progress,
) -> Result<HookRun> {
    let hook = context.profile.hooks.of(kind).ok_or_else(|| {
        Error::new(
            ErrorCode::ConfigInvalid,
            format!("the profile {:?} has no hook {kind} any more", context.profile.name),
            "start the application by hand; then write the hook into the profile again and run it, so that it is no longer \
             owed",
        )
    })?;
    let done = start(context, kind, hook, facts, progress, None).await?;
    context.catalog.settle_hook(&context.profile.name, kind).await?;
    Ok(done)
}
