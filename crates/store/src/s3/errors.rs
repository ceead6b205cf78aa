//! What the answers of S3 mean.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use super::super::{StoreError, StoreErrorKind};
use crate::bounds::{TooLong, brief};
use crate::{Checksums, S3Config};

pub(super) const CREDENTIALS_HINT: &str = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";

/// The place, for people: `s3://bucket/prefix`, and the address in full when it is not AWS.
pub(crate) fn location(config: &S3Config) -> String {
    let server = config.endpoint.as_deref().map_or("s3:/", |endpoint| endpoint.trim_end_matches('/'));
    let place = format!("{server}/{}/{}", config.bucket, config.prefix);
    place.trim_end_matches('/').to_owned()
}

/// A request that failed.
#[derive(Debug)]
pub(super) struct Failure {
    /// Of HTTP; `None` when there was no answer.
    status: Option<u16>,
    /// Of S3, such as `NoSuchKey`; the answer to a HEAD has none.
    code: Option<String>,
    text: String,
    /// The region of the bucket, where the service names it.
    region: Option<String>,
    reached: Reached,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reached {
    Answered,
    NoAnswer,
    /// There was nothing to sign the request with.
    WithoutKeys,
    /// The request was never sent, or its answer makes no sense.
    Broken,
}

impl Failure {
    pub(super) fn of<E>(error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let raw = error.raw_response();
        let status = raw.map(|raw| raw.status().as_u16());
        let region = raw.and_then(region_of);
        let (code, message) = match error.as_service_error() {
            Some(service) => (service.code().map(str::to_owned), service.message().map(str::to_owned)),
            None => (None, None),
        };
        let reached = match &error {
            _ if has_no_keys(&error) => Reached::WithoutKeys,
            SdkError::ServiceError(_) => Reached::Answered,
            _ if is_too_long(&error) => Reached::Broken,
            // An answer that ends in the middle is none.
            SdkError::TimeoutError(_) | SdkError::ResponseError(_) => Reached::NoAnswer,
            SdkError::DispatchFailure(failed) if failed.is_user() => Reached::Broken,
            SdkError::DispatchFailure(_) => Reached::NoAnswer,
            _ => Reached::Broken,
        };
        let text = match (&code, message, status) {
            (Some(code), Some(message), _) => format!("{code}: {message}"),
            (Some(code), None, _) => code.clone(),
            (None, _, Some(status)) if reached == Reached::Answered => format!("HTTP status {status}"),
            (None, ..) => match (&error, error.source()) {
                (SdkError::TimeoutError(_), _) | (_, None) => chain(&error),
                (_, Some(cause)) => chain(cause),
            },
        };
        Self { status, code: code.map(|code| brief(&code)), text: brief(&text), region, reached }
    }

    /// What went wrong before there was an answer, or with one that makes no sense.
    pub(super) fn before(error: impl std::fmt::Display) -> Self {
        let text = error.to_string();
        Self { status: None, code: None, text, region: None, reached: Reached::Broken }
    }

    pub(super) fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// These credentials may not ask for it.
    pub(super) fn is_denied(&self) -> bool {
        self.status == Some(403)
    }

    /// Something is there already, or is no longer what it was.
    pub(super) fn is_conflict(&self) -> bool {
        matches!(self.code.as_deref(), Some("PreconditionFailed" | "ConditionalRequestConflict"))
            || matches!(self.status, Some(409 | 412)) && self.code.is_none()
    }

    pub(super) fn is_not_found(&self) -> bool {
        self.status == Some(404)
    }

    /// A range that begins behind the end of the object.
    pub(super) fn is_beyond_end(&self) -> bool {
        self.status == Some(416) || self.code.as_deref() == Some("InvalidRange")
    }

    /// There is no such unfinished upload, or no longer.
    pub(super) fn is_without_upload(&self) -> bool {
        self.code.as_deref() == Some("NoSuchUpload")
    }

    /// The server has no such request.
    pub(super) fn is_unknown_request(&self) -> bool {
        matches!(self.status, Some(501 | 405)) || self.code.as_deref() == Some("NotImplemented")
    }

    /// An answer to something else: a server that does not know a request about an object sends the object itself.
    pub(super) fn is_misread(&self) -> bool {
        self.status == Some(200) && self.code.is_none()
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn kind(&self, config: &S3Config) -> StoreErrorKind {
        match self.reached {
            Reached::NoAnswer => return StoreErrorKind::Unreachable,
            Reached::WithoutKeys => {
                let expired = self.text.contains("expired");
                return if expired {
                    StoreErrorKind::ExpiredCredentials
                } else {
                    StoreErrorKind::NoCredentials
                };
            }
            Reached::Answered | Reached::Broken => {}
        }
        if self.is_conflict() {
            return StoreErrorKind::AlreadyExists;
        }
        let code = self.code.as_deref().unwrap_or_default();
        match code {
            "NoSuchKey" => StoreErrorKind::NotFound,
            "NoSuchBucket" => StoreErrorKind::StoreMissing,
            "ObjectLocked" => StoreErrorKind::Locked,
            "AccessDenied" if is_about_a_lock(&self.text) => StoreErrorKind::Locked,
            "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidToken" | "NotSignedUp" => {
                StoreErrorKind::WrongCredentials
            }
            "ExpiredToken" | "TokenRefreshRequired" | "RequestExpired" => StoreErrorKind::ExpiredCredentials,
            "RequestTimeTooSkewed" => StoreErrorKind::ClockSkew,
            "PermanentRedirect" | "TemporaryRedirect" | "Redirect" | "IllegalLocationConstraintException" => {
                StoreErrorKind::WrongRegion
            }
            "AuthorizationHeaderMalformed" if self.text.contains("region") => StoreErrorKind::WrongRegion,
            "QuotaExceeded" | "InsufficientStorage" | "XMinioStorageFull" => StoreErrorKind::Full,
            "SlowDown" | "RequestTimeout" | "InternalError" | "ServiceUnavailable" => {
                StoreErrorKind::Unreachable
            }
            // S3 answers 403 to reads from an archive class.
            "NoSuchUpload" | "InvalidObjectState" => StoreErrorKind::Other,
            _ if code.starts_with("KMS.") => StoreErrorKind::Denied,
            _ => self.kind_of_status(config),
        }
    }

    fn kind_of_status(&self, config: &S3Config) -> StoreErrorKind {
        let elsewhere = self.region.as_ref().is_some_and(|region| *region != config.region);
        match self.status {
            Some(301 | 307) => StoreErrorKind::WrongRegion,
            Some(400) if elsewhere => StoreErrorKind::WrongRegion,
            Some(404) if self.code.as_deref().is_none_or(|code| code == "NotFound") => {
                StoreErrorKind::NotFound
            }
            Some(401) => StoreErrorKind::WrongCredentials,
            Some(403) => StoreErrorKind::Denied,
            Some(507) => StoreErrorKind::Full,
            Some(501 | 505) => StoreErrorKind::Other,
            Some(429 | 500..) => StoreErrorKind::Unreachable,
            _ => StoreErrorKind::Other,
        }
    }

    /// The error to hand on; `name` is that of the object.
    pub(super) fn at(self, config: &S3Config, name: &str) -> StoreError {
        let kind = self.kind(config);
        let is_about_the_object = matches!(
            kind,
            StoreErrorKind::NotFound
                | StoreErrorKind::AlreadyExists
                | StoreErrorKind::Denied
                | StoreErrorKind::Locked
                | StoreErrorKind::Full
                | StoreErrorKind::Other
        );
        let name = if is_about_the_object && !name.is_empty() { name.to_owned() } else { location(config) };
        let hint = self.hint(kind, config);
        let error = StoreError::new(kind, name, self.text);
        match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }

    fn hint(&self, kind: StoreErrorKind, config: &S3Config) -> Option<String> {
        let bucket = &config.bucket;
        Some(match kind {
            StoreErrorKind::StoreMissing => format!(
                "check S3_BACKUP_BUCKET and AWS_REGION; the bucket {bucket} must be there before the first backup"
            ),
            StoreErrorKind::Denied => format!(
                "give these credentials the rights s3:ListBucket and s3:ListBucketMultipartUploads on the bucket \
                 {bucket}, and s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload and \
                 s3:ListMultipartUploadParts on its objects; where it has Object Lock, s3:GetObjectRetention, s3:GetObjectLegalHold and s3:PutObjectRetention, too"
            ),
            StoreErrorKind::WrongCredentials => {
                "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: they must belong together, and to this store"
                    .to_owned()
            }
            StoreErrorKind::ExpiredCredentials => {
                "log in anew, such as with `aws sso login`, or set new AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                    .to_owned()
            }
            StoreErrorKind::NoCredentials => CREDENTIALS_HINT.to_owned(),
            StoreErrorKind::WrongRegion => match &self.region {
                Some(region) => format!("set AWS_REGION to {region}, where the bucket {bucket} lies"),
                None => format!("set AWS_REGION to the region of the bucket {bucket}"),
            },
            StoreErrorKind::Unreachable if self.status.is_some() => {
                "the store is overloaded or out of order; run it again later".to_owned()
            }
            StoreErrorKind::Unreachable if config.endpoint.is_none() => {
                "check the network, AWS_REGION and S3_BACKUP_BUCKET, then run it again".to_owned()
            }
            StoreErrorKind::Unreachable if !config.path_style => {
                "check the network and BACKUP_STORE_ENDPOINT; where the server does not take the bucket in the name \
                 of the host, set S3_PATH_STYLE to true"
                    .to_owned()
            }
            StoreErrorKind::Unreachable => {
                "check the network and BACKUP_STORE_ENDPOINT, then run it again".to_owned()
            }
            StoreErrorKind::Full => "raise the quota of the bucket, or delete what is no longer needed".to_owned(),
            StoreErrorKind::Other if self.code.as_deref() == Some("InvalidObjectState") => {
                "the object was moved to an archive class; ask S3 to restore it, then try again".to_owned()
            }
            StoreErrorKind::Other
                if config.endpoint.is_some()
                    && config.checksums == Checksums::Always
                    && matches!(self.status, Some(400 | 501)) =>
            {
                "where the server does not know the newer checksums, set S3_CHECKSUMS to when-required; otherwise check \
                 BACKUP_STORE_ENDPOINT, and the log of the server"
                    .to_owned()
            }
            _ => return None,
        })
    }
}

/// In the header, or in the body as `AuthorizationHeaderMalformed` has it.
fn region_of(raw: &HttpResponse) -> Option<String> {
    if let Some(region) = raw.headers().get("x-amz-bucket-region") {
        return Some(region.to_owned());
    }
    let body = std::str::from_utf8(raw.body().bytes()?).ok()?;
    let (_, rest) = body.split_once("<Region>")?;
    let (region, _) = rest.split_once("</Region>")?;
    // It is shown to people: nothing but a name.
    let is_name = region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (is_name && !region.is_empty()).then(|| region.to_owned())
}

fn is_about_a_lock(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["object lock", "worm", "retention", "legal hold"].iter().any(|word| text.contains(word))
}

/// Whether an answer was ended because it has too many bytes.
fn is_too_long(error: &(dyn Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source());
    causes.any(|error| error.is::<TooLong>())
}

fn has_no_keys(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<CredentialsError>() {
            return true;
        }
        next = error.source();
    }
    false
}

/// An error and its causes on one line, each only once.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let own = error.to_string();
        if !text.contains(&own) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&own);
        }
        next = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::primitives::SdkBody;

    use super::*;

    fn answer(body: &'static str) -> HttpResponse {
        let status = 400.try_into().unwrap_or_else(|_| panic!("400 is a status"));
        HttpResponse::new(status, SdkBody::from(body))
    }

    #[test]
    fn region_is_found_in_the_answer() {
        let told = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></Error>";
        assert_eq!(region_of(&answer(told)).as_deref(), Some("eu-west-3"));
        assert_eq!(region_of(&answer("<Error><Region>a b</Region></Error>")), None);
        assert_eq!(region_of(&answer("<Error><Region></Region></Error>")), None);
        assert_eq!(region_of(&answer("")), None);
        let mut both = answer(told);
        both.headers_mut().insert("x-amz-bucket-region", "eu-north-1");
        assert_eq!(region_of(&both).as_deref(), Some("eu-north-1"));
    }

    #[test]
    fn location_names_the_server_only_when_it_is_not_aws() {
        let mut config = S3Config {
            bucket: "shop-backups".to_owned(),
            region: "eu-north-1".to_owned(),
            prefix: String::new(),
            endpoint: None,
            path_style: false,
            checksums: Checksums::Always,
            encryption: crate::ServerEncryption::Bucket,
            storage_class: None,
            plain_http: false,
        };
        assert_eq!(location(&config), "s3://shop-backups");
        config.prefix = "aitta/shop/".to_owned();
        assert_eq!(location(&config), "s3://shop-backups/aitta/shop");
        config.endpoint = Some("https://s3.example.com".to_owned());
        assert_eq!(location(&config), "https://s3.example.com/shop-backups/aitta/shop");
        config.endpoint = Some("http://127.0.0.1:9000/".to_owned());
        assert_eq!(location(&config), "http://127.0.0.1:9000/shop-backups/aitta/shop");
    }
}
