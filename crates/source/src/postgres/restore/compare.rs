//! Comparing the tables that a restore would overwrite with the archive, before anybody has allowed anything.
//!
//! As in [`super::count`], tables are read by `COPY` alone, which plans nothing and refuses views, in sessions that
//! refuse to look into what could run somebody else's code. Each table is read at a moment of its own: a snapshot that
//! covered all of them would keep the server from cleaning up as long as the comparison lasts.

use std::sync::Arc;
use std::time::Instant;

use aitta_base::{Error, Result};
use aitta_model::{ComparedTable, ErrorCode, Likeness, Obstacle};
use sqlx::postgres::PgConnection;
use tokio::time::timeout_at;

use super::super::connect::Server;
use super::super::copy::{Chunks, whole_table};
use super::super::settings::{self, MONEY};
use super::archived::ArchivedTable;
use super::existing::{self, Existing};
use super::{Job, cancellable, prepare};
use crate::compare::LiveRows;
use crate::{Archived, FrameSink, RestoreTask};

/// How long a table may be held by somebody else; a comparison must not stand in the queue in front of others.
const LOCK_TIMEOUT_MS: u32 = 1000;

/// Compares the smallest tables first, and those that are not read by `until` not at all.
///
/// # Errors
/// As those of a plan; `cancelled`.
pub(in super::super) async fn compare(
    server: &Server,
    archive: &Arc<dyn Archived>,
    task: &RestoreTask,
    until: Instant,
) -> Result<Vec<ComparedTable>> {
    cancellable(&task.cancel, compared(server, archive, task, until)).await
}

async fn compared(
    server: &Server,
    archive: &Arc<dyn Archived>,
    task: &RestoreTask,
    until: Instant,
) -> Result<Vec<ComparedTable>> {
    let (events, _) = tokio::sync::mpsc::unbounded_channel();
    let (job, target, _) = prepare(server, archive, task, events).await?;
    let of = |table: &ArchivedTable, likeness| ComparedTable { name: table.label(), likeness };
    if !target.exists || target.empty {
        return Ok(job.archived.with_rows().map(|table| of(table, Likeness::Missing)).collect());
    }
    let server = settings::for_reading(server);
    let mut conn = session(&server).await?;
    let there = existing::look(&job, &mut conn).await?;
    let mut tables: Vec<(usize, &ArchivedTable)> = job.archived.with_rows().enumerate().collect();
    tables.sort_by_key(|(_, table)| table.bytes);
    let mut found = Vec::new();
    let mut conn = Some(conn);
    for (place, table) in tables {
        if Instant::now() >= until {
            found.push((place, of(table, Likeness::NotReached)));
            continue;
        }
        let open = match conn.take() {
            Some(open) => open,
            None => session(&server).await?,
        };
        let existing = there.iter().find(|e| std::ptr::eq(e.table, table));
        let likeness = match timeout_at(until.into(), one(&job, &server, open, existing)).await {
            Ok((Ok(likeness), open)) => {
                conn = Some(open);
                likeness
            }
            Ok((Err(error), _)) if is_of_table(error.code()) => {
                let obstacle = Obstacle::Unread { code: error.code().into() };
                Likeness::NotComparable { why: error.to_string(), obstacle: Some(obstacle) }
            }
            Ok((Err(error), _)) => return Err(error),
            // What was being read has ended with its session.
            Err(_) => Likeness::NotReached,
        };
        found.push((place, of(table, likeness)));
    }
    found.sort_by_key(|(place, _)| *place);
    Ok(found.into_iter().map(|(_, table)| table).collect())
}

async fn session(server: &Server) -> Result<PgConnection> {
    let mut conn = server.connect_further().await?;
    server.run(&mut conn, format!("SET lock_timeout = {LOCK_TIMEOUT_MS}")).await?;
    Ok(conn)
}

/// Whether another table can be read all the same.
fn is_of_table(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::SourceDenied | ErrorCode::SourceFailed | ErrorCode::SourceUnfit | ErrorCode::LockTimeout
    )
}

/// Gives the session back, unless reading has failed: after a COPY that doesn't begin, sqlx leaves the end of the
/// server's answer unread.
async fn one(
    job: &Job,
    server: &Server,
    mut conn: PgConnection,
    existing: Option<&Existing<'_>>,
) -> (Result<Likeness>, PgConnection) {
    let Some(existing) = existing else { return (Ok(Likeness::Missing), conn) };
    if let Some((why, obstacle)) = obstacle(job, existing) {
        return (Ok(Likeness::NotComparable { why, obstacle: Some(obstacle) }), conn);
    }
    let read = read(job, server, &mut conn, existing.table).await;
    (read, conn)
}

/// Why the rows of this table can't be compared.
fn obstacle(job: &Job, existing: &Existing<'_>) -> Option<(String, Obstacle)> {
    let (differences, words): (Vec<_>, Vec<_>) = existing.differences().into_iter().unzip();
    if !words.is_empty() {
        return Some((words.join("; "), Obstacle::Changed { differences }));
    }
    let table = existing.table;
    if table.properties.extension_condition.as_deref().is_some_and(|c| !c.trim().is_empty()) {
        let words = "only some of its rows are archived: an extension makes the others";
        return Some((words.to_owned(), Obstacle::PartlyArchived));
    }
    let is_money = table.columns.iter().any(|column| column.type_name.contains("money"));
    (is_money && job.archived.database.lc_monetary != MONEY.1).then(|| {
        let words = "its values of the type money were archived under the locale of their server";
        (words.to_owned(), Obstacle::Money)
    })
}

async fn read(
    job: &Job,
    server: &Server,
    conn: &mut PgConnection,
    table: &ArchivedTable,
) -> Result<Likeness> {
    let section = job.archive.section(table.section)?;
    let live = LiveRows::beside(section);
    let named = |e: Error| e.context(format_args!("table {}", table.label()));
    let sql = whole_table(&table.schema, &table.name, &table.columns);
    let mut chunks = Chunks::start(server, conn, &sql).await.map_err(named)?;
    while let Some(rows) = chunks.next(|| live.buffer()).await.map_err(named)? {
        live.rows(table.section, rows).await?;
    }
    drop(chunks);
    live.against(&job.archive, table.section).await
}
