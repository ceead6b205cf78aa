//! Checking archives.
//!
//! Level `stored` reads every byte once: the tag of each frame, the layout, the checksum. Level
//! `content` also decrypts and decompresses each frame, counts its rows and computes its digest.

use std::sync::Arc;
use std::time::Instant;

use aitta_archive::ArchiveId;
use aitta_keys::KeyRing;
use aitta_model::{
    Action, ArchiveSelector, ArchiveState, Depth, ErrorCode, Failure, ProgressEvent, VerifyLevel,
    VerifyReport, VerifyRequest, VerifyResult, VerifyScope,
};

use crate::catalog;
use crate::door::{Free, Subject};
use crate::reading::check::{check, is_damage};
use crate::reading::{OpenArchive, gone, select, sidecar};
use crate::run::{self, Done, Run};
use crate::{Context, Error, Progress, Result, copies};

/// Checks one archive or all. Damage is a result, not an error; every result becomes evidence.
///
/// # Errors
/// `key_*`, `config_invalid`, `archive_not_found`, `store_*` when the store can't be listed, `catalog_failed`,
/// `audit_failed`, `cancelled`.
pub async fn verify(
    context: &Context,
    request: VerifyRequest,
    progress: &dyn Progress,
) -> Result<VerifyReport> {
    let begun = Instant::now();
    let keys = context.keys().await?;
    let ids = match &request.scope {
        VerifyScope::One(selector) => vec![select::one(context, &keys, selector).await?],
        VerifyScope::All => select::ids(context).await?,
    };
    let missing = match (&request.scope, ids.as_slice()) {
        (VerifyScope::One(selector), [taken]) if !select::by_id(selector) => {
            let there = select::ids(context).await?;
            gone::newer(context, selector, &there, Some(*taken)).await?
        }
        (VerifyScope::One(_), _) => Vec::new(),
        (VerifyScope::All, there) => gone::all(context, there).await?,
    };
    if ids.is_empty() && missing.is_empty() {
        return Err(select::nothing_found(context, &ArchiveSelector::Latest));
    }
    let mut results = Vec::with_capacity(ids.len());
    for id in ids {
        let mut found = None;
        let log = run::Log::new(progress);
        let work = async {
            let mut result = tokio::select! {
                result = verify_one(context, &keys, id, request.level, &log) => result,
                () = context.cancel.cancelled() => return Err(Error::cancelled()),
            };
            // A list is read for hours, in which a prune may take from it.
            if matches!(request.scope, VerifyScope::All) && was_let_go(context, &result).await? {
                result.ok = true;
                result.failure = None;
                result.remarks.push("it was deleted by a prune or a person meanwhile".to_owned());
                return Ok(result);
            }
            record(context, &result, request.level).await?;
            if result.ok && is_still_damaged(context, &result.id).await? {
                result.remarks.push(format!(
                    "it stays listed as damaged: a deeper check found damage, and only a check of that depth \
                     clears it; run {verify}",
                    verify = Action::Verify { copy: None, id: result.id.clone(), content: true }
                ));
            }
            if let (Some(failure), VerifyScope::One(selector)) = (result.failure.as_mut(), &request.scope) {
                let met = Error::new(failure.code, &*failure.message, &*failure.hint);
                failure.hint = select::with_way_on(context, &keys, selector, id, met).await.failure().hint;
            }
            if damage(&result).is_some()
                && let Some(failure) = result.failure.as_mut()
                && let Some(hint) = copies::way_out(context, &result.id).await?
            {
                failure.hint = hint;
            }
            // A damaged archive fails the run, but the others are still checked.
            let end = match result.failure.clone() {
                None => Ok(result.clone()),
                Some(f) => Err(Error::new(f.code, f.message, f.hint)),
            };
            found = Some(result);
            end
        };
        let about = |r: &VerifyResult| Some(r.id.clone());
        // Also of one that fails: people are told which it is.
        let subject = Subject { archive: Some(id.to_string()), ..Subject::default() };
        let run = Run::shared(context, Free::Verify, subject).logged(&log);
        let end = run.work(about, |_| work).await.and_then(Done::noted);
        match (found, end) {
            // The one archive that was asked for could not be checked: an error, not a result.
            (Some(result), Err(error))
                if matches!(request.scope, VerifyScope::One(_)) && damage(&result).is_none() =>
            {
                return Err(error);
            }
            (Some(result), _) => results.push(result),
            (None, Err(error)) => return Err(error),
            (None, Ok(result)) => results.push(result),
        }
    }
    let duration_ms = begun.elapsed().as_millis() as u64;
    let missing = missing.iter().map(ToString::to_string).collect();
    Ok(VerifyReport { level: request.level, results, missing, duration_ms })
}

/// Whether an archive that could not be found was deleted here, which the catalog knows.
async fn was_let_go(context: &Context, result: &VerifyResult) -> Result<bool> {
    let is_gone = result.failure.as_ref().is_some_and(|failure| failure.code == ErrorCode::ArchiveNotFound);
    Ok(is_gone && !context.catalog.is_entered(&context.store.location(), &result.id).await?)
}

/// Whether an earlier finding stands against an archive that was just found whole.
async fn is_still_damaged(context: &Context, id: &str) -> Result<bool> {
    let evidence = context.catalog.evidence(&context.store.location(), id).await?;
    Ok(matches!(catalog::state(&evidence), ArchiveState::Damaged(_)))
}

async fn verify_one(
    context: &Context,
    keys: &KeyRing,
    id: ArchiveId,
    level: VerifyLevel,
    progress: &dyn Progress,
) -> VerifyResult {
    let mut result = VerifyResult {
        id: id.to_string(),
        ok: false,
        frames: 0,
        bytes_read: 0,
        rows: None,
        failure: None,
        remarks: Vec::new(),
    };
    let check = async {
        let archive = Arc::new(OpenArchive::open(context.store.clone(), id, keys).await?);
        progress.event(ProgressEvent::Phase {
            name: format!("verifying {id}"),
            total_bytes: Some(archive.size()),
        });
        let checked = check(&archive, level, progress).await?;
        Ok::<_, Error>((archive, checked))
    };
    match check.await {
        Ok((archive, checked)) => {
            result.ok = true;
            result.frames = checked.frames;
            result.bytes_read = archive.size();
            result.rows = checked.rows;
            result.remarks = sidecar::remarks(context.store.as_ref(), &archive, &checked.checksum).await;
            // The checksum is certain now: with it a rebuild recognises a wrong sidecar.
            let checksum = Some(checked.checksum);
            let summary =
                sidecar::summary(archive.manifest(), archive.size(), checksum, ArchiveState::Stored);
            let location = context.store.location();
            if let Err(error) = context.catalog.enter_archive(&location, &summary).await {
                result.ok = false;
                result.failure = Some(error.failure());
            }
        }
        Err(error) => result.failure = Some(error.failure()),
    }
    result
}

/// Only what was found about the archive itself is evidence about it: a missing key or an unreachable
/// store says nothing.
pub(crate) async fn record(context: &Context, result: &VerifyResult, level: VerifyLevel) -> Result<()> {
    let finding = match (result.ok, damage(result)) {
        (true, _) => "",
        (false, Some(failure)) => failure.message.as_str(),
        (false, None) => return Ok(()),
    };
    let depth = match level {
        VerifyLevel::Stored => Depth::Stored,
        VerifyLevel::Content => Depth::Content,
    };
    let location = context.store.location();
    context.catalog.record_evidence(&location, &result.id, depth, finding, context.clock.now()).await
}

fn damage(result: &VerifyResult) -> Option<&Failure> {
    result.failure.as_ref().filter(|f| is_damage(f.code))
}
