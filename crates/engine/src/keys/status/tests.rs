#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::keys::fixture::Place;
use crate::keys::{self, KeyInputs, RETIRED_VARIABLE};

#[tokio::test]
async fn an_empty_ring_is_a_status_and_no_error() {
    let place = Place::new().await;
    let ring = status(place.context()).await.unwrap();
    assert_eq!((ring.kept.as_str(), ring.keys.len(), ring.overdue), ("memory", 0, false));
    assert_eq!(active(place.context()).await.unwrap(), None);
}

#[tokio::test]
async fn each_key_is_told_with_the_archives_that_it_opens() {
    let place = Place::new().await;
    let first = place.new_key().await;
    place.backup().await;
    place.backup().await;
    let second = place.new_key().await;
    place.backup().await;
    let pending = keys::create(place.context(), None).await.unwrap();
    let ring = status(place.context()).await.unwrap();
    let told: Vec<_> = ring
        .keys
        .iter()
        .map(|key| (key.key_id.clone(), key.state, key.archives, key.archives_alone))
        .collect();
    assert_eq!(
        told,
        [
            (pending.key_id, KeyState::Pending, Some(0), Some(0)),
            (second.key_id, KeyState::Active, Some(1), Some(1)),
            (first.key_id, KeyState::Retired, Some(2), Some(2)),
        ]
    );
    std::fs::remove_dir_all(place.scratch.dir.join("store")).unwrap();
    let ring = status(place.context()).await.unwrap();
    assert!(ring.keys.iter().all(|key| key.archives.is_none()), "nothing is counted that can't be seen");
}

#[tokio::test]
async fn after_ninety_days_the_key_is_overdue() {
    let place = Place::new().await;
    place.new_key().await;
    let ring = status(place.context()).await.unwrap();
    assert_eq!((ring.due, ring.overdue), (Some("2027-01-30T12:00:00Z".parse().unwrap()), false));
    place.clock.advance(Duration::from_secs(90 * 24 * 3600));
    assert!(status(place.context()).await.unwrap().overdue);
}

#[tokio::test]
async fn the_environment_comes_first_and_it_is_said_so() {
    let place = Place::new().await;
    let kept = place.new_key().await;
    let [active, retired] = [(); 2].map(|()| keys::generate().unwrap());
    let environment = [(KEY_VARIABLE, active.key), (RETIRED_VARIABLE, retired.key)]
        .map(|(name, value)| (name.to_owned(), value.into()))
        .into_iter()
        .collect();
    let inputs =
        crate::config::Inputs { profile: None, file: None, environment, folder: place.scratch.dir.clone() };
    let mut context = place.context().clone();
    context.key_inputs = Arc::new(KeyInputs::of(&inputs));
    context.found_keys = Arc::default();
    let ring = status(&context).await.unwrap();
    assert_eq!(ring.kept, "environment");
    let overrides = ring.overrides.unwrap();
    assert!(overrides.contains("memory") && overrides.contains(&kept.key_id), "{overrides}");
    let told: Vec<_> = ring.keys.iter().map(|key| (key.key_id.clone(), key.state)).collect();
    assert_eq!(told, [(active.key_id, KeyState::Active), (retired.key_id, KeyState::Retired)]);
}
