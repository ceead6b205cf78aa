//! Can a store be used, and what does it promise?

use aitta_base::{Error, Result};
use aitta_model::{ErrorCode, StoreCheck, StoreGuard, StoreOthers};
use bytes::Bytes;

use super::{ARCHIVES, PutMode, SIDECARS, Store, StoreErrorKind};

/// What a check writes.
pub(super) const PROBE: &[u8] = b"Aitta has checked that it can write here.\n";

/// The guard that no object takes the place of another.
pub(super) const CREATE_ONLY: &str = "create_only";

/// The guard that what is written can be deleted.
pub const DELETION: &str = "deletion";

/// Writes a small object, reads it back, makes sure that it is never overwritten, and deletes it; lists the archives,
/// and asks what the store promises.
///
/// # Errors
/// `store_*`.
pub async fn check(store: &dyn Store) -> Result<StoreCheck> {
    let random: [u8; 8] = aitta_base::random()?;
    // Begins with a dot, so that no listing ever shows it.
    let name = format!("{SIDECARS}.check-{}", hex::encode(random));
    match store.put(&name, Bytes::from_static(PROBE), PutMode::Create).await {
        Err(error) if error.kind == StoreErrorKind::AlreadyExists => {
            return Err(Error::new(
                ErrorCode::StoreFailed,
                format!(
                    "{} says that {name} exists already, but the name was made up just now",
                    store.location()
                ),
                "check the address: what answers there is no store",
            ));
        }
        other => other?,
    }
    let read = store.read(&name, 0..PROBE.len() as u64).await;
    let again = store.put(&name, Bytes::from_static(PROBE), PutMode::Create).await;
    let mut guards = store.guards(&name).await;
    let deleted = store.delete(&name).await;
    if read? != PROBE {
        return Err(Error::new(
            ErrorCode::StoreFailed,
            format!("{} returned other bytes than were written", store.location()),
            "keep no backups there until the cause is clear: a damaged disk, or an address that is no store",
        ));
    }
    match again {
        Err(error) if error.kind == StoreErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.into()),
        Ok(()) => {
            return Err(Error::new(
                ErrorCode::StoreFailed,
                format!("{} let a new object overwrite another", store.location()),
                "do not keep backups there: one could replace another",
            ));
        }
    }
    match deleted {
        Ok(()) => {}
        // Backups can still be made there, and a thief of this machine's credentials can't delete them.
        Err(error) if matches!(error.kind, StoreErrorKind::Denied | StoreErrorKind::Locked) => {
            let words = format!(
                "it refuses deletions ({}): expired backups stay until somebody else deletes them, and so \
                 does {name}, which this check has written",
                error.source
            );
            guards.push(StoreGuard::warning(DELETION, words));
        }
        Err(error) => {
            return Err(Error::from(error)
                .context(format_args!("{name}, which this check has written, could not be deleted")));
        }
    }
    // Where a store has not said more about it, it is the store itself that has refused.
    if guards.iter().all(|guard| guard.guard != CREATE_ONLY) {
        guards.push(StoreGuard::fine(CREATE_ONLY, "it never lets a new object take the place of another"));
    }
    let archives = store.list(ARCHIVES).await?;
    let room = store.room().await?;
    Ok(StoreCheck {
        location: store.location(),
        archives: archives.iter().filter(|object| object.name.ends_with(".backup")).count() as u64,
        free_bytes: room.map(|room| room.total_bytes - room.used_bytes),
        guards,
        others: StoreOthers::default(),
    })
}
