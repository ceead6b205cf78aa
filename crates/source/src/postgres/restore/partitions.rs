//! Partitions of chosen tables that the archive doesn't hold. They keep their rows, and a row that was
//! moved into one of them since the archive was made would come back a second time beside it.

use aitta_base::tables::TableName;
use aitta_base::{Result, amount};
use aitta_model::{ErrorCode, Severity};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::super::quote::qualified;
use super::Job;
use super::existing::Existing;
use super::target::Check;

/// Looks for such partitions. No partition comes or goes while the partitioned tables are locked.
///
/// # Errors
/// `source_*`.
pub(super) async fn unknown(
    job: &Job,
    conn: &mut PgConnection,
    existing: &[Existing<'_>],
) -> Result<Vec<Check>> {
    // Of partitions that are partitioned themselves only the innermost hold rows.
    const LEAVES: &str = "WITH RECURSIVE tree(id) AS ( \
            SELECT inhrelid FROM pg_inherits WHERE inhparent = ANY ($1) \
            UNION SELECT i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.id) \
        SELECT n.nspname::text, c.relname::text, c.relkind = 'f' FROM tree t \
        JOIN pg_class c ON c.oid = t.id JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.relkind IN ('r', 'f') ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\"";
    let roots: Vec<Oid> = existing.iter().filter(|e| e.is_partitioned()).map(|e| e.oid).collect();
    if roots.is_empty() {
        return Ok(Vec::new());
    }
    let leaves: Vec<(String, String, bool)> =
        sqlx::query_as(LEAVES).bind(&roots).fetch_all(&mut *conn).await.map_err(|e| job.server.error(e))?;
    let (mut holding, mut foreign) = (Vec::new(), Vec::new());
    for (schema, name, is_foreign) in leaves {
        if job.archived.find(&schema, &name).is_some_and(|table| table.chosen) {
            continue;
        }
        let label = TableName::new(Some(&schema), &name).to_string();
        // To count its rows could mean to fetch them all from another server.
        if is_foreign {
            foreign.push(label);
            continue;
        }
        let sql = format!("SELECT count(*) FROM ONLY {}", qualified(&schema, &name));
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut *conn)
            .await
            .map_err(|e| job.server.error(e))?;
        if count > 0 {
            holding.push(format!("{label} ({})", amount::count(count.unsigned_abs(), "row")));
        }
    }
    let mut checks = Vec::new();
    if !holding.is_empty() {
        checks.push(Check::new(
            Severity::Blocker,
            ErrorCode::TargetIncompatible,
            format!(
                "the chosen tables have partitions that are not in the archive and hold rows, which would stay \
                 beside those that come back: {}",
                holding.join(", ")
            ),
            "restore beside the tables with --to-schema; or detach (ALTER TABLE … DETACH PARTITION …) or empty \
             these partitions, then run it again",
        ));
    }
    if !foreign.is_empty() {
        checks.push(Check::new(
            Severity::Warning,
            ErrorCode::TargetIncompatible,
            format!(
                "these partitions of chosen tables are foreign tables, which no archive holds, and stay as they \
                 are: {}",
                foreign.join(", ")
            ),
            "look whether rows were moved into them since the archive was made: those come back a second time",
        ));
    }
    Ok(checks)
}
