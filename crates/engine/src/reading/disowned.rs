//! Archives that nobody can open, and that a person has judged to be of no account.
//!
//! Anybody who may write into a store can put something there under the name of an archive. It must not decide which
//! archive is the newest, or whether a key is still needed; but a program can't tell it from an archive whose key is
//! lost, or that is damaged. So a person does, and that is in the audit trail. The judgement counts only as long as the
//! archive does not open: one that opens is what it was.

use std::collections::HashSet;

use aitta_archive::ArchiveId;
use aitta_model::ErrorCode;

use crate::{Context, Result};

/// Those of the profile's store.
///
/// # Errors
/// `audit_failed`.
pub(crate) async fn disowned(context: &Context) -> Result<HashSet<ArchiveId>> {
    disowned_at(context, &context.store.location()).await
}

/// Those of the store at this place.
///
/// # Errors
/// `audit_failed`.
pub(crate) async fn disowned_at(context: &Context, location: &str) -> Result<HashSet<ArchiveId>> {
    let found = context.catalog.disowned_by_trail(location).await?;
    Ok(found.iter().filter_map(|id| id.parse().ok()).collect())
}

/// Whether an error says that this one archive does not open, whatever is tried with others.
pub(crate) fn does_not_open(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::ArchiveDamaged
            | ErrorCode::ArchiveTruncated
            | ErrorCode::ArchiveForeign
            | ErrorCode::ArchiveNewer
            | ErrorCode::KeyWrong
            | ErrorCode::KeyInvalid
    )
}
