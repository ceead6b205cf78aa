//! `aitta recover`

use std::sync::{Mutex, PoisonError};

use aitta_engine::recover::{self, How};
use aitta_engine::{Context, Error, Result};
use aitta_model::{
    ArchiveSelector, Command, ErrorCode, MfaCode, RecoverRequest, RecoverStep, Recovery, RecoveryPlan,
    RestoreMode, StepRecord, StepState, Timestamp, incident,
};
use clap::Args;
use jiff::tz::TimeZone;

use super::backup::{findings, mode, report_text};
use super::contacts;
use crate::call::{Call, OK};
use crate::format::{finding, time};
use crate::output::Output;
use crate::progress::Bar;
use crate::second_factor::{Totp, with_code};
use crate::session;

/// What somebody types who goes on without an emergency backup.
const WITHOUT: &str = "go on without";

/// What the help says of it, before the options.
pub(crate) const ABOUT: &str = "Get back to work after an incident, step by step. Each step is confirmed, and a step that fails or is killed \
                  is gone on from with --resume.\n\n\
                  1. stop     runs the hook before_restore of the profile, or waits until you have stopped the application\n\
                  2. backup   makes an emergency backup of what is there, and reads it back; if it fails, it asks whether to \
                  go on without\n\
                  3. restore  restores the newest verified archive of the whole database, or the last one before --before. \
                  The database is restored beside, proven, and takes the place and the name of the damaged one, which is \
                  kept under another name. Where the user may not create databases, every table is replaced where it is, in \
                  one transaction; the plan says so before anything begins\n\
                  4. proof    shows counts and digests, table by table\n\
                  5. start    runs the hook after_restore, or waits until you have started the application\n\n\
                  Emergency and safety archives are never chosen by themselves: they may hold the damage.";

#[derive(Args)]
pub(crate) struct Arguments {
    /// Go back to before this time: 02:55, "yesterday 02:55", "2026-11-30 02:55" by the clock of this machine, or
    /// 2026-11-30T02:55:00Z
    #[arg(long, value_name = "TIME", conflicts_with_all = ["backup_id", "resume", "status", "abandon"])]
    before: Option<String>,
    /// Go back to this archive
    #[arg(long, value_name = "ID", conflicts_with_all = ["resume", "status", "abandon"])]
    backup_id: Option<String>,
    /// Why: incident, drill, or your own words; asked for where it is missing
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["resume", "status"])]
    reason: Option<String>,
    /// Confirm every step, for scripts; begin with --reason
    #[arg(long)]
    yes: bool,
    /// With --yes: go on without an emergency backup if it fails, and why, in your own words
    #[arg(long, value_name = "TEXT", requires = "yes")]
    without_backup: Option<String>,
    /// What others have written may run with the rights of a superuser; the plan says what it is
    #[arg(long, conflicts_with_all = ["resume", "status", "abandon"])]
    trust_code: bool,
    /// Say how far the last recovery is
    #[arg(long, conflicts_with_all = ["resume", "abandon"])]
    status: bool,
    /// Go on with the recovery that was begun
    #[arg(long, conflicts_with = "abandon")]
    resume: bool,
    /// End the recovery that was begun; an application that a hook has stopped can be started again
    #[arg(long)]
    abandon: bool,
    #[command(flatten)]
    mfa: Totp,
}

/// What every step needs.
struct Guide<'a> {
    call: &'a Call<'a>,
    context: &'a Context,
    yes: bool,
    without_backup: Option<String>,
    code: Mutex<Option<MfaCode>>,
}

pub(crate) async fn run(call: &Call<'_>, arguments: Arguments) -> Result<u8> {
    let Arguments {
        before,
        backup_id,
        reason,
        yes,
        without_backup,
        trust_code,
        status,
        resume,
        abandon,
        mfa,
    } = arguments;
    let context = session::context(call.global).await?;
    let guide = Guide { call, context: &context, yes, without_backup, code: Mutex::new(mfa.code()) };
    if status {
        return guide.status().await;
    }
    if abandon {
        return guide.abandon(reason).await;
    }
    let recovery = match resume {
        true => recover::open(&context).await.map_err(|e| guide.called(e))?,
        false => {
            let archive = selector(before.as_deref(), backup_id)?;
            guide.begin(RecoverRequest { archive, reason, trust_code }).await.map_err(|e| guide.called(e))?
        }
    };
    let done = guide.walk(recovery).await.map_err(|e| guide.called(e))?;
    call.output.report(&done, text)?;
    Ok(OK)
}

fn selector(before: Option<&str>, id: Option<String>) -> Result<ArchiveSelector> {
    let wrong = |e: String| Error::new(ErrorCode::ConfigInvalid, e, "see `aitta help recover`");
    match (before, id) {
        (Some(text), _) => {
            let zone = TimeZone::system();
            incident(text, &now().to_zoned(zone)).map(ArchiveSelector::Before).map_err(wrong)
        }
        (None, Some(id)) => match id.parse::<ArchiveSelector>().map_err(wrong)? {
            ArchiveSelector::Id(id) => Ok(ArchiveSelector::Id(id)),
            _ => Err(wrong(
                "--backup-id names one archive; leave it out for the newest verified one".to_owned(),
            )),
        },
        (None, None) => Ok(ArchiveSelector::Latest),
    }
}

fn now() -> Timestamp {
    use aitta_engine::Clock as _;
    aitta_engine::SystemClock.now()
}

impl Guide<'_> {
    fn say(&self, text: &str) {
        if !self.yes {
            self.call.output.warn(&text.trim_end());
        } else {
            self.call.output.remark(text.trim_end());
        }
    }

    /// The error, with whom to call said before it.
    fn called(&self, error: Error) -> Error {
        let contacts = &self.context.profile.contacts;
        if !contacts.is_empty() && error.code() != ErrorCode::Cancelled {
            self.call.output.warn(&format!("whom to call:\n{}", contacts::lines(contacts)).trim_end());
        }
        error
    }

    /// Asks on the terminal. A signal meanwhile ends the command.
    async fn ask(&self, question: String) -> Result<String> {
        if !self.call.output.can_ask() {
            return Err(Error::new(
                ErrorCode::ConfigInvalid,
                "a recovery asks before each step, and there is no terminal",
                "run it in a terminal; in a script confirm every step with --yes and --reason TEXT",
            ));
        }
        let asked = tokio::task::spawn_blocking(move || Output::new(false, false).ask(&question));
        tokio::select! {
            answer = asked => Ok(answer.ok().flatten().unwrap_or_default()),
            () = self.context.cancel.cancelled() => Err(Error::cancelled()),
        }
    }

    async fn confirm(&self, question: &str) -> Result<bool> {
        if self.yes {
            return Ok(true);
        }
        let answer = self.ask(format!("{question} [yes/no]")).await?;
        Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    async fn begin(&self, request: RecoverRequest) -> Result<Recovery> {
        let plan = recover::plan(self.context, &request).await?;
        self.say(&plan_text(&plan));
        if !self.context.profile.contacts.is_empty() {
            self.say(&format!("whom to call:\n{}", contacts::lines(&self.context.profile.contacts)));
        }
        let reason = match request.reason {
            Some(reason) => Some(reason),
            None if self.yes => None,
            None => {
                let question = "Why, for the audit trail: incident, drill, or your own words:";
                Some(self.ask(question.to_owned()).await?).filter(|reason| !reason.is_empty())
            }
        };
        if !self
            .confirm("Begin the recovery? Nothing is stopped or changed before the next question.")
            .await?
        {
            return Err(Error::new(ErrorCode::Cancelled, "no recovery was begun", "nothing was changed"));
        }
        // The very archive that was shown.
        let archive = ArchiveSelector::Id(plan.archive);
        let recovery = recover::begin(self.context, RecoverRequest { archive, reason, ..request }).await?;
        self.say(&format!(
            "recovery {} is begun; after a kill go on with {resume}",
            recovery.id,
            resume = Command::RecoverResume
        ));
        Ok(recovery)
    }

    /// From step to step to the end.
    async fn walk(&self, mut recovery: Recovery) -> Result<Recovery> {
        while let Some((step, record)) =
            recovery.next().and_then(|next| Some((next.step.known()?, next.clone())))
        {
            self.say(&announced(&recovery, step, &record));
            if !self.goes_on(&recovery, step).await? {
                return Err(waits(step));
            }
            // Only the restore asks for one, and a code counts once.
            let code = match step {
                RecoverStep::Restore => self.code.lock().unwrap_or_else(PoisonError::into_inner).take(),
                _ => None,
            };
            let done = with_code(self.call, self.context, code, async |mfa| {
                let bar = Bar::new(self.call.output);
                recover::go_on(self.context, step, How::Do(mfa), &bar).await
            });
            recovery = match done.await {
                Ok(recovery) => recovery,
                Err(error) => self.after_failure(step, error).await?,
            };
        }
        Ok(recovery)
    }

    /// Whether a person confirms the step.
    async fn goes_on(&self, recovery: &Recovery, step: RecoverStep) -> Result<bool> {
        let plan = &recovery.plan;
        match (step, &plan.stop, &plan.start) {
            (RecoverStep::Stop, Some(program), _) => {
                self.confirm(&format!("Stop the application with {program}?")).await
            }
            (RecoverStep::Stop, None, _) => {
                self.confirm("Stop the application by hand now. Is it stopped?").await
            }
            (RecoverStep::Backup, ..) => self.confirm("Archive what is there now?").await,
            (RecoverStep::Restore, ..) => {
                if self.yes {
                    return Ok(true);
                }
                let name = database(&plan.mode);
                let question = format!("Restore {} now? Type {name} to confirm:", plan.archive);
                Ok(self.ask(question).await? == name)
            }
            (RecoverStep::Proof, ..) => self.confirm("Is this what you expect?").await,
            (RecoverStep::Start, _, Some(program)) => {
                self.confirm(&format!("Start the application with {program}?")).await
            }
            (RecoverStep::Start, _, None) => {
                self.confirm("Start the application by hand now. Is it running?").await
            }
        }
    }

    /// What a person says to a step that has failed: again, on without it, or no more for now.
    async fn after_failure(&self, step: RecoverStep, error: Error) -> Result<Recovery> {
        let can_be_left = matches!(step, RecoverStep::Stop | RecoverStep::Backup | RecoverStep::Start);
        if self.yes {
            return match (step, &self.without_backup) {
                (RecoverStep::Backup, Some(words)) if error.code() != ErrorCode::Cancelled => {
                    self.say(&finding(aitta_model::Severity::Warning, &error.to_string(), error.hint()));
                    self.without(step, words.clone()).await
                }
                _ => Err(resumable(error)),
            };
        }
        if error.code() == ErrorCode::Cancelled || !self.call.output.can_ask() {
            return Err(resumable(error));
        }
        let error = self.called(error);
        self.say(&finding(
            aitta_model::Severity::Blocker,
            &format!("the step {step} has failed: {error}"),
            error.hint(),
        ));
        let question = match (step, can_be_left) {
            (RecoverStep::Backup, _) => format!(
                "Type again to try once more, or {WITHOUT:?} to restore without an archive of what is there; anything else \
                 waits:"
            ),
            (_, true) => format!(
                "Type again to try once more, or {WITHOUT:?} when you have done it by hand; anything else waits:"
            ),
            (_, false) => "Type again to try once more; anything else waits:".to_owned(),
        };
        match self.ask(question).await?.to_lowercase().as_str() {
            "again" => recover::open(self.context).await,
            WITHOUT if can_be_left => self.without(step, WITHOUT.to_owned()).await,
            _ => Err(waits(step)),
        }
    }

    async fn without(&self, step: RecoverStep, words: String) -> Result<Recovery> {
        recover::go_on(self.context, step, How::Without(words), &aitta_engine::Silent).await
    }

    async fn status(&self) -> Result<u8> {
        let last = recover::last(self.context).await?;
        self.call.output.report(&last, |last| match last {
            None => "no recovery was begun yet\n".to_owned(),
            Some(recovery) => {
                let called = match recovery.is_open() && !self.context.profile.contacts.is_empty() {
                    true => format!("whom to call:\n{}", contacts::lines(&self.context.profile.contacts)),
                    false => String::new(),
                };
                format!("{}{called}", text(recovery))
            }
        })?;
        Ok(OK)
    }

    async fn abandon(&self, reason: Option<String>) -> Result<u8> {
        let recovery = recover::open(self.context).await?;
        self.say(&text(&recovery));
        if !self.confirm("End this recovery before it is done?").await? {
            return Err(Error::new(ErrorCode::Cancelled, "the recovery goes on", "nothing was changed"));
        }
        let is_stopped = recovery.plan.start.is_some()
            && recovery.steps.iter().any(|s| s.step.is(RecoverStep::Stop) && !s.state.is(StepState::Waiting));
        let start = match (&recovery.plan.start, is_stopped) {
            (Some(program), true) => {
                self.confirm(&format!("The application may be stopped. Start it again with {program}?"))
                    .await?
            }
            _ => false,
        };
        let bar = Bar::new(self.call.output);
        let ended = recover::abandon(self.context, reason.as_deref(), start, &bar).await;
        drop(bar);
        let (ended, failure) = ended.map_err(|e| self.called(e))?;
        self.call.output.report(&ended, text)?;
        let Some(failure) = failure else { return Ok(OK) };
        let hint = format!("{}; then start it with {run}", failure.hint, run = Command::HooksRun);
        Err(self.called(Error::new(
            failure.code,
            format!("the recovery is ended, and {}", failure.message),
            hint,
        )))
    }
}

fn waits(step: RecoverStep) -> Error {
    Error::new(
        ErrorCode::Cancelled,
        format!("the recovery waits before the step {step}"),
        format!(
            "go on with {resume}, or end it with {abandon}",
            resume = Command::RecoverResume,
            abandon = Command::RecoverAbandon
        ),
    )
}

fn resumable(error: Error) -> Error {
    let hint = format!("{}; then go on with {resume}", error.hint(), resume = Command::RecoverResume);
    error.hint_instead(hint)
}

/// The last part of the place that is restored into: what a person knows it by.
fn database(mode: &RestoreMode) -> String {
    let (RestoreMode::Swap { target, .. }
    | RestoreMode::Replace { target }
    | RestoreMode::Create { target }
    | RestoreMode::Fill { target }
    | RestoreMode::SideSchema { target, .. }) = mode;
    target.rsplit(['/', '\\']).next().unwrap_or(target).to_owned()
}

fn local(at: Timestamp) -> String {
    let local = at.to_zoned(TimeZone::system());
    match local.offset().is_zero() {
        true => String::new(),
        false => format!(" ({})", local.strftime("%a %Y-%m-%d %H:%M %Z")),
    }
}

fn plan_text(plan: &RecoveryPlan) -> String {
    let by = |program: &Option<String>| program.clone().unwrap_or_else(|| "you, by hand".to_owned());
    let mut out = format!(
        "goes back to {} of {}{}\ninto {}\nstopped by {}, started by {}\n",
        plan.archive,
        time(plan.archive_created),
        local(plan.archive_created),
        mode(&plan.mode),
        by(&plan.stop),
        by(&plan.start),
    );
    for passed in &plan.passed {
        out.push_str(&format!("passed over {passed}\n"));
    }
    out.push_str(&findings(&plan.findings));
    out
}

fn announced(recovery: &Recovery, step: RecoverStep, record: &StepRecord) -> String {
    let number = recovery.steps.iter().position(|s| s.step.is(step)).map_or(0, |at| at + 1);
    let mut out = format!("\nstep {number} of {}: {step}\n", recovery.steps.len());
    if let (true, Some(at)) = (record.state.is(StepState::Begun), record.at) {
        out.push_str(&format!("it was begun at {}, and its end is not known: it is done again\n", time(at)));
    }
    if let Some(failure) = &record.failure {
        out.push_str(&format!("it has failed before: {}\n", failure.message));
    }
    if let (RecoverStep::Proof, Some(report)) = (step, &recovery.report) {
        out.push_str(&report_text(report));
    }
    out
}

fn text(recovery: &Recovery) -> String {
    let mut out = format!(
        "recovery {} of {}: {}, begun at {}\nback to {} of {}\n",
        recovery.id,
        recovery.profile,
        recovery.state,
        time(recovery.begun),
        recovery.plan.archive,
        time(recovery.plan.archive_created),
    );
    for record in &recovery.steps {
        let at = record.at.map(|at| format!(" at {}", time(at))).unwrap_or_default();
        let note = record.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        out.push_str(&format!("  {:<8} {}{at}{note}\n", record.step, record.state));
        if let Some(failure) = &record.failure {
            out.push_str(&format!("    {}\n    hint: {}\n", failure.message, failure.hint));
        }
    }
    if let Some(id) = &recovery.emergency {
        out.push_str(&format!("what was there is in {id}\n"));
    }
    if let Some(words) = &recovery.without {
        out.push_str(&format!("there is no emergency backup; a person has said: {words}\n"));
    }
    if let (Some(RestoreMode::Swap { set_aside, .. }), false) =
        (recovery.report.as_ref().map(|report| &report.mode), recovery.is_open())
    {
        out.push_str(&format!("the database as it was is kept as {set_aside}\n"));
    }
    if recovery.is_open() {
        out.push_str(&format!(
            "go on with {resume}, or end it with {abandon}\n",
            resume = Command::RecoverResume,
            abandon = Command::RecoverAbandon
        ));
    }
    out
}
