//! The connection to a bucket: credentials, time limits, retries.

use std::time::{Duration, SystemTime};

use aitta_base::{Clock as _, SystemClock, random};
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::interceptors::InterceptorContext;
use aws_sdk_s3::config::retry::{ClassifyRetry, RetryAction, RetryConfig};
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Builder, Credentials as Keys, ProvideCredentials, Region, RequestChecksumCalculation,
    ResponseChecksumValidation, SharedCredentialsProvider, StalledStreamProtectionConfig,
};

use super::super::{Credentials, StoreError, StoreErrorKind};
use super::answers::Bounded;
use super::errors::{CREDENTIALS_HINT, chain, location};
use crate::{Checksums, S3Config, transport};

/// How often a request is tried, and how long is waited before the next time: a random share of a time that
/// doubles.
#[derive(Debug, Clone, Copy)]
pub struct Retries {
    /// How often in all, at least once.
    pub attempts: u32,
    /// The longest wait after the first failure.
    pub first_wait: Duration,
    /// What that doubles up to.
    pub longest_wait: Duration,
    /// Until a small request is answered, each time.
    pub answer_within: Duration,
    /// After this long a small request has failed, however many attempts are left: a server that takes connections and
    /// never answers must not cost the time of all attempts.
    pub give_up_after: Duration,
}

impl Default for Retries {
    /// About half a minute on average, and up to a minute: a server that is started anew is there again.
    fn default() -> Self {
        Self {
            attempts: 8,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(20),
            answer_within: Duration::from_secs(20),
            give_up_after: Duration::from_secs(60),
        }
    }
}

impl Retries {
    /// How long to wait after this many failures.
    pub(super) fn wait(&self, failures: u32) -> Duration {
        let most =
            self.first_wait.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(self.longest_wait);
        // Without chance it is the whole time, which is no worse than impolite.
        let share = random().map_or(u16::MAX, u16::from_ne_bytes);
        most * u32::from(share) / u32::from(u16::MAX)
    }

    /// Limits of a request that sends this many bytes.
    pub(super) fn patient_for(&self, bytes: u64) -> Builder {
        let sending = Duration::from_secs(bytes / SLOWEST);
        limited_to(self.answer_within + sending, self.give_up_after + 3 * sending)
    }
}

/// Until a connection is there.
const CONNECT: Duration = Duration::from_secs(10);
/// Until the service has put together or copied what it has: minutes for terabytes.
const ASSEMBLE: Duration = Duration::from_secs(15 * 60);
/// The slowest network that an upload is waited for, in bytes per second.
const SLOWEST: u64 = 16 << 10;
/// How long a transfer may stand still.
const STALL: Duration = Duration::from_secs(20);

/// A client for this bucket.
///
/// # Errors
/// When there are no credentials.
pub(super) async fn connect(
    config: &S3Config,
    credentials: &Credentials,
    retries: Retries,
) -> Result<Client, StoreError> {
    if let Some(endpoint) = &config.endpoint {
        transport::check(endpoint, config.plain_http, &location(config))?;
    }
    let keys = keys(config, credentials).await?;
    let (sent, received) = match config.checksums {
        Checksums::Always => {
            (RequestChecksumCalculation::WhenSupported, ResponseChecksumValidation::WhenSupported)
        }
        Checksums::WhenRequired => {
            (RequestChecksumCalculation::WhenRequired, ResponseChecksumValidation::WhenRequired)
        }
    };
    let retry = RetryConfig::standard()
        .with_max_attempts(retries.attempts.max(1))
        .with_initial_backoff(retries.first_wait)
        .with_max_backoff(retries.longest_wait);
    // Not from the shared settings of AWS: an endpoint that a variable or a file names would send the archives
    // to a place that the configuration does not show.
    let mut builder = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(config.region.clone()))
        .credentials_provider(keys)
        .force_path_style(config.path_style)
        .request_checksum_calculation(sent)
        .response_checksum_validation(received)
        .retry_config(retry)
        .retry_classifier(MoreTransient)
        .interceptor(Bounded)
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT)
                .operation_attempt_timeout(retries.answer_within)
                .operation_timeout(retries.give_up_after)
                .build(),
        )
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().grace_period(STALL).build());
    if let Some(endpoint) = &config.endpoint {
        builder = builder.endpoint_url(endpoint);
    }
    Ok(Client::from_conf(builder.build()))
}

/// For requests that make the service work on data that it has.
pub(super) fn patient() -> Builder {
    limited_to(ASSEMBLE, 2 * ASSEMBLE)
}

fn limited_to(attempt: Duration, all: Duration) -> Builder {
    let limits = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(attempt);
    Builder::new().timeout_config(limits.operation_timeout(all).build())
}

async fn keys(config: &S3Config, credentials: &Credentials) -> Result<SharedCredentialsProvider, StoreError> {
    if credentials.are_unsaid() {
        return usual_keys(config).await;
    }
    let found = credentials.get().await.map_err(|e| {
        let hint = e.hint().to_owned();
        StoreError::new(StoreErrorKind::NoCredentials, location(config), e).with_hint(hint)
    })?;
    let Some(secret) = found else {
        let none = "the keychain has none for this profile";
        return Err(StoreError::new(StoreErrorKind::NoCredentials, location(config), none)
            .with_hint(format!("enter them again in the settings, or {CREDENTIALS_HINT}")));
    };
    let mut parts = secret.expose().splitn(3, ':');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(id), Some(key), token) if !id.is_empty() && !key.is_empty() => {
            let keys = Keys::new(id, key, token.map(str::to_owned), None, "aitta");
            Ok(SharedCredentialsProvider::new(keys))
        }
        _ => Err(StoreError::new(
            StoreErrorKind::WrongCredentials,
            location(config),
            "they are not of the form ID:SECRET or ID:SECRET:SESSION_TOKEN",
        )
        .with_hint(CREDENTIALS_HINT)),
    }
}

/// Variables, profiles, SSO and the roles of machines and containers, in this order.
async fn usual_keys(config: &S3Config) -> Result<SharedCredentialsProvider, StoreError> {
    let region = Region::new(config.region.clone());
    let usual = DefaultCredentialsChain::builder().region(region).build().await;
    // Asked for once now: within a request it would be tried again and again, and its error buried.
    let keys = usual.provide_credentials().await.map_err(|e| without_keys(config, e))?;
    if keys.expiry().is_some_and(|at| at <= SystemTime::from(SystemClock.now())) {
        let expired = "their time is over";
        return Err(StoreError::new(StoreErrorKind::ExpiredCredentials, location(config), expired));
    }
    Ok(SharedCredentialsProvider::new(usual))
}

const ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";

/// Why the usual places gave no credentials.
pub(super) fn without_keys(config: &S3Config, error: CredentialsError) -> StoreError {
    // One line: the chain tells each of its places in one of its own.
    let text = chain(&error).split_whitespace().collect::<Vec<_>>().join(" ");
    let profile = std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty());
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let half = [ID, SECRET].map(is_set);
    let (kind, hint) = if let [true, false] | [false, true] = half {
        let (there, missing) = if half[0] { (ID, SECRET) } else { (SECRET, ID) };
        (StoreErrorKind::NoCredentials, format!("set {missing} too: {there} alone is not enough"))
    } else if text.contains("expired") {
        (
            StoreErrorKind::ExpiredCredentials,
            "log in anew, such as with `aws sso login`, then run it again".to_owned(),
        )
    } else if let Some(profile) = profile {
        let hint = format!(
            "check that ~/.aws/credentials or ~/.aws/config has the profile {profile}, which AWS_PROFILE names, or \
             {CREDENTIALS_HINT}"
        );
        (StoreErrorKind::NoCredentials, hint)
    } else {
        let hint = format!("{CREDENTIALS_HINT}, or choose a profile with AWS_PROFILE");
        (StoreErrorKind::NoCredentials, hint)
    };
    StoreError::new(kind, location(config), text).with_hint(hint)
}

/// What the SDK takes for final, and is not.
#[derive(Debug)]
struct MoreTransient;

/// Codes of failures that pass, also in an answer with status 200, which S3 gives before it has put an upload
/// together. `BadDigest` is data that was damaged on its way.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
const TRANSIENT: [&str; 4] = ["InternalError", "ServiceUnavailable", "OperationAborted", "BadDigest"];

impl ClassifyRetry for MoreTransient {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(response) = context.response().filter(|_| context.is_failed()) else {
            return RetryAction::NoActionIndicated;
        };
        if response.status().as_u16() == 429 {
            return RetryAction::throttling_error();
        }
        let body =
            response.body().bytes().and_then(|body| std::str::from_utf8(body).ok()).unwrap_or_default();
        let code = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
        match code {
            Some((code, _)) if TRANSIENT.contains(&code) => RetryAction::transient_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "more transient failures"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let retries = Retries {
            attempts: 8,
            first_wait: Duration::from_millis(100),
            longest_wait: Duration::from_millis(1_500),
            ..Retries::default()
        };
        for (failures, most) in [(0, 100), (1, 100), (2, 200), (4, 800), (5, 1_500), (u32::MAX, 1_500)] {
            for _ in 0..20 {
                assert!(retries.wait(failures) <= Duration::from_millis(most), "{failures}");
            }
        }
        // A server that never answers: a small request, and the question whether it was carried out.
        let silent = Retries::default();
        assert!(silent.give_up_after + silent.answer_within <= Duration::from_secs(90));
        // After several attempts, not one.
        assert!(silent.give_up_after >= 3 * silent.answer_within);
        // The waits are random.
        let waits: std::collections::HashSet<_> = (0..20).map(|_| retries.wait(5)).collect();
        assert!(waits.len() > 1);
    }
}
