//! Sequences of tables that were replaced in a live database: only ever forward.

use std::collections::BTreeSet;

use aitta_base::Result;
use aitta_base::tables::TableName;
use aitta_model::SequenceReport;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::super::pins;
use super::super::properties::Sequence;
use super::super::quote::{ident, literal, qualified};
use super::Job;

/// A sequence, and where it has to stand.
pub(super) struct Move {
    oid: Oid,
    value: i64,
    is_called: bool,
    /// Whether it stands there already.
    done: bool,
    report: SequenceReport,
}

/// Finds for every sequence that a chosen table's column owns the furthest of: where it is, where it
/// was in the archive, and the last value in the column.
///
/// # Errors
/// `source_*`.
pub(super) async fn find(
    job: &Job,
    conn: &mut PgConnection,
    made_again: &BTreeSet<u32>,
) -> Result<Vec<Move>> {
    let mut moves = Vec::new();
    for sequence in &job.archived.database.sequences {
        let Some(owner) = &sequence.owned_by else { continue };
        let Some(table) = job.archived.find(&owner.schema, &owner.table).filter(|t| t.chosen) else {
            continue;
        };
        let fresh = made_again.contains(&table.section);
        let column = (table.sql(), ident(&owner.column));
        moves.extend(find_one(job, conn, sequence, &column, fresh).await?);
    }
    Ok(moves)
}

/// Moves them. They are named by their oids, because this is not taken back with the transaction.
///
/// # Errors
/// `source_*`.
pub(super) async fn advance(
    job: &Job,
    conn: &mut PgConnection,
    moves: Vec<Move>,
) -> Result<Vec<SequenceReport>> {
    let mut reports = Vec::new();
    for Move { oid, value, is_called, done, report } in moves {
        if !done {
            let sql = format!("SELECT pg_catalog.setval({}::oid::regclass, {value}, {is_called})", oid.0);
            job.server.run(conn, sql).await?;
        }
        reports.push(report);
    }
    Ok(reports)
}

async fn find_one(
    job: &Job,
    conn: &mut PgConnection,
    sequence: &Sequence,
    (table, column): &(String, String),
    fresh: bool,
) -> Result<Option<Move>> {
    let error = |e| job.server.error(e);
    let name = qualified(&sequence.schema, &sequence.name);
    let sql = format!(
        "SELECT seqrelid, seqmin, seqmax FROM pg_sequence WHERE seqrelid = to_regclass({})",
        literal(&name)
    );
    let found: Option<(Oid, i64, i64)> =
        sqlx::query_as(AssertSqlSafe(sql)).fetch_optional(&mut *conn).await.map_err(error)?;
    let Some((oid, min, max)) = found else { return Ok(None) };
    let up = sequence.increment > 0;
    // From here on it is locked against being dropped or replaced.
    let (read, current, called): (Oid, i64, bool) =
        sqlx::query_as(AssertSqlSafe(format!("SELECT tableoid, last_value, is_called FROM {name}")))
            .fetch_one(&mut *conn)
            .await
            .map_err(error)?;
    if read != oid {
        let name = TableName::new(Some(&sequence.schema), &sequence.name);
        return Err(pins::replaced(&job.server, format_args!("the sequence {name}")));
    }
    // Of a partitioned table the values are in its partitions, so no ONLY.
    let furthest = if up { "max" } else { "min" };
    let used: Option<i64> =
        sqlx::query_scalar(AssertSqlSafe(format!("SELECT {furthest}({column})::int8 FROM {table}")))
            .fetch_one(&mut *conn)
            .await
            .map_err(error)?;
    let mut candidates = vec![(sequence.last_value, sequence.is_called)];
    if !fresh {
        candidates.push((current, called));
    }
    candidates.extend(used.filter(|v| (min..=max).contains(v)).map(|v| (v, true)));
    // With equal values, the one that was given out already is further.
    let key =
        |(value, called): &(i64, bool)| (if up { i128::from(*value) } else { -i128::from(*value) }, *called);
    let Some((value, is_called)) = candidates.into_iter().max_by_key(key) else { return Ok(None) };
    let done = !fresh && (value, is_called) == (current, called);
    let report = SequenceReport {
        name: TableName::new(Some(&sequence.schema), &sequence.name).to_string(),
        archived: sequence.last_value,
        restored: value,
    };
    Ok(Some(Move { oid, value, is_called, done, report }))
}
