//! What all requests to a bucket share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aitta_base::random;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::create_multipart_upload::builders::CreateMultipartUploadFluentBuilder;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::types::{ChecksumAlgorithm, ServerSideEncryption, StorageClass};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::sync::OnceCell;
use tokio_util::task::TaskTracker;

use super::super::{ARCHIVES, Credentials, StoreError, StoreErrorKind, archive_name};
use super::client::{Retries, connect};
use super::errors::Failure;
use super::lock::{Lock, locked};
use super::multipart::already_there;
use super::parts::{Content, PartSizes};
use crate::{Checksums, S3Config, ServerEncryption, id_of};

/// Metadata that tells who wrote an object: after an answer that got lost, this alone shows that it is there.
const UPLOAD: &str = "aitta-upload";

pub(super) struct Bucket {
    pub(super) config: S3Config,
    pub(super) credentials: Credentials,
    pub(super) retries: Retries,
    pub(super) sizes: PartSizes,
    /// How long archives are kept, where that is known.
    pub(super) retention: Option<Duration>,
    /// Object Lock of the bucket, once it was asked for.
    pub(super) lock: OnceCell<Option<Lock>>,
    client: OnceCell<Client>,
    /// What is being removed.
    pub(super) removals: TaskTracker,
    /// Keys that this process has unfinished uploads of, and how many.
    writing: Mutex<HashMap<String, usize>>,
}

/// What an object must be for a request to change it.
#[derive(Clone)]
pub(super) enum Condition {
    /// There is none.
    Absent,
    /// It is still this one.
    Unchanged(String),
    /// Anything.
    Any,
}

impl Bucket {
    pub(super) fn new(config: S3Config, credentials: Credentials) -> Self {
        let removals = TaskTracker::new();
        // Closed, or waiting for it would never end; it still takes tasks.
        removals.close();
        Self {
            config,
            credentials,
            retries: Retries::default(),
            sizes: PartSizes::default(),
            retention: None,
            lock: OnceCell::new(),
            client: OnceCell::new(),
            removals,
            writing: Mutex::default(),
        }
    }

    pub(super) async fn client(&self) -> Result<&Client, StoreError> {
        self.client.get_or_try_init(|| connect(&self.config, &self.credentials, self.retries)).await
    }

    pub(super) fn key(&self, name: &str) -> String {
        format!("{}{name}", self.config.prefix)
    }

    /// Whether this is the key of an archive, and not of something that somebody else keeps beside them.
    pub(super) fn is_archive(&self, key: &str) -> bool {
        let name = key.strip_prefix(&self.config.prefix);
        name.is_some_and(|name| id_of(name).is_some_and(|id| archive_name(&id.to_string()) == name))
    }

    /// The checksum that parts and objects carry, and that the service confirms. A bucket with Object Lock requires
    /// one. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>
    pub(super) async fn algorithm(&self) -> Result<Option<ChecksumAlgorithm>, StoreError> {
        let checks = match self.config.checksums {
            Checksums::Always => true,
            Checksums::WhenRequired => self.lock().await?.is_some(),
        };
        Ok(checks.then_some(ChecksumAlgorithm::Crc32))
    }

    /// The object, if there is one. That the bucket is missing looks the same.
    pub(super) async fn find(&self, name: &str) -> Result<Option<HeadObjectOutput>, StoreError> {
        let request = self.client().await?.head_object().bucket(&self.config.bucket).key(self.key(name));
        match request.send().await.map_err(Failure::of) {
            Ok(found) => Ok(Some(found)),
            Err(failure) if failure.is_not_found() => Ok(None),
            Err(failure) => Err(self.explain(name, failure).await?),
        }
    }

    /// As [`Bucket::find`], but a missing object and a missing bucket are errors, and not the same.
    pub(super) async fn existing(&self, name: &str) -> Result<HeadObjectOutput, StoreError> {
        match self.find(name).await? {
            Some(found) => Ok(found),
            None => {
                self.check_bucket().await?;
                Err(StoreError::new(StoreErrorKind::NotFound, name, "NoSuchKey: there is no such object"))
            }
        }
    }

    /// Refuses a bucket that is not there.
    pub(super) async fn check_bucket(&self) -> Result<(), StoreError> {
        let request = self.client().await?.head_bucket().bucket(&self.config.bucket);
        match request.send().await.map_err(Failure::of) {
            Ok(_) => Ok(()),
            // The right to read and write objects does not include the right to ask for the bucket.
            Err(failure) if failure.kind(&self.config) == StoreErrorKind::Denied => Ok(()),
            Err(failure) if failure.is_not_found() => {
                // With a body, and so with a code.
                let list = self.client().await?.list_objects_v2().bucket(&self.config.bucket).max_keys(1);
                list.send().await.map(drop).map_err(|e| Failure::of(e).at(&self.config, ""))
            }
            Err(failure) => Err(self.explain("", failure).await?),
        }
    }

    /// Answers to HEAD have no body, and so no code that says why. A request that has one tells more.
    async fn explain(&self, name: &str, failure: Failure) -> Result<StoreError, StoreError> {
        let kind = failure.kind(&self.config);
        if matches!(kind, StoreErrorKind::Unreachable | StoreErrorKind::NoCredentials) {
            return Ok(failure.at(&self.config, name));
        }
        let client = self.client().await?;
        let telling = if name.is_empty() {
            let list = client.list_objects_v2().bucket(&self.config.bucket).max_keys(1);
            list.send().await.err().map(Failure::of)
        } else {
            let get = client.get_object().bucket(&self.config.bucket).key(self.key(name)).range("bytes=0-0");
            get.send().await.err().map(Failure::of)
        };
        Ok(telling.unwrap_or(failure).at(&self.config, name))
    }

    /// Stores an object in one request, and never replaces another.
    pub(super) async fn put_new(&self, name: &str, content: &Content) -> Result<(), StoreError> {
        // For servers that take no notice of conditions.
        if self.find(name).await?.is_some() {
            return Err(already_there(name));
        }
        let lock = self.lock_of_new(name).await?;
        self.put(name, content, Condition::Absent, |put| locked!(put, lock)).await?;
        self.ensure_locked(name, &lock, "it is stored").await
    }

    /// Stores an object in one request.
    pub(super) async fn put(
        &self,
        name: &str,
        content: &Content,
        condition: Condition,
        adapt: impl FnOnce(PutObjectFluentBuilder) -> PutObjectFluentBuilder,
    ) -> Result<(), StoreError> {
        let token = self.token(name)?;
        let (encryption, kms_key) = self.encryption();
        let put = self.client().await?.put_object().bucket(&self.config.bucket).key(self.key(name));
        let put = put.body(content.body()).metadata(UPLOAD, &token).set_storage_class(self.class(name));
        let put = adapt(put.set_server_side_encryption(encryption).set_ssekms_key_id(kms_key));
        let put = match condition.clone() {
            Condition::Absent => put.if_none_match("*"),
            Condition::Unchanged(tag) => put.if_match(tag),
            Condition::Any => put,
        };
        let algorithm = self.algorithm().await?;
        let crc = algorithm.as_ref().map(|_| base64_of(content.crc));
        let sent = put
            .set_checksum_algorithm(algorithm)
            .set_checksum_crc32(crc.clone())
            .customize()
            .config_override(self.retries.patient_for(content.len));
        match sent.send().await.map_err(Failure::of) {
            Ok(stored) => self.confirm(name, crc.as_deref(), stored.checksum_crc32()),
            Err(failure) => self.settle_doubt(name, &token, content.len, &condition, failure).await,
        }
    }

    /// After a failure: an answer may have been lost, and the next attempt been refused because of the first one.
    pub(super) async fn settle_doubt(
        &self,
        name: &str,
        token: &str,
        size: u64,
        condition: &Condition,
        failure: Failure,
    ) -> Result<(), StoreError> {
        // Any other answer says less than the first failure; and asking must not take as long again.
        let asked = tokio::time::timeout(self.retries.answer_within, self.find(name)).await;
        match asked.unwrap_or(Ok(None)) {
            Ok(Some(found)) if is_marked(&found, token) && size_of(&found) == size => {
                tracing::debug!(name, failure = failure.text(), "the object is there, its answer was lost");
                return Ok(());
            }
            Ok(_) => {}
            Err(error) => tracing::debug!(name, %error, "it is unknown whether the object is there"),
        }
        if failure.is_conflict() && matches!(condition, Condition::Unchanged(_)) {
            let text = format!("it was changed by somebody else meanwhile ({})", failure.text());
            return Err(StoreError::new(StoreErrorKind::Other, name, text).with_hint("try again"));
        }
        if failure.is_without_upload() {
            let text = format!("the upload was removed by somebody else meanwhile ({})", failure.text());
            return Err(StoreError::new(StoreErrorKind::Other, name, text)
                .with_hint("run it again; do not sweep this bucket while a backup runs"));
        }
        Err(failure.at(&self.config, name))
    }

    /// Compares the checksum that the service has computed with ours, where it tells it.
    pub(super) fn confirm(
        &self,
        name: &str,
        ours: Option<&str>,
        theirs: Option<&str>,
    ) -> Result<(), StoreError> {
        match (ours, theirs) {
            (Some(ours), Some(theirs)) if ours != theirs => {
                let text = format!("the store has the CRC-32 {theirs} where {ours} was sent");
                Err(StoreError::new(StoreErrorKind::Other, name, text))
            }
            _ => Ok(()),
        }
    }

    /// A request that begins an upload in parts, as the configuration wants it.
    pub(super) async fn begin(
        &self,
        name: &str,
        token: &str,
    ) -> Result<CreateMultipartUploadFluentBuilder, StoreError> {
        let (encryption, kms_key) = self.encryption();
        let begin = self.client().await?.create_multipart_upload().bucket(&self.config.bucket);
        let begin = begin.key(self.key(name)).metadata(UPLOAD, token);
        let begin = begin.set_checksum_algorithm(self.algorithm().await?);
        let begin = begin.set_server_side_encryption(encryption).set_ssekms_key_id(kms_key);
        Ok(begin.set_storage_class(self.class(name)))
    }

    fn encryption(&self) -> (Option<ServerSideEncryption>, Option<String>) {
        match &self.config.encryption {
            ServerEncryption::Bucket => (None, None),
            ServerEncryption::S3 => (Some(ServerSideEncryption::Aes256), None),
            ServerEncryption::Kms(key) => (Some(ServerSideEncryption::AwsKms), Some(key.clone())),
        }
    }

    /// Sidecars are small and read often: no class that charges for either.
    fn class(&self, name: &str) -> Option<StorageClass> {
        let class = self.config.storage_class.as_deref().filter(|_| name.starts_with(ARCHIVES));
        class.map(StorageClass::from)
    }

    /// A new value of [`UPLOAD`].
    pub(super) fn token(&self, name: &str) -> Result<String, StoreError> {
        let bytes = random::<16>().map_err(|e| StoreError::new(StoreErrorKind::Other, name, e))?;
        Ok(hex::encode(bytes))
    }

    /// Waits until nothing is being removed any more.
    pub(super) async fn settle(&self) {
        self.removals.wait().await;
    }

    pub(super) fn is_writing(&self, key: &str) -> bool {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }
}

/// Keeps an upload from being swept by the process that writes it.
pub(super) struct Writing {
    bucket: Arc<Bucket>,
    key: String,
}

impl Writing {
    pub(super) fn of(bucket: &Arc<Bucket>, key: String) -> Self {
        *bucket.writing.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()).or_default() += 1;
        Self { bucket: bucket.clone(), key }
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        let mut writing = self.bucket.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = writing.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                writing.remove(&self.key);
            }
        }
    }
}

/// As S3 writes a CRC-32: four bytes, the highest first, in base64.
pub(super) fn base64_of(crc: u32) -> String {
    BASE64.encode(crc.to_be_bytes())
}

pub(super) fn size_of(found: &HeadObjectOutput) -> u64 {
    found.content_length().and_then(|size| u64::try_from(size).ok()).unwrap_or_default()
}

/// Metadata but for the mark of the upload.
pub(super) fn metadata_of(found: &HeadObjectOutput) -> HashMap<String, String> {
    let mut metadata = found.metadata().cloned().unwrap_or_default();
    metadata.remove(UPLOAD);
    metadata
}

fn is_marked(found: &HeadObjectOutput, token: &str) -> bool {
    found.metadata().and_then(|metadata| metadata.get(UPLOAD)).is_some_and(|mark| mark == token)
}
