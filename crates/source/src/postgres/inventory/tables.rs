//! Tables, their columns, and what belongs to them.

use std::collections::HashMap;

use aitta_archive::{Column, ForeignKey};
use aitta_base::tables::TableName;
use aitta_base::{Error, Result};
use aitta_model::{Command, ErrorCode};
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::{Table, oid_array, rows};
use crate::postgres::connect::Server;
use crate::postgres::lock::Candidate;
use crate::postgres::properties::{QualifiedName, TableProperties};

/// What the server keeps of a row beside its values, in bytes: line pointer and tuple header
/// (documentation, 73.6 Database Page Layout).
const ROW_OVERHEAD: u64 = 28;

/// On the referenced side, too, a partitioned table has a clone of the foreign key for each of its
/// partitions. Such a clone says less than its parent and is left out.
const IS_FOREIGN_KEY: &str = "k.contype = 'f' AND NOT EXISTS \
    (SELECT 1 FROM pg_constraint p WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid)";

/// Whether all who could decide what runs when the table `c` is only planned are superusers or our own user. The
/// planner evaluates constant parts of partial indexes, of indexes and statistics on expressions, and with them the
/// functions in there; there is no setting against it. Only the owner of a table can add such an index, and while the
/// table is locked it has no other owner.
const TRUSTED: &str = "(SELECT coalesce(bool_and(r.rolsuper OR r.rolname = current_user), false) FROM pg_roles r \
    WHERE r.oid = c.relowner OR r.oid IN ( \
        SELECT coalesce(f.proowner, o.oprowner) FROM ( \
            SELECT 'pg_class'::regclass::oid, indexrelid FROM pg_index WHERE indrelid = c.oid \
            UNION ALL SELECT 'pg_statistic_ext'::regclass::oid, oid FROM pg_statistic_ext WHERE stxrelid = c.oid \
            UNION ALL SELECT 'pg_constraint'::regclass::oid, oid FROM pg_constraint WHERE conrelid = c.oid \
        ) x(class, id) JOIN pg_depend d ON d.classid = x.class AND d.objid = x.id \
        LEFT JOIN pg_proc f ON d.refclassid = 'pg_proc'::regclass AND f.oid = d.refobjid \
        LEFT JOIN pg_operator o ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid))";

#[derive(sqlx::FromRow)]
struct TableRow {
    oid: Oid,
    schema: String,
    name: String,
    relkind: String,
    parent_schema: Option<String>,
    parent_name: Option<String>,
    blocks: i64,
    disk_bytes: i64,
    reltuples: f32,
    heap: bool,
    hidden: bool,
    trusted: bool,
    condition: Option<String>,
}

/// Reads these tables, in the order of schema and name.
pub(super) async fn read(
    server: &Server,
    conn: &mut PgConnection,
    chosen: &[Candidate],
) -> Result<Vec<Table>> {
    let oids: Vec<u32> = chosen.iter().map(|c| c.oid).collect();
    let list = oid_array(&oids);
    let sql = format!(
        "SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text, \
           pn.nspname::text AS parent_schema, pc.relname::text AS parent_name, \
           coalesce(pg_relation_size(c.oid), 0) / current_setting('block_size')::int8 AS blocks, \
           coalesce(pg_table_size(c.oid), 0) AS disk_bytes, c.reltuples, \
           coalesce(a.amname = 'heap', false) AS heap, row_security_active(c.oid) AS hidden, \
           {TRUSTED} AS trusted, \
           (SELECT u.condition FROM pg_extension x, unnest(x.extconfig, x.extcondition) AS u(oid, condition) \
             WHERE u.oid = c.oid LIMIT 1) AS condition \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_am a ON a.oid = c.relam \
         LEFT JOIN pg_inherits i ON c.relispartition AND i.inhrelid = c.oid \
         LEFT JOIN pg_class pc ON pc.oid = i.inhparent LEFT JOIN pg_namespace pn ON pn.oid = pc.relnamespace \
         WHERE c.oid = ANY ({list}) ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\""
    );
    let found: Vec<TableRow> = rows(server, conn, sql).await?;
    refuse_hidden_rows(&found)?;
    refuse_foreign_conditions(&found)?;
    let mut tables: Vec<Table> = found.into_iter().map(table).collect();
    let places: HashMap<u32, usize> = tables.iter().enumerate().map(|(i, t)| (t.properties.oid, i)).collect();
    columns(server, conn, &list, &mut tables, &places).await?;
    primary_keys(server, conn, &list, &mut tables, &places).await?;
    members(server, conn, &list, &mut tables, &places).await?;
    let sql = format!(
        "SELECT k.conrelid, k.oid, k.conname::text FROM pg_constraint k \
         WHERE k.conrelid = ANY ({list}) AND {IS_FOREIGN_KEY} ORDER BY k.conname COLLATE \"C\", k.oid"
    );
    let keys: Vec<(Oid, Oid, String)> = rows(server, conn, sql).await?;
    for (table, oid, name) in keys {
        if let Some(&at) = places.get(&table.0) {
            tables[at].properties.foreign_keys.push((oid.0, name));
        }
    }
    Ok(tables)
}

/// With `row_security = off` the server refuses to read such a table; better to say so at the start.
fn refuse_hidden_rows(tables: &[TableRow]) -> Result<()> {
    let hidden: Vec<String> = tables
        .iter()
        .filter(|t| t.hidden)
        .map(|t| TableName::new(Some(&t.schema), &t.name).to_string())
        .collect();
    if hidden.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::SourceDenied,
        format!(
            "row security hides rows of {} from this user, so the backup would lack them",
            hidden.join(", ")
        ),
        format!(
            "use a role with BYPASSRLS, such as the one that {config_check_roles} prints, or the owner of the tables",
            config_check_roles = Command::ConfigCheckRoles
        ),
    ))
}

/// Rows that are chosen by a condition can only be read by a query.
fn refuse_foreign_conditions(tables: &[TableRow]) -> Result<()> {
    let conditional = |t: &&TableRow| t.condition.as_deref().is_some_and(|c| !c.trim().is_empty());
    let Some(table) = tables.iter().filter(conditional).find(|t| !t.trusted) else { return Ok(()) };
    let name = TableName::new(Some(&table.schema), &table.name);
    Err(Error::new(
        ErrorCode::SourceUnfit,
        format!(
            "of {name}, a table of an extension, only some rows are archived; to choose them runs code of its owner, \
             who is neither a superuser nor the user of this backup"
        ),
        "back up as the owner of the table, or let a superuser own it: ALTER TABLE … OWNER TO",
    ))
}

fn table(row: TableRow) -> Table {
    let disk_bytes = row.disk_bytes.unsigned_abs();
    let overhead = row.reltuples.max(0.0) as u64 * ROW_OVERHEAD;
    let partition_of = match (row.parent_schema, row.parent_name) {
        (Some(schema), Some(name)) => Some(QualifiedName { schema, name }),
        _ => None,
    };
    Table {
        schema: row.schema,
        name: row.name,
        columns: Vec::new(),
        blocks: row.heap.then_some(row.blocks.unsigned_abs()),
        trusted: row.trusted,
        estimated_bytes: disk_bytes.saturating_sub(overhead).max(disk_bytes / 4),
        properties: TableProperties {
            oid: row.oid.0,
            relkind: row.relkind,
            partition_of,
            disk_bytes,
            extension_condition: row.condition,
            ..TableProperties::default()
        },
    }
}

async fn columns(
    server: &Server,
    conn: &mut PgConnection,
    list: &str,
    tables: &mut [Table],
    places: &HashMap<u32, usize>,
) -> Result<()> {
    let sql = format!(
        "SELECT a.attrelid, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull, \
           a.attgenerated <> '' FROM pg_attribute a \
         WHERE a.attrelid = ANY ({list}) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum"
    );
    let found: Vec<(Oid, String, String, bool, bool)> = rows(server, conn, sql).await?;
    for (table, name, type_name, not_null, generated) in found {
        let Some(&at) = places.get(&table.0) else { continue };
        if not_null {
            tables[at].properties.not_null.push(name.clone());
        }
        if !generated {
            tables[at].columns.push(Column { name, type_name });
        }
    }
    Ok(())
}

async fn primary_keys(
    server: &Server,
    conn: &mut PgConnection,
    list: &str,
    tables: &mut [Table],
    places: &HashMap<u32, usize>,
) -> Result<()> {
    let sql = format!(
        "SELECT i.indrelid, a.attname::text FROM pg_index i \
         CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place) \
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum \
         WHERE i.indrelid = ANY ({list}) AND i.indisprimary AND k.place <= i.indnkeyatts \
         ORDER BY i.indrelid, k.place"
    );
    let found: Vec<(Oid, String)> = rows(server, conn, sql).await?;
    for (table, name) in found {
        if let Some(&at) = places.get(&table.0) {
            tables[at].properties.primary_key.push(name);
        }
    }
    Ok(())
}

async fn members(
    server: &Server,
    conn: &mut PgConnection,
    list: &str,
    tables: &mut [Table],
    places: &HashMap<u32, usize>,
) -> Result<()> {
    let sql = format!(
        "SELECT m.relation, m.catalog, m.object FROM ( \
           SELECT oid AS relation, 'pg_class'::regclass::oid AS catalog, oid AS object FROM pg_class \
           UNION ALL SELECT indrelid, 'pg_class'::regclass, indexrelid FROM pg_index \
           UNION ALL SELECT d.refobjid, d.classid, d.objid FROM pg_depend d \
             JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' \
             WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass \
               AND d.objsubid = 0 AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i') \
           UNION ALL SELECT conrelid, 'pg_constraint'::regclass, oid FROM pg_constraint \
           UNION ALL SELECT adrelid, 'pg_attrdef'::regclass, oid FROM pg_attrdef \
           UNION ALL SELECT tgrelid, 'pg_trigger'::regclass, oid FROM pg_trigger WHERE NOT tgisinternal \
           UNION ALL SELECT ev_class, 'pg_rewrite'::regclass, oid FROM pg_rewrite \
           UNION ALL SELECT polrelid, 'pg_policy'::regclass, oid FROM pg_policy \
           UNION ALL SELECT stxrelid, 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext \
         ) m(relation, catalog, object) WHERE m.relation = ANY ({list}) ORDER BY 1, 2, 3"
    );
    let found: Vec<(Oid, Oid, Oid)> = rows(server, conn, sql).await?;
    for (table, catalog, object) in found {
        if let Some(&at) = places.get(&table.0) {
            tables[at].properties.members.push((catalog.0, object.0));
        }
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    name: String,
    schema: String,
    table_name: String,
    columns: Vec<String>,
    foreign_schema: String,
    foreign_table: String,
    foreign_columns: Vec<String>,
}

/// Every foreign key from or to one of these tables.
pub(super) async fn foreign_keys(
    server: &Server,
    conn: &mut PgConnection,
    oids: &[u32],
) -> Result<Vec<ForeignKey>> {
    let list = oid_array(oids);
    let names = |relation: &str, numbers: &str| {
        format!(
            "ARRAY(SELECT a.attname::text FROM unnest(k.{numbers}) WITH ORDINALITY AS u(attnum, place) \
             JOIN pg_attribute a ON a.attrelid = k.{relation} AND a.attnum = u.attnum ORDER BY u.place)"
        )
    };
    let sql = format!(
        "SELECT k.conname::text AS name, n.nspname::text AS schema, c.relname::text AS table_name, \
           {} AS columns, fn.nspname::text AS foreign_schema, fc.relname::text AS foreign_table, \
           {} AS foreign_columns \
         FROM pg_constraint k \
         JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_class fc ON fc.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = fc.relnamespace \
         WHERE {IS_FOREIGN_KEY} AND (k.conrelid = ANY ({list}) OR k.confrelid = ANY ({list})) \
         ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\", k.conname COLLATE \"C\"",
        names("conrelid", "conkey"),
        names("confrelid", "confkey"),
    );
    let found: Vec<KeyRow> = rows(server, conn, sql).await?;
    let keys = found.into_iter().map(|k| ForeignKey {
        name: k.name,
        schema: Some(k.schema),
        table: k.table_name,
        columns: k.columns,
        foreign_schema: Some(k.foreign_schema),
        foreign_table: k.foreign_table,
        foreign_columns: k.foreign_columns,
    });
    Ok(keys.collect())
}
