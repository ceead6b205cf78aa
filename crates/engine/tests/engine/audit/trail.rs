//! What is written, by whom, in which order; and how it is read.

use std::sync::Arc;

use aitta_engine::{Context, Progress, backup, runs, trail, verify};
use aitta_model::{
    AuditFormat, AuditQuery, AuditRecord, AuditStage, BackupRequest, ErrorCode, Language, Operation,
    ProgressEvent,
};
use tokio::sync::Notify;

use super::scene::{ENTRIES, Scene, context, newest, run};

#[tokio::test(flavor = "multi_thread")]
async fn several_at_once_make_one_chain() {
    let scene = Scene::with_past().await;
    let mut tasks = Vec::new();
    for _ in 0..4 {
        // Each with a catalog of its own, as processes have.
        let context = context(scene.dir.path(), "data").await;
        tasks.push(tokio::spawn(async move {
            for _ in 0..5 {
                verify::verify(&context, newest(), &aitta_engine::Silent).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let status = scene.verify().await;
    assert_eq!((status.entries, status.signed_to, status.fault), (ENTRIES + 40, Some(ENTRIES + 40), None));
}

/// Tells when the work has begun.
struct Begun(Arc<Notify>);

impl Progress for Begun {
    fn event(&self, _: ProgressEvent) {
        self.0.notify_one();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_began_is_brought_to_its_end_by_the_next() {
    let scene = Scene::new().await;
    let begun = Arc::new(Notify::new());
    let progress = Begun(begun.clone());
    tokio::select! {
        _ = backup::create(&scene.context, BackupRequest::default(), &progress) => panic!("too quick"),
        // The work is dropped, as a kill does.
        () = begun.notified() => {}
    }
    runs::list(&scene.context, 1).await.unwrap();
    runs::list(&scene.context, 1).await.unwrap();
    let list = trail::list(&scene.context, AuditQuery::default()).await.unwrap();
    assert_eq!(list.total, 2, "{list:?}");
    let ended = &list.records[0].entry;
    assert_eq!(
        (ended.stage, ended.begun, ended.failure),
        (AuditStage::Ended, Some(1), Some(ErrorCode::Interrupted))
    );
    assert_eq!((list.chain.fault, list.chain.signed_to), (None, Some(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_trail_nothing_is_done() {
    let scene = Scene::new().await;
    let mut file = scene.open().await;
    run(&mut file, "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        .await;
    let refused =
        backup::create(&scene.context, BackupRequest::default(), &aitta_engine::Silent).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::AuditFailed);
    assert!(refused.to_string().starts_with("the backup was not begun"), "{refused}");
    assert!(!scene.dir.path().join("store/backups").exists());
    let failed = runs::list(&scene.context, 5).await.unwrap();
    assert_eq!(failed[0].failure.as_ref().unwrap().code, ErrorCode::AuditFailed, "seen on the dashboard");
    // When the end can't be written the archive is there, and the error says so.
    run(&mut file, "DROP TRIGGER full").await;
    run(
        &mut file,
        "CREATE TRIGGER full BEFORE INSERT ON audit WHEN NEW.body LIKE '%\"ended\"%'
         BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    )
    .await;
    let unnoted =
        backup::create(&scene.context, BackupRequest::default(), &aitta_engine::Silent).await.unwrap_err();
    assert!(unnoted.to_string().contains("is done, but could not be recorded"), "{unnoted}");
    assert_eq!(std::fs::read_dir(scene.dir.path().join("store/backups")).unwrap().count(), 1);
    assert_eq!(scene.verify().await.fault, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_first_entry_keeps_nobody_from_a_backup() {
    let scene = Scene::with_past().await;
    run(&mut scene.open().await, "UPDATE audit SET body = 'x' WHERE entry = 1").await;
    scene.backup().await;
    assert_eq!(scene.verify().await.fault.unwrap().entry, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_without_a_key_stand_and_are_counted() {
    let scene = Scene::with_past().await;
    let keyless = Context { key_ring: None, found_keys: Arc::default(), ..scene.context.clone() };
    // No key in the environment of the tests, and no keychain is asked for a key that is not there.
    if keyless.keys().await.is_ok() {
        panic!("these tests run without BACKUP_ENCRYPTION_KEY");
    }
    let request = aitta_model::DeleteRequest {
        id: scene.backup().await,
        reason: Some("drill: a rehearsal".to_owned()),
        mfa: None,
    };
    aitta_engine::archives::delete(&keyless, request).await.unwrap();
    let status = scene.verify().await;
    assert_eq!((status.fault, status.unsigned, status.signed_to), (None, 2, Some(ENTRIES + 2)));
    // The next with a key covers them.
    scene.check_newest().await;
    let status = scene.verify().await;
    assert_eq!((status.fault, status.unsigned, status.signed_to), (None, 2, Some(ENTRIES + 6)));
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_are_found_by_what_they_say() {
    let scene = Scene::with_past().await;
    let count = async |query: AuditQuery| trail::list(&scene.context, query).await.unwrap().total;
    let all = AuditQuery::default();
    assert_eq!(count(all.clone()).await, ENTRIES);
    assert_eq!(count(AuditQuery { operation: Some(Operation::Backup.into()), ..all.clone() }).await, 8);
    assert_eq!(count(AuditQuery { user: Some("Anna Virtanen".to_owned()), ..all.clone() }).await, ENTRIES);
    assert_eq!(count(AuditQuery { user: Some("nobody else".to_owned()), ..all.clone() }).await, 0);
    assert_eq!(count(AuditQuery { profile: Some("shop".to_owned()), ..all.clone() }).await, ENTRIES);
    assert_eq!(count(AuditQuery { profile: Some("sho".to_owned()), ..all.clone() }).await, 0);
    let moment = "2026-11-20T02:00:00Z".parse().ok();
    assert_eq!(count(AuditQuery { from: moment, ..all.clone() }).await, ENTRIES, "from is inside");
    assert_eq!(count(AuditQuery { to: moment, ..all.clone() }).await, 0, "to is outside");
    let newest = trail::list(&scene.context, AuditQuery { limit: Some(2), ..all }).await.unwrap();
    let numbers: Vec<u64> = newest.records.iter().map(|record| record.entry.entry).collect();
    assert_eq!((numbers, newest.total), (vec![12, 11], ENTRIES));
    assert_eq!(newest.chain.intact_to, ENTRIES);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_says_what_the_trail_says() {
    let scene = Scene::with_past().await;
    let request = aitta_model::DeleteRequest {
        id: scene.backup().await,
        reason: Some("incident: =HYPERLINK(\"x\"), and \"more\"\nbelow".to_owned()),
        mfa: None,
    };
    aitta_engine::archives::delete(&scene.context, request).await.unwrap();
    let list = trail::list(&scene.context, AuditQuery::default()).await.unwrap();
    let json = trail::export(&scene.context, AuditQuery::default(), AuditFormat::Json).await.unwrap();
    let mut read: Vec<AuditRecord> = serde_json::from_str(&json).unwrap();
    read.reverse();
    assert_eq!(read, list.records);
    let csv = trail::export(&scene.context, AuditQuery::default(), AuditFormat::Csv).await.unwrap();
    assert!(csv.starts_with("entry,at,stage,"), "{csv}");
    assert!(csv.contains("incident,\"'=HYPERLINK(\"\"x\"\"), and \"\"more\"\"\nbelow\","), "{csv}");
    assert_eq!(csv.matches("\r\n").count() as u64, 1 + list.total);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_of_a_quarter_tells_what_was_done_and_what_is_overdue() {
    let scene = Scene::with_past().await;
    let request = aitta_model::DeleteRequest {
        id: scene.backup().await,
        reason: Some("request-of-data-subject: <script>alert(1)</script>".to_owned()),
        mfa: None,
    };
    aitta_engine::archives::delete(&scene.context, request).await.unwrap();
    let page = trail::report(&scene.context, 2026, 4, Language::En).await.unwrap();
    for expected in [
        "Audit report, quarter 4 of 2026",
        "2026-10-01 to 2026-12-31, so far",
        "intact up to entry 16",
        "(Anna Virtanen)",
        "Duties: 3 overdue",
        "never done",
        "Data subject request: &lt;script&gt;",
    ] {
        assert!(page.contains(expected), "{expected} is not in {page}");
    }
    assert!(!page.contains("<script"), "{page}");
    let finnish = trail::report(&scene.context, 2026, 4, Language::Fi).await.unwrap();
    for expected in [
        "<html lang=\"fi\">",
        "vuoden 2026 4. neljännes",
        "1.10.2026–31.12.2026, tähän asti",
        "ehjä merkintään 16 asti",
        "Velvoitteet: myöhässä 3",
        "Rekisteröidyn pyyntö: &lt;script&gt;",
    ] {
        assert!(finnish.contains(expected), "{expected} is not in {finnish}");
    }
    for english in ["Restore", "entry", "overdue", "User", "None", "Reason", "succeeded"] {
        assert!(!finnish.contains(english), "{english} is in {finnish}");
    }
    let before = trail::report(&scene.context, 2026, 3, Language::En).await.unwrap();
    assert!(before.contains("Operations by kind and user</h2>\n<p class=\"muted\">None."), "{before}");
    for (year, quarter) in [(2027, 1), (2026, 5), (2026, 0)] {
        let refused = trail::report(&scene.context, year, quarter, Language::En).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::ConfigInvalid);
    }
    run(&mut scene.open().await, "DELETE FROM audit WHERE entry = 6").await;
    let broken = trail::report(&scene.context, 2026, 4, Language::En).await.unwrap();
    assert!(broken.contains("broken at entry 6"), "{broken}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_says_how_many_rows_it_gave_back() {
    let scene = Scene::new().await;
    scene.backup().await;
    let url = format!("sqlite:{}", scene.dir.path().join("back.db").display());
    let request = aitta_model::RestoreRequest {
        to: Some(aitta_model::DatabaseUrl::new(url)),
        reason: Some("drill".to_owned()),
        ..aitta_model::RestoreRequest::default()
    };
    aitta_engine::restore::restore(&scene.context, request, &aitta_engine::Silent).await.unwrap();
    let list = trail::list(&scene.context, AuditQuery::default()).await.unwrap();
    let [restored, _, backed_up] = &list.records[..3] else { panic!("{list:?}") };
    assert_eq!((restored.entry.operation.as_str(), restored.entry.stage), ("restore", AuditStage::Ended));
    for entry in [&restored.entry, &backed_up.entry] {
        assert_eq!(
            (entry.figures.get("rows"), entry.figures.get("tables")),
            (Some(&2), Some(&1)),
            "{entry:?}"
        );
    }
}
