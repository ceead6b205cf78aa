//! What lies in a store that is chosen: backups of an earlier time or of another machine, and the keys that open them.

use aitta_model::{
    ErrorCode, ImportKeyRequest, StoreContents, StoreCredentials, StoreSettings, StoredDatabase,
};
use aitta_store::created_at;

use super::profile_at;
use crate::config::Inputs;
use crate::custody::{self, Needs};
use crate::reading::{headers, sidecar};
use crate::{Context, Result};

/// The newest archives whose sidecars are read for the names of their databases.
const NAMED: usize = 16;

/// Bytes of the name of a database, or of the path of its file, at most: a longer one is none.
const LONGEST: usize = 4096;

/// Looks into a store: how many archives there are, of which databases, and which keys open them. Nothing is written,
/// and no folder is made. Without credentials those of the profile count.
///
/// # Errors
/// `config_invalid`, `store_*`, `key_invalid`, `key_wrong`, `keychain_unavailable`. No key at hand is no error.
pub async fn look_into_store(
    context: &Context,
    inputs: &Inputs,
    form: &StoreSettings,
    credentials: Option<&StoreCredentials>,
) -> Result<StoreContents> {
    contents(&at(context, inputs, form, credentials)?).await
}

/// Takes a key from its recovery kit, for the archives of a store that no profile has yet: which key is the active one
/// follows from the newest archives there, as in [`custody::import`].
///
/// # Errors
/// As [`custody::import`] and [`look_into_store`]. A store that can't be looked into is an error before anything is
/// taken in.
pub async fn import_key_of_store(
    context: &Context,
    inputs: &Inputs,
    form: &StoreSettings,
    credentials: Option<&StoreCredentials>,
    request: ImportKeyRequest,
) -> Result<StoreContents> {
    let place = at(context, inputs, form, credentials)?;
    contents(&place).await?;
    custody::import(&place, request).await?;
    contents(&place).await
}

/// The context at a store of a form, with the keys and the memory of the one that counts now.
fn at(
    context: &Context,
    inputs: &Inputs,
    form: &StoreSettings,
    credentials: Option<&StoreCredentials>,
) -> Result<Context> {
    let profile = profile_at(inputs, form, credentials, context.profile.as_ref().clone())?;
    Ok(context.clone().at(profile))
}

async fn contents(place: &Context) -> Result<StoreContents> {
    let keys = match place.keys().await {
        Ok(keys) => Some(keys),
        Err(e) if e.code() == ErrorCode::KeyMissing => None,
        Err(e) => return Err(e),
    };
    let archives = headers::all_of(&place.store).await?;
    let mut needs = Needs::default();
    archives.iter().for_each(|archive| needs.add(archive, keys.as_deref()));
    Ok(StoreContents {
        location: place.store.location(),
        archives: archives.len() as u64,
        newest: archives.first().map(|newest| created_at(newest.id.created_ms())),
        databases: databases(place, &archives).await,
        at_hand: needs.at_hand(),
        missing: needs.missing(),
        closed: needs.closed(),
        unclear: needs.unclear(),
        has_active: keys.is_some(),
    })
}

/// Those of the newest archives, each once. An archive without a usable sidecar adds none.
async fn databases(place: &Context, archives: &[headers::ArchiveHeader]) -> Vec<StoredDatabase> {
    let newest = archives.iter().take(NAMED).map(|archive| archive.id.to_string());
    let told = newest.map(|id| async move {
        let told = sidecar::read(place.store.as_ref(), &id).await.ok()?;
        let is_name = told.id == id && told.database.len() <= LONGEST;
        is_name.then_some(StoredDatabase { engine: told.engine, database: told.database })
    });
    let mut databases: Vec<StoredDatabase> = Vec::new();
    for database in futures::future::join_all(told).await.into_iter().flatten() {
        if !databases.contains(&database) {
            databases.push(database);
        }
    }
    databases
}

#[cfg(test)]
mod tests;
