//! Whether there is a rotation to go on with.

use aitta_archive::KeyId;
use aitta_model::{Operation, RotationDirection, RotationStatus};

use crate::reading::headers;
use crate::{Context, Result};

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
    let all = headers::needed_keys(context).await?;
    let archives = all.len() as u64;
    let (mut count, mut of_key) = (0, vec![0_u64; keys.len()]);
    // The ids are not authenticated: this only tells what is to be tried.
    for slots in all {
        for (key, of_key) in keys.iter().zip(&mut of_key) {
            *of_key += u64::from(slots.contains(key));
        }
        count += u64::from(keys.iter().any(|key| slots.contains(key)));
    }
    let most =
        keys.iter().zip(&of_key).filter(|(_, n)| **n > 0).max_by_key(|(_, n)| **n).map(|(key, _)| *key);
    Ok(Needing { archives, count, most })
}

#[cfg(test)]
mod tests;
