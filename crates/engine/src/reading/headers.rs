//! The headers of archives: which keys open which archive. Only the header is read.

use std::sync::Arc;

use aitta_archive::{ArchiveId, HEADER_LEN, Header, KeyId};
use aitta_keys::{HeldKey, KeyRing};
use aitta_store::{Store, StoreErrorKind, archive_name};
use futures::stream::{self, Stream, StreamExt, TryStreamExt};

use super::disowned::disowned;
use super::select::{self, Listed};
use crate::{Context, Error, Result};

/// Headers that are read at the same time.
const CONCURRENT: usize = 16;

/// How many of the newest archives are searched for one of this ring: others may share the store.
const NEAR: usize = 16;

/// The header of one archive, or why it can't be read.
pub(crate) struct ArchiveHeader {
    pub(crate) id: ArchiveId,
    header: Result<Header, Unknown>,
}

/// Why a header is not known.
enum Unknown {
    /// The store did not give it; it may have gone since it was listed.
    Unread { gone: bool, error: Error },
    /// What it gave is no header.
    NoHeader(Error),
}

impl ArchiveHeader {
    /// Whether a key opens it.
    pub(crate) fn is_opened_by(&self, key: &HeldKey) -> bool {
        self.header.as_ref().is_ok_and(|header| key.opens(header))
    }

    /// Whether a key opens it that is in the ring and is not the one of this id.
    pub(crate) fn is_opened_without(&self, id: &str, ring: &KeyRing) -> bool {
        let others = ring.ids().into_iter().map(|key| key.to_string()).filter(|key| key != id);
        others.filter_map(|key| ring.held(&key)).any(|key| self.is_opened_by(&key))
    }

    /// Whether the store did not give its header, so that nothing is known of it.
    pub(crate) fn is_unread(&self) -> bool {
        matches!(self.header, Err(Unknown::Unread { .. }))
    }

    /// Why its header could not be read.
    pub(crate) fn failure(&self) -> Option<&Error> {
        match self.header.as_ref().err()? {
            Unknown::Unread { error, .. } | Unknown::NoHeader(error) => Some(error),
        }
    }

    /// The ids of the keys that may be needed: none of what is no archive, or has gone meanwhile.
    fn needed_keys(self) -> Result<Vec<KeyId>> {
        match self.header {
            Err(Unknown::Unread { gone: false, error }) => Err(error),
            _ => Ok(self.key_ids()),
        }
    }

    /// The ids of the keys that its slots are for.
    pub(crate) fn key_ids(&self) -> Vec<KeyId> {
        let slots = self.header.as_ref().map(Header::slots).unwrap_or_default();
        slots.into_iter().map(|slot| slot.key_id).collect()
    }

    /// Whether one of its slots is for the key of this id.
    pub(crate) fn names(&self, id: &str) -> bool {
        self.key_ids().iter().any(|key| key.to_string() == id)
    }
}

/// The headers of all archives of the profile's store, newest first. A store that its first backup is yet to make
/// has none.
///
/// # Errors
/// `store_*` when the store can't be listed.
pub(crate) async fn all(context: &Context) -> Result<Vec<ArchiveHeader>> {
    match all_of(&context.store).await {
        Err(e) if context.profile.awaits_first_backup(&e) => Ok(Vec::new()),
        other => other,
    }
}

/// For each archive of the profile's store the ids of the keys that it may need: none for what is no archive, or has
/// gone since it was listed. Ends with the first header that the store does not give.
///
/// # Errors
/// `store_*`.
pub(crate) async fn needed_keys(context: &Context) -> Result<Vec<Vec<KeyId>>> {
    let archives = match select::listed(context.store.as_ref()).await {
        Err(e) if context.profile.awaits_first_backup(&e) => Vec::new(),
        other => other?,
    };
    let headers = streamed(&context.store, archives);
    headers.map(ArchiveHeader::needed_keys).try_collect().await
}

/// The headers of all archives of a store, newest first.
///
/// # Errors
/// `store_*` when it can't be listed.
pub(crate) async fn all_of(store: &Arc<dyn Store>) -> Result<Vec<ArchiveHeader>> {
    Ok(streamed(store, select::listed(store.as_ref()).await?).collect().await)
}

/// The headers of the newest archives of the profile's store, newest first, without those that somebody has disowned.
///
/// # Errors
/// `store_*` when it can't be listed.
pub(crate) async fn newest(context: &Context) -> Result<Vec<ArchiveHeader>> {
    let mut archives = select::listed(context.store.as_ref()).await?;
    let disowned = disowned(context).await?;
    archives.retain(|archive| !disowned.contains(&archive.id));
    archives.truncate(NEAR);
    Ok(streamed(&context.store, archives).collect().await)
}

/// The headers of the newest archives of a store, newest first; what is no archive of anybody is among them.
///
/// # Errors
/// `store_*` when the store can't be listed.
pub(crate) async fn newest_of(store: &Arc<dyn Store>) -> Result<Vec<ArchiveHeader>> {
    let mut archives = select::listed(store.as_ref()).await?;
    archives.truncate(NEAR);
    Ok(streamed(store, archives).collect().await)
}

fn streamed(store: &Arc<dyn Store>, archives: Vec<Listed>) -> impl Stream<Item = ArchiveHeader> {
    let store = store.clone();
    stream::iter(archives)
        .map(move |archive| {
            let store = store.clone();
            async move { ArchiveHeader { id: archive.id, header: header(store.as_ref(), archive).await } }
        })
        .buffered(CONCURRENT)
}

async fn header(store: &dyn Store, archive: Listed) -> Result<Header, Unknown> {
    let end = archive.size.min(HEADER_LEN as u64);
    let bytes = match store.read(&archive_name(&archive.id.to_string()), 0..end).await {
        Ok(bytes) => bytes,
        Err(e) => {
            return Err(Unknown::Unread { gone: e.kind == StoreErrorKind::NotFound, error: e.into() });
        }
    };
    Header::parse(&bytes).map_err(|e| Unknown::NoHeader(Error::from(e).context(archive.id)))
}
