//! What every operation needs.

use std::path::PathBuf;
use std::sync::Arc;

use aitta_base::{Patience, blocking, lock};
use aitta_keys::{self as keys, FoundKeys, KeyInputs, KeyRing, KeyVault};
use aitta_model::Origin;
use aitta_source::{Source, Target};
use aitta_store::{self as store, Limit, LimitedStore, StoppableStore, Store, StoreConfig};
use tokio_util::sync::CancellationToken;

use crate::Result;
use crate::catalog::Catalog;
use crate::config::{Inputs, Profile};
use crate::{Clock, SystemClock};

pub(crate) mod open;
mod own;

pub(crate) use own::Own;

/// One profile with everything that its operations use.
#[derive(Clone)]
pub struct Context {
    /// The profile.
    pub profile: Arc<Profile>,
    /// Where archives lie.
    pub store: Arc<dyn Store>,
    /// The share of the network that operations may take.
    pub limit: Option<Arc<Limit>>,
    /// The app's own memory.
    pub catalog: Catalog,
    /// The vault keys; those of the environment or the keychain when absent.
    pub key_ring: Option<Arc<KeyRing>>,
    /// The keys that were found there, so that the keychain is asked only once. Shared by all clones.
    pub found_keys: Arc<FoundKeys>,
    /// What the environment says about keys; it comes before the vault.
    pub key_inputs: Arc<KeyInputs>,
    /// Where secrets are kept.
    pub vault: Arc<dyn KeyVault>,
    /// Other profiles that use the same keys: no key is destroyed that their archives need.
    pub neighbours: Arc<Vec<Profile>>,
    /// Who asks for the operations: command line, window, schedule.
    pub origin: Origin,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Stops the operation. It then ends with `cancelled`, and leaves nothing half done behind. Set by
    /// [`Context::stopped_by`], so that the store knows of it.
    pub cancel: CancellationToken,
    /// What somebody hears of locks that the operation waits for, and decides meanwhile.
    pub patience: Patience,
}

impl Context {
    /// The context of a profile, with the clock of the machine.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub async fn new(profile: Profile) -> Result<Self> {
        let catalog = Catalog::open(&profile.data_dir).await?;
        Self::with(profile, catalog)
    }

    /// The context for a rebuild of the catalog: a damaged catalog is set aside, see [`Catalog::open_anew`].
    ///
    /// # Errors
    /// As [`Context::new`], except for a damaged catalog.
    pub async fn rebuilding(profile: Profile) -> Result<(Self, Option<PathBuf>)> {
        let (catalog, aside) = Catalog::open_anew(&profile.data_dir, SystemClock.now()).await?;
        Ok((Self::with(profile, catalog)?, aside))
    }

    fn with(profile: Profile, catalog: Catalog) -> Result<Self> {
        let key_inputs = Inputs::of_process(None, None)?.keys();
        let vault = keys::vault_for(&key_inputs, &profile.data_dir);
        let cancel = CancellationToken::new();
        let store = opened(&profile, &vault, None, &cancel);
        Ok(Self {
            vault,
            key_inputs: Arc::new(key_inputs),
            neighbours: Arc::default(),
            profile: Arc::new(profile),
            store,
            limit: None,
            catalog,
            key_ring: None,
            found_keys: Arc::default(),
            origin: Origin::default(),
            clock: Arc::new(SystemClock),
            cancel,
            patience: Patience::default(),
        })
    }

    /// The context with keys from elsewhere than the environment of this process: with somebody who can be asked for a
    /// passphrase.
    #[must_use]
    pub fn with_key_inputs(self, inputs: KeyInputs) -> Self {
        let vault = keys::vault_for(&inputs, &self.profile.data_dir);
        Self {
            store: opened(&self.profile, &vault, self.limit.as_ref(), &self.cancel),
            vault,
            key_inputs: Arc::new(inputs),
            found_keys: Arc::default(),
            ..self
        }
    }

    /// The context at another store.
    #[must_use]
    pub(crate) fn at(self, profile: Profile) -> Self {
        let store = opened(&profile, &self.vault, self.limit.as_ref(), &self.cancel);
        Self { store, profile: Arc::new(profile), ..self }
    }

    /// The context with stores that together take so many bytes a second at most.
    #[must_use]
    pub fn limited(self, bytes_per_s: u64) -> Self {
        let limit = Arc::new(Limit::new(bytes_per_s));
        let store = opened(&self.profile, &self.vault, Some(&limit), &self.cancel);
        Self { store, limit: Some(limit), ..self }
    }

    /// The context of an operation of its own that this stops, with the same connection to its store.
    #[must_use]
    pub fn stopped_by(self, cancel: CancellationToken) -> Self {
        let store = Arc::new(StoppableStore::new(self.store.clone(), cancel.clone()));
        Self { store, cancel, patience: Patience::default(), ..self }
    }

    /// The store of another profile, for a look at it.
    pub(crate) fn store_of(&self, profile: &Profile) -> Arc<dyn Store> {
        opened(profile, &self.vault, self.limit.as_ref(), &self.cancel)
    }

    /// The context at one of the further stores of the profile, from 1 on; 0 is the first one.
    ///
    /// # Errors
    /// `config_invalid` when the profile has none of this number.
    pub fn at_place(self, number: usize) -> Result<Self> {
        if number == 0 {
            return Ok(self);
        }
        let profile = self.profile.as_ref().clone().at_place(number)?;
        Ok(self.at(profile))
    }

    /// The context of each further store of the profile, in the order of the configuration.
    #[must_use]
    pub fn copies(&self) -> Vec<Self> {
        self.profile.at_copies().into_iter().map(|profile| self.clone().at(profile)).collect()
    }

    /// This one, and the contexts of the copies.
    #[must_use]
    pub fn places(&self) -> Vec<Self> {
        std::iter::once(self.clone()).chain(self.copies()).collect()
    }

    /// All of these, the nearest first: folders of this machine before stores behind a network.
    pub(crate) fn nearest(&self) -> Vec<Self> {
        let mut places = self.places();
        places.sort_by_key(|place| !matches!(place.profile.store, StoreConfig::Local { .. }));
        places
    }

    /// The profile's database.
    ///
    /// # Errors
    /// `config_invalid` when the profile names none or its URL can't be understood.
    pub fn source(&self) -> Result<Arc<dyn Source>> {
        open::source(&self.profile.database()?, &self.profile, &self.secrets())
    }

    /// The profile's database, to restore into it.
    ///
    /// # Errors
    /// As [`Context::source`].
    pub fn target(&self) -> Result<Arc<dyn Target>> {
        open::target(&self.profile.database()?, &self.profile, &self.secrets())
    }

    pub(crate) fn secrets(&self) -> open::Secrets {
        open::Secrets { vault: self.vault.clone(), keychain: self.key_inputs.keychain() }
    }

    /// Makes the folder of the store before its first archive, where that may be done: see
    /// [`Profile::create_store`].
    ///
    /// # Errors
    /// `store_missing`, `store_denied`, `store_full`, `store_failed`.
    pub fn prepare_store(&self) -> Result<()> {
        let StoreConfig::Local { dir } = &self.profile.store else { return Ok(()) };
        if !self.profile.create_store || dir.exists() {
            return Ok(());
        }
        lock::create_private_folder(dir)
            .map_err(|e| store::folder_failed(&dir.display().to_string(), e).into())
    }

    /// The vault keys at hand. A keychain may ask somebody to unlock it: that is waited for in a thread of its own.
    ///
    /// # Errors
    /// `key_missing`, `key_invalid`, `key_wrong`, `keychain_unavailable`.
    pub async fn keys(&self) -> Result<Arc<KeyRing>> {
        if let Some(ring) = &self.key_ring {
            return Ok(ring.clone());
        }
        let (found, inputs, vault) = (self.found_keys.clone(), self.key_inputs.clone(), self.vault.clone());
        let data_dir = self.profile.data_dir.clone();
        blocking(move || found.get(&data_dir, || KeyRing::at_hand(&inputs, vault.as_ref()))).await
    }

    /// Forgets the keys for every clone of this context; the next use looks for them again.
    pub fn forget_keys(&self) {
        self.found_keys.forget();
    }
}

fn opened(
    profile: &Profile,
    vault: &Arc<dyn KeyVault>,
    limit: Option<&Arc<Limit>>,
    cancel: &CancellationToken,
) -> Arc<dyn Store> {
    let mut store = open::store(profile, vault);
    if let Some(limit) = limit {
        store = Arc::new(LimitedStore::new(store, limit.clone()));
    }
    Arc::new(StoppableStore::new(store, cancel.clone()))
}
