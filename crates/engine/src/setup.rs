//! Setting up a profile: what counts now, whether database and store can be used, and writing it down.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aitta_model::{
    DatabaseUrl, ErrorCode, KeyStatus, ProfileForm, ProfileSummary, Settings, SourceCheck, StoreCheck,
};
use bytes::Bytes;

use crate::config::{self, Inputs, Profile, StoreConfig};
use crate::keys::{self, KeyInputs, KeyRing};
use crate::source::{self, Server, SnapshotRequest, SqliteSource};
use crate::store::{self, ARCHIVES, LocalStore, PutMode, SIDECARS, Store, StoreErrorKind};
use crate::{Error, Result, lock};

/// How long a check waits for a table that somebody holds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// What a check of a store writes.
const PROBE: &[u8] = b"Aitta has checked that it can write here.\n";

/// What is set of the profile that counts, where it is written, and which key there is.
///
/// # Errors
/// `config_invalid`.
pub async fn settings(inputs: &Inputs) -> Result<Settings> {
    let profile = config::load(inputs)?;
    let (file, fixed) = config::places(inputs);
    let (told, data_dir) = (KeyInputs::of(inputs), profile.data_dir.clone());
    let look = move || KeyRing::at_hand(&told, keys::vault_for(&told, &data_dir).as_ref());
    let key = tokio::task::spawn_blocking(look).await.map_err(crate::error::task_failed)?;
    let (key, key_failure) = match key {
        Ok(ring) => {
            let (key_id, kept) = (ring.active_id().to_string(), ring.kept().to_owned());
            (Some(KeyStatus { key_id, since: ring.created(), kept, tested: None, due: None }), None)
        }
        Err(e) if e.code() == ErrorCode::KeyMissing => (None, None),
        Err(e) => (None, Some(e.failure())),
    };
    let source = profile.database_url.as_ref().and_then(|url| source::open(url, &profile).ok());
    let store_dir = match &profile.store {
        StoreConfig::Local { dir } => dir.display().to_string(),
        StoreConfig::Unsupported { kind } => kind.clone(),
    };
    Ok(Settings {
        file: file.map(|path| path.display().to_string()).unwrap_or_default(),
        profile: ProfileSummary {
            name: profile.name.clone(),
            engine: source.as_ref().map(|s| s.engine().to_owned()),
            database: source.as_ref().map(|s| s.place()),
            store: store_dir.clone(),
            sample: false,
        },
        database_url: profile.database_url.as_ref().map(bare),
        password_in_keychain: profile.password_in_keychain,
        store_dir,
        retention_days: profile.retention_days,
        targets: profile.targets,
        fixed,
        key,
        key_failure,
    })
}

/// Writes a profile into the configuration file, and the password of its URL into the keychain.
///
/// # Errors
/// `config_invalid`, `keychain_unavailable`, `system`. The file is then as it was.
pub async fn save(inputs: &Inputs, form: ProfileForm) -> Result<()> {
    let inputs = inputs.clone();
    let work = move || save_blocking(&inputs, &form);
    tokio::task::spawn_blocking(work).await.map_err(crate::error::task_failed)?
}

fn save_blocking(inputs: &Inputs, form: &ProfileForm) -> Result<()> {
    let name = form.name.trim();
    if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
        return Err(invalid("a profile needs a name of 1 to 64 characters", "name it after its database"));
    }
    if !(1..=36_500).contains(&form.retention_days) {
        return Err(invalid(
            "archives are kept from 1 to 36500 days",
            "write how many days archives are kept, such as 30",
        ));
    }
    let chosen = Inputs { profile: Some(name.to_owned()), ..inputs.clone() };
    // One that does not exist yet, or is wrong, has nothing to be kept.
    let old = config::load(&chosen).ok();
    let database = match &form.database_url {
        Some(url) => Some(keep_password(&settled(inputs, url), old.as_ref())?),
        None => None,
    };
    let store_dir = place(inputs, &form.store_dir)?;
    config::save(
        inputs,
        &config::Change {
            name,
            database: database.as_ref().map(|(url, in_keychain)| (url.as_str(), *in_keychain)),
            store_dir: &store_dir.display().to_string(),
            retention_days: form.retention_days,
            targets: &form.targets,
        },
    )?;
    config::load(&chosen).map(drop)
}

/// Puts the password of a URL into the keychain. Returns the URL without it, and whether it is there.
fn keep_password(url: &DatabaseUrl, old: Option<&Profile>) -> Result<(String, bool)> {
    // What can't be understood is not written.
    source::open(url, &nothing_set())?;
    if SqliteSource::claims(url) {
        return Ok((url.expose().to_owned(), false));
    }
    let server = Server::new(url, None)?;
    let bare = server.uri_without_password();
    if let Some(password) = server.password() {
        server.keep_password(password)?;
        return Ok((bare, true));
    }
    // The URL that is shown has no password. Saved again, it keeps the one that it had.
    let before = old.and_then(|old| Some((old, Server::new(old.database_url.as_ref()?, None).ok()?)));
    match before {
        Some((old, before)) if before.uri_without_password() == bare => match before.password() {
            Some(password) => {
                server.keep_password(password)?;
                Ok((bare, true))
            }
            None => Ok((bare, old.password_in_keychain)),
        },
        _ => Ok((bare, false)),
    }
}

/// Connects to a database as a backup does, and looks at what is there. A URL without a password that is the
/// profile's gets the profile's.
///
/// # Errors
/// `config_invalid`, `source_*`, `tool_missing`, `lock_timeout`, `keychain_unavailable`.
pub async fn check_source(inputs: &Inputs, url: &DatabaseUrl) -> Result<SourceCheck> {
    let url = settled(inputs, url);
    let profile = config::load(inputs).ok();
    let own = profile.as_ref().filter(|profile| is_same(profile, &url));
    let source = match (own, &profile) {
        (Some(profile), _) => source::open(&profile.database()?, profile)?,
        (None, Some(profile)) => {
            source::open(&url, &Profile { password_in_keychain: false, ..profile.clone() })?
        }
        (None, None) => source::open(&url, &nothing_set())?,
    };
    let request = SnapshotRequest { tables: Vec::new(), jobs: 1, lock_timeout: LOCK_TIMEOUT };
    let snapshot = source.snapshot(&request).await?;
    let contents = snapshot.contents();
    let is_table = |s: &&aitta_archive::Section| s.kind == aitta_archive::SectionKind::Table;
    Ok(SourceCheck {
        engine: contents.info.engine.clone(),
        database: source.place(),
        version: contents.info.version.clone(),
        tables: contents.sections.iter().filter(is_table).count() as u64,
        size_bytes: contents.estimated_bytes,
    })
}

/// A URL without its password, so that it can be saved again as it is shown.
fn bare(url: &DatabaseUrl) -> String {
    match Server::new(url, None) {
        Ok(server) if !SqliteSource::claims(url) => server.uri_without_password(),
        _ => url.redacted(),
    }
}

fn is_same(profile: &Profile, url: &DatabaseUrl) -> bool {
    let bare = |url: &DatabaseUrl| {
        Server::new(url, None).ok().map(|s| (s.uri_without_password(), s.password().map(str::to_owned)))
    };
    let own = profile.database_url.as_ref().and_then(bare);
    matches!((own, bare(url)), (Some((own, _)), Some((other, None))) if own == other)
}

/// A profile of which nothing is set.
fn nothing_set() -> Profile {
    Profile {
        name: config::DEFAULT_PROFILE.to_owned(),
        database_url: None,
        password_in_keychain: false,
        store: StoreConfig::Local { dir: PathBuf::new() },
        create_store: false,
        retention_days: 30,
        auto_backup: false,
        admin: None,
        mfa_required: false,
        targets: aitta_model::Targets::default(),
        pg_bin_dir: None,
        data_dir: PathBuf::new(),
    }
}

/// Writes a small object into a folder, reads it back and deletes it. Makes the folder when the one above it
/// is there.
///
/// # Errors
/// `config_invalid`, `store_*`.
pub async fn check_store(inputs: &Inputs, dir: &str) -> Result<StoreCheck> {
    let dir = place(inputs, dir)?;
    if !dir.exists() && dir.parent().is_some_and(Path::is_dir) {
        lock::create_private_folder(&dir)
            .map_err(|e| Error::from(store::failed(&dir.display().to_string(), e)))?;
    }
    let store = LocalStore::new(dir);
    let said = |error: store::StoreError| {
        match error.kind {
        StoreErrorKind::StoreMissing => Error::from(error).hint_instead(
            "check that the disk is mounted and that the path is right; only the last folder of a path is made",
        ),
        _ => error.into(),
    }
    };
    let random = random_name()?;
    // Begins with a dot, so that no listing ever shows it.
    let name = format!("{SIDECARS}.check-{random}");
    store.put(&name, Bytes::from_static(PROBE), PutMode::Create).await.map_err(said)?;
    let read = store.read(&name, 0..PROBE.len() as u64).await;
    store.delete(&name).await.map_err(said)?;
    if read.map_err(said)? != PROBE {
        return Err(Error::new(
            ErrorCode::StoreFailed,
            format!("{} gave back something else than was written", store.location()),
            "check the disk and the system log; do not keep backups there before that is clear",
        ));
    }
    let archives = store.list(ARCHIVES).await.map_err(said)?;
    let room = store.room().await.map_err(said)?;
    Ok(StoreCheck {
        location: store.location(),
        archives: archives.iter().filter(|object| object.name.ends_with(".backup")).count() as u64,
        free_bytes: room.map(|room| room.total_bytes - room.used_bytes),
    })
}

/// The URL with the path of a SQLite file in full: the file is written for every folder to be read from.
fn settled(inputs: &Inputs, url: &DatabaseUrl) -> DatabaseUrl {
    let text = url.expose().trim();
    let Some(path) = text.strip_prefix("sqlite:") else { return DatabaseUrl::new(text) };
    let path = path.strip_prefix("//").unwrap_or(path);
    match place(inputs, path).ok().and_then(|path| path.to_str().map(str::to_owned)) {
        Some(path) => DatabaseUrl::new(format!("sqlite:{path}")),
        None => url.clone(),
    }
}

/// A path as people write it: `~/` is the home, and what is relative starts from the folder of the process.
fn place(inputs: &Inputs, text: &str) -> Result<PathBuf> {
    let text = text.trim();
    if text.is_empty() {
        return Err(invalid("no folder is named", "write the path of a folder, such as /mnt/backups"));
    }
    let home = inputs.environment.get("HOME").map(PathBuf::from);
    Ok(match (text.strip_prefix("~/"), home) {
        (Some(below), Some(home)) => home.join(below),
        _ => config::absolute(&inputs.folder, Path::new(text)),
    })
}

fn random_name() -> Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|e| {
        Error::new(ErrorCode::System, format!("the system gave no random bytes: {e}"), "try again")
    })?;
    Ok(hex::encode(bytes))
}

fn invalid(message: &str, hint: &str) -> Error {
    Error::new(ErrorCode::ConfigInvalid, message, hint)
}

#[cfg(test)]
mod tests;
