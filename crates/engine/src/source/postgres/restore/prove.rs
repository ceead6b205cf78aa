//! Reading back what was written.

use aitta_archive::RowDigest;
use aitta_model::{ErrorCode, TableProof};
use futures::StreamExt;
use sqlx::postgres::PgConnection;
use tokio::task::JoinHandle;

use super::super::connect::Server;
use super::archived::ArchivedTable;
use crate::error::task_failed;
use crate::source::FRAME_TARGET;
use crate::{Error, Result};

/// Reads `name` (quoted, with schema) as it lies in the target and compares it with the archive.
///
/// # Errors
/// `proof_failed` when they differ, and whatever reading gives.
pub(super) async fn prove(
    server: &Server,
    conn: &mut PgConnection,
    table: &ArchivedTable,
    name: &str,
) -> Result<TableProof> {
    let digest = digest(server, conn, &format!("COPY {name}{} TO STDOUT", table.column_list())).await?;
    let proof = TableProof {
        name: table.label(),
        archive_rows: table.rows,
        target_rows: digest.rows(),
        archive_digest: table.digest.clone(),
        target_digest: digest.to_hex(),
    };
    check(&proof)?;
    Ok(proof)
}

/// # Errors
/// `proof_failed` when the two sides differ.
pub(super) fn check(proof: &TableProof) -> Result<()> {
    if proof.equal() {
        return Ok(());
    }
    let fact = if proof.archive_rows == proof.target_rows {
        format!("its {} rows read back are not the same as in the archive", proof.target_rows)
    } else {
        format!("{} rows were read back, {} are in the archive", proof.target_rows, proof.archive_rows)
    };
    Err(Error::new(
        ErrorCode::ProofFailed,
        format!("the proof failed for {}: {fact}; the target is as it was", proof.name),
        "run `aitta backup verify --level content` on the archive; if it is whole, something in the target \
         changes rows while they are written: look for it, or restore into another database with --to",
    ))
}

/// Digest of the rows that a COPY statement gives, computed while the next rows arrive.
async fn digest(server: &Server, conn: &mut PgConnection, copy: &str) -> Result<RowDigest> {
    let mut rows = conn.copy_out_raw(copy).await.map_err(|e| server.error(e))?;
    let mut total = RowDigest::default();
    let mut buffer = Vec::with_capacity(FRAME_TARGET + 4096);
    let mut busy: Option<JoinHandle<(RowDigest, Vec<u8>)>> = None;
    loop {
        let row = rows.next().await.transpose().map_err(|e| server.error(e))?;
        let ended = row.is_none();
        if let Some(row) = row {
            buffer.extend_from_slice(&row);
        }
        if buffer.len() < FRAME_TARGET && !ended {
            continue;
        }
        let mut free = Vec::with_capacity(0);
        if let Some(task) = busy.take() {
            let (part, emptied) = task.await.map_err(task_failed)?;
            total.merge(&part);
            free = emptied;
        }
        let full = std::mem::replace(&mut buffer, free);
        if full.is_empty() {
            return Ok(total);
        }
        busy = Some(tokio::task::spawn_blocking(move || {
            let mut full = full;
            let mut part = RowDigest::default();
            part.add_lines(&full);
            full.clear();
            (part, full)
        }));
    }
}

/// Number of lines and digest of all large objects, cut into the same pieces as in an archive.
pub(super) async fn large_objects(server: &Server, conn: &mut PgConnection) -> Result<RowDigest> {
    const COPY: &str = "COPY (SELECT s.oid, o.start, lo_get(s.oid, o.start, 262144) \
        FROM (SELECT b.oid, b.size, lo_close(b.fd) AS closed \
          FROM (SELECT a.oid, a.fd, lo_lseek64(a.fd, 0, 2) AS size \
            FROM (SELECT m.oid, lo_open(m.oid, 262144) AS fd FROM pg_largeobject_metadata m OFFSET 0) a \
            OFFSET 0) b OFFSET 0) s, \
        LATERAL generate_series(0::bigint, s.size - 1, 262144) AS o(start) WHERE s.closed = 0) TO STDOUT";
    digest(server, conn, COPY).await
}
