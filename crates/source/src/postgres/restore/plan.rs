//! The dry run. It writes nothing.

use std::sync::Arc;

use aitta_base::{Result, amount};
use aitta_model::{ErrorCode, Fact, Finding, KeptBeside, RestoreMode, RestorePlan, Severity, TablePlan};
use jiff::Timestamp;
use sqlx::postgres::PgConnection;

use super::super::connect::Server;
use super::super::settings;
use super::archived::ArchivedTable;
use super::compatible::{Check, compatible};
use super::count::{self, Count};
use super::schema::SchemaFile;
use super::target::Target;
use super::trust::{self, Trust};
use super::{Job, fresh, prepare, replace, side};
use crate::{Archived, RestoreTask};

/// Says what a restore would do.
///
/// # Errors
/// `archive_*`, `source_*`; `target_not_empty`, `config_invalid` and `unsupported` for what can't even be planned.
pub(in super::super) async fn plan(
    server: &Server,
    archive: &Arc<dyn Archived>,
    task: &RestoreTask,
) -> Result<RestorePlan> {
    let (events, _) = tokio::sync::mpsc::unbounded_channel();
    let (job, target, mode) = prepare(server, archive, task, events).await?;
    let mut checks = compatible(&job, &target, &mode).await?;
    // Nobody has allowed anything yet: what the owner of the target has made is looked at, and not run.
    let mut conn = if target.exists { Some(settings::for_reading(server).connect().await?) } else { None };
    if let Some(conn) = &mut conn {
        match &mode {
            RestoreMode::Replace { .. } => checks.extend(replace::preview(&job, &target, conn).await?),
            RestoreMode::SideSchema { schema, .. } => {
                checks.extend(side::preview(&job, conn, schema).await?);
            }
            RestoreMode::Swap { .. } => checks.extend(sessions(&job, conn).await?),
            _ => {}
        }
    }
    let (mut tables, mut estimated) = (Vec::new(), Vec::new());
    for table in job.archived.with_rows() {
        let count = match &mut conn {
            Some(conn) if !target.empty => rows(server, conn, table).await?,
            _ => None,
        };
        if count.is_some_and(Count::is_estimate) {
            estimated.push(table.label());
        }
        let target_rows = count.map(Count::number);
        tables.push(TablePlan {
            name: table.label(),
            archive_rows: table.rows,
            target_rows,
            bytes: table.bytes,
        });
    }
    checks.push(space(&job, &target, &mode));
    let trust = code(&job, &target, &mode, conn).await?;
    checks.extend(trust.check);
    let mut findings: Vec<Finding> = checks.into_iter().map(|c| c.finding).collect();
    if matches!(mode, RestoreMode::Create { .. } | RestoreMode::Fill { .. }) {
        findings.extend(fresh::dangling_keys(&job).1);
    }
    let makes_all =
        matches!(mode, RestoreMode::Create { .. } | RestoreMode::Fill { .. } | RestoreMode::Swap { .. });
    if makes_all && !target.superuser && target.major() < 15 {
        findings.extend(fresh::public_stays(&job, &target, &SchemaFile::new(&job).await?.toc().await?));
    }
    findings.extend(estimates(&estimated));
    findings.sort_by_key(|f| f.severity);
    let created = i64::try_from(archive.manifest().created_ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or_default();
    Ok(RestorePlan {
        archive: archive.id().to_string(),
        archive_created: created,
        // What is given back into the live database is authenticated as a whole before anything is changed.
        read_bytes: match mode {
            RestoreMode::Replace { .. } => 2 * job.archived.needed_bytes,
            _ => job.archived.needed_bytes,
        },
        mode,
        tables,
        findings,
        space_needed_bytes: needed_bytes(&job),
        code: trust.code,
    })
}

/// What would run of what others have written.
async fn code(job: &Job, target: &Target, mode: &RestoreMode, conn: Option<PgConnection>) -> Result<Trust> {
    match (mode, conn) {
        (RestoreMode::Replace { .. }, Some(mut conn)) => replace::code(job, target, &mut conn).await,
        (RestoreMode::SideSchema { .. }, Some(mut conn)) => side::code(job, target, &mut conn).await,
        _ => trust::of_everything(job, target, mode).await,
    }
}

/// Rows of a table in the target; `None` when it is not there, or is no table by now.
async fn rows(server: &Server, conn: &mut PgConnection, table: &ArchivedTable) -> Result<Option<Count>> {
    match count::find(server, conn, &table.schema, &table.name).await? {
        Some(found) if found.kind == "r" => count::rows(server, conn, &found).await.map(Some),
        // A partitioned table holds no rows itself, and what else bears the name is not what would be replaced.
        _ => Ok(None),
    }
}

fn estimates(tables: &[String]) -> Option<Finding> {
    (!tables.is_empty()).then(|| {
        let message = format!(
            "the rows that are now in {} are about as many as the server estimates",
            tables.join(", ")
        );
        Finding::new(Severity::Info, message, "").of(Fact::RowsEstimated { names: tables.to_vec() })
    })
}

fn needed_bytes(job: &Job) -> u64 {
    job.archived.chosen().map(|t| t.properties.disk_bytes).sum()
}

fn space(job: &Job, target: &Target, mode: &RestoreMode) -> Check {
    let bytes = needed_bytes(job);
    let size = amount::size(bytes);
    let kept = match mode {
        RestoreMode::Swap { .. } => Some(KeptBeside::OldDatabase),
        // Nothing is overwritten there.
        RestoreMode::SideSchema { .. } => None,
        _ if target.empty || !target.exists => None,
        _ => Some(KeptBeside::Overwritten),
    };
    let beside = match kept {
        Some(KeptBeside::OldDatabase) => ", and the old database keeps its own until it is dropped",
        Some(KeptBeside::Overwritten) => ", and what is overwritten keeps its own until the restore is done",
        None => "",
    };
    Check::new(
        Severity::Info,
        ErrorCode::System,
        format!(
            "the tables need about {size} on the server, and their indexes some more{beside}; \
             the free space there can't be seen from here"
        ),
        "",
    )
    .of(Fact::RoomOnServer { bytes, kept })
}

async fn sessions(job: &Job, conn: &mut PgConnection) -> Result<Vec<Check>> {
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
         AND backend_type = 'client backend'",
    )
    .fetch_one(conn)
    .await
    .map_err(|e| job.server.error(e))?;
    if count == 0 {
        return Ok(Vec::new());
    }
    let check = Check::new(
        Severity::Warning,
        ErrorCode::TargetIncompatible,
        match count {
            1 => "1 session is open on the live database; it is ended at the moment of the swap".to_owned(),
            _ => format!(
                "{count} sessions are open on the live database; they are ended at the moment of the swap"
            ),
        },
        "what they write between the backup and the swap stays in the old database only",
    );
    Ok(vec![check.of(Fact::SessionsOpen { count: count.unsigned_abs() })])
}
