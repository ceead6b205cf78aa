//! Whoever owns a database gets nothing from the person who backs it up: his code doesn't run, and nothing is missing
//! or mixed without a word.

use std::sync::Arc;
use std::time::Duration;

use aitta_engine::Result;
use aitta_model::ErrorCode;
use aitta_testing::pg::{TestDatabase, TestServer};
use sqlx::{Connection, PgConnection};

use super::support::{Collected, digest, dump, request, run, snapshot, table, until};

/// A backup of ours waits for a lock in this database.
const SOMEBODY_WAITS: &str = "SELECT count(*) > 0 FROM pg_locks l JOIN pg_stat_activity a USING (pid) \
    WHERE a.datname = current_database() AND NOT l.granted";

/// A database that belongs to somebody without any right of his own on the server, with a function that leaves its
/// trace in the server's log.
struct Tenant {
    db: TestDatabase,
    role: String,
}

impl Tenant {
    async fn new(label: &str, sql: &str) -> Self {
        let db = TestServer::shared().database(label).await;
        let role = format!("tenant_{}", db.name());
        db.psql(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'pw'; CREATE SCHEMA app AUTHORIZATION {role}; \
             GRANT CREATE ON DATABASE {} TO {role}",
            db.name()
        ))
        .await;
        let tenant = Self { db, role };
        let mut conn = tenant.connect().await;
        run(
            &mut conn,
            "CREATE FUNCTION app.evil() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN \
             RAISE LOG 'tenant code ran in % as %', current_database(), current_user; RETURN true; END $$",
        )
        .await;
        run(&mut conn, sql).await;
        tenant
    }

    async fn connect(&self) -> PgConnection {
        let url = TestServer::shared().url_as(&self.role, "pw", self.db.name());
        PgConnection::connect(&url).await.unwrap()
    }

    /// Whether his code ran with the rights of the superuser who backs up.
    fn got_through(&self) -> bool {
        let trace = format!("tenant code ran in {} as postgres", self.db.name());
        TestServer::shared().log().contains(&trace)
    }
}

/// Reads everything; what came of it.
async fn attempt(url: String) -> Result<Arc<Collected>> {
    let mut opened = snapshot(&url, &request(2)).await?;
    let sink = Arc::new(Collected::default());
    opened.read(sink.clone()).await?;
    Ok(sink)
}

/// Replaces a sequence while the backup waits for its lock.
async fn replace_while_waiting(
    label: &str,
    sequence: &str,
    replace: &str,
) -> (Tenant, Result<Arc<Collected>>) {
    let tenant = Tenant::new(
        label,
        &format!("CREATE TABLE app.t AS SELECT 1 AS id; CREATE SEQUENCE app.s; {sequence}"),
    )
    .await;
    let (mut his, mut watcher) = (tenant.connect().await, tenant.db.connect().await);
    run(&mut his, &format!("BEGIN; DROP SEQUENCE app.s; {replace}")).await;
    let backup = tokio::spawn(attempt(tenant.db.url().to_owned()));
    until(&mut watcher, SOMEBODY_WAITS).await;
    run(&mut his, "COMMIT").await;
    let result = backup.await.unwrap();
    (tenant, result)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sequence_that_is_replaced_while_the_backup_waits_for_it_runs_nothing() {
    let view = "CREATE VIEW app.s AS SELECT 1::bigint AS last_value, app.evil() AS is_called";
    let table = "CREATE TABLE app.s AS SELECT 1::bigint AS last_value, true AS is_called; \
        CREATE INDEX ON app.s (last_value) WHERE app.evil()";
    for (label, used, replace) in [
        ("seq_view", "SELECT nextval('app.s')", view),
        ("seq_view_unused", "", view),
        ("seq_table", "SELECT nextval('app.s')", table),
        ("seq_table_unused", "", table),
    ] {
        let (tenant, result) = replace_while_waiting(label, used, replace).await;
        assert!(!tenant.got_through(), "{label}");
        let error = result.err().expect("the sequence is gone");
        assert_eq!(error.code(), ErrorCode::SourceUnfit, "{label}: {error}");
        assert!(
            error.to_string().contains("the sequence app.s") && error.hint().contains("run it again"),
            "{error}"
        );
    }
    all_sequences_are_read().await;
}

/// Whatever they are called, and wherever they stand.
async fn all_sequences_are_read() {
    let db = TestServer::shared().database("seq_all").await;
    db.psql(
        "CREATE SEQUENCE fresh; CREATE SEQUENCE used; SELECT nextval('used'), nextval('used'); \
         CREATE SEQUENCE moved; SELECT setval('moved', 42, false); CREATE SEQUENCE down INCREMENT -1; \
         CREATE SCHEMA \"O'Dd \\\"; CREATE SEQUENCE \"O'Dd \\\".\"s \"\"q'\" START 7; \
         DO $$ BEGIN FOR i IN 1..600 LOOP EXECUTE 'CREATE SEQUENCE many' || i || ' START ' || i; END LOOP; END $$",
    )
    .await;
    let (contents, _) = dump(db.url(), &request(2)).await;
    let found = contents.properties["sequences"].as_array().unwrap();
    let at = |name: &str| {
        let s = found.iter().find(|s| s["name"] == name).unwrap_or_else(|| panic!("no {name}"));
        (s["last_value"].as_i64().unwrap(), s["is_called"].as_bool().unwrap())
    };
    assert_eq!(at("fresh"), (1, false));
    assert_eq!(at("used"), (2, true));
    assert_eq!(at("moved"), (42, false));
    assert_eq!(at("down"), (-1, false));
    assert_eq!(at("s \"q'"), (7, false));
    assert_eq!(at("many599"), (599, false));
    assert_eq!(found.len(), 605);
}

/// More than a part: its rows are read by several queries, where queries may be made.
const LARGE: &str =
    "CREATE TABLE app.large AS SELECT g AS id, repeat('x', 1000) AS filler FROM generate_series(1, 80000) g";

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_swapped_for_a_view_by_renaming_its_schema_runs_nothing() {
    let view = "CREATE VIEW app.large AS SELECT '(0,0)'::tid AS ctid, 16384::oid AS tableoid, 1 AS id, app_old.evil()::text AS filler";
    let swap = format!("ALTER SCHEMA app RENAME TO app_old; CREATE SCHEMA app; {view}");
    let back = "DROP SCHEMA app CASCADE; ALTER SCHEMA app_old RENAME TO app";
    let partitioned = "CREATE TABLE app.parent (id int, filler text) PARTITION BY LIST (id); \
        CREATE TABLE app.large PARTITION OF app.parent DEFAULT; \
        INSERT INTO app.large SELECT g, repeat('x', 1000) FROM generate_series(1, 80000) g";
    for (label, sql, undo) in
        [("swap_view", LARGE, None), ("swap_view_back", LARGE, Some(back)), ("swap_part", partitioned, None)]
    {
        let tenant = Tenant::new(label, sql).await;
        let mut opened = snapshot(tenant.db.url(), &request(2)).await.unwrap();
        run(&mut tenant.connect().await, &swap).await;
        let sink = Arc::new(Collected::default());
        let reading = opened.read(sink.clone()).await;
        if let Some(undo) = undo {
            run(&mut tenant.connect().await, undo).await;
        }
        assert!(!tenant.got_through(), "{label}");
        let error = reading.expect_err(label);
        assert_eq!(error.code(), ErrorCode::SourceUnfit, "{label}: {error}");
        assert!(error.to_string().contains("app"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn planning_runs_nothing_of_the_owners_of_large_tables() {
    for (label, more) in [
        ("plan_partial", "CREATE INDEX ON app.large (id) WHERE app.evil()"),
        ("plan_expression", "CREATE INDEX ON app.large ((CASE WHEN app.evil() THEN id END))"),
        (
            "plan_statistics",
            "CREATE STATISTICS app.st ON (CASE WHEN app.evil() THEN id END), id FROM app.large",
        ),
    ] {
        // Statistics on expressions are known from version 14 on.
        if label == "plan_statistics" && TestServer::shared().major() < 14 {
            continue;
        }
        let tenant = Tenant::new(label, &format!("{LARGE}; {more}")).await;
        let sink = attempt(tenant.db.url().to_owned()).await.unwrap();
        assert!(!tenant.got_through(), "{label}");
        assert_eq!(sink.lines(1).len(), 80_000);
    }
    // Nor of an index that comes while the backup is under way: no lock of a reader is against it.
    let tenant = Tenant::new("plan_later", LARGE).await;
    let mut opened = snapshot(tenant.db.url(), &request(2)).await.unwrap();
    run(&mut tenant.connect().await, "CREATE INDEX ON app.large (id) WHERE app.evil()").await;
    opened.read(Arc::new(Collected::default())).await.unwrap();
    assert!(!tenant.got_through());
}

/// Two schemas with a table of the same name, of other rows.
const BLUE_AND_GREEN: &str = "CREATE SCHEMA blue; CREATE SCHEMA green; \
    CREATE TABLE blue.t AS SELECT g AS id, repeat('b', 1000) AS x FROM generate_series(1, 80000) g; \
    CREATE TABLE green.t AS SELECT -g AS id, repeat('g', 1000) AS x FROM generate_series(1, 80000) g; \
    CREATE TABLE blue.other AS SELECT 1 AS id; CREATE TABLE green.other AS SELECT 2 AS id";

const SWAP: &str = "BEGIN; ALTER SCHEMA blue RENAME TO grey; ALTER SCHEMA green RENAME TO blue; \
    ALTER SCHEMA grey RENAME TO green; COMMIT";

#[tokio::test(flavor = "multi_thread")]
async fn schemas_that_are_exchanged_during_a_backup_end_it_and_mix_nothing() {
    for (label, swaps, jobs) in [("bg_once", 1, 1), ("bg_parallel", 1, 3), ("bg_back", 2, 2)] {
        let db = TestServer::shared().database(label).await;
        db.psql(BLUE_AND_GREEN).await;
        let mut opened = snapshot(db.url(), &request(jobs)).await.unwrap();
        let sink = Arc::new(Collected::gated());
        let reading = tokio::spawn({
            let sink = sink.clone();
            async move { opened.read(sink).await }
        });
        let mut watcher = db.connect().await;
        until(&mut watcher, "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY %'").await;
        for _ in 0..swaps {
            run(&mut watcher, SWAP).await;
        }
        sink.open_gate();
        let error = reading.await.unwrap().expect_err(label);
        assert_eq!(error.code(), ErrorCode::SourceUnfit, "{label}: {error}");
        assert!(error.to_string().contains("\"blue\"") && error.hint().contains("run it again"), "{error}");
    }
    schemas_that_are_exchanged_while_the_backup_waits_are_read().await;
}

/// As they are then.
async fn schemas_that_are_exchanged_while_the_backup_waits_are_read() {
    for (label, swaps) in [("bg_wait", 1), ("bg_wait_back", 2)] {
        let db = TestServer::shared().database(label).await;
        db.psql(BLUE_AND_GREEN).await;
        let (mut holder, mut watcher) = (db.connect().await, db.connect().await);
        // The first one in the order of names.
        run(&mut holder, "BEGIN; LOCK TABLE blue.other IN ACCESS EXCLUSIVE MODE").await;
        let url = db.url().to_owned();
        let backup = tokio::spawn(async move { dump(&url, &request(2)).await });
        until(&mut watcher, SOMEBODY_WAITS).await;
        for _ in 0..swaps {
            run(&mut watcher, SWAP).await;
        }
        run(&mut holder, "COMMIT").await;
        let (contents, sink) = backup.await.unwrap();
        for schema in ["blue", "green"] {
            let (section, _) = table(&contents, schema, "t");
            let truth = digest(&mut watcher, &format!("COPY {schema}.t TO STDOUT")).await;
            assert_eq!(sink.digest(section).to_hex(), truth.to_hex(), "{label}: {schema}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_the_database_leave_nothing_out_and_change_nothing() {
    let server = TestServer::shared();
    let db = server.database("settings").await;
    db.psql(
        "CREATE SCHEMA pgboss; CREATE SCHEMA pgmq; CREATE SCHEMA \"pg\\b\"; CREATE TABLE pgboss.job AS SELECT 1 AS id; \
         CREATE TABLE pgmq.q AS SELECT 2 AS id; CREATE TABLE \"pg\\b\".t AS SELECT 3 AS id; \
         CREATE TABLE kinds AS SELECT now() AS a, 'a\\b''c'::text AS t, '\\x00ff'::bytea AS b, 0.1::float8 / 3 AS f, \
           interval '1 day -2 hours' AS i, 12.5::money AS m, NULL::int AS n, '{{1,NULL}}'::int[] AS r; \
         CREATE SCHEMA trap; CREATE FUNCTION trap.never(name, name) RETURNS boolean LANGUAGE sql AS 'SELECT false'; \
         CREATE OPERATOR trap.= (LEFTARG = name, RIGHTARG = name, FUNCTION = trap.never)",
    )
    .await;
    let (before, rows) = dump(db.url(), &request(2)).await;
    let names = |contents: &aitta_engine::source::Contents| -> Vec<String> {
        contents.sections.iter().map(|s| format!("{:?}.{}", s.schema, s.name)).collect()
    };
    assert_eq!(before.sections.len(), 5, "{:?}", names(&before));
    for setting in [
        "standard_conforming_strings = off",
        "backslash_quote = on",
        "search_path = trap, pg_catalog, public",
        "quote_all_identifiers = on",
        "DateStyle = 'SQL, DMY'",
        "IntervalStyle = 'sql_standard'",
        "TimeZone = 'Asia/Tokyo'",
        "bytea_output = 'escape'",
        "extra_float_digits = -15",
        "transform_null_equals = on",
        "array_nulls = off",
        "default_transaction_isolation = 'serializable'",
        "default_transaction_deferrable = on",
        "row_security = on",
        "idle_in_transaction_session_timeout = 40",
        "idle_session_timeout = 40",
        "statement_timeout = 200",
        "lock_timeout = 1",
        "exit_on_error = on",
        "constraint_exclusion = on",
        "zero_damaged_pages = on",
        "client_encoding = 'LATIN1'",
    ] {
        if !setting.starts_with("idle_session_timeout") || server.major() >= 14 {
            db.psql(&format!("ALTER DATABASE {} SET {setting}", db.name())).await;
        }
    }
    let mut opened = snapshot(db.url(), &request(2)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let sink = Arc::new(Collected::default());
    opened.read(sink.clone()).await.unwrap();
    assert_eq!(names(opened.contents()), names(&before));
    for section in 1..5 {
        assert_eq!(sink.lines(section), rows.lines(section), "{}", names(&before)[section as usize]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_take_back_that_damage_is_passed_over_is_told_so() {
    let server = TestServer::shared();
    for (label, setting) in [("loose_zero", "zero_damaged_pages"), ("loose_sums", "ignore_checksum_failure")]
    {
        let db = server.database(label).await;
        let role = format!("reader_{}", db.name());
        db.psql(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'pw'; ALTER DATABASE {} SET {setting} = on; CREATE TABLE t (id int)",
            db.name()
        ))
        .await;
        let error = super::support::snapshot_error(&server.url_as(&role, "pw", db.name()), &request(1)).await;
        assert_eq!(error.code(), ErrorCode::SourceUnfit, "{error}");
        assert!(error.to_string().contains(setting) && error.hint().contains(setting), "{error}");
        dump(db.url(), &request(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_to_an_extension_is_named_as_left_out() {
    let db = TestServer::shared().database("members").await;
    db.psql(
        "CREATE EXTENSION hstore; CREATE SCHEMA app; CREATE TABLE app.invoices AS SELECT 1 AS id; \
         CREATE TABLE app.empty (id int); CREATE SEQUENCE app.number; CREATE MATERIALIZED VIEW app.m AS SELECT 1 AS id; \
         CREATE TABLE app.parts (id int) PARTITION BY LIST (id); CREATE TABLE app.kept (id int); \
         ALTER EXTENSION hstore ADD TABLE app.invoices; ALTER EXTENSION hstore ADD TABLE app.empty; \
         ALTER EXTENSION hstore ADD SEQUENCE app.number; ALTER EXTENSION hstore ADD MATERIALIZED VIEW app.m; \
         ALTER EXTENSION hstore ADD TABLE app.parts",
    )
    .await;
    let (contents, _) = dump(db.url(), &request(1)).await;
    let named: Vec<&str> =
        contents.notes.iter().filter_map(|n| n.split_once(": it belongs")).map(|(n, _)| n).collect();
    assert_eq!(named, ["app.invoices", "app.m", "app.number", "app.parts"], "{:?}", contents.notes);
    assert!(
        contents.notes[0].contains("ALTER EXTENSION \"hstore\" DROP TABLE \"app\".\"invoices\""),
        "{:?}",
        contents.notes
    );
    let left_out = contents.properties["left_out"].as_array().unwrap();
    assert_eq!(left_out[0], serde_json::json!({"schema": "app", "name": "invoices", "extension": "hstore"}));
    // As the note says.
    db.psql("ALTER EXTENSION hstore DROP TABLE app.invoices").await;
    let (contents, sink) = dump(db.url(), &request(1)).await;
    let (section, _) = table(&contents, "app", "invoices");
    assert_eq!(sink.lines(section), ["1"]);
}
