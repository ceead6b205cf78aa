//! Setting up a profile: what counts now, whether database and store can be used, and writing it down.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aitta_base::{absolute, lock};
use aitta_keys::{self as keys, KeyInputs, KeyRing, KeyVault};
use aitta_model::{
    DatabaseUrl, ErrorCode, KeptCredentials, KeyStatus, ProfileForm, ProfileSummary, Settings, SourceCheck,
    SourceRights, StoreCheck, StoreCredentials, StoreSettings, Word,
};
use aitta_source::{self as source, Access, Server, SnapshotRequest, Source, SqliteSource};
use aitta_store::{self as store, StoreConfig, StoreLogin, StoreSecret};

use crate::config::{self, Inputs, Profile};
use crate::context::open::{self, Secrets};
use crate::{Error, Result};
use std::sync::Arc;

mod there;

pub use there::{import_key_of_store, look_into_store};

/// How long a check waits for a table that somebody holds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// What is set of the profile that counts, where it is written, and which key there is.
///
/// # Errors
/// `config_invalid`.
pub async fn settings(inputs: &Inputs) -> Result<Settings> {
    let profile = config::load(inputs)?;
    let (file, fixed) = config::places(inputs);
    let (told, data_dir) = (inputs.keys(), profile.data_dir.clone());
    let vault = keys::vault_for(&told, &data_dir);
    let look = {
        let vault = vault.clone();
        move || KeyRing::at_hand(&told, vault.as_ref())
    };
    let key = aitta_base::blocking(look).await;
    let (key, key_failure) = match key {
        Ok(ring) => {
            let (key_id, kept) = (ring.active_id().to_string(), ring.kept().to_owned());
            (Some(KeyStatus { key_id, since: ring.created(), kept, tested: None, due: None }), None)
        }
        Err(e) if e.code() == ErrorCode::KeyMissing => (None, None),
        Err(e) => (None, Some(e.failure())),
    };
    let secrets = Secrets { vault: vault.clone(), keychain: inputs.keychain.clone() };
    let source = profile.database_url.as_ref().and_then(|url| open::source(url, &profile, &secrets).ok());
    Ok(Settings {
        file: file.map(|path| path.display().to_string()).unwrap_or_default(),
        profile: ProfileSummary {
            name: profile.name.clone(),
            engine: source.as_ref().map(|s| s.engine()),
            database: source.as_ref().map(|s| s.place()),
            store: open::store(&profile, &vault).location(),
            sample: false,
        },
        database_url: profile.database_url.as_ref().map(bare),
        password_in_keychain: profile.password_in_keychain,
        store: config::store_form(inputs),
        retention_days: profile.retention_days,
        targets: profile.targets,
        fixed,
        key,
        key_failure,
    })
}

/// Writes a profile into the configuration file, and the password of its URL into the vault that counts.
///
/// # Errors
/// `config_invalid`, `keychain_unavailable`, `system`. The file is then as it was.
pub async fn save(inputs: &Inputs, form: ProfileForm) -> Result<()> {
    let inputs = inputs.clone();
    let work = move || save_blocking(&inputs, &form);
    aitta_base::blocking(work).await
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
    // A profile that is missing or wrong has nothing to keep.
    let old = config::load(&chosen).ok();
    let database = match &form.database_url {
        Some(url) => Some(keep_password(inputs, &settled(inputs, url), old.as_ref())?),
        None => None,
    };
    let mut store = whole(inputs, &form.store)?;
    config::store_of(inputs, &store)?;
    if store.kind == "local" {
        store.credentials_in_keychain = false;
    } else if let Some(credentials) = &form.credentials {
        let data_dir = config::data_dir(inputs)?;
        write_credentials(&inputs.keys(), &data_dir, name, 0, credentials)?;
        store.credentials_in_keychain = true;
    }
    config::save(
        inputs,
        &config::Change {
            name,
            database: database.as_ref().map(|(url, in_keychain)| (url.as_str(), *in_keychain)),
            store: &store,
            retention_days: form.retention_days,
            targets: &form.targets,
        },
    )?;
    config::load(&chosen).map(drop)
}

/// Puts the password of a URL into the vault. Returns the URL without it, and whether it is there.
fn keep_password(inputs: &Inputs, url: &DatabaseUrl, old: Option<&Profile>) -> Result<(String, bool)> {
    // A URL that can't be understood is not written.
    source::open(url, Access::default())?;
    if SqliteSource::claims(url) {
        return Ok((url.expose().to_owned(), false));
    }
    let server = Server::new(url)?;
    let bare = server.uri_without_password();
    let keep = |password: &str| {
        let inputs = (inputs.keys(), config::data_dir(inputs)?);
        let vault = vault_of(&inputs.0, &inputs.1)?;
        server.keep_password(password, &Secrets { vault, keychain: inputs.0.keychain() })
    };
    if let Some(password) = server.password() {
        keep(password)?;
        return Ok((bare, true));
    }
    // The URL that is shown has no password. Saved again, it keeps the one that it had.
    let before = old.and_then(|old| Some((old, Server::new(old.database_url.as_ref()?).ok()?)));
    match before {
        Some((old, before)) if before.uri_without_password() == bare => match before.password() {
            Some(password) => {
                keep(password)?;
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
    let source = source_of(inputs, url)?;
    let request = SnapshotRequest { tables: Vec::new(), jobs: 1, lock_timeout: LOCK_TIMEOUT };
    let snapshot = source.snapshot(&request).await?;
    let contents = snapshot.contents();
    let is_table = |s: &&aitta_archive::Section| s.kind == aitta_archive::SectionKind::Table;
    Ok(SourceCheck {
        engine: Word::read(contents.info.engine.as_str()),
        database: source.place(),
        version: contents.info.version.clone(),
        tables: contents.sections.iter().filter(is_table).count() as u64,
        size_bytes: contents.estimated_bytes,
        rights: source.rights().await?,
    })
}

/// What the user of the profile's database may do, and roles with no more than is needed.
///
/// # Errors
/// `config_invalid`, `source_*`, `keychain_unavailable`; `unsupported` for a database without users.
pub async fn rights(inputs: &Inputs) -> Result<SourceRights> {
    let url = config::load(inputs)?.database()?;
    source_of(inputs, &url)?.rights().await?.ok_or_else(|| {
        Error::new(
            ErrorCode::Unsupported,
            format!("{} has no users of its own: the rights of its file count", url.redacted()),
            "ask for the roles of a PostgreSQL database",
        )
    })
}

/// The database of a URL. One without a password that is the profile's gets the profile's.
fn source_of(inputs: &Inputs, url: &DatabaseUrl) -> Result<Arc<dyn Source>> {
    let url = settled(inputs, url);
    let profile = config::load(inputs).ok();
    let own = profile.as_ref().filter(|profile| is_same(profile, &url));
    let data_dir = profile.as_ref().map(|profile| profile.data_dir.clone()).unwrap_or_default();
    let secrets = Secrets::of(&inputs.keys(), &data_dir);
    match (own, &profile) {
        (Some(profile), _) => open::source(&profile.database()?, profile, &secrets),
        (None, Some(profile)) => {
            let bare = Profile { password_in_keychain: false, ..profile.clone() };
            open::source(&url, &bare, &secrets)
        }
        (None, None) => source::open(&url, Access::default()),
    }
}

/// A URL without its password, so that it can be saved again as it is shown.
fn bare(url: &DatabaseUrl) -> String {
    match Server::new(url) {
        Ok(server) if !SqliteSource::claims(url) => server.uri_without_password(),
        _ => url.redacted(),
    }
}

fn is_same(profile: &Profile, url: &DatabaseUrl) -> bool {
    let bare = |url: &DatabaseUrl| {
        Server::new(url).ok().map(|s| (s.uri_without_password(), s.password().map(str::to_owned)))
    };
    let own = profile.database_url.as_ref().and_then(bare);
    matches!((own, bare(url)), (Some((own, _)), Some((other, None))) if own == other)
}

/// A profile of which nothing is set.
fn nothing_set() -> Profile {
    Profile::local(config::DEFAULT_PROFILE, None, PathBuf::new(), PathBuf::new())
}

/// A folder of a form in full.
fn whole(inputs: &Inputs, form: &StoreSettings) -> Result<StoreSettings> {
    let mut form = form.clone();
    if form.kind == "local" {
        let dir = place(inputs, form.get("dir"))?;
        form.settings.insert("dir".to_owned(), dir.display().to_string());
    }
    Ok(form)
}

/// Writes a small object into a store, reads it back and deletes it. Makes the folder of a local one when the one
/// above it is there. Without credentials those of the profile count.
///
/// # Errors
/// `config_invalid`, `store_*`, `keychain_unavailable`.
pub async fn check_store(
    inputs: &Inputs,
    form: &StoreSettings,
    credentials: Option<&StoreCredentials>,
) -> Result<StoreCheck> {
    let store = config::store_of(inputs, &whole(inputs, form)?)?;
    if let StoreConfig::Local { dir } = &store
        && !dir.exists()
        && dir.parent().is_some_and(Path::is_dir)
    {
        lock::create_private_folder(dir)
            .map_err(|e| Error::from(store::failed(&dir.display().to_string(), e)))?;
    }
    let profile = config::load(inputs).unwrap_or_else(|_| nothing_set());
    let profile = profile_at(inputs, form, credentials, profile)?;
    let data_dir = config::data_dir(inputs)?;
    let vault = keys::vault_for(&inputs.keys(), &data_dir);
    let result = store::check(open::store(&profile, &vault).as_ref()).await;
    match result {
        Err(error) if error.code() == ErrorCode::StoreMissing && matches!(profile.store, StoreConfig::Local { .. }) => {
            Err(error.hint_instead(
                "check that the disk is mounted and that the path is right; only the last folder of a path is made",
            ))
        }
        other => other,
    }
}

/// A profile at the store of a form, without its further stores. Without credentials its own count.
fn profile_at(
    inputs: &Inputs,
    form: &StoreSettings,
    credentials: Option<&StoreCredentials>,
    profile: Profile,
) -> Result<Profile> {
    let store = config::store_of(inputs, &whole(inputs, form)?)?;
    let login = match credentials {
        Some(credentials) => StoreLogin::Given(StoreSecret::new(credentials.expose().trim())),
        None => profile.login.clone(),
    };
    Ok(Profile { store, login, copies: Vec::new(), copy: 0, create_store: false, ..profile })
}

/// Puts the credentials of a store of the profile that counts into the keychain: of the first one for the `copy` 0, and
/// says so then in the file where the profile stands in it.
///
/// # Errors
/// `config_invalid` when they can't be any, or the profile has a local store; `keychain_unavailable`, `system`.
pub async fn keep_credentials(
    inputs: &Inputs,
    key_inputs: KeyInputs,
    copy: usize,
    credentials: StoreCredentials,
) -> Result<KeptCredentials> {
    let inputs = inputs.clone();
    let work = move || {
        let profile = config::load(&inputs)?.at_place(copy)?;
        let text = credentials.expose().trim();
        let is_one = match &profile.store {
            StoreConfig::Local { .. } => {
                return Err(invalid(
                    "the store of this profile is a folder, and needs no credentials",
                    "set BACKUP_STORAGE_TYPE, or type of the store in the file, to s3 or azure",
                ));
            }
            StoreConfig::S3(_) => text.split(':').filter(|part| !part.is_empty()).count() >= 2,
            StoreConfig::Azure(_) => !text.is_empty(),
        };
        if !is_one || text.contains(char::is_control) {
            return Err(invalid(
                "these are no credentials of such a store",
                "S3: the id of the access key, a colon, and the secret; Azure: a key, a SAS or a connection string",
            ));
        }
        let place = write_credentials(&key_inputs, &profile.data_dir, &profile.name, copy, &credentials)?;
        let file = match (copy, &profile.login) {
            (0, _) => config::name_keychain(&inputs, &profile.name)?,
            // Which of the copies has its credentials there is written into the list by hand.
            (_, StoreLogin::Keychain) => config::file_of(&inputs),
            _ => None,
        };
        Ok(KeptCredentials { profile: profile.name, place: place.to_owned(), file })
    };
    aitta_base::blocking(work).await
}

/// The vault that a secret is to be written into. With a key from the environment that is a file of the data folder,
/// which nothing may have made yet.
fn vault_of(key_inputs: &KeyInputs, data_dir: &Path) -> Result<Arc<dyn KeyVault>> {
    lock::create_private_folder(data_dir)
        .map_err(|e| Error::from(store::failed(&data_dir.display().to_string(), e)))?;
    Ok(keys::vault_for(key_inputs, data_dir))
}

/// Returns the vault that keeps them.
fn write_credentials(
    key_inputs: &KeyInputs,
    data_dir: &Path,
    profile: &str,
    copy: usize,
    credentials: &StoreCredentials,
) -> Result<&'static str> {
    let vault = vault_of(key_inputs, data_dir)?;
    vault.write(&open::credentials_entry(profile, copy), credentials.expose().trim())?;
    Ok(vault.place())
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
        _ => absolute(&inputs.folder, Path::new(text)),
    })
}

fn invalid(message: &str, hint: &str) -> Error {
    Error::new(ErrorCode::ConfigInvalid, message, hint)
}

#[cfg(test)]
mod tests;
