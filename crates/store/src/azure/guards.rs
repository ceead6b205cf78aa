//! What a container promises beyond keeping bytes, as far as the service says it to these credentials.
//!
//! Only Azure Resource Manager shows whether an account keeps versions and deleted blobs, and it takes neither keys nor
//! SAS. So this is read from the blobs: see [`old_versions`].

use aitta_base::{Clock as _, SystemClock};
use aitta_model::{StoreGuard, Timestamp};
use azure_storage_blob::models::{
    BlobClientGetPropertiesResultHeaders as _, BlobContainerClientGetPropertiesResultHeaders as _,
    BlobContainerClientListBlobsOptions, ListBlobsIncludeItem,
};
use futures::TryStreamExt as _;

use super::client::{Client, Found};
use super::list::next_page;
use crate::bounds::Listing;
use crate::{ARCHIVES, OldVersions, StoreError, StoreErrorKind};

/// What a container says about itself.
struct Container {
    /// `blob` or `container`; `None` when it is private.
    public: Option<String>,
    /// Whether a policy or a hold of the container keeps all blobs as they are; `None` when it does not say.
    is_kept: Option<bool>,
    /// Whether versions can have policies of their own.
    has_locked_versions: bool,
}

/// All of them. `probe` names a blob that is there.
pub(super) async fn guards(client: &Client, probe: &str) -> Vec<StoreGuard> {
    let (container, blob) = tokio::join!(ask(client), client.properties(probe));
    vec![public_access(&container), versioning(&container, &blob), encryption(&blob), object_lock(&container)]
}

async fn ask(client: &Client) -> Result<Container, StoreError> {
    let answer = client.container.get_properties(None).await.map_err(|e| client.failed("", e))?;
    let read = || -> azure_core::Result<_> {
        let (policy, hold) = (answer.has_immutability_policy()?, answer.has_legal_hold()?);
        Ok(Container {
            public: answer.access()?.map(|access| access.to_string()),
            is_kept: policy.zip(hold).map(|(policy, hold)| policy || hold),
            has_locked_versions: answer.is_immutable_storage_with_versioning_enabled()?.unwrap_or(false),
        })
    };
    read().map_err(|e| client.failed("", e))
}

/// The service leaves the header out when a container is private.
/// <https://learn.microsoft.com/en-us/rest/api/storageservices/get-container-properties>
fn public_access(container: &Result<Container, StoreError>) -> StoreGuard {
    const NAME: &str = "public_access";
    match container {
        Ok(Container { public: None, .. }) => {
            StoreGuard::fine(NAME, "nobody else can read it: the container is private")
        }
        Ok(Container { public: Some(access), .. }) => StoreGuard::warning(
            NAME,
            format!(
                "the container lets everybody in (public access: {access}): set its access level to private, or \
                 disallow public access in the configuration of the account"
            ),
        ),
        Err(error) => unknown(NAME, "whether everybody can read it", error),
    }
}

fn versioning(container: &Result<Container, StoreError>, blob: &Result<Found, StoreError>) -> StoreGuard {
    const NAME: &str = "versioning";
    if container.as_ref().is_ok_and(|container| container.has_locked_versions) {
        return StoreGuard::fine(NAME, "it keeps versions: what is deleted or replaced can be brought back");
    }
    match blob.as_ref().map(|blob| blob.answer.version_id()) {
        Ok(Ok(Some(_))) => {
            StoreGuard::fine(NAME, "it keeps versions: what is deleted or replaced can be brought back")
        }
        Ok(_) => StoreGuard::unknown(
            NAME,
            "a key or a SAS may not ask whether it keeps versions or deleted blobs: look at Data protection \
             of the account in the portal",
        ),
        Err(error) => unknown(NAME, "whether it keeps versions", error),
    }
}

fn encryption(blob: &Result<Found, StoreError>) -> StoreGuard {
    const NAME: &str = "encryption";
    match blob.as_ref().map(|blob| blob.answer.is_server_encrypted()) {
        Ok(Ok(Some(true))) => StoreGuard::fine(NAME, "the store encrypts what it keeps once more"),
        Ok(Ok(Some(false))) => StoreGuard::warning(
            NAME,
            "the store does not encrypt what it keeps, so only the encryption of Aitta counts",
        ),
        Ok(_) => StoreGuard::unknown(NAME, "the store does not say whether it encrypts what it keeps"),
        Err(error) => unknown(NAME, "whether the store encrypts what it keeps", error),
    }
}

fn object_lock(container: &Result<Container, StoreError>) -> StoreGuard {
    const NAME: &str = "object_lock";
    match container {
        Ok(Container { is_kept: Some(true), .. }) => StoreGuard::fine(
            NAME,
            "an immutability policy or a legal hold keeps what is there: until it ends, archives can neither be deleted \
             nor moved to another key",
        ),
        Ok(Container { has_locked_versions: true, .. }) => StoreGuard::fine(
            NAME,
            "versions can have immutability policies, which keep archives until they end",
        ),
        Ok(Container { is_kept: Some(false), .. }) => StoreGuard::warning(
            NAME,
            "it has no immutability policy: anybody with these credentials can delete every archive; add one \
             under Access policy of the container",
        ),
        Ok(Container { is_kept: None, .. }) => StoreGuard::unknown(
            NAME,
            "the store does not say whether the container has an immutability policy",
        ),
        Err(error) => unknown(NAME, "whether it has an immutability policy", error),
    }
}

fn unknown(guard: &str, what: &str, error: &StoreError) -> StoreGuard {
    let why = if error.kind == StoreErrorKind::Denied {
        "; these credentials may not ask for it: a SAS of the account can, one of the container can't"
    } else {
        ""
    };
    StoreGuard::unknown(guard, format!("{what} could not be found out ({}){why}", error.source))
}

/// Refuses to delete an archive that is retained: with versions the service would only hide it.
pub(super) fn check_unlocked(name: &str, found: &Found) -> Result<(), StoreError> {
    if !name.starts_with(ARCHIVES) {
        return Ok(());
    }
    let answer = &found.answer;
    // What can't be read counts as unlocked: if it is locked, the deletion itself is refused.
    if answer.legal_hold().ok().flatten() == Some(true) {
        return Err(StoreError::new(StoreErrorKind::Locked, name, "it is under a legal hold")
            .with_hint("it can be deleted when somebody has lifted the legal hold in the portal"));
    }
    let until = answer.immutability_policy_expires_on().ok().flatten();
    let until = until.and_then(|until| Timestamp::from_second(until.unix_timestamp()).ok());
    let Some(until) = until.filter(|until| *until > SystemClock.now()) else { return Ok(()) };
    let day = until.strftime("%Y-%m-%d %H:%M UTC");
    Err(StoreError::new(
        StoreErrorKind::Locked,
        name,
        format!("its immutability policy retains it until {day}"),
    )
    .with_hint(format!("it can be deleted from {day} on")))
}

/// Old versions, and deleted blobs that are kept for a while.
pub(super) async fn old_versions(client: &Client, prefix: &str) -> OldVersions {
    match count(client, prefix).await {
        Ok((0, _)) => OldVersions::None,
        Ok((count, bytes)) => OldVersions::Kept { count, bytes },
        Err(error) => OldVersions::Unknown(error.source.to_string()),
    }
}

async fn count(client: &Client, prefix: &str) -> Result<(u64, u64), StoreError> {
    let failed = |e| client.failed(prefix, e);
    let options = BlobContainerClientListBlobsOptions {
        include: Some(vec![ListBlobsIncludeItem::Deleted, ListBlobsIncludeItem::Versions]),
        maxresults: client.limits.page,
        prefix: Some(format!("{}{prefix}", client.config.prefix)),
        ..BlobContainerClientListBlobsOptions::default()
    };
    let mut pages = client.container.list_blobs(Some(options)).map_err(failed)?.into_pages();
    let (mut count, mut bytes, mut listing) = (0, 0_u64, Listing::new(prefix));
    while let Some(page) = pages.try_next().await.map_err(failed)? {
        let page = page.into_model().map_err(failed)?;
        listing.page(page.blob_items.len(), next_page(&page))?;
        for blob in page.blob_items {
            listing.name(blob.name.as_deref().unwrap_or_default())?;
            let is_old = blob.version_id.is_some() && blob.is_current_version != Some(true);
            if is_old || blob.deleted == Some(true) {
                count += 1;
                let size = blob.properties.and_then(|found| found.content_length).unwrap_or_default();
                bytes = bytes.saturating_add(size);
            }
        }
    }
    Ok((count, bytes))
}
