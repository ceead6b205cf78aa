//! The database itself: what `pg_dump --schema-only` without `--create` leaves out.

use aitta_base::Result;
use aitta_base::tables::TableName;
use sqlx::postgres::PgConnection;

use super::{ServerVersion, rows};
use crate::postgres::connect::Server;
use crate::postgres::privileges::{Entry, merged};
use crate::postgres::properties::{DatabaseProperties, DatabaseSetting, Extension, LeftOut, Privilege};
use crate::postgres::quote::{ident, qualified};

#[derive(sqlx::FromRow)]
struct DatabaseRow {
    encoding: String,
    collate_name: String,
    ctype: String,
    provider: String,
    locale: Option<String>,
    owner: String,
    comment: Option<String>,
    has_acl: bool,
    connection_limit: Option<i32>,
    is_template: bool,
}

/// Reads it; tables, sequences, roles and large objects are left empty.
pub(super) async fn read(
    server: &Server,
    conn: &mut PgConnection,
    version: &ServerVersion,
) -> Result<DatabaseProperties> {
    let provider = if version.major() >= 15 { "d.datlocprovider::text" } else { "''" };
    let locale = match version.major() {
        ..15 => "NULL::text",
        15 | 16 => "d.daticulocale::text",
        17.. => "d.datlocale::text",
    };
    let sql = format!(
        "SELECT pg_encoding_to_char(d.encoding)::text AS encoding, d.datcollate::text AS collate_name, \
           d.datctype::text AS ctype, {provider} AS provider, {locale} AS locale, \
           pg_get_userbyid(d.datdba)::text AS owner, shobj_description(d.oid, 'pg_database') AS comment, \
           d.datacl IS NOT NULL AS has_acl, nullif(d.datconnlimit, -1) AS connection_limit, \
           d.datistemplate AS is_template \
         FROM pg_database d WHERE d.datname = current_database()"
    );
    let found: Vec<DatabaseRow> = rows(server, conn, sql).await?;
    let mut properties =
        DatabaseProperties { server_version_num: version.number, ..DatabaseProperties::default() };
    for row in found {
        if row.has_acl {
            properties.privileges = Some(privileges(server, conn).await?);
        }
        properties.encoding = row.encoding;
        properties.collate = row.collate_name;
        properties.ctype = row.ctype;
        properties.locale_provider = row.provider;
        properties.locale = row.locale;
        properties.owner = row.owner;
        properties.connection_limit = row.connection_limit;
        properties.is_template = row.is_template;
        properties.comment = row.comment;
    }
    properties.settings = settings(server, conn).await?;
    let extensions = "SELECT extname::text, extversion FROM pg_extension \
        WHERE extname <> 'plpgsql' ORDER BY extname COLLATE \"C\"";
    let extensions: Vec<(String, String)> = rows(server, conn, extensions).await?;
    properties.extensions =
        extensions.into_iter().map(|(name, version)| Extension { name, version }).collect();
    Ok(properties)
}

async fn privileges(server: &Server, conn: &mut PgConnection) -> Result<Vec<Privilege>> {
    const SQL: &str = "SELECT CASE WHEN a.grantee <> 0 THEN pg_get_userbyid(a.grantee)::text END, \
        a.privilege_type, a.is_grantable FROM pg_database d, aclexplode(d.datacl) a \
        WHERE d.datname = current_database() ORDER BY 1 NULLS FIRST, 2";
    let list: Vec<Entry> = rows(server, conn, SQL).await?;
    Ok(merged(list))
}

async fn settings(server: &Server, conn: &mut PgConnection) -> Result<Vec<DatabaseSetting>> {
    const SQL: &str = "SELECT CASE WHEN s.setrole <> 0 THEN pg_get_userbyid(s.setrole)::text END, u.setting \
        FROM pg_db_role_setting s, unnest(s.setconfig) WITH ORDINALITY AS u(setting, place) \
        WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()) \
        ORDER BY 1 NULLS FIRST, u.place";
    let found: Vec<(Option<String>, String)> = rows(server, conn, SQL).await?;
    let settings = found.into_iter().filter_map(|(role, setting)| {
        let (name, value) = setting.split_once('=')?;
        Some(DatabaseSetting { role, name: name.to_owned(), value: value.to_owned() })
    });
    Ok(settings.collect())
}

/// Tables, sequences and materialized views that belong to an extension and hold something. An extension's own are made
/// again by it, but anybody's may have been given to it (`ALTER EXTENSION … ADD TABLE`); the server doesn't tell which.
pub(super) async fn left_out(server: &Server, conn: &mut PgConnection) -> Result<Vec<LeftOut>> {
    const MEMBERS: &str = "SELECT n.nspname::text, c.relname::text, x.extname::text FROM pg_class c \
        JOIN pg_namespace n ON n.oid = c.relnamespace \
        JOIN pg_depend e ON e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.objsubid = 0 \
          AND e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e' \
        JOIN pg_extension x ON x.oid = e.refobjid \
        WHERE c.relkind IN ('r', 'p', 'S', 'm') AND c.relpersistence <> 't' \
          AND (c.relkind = 'p' OR pg_relation_size(c.oid) > 0) \
          AND c.oid NOT IN (SELECT unnest(coalesce(o.extconfig, '{}')) FROM pg_extension o) \
        ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\"";
    let found: Vec<(String, String, String)> = rows(server, conn, MEMBERS).await?;
    let member = |(schema, name, extension)| LeftOut { schema, name, extension };
    Ok(found.into_iter().map(member).collect())
}

/// What is said of one in the report.
fn remark(left_out: &LeftOut) -> String {
    let LeftOut { schema, name, extension } = left_out;
    format!(
        "{}: it belongs to the extension {extension}, so neither its definition nor what it holds is archived; if it is \
         your own, take it out with ALTER EXTENSION {} DROP TABLE {} (or SEQUENCE, or MATERIALIZED VIEW), and back up \
         again",
        TableName::new(Some(schema), name),
        ident(extension),
        qualified(schema, name),
    )
}

/// Warnings about what is in the database and not in the archive.
pub(super) async fn remarks(
    server: &Server,
    conn: &mut PgConnection,
    left_out: &[LeftOut],
) -> Result<Vec<String>> {
    const FOREIGN: &str = "SELECT n.nspname::text, c.relname::text FROM pg_class c \
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'f' \
        ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\"";
    let foreign: Vec<(String, String)> = rows(server, conn, FOREIGN).await?;
    let of_foreign = |(schema, name): (String, String)| {
        let table = TableName::new(Some(&schema), &name);
        format!(
            "foreign table {table}: its definition is archived; its rows lie on another server and are not"
        )
    };
    Ok(foreign.into_iter().map(of_foreign).chain(left_out.iter().map(remark)).collect())
}
