//! Rows into tables, from the archive's frames straight into COPY.

use std::sync::Arc;

use aitta_model::{ErrorCode, ProgressEvent, TableProof};
use futures::StreamExt;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::super::connect::Server;
use super::Job;
use super::archived::ArchivedTable;
use super::prove::prove;
use crate::error::task_failed;
use crate::{Error, Result};

/// Frames that are decrypted ahead of the one being sent: about 1 MiB of plaintext each.
const AHEAD: usize = 2;

/// Settings of sessions that load. What they commit becomes durable with the last, synchronous commit
/// of the restore: the log is flushed in order.
const LOADING: &str = "SET synchronous_commit = off; SET session_replication_role = replica";

/// Sends all rows of `table` into `name` (quoted, with schema). `with` are options of COPY.
///
/// # Errors
/// `archive_*`, `store_*`, `source_*`, `proof_failed` when the server took another number of rows.
pub(super) async fn copy_rows(
    job: &Job,
    server: &Server,
    conn: &mut PgConnection,
    table: &ArchivedTable,
    name: &str,
    with: &str,
) -> Result<()> {
    let sql = format!("COPY {name}{} FROM STDIN{with}", table.column_list());
    let error = |e| refused(server.error(e), table);
    let mut copy = conn.copy_in_raw(&sql).await.map_err(error)?;
    let mut frames = std::pin::pin!(job.archive.frames(table.section, AHEAD));
    while let Some(frame) = frames.next().await {
        // On a failure here the statement is left unfinished, and with it the transaction fails.
        let rows = frame?;
        let bytes = rows.len() as u64;
        copy.send(rows).await.map_err(error)?;
        job.event(ProgressEvent::Advance { bytes });
    }
    let rows = copy.finish().await.map_err(error)?;
    if rows != table.rows {
        return Err(Error::new(
            ErrorCode::ProofFailed,
            format!(
                "{}: the server took {rows} rows, {} are in the archive; the target is as it was",
                table.label(),
                table.rows
            ),
            "run `aitta backup verify --level content` on the archive",
        ));
    }
    job.event(ProgressEvent::Table { name: table.label(), rows });
    Ok(())
}

/// Loads a table that the restore has just made, within a transaction.
///
/// # Errors
/// As [`copy_rows`].
pub(super) async fn copy_whole(
    job: &Job,
    server: &Server,
    conn: &mut PgConnection,
    table: &ArchivedTable,
) -> Result<()> {
    let name = table.sql();
    // A configuration table of an extension came with it, and its own rows stay.
    if table.properties.extension_condition.is_some() {
        return copy_rows(job, server, conn, table, &name, "").await;
    }
    // FREEZE wants the table made or truncated in the same transaction. The rows then need no second
    // writing for hint bits by whoever reads first: the proof and the index builds.
    server.run(conn, format!("TRUNCATE ONLY {name}")).await?;
    copy_rows(job, server, conn, table, &name, " WITH (FREEZE)").await
}

/// Names the table, and says what to do when the target's own rules stand against its rows.
fn refused(error: Error, table: &ArchivedTable) -> Error {
    let state = super::super::connect::sqlstate(&error).unwrap_or_default();
    // Class 23 is integrity_constraint_violation, 22 data_exception.
    if !state.starts_with("23") && !state.starts_with("22") {
        return error.context(table.label());
    }
    let message = format!("{}: the target doesn't take its rows: {error}", table.label());
    Error::new(
        ErrorCode::TargetIncompatible,
        message,
        "the target has other rules than the archive; restore beside it with --to-schema or --to and compare",
    )
    .with_source(error)
}

/// What a worker does with a table.
#[derive(Debug, Clone, Copy)]
enum Step {
    Load,
    Prove,
}

/// Loads all tables of a new database by several sessions, largest first.
///
/// # Errors
/// As [`copy_rows`].
pub(super) async fn load_all(job: &Arc<Job>, server: &Server) -> Result<()> {
    by_workers(job, server, Step::Load).await.map(drop)
}

/// Proves all tables of a new database by several sessions. What builds indexes may run at the same
/// time: it changes no rows, and at most one waits for the other.
///
/// # Errors
/// `proof_failed`, `source_*`.
pub(super) async fn prove_all(job: &Arc<Job>, server: &Server) -> Result<Vec<TableProof>> {
    by_workers(job, server, Step::Prove).await
}

async fn by_workers(job: &Arc<Job>, server: &Server, step: Step) -> Result<Vec<TableProof>> {
    let tables = &job.archived.tables;
    let mut order: Vec<usize> = (0..tables.len()).collect();
    order.retain(|&i| tables[i].chosen && tables[i].holds_rows());
    order.sort_by_key(|&i| tables[i].bytes);
    let workers = job.task.jobs.clamp(1, order.len().max(1));
    let queue = Arc::new(Mutex::new(order));
    let mut tasks = JoinSet::new();
    for _ in 0..workers {
        let (job, server, queue) = (job.clone(), server.clone(), queue.clone());
        tasks.spawn(async move { work(&job, &server, &queue, step).await });
    }
    let mut proofs = Vec::new();
    while let Some(done) = tasks.join_next().await {
        proofs.extend(done.map_err(task_failed)??);
    }
    proofs.sort_by_key(|(i, _)| *i);
    Ok(proofs.into_iter().map(|(_, proof)| proof).collect())
}

async fn work(
    job: &Job,
    server: &Server,
    queue: &Mutex<Vec<usize>>,
    step: Step,
) -> Result<Vec<(usize, TableProof)>> {
    let mut conn = server.connect_further().await?;
    // Triggers come with post-data, so without the right to set this nothing is lost.
    if server.run(&mut conn, LOADING).await.is_err() {
        server.run(&mut conn, "SET synchronous_commit = off").await?;
    }
    let mut proofs = Vec::new();
    loop {
        let next = queue.lock().await.pop();
        let Some(i) = next else {
            // The server must not count this session any more when the database is renamed.
            conn.close().await.map_err(|e| server.error(e))?;
            return Ok(proofs);
        };
        let table = &job.archived.tables[i];
        match step {
            Step::Load => {
                server.run(&mut conn, "BEGIN").await?;
                copy_whole(job, server, &mut conn, table).await?;
                server.run(&mut conn, "COMMIT").await?;
            }
            Step::Prove => proofs.push((i, prove(server, &mut conn, table, &table.schema).await?)),
        }
    }
}
