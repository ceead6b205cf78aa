//! What is there now, compared with an archive: the same rows, other rows, and what can't be told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aitta_engine::reading::OpenArchive;
use aitta_engine::source::{Archived, Target};
use aitta_model::{ErrorCode, Likeness, RowsApart};

use crate::sqlite::{Bench, number, run, source, task};

/// What a comparison of everything finds, by table.
async fn compared(bench: &Bench, archive: &Arc<OpenArchive>) -> BTreeMap<String, Likeness> {
    let until = Instant::now() + Duration::from_secs(60);
    let archived: Arc<dyn Archived> = archive.clone();
    let found = source(&bench.live()).compare(&archived, &task(archive, None, true), until).await.unwrap();
    found.into_iter().map(|table| (table.name, table.likeness)).collect()
}

fn differs(target_rows: u64, archive: u64, target: u64) -> Likeness {
    Likeness::Differs { target_rows, apart: Some(RowsApart { archive, target }) }
}

#[tokio::test]
async fn an_update_without_where_differs_at_equal_counts_and_other_tables_are_the_same() {
    for mode in ["DELETE", "WAL"] {
        let bench = Bench::sample().await;
        run(&bench.live(), &format!("PRAGMA journal_mode = {mode}")).await;
        let archive = bench.archive(&[]).await;
        assert!(compared(&bench, &archive).await.values().all(|l| *l == Likeness::Same));
        let all = number(&bench.live(), "SELECT count(*) FROM Booking").await.unsigned_abs();
        let services = number(&bench.live(), "SELECT count(*) FROM Service").await.unsigned_abs();
        run(
            &bench.live(),
            "UPDATE Booking SET status = 'overwritten'; DELETE FROM Service WHERE id = 1; \
             DELETE FROM Testimonial; DROP TABLE Setting",
        )
        .await;
        let found = compared(&bench, &archive).await;
        assert_eq!(found["Booking"], differs(all, all, all));
        assert_eq!(found["Service"], differs(services - 1, 1, 0));
        assert!(matches!(found["Testimonial"], Likeness::Differs { target_rows: 0, .. }), "{found:?}");
        assert_eq!(found["Setting"], Likeness::Missing);
        let same = found.values().filter(|likeness| **likeness == Likeness::Same).count();
        assert_eq!(same, found.len() - 4, "{found:?}");
    }
}

#[tokio::test]
async fn tables_with_other_columns_are_not_compared_and_say_why() {
    let bench = Bench::with(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, gone TEXT); INSERT INTO a VALUES (1, 'x'); \
         CREATE TABLE b (id INTEGER PRIMARY KEY); INSERT INTO b VALUES (1); \
         CREATE VIRTUAL TABLE docs USING fts5(body); INSERT INTO docs VALUES ('vaha')",
    )
    .await;
    let archive = bench.archive(&[]).await;
    run(
        &bench.live(),
        "ALTER TABLE a DROP COLUMN gone; ALTER TABLE b ADD COLUMN more TEXT; INSERT INTO docs VALUES ('pesu')",
    )
    .await;
    let found = compared(&bench, &archive).await;
    for (table, column) in [("a", "gone"), ("b", "more")] {
        let Likeness::NotComparable { why, .. } = &found[table] else { panic!("{found:?}") };
        assert!(why.contains(column), "{why}");
    }
    assert!(matches!(found["docs"], Likeness::Differs { .. }), "{found:?}");
}

#[tokio::test]
async fn what_is_not_read_in_time_stays_open() {
    let bench = Bench::sample().await;
    let archive = bench.archive(&[]).await;
    let archived: Arc<dyn Archived> = archive.clone();
    let (task, live) = (task(&archive, None, true), source(&bench.live()));
    let found = live.compare(&archived, &task, Instant::now()).await.unwrap();
    assert!(found.iter().any(|table| table.likeness == Likeness::NotReached), "{found:?}");
    let last = found.iter().filter(|t| t.name == "EmailNotification").collect::<Vec<_>>();
    assert_eq!(last[0].likeness, Likeness::NotReached, "the largest comes last");
    task.cancel.cancel();
    let ended = live.compare(&archived, &task, Instant::now() + Duration::from_secs(60)).await;
    assert_eq!(ended.unwrap_err().code(), ErrorCode::Cancelled);
}

#[tokio::test]
async fn a_file_that_is_not_there_has_nothing_to_compare() {
    let bench = Bench::sample().await;
    let archive = bench.archive(&[]).await;
    std::fs::remove_file(bench.live()).unwrap();
    let found = compared(&bench, &archive).await;
    assert!(!found.is_empty() && found.values().all(|l| *l == Likeness::Missing), "{found:?}");
    assert!(!bench.live().exists(), "a comparison made a file");
}
