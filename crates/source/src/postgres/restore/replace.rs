//! Chosen tables of a live database, replaced in one transaction that touches nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use aitta_base::tables::TableName;
use aitta_base::{Error, Phases, Result, amount};
use aitta_model::{
    Command, ErrorCode, Fact, Finding, PhaseTiming, ProgressEvent, RestoreMode, SequenceReport, Severity,
    TableProof,
};
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::super::connect::{Server, sqlstate};
use super::super::lock;
use super::super::pins::{self, Pinned, Pins};
use super::super::quote::ident;
use super::super::wait;
use super::archived::ArchivedTable;
use super::compatible::{Check, settle};
use super::existing::{Existing, drift, look};
use super::keys::{self, Key};
use super::load::copy_rows;
use super::missing::{Missing, add_keys};
use super::prove::prove;
use super::silence::Silenced;
use super::target::Target;
use super::transaction::{Transaction, transact};
use super::trust::{self, Trust};
use super::{Job, cancellable, partitions, positions};
use crate::{Restored, SafetyNet};

struct Replaced {
    proofs: Vec<TableProof>,
    sequences: Vec<SequenceReport>,
    safety: Option<String>,
    findings: Vec<Finding>,
}

/// What is known before any row is read: differences of the columns, partitions that the archive doesn't hold, and
/// foreign keys out of the choice.
///
/// # Errors
/// `source_*`, `archive_*`, `tool_failed`.
pub(super) async fn preview(job: &Job, target: &Target, conn: &mut PgConnection) -> Result<Vec<Check>> {
    let existing = look(job, conn).await?;
    let mut checks = drift(&existing);
    checks.extend(partitions::unknown(job, conn, &existing).await?);
    match may_silence(&job.server, conn).await {
        Err(e) if e.code() == ErrorCode::SourceDenied => checks.push(blocker(&e)),
        done => done?,
    }
    let oids: Vec<Oid> = existing.iter().map(|e| e.oid).collect();
    let chosen = |schema: &str, name: &str| job.archived.find(schema, name).is_some_and(|table| table.chosen);
    for key in keys::touching(&job.server, conn, &oids).await? {
        let inside = chosen(&key.schema, &key.table_name) && chosen(&key.foreign_schema, &key.foreign_table);
        if inside {
            continue;
        }
        let (from, to) = (
            TableName::new(Some(&key.schema), &key.table_name),
            TableName::new(Some(&key.foreign_schema), &key.foreign_table),
        );
        if let Err(e) = key.check_provable() {
            checks.push(blocker(&e));
            continue;
        }
        // Which of them dangle shows when the archived rows are in place.
        let rows = match job.archived.find(&key.schema, &key.table_name).filter(|table| table.chosen) {
            Some(table) => format!("{} in the archive", amount::count(table.rows, "row")),
            None => {
                let count = key.references(&job.server, conn).await?;
                let about = if count.is_estimate() { "about " } else { "" };
                format!("{about}{} now", amount::count(count.number(), "row"))
            }
        };
        let message = format!(
            "{from} ({rows}) references {to} (foreign key {:?}), and only one of them is chosen: when a \
             referenced row is missing at the end, the restore is refused with counts and nothing is changed",
            key.name
        );
        let fact = Fact::KeyCrosses {
            key: key.name.clone(),
            table: from.to_string(),
            foreign_table: to.to_string(),
        };
        checks.push(Check::new(Severity::Info, ErrorCode::ForeignKeys, message, "").of(fact));
    }
    let missing = job.archived.chosen().filter(|t| !existing.iter().any(|e| e.table.section == t.section));
    checks.extend(missing.map(|t| {
        let message = format!("{} is not there and will be made again", t.label());
        Check::new(Severity::Info, ErrorCode::TargetIncompatible, message, "")
            .of(Fact::TableMadeAgain { table: t.label() })
    }));
    let lost = Missing::find(job, target, conn, &existing).await?.findings();
    checks.extend(lost.into_iter().map(|finding| Check { code: ErrorCode::TargetIncompatible, finding }));
    Ok(checks)
}

fn blocker(error: &Error) -> Check {
    Check::new(Severity::Blocker, error.code(), error.to_string(), error.hint())
        .of(Fact::Refused { code: error.code().into() })
}

/// Replaces the chosen tables.
///
/// # Errors
/// `target_incompatible`, `foreign_keys`, `lock_timeout`, `proof_failed`, `source_*`, `archive_*`; the
/// target is then as before.
pub(super) async fn run(
    job: &Arc<Job>,
    target: &Target,
    mode: RestoreMode,
    safety: &dyn SafetyNet,
    phases: &mut Phases<'_>,
) -> Result<Restored> {
    phases.plan(&["authenticating", "locking", "archiving", "restoring", "proving"]);
    phases.begin("authenticating", Some(job.archived.needed_bytes));
    let sections: Vec<u32> =
        job.archived.chosen().map(|t| t.section).chain([job.archived.schema_section]).collect();
    cancellable(&job.task.cancel, job.archive.authenticate(&sections)).await?;
    let done: Result<Replaced> = transact!(job, |conn| work(job, target, conn, safety, phases));
    let Replaced { proofs, sequences, safety, findings } = done?;
    Ok(Restored { mode, proofs, sequences, safety_archive: safety, findings })
}

async fn work(
    job: &Job,
    target: &Target,
    conn: &mut PgConnection,
    safety: &dyn SafetyNet,
    phases: &mut Phases<'_>,
) -> Result<Replaced> {
    let server = &job.server;
    // First: a user without the right is refused before anything is locked or archived.
    silence_triggers(&job.server, conn).await?;
    let pins = Pins::look(server, conn, &schemas(job)).await?;
    match replace(job, target, conn, safety, phases, &pins).await {
        Err(error) if error.code() != ErrorCode::Cancelled => Err(explained(job, &pins, error).await),
        done => done,
    }
}

/// When names have come to mean other tables, that is why it failed, whatever failed first.
async fn explained(job: &Job, pins: &Pins, error: Error) -> Error {
    // The transaction may have failed, so another session looks.
    let Ok(mut other) = job.server.connect().await else { return error };
    match pins.check(&job.server, &mut other).await {
        Err(exchanged) if exchanged.code() == ErrorCode::SourceUnfit => exchanged.with_source(error),
        _ => error,
    }
}

async fn replace(
    job: &Job,
    target: &Target,
    conn: &mut PgConnection,
    safety: &dyn SafetyNet,
    phases: &mut Phases<'_>,
    pins: &Pins,
) -> Result<Replaced> {
    let server = &job.server;
    phases.begin(PhaseTiming::LOCKING, None);
    // In the order of names, which the archive keeps: two restores can't wait for each other.
    let existing = look(job, conn).await?;
    if !existing.is_empty() {
        let names: Vec<String> = existing.iter().map(|e| e.lockable()).collect();
        // Keeps writers out and lets readers in, so that the safety backup can read.
        let sql = format!("LOCK TABLE {} IN EXCLUSIVE MODE", names.join(", "));
        let tables: Vec<(u32, TableName)> = existing
            .iter()
            .map(|e| (e.oid.0, TableName::new(Some(&e.table.schema), &e.table.name)))
            .collect();
        let pid = wait::process(conn).await.map_err(|e| server.error(e))?;
        if let Err(error) = job.waiting(pid, &tables).run(conn, &sql).await {
            return Err(not_locked(job, error, &tables).await);
        }
    }
    // Somebody may have changed the tables before they were locked, or what their names mean.
    let existing = look(job, conn).await?;
    let pinned: Vec<Pinned<'_>> = existing.iter().map(Existing::pinned).collect();
    if !pins::hold(server, conn, &pinned, "ExclusiveLock").await? {
        return Err(pins::replaced(server, "one of the tables"));
    }
    let mut checks = drift(&existing);
    checks.extend(partitions::unknown(job, conn, &existing).await?);
    let mut findings = settle(checks)?;
    let missing = Missing::find(job, target, conn, &existing).await?;
    findings.extend(missing.findings());
    let oids: Vec<Oid> = existing.iter().map(|e| e.oid).collect();
    for key in keys::touching(server, conn, &oids).await? {
        key.check_provable()?;
    }
    code(job, target, conn).await?.settle()?;

    // By now only findings that need no rows are known; what the rows break undoes the restore later.
    phases.begin("archiving", None);
    let names: Vec<String> = existing
        .iter()
        .filter(|e| e.table.holds_rows())
        .map(|e| TableName::new(Some(&e.table.schema), &e.table.name).qualified())
        .collect();
    let safety = if names.is_empty() { None } else { Some(safety.archive(names).await?) };

    phases.begin("restoring", Some(job.archived.bytes()));
    findings.extend(code(job, target, conn).await?.settle()?);
    let silenced = Silenced::new(server, conn, &oids).await?;
    empty(job, conn, &existing).await?;
    missing.create(job, conn).await?;
    if !missing.tables.is_empty() {
        // The archive's definition of a table may mean what others have made here meanwhile.
        code(job, target, conn).await?.settle()?;
    }
    for table in job.archived.with_rows() {
        copy_rows(job, server, conn, table, &table.sql(), "").await?;
    }
    missing.complete(job, conn).await?;
    silenced.restore(server, conn).await?;

    phases.begin("proving", Some(job.archived.bytes()));
    let there: Vec<Oid> = look(job, conn).await?.iter().map(|e| e.oid).collect();
    let touching: Vec<Key> = keys::touching(server, conn, &there).await?;
    keys::check(server, conn, &job.archived, &touching).await?;
    findings.extend(add_keys(job, conn, &missing).await?);
    findings.extend(stale_views(job, conn, &there).await?);
    let mut proofs = Vec::new();
    for table in job.archived.with_rows() {
        proofs.push(prove(server, conn, table, &table.schema).await?);
        job.event(ProgressEvent::Advance { bytes: table.bytes, rows: table.rows });
    }
    let moves = positions::find(job, conn, &missing.tables).await?;
    // Up to here everything was named, and is taken back when a name has meant another table in between.
    pins.check(server, conn).await?;
    // The last thing, because positions of sequences are not taken back with a transaction.
    let sequences = positions::advance(job, conn, moves).await?;
    Ok(Replaced { proofs, sequences, safety, findings })
}

/// What others have written and the restore would run: of the chosen tables, of those that foreign keys bind to them, and
/// of what is made again.
///
/// # Errors
/// `source_*`, `archive_*`, `tool_failed`.
pub(super) async fn code(job: &Job, target: &Target, conn: &mut PgConnection) -> Result<Trust> {
    let existing = look(job, conn).await?;
    let mut touched: Vec<Oid> = existing.iter().map(|e| e.oid).collect();
    touched.extend(keys::neighbours(job, conn, &touched).await?);
    // A table that is made again is its owner's, as its schema is.
    let schemas: Vec<String> = job.archived.chosen().map(|t| t.schema.clone()).collect();
    let mut found = trust::of_tables(job, conn, &touched, &schemas).await?;
    let missing = || job.archived.chosen().filter(|t| !is_among(&existing, t));
    if missing().next().is_some() {
        found.extend(trust::of_archived_roles(job, conn).await?);
        let types = missing().flat_map(|t| t.columns.iter().map(|c| c.type_name.clone())).collect::<Vec<_>>();
        found.extend(trust::of_types(job, conn, &types).await?);
    }
    trust::judge(job, target, conn, found).await
}

/// The schemas of the chosen tables and of their sequences.
fn schemas(job: &Job) -> Vec<String> {
    let tables = job.archived.chosen().map(|t| &t.schema);
    let sequences = job.archived.database.sequences.iter().map(|s| &s.schema);
    tables.chain(sequences).cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

/// Why the tables could not be locked. The transaction has failed, so another session looks who is in the way.
async fn not_locked(job: &Job, error: sqlx::Error, tables: &[(u32, TableName)]) -> Error {
    if wait::state(&error).as_deref() != Some("55P03") {
        return job.server.error(error);
    }
    let holder = match job.server.connect().await {
        // All other modes conflict with EXCLUSIVE: PostgreSQL, Explicit Locking.
        Ok(mut conn) => lock::holder(&mut conn, tables, "<> 'AccessShareLock'").await,
        Err(_) => None,
    };
    lock::timed_out(&job.server, error, job.waited(), holder)
}

/// Materialized views that were computed from the tables as they were before, through other views as well.
async fn stale_views(job: &Job, conn: &mut PgConnection, tables: &[Oid]) -> Result<Option<Finding>> {
    const VIEWS: &str = "WITH RECURSIVE touched(id) AS (SELECT unnest($1::oid[]) \
            UNION SELECT r.ev_class FROM touched t JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass \
                AND d.refobjid = t.id AND d.classid = 'pg_rewrite'::regclass \
                JOIN pg_rewrite r ON r.oid = d.objid) \
        SELECT format('%I.%I', n.nspname, c.relname) FROM touched t JOIN pg_class c ON c.oid = t.id \
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'm' ORDER BY 1";
    let views: Vec<String> =
        sqlx::query_scalar(VIEWS).bind(tables).fetch_all(conn).await.map_err(|e| job.server.error(e))?;
    Ok((!views.is_empty()).then(|| {
        let message =
            format!("these materialized views still show the rows from before: {}", views.join(", "));
        Finding::new(Severity::Warning, message, "run REFRESH MATERIALIZED VIEW on each")
            .of(Fact::StaleViews { names: views })
    }))
}

/// Whether this session may do what a restore of chosen tables begins with. Nothing of it stays.
///
/// # Errors
/// `source_denied` when it may not; otherwise as [`Server::error`].
pub(super) async fn may_silence(server: &Server, conn: &mut PgConnection) -> Result<()> {
    server.run(conn, "BEGIN").await?;
    let silenced = silence_triggers(server, conn).await;
    server.run(conn, "ROLLBACK").await?;
    silenced
}

/// From here on neither triggers of the user nor those of foreign keys fire in this transaction.
async fn silence_triggers(server: &Server, conn: &mut PgConnection) -> Result<()> {
    // Asked first: a statement that is refused ends the transaction.
    let (user, version): (String, i32) =
        sqlx::query_as("SELECT current_user::text, current_setting('server_version_num')::int4")
            .fetch_one(&mut *conn)
            .await
            .map_err(|e| server.error(e))?;
    let silenced = server.run(conn, "SET LOCAL session_replication_role = replica").await;
    silenced.map_err(|e| match sqlstate(&e).as_deref() {
        Some("42501") => Error::new(
            ErrorCode::SourceDenied,
            format!(
                "the user {user:?} may not switch off triggers for the restore (session_replication_role)"
            ),
            format!("{}; or restore beside the tables with --to-schema", right_to_silence(&user, version)),
        )
        .with_source(e),
        _ => e,
    })
}

/// How the user comes by the right to do so. Before version 15 only superusers have it.
fn right_to_silence(user: &str, version: i32) -> String {
    if version < 150_000 {
        return "restore as a superuser: from version 15 on GRANT SET ON PARAMETER session_replication_role gives \
                others the right"
            .to_owned();
    }
    format!(
        "let a superuser run GRANT SET ON PARAMETER session_replication_role TO {user}; or restore as the role that \
         {config_check_roles} prints",
        user = ident(user),
        config_check_roles = Command::ConfigCheckRoles
    )
}

/// Empties the tables.
///
/// TRUNCATE gives the space back at once, but refuses a table that a foreign key of another one
/// references, even when that one is empty, unless both are in the same statement. What such tables
/// outside of the choice reference is emptied by DELETE. Children by inheritance are not touched.
async fn empty(job: &Job, conn: &mut PgConnection, existing: &[Existing<'_>]) -> Result<()> {
    let conditional = |e: &&Existing<'_>| e.table.properties.extension_condition.is_some();
    let oids: Vec<Oid> =
        existing.iter().filter(|e| e.table.holds_rows() && !conditional(e)).map(|e| e.oid).collect();
    let references: Vec<(Oid, Oid)> = sqlx::query_as(
        "SELECT DISTINCT conrelid, confrelid FROM pg_constraint \
         WHERE contype = 'f' AND confrelid = ANY ($1) AND conrelid <> confrelid",
    )
    .bind(&oids)
    .fetch_all(&mut *conn)
    .await
    .map_err(|e| job.server.error(e))?;
    let mut truncated: BTreeSet<u32> = oids.iter().map(|o| o.0).collect();
    // A table stays only while all that reference it stay, too.
    while let Some(of) = references
        .iter()
        .find(|(from, of)| truncated.contains(&of.0) && !truncated.contains(&from.0))
        .map(|(_, of)| of.0)
    {
        truncated.remove(&of);
    }
    let is_truncated = |e: &&Existing<'_>| truncated.contains(&e.oid.0);
    let holding = || existing.iter().filter(|e| e.table.holds_rows());
    let together: Vec<String> =
        holding().filter(is_truncated).map(|e| format!("ONLY {}", e.table.sql())).collect();
    if !together.is_empty() {
        job.server.run(conn, format!("TRUNCATE {}", together.join(", "))).await?;
    }
    for one in holding().filter(|e| !is_truncated(e)) {
        // Of a configuration table only the user's rows are archived; the extension's own stay.
        let condition = one.table.properties.extension_condition.as_deref().unwrap_or_default();
        job.server.run(conn, format!("DELETE FROM ONLY {} {condition}", one.table.sql())).await?;
    }
    Ok(())
}

/// Tables by their sections, to find one quickly.
pub(super) fn is_among(tables: &[Existing<'_>], table: &ArchivedTable) -> bool {
    tables.iter().any(|e| e.table.section == table.section)
}
