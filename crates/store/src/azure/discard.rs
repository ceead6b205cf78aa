//! Blocks of uploads that ended early.
//!
//! They are invisible, and Azure discards them after a week; until then they are paid for. Azure has no call that
//! deletes them. Committing an empty list of blocks drops all blocks of that name; then the empty blob is deleted. Four
//! rules make this safe:
//! - only blocks of ours are discarded: of the upload that was dropped, or of others when the newest is a day old;
//! - the commit carries `If-None-Match: *`, so that it never replaces a blob, and the deletion names its version;
//! - the empty blob is marked, and a marked one is no object to this store: a listing in between shows nothing, and
//!   the next sweep takes away what a crash has left;
//! - in a container with an immutability policy or a legal hold the empty blob could not be deleted: there, and where
//!   that can't be found out, the blocks are left to Azure.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use aitta_base::{Clock, SystemClock};
use azure_core::http::Etag;
use azure_storage_blob::models::{
    BlobClientDeleteOptions, BlobContainerClientGetPropertiesResultHeaders,
    BlockBlobClientCommitBlockListOptions, BlockBlobClientCommitBlockListResultHeaders, BlockListType,
    BlockLookupList,
};
use tokio::task::JoinSet;

use super::Inner;
use super::block_id;
use super::client::{Client, DISCARDED, code, is_condition};
use super::list;
use crate::{ARCHIVES, SIDECARS, StoreError, StoreErrorKind};

/// Removes what uploads that were killed have left. Returns how many.
pub(super) async fn sweep(store: &Inner, age: Duration) -> Result<u64, StoreError> {
    let client = store.client().await?;
    let mut candidates = Vec::new();
    let mut swept = 0;
    for folder in [ARCHIVES, SIDECARS] {
        let whole = list::all(client, folder, false).await?;
        for left in whole.iter().filter(|listed| listed.is_discarded) {
            delete(client, &left.object.name, left.etag.as_ref()).await?;
            swept += 1;
        }
        let all = list::all(client, folder, true).await?.into_iter();
        let whole: HashSet<&str> = whole.iter().map(|listed| listed.object.name.as_str()).collect();
        candidates.extend(all.map(|listed| listed.object.name).filter(|name| !whole.contains(name.as_str())));
    }
    if candidates.is_empty() || !keeps_nothing(client).await? {
        return Ok(swept);
    }
    let now = SystemClock.now();
    let patience = age.as_secs().cast_signed();
    for name in candidates {
        let is_abandoned = |id: &[u8]| {
            let Some((token, sent)) = block_id::read(id) else { return false };
            let uploads = store.uploads.lock().unwrap_or_else(PoisonError::into_inner);
            !uploads.contains(token) && now.duration_since(sent).as_secs() >= patience
        };
        if discard(client, &name, is_abandoned).await? {
            swept += 1;
        }
    }
    Ok(swept)
}

/// Stops the blocks under way of an upload that was dropped, and discards the others. What fails is left to Azure.
pub(super) fn spawn(
    store: &Arc<Inner>,
    runtime: &tokio::runtime::Handle,
    name: String,
    token: String,
    mut staging: JoinSet<Result<(), StoreError>>,
) {
    let (inner, of) = (store.clone(), name.clone());
    let task = runtime.spawn(async move {
        staging.shutdown().await;
        let is_ours = |id: &[u8]| block_id::read(id).is_some_and(|(of, _)| of == token);
        let outcome = async {
            let client = inner.client().await?;
            Ok::<_, StoreError>(keeps_nothing(client).await? && discard(client, &of, is_ours).await?)
        };
        match outcome.await {
            Ok(discarded) => tracing::debug!(name = %of, discarded, "an upload was stopped"),
            Err(e) => tracing::warn!(name = %of, error = %e, "blocks of a stopped upload are left to Azure"),
        }
        inner.uploads.lock().unwrap_or_else(PoisonError::into_inner).remove(&token);
    });
    let mut running = store.clean_ups.lock().unwrap_or_else(PoisonError::into_inner);
    running.retain(|(_, task)| !task.is_finished());
    running.push((name, task));
}

/// Whether everything in the container can be deleted. What can't be found out counts as no.
async fn keeps_nothing(client: &Client) -> Result<bool, StoreError> {
    let answer = match client.container.get_properties(None).await.map_err(|e| client.failed("", e)) {
        Ok(answer) => answer,
        // A SAS of a container may be good for its blobs only.
        Err(e) if e.kind == StoreErrorKind::Denied => return Ok(false),
        Err(e) => return Err(e),
    };
    let read = || -> azure_core::Result<_> {
        Ok([
            answer.has_immutability_policy()?,
            answer.has_legal_hold()?,
            answer.is_immutable_storage_with_versioning_enabled()?.or(Some(false)),
        ])
    };
    Ok(read().map_err(|e| client.failed("", e))?.iter().all(|kept| *kept == Some(false)))
}

/// Discards the uncommitted blocks of a name when `may` says so of each. Returns whether it did.
async fn discard(client: &Client, name: &str, may: impl Fn(&[u8]) -> bool) -> Result<bool, StoreError> {
    let failed = |e| client.failed(name, e);
    let blob = client.blob(name).block_blob_client();
    let answer = match blob.get_block_list(BlockListType::Uncommitted, None).await.map_err(failed) {
        Ok(answer) => answer,
        Err(e) if e.kind == StoreErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(e),
    };
    let blocks = answer.into_model().map_err(failed)?.uncommitted_blocks.unwrap_or_default();
    if blocks.is_empty() || !blocks.iter().all(|block| block.name.as_deref().is_some_and(&may)) {
        return Ok(false);
    }
    let options = BlockBlobClientCommitBlockListOptions {
        if_none_match: Some("*".into()),
        metadata: Some(HashMap::from([(DISCARDED.to_owned(), "1".to_owned())])),
        ..BlockBlobClientCommitBlockListOptions::default()
    };
    let none = BlockLookupList { latest: Some(Vec::new()), ..BlockLookupList::default() };
    let commit = blob.commit_block_list(none.try_into().map_err(failed)?, Some(options)).await;
    match commit.map_err(failed) {
        Ok(answer) => {
            let etag = answer.etag().map_err(failed)?;
            delete(client, name, etag.as_ref()).await?;
            Ok(true)
        }
        // Somebody has made a blob of this name meanwhile.
        Err(e) if e.kind == StoreErrorKind::AlreadyExists || is_condition(&e) => Ok(false),
        Err(e) => Err(e),
    }
}

/// Deletes an empty blob that stands for discarded blocks, in this version.
async fn delete(client: &Client, name: &str, etag: Option<&Etag>) -> Result<(), StoreError> {
    let Some(etag) = etag else {
        return Err(StoreError::new(StoreErrorKind::Other, name, "the answer names no version"));
    };
    let options =
        BlobClientDeleteOptions { if_match: Some(etag.clone()), ..BlobClientDeleteOptions::default() };
    match client.blob(name).delete(Some(options)).await.map_err(|e| client.failed(name, e)) {
        // Gone, or another one.
        Err(e) if code(&e) != "BlobNotFound" && !is_condition(&e) => Err(e),
        _ => Ok(()),
    }
}
