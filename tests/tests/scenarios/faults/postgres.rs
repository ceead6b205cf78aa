//! PostgreSQL servers that are away, refuse, or go away in the middle.

use std::os::unix::fs::PermissionsExt;
use std::process::Child;
use std::time::{Duration, Instant};

use aitta_testing::pg::{Options, TestDatabase, TestServer};
use aitta_testing::{Aitta, Finished};
use sqlx::{Connection, Executor, PgConnection, Row};

use super::{backup, expect_failure, stored_files};

/// Enough rows that a backup takes long enough to be disturbed.
const TABLES: &str = r#"
    CREATE TABLE "User" (id int PRIMARY KEY, name text NOT NULL);
    CREATE TABLE "Booking" (id int PRIMARY KEY, user_id int NOT NULL REFERENCES "User", note text NOT NULL);
    INSERT INTO "User" SELECT g, 'asiakas ' || g FROM generate_series(1, 1000) g;
    INSERT INTO "Booking" SELECT g, 1 + g % 1000, repeat(md5(g::text), 8) FROM generate_series(1, 200000) g;
"#;

async fn shop(label: &str) -> (TestDatabase, Aitta) {
    let database = TestServer::shared().database(label).await;
    database.psql(TABLES).await;
    let aitta = Aitta::new().database(database.url());
    (database, aitta)
}

fn finish(child: Child) -> Finished {
    let output = child.wait_with_output().unwrap();
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Waits until a session of the program runs COPY, by asking the server.
async fn until_copying(conn: &mut PgConnection, database: &str) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let copying: i64 = sqlx::query(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND query LIKE 'COPY%' AND state = 'active'",
        )
        .bind(database)
        .fetch_one(&mut *conn)
        .await
        .unwrap()
        .get(0);
        if copying > 0 {
            return;
        }
        assert!(Instant::now() < deadline, "no COPY was seen");
    }
}

#[tokio::test]
async fn unreachable_server_wrong_password_and_missing_database_have_their_own_codes() {
    let server = TestServer::shared();
    for (url, code) in [
        ("postgres://aitta:x@127.0.0.1:1/shop".to_owned(), "source_unreachable"),
        (server.url_as("postgres", "wrong-pass-word", "postgres"), "source_auth"),
        (server.url("no_such_database"), "source_unreachable"),
        ("mysql://root@localhost/shop".to_owned(), "config_invalid"),
    ] {
        let aitta = Aitta::new().database(&url);
        let finished = aitta.run(["backup", "create", "--json"]);
        expect_failure(&finished, code);
        assert!(!finished.stderr.contains("wrong-pass-word"), "no password is shown");
        assert_eq!(stored_files(&aitta), Vec::<String>::new());
    }
}

#[tokio::test]
async fn terminated_backend_fails_the_backup_and_the_next_one_works() {
    let (database, aitta) = shop("terminated").await;
    let mut admin = TestServer::shared().admin().await;
    let child = aitta.command(["backup", "create", "--json"]).spawn().unwrap();
    until_copying(&mut admin, database.name()).await;
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND query LIKE 'COPY%'",
    )
    .bind(database.name())
    .execute(&mut admin)
    .await
    .unwrap();
    expect_failure(&finish(child), "source_lost");
    assert_eq!(stored_files(&aitta), Vec::<String>::new());
    backup(&aitta);
}

#[tokio::test]
async fn server_that_stops_in_the_middle_fails_the_backup_and_the_next_one_works() {
    let server = TestServer::start(&Options::default());
    let database = server.database("stopped").await;
    database.psql(TABLES).await;
    let aitta = Aitta::new().database(database.url());
    let mut admin = server.admin().await;
    let child = aitta.command(["backup", "create", "--json"]).spawn().unwrap();
    until_copying(&mut admin, database.name()).await;
    server.crash();
    // Also for a reader that was only about to connect: the first session was open.
    expect_failure(&finish(child), "source_lost");
    assert_eq!(stored_files(&aitta), Vec::<String>::new());
    server.start_again();
    backup(&aitta);
}

#[tokio::test]
async fn lock_that_is_not_to_be_had_ends_the_backup_in_time() {
    let (database, aitta) = shop("locked").await;
    let mut holder = database.connect().await;
    holder.execute("BEGIN; LOCK TABLE \"Booking\" IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let begun = Instant::now();
    let finished = aitta.run(["backup", "create", "--lock-timeout", "1", "--json"]);
    let message = expect_failure(&finished, "lock_timeout");
    assert!(message.contains("Booking"), "{message}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(stored_files(&aitta), Vec::<String>::new());
    holder.close().await.unwrap();
    backup(&aitta);
}

#[tokio::test]
async fn writers_go_on_while_a_backup_runs() {
    let (database, aitta) = shop("writers").await;
    let mut writer = database.connect().await;
    let mut admin = TestServer::shared().admin().await;
    let child = aitta.command(["backup", "create", "--json"]).spawn().unwrap();
    until_copying(&mut admin, database.name()).await;
    writer.execute("SET lock_timeout = '2s'").await.unwrap();
    writer.execute("UPDATE \"Booking\" SET note = 'later' WHERE id <= 100").await.unwrap();
    writer.execute("DELETE FROM \"Booking\" WHERE id > 199990").await.unwrap();
    let report = finish(child).success().json();
    assert_eq!(report["archive"]["rows"], 201_000, "the archive holds what was there when it began");
}

#[tokio::test]
async fn missing_and_old_client_tools_are_named() {
    let (database, _) = shop("tools").await;
    let aitta = Aitta::new().database(database.url());
    let tools = aitta.home().join("tools");
    std::fs::create_dir(&tools).unwrap();
    let config = aitta.home().join("config.toml");
    std::fs::write(&config, format!("[profile.shop]\npg_bin_dir = {:?}\n", tools.display().to_string()))
        .unwrap();
    let args = ["--config", config.to_str().unwrap(), "--profile", "shop", "backup", "create", "--json"];
    let message = expect_failure(&aitta.run(args), "tool_missing");
    assert!(message.contains("none was found"), "{message}");
    for name in ["pg_dump", "pg_restore"] {
        let path = tools.join(name);
        std::fs::write(&path, "#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let message = expect_failure(&aitta.run(args), "tool_missing");
    assert!(message.contains("9.6.24"), "{message}");
    assert_eq!(stored_files(&aitta), Vec::<String>::new());
}

#[tokio::test]
async fn table_that_is_dropped_while_the_backup_begins_is_named_or_left_out_cleanly() {
    let (database, aitta) = shop("dropped").await;
    let mut dropper = database.connect().await;
    dropper.execute("CREATE TABLE victim AS SELECT 1 AS x").await.unwrap();
    dropper.execute("BEGIN; DROP TABLE victim").await.unwrap();
    let child = aitta.command(["backup", "create", "--json"]).spawn().unwrap();
    // The backup waits for the lock of `victim`; then the table goes.
    let mut admin = TestServer::shared().admin().await;
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let waiting: i64 = sqlx::query(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'",
        )
        .bind(database.name())
        .fetch_one(&mut admin)
        .await
        .unwrap()
        .get(0);
        if waiting > 0 {
            break;
        }
        assert!(Instant::now() < deadline, "the backup never waited for the lock");
    }
    dropper.execute("COMMIT").await.unwrap();
    let finished = finish(child);
    if finished.code == Some(0) {
        let tables = finished.json()["tables"].to_string();
        assert!(!tables.contains("victim") && tables.contains("Booking"), "{tables}");
    } else {
        let message = expect_failure(&finished, "source_unfit");
        assert!(message.contains("victim"), "{message}");
        assert_eq!(stored_files(&aitta), Vec::<String>::new());
    }
    backup(&aitta);
}
