//! Refuses to take away a key that archives need.

use std::collections::HashSet;

use aitta_archive::ArchiveId;
use aitta_keys::KeyRing;
use aitta_model::{Command, ErrorCode};

use crate::reading::headers::ArchiveHeader;
use crate::{Error, Result};

/// Refuses when archives need this key: no other one of the ring opens them, or it can't be told. What was disowned is
/// passed over where the key itself shows that it does not open it.
///
/// # Errors
/// `key_in_use`.
pub(super) fn refuse_if_needed(
    archives: &[ArchiveHeader],
    id: &str,
    ring: &KeyRing,
    place: &str,
    disowned: &HashSet<ArchiveId>,
) -> Result<()> {
    let key = ring.held(id);
    let opens = |archive: &ArchiveHeader| key.as_ref().map(|key| archive.is_opened_by(key));
    let counts = |archive: &&ArchiveHeader| {
        !disowned.contains(&archive.id) || archive.is_unread() || opens(archive) != Some(false)
    };
    let counted: Vec<&ArchiveHeader> = archives.iter().filter(counts).collect();
    let unknown: Vec<_> = counted.iter().filter_map(|a| Some((a.id, a.failure()?))).collect();
    if let Some((archive, error)) = unknown.first() {
        let more = match unknown.len() {
            1 => String::new(),
            n => format!(" (and {} more can't be read)", n - 1),
        };
        return Err(in_use(format!(
            "the key {id} was not destroyed, because {archive} in {place} may need it: {error}{more}"
        ))
        .hint_instead(format!(
            "check that archive with {backup_verify}; restore it from a copy, or delete it if it is of no use; if it is \
             not one of yours, {archive_disown} leaves it where it is",
            backup_verify = Command::BackupVerify,
            archive_disown = Command::ArchiveDisown
        )));
    }
    let needing: Vec<&&ArchiveHeader> =
        counted.iter().filter(|a| a.names(id) && !a.is_opened_without(id, ring)).collect();
    let first: Vec<String> = needing.iter().take(3).map(|a| a.id.to_string()).collect();
    if first.is_empty() {
        return Ok(());
    }
    let first = first.join(", ");
    let more = if needing.len() > 3 { ", …" } else { "" };
    let (archives, need) = if needing.len() == 1 { ("archive", "needs") } else { ("archives", "need") };
    let error = in_use(format!("{} {archives} in {place} {need} the key {id}: {first}{more}", needing.len()));
    // Which key an archive names is signed by nobody.
    if needing.iter().all(|a| opens(a) == Some(false)) {
        return Err(error.hint_instead(format!(
            "they name this key, but it does not open them: check them with {backup_verify}; delete them, or disown those \
             that are not yours with {archive_disown}, which leaves them where they are",
            backup_verify = Command::BackupVerify,
            archive_disown = Command::ArchiveDisown
        )));
    }
    Err(error)
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
