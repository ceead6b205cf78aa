//! Profiles: which database is protected, and how.

use std::path::PathBuf;

use aitta_model::{DatabaseUrl, ErrorCode};

use crate::{Error, Result};

/// One database to protect.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The database.
    pub database_url: Option<DatabaseUrl>,
    /// Where its archives lie.
    pub store: StoreConfig,
    /// How long archives are kept, in days.
    pub retention_days: u32,
    /// Whether the schedule makes backups by itself.
    pub auto_backup: bool,
    /// Where `pg_dump` and `pg_restore` are looked for first.
    pub pg_bin_dir: Option<PathBuf>,
    /// The app's own data: catalog and locks.
    pub data_dir: PathBuf,
}

/// Which store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreConfig {
    /// A folder of this machine.
    Local {
        /// The folder, which holds `backups/` and `metadata/`.
        dir: PathBuf,
    },
    /// Known, but not in this build.
    Unsupported {
        /// `s3` or `azure`.
        kind: String,
    },
}

impl Profile {
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
