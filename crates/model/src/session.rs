//! What a window needs beside the operations: which profiles there are, and what a form wants to know.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AuditEntry, Automation, DatabaseEngine, DatabaseUrl, Failure, KeyStatus, NeededKey, PhaseTiming,
    ProfileSummary, Pulse, ReadinessCheck, RestoreReport, RunSummary, StoreOthers, Targets, Word,
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
    /// The runs of the profile before anything of it was asked for; absent while there is none, or they can't be read.
    pub pulse: Option<Pulse>,
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
    /// The entry of the audit trail that began it: who asked for it, of which tables, into what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<Box<AuditEntry>>,
    /// What a restore goes into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<RestoreInto>,
    /// The safety archive that takes this restore back. Only of the last one, into the profile's own database: the
    /// credentials of another one are kept nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
}

/// What a restore goes into, seen from its profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestoreInto {
    /// The profile's database.
    Own,
    /// A schema of its own in the profile's database.
    Schema,
    /// A database that is made for a proof, and dropped again.
    Scratch,
    /// Another database.
    Other,
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
    /// What it is.
    pub engine: Word<DatabaseEngine>,
    /// Name of the database, or path of the file.
    pub database: String,
    /// Version of the server or library.
    pub version: String,
    /// Number of tables.
    pub tables: u64,
    /// Size in bytes, an estimate.
    pub size_bytes: u64,
    /// What its user may do, where a database has users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rights: Option<SourceRights>,
    /// What a restore into it will need.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readiness: Vec<ReadinessCheck>,
}

/// What the user of a database may do, and roles with no more than is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRights {
    /// The user that is set.
    pub user: String,
    /// What he may do beside what is needed, each after his name.
    pub more: Vec<String>,
    /// The same as data, one for each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excess: Vec<Excess>,
    /// SQL for a role that only makes backups.
    pub backup: String,
    /// What its backups would lack.
    pub backup_lacks: Vec<String>,
    /// SQL for a role that restores, and is no superuser.
    pub restore: String,
    /// What it can't restore.
    pub restore_lacks: Vec<String>,
}

/// A right that neither backups nor restores need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "right", rename_all = "snake_case")]
pub enum Excess {
    /// It is a superuser.
    Superuser,
    /// It may make and change other roles.
    Roles,
    /// It may read the whole server.
    Replication,
    /// It owns what is backed up.
    Owns,
    /// It may become the owners of what is backed up.
    Becomes {
        /// Their names, quoted.
        owners: Vec<String>,
    },
    /// It may create databases.
    Databases,
    /// The words have it.
    #[serde(other)]
    Other,
}

/// A store as it is written down.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreSettings {
    /// `local`, `s3` or `azure`.
    pub kind: String,
    /// Its settings by their names in the configuration file: `dir`, `bucket`, `region`, `account`, …; what is
    /// absent has its default.
    pub settings: BTreeMap<String, String>,
    /// Whether its credentials are in the keychain.
    #[serde(default)]
    pub credentials_in_keychain: bool,
}

impl StoreSettings {
    /// A folder of this machine.
    #[must_use]
    pub fn folder(dir: impl Into<String>) -> Self {
        let settings = BTreeMap::from([("dir".to_owned(), dir.into())]);
        Self { kind: "local".to_owned(), settings, credentials_in_keychain: false }
    }

    /// One setting; empty when it is absent.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.settings.get(name).map_or("", String::as_str)
    }
}

/// Credentials of a store as they are entered. S3: `ID:SECRET`. Azure: a key, a SAS or a connection string. Never
/// shown by `Debug`, and never sent back.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct StoreCredentials(String);

impl StoreCredentials {
    /// Wraps text; it is checked where it is used.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for StoreCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// What a store promises beyond keeping bytes, and what was found out about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreGuard {
    /// `public_access`, `versioning`, `encryption`, `object_lock`, `deletion`, `create_only`.
    pub guard: String,
    /// What was found.
    pub state: GuardState,
    /// What was found, in words.
    pub words: String,
}

impl StoreGuard {
    /// It is as it should be.
    #[must_use]
    pub fn fine(guard: &str, words: impl Into<String>) -> Self {
        Self { guard: guard.to_owned(), state: GuardState::Fine, words: words.into() }
    }

    /// It should be otherwise; the words say what to do.
    #[must_use]
    pub fn warning(guard: &str, words: impl Into<String>) -> Self {
        Self { guard: guard.to_owned(), state: GuardState::Warning, words: words.into() }
    }

    /// It could not be found out; the words say why.
    #[must_use]
    pub fn unknown(guard: &str, words: impl Into<String>) -> Self {
        Self { guard: guard.to_owned(), state: GuardState::Unknown, words: words.into() }
    }
}

/// What was found out about a guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardState {
    /// It is as it should be.
    Fine,
    /// It should be otherwise.
    Warning,
    /// It could not be found out; never to be shown as fine.
    Unknown,
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
    /// What the store promises.
    #[serde(default)]
    pub guards: Vec<StoreGuard>,
    /// What lies there beside the archives of the profile, where that was looked at.
    #[serde(default, skip_serializing_if = "StoreOthers::is_empty")]
    pub others: StoreOthers,
}

/// What lies in a store, and which keys open it. Nothing was written for it.
///
/// Names come from sidecars and ids of missing keys from headers, which nobody has signed: they are data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreContents {
    /// Where it lies, in full.
    pub location: String,
    /// Archives that lie there.
    pub archives: u64,
    /// When the newest of them was begun.
    pub newest: Option<Timestamp>,
    /// The databases of the newest archives, by their sidecars, the newest first.
    pub databases: Vec<StoredDatabase>,
    /// Keys at hand that open archives there: each archive that is counted was opened with its key.
    pub at_hand: Vec<NeededKey>,
    /// Keys that the other archives name, and that are missing; at most [`KeyRingReport::MISSING`](crate::KeyRingReport).
    pub missing: Vec<NeededKey>,
    /// Archives that name these, each once.
    pub closed: u64,
    /// Archives whose header can't be read, or that name a key at hand which does not open them.
    pub unclear: u64,
    /// Whether there is a key that locks new archives.
    pub has_active: bool,
}

/// A database whose archives lie in a store, by what a sidecar says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredDatabase {
    /// What it is.
    pub engine: Word<DatabaseEngine>,
    /// Its name, or the path of its file.
    pub database: String,
}

/// Credentials that are in the keychain now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptCredentials {
    /// The profile whose store they open.
    pub profile: String,
    /// What keeps them.
    pub place: String,
    /// The file that says so; absent when the profile is in no file, so that they are not used yet.
    pub file: Option<String>,
}

/// What `aitta store sweep` has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepReport {
    /// The store.
    pub location: String,
    /// Uploads that were left behind, and are removed now.
    pub removed: u64,
}

/// A profile as it is written down. Its URL may hold a password, which goes to the keychain and never into
/// the file.
#[derive(Debug, Clone, Deserialize)]
pub struct ProfileForm {
    /// Its name.
    pub name: String,
    /// The database; `None` leaves the one that is written there.
    pub database_url: Option<DatabaseUrl>,
    /// The store.
    pub store: StoreSettings,
    /// Its credentials, which go to the keychain; `None` leaves what is there.
    pub credentials: Option<StoreCredentials>,
    /// How long archives are kept, in days.
    pub retention_days: u32,
    /// What is aimed for.
    pub targets: Targets,
    /// What happens by itself; `None` leaves what is set.
    #[serde(default)]
    pub automation: Option<Automation>,
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
    /// The store.
    pub store: StoreSettings,
    /// How long archives are kept, in days.
    pub retention_days: u32,
    /// What happens by itself.
    pub automation: Automation,
    /// What is aimed for.
    pub targets: Targets,
    /// The key that locks new archives; absent when there is none yet.
    pub key: Option<KeyStatus>,
    /// Why it can't be said whether there is a key: the keychain does not answer, or the key is none.
    pub key_failure: Option<Failure>,
    /// Names of the settings that come from the environment and can't be changed here, as in the file.
    pub fixed: Vec<String>,
}
