#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use aitta_keys::{self as keys, RETIRED_VARIABLE};
use aitta_model::CreateKeyRequest;

use super::*;
use crate::custody;
use crate::custody::fixture::Place;

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
    let pending = custody::create(place.context(), CreateKeyRequest::default()).await.unwrap();
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
    assert!(ring.keys.iter().all(|key| key.archives_alone.is_none()));
    assert_eq!(ring.unseen[0].1.code, ErrorCode::StoreMissing);
}

/// A copy that was left with the old key, as when its store was away during a rotation, needs that key; while the store
/// is away, the count is unknown.
#[tokio::test]
async fn what_the_copies_need_counts_too() {
    let mut place = Place::new().await;
    let second = place.scratch.dir.join("second");
    std::fs::create_dir(&second).unwrap();
    let mut profile = place.context().profile.as_ref().clone();
    profile.copies = vec![aitta_store::CopyStore {
        store: aitta_store::StoreConfig::Local { dir: second.clone() },
        login: aitta_store::StoreLogin::default(),
        quota_bytes: None,
    }];
    place.scratch.context.profile = Arc::new(profile);
    let old = place.new_key().await;
    let id = place.backup().await;
    let copy = second.join(aitta_store::archive_name(&id));
    let with_old_key = std::fs::read(&copy).unwrap();
    place.new_key().await;
    let told = async |place: &Place| {
        let ring = status(place.context()).await.unwrap();
        let key = ring.keys.iter().find(|key| key.key_id == old.key_id).unwrap().clone();
        (key, ring.unseen)
    };
    let (key, unseen) = told(&place).await;
    assert_eq!((key.archives, key.archives_alone), (Some(1), Some(1)), "a copy is the same archive");
    assert_eq!((key.needed_in.len(), unseen.len()), (2, 0), "{unseen:?}");
    let rotation = aitta_model::RotateRequest { reason: Some("routine".to_owned()), ..Default::default() };
    crate::rotation::rotate(place.context(), rotation, &crate::Silent).await.unwrap();
    let (key, unseen) = told(&place).await;
    assert_eq!((key.archives, key.archives_alone), (Some(0), Some(0)), "{unseen:?}");
    assert!(key.needed_in.is_empty() && unseen.is_empty() && key.destroyable_from.is_some());

    let rotated = std::fs::read(&copy).unwrap();
    std::fs::write(&copy, with_old_key).unwrap();
    let (key, _) = told(&place).await;
    assert_eq!((key.archives, key.archives_alone), (Some(1), Some(1)));
    assert_eq!(key.needed_in, [place.context().copies()[0].store.location()]);
    std::fs::write(&copy, [&[0u8; 4096], &rotated[4096..]].concat()).unwrap();
    let (key, unseen) = told(&place).await;
    assert_eq!(key.archives_alone, None, "a header that can't be read may need it");
    assert!(unseen[0].1.message.contains(&id), "{unseen:?}");
    std::fs::write(&copy, rotated).unwrap();

    // Away, and then an empty folder where its disk is mounted otherwise.
    let location = place.context().copies()[0].store.location();
    std::fs::rename(&second, place.scratch.dir.join("away")).unwrap();
    for code in [ErrorCode::StoreMissing, ErrorCode::ArchiveNotFound] {
        let (key, unseen) = told(&place).await;
        assert_eq!((key.archives, key.archives_alone), (Some(0), None), "nobody knows");
        assert_eq!((unseen.len(), &unseen[0].0, unseen[0].1.code), (1, &location, code), "{unseen:?}");
        std::fs::create_dir_all(second.join("backups")).unwrap();
    }
    // Nor can it be said of one store alone.
    let there = place.context().clone().at_place(1).unwrap();
    let ring = status(&there).await.unwrap();
    assert!(ring.unseen.iter().any(|(what, _)| what.contains("the other stores")), "{:?}", ring.unseen);
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
    let inputs = crate::config::Inputs {
        profile: None,
        file: None,
        environment,
        folder: place.scratch.dir.clone(),
        keychain: std::sync::Arc::new(aitta_keys::NoKeychain),
    };
    let mut context = place.context().clone();
    context.key_inputs = Arc::new(inputs.keys());
    context.found_keys = Arc::default();
    let ring = status(&context).await.unwrap();
    assert_eq!(ring.kept, "environment");
    let overrides = ring.overrides.unwrap();
    assert!(overrides.contains("memory") && overrides.contains(&kept.key_id), "{overrides}");
    let told: Vec<_> = ring.keys.iter().map(|key| (key.key_id.clone(), key.state)).collect();
    assert_eq!(told, [(active.key_id, KeyState::Active), (retired.key_id, KeyState::Retired)]);
}
