#![expect(clippy::unwrap_used, reason = "tests")]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};

use super::{Options, PASSWORD, TestServer, USER, pg_dump_text, psql};

#[tokio::test]
async fn databases_are_empty_and_reachable_both_ways() {
    let database = TestServer::shared().database("Odd \"näme\"").await;
    database.psql("CREATE TABLE booking (id int); INSERT INTO booking VALUES (1), (2)").await;
    for url in [database.url(), database.socket_url()] {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let rows: i64 =
            sqlx::query_scalar("SELECT count(*) FROM booking").fetch_one(&mut connection).await.unwrap();
        assert_eq!(rows, 2);
    }
    assert!(pg_dump_text(database.url(), &[]).contains("CREATE TABLE public.booking"));
    assert_eq!(pg_dump_text(database.url(), &[]), pg_dump_text(database.socket_url(), &[]));
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let server = TestServer::shared();
    let error = PgConnection::connect(&server.url_as(USER, "wrong", "postgres")).await.unwrap_err();
    let sqlx::Error::Database(error) = error else { panic!("{error}") };
    assert_eq!(error.code().unwrap(), "28P01");
    assert!(server.url("postgres").contains(PASSWORD));
}

#[tokio::test]
async fn a_dropped_database_is_gone_although_somebody_is_connected() {
    let server = TestServer::shared();
    let database = server.database("dropped").await;
    let name = database.name().to_owned();
    let _connected = database.connect().await;
    drop(database);
    let mut admin = server.admin().await;
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_database WHERE datname = $1")
        .bind(name)
        .fetch_one(&mut admin)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_server_of_ones_own_can_be_stopped_crashed_and_started_again() {
    let server = TestServer::start(&Options::default().set("max_connections", 17));
    psql(&server.url("postgres"), "CREATE TABLE kept AS SELECT 1 AS id").await;
    server.stop();
    assert!(PgConnection::connect(&server.url("postgres")).await.is_err());
    server.start_again();
    server.crash();
    server.start_again();
    let mut admin = server.admin().await;
    let connections: String = sqlx::query_scalar("SHOW max_connections").fetch_one(&mut admin).await.unwrap();
    assert_eq!(connections, "17");
    psql(&server.url("postgres"), "SELECT id FROM kept").await;
    let dir = server.socket_dir();
    assert!(dir.exists());
    drop(server);
    assert!(!dir.exists());
}

/// Runs itself in a process of its own, which starts a server and waits to be killed.
#[test]
fn a_killed_process_leaves_no_server() {
    const TELL: &str = "AITTA_TEST_TELL";
    if let Some(tell) = std::env::var_os(TELL) {
        let server = TestServer::start(&Options::default());
        std::fs::write(tell, server.socket_dir().display().to_string()).unwrap();
        loop {
            std::thread::park();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let tell = folder.path().join("socket-dir");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "pg::tests::a_killed_process_leaves_no_server"])
        .env(TELL, &tell)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut dir = String::new();
    eventually(|| {
        dir = std::fs::read_to_string(&tell).unwrap_or_default();
        !dir.is_empty()
    });
    assert!(std::path::Path::new(&dir).join("data/postmaster.pid").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    eventually(|| !std::path::Path::new(&dir).exists());
}

fn eventually(mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !happened() {
        assert!(Instant::now() < deadline, "it did not happen in time");
        std::thread::sleep(Duration::from_millis(10));
    }
}
