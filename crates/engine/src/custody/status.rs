//! The status of the keys.

use std::collections::HashSet;

use aitta_archive::ArchiveId;
use aitta_base::blocking;
use aitta_keys::{self as keys, Entry, Index, KEY_VARIABLE, KeyRing, after};
use aitta_model::{Action, Command, ErrorCode, Failure, KeyEntry, KeyRingReport, KeyState, KeyStatus};
use futures::future::join_all;
use jiff::Timestamp;

use super::{Needs, pending};
use crate::reading::{disowned, headers};
use crate::{Context, Result};

/// The key ring as it stands, with the archives that each key opens in all stores of the profile.
///
/// # Errors
/// `keychain_unavailable`, `key_wrong`, `key_invalid`, `catalog_failed`. A ring without a key is no error.
pub async fn status(context: &Context) -> Result<KeyRingReport> {
    let keys = match context.keys().await {
        Ok(keys) => Some(keys),
        Err(e) if e.code() == ErrorCode::KeyMissing => None,
        Err(e) => return Err(e),
    };
    let environment = context.key_ring.is_some() || context.key_inputs.has_key();
    let vault = context.vault.clone();
    let (kept, index, overrides) = match (&keys, environment) {
        (Some(keys), true) => {
            let ids: Vec<String> = keys.ids().iter().map(ToString::to_string).collect();
            let overridden = match context.key_ring {
                Some(_) => None,
                None => blocking(move || Ok(overridden(vault.as_ref(), &ids))).await?,
            };
            (keys.kept().to_owned(), given(keys), overridden)
        }
        _ => {
            let index = {
                let vault = vault.clone();
                blocking(move || keys::load(vault.as_ref())).await?
            };
            (vault.place().to_owned(), index, None)
        }
    };
    let looked = look(context).await?;
    let mut entries = Vec::new();
    for state in [KeyState::Pending, KeyState::Active, KeyState::Retired, KeyState::Destroyed] {
        for entry in index.in_state(state) {
            entries.push(shown(context, entry, keys.as_deref(), &looked).await?);
        }
    }
    let mut missing = looked.needs(keys.as_deref()).missing();
    // One that waits for its confirmation is at hand: it opens nothing before that, and its kit is not what lacks.
    missing.retain(|need| index.find(&need.key_id).is_none_or(|entry| entry.state != KeyState::Pending));
    let active = entries.iter().find(|entry| entry.state == KeyState::Active);
    let due = active.and_then(|entry| due(context, entry.created));
    let canary = match active {
        Some(entry) => context.catalog.canary(&context.profile.name, &entry.key_id).await?,
        None => None,
    };
    let overdue = due.is_some_and(|due| due <= context.clock.now());
    // A failure here, such as a store that is away, hides only the rotation and nothing else.
    let rotation = pending(context)
        .await
        .inspect_err(|e| tracing::warn!(error = %e, "whether a rotation is open is not known"))
        .ok()
        .flatten();
    Ok(KeyRingReport {
        kept,
        overrides,
        keys: entries,
        due,
        overdue,
        canary,
        rotation,
        unseen: looked.unseen,
        missing,
    })
}

/// What the stores of the profile hold.
struct Looked {
    /// The headers of each store that could be listed, by its location.
    stores: Vec<(String, Vec<headers::ArchiveHeader>)>,
    /// Those that somebody has disowned, by the same locations: no key is missed for them.
    disowned: Vec<HashSet<ArchiveId>>,
    /// What could not be looked at. The report then lacks the counts, but has the keys.
    unseen: Vec<(String, Failure)>,
}

impl Looked {
    fn needs(&self, keys: Option<&KeyRing>) -> Needs {
        let mut needs = Needs::default();
        for ((_, archives), disowned) in self.stores.iter().zip(&self.disowned) {
            archives.iter().filter(|a| !disowned.contains(&a.id)).for_each(|a| needs.add(a, keys));
        }
        needs
    }
}

async fn look(context: &Context) -> Result<Looked> {
    let known = context.catalog.all_archives().await?;
    let mut looked = Looked { stores: Vec::new(), disowned: Vec::new(), unseen: Vec::new() };
    let places = context.places();
    // At once: one that does not answer should not keep the others waiting.
    for (place, archives) in places.iter().zip(join_all(places.iter().map(headers::all)).await) {
        let location = place.store.location();
        let archives = match archives {
            Ok(archives) => archives,
            Err(error) => {
                looked.unseen.push((location, error.failure()));
                continue;
            }
        };
        if let Some(failure) = not_all_seen(&location, &archives, &known) {
            looked.unseen.push((location.clone(), failure));
        }
        // Without the trail a key may be missed for an archive that somebody has disowned; the report has the rest.
        let disowned = disowned::disowned_at(context, &location).await.unwrap_or_else(|e| {
            tracing::warn!(error = %e, "which archives were disowned is not known");
            HashSet::new()
        });
        looked.disowned.push(disowned);
        looked.stores.push((location, archives));
    }
    if context.profile.copy > 0 {
        let failure = Failure {
            code: ErrorCode::ConfigInvalid,
            message: format!("only the copy {} was asked for", context.profile.copy),
            hint: "leave out --copy to see all stores of the profile".to_owned(),
        };
        looked.unseen.push(("the other stores of the profile".to_owned(), failure));
    }
    Ok(looked)
}

/// An archive that was not found, as on a disk that is not mounted, or whose header can't be read may need any key.
fn not_all_seen(
    location: &str,
    archives: &[headers::ArchiveHeader],
    known: &[(String, String)],
) -> Option<Failure> {
    let found: HashSet<String> = archives.iter().map(|archive| archive.id.to_string()).collect();
    let lost = known.iter().find(|(store, id)| store == location && !found.contains(id));
    if let Some((_, id)) = lost {
        return Some(Failure {
            code: ErrorCode::ArchiveNotFound,
            message: format!("{id} was there and is missing now"),
            hint: format!(
                "mount {location}; if its archives are gone for good, let {catalog_rebuild} forget them \
                 (with --copy N for a further store)",
                catalog_rebuild = Command::CatalogRebuild
            ),
        });
    }
    let illegible = archives.iter().find(|archive| archive.failure().is_some())?;
    Some(Failure {
        code: ErrorCode::ArchiveDamaged,
        message: format!("the header of {} can't be read", illegible.id),
        hint: format!("check it with {verify}", verify = Action::verify(None, illegible.id)),
    })
}

async fn shown(
    context: &Context,
    entry: &Entry,
    keys: Option<&KeyRing>,
    looked: &Looked,
) -> Result<KeyEntry> {
    // Without the day when a key was made, its first use counts.
    let created = match entry.created {
        Some(created) => Some(created),
        None => context.catalog.key_since(&context.profile.name, &entry.id).await?,
    };
    let key = keys.and_then(|keys| keys.held(&entry.id));
    let opened = |archive: &&headers::ArchiveHeader| match &key {
        Some(key) => archive.is_opened_by(key),
        None => archive.names(&entry.id),
    };
    // By id, since a copy is the same archive; but its header may have been left with another key.
    let (mut all, mut alone, mut needed_in) = (HashSet::new(), HashSet::new(), Vec::new());
    for (location, archives) in &looked.stores {
        let here: Vec<_> = archives.iter().filter(opened).collect();
        let is_alone = |archive: &headers::ArchiveHeader| match keys {
            Some(keys) => !archive.is_opened_without(&entry.id, keys),
            None => true,
        };
        let needing: Vec<_> = here.iter().filter(|a| is_alone(a)).map(|a| a.id).collect();
        if !needing.is_empty() {
            needed_in.push(location.clone());
        }
        all.extend(here.iter().map(|archive| archive.id));
        alone.extend(needing);
    }
    let archives = (!looked.stores.is_empty()).then_some(all.len() as u64);
    let is_sure = looked.unseen.is_empty() || !alone.is_empty();
    Ok(KeyEntry {
        key_id: entry.id.clone(),
        state: entry.state,
        created,
        retired: entry.retired,
        destroyable_from: entry.destroyable_from,
        destroyed: entry.destroyed,
        archives,
        archives_alone: archives.filter(|_| is_sure).map(|_| alone.len() as u64),
        needed_in,
        asked: entry.asked.clone(),
    })
}

/// The keys of the environment: the first one is active.
fn given(keys: &KeyRing) -> Index {
    let mut index = Index::default();
    for (at, id) in keys.ids().into_iter().enumerate() {
        let state = if at == 0 { KeyState::Active } else { KeyState::Retired };
        index.keys.push(Entry::new(id.to_string(), state, None));
    }
    index
}

/// What would count without the environment, when it is something else.
fn overridden(vault: &dyn keys::KeyVault, given: &[String]) -> Option<String> {
    let keys = KeyRing::of_vault(vault).ok()?;
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
    let Ok(keys) = context.keys().await else { return Ok(None) };
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
