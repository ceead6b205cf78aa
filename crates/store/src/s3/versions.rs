//! What a bucket with versions keeps of objects that were replaced or deleted.

use aws_sdk_s3::types::BucketVersioningStatus;

use super::super::OldVersions;
use super::bucket::Bucket;
use super::errors::Failure;
use crate::bounds::Listing;

/// Old versions of the objects whose names begin with this.
pub(super) async fn old_versions(bucket: &Bucket, prefix: &str) -> OldVersions {
    match bucket.versioning().await {
        Ok(Some(BucketVersioningStatus::Enabled | BucketVersioningStatus::Suspended)) => {}
        Ok(_) => return OldVersions::None,
        Err(failure) => return unknown(&failure, "s3:GetBucketVersioning"),
    }
    match count(bucket, prefix).await {
        Ok((0, _)) => OldVersions::None,
        Ok((count, bytes)) => OldVersions::Kept { count, bytes },
        Err(failure) => unknown(&failure, "s3:ListBucketVersions"),
    }
}

async fn count(bucket: &Bucket, prefix: &str) -> Result<(u64, u64), Failure> {
    let client = bucket.client().await.map_err(Failure::before)?;
    let (mut count, mut bytes, mut listing) = (0, 0_u64, Listing::new(prefix));
    let (mut key, mut id) = (None, None);
    loop {
        let page = client.list_object_versions().bucket(&bucket.config.bucket).prefix(bucket.key(prefix));
        let page = page.set_key_marker(key.take()).set_version_id_marker(id.take()).send().await;
        let page = page.map_err(Failure::of)?;
        for version in page.versions().iter().filter(|version| version.is_latest() == Some(false)) {
            count += 1;
            let size = version.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
            bytes = bytes.saturating_add(size);
            listing.name(version.key().unwrap_or_default()).map_err(|e| Failure::before(e.source))?;
        }
        if page.is_truncated() != Some(true) {
            return Ok((count, bytes));
        }
        if page.next_key_marker().is_none() {
            return Err(Failure::before("the store ended the list before its end"));
        }
        let mark = page_mark(page.next_key_marker(), page.next_version_id_marker());
        let names = page.versions().len() + page.delete_markers().len();
        listing.page(names, Some(&mark)).map_err(|e| Failure::before(e.source))?;
        (key, id) = (page.next_key_marker, page.next_version_id_marker);
    }
}

/// What tells a page of a listing that is marked by two things from every other.
pub(super) fn page_mark(key: Option<&str>, id: Option<&str>) -> String {
    format!("{}\n{}", key.unwrap_or_default(), id.unwrap_or_default())
}

fn unknown(failure: &Failure, right: &str) -> OldVersions {
    let right = if failure.is_denied() { format!("; the right {right} is missing") } else { String::new() };
    OldVersions::Unknown(format!("{}{right}", failure.text()))
}
