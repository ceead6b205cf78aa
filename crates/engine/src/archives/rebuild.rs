//! The catalog, made again from the archives.

use std::collections::HashMap;
use std::sync::Arc;

use aitta_archive::ArchiveId;
use aitta_keys::KeyRing;
use aitta_model::{ArchiveState, AuditAnchor, BackupKind, CatalogReport, Depth, VerifyLevel, VerifyResult};
use aitta_store::PutMode;
use futures::stream::{self, StreamExt};

use crate::catalog::CatalogEntry;
use crate::door::{self, Free, Subject};
use crate::reading::{OpenArchive, check, select, sidecar};
use crate::run::{self, Done, Run};
use crate::{Context, Error, Result, Silent, verify};

/// Archives that a rebuild enters at the same time, to hide the way to a store far away. Few, because an archive
/// without a sidecar is read whole.
const ENTERED_AT_ONCE: usize = 4;

/// Makes the catalog agree with the store again, and writes sidecars anew that are missing or wrong.
///
/// Archives with a good sidecar are opened, not read: three small ranges each. The others are read
/// once, for the checksum.
///
/// # Errors
/// `key_missing`, `key_invalid`, `run_in_progress`, `store_*`, `catalog_failed`.
pub async fn rebuild(context: &Context) -> Result<CatalogReport> {
    let keys = context.keys().await?;
    let log = run::Log::silent();
    let mut found = None;
    let work = async {
        let location = context.store.location();
        let ids = select::ids(context).await?;
        let mut known = context.catalog.archives(&location).await?;
        let mut report = CatalogReport {
            archives: 0,
            sidecars_rewritten: 0,
            unreadable: Vec::new(),
            dropped: 0,
            set_aside: None,
            other_chains: Vec::new(),
        };
        let chain = door::chain_id(context).await;
        let entries: Vec<_> = ids.into_iter().map(|id| (id, known.remove(&id.to_string()))).collect();
        let mut entering = stream::iter(entries)
            .map(|(id, entry)| {
                let keys = &keys;
                async move {
                    match enter(context, keys, id, entry).await {
                        Ok(entered) => Ok(Ok(entered)),
                        // Here and not in the loop: what is under way rests while the body of the loop runs, and may
                        // hold all connections to the catalog.
                        Err(error) => unreadable(context, id, &error).await.map(Err),
                    }
                }
            })
            .buffered(ENTERED_AT_ONCE);
        while let Some(entered) = entering.next().await {
            if context.cancel.is_cancelled() {
                return Err(Error::cancelled());
            }
            match entered? {
                Ok((rewritten, anchor)) => {
                    report.archives += 1;
                    report.sidecars_rewritten += u64::from(rewritten);
                    // This run has written the first entry, at the latest.
                    let other =
                        anchor.filter(|anchor| chain.as_ref().is_some_and(|own| *own != anchor.chain));
                    other.into_iter().for_each(|anchor| note_furthest(&mut report.other_chains, anchor));
                }
                Err(result) => report.unreadable.push(result),
            }
        }
        drop(entering);
        log.met(report.other_chains.clone());
        report.dropped = forget(context, &location, known).await?;
        // The run has failed when an archive was not entered, but the caller still gets its report.
        let end = match report.unreadable.iter().find_map(|result| result.failure.as_ref()) {
            None => Ok(report.clone()),
            Some(first) => Err(Error::new(
                first.code,
                format!("{} of the archives could not be opened", report.unreadable.len()),
                &*first.hint,
            )),
        };
        found = Some(report);
        end
    };
    let note = context.catalog.aside().map(|path| {
        format!(
            "the old catalog was damaged, or its audit trail was removed; the file was set aside as {}",
            path.display()
        )
    });
    let subject = Subject { note, ..Subject::default() };
    let run = Run::free(context, Free::Rebuild, subject).logged(&log);
    let end = run.work(|_| None, |_| work).await.and_then(Done::noted);
    end.or_else(|error| found.filter(|report| !report.unreadable.is_empty()).ok_or(error))
}

/// Keeps of each chain the anchor that is furthest along it.
fn note_furthest(chains: &mut Vec<AuditAnchor>, anchor: AuditAnchor) {
    match chains.iter_mut().find(|known| known.chain == anchor.chain) {
        Some(known) if known.entry < anchor.entry => *known = anchor,
        Some(_) => {}
        None => chains.push(anchor),
    }
}

/// Enters one archive. Returns whether its sidecar was written anew, and its anchor in the audit trail.
async fn enter(
    context: &Context,
    keys: &KeyRing,
    id: ArchiveId,
    entry: Option<CatalogEntry>,
) -> Result<(bool, Option<AuditAnchor>)> {
    let archive = Arc::new(OpenArchive::open(context.store.clone(), id, keys).await?);
    let (store, location, name) = (context.store.as_ref(), context.store.location(), id.to_string());
    let known = entry.and_then(|e| e.summary).filter(|s| s.size_bytes == archive.size());
    let known = known.and_then(|s| s.checksum);
    let told = sidecar::read(store, &name).await.ok();
    let as_told = told.as_ref().filter(|told| {
        let checksum = known.as_deref().unwrap_or(&told.checksum);
        **told == sidecar::sidecar(archive.manifest(), archive.header(), archive.size(), checksum)
    });
    let checksum = match as_told {
        // What only a sidecar says is not entered.
        Some(_) => known,
        None => {
            let checked = check::check(&archive, VerifyLevel::Stored, &Silent).await?;
            let sidecar =
                sidecar::sidecar(archive.manifest(), archive.header(), archive.size(), &checked.checksum);
            sidecar::write(store, &sidecar, PutMode::Overwrite).await?;
            let now = context.clock.now();
            context.catalog.record_evidence(&location, &name, Depth::Stored, "", now).await?;
            Some(checked.checksum)
        }
    };
    let summary = sidecar::summary(archive.manifest(), archive.size(), checksum, ArchiveState::Stored);
    context.catalog.enter_archive(&location, &summary).await?;
    // What a restore has overwritten is no level to compare with.
    if summary.complete == Some(true) && summary.kind != Some(BackupKind::Safety.into()) {
        let tables = sidecar::table_summaries(archive.manifest());
        context.catalog.enter_rows(&context.profile.name, &summary, &tables).await?;
    }
    Ok((as_told.is_none(), archive.manifest().audit.as_ref().map(sidecar::anchor)))
}

async fn unreadable(context: &Context, id: ArchiveId, error: &Error) -> Result<VerifyResult> {
    let result = VerifyResult {
        id: id.to_string(),
        ok: false,
        frames: 0,
        bytes_read: 0,
        rows: None,
        failure: Some(error.failure()),
        remarks: Vec::new(),
    };
    verify::record(context, &result, VerifyLevel::Stored).await?;
    Ok(result)
}

async fn forget(context: &Context, location: &str, gone: HashMap<String, CatalogEntry>) -> Result<u64> {
    let mut dropped = 0;
    for id in gone.keys() {
        context.catalog.forget_archive(location, id).await?;
        dropped += 1;
    }
    Ok(dropped)
}
