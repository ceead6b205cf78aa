//! Triggers and rules that fire even where `session_replication_role` is `replica`.

use aitta_base::Result;
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::super::connect::Server;

/// What was disabled, and how it becomes as it was.
pub(super) struct Silenced {
    undo: Vec<String>,
}

impl Silenced {
    /// Disables, within the transaction, the triggers and rules that are ENABLE ALWAYS or REPLICA.
    ///
    /// # Errors
    /// `source_*`.
    pub(super) async fn new(server: &Server, conn: &mut PgConnection, tables: &[Oid]) -> Result<Self> {
        const FIND: &str = "\
            SELECT format('%I.%I', n.nspname, c.relname), kind, format('%I', name), enabled FROM ( \
                SELECT tgrelid, 'TRIGGER', tgname::text, tgenabled::text FROM pg_trigger \
                WHERE NOT tgisinternal AND tgenabled IN ('A', 'R') \
                UNION ALL SELECT ev_class, 'RULE', rulename::text, ev_enabled::text FROM pg_rewrite \
                WHERE ev_enabled IN ('A', 'R')) AS t(relation, kind, name, enabled) \
            JOIN pg_class c ON c.oid = t.relation JOIN pg_namespace n ON n.oid = c.relnamespace \
            WHERE c.oid = ANY ($1) ORDER BY 1, 2, 3";
        let found: Vec<(String, String, String, String)> =
            sqlx::query_as(FIND).bind(tables).fetch_all(&mut *conn).await.map_err(|e| server.error(e))?;
        let mut undo = Vec::new();
        for (table, kind, name, enabled) in found {
            server.run(conn, format!("ALTER TABLE ONLY {table} DISABLE {kind} {name}")).await?;
            let how = if enabled == "A" { "ALWAYS" } else { "REPLICA" };
            undo.push(format!("ALTER TABLE ONLY {table} ENABLE {how} {kind} {name}"));
        }
        Ok(Self { undo })
    }

    /// Makes them as they were.
    ///
    /// # Errors
    /// `source_*`.
    pub(super) async fn restore(self, server: &Server, conn: &mut PgConnection) -> Result<()> {
        for sql in self.undo {
            server.run(conn, sql).await?;
        }
        Ok(())
    }
}
