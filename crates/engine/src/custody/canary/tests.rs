#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use crate::custody;
use crate::custody::fixture::Place;
use crate::overview;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_backup_is_the_first_test_of_its_key() {
    let place = Place::new().await;
    place.new_key().await;
    let status = async || overview::overview(place.context()).await.unwrap().key.unwrap();
    assert_eq!(status().await.tested, None, "not tested");
    let canary = custody::check(place.context()).await.unwrap();
    assert_eq!((canary.archive, canary.failure), (None, None));
    let id = place.backup().await;
    let tested = status().await.tested.unwrap();
    assert_eq!((tested.archive, tested.failure), (Some(id.clone()), None));
    assert_eq!(custody::check(place.context()).await.unwrap().archive, Some(id));
    let due = status().await.due.unwrap();
    assert_eq!(due, "2027-01-30T12:00:00Z".parse().unwrap(), "90 days after it was made");
}

#[tokio::test]
async fn a_key_that_opens_nothing_is_found_within_a_day_and_stops_no_backup() {
    let place = Place::new().await;
    place.new_key().await;
    let archive = place.backup().await;
    let other = Place::new().await;
    let kit = other.new_key().await;
    // The ring of another machine.
    let mut context = place.context().clone();
    context.vault = other.context().vault.clone();
    context.found_keys = std::sync::Arc::default();
    let wrong = custody::check(&context).await.unwrap();
    assert_eq!(wrong.archive, Some(archive));
    assert_eq!(wrong.failure.clone().unwrap().code, ErrorCode::KeyWrong);
    let shown = overview::overview(&context).await.unwrap().key.unwrap();
    assert_eq!((shown.key_id, shown.tested), (kit.key_id, Some(wrong)));
    let status = custody::status(&context).await.unwrap();
    assert!(status.canary.unwrap().failure.is_some());

    let mut place = place;
    place.scratch.context = context;
    let report = place.backup_report().await;
    assert!(report.notes.iter().any(|note| note.contains("test of the key failed")), "{:?}", report.notes);
    let report = place.backup_report().await;
    assert!(
        !report.notes.iter().any(|note| note.contains("test of the key")),
        "the archive before was read back: {:?}",
        report.notes
    );
}

#[tokio::test]
async fn it_is_tried_once_a_day_unless_somebody_asks() {
    let place = Place::new().await;
    place.new_key().await;
    let archive = place.backup().await;
    let path = place.archive(&archive);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    assert_eq!(check_if_due(place.context()).await, None, "tested within the day");
    place.clock.advance(HOUR * 25);
    let note = check_if_due(place.context()).await.unwrap();
    assert!(note.contains(&archive), "{note}");
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(check_if_due(place.context()).await, None, "a failure is tried again at once");
}

#[tokio::test]
async fn an_archive_that_only_a_retired_key_opens_is_said_so() {
    let place = Place::new().await;
    let old = place.new_key().await;
    place.backup().await;
    let new = place.new_key().await;
    let canary = custody::check(place.context()).await.unwrap();
    assert_eq!((canary.archive, canary.failure), (None, None), "there is nothing yet that it should open");
    custody::make_active(place.context(), &old.key_id).await.unwrap();
    place.backup().await;
    custody::make_active(place.context(), &new.key_id).await.unwrap();
    let failure = custody::check(place.context()).await.unwrap().failure.unwrap();
    assert_eq!(failure.code, ErrorCode::KeyWrong);
    assert!(
        failure.message.contains("retired key") && failure.hint.contains("aitta key rotate"),
        "{failure:?}"
    );
    std::fs::remove_dir_all(place.scratch.dir.join("store")).unwrap();
    let failure = custody::check(place.context()).await.unwrap().failure.unwrap();
    assert_eq!(failure.code, ErrorCode::StoreMissing);
}

/// As many as the test looks at, and more: it goes on to the newest one that nobody has disowned.
#[tokio::test]
async fn archives_that_were_disowned_do_not_fail_the_test_of_the_key() {
    let place = Place::new().await;
    place.new_key().await;
    let ours = place.backup().await;
    let noise: Vec<String> = (0..17).map(|n| format!("backup-98426848000{n:02}-a1b2c3d4")).collect();
    for id in &noise {
        std::fs::write(place.archive(id), [7; 5000]).unwrap();
    }
    let found = custody::check(place.context()).await.unwrap();
    assert_eq!(found.archive.as_ref(), noise.last(), "{found:?}");
    assert!(found.failure.is_some());
    for id in noise {
        let request =
            aitta_model::DisownRequest { id, reason: Some("routine".to_owned()), ..Default::default() };
        crate::archives::disown(place.context(), request).await.unwrap();
    }
    let found = custody::check(place.context()).await.unwrap();
    assert_eq!((found.archive, found.failure), (Some(ours), None));
}
