//! Refuses to take away a key that archives need.

use aitta_keys::KeyRing;
use aitta_model::{Command, ErrorCode};

use crate::reading::headers::ArchiveHeader;
use crate::{Error, Result};

/// Refuses when archives need this key: no other one of the ring opens them, or it can't be told.
///
/// # Errors
/// `key_in_use`.
pub(super) fn refuse_if_needed(
    archives: &[ArchiveHeader],
    id: &str,
    ring: &KeyRing,
    place: &str,
) -> Result<()> {
    if let Some((archive, error)) = archives.iter().find_map(|a| Some((a.id, a.failure()?))) {
        return Err(in_use(format!(
            "the key {id} was not destroyed, because {archive} in {place} may need it: {error}"
        ))
        .hint_instead(format!(
            "check that archive with {backup_verify}; restore it from a copy, or delete it if it is of no \
                 use",
            backup_verify = Command::BackupVerify
        )));
    }
    let needing: Vec<String> = archives
        .iter()
        .filter(|a| a.names(id) && !a.is_opened_without(id, ring))
        .map(|a| a.id.to_string())
        .collect();
    if needing.is_empty() {
        return Ok(());
    }
    let first = needing.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    let more = if needing.len() > 3 { ", …" } else { "" };
    let (archives, need) = if needing.len() == 1 { ("archive", "needs") } else { ("archives", "need") };
    Err(in_use(format!("{} {archives} in {place} {need} the key {id}: {first}{more}", needing.len())))
}

pub(crate) fn in_use(message: String) -> Error {
    Error::new(
        ErrorCode::KeyInUse,
        message,
        format!(
            "move the archives to the active key with {key_rotate}, or wait until they are deleted",
            key_rotate = Command::KeyRotate
        ),
    )
}
