//! A bucket of AWS S3, or of a server that speaks its language.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aitta_base::{Clock as _, SystemClock};
use aitta_model::StoreGuard;
use async_trait::async_trait;
use aws_sdk_s3::types::MultipartUpload;
use bytes::Bytes;

use self::bucket::{Bucket, Condition, size_of};
use self::errors::Failure;
pub(super) use self::errors::location;
use self::parts::Content;
use self::upload::S3Upload;
use super::{
    ARCHIVES, CopySource, Credentials, ObjectMeta, OldVersions, PutMode, ReadBack, Room, Store, StoreError,
    StoreErrorKind, Upload,
};
use crate::bounds::Listing;
use crate::{Checksums, S3Config};

mod adopt;
mod answers;
mod bucket;
mod client;
mod errors;
mod guards;
mod lock;
mod multipart;
mod parts;
mod read;
mod rewrite;
mod upload;
mod versions;

pub use self::client::Retries;
pub use self::parts::PartSizes;

/// How long nothing must have come for an unfinished upload of somebody else to be taken for abandoned: S3 does not
/// tell whether it is still being written.
pub const ABANDONED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Objects below a prefix of a bucket. Connects when it is first used.
#[derive(Clone)]
pub struct S3Store {
    bucket: Arc<Bucket>,
}

impl S3Store {
    /// The store that this configuration names.
    #[must_use]
    pub fn new(config: S3Config, credentials: Credentials) -> Self {
        Self { bucket: Arc::new(Bucket::new(config, credentials)) }
    }

    /// Tries requests as often as this says. The connection begins anew.
    #[must_use]
    pub fn with_retries(self, retries: Retries) -> Self {
        self.changed(|bucket| bucket.retries = retries)
    }

    /// Sends parts of these sizes. The connection begins anew.
    #[must_use]
    pub fn with_part_sizes(self, sizes: PartSizes) -> Self {
        self.changed(|bucket| bucket.sizes = sizes)
    }

    /// Locks new archives for so long after their backup, where the bucket has Object Lock. The connection begins
    /// anew.
    #[must_use]
    pub fn with_retention(self, retention: Duration) -> Self {
        self.changed(|bucket| bucket.retention = Some(retention))
    }

    fn changed(self, change: impl FnOnce(&mut Bucket)) -> Self {
        let mut bucket = Bucket::new(self.bucket.config.clone(), self.bucket.credentials.clone());
        (bucket.retries, bucket.sizes) = (self.bucket.retries, self.bucket.sizes);
        bucket.retention = self.bucket.retention;
        change(&mut bucket);
        Self { bucket: Arc::new(bucket) }
    }
}

/// Whether an upload was begun that long ago. One without a time is left alone.
fn is_older(upload: &MultipartUpload, age: Duration, now: SystemTime) -> bool {
    let begun = upload.initiated().and_then(|at| SystemTime::try_from(*at).ok());
    begun.is_some_and(|begun| is_past(Some(begun), age, now))
}

/// Whether nothing has come for that long.
fn is_past(newest: Option<SystemTime>, age: Duration, now: SystemTime) -> bool {
    newest.is_none_or(|newest| now.duration_since(newest).unwrap_or_default() >= age)
}

#[async_trait]
impl Store for S3Store {
    fn location(&self) -> String {
        location(&self.bucket.config)
    }

    async fn create(&self, name: &str) -> Result<Box<dyn Upload>, StoreError> {
        // Before anything is sent. A race with another writer is decided at the end, by the service.
        match self.bucket.existing(name).await {
            Ok(_) => Err(multipart::already_there(name)),
            Err(error) if error.kind == StoreErrorKind::NotFound => {
                Ok(Box::new(S3Upload::new(self.bucket.clone(), name)?))
            }
            Err(error) => Err(error),
        }
    }

    fn copy_source(&self, name: &str) -> Option<CopySource> {
        Some(adopt::source(&self.bucket, name))
    }

    async fn adopt(&self, name: &str, source: &CopySource, size: u64) -> Result<bool, StoreError> {
        adopt::adopt(&self.bucket, name, source, size).await
    }

    async fn put(&self, name: &str, bytes: Bytes, mode: PutMode) -> Result<(), StoreError> {
        let content = Content::of(bytes);
        match mode {
            PutMode::Create => self.bucket.put_new(name, &content).await,
            PutMode::Overwrite => self.bucket.put(name, &content, Condition::Any, |put| put).await,
        }
    }

    async fn read(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
        read::read(&self.bucket, name, range).await
    }

    /// The first 5 MiB are sent again, which is the least that S3 takes; the rest is copied within the store.
    async fn rewrite(&self, name: &str, offset: u64, bytes: Bytes) -> Result<u64, StoreError> {
        rewrite::rewrite(&self.bucket, name, offset, &bytes).await
    }

    async fn head(&self, name: &str) -> Result<ObjectMeta, StoreError> {
        let found = self.bucket.existing(name).await?;
        Ok(ObjectMeta { name: name.to_owned(), size: size_of(&found) })
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ObjectMeta>, StoreError> {
        let bucket = &self.bucket;
        let client = bucket.client().await?;
        let folder = bucket.key(prefix);
        let (mut found, mut listing) = (Vec::new(), Listing::new(prefix));
        let mut next = None;
        loop {
            let page = client.list_objects_v2().bucket(&bucket.config.bucket).prefix(&folder).delimiter("/");
            let page = page.set_continuation_token(next.take()).send().await;
            let page = page.map_err(|e| Failure::of(e).at(&bucket.config, prefix))?;
            for object in page.contents() {
                listing.name(object.key().unwrap_or_default())?;
                let key = object.key().and_then(|key| key.strip_prefix(&bucket.config.prefix));
                // Some tools make an empty object to stand for the folder itself.
                let Some(name) = key.filter(|name| *name != prefix) else { continue };
                let size = object.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
                found.push(ObjectMeta { name: name.to_owned(), size });
            }
            listing.page(page.contents().len(), page.next_continuation_token())?;
            match page.next_continuation_token {
                Some(token) if page.is_truncated == Some(true) => next = Some(token),
                // Half a list must not look like a whole one: what it lacks would be taken for lost.
                None if page.is_truncated == Some(true) => {
                    let text = "the store ended the list before its end";
                    return Err(StoreError::new(StoreErrorKind::Other, prefix, text));
                }
                _ => break,
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    async fn strange(&self, _: &str) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    async fn delete(&self, name: &str) -> Result<(), StoreError> {
        let bucket = &self.bucket;
        // S3 reports success for a missing object, and only hides a locked one.
        let found = bucket.existing(name).await?;
        lock::check_unlocked(name, bucket.locked(name, &found).await?)?;
        let delete =
            bucket.client().await?.delete_object().bucket(&bucket.config.bucket).key(bucket.key(name));
        delete.send().await.map(drop).map_err(|e| Failure::of(e).at(&bucket.config, name))
    }

    async fn check_deletable(&self, name: &str) -> Result<(), StoreError> {
        let found = self.bucket.existing(name).await?;
        lock::check_unlocked(name, self.bucket.locked(name, &found).await?)
    }

    async fn old_versions(&self, prefix: &str) -> OldVersions {
        versions::old_versions(&self.bucket, prefix).await
    }

    async fn guards(&self, probe: &str) -> Vec<StoreGuard> {
        guards::guards(&self.bucket, probe).await
    }

    async fn sweep(&self) -> Result<u64, StoreError> {
        match self.sweep_older_than(ABANDONED_AFTER).await {
            // The backup is made without the clean-up.
            Err(error) if error.kind == StoreErrorKind::Unsupported => {
                tracing::warn!(%error, "unfinished uploads could not be looked for");
                Ok(0)
            }
            other => other,
        }
    }

    /// Those that this process writes are spared.
    async fn sweep_older_than(&self, age: Duration) -> Result<u64, StoreError> {
        let bucket = &self.bucket;
        bucket.settle().await;
        let unfinished = bucket.unfinished(&bucket.key(ARCHIVES)).await?;
        let now = SystemTime::from(SystemClock.now());
        let mut swept = 0;
        for upload in unfinished.iter().filter(|upload| is_older(upload, age, now)) {
            if let (Some(key), Some(id)) = (upload.key(), upload.upload_id())
                && bucket.is_archive(key)
                && !bucket.is_writing(key)
                && (age.is_zero() || is_past(bucket.newest_part(key, id).await?, age, now))
                && bucket.abort(key, id).await?
            {
                swept += 1;
            }
        }
        Ok(swept)
    }

    fn rewrites_in_one_step(&self) -> bool {
        self.bucket.config.checksums == Checksums::Always
    }

    fn read_back(&self) -> ReadBack {
        match self.bucket.config.checksums {
            Checksums::Always => ReadBack::Sample,
            Checksums::WhenRequired => ReadBack::Whole,
        }
    }

    async fn settle(&self) {
        self.bucket.settle().await;
    }

    async fn room(&self) -> Result<Option<Room>, StoreError> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::primitives::DateTime;

    use super::*;

    #[test]
    fn only_what_is_old_is_abandoned() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let begun = |secs| MultipartUpload::builder().initiated(DateTime::from_secs(secs)).build();
        let day = Duration::from_secs(86_400);
        assert!(is_older(&begun(1_000_000 - 86_400), day, now));
        assert!(!is_older(&begun(1_000_000 - 86_399), day, now));
        assert!(!is_older(&begun(1_000_100), day, now), "a clock that goes wrong");
        assert!(is_older(&begun(1_000_000), Duration::ZERO, now));
        assert!(!is_older(&MultipartUpload::builder().build(), Duration::ZERO, now), "nobody knows");
    }
}
