//! What there is to know about the keys.

use aitta_model::{ErrorCode, KeyEntry, KeyRingReport, KeyState, KeyStatus};
use jiff::Timestamp;

use super::index::{Entry, Index, after};
use super::{KEY_VARIABLE, KeyRing, blocking, need, ring};
use crate::{Context, Result, rotation};

/// The key ring as it stands, with the archives of the profile's store that each key opens.
///
/// # Errors
/// `keychain_unavailable`, `key_wrong`, `key_invalid`, `catalog_failed`. A ring without a key is no error.
pub async fn status(context: &Context) -> Result<KeyRingReport> {
    let keys = match context.keys() {
        Ok(keys) => Some(keys),
        Err(e) if e.code() == ErrorCode::KeyMissing => None,
        Err(e) => return Err(e),
    };
    let environment = context.key_ring.is_some() || context.key_inputs.has_key();
    let vault = context.vault.clone();
    let (kept, index, overrides) = match (&keys, environment) {
        (Some(keys), true) => {
            let ids: Vec<String> = keys.iter().map(|key| key.id().to_string()).collect();
            let overridden = match context.key_ring {
                Some(_) => None,
                None => blocking(move || Ok(overridden(vault.as_ref(), &ids))).await?,
            };
            (keys.kept().to_owned(), given(keys), overridden)
        }
        _ => {
            let index = {
                let vault = vault.clone();
                blocking(move || ring::load(vault.as_ref())).await?
            };
            (vault.place().to_owned(), index, None)
        }
    };
    // A store that can't be looked at takes the counts away, and not the keys.
    let archives =
        need::all(context).await.inspect_err(|e| tracing::warn!(error = %e, "archives are not counted")).ok();
    let mut entries = Vec::new();
    for state in [KeyState::Pending, KeyState::Active, KeyState::Retired, KeyState::Destroyed] {
        for entry in index.in_state(state) {
            entries.push(shown(context, entry, keys.as_deref(), archives.as_deref()).await?);
        }
    }
    let active = entries.iter().find(|entry| entry.state == KeyState::Active);
    let due = active.and_then(|entry| due(context, entry.created));
    let canary = match active {
        Some(entry) => context.catalog.canary(&context.profile.name, &entry.key_id).await?,
        None => None,
    };
    let overdue = due.is_some_and(|due| due <= context.clock.now());
    // What can't be found out about a rotation, such as with a store that is away, takes nothing else away.
    let rotation = rotation::pending(context)
        .await
        .inspect_err(|e| tracing::warn!(error = %e, "whether a rotation is open is not known"))
        .ok()
        .flatten();
    Ok(KeyRingReport { kept, overrides, keys: entries, due, overdue, canary, rotation })
}

async fn shown(
    context: &Context,
    entry: &Entry,
    keys: Option<&KeyRing>,
    archives: Option<&[need::Locked]>,
) -> Result<KeyEntry> {
    // Of a key whose making nobody has noted, the first use is known.
    let created = match entry.created {
        Some(created) => Some(created),
        None => context.catalog.key_since(&context.profile.name, &entry.id).await?,
    };
    let key = keys.and_then(|keys| keys.find(&entry.id));
    let opened = |archive: &&need::Locked| match key {
        Some(key) => archive.is_opened_by(key),
        None => archive.names(&entry.id),
    };
    let alone =
        |archive: &&need::Locked| !keys.is_some_and(|keys| archive.is_opened_without(&entry.id, keys));
    let count = |alone_too: bool| {
        archives.map(|all| all.iter().filter(opened).filter(|a| !alone_too || alone(a)).count() as u64)
    };
    Ok(KeyEntry {
        key_id: entry.id.clone(),
        state: entry.state,
        created,
        retired: entry.retired,
        destroyable_from: entry.destroyable_from,
        destroyed: entry.destroyed,
        archives: count(false),
        archives_alone: count(true),
    })
}

/// The keys of the environment: the first one is active.
fn given(keys: &KeyRing) -> Index {
    let mut index = Index::default();
    for (at, key) in keys.iter().enumerate() {
        let state = if at == 0 { KeyState::Active } else { KeyState::Retired };
        index.keys.push(Entry::new(key.id().to_string(), state, None));
    }
    index
}

/// What would count without the environment, when it is something else.
fn overridden(vault: &dyn super::KeyVault, given: &[String]) -> Option<String> {
    let keys = ring::keys(vault).ok()?;
    let active = keys.active_id().to_string();
    let same = given.first() == Some(&active);
    Some(format!(
        "{KEY_VARIABLE} comes first; without it the {} would count, whose active key is {}",
        vault.place(),
        if same { "the same".to_owned() } else { active }
    ))
}

/// When the active key is to be changed.
fn due(context: &Context, created: Option<Timestamp>) -> Option<Timestamp> {
    created.map(|created| after(created, context.profile.targets.key_days))
}

/// The active key, for the first page; absent when there is none.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn active(context: &Context) -> Result<Option<KeyStatus>> {
    let Ok(keys) = context.keys() else { return Ok(None) };
    let (key_id, profile) = (keys.active_id().to_string(), &context.profile.name);
    let since = match keys.created() {
        Some(created) => Some(created),
        None => context.catalog.key_since(profile, &key_id).await?,
    };
    let tested = context.catalog.canary(profile, &key_id).await?;
    let due = due(context, since);
    Ok(Some(KeyStatus { key_id, since, kept: keys.kept().to_owned(), tested, due }))
}

#[cfg(test)]
mod tests;
