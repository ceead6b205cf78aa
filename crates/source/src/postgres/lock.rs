//! Keeping the tables in place while they are read.
//!
//! The tables are locked *before* the snapshot is taken (`LOCK TABLE` does not fix the snapshot of a
//! transaction, documentation of LOCK). The other way round, a table that is truncated, rewritten or
//! dropped in between would be read as empty or as something else, without an error (documentation,
//! 13.6 Caveats).

use std::time::Duration;

use aitta_base::tables::TableName;
use aitta_base::{Error, Result};
use aitta_model::ErrorCode;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::connect::Server;
use super::pins::{self, Pinned, Pins, Schema};
use super::quote::qualified;
use super::wait::{self, Waiting};

/// Which rows of `pg_class` (`c`, with `pg_namespace` as `n`) are tables of the user. Tables that
/// belong to an extension come with it; only the rows of its configuration tables are archived.
const IS_USER_TABLE: &str = "c.relkind IN ('r', 'p') AND c.relpersistence <> 't' \
    AND n.nspname <> 'information_schema' AND NOT starts_with(n.nspname::text, 'pg_') \
    AND (NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.classid = 'pg_class'::regclass \
        AND e.objid = c.oid AND e.objsubid = 0 AND e.deptype = 'e') \
      OR c.oid IN (SELECT unnest(x.extconfig) FROM pg_extension x))";

/// A table to be locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) oid: u32,
    pub(super) name: TableName,
    /// As `pg_class.relkind`.
    pub(super) kind: String,
    pub(super) schema: Schema,
}

impl Candidate {
    fn pinned(&self) -> Pinned<'_> {
        let schema = self.name.schema.as_deref().unwrap_or_default();
        Pinned { oid: self.oid, schema, name: &self.name.name }
    }
}

/// All tables of the user, by schema and name.
pub(super) async fn list(server: &Server, conn: &mut PgConnection) -> Result<Vec<Candidate>> {
    let sql = format!(
        "SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text, n.oid, n.xmin::text FROM pg_class c \
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {IS_USER_TABLE} \
         ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\""
    );
    type Row = (Oid, String, String, String, Oid, String);
    let rows: Vec<Row> =
        sqlx::query_as(AssertSqlSafe(sql)).fetch_all(conn).await.map_err(|e| server.error(e))?;
    let candidate = |(oid, schema, name, kind, namespace, version): Row| Candidate {
        oid: oid.0,
        name: TableName::new(Some(&schema), &name),
        kind,
        schema: Schema { oid: namespace.0, version },
    };
    Ok(rows.into_iter().map(candidate).collect())
}

/// The schemas of these tables, as they were found.
pub(super) fn pins(tables: &[Candidate]) -> Pins {
    Pins::of(tables.iter().map(|t| (t.name.schema.as_deref().unwrap_or_default(), &t.schema)))
}

/// Whether the locks lie on these very tables: [`lock`] names them, and a name may have meant another one meanwhile.
///
/// # Errors
/// As [`Server::error`].
pub(super) async fn holds(server: &Server, conn: &mut PgConnection, tables: &[Candidate]) -> Result<bool> {
    let pinned: Vec<Pinned<'_>> = tables.iter().map(Candidate::pinned).collect();
    pins::hold(server, conn, &pinned, "AccessShareLock").await
}

/// What came of locking.
pub(super) enum Locking {
    /// All are locked until the transaction ends.
    Locked,
    /// One of them is no longer there; the transaction is over.
    Changed,
}

/// Locks tables against being dropped or altered; readers and writers go on. `waiting` is the session's, with these
/// tables.
///
/// # Errors
/// `lock_timeout` with the table and who holds it, `source_denied`, as [`Server::error`].
pub(super) async fn lock(
    conn: &mut PgConnection,
    tables: &[Candidate],
    waiting: &Waiting<'_>,
) -> Result<Locking> {
    let server = waiting.server;
    let timeout = waiting.timeout;
    // The server takes zero for "wait for ever".
    let timeout_ms = timeout.as_millis().max(1);
    server.run(conn, format!("SET lock_timeout = {timeout_ms}")).await?;
    if tables.is_empty() {
        return Ok(Locking::Locked);
    }
    let names: Vec<String> = tables
        .iter()
        .map(|t| format!("ONLY {}", qualified(t.name.schema.as_deref().unwrap_or_default(), &t.name.name)))
        .collect();
    let sql = format!("LOCK TABLE {} IN ACCESS SHARE MODE", names.join(", "));
    let Err(error) = waiting.run(conn, &sql).await else { return Ok(Locking::Locked) };
    match wait::state(&error).as_deref() {
        // undefined_table, invalid_schema_name, wrong_object_type: dropped or replaced since it was listed.
        Some("42P01" | "3F000" | "42809") => Ok(Locking::Changed),
        Some("55P03") => {
            let holder = match sqlx::raw_sql("ROLLBACK").execute(&mut *conn).await {
                Ok(_) => holder(conn, waiting.tables, "= 'AccessExclusiveLock'").await,
                Err(_) => None,
            };
            Err(timed_out(server, error, timeout + waiting.patience.longer(), holder))
        }
        Some("53200") => Err(server.error(error).hint_instead(format!(
            "raise max_locks_per_transaction on the server: {} tables are to be locked at once",
            tables.len()
        ))),
        _ => Err(server.error(error)),
    }
}

/// The session that holds the lock, and since when.
pub(super) struct Holder {
    table: TableName,
    pid: i32,
    user: Option<String>,
    since: Option<String>,
}

/// Looks for the session whose lock, of a mode that `conflicts`, is in the way on one of these tables (by their
/// oids). It may be gone by now, or be hidden from us.
pub(super) async fn holder(
    conn: &mut PgConnection,
    tables: &[(u32, TableName)],
    conflicts: &str,
) -> Option<Holder> {
    let sql = format!(
        "SELECT l.relation, l.pid, a.usename::text, \
         to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"') \
         FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid) \
         WHERE l.locktype = 'relation' AND l.mode {conflicts} AND l.pid <> pg_backend_pid() \
         AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
         ORDER BY l.granted DESC, a.xact_start"
    );
    type Row = (Oid, Option<i32>, Option<String>, Option<String>);
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(conn).await.ok()?;
    rows.into_iter().find_map(|(relation, pid, user, since)| {
        let (_, table) = tables.iter().find(|(oid, _)| *oid == relation.0)?;
        Some(Holder { table: table.clone(), pid: pid?, user, since })
    })
}

/// The error of a lock that was not granted within `timeout`.
pub(super) fn timed_out(
    server: &Server,
    error: sqlx::Error,
    timeout: Duration,
    holder: Option<Holder>,
) -> Error {
    let waited = format!("{} s", timeout.as_secs_f64());
    let Some(Holder { table, pid, user, since }) = holder else {
        return server.error(error).context(format!("after {waited}"));
    };
    let by = user.map(|u| format!(" of {u}")).unwrap_or_default();
    let since = since.map(|s| format!(" since {s}")).unwrap_or_default();
    Error::new(
        ErrorCode::LockTimeout,
        format!(
            "table {table} could not be locked within {waited}: process {pid}{by} on {} holds the \
             lock{since}",
            server.place()
        ),
        format!(
            "wait until that session is done, end it with SELECT pg_terminate_backend({pid}), or give more time \
             with --lock-timeout"
        ),
    )
    .with_source(error)
}
