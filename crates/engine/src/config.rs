//! Profiles: which database is protected, and how; and where that is written.
//!
//! What wins: the command line, then the environment, then the `default` profile of the file, then the
//! defaults. With a profile chosen by name (`--profile shop`) the file comes before the environment: who
//! names a database must not get another one because of a variable that is set for something else.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use aitta_keys::{KeyInputs, KeyVault, SystemVault};
use aitta_model::{
    Automation, Command, ConfigReport, Contact, DatabaseUrl, Duty, ErrorCode, RetentionRules, Severity,
    StoreSettings, Targets,
};
use aitta_policy::{DEFAULT_ZONE, Schedule};
use aitta_store::{CopyStore, StoreConfig, StoreLogin};

use crate::{Error, Result};

mod channels;
mod check;
mod contacts;
mod environment;
mod file;
mod hooks;
mod place;
mod resolve;
mod setting;
pub(crate) mod trust;
mod write;

pub use channels::Channel;
pub use hooks::{Hook, Hooks};
pub(crate) use write::{Change, file_of, name_keychain, save, try_change};

/// Name of the profile that counts when none is chosen.
pub const DEFAULT_PROFILE: &str = "default";

/// One database to protect.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The database.
    pub database_url: Option<DatabaseUrl>,
    /// Whether its password is in the keychain.
    pub password_in_keychain: bool,
    /// Where its archives lie.
    pub store: StoreConfig,
    /// What opens it.
    pub login: StoreLogin,
    /// How many bytes may be used there, where somebody has said so.
    pub quota_bytes: Option<u64>,
    /// Whether the first backup may make the folder of the store. Only so for the default `./backups`:
    /// a folder that somebody named and that is missing may be a disk that is not mounted.
    pub create_store: bool,
    /// Further stores, each of which is to hold a copy of every archive.
    pub copies: Vec<CopyStore>,
    /// Which of its stores `store` is: 0 for the first one, and then the copies, from 1 on.
    pub copy: usize,
    /// Which archives stay.
    pub retention: RetentionRules,
    /// Where people are told.
    pub channels: Vec<Channel>,
    /// Whether the schedule makes backups by itself.
    pub auto_backup: bool,
    /// When it makes them.
    pub schedule: Schedule,
    /// When other things make themselves, each by a rule of its own; what is left out does not.
    pub others: BTreeMap<Duty, Schedule>,
    /// What is aimed for.
    pub targets: Targets,
    /// Tables that may lose rows without a question, by their exact names.
    pub table_loss_ignore: Vec<String>,
    /// The name of the admin, for the audit trail.
    pub admin: Option<String>,
    /// Whether what is guarded is refused as long as no second factor is set up.
    pub mfa_required: bool,
    /// Where `pg_dump` and `pg_restore` are looked for first.
    pub pg_bin_dir: Option<PathBuf>,
    /// Programs that run around backups and restores.
    pub hooks: Hooks,
    /// Whom to call when something is wrong, in this order.
    pub contacts: Vec<Contact>,
    /// The app's own data: catalog and locks.
    pub data_dir: PathBuf,
}

impl Profile {
    /// A profile with a store in a folder of this machine, and defaults for everything else. The first backup may not
    /// make the folder.
    #[must_use]
    pub fn local(name: &str, database_url: Option<DatabaseUrl>, dir: PathBuf, data_dir: PathBuf) -> Self {
        Self {
            name: name.to_owned(),
            database_url,
            password_in_keychain: false,
            store: StoreConfig::Local { dir },
            login: StoreLogin::default(),
            quota_bytes: None,
            create_store: false,
            copies: Vec::new(),
            copy: 0,
            retention: RetentionRules::default(),
            channels: Vec::new(),
            auto_backup: false,
            schedule: Schedule::default(),
            others: setting::Settings::default().schedules(DEFAULT_ZONE).unwrap_or_default(),
            admin: None,
            mfa_required: false,
            targets: Targets::default(),
            table_loss_ignore: Vec::new(),
            pg_bin_dir: None,
            hooks: Hooks::default(),
            contacts: Vec::new(),
            data_dir,
        }
    }

    /// Whether an error only says that the first backup has not made the store yet. A store that somebody named and
    /// that is missing may be a disk that is not mounted, or a bucket that somebody has deleted.
    pub(crate) fn awaits_first_backup(&self, error: &Error) -> bool {
        let is_made_by_us = self.create_store && matches!(self.store, StoreConfig::Local { .. });
        is_made_by_us && error.code() == ErrorCode::StoreMissing
    }

    /// This profile with one of its further stores, from 1 on, in place of the first one, which is 0.
    ///
    /// # Errors
    /// `config_invalid` when it has none of this number.
    pub fn at_place(self, number: usize) -> Result<Self> {
        let Some(at) = number.checked_sub(1) else { return Ok(self) };
        self.at_copies().into_iter().nth(at).ok_or_else(|| {
            Error::new(
                ErrorCode::ConfigInvalid,
                format!("the profile {:?} has no copy {number}: it names {}", self.name, self.copies.len()),
                format!(
                    "{config_check} lists them; name them in `copies` of the profile in the file",
                    config_check = Command::ConfigCheck
                ),
            )
        })
    }

    /// This profile with each of its further stores in place of the first one.
    pub(crate) fn at_copies(&self) -> Vec<Self> {
        let at = |(copy, further): (usize, &CopyStore)| {
            let CopyStore { store, login, quota_bytes } = further.clone();
            Self { store, login, quota_bytes, create_store: false, copies: Vec::new(), copy, ..self.clone() }
        };
        (1..).zip(&self.copies).map(at).collect()
    }

    /// The URL of the database.
    ///
    /// # Errors
    /// `config_invalid` when there is none.
    pub fn database(&self) -> Result<DatabaseUrl> {
        self.database_url.clone().ok_or_else(|| {
            Error::new(
                ErrorCode::ConfigInvalid,
                format!("profile {:?} names no database", self.name),
                "set DATABASE_URL, such as postgres://user@host/database or sqlite:/path/file.db",
            )
        })
    }
}

/// Everything that a configuration is made from.
#[derive(Clone)]
pub struct Inputs {
    /// The profile that was chosen by name.
    pub profile: Option<String>,
    /// The file that was chosen by name.
    pub file: Option<PathBuf>,
    /// The environment variables.
    pub environment: BTreeMap<String, OsString>,
    /// The folder that relative paths of the environment start from.
    pub folder: PathBuf,
    /// The keychain of the system, or what stands for it.
    pub keychain: Arc<dyn KeyVault>,
}

impl Inputs {
    /// Those of this process.
    ///
    /// # Errors
    /// `system` when the current folder is gone.
    pub fn of_process(profile: Option<String>, file: Option<PathBuf>) -> Result<Self> {
        let folder = std::env::current_dir().map_err(|e| {
            Error::new(
                ErrorCode::System,
                format!("the current folder cannot be read: {e}"),
                "change into a folder that exists",
            )
            .with_source(e)
        })?;
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect();
        Ok(Self { profile, file, environment, folder, keychain: Arc::new(SystemVault) })
    }

    /// What they say about keys.
    #[must_use]
    pub fn keys(&self) -> KeyInputs {
        KeyInputs::of(&self.environment, &self.folder).with_keychain(self.keychain.clone())
    }
}

/// The profile that counts.
///
/// # Errors
/// `config_invalid` with the file and line of what is wrong with it.
pub fn load(inputs: &Inputs) -> Result<Profile> {
    profile_of(resolve::resolve(inputs))
}

fn profile_of(resolved: resolve::Resolved) -> Result<Profile> {
    let blocker =
        resolved.findings.iter().find(|f| f.severity == Severity::Blocker && f.concerns(&resolved.profile));
    if let Some(finding) = blocker {
        let message = match (finding.line, &resolved.file) {
            (Some(line), Some(file)) => format!("{}, line {line}: {}", file.display(), finding.message),
            _ => finding.message.clone(),
        };
        return Err(Error::new(ErrorCode::ConfigInvalid, message, finding.hint.clone()));
    }
    resolved.into_profile()
}

/// The names of all profiles that can be chosen, in order.
#[must_use]
pub fn profiles(inputs: &Inputs) -> Vec<String> {
    resolve::names(inputs)
}

/// The file that profiles are written to, and the names of the settings that come from the environment.
pub(crate) fn places(inputs: &Inputs) -> (Option<PathBuf>, Vec<String>) {
    let report = check::report_without_key(inputs, resolve::resolve(inputs));
    let fixed = report.effective.into_iter().filter(|value| value.origin.starts_with("environment "));
    (resolve::file(inputs).0, fixed.map(|value| value.name).collect())
}

/// What happens by itself, as a form shows it.
pub(crate) fn automation(profile: &Profile) -> Automation {
    let RetentionRules { days: _, daily, weekly, monthly, yearly, share: _ } = profile.retention;
    Automation {
        on: profile.auto_backup,
        pattern: profile.schedule.pattern().to_owned(),
        zone: profile.schedule.zone().to_owned(),
        daily,
        weekly,
        monthly,
        yearly,
    }
}

/// The store as a form shows it.
pub(crate) fn store_form(inputs: &Inputs) -> StoreSettings {
    resolve::resolve(inputs).settings.store.form(&inputs.folder)
}

/// The store that a form describes.
///
/// # Errors
/// `config_invalid` with the setting that is wrong or missing.
pub(crate) fn store_of(inputs: &Inputs, form: &StoreSettings) -> Result<StoreConfig> {
    let store = place::StoreSaid::of_form(inputs, form).and_then(|said| said.store(&inputs.folder));
    store.map_err(|note| Error::new(ErrorCode::ConfigInvalid, note.message, note.hint))
}

/// The folder of the app's own data.
///
/// # Errors
/// `config_invalid` when there is none: HOME is not set.
pub fn data_dir(inputs: &Inputs) -> Result<PathBuf> {
    resolve::data_dir(inputs)
}

/// What is wrong with the configuration, and what is effective. Says no secrets.
#[must_use]
pub fn check(inputs: &Inputs) -> ConfigReport {
    check::report(inputs, resolve::resolve(inputs))
}

#[cfg(test)]
mod tests;
