//! Whether there is a rotation to go on with.

use aitta_archive::{HEADER_LEN, Header, KeyId};
use aitta_model::{Operation, RotationDirection, RotationStatus};
use futures::stream::{self, StreamExt};

use crate::store::id_of;
use crate::store::{ARCHIVES, StoreErrorKind};
use crate::{Context, Result};

/// Headers that are read at the same time.
const AT_ONCE: usize = 16;

/// A rotation that has not ended: one that the journal has, or else, when archives still need a key of the ring that
/// is not the active one, the one that should be begun.
///
/// The first store is looked at first, and then those of the copies; a store that can't be reached does not hide the
/// others.
///
/// The journal answers at once. Only when the ring has a key that no rotation has left yet, as after a new key or a
/// deleted catalog, the header of each archive is read, without opening it.
///
/// # Errors
/// `store_*`, `catalog_failed`.
pub async fn pending(context: &Context) -> Result<Option<RotationStatus>> {
    if let Some(open) = pending_at(context).await? {
        return Ok(Some(open));
    }
    for place in context.copies() {
        match pending_at(&place).await {
            Ok(None) => {}
            Ok(open) => return Ok(open),
            Err(e) => {
                tracing::warn!(error = %e, "whether copies are to be moved to another key is not known")
            }
        }
    }
    Ok(None)
}

async fn pending_at(context: &Context) -> Result<Option<RotationStatus>> {
    let (profile, store) = (&context.profile.name, context.store.location());
    if let Some(open) = context.catalog.open_rotation(profile, &store).await? {
        return Ok(Some(RotationStatus {
            from: open.from.first().cloned().unwrap_or_else(|| open.to.clone()),
            running: context.catalog.is_running(profile, Operation::Rotate).await?,
            to: open.to,
            started: open.started,
            direction: open.direction,
            reencrypt: open.reencrypt,
            begun: true,
            done: open.done,
            archives: open.archives,
        }));
    }
    let Ok(keys) = context.keys().await else { return Ok(None) };
    let (active, others) = (keys.active_id().to_string(), keys.others());
    let last = context.catalog.last_rotation(profile, &store).await?;
    let left = last.filter(|last| last.to == active).map(|last| last.from).unwrap_or_default();
    if others.iter().all(|key| left.contains(&key.to_string())) {
        return Ok(None);
    }
    let needing = needing(context, &others).await?;
    let Some(from) = needing.most else { return Ok(None) };
    let since = context.catalog.key_since(profile, &active).await?;
    Ok(Some(RotationStatus {
        from: from.to_string(),
        to: active,
        started: since.unwrap_or_else(|| context.clock.now()),
        direction: RotationDirection::Forward,
        reencrypt: false,
        begun: false,
        done: needing.archives - needing.count,
        archives: needing.archives,
        running: false,
    }))
}

struct Needing {
    archives: u64,
    /// Archives with a slot for one of the keys.
    count: u64,
    /// The key that most of them have.
    most: Option<KeyId>,
}

async fn needing(context: &Context, keys: &[KeyId]) -> Result<Needing> {
    let objects = context.store.list(ARCHIVES).await?;
    let objects: Vec<_> = objects.into_iter().filter(|o| id_of(&o.name).is_some()).collect();
    let archives = objects.len() as u64;
    let mut headers = stream::iter(objects)
        .map(async |object| {
            let end = object.size.min(HEADER_LEN as u64);
            context.store.read(&object.name, 0..end).await
        })
        .buffer_unordered(AT_ONCE);
    let (mut count, mut of_key) = (0, vec![0_u64; keys.len()]);
    while let Some(read) = headers.next().await {
        let bytes = match read {
            Ok(bytes) => bytes,
            Err(e) if e.kind == StoreErrorKind::NotFound => continue,
            Err(e) => return Err(e.into()),
        };
        // What is no archive needs no key. The ids are not authenticated: this only tells what is to be tried.
        let slots = Header::parse(&bytes).map(|header| header.slots()).unwrap_or_default();
        let needs = |key: &KeyId| slots.iter().any(|slot| slot.key_id == *key);
        for (key, of_key) in keys.iter().zip(&mut of_key) {
            *of_key += u64::from(needs(key));
        }
        count += u64::from(keys.iter().any(needs));
    }
    let most =
        keys.iter().zip(&of_key).filter(|(_, n)| **n > 0).max_by_key(|(_, n)| **n).map(|(key, _)| *key);
    Ok(Needing { archives, count, most })
}
