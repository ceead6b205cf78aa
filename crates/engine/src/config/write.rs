//! Writing the file that the command line reads as well. What somebody else has written into it stays:
//! comments, order, other profiles, settings that a form does not know.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use aitta_base::lock;
use aitta_model::{Automation, Command, ErrorCode, StoreSettings, Targets};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::place::TEXTS;
use super::setting::TARGETS;
use super::{Inputs, resolve};
use crate::{Error, Result};

/// What is written about a profile.
pub(crate) struct Change<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// The URL without a password, and whether the password is in the keychain; `None` leaves both.
    pub(crate) database: Option<(&'a str, bool)>,
    /// The store; its folder, where it is one, absolute.
    pub(crate) store: &'a StoreSettings,
    /// One more further store, at the end of those that there are.
    pub(crate) further: Option<&'a StoreSettings>,
    /// How long archives are kept, in days.
    pub(crate) retention_days: u32,
    /// What is aimed for.
    pub(crate) targets: &'a Targets,
    /// What counts by itself now, and what is to; `None` leaves it.
    pub(crate) automation: Option<(&'a Automation, &'a Automation)>,
}

/// Writes a profile into the file. The file is replaced in one step, or stays as it was.
///
/// # Errors
/// `config_invalid` when there is no place for the file, when what is there is not TOML, or when the profile would not
/// count with this change; `system`.
pub(crate) fn save(inputs: &Inputs, change: &Change<'_>) -> Result<()> {
    let (path, text) = changed(inputs, change)?;
    replace(&path, text.as_bytes()).map_err(|e| unwritable(&path, e))
}

/// As [`save`], and writes nothing.
///
/// # Errors
/// As [`save`], without `system`.
pub(crate) fn try_change(inputs: &Inputs, change: &Change<'_>) -> Result<()> {
    changed(inputs, change).map(drop)
}

/// The file with a change that counts.
fn changed(inputs: &Inputs, change: &Change<'_>) -> Result<(PathBuf, String)> {
    for target in &TARGETS {
        let checked = target.check(target.name, Some(target.of(change.targets)));
        checked.map_err(|note| Error::new(ErrorCode::ConfigInvalid, note.message, note.hint))?;
    }
    let (path, text) = read(inputs)?;
    let mut document = parse(&path, &text)?;
    edit(&mut document, change).ok_or_else(|| no_table(&path, change.name))?;
    let text = document.to_string();
    let chosen = Inputs { profile: Some(change.name.to_owned()), ..inputs.clone() };
    super::profile_of(resolve::resolve_text(&chosen, &path, &text))?;
    Ok((path, text))
}

/// Writes that the credentials of the store of a profile are in the keychain. `None` when no file has the profile.
///
/// # Errors
/// As [`save`].
pub(crate) fn name_keychain(inputs: &Inputs, name: &str) -> Result<Option<String>> {
    let (path, text) = read(inputs)?;
    let mut document = parse(&path, &text)?;
    let profile = document.get_mut("profile").and_then(Item::as_table_like_mut).and_then(|p| p.get_mut(name));
    let Some(profile) = profile else { return Ok(None) };
    let store = profile.get_mut("store").and_then(Item::as_table_like_mut);
    set(store.ok_or_else(|| no_table(&path, name))?, "credentials", "keychain");
    replace(&path, document.to_string().as_bytes()).map_err(|e| unwritable(&path, e))?;
    Ok(Some(path.display().to_string()))
}

/// The file, for people, where there is one.
pub(crate) fn file_of(inputs: &Inputs) -> Option<String> {
    resolve::file(inputs).0.map(|path| path.display().to_string())
}

/// The file and what is in it; nothing when it is not there.
fn read(inputs: &Inputs) -> Result<(PathBuf, String)> {
    let (Some(path), _) = resolve::file(inputs) else {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            "there is no folder for the configuration: HOME is not set",
            "set AITTA_CONFIG to the path of a file",
        ));
    };
    // A link is followed: the file may be kept elsewhere on purpose.
    let path = std::fs::canonicalize(&path).unwrap_or(path);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok((path, text)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok((path, String::new())),
        Err(e) => Err(unwritable(&path, e)),
    }
}

fn parse(path: &Path, text: &str) -> Result<DocumentMut> {
    text.parse().map_err(|e: toml_edit::TomlError| {
        let line = 1 + text[..e.span().map_or(0, |span| span.start)].matches('\n').count();
        Error::new(
            ErrorCode::ConfigInvalid,
            format!("{}, line {line}: this is not TOML: {}", path.display(), e.message()),
            format!(
                "mend this line by hand; {config_check} shows what else is wrong",
                config_check = Command::ConfigCheck
            ),
        )
    })
}

fn unwritable(path: &Path, e: io::Error) -> Error {
    Error::new(
        ErrorCode::System,
        format!("the configuration {} cannot be written: {e}", path.display()),
        "check the rights of the file and its folder, and the room on the disk",
    )
    .with_source(e)
}

fn no_table(path: &Path, name: &str) -> Error {
    Error::new(
        ErrorCode::ConfigInvalid,
        format!("{}: the profile {name:?} or its store is no table", path.display()),
        format!("write it as [profile.{name}], with one line for each setting"),
    )
}

/// `None` when something stands where a table belongs.
fn edit(document: &mut DocumentMut, change: &Change<'_>) -> Option<()> {
    let profiles = document.entry("profile").or_insert_with(|| {
        let mut table = Table::new();
        // Only the headers of the profiles themselves are written.
        table.set_implicit(true);
        Item::Table(table)
    });
    let profile = profiles
        .as_table_like_mut()?
        .entry(change.name)
        .or_insert_with(|| Item::Table(Table::new()))
        .as_table_like_mut()?;
    if let Some((url, in_keychain)) = change.database {
        set(profile, "database", url);
        if in_keychain {
            set(profile, "password", "keychain");
        } else {
            profile.remove("password");
        }
    }
    if let Some(further) = change.further {
        add_further(profile, further)?;
    }
    let store = profile.entry("store").or_insert_with(|| Value::from(InlineTable::new()).into());
    let store = store.as_table_like_mut()?;
    let StoreSettings { kind, settings, credentials_in_keychain } = change.store;
    if change.further.is_some() {
        // It is about the place that was left.
        store.remove("quota_gb");
    }
    set(store, "type", kind.as_str());
    for name in TEXTS.iter().map(|text| text.name).chain(["dir"]) {
        match settings.get(name).map(|value| value.trim()).filter(|value| !value.is_empty()) {
            Some(value @ ("true" | "false")) => set(store, name, value == "true"),
            Some(value) => set(store, name, value),
            None => drop(store.remove(name)),
        }
    }
    match credentials_in_keychain {
        true => set(store, "credentials", "keychain"),
        false => drop(store.remove("credentials")),
    }
    set(profile, "retention_days", i64::from(change.retention_days));
    let default = Targets::default();
    for target in &TARGETS {
        let number = target.of(change.targets);
        if number != target.of(&default) || profile.contains_key(target.name) {
            set(profile, target.name, i64::from(number));
        }
    }
    if let Some((before, wanted)) = change.automation {
        set_automation(profile, before, wanted);
    }
    Some(())
}

/// Only what becomes another is written: the rest may come from the environment, and is to go on doing so.
fn set_automation(profile: &mut dyn TableLike, before: &Automation, wanted: &Automation) {
    let Automation { on, pattern, zone, daily, weekly, monthly, yearly } = wanted;
    if *on != before.on {
        set(profile, "auto_backup", *on);
    }
    for (name, text, before) in [("schedule", pattern, &before.pattern), ("time_zone", zone, &before.zone)] {
        if text != before {
            set(profile, name, text.as_str());
        }
    }
    for (name, number, before) in [
        ("keep_daily", daily, before.daily),
        ("keep_weekly", weekly, before.weekly),
        ("keep_monthly", monthly, before.monthly),
        ("keep_yearly", yearly, before.yearly),
    ] {
        if *number != before {
            set(profile, name, i64::from(*number));
        }
    }
}

/// Adds a further store at the end, since credentials are kept by the number of a copy. The room that may be used is
/// that of the store, which it has been so far.
fn add_further(profile: &mut dyn TableLike, further: &StoreSettings) -> Option<()> {
    let mut table = InlineTable::new();
    table.insert("type", further.kind.as_str().into());
    for (name, value) in &further.settings {
        match value.as_str() {
            value @ ("true" | "false") => table.insert(name, (value == "true").into()),
            value => table.insert(name, value.into()),
        };
    }
    if further.credentials_in_keychain {
        table.insert("credentials", "keychain".into());
    }
    let quota = profile.get("store").and_then(Item::as_table_like).and_then(|store| store.get("quota_gb"));
    if let Some(quota) = quota.and_then(Item::as_integer) {
        table.insert("quota_gb", quota.into());
    }
    match profile.entry("copies").or_insert_with(|| Value::from(Array::new()).into()) {
        Item::Value(Value::Array(copies)) => copies.push(table),
        Item::ArrayOfTables(copies) => copies.push(table.into_table()),
        _ => return None,
    }
    Some(())
}

/// Sets a value, with the spaces and the comment that stand around the old one.
fn set(table: &mut dyn TableLike, key: &str, value: impl Into<Value>) {
    let mut value = value.into();
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => drop(table.insert(key, value.into())),
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    lock::create_private_folder(folder)?;
    // Made for this user alone, also when the old one was not.
    let mut file = tempfile::Builder::new().prefix(".aitta-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    #[cfg(unix)]
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}
