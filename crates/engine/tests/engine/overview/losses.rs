//! Which rows are asked about, and who may answer.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn half_a_table_that_was_deleted_is_not_safe() {
    let (scene, before, after) = Scene::with_a_loss().await;
    let lost = [TableLoss {
        name: "EmailNotification".to_owned(),
        rows_before: 10_000,
        rows: Some(5_000),
        archive: Some(before),
        since: "2026-11-02T02:00:00Z".parse().unwrap(),
    }];
    assert_eq!(
        scene.verdict().await,
        Verdict::Shrunk { archive: after, tables: lost.to_vec(), failure: None }
    );

    scene.at(2);
    let again = scene.back_up().await;
    assert_eq!(
        scene.verdict().await,
        Verdict::Shrunk { archive: again, tables: lost.to_vec(), failure: None },
        "what is backed up once more is still lost"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loss_is_meant_only_when_somebody_says_so_and_why() {
    let (scene, before, after) = Scene::with_a_loss().await;
    let silent = scene.accept(&after, None).await.unwrap_err();
    assert_eq!(silent.code(), ErrorCode::ReasonMissing);
    assert_eq!(silent.to_string(), "a confirmation of a loss needs a reason, for the audit trail");
    let unknown = scene.accept("backup-1793584800000-deadbeef", Some("routine")).await.unwrap_err();
    assert_eq!(unknown.code(), ErrorCode::ArchiveNotFound);
    let older = scene.accept(&before, Some("routine")).await.unwrap_err();
    assert_eq!(older.code(), ErrorCode::ConfigInvalid);
    assert!(older.to_string().contains(&after), "{older} names the newest");
    assert!(matches!(scene.verdict().await, Verdict::Shrunk { .. }));

    let accepted = scene.accept(&after, Some("routine: mail of the old season")).await.unwrap();
    assert_eq!(accepted.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["EmailNotification"]);
    assert_eq!(scene.verdict().await, Verdict::NeverRestored);
    let query = AuditQuery { operation: Some(Operation::AcceptLoss.into()), ..AuditQuery::default() };
    let records = trail::list(&scene.context, query).await.unwrap().records;
    let [ended, begun] = [&records[0].entry, &records[1].entry];
    let reason = begun.reason.as_ref().unwrap();
    assert_eq!((reason.code, reason.text.as_str()), (ReasonCode::Routine, "mail of the old season"));
    assert_eq!(begun.archive.as_deref(), Some(after.as_str()));
    assert!(!begun.actor.user.is_empty());
    assert_eq!((ended.begun, ended.figures.get("tables")), (Some(begun.entry), Some(&1)));
    assert_eq!(
        scene.accept(&after, Some("routine")).await.unwrap_err().code(),
        ErrorCode::ConfigInvalid,
        "there is nothing to accept any more"
    );

    scene.at(2);
    scene.back_up().await;
    assert_eq!(scene.verdict().await, Verdict::NeverRestored, "it stays meant");
    scene.execute("DELETE FROM \"EmailNotification\"").await;
    scene.at(3);
    scene.back_up().await;
    assert!(matches!(scene.verdict().await, Verdict::Shrunk { .. }), "the next loss was not meant with it");
}

/// What can't be looked at has not lost nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_loss_that_is_not_known_is_not_denied() {
    let (scene, _, after) = Scene::with_a_loss().await;
    let (store, away) = (scene.path().join("store"), scene.path().join("away"));
    std::fs::rename(&store, &away).unwrap();
    let error = scene.accept(&after, Some("routine")).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreMissing);
    std::fs::rename(&away, &store).unwrap();
    scene.damage(&after).await;
    let error = scene.accept(&after, Some("routine")).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ArchiveDamaged);
}

/// Without the backup that showed it there is nothing to ask about.
#[tokio::test(flavor = "multi_thread")]
async fn a_loss_is_of_an_archive_that_is_there() {
    let (scene, before, after) = Scene::with_a_loss().await;
    let store = scene.path().join("store");
    std::fs::remove_file(store.join(archive_name(&after))).unwrap();
    assert_eq!(scene.verdict().await, Verdict::NeverRestored);
    let error = scene.accept(&before, Some("routine")).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConfigInvalid);
    scene.at(2);
    let again = scene.back_up().await;
    let Verdict::Shrunk { archive, tables, .. } = scene.verdict().await else { panic!("it is lost again") };
    assert_eq!((&archive, tables[0].archive.as_ref()), (&again, Some(&before)));
    scene.accept(&again, Some("routine")).await.unwrap();
    assert_eq!(scene.verdict().await, Verdict::NeverRestored);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loss_does_not_hide_that_backups_fail() {
    let (scene, _, _) = Scene::with_a_loss().await;
    scene.at(2);
    scene.fail_once().await;
    let Verdict::Shrunk { failure: Some(failure), .. } = scene.verdict().await else {
        panic!("both are true")
    };
    assert_eq!(failure.code, ErrorCode::StoreMissing);
}

/// Each of these is below the share.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_deleted_a_few_at_a_time_are_asked_about_once() {
    let scene = Scene::new().await;
    let first = scene.back_up().await;
    for (day, fewer) in [(1, 7), (2, 8), (3, 9)] {
        scene.execute(&format!("DELETE FROM \"EmailNotification\" WHERE rowid % {fewer} = 0")).await;
        scene.at(day * 24 * 60);
        scene.back_up().await;
    }
    let Verdict::Shrunk { archive, tables, .. } = scene.verdict().await else { panic!("they erode") };
    let [lost] = tables.as_slice() else { panic!("{tables:?}") };
    assert_eq!((lost.name.as_str(), lost.rows_before), ("EmailNotification", 10_000));
    assert_eq!(lost.archive.as_ref(), Some(&first), "the one that has them all");
    assert!(lost.share() > 0.2, "{lost:?}");
    scene.accept(&archive, Some("routine")).await.unwrap();
    scene.at(4 * 24 * 60);
    scene.back_up().await;
    assert_eq!(scene.verdict().await, Verdict::NeverRestored, "what was meant is not asked about again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_named_in_the_configuration_may_lose_its_rows() {
    let (mut scene, _, _) = Scene::with_a_loss().await;
    let profile = (*scene.context.profile).clone();
    let named = Profile { table_loss_ignore: vec!["EmailNotification".to_owned()], ..profile };
    scene.context.profile = Arc::new(named);
    assert_eq!(scene.verdict().await, Verdict::NeverRestored);
}

/// Whoever can write into the catalog can enter a run. What nobody has said, with a reason, is in no trail.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_forged_into_the_catalog_accepts_no_loss() {
    let (scene, before, after) = Scene::with_a_loss().await;
    for audit in ["NULL", "1", "(SELECT max(entry) FROM audit)"] {
        scene
            .forge(&format!(
                "INSERT INTO runs (profile, operation, outcome, started_ms, ended_ms, archive, alive, report, audit)
                 VALUES ('carwash', 'accept_loss', 'succeeded', 1, 2, '{after}', '', '{{}}', {audit})"
            ))
            .await;
        assert!(matches!(scene.verdict().await, Verdict::Shrunk { .. }), "{audit}");
    }
    // Nor do entries at the end of the trail that nobody has signed, or that say that it failed.
    scene.forge("DROP TRIGGER audit_is_added_to_at_its_end").await;
    scene.forge("DROP TRIGGER audit_is_not_deleted").await;
    scene.forge("UPDATE runs SET audit = 98 WHERE operation = 'accept_loss'").await;
    let signed = ("'00'", "'k'", "succeeded");
    for (begun, ended) in [
        (("NULL", "'k'", ""), signed),
        (("'00'", "NULL", ""), signed),
        (signed, ("NULL", "'k'", "succeeded")),
        (signed, ("'00'", "NULL", "succeeded")),
        (signed, ("'00'", "'k'", "failed")),
    ] {
        for (entry, of, (tag, key, outcome)) in [(98, "NULL", begun), (99, "98", ended)] {
            let body = format!(
                "json_object('entry', {entry}, 'begun', {of}, 'operation', 'accept_loss', 'profile', 'carwash',
                             'archive', '{after}', 'signed_by', {key}, 'outcome', '{outcome}')"
            );
            let insert =
                format!("INSERT INTO audit (entry, body, hash, tag) VALUES ({entry}, {body}, '', {tag})");
            scene.forge(&insert).await;
        }
        assert!(matches!(scene.verdict().await, Verdict::Shrunk { .. }), "{begun:?} {ended:?}");
        scene.forge("DELETE FROM audit WHERE entry >= 98").await;
    }
    scene.forge("DELETE FROM runs WHERE operation = 'accept_loss'").await;
    // Nor does what was said of one backup count for another.
    scene.accept(&after, Some("routine")).await.unwrap();
    scene.forge(&format!("UPDATE runs SET archive = '{before}' WHERE operation = 'accept_loss'")).await;
    assert!(matches!(scene.verdict().await, Verdict::Shrunk { .. }));
}

/// What nobody could tell from a forgery counts for nothing, so it is not taken for an answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_loss_is_not_accepted_without_a_key_that_signs_it() {
    let (mut scene, _, after) = Scene::with_a_loss().await;
    let ring = scene.context.key_ring.take();
    scene.context.vault = Arc::new(MemoryVault::default());
    scene.context.key_inputs = Arc::default();
    let refused = scene.accept(&after, Some("routine")).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::KeyMissing);
    let runs = runs::list(&scene.context, 10).await.unwrap();
    assert!(runs.iter().all(|run| run.operation != Operation::AcceptLoss), "{runs:?}");
    scene.context.key_ring = ring;
    scene.accept(&after, Some("routine")).await.unwrap();
}

/// On a new machine, or after its catalog was lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_catalog_says_what_it_cannot_compare_until_it_is_rebuilt() {
    let (mut scene, before, after) = Scene::with_a_loss().await;
    let profile = Profile { data_dir: scene.path().join("new"), ..(*scene.context.profile).clone() };
    let fresh = Context::new(profile).await.unwrap();
    scene.context = Context { catalog: fresh.catalog, profile: fresh.profile, ..scene.context.clone() };
    let request = VerifyRequest { scope: VerifyScope::All, level: VerifyLevel::Stored };
    verify::verify(&scene.context, request, &Silent).await.unwrap();
    let seen = scene.overview().await;
    assert_eq!((seen.verdict, seen.uncompared), (Verdict::NeverRestored, 2));
    archives::rebuild(&scene.context).await.unwrap();
    let seen = scene.overview().await;
    let Verdict::Shrunk { archive, tables, .. } = seen.verdict else { panic!("{:?}", seen.verdict) };
    assert_eq!((&archive, tables[0].archive.as_ref(), seen.uncompared), (&after, Some(&before), 0));
}

/// A machine that was off for a season.
#[tokio::test(flavor = "multi_thread")]
async fn a_loss_after_half_a_year_without_backups_is_asked_about() {
    let scene = Scene::new().await;
    let before = scene.back_up().await;
    scene.execute(HALF_GONE).await;
    scene.at(200 * 24 * 60);
    scene.back_up().await;
    let Verdict::Shrunk { tables, .. } = scene.verdict().await else { panic!("half of a table is gone") };
    assert_eq!(tables[0].archive.as_ref(), Some(&before));
}
