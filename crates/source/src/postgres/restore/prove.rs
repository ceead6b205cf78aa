//! Reading back what was written.

use aitta_base::{Error, Result, amount};
use aitta_model::{Command, ErrorCode, TableProof};
use sqlx::postgres::PgConnection;

use super::super::connect::Server;
use super::super::copy::{chosen_rows, digest_rows, digest_table};
use super::archived::ArchivedTable;

/// Reads the table as it lies in `schema` of the target and compares it with the archive.
///
/// # Errors
/// `proof_failed` when they differ, and whatever reading gives.
pub(super) async fn prove(
    server: &Server,
    conn: &mut PgConnection,
    table: &ArchivedTable,
    schema: &str,
) -> Result<TableProof> {
    let digest = match &table.properties.extension_condition {
        Some(condition) => {
            digest_rows(server, conn, &chosen_rows(schema, &table.name, &table.columns, condition)).await?
        }
        None => digest_table(server, conn, schema, &table.name, &table.columns).await?,
    };
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
        format!(
            "{} read back, with other content than in the archive",
            amount::count(proof.target_rows, "row")
        )
    } else {
        let [target, archive] = [proof.target_rows, proof.archive_rows].map(|n| amount::count(n, "row"));
        format!("{target} read back, and {archive} in the archive")
    };
    Err(Error::new(
        ErrorCode::ProofFailed,
        format!("the proof failed for {}: {fact}; the target is as it was", proof.name),
        format!(
            "run {backup_verify_content} on the archive; if it is whole, something in the target changes \
             rows while they are written: look for it, or restore into another database with --to",
            backup_verify_content = Command::BackupVerifyContent
        ),
    ))
}
