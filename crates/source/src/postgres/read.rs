//! Reading the rows: several sessions under one snapshot take parts of the work from one queue.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use aitta_base::tables::TableName;
use aitta_base::{Error, Result, task_failed};
use aitta_model::ErrorCode;
use sqlx::postgres::PgConnection;
use tokio::task::JoinSet;

use super::connect::{Server, sqlstate};
use super::copy::{Blocks, Chunks, chosen_rows, part_of_table, whole_table};
use super::inventory::{Inventory, ServerVersion, Table};
use super::{large_objects, pins};
use crate::FrameSink;

/// Size on disk of the parts that a large table is read in, in bytes. Small enough that the sessions
/// end together, large enough that starting a part costs nothing.
const PART_BYTES: u64 = 64 << 20;

/// First version that finds a range of ctids without reading the whole table (release notes of 14).
const TID_RANGE_SCAN: u32 = 14;

/// Large objects of one part.
const OBJECTS_PER_PART: usize = 1000;

/// How long a reading session waits for a table that the first session has locked already. It waits
/// only when somebody else has asked for an exclusive lock in between and is in front of it in the queue.
const OTHERS_LOCK_TIMEOUT_MS: u32 = 200;

/// One `COPY`.
#[derive(Debug)]
pub(super) struct Item {
    section: u32,
    /// For errors: `table Booking`.
    what: String,
    sql: String,
    /// About; the largest are taken first.
    bytes: u64,
}

/// The work of reading, largest first. Sections are numbered as in the contents of the inventory.
pub(super) fn plan(inventory: &Inventory, version: &ServerVersion) -> Vec<Item> {
    let mut items = Vec::new();
    for (i, table) in inventory.tables.iter().enumerate() {
        // A partitioned table has no rows of its own.
        if table.properties.relkind == "r" {
            items.extend(table_items(i as u32 + 1, table, version));
        }
    }
    let objects = &inventory.properties.large_objects;
    let section = inventory.tables.len() as u32 + 1;
    let parts = objects.len().div_ceil(OBJECTS_PER_PART).max(1) as u64;
    for part in objects.chunks(OBJECTS_PER_PART) {
        if let [first, .., last] | [first @ last] = part {
            items.push(Item {
                section,
                what: "large objects".to_owned(),
                sql: large_objects::copy_statement(first.oid, last.oid),
                bytes: inventory.large_object_bytes / parts,
            });
        }
    }
    // Stable: parts of a table stay in the order of its file.
    items.sort_by_key(|item| std::cmp::Reverse(item.bytes));
    items
}

fn table_items(section: u32, table: &Table, version: &ServerVersion) -> Vec<Item> {
    let Table { schema, name, columns, properties, .. } = table;
    let what = format!("table {}", TableName::new(Some(schema), name));
    let item = |sql: String, bytes: u64| Item { section, what: what.clone(), sql, bytes };
    if let Some(condition) = properties.extension_condition.as_deref().filter(|c| !c.trim().is_empty()) {
        return vec![item(chosen_rows(schema, name, columns, condition), properties.disk_bytes)];
    }
    let ranges = match table.blocks {
        // A whole table is read without a query, and so without anything that its owner has written.
        Some(blocks) if version.major() >= TID_RANGE_SCAN && table.trusted => {
            ranges(blocks, properties.disk_bytes)
        }
        _ => Vec::new(),
    };
    if ranges.len() < 2 {
        return vec![item(whole_table(schema, name, columns), properties.disk_bytes)];
    }
    let bytes = properties.disk_bytes / ranges.len() as u64;
    ranges.into_iter().map(|range| item(part_of_table(schema, name, columns, range), bytes)).collect()
}

/// Equal ranges of blocks, so many that each is about [`PART_BYTES`] with what is stored outside the
/// main file.
fn ranges(blocks: u64, disk_bytes: u64) -> Vec<Blocks> {
    let parts = disk_bytes.div_ceil(PART_BYTES).clamp(1, blocks.max(1));
    let start = |part: u64| blocks * part / parts;
    (0..parts)
        .map(|part| Blocks { from: start(part), to: (part + 1 < parts).then(|| start(part + 1)) })
        .collect()
}

/// What the sessions share.
struct Work {
    server: Server,
    snapshot: String,
    items: Mutex<VecDeque<Item>>,
    /// Work that only the first session can do, since it holds the locks.
    blocked: Mutex<VecDeque<Item>>,
    sink: Arc<dyn FrameSink>,
}

fn take(queue: &Mutex<VecDeque<Item>>) -> Option<Item> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

/// Reads everything through `first` and `jobs - 1` further sessions. Dropping the future ends them.
///
/// # Errors
/// Of the session or the sink that failed first; the others are ended before this returns.
pub(super) async fn read(
    server: &Server,
    snapshot: &str,
    first: PgConnection,
    items: Vec<Item>,
    jobs: usize,
    sink: Arc<dyn FrameSink>,
) -> Result<PgConnection> {
    let others = jobs.max(1).min(items.len().max(1)) - 1;
    let work = Arc::new(Work {
        server: server.clone(),
        snapshot: snapshot.to_owned(),
        items: Mutex::new(items.into()),
        blocked: Mutex::default(),
        sink,
    });
    let mut sessions: JoinSet<Result<Option<PgConnection>>> = JoinSet::new();
    for _ in 0..others {
        let work = work.clone();
        sessions.spawn(async move { work.other_session().await.map(|()| None) });
    }
    let leading = work.clone();
    sessions.spawn(async move { leading.first_session(first).await.map(Some) });
    let mut first = None;
    while let Some(ended) = sessions.join_next().await {
        match ended.map_err(task_failed).and_then(|result| result) {
            Ok(conn) => first = first.or(conn),
            Err(error) => {
                sessions.shutdown().await;
                return Err(error);
            }
        }
    }
    // What the others came upon after the first session had run out of work.
    let Some(conn) = first else { return Err(Error::cancelled()) };
    work.first_session(conn).await
}

impl Work {
    async fn first_session(&self, mut conn: PgConnection) -> Result<PgConnection> {
        while let Some(item) = take(&self.blocked).or_else(|| take(&self.items)) {
            self.copy(&mut conn, &item, &mut false).await?;
        }
        Ok(conn)
    }

    async fn other_session(&self) -> Result<()> {
        let mut conn = self.further().await?;
        while let Some(item) = take(&self.items) {
            let mut sent = false;
            match self.copy(&mut conn, &item, &mut sent).await {
                Ok(()) => {}
                // Reading a long value takes locks too, in the middle: rows that were sent are not read again.
                Err(error) if !sent && error.code() == ErrorCode::LockTimeout => {
                    self.blocked.lock().unwrap_or_else(PoisonError::into_inner).push_back(item);
                    // After a COPY that doesn't begin, sqlx leaves the end of the server's answer unread, and the next
                    // statement would take it for its own.
                    drop(conn);
                    conn = self.further().await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// A session that sees what the first one sees, and doesn't wait long for a lock.
    async fn further(&self) -> Result<PgConnection> {
        let mut conn = self.server.connect_further().await?;
        self.server.run(&mut conn, format!("SET lock_timeout = {OTHERS_LOCK_TIMEOUT_MS}")).await?;
        self.server.run(&mut conn, begin_under(&self.snapshot)).await?;
        Ok(conn)
    }

    async fn copy(&self, conn: &mut PgConnection, item: &Item, sent: &mut bool) -> Result<()> {
        let started = Chunks::start(&self.server, conn, &item.sql).await;
        let mut chunks = started.map_err(|e| match sqlstate(&e) {
            Some(state) if pins::tells_of_replacing(Some(&state)) => {
                pins::replaced(&self.server, &item.what).with_source(e)
            }
            _ => e.context(&item.what),
        })?;
        while let Some(rows) = chunks.next(|| self.sink.buffer()).await.map_err(|e| e.context(&item.what))? {
            *sent = true;
            self.sink.rows(item.section, rows).await?;
        }
        Ok(())
    }
}

/// Begins a transaction that sees what the exporting one sees.
fn begin_under(snapshot: &str) -> String {
    format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT {}",
        super::quote::literal(snapshot)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_every_block_once_and_the_last_is_open() {
        for (blocks, disk_bytes) in [(0, 0), (1, 8192), (3, u64::MAX), (100_000, 800 << 20), (7, 1 << 30)] {
            let ranges = ranges(blocks, disk_bytes);
            assert_eq!(ranges[0].from, 0);
            assert_eq!(ranges.last().map(|r| r.to), Some(None));
            for pair in ranges.windows(2) {
                assert_eq!(pair[0].to, Some(pair[1].from));
                assert!(pair[0].from < pair[1].from, "{ranges:?}");
            }
        }
        assert_eq!(ranges(100_000, 800 << 20).len(), 13);
    }
}
