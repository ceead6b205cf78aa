//! Which archive a restore takes, and what is said about the choice.

use std::collections::BTreeMap;
use std::sync::Arc;

use aitta_archive::ArchiveId;
use aitta_keys::KeyRing;
use aitta_model::{
    ArchiveSelector, Command, Depth, ErrorCode, Fact, Finding, PassedOverWhy, RestoreRequest, Severity,
};

use crate::reading::select::{self, Need, Offer, Search, Why};
use crate::reading::{OpenArchive, check, gone};
use crate::{Context, Error, Result};

/// The request with the id of the archive that `latest` or `before:` means in all stores of the profile together: a
/// store that lags behind must not offer an older one. Also returns remarks about the choice.
///
/// # Errors
/// `table_*`, `config_invalid`, `catalog_failed`, `audit_failed`. When no archive fits, or no store answers, the restore says so.
pub(super) async fn name_archive(
    context: &Context,
    keys: &KeyRing,
    mut request: RestoreRequest,
) -> Result<(RestoreRequest, Vec<Finding>)> {
    if select::by_id(&request.archive) || context.profile.copies.is_empty() {
        return Ok((request, Vec::new()));
    }
    let (mut findings, mut is_first_listed) = (Vec::new(), true);
    let mut found: BTreeMap<ArchiveId, Vec<Context>> = BTreeMap::new();
    for place in context.nearest() {
        match select::candidates(&place, &request.archive).await {
            Ok(ids) => ids.into_iter().for_each(|id| found.entry(id).or_default().push(place.clone())),
            Err(error) if error.code() == ErrorCode::ArchiveNotFound => {}
            Err(error) => {
                // What nobody could look at is not gone.
                is_first_listed &= place.profile.copy != context.profile.copy;
                findings.push(not_asked(&place.store.location(), &error));
            }
        }
    }
    let there: Vec<ArchiveId> = found.keys().copied().collect();
    let selector = request.archive.clone();
    let mut search = Search::new(context, &selector, Need::Tables(&request.tables)).await?;
    let mut chosen = None;
    for (id, places) in found.into_iter().rev() {
        let Some((nearest, further)) = places.split_first() else { continue };
        match search.offer(id, open_in_one(nearest, further, id, keys).await)? {
            Offer::PassedOver => {}
            Offer::Unopened(error) => {
                check::record_damage(nearest, id, Depth::Stored, &error).await;
                return Err(offered(nearest, keys, &request, id, error).await);
            }
            Offer::Taken(_) => {
                chosen = Some(id);
                break;
            }
        }
    }
    if let Some(id) = chosen {
        findings.extend(told(search.passed()));
        if is_first_listed {
            findings.extend(older_taken(context, &selector, &there, id).await?);
        }
        request.archive = ArchiveSelector::Id(id.to_string());
    }
    Ok((request, findings))
}

/// The archive, from the first of these places that opens it; otherwise the error of the nearest one.
async fn open_in_one(
    nearest: &Context,
    further: &[Context],
    id: ArchiveId,
    keys: &KeyRing,
) -> Result<OpenArchive> {
    let opened = OpenArchive::open(nearest.store.clone(), id, keys).await;
    let Err(error) = opened else { return opened };
    for place in further {
        match OpenArchive::open(place.store.clone(), id, keys).await {
            Ok(archive) => return Ok(archive),
            Err(error) => tracing::debug!(%id, %error, "not opened here"),
        }
    }
    Err(error)
}

/// The error of the newest archive, with the newest that opens.
async fn offered(
    context: &Context,
    keys: &KeyRing,
    request: &RestoreRequest,
    id: ArchiveId,
    error: Error,
) -> Error {
    let need = Need::Tables(&request.tables);
    match select::way_on(context, keys, &request.archive, need, id, &error).await {
        Some(way) => {
            let hint = format!("{}; {way}", error.hint());
            error.hint_instead(hint)
        }
        None => error,
    }
}

fn not_asked(location: &str, error: &Error) -> Finding {
    let message = format!("{location} could not be asked, and may have a newer archive: {error}");
    Finding::new(Severity::Warning, message, error.hint())
        .of(Fact::StoreSilent { location: location.to_owned() })
}

/// The archive that is meant, with the numbers of the chosen tables and remarks about the choice.
///
/// # Errors
/// `archive_*`, `table_*`, `target_incompatible`, `config_invalid`, `store_*`, `catalog_failed`, `audit_failed`.
pub(super) async fn choose(
    context: &Context,
    keys: &KeyRing,
    request: &RestoreRequest,
) -> Result<(Arc<OpenArchive>, Option<Vec<u32>>, Vec<Finding>)> {
    let ids = match select::candidates(context, &request.archive).await {
        Err(error) if error.code() == ErrorCode::ArchiveNotFound && !select::by_id(&request.archive) => {
            return Err(all_gone(context, &request.archive, error).await);
        }
        ids => ids?,
    };
    let mut search = Search::new(context, &request.archive, Need::Tables(&request.tables)).await?;
    for id in ids.iter().copied() {
        let archive = match search.offer(id, OpenArchive::open(context.store.clone(), id, keys).await)? {
            Offer::PassedOver => continue,
            Offer::Unopened(error) => {
                check::record_damage(context, id, Depth::Stored, &error).await;
                return Err(offered(context, keys, request, id, error).await);
            }
            Offer::Taken(archive) => archive,
        };
        let tables = select::tables_of(&archive, &request.tables)?;
        let mut findings = told(search.passed());
        findings.extend(older_taken(context, &request.archive, &ids, id).await?);
        if request.to.is_none() {
            findings.extend(search.other(&archive).map(|(what, own)| of_another(id, &what, own)));
        }
        return Ok((archive, tables, findings));
    }
    Err(search.found_nothing(context))
}

/// The error of a store that has no archive, with those that were stored there once.
async fn all_gone(context: &Context, selector: &ArchiveSelector, error: Error) -> Error {
    let Ok(gone) = gone::newer(context, selector, &[], None).await else { return error };
    let Some(newest) = gone.first() else { return error };
    let count = gone.len();
    let hint = format!(
        "it has held {count} of this database, the newest {newest}: check that the right disk or bucket is there, and find \
         out who deleted them"
    );
    error.hint_instead(hint)
}

/// What would have been taken if it were still there: an older state must not come back in silence.
async fn older_taken(
    context: &Context,
    selector: &ArchiveSelector,
    there: &[ArchiveId],
    taken: ArchiveId,
) -> Result<Option<Finding>> {
    let gone = gone::newer(context, selector, there, Some(taken)).await?;
    let message = match gone.as_slice() {
        [] => return Ok(None),
        [one] => format!("{one}, newer than {taken}, is gone from the store"),
        [newest, ..] => {
            format!(
                "{} archives newer than {taken} are gone from the store; the newest is {newest}",
                gone.len()
            )
        }
    };
    let hint = format!(
        "find out who deleted what is gone; if that was meant, {catalog_rebuild} forgets it",
        catalog_rebuild = Command::CatalogRebuild
    );
    let fact = Fact::NewerGone { count: gone.len() as u64 };
    Ok(Some(Finding::new(Severity::Warning, message, hint).of(fact)))
}

/// Named by its id, it is taken.
fn of_another(id: ArchiveId, what: &str, own: &str) -> Finding {
    let message = format!("{id} is an archive {what}, and it goes into {own:?}");
    let hint = "if that is not what you want, name the target with --to, or another archive";
    Finding::new(Severity::Warning, message, hint).of(Fact::OfAnother { own: own.to_owned() })
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
        let (words, why) = match why {
            Why::Safety => (
                "a safety archive holds what a restore has overwritten".to_owned(),
                Some(PassedOverWhy::Safety),
            ),
            Why::Another(other) => (other, None),
            Why::Disowned => ("it does not open, and was disowned".to_owned(), Some(PassedOverWhy::Disowned)),
            Why::Partial => {
                ("chosen tables only, not all that is asked for".to_owned(), Some(PassedOverWhy::Partial))
            }
        };
        let fact = Fact::PassedOver { count: ids.len() as u64, why: why.map(Into::into) };
        findings.push(
            Finding::new(Severity::Info, format!("{what}: {words}"), "to use it, name it with --backup-id")
                .of(fact),
        );
    }
    findings
}
