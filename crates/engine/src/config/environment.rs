//! What the environment says. A variable that is empty counts as not set.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use aitta_base::absolute;
use aitta_store::{StoreLogin, StoreSecret};

use super::place::{StoreSaid, TEXTS};
use super::setting::{self, Found, KEEPS, Note, Number, Origin, RULES, Settings, TARGETS};
use super::{Inputs, channels};

/// Reads single variables.
pub(super) struct Variables<'i> {
    map: &'i BTreeMap<String, OsString>,
    folder: &'i Path,
}

impl<'i> Variables<'i> {
    pub(super) fn new(inputs: &'i Inputs) -> Self {
        Self { map: &inputs.environment, folder: &inputs.folder }
    }

    pub(super) fn path(&self, name: &'static str) -> Option<Found<PathBuf>> {
        let value = self.map.get(name).filter(|v| !v.is_empty())?;
        Some(Found::new(absolute(self.folder, Path::new(value)), Origin::Environment(name)))
    }

    /// Text, without white space around it.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<&'i str>, Note> {
        match self.map.get(name).map(|value| value.to_str()) {
            None => Ok(None),
            Some(Some(text)) => Ok(Some(text.trim()).filter(|t| !t.is_empty())),
            Some(None) => {
                Err(Note::blocker(format!("{name} is not valid UTF-8"), format!("set {name} anew")))
            }
        }
    }

    fn parsed<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Note>,
        notes: &mut Vec<Note>,
    ) -> Option<Found<T>> {
        match self.text(name).and_then(|text| text.map(parse).transpose()) {
            Ok(value) => value.map(|v| Found::new(v, Origin::Environment(name))),
            Err(note) => {
                notes.push(note);
                None
            }
        }
    }

    /// Everything that is about a profile.
    pub(super) fn settings(&self, notes: &mut Vec<Note>) -> Settings {
        Settings {
            database: self.parsed("DATABASE_URL", |t| setting::database("DATABASE_URL", t), notes),
            store: self.store(notes),
            // Only a file can hold a list.
            copies: Vec::new(),
            residency: self.parsed("BACKUP_RESIDENCY", |t| setting::residency("BACKUP_RESIDENCY", t), notes),
            retention_days: self.parsed(
                "BACKUP_RETENTION_DAYS",
                |t| setting::retention_days("BACKUP_RETENTION_DAYS", t.parse().ok()),
                notes,
            ),
            auto_backup: self.parsed("ENABLE_AUTO_BACKUP", auto_backup, notes),
            schedule: self.parsed("BACKUP_SCHEDULE", |t| setting::schedule("BACKUP_SCHEDULE", t), notes),
            rules: RULES
                .each_ref()
                .map(|rule| self.parsed(rule.variable, |t| rule.check(rule.variable, t), notes)),
            time_zone: self.parsed("BACKUP_TIME_ZONE", |t| setting::time_zone("BACKUP_TIME_ZONE", t), notes),
            admin: self.parsed("AITTA_ADMIN", |t| setting::admin("AITTA_ADMIN", t), notes),
            mfa: self.parsed("AITTA_MFA", |t| setting::mfa("AITTA_MFA", t), notes),
            pg_bin_dir: None,
            password: None,
            targets: self.numbers(&TARGETS, notes),
            keeps: self.numbers(&KEEPS, notes),
            channels: channels::channels(self, notes),
            table_loss_ignore: self.parsed(
                "BACKUP_TABLE_LOSS_IGNORE",
                |t| t.split(',').map(|name| setting::table_name("BACKUP_TABLE_LOSS_IGNORE", name)).collect(),
                notes,
            ),
            // What runs as this user, and whom it calls, is said by the file alone.
            hooks: None,
            contacts: None,
        }
    }

    fn numbers<T, const N: usize>(
        &self,
        numbers: &[Number<T>; N],
        notes: &mut Vec<Note>,
    ) -> [Option<Found<u32>>; N] {
        numbers.each_ref().map(|number| {
            self.parsed(number.variable, |t| number.check(number.variable, t.parse().ok()), notes)
        })
    }

    /// What opens a store of this kind. For S3 that is looked for where all its programs look.
    pub(super) fn login(&self, kind: &str, notes: &mut Vec<Note>) -> Option<Found<StoreLogin>> {
        let secret = ["AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_CONNECTION_STRING"];
        let given = |name| self.parsed(name, |t| Ok(StoreLogin::Given(StoreSecret::new(t))), notes);
        if kind == "azure" { secret.into_iter().find_map(given) } else { None }
    }

    fn store(&self, notes: &mut Vec<Note>) -> StoreSaid {
        StoreSaid {
            kind: self.parsed(
                "BACKUP_STORAGE_TYPE",
                |t| setting::store_type("BACKUP_STORAGE_TYPE", t),
                notes,
            ),
            dir: self.path("BACKUP_LOCAL_DIR"),
            texts: TEXTS
                .each_ref()
                .map(|text| self.parsed(text.variable, |t| text.check(text.variable, t), notes)),
            login: self.login("azure", notes),
            quota_gb: self.parsed(
                "BACKUP_STORE_QUOTA_GB",
                |t| setting::quota_gb("BACKUP_STORE_QUOTA_GB", t.parse().ok()),
                notes,
            ),
        }
    }

    /// The app's own data: `AITTA_DATA_DIR`, or `aitta` in the folder that the system has for such data.
    pub(super) fn data_dir(&self) -> Option<Found<PathBuf>> {
        self.path("AITTA_DATA_DIR").or_else(|| {
            let base = if cfg!(target_os = "macos") {
                Some(self.path("HOME")?.value.join("Library/Application Support"))
            } else if cfg!(windows) {
                self.path("LOCALAPPDATA").map(|found| found.value)
            } else {
                self.xdg("XDG_DATA_HOME", ".local/share")
            };
            Some(Found::default(base?.join("aitta")))
        })
    }

    /// Where the file lies by default.
    pub(super) fn default_file(&self) -> Option<PathBuf> {
        let base = if cfg!(target_os = "macos") {
            Some(self.path("HOME")?.value.join("Library/Application Support"))
        } else if cfg!(windows) {
            self.path("APPDATA").map(|found| found.value)
        } else {
            self.xdg("XDG_CONFIG_HOME", ".config")
        };
        Some(base?.join("aitta").join("config.toml"))
    }

    /// A relative path in an XDG variable is to be ignored: XDG Base Directory Specification, 0.8.
    fn xdg(&self, name: &'static str, below_home: &str) -> Option<PathBuf> {
        let set = self.map.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        set.or_else(|| Some(self.path("HOME")?.value.join(below_home)))
    }
}

fn auto_backup(text: &str) -> Result<bool, Note> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Note::blocker("ENABLE_AUTO_BACKUP is neither true nor false", "write true or false")),
    }
}
