//! Settings with the place that they come from.

use std::path::PathBuf;

use aitta_model::{DatabaseUrl, Severity};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    CommandLine,
    Environment(&'static str),
    File { path: PathBuf, line: u64 },
    Default,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CommandLine => f.write_str("command line"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::File { path, line } => write!(f, "file {}, line {line}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value with its origin.
#[derive(Debug, Clone)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) origin: Origin,
}

impl<T> Found<T> {
    pub(super) fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    pub(super) fn default(value: T) -> Self {
        Self::new(value, Origin::Default)
    }
}

/// What one place says about a profile.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    pub(super) database: Option<Found<DatabaseUrl>>,
    pub(super) store_type: Option<Found<String>>,
    pub(super) store_dir: Option<Found<PathBuf>>,
    pub(super) retention_days: Option<Found<u32>>,
    pub(super) auto_backup: Option<Found<bool>>,
    pub(super) pg_bin_dir: Option<Found<PathBuf>>,
}

impl Settings {
    /// What `self` leaves open is taken from `other`.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            database: self.database.or(other.database),
            store_type: self.store_type.or(other.store_type),
            store_dir: self.store_dir.or(other.store_dir),
            retention_days: self.retention_days.or(other.retention_days),
            auto_backup: self.auto_backup.or(other.auto_backup),
            pg_bin_dir: self.pg_bin_dir.or(other.pg_bin_dir),
        }
    }
}

/// Something that was found while reading the configuration.
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) line: Option<u64>,
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) hint: String,
    /// The profile of the file that it is about; `None` when it is about all.
    pub(super) profile: Option<String>,
}

impl Note {
    pub(super) fn new(severity: Severity, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { line: None, severity, message: message.into(), hint: hint.into(), profile: None }
    }

    pub(super) fn blocker(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Severity::Blocker, message, hint)
    }

    pub(super) fn at(mut self, line: u64, profile: Option<&str>) -> Self {
        self.line = Some(line);
        self.profile = profile.map(str::to_owned);
        self
    }

    pub(super) fn concerns(&self, profile: &Found<String>) -> bool {
        self.profile.as_ref().is_none_or(|name| *name == profile.value)
    }
}

/// Checks the parts of a value that both file and environment may give; `what` names it in messages.
/// None of these messages shows a URL, because what can't be read can't be redacted either.
pub(super) fn database(what: &str, url: &str) -> Result<DatabaseUrl, Note> {
    if ["postgres://", "postgresql://", "sqlite:"].iter().any(|scheme| url.starts_with(scheme)) {
        Ok(DatabaseUrl::new(url))
    } else {
        Err(Note::blocker(
            format!("{what} names no database that Aitta knows"),
            "write postgres://user@host/database or sqlite:/path/file.db",
        ))
    }
}

pub(super) fn store_type(what: &str, text: &str) -> Result<String, Note> {
    if ["local", "s3", "azure"].contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(Note::blocker(format!("{what} is {text:?}, which is no kind of store"), "write local"))
    }
}

pub(super) fn retention_days(what: &str, days: Option<u32>) -> Result<u32, Note> {
    days.filter(|days| (1..=36_500).contains(days)).ok_or_else(|| {
        Note::blocker(
            format!("{what} is no number of days from 1 to 36500"),
            "write how many days archives are kept, such as 30",
        )
    })
}

pub(super) fn folder(what: &str, text: &str) -> Result<PathBuf, Note> {
    if text.trim().is_empty() {
        Err(Note::blocker(format!("{what} is empty"), "write the path of a folder"))
    } else {
        Ok(PathBuf::from(text))
    }
}
