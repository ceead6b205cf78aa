//! Where sequences stand, asked by their oids.
//!
//! Nothing locks a sequence against its owner before it is read, and who waits for a lock on a name gets whatever bears
//! the name by then: a view (CVE-2024-7348), or a table with an index whose condition the planner evaluates. So a
//! sequence is asked by a function that takes its oid. Only where a server has none for one that was never used, it is
//! read by name: first locked by a statement that is not planned, then looked at under the lock, then read.

use std::collections::HashMap;
use std::time::Duration;

use aitta_base::tables::TableName;
use aitta_base::{Error, Result};
use futures::TryStreamExt;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection, Row};

use super::{ServerVersion, oid_array, rows};
use crate::postgres::connect::{Server, sqlstate};
use crate::postgres::pins::{self, Pinned};
use crate::postgres::quote::{literal, qualified};

/// Sequences read by name in one statement.
const BATCH: usize = 250;

/// First version with a function that gives the position of a sequence that was never used (release notes of 18).
const POSITION_BY_OID: u32 = 18;

/// `last_value` and `is_called` of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) last_value: i64,
    pub(super) is_called: bool,
}

/// The positions of these sequences, in their order. A session of its own asks, so that its locks end with the
/// statements: those of the functions stand in the way of `ALTER SEQUENCE`.
///
/// # Errors
/// `source_unfit` when one was dropped or replaced, `lock_timeout`, `source_denied`, as [`Server::error`].
pub(super) async fn read(
    server: &Server,
    version: &ServerVersion,
    sequences: &[Pinned<'_>],
    lock_timeout: Duration,
) -> Result<Vec<Position>> {
    if sequences.is_empty() {
        return Ok(Vec::new());
    }
    let mut conn = server.connect_further().await?;
    let timeout_ms = lock_timeout.as_millis().max(1);
    server.run(&mut conn, format!("SET lock_timeout = {timeout_ms}")).await?;
    let mut found = by_oid(server, &mut conn, version, sequences).await?;
    let unused: Vec<Pinned<'_>> =
        sequences.iter().filter(|s| matches!(found.get(&s.oid), Some(None))).copied().collect();
    for batch in unused.chunks(BATCH) {
        for (oid, position) in by_name(server, &mut conn, batch).await? {
            found.insert(oid, Some(position));
        }
    }
    conn.close().await.map_err(|e| server.error(e))?;
    sequences
        .iter()
        .map(|s| found.get(&s.oid).copied().flatten().ok_or_else(|| replaced(server, &[*s])))
        .collect()
}

/// Positions by oid: `None` where the server can't tell without the name, and nothing of one that is gone.
async fn by_oid(
    server: &Server,
    conn: &mut PgConnection,
    version: &ServerVersion,
    sequences: &[Pinned<'_>],
) -> Result<HashMap<u32, Option<Position>>> {
    let oids: Vec<u32> = sequences.iter().map(|s| s.oid).collect();
    let (values, from) = match version.major() {
        POSITION_BY_OID.. => ("p.last_value, p.is_called", ", LATERAL pg_get_sequence_data(c.oid) p"),
        // Null for one that was never used.
        _ => ("pg_sequence_last_value(c.oid), true", ""),
    };
    let sql = format!(
        "SELECT c.oid, {values} FROM (SELECT oid FROM pg_class WHERE relkind = 'S' AND oid = ANY ({}) OFFSET 0) c{from}",
        oid_array(&oids)
    );
    type Row = (Oid, Option<i64>, Option<bool>);
    let found: Result<Vec<Row>> = rows(server, conn, sql).await;
    let found = found.map_err(|e| told(server, sequences, e))?;
    let position = |(oid, last_value, is_called): Row| {
        let position =
            last_value.zip(is_called).map(|(last_value, is_called)| Position { last_value, is_called });
        (oid.0, position)
    };
    Ok(found.into_iter().map(position).collect())
}

/// Positions by name, of sequences that are looked at under the lock.
async fn by_name(
    server: &Server,
    conn: &mut PgConnection,
    sequences: &[Pinned<'_>],
) -> Result<Vec<(u32, Position)>> {
    let selects: Vec<String> = sequences
        .iter()
        .map(|s| format!("SELECT tableoid, last_value, is_called FROM ONLY {}", qualified(s.schema, s.name)))
        .collect();
    // PREPARE finds out what the names mean, and locks it, but it plans nothing.
    let prepare = format!("BEGIN READ ONLY; PREPARE aitta_positions AS {}", selects.join(" UNION ALL "));
    server.run(conn, prepare).await.map_err(|e| told(server, sequences, e))?;
    // The look and the reading go in one message: between them there is no time to rename a schema in, except by chance.
    let list: Vec<String> = sequences
        .iter()
        .map(|s| format!("({}::oid, {})", s.oid, literal(&qualified(s.schema, s.name))))
        .collect();
    let look = format!(
        "SELECT 1 / (count(*) = {})::int FROM (VALUES {}) AS v(oid, name) JOIN pg_class c ON c.oid = v.oid \
         JOIN pg_locks l ON l.relation = v.oid AND l.locktype = 'relation' AND l.granted AND l.pid = pg_backend_pid() \
           AND l.mode = 'AccessShareLock' AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()) \
         WHERE c.relkind = 'S' AND to_regclass(v.name)::oid = v.oid",
        sequences.len(),
        list.join(", ")
    );
    let sql = format!("{look}; EXECUTE aitta_positions");
    let read: sqlx::Result<Vec<PgRow>> =
        sqlx::raw_sql(AssertSqlSafe(sql)).fetch(&mut *conn).try_collect().await;
    let read = read.map_err(|e| match e.as_database_error().and_then(|e| e.code()).as_deref() {
        // division_by_zero: not all are what they were.
        Some("22012") => replaced(server, sequences),
        _ => server.error(e),
    })?;
    server.run(conn, "ROLLBACK; DEALLOCATE aitta_positions").await?;
    let mut found = Vec::new();
    for row in read.iter().filter(|row| row.len() == 3) {
        let value = |row: &PgRow| -> sqlx::Result<(u32, Position)> {
            let oid: Oid = row.try_get(0)?;
            Ok((oid.0, Position { last_value: row.try_get(1)?, is_called: row.try_get(2)? }))
        };
        found.push(value(row).map_err(|e| server.error(e))?);
    }
    Ok(found)
}

fn told(server: &Server, sequences: &[Pinned<'_>], error: Error) -> Error {
    let state = sqlstate(&error);
    // internal_error is what the functions say of an oid that is gone.
    if pins::tells_of_replacing(state.as_deref()) || state.as_deref() == Some("XX000") {
        return replaced(server, sequences).with_source(error);
    }
    error
}

/// Which of them it was, the server doesn't say.
fn replaced(server: &Server, sequences: &[Pinned<'_>]) -> Error {
    let names: Vec<String> =
        sequences.iter().map(|s| TableName::new(Some(s.schema), s.name).to_string()).collect();
    let what = match &names[..] {
        [name] => format!("the sequence {name}"),
        [first, rest @ ..] => format!("the sequence {first} or one of {} others", rest.len()),
        [] => "a sequence".to_owned(),
    };
    pins::replaced(server, what)
}
