//! Restores into SQLite databases that are in use: chosen tables in one transaction, whole files by
//! swap, and a target that is as before after every refusal.

use std::sync::Arc;
use std::time::Duration;

use aitta_engine::source::{Archived, Source, Target};
use aitta_model::{ErrorCode, RestoreMode, Severity};
use sqlx::Row;

use crate::sqlite::{self, Bench, digests, digests_without, files, number, run, source, task, text};

/// The sample with a trigger that would be noticed.
async fn watched() -> Bench {
    let bench = Bench::sample().await;
    run(
        &bench.live(),
        "CREATE TABLE audit (what TEXT); \
         CREATE TRIGGER service_deleted AFTER DELETE ON Service BEGIN INSERT INTO audit VALUES ('deleted'); END; \
         CREATE TRIGGER service_added AFTER INSERT ON Service BEGIN INSERT INTO audit VALUES ('added'); END; \
         CREATE TRIGGER mail_added AFTER INSERT ON EmailNotification BEGIN INSERT INTO audit VALUES ('mail'); END",
    )
    .await;
    bench
}

fn archived(archive: &Arc<aitta_engine::reading::OpenArchive>) -> Arc<dyn Archived> {
    archive.clone()
}

#[tokio::test]
async fn damaged_tables_come_back_and_others_are_untouched() {
    for mode in ["DELETE", "WAL"] {
        let bench = watched().await;
        run(&bench.live(), &format!("PRAGMA journal_mode = {mode}")).await;
        let archive = bench.archive(&[]).await;
        let whole = digests(&bench.live()).await;
        run(
            &bench.live(),
            "DROP TABLE EmailNotification; UPDATE Service SET priceCents = 1; DELETE FROM audit; \
             UPDATE Setting SET value = 'changed since'",
        )
        .await;
        let touched = ["Service", "EmailNotification", "schema", "sqlite_sequence"];
        let before = digests_without(&bench.live(), &touched).await;
        // An application that stays connected and goes on reading.
        let mut app = sqlite::open(&bench.live()).await;
        sqlx::query("SELECT count(*) FROM Booking").fetch_one(&mut app).await.unwrap();
        let restored = bench.restore(&archive, Some(&["Service", "EmailNotification"])).await.unwrap();
        assert!(matches!(restored.mode, RestoreMode::Replace { .. }));
        assert_eq!(restored.proofs.len(), 2);
        assert!(restored.proofs.iter().all(|p| p.equal()));
        assert!(restored.safety_archive.is_some());
        assert_eq!(digests_without(&bench.live(), &touched).await, before);
        let all = digests(&bench.live()).await;
        let of = |name: &str| whole.iter().find(|d| d.0 == name).unwrap();
        for name in ["Service", "EmailNotification", "sqlite_sequence"] {
            assert!(all.contains(of(name)), "{name}");
        }
        assert_eq!(number(&bench.live(), "SELECT count(*) FROM audit").await, 0, "no trigger fired");
        let belongings = "SELECT count(*) FROM sqlite_schema WHERE tbl_name IN ('EmailNotification', 'Service') AND sql NOT NULL";
        assert_eq!(number(&bench.live(), belongings).await, 7);
        let seen = sqlx::query("SELECT count(*) FROM EmailNotification").fetch_one(&mut app).await.unwrap();
        assert_eq!(seen.get::<i64, _>(0), 10_000);
        run(&bench.live(), "DELETE FROM Setting WHERE key = 'x'; PRAGMA integrity_check").await;
    }
}

#[tokio::test]
async fn a_virtual_table_is_restored_in_place() {
    let bench = Bench::with(
        "CREATE TABLE other (a); INSERT INTO other VALUES (1); CREATE VIRTUAL TABLE docs USING fts5(body); \
         INSERT INTO docs VALUES ('käsinpesu'), ('vaha')",
    )
    .await;
    let archive = bench.archive(&[]).await;
    let before = digests(&bench.live()).await;
    for damage in ["DELETE FROM docs", "DROP TABLE docs", "INSERT INTO docs VALUES ('lisää')"] {
        run(&bench.live(), damage).await;
        bench.restore(&archive, Some(&["docs"])).await.unwrap();
        assert_eq!(digests_without(&bench.live(), &["schema"]).await, before[1..], "{damage}");
        assert_eq!(number(&bench.live(), "SELECT count(*) FROM docs WHERE docs MATCH 'vaha'").await, 1);
        run(&bench.live(), "INSERT INTO docs(docs) VALUES ('integrity-check')").await;
    }
}

#[tokio::test]
async fn counters_never_end_behind_the_data() {
    let bench = Bench::with(
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, v); INSERT INTO t (v) VALUES (1), (2)",
    )
    .await;
    let archive = bench.archive(&[]).await;
    run(&bench.live(), "INSERT INTO t (v) VALUES (3), (4)").await;
    let restored = bench.restore(&archive, Some(&["t"])).await.unwrap();
    assert_eq!((restored.sequences[0].archived, restored.sequences[0].restored), (2, 4));
    run(&bench.live(), "UPDATE sqlite_sequence SET seq = 0").await;
    bench.restore(&archive, Some(&["t"])).await.unwrap();
    assert_eq!(number(&bench.live(), "SELECT seq FROM sqlite_sequence").await, 2);
}

#[tokio::test]
async fn rows_outside_the_choice_that_would_dangle_refuse_the_restore() {
    let bench = Bench::sample().await;
    let archive = bench.archive(&[]).await;
    run(
        &bench.live(),
        "INSERT INTO User (id, email, name, city, createdAt) VALUES (5000, 'u@e.fi', 'Uusi', 'Oulu', ''); \
         UPDATE Booking SET userId = 5000 WHERE id IN (1, 2, 3)",
    )
    .await;
    let before = digests(&bench.live()).await;
    let error = bench.restore(&archive, Some(&["User"])).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ForeignKeys);
    assert_eq!(
        error.to_string(),
        "foreign keys would be broken, and nothing was changed: 3 rows of Booking (Booking(userId) -> User(id))"
    );
    assert!(error.hint().contains("--tables User,Booking"), "{}", error.hint());
    assert_eq!(digests(&bench.live()).await, before);
    bench.restore(&archive, Some(&["User", "Booking"])).await.unwrap();
    assert_eq!(number(&bench.live(), "SELECT count(*) FROM pragma_foreign_key_check").await, 0);
}

#[tokio::test]
async fn archived_rows_whose_parents_are_gone_refuse_the_restore() {
    let bench = Bench::sample().await;
    let archive = bench.archive(&[]).await;
    run(&bench.live(), "DELETE FROM Booking; DELETE FROM EmailNotification; DELETE FROM Testimonial; DELETE FROM User WHERE id = 1").await;
    let error = bench.restore(&archive, Some(&["Booking"])).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ForeignKeys);
    assert!(error.to_string().contains("rows of Booking (Booking(userId) -> User(id))"), "{error}");
    assert!(error.hint().contains("--tables Booking,User"), "{}", error.hint());
    assert_eq!(number(&bench.live(), "SELECT count(*) FROM Booking").await, 0);
}

#[tokio::test]
async fn references_that_were_broken_before_are_not_held_against_it() {
    let bench = Bench::with(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p); \
         INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1), (2, 99)",
    )
    .await;
    let archive = bench.archive(&[]).await;
    bench.restore(&archive, Some(&["p"])).await.unwrap();
    bench.restore(&archive, Some(&["c"])).await.unwrap();
}

#[tokio::test]
async fn a_table_that_changed_since_refuses_the_restore() {
    let bench = Bench::sample().await;
    let archive = bench.archive(&[]).await;
    run(&bench.live(), "ALTER TABLE Service ADD COLUMN colour TEXT").await;
    let before = digests(&bench.live()).await;
    let error = bench.restore(&archive, Some(&["Service"])).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::TargetIncompatible);
    assert!(error.to_string().contains("the archive has no column colour"), "{error}");
    assert!(!error.hint().is_empty());
    assert_eq!(digests(&bench.live()).await, before);
}

#[tokio::test]
async fn a_failure_half_way_leaves_the_target_as_it_was() {
    let bench = Bench::sample().await;
    let archive = bench.archive(&[]).await;
    // Found only when the archived rows are inserted.
    run(&bench.live(), "DELETE FROM Testimonial; CREATE UNIQUE INDEX one_each ON Testimonial (serviceId)")
        .await;
    let before = std::fs::read(bench.live()).unwrap();
    let error = bench.restore(&archive, Some(&["Service", "Testimonial"])).await.unwrap_err();
    assert!(error.to_string().contains("Testimonial"), "{error}");
    assert!(std::fs::read(bench.live()).unwrap() == before, "not a byte changed");
}

#[tokio::test]
async fn a_damaged_archive_is_refused_before_anything_is_touched() {
    let bench = Bench::sample().await;
    let archive = bench.archive(&[]).await;
    let file = bench.path(&format!("store/backups/{}.backup", archive.id()));
    let mut bytes = std::fs::read(&file).unwrap();
    let frame = archive.manifest().tables().find(|(_, s)| s.name == "Booking").unwrap().1.frames[0];
    bytes[frame.offset as usize + 100] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let before = std::fs::read(bench.live()).unwrap();
    for tables in [Some(&["Booking"][..]), None] {
        let error = bench.restore(&archive, tables).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::ArchiveDamaged);
    }
    assert!(std::fs::read(bench.live()).unwrap() == before);
    assert_eq!(files(&bench), ["live.db"]);
    bench.restore(&archive, Some(&["Service"])).await.unwrap();
}

#[tokio::test]
async fn a_cancelled_restore_changes_nothing() {
    let bench = Bench::sample().await;
    let archive = bench.archive(&[]).await;
    let before = std::fs::read(bench.live()).unwrap();
    for tables in [Some(&["Booking", "User"][..]), None] {
        for delay_ms in [0, 5, 20, 60] {
            let task = task(&archive, tables, true);
            let cancel = task.cancel.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(delay_ms)).await;
                cancel.cancel();
            });
            match bench.restore_to(&bench.live(), &archive, task).await {
                Err(error) => {
                    assert_eq!(error.code(), ErrorCode::Cancelled);
                    assert_eq!(files(&bench), ["live.db"]);
                    assert!(std::fs::read(bench.live()).unwrap() == before);
                }
                Ok(_) => return,
            }
        }
    }
}

/// A program that has the file open by its other name keeps its log there, and undoes with it what is restored here.
#[tokio::test]
async fn a_database_with_a_second_name_is_not_restored_into() {
    let bench = Bench::sample().await;
    let archive = bench.archive(&[]).await;
    let blocked = async |tables: Option<&[&str]>| {
        let plan =
            source(&bench.live()).plan(&archived(&archive), &task(&archive, tables, true)).await.unwrap();
        plan.findings.iter().any(|f| f.severity == Severity::Blocker && f.message.contains("hard link"))
    };
    assert!(!blocked(Some(&["Service"])).await && !blocked(None).await);
    let other = bench.live().with_file_name("other.db");
    std::fs::hard_link(bench.live(), &other).unwrap();
    assert!(blocked(Some(&["Service"])).await && blocked(None).await);
    // The name that a killed restore has given it is undone by the next one.
    std::fs::rename(other, bench.live().with_file_name("live.db.before-restore-20261130T120000Z")).unwrap();
    assert!(!blocked(Some(&["Service"])).await && !blocked(None).await);
}

#[tokio::test]
async fn a_writer_that_holds_the_lock_is_waited_for_and_named() {
    let bench = Bench::sample().await;
    let archive = bench.archive(&[]).await;
    let mut app = sqlite::open(&bench.live()).await;
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut app).await.unwrap();
    let error = bench.restore(&archive, Some(&["Service"])).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::LockTimeout);
    let error = bench.restore(&archive, None).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::LockTimeout);
    assert_eq!(files(&bench), ["live.db"]);
}

#[tokio::test]
async fn a_whole_restore_swaps_and_sets_the_old_file_aside() {
    for mode in ["delete", "wal"] {
        let bench = Bench::sample().await;
        run(&bench.live(), &format!("PRAGMA journal_mode = {mode}")).await;
        let archive = bench.archive(&[]).await;
        let before = digests(&bench.live()).await;
        run(&bench.live(), "UPDATE Booking SET priceCents = 1; DROP TABLE Holiday; CREATE TABLE later (x)")
            .await;
        let damaged = digests(&bench.live()).await;
        let plan =
            source(&bench.live()).plan(&archived(&archive), &task(&archive, None, true)).await.unwrap();
        assert!(!plan.is_blocked() && matches!(plan.mode, RestoreMode::Swap { .. }));
        assert!(plan.findings.iter().any(|f| f.message.contains("later")), "{:?}", plan.findings);
        let restored = bench.restore(&archive, None).await.unwrap();
        let RestoreMode::Swap { set_aside, .. } = &restored.mode else { panic!("{:?}", restored.mode) };
        assert_eq!(digests(&bench.live()).await, before);
        assert_eq!(digests(set_aside.as_ref()).await, damaged);
        assert_eq!(text(&bench.live(), "PRAGMA journal_mode").await, mode);
        assert_eq!(files(&bench), ["live.db", "live.db.before-restore-20261123T100000Z"]);
        let live = source(&bench.live());
        assert_eq!(live.cleanup(None, false).await.unwrap().kept, std::slice::from_ref(set_aside));
        assert_eq!(live.cleanup(Some("other"), false).await.unwrap_err().code(), ErrorCode::ConfigInvalid);
        let name = "live.db.before-restore-20261123T100000Z";
        assert_eq!(live.cleanup(Some(name), false).await.unwrap().dropped, std::slice::from_ref(set_aside));
        assert_eq!(files(&bench), ["live.db"]);
    }
}

#[tokio::test]
async fn a_whole_restore_needs_nobody_else_in_a_wal_database() {
    let bench = Bench::sample().await;
    run(&bench.live(), "PRAGMA journal_mode = WAL").await;
    let archive = bench.archive(&[]).await;
    let mut app = sqlite::open(&bench.live()).await;
    sqlx::query("SELECT count(*) FROM Booking").fetch_one(&mut app).await.unwrap();
    let error = bench.restore(&archive, None).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::LockTimeout);
    assert!(error.hint().contains("close the application"), "{}", error.hint());
    assert_eq!(text(&bench.live(), "PRAGMA journal_mode").await, "wal");
    assert_eq!(files(&bench), ["live.db"]);
}

#[tokio::test]
async fn a_process_that_has_the_file_open_is_named() {
    let bench = Bench::sample().await;
    let archive = bench.archive(&[]).await;
    let file = std::fs::File::open(bench.live()).unwrap();
    let mut idle = std::process::Command::new("sleep").arg("60").stdin(file).spawn().unwrap();
    let plan = source(&bench.live()).plan(&archived(&archive), &task(&archive, None, true)).await.unwrap();
    let refused = bench.restore(&archive, None).await;
    idle.kill().unwrap();
    idle.wait().unwrap();
    let error = refused.unwrap_err();
    assert_eq!(error.code(), ErrorCode::LockTimeout);
    assert!(error.to_string().contains(&format!("sleep ({})", idle.id())), "{error}");
    // The restore would have waited for it, so the plan doesn't call that a refusal.
    let told = plan.findings.iter().any(|f| f.message.contains(&format!("sleep ({})", idle.id())));
    assert!(told && !plan.is_blocked(), "{plan:?}");
    bench.restore(&archive, None).await.unwrap();
}

#[tokio::test]
async fn a_whole_restore_never_overwrites_another_file() {
    let bench = Bench::sample().await;
    let archive = bench.archive(&[]).await;
    let other = bench.path("other.db");
    run(&other, "CREATE TABLE precious (x)").await;
    let error = bench.restore_to(&other, &archive, task(&archive, None, false)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::TargetNotEmpty);
    let mut side = task(&archive, None, false);
    side.to_schema = Some("copy".into());
    let error = bench.restore_to(&bench.path("new.db"), &archive, side).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConfigInvalid);
}

#[tokio::test]
async fn a_missing_or_damaged_live_file_is_restored() {
    let bench = Bench::sample().await;
    let archive = bench.archive(&[]).await;
    let before = digests(&bench.live()).await;
    std::fs::remove_file(bench.live()).unwrap();
    // A stray log beside it must not be applied to the new file.
    std::fs::write(bench.path("live.db-wal"), b"stray").unwrap();
    bench.restore(&archive, None).await.unwrap();
    assert_eq!(digests(&bench.live()).await, before);
    assert!(bench.path("live.db.orphaned-20261123T100000Z-wal").exists());
    std::fs::write(bench.live(), vec![b'x'; 8192]).unwrap();
    std::fs::write(bench.path("live.db-journal"), b"stray").unwrap();
    bench.restore(&archive, None).await.unwrap();
    assert_eq!(digests(&bench.live()).await, before);
    assert!(!bench.path("live.db-journal").exists());
}

#[tokio::test]
async fn what_a_killed_restore_left_is_repaired_by_the_next_run() {
    let bench = Bench::sample().await;
    let before = digests(&bench.live()).await;
    let live = bench.live();
    let aside = bench.path("live.db.before-restore-20261101T000000Z");
    let staging = bench.path("live.db.aitta-restoring-20261101T000000Z");
    // While it was filling the new file.
    std::fs::write(&staging, b"half").unwrap();
    assert_eq!(digests(&live).await, before);
    assert_eq!(files(&bench), ["live.db"]);
    // Between the second name and the rename.
    std::fs::write(&staging, b"whole").unwrap();
    std::fs::hard_link(&live, &aside).unwrap();
    assert_eq!(digests(&live).await, before);
    assert_eq!(files(&bench), ["live.db"]);
    // Between the two renames of a file system without links.
    std::fs::write(&staging, b"whole").unwrap();
    std::fs::rename(&live, &aside).unwrap();
    assert_eq!(digests(&live).await, before);
    assert_eq!(files(&bench), ["live.db"]);
    // One that is alive is left alone.
    let file = std::fs::File::create(&staging).unwrap();
    file.lock().unwrap();
    assert_eq!(digests(&live).await, before);
    assert!(staging.exists());
}

#[tokio::test]
async fn files_of_others_that_begin_like_ours_are_left_alone() {
    let bench = Bench::sample().await;
    let others = [
        "live.db.aitta-restoring-notes",
        "live.db.aitta-restoring-20261101T000000Z.txt",
        "live.db.before-restore-monday",
        "live.db.before-restore-20261101",
        "live.db.before-restore-20261101T000000Z-mine",
    ];
    for name in others {
        std::fs::write(bench.path(name), b"mine").unwrap();
    }
    let ours = ["live.db.before-restore-20261101T000000Z", "live.db.before-restore-20261101T000000Z-2"];
    for name in ours {
        std::fs::write(bench.path(name), b"old").unwrap();
    }
    let report = source(&bench.live()).cleanup(None, true).await.unwrap();
    let dropped: Vec<String> = ours.iter().map(|name| bench.path(name).display().to_string()).collect();
    assert_eq!(report.dropped, dropped);
    let left = files(&bench);
    assert!(others.iter().all(|name| left.iter().any(|file| file == name)), "{left:?}");
    assert_eq!(left.len(), others.len() + 1);
}

#[tokio::test]
async fn a_plan_tells_what_would_happen_and_writes_nothing() {
    let bench = Bench::sample().await;
    let archive = bench.archive(&[]).await;
    run(&bench.live(), "DELETE FROM Testimonial WHERE id > 100; DROP TABLE EmailNotification").await;
    let before = std::fs::read(bench.live()).unwrap();
    let task = task(&archive, Some(&["Testimonial", "EmailNotification"]), true);
    let plan = source(&bench.live()).plan(&archived(&archive), &task).await.unwrap();
    let rows: Vec<_> = plan.tables.iter().map(|t| (t.name.as_str(), t.archive_rows, t.target_rows)).collect();
    assert_eq!(rows, [("Testimonial", 240, Some(100)), ("EmailNotification", 10_000, None)]);
    let warned = |text: &str| {
        plan.findings.iter().any(|f| f.severity == Severity::Warning && f.message.contains(text))
    };
    assert!(
        warned("Testimonial(userId) -> User(id)") && warned("EmailNotification(bookingId) -> Booking(id)")
    );
    assert!(plan.space_needed_bytes > 0 && plan.read_bytes > 0);
    assert!(std::fs::read(bench.live()).unwrap() == before);
}

#[tokio::test]
async fn the_sample_is_the_same_every_time() {
    let (one, two) = (Bench::sample().await, Bench::sample().await);
    assert_eq!(digests(&one.live()).await, digests(&two.live()).await);
    assert_eq!(number(&one.live(), "SELECT count(*) FROM Booking").await, 10_000);
    assert_eq!(number(&one.live(), "SELECT count(*) FROM User").await, 2_000);
    assert_eq!(number(&one.live(), "SELECT count(*) FROM pragma_foreign_key_check").await, 0);
    let crowded = "SELECT count(*) FROM (SELECT 1 FROM Booking b JOIN TimeSlot s ON s.id = b.timeSlotId GROUP BY s.id HAVING count(*) > s.capacity)";
    assert_eq!(number(&one.live(), crowded).await, 0);
}

/// A code is asked for one file, and the restore must not go into another one.
#[cfg(unix)]
#[tokio::test]
async fn a_link_that_is_set_anew_leads_to_the_file_that_was_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().canonicalize().unwrap().join(name);
    for name in ["asked.db", "other.db"] {
        std::fs::write(path(name), "").unwrap();
    }
    let link = |name: &str| std::os::unix::fs::symlink(path(name), path("link.db")).unwrap();
    link("asked.db");
    let target = source(&path("link.db"));
    assert!(target.exists().await.unwrap());
    std::fs::remove_file(path("link.db")).unwrap();
    link("other.db");
    assert_eq!(target.place(), path("asked.db").display().to_string());
    assert_eq!(source(&path("link.db")).place(), path("other.db").display().to_string());
}
