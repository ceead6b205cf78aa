//! What the review of a month says.

use aitta_engine::archives::delete;
use aitta_model::{DeleteRequest, ProveRequest, Review};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_month_is_reviewed_beside_the_one_before() {
    let scene = Scene::new().await;
    let october: Timestamp = "2026-10-20T02:00:00Z".parse().unwrap();
    scene.clock.set(october);
    scene.back_up().await;
    scene.execute("DELETE FROM \"Testimonial\"").await;
    scene.at(0);
    scene.fail_once().await;
    scene.at(10);
    scene.back_up().await;

    let month: Date = "2026-11-15".parse().unwrap();
    let seen = review(&scene.context, Some(month)).await.unwrap();
    assert_eq!((seen.month.first.day(), seen.before.first.month()), (1, 10));
    assert_eq!((seen.month.history.backups.len(), seen.before.history.backups.len()), (1, 1));
    assert_eq!(seen.before.history.days.len(), 31);
    assert_eq!(seen.failures.len(), 1);
    assert_eq!(seen.failures[0].failure.as_ref().unwrap().code, ErrorCode::StoreMissing);
    assert_eq!(seen.tables.len(), 1, "only one has changed: {:?}", seen.tables);
    assert_eq!((seen.tables[0].name.as_str(), seen.tables[0].rows), ("Testimonial", Some(0)));
    assert_eq!((seen.losses.len(), seen.losses[0].loss.rows), (1, Some(0)), "{:?}", seen.losses);
    assert!(seen.month.longest_restore_ms.is_none() && seen.month.median_duration_ms.is_some());
    let error = review(&scene.context, Some("2027-01-01".parse().unwrap())).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConfigInvalid);
}

/// The review, looked at two hours after the last deed.
async fn seen(scene: &Scene) -> Review {
    scene.at(600);
    review(&scene.context, Some("2026-11-01".parse().unwrap())).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_in_which_a_table_was_destroyed_and_brought_back_says_so_with_person_and_reason() {
    let (scene, before, _) = Scene::with_a_loss().await;
    scene.at(5);
    scene.restore(&before, &["EmailNotification"], None).await;
    scene.at(10);
    scene.back_up().await;
    scene.at(15);
    let request = ProveRequest { reason: Some("drill: monthly".to_owned()), ..ProveRequest::default() };
    restore::prove(&scene.context, request, &Silent).await.unwrap();
    let seen = seen(&scene).await;

    let loss = &seen.losses[0];
    assert_eq!(
        (loss.loss.name.as_str(), loss.loss.rows, loss.meant),
        ("EmailNotification", Some(5_000), false)
    );
    let minute = |at: Timestamp| {
        (at.as_second() - "2026-11-02T02:00:00Z".parse::<Timestamp>().unwrap().as_second()) / 60
    };
    assert_eq!((minute(loss.found), loss.back.map(minute)), (1, Some(10)));

    let [proof, table] = seen.deeds.as_slice() else { panic!("{:?}", seen.deeds) };
    assert!(proof.proof && !table.proof, "{:?}", seen.deeds);
    assert_eq!(table.tables, ["EmailNotification"]);
    assert!(table.target.as_ref().is_some_and(|target| target.ends_with("carwash.db")), "{table:?}");
    assert_eq!(proof.reason.as_ref().map(|reason| reason.text.as_str()), Some("monthly"));
    for deed in &seen.deeds {
        assert!(!deed.actor.user.is_empty());
        assert_eq!(deed.reason.as_ref().map(|reason| reason.code), Some(ReasonCode::Drill));
        let run = runs::show(&scene.context, deed.run.unwrap()).await.unwrap();
        assert_eq!(run.run.operation, Operation::Restore);
    }
    assert_eq!((seen.proven.map(minute), seen.drilled.map(minute)), (Some(15), Some(15)));
    assert!(seen.trail_intact && seen.refused_codes == 0);
    assert!(seen.storage.is_some_and(|storage| storage.archives >= 3));
}

/// A proof that fails has overwritten nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_test_restore_that_failed_does_not_stand_there_as_a_restore() {
    let scene = Scene::new().await;
    let id = scene.back_up().await;
    scene.at(5);
    let file = scene.path().join("store").join(archive_name(&id));
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    restore::prove(&scene.context, ProveRequest::default(), &Silent).await.unwrap_err();
    let seen = seen(&scene).await;
    assert!(seen.deeds.len() == 1 && seen.deeds[0].proof, "{:?}", seen.deeds);
    assert_eq!(seen.proven, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_and_a_loss_that_was_meant_are_told_as_such() {
    let (scene, before, after) = Scene::with_a_loss().await;
    scene.at(5);
    scene.accept(&after, Some("routine: old messages")).await.unwrap();
    scene.at(10);
    let request =
        DeleteRequest { id: before, reason: Some("routine: tidying".to_owned()), ..DeleteRequest::default() };
    delete(&scene.context, request).await.unwrap();
    let seen = seen(&scene).await;
    assert!(seen.losses.len() == 1 && seen.losses[0].meant, "{:?}", seen.losses);
    let operations: Vec<Operation> = seen.deeds.iter().filter_map(|deed| deed.operation.known()).collect();
    assert_eq!(operations, [Operation::Delete, Operation::AcceptLoss]);
}

/// Somebody who has the file of the catalog takes a restore out of the trail.
#[tokio::test(flavor = "multi_thread")]
async fn a_month_with_an_altered_trail_is_not_told_as_complete() {
    let (scene, before, _) = Scene::with_a_loss().await;
    scene.restore(&before, &["EmailNotification"], None).await;
    scene.forge("DROP TRIGGER audit_is_not_deleted").await;
    scene.forge("DELETE FROM audit WHERE json_valid(body) AND body ->> '$.operation' = 'restore'").await;
    assert!(!seen(&scene).await.trail_intact);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_review_opens_with_the_last_month_that_is_over_of_which_anything_is_known() {
    let scene = Scene::new().await;
    let chosen = async || review(&scene.context, None).await.unwrap();
    assert_eq!(chosen().await.month.first, "2026-11-01".parse::<Date>().unwrap(), "nothing is known yet");
    scene.back_up().await;
    let seen = chosen().await;
    assert_eq!(seen.month.first, "2026-11-01".parse::<Date>().unwrap());
    assert_eq!(seen.since, Some("2026-11-02".parse().unwrap()));
    scene.clock.set("2026-12-01T08:00:00Z".parse().unwrap());
    assert_eq!(chosen().await.month.first, "2026-11-01".parse::<Date>().unwrap());
    scene.clock.set("2027-02-01T08:00:00Z".parse().unwrap());
    assert_eq!(chosen().await.month.first, "2027-01-01".parse::<Date>().unwrap());
}

/// As the page rounds it for the chart of the same month, to the even one of two halves.
#[tokio::test(flavor = "multi_thread")]
async fn a_month_names_the_median_that_its_chart_names() {
    let scene = Scene::new().await;
    scene.back_up().await;
    scene.at(10);
    scene.back_up().await;
    // What counts is taken from the reports first.
    scene.overview().await;
    scene.forge("UPDATE backups SET duration_ms = 97 + (run = (SELECT max(run) FROM backups))").await;
    let month = review(&scene.context, Some("2026-11-15".parse().unwrap())).await.unwrap().month;
    let durations: Vec<u64> = month.history.backups.iter().map(|backup| backup.duration_ms).collect();
    assert_eq!(durations, [97, 98]);
    assert_eq!(month.median_duration_ms, Some(98), "97.5 ms is 98 ms in the chart");
}
