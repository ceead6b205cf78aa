//! Writing the file that the command line reads as well. What somebody else has written into it stays:
//! comments, order, other profiles, settings that a form does not know.

use std::io::{self, Write};
use std::path::Path;

use aitta_model::{ErrorCode, Targets};
use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::setting::TARGETS;
use super::{Inputs, resolve};
use crate::{Error, Result, lock};

/// What is written about a profile.
pub(crate) struct Change<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// The URL without a password, and whether the password is in the keychain; `None` leaves both.
    pub(crate) database: Option<(&'a str, bool)>,
    /// Folder of the store, absolute.
    pub(crate) store_dir: &'a str,
    /// How long archives are kept, in days.
    pub(crate) retention_days: u32,
    /// What is aimed for.
    pub(crate) targets: &'a Targets,
}

/// Writes a profile into the file. The file is replaced in one step, or stays as it was.
///
/// # Errors
/// `config_invalid` when there is no place for the file or what is there is not TOML; `system`.
pub(crate) fn save(inputs: &Inputs, change: &Change<'_>) -> Result<()> {
    let (Some(path), _) = resolve::file(inputs) else {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            "there is no folder for the configuration: HOME is not set",
            "set AITTA_CONFIG to the path of a file",
        ));
    };
    for target in &TARGETS {
        let checked = target.check(target.name, Some(target.of(change.targets)));
        checked.map_err(|note| Error::new(ErrorCode::ConfigInvalid, note.message, note.hint))?;
    }
    // A link is followed: the file may be kept elsewhere on purpose.
    let path = std::fs::canonicalize(&path).unwrap_or(path);
    let failed = |e: io::Error| {
        Error::new(
            ErrorCode::System,
            format!("the configuration {} cannot be written: {e}", path.display()),
            "check the rights of the file and its folder, and the room on the disk",
        )
        .with_source(e)
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(failed(e)),
    };
    let mut document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| {
        let line = 1 + text[..e.span().map_or(0, |span| span.start)].matches('\n').count();
        Error::new(
            ErrorCode::ConfigInvalid,
            format!("{}, line {line}: this is not TOML: {}", path.display(), e.message()),
            "mend this line by hand; `aitta config check` tells what else is wrong",
        )
    })?;
    edit(&mut document, change).ok_or_else(|| {
        Error::new(
            ErrorCode::ConfigInvalid,
            format!("{}: the profile {:?} is no table", path.display(), change.name),
            format!("write it as [profile.{}], with one line for each setting", change.name),
        )
    })?;
    replace(&path, document.to_string().as_bytes()).map_err(failed)
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
    let store = profile.entry("store").or_insert_with(|| Value::from(InlineTable::new()).into());
    let store = store.as_table_like_mut()?;
    set(store, "type", "local");
    set(store, "dir", change.store_dir);
    set(profile, "retention_days", i64::from(change.retention_days));
    let default = Targets::default();
    for target in &TARGETS {
        let number = target.of(change.targets);
        if number != target.of(&default) || profile.contains_key(target.name) {
            set(profile, target.name, i64::from(number));
        }
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
