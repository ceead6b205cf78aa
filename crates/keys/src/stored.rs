//! The ring as a vault holds it. Everything here blocks.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

use aitta_archive::VaultKey;
use aitta_base::{Error, Result, lock};
use aitta_model::{Command, ErrorCode, KeyState};

use super::index::{Entry, Index};
use super::ways_out::ways_out;
use super::{KEY_VARIABLE, KeyInputs, KeyRing, KeyVault, MemoryVault, uses};

/// Name of the index.
const INDEX: &str = "key-ring";
/// Name of a damaged index that an import has set aside.
const INDEX_ASIDE: &str = "key-ring-damaged";
/// Name of the one key of earlier versions.
const EARLIER: &str = "vault-key";

/// Name of the entry of a key.
fn name(id: &str) -> String {
    format!("{EARLIER}-{id}")
}

impl KeyRing {
    /// The ring: what the environment says, and otherwise what the vault holds. Blocks, and may ask the user to
    /// unlock something.
    ///
    /// # Errors
    /// `key_missing`, `key_invalid`, `key_wrong`, `keychain_unavailable`.
    pub fn at_hand(inputs: &KeyInputs, vault: &dyn KeyVault) -> Result<Self> {
        match inputs.environment_ring()? {
            Some(ring) => Ok(ring),
            None => Self::of_vault(vault),
        }
    }

    /// The ring that a vault holds. Blocks.
    ///
    /// # Errors
    /// `key_missing`, `key_invalid`, `key_wrong`, `keychain_unavailable`.
    pub fn of_vault(vault: &dyn KeyVault) -> Result<Self> {
        keys(vault).map_err(|e| {
            if e.code() != ErrorCode::KeychainUnavailable {
                return e;
            }
            let message = format!("no encryption key: {KEY_VARIABLE} is not set, and {e}");
            let hint = ways_out(vault.place(), e.hint());
            Error::new(e.code(), message, hint).with_source(e)
        })
    }

    /// A vault that lives as long as the process, with these keys in it: for samples, which leave the user's own data
    /// alone.
    ///
    /// # Errors
    /// None in practice: an empty vault in memory takes every key.
    pub fn in_memory(&self) -> Result<MemoryVault> {
        let vault = MemoryVault::default();
        let mut index = Index::default();
        for (at, key) in self.keys().iter().enumerate() {
            keep(&vault, key)?;
            let state = if at == 0 { KeyState::Active } else { KeyState::Retired };
            index.keys.push(Entry::new(key.id().to_string(), state, None));
        }
        write_index(&vault, &index)?;
        Ok(vault)
    }
}

/// What is known about the keys. A key of an earlier version that is in no index is adopted: it is the active one,
/// or retired when there is another. Blocks.
///
/// # Errors
/// `key_invalid`, `keychain_unavailable`, `key_wrong`.
pub fn load(vault: &dyn KeyVault) -> Result<Index> {
    let mut index = match vault.read(INDEX)? {
        Some(text) => Index::parse(&text)?,
        None => Index::default(),
    };
    adopt(vault, &mut index)?;
    Ok(index)
}

fn adopt(vault: &dyn KeyVault, index: &mut Index) -> Result<()> {
    let Some(hex) = vault.read(EARLIER)? else { return Ok(()) };
    let key = match VaultKey::from_hex(&hex) {
        Ok(key) => key,
        // The ring is complete without it.
        Err(_) if index.active().is_some() => return Ok(()),
        Err(e) => return Err(unusable(vault, e)),
    };
    let id = key.id().to_string();
    if index.find(&id).is_none() {
        let state = if index.active().is_none() { KeyState::Active } else { KeyState::Retired };
        index.keys.push(Entry::new(id, state, None));
    }
    Ok(())
}

fn unusable(vault: &dyn KeyVault, error: aitta_archive::Error) -> Error {
    Error::from(error)
        .context(format_args!("the key in the {} cannot be used", vault.place()))
        .hint_instead(format!("set {KEY_VARIABLE} to the key on your recovery kit; it comes first"))
}

/// One key; `None` when it is certain that the vault has no such entry.
pub(crate) fn key(vault: &dyn KeyVault, id: &str) -> Result<Option<VaultKey>> {
    for name in [name(id), EARLIER.to_owned()] {
        let Some(hex) = vault.read(&name)? else { continue };
        match VaultKey::from_hex(&hex) {
            Ok(key) if key.id().to_string() == id => return Ok(Some(key)),
            Err(e) if name != EARLIER => return Err(unusable(vault, e)),
            _ => {}
        }
    }
    Ok(None)
}

/// Keeps a key, and makes sure that it is there: only then may anything name it.
pub(crate) fn keep(vault: &dyn KeyVault, key: &VaultKey) -> Result<()> {
    let id = key.id().to_string();
    vault.write(&name(&id), &key.to_hex())?;
    match self::key(vault, &id)? {
        Some(_) => Ok(()),
        None => Err(Error::new(
            ErrorCode::KeychainUnavailable,
            format!("the {} did not return the key {id}", vault.place()),
            "nothing was changed; check what keeps your secrets, and try again",
        )),
    }
}

/// The keys that may be used: the active one first, then those that are retired.
fn keys(vault: &dyn KeyVault) -> Result<KeyRing> {
    let index = load(vault)?;
    let place = vault.place();
    let Some(active) = index.active() else {
        return Err(match index.in_state(KeyState::Pending).next() {
            Some(pending) => Error::new(
                ErrorCode::KeyMissing,
                format!(
                    "no encryption key: the recovery kit of the key {} in the {place} was never confirmed",
                    pending.id
                ),
                format!(
                    "make a key and its recovery kit with {key_create_kit}",
                    key_create_kit = Command::KeyCreateKit
                ),
            ),
            None => Error::new(
                ErrorCode::KeyMissing,
                format!("no encryption key: {KEY_VARIABLE} is not set, and the {place} has none"),
                format!(
                    "where archives exist, take their key from its recovery kit with {key_import}, or set \
                     {KEY_VARIABLE}; before the first backup, make one with {key_create_kit}",
                    key_import = Command::KeyImport,
                    key_create_kit = Command::KeyCreateKit
                ),
            ),
        });
    };
    let key_of_active = key(vault, &active.id)?.ok_or_else(|| {
        Error::new(
            ErrorCode::KeyMissing,
            format!("the active key {} is not in the {place} any more", active.id),
            format!("take it from its recovery kit with {key_import}", key_import = Command::KeyImport),
        )
    })?;
    let mut retired_keys = Vec::new();
    // The one that was active last comes first: a roll-back goes there.
    let mut others: Vec<_> = index.in_state(KeyState::Retired).collect();
    others.sort_by_key(|entry| std::cmp::Reverse(entry.retired));
    for retired in others {
        match key(vault, &retired.id)? {
            Some(key) => retired_keys.push(key),
            // Backups go on without it; an archive that needs it says so when it is opened.
            None => tracing::warn!(key = retired.id, place, "a retired key is not there any more"),
        }
    }
    Ok(KeyRing::new(key_of_active, retired_keys, place, active.created))
}

fn write_index(vault: &dyn KeyVault, index: &Index) -> Result<()> {
    vault.write(INDEX, &index.to_text())
}

/// Changes the ring, one process at a time. `work` changes the index, and puts keys into the vault before it names
/// them; then the index is written; then the keys that it calls destroyed are wiped, also those of a change that
/// was cut short. Blocks.
///
/// # Errors
/// `system`, `key_invalid`, `keychain_unavailable`, `key_wrong`, and those of the work.
pub fn change<T>(
    vault: &dyn KeyVault,
    data_dir: &Path,
    work: impl FnOnce(&mut Index) -> Result<T>,
) -> Result<T> {
    changing(vault, data_dir, load, work)
}

/// Changes the ring for an import: a damaged index is set aside, since the kit in hand is worth more. Blocks.
///
/// # Errors
/// As [`change`].
pub fn change_or_begin<T>(
    vault: &dyn KeyVault,
    data_dir: &Path,
    work: impl FnOnce(&mut Index) -> Result<T>,
) -> Result<T> {
    let load = |vault: &dyn KeyVault| match load(vault) {
        Err(e) if e.code() == ErrorCode::KeyInvalid => {
            let mut index = Index::default();
            let Some(text) = vault.read(INDEX)? else { return Err(e) };
            vault.write(INDEX_ASIDE, &text)?;
            adopt(vault, &mut index)?;
            Ok(index)
        }
        other => other,
    };
    changing(vault, data_dir, load, work)
}

fn changing<T>(
    vault: &dyn KeyVault,
    data_dir: &Path,
    load: impl FnOnce(&dyn KeyVault) -> Result<Index>,
    work: impl FnOnce(&mut Index) -> Result<T>,
) -> Result<T> {
    let mut stamp = Stamp::locked(data_dir)?;
    let mut index = load(vault)?;
    let done = work(&mut index)?;
    // Before and after: a process that has read the ring in between reads it again.
    stamp.renew()?;
    write_index(vault, &index)?;
    let wiped = wipe(vault, &mut index);
    stamp.renew()?;
    wiped?;
    Ok(done)
}

fn wipe(vault: &dyn KeyVault, index: &mut Index) -> Result<()> {
    let doomed: Vec<String> = index
        .keys
        .iter()
        .filter(|key| key.state == KeyState::Destroyed && !key.wiped)
        .map(|key| key.id.clone())
        .collect();
    for id in &doomed {
        vault.delete(&name(id))?;
        uses::forget(vault, id)?;
        let earlier = vault.read(EARLIER)?.and_then(|hex| VaultKey::from_hex(&hex).ok());
        if earlier.is_some_and(|key| key.id().to_string() == *id) {
            vault.delete(EARLIER)?;
        }
        if let Some(entry) = index.find_mut(id) {
            entry.wiped = true;
        }
    }
    if doomed.is_empty() { Ok(()) } else { write_index(vault, index) }
}

/// Notes for a key that archives in the store at `location` are locked with it. Blocks.
///
/// # Errors
/// `keychain_unavailable`, `key_wrong`, `key_invalid`, `system`.
pub fn note_use(vault: &dyn KeyVault, data_dir: &Path, id: &str, location: &str) -> Result<()> {
    if uses::of(vault, id)?.contains(location) {
        return Ok(());
    }
    // One process at a time, as for every change of the ring.
    change(vault, data_dir, |_| uses::add(vault, id, location))
}

/// Tells processes apart from one another's changes: a file in the data folder that holds something else after
/// every change, and is locked meanwhile.
pub(crate) struct Stamp {
    file: File,
    path: PathBuf,
}

impl Stamp {
    fn path(data_dir: &Path) -> PathBuf {
        data_dir.join(lock::FOLDER).join("key-ring.lock")
    }

    /// What it holds now; empty before the first change.
    pub(crate) fn read(data_dir: &Path) -> Vec<u8> {
        std::fs::read(Self::path(data_dir)).unwrap_or_default()
    }

    fn locked(data_dir: &Path) -> Result<Self> {
        let path = Self::path(data_dir);
        let file = lock::locked_file(&path).map_err(|e| failed(&path, e))?;
        Ok(Self { file, path })
    }

    fn renew(&mut self) -> Result<()> {
        let random: [u8; 16] = crate::random()?;
        let mut write = || {
            self.file.rewind()?;
            self.file.write_all(hex::encode(random).as_bytes())
        };
        write().map_err(|e| failed(&self.path, e))
    }
}

fn failed(path: &Path, error: std::io::Error) -> Error {
    aitta_base::lock::not_taken(path, error)
}

#[cfg(test)]
mod tests;
