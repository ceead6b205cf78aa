//! Listings, page by page.

use azure_core::http::Etag;
use azure_storage_blob::models::{
    BlobContainerClientListBlobsOptions, BlobItem, ListBlobsIncludeItem, ListBlobsResponse,
};
use futures::TryStreamExt as _;

use super::client::{Client, DISCARDED};
use crate::bounds::Listing;
use crate::{ObjectMeta, StoreError, StoreErrorKind};

/// A blob of a listing.
pub(super) struct Listed {
    pub(super) object: ObjectMeta,
    pub(super) etag: Option<Etag>,
    /// Whether it only stands for discarded blocks.
    pub(super) is_discarded: bool,
}

/// The visible objects directly under a folder, by name.
pub(super) async fn list(client: &Client, prefix: &str) -> Result<Vec<ObjectMeta>, StoreError> {
    let found = all(client, prefix, false).await?;
    Ok(found.into_iter().filter(|listed| !listed.is_discarded).map(|listed| listed.object).collect())
}

/// What is directly under a folder, on request also what has only uncommitted blocks.
pub(super) async fn all(
    client: &Client,
    prefix: &str,
    with_uncommitted: bool,
) -> Result<Vec<Listed>, StoreError> {
    let full = format!("{}{prefix}", client.config.prefix);
    let mut include = vec![ListBlobsIncludeItem::Metadata];
    if with_uncommitted {
        include.push(ListBlobsIncludeItem::UncommittedBlobs);
    }
    let options = BlobContainerClientListBlobsOptions {
        include: Some(include),
        maxresults: client.limits.page,
        prefix: (!full.is_empty()).then(|| full.clone()),
        ..BlobContainerClientListBlobsOptions::default()
    };
    let failed = |e| client.failed(prefix, e);
    let mut pages = client.container.list_blobs(Some(options)).map_err(failed)?.into_pages();
    let (mut found, mut listing) = (Vec::new(), Listing::new(prefix));
    while let Some(page) = pages.try_next().await.map_err(failed)? {
        let page = page.into_model().map_err(failed)?;
        listing.page(page.blob_items.len(), next_page(&page))?;
        for blob in page.blob_items {
            listing.name(blob.name.as_deref().unwrap_or_default())?;
            found.extend(read(blob, &full, prefix)?);
        }
    }
    found.sort_by(|a, b| a.object.name.cmp(&b.object.name));
    Ok(found)
}

/// What marks the page that follows. An empty mark is none.
pub(super) fn next_page(page: &ListBlobsResponse) -> Option<&str> {
    page.next_marker.as_deref().filter(|mark| !mark.is_empty())
}

/// `None` for what lies deeper, and for the folders that an account with a hierarchical namespace lists.
fn read(blob: BlobItem, full: &str, prefix: &str) -> Result<Option<Listed>, StoreError> {
    let incomplete = |what| StoreError::new(StoreErrorKind::Other, prefix, what);
    let name = blob.name.ok_or_else(|| incomplete("a blob of the listing has no name"))?;
    let Some(rest) = name.strip_prefix(full).filter(|rest| !rest.is_empty() && !rest.contains('/')) else {
        return Ok(None);
    };
    let metadata = blob.metadata.and_then(|metadata| metadata.values).unwrap_or_default();
    let has = |key: &str| metadata.keys().any(|known| known.eq_ignore_ascii_case(key));
    if has("hdi_isfolder") {
        return Ok(None);
    }
    let properties = blob.properties.ok_or_else(|| incomplete("a blob of the listing has no properties"))?;
    let size = properties.content_length.ok_or_else(|| incomplete("a blob of the listing has no size"))?;
    Ok(Some(Listed {
        object: ObjectMeta { name: format!("{prefix}{rest}"), size },
        etag: properties.etag,
        is_discarded: has(DISCARDED),
    }))
}
