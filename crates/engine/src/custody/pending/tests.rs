#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use aitta_model::ErrorCode;

use super::super::fixture::Place;
use super::pending;

#[tokio::test]
async fn what_is_no_archive_needs_no_key() {
    let place = Place::new().await;
    let old = place.new_key().await;
    let archives = [place.backup().await, place.backup().await, place.backup().await];
    place.new_key().await;
    std::fs::write(place.archive(&archives[0]), "shorter than a header").unwrap();
    std::fs::write(place.archive(&archives[1]), vec![7; 5_000]).unwrap();
    let open = pending(place.context()).await.unwrap().unwrap();
    assert_eq!((open.from, open.archives, open.done), (old.key_id, 3, 2));
}

#[tokio::test]
async fn a_store_that_is_missing_has_no_archives_only_before_the_first_backup() {
    let mut place = Place::new().await;
    place.new_key().await;
    place.backup().await;
    place.new_key().await;
    std::fs::remove_dir_all(place.context().store.location()).unwrap();
    let error = pending(place.context()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreMissing);
    Arc::make_mut(&mut place.scratch.context.profile).create_store = true;
    assert!(pending(place.context()).await.unwrap().is_none());
}
