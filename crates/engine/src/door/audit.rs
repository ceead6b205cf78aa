//! The audit trail: who did what, when, why, and how it ended.
//!
//! It is kept in the catalog and only ever added to. Each entry carries the SHA-256 of the one before and is signed
//! under a key of the ring; so is the end of the chain; and every archive carries the end of the chain as it was
//! when its backup began. An entry is written before its operation begins: no audit, no operation.

use std::collections::BTreeMap;

use aitta_model::{AuditAnchor, AuditEntry, AuditStage, ErrorCode, Operation, ReasonCode, RunOutcome, Word};

use super::{Entry, actor, place, reason};
use crate::catalog::Link;
use crate::{Context, Error, Result};

/// What is about to be done.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// The archive, when it is known beforehand.
    pub archive: Option<String>,
    /// Tables that were chosen; empty for all.
    pub tables: Vec<String>,
    /// Database or key that will be written to, without secrets.
    pub target: Option<String>,
    /// Why: a code, or a code and words.
    pub reason: Option<String>,
    /// Why, where the operation itself says so: it counts for words without a code.
    pub code: Option<ReasonCode>,
    /// Further remarks; the door puts the second factor before them.
    pub note: Option<String>,
}

/// How something ended.
#[derive(Debug, Clone)]
pub(crate) struct End {
    pub(crate) outcome: RunOutcome,
    pub(crate) failure: Option<ErrorCode>,
    pub(crate) archive: Option<String>,
    pub(crate) figures: BTreeMap<String, u64>,
    pub(crate) other_chains: Vec<AuditAnchor>,
}

impl End {
    /// This and no more.
    pub(crate) fn of(outcome: RunOutcome, failure: Option<ErrorCode>) -> Self {
        Self { outcome, failure, archive: None, figures: BTreeMap::new(), other_chains: Vec::new() }
    }

    /// With this error.
    pub(crate) fn failed(error: &Error) -> Self {
        Self::of(error.outcome(), Some(error.code()))
    }
}

/// An operation whose begin is in the trail.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    /// The entry and its hash: where the chain was when the operation began.
    pub(crate) link: Link,
    entry: AuditEntry,
}

/// Writes that an operation begins, which may have a row of its own among the runs.
///
/// # Errors
/// `reason_missing`, `audit_failed`: then nothing may be done.
pub(crate) async fn begin(
    context: &Context,
    entry: &Entry,
    subject: &Subject,
    run: Option<i64>,
) -> Result<Begun> {
    entry.check(context)?;
    let operation = entry.operation();
    let entry = entry_about(context, AuditStage::Begun, operation, subject)?;
    let (link, entry) = append(context, entry, run).await.map_err(|e| {
        e.context(format_args!(
            "the {} was not begun, because the audit trail can't be written",
            operation.in_words()
        ))
    })?;
    Ok(Begun { link, entry })
}

/// Writes how it ended.
///
/// # Errors
/// `audit_failed`.
pub(crate) async fn end(context: &Context, begun: Begun, end: End) -> Result<()> {
    let entry = AuditEntry {
        stage: AuditStage::Ended,
        begun: Some(begun.entry.entry),
        at: context.clock.now(),
        archive: end.archive.or_else(|| begun.entry.archive.clone()),
        outcome: Some(end.outcome.into()),
        failure: end.failure,
        figures: end.figures,
        other_chains: end.other_chains,
        ..begun.entry
    };
    append(context, entry, None).await.map(drop)
}

/// Writes that an operation whose process is gone was interrupted, unless its end is in the trail already;
/// `number` is the entry that began it.
///
/// # Errors
/// `audit_failed`.
pub(crate) async fn interrupted(context: &Context, number: i64) -> Result<()> {
    if context.catalog.has_ended(number).await? {
        return Ok(());
    }
    let Some(link) = context.catalog.audit_link(number).await? else { return Ok(()) };
    let Ok(begun) = serde_json::from_str::<AuditEntry>(&link.body) else { return Ok(()) };
    let end = End::of(RunOutcome::Failed, Some(ErrorCode::Interrupted));
    // Written by the process that has found out.
    let entry = AuditEntry { actor: actor(context), origin: context.origin, ..begun };
    self::end(context, Begun { link, entry }, end).await
}

/// Writes something that happened in one step.
///
/// # Errors
/// `reason_missing`, `audit_failed`.
pub(super) async fn event(
    context: &Context,
    operation: Operation,
    subject: &Subject,
    outcome: &str,
) -> Result<()> {
    let about = entry_about(context, AuditStage::Event, operation, subject)?;
    let entry = AuditEntry { outcome: Some(Word::read(outcome)), ..about };
    append(context, entry, None).await.map(drop)
}

/// An entry with all that the subject says.
fn entry_about(
    context: &Context,
    stage: AuditStage,
    operation: Operation,
    subject: &Subject,
) -> Result<AuditEntry> {
    Ok(AuditEntry {
        archive: subject.archive.clone(),
        tables: subject.tables.clone(),
        target: subject.target.clone(),
        reason: reason(context, operation, subject.reason.as_deref(), subject.code)?,
        note: subject.note.clone(),
        ..blank(context, stage, operation)
    })
}

/// Does `work` as an operation of the trail that is no run.
///
/// # Errors
/// `reason_missing`, `audit_failed`, and those of the work.
pub(crate) async fn around<T>(
    context: &Context,
    entry: impl Into<Entry>,
    subject: Subject,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    let entry = entry.into();
    let (operation, subject) = (entry.operation(), entry.of(subject));
    let begun = begin(context, &entry, &subject, None).await?;
    let result = work.await;
    let end = match &result {
        Ok(_) => End::of(RunOutcome::Succeeded, None),
        Err(e) => End::failed(e),
    };
    match (result, self::end(context, begun, end).await) {
        (Ok(done), Ok(())) => Ok(done),
        (Ok(_), Err(e)) => {
            Err(e.context(format_args!("the {} is done, but could not be recorded", operation.in_words())))
        }
        (Err(e), _) => Err(e),
    }
}

/// Where the trail is now that an operation has begun, for the archive that it makes. An archive can be made without
/// it: a damaged trail must not stop a backup.
pub(crate) async fn anchor(context: &Context, begun: &Begun) -> Option<aitta_archive::Anchor> {
    let chain = match &begun.entry.chain {
        Some(chain) => chain.clone(),
        None => chain_id(context).await?,
    };
    let Link { entry, hash, .. } = begun.link.clone();
    Some(aitta_archive::Anchor { chain, entry, hash, place: place(context) })
}

/// The id of the chain of this catalog; absent when there is none yet, or its first entry can't be read.
pub(crate) async fn chain_id(context: &Context) -> Option<String> {
    let first = context.catalog.audit_link(1).await.ok()??;
    serde_json::from_str::<AuditEntry>(&first.body).ok()?.chain
}

async fn append(context: &Context, entry: AuditEntry, run: Option<i64>) -> Result<(Link, AuditEntry)> {
    // An entry without a key is kept; the next one with a key covers it too.
    let keys = context.keys().await.ok();
    context.catalog.append_audit(entry, keys.as_deref(), run).await
}

fn blank(context: &Context, stage: AuditStage, operation: Operation) -> AuditEntry {
    AuditEntry {
        entry: 0,
        at: context.clock.now(),
        stage,
        begun: None,
        actor: actor(context),
        origin: context.origin,
        operation: operation.into(),
        profile: Some(context.profile.name.clone()),
        archive: None,
        tables: Vec::new(),
        target: None,
        reason: None,
        outcome: None,
        failure: None,
        figures: BTreeMap::new(),
        note: None,
        signed_by: None,
        chain: None,
        other_chains: Vec::new(),
    }
}
