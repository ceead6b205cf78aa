//! Sequences and materialized views: data that is not rows of tables.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use aitta_base::Result;
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::positions::{self, Position};
use super::{ServerVersion, oid_array, rows};
use crate::postgres::connect::Server;
use crate::postgres::pins::Pinned;
use crate::postgres::properties::{OwnedBy, QualifiedName, Sequence};

#[derive(sqlx::FromRow)]
struct SequenceRow {
    oid: Oid,
    schema: String,
    name: String,
    increment: i64,
    owner_schema: Option<String>,
    owner_table: Option<String>,
    owner_column: Option<String>,
}

/// Reads all sequences, or those that columns of the tables `only` own.
///
/// Positions are not part of a snapshot: a reader sees the newest. They are read after the snapshot
/// was taken, so they cover every number that its rows can hold.
pub(in crate::postgres) async fn read(
    server: &Server,
    conn: &mut PgConnection,
    version: &ServerVersion,
    only: Option<&[u32]>,
    lock_timeout: Duration,
) -> Result<Vec<Sequence>> {
    let filter = only.map_or_else(String::new, |oids| format!("AND oc.oid = ANY ({})", oid_array(oids)));
    let sql = format!(
        "SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, s.seqincrement AS increment, \
           oc.nspname::text AS owner_schema, oc.relname::text AS owner_table, oc.attname::text AS owner_column \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_sequence s ON s.seqrelid = c.oid \
         LEFT JOIN (SELECT d.objid, t.oid, tn.nspname, t.relname, a.attname FROM pg_depend d \
             JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = t.relnamespace \
             JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid \
             WHERE d.classid = 'pg_class'::regclass AND d.objsubid = 0 AND d.refclassid = 'pg_class'::regclass \
               AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')) oc ON oc.objid = c.oid \
         WHERE c.relkind = 'S' AND c.relpersistence <> 't' \
           AND (NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.classid = 'pg_class'::regclass \
               AND e.objid = c.oid AND e.objsubid = 0 AND e.deptype = 'e') \
             OR c.oid IN (SELECT unnest(x.extconfig) FROM pg_extension x)) {filter} \
         ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\""
    );
    let found: Vec<SequenceRow> = rows(server, conn, sql).await?;
    let pinned: Vec<Pinned<'_>> =
        found.iter().map(|s| Pinned { oid: s.oid.0, schema: &s.schema, name: &s.name }).collect();
    let positions = positions::read(server, version, &pinned, lock_timeout).await?;
    let sequence = |(row, Position { last_value, is_called }): (SequenceRow, Position)| {
        let owned_by = match (row.owner_schema, row.owner_table, row.owner_column) {
            (Some(schema), Some(table), Some(column)) => Some(OwnedBy { schema, table, column }),
            _ => None,
        };
        let SequenceRow { schema, name, increment, .. } = row;
        Sequence { schema, name, last_value, is_called, increment, owned_by }
    };
    Ok(found.into_iter().zip(positions).map(sequence).collect())
}

/// Populated materialized views in an order in which each comes after those it reads from, also
/// where it reads them through plain views.
pub(super) async fn materialized_views(
    server: &Server,
    conn: &mut PgConnection,
) -> Result<Vec<QualifiedName>> {
    const VIEWS: &str = "SELECT c.oid, n.nspname::text, c.relname::text FROM pg_class c \
        JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.relkind = 'm' AND c.relispopulated AND NOT EXISTS (SELECT 1 FROM pg_depend e \
          WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.objsubid = 0 AND e.deptype = 'e') \
        ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\"";
    const EDGES: &str = "SELECT DISTINCT r.ev_class, d.refobjid FROM pg_depend d \
        JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class c ON c.oid = d.refobjid \
        WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass \
          AND r.ev_class <> d.refobjid AND c.relkind IN ('v', 'm') ORDER BY 1, 2";
    let views: Vec<(Oid, String, String)> = rows(server, conn, VIEWS).await?;
    if views.is_empty() {
        return Ok(Vec::new());
    }
    let edges: Vec<(Oid, Oid)> = rows(server, conn, EDGES).await?;
    let mut reads: HashMap<u32, Vec<u32>> = HashMap::new();
    for (view, from) in edges {
        reads.entry(view.0).or_default().push(from.0);
    }
    let wanted: Vec<u32> = views.iter().map(|(oid, ..)| oid.0).collect();
    let mut names: HashMap<u32, QualifiedName> =
        views.into_iter().map(|(oid, schema, name)| (oid.0, QualifiedName { schema, name })).collect();
    Ok(dependencies_first(&wanted, &reads).into_iter().filter_map(|oid| names.remove(&oid)).collect())
}

/// Everything reachable from `roots`, each after all that it reads. Not recursive: chains of views can
/// be long.
fn dependencies_first(roots: &[u32], reads: &HashMap<u32, Vec<u32>>) -> Vec<u32> {
    let (mut order, mut seen) = (Vec::new(), HashSet::new());
    for &root in roots {
        let mut stack = vec![(root, false)];
        while let Some((node, done)) = stack.pop() {
            if done {
                order.push(node);
            } else if seen.insert(node) {
                stack.push((node, true));
                let below = reads.get(&node).map(Vec::as_slice).unwrap_or_default();
                stack.extend(below.iter().filter(|n| !seen.contains(n)).map(|&n| (n, false)));
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_comes_after_those_it_reads_through_others() {
        let reads = HashMap::from([(1, vec![9]), (9, vec![3]), (3, vec![2])]);
        assert_eq!(dependencies_first(&[1, 2, 3], &reads), [2, 3, 9, 1]);
    }
}
