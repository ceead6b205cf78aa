//! What objects are called.

use aitta_archive::ArchiveId;
use aitta_model::Timestamp;

/// Folder of the archives.
pub const ARCHIVES: &str = "backups/";
/// Folder of the sidecars.
pub const SIDECARS: &str = "metadata/";

/// Name of the object that holds an archive.
#[must_use]
pub fn archive_name(id: &str) -> String {
    format!("{ARCHIVES}{id}.backup")
}

/// Name of the object that holds a sidecar.
#[must_use]
pub fn sidecar_name(id: &str) -> String {
    format!("{SIDECARS}{id}.json")
}

/// The archive that an object holds, by its name.
#[must_use]
pub fn id_of(object_name: &str) -> Option<ArchiveId> {
    object_name.strip_prefix(ARCHIVES)?.strip_suffix(".backup")?.parse().ok()
}

/// When an archive was begun, of Unix time in milliseconds; the end of time for a number that is beyond it.
#[must_use]
pub fn created_at(ms: u64) -> Timestamp {
    i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::MAX)
}
