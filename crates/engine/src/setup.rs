//! Setting up a profile: what counts now, whether database and store can be used, and writing it down.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aitta_base::{Patience, lock};
use aitta_keys::{self as keys, KeyInputs, KeyRing, KeyVault};
use aitta_model::{
    DatabaseUrl, ErrorCode, KeptCredentials, KeyStatus, ProfileSummary, Settings, SourceCheck, SourceRights,
    StoreCheck, StoreCredentials, StoreSettings, Word,
};
use aitta_source::{self as source, Access, Server, SnapshotRequest, Source, SqliteSource};
use aitta_store::{self as store, StoreConfig, StoreLogin, StoreSecret};

use crate::catalog;
use crate::config::{self, Inputs, Profile};
use crate::context::open::{self, Secrets};
use crate::{Error, Result};
use std::sync::Arc;

mod ahead;
mod others;
mod places;
mod save;
mod there;

use places::Trial;

pub use ahead::runs_ahead;
pub use places::full_path;
pub use save::save;
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
        retention_days: profile.retention.days,
        automation: config::automation(&profile),
        targets: profile.targets,
        fixed,
        key,
        key_failure,
    })
}

/// Connects to a database as a backup does, and looks at what is there. A URL without a password that is the
/// profile's gets the profile's.
///
/// # Errors
/// `config_invalid`, `source_*`, `tool_missing`, `lock_timeout`, `keychain_unavailable`.
pub async fn check_source(inputs: &Inputs, url: &DatabaseUrl) -> Result<SourceCheck> {
    let source = source_of(inputs, url)?;
    let request = SnapshotRequest {
        tables: Vec::new(),
        jobs: 1,
        lock_timeout: LOCK_TIMEOUT,
        patience: Patience::default(),
    };
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
        // A backup needs none of it.
        readiness: source.readiness(None).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "what a restore will need is not known");
            Vec::new()
        }),
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
    let profile = config::load(inputs).ok();
    let url = &places::settled(inputs, url, profile.as_ref())?;
    let own = profile.as_ref().filter(|profile| is_same(profile, url));
    let data_dir = profile.as_ref().map(|profile| profile.data_dir.clone()).unwrap_or_default();
    let secrets = Secrets::of(&inputs.keys(), &data_dir);
    match (own, &profile) {
        (Some(profile), _) => open::source(&profile.database()?, profile, &secrets),
        (None, Some(profile)) => {
            let bare = Profile { password_in_keychain: false, ..profile.clone() };
            open::source(url, &bare, &secrets)
        }
        (None, None) => source::open(url, Access::default()),
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

/// Writes a small object into a store, reads it back and deletes it. The folder of a local one is made for that when the
/// one above it is there; what was made for the check is gone after it. Without credentials those of the profile count.
///
/// # Errors
/// `config_invalid`, `store_*`, `keychain_unavailable`.
pub async fn check_store(
    inputs: &Inputs,
    form: &StoreSettings,
    credentials: Option<&StoreCredentials>,
) -> Result<StoreCheck> {
    let store = config::store_of(inputs, &places::whole(inputs, form)?)?;
    let profile = config::load(inputs).unwrap_or_else(|_| nothing_set());
    let database = database_of(&profile);
    check_place(inputs, profile, store, credentials, database).await
}

/// The name of the database of a profile, as its archives have it.
fn database_of(profile: &Profile) -> Option<String> {
    let url = profile.database_url.as_ref()?;
    source::open(url, Access::default()).ok().map(|source| source.database())
}

/// Tries a store in the place of that of a profile.
async fn check_place(
    inputs: &Inputs,
    profile: Profile,
    store: StoreConfig,
    credentials: Option<&StoreCredentials>,
    database: Option<String>,
) -> Result<StoreCheck> {
    let _made = Trial::begin(&store)?;
    let data_dir = config::data_dir(inputs)?;
    let vault = keys::vault_for(&inputs.keys(), &data_dir);
    let profile = opened_at(store, credentials, profile);
    let opened = open::store_for_trial(&profile, &vault);
    let mut check = match store::check(opened.as_ref()).await {
        Err(error)
            if error.code() == ErrorCode::StoreMissing
                && matches!(profile.store, StoreConfig::Local { .. }) =>
        {
            return Err(error.hint_instead(
                "check that the disk is mounted and that the path is right; only the last folder of a path is made",
            ));
        }
        other => other?,
    };
    if check.archives > 0 {
        check.others = others::others(inputs, &opened, vault, database).await?;
    }
    Ok(check)
}

/// A profile at another store. Without credentials its own count, where that store is opened with them.
fn opened_at(store: StoreConfig, credentials: Option<&StoreCredentials>, profile: Profile) -> Profile {
    let login = match credentials {
        Some(credentials) => StoreLogin::Given(StoreSecret::new(credentials.expose().trim())),
        None if is_opened_alike(&profile.store, &store) => profile.login.clone(),
        None => StoreLogin::Unsaid,
    };
    Profile { store, login, ..profile }
}

/// A profile at the store of a form, without its further stores.
fn profile_at(
    inputs: &Inputs,
    form: &StoreSettings,
    credentials: Option<&StoreCredentials>,
    profile: Profile,
) -> Result<Profile> {
    let store = config::store_of(inputs, &places::whole(inputs, form)?)?;
    let profile = opened_at(store, credentials, profile);
    Ok(Profile { copies: Vec::new(), copy: 0, create_store: false, ..profile })
}

/// Puts the credentials of a store of the profile that counts into the keychain: of the first one for the `copy` 0, and
/// says so then in the file where the profile stands in it.
///
/// # Errors
/// `config_invalid` when they can't be any, or the profile has a local store; `keychain_unavailable`, `catalog_failed`.
pub async fn keep_credentials(
    inputs: &Inputs,
    key_inputs: KeyInputs,
    copy: usize,
    credentials: StoreCredentials,
) -> Result<KeptCredentials> {
    let inputs = inputs.clone();
    let work = move || {
        let profile = config::load(&inputs)?.at_place(copy)?;
        may_open(&profile.store, &credentials)?;
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
    lock::create_private_folder(data_dir).map_err(|e| catalog::unusable_folder(data_dir, e))?;
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

/// Whether the credentials that are kept for one store may be shown to another. A SAS of Azure is sent as it is, so it goes
/// to no other account or server; S3 is only shown signatures.
fn is_opened_alike(one: &StoreConfig, other: &StoreConfig) -> bool {
    match (one, other) {
        (StoreConfig::S3(_), StoreConfig::S3(_)) => true,
        (StoreConfig::Azure(one), StoreConfig::Azure(other)) => {
            one.account == other.account && one.endpoint == other.endpoint
        }
        _ => false,
    }
}

/// Refuses what can't be credentials of a store of this kind.
fn may_open(store: &StoreConfig, credentials: &StoreCredentials) -> Result<()> {
    let text = credentials.expose().trim();
    let is_one = match store {
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
    Ok(())
}

fn invalid(message: &str, hint: &str) -> Error {
    Error::new(ErrorCode::ConfigInvalid, message, hint)
}

#[cfg(test)]
mod tests;
