//! Partitions of chosen tables that the archive doesn't hold. They keep their rows, and a row that was
//! moved into one of them since the archive was made would come back a second time beside it.

use aitta_base::tables::TableName;
use aitta_base::{Result, amount};
use aitta_model::{ErrorCode, Fact, Severity};
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::compatible::Check;
use super::existing::Existing;
use super::{Job, count};

/// Looks for such partitions. No partition comes or goes while the partitioned tables are locked.
///
/// # Errors
/// `source_*`.
pub(super) async fn unknown(
    job: &Job,
    conn: &mut PgConnection,
    existing: &[Existing<'_>],
) -> Result<Vec<Check>> {
    let roots: Vec<Oid> = existing.iter().filter(|e| e.is_partitioned()).map(|e| e.oid).collect();
    if roots.is_empty() {
        return Ok(Vec::new());
    }
    let (mut holding, mut foreign) = (Vec::new(), Vec::new());
    for leaf in count::leaves(&job.server, conn, &roots).await? {
        if job.archived.find(&leaf.schema, &leaf.name).is_some_and(|table| table.chosen) {
            continue;
        }
        let label = TableName::new(Some(&leaf.schema), &leaf.name).to_string();
        // To count its rows could mean to fetch them all from another server.
        if leaf.kind == "f" {
            foreign.push(label);
            continue;
        }
        let rows = count::exactly(&job.server, conn, &leaf).await?;
        if rows > 0 {
            holding.push(format!("{label} ({})", amount::count(rows, "row")));
        }
    }
    let mut checks = Vec::new();
    if !holding.is_empty() {
        let check = Check::new(
            Severity::Blocker,
            ErrorCode::TargetIncompatible,
            format!(
                "the chosen tables have partitions that are not in the archive and hold rows, which would stay \
                 beside those that come back: {}",
                holding.join(", ")
            ),
            "restore beside the tables with --to-schema; or detach (ALTER TABLE … DETACH PARTITION …) or empty \
             these partitions, then run it again",
        );
        checks.push(check.of(Fact::PartitionsHoldRows { names: holding }));
    }
    if !foreign.is_empty() {
        let check = Check::new(
            Severity::Warning,
            ErrorCode::TargetIncompatible,
            format!(
                "these partitions of chosen tables are foreign tables, which no archive holds, and stay as they \
                 are: {}",
                foreign.join(", ")
            ),
            "look whether rows were moved into them since the archive was made: those come back a second time",
        );
        checks.push(check.of(Fact::PartitionsForeign { names: foreign }));
    }
    Ok(checks)
}
