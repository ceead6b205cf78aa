//! Proof that a name meant the same relation from the beginning to the end.
//!
//! A lock keeps a relation from being dropped, renamed or moved into another schema, but statements name relations by
//! their schema as well, and a schema is renamed without any lock on what is in it: two schemas can be exchanged
//! between two statements, and back again. Each change of a schema writes its row in `pg_namespace` anew, under the
//! number of the transaction that did it. So when that row is the same before the first lock and after the last
//! statement, and the relation was locked in between, the name has meant that one relation all the time.
//!
//! A `GRANT` on the schema writes the row as well, and can't be told from two renames: it ends the work, too.

use std::collections::BTreeMap;

use aitta_base::{Error, Result};
use aitta_model::ErrorCode;
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::connect::Server;
use super::quote::{ident, qualified};

/// A schema as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schema {
    pub(super) oid: u32,
    /// The transaction that wrote its row: `xmin`.
    pub(super) version: String,
}

/// Schemas by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pins {
    schemas: BTreeMap<String, Schema>,
}

impl Pins {
    /// These schemas, as they were found before anything was locked.
    pub(super) fn of<'a>(schemas: impl IntoIterator<Item = (&'a str, &'a Schema)>) -> Self {
        Self { schemas: schemas.into_iter().map(|(name, s)| (name.to_owned(), s.clone())).collect() }
    }

    /// Looks at schemas of these names.
    ///
    /// # Errors
    /// As [`Server::error`].
    pub(super) async fn look(server: &Server, conn: &mut PgConnection, names: &[String]) -> Result<Self> {
        const FIND: &str =
            "SELECT nspname::text, oid, xmin::text FROM pg_namespace WHERE nspname::text = ANY ($1)";
        let found: Vec<(String, Oid, String)> =
            sqlx::query_as(FIND).bind(names).fetch_all(conn).await.map_err(|e| server.error(e))?;
        let schema = |(name, oid, version): (String, Oid, String)| (name, Schema { oid: oid.0, version });
        Ok(Self { schemas: found.into_iter().map(schema).collect() })
    }

    /// Looks whether they are as they were. The session must see what is committed by now.
    ///
    /// # Errors
    /// `source_unfit` when one was renamed, exchanged or altered; as [`Server::error`].
    pub(super) async fn check(&self, server: &Server, conn: &mut PgConnection) -> Result<()> {
        let names: Vec<String> = self.schemas.keys().cloned().collect();
        let now = Self::look(server, conn, &names).await?;
        let changed: Vec<&str> = self
            .schemas
            .iter()
            .filter(|(name, then)| now.schemas.get(*name) != Some(then))
            .map(|(name, _)| name.as_str())
            .collect();
        if changed.is_empty() { Ok(()) } else { Err(exchanged(server, &changed)) }
    }
}

fn exchanged(server: &Server, schemas: &[&str]) -> Error {
    let names: Vec<String> = schemas.iter().map(|name| ident(name)).collect();
    Error::new(
        ErrorCode::SourceUnfit,
        format!(
            "the schema {} of {} was renamed, exchanged or altered while its tables were in use, so rows of two \
             tables could have been mixed",
            names.join(", "),
            server.place()
        ),
        "run it again when the migration or deployment that does so is done (ALTER SCHEMA, or GRANT on a schema); \
         nothing was kept",
    )
}

/// The error of something that is no longer what was found under its name.
pub(super) fn replaced(server: &Server, what: impl std::fmt::Display) -> Error {
    Error::new(
        ErrorCode::SourceUnfit,
        format!("{what} of {} was dropped, renamed or replaced by something else meanwhile", server.place()),
        "run it again when the migration or deployment that does so is done; nothing was kept, and nothing changed",
    )
}

/// Whether the server says that there is something else under a name, or nothing: undefined_table, undefined_column,
/// invalid_schema_name, wrong_object_type; and what it says of a view that it may not look into.
pub(super) fn tells_of_replacing(state: Option<&str>) -> bool {
    matches!(state, Some("42P01" | "42703" | "3F000" | "42809" | "55000"))
}

/// A relation that is to be reached by name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pinned<'a> {
    pub(super) oid: u32,
    pub(super) schema: &'a str,
    pub(super) name: &'a str,
}

/// Whether this session holds a lock of `mode` on each of these relations, by their oids, and reaches each by its name.
/// Both are asked of what the server does, not of the snapshot.
///
/// # Errors
/// As [`Server::error`].
pub(super) async fn hold(
    server: &Server,
    conn: &mut PgConnection,
    relations: &[Pinned<'_>],
    mode: &str,
) -> Result<bool> {
    const HELD: &str = "SELECT NOT EXISTS (SELECT FROM unnest($1::oid[], $2::text[]) AS u(oid, name) \
        LEFT JOIN (SELECT relation FROM pg_locks WHERE locktype = 'relation' AND granted \
            AND pid = pg_backend_pid() AND mode = $3 \
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) l \
          ON l.relation = u.oid \
        WHERE l.relation IS NULL OR to_regclass(u.name)::oid IS DISTINCT FROM u.oid)";
    let oids: Vec<Oid> = relations.iter().map(|r| Oid(r.oid)).collect();
    let names: Vec<String> = relations.iter().map(|r| qualified(r.schema, r.name)).collect();
    sqlx::query_scalar(HELD)
        .bind(oids)
        .bind(names)
        .bind(mode)
        .fetch_one(conn)
        .await
        .map_err(|e| server.error(e))
}
