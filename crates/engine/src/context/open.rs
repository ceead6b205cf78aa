//! From a profile to what it names: its store, its database.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aitta_keys::{self as keys, KeyInputs, KeyVault};
use aitta_model::DatabaseUrl;
use aitta_source::{self as source, Access, Passwords, Source, Target};
use aitta_store::{self as store, Credentials, Store, StoreLogin, StoreSecret};
use zeroize::Zeroizing;

use crate::Result;
use crate::config::Profile;

/// The store of a profile. Server and keychain are asked only when it is first used.
#[must_use]
pub(crate) fn store(profile: &Profile, vault: &Arc<dyn KeyVault>) -> Arc<dyn Store> {
    let kept = Duration::from_secs(u64::from(profile.retention.days) * 24 * 60 * 60);
    store::open(&profile.store, credentials(profile, vault), kept)
}

/// The same for a trial, which gives up soon.
pub(crate) fn store_for_trial(profile: &Profile, vault: &Arc<dyn KeyVault>) -> Arc<dyn Store> {
    store::open_for_trial(&profile.store, credentials(profile, vault))
}

fn credentials(profile: &Profile, vault: &Arc<dyn KeyVault>) -> Credentials {
    match &profile.login {
        StoreLogin::Unsaid => Credentials::unsaid(),
        StoreLogin::Given(secret) => Credentials::given(secret.clone()),
        StoreLogin::Keychain => {
            let (vault, name) = (vault.clone(), credentials_entry(&profile.name, profile.copy));
            Credentials::found(move || Ok(vault.read(&name)?.map(|text| StoreSecret::new(text.as_str()))))
        }
    }
}

/// Name of the entry of the vault that holds the credentials of the store of a profile, and of its copies.
pub(crate) fn credentials_entry(profile: &str, copy: usize) -> String {
    match copy {
        0 => format!("store-credentials-{profile}"),
        number => format!("store-credentials-{profile}:copy:{number}"),
    }
}

/// The database of a URL. A password that is kept is only looked for when the URL is the profile's own.
///
/// # Errors
/// `config_invalid` when the URL can't be understood.
pub(crate) fn source(url: &DatabaseUrl, profile: &Profile, secrets: &Secrets) -> Result<Arc<dyn Source>> {
    source::open(url, access(url, profile, secrets))
}

/// The database of a URL, to restore into it.
///
/// # Errors
/// As [`source`](fn@source).
pub(crate) fn target(url: &DatabaseUrl, profile: &Profile, secrets: &Secrets) -> Result<Arc<dyn Target>> {
    source::open_target(url, access(url, profile, secrets))
}

fn access(url: &DatabaseUrl, profile: &Profile, secrets: &Secrets) -> Access {
    let is_kept = profile.password_in_keychain && profile.database_url.as_ref() == Some(url);
    Access { bin_dir: profile.pg_bin_dir.clone(), passwords: is_kept.then(|| secrets.passwords()) }
}

/// Where secrets are kept.
#[derive(Clone)]
pub(crate) struct Secrets {
    pub(crate) vault: Arc<dyn KeyVault>,
    /// The keychain of the system, or what stands for it.
    pub(crate) keychain: Arc<dyn KeyVault>,
}

impl Secrets {
    /// What counts for these inputs.
    pub(crate) fn of(inputs: &KeyInputs, data_dir: &Path) -> Self {
        Self { vault: keys::vault_for(inputs, data_dir), keychain: inputs.keychain() }
    }

    /// The passwords of databases.
    pub(crate) fn passwords(&self) -> Arc<dyn Passwords> {
        Arc::new(self.clone())
    }
}

impl Passwords for Secrets {
    fn place(&self) -> &'static str {
        self.vault.place()
    }

    /// Earlier versions kept passwords in the keychain, whatever vault counted: a password that only the keychain has
    /// is still used.
    fn read(&self, name: &str) -> Result<Option<Zeroizing<String>>> {
        let found = self.vault.read(name);
        if matches!(found, Ok(Some(_))) || self.vault.place() == keys::KEYCHAIN || !self.keychain.is_there() {
            return found;
        }
        // Also where the vault can't be opened: an earlier version had no need of it for this.
        match (self.keychain.read(name), found) {
            (Ok(Some(kept)), _) => Ok(Some(kept)),
            (_, Err(error)) => Err(error),
            (kept, Ok(_)) => kept,
        }
    }

    fn write(&self, name: &str, password: &str) -> Result<()> {
        self.vault.write(name, password)
    }
}
