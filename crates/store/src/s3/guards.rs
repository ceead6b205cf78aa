//! What a bucket promises beyond keeping bytes, as far as these credentials may ask for it.
//!
//! Where the server refuses an answer, or lacks the request, the answer is "unknown" with the server's words.

use aitta_model::StoreGuard;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::BucketVersioningStatus;
use bytes::Bytes;

use super::super::StoreErrorKind;
use super::super::check::CREATE_ONLY;
use super::bucket::{Bucket, Condition};
use super::errors::Failure;
use super::parts::Content;
use crate::ServerEncryption;

/// Whom an access list calls everybody, and everybody who has an account at AWS.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html>
const EVERYBODY: [&str; 2] = [
    "http://acs.amazonaws.com/groups/global/AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
];

/// All of them. `probe` names an object that is there, and that may be replaced.
pub(super) async fn guards(bucket: &Bucket, probe: &str) -> Vec<StoreGuard> {
    let guards = tokio::join!(
        public_access(bucket),
        versioning(bucket),
        encryption(bucket),
        object_lock(bucket),
        create_only(bucket, probe),
    );
    vec![guards.0, guards.1, guards.2, guards.3, guards.4]
}

/// What the service answered; `None` when the bucket has no such thing, which S3 says by an error.
pub(super) fn told<T, E>(
    answer: Result<T, SdkError<E, HttpResponse>>,
    none: &str,
) -> Result<Option<T>, Failure>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match answer.map_err(Failure::of) {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.has_code(none) => Ok(None),
        Err(failure) => Err(failure),
    }
}

impl Bucket {
    /// Whether objects that are replaced or deleted are kept; `None` when they never were.
    pub(super) async fn versioning(&self) -> Result<Option<BucketVersioningStatus>, Failure> {
        let client = self.client().await.map_err(Failure::before)?;
        let asked = client.get_bucket_versioning().bucket(&self.config.bucket).send().await;
        Ok(asked.map_err(Failure::of)?.status)
    }

    async fn is_public_by_policy(&self) -> Result<bool, Failure> {
        let client = self.client().await.map_err(Failure::before)?;
        let asked = client.get_bucket_policy_status().bucket(&self.config.bucket).send().await;
        let Some(found) = told(asked, "NoSuchBucketPolicy")? else { return Ok(false) };
        let is_public = found.policy_status().and_then(|status| status.is_public());
        is_public.ok_or_else(|| Failure::before("the answer does not say"))
    }

    async fn is_public_by_list(&self) -> Result<bool, Failure> {
        let client = self.client().await.map_err(Failure::before)?;
        let asked = client.get_bucket_acl().bucket(&self.config.bucket).send().await;
        let found = asked.map_err(Failure::of)?;
        let mut uris = found.grants().iter().filter_map(|grant| grant.grantee()?.uri());
        Ok(uris.any(|uri| EVERYBODY.contains(&uri)))
    }
}

async fn public_access(bucket: &Bucket) -> StoreGuard {
    const NAME: &str = "public_access";
    let block = async {
        let client = bucket.client().await.map_err(Failure::before)?;
        let asked = client.get_public_access_block().bucket(&bucket.config.bucket).send().await;
        told(asked, "NoSuchPublicAccessBlockConfiguration")
    };
    // Where this is refused, policy and access list give the answer.
    let block = block.await.ok().flatten().and_then(|found| found.public_access_block_configuration);
    let no_policy = block.as_ref().and_then(|block| block.restrict_public_buckets).unwrap_or(false);
    let no_list = block.as_ref().and_then(|block| block.ignore_public_acls).unwrap_or(false);
    if no_policy && no_list {
        return StoreGuard::fine(NAME, "nobody else can read it: public access is blocked");
    }
    let policy = if no_policy { Ok(false) } else { bucket.is_public_by_policy().await };
    let list = if no_list { Ok(false) } else { bucket.is_public_by_list().await };
    match (policy, list) {
        (Ok(true), _) => StoreGuard::warning(
            NAME,
            "its policy lets everybody in: change the policy, or block public access in the settings of the bucket",
        ),
        (_, Ok(true)) => StoreGuard::warning(
            NAME,
            "its access list lets everybody in: change the list, or block public access in the settings of the bucket",
        ),
        (Ok(false), Ok(false)) => StoreGuard::fine(
            NAME,
            "nobody else can read it: neither its policy nor its access list is public",
        ),
        (Err(failure), _) | (_, Err(failure)) => {
            unknown(NAME, "whether everybody can read it", &failure, "s3:GetBucketPublicAccessBlock")
        }
    }
}

async fn versioning(bucket: &Bucket) -> StoreGuard {
    const NAME: &str = "versioning";
    match bucket.versioning().await {
        Ok(Some(BucketVersioningStatus::Enabled)) => {
            StoreGuard::fine(NAME, "it keeps versions: what is deleted or replaced can be brought back")
        }
        Ok(Some(_)) => StoreGuard::warning(
            NAME,
            "versioning is suspended: what is deleted now is gone at once; enable it in the properties of the bucket",
        ),
        Ok(None) => StoreGuard::warning(
            NAME,
            "it keeps no versions: what is deleted is gone at once; enable versioning in the properties of the bucket",
        ),
        Err(failure) => unknown(NAME, "whether it keeps versions", &failure, "s3:GetBucketVersioning"),
    }
}

async fn encryption(bucket: &Bucket) -> StoreGuard {
    const NAME: &str = "encryption";
    if bucket.config.encryption != ServerEncryption::Bucket {
        return StoreGuard::fine(NAME, "the store encrypts each object, as the profile asks it to");
    }
    let asked = async {
        let client = bucket.client().await.map_err(Failure::before)?;
        let asked = client.get_bucket_encryption().bucket(&bucket.config.bucket).send().await;
        told(asked, "ServerSideEncryptionConfigurationNotFoundError")
    };
    let found = match asked.await {
        Ok(found) => found.and_then(|found| found.server_side_encryption_configuration),
        Err(failure) => {
            return unknown(NAME, "its default encryption", &failure, "s3:GetEncryptionConfiguration");
        }
    };
    let mut rules = found.iter().flat_map(|found| found.rules());
    match rules.find_map(|rule| rule.apply_server_side_encryption_by_default()) {
        Some(rule) => {
            let by = rule.sse_algorithm();
            StoreGuard::fine(NAME, format!("the store encrypts what it keeps once more ({by})"))
        }
        None => StoreGuard::warning(
            NAME,
            "it has no default encryption, so only that of Aitta counts: set one in the properties of the \
             bucket, or set S3_ENCRYPTION",
        ),
    }
}

async fn object_lock(bucket: &Bucket) -> StoreGuard {
    const NAME: &str = "object_lock";
    match bucket.ask_for_lock().await {
        Ok(Some(lock)) => StoreGuard::fine(
            NAME,
            format!("it has Object Lock: archives are locked until they expire (mode {})", lock.mode),
        ),
        Ok(None) => StoreGuard::warning(
            NAME,
            "it has no Object Lock: anybody with these credentials can delete every archive; enable it in \
             the properties of the bucket",
        ),
        Err(failure) => {
            unknown(NAME, "whether it has Object Lock", &failure, "s3:GetBucketObjectLockConfiguration")
        }
    }
}

/// Tries to overwrite without looking first; everywhere else Aitta looks before it writes.
async fn create_only(bucket: &Bucket, probe: &str) -> StoreGuard {
    let content = Content::of(Bytes::from_static(super::super::check::PROBE));
    match bucket.put(probe, &content, Condition::Absent, |put| put).await {
        Err(error) if error.kind == StoreErrorKind::AlreadyExists => {
            StoreGuard::fine(CREATE_ONLY, "it never lets a new object take the place of another")
        }
        Ok(()) => StoreGuard::warning(
            CREATE_ONLY,
            "it ignores `If-None-Match`: Aitta looks before each write and never uses a name twice; let \
             nothing else write there",
        ),
        Err(error) => StoreGuard::unknown(
            CREATE_ONLY,
            format!("whether it refuses to replace an object could not be found out ({})", error.source),
        ),
    }
}

fn unknown(guard: &str, what: &str, failure: &Failure, right: &str) -> StoreGuard {
    let right = if failure.is_denied() {
        format!("; give these credentials the right {right}")
    } else {
        String::new()
    };
    StoreGuard::unknown(guard, format!("{what} could not be found out ({}){right}", failure.text()))
}
