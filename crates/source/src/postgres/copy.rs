//! `COPY … TO STDOUT` in text format: the statements, the rows, their digest.

use aitta_archive::{Column, RowDigest};
use aitta_base::{Error, Result, task_failed};
use aitta_model::ErrorCode;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use sqlx::postgres::PgConnection;
use tokio::task::JoinHandle;

use super::connect::Server;
use super::quote::{ident, qualified};
use crate::{FRAME_ROOM, FRAME_TARGET};

/// Rows of a table's file between two of its blocks: from the first on, before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blocks {
    pub(super) from: u64,
    /// Open-ended for the last part: the file may have grown since its size was asked for.
    pub(super) to: Option<u64>,
}

/// `COPY` of a table's own rows, without those of its children.
pub(super) fn whole_table(schema: &str, table: &str, columns: &[Column]) -> String {
    let table = qualified(schema, table);
    match names(columns) {
        // `t ()` is a syntax error, and `t` alone leaves generated columns out as well.
        list if list.is_empty() => format!("COPY {table} TO STDOUT"),
        list => format!("COPY {table} ({list}) TO STDOUT"),
    }
}

/// `COPY` of those own rows that meet `condition`, which is empty or begins with `WHERE`.
pub(super) fn chosen_rows(schema: &str, table: &str, columns: &[Column], condition: &str) -> String {
    let table = qualified(schema, table);
    format!("COPY (SELECT {} FROM ONLY {table} {condition}) TO STDOUT", names(columns))
}

/// `COPY` of one part of a table. The server finds the blocks by a TID range scan (from version 14).
pub(super) fn part_of_table(schema: &str, table: &str, columns: &[Column], blocks: Blocks) -> String {
    let mut condition = format!("WHERE ctid >= '({},0)'", blocks.from);
    if let Some(to) = blocks.to {
        condition.push_str(&format!(" AND ctid < '({to},0)'"));
    }
    chosen_rows(schema, table, columns, &condition)
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|c| ident(&c.name)).collect::<Vec<_>>().join(", ")
}

/// The output of a `COPY`, in chunks of whole rows of about [`FRAME_TARGET`] bytes.
pub(super) struct Chunks<'c> {
    server: &'c Server,
    stream: BoxStream<'c, sqlx::Result<Bytes>>,
    buffer: Vec<u8>,
}

impl<'c> Chunks<'c> {
    /// Starts the statement.
    ///
    /// # Errors
    /// As [`Server::error`].
    pub(super) async fn start(server: &'c Server, conn: &'c mut PgConnection, sql: &str) -> Result<Self> {
        let stream = conn.copy_out_raw(sql).await.map_err(|e| server.error(e))?;
        // Most tables are small: the first buffer grows as needed, the next ones are made in one go.
        Ok(Self { server, stream, buffer: Vec::new() })
    }

    /// The next rows, each ended by a line feed; `None` at the end. `spare` gives the buffer that the rows after
    /// them are collected in.
    ///
    /// # Errors
    /// As [`Server::error`].
    pub(super) async fn next(&mut self, spare: impl FnOnce() -> Vec<u8>) -> Result<Option<Vec<u8>>> {
        while let Some(message) = self.stream.next().await {
            let data = message.map_err(|e| self.server.error(e))?;
            self.buffer.extend_from_slice(&data);
            if self.buffer.len() < FRAME_TARGET {
                continue;
            }
            // In COPY text a line feed within a value is written `\n`, so a raw one ends a row. The
            // server sends a message per row, but the protocol doesn't promise that.
            if let Some(at) = memchr::memrchr(b'\n', &data) {
                let rest = data.len() - at - 1;
                let mut next = spare();
                next.extend_from_slice(&data[at + 1..]);
                let mut rows = std::mem::replace(&mut self.buffer, next);
                rows.truncate(rows.len() - rest);
                return Ok(Some(rows));
            }
        }
        match self.buffer.last() {
            None => Ok(None),
            Some(b'\n') => Ok(Some(std::mem::take(&mut self.buffer))),
            Some(_) => Err(Error::new(
                ErrorCode::SourceFailed,
                "the server ended a COPY in the middle of a row",
                "run it again; if it happens again, report this",
            )),
        }
    }
}

/// Count and digest of what a `COPY … TO STDOUT` gives. One chunk is hashed while the next is read.
///
/// # Errors
/// As [`Server::error`].
pub(crate) async fn digest_rows(server: &Server, conn: &mut PgConnection, sql: &str) -> Result<RowDigest> {
    let mut total = RowDigest::default();
    let mut hashing: Option<JoinHandle<RowDigest>> = None;
    let mut chunks = Chunks::start(server, conn, sql).await?;
    while let Some(rows) = chunks.next(|| Vec::with_capacity(FRAME_ROOM)).await? {
        let next = tokio::task::spawn_blocking(move || {
            let mut digest = RowDigest::default();
            digest.add_lines(&rows);
            digest
        });
        if let Some(done) = hashing.replace(next) {
            total.merge(&done.await.map_err(task_failed)?);
        }
    }
    if let Some(done) = hashing {
        total.merge(&done.await.map_err(task_failed)?);
    }
    Ok(total)
}

/// Count and digest of a table's own rows as the given session, and its open transaction, sees them.
///
/// # Errors
/// As [`Server::error`].
pub(crate) async fn digest_table(
    server: &Server,
    conn: &mut PgConnection,
    schema: &str,
    table: &str,
    columns: &[Column],
) -> Result<RowDigest> {
    digest_rows(server, conn, &whole_table(schema, table, columns)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_quote_every_name_and_take_tables_without_columns() {
        let column = |name: &str| Column { name: name.to_owned(), type_name: "text".to_owned() };
        let columns = [column("a"), column("ä\"b")];
        assert_eq!(whole_table("s", "T", &columns), r#"COPY "s"."T" ("a", "ä""b") TO STDOUT"#);
        assert_eq!(whole_table("s", "T", &[]), r#"COPY "s"."T" TO STDOUT"#);
        assert_eq!(
            part_of_table("s", "T", &columns[..1], Blocks { from: 8, to: Some(16) }),
            r#"COPY (SELECT "a" FROM ONLY "s"."T" WHERE ctid >= '(8,0)' AND ctid < '(16,0)') TO STDOUT"#
        );
        assert_eq!(
            part_of_table("s", "T", &columns[..1], Blocks { from: 16, to: None }),
            r#"COPY (SELECT "a" FROM ONLY "s"."T" WHERE ctid >= '(16,0)') TO STDOUT"#
        );
    }
}
