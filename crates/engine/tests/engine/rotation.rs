//! Rotation: whatever happens at whatever point, every archive opens with a key of the ring; and at its end the key
//! that was left opens none.

mod faults;
mod moving;
mod reencrypt;
mod thousand;

use std::path::Path;
use std::sync::Arc;

use aitta_archive::ArchiveId;
use aitta_engine::Context;
use aitta_engine::config::Profile;
use aitta_engine::keys::KeyRing;
use aitta_engine::reading::OpenArchive;
use aitta_engine::store::Store;
use aitta_model::{RotateRequest, RotationDirection};
use aitta_testing::{ManualClock, profile};

/// The key that is left, the one that takes its place, and one of somebody else.
const OLD: &str = "a1777a0000000000000000000000000000000000000000000000000000000001";
const NEW: &str = "a1777a0000000000000000000000000000000000000000000000000000000002";
const STRANGE: &str = "a1777a0000000000000000000000000000000000000000000000000000000003";

fn ring(active: &str, retired: &[&str]) -> Arc<KeyRing> {
    let ring = KeyRing::from_hex(active).unwrap();
    Arc::new(retired.iter().fold(ring, |ring, key| ring.with_retired(key).unwrap()))
}

fn id_of(key: &str) -> String {
    ring(key, &[]).active_id().to_string()
}

async fn context(dir: &Path, store: Arc<dyn Store>, keys: Arc<KeyRing>) -> Context {
    let profile = Profile { name: "carwash".to_owned(), create_store: false, ..profile(dir) };
    let mut context = Context::new(profile).await.unwrap();
    context.store = store;
    context.key_ring = Some(keys);
    context.clock = Arc::new(ManualClock::at("2026-11-25T12:00:00Z".parse().unwrap()));
    context
}

fn forward() -> RotateRequest {
    RotateRequest { reason: Some("routine".to_owned()), ..RotateRequest::default() }
}

fn back() -> RotateRequest {
    RotateRequest { direction: RotationDirection::Back, ..forward() }
}

fn anew() -> RotateRequest {
    RotateRequest { reencrypt: true, ..forward() }
}

/// How many archives of the store open with these keys, and how many there are.
async fn opened(store: &Arc<dyn Store>, keys: &KeyRing) -> (usize, usize) {
    let (mut opened, mut all) = (0, 0);
    for id in ids(store).await {
        all += 1;
        opened += usize::from(OpenArchive::open(store.clone(), id, keys).await.is_ok());
    }
    (opened, all)
}

async fn ids(store: &Arc<dyn Store>) -> Vec<ArchiveId> {
    let objects = store.list(aitta_engine::store::ARCHIVES).await.unwrap();
    objects.iter().filter_map(|object| aitta_engine::store::id_of(&object.name)).collect()
}

/// Every archive opens with the new key alone, and none with the old one.
#[track_caller]
fn expect_moved(with_new: (usize, usize), with_old: (usize, usize), archives: usize) {
    assert_eq!((with_new, with_old), ((archives, archives), (0, archives)));
}
