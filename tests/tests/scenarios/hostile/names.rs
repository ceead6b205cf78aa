//! Names and messages that speak to a terminal: tables, reasons, files of the store, answers of servers.

use std::fs;

use aitta_model::is_unfit;
use aitta_testing::{Aitta, Finished, Hostile, HostileServer};

use super::stopping::at;
use crate::faults::{backup, block_on};

/// Sets the title of the window, clears the screen, turns the direction of writing, and begins a line of its own.
const EVIL: &str = "t\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}\u{2066}\u{7f}\nerror: all is lost\r";

/// Nothing unfit is printed, and no line begins with what the name wants to say.
#[track_caller]
fn expect_plain(what: &str, finished: &Finished) {
    for text in [&finished.stdout, &finished.stderr] {
        let unfit = text.chars().find(|c| is_unfit(*c) && *c != '\n');
        assert_eq!(unfit, None, "{what}:\n{text:?}");
        assert!(!text.lines().any(|line| line.starts_with("error: all is lost")), "{what}:\n{text}");
    }
}

/// A database with a table, a column and a value of that name.
fn database() -> Aitta {
    let aitta = Aitta::new();
    let path = aitta.home().join("evil.db");
    let name = EVIL.replace('"', "");
    let sql = format!("CREATE TABLE \"{name}\"(\"{name}\" TEXT); INSERT INTO \"{name}\" VALUES ('x')");
    let url = format!("sqlite:{}?mode=rwc", path.display());
    block_on(async {
        use sqlx::Connection;
        let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
    aitta.database(&format!("sqlite:{}", path.display()))
}

#[test]
fn names_of_a_database_do_not_reach_the_terminal_as_they_are() {
    let aitta = database();
    let id = backup(&aitta);
    let evil = EVIL;
    for command in [
        &["backup", "create", "--reason", evil][..],
        &["backup", "list"],
        &["backup", "show", &id],
        &["backup", "verify", "--level", "content"],
        &["backup", "restore", "--backup-id", &id, "--dry-run"],
        &["backup", "restore", "--backup-id", &id, "--reason", evil],
        &["backup", "restore", "--backup-id", &id, "--dry-run", "--tables", "nothing"],
        &["backup", "restore", "--backup-id", &id, "--dry-run", "--tables", evil],
        &["backup", "show", evil],
        &["runs"],
        &["audit", "list"],
        &["restore", "cleanup"],
        &["config", "check"],
    ] {
        for json in [false, true] {
            let finished = aitta.run(command.iter().copied().chain(json.then_some("--json")));
            expect_plain(&format!("{command:?}"), &finished);
            if json && finished.code == Some(0) {
                let _report = finished.json();
            }
        }
    }
    let shown = aitta.json(&["backup", "show", &id]);
    assert_eq!(
        shown["table_list"][0]["name"].as_str().map(|name| name.contains('\u{1b}')),
        Some(true),
        "{shown}"
    );
    // The log, too.
    let logged = aitta.command(["backup", "list"]).env("AITTA_LOG", "trace").output().unwrap();
    let stderr = String::from_utf8_lossy(&logged.stderr).into_owned();
    expect_plain("the log", &Finished { code: None, stdout: String::new(), stderr });
}

/// What lies in the store says it, too: in a sidecar, as the name of a file.
#[test]
fn names_of_a_store_do_not_reach_the_terminal_as_they_are() {
    let aitta = database();
    let id = backup(&aitta);
    let sidecar = aitta.store_dir().join(format!("metadata/{id}.json"));
    let mut told: serde_json::Value = serde_json::from_slice(&fs::read(&sidecar).unwrap()).unwrap();
    for field in ["database", "reason", "kind", "engine"] {
        told[field] = EVIL.into();
    }
    fs::write(&sidecar, told.to_string()).unwrap();
    fs::remove_dir_all(aitta.data_dir()).unwrap();
    fs::create_dir(aitta.store_dir().join("backups").join(EVIL.replace('/', "_"))).unwrap();
    for command in [
        &["backup", "list"][..],
        &["backup", "verify", "--all"],
        &["catalog", "rebuild"],
        &["audit", "verify"],
    ] {
        expect_plain(&format!("{command:?}"), &aitta.run(command));
        expect_plain(&format!("{command:?}"), &aitta.run(command.iter().copied().chain(["--json"])));
    }
}

/// And so does what answers in the place of a store.
#[test]
fn messages_of_a_server_do_not_reach_the_terminal_as_they_are() {
    let evil: String = EVIL.chars().filter(|c| !matches!(c, '\u{1b}' | '\u{7}')).collect();
    // Which of them are shown depends on what the status means.
    for status in [400, 403, 404] {
        for code in ["Odd", evil.as_str()] {
            let body = format!("<Error><Code>{code}</Code><Message>{evil}&#27;[31m</Message></Error>");
            let server = HostileServer::start(move |_| Hostile::whole(status, body.clone()));
            let aitta = at(&server);
            for command in [&["backup", "list"][..], &["store", "check"], &["key", "status"]] {
                expect_plain(&format!("{status}, {command:?}"), &aitta.run(command));
                expect_plain(
                    &format!("{status}, {command:?}"),
                    &aitta.run(command.iter().copied().chain(["--json"])),
                );
            }
        }
    }
}
