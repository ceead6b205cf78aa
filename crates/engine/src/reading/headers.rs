//! The headers of archives: which keys open which archive. Only the header is read.

use std::sync::Arc;

use aitta_archive::{ArchiveId, HEADER_LEN, Header, KeyId};
use aitta_model::ErrorCode;
use futures::stream::{self, StreamExt};

use super::select;
use crate::keys::{HeldKey, KeyRing};
use crate::store::{ARCHIVES, Store, archive_name, id_of};
use crate::{Context, Error, Result};

/// Headers that are read at the same time.
const CONCURRENT: usize = 16;

/// How many of the newest archives are searched for one of this ring: others may share the store.
const NEAR: usize = 16;

/// The header of one archive, or why it can't be read.
pub(crate) struct Locked {
    pub(crate) id: ArchiveId,
    header: Result<Header>,
}

impl Locked {
    /// Whether a key opens it.
    pub(crate) fn is_opened_by(&self, key: &HeldKey) -> bool {
        self.header.as_ref().is_ok_and(|header| key.opens(header))
    }

    /// Whether a key opens it that is in the ring and is not the one of this id.
    pub(crate) fn is_opened_without(&self, id: &str, ring: &KeyRing) -> bool {
        let others = ring.ids().into_iter().map(|key| key.to_string()).filter(|key| key != id);
        others.filter_map(|key| ring.held(&key)).any(|key| self.is_opened_by(&key))
    }

    /// Why its header could not be read.
    pub(crate) fn failure(&self) -> Option<&Error> {
        self.header.as_ref().err()
    }

    /// The ids of the keys that its slots are for.
    pub(crate) fn key_ids(&self) -> Vec<KeyId> {
        let slots = self.header.as_ref().map(Header::slots).unwrap_or_default();
        slots.into_iter().map(|slot| slot.key_id).collect()
    }

    /// Whether its header could not be read.
    pub(crate) fn is_illegible(&self) -> bool {
        self.header.is_err()
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
pub(crate) async fn all(context: &Context) -> Result<Vec<Locked>> {
    match select::ids(context).await {
        Ok(ids) => Ok(of(&context.store, ids).await),
        Err(e) if e.code() == ErrorCode::StoreMissing && context.profile.create_store => Ok(Vec::new()),
        Err(e) => Err(e),
    }
}

/// The headers of the newest archives, newest first.
///
/// # Errors
/// `store_*` when the store can't be listed.
pub(crate) async fn newest(context: &Context) -> Result<Vec<Locked>> {
    let ids = select::ids(context).await?;
    Ok(of(&context.store, ids.into_iter().take(NEAR).collect()).await)
}

/// The headers of the newest archives of another store.
pub(crate) async fn all_of(store: Arc<dyn Store>) -> Result<Vec<Locked>> {
    let mut ids: Vec<ArchiveId> =
        store.list(ARCHIVES).await?.iter().filter_map(|object| id_of(&object.name)).collect();
    ids.sort_unstable_by(|a, b| b.cmp(a));
    Ok(of(&store, ids).await)
}

/// The headers of these archives.
pub(crate) async fn of(store: &Arc<dyn Store>, ids: Vec<ArchiveId>) -> Vec<Locked> {
    stream::iter(ids)
        .map(|id| {
            let store = store.clone();
            async move { Locked { id, header: header(store.as_ref(), id).await } }
        })
        .buffered(CONCURRENT)
        .collect()
        .await
}

async fn header(store: &dyn Store, id: ArchiveId) -> Result<Header> {
    let bytes = store.read(&archive_name(&id.to_string()), 0..HEADER_LEN as u64).await?;
    Header::parse(&bytes).map_err(|e| Error::from(e).context(id))
}
