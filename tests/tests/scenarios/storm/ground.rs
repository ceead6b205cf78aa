//! The database that the storm blows over.

use std::path::PathBuf;
use std::process::Command;

use aitta_testing::pg::{Binaries, Options, PASSWORD, TestDatabase, TestServer, USER, client_tool};

/// The tables of our own.
pub(super) const SQL: &str = include_str!("ground.sql");

/// A server of its own: it says when each transaction was committed, and its log is of this test alone.
pub(super) struct Ground {
    pub(super) server: TestServer,
    pub(super) database: TestDatabase,
}

impl Ground {
    /// The tables of pgbench, made by itself, and ours.
    pub(super) async fn new() -> Self {
        let server = TestServer::start(&Options::default().set("track_commit_timestamp", "on"));
        let database = server.database("storm").await;
        let ground = Self { server, database };
        let mut make = ground.pgbench()();
        let made = make.args(["--initialize", "--quiet", "--scale=1"]).output().unwrap();
        assert!(made.status.success(), "pgbench -i: {}", String::from_utf8_lossy(&made.stderr));
        ground.database.psql(SQL).await;
        ground
    }

    /// Makes commands of pgbench in the database.
    pub(super) fn pgbench(&self) -> impl Fn() -> Command + use<> {
        let (program, port) = (tool("pgbench"), self.server.port().to_string());
        let name = self.database.name().to_owned();
        move || {
            let mut command = Command::new(&program);
            command.args(["--host=127.0.0.1", "--username", USER, "--port", &port]);
            command.env("PGPASSWORD", PASSWORD).env("PGDATABASE", &name);
            command
        }
    }

    /// A name for a database beside it.
    pub(super) fn beside(&self, what: &str) -> String {
        format!("{}_{what}", self.database.name())
    }

    /// Makes an empty database.
    pub(super) async fn create(&self, name: &str) {
        self.admin(&format!("CREATE DATABASE \"{name}\" TEMPLATE template0")).await;
    }

    /// Drops one.
    pub(super) async fn remove(&self, name: &str) {
        self.admin(&format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)")).await;
    }

    async fn admin(&self, sql: &str) {
        crate::pg::run(&self.server.url("postgres"), sql).await;
    }
}

/// A program of the server's own version. Where it has none beside it, the newest of the machine.
pub(super) fn tool(name: &str) -> PathBuf {
    let beside = Binaries::find().dir.join(name);
    if beside.is_file() { beside } else { client_tool(name) }
}
