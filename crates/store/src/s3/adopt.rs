//! An object of another bucket, copied by the service itself.

use std::sync::Arc;

use super::super::{CopySource, StoreError, StoreErrorKind};
use super::bucket::{Bucket, Condition};
use super::errors::Failure;
use super::lock::locked;
use super::multipart::{Multipart, escaped};

/// Where the service finds an object of this bucket.
pub(super) fn source(bucket: &Bucket, name: &str) -> CopySource {
    CopySource { service: service(bucket), bucket: bucket.config.bucket.clone(), key: bucket.key(name) }
}

/// Buckets of AWS can be read from each other, wherever they lie; those of other servers only within one.
fn service(bucket: &Bucket) -> String {
    bucket.config.endpoint.clone().unwrap_or_else(|| "aws".to_owned())
}

/// Whether it was done. Where these credentials may not read the other bucket, or the service can't do it, nothing is
/// left behind, and the object has to be sent.
pub(super) async fn adopt(
    bucket: &Arc<Bucket>,
    name: &str,
    source: &CopySource,
    size: u64,
) -> Result<bool, StoreError> {
    if source.service != service(bucket) {
        return Ok(false);
    }
    match copy(bucket, name, source, size).await {
        Ok(()) => Ok(true),
        Err(error) if is_about_the_copy(error.kind) => {
            tracing::info!(name, %error, "the service does not copy it by itself, so it is sent");
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

fn is_about_the_copy(kind: StoreErrorKind) -> bool {
    use StoreErrorKind::{Denied, NotFound, Other, StoreMissing, WrongRegion};
    matches!(kind, Denied | NotFound | Other | StoreMissing | WrongRegion)
}

async fn copy(bucket: &Arc<Bucket>, name: &str, source: &CopySource, size: u64) -> Result<(), StoreError> {
    let head = bucket.client().await?.head_object().bucket(&source.bucket).key(&source.key).send().await;
    let head = head.map_err(|e| Failure::of(e).at(&bucket.config, name))?;
    let there = head.content_length().and_then(|len| u64::try_from(len).ok());
    let (Some(tag), true) = (head.e_tag(), there == Some(size)) else {
        let text = "the service finds another object there than was meant";
        return Err(StoreError::new(StoreErrorKind::Other, name, text));
    };
    let lock = bucket.lock_of_new(name).await?;
    let mut multipart = Multipart::begin(bucket, name, |begin| locked!(begin, lock)).await?;
    let from = format!("{}/{}", source.bucket, escaped(&source.key));
    multipart.copy_all(1, 0..size, &from, tag).await?;
    multipart.complete(Condition::Absent).await?;
    bucket.ensure_locked(name, &lock, "it is stored").await
}
