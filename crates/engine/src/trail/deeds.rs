//! What people did in a span of time beside backups, for the review of a month.

use aitta_model::{AuditEntry, AuditQuery, Deed, Operation, Timestamp};

use super::done::{Done, Rehearsed, operations};
use super::{check, list};
use crate::catalog;
use crate::{Context, Result};

/// Everything that overwrites, gives out or takes away; backups and their checks are figures.
const DEEDS: [Operation; 20] = [
    Operation::Restore,
    Operation::Delete,
    Operation::Cleanup,
    Operation::Rotate,
    Operation::KeyCreate,
    Operation::KeyConfirm,
    Operation::KeyImport,
    Operation::KeyExportKit,
    Operation::KeyDestroy,
    Operation::MfaEnroll,
    Operation::MfaChange,
    Operation::Disown,
    Operation::AcceptLoss,
    Operation::Prune,
    Operation::PutBack,
    Operation::Pause,
    Operation::Resume,
    Operation::Hold,
    Operation::Release,
    Operation::Recover,
];

/// What the trail says of a span.
pub(crate) struct Deeds {
    /// The newest first.
    pub(crate) deeds: Vec<Deed>,
    /// Codes of the second factor that were refused.
    pub(crate) refused_codes: u64,
    /// Whether the trail is as it was written.
    pub(crate) intact: bool,
    /// Entries that no checked signature covers.
    pub(crate) unsigned: u64,
    /// The last restore of everything whose reason was a drill, in the whole trail.
    pub(crate) drilled: Option<Timestamp>,
}

/// What was done in the profile from one time until another, and what was done for all profiles.
///
/// # Errors
/// `audit_failed`, `catalog_failed`.
pub(crate) async fn deeds(context: &Context, from: Timestamp, to: Timestamp) -> Result<Deeds> {
    let profile = context.profile.name.as_str();
    let chain = check::chain(context).await?;
    let records = match list::records(context, &AuditQuery::default()).await {
        Err(error) if chain.fault.is_some() && catalog::is_trail_gone(&error) => Vec::new(),
        other => other?.0,
    };
    let entries: Vec<AuditEntry> = records.into_iter().map(|record| record.entry).collect();
    let is_ours = |entry: &AuditEntry| entry.profile.as_deref().is_none_or(|named| named == profile);
    let within = |entry: &AuditEntry| entry.at >= from && entry.at <= to && is_ours(entry);
    let runs = context.catalog.runs_of_trail(profile, from).await?;
    let done = operations(&entries, within);
    let deeds = done.into_iter().rev().filter(|done| done.is(&DEEDS));
    let deeds = deeds.map(|done| deed(&done, runs.get(&done.begun.entry).copied()));
    Ok(Deeds {
        deeds: deeds.collect(),
        refused_codes: entries.iter().filter(|e| within(e) && e.operation == Operation::MfaRefused).count()
            as u64,
        intact: chain.is_intact(),
        unsigned: chain.entries.saturating_sub(chain.signed_to.unwrap_or(0)),
        drilled: Rehearsed::of(&entries, profile, context.clock.now()).drilled,
    })
}

fn deed(done: &Done, run: Option<(i64, Option<u64>)>) -> Deed {
    let (begun, ended) = (&done.begun, done.ended.as_ref());
    let took = ended.map(|ended| ended.at.duration_since(begun.at).as_millis());
    let took = took.map(|ms| ms.unsigned_abs().try_into().unwrap_or(u64::MAX));
    Deed {
        entry: begun.entry,
        at: begun.at,
        operation: begun.operation.clone(),
        actor: begun.actor.clone(),
        reason: begun.reason.clone(),
        archive: done.archive().map(str::to_owned),
        tables: begun.tables.clone(),
        target: begun.target.clone(),
        outcome: done.outcome().cloned(),
        // Where its run is known, what is shown of that.
        duration_ms: run.and_then(|(_, took)| took).or(took),
        run: run.map(|(id, _)| id),
        proof: done.is_proof(),
    }
}
