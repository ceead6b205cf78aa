//! An existing, empty database, filled in one transaction. It needs only the right to create schemas there, so it is
//! the way out where databases can't be created.

use std::sync::Arc;

use aitta_base::{Phases, Result};
use aitta_model::{Fact, Finding, ProgressEvent, RestoreMode, SequenceReport, Severity, TableProof};
use sqlx::postgres::PgConnection;

use super::beside::drop_leftovers;
use super::load::copy_whole;
use super::prove::prove;
use super::schema::{Part, SchemaFile};
use super::target::{Target, maintenance};
use super::toc::Toc;
use super::transaction::{Transaction, transact};
use super::{Job, cancellable, fresh, objects, trust};
use crate::Restored;

type Filled = (Vec<TableProof>, Vec<SequenceReport>, Vec<Finding>);

/// Fills the database.
///
/// # Errors
/// `source_*`, `archive_*`, `tool_failed`, `proof_failed`; the database is then as empty as before.
pub(super) async fn run(
    job: &Arc<Job>,
    target: &Target,
    mode: RestoreMode,
    phases: &mut Phases<'_>,
) -> Result<Restored> {
    let dropped = cancellable(&job.task.cancel, leftovers(job)).await?;
    let done: Result<Filled> = transact!(job, |conn| work(job, target, conn, phases));
    let (proofs, sequences, mut findings) = done?;
    findings.extend(fresh::were_dropped(dropped));
    // After the commit, so that a failure here doesn't undo a restore that is proven.
    let analyzed = async { objects::analyze(&job.server, &mut job.server.connect().await?).await }.await;
    if let Err(error) = analyzed {
        let message = format!("the statistics for the planner could not be collected: {error}");
        findings.push(
            Finding::new(Severity::Warning, message, "run ANALYZE in the database").of(Fact::NoStatistics),
        );
    }
    Ok(Restored { mode, proofs, sequences, safety_archive: None, findings })
}

/// Drops what killed restores of another kind into this database have left. A role for which an administrator has made
/// the database may be unable to: then they stay.
async fn leftovers(job: &Job) -> Result<Vec<String>> {
    let dropped = async { drop_leftovers(&job.server, &mut maintenance(&job.server).await?).await }.await;
    Ok(dropped.unwrap_or_else(|error| {
        tracing::info!(%error, "what killed restores have left can't be looked for");
        Vec::new()
    }))
}

async fn work(
    job: &Job,
    target: &Target,
    conn: &mut PgConnection,
    phases: &mut Phases<'_>,
) -> Result<Filled> {
    let server = &job.server;
    phases.plan(&["preparing", "restoring", "indexing", "proving"]);
    phases.begin("preparing", None);
    let schema = SchemaFile::new(job).await?;
    let (toc, mut findings) = fresh::without_dangling_keys(job, &schema.toc().await?);
    findings.extend(fresh::public_stays(job, target, &toc));
    let toc = without_comments_of(&toc, &installed(job, conn).await?);
    let parts = match target.superuser {
        true => vec![(Part::PreData, toc.clone())],
        false => {
            let (schemas, rest) = toc.schemas_first();
            vec![(Part::Any, schemas), (Part::PreData, rest)]
        }
    };
    for (part, only) in parts.iter().filter(|(_, only)| !only.is_empty()) {
        let sql = schema.text(*part, Some(only), target.version_num).await?;
        server.run(conn, sql).await?;
    }
    trust::check_new(job, target, server, conn).await?;

    phases.begin("restoring", Some(job.archived.bytes()));
    for table in job.archived.with_rows() {
        copy_whole(job, server, conn, table).await?;
    }
    let objects_proof = objects::large_objects(job, server, conn).await?;

    phases.begin("indexing", None);
    let sql = schema.text(Part::PostData, Some(&toc), target.version_num).await?;
    server.run(conn, sql).await?;
    let sequences = objects::sequences(job, server, conn).await?;
    objects::materialized_views(job, server, conn).await?;

    phases.begin("proving", Some(job.archived.bytes()));
    let mut proofs = Vec::new();
    for table in job.archived.with_rows() {
        proofs.push(prove(server, conn, table, &table.schema).await?);
        job.event(ProgressEvent::Advance { bytes: table.bytes, rows: table.rows });
    }
    proofs.extend(objects_proof);
    Ok((proofs, sequences, findings))
}

async fn installed(job: &Job, conn: &mut PgConnection) -> Result<Vec<String>> {
    sqlx::query_scalar("SELECT extname::text FROM pg_extension")
        .fetch_all(conn)
        .await
        .map_err(|e| job.server.error(e))
}

/// An extension that an administrator installed beforehand belongs to somebody else, who alone may
/// comment on it.
fn without_comments_of(toc: &Toc, extensions: &[String]) -> Toc {
    toc.filter(|e| !extensions.iter().any(|name| e.text.starts_with(&format!("COMMENT - EXTENSION {name} "))))
}
