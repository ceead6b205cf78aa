//! Foreign keys in and out of the chosen tables, checked by query: while the rows are replaced, the
//! server's own checks are switched off with all other triggers.

use aitta_archive::ForeignKey;
use aitta_base::tables::TableName;
use aitta_base::{Error, Result, amount};
use aitta_model::ErrorCode;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::super::connect::Server;
use super::super::quote::{ident, qualified};
use super::Job;
use super::archived::ArchivedSchema;
use super::count::{self, Count};

/// Number of rows that stand in the way.
type Violations = i64;

/// A foreign key of the target, or one that will be.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) schema: String,
    pub(super) table_name: String,
    pub(super) foreign_schema: String,
    pub(super) foreign_table: String,
    /// `ONLY ` for an ordinary table: its children by inheritance are not bound by the key.
    only: String,
    foreign_only: String,
    /// Condition that joins `c`, the referencing row, with `p`, the referenced one.
    matches: String,
    /// Whether the row takes part in the check (MATCH SIMPLE: no column is null; FULL: not all are).
    concerned: String,
    /// The referencing columns.
    columns: Vec<String>,
    /// MATCH FULL.
    match_full: bool,
    /// A column of the key on the referenced side; null after the join when nothing was found.
    foreign_column: String,
    /// Range keys (`PERIOD`, from version 18) can't be checked like this.
    temporal: bool,
}

impl Key {
    fn child(&self) -> String {
        TableName::new(Some(&self.schema), &self.table_name).to_string()
    }

    fn parent(&self) -> String {
        TableName::new(Some(&self.foreign_schema), &self.foreign_table).to_string()
    }

    /// Whether it can be proven by [`Key::violations`].
    ///
    /// # Errors
    /// `target_incompatible`.
    pub(super) fn check_provable(&self) -> Result<()> {
        if !self.temporal {
            return Ok(());
        }
        Err(Error::new(
            ErrorCode::TargetIncompatible,
            format!(
                "the foreign key {:?} of {} is over periods and can't be proven",
                self.name,
                self.child()
            ),
            "restore beside the table with --to-schema, and copy the rows from there",
        ))
    }

    /// Counts the rows that reference something, without a query.
    ///
    /// # Errors
    /// `source_*`.
    pub(super) async fn references(&self, server: &Server, conn: &mut PgConnection) -> Result<Count> {
        match count::find(server, conn, &self.schema, &self.table_name).await? {
            Some(table) => count::references(server, conn, &table, &self.columns, self.match_full).await,
            None => Ok(Count::Exactly(0)),
        }
    }

    /// Counts the rows that reference nothing.
    ///
    /// # Errors
    /// `source_*`.
    pub(super) async fn violations(&self, server: &Server, conn: &mut PgConnection) -> Result<Violations> {
        let sql = format!(
            "SELECT count(*) FROM {}{} c LEFT JOIN {}{} p ON {} WHERE {} AND p.{} IS NULL",
            self.only,
            qualified(&self.schema, &self.table_name),
            self.foreign_only,
            qualified(&self.foreign_schema, &self.foreign_table),
            self.matches,
            self.concerned,
            ident(&self.foreign_column),
        );
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(conn).await.map_err(|e| server.error(e))
    }
}

/// The enforced foreign keys that touch these tables of the target. A key of a partition stands for that
/// of the whole partitioned table.
///
/// The operators are those of the constraint, as in the server's own check (`RI_Initial_Check` in
/// `ri_triggers.c`): types from extensions compare by their own `=`.
///
/// # Errors
/// `source_*`.
pub(super) async fn touching(server: &Server, conn: &mut PgConnection, oids: &[Oid]) -> Result<Vec<Key>> {
    const SQL: &str = "\
        WITH RECURSIVE near(oid, parent) AS ( \
            SELECT oid, conparentid FROM pg_constraint \
            WHERE contype = 'f' AND (conrelid = ANY ($1) OR confrelid = ANY ($1)) \
            UNION SELECT k.oid, k.conparentid FROM pg_constraint k JOIN near ON near.parent = k.oid) \
        SELECT k.conname::text AS name, n.nspname::text AS schema, c.relname::text AS table_name, \
            fn.nspname::text AS foreign_schema, fc.relname::text AS foreign_table, \
            CASE WHEN c.relkind = 'p' THEN '' ELSE 'ONLY ' END AS only, \
            CASE WHEN fc.relkind = 'p' THEN '' ELSE 'ONLY ' END AS foreign_only, \
            s.matches, CASE WHEN k.confmatchtype = 'f' THEN '(' || s.some_set || ')' ELSE s.all_set END AS concerned, \
            s.columns, k.confmatchtype = 'f' AS match_full, \
            s.foreign_column, coalesce((to_jsonb(k)->>'conperiod')::bool, false) AS temporal \
        FROM near JOIN pg_constraint k ON k.oid = near.oid \
        JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
        JOIN pg_class fc ON fc.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = fc.relnamespace \
        CROSS JOIN LATERAL (SELECT \
            string_agg(format('p.%I OPERATOR(%I.%s) c.%I', fa.attname, o.nspname, op.oprname, a.attname) \
                || CASE WHEN fa.attcollation <> a.attcollation AND fa.attcollation <> 0 \
                   THEN format(' COLLATE %I.%I', cn.nspname, co.collname) ELSE '' END, ' AND ' ORDER BY u.place) AS matches, \
            string_agg(format('c.%I IS NOT NULL', a.attname), ' AND ' ORDER BY u.place) AS all_set, \
            string_agg(format('c.%I IS NOT NULL', a.attname), ' OR ' ORDER BY u.place) AS some_set, \
            array_agg(a.attname::text ORDER BY u.place) AS columns, \
            (array_agg(fa.attname::text ORDER BY u.place))[1] AS foreign_column \
            FROM unnest(k.conkey, k.confkey, k.conpfeqop) WITH ORDINALITY AS u(col, fcol, op, place) \
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.col \
            JOIN pg_attribute fa ON fa.attrelid = k.confrelid AND fa.attnum = u.fcol \
            JOIN pg_operator op ON op.oid = u.op JOIN pg_namespace o ON o.oid = op.oprnamespace \
            LEFT JOIN pg_collation co ON co.oid = fa.attcollation \
            LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace) s \
        WHERE k.conparentid = 0 AND k.convalidated \
            AND coalesce((to_jsonb(k)->>'conenforced')::bool, true) \
        ORDER BY 2, 3, 1";
    sqlx::query_as(SQL).bind(oids).fetch_all(conn).await.map_err(|e| server.error(e))
}

/// Counts the violations of every key.
///
/// # Errors
/// `foreign_keys` with names, counts and what to add; `target_incompatible` for a key that can't be
/// checked; `source_*`.
pub(super) async fn check(
    server: &Server,
    conn: &mut PgConnection,
    archived: &ArchivedSchema,
    keys: &[Key],
) -> Result<()> {
    let mut broken = Vec::new();
    for key in keys {
        key.check_provable()?;
        let count = key.violations(server, conn).await?;
        if count > 0 {
            broken.push((key, count));
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(refusal(archived, &broken)) }
}

/// `12 rows of Booking …`
fn describe(name: &str, child: &str, parent: &str, count: Violations) -> String {
    let rows = amount::count(count.unsigned_abs(), "row");
    format!("{rows} of {child} would reference rows of {parent} that are not there (foreign key {name:?})")
}

fn refusal(archived: &ArchivedSchema, broken: &[(&Key, Violations)]) -> Error {
    let facts =
        broken.iter().map(|(key, count)| describe(&key.name, &key.child(), &key.parent(), *count)).collect();
    let ends = broken
        .iter()
        .flat_map(|(key, _)| [(&key.schema, &key.table_name), (&key.foreign_schema, &key.foreign_table)]);
    refuse(archived, facts, ends.map(|(s, n)| (s.as_str(), n.as_str())).collect())
}

/// `12 rows of Booking …` for a key that the target doesn't have yet.
pub(super) fn refusal_of(job: &Job, key: &ForeignKey, count: Violations) -> Error {
    let schema = key.schema.as_deref().unwrap_or_default();
    let foreign_schema = key.foreign_schema.as_deref().unwrap_or_default();
    let child = TableName::new(Some(schema), &key.table).to_string();
    let parent = TableName::new(Some(foreign_schema), &key.foreign_table).to_string();
    let ends = vec![(schema, key.table.as_str()), (foreign_schema, key.foreign_table.as_str())];
    refuse(&job.archived, vec![describe(&key.name, &child, &parent, count)], ends)
}

fn refuse(archived: &ArchivedSchema, facts: Vec<String>, ends: Vec<(&str, &str)>) -> Error {
    let mut add: Vec<String> = Vec::new();
    for table in ends.into_iter().filter_map(|(schema, name)| archived.find(schema, name)) {
        if !table.chosen && !add.contains(&table.label()) {
            add.push(table.label());
        }
    }
    let hint = if add.is_empty() {
        "delete or correct these rows first, or restore beside the tables with --to-schema".to_owned()
    } else {
        format!(
            "add {} to --tables, or delete these rows first, or restore beside the tables with --to-schema",
            add.join(",")
        )
    };
    Error::new(ErrorCode::ForeignKeys, format!("{}; nothing was changed", facts.join("; ")), hint)
}

/// The tables at the other ends of foreign keys: those that are there now, and those that come with the archive.
///
/// # Errors
/// `source_*`.
pub(super) async fn neighbours(job: &Job, conn: &mut PgConnection, tables: &[Oid]) -> Result<Vec<Oid>> {
    const FIND: &str = "SELECT k.conrelid FROM pg_constraint k WHERE k.contype = 'f' AND k.confrelid = ANY ($1) \
        UNION SELECT k.confrelid FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid = ANY ($1) \
        UNION SELECT c.oid FROM unnest($2::text[], $3::text[]) AS u(schema, name) \
            JOIN pg_namespace n ON n.nspname = u.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = u.name";
    let ends = job.archive.manifest().foreign_keys.iter().flat_map(|key| {
        [(&key.schema, &key.table), (&key.foreign_schema, &key.foreign_table)]
            .map(|(schema, name)| (schema.clone().unwrap_or_default(), name.clone()))
    });
    let (schemas, names): (Vec<String>, Vec<String>) = ends.unzip();
    sqlx::query_scalar(FIND)
        .bind(tables)
        .bind(schemas)
        .bind(names)
        .fetch_all(conn)
        .await
        .map_err(|e| job.server.error(e))
}
