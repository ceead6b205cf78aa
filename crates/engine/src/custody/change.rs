//! Making, confirming, importing keys, and printing their kits again.

use std::sync::Arc;

use aitta_base::blocking;
use aitta_keys::{
    self as keys, About, Entry, FILE_VARIABLE, HeldKey, Index, KEY_VARIABLE, KeyVault, RETIRED_VARIABLE,
    after,
};
use aitta_model::{
    Command, ConfirmKeyRequest, CreateKeyRequest, ErrorCode, ExportKitRequest, ImportKeyRequest,
    KeyRingReport, KeyState, MfaCode, ReasonCode, RecoveryKit,
};
use jiff::Timestamp;

use super::{need, status};
use crate::door::{self, Door, Entry as Passed, Free, Guard, Subject};
use crate::mfa;
use crate::reading::headers;
use crate::{Context, Error, Result};

/// The vault of the ring; an error where the environment gives the keys, which nothing here can change.
pub(crate) fn own_vault(context: &Context) -> Result<Arc<dyn KeyVault>> {
    if context.key_ring.is_none() && !context.key_inputs.has_key() {
        return Ok(context.vault.clone());
    }
    Err(Error::new(
        ErrorCode::ConfigInvalid,
        format!("the keys come from the environment ({KEY_VARIABLE}), which Aitta can't change"),
        format!(
            "make a key with {key_generate}, set it as {KEY_VARIABLE} and the one before in \
             {RETIRED_VARIABLE}, then run {key_rotate}; or unset {KEY_VARIABLE}, so that the keychain \
             counts, or the file that {FILE_VARIABLE} names",
            key_generate = Command::KeyGenerate,
            key_rotate = Command::KeyRotate
        ),
    ))
}

/// Changes the ring in a thread that may block, and has every clone of the context read it again.
pub(super) async fn change<T: Send + 'static>(
    context: &Context,
    work: impl FnOnce(&dyn KeyVault, &mut Index) -> Result<T> + Send + 'static,
) -> Result<T> {
    let (vault, data_dir) = (own_vault(context)?, context.profile.data_dir.clone());
    let changed =
        blocking(move || keys::change(vault.as_ref(), &data_dir, |index| work(vault.as_ref(), index))).await;
    context.forget_keys();
    changed.map_err(|e| keys::with_ways_out(e, context.vault.place()))
}

pub(super) fn unknown(id: &str, place: &str) -> Error {
    Error::new(
        ErrorCode::KeyInvalid,
        format!("there is no key {id} in the {place}"),
        format!("{key_status} shows the ids of all keys", key_status = Command::KeyStatus),
    )
}

/// The way in to something about keys: free while there is no active one, guarded from then on.
async fn passed(
    context: &Context,
    first: Free,
    guard: Guard,
    reason: Option<String>,
    code: Option<&MfaCode>,
) -> Result<(Passed, Option<String>)> {
    if !has_active(context).await? {
        return Ok((first.into(), reason));
    }
    Ok((door::open(context, guard, reason, code).await?.into(), None))
}

async fn has_active(context: &Context) -> Result<bool> {
    let vault = own_vault(context)?;
    match blocking(move || Ok(keys::load(vault.as_ref())?.active().is_some())).await {
        // The list is damaged: there may be one.
        Err(e) if e.code() == ErrorCode::KeyInvalid => Ok(true),
        known => known.map_err(|e| keys::with_ways_out(e, context.vault.place())),
    }
}

/// Makes a key and keeps it. It locks nothing before [`confirm`] has shown that its kit is at hand.
///
/// # Errors
/// `config_invalid` where the environment gives the keys; `mfa_*` where it takes the place of another one;
/// `keychain_unavailable`, `key_wrong`, `audit_failed`.
pub async fn create(context: &Context, request: CreateKeyRequest) -> Result<RecoveryKit> {
    own_vault(context)?;
    let CreateKeyRequest { reason, mfa } = request;
    let (entry, reason) = passed(context, Free::KeyCreate, Guard::KeyReplace, reason, mfa.as_ref()).await?;
    let key = HeldKey::generate()?;
    let (id, now, asked) = (key.id().to_string(), context.clock.now(), keys::asked()?);
    let store = context.store.location();
    let about = About {
        created: now,
        profile: &context.profile.name,
        store: &store,
        asked: asked.clone(),
        contacts: &context.profile.contacts,
    };
    let kit = key.kit(about)?;
    let subject = Subject {
        target: Some(id.clone()),
        reason,
        note: Some("made; it locks nothing before its recovery kit is confirmed".to_owned()),
        ..Subject::default()
    };
    let work = change(context, move |vault, index| {
        key.keep(vault)?;
        index.put(Entry { asked, ..Entry::new(id, KeyState::Pending, Some(now)) });
        Ok(())
    });
    door::around(context, entry, subject, work).await?;
    Ok(kit)
}

/// Makes a pending key the active one, when what was typed is what its kit says. The one before is retired.
///
/// # Errors
/// `kit_unconfirmed` with the number of the group that is wrong; `key_invalid` for a key that is not pending; `mfa_*` for
/// one that was made before the second factor was set up; and as [`create`].
pub async fn confirm(context: &Context, request: ConfirmKeyRequest) -> Result<KeyRingReport> {
    let vault = own_vault(context)?;
    let id = request.key_id.clone();
    let mfa = request.mfa.clone();
    let made = blocking(move || is_confirmed(vault.as_ref(), &request)).await?;
    let entry = match guard_of_confirmation(context, made).await? {
        Some(door) => door.open(context, mfa.as_ref()).await?.into(),
        None => Passed::from(Free::KeyConfirm),
    };
    let (now, days) = (context.clock.now(), context.profile.retention.days);
    let subject = Subject {
        target: Some(id.clone()),
        code: Some(ReasonCode::Routine),
        note: Some("its recovery kit is confirmed: it locks new archives from now on".to_owned()),
        ..Subject::default()
    };
    let work = change(context, move |vault, index| {
        pending(index, &id, vault.place())?;
        index.activate(&id, now, days);
        Ok(())
    });
    door::around(context, entry, subject, work).await?;
    status(context).await
}

/// The door before a key that was made while nobody was asked for a second factor, but somebody would be now: otherwise
/// a key that was made beforehand would wait to take the place of the active one.
async fn guard_of_confirmation(context: &Context, made: Option<Timestamp>) -> Result<Option<Door>> {
    let enrolled = mfa::status(context).await?.enrolled;
    let was_asked = |since: Timestamp| made.is_some_and(|made| made > since);
    if enrolled.is_none_or(was_asked) || !has_active(context).await? {
        return Ok(None);
    }
    door::at(context, Guard::KeyConfirm, None).map(Some)
}

fn pending<'i>(index: &'i Index, id: &str, place: &str) -> Result<&'i Entry> {
    let entry = index.find(id).ok_or_else(|| unknown(id, place))?;
    if entry.state == KeyState::Pending {
        return Ok(entry);
    }
    Err(Error::new(
        ErrorCode::KeyInvalid,
        format!("the key {id} is {}, and not pending", entry.state),
        format!("{key_status} shows what each key is for", key_status = Command::KeyStatus),
    ))
}

/// Returns when the key was made.
fn is_confirmed(vault: &dyn KeyVault, request: &ConfirmKeyRequest) -> Result<Option<Timestamp>> {
    let index = keys::load(vault)?;
    let entry = pending(&index, &request.key_id, vault.place())?;
    // What locks archives is what can be read back now, not what was in memory when it was made.
    let key = HeldKey::of_vault(vault, &entry.id)?.ok_or_else(|| unknown(&entry.id, vault.place()))?;
    let typed = request.typed.expose();
    let numbers = || entry.asked.iter().map(u8::to_string).collect::<Vec<_>>().join(" and ");
    if typed.len() != entry.asked.len() || entry.asked.is_empty() {
        return Err(unconfirmed(format!("the groups {} of the recovery kit were asked for", numbers())));
    }
    for (&number, typed) in entry.asked.iter().zip(typed) {
        if !key.is_typed_right(number, typed) {
            return Err(unconfirmed(format!(
                "group {number}, as it was typed, differs from the recovery kit of the key {}",
                entry.id
            )));
        }
    }
    Ok(entry.created)
}

fn unconfirmed(message: String) -> Error {
    Error::new(
        ErrorCode::KitUnconfirmed,
        message,
        "read the group from the printed kit again: four digits (0-9, a-f) and the check digit; if there is no \
         print, discard this key and make a new one",
    )
}

/// Forgets a pending key, one that has never locked anything.
///
/// # Errors
/// `key_in_use` when an archive needs it after all, or that can't be told; `key_invalid` for a key that is not
/// pending; and as [`create`].
pub async fn discard(context: &Context, key_id: &str) -> Result<()> {
    let vault = own_vault(context)?;
    let (id, now) = (key_id.to_owned(), context.clock.now());
    let index = blocking(move || keys::load(vault.as_ref())).await?;
    pending(&index, &id, context.vault.place())?;
    let archives = headers::all(context).await?;
    if let Some(archive) = archives.iter().find(|archive| archive.names(&id)) {
        return Err(need::in_use(format!("the archive {} is locked with the pending key {id}", archive.id))
            .hint_instead(format!(
                "take this key from its recovery kit with {key_import}",
                key_import = Command::KeyImport
            )));
    }
    let subject = Subject {
        target: Some(id.clone()),
        code: Some(ReasonCode::Routine),
        note: Some("a key that was never in use is discarded".to_owned()),
        ..Subject::default()
    };
    let work = change(context, move |vault, index| {
        pending(index, &id, vault.place())?;
        if let Some(entry) = index.find_mut(&id) {
            (entry.state, entry.destroyed) = (KeyState::Destroyed, Some(now));
            entry.asked.clear();
        }
        Ok(())
    });
    door::around(context, Free::KeyDiscard, subject, work).await
}

/// Takes a key into the ring. It opens old archives, and becomes the active one when there is none; or when the
/// active one was only imported, too, and this is the one that locks the newest archive: on a new machine the kits
/// come in any order.
///
/// # Errors
/// `key_invalid` with the group that is wrong; `mfa_*` where there is an active key already; and as [`create`].
pub async fn import(context: &Context, request: ImportKeyRequest) -> Result<KeyRingReport> {
    let vault = own_vault(context)?;
    let key = HeldKey::of_kit(request.key.expose())?;
    let id = key.id().to_string();
    let ImportKeyRequest { reason, mfa, .. } = request;
    let (entry, reason) = passed(context, Free::KeyImport, Guard::KeyAdd, reason, mfa.as_ref()).await?;
    let subject = Subject { target: Some(id.clone()), reason, ..Subject::default() };
    let (now, days) = (context.clock.now(), context.profile.retention.days);
    let data_dir = context.profile.data_dir.clone();
    let work = async {
        // A key is taken in even if the store can't be read.
        let newest = headers::newest(context).await.unwrap_or_else(|e| {
            tracing::warn!(error = %e, "which key locks the newest archives is not known");
            Vec::new()
        });
        let imported = blocking(move || {
            keys::change_or_begin(vault.as_ref(), &data_dir, |index| {
                key.keep(vault.as_ref())?;
                enter(index, id.clone(), now, days);
                if is_the_one_in_use(index, &key, &newest) {
                    index.activate(&id, now, days);
                }
                Ok(())
            })
        })
        .await;
        context.forget_keys();
        imported.map_err(|e| keys::with_ways_out(e, context.vault.place()))
    };
    door::around(context, entry, subject, work).await?;
    status(context).await
}

fn enter(index: &mut Index, id: String, now: Timestamp, retention_days: u32) {
    let known = index.find(&id).cloned();
    let entry = match known {
        // The whole kit is at hand, so its groups are not asked for; but another key is in use.
        Some(entry) if entry.state == KeyState::Pending && index.active().is_some() => entry,
        Some(entry) if matches!(entry.state, KeyState::Active | KeyState::Retired) => entry,
        known => Entry {
            retired: Some(now),
            destroyable_from: Some(after(now, retention_days)),
            ..Entry::new(id.clone(), KeyState::Retired, known.and_then(|entry| entry.created))
        },
    };
    index.put(entry);
    if index.active().is_none() {
        index.activate(&id, now, retention_days);
    }
}

/// Whether a key that was imported takes the place of another one that was.
fn is_the_one_in_use(index: &Index, key: &HeldKey, newest: &[headers::ArchiveHeader]) -> bool {
    // A key that was made here has its date.
    let Some(active) = index.active().filter(|active| active.created.is_none()) else { return false };
    let locking = newest.iter().find(|archive| archive.names(&active.id) || archive.is_opened_by(key));
    locking.is_some_and(|archive| !archive.names(&active.id))
}

/// Makes the recovery kit of a key again. That of a pending key asks for the same groups as before.
///
/// # Errors
/// `reason_missing`, `mfa_*`, `key_invalid` for a key that is not there; and as [`create`].
pub async fn export_kit(context: &Context, request: ExportKitRequest) -> Result<RecoveryKit> {
    let ExportKitRequest { key_id, reason, mfa } = request;
    let door = door::at(context, Guard::KeyExportKit, reason)?;
    let key = find(context, key_id).await?;
    let pass = door.open(context, mfa.as_ref()).await?;
    let subject = Subject { target: Some(key.id().to_string()), ..Subject::default() };
    let store = context.store.location();
    let asked = asked(context, key.id().to_string()).await?;
    let about = About {
        created: context.clock.now(),
        profile: &context.profile.name,
        store: &store,
        asked,
        contacts: &context.profile.contacts,
    };
    door::around(context, pass, subject, async { key.kit(about) }).await
}

/// The groups that a key is confirmed by, while it is pending.
async fn asked(context: &Context, id: String) -> Result<Vec<u8>> {
    let Ok(vault) = own_vault(context) else { return Ok(Vec::new()) };
    blocking(move || {
        let index = keys::load(vault.as_ref())?;
        Ok(index.find(&id).map(|entry| entry.asked.clone()).unwrap_or_default())
    })
    .await
}

async fn find(context: &Context, key_id: Option<String>) -> Result<HeldKey> {
    let Some(id) = key_id else {
        let ring = context.keys().await?;
        let id = ring.active_id().to_string();
        return ring.held(&id).ok_or_else(|| unknown(&id, ring.kept()));
    };
    // Also in a ring without an active key.
    match context.keys().await {
        Ok(ring) if ring.has(&id) => {
            return ring.held(&id).ok_or_else(|| unknown(&id, ring.kept()));
        }
        Err(e) if e.code() != ErrorCode::KeyMissing => return Err(e),
        _ => {}
    }
    let vault = own_vault(context).map_err(|_| unknown(&id, keys::ENVIRONMENT))?;
    blocking(move || {
        let index = keys::load(vault.as_ref())?;
        let known = index.find(&id).filter(|entry| entry.state != KeyState::Destroyed);
        let key = match known {
            Some(entry) => HeldKey::of_vault(vault.as_ref(), &entry.id)?,
            None => None,
        };
        key.ok_or_else(|| unknown(&id, vault.place()))
    })
    .await
}

/// Notes from when on a retired key may be destroyed, at the end of a rotation, when it opens no archive any more. Keys
/// of the environment are left as they are.
///
/// # Errors
/// `key_in_use` when the key is not retired; `key_invalid` when there is none of this id; `keychain_unavailable`,
/// `key_wrong`.
pub async fn retire_after_rotation(context: &Context, from: &str, destroyable_from: Timestamp) -> Result<()> {
    if own_vault(context).is_err() {
        return Ok(());
    }
    let (id, now) = (from.to_owned(), context.clock.now());
    change(context, move |vault, index| {
        let place = vault.place();
        let entry = index.find_mut(&id).ok_or_else(|| unknown(&id, place))?;
        if entry.state != KeyState::Retired {
            return Err(need::in_use(format!("the key {id} is {}, and not retired", entry.state)));
        }
        entry.retired.get_or_insert(now);
        // Never earlier than was said before: another profile may keep its archives longer.
        entry.destroyable_from = entry.destroyable_from.max(Some(destroyable_from));
        Ok(())
    })
    .await
}

/// Makes a retired key the active one again, and retires the one that was: for a rotation that is rolled back.
/// A key that is active already stays so.
///
/// # Errors
/// `config_invalid` where the environment gives the keys; `key_invalid` when there is no such retired key, or the
/// vault has lost it; `keychain_unavailable`, `key_wrong`.
pub async fn make_active(context: &Context, key_id: &str) -> Result<()> {
    let (id, now, days) = (key_id.to_owned(), context.clock.now(), context.profile.retention.days);
    change(context, move |vault, index| {
        let place = vault.place();
        let entry = index.find(&id).ok_or_else(|| unknown(&id, place))?;
        match entry.state {
            KeyState::Active => return Ok(()),
            KeyState::Retired if entry.used && HeldKey::of_vault(vault, &id)?.is_some() => {}
            _ => return Err(unknown(&id, place)),
        }
        index.activate(&id, now, days);
        Ok(())
    })
    .await
}

#[cfg(test)]
mod tests;
