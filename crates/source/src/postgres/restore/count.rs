//! Counting the rows of tables that belong to somebody else, before anybody has allowed anything.
//!
//! A query is planned first, and the planner evaluates constant parts of partial indexes and of indexes on expressions:
//! functions of the table's owner would run with the rights of whoever asks. `COPY` of a table plans nothing. It reads
//! the rows and calls only the output functions of their types, and it refuses a view. So rows are counted where they
//! arrive; of the columns only one that is short is asked for.

use aitta_base::Result;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::super::connect::Server;
use super::super::copy::Chunks;
use super::super::quote::{ident, qualified};

/// Up to this many rows, as the server estimates, a table is counted; above, the estimate has to do.
const COUNTED: f32 = 5_000_000.0;

/// How many rows there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    Exactly(u64),
    /// By the server's statistics.
    About(u64),
}

impl Count {
    pub(super) fn number(self) -> u64 {
        let (Self::Exactly(rows) | Self::About(rows)) = self;
        rows
    }

    pub(super) fn is_estimate(self) -> bool {
        matches!(self, Self::About(_))
    }

    fn plus(self, other: Self) -> Self {
        let sum = self.number() + other.number();
        if self.is_estimate() || other.is_estimate() { Self::About(sum) } else { Self::Exactly(sum) }
    }
}

/// A relation that is there.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Relation {
    pub(super) oid: Oid,
    pub(super) schema: String,
    pub(super) name: String,
    /// As `pg_class.relkind`.
    pub(super) kind: String,
    /// Rows, as the server estimates; below zero when it never did.
    estimate: f32,
    /// The column that takes least to read.
    column: Option<String>,
}

/// What is needed of `pg_class c` and `pg_namespace n` for a [`Relation`].
const RELATION: &str = "c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind, \
    c.reltuples AS estimate, (SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 \
        AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attlen < 0, a.attlen, a.attnum LIMIT 1) AS column";

/// The relation of this name, whatever it is.
///
/// # Errors
/// `source_*`.
pub(super) async fn find(
    server: &Server,
    conn: &mut PgConnection,
    schema: &str,
    name: &str,
) -> Result<Option<Relation>> {
    let sql = format!(
        "SELECT {RELATION} FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = $1 AND c.relname = $2"
    );
    sqlx::query_as(AssertSqlSafe(sql))
        .bind(schema)
        .bind(name)
        .fetch_optional(conn)
        .await
        .map_err(|e| server.error(e))
}

/// The innermost partitions of these tables: of partitions that are partitioned themselves only those hold rows.
///
/// # Errors
/// `source_*`.
pub(super) async fn leaves(server: &Server, conn: &mut PgConnection, of: &[Oid]) -> Result<Vec<Relation>> {
    let sql = format!(
        "WITH RECURSIVE tree(id) AS ( \
            SELECT inhrelid FROM pg_inherits WHERE inhparent = ANY ($1) \
            UNION SELECT i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.id) \
         SELECT {RELATION} FROM tree t JOIN pg_class c ON c.oid = t.id JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'f') ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\""
    );
    sqlx::query_as(AssertSqlSafe(sql)).bind(of).fetch_all(conn).await.map_err(|e| server.error(e))
}

/// The rows of a table itself, without those of its children.
///
/// # Errors
/// `source_*`.
pub(super) async fn rows(server: &Server, conn: &mut PgConnection, table: &Relation) -> Result<Count> {
    if table.estimate > COUNTED {
        return Ok(Count::About(table.estimate as u64));
    }
    exactly(server, conn, table).await.map(Count::Exactly)
}

/// As [`rows`], however many there are.
///
/// # Errors
/// `source_*`.
pub(super) async fn exactly(server: &Server, conn: &mut PgConnection, table: &Relation) -> Result<u64> {
    let columns: Vec<&str> = table.column.as_deref().into_iter().collect();
    counted(server, conn, table, &columns, |_| true).await
}

/// The rows of a table, or of the partitions of one, that reference something by these columns: all of them are set,
/// or, where the key wants `full` matches, any.
///
/// # Errors
/// `source_*`.
pub(super) async fn references(
    server: &Server,
    conn: &mut PgConnection,
    table: &Relation,
    columns: &[String],
    full: bool,
) -> Result<Count> {
    let tables = if table.kind == "p" {
        leaves(server, conn, &[table.oid]).await?.into_iter().filter(|leaf| leaf.kind == "r").collect()
    } else {
        vec![table.clone()]
    };
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut sum = Count::Exactly(0);
    for table in tables {
        sum = sum.plus(if table.estimate > COUNTED {
            Count::About(table.estimate as u64)
        } else {
            let concerned = |line: &[u8]| concerned(line, full);
            Count::Exactly(counted(server, conn, &table, &names, concerned).await?)
        });
    }
    Ok(sum)
}

/// `\N` alone is null; a value that looks like it has its backslash doubled (COPY, text format).
fn concerned(line: &[u8], full: bool) -> bool {
    let mut set = line.split(|b| *b == b'\t').map(|field| field != b"\\N");
    if full { set.any(|is_set| is_set) } else { set.all(|is_set| is_set) }
}

async fn counted(
    server: &Server,
    conn: &mut PgConnection,
    table: &Relation,
    columns: &[&str],
    wanted: impl Fn(&[u8]) -> bool,
) -> Result<u64> {
    let name = qualified(&table.schema, &table.name);
    let list: Vec<String> = columns.iter().map(|c| ident(c)).collect();
    let list = if list.is_empty() { String::new() } else { format!(" ({})", list.join(", ")) };
    let sql = format!("COPY {name}{list} TO STDOUT");
    let mut chunks = Chunks::start(server, conn, &sql).await?;
    let mut rows = 0;
    while let Some(lines) = chunks.next(Vec::new).await? {
        rows += lines
            .split_inclusive(|b| *b == b'\n')
            .filter(|l| wanted(l.strip_suffix(b"\n").unwrap_or(l)))
            .count();
    }
    Ok(rows as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_references_something_when_its_key_is_set() {
        assert!(concerned(b"1\t2", false) && concerned(b"1\t2", true));
        assert!(!concerned(b"1\t\\N", false) && concerned(b"1\t\\N", true));
        assert!(!concerned(b"\\N\t\\N", false) && !concerned(b"\\N\t\\N", true));
        assert!(concerned(b"\\\\N", false), "the text that is written like a null");
    }
}
