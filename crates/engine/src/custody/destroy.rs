//! Destroys a key. Archives that only this key opens would be lost for good, so then it is refused.

use std::collections::{BTreeSet, HashMap, HashSet};

use aitta_base::blocking;
use aitta_base::lock::ProfileLock;
use aitta_keys::{self as keys, Index, KEY_VARIABLE, uses};
use aitta_model::{Command, DestroyKeyRequest, ErrorCode, KeyRingReport, KeyState, Operation, Remedy};
use jiff::Timestamp;

use super::change::{change, own_vault, unknown};
use super::{need, status};
use crate::door::{self, Guard, Pass, Subject};
use crate::reading::disowned::{disowned, disowned_at};
use crate::reading::headers;
use crate::{Context, Error, Result};

/// Destroys a retired key, for good. Aitta can't wipe a key of the environment: it only writes into the audit trail
/// that the key is gone, and the person who sets the variables removes it. A key that a killed call has wiped gets its
/// missing entry in the same way.
///
/// # Errors
/// `reason_missing`, `mfa_*`; `key_in_use` while it is active, before its time, or as long as any archive needs it
/// or that can't be told; `run_in_progress`; `key_invalid` when there is no such key, or it is destroyed already;
/// `keychain_unavailable`, `key_wrong`.
pub async fn destroy(context: &Context, request: DestroyKeyRequest) -> Result<KeyRingReport> {
    let door = door::at(context, Guard::KeyDestroy, request.reason.clone())?;
    // First the checks that need no second factor: a recovery code works once, and a refusal must not use it up.
    if let Err(refusal) = refuse(context, &request.key_id, &request.gone).await {
        let subject = subject(&request, Some("refused before a second factor was asked for"));
        return Err(door.refuse(context, subject, refusal).await);
    }
    let pass = door.open(context, request.mfa.as_ref()).await?;
    destroy_allowed(context, request, pass).await?;
    status(context).await
}

fn subject(request: &DestroyKeyRequest, remark: Option<&str>) -> Subject {
    let gone = format!("said to be gone for good: {}", request.gone.join(", "));
    let gone = (!request.gone.is_empty()).then_some(gone.as_str());
    let remarks: Vec<&str> = remark.into_iter().chain(gone).collect();
    Subject {
        target: Some(request.key_id.clone()),
        note: (!remarks.is_empty()).then(|| remarks.join("; ")),
        ..Subject::default()
    }
}

/// # Errors
/// `key_in_use`, `key_invalid`; `keychain_unavailable`, `key_wrong`.
async fn refuse(context: &Context, id: &str, gone: &[String]) -> Result<()> {
    let Ok(vault) = own_vault(context) else {
        refuse_by_variable(context, id).await?;
        refuse_by_trail(context, id).await?;
        return refuse_if_needed(context, id, &BTreeSet::new()).await;
    };
    if is_gone_untold(context, id).await? {
        return Ok(());
    }
    let reader = vault.clone();
    let index = blocking(move || keys::load(reader.as_ref())).await?;
    refuse_by_state(&index, id, context.clock.now(), context.vault.place())?;
    let asked = id.to_owned();
    let mut used = blocking(move || uses::of(vault.as_ref(), &asked)).await?;
    used.retain(|store| !gone.contains(store));
    refuse_if_needed(context, id, &used).await
}

/// Of the keys that the environment gives.
async fn refuse_by_variable(context: &Context, id: &str) -> Result<()> {
    let ring = context.keys().await?;
    if ring.active_id().to_string() == id {
        return Err(need::in_use(format!("the key {id} is the active one, in {KEY_VARIABLE}")).hint_instead(
            format!(
                "set another one, put this one into BACKUP_RETIRED_KEYS, and move the archives with \
                 {key_rotate}",
                key_rotate = Command::KeyRotate
            ),
        ));
    }
    if ring.has(id) { Ok(()) } else { Err(unknown(id, keys::ENVIRONMENT)) }
}

/// For these too: no index lists them, so the trail says whether one is destroyed already.
async fn refuse_by_trail(context: &Context, id: &str) -> Result<()> {
    match context.catalog.destroyed_by_trail(id).await? {
        None => Ok(()),
        Some(at) => Err(gone_already(id, Some(at), "take it out of BACKUP_RETIRED_KEYS, where it still is")),
    }
}

/// Whether the key is gone from the vault without an entry in the trail: the run that wiped it was killed before its
/// closing entry. Until that entry exists, nothing vouches for what the key has signed.
///
/// # Errors
/// `keychain_unavailable`, `key_wrong`, `key_invalid`, `audit_failed`.
async fn is_gone_untold(context: &Context, id: &str) -> Result<bool> {
    let Ok(vault) = own_vault(context) else { return Ok(false) };
    let index = blocking(move || keys::load(vault.as_ref())).await?;
    let is_gone = index.find(id).is_some_and(|entry| entry.state == KeyState::Destroyed && entry.wiped);
    Ok(is_gone && context.catalog.destroyed_by_trail(id).await?.is_none())
}

fn gone_already(id: &str, at: Option<Timestamp>, remedy: impl Into<Remedy>) -> Error {
    let at = at.map_or_else(String::new, |at| at.strftime(", on %Y-%m-%d %H:%M UTC").to_string());
    Error::new(ErrorCode::KeyInvalid, format!("the key {id} is destroyed already{at}"), remedy)
}

/// Destroys the key after the second factor was shown.
pub(super) async fn destroy_allowed(context: &Context, request: DestroyKeyRequest, pass: Pass) -> Result<()> {
    // If this question fails, writing the trail below fails too, and says why.
    let gone = match is_gone_untold(context, &request.key_id).await {
        Ok(true) => Some("the key was gone already, and this trail did not say so"),
        _ => None,
    };
    let subject = subject(&request, gone);
    let (id, now) = (request.key_id.clone(), context.clock.now());
    let work = async {
        // Rotations and backups must not begin meanwhile.
        let profile = &context.profile;
        let _keys = ProfileLock::of_keys(&profile.data_dir, Operation::KeyDestroy, now)?;
        let guard = ProfileLock::acquire(&profile.data_dir, &profile.name, Operation::KeyDestroy, now)?;
        // Once more: it may have come into use since.
        refuse(context, &id, &request.gone).await?;
        if own_vault(context).is_err() || is_gone_untold(context, &id).await? {
            return Ok(());
        }
        let destroyed = change(context, move |vault, index| {
            refuse_by_state(index, &id, now, vault.place())?;
            if let Some(entry) = index.find_mut(&id) {
                entry.state = KeyState::Destroyed;
                entry.destroyed.get_or_insert(now);
            }
            Ok(())
        })
        .await;
        drop(guard);
        destroyed
    };
    door::around(context, pass, subject, work).await
}

/// A key that is called destroyed already may still have to be wiped, when that was cut short.
fn refuse_by_state(index: &Index, id: &str, now: Timestamp, place: &str) -> Result<()> {
    let entry = index.find(id).ok_or_else(|| unknown(id, place))?;
    match (entry.state, entry.destroyable_from) {
        (KeyState::Destroyed, _) if entry.wiped => Err(gone_already(
            id,
            entry.destroyed,
            format!(
                "nothing is left to be done; {key_status} shows the keys that are left",
                key_status = Command::KeyStatus
            ),
        )),
        (KeyState::Destroyed, _) => Ok(()),
        (KeyState::Retired, Some(from)) if from > now => {
            let from = from.strftime("%Y-%m-%d %H:%M UTC");
            Err(need::in_use(format!("the key {id} may be destroyed from {from} on"))
                .hint_instead("try again after that time; until then copies of archives may need it"))
        }
        (KeyState::Retired, _) => Ok(()),
        (KeyState::Active, _) => {
            Err(need::in_use(format!("the key {id} is the active one")).hint_instead(format!(
                "make another key first, with {key_create_kit}, and move the archives to it with \
                 {key_rotate}",
                key_create_kit = Command::KeyCreateKit,
                key_rotate = Command::KeyRotate
            )))
        }
        (KeyState::Pending, _) => Err(need::in_use(format!("the key {id} is {}", entry.state))
            .hint_instead("confirm its recovery kit, or leave it: a pending key locks nothing")),
    }
}

/// All profiles share the keys, so all stores are looked at. `used` are those that the key is known to have locked
/// archives in, here or elsewhere.
async fn refuse_if_needed(context: &Context, id: &str, used: &BTreeSet<String>) -> Result<()> {
    let ring = context.keys().await?;
    let own = context.store.location();
    let unsure = |e: Error, place: &str| {
        let hint = format!("nothing was destroyed; make sure that {place} can be reached, and try again");
        need::in_use(format!("it is unknown whether archives in {place} need the key {id}: {e}"))
            .hint_instead(hint)
            .with_source(e)
    };
    let archives = headers::all(context).await.map_err(|e| unsure(e, &own))?;
    need::refuse_if_needed(&archives, id, &ring, &own, &disowned(context).await?)?;
    let mut seen = vec![context.profile.name.clone()];
    let mut found = HashMap::from([(own.clone(), ids(&archives))]);
    let of_copies = context.profile.at_copies().into_iter();
    let others =
        context.neighbours.iter().flat_map(|profile| [vec![profile.clone()], profile.at_copies()].concat());
    for profile in of_copies.chain(others) {
        seen.push(profile.name.clone());
        let place = match profile.copy {
            0 => format!("the store of the profile {:?}", profile.name),
            number => format!("the copy {number} of the profile {:?}", profile.name),
        };
        let store = context.store_of(&profile);
        let location = store.location();
        if location == own {
            continue;
        }
        let archives = match headers::all_of(&store).await {
            Err(e) if profile.awaits_first_backup(&e) => continue,
            other => other.map_err(|e| unsure(e, &place))?,
        };
        need::refuse_if_needed(&archives, id, &ring, &place, &disowned_at(context, &location).await?)?;
        found.insert(location, ids(&archives));
    }
    let profiles = context.catalog.profiles_of_key(id).await?;
    if let Some(profile) = profiles.into_iter().find(|profile| !seen.contains(profile)) {
        return Err(need::in_use(format!(
            "the profile {profile:?} has used the key {id}, and is not in the configuration now, so its archives can't \
             be looked at"
        ))
        .hint_instead(format!(
            "put that profile back into the configuration file; {config_check} shows what is read",
            config_check = Command::ConfigCheck
        )));
    }
    if let Some(store) = used.iter().find(|store| !found.contains_key(*store)) {
        return Err(need::in_use(format!(
            "the key {id} has locked archives in {store}, which no profile here uses, so they can't be looked at"
        ))
        .hint_instead(format!(
            "destroy the key where a profile uses that store, or add one here; if that store is gone for good, add --gone \
             '{store}'"
        )));
    }
    refuse_if_some_are_missing(context, id, &found).await
}

fn ids(archives: &[headers::ArchiveHeader]) -> HashSet<String> {
    archives.iter().map(|archive| archive.id.to_string()).collect()
}

/// An empty folder may be a disk that is not mounted, and a store may have moved: what the catalog knows of and what
/// was not found just now may need the key.
async fn refuse_if_some_are_missing(
    context: &Context,
    id: &str,
    found: &HashMap<String, HashSet<String>>,
) -> Result<()> {
    let known = context.catalog.all_archives().await?;
    let missing =
        |(store, archive): &&(String, String)| !found.get(store).is_some_and(|ids| ids.contains(archive));
    match known.iter().find(missing) {
        None => Ok(()),
        Some((store, archive)) => Err(need::in_use(format!(
            "it is unknown whether archives need the key {id}: {archive} was in {store} and is missing there \
             now"
        ))
        .hint_instead(format!(
            "mount {store}, or bring back the profile that used it; if its archives are gone for good, let \
             {catalog_rebuild} forget them",
            catalog_rebuild = Command::CatalogRebuild
        ))),
    }
}

#[cfg(test)]
mod tests;
