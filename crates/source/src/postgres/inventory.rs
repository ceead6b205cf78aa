//! What is in the database, by catalog queries under the snapshot: one query for each kind of thing,
//! not one for each table.

mod database;
mod positions;
pub(super) mod roles;
pub(super) mod sequences;
mod tables;

use std::collections::BTreeSet;

use aitta_archive::{Column, ForeignKey, Section, SectionKind, SourceInfo};
use aitta_base::{Error, Result};
use aitta_model::{DatabaseEngine, ErrorCode};
use sqlx::AssertSqlSafe;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgConnection, PgRow};

use super::code;
use super::connect::Server;
use super::large_objects;
use super::lock::Candidate;
use super::properties::{DatabaseProperties, TableProperties};
use super::settings;
use crate::Contents;

/// The oldest server that is understood.
const OLDEST: u32 = 120_000;

/// The server, as far as queries depend on it.
#[derive(Debug, Clone)]
pub(super) struct ServerVersion {
    /// `server_version_num`, such as 150018.
    pub(super) number: u32,
    /// Without what the packager adds, such as `15.18`.
    pub(super) text: String,
}

impl ServerVersion {
    /// Asks the server.
    ///
    /// # Errors
    /// `unsupported` when it is too old.
    pub(super) async fn of(server: &Server, conn: &mut PgConnection) -> Result<Self> {
        let sql = "SELECT current_setting('server_version_num')::int4, current_setting('server_version')";
        let rows: Vec<(i32, String)> = rows(server, conn, sql).await?;
        let (number, text) = rows.into_iter().next().unwrap_or_default();
        let text = text.split_whitespace().next().unwrap_or_default().to_owned();
        let number = number.unsigned_abs();
        if number < OLDEST {
            return Err(Error::new(
                ErrorCode::Unsupported,
                format!("{} is PostgreSQL {text}, and the oldest that Aitta reads is 12", server.place()),
                "upgrade the server, or back it up with the pg_dump of its version",
            ));
        }
        Ok(Self { number, text })
    }

    /// Such as 15.
    pub(super) fn major(&self) -> u32 {
        self.number / 10_000
    }
}

/// A table with everything that is known about it.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) schema: String,
    pub(super) name: String,
    /// Those that `COPY` carries, in their order.
    pub(super) columns: Vec<Column>,
    pub(super) properties: TableProperties,
    /// Blocks of the main file, if its rows can be read by block ranges.
    pub(super) blocks: Option<u64>,
    /// Whether a query of it runs no code but that of superusers and of our own user.
    pub(super) trusted: bool,
    /// About how many bytes its rows are as COPY text.
    pub(super) estimated_bytes: u64,
}

/// Everything.
pub(super) struct Inventory {
    /// By schema and name.
    pub(super) tables: Vec<Table>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    pub(super) properties: DatabaseProperties,
    pub(super) large_object_bytes: u64,
    pub(super) notes: Vec<String>,
}

impl Inventory {
    /// Reads the catalogs, but for the sequences. `chosen` are the locked tables; `complete` says whether they are all.
    ///
    /// # Errors
    /// `source_denied` where row security would hide rows; as [`Server::error`].
    pub(super) async fn read(
        server: &Server,
        conn: &mut PgConnection,
        version: &ServerVersion,
        chosen: &[Candidate],
        complete: bool,
    ) -> Result<Self> {
        let tables = tables::read(server, conn, chosen).await?;
        let oids: Vec<u32> = tables.iter().map(|t| t.properties.oid).collect();
        let foreign_keys = tables::foreign_keys(server, conn, &oids).await?;
        let mut properties = database::read(server, conn, version).await?;
        settings::MONEY.1.clone_into(&mut properties.lc_monetary);
        properties.roles = roles::read(server, conn, (!complete).then_some(&tables[..])).await?;
        properties.system_identifier = system_identifier(server, conn).await?;
        properties.code = Some(match complete {
            true => code::of_database(server, conn).await?,
            false => {
                code::of_tables(server, conn, &oids.iter().copied().map(Oid).collect::<Vec<_>>()).await?
            }
        });
        let mut large_object_bytes = 0;
        let mut notes = Vec::new();
        if complete {
            properties.materialized_views = sequences::materialized_views(server, conn).await?;
            properties.large_objects = large_objects::list(server, conn).await?;
            if !properties.large_objects.is_empty() {
                let size: Vec<(i64,)> =
                    rows(server, conn, "SELECT pg_relation_size('pg_largeobject')").await?;
                large_object_bytes = size.first().map_or(0, |s| s.0.unsigned_abs()) * 2;
            }
            properties.left_out = database::left_out(server, conn).await?;
            notes = database::remarks(server, conn, &properties.left_out).await?;
        }
        Ok(Self { tables, foreign_keys, properties, large_object_bytes, notes })
    }

    /// The oids of the tables whose definition has to be in the schema section: the others come with their extension.
    pub(super) fn defined(&self) -> BTreeSet<u32> {
        let properties = self.tables.iter().map(|t| &t.properties);
        properties.filter(|p| p.extension_condition.is_none()).map(|p| p.oid).collect()
    }

    /// As the callers of a snapshot see it: first the schema, then the tables, then large objects.
    pub(super) fn contents(
        &self,
        server: &Server,
        version: &ServerVersion,
        snapshot: &str,
        complete: bool,
    ) -> Contents {
        let section = |kind, schema: Option<&str>, name: &str| Section {
            kind,
            schema: schema.map(str::to_owned),
            name: name.to_owned(),
            columns: Vec::new(),
            rows: 0,
            bytes: 0,
            digest: String::new(),
            frames: Vec::new(),
            properties: serde_json::Value::Null,
        };
        let mut sections = vec![section(SectionKind::Schema, None, "schema")];
        sections.extend(self.tables.iter().map(|table| Section {
            columns: table.columns.clone(),
            properties: json(&table.properties),
            ..section(SectionKind::Table, Some(&table.schema), &table.name)
        }));
        if !self.properties.large_objects.is_empty() {
            sections.push(section(SectionKind::Extra, None, large_objects::SECTION));
        }
        let rows: u64 = self.tables.iter().map(|t| t.estimated_bytes).sum();
        Contents {
            info: SourceInfo {
                engine: DatabaseEngine::Postgresql.to_string(),
                version: version.text.clone(),
                database: server.database().to_owned(),
                place: Some(server.place()),
                snapshot: snapshot.to_owned(),
            },
            complete,
            sections,
            foreign_keys: self.foreign_keys.clone(),
            properties: json(&self.properties),
            estimated_bytes: rows + self.large_object_bytes,
            notes: self.notes.clone(),
        }
    }
}

/// Which server it is; a copy of its files is the same one.
///
/// # Errors
/// As [`Server::error`].
pub(super) async fn system_identifier(server: &Server, conn: &mut PgConnection) -> Result<Option<String>> {
    const MAY: &str = "SELECT has_function_privilege('pg_control_system()', 'EXECUTE')";
    let may: Vec<(bool,)> = rows(server, conn, MAY).await?;
    if may != [(true,)] {
        return Ok(None);
    }
    let found: Vec<(String,)> =
        rows(server, conn, "SELECT system_identifier::text FROM pg_control_system()").await?;
    Ok(found.into_iter().next().map(|(identifier,)| identifier))
}

fn json(properties: &impl serde::Serialize) -> serde_json::Value {
    // Plain structs of strings and numbers always have a form in JSON.
    serde_json::to_value(properties).unwrap_or_default()
}

/// The rows of a query.
async fn rows<T>(server: &Server, conn: &mut PgConnection, sql: impl Into<String>) -> Result<Vec<T>>
where
    T: for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin,
{
    sqlx::query_as(AssertSqlSafe(sql.into())).fetch_all(conn).await.map_err(|e| server.error(e))
}

/// A list of oids as the server reads it: `'{1,2}'::oid[]`.
fn oid_array(oids: &[u32]) -> String {
    let list: Vec<String> = oids.iter().map(u32::to_string).collect();
    format!("'{{{}}}'::oid[]", list.join(","))
}
