//! Roles that the archived objects name. Roles belong to the server, not to the database: a restore
//! has to find them in the target, or leave out what names them.

use aitta_base::Result;
use sqlx::postgres::PgConnection;

use super::{Table, rows};
use crate::postgres::connect::Server;

/// Catalogs with owners, as (catalog, column). `pg_shdepend` records no dependency on the role that
/// made the cluster, so an owner is asked for where it stands.
const OWNERS: [(&str, &str); 19] = [
    ("pg_class", "relowner"),
    ("pg_namespace", "nspowner"),
    ("pg_proc", "proowner"),
    ("pg_type", "typowner"),
    ("pg_operator", "oprowner"),
    ("pg_opclass", "opcowner"),
    ("pg_opfamily", "opfowner"),
    ("pg_collation", "collowner"),
    ("pg_conversion", "conowner"),
    ("pg_language", "lanowner"),
    ("pg_ts_config", "cfgowner"),
    ("pg_ts_dict", "dictowner"),
    ("pg_foreign_data_wrapper", "fdwowner"),
    ("pg_foreign_server", "srvowner"),
    ("pg_event_trigger", "evtowner"),
    ("pg_publication", "pubowner"),
    ("pg_statistic_ext", "stxowner"),
    ("pg_largeobject_metadata", "lomowner"),
    ("pg_extension", "extowner"),
];

/// First oid of what users make (`FirstNormalObjectId`).
const FIRST_USER_OID: u32 = 16_384;

/// Role names in order. `only` limits them to what these tables need.
pub(in super::super) async fn read(
    server: &Server,
    conn: &mut PgConnection,
    only: Option<&[Table]>,
) -> Result<Vec<String>> {
    let database = "(SELECT oid FROM pg_database WHERE datname = current_database())";
    let objects = match only {
        None => {
            let owners = OWNERS.map(|(catalog, owner)| {
                format!("SELECT {owner} FROM {catalog} WHERE oid >= {FIRST_USER_OID}")
            });
            format!(
                "SELECT refobjid FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass \
                   AND (dbid = {database} \
                     OR dbid = 0 AND classid = 'pg_database'::regclass AND objid = {database}) \
                 UNION SELECT datdba FROM pg_database WHERE oid = {database} \
                 UNION SELECT setrole FROM pg_db_role_setting WHERE setdatabase = {database} \
                 UNION {}",
                owners.join(" UNION ")
            )
        }
        Some(tables) => {
            let pairs = tables.iter().flat_map(|t| &t.properties.members);
            let list: Vec<String> = pairs.map(|(catalog, object)| format!("({catalog}, {object})")).collect();
            let list = if list.is_empty() { "(0, 0)".to_owned() } else { list.join(", ") };
            format!(
                "WITH m(catalog, object) AS (SELECT v.a::oid, v.b::oid FROM (VALUES {list}) AS v(a, b)) \
                 SELECT s.refobjid FROM pg_shdepend s JOIN m ON s.classid = m.catalog AND s.objid = m.object \
                 WHERE s.refclassid = 'pg_authid'::regclass AND s.dbid = {database} \
                 UNION SELECT c.relowner FROM pg_class c JOIN m ON m.object = c.oid \
                   AND m.catalog = 'pg_class'::regclass"
            )
        }
    };
    let sql =
        format!("SELECT rolname::text FROM pg_roles WHERE oid IN ({objects}) ORDER BY rolname COLLATE \"C\"");
    let found: Vec<(String,)> = rows(server, conn, sql).await?;
    Ok(found.into_iter().map(|(name,)| name).collect())
}
