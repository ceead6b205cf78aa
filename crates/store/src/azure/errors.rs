//! What a failure of Azure means. Only this module reads the service's codes.
//!
//! URLs with their query, signatures and keys never go into an error.

use std::fmt;
use std::time::Duration;

use aitta_model::Timestamp;
use azure_core::error::ErrorKind;
use azure_core::http::headers::HeaderName;
use azure_storage_blob::StorageError;

use super::super::StoreErrorKind;
use crate::bounds::brief;

/// Azure refuses requests whose date is further than this from its own.
const SKEW: Duration = Duration::from_secs(15 * 60);

/// A failure, read.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: StoreErrorKind,
    /// The service's own code, such as `BlobNotFound`; empty when there was no answer.
    pub(super) code: String,
    pub(super) text: String,
    pub(super) hint: Option<&'static str>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}

/// An answer that is no success.
#[derive(Debug, Default)]
struct Answer {
    status: u16,
    code: String,
    message: String,
    /// Why a signature was refused.
    detail: String,
    request: String,
    date: Option<Timestamp>,
}

/// Reads an error of the SDK. `now` is the time of this machine, `expiry` that of the SAS.
pub(super) fn read(error: &azure_core::Error, now: Timestamp, expiry: Option<Timestamp>) -> Failure {
    match error.kind() {
        ErrorKind::HttpResponse { .. } => {
            let answer = Answer::of(error);
            let (kind, hint) = meaning(&answer, now, expiry);
            Failure { kind, text: answer.text(), code: answer.code, hint }
        }
        ErrorKind::Connection | ErrorKind::Io => {
            let text = causes(error);
            let is_unknown = text.contains("dns error") || text.contains("failed to lookup address");
            let hint = Some(if is_unknown { UNKNOWN } else { UNREACHABLE });
            Failure { kind: StoreErrorKind::Unreachable, code: String::new(), text, hint }
        }
        _ => Failure { kind: StoreErrorKind::Other, code: String::new(), text: causes(error), hint: None },
    }
}

const MISSING: &str = "check AZURE_STORAGE_ACCOUNT and AZURE_CONTAINER; Aitta does not create the container";
/// An account that does not exist looks like a machine without name resolution.
const UNKNOWN: &str = "check AZURE_STORAGE_ACCOUNT: no address is known for it; if other names fail too, \
    check the network and the DNS of this machine, then run it again";
const UNREACHABLE: &str = "check the network and BACKUP_STORE_ENDPOINT, then run it again";
const KEY: &str = "check AZURE_STORAGE_KEY (or AZURE_STORAGE_SAS_TOKEN) and AZURE_STORAGE_ACCOUNT: \
    the portal shows the keys of an account under \"Access keys\"";
const EXPIRED: &str = "make a new SAS and set AZURE_STORAGE_SAS_TOKEN";
const DENIED: &str = "open the firewall of the account for this machine, and check that the account is \
    enabled; a SAS in AZURE_STORAGE_SAS_TOKEN needs the permissions to read, write, list and delete";
const NO_KEYS: &str = "the account allows no access by key: set AZURE_STORAGE_SAS_TOKEN to a user delegation SAS, \
    or allow keys in the configuration of the account";
const RETAINED: &str = "it can be changed or deleted when its immutability policy or legal hold has ended";
const LEASED: &str = "somebody holds a lease on the blob: break it in the portal";
const SNAPSHOTS: &str = "the blob has snapshots, which Aitta never makes: delete them first";
const OFFLINE: &str = "the blob is in the tier Archive: rehydrate it to Hot, Cool or Cold first";

fn meaning(
    answer: &Answer,
    now: Timestamp,
    expiry: Option<Timestamp>,
) -> (StoreErrorKind, Option<&'static str>) {
    let expired = expiry.is_some_and(|expiry| expiry <= now)
        || answer.detail.contains("Signed expiry time")
        || answer.detail.contains("not valid in the specified time frame");
    let said = |words: &str| answer.message.contains(words) || answer.detail.contains(words);
    let skewed = said("Request date header too old")
        || answer.date.is_some_and(|date| now.duration_since(date).unsigned_abs() > SKEW);
    let refused = if expired {
        (StoreErrorKind::ExpiredCredentials, Some(EXPIRED))
    } else if skewed {
        (StoreErrorKind::ClockSkew, None)
    } else {
        (StoreErrorKind::WrongCredentials, Some(KEY))
    };
    match answer.code.as_str() {
        "BlobNotFound" => (StoreErrorKind::NotFound, None),
        "ContainerNotFound" | "ContainerBeingDeleted" | "ContainerDisabled" | "ResourceNotFound" => {
            (StoreErrorKind::StoreMissing, Some(MISSING))
        }
        "BlobAlreadyExists" | "BlobImmutableDueToNoOverwrite" => (StoreErrorKind::AlreadyExists, None),
        "BlobImmutableDueToPolicy" | "BlobImmutableDueToLegalHold" => {
            (StoreErrorKind::Locked, Some(RETAINED))
        }
        "LeaseIdMissing" | "LeaseIdMismatchWithBlobOperation" => (StoreErrorKind::Locked, Some(LEASED)),
        "SnapshotsPresent" => (StoreErrorKind::Locked, Some(SNAPSHOTS)),
        "BlobArchived" | "BlobBeingRehydrated" => (StoreErrorKind::Other, Some(OFFLINE)),
        "KeyBasedAuthenticationNotPermitted" => (StoreErrorKind::Denied, Some(NO_KEYS)),
        "AuthenticationFailed"
        | "InvalidAuthenticationInfo"
        | "NoAuthenticationInformation"
        | "AccountNotFound" => refused,
        // Azure says so of a firewall; Azurite also of a signature that is wrong.
        "AuthorizationFailure" if expired || said("failed to authenticate") => refused,
        "AuthorizationFailure"
        | "AuthorizationPermissionMismatch"
        | "AuthorizationProtocolMismatch"
        | "AuthorizationResourceTypeMismatch"
        | "AuthorizationServiceMismatch"
        | "AuthorizationSourceIPMismatch"
        | "InsufficientAccountPermissions"
        | "PublicAccessNotPermitted"
        | "AccountIsDisabled" => (StoreErrorKind::Denied, Some(DENIED)),
        "ServerBusy" | "InternalError" | "OperationTimedOut" => {
            (StoreErrorKind::Unreachable, Some(UNREACHABLE))
        }
        _ => match answer.status {
            401 => refused,
            403 => (StoreErrorKind::Denied, Some(DENIED)),
            408 | 429 | 500.. => (StoreErrorKind::Unreachable, Some(UNREACHABLE)),
            _ => (StoreErrorKind::Other, None),
        },
    }
}

impl Answer {
    fn of(error: &azure_core::Error) -> Self {
        let ErrorKind::HttpResponse { status, error_code, raw_response } = error.kind() else {
            return Self::default();
        };
        let mut answer = Self { status: (*status).into(), ..Self::default() };
        let Some(raw) = raw_response else {
            answer.code = error_code.clone().unwrap_or_default();
            return answer;
        };
        let header = |name| raw.headers().get_optional_string(&HeaderName::from_static(name));
        answer.code = header("x-ms-error-code").unwrap_or_default();
        answer.request = header("x-ms-request-id").unwrap_or_default();
        answer.date = header("date").and_then(|text| {
            let date = azure_core::time::parse_rfc7231(&text).ok()?;
            Timestamp::from_second(date.unix_timestamp()).ok()
        });
        // The body is XML of Azure, or anything that stands between.
        let copy = azure_core::Error::from(error.kind().clone());
        if let Ok(told) = StorageError::try_from(copy) {
            answer.message = told.message.unwrap_or_default();
            answer.detail = told.authentication_error_detail.unwrap_or_default();
        }
        answer
    }

    /// One line. The detail of a refused signature stays out: it repeats the signature.
    fn text(&self) -> String {
        let first = brief(self.message.lines().next().unwrap_or_default().trim_end_matches('.'));
        let mut text = match (self.code.as_str(), first.as_str()) {
            ("", "") => format!("status {}", self.status),
            ("", message) => format!("status {}: {message}", self.status),
            (code, "") => format!("{code}, status {}", self.status),
            (code, message) => format!("{code}: {message}"),
        };
        if !self.request.is_empty() {
            text.push_str(&format!(" (request {})", self.request));
        }
        redact(&text)
    }
}

/// The causes, from the outside in. The HTTP client names the URL with its query, so that its own words are left out;
/// they say nothing that its cause does not.
fn causes(error: &azure_core::Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(found) = cause {
        let outer =
            found.is::<reqwest::Error>() || (found.is::<azure_core::Error>() && found.source().is_some());
        let text = found.to_string();
        if !outer && !texts.contains(&text) {
            texts.push(text);
        }
        cause = found.source();
    }
    if texts.is_empty() {
        return "the request failed".to_owned();
    }
    redact(&texts.join(": "))
}

/// A signature that comes back in somebody else's words.
fn redact(text: &str) -> String {
    let mut redacted = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("sig=") {
        let (before, after) = rest.split_at(at + 4);
        redacted.push_str(before);
        redacted.push_str("***");
        let end = after.find(|c: char| "&\"'<>)".contains(c) || c.is_whitespace()).unwrap_or(after.len());
        rest = &after[end..];
    }
    redacted.push_str(rest);
    redacted
}

#[cfg(test)]
mod tests;
