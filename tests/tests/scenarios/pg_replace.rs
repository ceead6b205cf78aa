//! Chosen tables of a live PostgreSQL database, replaced in one transaction.

use aitta_model::{ArchiveSelector, ErrorCode, RestoreMode, RestoreRequest, TableProof};

use crate::pg::{self, Case, FIDELITY, assert_same, everything, into, run, tables, texts};

/// Where every row of every other table lies, and which transaction wrote it.
const PLACES: &str = "SELECT string_agg(format('%s %s %s', t.r, x.ctid, x.xmin), ',' ORDER BY t.r, x.ctid::text) \
    FROM (VALUES ('customer'), ('line')) t(r), LATERAL (SELECT ctid, xmin FROM shop.customer) x";

/// Rows that were deleted leave holes, which new rows fill: their order is not that of the archive.
fn sorted(dump: &str) -> String {
    let mut lines: Vec<&str> = dump.lines().filter(|l| !l.is_empty() && !l.starts_with("--")).collect();
    lines.sort_unstable();
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_tables_come_back_and_nothing_else_is_touched() {
    let case = Case::new("rep_main", FIDELITY).await;
    let before = case.dump();
    case.backup().await;
    let url = case.database.url();
    run(url, "SET session_replication_role = replica; \
        DROP TABLE shop.payment; UPDATE shop.booking SET note = 'broken'; DELETE FROM shop.booking WHERE id > 900; \
        DELETE FROM shop.event WHERE id < 100; \
        DELETE FROM shop.log; SELECT setval('shop.log_id_seq', 4711)").await;
    let places = texts(url, PLACES).await;
    let log = texts(url, "SELECT count(*)::text FROM shop.log").await;
    let wanted = tables(&["shop.payment", "shop.booking", "shop.event", "shop.event_note"]);
    let plan = case.plan(wanted.clone()).await.unwrap();
    assert!(!plan.is_blocked(), "{plan:?}");
    assert!(plan.tables.iter().any(|t| t.name.contains("payment") && t.target_rows.is_none()), "{plan:?}");
    let report = case.restore(wanted).await.unwrap();
    assert_eq!(report.mode, RestoreMode::Replace { target: case.database.name().to_owned() });
    assert!(report.safety_archive.is_some());
    assert!(report.proofs.iter().all(TableProof::equal));
    assert_eq!(texts(url, PLACES).await, places, "customer was not written");
    assert_eq!(texts(url, "SELECT count(*)::text FROM shop.log").await, log, "no trigger fired");
    assert_same(&sorted(&before), &sorted(&case.dump()));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_outside_the_choice_that_would_dangle_are_counted_and_refused() {
    let case = Case::new("rep_keys", FIDELITY).await;
    case.backup().await;
    let url = case.database.url();
    run(url, "INSERT INTO shop.booking (id, customer, during, box) OVERRIDING SYSTEM VALUE \
          SELECT 5000 + g, 1, tsrange('2030-01-01'::timestamp + g * interval '1 hour', '2030-01-01'::timestamp + (g+1) * interval '1 hour'), 1 FROM generate_series(1, 7) g; \
        INSERT INTO shop.payment SELECT 5000 + g, 1 FROM generate_series(1, 7) g").await;
    let before = case.dump();
    let plan = case.plan(tables(&["shop.booking"])).await.unwrap();
    let rows = texts(url, "SELECT count(*)::text FROM shop.payment").await.remove(0);
    let told = format!("shop.payment ({rows} rows now) references shop.booking");
    assert!(plan.findings.iter().any(|f| f.message.contains(&told)), "{told}: {plan:?}");
    let new = RestoreRequest {
        to: into(&case.server.url(&format!("{}_new", case.database.name()))).to,
        ..tables(&["shop.payment"])
    };
    let plan = case.plan(new).await.unwrap();
    let left_out =
        |f: &aitta_model::Finding| f.message.contains("\"payment_booking_fkey\" of shop.payment is left out");
    assert!(plan.findings.iter().any(left_out), "{plan:?}");
    let error = case.restore(tables(&["shop.booking"])).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ForeignKeys, "{error}");
    assert!(error.to_string().contains("7 rows of shop.payment"), "{error}");
    assert!(error.to_string().contains("payment_booking_fkey"), "{error}");
    assert!(error.hint().contains("add shop.payment to --tables"), "{}", error.hint());
    assert_same(&before, &case.dump());
    case.restore(tables(&["shop.booking", "shop.payment"])).await.unwrap();
    assert_eq!(texts(url, "SELECT count(*)::text FROM shop.payment").await, ["300"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_with_other_columns_is_refused_and_can_go_beside() {
    let case = Case::new("rep_drift", FIDELITY).await;
    case.backup().await;
    let url = case.database.url();
    run(url, "ALTER TABLE shop.customer ADD COLUMN vip boolean; ALTER TABLE shop.customer ALTER COLUMN favourite TYPE bigint").await;
    let before = case.dump();
    let error = case.restore(tables(&["customer"])).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::TargetIncompatible);
    assert!(
        error.to_string().contains("\"vip\" is new")
            && error.to_string().contains("is bigint and was integer"),
        "{error}"
    );
    assert!(error.hint().contains("--to-schema"));
    assert_same(&before, &case.dump());
    let beside = RestoreRequest {
        to_schema: Some("Rescue å".to_owned()),
        ..tables(&["customer", "Everything", "event"])
    };
    let report = case.restore(beside.clone()).await.unwrap();
    assert_eq!(report.proofs.len(), 6, "customer, Everything and four partitions with rows of their own");
    assert_eq!(texts(url, "SELECT count(*)::text FROM \"Rescue å\".customer").await, ["200"]);
    let error = case.restore(beside).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::TargetNotEmpty);
}

#[tokio::test(flavor = "multi_thread")]
async fn sequences_never_go_back() {
    let case = Case::new(
        "rep_seq",
        "CREATE TABLE t(id serial PRIMARY KEY, a int); INSERT INTO t(a) SELECT 1 FROM generate_series(1, 10)",
    )
    .await;
    case.backup().await;
    let url = case.database.url();
    run(url, "INSERT INTO t(a) SELECT 2 FROM generate_series(1, 30)").await;
    let report = case.restore(tables(&["t"])).await.unwrap();
    assert_eq!((report.sequences[0].archived, report.sequences[0].restored), (10, 40));
    run(url, "SELECT setval('t_id_seq', 1)").await;
    case.restore(tables(&["t"])).await.unwrap();
    assert_eq!(texts(url, "SELECT nextval('t_id_seq')::text").await, ["11"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_of_chosen_tables_gives_them_back() {
    let case = Case::new("rep_part", FIDELITY).await;
    let id = case.backup_of(&["shop.line", "shop.van"]).await;
    let before = case.dump();
    let url = case.database.url();
    run(url, "DROP TABLE shop.line; UPDATE shop.van SET load = 9").await;
    let by_id = RestoreRequest {
        archive: ArchiveSelector::Id(id),
        reason: Some("drill".to_owned()),
        ..RestoreRequest::default()
    };
    let error = case.restore(by_id).await.unwrap_err();
    assert!(error.to_string().contains("line"), "{error} {}", error.hint());
    case.restore(tables(&["line", "van"])).await.unwrap();
    assert_same(&sorted(&before), &sorted(&case.dump()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_ended_in_the_middle_changes_nothing() {
    let rows = "CREATE TABLE t(a int PRIMARY KEY, b text); INSERT INTO t SELECT g, repeat(md5(g::text), 8) FROM generate_series(1, 100000) g";
    let case = Case::new("rep_cut", rows).await;
    case.backup().await;
    run(case.database.url(), "DELETE FROM t WHERE a < 100").await;
    let before = case.dump();
    let name = case.database.name().to_owned();
    for request in [tables(&["t"]), everything()] {
        let admin = case.server.url("postgres");
        let name = name.clone();
        let killer = tokio::spawn(async move {
            let mut conn = pg::connect(&admin).await;
            loop {
                let killed: Vec<bool> = sqlx::query_scalar(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE $1 || '%' \
                     AND query LIKE 'COPY%FROM STDIN%' AND state = 'active'",
                )
                .bind(&name)
                .fetch_all(&mut conn)
                .await
                .unwrap();
                if !killed.is_empty() {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
        });
        let error = case.restore(request).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::SourceLost, "{error}");
        killer.await.unwrap();
        assert_same(&before, &case.dump());
        assert_eq!(case.databases_beside().await, std::slice::from_ref(&case.database.name().to_owned()));
    }
    case.restore(into(&case.server.url(&format!("{name}_x")))).await.unwrap();
    run(&case.server.url("postgres"), &format!("DROP DATABASE {name}_x")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_come_back_changed_fail_the_proof_and_are_taken_back() {
    let source = "CREATE DOMAIN code AS text; CREATE TABLE t(a int, c code); INSERT INTO t VALUES (1, 'ab'), (2, 'cd')";
    let case = Case::new("rep_proof", source).await;
    case.backup().await;
    // A type of the same name that pads what it takes.
    run(
        case.database.url(),
        "DROP TABLE t; DROP DOMAIN code; CREATE DOMAIN code AS char(10); CREATE TABLE t(a int, c code); \
         INSERT INTO t VALUES (3, 'xy')",
    )
    .await;
    let before = case.dump();
    let error = case.restore(tables(&["t"])).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ProofFailed, "{error}");
    assert_same(&before, &case.dump());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_switch_off_triggers_is_told_what_to_do() {
    let case = Case::new("rep_right", "CREATE TABLE t(a int); INSERT INTO t VALUES (1)").await;
    case.backup().await;
    let name = case.database.name();
    let make = format!(
        "CREATE ROLE rep_owner LOGIN PASSWORD 'p'; ALTER TABLE t OWNER TO rep_owner; \
         GRANT CREATE ON DATABASE {name} TO rep_owner; DELETE FROM t"
    );
    run(case.database.url(), &make).await;
    let before = case.dump();
    let url = case.server.url_as("rep_owner", "p", name);
    let request = RestoreRequest { to: into(&url).to, ..tables(&["t"]) };
    let plan = case.plan(request.clone()).await.unwrap();
    let told = plan.findings.iter().any(|f| f.message.contains("may not switch off triggers"));
    assert!(plan.is_blocked() && told, "{plan:?}");
    let error = case.restore(request.clone()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::SourceDenied, "{error}");
    assert!(error.hint().contains("GRANT SET ON PARAMETER") && error.hint().contains("--to-schema"));
    let archives = aitta_engine::archives::list(&case.context, None).await.unwrap();
    assert_eq!(archives.total, 1, "it was refused before anything was archived");
    assert_same(&before, &case.dump());
    let beside = RestoreRequest { to_schema: Some("rescue".to_owned()), ..request.clone() };
    case.restore(beside).await.unwrap();
    if case.server.major() >= 15 {
        let statement = "GRANT SET ON PARAMETER session_replication_role TO \"rep_owner\"";
        assert!(error.hint().contains(&format!("{statement};")), "it can be run as it is: {}", error.hint());
        run(case.database.url(), statement).await;
        case.restore(request).await.unwrap();
        assert_eq!(texts(case.database.url(), "SELECT a::text FROM t").await, ["1"]);
    }
    run(case.database.url(), "DROP OWNED BY rep_owner; DROP ROLE rep_owner").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_not_to_be_had_ends_the_restore() {
    let case = Case::new("rep_lock", "CREATE TABLE t(a int); INSERT INTO t VALUES (1)").await;
    case.backup().await;
    let mut other = pg::connect(case.database.url()).await;
    sqlx::raw_sql("BEGIN; UPDATE t SET a = 2").execute(&mut other).await.unwrap();
    let request = RestoreRequest { lock_timeout_s: Some(1), ..tables(&["t"]) };
    let error = case.restore(request).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::LockTimeout, "{error}");
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut other).await.unwrap();
    assert!(
        error.to_string().contains(&format!("table t could not be locked within 1 s: process {pid}")),
        "{error}"
    );
    drop(other);
    case.restore(tables(&["t"])).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_partitioned_table_comes_back_with_the_keys_of_others() {
    let case = Case::new("rep_gone", FIDELITY).await;
    let before = case.dump();
    case.backup().await;
    let url = case.database.url();
    run(url, "DROP TABLE shop.event CASCADE").await;
    assert_eq!(
        texts(url, "SELECT conname::text FROM pg_constraint WHERE conrelid = 'shop.event_note'::regclass")
            .await
            .len(),
        0
    );
    // Without its rows a key of another table can't come back.
    run(url, "INSERT INTO shop.event_note VALUES (1, '2001-01-01', 'dangling')").await;
    let damaged = case.dump();
    let error = case.restore(tables(&["shop.event"])).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ForeignKeys, "{error}");
    assert!(error.to_string().contains("1 row of shop.event_note"), "{error}");
    assert_same(&damaged, &case.dump());
    run(url, "DELETE FROM shop.event_note WHERE note = 'dangling'").await;
    let report = case.restore(tables(&["shop.event"])).await.unwrap();
    assert!(report.findings.iter().any(|f| f.message.contains("foreign keys")), "{:?}", report.findings);
    assert_same(&sorted(&before), &sorted(&case.dump()));
}

#[tokio::test(flavor = "multi_thread")]
async fn views_that_went_with_a_table_are_named() {
    let sql = "CREATE TABLE a (id int); CREATE VIEW v AS SELECT id FROM a; CREATE VIEW other AS SELECT 1 AS one; \
        CREATE MATERIALIZED VIEW m AS SELECT id FROM a";
    let case = Case::new("rep_views", sql).await;
    case.backup().await;
    let url = case.database.url();
    run(url, "DROP TABLE a CASCADE").await;
    let report = case.restore(tables(&["a"])).await.unwrap();
    let warning = report.findings.iter().find(|f| f.message.contains("views")).expect("a warning");
    assert!(warning.message.ends_with("public.m, public.v"), "{warning:?}");
    // Nothing is said when nothing is missing.
    run(url, "CREATE VIEW v AS SELECT id FROM a; CREATE MATERIALIZED VIEW m AS SELECT id FROM a").await;
    let report = case.restore(tables(&["a"])).await.unwrap();
    let said = |words: &str| report.findings.iter().any(|f| f.message.contains(words));
    assert!(!said("doesn't have these views"), "{:?}", report.findings);
    // What was computed before from the rows of before stays as it is.
    assert!(said("still show the rows from before: public.m"), "{:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_to_a_busy_table_is_waited_for_no_longer_than_wanted() {
    let sql = "CREATE TABLE busy (id int PRIMARY KEY); INSERT INTO busy VALUES (1), (2); \
        CREATE TABLE child (busy int REFERENCES busy); INSERT INTO child VALUES (1), (2)";
    let case = Case::new("rep_busy", sql).await;
    case.backup().await;
    let url = case.database.url();
    run(url, "DROP TABLE child").await;
    let before = case.dump();
    let mut other = pg::connect(url).await;
    sqlx::raw_sql("BEGIN; UPDATE busy SET id = 1 WHERE id = 1").execute(&mut other).await.unwrap();
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut other).await.unwrap();
    let request = RestoreRequest { lock_timeout_s: Some(1), ..tables(&["child"]) };
    let limit = std::time::Duration::from_secs(120);
    let ended = tokio::time::timeout(limit, case.restore(request)).await;
    let error = ended.expect("it doesn't wait for ever").unwrap_err();
    assert_eq!(error.code(), ErrorCode::LockTimeout, "{error}");
    assert!(
        error.to_string().contains(&format!("table busy could not be locked within 1 s: process {pid}")),
        "{error}"
    );
    assert!(error.hint().contains("--lock-timeout"), "{}", error.hint());
    assert_same(&before, &case.dump());
    drop(other);
    case.restore(tables(&["child"])).await.unwrap();
    assert_eq!(texts(url, "SELECT count(*)::text FROM child").await, ["2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_in_partitions_that_the_archive_does_not_know_are_told_and_refused() {
    let sql = "CREATE TABLE event (id int, at date NOT NULL) PARTITION BY RANGE (at); \
        CREATE TABLE event_2026_10 PARTITION OF event FOR VALUES FROM ('2026-10-01') TO ('2026-11-01'); \
        INSERT INTO event SELECT g, '2026-10-01'::date + g FROM generate_series(1, 20) g";
    let case = Case::new("rep_unknown", sql).await;
    case.backup().await;
    let url = case.database.url();
    // A new partition without rows is no obstacle, even below one that is partitioned itself.
    run(
        url,
        "CREATE TABLE event_2026_11 PARTITION OF event FOR VALUES FROM ('2026-11-01') TO ('2026-12-01') \
          PARTITION BY RANGE (at); \
        CREATE TABLE event_2026_11_all PARTITION OF event_2026_11 DEFAULT; DELETE FROM event WHERE id > 10",
    )
    .await;
    let plan = case.plan(tables(&["event"])).await.unwrap();
    assert!(!plan.is_blocked(), "{plan:?}");
    case.restore(tables(&["event"])).await.unwrap();
    assert_eq!(texts(url, "SELECT count(*)::text FROM event").await, ["20"]);

    run(url, "UPDATE event SET at = at + 31 WHERE id <= 7").await;
    let before = case.dump();
    let told = "event_2026_11_all (7 rows)";
    let plan = case.plan(tables(&["event"])).await.unwrap();
    let named =
        |f: &aitta_model::Finding| f.message.contains("not in the archive") && f.message.contains(told);
    assert!(plan.is_blocked() && plan.findings.iter().any(named), "{plan:?}");
    let error = case.restore(tables(&["event"])).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::TargetIncompatible, "{error}");
    assert!(error.to_string().contains(told), "{error}");
    assert!(error.hint().contains("--to-schema") && error.hint().contains("DETACH"), "{}", error.hint());
    let archives = aitta_engine::archives::list(&case.context, None).await.unwrap();
    assert_eq!(archives.total, 2, "only the first restore has made a safety archive");
    assert_same(&before, &case.dump());
    // As the hint says.
    run(url, "ALTER TABLE event DETACH PARTITION event_2026_11").await;
    case.restore(tables(&["event"])).await.unwrap();
    assert_eq!(texts(url, "SELECT count(*)::text FROM event").await, ["20"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn publications_that_a_table_was_in_are_named_when_it_is_made_again() {
    let sql = "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); \
        CREATE PUBLICATION feed FOR TABLE a, b; CREATE PUBLICATION gone FOR TABLE a";
    let case = Case::new("rep_feed", sql).await;
    case.backup().await;
    run(case.database.url(), "DROP TABLE a; DROP PUBLICATION gone").await;
    let plan = case.plan(tables(&["a", "b"])).await.unwrap();
    let report = case.restore(tables(&["a", "b"])).await.unwrap();
    for findings in [plan.findings, report.findings] {
        let warning = findings.iter().find(|f| f.message.contains("publications")).expect("a warning");
        assert!(warning.message.ends_with("no longer in their publications: a in feed"), "{warning:?}");
        assert!(
            warning.hint.ends_with(": ALTER PUBLICATION \"feed\" ADD TABLE \"public\".\"a\""),
            "{warning:?}"
        );
    }
}
