//! Proof that what `pg_dump` prints is of one moment.
//!
//! `pg_dump` reads the catalogs under the snapshot, but lets the server print types, functions, views, defaults and names
//! (`format_type`, `regclass`, `pg_get_viewdef`, `pg_get_function_arguments`, …), and these look at the newest catalogs. Tables are
//! locked; nothing else is, or can be. So whoever renames a sequence or replaces a function in between makes a dump of
//! two moments, which may not be restorable or may mean something else. Each change of an object writes its row anew,
//! under the number of the transaction that did it: when the rows of the snapshot are all still there in the end, there
//! was no such change, nor one that was taken back. What is new meanwhile doesn't matter: the dump doesn't have it.
//!
//! A `GRANT` on one of these objects writes the row as well, and can't be told from a change: it ends the backup, too.

use std::collections::HashMap;

use aitta_base::{Error, Result, amount};
use aitta_model::ErrorCode;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::connect::Server;

/// Catalogs whose rows have oids and a name and are written only when the object is changed: what it is for people,
/// catalog, name, and its schema where it has one.
const CATALOGS: [(&str, &str, &str, Option<&str>); 16] = [
    ("function", "pg_proc", "proname", Some("pronamespace")),
    ("enum label", "pg_enum", "enumlabel", None),
    ("statistics", "pg_statistic_ext", "stxname", Some("stxnamespace")),
    ("operator", "pg_operator", "oprname", Some("oprnamespace")),
    ("operator class", "pg_opclass", "opcname", Some("opcnamespace")),
    ("operator family", "pg_opfamily", "opfname", Some("opfnamespace")),
    ("collation", "pg_collation", "collname", Some("collnamespace")),
    ("conversion", "pg_conversion", "conname", Some("connamespace")),
    ("text search configuration", "pg_ts_config", "cfgname", Some("cfgnamespace")),
    ("text search dictionary", "pg_ts_dict", "dictname", Some("dictnamespace")),
    ("language", "pg_language", "lanname", None),
    ("foreign server", "pg_foreign_server", "srvname", None),
    ("foreign data wrapper", "pg_foreign_data_wrapper", "fdwname", None),
    ("event trigger", "pg_event_trigger", "evtname", None),
    ("publication", "pg_publication", "pubname", None),
    ("extension", "pg_extension", "extname", None),
];

/// Of tables that are read, `$1`, or of all where it is null. Tables themselves are locked. A materialized view that is
/// filled again and an index that is built again write their rows without being changed: of these the names count.
const REST: &str = "\
    SELECT 'schema', n.nspname::text, n.oid, n.xmin::text FROM pg_namespace n \
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND $1::oid[] IS NULL \
    UNION ALL SELECT CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'c' THEN 'type' \
        ELSE 'foreign table' END, c.relname, c.oid, c.xmin::text FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace \
    WHERE c.oid >= 16384 AND (c.relkind = 'c' OR c.relkind IN ('v', 'f') AND $1 IS NULL OR c.relkind = 'S' AND NOT EXISTS ( \
        SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid \
            AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjid <> ALL ($1))) \
    UNION ALL SELECT CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'index' END, c.relname, c.oid, \
        c.relnamespace || ' ' || c.relname FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace \
        LEFT JOIN pg_index i ON i.indexrelid = c.oid \
    WHERE c.oid >= 16384 AND (c.relkind = 'm' AND $1 IS NULL \
        OR c.relkind IN ('i', 'I') AND ($1 IS NULL OR i.indrelid = ANY ($1))) \
    UNION ALL SELECT 'column', c.relname || '.' || a.attname, c.oid, a.attnum || ' ' || a.xmin::text \
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN spaces s ON s.oid = c.relnamespace \
    WHERE c.oid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped \
        AND (c.relkind = 'c' OR c.relkind IN ('v', 'm', 'f') AND $1 IS NULL) \
    UNION ALL SELECT 'type', t.typname, t.oid, t.xmin::text FROM pg_type t JOIN spaces s ON s.oid = t.typnamespace \
    WHERE t.oid >= 16384 AND t.typtype IN ('b', 'd', 'e', 'm', 'r') \
    UNION ALL SELECT 'constraint of a type', k.conname, k.oid, k.xmin::text FROM pg_constraint k \
        JOIN pg_type t ON t.oid = k.contypid JOIN spaces s ON s.oid = t.typnamespace WHERE k.oid >= 16384 \
    UNION ALL SELECT 'definition of the view', c.relname, r.oid, r.xmin::text FROM pg_rewrite r \
        JOIN pg_class c ON c.oid = r.ev_class JOIN spaces s ON s.oid = c.relnamespace \
    WHERE c.oid >= 16384 AND c.relkind IN ('v', 'm') AND $1 IS NULL \
    UNION ALL SELECT 'trigger', g.tgname, g.oid, g.xmin::text FROM pg_trigger g \
        JOIN pg_class c ON c.oid = g.tgrelid JOIN spaces s ON s.oid = c.relnamespace \
    WHERE NOT g.tgisinternal AND ($1 IS NULL OR g.tgrelid = ANY ($1))";

/// What, name, oid, state.
type Row = (String, String, Oid, String);

/// All definitions that are not locked, as the snapshot has them.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    /// What it is and its name, by what, oid and state.
    then: HashMap<(String, u32, String), String>,
    /// The tables that are read; `None` for all.
    tables: Option<Vec<u32>>,
}

impl Definitions {
    /// Notes them, in a session that sees the snapshot. `tables` are those that are read, `None` for all.
    ///
    /// # Errors
    /// As [`Server::error`].
    pub(super) async fn note(
        server: &Server,
        conn: &mut PgConnection,
        tables: Option<Vec<u32>>,
    ) -> Result<Self> {
        let then = look(server, conn, tables.as_deref()).await?;
        Ok(Self { then, tables })
    }

    /// Looks whether all of them are as they were. The session must see what is committed by now.
    ///
    /// # Errors
    /// `source_unfit` when one is not; as [`Server::error`].
    pub(super) async fn check(&self, server: &Server, conn: &mut PgConnection) -> Result<()> {
        let now = look(server, conn, self.tables.as_deref()).await?;
        let changed = self.then.iter().filter(|(key, _)| !now.contains_key(*key));
        let mut names: Vec<String> =
            changed.map(|((what, ..), name)| format!("the {what} {name:?}")).collect();
        names.sort();
        let Some(first) = names.first() else { return Ok(()) };
        let more = match names.len() as u64 - 1 {
            0 => String::new(),
            more => format!(" and {}", amount::count(more, "other definition")),
        };
        Err(Error::new(
            ErrorCode::SourceUnfit,
            format!(
                "{first}{more} of {} changed while the schema was read, so that it could be of two moments",
                server.place()
            ),
            "run it again when the migration or deployment that does so is done (CREATE OR REPLACE, ALTER, DROP, GRANT); \
             nothing was kept",
        ))
    }
}

async fn look(
    server: &Server,
    conn: &mut PgConnection,
    tables: Option<&[u32]>,
) -> Result<HashMap<(String, u32, String), String>> {
    let oids: Option<Vec<Oid>> = tables.map(|tables| tables.iter().copied().map(Oid).collect());
    let found: Vec<Row> =
        sqlx::query_as(AssertSqlSafe(sql())).bind(oids).fetch_all(conn).await.map_err(|e| server.error(e))?;
    Ok(found.into_iter().map(|(what, name, oid, state)| ((what, oid.0, state), name)).collect())
}

fn sql() -> String {
    let catalog = |(what, catalog, name, schema): (&str, &str, &str, Option<&str>)| {
        // What is temporary belongs to one session, and is never dumped.
        let lasting = schema.map_or_else(String::new, |s| format!(" AND {s} IN (SELECT oid FROM spaces)"));
        format!(
            "SELECT '{what}', {name}::text, oid, xmin::text FROM {catalog} WHERE oid >= 16384{lasting} UNION ALL "
        )
    };
    format!(
        "WITH spaces AS (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_(temp|toast)') {}{REST}",
        CATALOGS.map(catalog).concat()
    )
}
