//! Archives of somebody else in a store that a profile is to use.

use std::collections::BTreeSet;
use std::sync::Arc;

use aitta_keys::{KeyRing, KeyVault};
use aitta_model::{ErrorCode, StoreOthers};
use aitta_store::Store;

use crate::Result;
use crate::config::Inputs;
use crate::reading::{headers, sidecar};

/// Looks at the newest archives of a store. Without the name of the `database` nothing is said of databases, and without a
/// vault that answers nothing of keys.
///
/// # Errors
/// `store_*` when the store can't be listed.
pub(super) async fn others(
    inputs: &Inputs,
    store: &Arc<dyn Store>,
    vault: Arc<dyn KeyVault>,
    database: Option<String>,
) -> Result<StoreOthers> {
    let given = inputs.keys();
    let ring = aitta_base::blocking(move || KeyRing::at_hand(&given, vault.as_ref())).await;
    let at_hand: Option<BTreeSet<String>> = match ring {
        Ok(ring) => Some(ring.ids().iter().map(ToString::to_string).collect()),
        Err(error) if error.code() == ErrorCode::KeyMissing => Some(BTreeSet::new()),
        Err(_) => None,
    };
    let (mut databases, mut keys) = (BTreeSet::new(), BTreeSet::new());
    for header in headers::newest_of(store).await? {
        let needed: Vec<String> = header.key_ids().iter().map(ToString::to_string).collect();
        if let Some(at_hand) = &at_hand
            && !needed.iter().any(|id| at_hand.contains(id))
        {
            keys.extend(needed);
        }
        // Without a sidecar the name is inside of the archive, sealed.
        if let Some(own) = &database
            && let Ok(sidecar) = sidecar::read(store.as_ref(), &header.id.to_string()).await
            && sidecar.database != *own
        {
            databases.insert(sidecar.database);
        }
    }
    Ok(StoreOthers { databases: databases.into_iter().collect(), keys: keys.into_iter().collect() })
}
