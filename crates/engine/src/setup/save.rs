//! Saving a profile: what was changed is tried first, what would stay behind is asked about, and only then is anything
//! written.

use std::sync::Arc;

use aitta_keys::{self as keys, KeyVault};
use aitta_model::{
    Automation, DatabaseUrl, LeftStore, OldStore, ProfileForm, SaveHow, SaveReport, StoreCredentials,
    StoreSettings, Targets,
};
use aitta_source::{Access, Server, SqliteSource, open as open_source};
use aitta_store::{StoreConfig, StoreLogin};
use zeroize::Zeroizing;

use super::places::{self, Trial};
use super::{invalid, is_opened_alike, may_open, nothing_set, vault_of};
use crate::Result;
use crate::config::{self, Change, Inputs, Profile};
use crate::context::open::{self, Secrets};
use crate::reading::select;

/// Writes a profile into the configuration file, and the password of its URL into the vault that counts.
///
/// A database and a store that were changed are tried before, unless `how` says otherwise. When a store is left in which
/// archives stay, `how` has to say what becomes of it; until then the report asks, and nothing is written.
///
/// # Errors
/// `config_invalid`, what [`check_source`](super::check_source) and [`check_store`](super::check_store) give,
/// `keychain_unavailable`, `system`. The file is then as it was.
pub async fn save(inputs: &Inputs, form: ProfileForm, how: SaveHow) -> Result<SaveReport> {
    let given = inputs.clone();
    let plan = aitta_base::blocking(move || Plan::new(&given, form)).await?;
    let mut report = SaveReport::default();
    if !how.untested {
        if let Some(database) = plan.database.as_ref().filter(|database| database.is_new) {
            report.source = Some(super::check_source(&plan.chosen, &database.url).await?);
        }
        if plan.store_is_new {
            let profile = plan.old.clone().unwrap_or_else(nothing_set);
            let (store, credentials) = (plan.place.clone(), plan.credentials.as_ref());
            let name = plan.database_name();
            report.store = Some(super::check_place(&plan.chosen, profile, store, credentials, name).await?);
        }
    }
    if how.old_store.is_none() {
        report.left = plan.left().await?;
        if report.left.is_some() {
            return Ok(report);
        }
    }
    aitta_base::blocking(move || plan.write(how)).await?;
    report.saved = true;
    Ok(report)
}

/// The database of a form.
struct Database {
    /// As it is entered, with its path in full.
    url: DatabaseUrl,
    /// What is written.
    bare: String,
    /// The password that is to be kept.
    password: Option<Zeroizing<String>>,
    in_keychain: bool,
    /// Whether it is another than the profile has, or has another password.
    is_new: bool,
}

/// What is to be written, understood in full.
struct Plan {
    /// With the profile that is saved as the one that counts.
    chosen: Inputs,
    name: String,
    /// The profile as it counts now; one that is missing or wrong has nothing to keep.
    old: Option<Profile>,
    old_store: StoreSettings,
    database: Option<Database>,
    store: StoreSettings,
    place: StoreConfig,
    store_is_new: bool,
    credentials: Option<StoreCredentials>,
    retention_days: u32,
    targets: Targets,
    /// What counts by itself now, and what is to.
    automation: Option<(Automation, Automation)>,
}

impl Plan {
    /// # Errors
    /// `config_invalid`.
    fn new(inputs: &Inputs, form: ProfileForm) -> Result<Self> {
        let ProfileForm { name, database_url, store, credentials, retention_days, targets, automation } =
            form;
        let name = name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
            return Err(invalid(
                "a profile needs a name of 1 to 64 characters",
                "name it after its database",
            ));
        }
        if !(1..=36_500).contains(&retention_days) {
            return Err(invalid(
                "archives are kept from 1 to 36500 days",
                "write how many days archives are kept, such as 30",
            ));
        }
        let chosen = Inputs { profile: Some(name.clone()), ..inputs.clone() };
        let old = config::load(&chosen).ok();
        let database = match &database_url {
            Some(url) => Some(Database::new(&places::settled(inputs, url, old.as_ref())?, old.as_ref())?),
            None => None,
        };
        let mut store = places::whole(inputs, &store)?;
        let place = config::store_of(inputs, &store)?;
        let is_local = matches!(place, StoreConfig::Local { .. });
        let credentials = credentials.filter(|_| !is_local);
        if let Some(credentials) = &credentials {
            may_open(&place, credentials)?;
            store.credentials_in_keychain = true;
        }
        let is_opened = old.as_ref().is_some_and(|old| is_opened_alike(&old.store, &place));
        store.credentials_in_keychain &= credentials.is_some() || is_opened;
        let has_login = old.as_ref().is_some_and(|old| old.login == StoreLogin::Keychain);
        let is_same = old.as_ref().is_some_and(|old| old.store == place)
            && credentials.is_none()
            && has_login == store.credentials_in_keychain;
        let old_store = config::store_form(&chosen);
        let automation = automation.map(|wanted| {
            let before = old.as_ref().map_or_else(|| config::automation(&nothing_set()), config::automation);
            (before, wanted)
        });
        let plan = Self {
            chosen,
            name,
            old,
            old_store,
            database,
            store,
            place,
            store_is_new: !is_same,
            credentials,
            retention_days,
            targets,
            automation,
        };
        config::try_change(&plan.chosen, &plan.change(None))?;
        Ok(plan)
    }

    fn change<'p>(&'p self, further: Option<&'p StoreSettings>) -> Change<'p> {
        Change {
            name: &self.name,
            database: self.database.as_ref().map(|database| (database.bare.as_str(), database.in_keychain)),
            store: &self.store,
            further,
            retention_days: self.retention_days,
            targets: &self.targets,
            automation: self.automation.as_ref().map(|(before, wanted)| (before, wanted)),
        }
    }

    /// The name of the database, as its archives have it.
    fn database_name(&self) -> Option<String> {
        match &self.database {
            Some(database) => {
                open_source(&database.url, Access::default()).ok().map(|source| source.database())
            }
            None => self.old.as_ref().and_then(super::database_of),
        }
    }

    /// The store that is left, if archives stay there or may stay there.
    async fn left(&self) -> Result<Option<LeftStore>> {
        let Some(old) = self.old.as_ref().filter(|old| !is_same_place(&old.store, &self.place)) else {
            return Ok(None);
        };
        let store = open::store(old, &self.vault()?);
        let archives = match select::listed(store.as_ref()).await {
            Ok(archives) => Some(archives.len() as u64),
            Err(error) if old.awaits_first_backup(&error) => Some(0),
            // Whatever keeps it from being seen: a person has to judge.
            Err(error) => {
                tracing::info!(%error, "what stays in the store that is left is not known");
                None
            }
        };
        Ok((archives != Some(0)).then(|| LeftStore { location: store.location(), archives }))
    }

    fn vault(&self) -> Result<Arc<dyn KeyVault>> {
        Ok(keys::vault_for(&self.chosen.keys(), &config::data_dir(&self.chosen)?))
    }

    /// The number that the store which is left gets among the further ones.
    fn number_of_further(&self) -> usize {
        self.old.as_ref().map_or(0, |old| old.copies.len()) + 1
    }

    /// Blocks.
    fn write(self, how: SaveHow) -> Result<()> {
        let keeps = how.old_store == Some(OldStore::Keep)
            && self.old.as_ref().is_some_and(|old| !is_same_place(&old.store, &self.place));
        let further = keeps.then_some(&self.old_store);
        let change = self.change(further);
        config::try_change(&self.chosen, &change)?;
        // The folder of a new store was tried, so the first backup may find it. Any other that is missing may be that of
        // a disk which is not mounted.
        let was_tried = self.store_is_new && !how.untested;
        let made = was_tried.then(|| Trial::begin(&self.place)).transpose()?;
        if let Some(Database { url, password: Some(password), .. }) = &self.database {
            let vault = vault_of(&self.chosen.keys(), &config::data_dir(&self.chosen)?)?;
            let secrets = Secrets { vault, keychain: self.chosen.keychain.clone() };
            Server::new(url)?.keep_password(password, &secrets)?;
        }
        let kept = self.write_credentials(further)?;
        match config::save(&self.chosen, &change) {
            Ok(()) => {
                if let Some(made) = made {
                    made.keep();
                }
                Ok(())
            }
            // The file names the store that it did, so its credentials have to be those that open it.
            Err(error) => match kept.put_back() {
                Ok(()) => Err(error),
                Err(_) => Err(error.context("the credentials of the store that was set are lost")),
            },
        }
    }

    /// Puts new credentials into the vault, and those of the store that is kept as a further one into an entry of their
    /// own.
    fn write_credentials(&self, further: Option<&StoreSettings>) -> Result<Kept> {
        let moves = further.is_some_and(|further| further.credentials_in_keychain);
        if self.credentials.is_none() && !moves {
            return Ok(Kept(None));
        }
        let vault = vault_of(&self.chosen.keys(), &config::data_dir(&self.chosen)?)?;
        let entry = open::credentials_entry(&self.name, 0);
        let before = vault.read(&entry)?;
        if let Some(before) = before.as_ref().filter(|_| moves) {
            vault.write(&open::credentials_entry(&self.name, self.number_of_further()), before)?;
        }
        if let Some(credentials) = &self.credentials {
            vault.write(&entry, credentials.expose().trim())?;
        }
        Ok(Kept(Some(Replaced { vault, entry, before })))
    }
}

/// The credentials that were in a vault before others took their place; nothing where none were written.
struct Kept(Option<Replaced>);

struct Replaced {
    vault: Arc<dyn KeyVault>,
    entry: String,
    before: Option<Zeroizing<String>>,
}

impl Kept {
    fn put_back(self) -> Result<()> {
        match self.0 {
            Some(Replaced { vault, entry, before: Some(before) }) => vault.write(&entry, &before),
            Some(Replaced { vault, entry, before: None }) => vault.delete(&entry),
            None => Ok(()),
        }
    }
}

impl Database {
    /// # Errors
    /// `config_invalid` for a URL that can't be understood.
    fn new(url: &DatabaseUrl, old: Option<&Profile>) -> Result<Self> {
        open_source(url, Access::default())?;
        let own = old.and_then(|old| Some((old, old.database_url.as_ref()?)));
        if SqliteSource::claims(url) {
            let is_new = own.is_none_or(|(_, own)| own.expose() != url.expose());
            let bare = url.expose().to_owned();
            return Ok(Self { url: url.clone(), bare, password: None, in_keychain: false, is_new });
        }
        let server = Server::new(url)?;
        let bare = server.uri_without_password();
        let given = server.password().map(|password| Zeroizing::new(password.to_owned()));
        // The URL that is shown has no password. Saved again, it keeps the one that it had; another URL gets none of it.
        let own = own.and_then(|(old, own)| Some((old, Server::new(own).ok()?)));
        let own = own.filter(|(_, own)| own.uri_without_password() == bare);
        let had = own.as_ref().and_then(|(_, own)| own.password().map(|p| Zeroizing::new(p.to_owned())));
        let was_kept = own.as_ref().is_some_and(|(old, _)| old.password_in_keychain);
        let is_new = own.is_none() || given.is_some();
        let password = given.or(had);
        let in_keychain = password.is_some() || was_kept;
        Ok(Self { url: url.clone(), bare, password, in_keychain, is_new })
    }
}

/// Whether two stores are one place, also where a folder is written in two ways.
fn is_same_place(one: &StoreConfig, other: &StoreConfig) -> bool {
    match (one, other) {
        (StoreConfig::Local { dir: one }, StoreConfig::Local { dir: other }) => {
            let real = |path: &std::path::PathBuf| std::fs::canonicalize(path).ok();
            one == other || matches!((real(one), real(other)), (Some(one), Some(other)) if one == other)
        }
        (one, other) => one == other,
    }
}
