//! Archives as they lie in the store: list, show, delete, disown, and the rebuild of the catalog from them.
//!
//! The store is the truth. Sidecars and the catalog only add to what lies there; without them an archive is listed as
//! `unknown`.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use aitta_archive::ArchiveId;
use aitta_base::tables::TableName;
use aitta_keys::KeyRing;
use aitta_model::{
    Action, ArchiveDetails, ArchiveSelector, ArchiveState, ArchiveSummary, Command, DeleteReport,
    DeleteRequest, ErrorCode, Evidence, ForeignKeySummary, HeldArchive, HoldKind, ListReport, Sidecar,
};
use aitta_store::{
    ARCHIVES, OldVersions, SIDECARS, StoreConfig, StoreError, StoreErrorKind, archive_name, created_at,
    sidecar_name,
};
use futures::stream::{self, StreamExt};

use crate::catalog::{CatalogEntry, moment, state};
use crate::door::{self, Guard, Subject};
use crate::reading::gone::There;
use crate::reading::select::{self, Listed};
use crate::reading::{OpenArchive, earlier, sidecar};
use crate::run::{self, Done, Run};
use crate::{Context, Error, Result, copies};

mod disown;
mod rebuild;

pub use disown::disown;
pub use rebuild::rebuild;

/// Sidecars that are read at the same time.
const CONCURRENT: usize = 16;

/// What the store has.
pub(crate) struct Present {
    /// The newest first.
    pub(crate) archives: Vec<ArchiveSummary>,
    /// How many there are in all.
    pub(crate) total: u64,
    /// How many were put away, and are in no list.
    put_away: u64,
    /// Entered once and gone.
    missing: Vec<ArchiveId>,
    /// As they were entered: those that are gone, and those that have another size now.
    pub(crate) lost: Vec<ArchiveSummary>,
}

/// The archives of the store, `limit` of them at most. No archive is opened for it.
///
/// # Errors
/// `store_*` when the store can't be listed, `catalog_failed`.
pub(crate) async fn present(context: &Context, limit: Option<usize>) -> Result<Present> {
    look(context, limit, false).await
}

/// All of them, also those that were put away.
///
/// # Errors
/// As [`present`].
pub(crate) async fn lying(context: &Context) -> Result<Present> {
    look(context, None, true).await
}

async fn look(context: &Context, limit: Option<usize>, with_put_away: bool) -> Result<Present> {
    let mut listed = select::listed(context.store.as_ref()).await.map_err(|e| not_made_yet(context, e))?;
    let location = context.store.location();
    let mut known = context.catalog.archives(&location).await?;
    let away = context.catalog.put_away(&location).await?;
    let there = There::of(listed.iter().map(|archive| archive.id));
    let all = listed.len();
    if !away.is_empty() && !with_put_away {
        listed.retain(|archive| {
            let id = archive.id.to_string();
            let is_listed = !away.contains_key(&id);
            if !is_listed {
                known.remove(&id);
            }
            is_listed
        });
    }
    let (total, put_away) = (listed.len() as u64, (all - listed.len()) as u64);
    let (mut entries, mut lost) = (Vec::with_capacity(listed.len()), Vec::new());
    for Listed { id, size } in listed {
        let entry = known.remove(&id.to_string());
        let entered = entry.as_ref().and_then(|entry| entry.summary.as_ref());
        lost.extend(entered.filter(|entered| entered.size_bytes != size).cloned());
        entries.push((id, size, entry));
    }
    // What is left was entered once and is gone.
    let entered = known.into_values().filter_map(|entry| entry.summary);
    let named = entered.filter_map(|summary| Some((summary.id.parse::<ArchiveId>().ok()?, summary)));
    let (mut missing, gone): (Vec<ArchiveId>, Vec<ArchiveSummary>) =
        named.filter(|(id, _)| !there.has(*id)).unzip();
    missing.sort_unstable_by(|a, b| b.cmp(a));
    lost.extend(gone);
    entries.truncate(limit.unwrap_or(usize::MAX));
    let archives = stream::iter(entries)
        .map(|(id, size, entry)| line(context, id, size, entry))
        .buffered(CONCURRENT)
        .collect()
        .await;
    Ok(Present { archives, total, put_away, missing, lost })
}

/// The archives of the store, newest first, `limit` of them at most, with what is wrong with the list. No archive is
/// opened for it.
///
/// # Errors
/// `store_*` when the store can't be listed, `catalog_failed`.
pub async fn list(context: &Context, limit: Option<usize>) -> Result<ListReport> {
    let (present, strange) = tokio::join!(present(context, limit), strange(context));
    let Present { archives, total, put_away, missing, .. } = present?;
    let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
    let damaged = archives.iter().filter(|a| matches!(a.state, ArchiveState::Damaged(_))).map(|a| &a.id);
    let wanting: Vec<String> = damaged.chain(&missing).cloned().collect();
    let whole_copies = copies::whole(context, &wanting).await?;
    // Shown only where the list is empty: elsewhere it would cost a query for nothing.
    let elsewhere = if archives.is_empty() { copies::elsewhere(context, &HashSet::new()).await? } else { 0 };
    Ok(ListReport { archives, total, missing, whole_copies, strange, elsewhere, put_away })
}

/// What lies in the store under the name of a file and is none. Nothing rests on it.
async fn strange(context: &Context) -> Vec<String> {
    let mut found = Vec::new();
    for folder in [ARCHIVES, SIDECARS] {
        match context.store.strange(folder).await {
            Ok(strange) => found.extend(strange),
            // The archives are listed all the same.
            Err(e) => found.push(format!("{folder} can't be looked at: {}", e.source)),
        }
    }
    found
}

/// The file that holds an archive, in a store that has files.
///
/// # Errors
/// `archive_not_found`, `store_*`; `unsupported` for a store that has none.
pub async fn file(context: &Context, id: &str) -> Result<std::path::PathBuf> {
    let id = select::by_name(context, id.to_owned()).await?;
    match &context.profile.store {
        StoreConfig::Local { dir } => Ok(dir.join(archive_name(&id.to_string()))),
        StoreConfig::S3(_) | StoreConfig::Azure(_) => Err(Error::new(
            ErrorCode::Unsupported,
            format!("{id} lies in {}, and is no file of this machine", context.store.location()),
            "look for it with the tools of that store",
        )),
    }
}

/// The first backup makes the default store; until then a missing one is no fault.
fn not_made_yet(context: &Context, error: Error) -> Error {
    if context.profile.awaits_first_backup(&error) {
        error.hint_instead(format!(
            "the first {backup_create} makes it; to use another folder, set BACKUP_LOCAL_DIR",
            backup_create = Command::BackupCreate
        ))
    } else if context.profile.copies.is_empty() {
        error
    } else {
        let hint = format!(
            "{}; {} shows the copies in the next store",
            error.hint(),
            Action::ListCopies { copy: 1 }
        );
        error.hint_instead(hint)
    }
}

/// What the catalog knows, or else the sidecar, or else the name alone tells.
async fn line(context: &Context, id: ArchiveId, size: u64, entry: Option<CatalogEntry>) -> ArchiveSummary {
    let evidence = entry.as_ref().map(|e| e.evidence.as_slice()).unwrap_or_default();
    let found = match state(evidence) {
        ArchiveState::Stored => ArchiveState::Unknown,
        known => known,
    };
    match entry.as_ref().and_then(|e| e.summary.clone()) {
        Some(summary) if summary.size_bytes == size => return summary,
        // Its size has changed since: what was known and what was found then is not about this file.
        Some(_) if !matches!(found, ArchiveState::Damaged(_)) => {
            return bare(id, size, ArchiveState::Unknown);
        }
        _ => {}
    }
    let bare = bare(id, size, found);
    match sidecar::read(context.store.as_ref(), &bare.id).await {
        Ok(told) if told.id == bare.id => by_sidecar(bare, told),
        _ => bare,
    }
}

fn bare(id: ArchiveId, size_bytes: u64, state: ArchiveState) -> ArchiveSummary {
    ArchiveSummary {
        id: id.to_string(),
        created: created_at(id.created_ms()),
        state,
        kind: None,
        reason: None,
        engine: None,
        database: None,
        place: None,
        complete: None,
        tables: None,
        rows: None,
        size_bytes,
        duration_ms: None,
        checksum: None,
    }
}

fn by_sidecar(bare: ArchiveSummary, told: Sidecar) -> ArchiveSummary {
    ArchiveSummary {
        kind: Some(told.kind),
        reason: told.reason,
        engine: Some(told.engine),
        database: Some(told.database),
        complete: Some(told.complete),
        tables: Some(told.tables.len() as u64),
        rows: Some(told.record_count),
        checksum: Some(told.checksum),
        ..bare
    }
}

/// Everything about one archive, from its own manifest. One that is named and only a further store has is shown from
/// there.
///
/// # Errors
/// `archive_*`, `key_*`, `store_*`, `catalog_failed`.
pub async fn show(context: &Context, selector: &ArchiveSelector) -> Result<ArchiveDetails> {
    let error = match show_at(context, selector).await {
        Err(error) if error.code() == ErrorCode::ArchiveNotFound && select::by_id(selector) => error,
        other => return other,
    };
    for place in context.copies() {
        match show_at(&place, selector).await {
            Err(e) if e.code() != ErrorCode::ArchiveNotFound => {
                tracing::warn!(place = place.store.location(), error = %e, "not shown from a copy");
            }
            Err(_) => {}
            Ok(found) => return Ok(found),
        }
    }
    Err(error)
}

async fn show_at(context: &Context, selector: &ArchiveSelector) -> Result<ArchiveDetails> {
    let keys = context.keys().await?;
    let id = select::one(context, &keys, selector).await?;
    let archive = match OpenArchive::open(context.store.clone(), id, &keys).await {
        Ok(archive) => archive,
        Err(error) => return Err(select::with_way_on(context, &keys, selector, id, error).await),
    };
    let manifest = archive.manifest();
    let location = context.store.location();
    let name = id.to_string();
    let entry = context.catalog.archives(&location).await?.remove(&name);
    let evidence: Vec<Evidence> = context.catalog.evidence(&location, &name).await?;
    let known = entry.and_then(|e| e.summary).filter(|s| s.size_bytes == archive.size());
    let told = sidecar::read(context.store.as_ref(), &name).await;
    let checksum =
        known.as_ref().and_then(|s| s.checksum.clone()).or_else(|| told.ok().map(|sidecar| sidecar.checksum));
    let remarks =
        sidecar::remarks(context.store.as_ref(), &archive, checksum.as_deref().unwrap_or_default()).await;
    // As in the list: one that was never entered was never looked at from here.
    let state = match state(&evidence) {
        ArchiveState::Stored if known.is_none() => ArchiveState::Unknown,
        found => found,
    };
    let mut summary = sidecar::summary(manifest, archive.size(), checksum, state);
    (summary.duration_ms, summary.place) = known.map_or((None, None), |s| (s.duration_ms, s.place));
    let table = |schema: &Option<String>, name: &str| TableName::new(schema.as_deref(), name).to_string();
    Ok(ArchiveDetails {
        summary,
        location: format!("{location}/{}", archive_name(&name)),
        source_version: manifest.source.version.clone(),
        snapshot: manifest.source.snapshot.clone(),
        writer: manifest.writer.clone(),
        key_ids: sidecar::key_ids(archive.header()),
        table_list: sidecar::table_summaries(manifest),
        foreign_keys: manifest
            .foreign_keys
            .iter()
            .map(|key| ForeignKeySummary {
                name: key.name.clone(),
                table: table(&key.schema, &key.table),
                foreign_table: table(&key.foreign_schema, &key.foreign_table),
            })
            .collect(),
        evidence,
        remarks,
        copies: copies::states(context, &name).await?,
    })
}

/// Deletes an archive and its sidecar, in the further stores too; the report names those that keep it. It needs no key,
/// so that archives of a lost key can be deleted.
///
/// # Errors
/// `archive_not_found` when the first store has none, `run_in_progress`, `store_locked` before its retention has ended,
/// `store_*`, `catalog_failed`.
pub async fn delete(context: &Context, request: DeleteRequest) -> Result<DeleteReport> {
    let DeleteRequest { id, reason, mfa } = request;
    let door = door::at(context, Guard::Delete, reason)?;
    let id = match select::by_name(context, id.clone()).await {
        Ok(id) => id.to_string(),
        Err(error) => return Err(only_in_copies(context, &id, error).await),
    };
    let pass = door.open(context, mfa.as_ref()).await?;
    let subject = Subject { archive: Some(id.clone()), ..Subject::default() };
    let mut found = None;
    let work = async {
        let mut report = DeleteReport { id: id.clone(), freed_bytes: 0, left: Vec::new(), notes: Vec::new() };
        let name = archive_name(&id);
        context.store.head(&name).await?;
        refuse_held(context, &id).await?;
        // Before anything is gone.
        context.store.check_deletable(&name).await?;
        let opened = opened(context, id.parse()?).await;
        let here: BTreeSet<ArchiveId> = select::ids(context).await?.into_iter().collect();
        // The copies first: stopped in between, the first store still has it, and this can be done again.
        for place in context.copies() {
            delete_copy(&place, id.parse()?, &opened, &here, &mut report).await;
        }
        delete_at(context, &id, &mut report).await?;
        // While a copy is left the run has failed, but the caller still gets its report.
        let end = match report.left.first() {
            None => Ok(report.clone()),
            Some((place, first)) => Err(Error::new(
                first.code,
                format!(
                    "{id} is gone from {}, and {place} may still have its copy",
                    context.store.location()
                ),
                &*first.hint,
            )),
        };
        found = Some(report);
        end
    };
    let log = run::Log::silent();
    let run = Run::guarded(context, pass, subject).logged(&log);
    let end = run.work(|report: &DeleteReport| Some(report.id.clone()), |_| work).await.and_then(Done::noted);
    end.or_else(|error| found.filter(|report| !report.left.is_empty()).ok_or(error))
}

/// # Errors
/// `store_locked` when somebody has pinned it, or the law wants it kept.
async fn refuse_held(context: &Context, id: &str) -> Result<()> {
    let now = context.clock.now();
    let holds = |held: &HeldArchive| {
        // Those that Aitta makes by itself are about what goes by itself.
        let is_meant = !held.hold.kind.is(HoldKind::Loss) && !held.hold.kind.is(HoldKind::Rebuilt);
        is_meant && moment(&held.archive) == moment(id) && held.hold.until.is_none_or(|until| now < until)
    };
    match context.catalog.holds().await?.into_iter().find(holds) {
        None => Ok(()),
        Some(held) => Err(Error::new(
            ErrorCode::StoreLocked,
            format!("{id} is held: {}", held.reason),
            format!("{} says by whom; end the hold first", Command::BackupHolds),
        )),
    }
}

/// The archive that is deleted, with the keys, as far as it opens: a deletion needs none.
type Opened = Result<(OpenArchive, Arc<KeyRing>)>;

async fn opened(context: &Context, id: ArchiveId) -> Opened {
    let keys = context.keys().await?;
    Ok((OpenArchive::open(context.store.clone(), id, &keys).await?, keys))
}

/// Deletes what a further store has of the archive. What may be left there is in the report.
async fn delete_copy(
    place: &Context,
    id: ArchiveId,
    opened: &Opened,
    here: &BTreeSet<ArchiveId>,
    report: &mut DeleteReport,
) {
    let earlier = delete_earlier(place, id, opened, here, report).await;
    let id = id.to_string();
    let left = match delete_at(place, &id, report).await {
        // A store that is away needs to be named once.
        Err(e) if e.code() != ErrorCode::ArchiveNotFound => {
            let hint =
                format!("{}; then delete it there with {}", e.hint(), at_copy(place.profile.copy, &id));
            Some(e.hint_instead(hint))
        }
        _ => earlier.err(),
    };
    report.left.extend(left.map(|error| (place.store.location(), error.failure())));
}

/// Deletes what the archive was made from, where an interrupted re-encryption has left it in a further store: it is the
/// same backup, and no other deletion would find it.
///
/// # Errors
/// `store_*` when the store can't be listed. When the archive did not open, why, with what may be the same backup.
async fn delete_earlier(
    place: &Context,
    id: ArchiveId,
    opened: &Opened,
    here: &BTreeSet<ArchiveId>,
    report: &mut DeleteReport,
) -> Result<()> {
    let there = select::ids(place).await.map_err(|e| {
        let hint = format!(
            "{}; then look at {} for another archive of the moment of {id}, which may be an earlier form of it",
            e.hint(),
            Action::ListCopies { copy: place.profile.copy }
        );
        e.context("what it was made from may be left").hint_instead(hint)
    })?;
    let only_there: BTreeSet<ArchiveId> = there.into_iter().filter(|id| !here.contains(id)).collect();
    let (archive, keys) = match opened {
        Ok((archive, keys)) => (archive, keys),
        Err(error) => {
            let of_its_time = only_there.iter().filter(|other| other.created_ms() == id.created_ms());
            let of_its_time: Vec<String> = of_its_time.map(ToString::to_string).collect();
            let Some(first) = of_its_time.first() else { return Ok(()) };
            return Err(Error::new(
                error.code(),
                format!("{} may be what it was made from: it did not open ({error})", of_its_time.join(", ")),
                format!("delete what is the same backup with {}", at_copy(place.profile.copy, first)),
            ));
        }
    };
    for id in earlier(place, keys, archive, &only_there).await {
        let (id, location) = (id.to_string(), place.store.location());
        match delete_at(place, &id, report).await {
            Ok(()) => {
                report.notes.push(format!("{id}, which it was made from, is gone from {location} as well"))
            }
            Err(error) => report.left.push((location, error.failure())),
        }
    }
    Ok(())
}

fn at_copy(copy: usize, id: &str) -> String {
    Action::delete(Some(copy), id).to_string()
}

/// An archive that is missing in the first store may be in a copy that an earlier deletion has left.
async fn only_in_copies(context: &Context, id: &str, error: Error) -> Error {
    let Ok(id) = id.parse::<ArchiveId>() else { return error };
    if error.code() != ErrorCode::ArchiveNotFound {
        return error;
    }
    let name = archive_name(&id.to_string());
    for place in context.copies() {
        if place.store.head(&name).await.is_ok() {
            let location = place.store.location();
            return error.hint_instead(format!(
                "its copy is still in {location}: delete it with {}",
                at_copy(place.profile.copy, &id.to_string())
            ));
        }
    }
    error
}

/// Deletes the archive in one store.
///
/// # Errors
/// `archive_not_found`, `store_locked`, `store_*`, `catalog_failed`.
pub(crate) async fn delete_at(context: &Context, id: &str, report: &mut DeleteReport) -> Result<()> {
    let name = archive_name(id);
    let size = context.store.head(&name).await?.size;
    // Before its sidecar is gone.
    context.store.check_deletable(&name).await?;
    // First forgotten: stopped in between, what the catalog knows and the store lacks would count as lost, and be put
    // back from a copy.
    let location = context.store.location();
    let known = context.catalog.archives(&location).await?.remove(id);
    context.catalog.forget_archive(&location, id).await?;
    if let Err(error) = delete_objects(context, id).await {
        if let Some(known) = known
            && context.store.head(&name).await.is_ok()
            && let Err(unknown) = remember(context, &location, id, known).await
        {
            tracing::error!(error = %unknown, "what was known of {id} could not be entered again");
        }
        return Err(error.into());
    }
    let remaining = context.store.old_versions(&name).await;
    if !matches!(remaining, OldVersions::Kept { .. }) {
        report.freed_bytes += size;
    }
    report.notes.extend(remaining.after_deletion());
    Ok(())
}

pub(crate) async fn delete_objects(context: &Context, id: &str) -> std::result::Result<(), StoreError> {
    // The sidecar first: stopped in between, a whole archive without its sidecar is left, which is listed; a sidecar
    // without its archive would promise what is gone.
    match context.store.delete(&sidecar_name(id)).await {
        Err(e) if e.kind != StoreErrorKind::NotFound => return Err(e),
        _ => {}
    }
    context.store.delete(&archive_name(id)).await
}

/// An archive that could not be deleted is still what it was: damaged, say, or one that a key is needed for.
async fn remember(context: &Context, location: &str, id: &str, known: CatalogEntry) -> Result<()> {
    if let Some(summary) = &known.summary {
        context.catalog.enter_made(location, summary).await?;
    }
    for Evidence { at, depth, finding } in known.evidence {
        // A depth of a later version can't be written by this one.
        if let Some(depth) = depth.known() {
            context.catalog.record_evidence(location, id, depth, &finding, at).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
