//! The profile that tests begin with.

use std::path::Path;

use aitta_engine::config::Profile;
use aitta_engine::store::{StoreConfig, StoreLogin};
use aitta_model::Targets;

/// A profile called `shop` without a database, whose store is the folder `store` and whose data are in `data` below
/// `dir`. What a test is about it sets itself.
#[must_use]
pub fn profile(dir: &Path) -> Profile {
    Profile {
        name: "shop".to_owned(),
        database_url: None,
        store: StoreConfig::Local { dir: dir.join("store") },
        login: StoreLogin::default(),
        quota_bytes: None,
        create_store: true,
        copies: Vec::new(),
        copy: 0,
        retention_days: 30,
        password_in_keychain: false,
        auto_backup: false,
        admin: None,
        mfa_required: false,
        targets: Targets::default(),
        pg_bin_dir: None,
        data_dir: dir.join("data"),
    }
}
