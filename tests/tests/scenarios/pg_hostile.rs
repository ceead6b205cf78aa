//! Restores into PostgreSQL databases that belong to somebody who is not trusted.

use std::time::Duration;

use aitta_engine::{Error, restore};
use aitta_model::{DatabaseUrl, ErrorCode, Likeness, RestoreReport, RestoreRequest};

use crate::pg::{self, Case, assert_same, everything, into, run, tables, texts};

/// A role of the database `case` without any right of its own, with a function that leaves its trace in the server's
/// log, and what `sql` makes as that role.
async fn tenant(case: &Case, sql: &str) -> String {
    let role = format!("tenant_{}", case.database.name());
    let own = format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'pw'; GRANT CREATE ON DATABASE {} TO {role}; SET ROLE {role}; \
         CREATE SCHEMA app; CREATE FUNCTION app.evil() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN \
         RAISE LOG 'tenant code ran in % as %', current_database(), current_user; RETURN true; END $$; {sql}",
        case.database.name()
    );
    run(case.database.url(), &own).await;
    role
}

fn got_through(case: &Case) -> bool {
    case.server.log().contains(&format!("tenant code ran in {} as postgres", case.database.name()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_runs_nothing_of_the_owners() {
    let case = Case::new("host_plan", "SELECT 1").await;
    let role = tenant(
        &case,
        "CREATE TABLE app.t (id int PRIMARY KEY, n int); INSERT INTO app.t SELECT g, g FROM generate_series(1, 7) g; \
         CREATE TABLE app.child (t int REFERENCES app.t, u int); INSERT INTO app.child VALUES (1, 1), (2, 2), (NULL, 3); \
         CREATE TABLE app.gone (id int); INSERT INTO app.gone VALUES (1); \
         CREATE TABLE app.p (id int) PARTITION BY LIST (id); CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES IN (1)",
    )
    .await;
    case.backup().await;
    run(
        case.database.url(),
        &format!(
            "SET ROLE {role}; CREATE INDEX ON app.t (n) WHERE app.evil(); \
             CREATE INDEX ON app.child ((CASE WHEN app.evil() THEN u END)); DROP TABLE app.gone; \
             CREATE VIEW app.gone AS SELECT 1 AS id WHERE app.evil(); \
             CREATE TABLE app.p2 PARTITION OF app.p FOR VALUES IN (2); INSERT INTO app.p VALUES (2), (2); \
             CREATE INDEX ON app.p2 (id) WHERE app.evil()"
        ),
    )
    .await;
    let plan = case.plan(tables(&["app.t"])).await.unwrap();
    assert!(!got_through(&case), "an index of the table");
    assert_eq!(plan.tables[0].target_rows, Some(7));
    let key = "app.child (2 rows now) references app.t";
    assert!(plan.findings.iter().any(|f| f.message.contains(key)), "{plan:?}");
    let plan = case.plan(tables(&["app.gone"])).await.unwrap();
    assert!(!got_through(&case), "a view in the place of a table");
    assert!(plan.is_blocked(), "{plan:?}");
    assert_eq!(plan.tables[0].target_rows, None);
    let plan = case.plan(tables(&["app.p"])).await.unwrap();
    assert!(!got_through(&case), "an index of a partition");
    assert!(plan.findings.iter().any(|f| f.message.contains("app.p2 (2 rows)")), "{plan:?}");
    case.plan(everything()).await.unwrap();
    assert!(!got_through(&case), "the whole database");
    let compared = restore::compare(&case.context, everything()).await.unwrap();
    assert!(!got_through(&case), "a comparison");
    let likeness = |name: &str| compared.tables.iter().find(|t| t.name == name).map(|t| t.likeness.clone());
    assert_eq!(likeness("app.t"), Some(Likeness::Same));
    assert!(matches!(likeness("app.gone"), Some(Likeness::NotComparable { .. })), "{compared:?}");
}

const BLUE_AND_GREEN: &str = "CREATE SCHEMA blue; CREATE SCHEMA green; \
    CREATE TABLE blue.t (id serial, x text); INSERT INTO blue.t (x) SELECT repeat(md5(g::text), 8) FROM generate_series(1, 60000) g; \
    CREATE TABLE green.t (id serial, x text); INSERT INTO green.t (x) SELECT 'green' FROM generate_series(1, 5)";

const SWAP: &str = "BEGIN; ALTER SCHEMA blue RENAME TO grey; ALTER SCHEMA green RENAME TO blue; \
    ALTER SCHEMA grey RENAME TO green; COMMIT";

async fn until(url: &str, condition: &str) {
    let mut conn = pg::connect(url).await;
    for _ in 0..3000 {
        let sql = format!("SELECT EXISTS ({condition})");
        if sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut conn).await.unwrap() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("never: {condition}");
}

/// Restores `blue.t`, and exchanges the schemas `swaps` times as soon as `moment` is there.
async fn swapped(
    case: &Case,
    moment: &str,
    swaps: usize,
    before: impl AsyncFnOnce(),
) -> Result<RestoreReport, Error> {
    let url = case.database.url();
    let moment = format!(
        "SELECT FROM pg_stat_activity a LEFT JOIN pg_locks l USING (pid) WHERE a.datname = current_database() AND {moment}"
    );
    let meddle = async {
        until(url, &moment).await;
        for _ in 0..swaps {
            run(url, SWAP).await;
        }
        before().await;
    };
    let (restored, ()) = tokio::join!(case.restore(tables(&["blue.t"])), meddle);
    restored
}

#[tokio::test(flavor = "multi_thread")]
async fn schemas_that_are_exchanged_during_a_restore_leave_every_table_as_it_was() {
    const LOADING: &str = "a.query LIKE 'COPY%FROM STDIN%' AND a.state = 'active'";
    for (label, swaps, waits) in [("host_swap", 1, false), ("host_back", 2, false), ("host_wait", 1, true)] {
        let case = Case::new(label, BLUE_AND_GREEN).await;
        case.backup().await;
        let url = case.database.url();
        run(url, "DELETE FROM blue.t WHERE id < 100").await;
        let before = case.dump();
        let restored = if waits {
            let mut holder = pg::connect(url).await;
            sqlx::raw_sql("BEGIN; LOCK TABLE blue.t IN ROW EXCLUSIVE MODE")
                .execute(&mut holder)
                .await
                .unwrap();
            swapped(&case, "NOT l.granted", swaps, async || {
                sqlx::raw_sql("COMMIT").execute(&mut holder).await.unwrap();
            })
            .await
        } else {
            swapped(&case, LOADING, swaps, async || {}).await
        };
        let error = restored.expect_err(label);
        assert_eq!(error.code(), ErrorCode::SourceUnfit, "{label}: {error}");
        assert!(error.hint().contains("run it again"), "{}", error.hint());
        if swaps % 2 == 1 {
            run(url, SWAP).await;
        }
        assert_same(&before, &case.dump());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_the_role_that_restores_end_nothing_and_change_nothing() {
    let rows = "CREATE TABLE t (id serial PRIMARY KEY, x text, at timestamptz); \
        INSERT INTO t (x, at) SELECT repeat(md5(g::text), 8), now() FROM generate_series(1, 100000) g";
    let case = Case::new("host_role", rows).await;
    case.backup().await;
    let (before, name) = (case.dump(), case.database.name());
    for (i, settings) in [
        &["idle_session_timeout = 150", "idle_in_transaction_session_timeout = 150"][..],
        &["default_transaction_read_only = on", "default_transaction_isolation = serializable"],
        &[
            "standard_conforming_strings = off",
            "DateStyle = 'SQL, DMY'",
            "search_path = nowhere",
            "exit_on_error = on",
        ],
    ]
    .into_iter()
    .enumerate()
    {
        let role = format!("restorer_{i}_{name}");
        run(&case.server.url("postgres"), &format!("CREATE ROLE {role} SUPERUSER LOGIN PASSWORD 'pw'")).await;
        let known = |setting: &&&str| case.server.major() >= 14 || !setting.starts_with("idle_session");
        for setting in settings.iter().filter(known) {
            run(&case.server.url("postgres"), &format!("ALTER ROLE {role} SET {setting}")).await;
        }
        let new = format!("{name}_new{i}");
        case.restore(into(&case.server.url_as(&role, "pw", &new)))
            .await
            .unwrap_or_else(|e| panic!("{settings:?}: {e}"));
        assert_same(&before, &aitta_testing::pg::pg_dump_text(&case.server.url(&new), &[]));
        run(&case.server.url("postgres"), &format!("DROP DATABASE \"{new}\"")).await;
        let chosen = RestoreRequest {
            to: Some(DatabaseUrl::new(case.server.url_as(&role, "pw", name))),
            ..tables(&["t"])
        };
        case.restore(chosen).await.unwrap_or_else(|e| panic!("{settings:?}: {e}"));
        assert_eq!(texts(case.database.url(), "SELECT count(*)::text FROM t").await, ["100000"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_look_like_placeholders_come_back_as_they_are() {
    let case = Case::new("host_names", "SELECT lo_create(77001)").await;
    let name = case.database.name().to_owned();
    let odd = format!("{name}_odd");
    let roles = ["x{database}", "{object}", "\"; CREATE ROLE host_names_got; --{database}\""];
    for role in roles {
        let quoted = format!("\"{}\"", role.replace('"', "\"\""));
        let make = format!(
            "CREATE ROLE {quoted}; GRANT CONNECT ON DATABASE \"{name}\" TO {quoted} WITH GRANT OPTION; \
             GRANT SELECT ON LARGE OBJECT 77001 TO {quoted}"
        );
        run(case.database.url(), &make).await;
    }
    case.backup().await;
    let granted = "SELECT a.grantee::regrole::text || a.privilege_type || a.is_grantable FROM pg_database d, \
        aclexplode(d.datacl) a WHERE d.datname = current_database() AND a.grantee <> 0 \
        UNION ALL SELECT a.grantee::regrole::text || a.privilege_type FROM pg_largeobject_metadata m, \
        aclexplode(m.lomacl) a ORDER BY 1";
    let before = texts(case.database.url(), granted).await;
    assert!(before.len() > 6, "{before:?}");
    case.restore(into(&case.server.url(&odd))).await.unwrap();
    assert_eq!(texts(&case.server.url(&odd), granted).await, before);
    case.restore(everything()).await.unwrap();
    assert_eq!(texts(case.database.url(), granted).await, before);
    let got = "SELECT rolname::text FROM pg_roles WHERE rolname = 'host_names_got'";
    assert!(texts(case.database.url(), got).await.is_empty());
    run(&case.server.url("postgres"), &format!("DROP DATABASE \"{odd}\"")).await;
}

/// All that is written below this folder, but what is encrypted.
fn written(dir: &std::path::Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(written(&path));
        } else if path.extension().is_none_or(|e| e != "backup") {
            all.extend(std::fs::read(&path).unwrap());
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_a_target_refuses_are_told_and_kept_nowhere() {
    const SECRET: &str = "kuningatar-4711";
    let rows = format!(
        "CREATE DOMAIN code AS text; CREATE TABLE t (id int, c code); INSERT INTO t VALUES (1, '{SECRET}'), (2, '{SECRET}'); \
         CREATE FUNCTION picky(x text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN \
         IF current_database() LIKE '%restoring%' THEN RAISE EXCEPTION 'what is %', x; END IF; RETURN x; END $$; \
         CREATE TABLE u (c text); INSERT INTO u VALUES ('{SECRET}'); CREATE INDEX ON u (picky(c))"
    );
    let case = Case::new("host_rows", &rows).await;
    case.backup().await;
    let url = case.database.url();
    for (refuse, undo) in [
        ("ALTER TABLE t ADD CHECK (length(c) < 3) NOT VALID", "ALTER TABLE t DROP CONSTRAINT t_c_check"),
        ("DELETE FROM t; CREATE UNIQUE INDEX one ON t (c)", "DROP INDEX one"),
        (
            "DROP TABLE t; DROP DOMAIN code; CREATE DOMAIN code AS int; CREATE TABLE t (id int, c code)",
            "DROP TABLE t; DROP DOMAIN code; CREATE DOMAIN code AS text; CREATE TABLE t (id int, c code)",
        ),
        (
            "CREATE FUNCTION fussy(x text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'never %', x; END $$; \
          DELETE FROM t; ALTER TABLE t ADD CHECK (fussy(c))",
            "DROP FUNCTION fussy CASCADE",
        ),
    ] {
        run(url, refuse).await;
        let error = case.restore(tables(&["t"])).await.expect_err(refuse);
        assert_eq!(error.code(), ErrorCode::TargetIncompatible, "{refuse}: {error}");
        let told = format!("{error} {} {error:?} {:?}", error.hint(), error.failure());
        assert!(!told.contains(SECRET), "{told}");
        assert!(
            error.to_string().contains("COPY t, line 1") || error.to_string().contains("\"one\""),
            "{error}"
        );
        run(url, undo).await;
    }
    // By pg_restore, when it builds an index.
    let elsewhere = format!("{}_elsewhere", case.database.name());
    let error = case.restore(into(&case.server.url(&elsewhere))).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ToolFailed, "{error}");
    let told = format!("{error} {} {error:?}", error.hint());
    assert!(!told.contains(SECRET), "{told}");
    let kept = written(case.dir.path());
    assert!(kept.len() > 10_000, "the catalog is among it");
    assert!(!kept.windows(SECRET.len()).any(|w| w == SECRET.as_bytes()), "a row in what was written down");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_to_an_extension_is_named_again_before_a_restore() {
    let case = Case::new(
        "host_member",
        "CREATE EXTENSION hstore; CREATE TABLE invoices AS SELECT 1 AS id; CREATE TABLE t AS SELECT 2 AS id; \
         ALTER EXTENSION hstore ADD TABLE invoices",
    )
    .await;
    case.backup().await;
    let new = case.server.url(&format!("{}_new", case.database.name()));
    let plan = case.plan(into(&new)).await.unwrap();
    let told = plan.findings.iter().find(|f| f.message.contains("invoices (of hstore)")).expect("a warning");
    assert!(told.severity == aitta_model::Severity::Warning && !plan.is_blocked(), "{plan:?}");
    // Who restores only a table that is there has nothing to look for.
    let plan = case.plan(tables(&["t"])).await.unwrap();
    assert!(!plan.findings.iter().any(|f| f.message.contains("hstore")), "{plan:?}");
}
