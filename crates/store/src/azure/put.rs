//! Small objects in one request, and deletion.

use std::collections::HashMap;
use std::num::NonZero;

use azure_core::http::{Body, NoFormat, RequestContent};
use azure_storage_blob::models::BlockBlobClientUploadOptions;
use bytes::Bytes;

use super::block_id;
use super::client::{Client, code, is_condition};
use super::guards;
use crate::{PutMode, StoreError, StoreErrorKind};

/// Tells whose commit it was that made a blob, when the answer got lost.
const TOKEN: &str = "aitta_upload";

/// Metadata of a new blob.
pub(super) fn signed(token: &str) -> HashMap<String, String> {
    HashMap::from([(TOKEN.to_owned(), token.to_owned())])
}

/// The outcome of a create-only request. It may have been done although its answer got lost, and a further attempt
/// then finds the blob in its way: it is ours when it carries our token, and only then.
pub(super) async fn created(
    client: &Client,
    name: &str,
    token: &str,
    outcome: azure_core::Result<()>,
) -> Result<(), StoreError> {
    let Err(error) = outcome else { return Ok(()) };
    let error = client.failed(name, error);
    let exists = error.kind == StoreErrorKind::AlreadyExists || is_condition(&error);
    if exists || matches!(error.kind, StoreErrorKind::Unreachable | StoreErrorKind::Other) {
        // Any other answer says less than the first error; and asking must not take as long again.
        let asked = tokio::time::timeout(client.limits.answer_within, client.properties(name)).await;
        if let Ok(Ok(found)) = asked
            && found.metadata.get(TOKEN).is_some_and(|of| of == token)
        {
            return Ok(());
        }
    }
    Err(if exists { StoreError { kind: StoreErrorKind::AlreadyExists, ..error } } else { error })
}

/// One Put Blob.
pub(super) async fn put(client: &Client, name: &str, bytes: Bytes, mode: PutMode) -> Result<(), StoreError> {
    let token = block_id::token().map_err(|e| StoreError::new(StoreErrorKind::Other, name, e))?;
    let is_json = name.ends_with(".json");
    let options = BlockBlobClientUploadOptions {
        blob_content_type: Some(
            if is_json { "application/json" } else { "application/octet-stream" }.to_owned(),
        ),
        if_none_match: (mode == PutMode::Create).then(|| "*".into()),
        metadata: Some(signed(&token)),
        // Never in blocks: several requests are no single step.
        partition_size: NonZero::new(u64::MAX),
        ..BlockBlobClientUploadOptions::default()
    };
    let body: RequestContent<Bytes, NoFormat> = Body::Bytes(bytes).into();
    let outcome = client.blob(name).upload(body, Some(options)).await.map(drop);
    match mode {
        PutMode::Create => created(client, name, &token, outcome).await,
        PutMode::Overwrite => outcome.map_err(|e| client.failed(name, e)),
    }
}

/// A blob that was there and is gone has been deleted, by us or not: the answer to the first attempt may have got
/// lost.
pub(super) async fn delete(client: &Client, name: &str) -> Result<(), StoreError> {
    guards::check_unlocked(name, &client.properties(name).await?)?;
    match client.blob(name).delete(None).await.map_err(|e| client.failed(name, e)) {
        Err(e) if code(&e) != "BlobNotFound" => Err(e),
        _ => Ok(()),
    }
}
