//! Chosen tables that are gone from the target: they are made again from the schema section.

use std::collections::BTreeSet;

use aitta_archive::ForeignKey;
use aitta_base::tables::TableName;
use aitta_base::{Error, Result};
use aitta_model::{ErrorCode, Fact, Finding, Severity};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::super::connect::sqlstate;
use super::super::lock;
use super::super::quote::{ident, qualified};
use super::super::wait;
use super::Job;
use super::archived::ArchivedTable;
use super::existing::Existing;
use super::replace::is_among;
use super::schema::{Part, SchemaFile};
use super::target::Target;
use super::toc::{CONSTRAINTS, Entry, Toc};

/// What is to be made again.
pub(super) struct Missing {
    /// Sections of the tables.
    pub(super) tables: BTreeSet<u32>,
    schema: Option<SchemaFile>,
    /// All that belongs to the tables but foreign keys.
    own: Toc,
    /// Foreign keys of these tables, and those of others that went with them.
    keys: Toc,
    /// Views that the archive knows and the target doesn't have.
    views: Vec<String>,
    /// Publications of the target that the tables were in when they were archived, and what puts them back.
    publications: Vec<(String, String)>,
    version_num: u32,
}

impl Missing {
    /// Finds out what is missing.
    ///
    /// # Errors
    /// `archive_*`, `tool_failed`, `source_*`.
    pub(super) async fn find(
        job: &Job,
        target: &Target,
        conn: &mut PgConnection,
        existing: &[Existing<'_>],
    ) -> Result<Self> {
        let gone: Vec<_> = job.archived.chosen().filter(|t| !is_among(existing, t)).collect();
        let tables: BTreeSet<u32> = gone.iter().map(|t| t.section).collect();
        let keys = missing_keys(job, conn, &tables).await?;
        let version_num = target.version_num;
        if gone.is_empty() && keys.is_empty() {
            let (own, keys) = (Toc::default(), Toc::default());
            let (views, publications) = (Vec::new(), Vec::new());
            return Ok(Self { tables, schema: None, own, keys, views, publications, version_num });
        }
        let schema = SchemaFile::new(job).await?;
        let toc = schema.toc().await?;
        let mut own = toc.of_tables(&gone);
        let schemas: BTreeSet<&str> = gone.iter().map(|t| t.schema.as_str()).collect();
        for name in schemas {
            if !schema_exists(job, conn, name).await? {
                let prefix = format!("SCHEMA - {name} ");
                let mut made = toc.filter(|e| e.text.starts_with(&prefix));
                made.entries.append(&mut own.entries);
                own = made;
            }
        }
        let views = if gone.is_empty() { Vec::new() } else { missing_views(job, conn, &toc).await? };
        let publications = lost_publications(job, conn, &toc, &gone).await?;
        let keys = toc.foreign_keys(&keys);
        Ok(Self { tables, schema: Some(schema), own, keys, views, publications, version_num })
    }

    /// What went with the tables and does not come back with them.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        if !self.views.is_empty() {
            let message = format!(
                "the target doesn't have these views of the archive, which may have gone with the tables: {}",
                self.views.join(", ")
            );
            let hint = "create the ones that you miss; a restore of the whole archive beside it, into a new database \
                        with --to, has their definitions";
            findings.push(
                Finding::new(Severity::Warning, message, hint)
                    .of(Fact::ViewsMissing { names: self.views.clone() }),
            );
        }
        if !self.publications.is_empty() {
            let (members, statements): (Vec<_>, Vec<_>) = self.publications.iter().cloned().unzip();
            let message = format!(
                "tables that are made again are no longer in their publications: {}",
                members.join(", ")
            );
            let hint = format!(
                "put them back, with their columns and conditions if they had any: {}",
                statements.join("; ")
            );
            findings.push(
                Finding::new(Severity::Warning, message, hint)
                    .of(Fact::PublicationsLost { names: members, statements }),
            );
        }
        findings
    }

    /// Makes the tables.
    ///
    /// # Errors
    /// `target_incompatible` when something that they need is gone, too.
    pub(super) async fn create(&self, job: &Job, conn: &mut PgConnection) -> Result<()> {
        let is_privilege = |e: &Entry| e.text.starts_with("ACL ");
        self.run(job, conn, Part::PreData, &self.own.filter(|e| !is_privilege(e))).await?;
        if job.task.no_privileges || self.tables.is_empty() {
            return Ok(());
        }
        revoke_defaults(job, conn, &self.tables).await?;
        self.run(job, conn, Part::Any, &self.own.filter(is_privilege)).await
    }

    /// Makes what comes after the rows: indexes, constraints, triggers, policies.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub(super) async fn complete(&self, job: &Job, conn: &mut PgConnection) -> Result<()> {
        let rest = self.own.filter(|e| !e.text.starts_with("ACL "));
        self.run(job, conn, Part::PostData, &rest).await
    }

    async fn run(&self, job: &Job, conn: &mut PgConnection, part: Part, only: &Toc) -> Result<()> {
        let Some(schema) = self.schema.as_ref().filter(|_| !only.is_empty()) else { return Ok(()) };
        let sql = schema.text(part, Some(only), self.version_num).await?;
        let pid = wait::process(conn).await.map_err(|e| job.server.error(e))?;
        let Err(error) = job.waiting(pid, &[]).run(conn, &sql).await else { return Ok(()) };
        if wait::state(&error).as_deref() == Some("55P03") {
            return Err(not_locked(job, error, only).await);
        }
        let e = job.server.error(error);
        Err(match sqlstate(&e).as_deref() {
            // Undefined object, function, table, column; invalid schema name; duplicates of them.
            Some("42704" | "42883" | "42P01" | "42703" | "3F000" | "42710" | "42P07" | "42723") => {
                Error::new(
                    ErrorCode::TargetIncompatible,
                    format!("a missing table can't be made again: {e}"),
                    "create what is missing, or restore the whole database beside this one with --to",
                )
                .with_source(e)
            }
            _ => e,
        })
    }
}

/// Making needs a lock on a table that somebody is working in. The transaction has failed, so another session looks who
/// that is.
async fn not_locked(job: &Job, error: sqlx::Error, only: &Toc) -> Error {
    let holder = match job.server.connect().await {
        // To add a foreign key locks both of its ends in SHARE ROW EXCLUSIVE mode, with which these two
        // don't conflict: PostgreSQL, Explicit Locking.
        Ok(mut conn) => match ends_of_keys(job, &mut conn, only).await {
            Ok(ends) => lock::holder(&mut conn, &ends, "NOT IN ('AccessShareLock', 'RowShareLock')").await,
            Err(_) => None,
        },
        Err(_) => None,
    };
    lock::timed_out(&job.server, error, job.waited(), holder)
}

/// The tables that these foreign keys reference or are of, as far as others can see them.
async fn ends_of_keys(job: &Job, conn: &mut PgConnection, only: &Toc) -> Result<Vec<(u32, TableName)>> {
    let mut names = BTreeSet::new();
    for key in &job.archive.manifest().foreign_keys {
        let schema = key.schema.as_deref().unwrap_or_default();
        let foreign_schema = key.foreign_schema.as_deref().unwrap_or_default();
        let Some(child) = job.archived.find(schema, &key.table) else { continue };
        let is_meant = |oid: u32| only.entries.iter().any(|e| e.catalog == CONSTRAINTS && e.object == oid);
        if child.properties.foreign_keys.iter().any(|(oid, name)| *name == key.name && is_meant(*oid)) {
            names.insert((schema, key.table.as_str()));
            names.insert((foreign_schema, key.foreign_table.as_str()));
        }
    }
    let mut ends = Vec::new();
    for (schema, name) in names {
        let oid: Option<Oid> = sqlx::query_scalar("SELECT to_regclass($1)::oid")
            .bind(qualified(schema, name))
            .fetch_one(&mut *conn)
            .await
            .map_err(|e| job.server.error(e))?;
        ends.extend(oid.map(|oid| (oid.0, TableName::new(Some(schema), name))));
    }
    Ok(ends)
}

/// Takes away what default privileges of the target have just given (ALTER DEFAULT PRIVILEGES): the
/// archive's privileges begin from the owner's alone.
async fn revoke_defaults(job: &Job, conn: &mut PgConnection, tables: &BTreeSet<u32>) -> Result<()> {
    const GIVEN: &str = "\
        SELECT DISTINCT format('REVOKE ALL ON %s %I.%I FROM %s', \
            CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname, c.relname, \
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END) \
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a \
        WHERE a.grantee <> c.relowner AND (c.oid = to_regclass($1) OR c.oid IN ( \
            SELECT d.objid FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' \
            WHERE d.refobjid = to_regclass($1) AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')))";
    for table in job.archived.tables.iter().filter(|t| tables.contains(&t.section)) {
        let statements: Vec<String> = sqlx::query_scalar(GIVEN)
            .bind(table.sql())
            .fetch_all(&mut *conn)
            .await
            .map_err(|e| job.server.error(e))?;
        for sql in statements {
            job.server.run(conn, sql).await?;
        }
    }
    Ok(())
}

/// Names of views in the schema section that the target doesn't have. A view whose name holds a blank
/// can't be told from its owner, and is passed over.
async fn missing_views(job: &Job, conn: &mut PgConnection, toc: &Toc) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in &toc.entries {
        let kinds = ["VIEW ", "MATERIALIZED VIEW "];
        let Some(rest) = kinds.iter().find_map(|kind| entry.text.strip_prefix(kind)) else { continue };
        if let [schema, name, _owner] = rest.split(' ').collect::<Vec<_>>()[..] {
            names.push(TableName::new(Some(schema), name).qualified());
        }
    }
    sqlx::query_scalar(
        "SELECT name FROM unnest($1::text[]) AS u(name) WHERE to_regclass(name) IS NULL ORDER BY 1",
    )
    .bind(names)
    .fetch_all(conn)
    .await
    .map_err(|e| job.server.error(e))
}

/// Publications that the missing tables were in, as far as the target has them: `table in publication`,
/// and the statement that puts it back.
async fn lost_publications(
    job: &Job,
    conn: &mut PgConnection,
    toc: &Toc,
    gone: &[&ArchivedTable],
) -> Result<Vec<(String, String)>> {
    let known = toc.publications(gone);
    if known.is_empty() {
        return Ok(Vec::new());
    }
    let there: Vec<String> = sqlx::query_scalar("SELECT pubname::text FROM pg_publication")
        .fetch_all(conn)
        .await
        .map_err(|e| job.server.error(e))?;
    let lost = known.into_iter().filter(|(publication, _)| there.contains(publication));
    Ok(lost
        .map(|(publication, table)| {
            let statement = format!("ALTER PUBLICATION {} ADD TABLE {}", ident(&publication), table.sql());
            (format!("{} in {publication}", table.label()), statement)
        })
        .collect())
}

async fn schema_exists(job: &Job, conn: &mut PgConnection, name: &str) -> Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)")
        .bind(name)
        .fetch_one(conn)
        .await
        .map_err(|e| job.server.error(e))
}

/// Foreign keys in or out of missing tables that the target doesn't have, by their oids in the source.
/// Dropping a table with CASCADE takes those along that reference it.
async fn missing_keys(job: &Job, conn: &mut PgConnection, gone: &BTreeSet<u32>) -> Result<BTreeSet<u32>> {
    let is_gone = |schema: &Option<String>, name: &str| {
        let table = job.archived.find(schema.as_deref().unwrap_or_default(), name);
        table.is_some_and(|t| gone.contains(&t.section))
    };
    let mut oids = BTreeSet::new();
    for key in &job.archive.manifest().foreign_keys {
        if !is_gone(&key.schema, &key.table) && !is_gone(&key.foreign_schema, &key.foreign_table) {
            continue;
        }
        let schema = key.schema.as_deref().unwrap_or_default();
        let Some(child) = job.archived.find(schema, &key.table) else { continue };
        if !is_gone(&key.schema, &key.table) && !has_room(job, conn, key).await? {
            continue;
        }
        oids.extend(child.properties.foreign_keys.iter().filter(|(_, n)| *n == key.name).map(|(o, _)| *o));
    }
    Ok(oids)
}

/// Whether the referencing table is there and doesn't have this key.
async fn has_room(job: &Job, conn: &mut PgConnection, key: &ForeignKey) -> Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = $1 AND c.relname = $2 AND NOT EXISTS \
           (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.conname = $3))",
    )
    .bind(&key.schema)
    .bind(&key.table)
    .bind(&key.name)
    .fetch_one(conn)
    .await
    .map_err(|e| job.server.error(e))
}

/// Adds the foreign keys that went with the missing tables, and so proves them.
///
/// # Errors
/// `foreign_keys` when rows stand in the way; `source_*`.
pub(super) async fn add_keys(job: &Job, conn: &mut PgConnection, missing: &Missing) -> Result<Vec<Finding>> {
    if missing.keys.is_empty() {
        return Ok(Vec::new());
    }
    for key in &job.archive.manifest().foreign_keys {
        count_violations(job, conn, missing, key).await?;
    }
    missing.run(job, conn, Part::PostData, &missing.keys).await.map_err(|e| {
        match sqlstate(&e).as_deref() {
            Some("23503") => Error::new(
                ErrorCode::ForeignKeys,
                format!("{e}; nothing was changed"),
                "add the referenced table to --tables, or delete these rows first",
            )
            .with_source(e),
            _ => e,
        }
    })?;
    let count = missing.keys.entries.len();
    let message = format!("{count} foreign keys that were gone with the tables were added again");
    Ok(vec![Finding::new(Severity::Info, message, "").of(Fact::KeysAdded { count: count as u64 })])
}

/// Counts what stands against a key before the server refuses it by its first row.
async fn count_violations(
    job: &Job,
    conn: &mut PgConnection,
    missing: &Missing,
    key: &ForeignKey,
) -> Result<()> {
    let schema = key.schema.as_deref().unwrap_or_default();
    let foreign_schema = key.foreign_schema.as_deref().unwrap_or_default();
    let Some(child) = job.archived.find(schema, &key.table) else { return Ok(()) };
    let wanted = |oid: u32| missing.keys.entries.iter().any(|e| e.object == oid);
    if !child.properties.foreign_keys.iter().any(|(oid, name)| *name == key.name && wanted(*oid)) {
        return Ok(());
    }
    let pairs: Vec<String> = key
        .columns
        .iter()
        .zip(&key.foreign_columns)
        .map(|(c, p)| format!("p.{} = c.{}", ident(p), ident(c)))
        .collect();
    let set: Vec<String> = key.columns.iter().map(|c| format!("c.{} IS NOT NULL", ident(c))).collect();
    let sql = format!(
        "SELECT count(*) FROM {} c WHERE {} AND NOT EXISTS (SELECT FROM {} p WHERE {})",
        child.sql(),
        set.join(" AND "),
        qualified(foreign_schema, &key.foreign_table),
        pairs.join(" AND "),
    );
    job.server.run(conn, "SAVEPOINT counting").await?;
    let count: std::result::Result<i64, _> =
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *conn).await;
    // A type without an `=` in pg_catalog can't be counted like this; the server's own check follows.
    job.server.run(conn, "ROLLBACK TO SAVEPOINT counting; RELEASE SAVEPOINT counting").await?;
    match count {
        Ok(count) if count > 0 => Err(super::keys::refusal_of(job, key, count)),
        _ => Ok(()),
    }
}
