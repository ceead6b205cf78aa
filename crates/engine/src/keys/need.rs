//! Which archives need which key. Only their headers are read.

use std::sync::Arc;

use aitta_archive::{ArchiveId, HEADER_LEN, Header, VaultKey};
use aitta_model::ErrorCode;
use futures::stream::{self, StreamExt};

use super::KeyRing;
use crate::store::{self, Store, archive_name};
use crate::{Context, Error, Result, select};

/// Headers that are read at the same time.
const CONCURRENT: usize = 16;

/// The newest archives among which one is looked for that is of this ring: others may share the store.
const NEAR: usize = 16;

/// The header of one archive, or why it can't be read.
pub(super) struct Locked {
    pub(super) id: ArchiveId,
    header: Result<Header>,
}

impl Locked {
    /// Whether a key opens it.
    pub(super) fn is_opened_by(&self, key: &VaultKey) -> bool {
        self.header.as_ref().is_ok_and(|header| header.unlock([key]).is_ok())
    }

    /// Whether a key opens it that is in the ring and is not the one of this id.
    pub(super) fn is_opened_without(&self, id: &str, ring: &KeyRing) -> bool {
        ring.iter().any(|key| key.id().to_string() != id && self.is_opened_by(key))
    }

    /// Whether its header could not be read.
    pub(super) fn is_illegible(&self) -> bool {
        self.header.is_err()
    }

    /// Whether one of its slots is for the key of this id.
    pub(super) fn names(&self, id: &str) -> bool {
        let slots = self.header.as_ref().map(Header::slots).unwrap_or_default();
        slots.iter().any(|slot| slot.key_id.to_string() == id)
    }
}

/// The headers of all archives of the profile's store, newest first. A store that its first backup is yet to make
/// has none.
///
/// # Errors
/// `store_*` when the store can't be listed.
pub(super) async fn all(context: &Context) -> Result<Vec<Locked>> {
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
pub(super) async fn newest(context: &Context) -> Result<Vec<Locked>> {
    let ids = select::ids(context).await?;
    Ok(of(&context.store, ids.into_iter().take(NEAR).collect()).await)
}

/// The same of another store.
pub(super) async fn all_of(store: Arc<dyn Store>) -> Result<Vec<Locked>> {
    let mut ids: Vec<ArchiveId> =
        store.list(store::ARCHIVES).await?.iter().filter_map(|object| select::id_of(&object.name)).collect();
    ids.sort_unstable_by(|a, b| b.cmp(a));
    Ok(of(&store, ids).await)
}

/// The headers of these archives.
pub(super) async fn of(store: &Arc<dyn Store>, ids: Vec<ArchiveId>) -> Vec<Locked> {
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

/// Refuses when archives need this key: no other one of the ring opens them, or it can't be told.
///
/// # Errors
/// `key_in_use`.
pub(super) fn refuse_if_needed(archives: &[Locked], id: &str, ring: &KeyRing, place: &str) -> Result<()> {
    if let Some((archive, error)) = archives.iter().find_map(|a| Some((a.id, a.header.as_ref().err()?))) {
        return Err(in_use(format!(
            "the key {id} is not destroyed, because it can't be told whether {archive} in {place} needs it: {error}"
        ))
        .hint_instead(
            "check that archive with `aitta backup verify`; restore it from a copy, or delete it if it is of no use",
        ));
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

pub(super) fn in_use(message: String) -> Error {
    Error::new(
        ErrorCode::KeyInUse,
        message,
        "move the archives to the active key with `aitta key rotate --reason routine`, or wait until they are deleted",
    )
}
