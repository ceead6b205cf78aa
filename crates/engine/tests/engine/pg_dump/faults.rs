//! A backup that can't be made says why, with a code, a fact and a hint, and in time.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aitta_engine::source;
use aitta_model::{DatabaseUrl, ErrorCode};
use aitta_testing::pg::{PASSWORD, TestServer, USER};
use sqlx::PgConnection;

use super::support::{Collected, access, dump, number, request, run, snapshot, snapshot_error, table, until};

/// A backup of ours waits for a lock in this database.
const SOMEBODY_WAITS: &str = "SELECT count(*) > 0 FROM pg_locks l JOIN pg_stat_activity a USING (pid) \
    WHERE a.datname = current_database() AND NOT l.granted";

#[tokio::test(flavor = "multi_thread")]
async fn a_table_dropped_while_the_backup_begins_is_not_in_it() {
    let db = TestServer::shared().database("dropped").await;
    db.psql(
        "CREATE TABLE goes (id int); CREATE TABLE stays (id int); CREATE TABLE emptied AS SELECT 1 AS id",
    )
    .await;
    let (mut other, mut watcher) = (db.connect().await, db.connect().await);
    run(&mut other, "BEGIN; DROP TABLE goes; TRUNCATE emptied; INSERT INTO emptied VALUES (7)").await;
    let url = db.url().to_owned();
    let backup = tokio::spawn(async move { dump(&url, &request(2)).await });
    until(&mut watcher, SOMEBODY_WAITS).await;
    run(&mut other, "COMMIT").await;
    let (contents, sink) = backup.await.unwrap();
    let names: Vec<&str> = contents.sections.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["schema", "emptied", "stays"]);
    assert_eq!(sink.lines(1), ["7"], "what was committed while waiting for the lock is seen");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_not_to_be_had_in_time_is_named() {
    let db = TestServer::shared().database("locked").await;
    db.psql("CREATE TABLE free (id int); CREATE TABLE held (id int)").await;
    let mut other = db.connect().await;
    run(&mut other, "BEGIN; LOCK TABLE held IN ACCESS EXCLUSIVE MODE").await;
    let mut impatient = request(2);
    impatient.lock_timeout = Duration::from_millis(300);
    let start = Instant::now();
    let error = snapshot_error(db.url(), &impatient).await;
    assert!(start.elapsed() < Duration::from_secs(15));
    assert_eq!(error.code(), ErrorCode::LockTimeout);
    let pid = number(&mut other, "SELECT pg_backend_pid()::int8").await;
    assert!(
        error.to_string().contains("table held")
            && error.to_string().contains(&format!("process {pid} of postgres")),
        "{error}"
    );
    assert!(error.hint().contains("--lock-timeout"), "{}", error.hint());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_waits_for_the_backup_does_not_stop_it() {
    let db = TestServer::shared().database("migration").await;
    db.psql("CREATE TABLE a AS SELECT generate_series(1, 1000) AS id; CREATE TABLE b AS TABLE a; CREATE TABLE c AS TABLE a").await;
    let mut opened = snapshot(db.url(), &request(3)).await.unwrap();
    let mut watcher = db.connect().await;
    until_pg_dump_has_locked(&mut watcher, "c").await;
    let migrations: Vec<_> = ["a", "b", "c"]
        .map(|name| {
            let url = db.url().to_owned();
            tokio::spawn(async move {
                aitta_testing::pg::psql(
                    &url,
                    &format!("ALTER TABLE {name} ADD COLUMN n int DEFAULT random()"),
                )
                .await;
            })
        })
        .into();
    until(
        &mut watcher,
        "SELECT count(*) = 3 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' \
        AND relation IN ('a'::regclass, 'b'::regclass, 'c'::regclass)",
    )
    .await;
    let sink = Arc::new(Collected::default());
    opened.read(sink.clone()).await.unwrap();
    for section in 1..=3 {
        assert_eq!(sink.lines(section).len(), 1000);
    }
    drop(opened);
    for migration in migrations {
        migration.await.unwrap();
    }
}

/// The one thing that would have to wait behind a migration is `pg_dump`, before it has its locks.
async fn until_pg_dump_has_locked(watcher: &mut PgConnection, last_table: &str) {
    let holders =
        format!("SELECT count(*) FROM pg_locks WHERE granted AND relation = '{last_table}'::regclass");
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_dump' \
        AND datname = current_database()";
    let mut seen = false;
    for _ in 0..1000 {
        let present = number(watcher, sessions).await > 0;
        if number(watcher, &holders).await >= 2 || seen && !present {
            return;
        }
        seen |= present;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminated_session_is_a_lost_connection() {
    let db = TestServer::shared().database("killed").await;
    db.psql("CREATE TABLE t AS SELECT repeat('x', 500) AS x FROM generate_series(1, 100000)").await;
    for jobs in [1, 3] {
        let mut opened = snapshot(db.url(), &request(jobs)).await.unwrap();
        let sink = Arc::new(Collected::gated());
        let reading = tokio::spawn({
            let sink = sink.clone();
            async move { opened.read(sink).await }
        });
        let mut watcher = db.connect().await;
        until(&mut watcher, "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY %'").await;
        run(&mut watcher, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'aitta'").await;
        sink.open_gate();
        let error = reading.await.unwrap().unwrap_err();
        assert_eq!(error.code(), ErrorCode::SourceLost, "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_reader_leaves_no_session_and_no_pg_dump() {
    let db = TestServer::shared().database("cancelled").await;
    db.psql("CREATE TABLE t AS SELECT repeat('x', 500) AS x FROM generate_series(1, 100000)").await;
    let mut opened = snapshot(db.url(), &request(3)).await.unwrap();
    let reading = tokio::spawn(async move { opened.read(Arc::new(Collected::gated())).await });
    let mut watcher = db.connect().await;
    until(&mut watcher, "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY %'").await;
    reading.abort();
    until(&mut watcher, "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database()").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reached_is_told_apart() {
    let server = TestServer::shared();
    let db = server.database("reach").await;
    let wrong = snapshot_error(&server.url_as(USER, "wrong-4711", db.name()), &request(1)).await;
    assert_eq!(wrong.code(), ErrorCode::SourceAuth, "{wrong}");
    let missing = snapshot_error(&server.url("no such database"), &request(1)).await;
    assert_eq!(missing.code(), ErrorCode::SourceUnreachable);
    assert!(missing.to_string().contains("no such database"), "{missing}");
    let closed = snapshot_error("postgres://u:secret-99@127.0.0.1:1/db", &request(1)).await;
    assert_eq!(closed.code(), ErrorCode::SourceUnreachable);
    for error in [wrong, missing, closed] {
        let all = format!("{error} {} {error:?}", error.hint());
        for secret in ["wrong-4711", PASSWORD, "secret-99"] {
            assert!(!all.contains(secret), "{all}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_fitting_pg_dump_nothing_is_begun() {
    let db = TestServer::shared().database("tools").await;
    let dir = tempfile::tempdir().unwrap();
    for (version, seen) in [(None, "none was found"), (Some("9.6.1"), "9.6.1 in ")] {
        if let Some(version) = version {
            for tool in ["pg_dump", "pg_restore"] {
                let file = dir.path().join(tool);
                std::fs::write(&file, format!("#!/bin/sh\necho '{tool} (PostgreSQL) {version}'\n")).unwrap();
                std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
            }
        }
        let source = source::open(&DatabaseUrl::new(db.url()), access(dir.path())).unwrap();
        let error = source.snapshot(&request(1)).await.err().unwrap();
        assert_eq!(error.code(), ErrorCode::ToolMissing);
        assert!(error.to_string().contains(seen), "{error}");
        assert!(error.hint().contains("postgresql-client-"), "{}", error.hint());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_pg_dump_is_told_with_its_own_words() {
    let db = TestServer::shared().database("toolfails").await;
    let dir = tempfile::tempdir().unwrap();
    let script = "#!/bin/sh\n[ \"$1\" = --version ] && { echo 'pg_dump (PostgreSQL) 99.1'; exit; }\n\
        echo 'pg_dump: error: query failed: all is lost' >&2; echo 'pg_dump: detail: SELECT' >&2; exit 1\n";
    for tool in ["pg_dump", "pg_restore"] {
        std::fs::write(dir.path().join(tool), script).unwrap();
        std::fs::set_permissions(dir.path().join(tool), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let source = source::open(&DatabaseUrl::new(db.url()), access(dir.path())).unwrap();
    let mut opened = source.snapshot(&request(1)).await.unwrap();
    let error = opened.read(Arc::new(Collected::default())).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ToolFailed);
    assert!(error.to_string().ends_with("error: query failed: all is lost"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_rows_and_missing_rights_are_refused() {
    let server = TestServer::shared();
    let db = server.database("denied").await;
    let role = format!("role_{}", db.name());
    db.psql(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'pw'; CREATE TABLE t (id int); ALTER TABLE t ENABLE ROW LEVEL SECURITY; \
         GRANT SELECT ON t TO {role}"
    ))
    .await;
    let url = server.url_as(&role, "pw", db.name());
    let error = snapshot_error(&url, &request(1)).await;
    assert_eq!(error.code(), ErrorCode::SourceDenied);
    assert!(error.to_string().contains("row security hides rows of t"), "{error}");
    assert!(error.hint().contains("BYPASSRLS"), "{}", error.hint());
    db.psql("ALTER TABLE t DISABLE ROW LEVEL SECURITY; CREATE TABLE secret (id int)").await;
    let error = snapshot_error(&url, &request(1)).await;
    assert_eq!(error.code(), ErrorCode::SourceDenied);
    assert!(error.to_string().contains("secret"), "{error}");
    let (contents, _) = dump(db.url(), &request(1)).await;
    assert_eq!(table(&contents, "public", "t").0, 2);
    db.psql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_table_is_refused_before_anything_is_read() {
    let db = TestServer::shared().database("unknown").await;
    db.psql("CREATE TABLE \"Booking\" (id int)").await;
    let mut wanted = request(1);
    wanted.tables = vec!["Bokking".to_owned()];
    let error = snapshot_error(db.url(), &wanted).await;
    assert_eq!(error.code(), ErrorCode::TableUnknown);
    assert!(error.hint().contains("Booking"), "{}", error.hint());
}
