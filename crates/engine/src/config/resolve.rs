//! From all settings to those that count.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use aitta_base::absolute;
use aitta_model::{ErrorCode, Severity};
use aitta_policy::{DEFAULT_PATTERN, DEFAULT_ZONE};
use aitta_store::{CopyStore, StoreConfig};

use super::environment::Variables;
use super::place::StoreSaid;
use super::setting::{self, Found, Note, Origin, Settings};
use super::{DEFAULT_PROFILE, Inputs, Profile, file};
use crate::{Error, Result};

/// The configuration that counts, and what was found on the way.
pub(super) struct Resolved {
    pub(super) profile: Found<String>,
    /// The file that was read.
    pub(super) file: Option<PathBuf>,
    pub(super) settings: Settings,
    /// The store, or what is missing for it.
    pub(super) store: Result<StoreConfig, Note>,
    pub(super) store_dir: Found<PathBuf>,
    /// The further stores.
    pub(super) copies: Vec<CopyStore>,
    pub(super) retention_days: Found<u32>,
    pub(super) auto_backup: Found<bool>,
    /// Rule and time zone, each where it comes from.
    pub(super) rule: [Found<String>; 2],
    pub(super) data_dir: Option<Found<PathBuf>>,
    pub(super) findings: Vec<Note>,
}

pub(super) fn resolve(inputs: &Inputs) -> Resolved {
    let mut findings = Vec::new();
    let (path, file) = read(inputs, &mut findings);
    add_up(inputs, path, file, findings)
}

/// What would count if the file at `path` had this text.
pub(super) fn resolve_text(inputs: &Inputs, path: &Path, text: &str) -> Resolved {
    let file = file::parse(path, text, readable_by_others(path), writers(path));
    add_up(inputs, Some(path.to_owned()), file, Vec::new())
}

fn add_up(inputs: &Inputs, path: Option<PathBuf>, mut file: file::File, mut findings: Vec<Note>) -> Resolved {
    let variables = Variables::new(inputs);
    findings.append(&mut file.notes);
    let from_environment = variables.settings(&mut findings);

    let profile = match &inputs.profile {
        Some(name) => Found::new(name.clone(), Origin::CommandLine),
        None => Found::default(DEFAULT_PROFILE.to_owned()),
    };
    let names: Vec<String> = file.profiles.keys().cloned().collect();
    let from_file = file.profiles.remove(&profile.value).map(|(_, settings)| settings);
    if from_file.is_none() {
        findings.extend(no_such_profile(inputs, &names, path.as_deref(), &from_environment));
    }
    let from_file = from_file.unwrap_or_default();
    if inputs.profile.is_some() {
        findings.extend(overridden(&from_file, &from_environment));
    }
    let settings = match inputs.profile {
        Some(_) => from_file.or(from_environment),
        None => from_environment.or(from_file),
    };
    let data_dir = variables.data_dir();
    if data_dir.is_none() {
        findings.push(Note::blocker(
            "there is no folder for Aitta's own data: HOME is not set",
            "set AITTA_DATA_DIR to a folder",
        ));
    }
    findings.extend(settings.store.idle());
    let store = settings.store.store(&inputs.folder);
    findings.extend(store.as_ref().err().cloned());
    findings.extend(store.as_ref().ok().and_then(|store| outside(store, &settings.store, &settings)));
    let copies = copies(inputs, &variables, &settings, &mut findings);
    findings.sort_by_key(|note| (note.line.is_none(), note.line));
    Resolved {
        profile,
        file: path,
        store,
        copies,
        store_dir: settings.store.dir(&inputs.folder),
        retention_days: settings.retention_days.clone().unwrap_or_else(|| Found::default(30)),
        auto_backup: settings.auto_backup.clone().unwrap_or_else(|| Found::default(false)),
        rule: [
            settings.schedule.clone().unwrap_or_else(|| Found::default(DEFAULT_PATTERN.to_owned())),
            settings.time_zone.clone().unwrap_or_else(|| Found::default(DEFAULT_ZONE.to_owned())),
        ],
        settings,
        data_dir,
        findings,
    }
}

/// A chosen profile wins over the environment: a warning for everybody who has set a variable.
fn overridden(file: &Settings, environment: &Settings) -> Vec<Note> {
    fn pair<T>(file: &Option<Found<T>>, environment: &Option<Found<T>>) -> Option<(Origin, Origin)> {
        Some((file.as_ref()?.origin.clone(), environment.as_ref()?.origin.clone()))
    }
    let pairs = [
        pair(&file.database, &environment.database),
        pair(&file.store.kind, &environment.store.kind),
        pair(&file.store.dir, &environment.store.dir),
        pair(&file.retention_days, &environment.retention_days),
        pair(&file.auto_backup, &environment.auto_backup),
        pair(&file.schedule, &environment.schedule),
        pair(&file.time_zone, &environment.time_zone),
        pair(&file.table_loss_ignore, &environment.table_loss_ignore),
    ];
    let told = |(file, environment): (Origin, Origin)| {
        let Origin::Environment(name) = environment else { return None };
        let mut note = Note::new(
            Severity::Info,
            format!("{name} is set, but the chosen profile counts"),
            "leave --profile out for the environment to win",
        );
        if let Origin::File { line, .. } = file {
            note.line = Some(line);
        }
        Some(note)
    };
    let targets =
        file.targets.iter().zip(&environment.targets).map(|(file, environment)| pair(file, environment));
    let texts = file.store.texts.iter().zip(&environment.store.texts).map(|(file, own)| pair(file, own));
    let keeps = file.keeps.iter().zip(&environment.keeps).map(|(file, environment)| pair(file, environment));
    let rules = file.rules.iter().zip(&environment.rules).map(|(file, environment)| pair(file, environment));
    pairs
        .into_iter()
        .chain(texts)
        .chain(targets)
        .chain(keeps)
        .chain(rules)
        .flatten()
        .filter_map(told)
        .collect()
}

/// The further stores that can be used; what is wrong with the others is a finding.
fn copies(
    inputs: &Inputs,
    variables: &Variables<'_>,
    settings: &Settings,
    findings: &mut Vec<Note>,
) -> Vec<CopyStore> {
    let mut copies: Vec<CopyStore> = Vec::new();
    let first = settings.store.store(&inputs.folder).ok();
    for said in &settings.copies {
        let at = |mut note: Note| {
            note.line = said.line();
            note
        };
        findings.extend(said.value.idle());
        if said.value.kind().value == "local" && said.value.dir.is_none() {
            let words = "a copy in a folder needs the setting dir, and it is not set";
            findings.push(at(Note::blocker(words, "write dir = \"…\" with a folder on another disk")));
            continue;
        }
        // Credentials of the environment open every store of their kind.
        let kind = said.value.kind().value;
        let login = said.value.login.clone().or_else(|| variables.login(&kind, findings));
        let with_login = StoreSaid { login, ..said.value.clone() };
        match with_login.store(&inputs.folder) {
            Err(note) => findings.push(at(note)),
            Ok(store) if first.as_ref() == Some(&store) || copies.iter().any(|copy| copy.store == store) => {
                let words = "this copy is in a store that the profile has already";
                findings.push(at(Note::blocker(words, "name another store, or take it out")));
            }
            Ok(store) => {
                findings.extend(outside(&store, &with_login, settings).map(at));
                copies.push(CopyStore {
                    store,
                    quota_bytes: with_login.quota_bytes(),
                    login: with_login.login.map(|found| found.value).unwrap_or_default(),
                });
            }
        }
    }
    copies
}

/// Before any byte leaves: a store that is not where data may lie.
fn outside(store: &StoreConfig, said: &StoreSaid, settings: &Settings) -> Option<Note> {
    let residency = settings.residency.as_ref()?;
    let (message, hint) = match store.is_in_eu() {
        Some(true) => return None,
        None if said.is_said_to_be_in_eu() => return None,
        None => (
            "residency is EU, and the place of this store is unknown",
            "when you know that it stands in the European Union, set location = \"EU\" of the store in the file, or \
             BACKUP_STORE_LOCATION=EU",
        ),
        Some(false) => (
            "residency is EU, and the region of the store is not in the European Union",
            "use a bucket in a region of the EU, such as eu-north-1, and set AWS_REGION to it",
        ),
    };
    let mut note = Note::blocker(message, hint);
    if let Origin::File { line, .. } = residency.origin {
        note.line = Some(line);
    }
    Some(note)
}

/// Names of the profiles in the file.
pub(super) fn names(inputs: &Inputs) -> Vec<String> {
    let (_, file) = read(inputs, &mut Vec::new());
    file.profiles.into_keys().collect()
}

pub(super) fn data_dir(inputs: &Inputs) -> Result<PathBuf> {
    Variables::new(inputs).data_dir().map(|found| found.value).ok_or_else(no_data_dir)
}

fn no_data_dir() -> Error {
    Error::new(
        ErrorCode::ConfigInvalid,
        "there is no folder for Aitta's own data",
        "set AITTA_DATA_DIR to a folder",
    )
}

/// Where the file is, or would be, and whether somebody has named it.
pub(super) fn file(inputs: &Inputs) -> (Option<PathBuf>, bool) {
    let variables = Variables::new(inputs);
    let named = inputs.file.as_ref().map(|path| absolute(&inputs.folder, path));
    let named = named.or_else(|| variables.path("AITTA_CONFIG").map(|found| found.value));
    let is_named = named.is_some();
    (named.or_else(|| variables.default_file()), is_named)
}

/// The file that was named must be there; the usual one may be missing.
fn read(inputs: &Inputs, findings: &mut Vec<Note>) -> (Option<PathBuf>, file::File) {
    let (Some(path), must_exist) = file(inputs) else { return Default::default() };
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let read = file::parse(&path, &text, readable_by_others(&path), writers(&path));
            (Some(path), read)
        }
        Err(e) if !must_exist && matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Default::default()
        }
        Err(e) => {
            findings.push(Note::blocker(
                format!("the configuration {} cannot be read: {e}", path.display()),
                "check the path after --config or in AITTA_CONFIG, and the rights of the file",
            ));
            Default::default()
        }
    }
}

fn no_such_profile(
    inputs: &Inputs,
    names: &[String],
    path: Option<&Path>,
    environment: &Settings,
) -> Option<Note> {
    let list = names.join(", ");
    match (&inputs.profile, path) {
        (Some(name), Some(path)) => {
            let hint = if names.is_empty() {
                format!("write [profile.{name}] into it")
            } else {
                format!("choose one of: {list}")
            };
            Some(Note::blocker(format!("{} has no profile {name:?}", path.display()), hint))
        }
        (Some(name), None) => Some(Note::blocker(
            format!("there is no profile {name:?}: no configuration file was found"),
            "name the file with --config, or leave --profile out to use the environment",
        )),
        // The environment alone says enough.
        (None, _) if environment.database.is_some() || environment.store.is_named() => None,
        (None, _) if names.is_empty() => None,
        (None, _) => Some(Note::blocker(
            "no profile was chosen, and none has the name default",
            format!("choose one with --profile: {list}"),
        )),
    }
}

#[cfg(unix)]
fn readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o044 != 0)
}

/// Files in the folder of a user are private there unless somebody changed that.
#[cfg(not(unix))]
fn readable_by_others(_: &Path) -> bool {
    false
}

/// Who else than this user and the administrator can change the file, or put another one in its place; in words.
#[cfg(unix)]
fn writers(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    const ADMINISTRATOR: u32 = 0;
    let me = rustix::process::geteuid().as_raw();
    // Where a link leads, and not where it lies.
    let real = std::fs::canonicalize(path).ok()?;
    let folder = real.parent();
    for place in std::iter::once(real.as_path()).chain(folder) {
        let Ok(meta) = std::fs::metadata(place) else { continue };
        let name = place.display();
        if ![me, ADMINISTRATOR].contains(&meta.uid()) {
            return Some(format!("{name} belongs to another user"));
        }
        // In a folder with the sticky bit nobody replaces the files of others.
        let is_sticky = meta.is_dir() && meta.mode() & 0o1000 != 0;
        if meta.mode() & 0o022 != 0 && !is_sticky {
            return Some(format!("others can write to {name}"));
        }
    }
    None
}

/// As [`readable_by_others`].
#[cfg(not(unix))]
fn writers(_: &Path) -> Option<String> {
    None
}

impl Resolved {
    /// Whether the password is in the keychain. What the file says is about the database that it names, and
    /// not about another one of the environment.
    pub(super) fn password_in_keychain(&self) -> bool {
        let from_file =
            self.settings.database.as_ref().is_some_and(|d| matches!(d.origin, Origin::File { .. }));
        from_file && self.settings.password.as_ref().is_some_and(|found| found.value)
    }

    pub(super) fn into_profile(self) -> Result<Profile> {
        let password_in_keychain = self.password_in_keychain();
        let data_dir = self.data_dir.ok_or_else(no_data_dir)?;
        let store =
            self.store.map_err(|note| Error::new(ErrorCode::ConfigInvalid, note.message, note.hint))?;
        let targets = self.settings.aims();
        let retention = self.settings.rules(self.retention_days.value);
        let quota_bytes = self.settings.store.quota_bytes();
        let [pattern, zone] = self.rule.map(|found| found.value);
        let schedule = setting::rule("schedule", &pattern, &zone)
            .map_err(|note| Error::new(ErrorCode::ConfigInvalid, note.message, note.hint))?;
        let others = self
            .settings
            .schedules(&zone)
            .map_err(|note| Error::new(ErrorCode::ConfigInvalid, note.message, note.hint))?;
        let store_settings = self.settings.store;
        Ok(Profile {
            name: self.profile.value,
            password_in_keychain,
            database_url: self.settings.database.map(|found| found.value),
            store,
            login: store_settings.login.map(|found| found.value).unwrap_or_default(),
            quota_bytes,
            copies: self.copies,
            copy: 0,
            create_store: self.store_dir.origin == Origin::Default,
            retention,
            channels: self.settings.channels,
            auto_backup: self.auto_backup.value,
            schedule,
            others,
            // Either of the two may require it, so that a variable can't take it away.
            mfa_required: self.settings.mfa.is_some_and(|found| found.value),
            admin: self.settings.admin.map(|found| found.value),
            targets,
            table_loss_ignore: self.settings.table_loss_ignore.map_or(Vec::new(), |found| found.value),
            pg_bin_dir: self.settings.pg_bin_dir.map(|found| found.value),
            hooks: self.settings.hooks.map(|found| found.value).unwrap_or_default(),
            contacts: self.settings.contacts.map_or(Vec::new(), |found| found.value),
            data_dir: data_dir.value,
        })
    }
}
