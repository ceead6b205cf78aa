//! One empty database per test.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use super::{TestServer, blocking};

/// A database that is dropped with this value.
pub struct TestDatabase {
    name: String,
    url: String,
    socket_url: String,
    options: PgConnectOptions,
    admin: PgConnectOptions,
}

impl TestDatabase {
    pub(crate) async fn create(server: &TestServer, label: &str) -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(1);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let label: String = label.chars().take(30).collect();
        let name = format!("{label}_{}_{number}", std::process::id());
        // From template0, which takes no connections: several tests create at once.
        let sql = format!("CREATE DATABASE {} TEMPLATE template0", quote(&name));
        let mut admin = server.admin().await;
        run(&mut admin, &sql).await.unwrap_or_else(|e| panic!("{name} can't be created: {e}"));
        Self {
            url: server.url(&name),
            socket_url: server.socket_url(&name),
            options: server.socket_options(&name),
            admin: server.socket_options("postgres"),
            name,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its URL over TCP, with the password.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its URL over the Unix socket.
    #[must_use]
    pub fn socket_url(&self) -> &str {
        &self.socket_url
    }

    /// A superuser's connection.
    ///
    /// # Panics
    /// When the server doesn't answer.
    pub async fn connect(&self) -> PgConnection {
        let connected = self.options.connect().await;
        connected.unwrap_or_else(|e| panic!("{} does not answer: {e}", self.name))
    }

    /// Runs a script of SQL.
    ///
    /// # Panics
    /// When a statement fails.
    pub async fn psql(&self, sql: &str) {
        let mut connection = self.connect().await;
        run(&mut connection, sql).await.unwrap_or_else(|e| panic!("{}: {e}\n{sql}", self.name));
        drop(connection.close().await);
    }

    /// Drops it now, even if somebody is connected.
    ///
    /// # Panics
    /// When the server doesn't answer or refuses.
    pub async fn drop_now(self) {
        drop_database(&self.admin, &self.name)
            .await
            .unwrap_or_else(|e| panic!("{} can't be dropped: {e}", self.name));
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // The server may be stopped by now, and its folder goes with the process in any case.
        drop(blocking(drop_database(&self.admin, &self.name)));
    }
}

/// Runs a script of SQL in the database of a URL.
///
/// # Panics
/// When it can't be reached or a statement fails.
pub async fn psql(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap_or_else(|e| panic!("{url}: {e}"));
    run(&mut connection, sql).await.unwrap_or_else(|e| panic!("{url}: {e}\n{sql}"));
    drop(connection.close().await);
}

async fn drop_database(admin: &PgConnectOptions, name: &str) -> sqlx::Result<()> {
    let mut connection = admin.connect().await?;
    // `WITH (FORCE)` is known from version 13 on.
    sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1")
        .bind(name)
        .execute(&mut connection)
        .await?;
    run(&mut connection, &format!("DROP DATABASE IF EXISTS {}", quote(name))).await?;
    connection.close().await
}

async fn run(connection: &mut PgConnection, sql: &str) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(drop)
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
