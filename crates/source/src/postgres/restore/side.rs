//! Chosen tables into a schema of their own, beside everything that is there: only columns, `NOT NULL`
//! and primary keys; no foreign keys, defaults or triggers that could touch the rest.

use std::collections::BTreeSet;
use std::sync::Arc;

use aitta_base::{Phases, Result};
use aitta_model::{ErrorCode, Fact, ProgressEvent, RestoreMode, Severity, TableProof};
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::super::quote::{ident, qualified};
use super::archived::ArchivedTable;
use super::compatible::{Check, settle};
use super::load::copy_rows;
use super::prove::prove;
use super::target::Target;
use super::transaction::{Transaction, transact};
use super::trust::{self, Trust};
use super::{Job, cancellable};
use crate::Restored;

/// What stands in the way.
///
/// # Errors
/// `source_*`.
pub(super) async fn preview(job: &Job, conn: &mut PgConnection, schema: &str) -> Result<Vec<Check>> {
    let error = |e| job.server.error(e);
    let mut checks = Vec::new();
    let used: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = $1 AND ( \
           EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid) \
           OR EXISTS (SELECT FROM pg_type t WHERE t.typnamespace = n.oid) \
           OR EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = n.oid)))",
    )
    .bind(schema)
    .fetch_one(&mut *conn)
    .await
    .map_err(error)?;
    if used {
        let check = Check::new(
            Severity::Blocker,
            ErrorCode::TargetNotEmpty,
            format!("the schema {schema:?} is not empty"),
            "name a schema that doesn't exist yet with --to-schema",
        );
        checks.push(check.of(Fact::SchemaNotEmpty { schema: schema.to_owned() }));
    }
    let missing: Vec<String> =
        sqlx::query_scalar("SELECT t FROM unnest($1::text[]) AS u(t) WHERE to_regtype(t) IS NULL")
            .bind(types(job))
            .fetch_all(&mut *conn)
            .await
            .map_err(error)?;
    if !missing.is_empty() {
        let check = Check::new(
            Severity::Blocker,
            ErrorCode::TargetIncompatible,
            format!("the target doesn't have these types: {}", missing.join(", ")),
            "restore the whole schema into a new database with --to, where its types come along",
        );
        checks.push(check.of(Fact::TypesMissing { names: missing }));
    }
    let mut names = BTreeSet::new();
    for table in job.archived.with_rows().filter(|t| !names.insert(t.name.as_str())) {
        let check = Check::new(
            Severity::Blocker,
            ErrorCode::TargetIncompatible,
            format!("there are two tables {:?} in the choice, and a schema can hold only one", table.name),
            "name the tables of one schema at a time with --tables",
        );
        checks.push(check.of(Fact::SameName { table: table.name.clone() }));
    }
    Ok(checks)
}

/// Creates the schema and its tables, fills and proves them, in one transaction.
///
/// # Errors
/// `target_*`, `source_*`, `archive_*`, `proof_failed`.
pub(super) async fn run(
    job: &Arc<Job>,
    target: &Target,
    schema: &str,
    mode: RestoreMode,
    phases: &mut Phases<'_>,
) -> Result<Restored> {
    let done: Result<_> = transact!(job, |conn| work(job, target, conn, schema, phases));
    let (proofs, findings) = done?;
    Ok(Restored { mode, proofs, sequences: Vec::new(), safety_archive: None, findings })
}

async fn work(
    job: &Job,
    target: &Target,
    conn: &mut PgConnection,
    schema: &str,
    phases: &mut Phases<'_>,
) -> Result<(Vec<TableProof>, Vec<aitta_model::Finding>)> {
    let mut findings = settle(preview(job, conn, schema).await?)?;
    job.server.run(conn, format!("CREATE SCHEMA IF NOT EXISTS {}", ident(schema))).await?;
    phases.plan(&["restoring", "proving"]);
    phases.begin("restoring", Some(job.archived.bytes()));
    findings.extend(code(job, target, conn).await?.settle()?);
    for table in job.archived.with_rows() {
        job.server.run(conn, definition(table, &qualified(schema, &table.name))).await?;
    }
    // From here on the columns hold their types; until here a name could come to mean another one.
    let tables = tables_of(job, conn, schema).await?;
    let made = trust::of_tables(job, conn, &tables, &[]).await?;
    trust::judge(job, target, conn, made).await?.settle()?;
    for table in job.archived.with_rows() {
        copy_rows(job, &job.server, conn, table, &qualified(schema, &table.name), " WITH (FREEZE)").await?;
    }
    phases.begin("proving", Some(job.archived.bytes()));
    let mut proofs = Vec::new();
    for table in job.archived.with_rows() {
        proofs.push(prove(&job.server, conn, table, schema).await?);
        job.event(ProgressEvent::Advance { bytes: table.bytes, rows: table.rows });
    }
    Ok((proofs, findings))
}

async fn tables_of(job: &Job, conn: &mut PgConnection, schema: &str) -> Result<Vec<Oid>> {
    sqlx::query_scalar(
        "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
            WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')",
    )
    .bind(schema)
    .fetch_all(conn)
    .await
    .map_err(|e| job.server.error(e))
}

/// What others have written and the restore would run: the tables are new, so it is what belongs to their types.
///
/// # Errors
/// `source_*`.
pub(super) async fn code(job: &Job, target: &Target, conn: &mut PgConnection) -> Result<Trust> {
    let found = trust::of_types(job, conn, &types(job)).await?;
    trust::judge(job, target, conn, found).await
}

fn types(job: &Job) -> Vec<String> {
    let types = job.archived.with_rows().flat_map(|t| t.columns.iter().map(|c| c.type_name.as_str()));
    types.collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect()
}

fn definition(table: &ArchivedTable, name: &str) -> String {
    let columns = table.columns.iter().map(|c| {
        let required = if table.properties.not_null.contains(&c.name) { " NOT NULL" } else { "" };
        format!("{} {}{required}", ident(&c.name), c.type_name)
    });
    let key = &table.properties.primary_key;
    // A generated column is not archived, so a key that it is part of can't be made.
    let whole = !key.is_empty() && key.iter().all(|k| table.columns.iter().any(|c| c.name == *k));
    let key = whole.then(|| {
        let names: Vec<String> = key.iter().map(|k| ident(k)).collect();
        format!("PRIMARY KEY ({})", names.join(", "))
    });
    format!("CREATE TABLE {name} ({})", columns.chain(key).collect::<Vec<_>>().join(", "))
}
