//! The door: every operation passes it before it does anything. It asks for the reason, asks for the second factor
//! where one is needed, and writes the audit trail around the operation.
//!
//! What takes something away or gives something out is guarded: it needs a [`Pass`], which only a [`Door`] makes.
//! Everything else is [`Free`]. A run, and an entry of the trail, can be begun with one of these two only, so a guarded
//! operation that forgets to ask does not compile.

use std::convert::Infallible;

use aitta_model::{ErrorCode, Guarded, MfaCode, Operation, Origin, Reason, ReasonCode};

use crate::mfa::{self, Demand};
use crate::{Context, Error, Result};

mod actor;
mod audit;

pub(crate) use actor::{actor, place};
pub use audit::Subject;
pub(crate) use audit::{End, anchor, around, begin, chain_id, end, event, interrupted, stopped};

/// Operations that are always allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Free {
    /// Making an archive.
    Backup,
    /// Checking archives.
    Verify,
    /// Making the catalog agree with the store.
    Rebuild,
    /// Copying archives to a further store.
    Copy,
    /// Making the first vault key.
    KeyCreate,
    /// Making a new vault key the active one: the first, or one whose making has passed the door.
    KeyConfirm,
    /// Taking the first vault key from its recovery kit.
    KeyImport,
    /// Forgetting a vault key that has never locked anything.
    KeyDiscard,
    /// Setting up the first second factor.
    MfaEnroll,
    /// Saying that a loss was meant. What was held for it stays for another month; who has said it, and why, is in the
    /// trail.
    Accept,
    /// Letting go what may go by rules that somebody has agreed to.
    Prune,
    /// Putting an archive back that was put away.
    PutBack,
    /// Holding an archive, whatever the rules say.
    Hold,
    /// Pausing the schedule, which is told until its end.
    Pause,
    /// Ending a pause.
    Resume,
    /// A step of a recovery that is neither backup nor restore: those pass the door by themselves.
    Recover,
}

impl Free {
    /// As it is recorded.
    #[must_use]
    pub fn operation(self) -> Operation {
        match self {
            Self::Backup => Operation::Backup,
            Self::Verify => Operation::Verify,
            Self::Rebuild => Operation::Rebuild,
            Self::Copy => Operation::Copy,
            Self::KeyCreate => Operation::KeyCreate,
            Self::KeyConfirm => Operation::KeyConfirm,
            Self::KeyImport => Operation::KeyImport,
            Self::KeyDiscard => Operation::KeyDestroy,
            Self::MfaEnroll => Operation::MfaEnroll,
            Self::Accept => Operation::AcceptLoss,
            Self::Prune => Operation::Prune,
            Self::PutBack => Operation::PutBack,
            Self::Hold => Operation::Hold,
            Self::Pause => Operation::Pause,
            Self::Resume => Operation::Resume,
            Self::Recover => Operation::Recover,
        }
    }
}

/// Operations that are guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Giving data back into a database that exists.
    Restore,
    /// Dropping what restores have set aside.
    Cleanup,
    /// Deleting an archive.
    Delete,
    /// Putting away more than the share, or by looser rules, than goes without a question.
    PruneMore,
    /// Ending a hold on an archive.
    Release,
    /// Judging that an archive is of no account.
    Disown,
    /// Making the recovery kit of a vault key again.
    KeyExportKit,
    /// Making a vault key that takes the place of the active one.
    KeyReplace,
    /// Making a vault key the active one that was made while nobody was asked for a second factor.
    KeyConfirm,
    /// Taking a vault key into a ring that has an active one.
    KeyAdd,
    /// Moving archives from one vault key to another: the kit that opened them opens none any more.
    Rotate,
    /// Destroying a vault key.
    KeyDestroy,
    /// Changing or removing the second factor.
    MfaChange,
    /// Setting up a second factor in the place of another one.
    MfaReplace,
}

impl Guard {
    /// As it is recorded, what the second factor is asked for, and whether it can be done without one.
    fn rule(self) -> (Operation, Guarded, Demand) {
        match self {
            Self::Restore => (Operation::Restore, Guarded::Restore, Demand::WhenEnrolled),
            Self::Cleanup => (Operation::Cleanup, Guarded::Restore, Demand::WhenEnrolled),
            Self::Delete => (Operation::Delete, Guarded::Delete, Demand::WhenEnrolled),
            Self::PruneMore => (Operation::Prune, Guarded::Delete, Demand::WhenEnrolled),
            Self::Release => (Operation::Release, Guarded::Delete, Demand::WhenEnrolled),
            Self::Disown => (Operation::Disown, Guarded::Delete, Demand::WhenEnrolled),
            Self::KeyExportKit => (Operation::KeyExportKit, Guarded::Keys, Demand::WhenEnrolled),
            Self::KeyReplace => (Operation::KeyCreate, Guarded::Keys, Demand::WhenEnrolled),
            Self::KeyConfirm => (Operation::KeyConfirm, Guarded::Keys, Demand::WhenEnrolled),
            Self::KeyAdd => (Operation::KeyImport, Guarded::Keys, Demand::WhenEnrolled),
            Self::Rotate => (Operation::Rotate, Guarded::Keys, Demand::WhenEnrolled),
            Self::KeyDestroy => (Operation::KeyDestroy, Guarded::Keys, Demand::Always),
            Self::MfaChange => (Operation::MfaChange, Guarded::Mfa, Demand::Always),
            Self::MfaReplace => (Operation::MfaEnroll, Guarded::Mfa, Demand::Always),
        }
    }
}

/// A guarded operation whose reason was given. Look for other reasons to refuse it before [`Door::open`]: a recovery
/// code works once, and a refusal must not use it up.
#[derive(Debug)]
#[must_use]
pub struct Door {
    guard: Guard,
    reason: Option<String>,
}

/// Goes to the door with a reason.
///
/// # Errors
/// `reason_missing`.
pub fn at(context: &Context, guard: Guard, reason: Option<String>) -> Result<Door> {
    let operation = guard.rule().0;
    // What is routine otherwise is none here.
    if guard == Guard::PruneMore && reason.as_deref().and_then(Reason::parse).is_none() {
        return Err(reason_missing(operation));
    }
    self::reason(context, operation, reason.as_deref(), None)?;
    Ok(Door { guard, reason })
}

/// Goes to the door and through it.
///
/// # Errors
/// `reason_missing`, and as [`Door::open`].
pub async fn open(
    context: &Context,
    guard: Guard,
    reason: Option<String>,
    code: Option<&MfaCode>,
) -> Result<Pass> {
    at(context, guard, reason)?.open(context, code).await
}

impl Door {
    /// Asks for the second factor.
    ///
    /// # Errors
    /// `mfa_required`, `mfa_wrong`, `mfa_locked`, `mfa_unavailable`.
    pub async fn open(self, context: &Context, code: Option<&MfaCode>) -> Result<Pass> {
        let (_, guarded, demand) = self.guard.rule();
        let shown = factor(context, mfa::Asked::of(context, guarded), demand, code).await?;
        Ok(self.pass(context, shown))
    }

    /// The error of an operation that is refused before the second factor was asked for, once it is in the trail.
    pub async fn refuse(self, context: &Context, subject: Subject, refusal: Error) -> Error {
        let entry = Entry { operation: self.guard.rule().0, shown: None };
        let subject = Subject { reason: self.reason, ..subject };
        match around(context, entry, subject, async { Err::<Infallible, _>(refusal) }).await {
            Err(error) => error,
        }
    }

    fn pass(self, context: &Context, shown: String) -> Pass {
        let shown = Shown { reason: self.reason, factor: shown, profile: context.profile.name.clone() };
        Pass(Entry { operation: self.guard.rule().0, shown: Some(shown) })
    }
}

/// The door of a restore, which depends on what it goes into.
#[derive(Debug)]
#[must_use]
pub(crate) struct RestoreDoor(Door);

/// Goes to the door of a restore with a reason.
///
/// # Errors
/// `reason_missing`.
pub(crate) fn at_restore(context: &Context, reason: Option<String>) -> Result<RestoreDoor> {
    at(context, Guard::Restore, reason).map(RestoreDoor)
}

impl RestoreDoor {
    /// Asks for the second factor for a restore into the database at `target`, which may be another than the profile's
    /// own: what the profile is exempt from, and its exceptions, count for its own database only.
    ///
    /// # Errors
    /// As [`Door::open`].
    pub(crate) async fn open_for(
        self,
        context: &Context,
        target: &str,
        code: Option<&MfaCode>,
    ) -> Result<Pass> {
        let (_, guarded, demand) = self.0.guard.rule();
        let asked = mfa::Asked::of(context, guarded).into_database(target);
        let shown = factor(context, asked, demand, code).await?;
        Ok(self.0.pass(context, shown))
    }

    /// For a database that does not exist yet: nothing is taken away.
    pub(crate) fn into_new_target(self, context: &Context) -> Pass {
        self.0.pass(context, NEW_TARGET.to_owned())
    }
}

/// That the reason of a guarded operation was given, and its second factor shown. It counts for one run of
/// the profile that it was shown for.
#[derive(Debug)]
#[must_use]
pub struct Pass(Entry);

/// How an operation has passed the door.
#[derive(Debug)]
pub struct Entry {
    operation: Operation,
    /// The second factor, of a guarded operation.
    shown: Option<Shown>,
}

#[derive(Debug)]
struct Shown {
    reason: Option<String>,
    factor: String,
    /// The profile that it was shown for.
    profile: String,
}

/// In place of a factor, where nothing is taken away.
pub(crate) const NEW_TARGET: &str = "none needed: the target is new";

/// What the trail notes of the second factor, before what else is worth knowing.
pub(crate) fn note(factor: &str, more: Option<&str>) -> String {
    let more = more.map_or_else(String::new, |more| format!("; {more}"));
    format!("second factor: {factor}{more}")
}

impl From<Free> for Entry {
    fn from(free: Free) -> Self {
        Self { operation: free.operation(), shown: None }
    }
}

impl From<Pass> for Entry {
    fn from(Pass(entry): Pass) -> Self {
        entry
    }
}

impl Entry {
    /// As it is recorded.
    pub(crate) fn operation(&self) -> Operation {
        self.operation
    }

    /// Refuses a pass that was shown for another profile.
    ///
    /// # Errors
    /// `system`: that is a bug.
    fn check(&self, context: &Context) -> Result<()> {
        match &self.shown {
            Some(shown) if shown.profile != context.profile.name => Err(Error::new(
                ErrorCode::System,
                format!(
                    "a pass for the profile {:?} was shown for {:?}",
                    shown.profile, context.profile.name
                ),
                "report this with the message; nothing was done",
            )),
            _ => Ok(()),
        }
    }

    /// What is about to be done, with what the door knows of it.
    pub(crate) fn of(&self, subject: Subject) -> Subject {
        let Some(Shown { reason, factor, .. }) = &self.shown else { return subject };
        let note = Some(note(factor, subject.note.as_deref()));
        Subject { reason: reason.clone(), note, ..subject }
    }
}

/// The reason of an operation, which must be given for everything that takes something away or gives something out.
/// Making and checking archives is `routine` unless somebody says otherwise: it should always be easy.
///
/// # Errors
/// `reason_missing`.
pub(crate) fn reason(
    context: &Context,
    operation: Operation,
    text: Option<&str>,
    code: Option<ReasonCode>,
) -> Result<Option<Reason>> {
    match (text.and_then(Reason::parse), code) {
        (Some(Reason { code: ReasonCode::Other, text }), Some(code)) => {
            return Ok(Some(Reason { code, text }));
        }
        (Some(reason), _) => return Ok(Some(reason)),
        (None, Some(code)) => return Ok(Some(Reason { code, text: String::new() })),
        (None, None) => {}
    }
    match operation {
        _ if context.origin == Origin::Schedule => Ok(None),
        Operation::Backup
        | Operation::Verify
        | Operation::Rebuild
        | Operation::Copy
        | Operation::Prune
        | Operation::PutBack
        | Operation::Resume
        | Operation::KeyCreate
        | Operation::KeyConfirm
        | Operation::KeyImport
        | Operation::MfaEnroll => Ok(Some(Reason { code: ReasonCode::Routine, text: String::new() })),
        // Refused, so nothing was done that needs a reason.
        Operation::MfaRefused => Ok(None),
        _ => Err(reason_missing(operation)),
    }
}

fn reason_missing(operation: Operation) -> Error {
    Error::new(
        ErrorCode::ReasonMissing,
        format!("a {} needs a reason, for the audit trail", operation.in_words()),
        "give one with --reason: routine, release, incident, drill, request-of-data-subject, or your own words; a code \
         may be followed by words, as in \"incident: UPDATE without WHERE\"",
    )
}

/// The second factor alone, as the tests of it ask.
#[cfg(test)]
pub(crate) async fn require(
    context: &Context,
    guarded: Guarded,
    demand: Demand,
    code: Option<&MfaCode>,
) -> Result<String> {
    factor(context, mfa::Asked::of(context, guarded), demand, code).await
}

/// The second factor alone, for something that is done to the database at `target`.
#[cfg(test)]
pub(crate) async fn require_for_target(
    context: &Context,
    guarded: Guarded,
    demand: Demand,
    target: &str,
    code: Option<&MfaCode>,
) -> Result<String> {
    factor(context, mfa::Asked::of(context, guarded).into_database(target), demand, code).await
}

/// A pass as if the second factor had been shown.
#[cfg(test)]
pub(crate) fn passed(context: &Context, guard: Guard, reason: &str) -> Pass {
    Door { guard, reason: Some(reason.to_owned()) }.pass(context, "a code".to_owned())
}

/// Asks for the second factor. Returns, for the audit trail, what was shown. A refusal is written into it.
///
/// # Errors
/// `mfa_required`, `mfa_wrong`, `mfa_locked`, `mfa_unavailable`.
async fn factor(
    context: &Context,
    asked: mfa::Asked,
    demand: Demand,
    code: Option<&MfaCode>,
) -> Result<String> {
    match mfa::decide(context, &asked, demand, code).await {
        // No code was shown yet: this is a question, not a refusal.
        Err(error) if error.code() == ErrorCode::MfaRequired => Err(error),
        Err(error) => {
            let written = mfa::writes(context).await.map_or_else(String::new, |words| format!(" {words}"));
            let subject = Subject {
                target: Some(asked.to_string()),
                note: Some(format!("{error}{written}")),
                ..Subject::default()
            };
            let outcome = error.code().as_str();
            if let Err(unrecorded) = audit::event(context, Operation::MfaRefused, &subject, outcome).await {
                tracing::error!(error = %unrecorded, "a refused second factor could not be recorded");
            }
            Err(error)
        }
        shown => shown,
    }
}
