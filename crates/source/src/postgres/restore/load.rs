//! Rows into tables, from the archive's frames straight into COPY.

use std::sync::{Arc, Mutex, PoisonError};

use aitta_base::{Error, Result, amount, task_failed};
use aitta_model::{Command, ErrorCode, ProgressEvent, TableProof};
use futures::StreamExt;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::super::connect::Server;
use super::Job;
use super::archived::ArchivedTable;
use super::prove::prove;

/// Frames that are decrypted ahead of the one being sent: about 2 MiB of plaintext each.
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
        let (bytes, lines) = (rows.len() as u64, memchr::memchr_iter(b'\n', &rows).count() as u64);
        copy.send(rows).await.map_err(error)?;
        job.event(ProgressEvent::Advance { bytes, rows: lines });
    }
    let rows = copy.finish().await.map_err(error)?;
    if rows != table.rows {
        return Err(Error::new(
            ErrorCode::ProofFailed,
            format!(
                "{}: the server took {}, and the archive holds {}; the target is as it was",
                table.label(),
                amount::count(rows, "row"),
                amount::count(table.rows, "row")
            ),
            format!(
                "run {backup_verify_content} on the archive",
                backup_verify_content = Command::BackupVerifyContent
            ),
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
    // writing for hint bits by their first reader: the proof or an index build.
    server.run(conn, format!("TRUNCATE ONLY {name}")).await?;
    copy_rows(job, server, conn, table, &name, " WITH (FREEZE)").await
}

/// Names the table, and says what to do when the target's own rules stand against its rows.
fn refused(error: Error, table: &ArchivedTable) -> Error {
    let state = super::super::connect::sqlstate(&error).unwrap_or_default();
    // Class 23 is integrity_constraint_violation, 22 data_exception; P0 is raised by functions.
    if !["22", "23", "P0"].iter().any(|class| state.starts_with(class)) {
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

/// Loads all tables of a new database by several sessions, largest first, and proves each. A session that finds nothing
/// more to load begins to prove what is loaded. `loaded` fires when all rows are there. Indexes may then be built
/// beside the proof: building changes no rows, and at most one waits for the other.
///
/// # Errors
/// As [`copy_rows`], `proof_failed`; `loaded` is then dropped without firing.
pub(super) async fn load_and_prove(
    job: &Arc<Job>,
    server: &Server,
    loaded: oneshot::Sender<()>,
) -> Result<Vec<TableProof>> {
    let tables = &job.archived.tables;
    let mut order: Vec<usize> = (0..tables.len()).collect();
    order.retain(|&i| tables[i].chosen && tables[i].holds_rows());
    order.sort_by_key(|&i| tables[i].bytes);
    let workers = job.task.jobs.clamp(1, order.len().max(1));
    let board = Arc::new(Mutex::new(Board {
        unproven: Vec::with_capacity(order.len()),
        to_load: order,
        loading: 0,
        loaded: Some(loaded),
    }));
    let mut tasks = JoinSet::new();
    for _ in 0..workers {
        let (job, server, board) = (job.clone(), server.clone(), board.clone());
        tasks.spawn(async move { work(&job, &server, &board).await });
    }
    let mut proofs = Vec::new();
    while let Some(done) = tasks.join_next().await {
        proofs.extend(done.map_err(task_failed)??);
    }
    proofs.sort_by_key(|(i, _)| *i);
    Ok(proofs.into_iter().map(|(_, proof)| proof).collect())
}

/// What a session does next with the table of this number.
enum Step {
    Load(usize),
    Prove(usize),
}

/// Where all tables stand.
struct Board {
    /// Smallest first.
    to_load: Vec<usize>,
    loading: usize,
    unproven: Vec<usize>,
    loaded: Option<oneshot::Sender<()>>,
}

impl Board {
    /// The next step; `None` when the other sessions see to all that is left.
    fn next(&mut self) -> Option<Step> {
        if let Some(i) = self.to_load.pop() {
            self.loading += 1;
            return Some(Step::Load(i));
        }
        self.tell_if_loaded();
        self.unproven.pop().map(Step::Prove)
    }

    fn has_loaded(&mut self, i: usize) {
        self.loading -= 1;
        self.unproven.push(i);
        self.tell_if_loaded();
    }

    fn tell_if_loaded(&mut self) {
        if self.loading == 0
            && self.to_load.is_empty()
            && let Some(loaded) = self.loaded.take()
        {
            // The receiver is gone when the restore has failed elsewhere.
            let _ = loaded.send(());
        }
    }
}

async fn work(job: &Job, server: &Server, board: &Mutex<Board>) -> Result<Vec<(usize, TableProof)>> {
    let lock = || board.lock().unwrap_or_else(PoisonError::into_inner);
    let mut conn = server.connect_further().await?;
    // Triggers come with post-data, so without the right to set this nothing is lost.
    if server.run(&mut conn, LOADING).await.is_err() {
        server.run(&mut conn, "SET synchronous_commit = off").await?;
    }
    let mut proofs = Vec::new();
    loop {
        let next = lock().next();
        match next {
            Some(Step::Load(i)) => {
                server.run(&mut conn, "BEGIN").await?;
                copy_whole(job, server, &mut conn, &job.archived.tables[i]).await?;
                server.run(&mut conn, "COMMIT").await?;
                lock().has_loaded(i);
            }
            Some(Step::Prove(i)) => {
                let table = &job.archived.tables[i];
                proofs.push((i, prove(server, &mut conn, table, &table.schema).await?));
            }
            None => {
                // The server must not count this session any more when the database is renamed.
                conn.close().await.map_err(|e| server.error(e))?;
                return Ok(proofs);
            }
        }
    }
}
