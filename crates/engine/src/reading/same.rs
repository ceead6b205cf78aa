//! Archives of the same backup: what a re-encryption has written anew, and what it was made from.

use std::collections::BTreeSet;

use aitta_archive::{ArchiveId, Manifest};
use aitta_keys::KeyRing;

use super::OpenArchive;
use crate::Context;

/// Whether two manifests promise the same rows of the same sections.
pub(crate) fn same_content(one: &Manifest, other: &Manifest) -> bool {
    let sections = |m: &Manifest| -> Vec<_> {
        m.sections
            .iter()
            .map(|s| (s.kind, s.schema.clone(), s.name.clone(), s.rows, s.bytes, s.digest.clone()))
            .collect()
    };
    one.created_ms == other.created_ms && one.source == other.source && sections(one) == sections(other)
}

/// Whether `id` may be what an archive was made from, at once or over several steps: the time of the backup stays.
fn may_be_before(archive: &OpenArchive, id: ArchiveId) -> bool {
    let made = archive.manifest().reencrypted.is_some();
    made && id != archive.id() && id.created_ms() == archive.id().created_ms()
}

/// What an archive was made from and still lies in `place`, among these ids there.
///
/// What its manifest names was made from something itself, maybe, and is gone: so the content decides. What no key
/// opens is left out.
pub(crate) async fn earlier(
    place: &Context,
    ring: &KeyRing,
    archive: &OpenArchive,
    there: &BTreeSet<ArchiveId>,
) -> Vec<ArchiveId> {
    let mut found = Vec::new();
    for id in there.iter().copied().filter(|id| may_be_before(archive, *id)) {
        let named = archive.manifest().reencrypted.as_ref().is_some_and(|made| made.from == id.to_string());
        let is_same = named
            || match OpenArchive::open(place.store.clone(), id, ring).await {
                Ok(old) => same_content(old.manifest(), archive.manifest()),
                Err(error) => {
                    tracing::info!(%id, %error, "whether it is an earlier form of {} is not known", archive.id());
                    false
                }
            };
        if is_same {
            found.push(id);
        }
    }
    found
}
