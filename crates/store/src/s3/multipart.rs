//! An upload in parts. What is begun is completed or removed, whatever happens in between.

use aitta_model::Command;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::operation::create_multipart_upload::builders::CreateMultipartUploadFluentBuilder;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, MultipartUpload};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::super::{StoreError, StoreErrorKind};
use super::bucket::{Bucket, Condition, Writing, base64_of};
use super::client::patient;
use super::errors::{Failure, location};
use super::parts::{Content, MOST_PARTS};
use super::versions::page_mark;
use crate::bounds::Listing;

/// Parts that are sent at the same time.
const IN_FLIGHT: usize = 3;
/// Parts from files that are sent at the same time: fewer, because each takes much room on the disk.
const SPOOLED_IN_FLIGHT: usize = 2;

/// How much is copied in one request, so that several run at the same time. S3 allows 5 GiB.
const COPIED: u64 = 512 << 20;
/// So that the largest object fits into 10,000 parts.
const MOST_COPIES: u64 = 9_000;

/// An unfinished upload. Dropped, it stops what is being sent and removes what was.
pub(super) struct Multipart {
    bucket: Arc<Bucket>,
    name: String,
    id: String,
    token: String,
    runtime: Handle,
    sending: JoinSet<Result<CompletedPart, StoreError>>,
    sent: Vec<CompletedPart>,
    size: u64,
    /// `None` when nothing is left to remove.
    writing: Option<Writing>,
    /// Whether the request that began it was sent more than once, and so may have begun several.
    begun_again: bool,
}

impl Multipart {
    /// Begins an upload, with what `adapt` adds to the request.
    pub(super) async fn begin(
        bucket: &Arc<Bucket>,
        name: &str,
        adapt: impl FnOnce(CreateMultipartUploadFluentBuilder) -> CreateMultipartUploadFluentBuilder,
    ) -> Result<Self, StoreError> {
        let token = bucket.token(name)?;
        let request = adapt(bucket.begin(name, &token).await?);
        let (bucket, name) = (bucket.clone(), name.to_owned());
        let (tell, told) = oneshot::channel();
        let removals = bucket.removals.clone();
        // On a task of its own: the caller may be cancelled, and the id would be lost.
        removals.spawn(async move {
            let begun = Self::send_begin(bucket, name, token, request).await;
            // The caller is gone: an upload that comes back is dropped, and so removed.
            drop(tell.send(begun));
        });
        told.await.unwrap_or_else(|e| Err(StoreError::new(StoreErrorKind::Other, "", e)))
    }

    async fn send_begin(
        bucket: Arc<Bucket>,
        name: String,
        token: String,
        request: CreateMultipartUploadFluentBuilder,
    ) -> Result<Self, StoreError> {
        let writing = Writing::of(&bucket, bucket.key(&name));
        let attempts = Attempts::default();
        let begun = request.customize().interceptor(attempts.clone()).send().await;
        let begun = begun.map_err(|e| Failure::of(e).at(&bucket.config, &name))?;
        let Some(id) = begun.upload_id().map(str::to_owned) else {
            let text = "the store began an upload and did not name it";
            return Err(StoreError::new(StoreErrorKind::Other, name, text));
        };
        Ok(Self {
            name,
            id,
            token,
            runtime: Handle::current(),
            sending: JoinSet::new(),
            sent: Vec::new(),
            size: 0,
            writing: Some(writing),
            begun_again: attempts.count() > 1,
            bucket,
        })
    }

    /// Sends a part, and waits first while too many are under way. Tells failures of earlier parts, too.
    pub(super) async fn send(&mut self, number: u32, content: Content) -> Result<(), StoreError> {
        let most = if content.is_spooled() { SPOOLED_IN_FLIGHT } else { IN_FLIGHT };
        let number = self.make_room(number, most).await?;
        self.size += content.len;
        let (bucket, name, id) = (self.bucket.clone(), self.name.clone(), self.id.clone());
        self.sending.spawn(async move {
            let algorithm = bucket.algorithm().await?;
            let crc = algorithm.as_ref().map(|_| base64_of(content.crc));
            let part = bucket.client().await?.upload_part().bucket(&bucket.config.bucket);
            let part = part.key(bucket.key(&name)).upload_id(id).part_number(number);
            let part = part
                .body(content.body())
                .set_checksum_algorithm(algorithm)
                .set_checksum_crc32(crc.clone())
                .customize();
            let stored = part.config_override(bucket.retries.patient_for(content.len)).send().await;
            let stored = stored.map_err(|e| Failure::of(e).at(&bucket.config, &name))?;
            bucket.confirm(&name, crc.as_deref(), stored.checksum_crc32())?;
            let done = CompletedPart::builder().part_number(number).set_checksum_crc32(crc);
            Ok(done.set_e_tag(stored.e_tag).build())
        });
        Ok(())
    }

    /// Lets the service take these bytes from an object that it has, `BUCKET/KEY` as part of a URL, as long as that
    /// is still `tag`: from part `first` on.
    pub(super) async fn copy_all(
        &mut self,
        first: u32,
        range: Range<u64>,
        source: &str,
        tag: &str,
    ) -> Result<(), StoreError> {
        let step = COPIED.max(range.end.div_ceil(MOST_COPIES));
        for (number, start) in (first..).zip((range.start..range.end).step_by(step as usize)) {
            self.copy(number, start..range.end.min(start + step), source, tag).await?;
        }
        Ok(())
    }

    async fn copy(
        &mut self,
        number: u32,
        range: Range<u64>,
        source: &str,
        tag: &str,
    ) -> Result<(), StoreError> {
        let number = self.make_room(number, IN_FLIGHT).await?;
        self.size += range.end - range.start;
        let (bucket, name, id) = (self.bucket.clone(), self.name.clone(), self.id.clone());
        let (source, tag) = (source.to_owned(), tag.to_owned());
        self.sending.spawn(async move {
            let key = bucket.key(&name);
            let copy = bucket.client().await?.upload_part_copy().bucket(&bucket.config.bucket);
            let copy = copy.key(key).upload_id(id).part_number(number).copy_source(source);
            let copy = copy.copy_source_range(format!("bytes={}-{}", range.start, range.end - 1));
            let copied = copy.copy_source_if_match(tag).customize().config_override(patient()).send().await;
            let copied = copied.map_err(|e| without_copy(&bucket, &name, Failure::of(e)))?;
            let copied = copied.copy_part_result;
            let crc = copied.as_ref().and_then(|copied| copied.checksum_crc32.clone());
            let done = CompletedPart::builder().part_number(number);
            let checks = bucket.algorithm().await?.is_some();
            let done = done.set_checksum_crc32(crc.filter(|_| checks));
            Ok(done.set_e_tag(copied.and_then(|copied| copied.e_tag)).build())
        });
        Ok(())
    }

    async fn make_room(&mut self, number: u32, most: usize) -> Result<i32, StoreError> {
        while let Some(done) = self.sending.try_join_next() {
            self.note(done)?;
        }
        while self.sending.len() >= most {
            self.wait_for_one().await?;
        }
        let number = i32::try_from(number).ok().filter(|number| *number <= MOST_PARTS as i32);
        number.ok_or_else(|| {
            let text = "it is larger than 5 TiB, the most that S3 stores in one object";
            StoreError::new(StoreErrorKind::Other, self.name.clone(), text)
                .with_hint("leave tables out, or use another kind of store for a database of this size")
        })
    }

    async fn wait_for_one(&mut self) -> Result<bool, StoreError> {
        match self.sending.join_next().await {
            Some(done) => self.note(done).map(|()| true),
            None => Ok(false),
        }
    }

    fn note(
        &mut self,
        done: Result<Result<CompletedPart, StoreError>, tokio::task::JoinError>,
    ) -> Result<(), StoreError> {
        let done = done.map_err(|e| StoreError::new(StoreErrorKind::Other, self.name.clone(), e))?;
        self.sent.push(done?);
        Ok(())
    }

    /// Makes the object visible, if `condition` holds.
    pub(super) async fn complete(mut self, condition: Condition) -> Result<(), StoreError> {
        while self.wait_for_one().await? {}
        self.sent.sort_by_key(CompletedPart::part_number);
        self.check(&condition).await?;
        let parts =
            CompletedMultipartUpload::builder().set_parts(Some(std::mem::take(&mut self.sent))).build();
        let complete =
            self.bucket.client().await?.complete_multipart_upload().bucket(&self.bucket.config.bucket);
        let complete = complete.key(self.bucket.key(&self.name)).upload_id(&self.id).multipart_upload(parts);
        let complete = match condition.clone() {
            Condition::Absent => complete.if_none_match("*"),
            Condition::Unchanged(tag) => complete.if_match(tag),
            Condition::Any => complete,
        };
        // The SDK takes an error in the body of an answer with status 200 for one.
        let completed = complete.customize().config_override(patient()).send().await;
        if let Err(failure) = completed.map_err(Failure::of) {
            self.bucket.settle_doubt(&self.name, &self.token, self.size, &condition, failure).await?;
        }
        if self.begun_again {
            let (bucket, writing) = (self.bucket.clone(), self.writing.take());
            self.bucket.removals.spawn(async move {
                if let Some(writing) = writing {
                    bucket.remove_twins(&writing).await;
                }
            });
        }
        self.writing = None;
        Ok(())
    }

    /// For servers that take no notice of conditions.
    async fn check(&self, condition: &Condition) -> Result<(), StoreError> {
        let found = match condition {
            Condition::Any => return Ok(()),
            Condition::Absent | Condition::Unchanged(_) => self.bucket.find(&self.name).await?,
        };
        match (condition, found) {
            (Condition::Absent, Some(_)) => Err(already_there(&self.name)),
            (Condition::Unchanged(tag), found) if found.as_ref().and_then(|f| f.e_tag()) != Some(tag) => {
                let text = "it was changed by somebody else meanwhile";
                Err(StoreError::new(StoreErrorKind::Other, self.name.clone(), text).with_hint("try again"))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Multipart {
    fn drop(&mut self) {
        let Some(writing) = self.writing.take() else { return };
        let (bucket, id, begun_again) = (self.bucket.clone(), std::mem::take(&mut self.id), self.begun_again);
        let mut sending = std::mem::take(&mut self.sending);
        let removals = bucket.removals.clone();
        removals.spawn_on(
            async move {
                // First: a part that arrives after the removal would stay for ever.
                sending.shutdown().await;
                bucket.remove(writing.key(), &id).await;
                if begun_again {
                    bucket.remove_twins(&writing).await;
                }
            },
            &self.runtime,
        );
    }
}

impl Bucket {
    /// Removes an unfinished upload. A part that was under way may survive the first time, says the manual, so it
    /// is asked for until there is no such upload.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html>
    async fn remove(&self, key: &str, id: &str) {
        for _ in 0..3 {
            match self.abort(key, id).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(key, %error, "an unfinished upload could not be removed; {} does", Command::StoreSweep);
                    return;
                }
            }
        }
    }

    /// Whether there was such an upload.
    pub(super) async fn abort(&self, key: &str, id: &str) -> Result<bool, StoreError> {
        let abort = self.client().await?.abort_multipart_upload().bucket(&self.config.bucket).key(key);
        match abort.upload_id(id).send().await.map_err(Failure::of) {
            Ok(_) => Ok(true),
            Err(failure) if failure.is_without_upload() || failure.is_not_found() => Ok(false),
            Err(failure) => Err(failure.at(&self.config, key)),
        }
    }

    /// Removes uploads that were begun by requests whose answer got lost. The upload that was used
    /// is done, and no other process writes this key.
    async fn remove_twins(&self, writing: &Writing) {
        let twins = match self.unfinished(writing.key()).await {
            Ok(twins) => twins,
            Err(error) => {
                tracing::debug!(key = writing.key(), %error, "unfinished uploads can't be listed");
                return;
            }
        };
        for id in twins
            .iter()
            .filter(|twin| twin.key() == Some(writing.key()))
            .filter_map(MultipartUpload::upload_id)
        {
            self.remove(writing.key(), id).await;
        }
    }

    /// When the newest part of an unfinished upload came; nothing where there is none, or the server can't list them.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html>
    pub(super) async fn newest_part(&self, key: &str, id: &str) -> Result<Option<SystemTime>, StoreError> {
        let client = self.client().await?;
        let (mut newest, mut marker, mut listing) = (None, None, Listing::new(key));
        loop {
            let is_first = marker.is_none();
            let page = client.list_parts().bucket(&self.config.bucket).key(key).upload_id(id);
            let page = match page.set_part_number_marker(marker.take()).send().await.map_err(Failure::of) {
                Ok(page) => page,
                Err(failure) if failure.is_without_upload() || failure.is_not_found() => return Ok(newest),
                Err(failure) if is_first && (failure.is_unknown_request() || failure.is_misread()) => {
                    return Ok(None);
                }
                Err(failure) => return Err(failure.at(&self.config, key)),
            };
            let came =
                page.parts().iter().filter_map(|part| SystemTime::try_from(*part.last_modified()?).ok());
            newest = newest.max(came.max());
            listing.page(page.parts().len(), page.next_part_number_marker())?;
            match (page.is_truncated(), page.next_part_number_marker) {
                (Some(true), Some(next)) => marker = Some(next),
                (Some(true), None) => {
                    // The newest are on the last page.
                    let text = "its list of the parts of an upload has no end";
                    return Err(StoreError::new(StoreErrorKind::Unsupported, key, text)
                        .with_hint("remove unfinished uploads with the tools of that server"));
                }
                _ => return Ok(newest),
            }
        }
    }

    /// Unfinished uploads of keys that begin with this.
    ///
    /// # Errors
    /// [`StoreErrorKind::Unsupported`] where the server can't list them.
    pub(super) async fn unfinished(&self, prefix: &str) -> Result<Vec<MultipartUpload>, StoreError> {
        let client = self.client().await?;
        let (mut found, mut listing) = (Vec::new(), Listing::new(prefix));
        let (mut key, mut id) = (None, None);
        loop {
            let page = client.list_multipart_uploads().bucket(&self.config.bucket).prefix(prefix);
            let page = page.set_key_marker(key.take()).set_upload_id_marker(id.take()).send().await;
            let page = match page.map_err(Failure::of) {
                Ok(page) => page,
                Err(failure) if failure.is_unknown_request() => {
                    let text = format!("it does not list unfinished uploads ({})", failure.text());
                    let error = StoreError::new(StoreErrorKind::Unsupported, location(&self.config), text);
                    return Err(error.with_hint(
                        "remove unfinished uploads with the tools of that server, or by a rule of the bucket that ends \
                         them after some days",
                    ));
                }
                Err(failure) => return Err(failure.at(&self.config, "")),
            };
            for upload in page.uploads() {
                listing.name(upload.key().unwrap_or_default())?;
            }
            // Some servers list all of the bucket, whatever was asked for.
            let asked = page
                .uploads()
                .iter()
                .filter(|upload| upload.key().is_some_and(|key| key.starts_with(prefix)));
            found.extend(asked.cloned());
            // A page without its successor would be read for ever.
            if page.is_truncated() != Some(true) || page.next_key_marker().is_none() {
                return Ok(found);
            }
            let mark = page_mark(page.next_key_marker(), page.next_upload_id_marker());
            listing.page(page.uploads().len(), Some(&mark))?;
            (key, id) = (page.next_key_marker, page.next_upload_id_marker);
        }
    }
}

pub(super) fn already_there(name: &str) -> StoreError {
    StoreError::new(StoreErrorKind::AlreadyExists, name, "there is already such an object")
}

fn without_copy(bucket: &Bucket, name: &str, failure: Failure) -> StoreError {
    if failure.is_conflict() {
        let text = format!("it was changed by somebody else meanwhile ({})", failure.text());
        return StoreError::new(StoreErrorKind::Other, name, text).with_hint("try again");
    }
    if failure.is_unknown_request() {
        let text = format!("this server can't copy a part of an object ({})", failure.text());
        return StoreError::new(StoreErrorKind::Other, name, text)
            .with_hint("rotate with `--reencrypt`, which sends the archives again, or use a server that has UploadPartCopy");
    }
    failure.at(&bucket.config, name)
}

/// A key as part of a URL.
pub(super) fn escaped(key: &str) -> String {
    let mut text = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                text.push(byte as char)
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// Counts how often a request is sent.
#[derive(Debug, Clone, Default)]
struct Attempts(Arc<AtomicU32>);

impl Attempts {
    fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "attempts"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn keys_are_escaped_in_urls() {
        assert_eq!(escaped("shop/backups/backup-1.backup"), "shop/backups/backup-1.backup");
        assert_eq!(escaped("a b+ä?"), "a%20b%2B%C3%A4%3F");
    }
}
