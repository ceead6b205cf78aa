//! A live PostgreSQL database compared with an archive, and a backup proven beside it.

use std::collections::BTreeMap;
use std::time::Duration;

use aitta_engine::config::Profile;
use aitta_engine::{Silent, restore};
use aitta_model::{DatabaseUrl, ErrorCode, Likeness, ProveRequest, RestoreMode, RowsApart, TableProof};

use crate::pg::{self, Case, FIDELITY, assert_same, everything, run, tables, texts};

/// What a comparison finds, by table.
async fn compared(case: &Case, names: &[&str]) -> BTreeMap<String, Likeness> {
    let request = if names.is_empty() { everything() } else { tables(names) };
    let found = restore::compare(&case.context, request).await.unwrap();
    found.tables.into_iter().map(|table| (table.name, table.likeness)).collect()
}

fn differs(target_rows: u64, archive: u64, target: u64) -> Likeness {
    Likeness::Differs { target_rows, apart: Some(RowsApart { archive, target }) }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_without_where_differs_at_equal_counts_and_other_tables_are_the_same() {
    let case = Case::new(
        "cmp_main",
        "CREATE TABLE booking (id int PRIMARY KEY, note text); \
         INSERT INTO booking SELECT g, 'n' || g FROM generate_series(1, 3000) g; \
         CREATE TABLE customer (id int); INSERT INTO customer SELECT generate_series(1, 40); \
         CREATE TABLE visit (id int); INSERT INTO visit SELECT generate_series(1, 10); \
         CREATE TABLE log (id int); CREATE TABLE other (id int, gone text); INSERT INTO other VALUES (1, 'x')",
    )
    .await;
    case.backup().await;
    let all = compared(&case, &[]).await;
    assert!(all.len() == 5 && all.values().all(|l| *l == Likeness::Same), "{all:?}");
    run(
        case.database.url(),
        "UPDATE booking SET note = 'broken'; DELETE FROM visit WHERE id < 4; INSERT INTO visit VALUES (77); \
         DROP TABLE log; ALTER TABLE other DROP COLUMN gone",
    )
    .await;
    let before = case.dump();
    let found = compared(&case, &[]).await;
    assert_eq!(found["booking"], differs(3000, 3000, 3000));
    assert_eq!(found["customer"], Likeness::Same);
    assert_eq!(found["visit"], differs(8, 3, 1));
    assert_eq!(found["log"], Likeness::Missing);
    let Likeness::NotComparable { why, .. } = &found["other"] else { panic!("{found:?}") };
    assert!(why.contains("\"gone\" is gone"), "{why}");
    assert_same(&before, &case.dump());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_table_is_the_same_as_long_as_nobody_writes() {
    let case = Case::new("cmp_kinds", FIDELITY).await;
    case.backup().await;
    let found = compared(&case, &[]).await;
    let other: Vec<_> =
        found.iter().filter(|(_, l)| !matches!(l, Likeness::Same | Likeness::NotComparable { .. })).collect();
    assert!(other.is_empty(), "{other:?}");
    assert!(found.values().filter(|l| **l == Likeness::Same).count() > 10, "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_somebody_holds_and_one_without_time_stay_open_and_the_others_are_compared() {
    let case = Case::new(
        "cmp_open",
        "CREATE TABLE held (id int); INSERT INTO held VALUES (1); \
         CREATE TABLE free (id int); INSERT INTO free SELECT generate_series(1, 100)",
    )
    .await;
    case.backup().await;
    let mut holder = pg::connect(case.database.url()).await;
    sqlx::raw_sql("BEGIN; LOCK TABLE held IN ACCESS EXCLUSIVE MODE").execute(&mut holder).await.unwrap();
    let found = compared(&case, &[]).await;
    assert!(matches!(found["held"], Likeness::NotComparable { .. }), "{found:?}");
    assert_eq!(found["free"], Likeness::Same);
    sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.unwrap();
    let late = restore::compare_within(&case.context, everything(), Duration::ZERO).await.unwrap();
    assert!(late.tables.iter().all(|table| table.likeness == Likeness::NotReached), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_leaves_no_database_and_touches_none() {
    const PROOFS: &str = "SELECT datname::text FROM pg_database WHERE datname LIKE 'aitta\\_proof\\_%'";
    let case = Case::new("cmp_prove", FIDELITY).await;
    case.backup().await;
    let before = case.dump();
    let request = ProveRequest { trust_code: true, ..ProveRequest::default() };
    let report = restore::prove(&case.context, request, &Silent).await.unwrap();
    assert!(report.dropped && report.whole, "{report:?}");
    assert!(!report.proofs.is_empty() && report.proofs.iter().all(TableProof::equal));
    let RestoreMode::Create { target } = &report.mode else { panic!("{report:?}") };
    assert!(target.starts_with("aitta_proof_"), "{target}");
    let there = texts(&case.server.url("postgres"), PROOFS).await;
    assert!(!there.contains(target), "{there:?}");
    assert_same(&before, &case.dump());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_create_no_database_is_told_what_would_help() {
    let case = Case::new("cmp_rights", "CREATE TABLE t (id int); INSERT INTO t VALUES (1)").await;
    case.backup().await;
    let role = format!("no_{}", case.database.name());
    run(case.database.url(), &format!("CREATE ROLE {role} LOGIN PASSWORD 'pw'")).await;
    let url = case.server.url_as(&role, "pw", case.database.name());
    let profile = Profile { database_url: Some(DatabaseUrl::new(url)), ..(*case.context.profile).clone() };
    let context = aitta_engine::Context { profile: std::sync::Arc::new(profile), ..case.context.clone() };
    let error = restore::prove(&context, ProveRequest::default(), &Silent).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::SourceDenied, "{error}");
    assert!(error.hint().contains(&format!("ALTER ROLE \"{role}\" CREATEDB")), "{}", error.hint());
}
