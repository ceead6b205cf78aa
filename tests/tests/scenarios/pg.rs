//! A PostgreSQL database with an archive store of its own.

use std::sync::Arc;

use aitta_engine::config::Profile;
use aitta_engine::keys::{self, KeyRing, MemoryVault};
use aitta_engine::restore::Outcome;
use aitta_engine::{Context, Error, Silent, backup, restore};
use aitta_model::{BackupRequest, DatabaseUrl, RestorePlan, RestoreReport, RestoreRequest};
use aitta_testing::pg::{TestDatabase, TestServer, pg_dump_text};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

/// Everything that a restore has to bring back.
pub(crate) const FIDELITY: &str = include_str!("../fixtures/fidelity.sql");

/// The script without values that came after this major version.
fn known_to(major: u32, sql: &str) -> String {
    // Release notes of 14: numeric takes infinity.
    match major {
        ..14 => sql.replace("NULL, 'Infinity'", "NULL, 'NaN'").replace("3, '-Infinity'", "3, 'NaN'"),
        _ => sql.to_owned(),
    }
}

/// The rows that a query gives, as text.
pub(crate) async fn texts(url: &str, sql: &str) -> Vec<String> {
    let mut conn = connect(url).await;
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_all(&mut conn).await.unwrap()
}

/// A session.
pub(crate) async fn connect(url: &str) -> PgConnection {
    let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
    options.connect().await.unwrap()
}

/// Runs a script.
pub(crate) async fn run(url: &str, sql: &str) {
    let mut conn = connect(url).await;
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut conn)
        .await
        .unwrap_or_else(|e| panic!("{e}\n{sql}"));
    conn.close().await.unwrap();
}

/// A database to protect.
pub(crate) struct Case {
    pub(crate) server: &'static TestServer,
    pub(crate) database: TestDatabase,
    pub(crate) context: Context,
    pub(crate) dir: tempfile::TempDir,
}

impl Case {
    /// A database made by `sql`.
    pub(crate) async fn new(label: &str, sql: &str) -> Self {
        let server = TestServer::shared();
        let mut admin = server.admin().await;
        for role in ["fid_owner", "fid_app", "\"Fid Ääkkö\""] {
            // Tests of several processes may share nothing, those of one share the server.
            let made = sqlx::raw_sql(AssertSqlSafe(format!("CREATE ROLE {role}"))).execute(&mut admin).await;
            drop(made);
        }
        let database = server.database(label).await;
        database.psql(&known_to(server.major(), sql)).await;
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("store")).unwrap();
        let profile = Profile {
            name: label.to_owned(),
            database_url: Some(DatabaseUrl::new(database.url())),
            ..aitta_testing::profile(dir.path())
        };
        let mut context = Context::new(profile).await.unwrap();
        let key = keys::generate().unwrap();
        context.key_ring = Some(Arc::new(KeyRing::from_hex(&key.key).unwrap()));
        context.vault = Arc::new(MemoryVault::default());
        Self { server, database, context, dir }
    }

    /// Archives it whole.
    pub(crate) async fn backup(&self) -> String {
        self.backup_of(&[]).await
    }

    /// Archives these tables.
    pub(crate) async fn backup_of(&self, tables: &[&str]) -> String {
        let tables = tables.iter().map(|t| (*t).to_owned()).collect();
        let request = BackupRequest { tables, jobs: Some(2), ..BackupRequest::default() };
        backup::create(&self.context, request, &Silent).await.unwrap().archive.id
    }

    /// Restores.
    pub(crate) async fn restore(&self, request: RestoreRequest) -> Result<RestoreReport, Error> {
        match restore::restore(&self.context, request, &Silent).await? {
            Outcome::Report(report) => Ok(report),
            Outcome::Plan(plan) => panic!("a plan: {plan:?}"),
        }
    }

    /// Tells what a restore would do.
    pub(crate) async fn plan(&self, mut request: RestoreRequest) -> Result<RestorePlan, Error> {
        request.dry_run = true;
        match restore::restore(&self.context, request, &Silent).await? {
            Outcome::Plan(plan) => Ok(plan),
            Outcome::Report(report) => panic!("a report: {report:?}"),
        }
    }

    /// The text of the database.
    pub(crate) fn dump(&self) -> String {
        pg_dump_text(self.database.url(), &[])
    }

    /// Every database of the server whose name begins with this one's.
    pub(crate) async fn databases_beside(&self) -> Vec<String> {
        let all =
            texts(&self.server.url("postgres"), "SELECT datname::text FROM pg_database ORDER BY 1").await;
        all.into_iter()
            .filter(|n| n.starts_with(&self.database.name()[..20.min(self.database.name().len())]))
            .collect()
    }
}

/// A whole restore. What is restored is the tests' own, and trusted.
pub(crate) fn everything() -> RestoreRequest {
    RestoreRequest { reason: Some("drill".to_owned()), trust_code: true, ..RestoreRequest::default() }
}

/// A request for chosen tables.
pub(crate) fn tables(names: &[&str]) -> RestoreRequest {
    RestoreRequest { tables: names.iter().map(|t| (*t).to_owned()).collect(), ..everything() }
}

/// A request for everything, into another database.
pub(crate) fn into(url: &str) -> RestoreRequest {
    RestoreRequest { to: Some(DatabaseUrl::new(url)), ..everything() }
}

/// Fails at the first line that differs.
#[track_caller]
pub(crate) fn assert_same(left: &str, right: &str) {
    for (number, (a, b)) in left.lines().zip(right.lines()).enumerate() {
        assert_eq!(a, b, "line {number}");
    }
    assert_eq!(left.lines().count(), right.lines().count());
}
