//! What a window needs beside the operations: which profiles there are, and what a form wants to know.

use serde::{Deserialize, Serialize};

use crate::{
    DatabaseUrl, Failure, KeyStatus, PhaseTiming, ProfileSummary, RestoreReport, RunSummary, Targets,
};

/// What a window starts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Version of the program.
    pub version: String,
    /// The profile that is shown; absent until one has been set up.
    pub active: Option<ProfileSummary>,
    /// Names of all profiles.
    pub profiles: Vec<String>,
    /// Why there is none, when the configuration is wrong.
    pub failure: Option<Failure>,
}

/// A run with what it has left behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunDetails {
    /// The run.
    #[serde(flatten)]
    pub run: RunSummary,
    /// How long its phases took.
    pub phases: Vec<PhaseTiming>,
    /// What happened, in order. No secrets.
    pub log: Vec<LogLine>,
    /// The report of a restore that succeeded.
    pub restore: Option<RestoreReport>,
}

/// One line of a run's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Milliseconds since the run began.
    pub at_ms: u64,
    /// What happened.
    pub text: String,
}

/// A database that answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceCheck {
    /// `postgresql` or `sqlite`.
    pub engine: String,
    /// Name of the database, or path of the file.
    pub database: String,
    /// Version of the server or library.
    pub version: String,
    /// Number of tables.
    pub tables: u64,
    /// Size in bytes, an estimate.
    pub size_bytes: u64,
}

/// A store that can be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreCheck {
    /// Where it lies, in full.
    pub location: String,
    /// Archives that already lie there.
    pub archives: u64,
    /// Room that is left, in bytes; absent where a store has no end.
    pub free_bytes: Option<u64>,
}

/// A profile as it is written down. Its URL may hold a password, which goes to the keychain and never into
/// the file.
#[derive(Debug, Clone, Deserialize)]
pub struct ProfileForm {
    /// Its name.
    pub name: String,
    /// The database; `None` leaves the one that is written there.
    pub database_url: Option<DatabaseUrl>,
    /// Folder of the store.
    pub store_dir: String,
    /// How long archives are kept, in days.
    pub retention_days: u32,
    /// What is aimed for.
    pub targets: Targets,
}

/// What the settings page shows of a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The file that profiles are written to.
    pub file: String,
    /// The profile.
    pub profile: ProfileSummary,
    /// The database without its password.
    pub database_url: Option<String>,
    /// Whether its password is in the keychain.
    pub password_in_keychain: bool,
    /// Folder of the store.
    pub store_dir: String,
    /// How long archives are kept, in days.
    pub retention_days: u32,
    /// What is aimed for.
    pub targets: Targets,
    /// The key that locks new archives; absent when there is none yet.
    pub key: Option<KeyStatus>,
    /// Why it can't be said whether there is a key: the keychain does not answer, or the key is none.
    pub key_failure: Option<Failure>,
    /// Names of the settings that come from the environment and can't be changed here, as in the file.
    pub fixed: Vec<String>,
}
