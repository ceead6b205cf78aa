#![expect(clippy::unwrap_used, reason = "tests")]

use aitta_keys::HeldKey;
use aitta_model::{CreateKeyRequest, KeyState};

use crate::custody::fixture::Place;
use crate::custody::{self, status};
use crate::reading::headers;

/// A place with two archives of one key and one of another, and then with an empty vault, as on a new machine.
async fn on_a_new_machine() -> (Place, [aitta_model::RecoveryKit; 2]) {
    let mut place = Place::new().await;
    let first = place.new_key().await;
    place.backup().await;
    place.backup().await;
    let second = place.new_key().await;
    place.backup().await;
    place.scratch.context.vault = std::sync::Arc::new(aitta_keys::MemoryVault::default());
    place.scratch.context.forget_keys();
    (place, [first, second])
}

#[tokio::test]
async fn keys_that_archives_need_and_that_are_missing_are_named_with_what_they_open() {
    let (place, [first, second]) = on_a_new_machine().await;
    let told = async || {
        let missing = status(place.context()).await.unwrap().missing;
        missing.into_iter().map(|need| (need.key_id, need.archives)).collect::<Vec<_>>()
    };
    assert_eq!(told().await, [(first.key_id.clone(), 2), (second.key_id.clone(), 1)]);
    let newest = headers::all(place.context()).await.unwrap()[0].id;
    let of_second = status(place.context()).await.unwrap().missing.remove(1);
    assert_eq!(of_second.newest, aitta_store::created_at(newest.created_ms()));

    place.import(&first).await;
    assert_eq!(told().await, [(second.key_id.clone(), 1)]);
    let ring = place.import(&second).await;
    assert_eq!(ring.missing, []);
}

/// Whoever may write into a store can put the id of a key at hand into a header.
#[tokio::test]
async fn an_id_in_a_header_does_not_count_as_opened() {
    let place = Place::new().await;
    let key = place.new_key().await;
    let id = place.backup().await;
    let path = place.archive(&id);
    let mut bytes = std::fs::read(&path).unwrap();
    // The wrapped data key in the first slot (docs/format.md): the id before it stays.
    bytes[512 + 100] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let ring = place.context().keys().await.unwrap();
    let mut needs = super::Needs::default();
    for archive in headers::all(place.context()).await.unwrap() {
        needs.add(&archive, Some(&ring));
    }
    assert_eq!((needs.at_hand(), needs.missing(), needs.unclear()), (vec![], vec![], 1), "{}", key.key_id);
}

/// Its kit is not what lacks, so it is not asked for.
#[tokio::test]
async fn a_key_that_waits_for_its_confirmation_is_not_missing() {
    let place = Place::new().await;
    let old = place.new_key().await;
    place.backup().await;
    let vault: std::sync::Arc<dyn aitta_keys::KeyVault> =
        std::sync::Arc::new(aitta_keys::MemoryVault::default());
    let context = crate::Context { vault: vault.clone(), ..place.context().clone() };
    context.forget_keys();
    // Made elsewhere, such as in another window, and not confirmed here.
    let key = HeldKey::of_kit(&old.text).unwrap();
    key.keep(vault.as_ref()).unwrap();
    aitta_keys::change_or_begin(vault.as_ref(), &context.profile.data_dir, |index| {
        index.put(aitta_keys::Entry {
            asked: vec![3, 12],
            ..aitta_keys::Entry::new(old.key_id.clone(), KeyState::Pending, None)
        });
        Ok(())
    })
    .unwrap();
    let ring = custody::status(&context).await.unwrap();
    assert_eq!(ring.missing, []);
    assert_eq!(ring.keys[0].asked, [3, 12], "they can still be typed");
    // One that is only made has nothing that it could be missed for.
    custody::create(&context, CreateKeyRequest::default()).await.unwrap();
    assert_eq!(custody::status(&context).await.unwrap().missing, []);
}
