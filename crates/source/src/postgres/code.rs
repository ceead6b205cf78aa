//! What the owner of a database has written and a restore could run.
//!
//! Loading a row evaluates the checks of its table and of its types, with the rights of whoever loads it; adding a foreign
//! key compares rows, by casts that anybody may have made; planning a query evaluates what indexes call. Which function
//! that comes to is decided when it runs, so it can't be read off an expression. But all of it needs a function that
//! somebody has written, or one of the server's that does more than compute: a database without any of these can run
//! nothing. So all functions count that are not compiled, and the expressions that call the server's own which are not
//! immutable. They are read from the catalogs, which asks nobody to run anything.
//!
//! A materialized view is filled with the rights of its owner, and counts where that is a superuser.

use aitta_base::Result;
use aitta_base::tables::TableName;
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::connect::Server;
use super::properties::QualifiedName;

/// How many calls of one expression are named.
const NAMED: usize = 4;

/// What a materialized view is called here.
pub(super) const MATERIALIZED_VIEW: &str = "materialized view";

/// Something that calls more than immutable functions of the server, or may do so at any moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Code {
    /// Such as `check constraint`, for people.
    pub(crate) what: String,
    /// Its own name, where it has one.
    pub(crate) name: Option<String>,
    /// The table or type that it belongs to.
    pub(crate) of: QualifiedName,
    /// Who may change it.
    pub(crate) owner: String,
    /// The functions that it calls, as `schema.name(types)`.
    pub(crate) calls: Vec<String>,
}

impl Code {
    /// For people.
    pub(crate) fn label(&self) -> String {
        let Self { what, name, of, owner, calls } = self;
        let of = TableName::new(Some(&of.schema), &of.name);
        let it = match name {
            Some(name) => format!("{what} {name:?} of {of}"),
            None => format!("{what} {of}"),
        };
        match calls.as_slice() {
            [] => format!("{it} of {owner:?}"),
            calls if calls.len() > NAMED => {
                format!("{it} of {owner:?}, which calls {} and others", calls[..NAMED].join(", "))
            }
            calls => format!("{it} of {owner:?}, which calls {}", calls.join(", ")),
        }
    }
}

/// Whether a function `p` of `pg_proc` does nothing but compute. It is of the server itself (its oid is below
/// `FirstNormalObjectId`) and immutable, or looks only at the clock, the time zone or how a value is written; or it is
/// immutable and compiled, which only a superuser can make, and came with an extension.
const HARMLESS: &str = "(p.oid < 16384 AND (p.provolatile = 'i' OR p.provolatile = 's' AND ( \
        (p.proargtypes::oid[] || p.prorettype) && '{date, time, timetz, timestamp, timestamptz, interval}'::regtype[]::oid[] \
        OR p.proname IN ('textanycat', 'anytextcat', 'concat', 'concat_ws', 'format', 'array_to_string', 'to_json', \
            'to_jsonb', 'row_to_json', 'array_to_json'))) \
    OR p.provolatile = 'i' AND p.prolang = (SELECT oid FROM pg_language WHERE lanname = 'c') \
        AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'))";

/// Of the whole database, but for its system catalogs.
///
/// # Errors
/// As [`Server::error`].
pub(super) async fn of_database(server: &Server, conn: &mut PgConnection) -> Result<Vec<Code>> {
    find(server, conn, None).await
}

/// Of these tables of a live database, and of the types of their columns. Tables can be locked; the checks of a domain
/// can't, so every domain counts that somebody else than a superuser may change.
///
/// # Errors
/// As [`Server::error`].
pub(super) async fn of_tables(server: &Server, conn: &mut PgConnection, tables: &[Oid]) -> Result<Vec<Code>> {
    find(server, conn, Some(tables)).await
}

/// These types, as `format_type` writes them, and those that they are made of; what is no type there is left out, and
/// what is the server's own.
///
/// # Errors
/// As [`Server::error`].
pub(super) async fn used(server: &Server, conn: &mut PgConnection, types: &[String]) -> Result<Vec<Oid>> {
    let sql = format!(
        "WITH RECURSIVE {} SELECT id FROM used WHERE id >= 16384",
        used_types(version(server, conn).await?)
    );
    sqlx::query_scalar(AssertSqlSafe(sql))
        .bind::<&[Oid]>(&[])
        .bind(types)
        .fetch_all(conn)
        .await
        .map_err(|e| server.error(e))
}

async fn version(server: &Server, conn: &mut PgConnection) -> Result<i32> {
    sqlx::query_scalar("SELECT current_setting('server_version_num')::int4")
        .fetch_one(conn)
        .await
        .map_err(|e| server.error(e))
}

/// A table of all types of the columns of `$1` and of the types `$2`, and of those that they are made of.
fn used_types(version: i32) -> String {
    let multirange = match version >= 140_000 {
        true => "UNION ALL SELECT g.rngtypid FROM pg_range g WHERE g.rngmultitypid = t.oid",
        false => "",
    };
    format!(
        "used(id) AS ( \
            SELECT a.atttypid FROM pg_attribute a WHERE a.attrelid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped \
            UNION SELECT to_regtype(t.name)::oid FROM unnest($2::text[]) t(name) \
            UNION SELECT n.id FROM used u JOIN pg_type t ON t.oid = u.id CROSS JOIN LATERAL ( \
                SELECT t.typelem UNION ALL SELECT t.typbasetype \
                UNION ALL SELECT a.atttypid FROM pg_attribute a \
                    WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped \
                UNION ALL SELECT g.rngsubtype FROM pg_range g WHERE g.rngtypid = t.oid {multirange}) n(id) \
            WHERE n.id <> 0)"
    )
}

async fn find(server: &Server, conn: &mut PgConnection, tables: Option<&[Oid]>) -> Result<Vec<Code>> {
    let version = version(server, conn).await?;
    let found: Vec<Row> = sqlx::query_as(AssertSqlSafe(sql(version)))
        .bind(tables)
        .bind::<&[String]>(&[])
        .fetch_all(conn)
        .await
        .map_err(|e| server.error(e))?;
    let code = |(what, name, schema, of, owner, calls): Row| {
        let of = QualifiedName { schema, name: of };
        Code { what, name, of, owner, calls }
    };
    Ok(found.into_iter().map(code).collect())
}

/// What, its name, schema and name of the table or type, owner, calls.
type Row = (String, Option<String>, String, String, String, Vec<String>);

/// A tree that is longer, in bytes, is not taken apart: it counts as it is.
const LONG: u32 = 8_000_000;

/// What counts without a look into it: functions that are neither compiled nor an extension's, and materialized views.
const BARE: &str = "bare(what, schema, of, owner) AS ( \
    SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END, n.nspname::text, \
        p.proname::text, p.proowner FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
        JOIN pg_language l ON l.oid = p.prolang \
    WHERE p.oid >= 16384 AND n.nspname !~ '^pg_(temp|toast)' AND (l.lanname NOT IN ('c', 'internal') OR p.prokind = 'a') \
        AND NOT EXISTS (SELECT FROM pg_depend d \
            WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') \
    UNION ALL SELECT 'materialized view', n.nspname::text, c.relname::text, c.relowner FROM pg_class c \
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'm' AND c.relispopulated)";

/// `$1` are the tables, null for all of the database; `$2` are types.
fn sql(version: i32) -> String {
    let statistics = match version >= 140_000 {
        true => {
            "UNION ALL SELECT 'statistics', s.stxname, s.stxrelid, 0::oid, s.stxexprs::text, NULL::oid[] \
             FROM pg_statistic_ext s WHERE s.stxexprs IS NOT NULL"
        }
        false => "",
    };
    format!(
        "WITH RECURSIVE {}, \
        written(what, name, relation, type, tree, calls) AS ( \
            SELECT 'check constraint', k.conname, k.conrelid, 0::oid, k.conbin::text, NULL::oid[] \
                FROM pg_constraint k WHERE k.contype = 'c' AND k.conrelid <> 0 \
            UNION ALL SELECT 'exclusion constraint', k.conname, k.conrelid, 0::oid, NULL, \
                ARRAY(SELECT o.oprcode::oid FROM pg_operator o WHERE o.oid = ANY (k.conexclop)) \
                FROM pg_constraint k WHERE k.contype = 'x' \
            UNION ALL SELECT 'domain', NULL, 0, t.oid, string_agg(k.conbin::text, ' '), NULL \
                FROM pg_type t LEFT JOIN pg_constraint k ON k.contypid = t.oid AND k.conbin IS NOT NULL \
                WHERE t.typtype = 'd' GROUP BY t.oid \
            UNION ALL SELECT 'range type', NULL, 0, g.rngtypid, NULL, ARRAY[g.rngcanonical::oid, g.rngsubdiff::oid] \
                FROM pg_range g \
            UNION ALL SELECT 'generated column', a.attname, d.adrelid, 0, d.adbin::text, NULL \
                FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum \
                WHERE a.attgenerated <> '' \
            UNION ALL SELECT 'index', c.relname, i.indrelid, 0, concat(i.indexprs::text, ' ', i.indpred::text), NULL \
                FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                WHERE i.indexprs IS NOT NULL OR i.indpred IS NOT NULL \
            UNION ALL SELECT 'partition key', NULL, p.partrelid, 0, p.partexprs::text, NULL \
                FROM pg_partitioned_table p WHERE p.partexprs IS NOT NULL \
            {statistics}), \
        {BARE}, \
        placed AS ( \
            SELECT w.what, w.name, n.nspname AS schema, coalesce(c.relname, t.typname) AS of, \
                coalesce(c.relowner, t.typowner) AS owner, \
                length(w.tree) > {LONG} AS long, ARRAY(SELECT m[1]::int8::oid FROM \
                    regexp_matches(CASE WHEN length(w.tree) <= {LONG} THEN w.tree END, ':(?:funcid|opfuncid|aggfnoid|winfnoid) (\\d{{1,10}})', 'g') m \
                    WHERE m[1]::int8 < 4294967296) || w.calls AS calls \
            FROM written w LEFT JOIN pg_class c ON c.oid = w.relation LEFT JOIN pg_type t ON t.oid = w.type \
            JOIN pg_namespace n ON n.oid = coalesce(c.relnamespace, t.typnamespace) \
            WHERE coalesce(c.oid, t.oid) >= 16384 \
                AND ($1::oid[] IS NULL OR w.relation = ANY ($1) OR w.type IN (SELECT id FROM used))) \
        SELECT e.what, e.name::text, e.schema::text, e.of::text, r.rolname::text, called.names \
        FROM placed e JOIN pg_roles r ON r.oid = e.owner CROSS JOIN LATERAL ( \
            SELECT coalesce(array_agg(DISTINCT p.oid::regprocedure::text), '{{}}') AS names FROM pg_proc p \
            WHERE p.oid = ANY (e.calls) AND NOT {HARMLESS}) called \
        WHERE called.names <> '{{}}' OR e.long OR $1 IS NOT NULL AND e.what = 'domain' AND NOT r.rolsuper \
        UNION ALL SELECT b.what, NULL, b.schema, b.of, r.rolname, '{{}}' FROM bare b JOIN pg_roles r ON r.oid = b.owner \
            WHERE $1 IS NULL \
        ORDER BY 3, 4, 1, 2",
        used_types(version)
    )
}
