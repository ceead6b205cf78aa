//! The canary: does the active key open the newest archive? An untried key is a hope.

use std::sync::Arc;

use aitta_keys::KeyRing;
use aitta_model::{Command, ErrorCode, KeyCanary};
use jiff::ToSpan;

use crate::reading::OpenArchive;
use crate::reading::headers;
use crate::{Context, Error, Result};

/// How long a test counts.
const HOURS: i64 = 24;

/// Opens the newest archive of the store with the active key alone: header, footer and table of contents. The finding
/// is kept in the catalog. It names no archive when there is none, or the key was made after the newest one.
///
/// # Errors
/// `key_missing`, `key_invalid`, `key_wrong`, `keychain_unavailable` when there is no key to be tried;
/// `catalog_failed`. What is wrong with store or archive is the finding, not an error.
pub async fn check(context: &Context) -> Result<KeyCanary> {
    let keys = context.keys().await?;
    let found = tried(context, &keys).await;
    let at = context.clock.now();
    let canary = match found {
        Ok(archive) => KeyCanary { at, archive, failure: None },
        Err((archive, error)) => KeyCanary { at, archive, failure: Some(error.failure()) },
    };
    note(context, &keys, &canary).await?;
    Ok(canary)
}

/// The test at the start of an operation that writes: at most once a day, as long as the key opens what it should.
/// Returns what is wrong; the operation goes on in any case.
pub async fn check_if_due(context: &Context) -> Option<String> {
    let test = async {
        let key_id = context.keys().await?.active_id().to_string();
        let last = context.catalog.canary(&context.profile.name, &key_id).await?;
        let fresh = |canary: &KeyCanary| canary.at + HOURS.hours() > context.clock.now();
        match last.filter(|canary| canary.failure.is_none() && fresh(canary)) {
            Some(canary) => Ok(canary),
            None => check(context).await,
        }
    };
    match test.await {
        Ok(canary) => canary
            .failure
            .map(|failure| format!("the test of the key failed: {}; {}", failure.message, failure.hint)),
        Err(error) => Some(format!("the key could not be tested: {error}; {}", error.hint())),
    }
}

/// An archive that was just read back was opened with the active key, so the test is passed.
pub(crate) async fn passed(context: &Context, keys: &KeyRing, archive: &str) -> Result<()> {
    let canary = KeyCanary { at: context.clock.now(), archive: Some(archive.to_owned()), failure: None };
    note(context, keys, &canary).await
}

async fn note(context: &Context, keys: &KeyRing, canary: &KeyCanary) -> Result<()> {
    context.catalog.note_canary(&context.profile.name, &keys.active_id().to_string(), canary).await
}

async fn tried(context: &Context, keys: &KeyRing) -> Result<Option<String>, (Option<String>, Error)> {
    let near = match headers::newest(context).await {
        Err(e) if context.profile.awaits_first_backup(&e) => return Ok(None),
        other => other.map_err(|e| (None, e))?,
    };
    let Some(newest) = near.first().map(|archive| archive.id) else { return Ok(None) };
    // An archive that can't be read is a finding and not passed over.
    let of_ring = |archive: &&headers::ArchiveHeader| {
        archive.failure().is_some() || keys.ids().iter().any(|key| archive.names(&key.to_string()))
    };
    let id = near.iter().find(of_ring).map_or(newest, |archive| archive.id);
    let active = Arc::new(keys.active_alone());
    match OpenArchive::open(context.store.clone(), id, &active).await {
        Ok(_) => Ok(Some(id.to_string())),
        Err(e) => {
            let others = e.code() == ErrorCode::KeyWrong
                && OpenArchive::open(context.store.clone(), id, keys).await.is_ok();
            // Made since the newest archive: there is nothing yet that it should open.
            let made = keys.created().map(|made| made.as_millisecond().cast_unsigned());
            if others && made.is_some_and(|made| made >= id.created_ms()) {
                return Ok(None);
            }
            let e = if others {
                Error::new(
                    ErrorCode::KeyWrong,
                    format!(
                        "the newest archive {id} opens with a retired key, and not with the active key {}",
                        keys.active_id()
                    ),
                    format!(
                        "make a backup, or move the archives to the active key with {key_rotate}",
                        key_rotate = Command::KeyRotate
                    ),
                )
            } else {
                e
            };
            Err((Some(id.to_string()), e))
        }
    }
}

#[cfg(test)]
mod tests;
