//! Paths of a form in full, and what a try leaves of a folder: nothing that it made itself.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aitta_base::{absolute, lock};
use aitta_model::{DatabaseUrl, ErrorCode, StoreSettings};
use aitta_store::{self as store, ARCHIVES, SIDECARS, StoreConfig};

use crate::config::{Inputs, Profile};
use crate::{Error, Result};

/// The path that a form means: `~/` is the home.
///
/// # Errors
/// `config_invalid` for a relative one: it would be another place for each folder that a program is started from.
pub fn full_path(inputs: &Inputs, text: &str) -> Result<String> {
    place(inputs, text).map(|path| path.display().to_string())
}

/// As [`full_path`].
pub(super) fn place(inputs: &Inputs, text: &str) -> Result<PathBuf> {
    let text = text.trim();
    if text.is_empty() {
        return Err(super::invalid("no folder is named", "write the path of a folder, such as /mnt/backups"));
    }
    let home = inputs.environment.get("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    let path =
        match (text.strip_prefix('~').filter(|below| below.is_empty() || below.starts_with('/')), &home) {
            (Some(below), Some(home)) => home.join(below.trim_start_matches('/')),
            _ => PathBuf::from(text),
        };
    if !path.is_absolute() {
        let example = home.unwrap_or_else(|| PathBuf::from("/mnt")).join(text.trim_start_matches("./"));
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!("{text:?} is not a full path: its place would depend on where Aitta is started"),
            format!("write the path in full, such as {}", example.display()),
        ));
    }
    // Cleaned of `.` and of doubled slashes.
    Ok(absolute(Path::new("/"), &path))
}

/// The store of a form with its folder in full.
pub(super) fn whole(inputs: &Inputs, form: &StoreSettings) -> Result<StoreSettings> {
    let mut form = form.clone();
    if form.kind == "local" {
        let dir = place(inputs, form.get("dir"))?;
        form.settings.insert("dir".to_owned(), dir.display().to_string());
    }
    Ok(form)
}

/// The URL with the path of a SQLite file in full: the file is written for every folder to be read from. What is the
/// profile's already stays as somebody has written it.
pub(super) fn settled(inputs: &Inputs, url: &DatabaseUrl, own: Option<&Profile>) -> Result<DatabaseUrl> {
    let text = url.expose().trim();
    if own.and_then(|own| own.database_url.as_ref()).is_some_and(|own| own.expose() == text) {
        return Ok(DatabaseUrl::new(text));
    }
    let Some(path) = text.strip_prefix("sqlite:") else { return Ok(DatabaseUrl::new(text)) };
    let path = place(inputs, path.strip_prefix("//").unwrap_or(path))?;
    match path.to_str() {
        Some(path) => Ok(DatabaseUrl::new(format!("sqlite:{path}"))),
        None => Err(super::invalid(
            "the path of the database is not valid UTF-8",
            "name the file by another path, such as through a link",
        )),
    }
}

/// The folders that a store of this machine had not before it was tried. Those of them that are still empty are removed
/// when this is dropped: a folder that was only tried keeps no trace of it.
pub(super) struct Trial {
    /// From the top down.
    missing: Vec<PathBuf>,
}

impl Trial {
    /// Makes the folder of the store when the one above it is there.
    ///
    /// # Errors
    /// `store_denied`, `store_full`, `store_failed`.
    pub(super) fn begin(store: &StoreConfig) -> Result<Self> {
        let StoreConfig::Local { dir } = store else { return Ok(Self { missing: Vec::new() }) };
        let below = [SIDECARS, ARCHIVES].map(|name| dir.join(name.trim_end_matches('/')));
        let missing = std::iter::once(dir.clone()).chain(below).filter(|path| is_missing(path)).collect();
        let trial = Self { missing };
        if is_missing(dir) && dir.parent().is_some_and(Path::is_dir) {
            lock::create_private_folder(dir)
                .map_err(|e| no_folder_there(store::folder_failed(&dir.display().to_string(), e).into()))?;
        }
        Ok(trial)
    }

    /// What was made stays.
    pub(super) fn keep(mut self) {
        self.missing.clear();
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        for path in self.missing.iter().rev() {
            match fs::remove_dir(path) {
                Ok(()) => {}
                // A store that refuses deletions keeps the object of the check, which its report says; and whoever wrote
                // there meanwhile keeps what he wrote.
                Err(e) if [io::ErrorKind::NotFound, io::ErrorKind::DirectoryNotEmpty].contains(&e.kind()) => {
                }
                Err(error) => tracing::info!(path = %path.display(), %error, "an empty folder stays"),
            }
        }
    }
}

/// A folder was not made where the one above it is, as in `/proc`.
fn no_folder_there(error: Error) -> Error {
    match error.code() {
        ErrorCode::StoreMissing => {
            error.hint_instead("choose another folder: none can be made there; or make it first, if you can")
        }
        _ => error,
    }
}

/// Not there, also not as a link that leads nowhere.
fn is_missing(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|e| e.kind() == io::ErrorKind::NotFound)
}
