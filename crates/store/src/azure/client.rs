//! The SDK's client of a container, and what is asked of a blob before anything else.

use std::collections::HashMap;

use aitta_base::{Clock, SystemClock};
use aitta_model::Timestamp;
use azure_core::http::{Etag, NoFormat, Response, StatusCode, Url};
use azure_storage_blob::models::{
    BlobClientGetPropertiesResult, BlobClientGetPropertiesResultHeaders, BlockListType,
};
use azure_storage_blob::{BlobClient, BlobContainerClient, BlobContainerClientOptions};

use super::connection::{Login, login};
use super::errors::{self, Failure};
use super::{AzureLimits, policies};
use crate::{AzureConfig, Credentials, StoreError, StoreErrorKind, transport};

const VARIABLES: &str = "set AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or AZURE_STORAGE_CONNECTION_STRING, or put one into the keychain";

/// Marks an empty blob that stands where abandoned blocks are being discarded: see [`super::discard`].
pub(super) const DISCARDED: &str = "aitta_discarded";

pub(super) struct Client {
    pub(super) container: BlobContainerClient,
    pub(super) config: AzureConfig,
    pub(super) limits: AzureLimits,
    location: String,
    /// When the SAS ends.
    expiry: Option<Timestamp>,
}

/// What a blob is, and what a new list of blocks has to say again.
pub(super) struct Found {
    pub(super) size: u64,
    pub(super) etag: Etag,
    pub(super) metadata: HashMap<String, String>,
    pub(super) answer: Response<BlobClientGetPropertiesResult, NoFormat>,
}

impl Client {
    pub(super) async fn new(
        config: &AzureConfig,
        credentials: &Credentials,
        limits: &AzureLimits,
    ) -> Result<Self, StoreError> {
        let place = location(config, None);
        let refused = |kind, source: Box<dyn std::error::Error + Send + Sync>| {
            StoreError::new(kind, place.clone(), source).with_hint(VARIABLES)
        };
        let secret = credentials.get().await.map_err(|e| {
            let hint = e.hint().to_owned();
            refused(StoreErrorKind::NoCredentials, e.into()).with_hint(hint)
        })?;
        let Some(secret) = secret else {
            return Err(refused(StoreErrorKind::NoCredentials, "none are set".into()));
        };
        let (login, endpoint) = login(secret.expose(), config)
            .map_err(|e| refused(StoreErrorKind::WrongCredentials, e.into()))?;
        let expiry = match &login {
            Login::Sas(sas) => expiry(sas),
            Login::Key { .. } => None,
        };
        let place = location(config, endpoint.as_deref());
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| {
            StoreError::new(StoreErrorKind::Other, place.clone(), source)
        };
        let endpoint = address(config, endpoint.as_deref());
        transport::check(&endpoint, config.plain_http, &place)?;
        let mut url = Url::parse(&endpoint).map_err(|e| failed(e.into()))?;
        match url.path_segments_mut() {
            Ok(mut path) => path.pop_if_empty().push(&config.container),
            Err(()) => return Err(failed("it is no address of a server".into())),
        };
        let options = BlobContainerClientOptions {
            client_options: policies::options(login, limits).map_err(|e| failed(e.without_url().into()))?,
            ..BlobContainerClientOptions::default()
        };
        let container = BlobContainerClient::new(url, None, Some(options)).map_err(|e| failed(e.into()))?;
        Ok(Self { container, config: config.clone(), limits: limits.clone(), location: place, expiry })
    }

    pub(super) fn blob(&self, name: &str) -> BlobClient {
        self.container.blob_client(&format!("{}{name}", self.config.prefix))
    }

    /// Names what failed: the object, or the whole store where every object would fail the same way.
    #[expect(clippy::needless_pass_by_value, reason = "for map_err")]
    pub(super) fn failed(&self, name: &str, error: azure_core::Error) -> StoreError {
        let failure = errors::read(&error, SystemClock.now(), self.expiry);
        let name = match failure.kind {
            StoreErrorKind::StoreMissing
            | StoreErrorKind::Unreachable
            | StoreErrorKind::WrongCredentials
            | StoreErrorKind::ExpiredCredentials
            | StoreErrorKind::ClockSkew => &self.location,
            _ => name,
        };
        let hint = failure.hint;
        let error = StoreError::new(failure.kind, name, failure);
        match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }

    /// Asks for a blob. One that only stands for discarded blocks is none.
    pub(super) async fn properties(&self, name: &str) -> Result<Found, StoreError> {
        let answer = match self.blob(name).get_properties(None).await {
            Ok(answer) => answer,
            Err(e) => return Err(self.refused(name, e).await),
        };
        let read = || -> azure_core::Result<_> {
            Ok((answer.content_length()?, answer.etag()?, answer.metadata()?))
        };
        match read().map_err(|e| self.failed(name, e))? {
            (_, _, metadata) if metadata.contains_key(DISCARDED) => {
                Err(StoreError::new(StoreErrorKind::NotFound, name, "it was discarded"))
            }
            (Some(size), Some(etag), metadata) => Ok(Found { size, etag, metadata, answer }),
            _ => Err(StoreError::new(StoreErrorKind::Other, name, "the answer names no size or no version")),
        }
    }

    /// The reason of a refusal is in the body of an answer. HEAD has no body, so another request asks for it.
    async fn refused(&self, name: &str, error: azure_core::Error) -> StoreError {
        let is_refused =
            matches!(error.http_status(), Some(StatusCode::Forbidden | StatusCode::Unauthorized));
        let error = self.failed(name, error);
        if !is_refused {
            return error;
        }
        let blob = self.blob(name).block_blob_client();
        match blob.get_block_list(BlockListType::Committed, None).await {
            Err(told) if told.http_status().is_some() => self.failed(name, told),
            _ => error,
        }
    }
}

/// The service's code in an error of [`Client::failed`].
pub(super) fn code(error: &StoreError) -> &str {
    error.source.downcast_ref::<Failure>().map_or("", |failure| &failure.code)
}

/// Whether a condition of the request did not hold.
pub(super) fn is_condition(error: &StoreError) -> bool {
    matches!(code(error), "ConditionNotMet" | "TargetConditionNotMet")
}

fn address(config: &AzureConfig, told: Option<&str>) -> String {
    match config.endpoint.as_deref().or(told) {
        // A pasted URL may hold a SAS, which must not be shown.
        Some(endpoint) => {
            endpoint.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_owned()
        }
        None => format!("https://{}.blob.core.windows.net", config.account),
    }
}

/// Where the store is, for people.
pub(crate) fn location(config: &AzureConfig, told: Option<&str>) -> String {
    let folder = config.prefix.trim_end_matches('/');
    let separator = if folder.is_empty() { "" } else { "/" };
    format!("{}/{}{separator}{folder}", address(config, told), config.container)
}

/// `se` of a SAS: a date, with or without a time.
fn expiry(sas: &str) -> Option<Timestamp> {
    let (_, value) = url::form_urlencoded::parse(sas.as_bytes()).find(|(name, _)| name == "se")?;
    value.parse().ok().or_else(|| {
        let date: jiff::civil::Date = value.parse().ok()?;
        Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn location_is_endpoint_container_and_folder() {
        let config = |endpoint: Option<&str>, prefix: &str| AzureConfig {
            account: "aitta".to_owned(),
            container: "backups".to_owned(),
            prefix: prefix.to_owned(),
            endpoint: endpoint.map(str::to_owned),
            tier: "Hot".to_owned(),
            plain_http: false,
        };
        let plain = "https://aitta.blob.core.windows.net/backups";
        assert_eq!(location(&config(None, ""), None), plain);
        assert_eq!(location(&config(None, "office/"), None), format!("{plain}/office"));
        let local = config(Some("http://127.0.0.1:10000/aitta/"), "");
        assert_eq!(location(&local, None), "http://127.0.0.1:10000/aitta/backups");
        let pasted = config(Some("https://aitta.blob.core.windows.net/?sv=1&sig=c2VjcmV0"), "");
        assert_eq!(location(&pasted, None), plain);
    }

    #[test]
    fn end_of_a_sas_is_read_in_all_its_forms() {
        let expected: Timestamp = "2026-11-25T00:00:00Z".parse().unwrap();
        for text in ["2026-11-25", "2026-11-25T00:00Z", "2026-11-25T00:00:00Z", "2026-11-25T00%3A00%3A00Z"] {
            assert_eq!(expiry(&format!("sv=1&se={text}&sig=x")), Some(expected), "{text}");
        }
        assert_eq!(expiry("sv=1&si=policy&sig=x"), None);
    }
}
