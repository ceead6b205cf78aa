//! SIGINT and SIGKILL at random moments. After each, no half archive is listed, the target is as it
//! was or fully restored; at the end the next run works, and the killed ones are recorded as failed.

use std::os::unix::process::CommandExt;
use std::time::{Duration, Instant};

use aitta_testing::Aitta;
use aitta_testing::pg::TestServer;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use sqlx::{Connection, PgConnection, Row, SqliteConnection};

use super::{backup, sample};

const TIMES: u32 = 20;

/// Runs the program and sends `signal` at a moment spread over `span`; returns the exit code and what
/// it said on stderr.
pub(super) fn disturbed(
    aitta: &Aitta,
    args: &[&str],
    signal: Signal,
    after: Duration,
) -> (Option<i32>, String) {
    let mut child = aitta.command(args).process_group(0).spawn().unwrap();
    let begun = Instant::now();
    while begun.elapsed() < after {
        if child.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::yield_now();
    }
    if child.try_wait().unwrap().is_none() {
        let pid = Pid::from_child(&child);
        // Ctrl-C in a terminal goes to the program and whatever it has started.
        let sent = match signal {
            Signal::INT => kill_process_group(pid, signal),
            _ => kill_process(pid, signal),
        };
        sent.unwrap();
    }
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Moments spread over a run of this length, in an order that looks random but is always the same.
fn moments(span: Duration) -> impl Iterator<Item = Duration> {
    (0..TIMES).map(move |i| moment(span, i))
}

fn moment(span: Duration, i: u32) -> Duration {
    span * ((i * 7) % TIMES) / TIMES
}

fn time(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

/// Every archive that is listed is whole, and nothing is left of uploads after the next backup.
fn expect_whole_archives(aitta: &Aitta) {
    backup(aitta);
    let report = aitta.json(&["backup", "verify", "--all", "--level", "content"]);
    for result in report["results"].as_array().unwrap() {
        assert_eq!(result["ok"], true, "{result}");
    }
    let left: Vec<_> = super::stored_files(aitta).into_iter().filter(|f| f.starts_with('.')).collect();
    assert_eq!(left, Vec::<String>::new());
}

/// Runs by outcome, from the catalog.
fn outcomes(aitta: &Aitta) -> Vec<(String, String)> {
    super::block_on(async {
        let url = format!("sqlite:{}", aitta.data_dir().join("catalog.db").display());
        let mut conn = SqliteConnection::connect(&url).await.unwrap();
        let rows = sqlx::query("SELECT operation, outcome FROM runs").fetch_all(&mut conn).await.unwrap();
        rows.into_iter().map(|row| (row.get(0), row.get(1))).collect()
    })
}

fn disturb_backups(aitta: &Aitta) {
    let mut span = time(|| drop(backup(aitta)));
    let mut killed = 0;
    for i in 0..TIMES {
        let begun = Instant::now();
        match disturbed(aitta, &["backup", "create"], Signal::KILL, moment(span, i)).0 {
            None => killed += 1,
            // The first one was slower: the machine had more to do then.
            Some(_) => span = span.min(begun.elapsed()),
        }
        let moment = moment(span, i);
        let (code, said) = disturbed(aitta, &["backup", "create"], Signal::INT, moment);
        // Before the handler is in place the signal itself ends the program.
        assert!(matches!(code, None | Some(0 | 130)), "{code:?}: {said}");
    }
    assert!(killed > TIMES / 2, "most of the runs were killed: {killed}");
    expect_whole_archives(aitta);
    let outcomes = outcomes(aitta);
    assert!(!outcomes.iter().any(|(_, outcome)| outcome == "running"), "{outcomes:?}");
    assert!(outcomes.iter().any(|(_, outcome)| outcome == "failed"), "{outcomes:?}");
}

#[test]
fn backups_of_sqlite_may_end_at_any_moment() {
    disturb_backups(&sample());
}

#[tokio::test]
async fn backups_of_postgres_may_end_at_any_moment() {
    let database = TestServer::shared().database("signals_backup").await;
    database.psql(SHOP).await;
    let aitta = Aitta::new().database(database.url());
    tokio::task::spawn_blocking(move || disturb_backups(&aitta)).await.unwrap();
}

const SHOP: &str = r#"
    CREATE TABLE "User" (id int PRIMARY KEY, name text NOT NULL);
    CREATE TABLE "Booking" (id int PRIMARY KEY, user_id int NOT NULL REFERENCES "User", status text NOT NULL);
    INSERT INTO "User" SELECT g, 'asiakas ' || g FROM generate_series(1, 1000) g;
    INSERT INTO "Booking" SELECT g, 1 + g % 1000, 'vahvistettu' FROM generate_series(1, 60000) g;
"#;
const DAMAGE: &str = "UPDATE \"Booking\" SET status = 'broken'";
const STATE: &str = "SELECT count(*) FILTER (WHERE status = 'broken') || '/' || count(*) FROM \"Booking\"";

async fn postgres_state(url: &str) -> String {
    let mut conn = PgConnection::connect(url).await.unwrap();
    sqlx::query(STATE).fetch_one(&mut conn).await.unwrap().get(0)
}

async fn sqlite_state(url: &str) -> String {
    let mut conn = SqliteConnection::connect(url).await.unwrap();
    let state: String = sqlx::query(STATE).fetch_one(&mut conn).await.unwrap().get(0);
    let check: String = sqlx::query("PRAGMA integrity_check").fetch_one(&mut conn).await.unwrap().get(0);
    assert_eq!(check, "ok");
    state
}

#[tokio::test(flavor = "multi_thread")]
async fn restores_of_postgres_may_end_at_any_moment() {
    for tables in [Some("Booking"), None] {
        let database = TestServer::shared().database("signals_restore").await;
        database.psql(SHOP).await;
        let url = database.url().to_owned();
        let aitta = Aitta::new().database(&url);
        disturb_restores(
            &aitta,
            tables,
            async |url| postgres_state(url).await,
            &url,
            async |url: &str| {
                aitta_testing::pg::psql(url, DAMAGE).await;
            },
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn restores_of_sqlite_may_end_at_any_moment() {
    for tables in [Some("Booking"), None] {
        let aitta = sample();
        let url = format!("sqlite:{}", aitta.home().join("carwash.db").display());
        disturb_restores(
            &aitta,
            tables,
            async |url| sqlite_state(url).await,
            &url,
            async |url: &str| {
                let mut conn = SqliteConnection::connect(url).await.unwrap();
                sqlx::query(DAMAGE).execute(&mut conn).await.unwrap();
                conn.close().await.unwrap();
            },
        )
        .await;
    }
}

async fn disturb_restores(
    aitta: &Aitta,
    tables: Option<&str>,
    state: impl AsyncFn(&str) -> String,
    url: &str,
    damage: impl AsyncFn(&str),
) {
    let id = backup(aitta);
    let good = state(url).await;
    let mut args = vec!["backup", "restore", "--reason", "drill", "--backup-id", &id];
    args.extend(tables.iter().flat_map(|t| ["--tables", t]));
    damage(url).await;
    let bad = state(url).await;
    assert_ne!(good, bad);
    let span = time(|| drop(aitta.run(&args).success()));
    assert_eq!(state(url).await, good);
    // Half the moments with each way of restoring: 20 of each signal in all.
    for (i, moment) in moments(span).enumerate().filter(|(i, _)| (i % 2 == 0) == tables.is_some()) {
        for signal in [Signal::KILL, Signal::INT] {
            damage(url).await;
            let (code, said) = disturbed(aitta, &args, signal, moment);
            let now = state(url).await;
            assert!(now == good || now == bad, "{i}: half restored: {now}");
            assert!(code != Some(0) || now == good, "{i}: success was reported, and it is {now}");
            assert!(matches!(code, None | Some(0 | 130)), "{i}, {signal:?}: {code:?}: {said}");
        }
    }
    damage(url).await;
    drop(aitta.run(&args).success());
    assert_eq!(state(url).await, good);
    drop(aitta.run(["restore", "cleanup", "--all", "--reason", "routine"]).success());
    expect_whole_archives(aitta);
    assert!(!outcomes(aitta).iter().any(|(_, outcome)| outcome == "running"));
}
