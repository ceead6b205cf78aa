//! A new header for an object, without sending the rest again.

use std::sync::Arc;

use bytes::Bytes;

use super::super::{StoreError, StoreErrorKind, check_rewrite};
use super::bucket::{Bucket, Condition, metadata_of, size_of};
use super::lock::locked;
use super::multipart::{Multipart, escaped};
use super::parts::{Content, SMALLEST_PART};
use super::read::read;

/// What is sent again at most: the smallest part that S3 takes, which has the header in it.
const SENT: u64 = SMALLEST_PART;
/// What is true when a new version could not be locked.
const REWRITTEN: &str = "it has its new header";

/// What is not data stays as it is. Two requests have the same methods for this, and share no trait.
macro_rules! as_before {
    ($request:expr, $old:expr, $lock:expr) => {{
        let old = &$old;
        let request =
            metadata_of(old).into_iter().fold($request, |request, (key, value)| request.metadata(key, value));
        let request = request
            .set_content_type(old.content_type.clone())
            .set_storage_class(old.storage_class.clone())
            .set_server_side_encryption(old.server_side_encryption.clone())
            .set_ssekms_key_id(old.ssekms_key_id.clone());
        locked!(request, $lock)
    }};
}

/// Replaces the object by one with `bytes` at `offset`, in one atomic step. Returns how many bytes were sent.
pub(super) async fn rewrite(
    bucket: &Arc<Bucket>,
    name: &str,
    offset: u64,
    bytes: &Bytes,
) -> Result<u64, StoreError> {
    let old = bucket.existing(name).await?;
    let size = size_of(&old);
    check_rewrite(name, size, offset, bytes.len())?;
    // Before anything is sent: a new version without the lock of the old one would be a silent loss.
    let lock = bucket.locked(name, &old).await?.in_force();
    let Some(tag) = old.e_tag().map(str::to_owned) else {
        let text = "the store gives it no ETag, so a change by somebody else could get lost";
        return Err(StoreError::new(StoreErrorKind::Other, name, text));
    };
    let mut first = read(bucket, name, 0..size.min(SENT)).await?;
    first[offset as usize..offset as usize + bytes.len()].copy_from_slice(bytes);
    let first = Content::of(first.into());
    let sent = first.len;
    if size <= SENT {
        bucket.put(name, &first, Condition::Unchanged(tag), |put| as_before!(put, old, lock)).await?;
        bucket.ensure_locked(name, &lock, REWRITTEN).await?;
        return Ok(sent);
    }
    let mut multipart = Multipart::begin(bucket, name, |begin| as_before!(begin, old, lock)).await?;
    multipart.send(1, first).await?;
    let own = format!("{}/{}", bucket.config.bucket, escaped(&bucket.key(name)));
    multipart.copy_all(2, SENT..size, &own, &tag).await?;
    multipart.complete(Condition::Unchanged(tag)).await?;
    bucket.ensure_locked(name, &lock, REWRITTEN).await?;
    Ok(sent)
}
