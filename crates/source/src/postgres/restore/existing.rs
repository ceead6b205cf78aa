//! The chosen tables as they are in the target.

use aitta_base::Result;
use aitta_model::{Difference, ErrorCode, Fact, Severity};
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::super::pins::Pinned;
use super::Job;
use super::archived::ArchivedTable;
use super::compatible::Check;

/// A chosen table that is there.
pub(super) struct Existing<'a> {
    pub(super) table: &'a ArchivedTable,
    pub(super) oid: Oid,
    /// As `pg_class.relkind`.
    kind: String,
    /// Columns that take values, with their types.
    columns: Vec<(String, String)>,
}

impl Existing<'_> {
    /// For LOCK TABLE: a partitioned table is locked alone, its partitions are chosen themselves.
    pub(super) fn lockable(&self) -> String {
        format!("ONLY {}", self.table.sql())
    }

    /// What its name has to mean.
    pub(super) fn pinned(&self) -> Pinned<'_> {
        Pinned { oid: self.oid.0, schema: &self.table.schema, name: &self.table.name }
    }

    /// What differs between the archive and the target.
    pub(super) fn differences(&self) -> Vec<(Difference, String)> {
        differences(self)
    }

    /// Whether it is a partitioned table now.
    pub(super) fn is_partitioned(&self) -> bool {
        self.kind == "p"
    }
}

/// Finds the chosen tables.
///
/// # Errors
/// `source_*`.
pub(super) async fn look<'a>(job: &'a Job, conn: &mut PgConnection) -> Result<Vec<Existing<'a>>> {
    const FIND: &str = "SELECT c.oid, c.relkind::text FROM pg_class c \
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2";
    const COLUMNS: &str = "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute \
        WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum";
    let error = |e| job.server.error(e);
    let mut found = Vec::new();
    for table in job.archived.chosen() {
        let there: Option<(Oid, String)> = sqlx::query_as(FIND)
            .bind(&table.schema)
            .bind(&table.name)
            .fetch_optional(&mut *conn)
            .await
            .map_err(error)?;
        let Some((oid, kind)) = there else { continue };
        let columns = sqlx::query_as(COLUMNS).bind(oid).fetch_all(&mut *conn).await.map_err(error)?;
        found.push(Existing { table, oid, kind, columns });
    }
    Ok(found)
}

/// What differs between the archive and the target. Rows only go back into the columns they came from.
pub(super) fn drift(existing: &[Existing<'_>]) -> Vec<Check> {
    let mut checks = Vec::new();
    for found in existing {
        let differences = differences(found);
        if differences.is_empty() {
            continue;
        }
        let (differences, words): (Vec<Difference>, Vec<String>) = differences.into_iter().unzip();
        let table = found.table.label();
        let check = Check::new(
            Severity::Blocker,
            ErrorCode::TargetIncompatible,
            format!("{table} has changed since the archive was made: {}", words.join("; ")),
            "restore beside it with --to-schema, and copy over what fits",
        );
        checks.push(check.of(Fact::TableChanged { table, differences }));
    }
    checks
}

/// Each as data and in words.
fn differences(found: &Existing<'_>) -> Vec<(Difference, String)> {
    let table = found.table;
    let mut differences = Vec::new();
    if !table.properties.relkind.is_empty() && found.kind != table.properties.relkind {
        let word = |kind: &str| match kind {
            "r" => "an ordinary table",
            "p" => "a partitioned table",
            "v" | "m" => "a view",
            _ => "something else",
        };
        let words = format!("it is {} and was {}", word(&found.kind), word(&table.properties.relkind));
        return vec![(Difference::Kind, words)];
    }
    for column in &table.columns {
        let name = column.name.clone();
        match found.columns.iter().find(|(there, _)| *there == name) {
            None => {
                let words = format!("the column {name:?} is gone");
                differences.push((Difference::ColumnGone { column: name }, words));
            }
            Some((_, now)) if *now != column.type_name => {
                let (was, is) = (column.type_name.clone(), now.clone());
                let words = format!("the column {name:?} is {is} and was {was}");
                differences.push((Difference::ColumnType { column: name, was, is }, words));
            }
            Some(_) => {}
        }
    }
    for (name, _) in found.columns.iter().filter(|(n, _)| !table.columns.iter().any(|c| c.name == *n)) {
        let words = format!("the column {name:?} is new");
        differences.push((Difference::ColumnNew { column: name.clone() }, words));
    }
    differences
}
