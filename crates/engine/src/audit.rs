//! The audit trail: who did what, when, why, and how it ended.
//!
//! It is kept in the catalog and only ever added to. Each entry carries the SHA-256 of the one before, the last
//! one is signed under a key of the ring, and every archive carries the end of the chain as it was when the
//! archive was made. An entry is written before its operation begins: no audit, no operation.

use std::collections::BTreeMap;

use aitta_model::{AuditEntry, AuditStage, ErrorCode, Operation, Origin, Reason, ReasonCode};

use crate::{Context, Error, Result};

mod actor;
mod chain;

pub(crate) use actor::actor;
pub(crate) use chain::{Link, START};

/// Label of the key that signs the chain.
const LABEL: &str = "aitta/1 audit";

/// What is about to be done.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// The archive, when that is known before.
    pub archive: Option<String>,
    /// Tables that were chosen; empty for all.
    pub tables: Vec<String>,
    /// Database or key that will be written to, without secrets.
    pub target: Option<String>,
    /// Why: a code, or a code and words.
    pub reason: Option<String>,
    /// Why, where the operation itself says so: it counts for words without a code.
    pub code: Option<ReasonCode>,
    /// Which second factor was shown.
    pub note: Option<String>,
}

/// How something ended.
#[derive(Debug, Clone, Default)]
pub(crate) struct End {
    pub(crate) outcome: &'static str,
    pub(crate) failure: Option<ErrorCode>,
    pub(crate) archive: Option<String>,
    pub(crate) figures: BTreeMap<String, u64>,
}

/// An operation whose begin is in the trail.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    /// The entry and its hash: where the chain was when the operation began.
    pub(crate) link: Link,
    entry: AuditEntry,
}

/// The reason of an operation, which must be given for everything that takes something away or gives something
/// out. Making and checking archives is `routine` unless somebody says otherwise: nobody should be kept from it.
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
        | Operation::KeyCreate
        | Operation::KeyImport
        | Operation::MfaEnroll => Ok(Some(Reason { code: ReasonCode::Routine, text: String::new() })),
        // Not done, so there is no why.
        Operation::MfaRefused => Ok(None),
        _ => Err(Error::new(
            ErrorCode::ReasonMissing,
            format!("a {} needs a reason, for the audit trail", operation.in_words()),
            "give one with --reason: routine, release, incident, drill, request-of-data-subject, or your own words; \
             a code may be followed by words, as in \"incident: UPDATE without WHERE\"",
        )),
    }
}

/// Writes that an operation begins.
///
/// # Errors
/// `reason_missing`, `audit_failed`: then nothing may be done.
pub(crate) async fn begin(context: &Context, operation: Operation, subject: &Subject) -> Result<Begun> {
    let entry = AuditEntry {
        archive: subject.archive.clone(),
        tables: subject.tables.clone(),
        target: subject.target.clone(),
        reason: reason(context, operation, subject.reason.as_deref(), subject.code)?,
        note: subject.note.clone(),
        ..blank(context, AuditStage::Begun, operation)
    };
    let (link, entry) = append(context, entry).await.map_err(|e| {
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
        outcome: Some(end.outcome.to_owned()),
        failure: end.failure,
        figures: end.figures,
        ..begun.entry
    };
    append(context, entry).await.map(drop)
}

/// Writes that an operation whose process is gone was interrupted; `number` is the entry that began it.
///
/// # Errors
/// `audit_failed`.
pub(crate) async fn interrupted(context: &Context, number: i64) -> Result<()> {
    let Some(link) = context.catalog.audit_link(number).await? else { return Ok(()) };
    let Ok(begun) = serde_json::from_str::<AuditEntry>(&link.body) else { return Ok(()) };
    let end = End { outcome: "failed", failure: Some(ErrorCode::Interrupted), ..End::default() };
    // Told by the process that has found out.
    let entry = AuditEntry { actor: actor(context), origin: context.origin, ..begun };
    self::end(context, Begun { link, entry }, end).await
}

/// Writes something that happened in one step.
///
/// # Errors
/// `reason_missing`, `audit_failed`.
pub(crate) async fn event(
    context: &Context,
    operation: Operation,
    subject: &Subject,
    outcome: &str,
) -> Result<()> {
    let entry = AuditEntry {
        archive: subject.archive.clone(),
        tables: subject.tables.clone(),
        target: subject.target.clone(),
        reason: reason(context, operation, subject.reason.as_deref(), subject.code)?,
        note: subject.note.clone(),
        outcome: Some(outcome.to_owned()),
        ..blank(context, AuditStage::Event, operation)
    };
    append(context, entry).await.map(drop)
}

/// Does `work` as an operation of the trail that is no run.
///
/// # Errors
/// `reason_missing`, `audit_failed`, and those of the work.
pub(crate) async fn around<T>(
    context: &Context,
    operation: Operation,
    subject: &Subject,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    let begun = begin(context, operation, subject).await?;
    let result = work.await;
    let end = match &result {
        Ok(_) => End { outcome: "succeeded", ..End::default() },
        Err(e) => End { outcome: outcome_of(e), failure: Some(e.code()), ..End::default() },
    };
    match (result, self::end(context, begun, end).await) {
        (Ok(done), Ok(())) => Ok(done),
        (Ok(_), Err(e)) => {
            Err(e.context(format_args!("the {} is done, but could not be recorded", operation.in_words())))
        }
        (Err(e), _) => Err(e),
    }
}

pub(crate) fn outcome_of(error: &Error) -> &'static str {
    if error.code() == ErrorCode::Cancelled { "cancelled" } else { "failed" }
}

async fn append(context: &Context, entry: AuditEntry) -> Result<(Link, AuditEntry)> {
    let (link, entry) = context.catalog.append_audit(entry).await?;
    // Without a key the entry stands all the same; the next one that has a key signs it too.
    if let Ok(keys) = context.keys() {
        let (key_id, tag) = keys.sign(LABEL, &link.message());
        context.catalog.sign_audit(&link, &key_id, &tag).await?;
    }
    Ok((link, entry))
}

fn blank(context: &Context, stage: AuditStage, operation: Operation) -> AuditEntry {
    AuditEntry {
        entry: 0,
        at: context.clock.now(),
        stage,
        begun: None,
        actor: actor(context),
        origin: context.origin,
        operation: operation.as_str().to_owned(),
        profile: Some(context.profile.name.clone()),
        archive: None,
        tables: Vec::new(),
        target: None,
        reason: None,
        outcome: None,
        failure: None,
        figures: BTreeMap::new(),
        note: None,
    }
}
