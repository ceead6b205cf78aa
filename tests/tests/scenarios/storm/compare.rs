//! Whether two databases are the same, and whether one of them can be true, by SQL alone.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, PgConnection};

use crate::pg;

/// Of `pg_namespace`, as `n`.
const OWN: &str = "n.nspname <> 'information_schema' AND NOT starts_with(n.nspname::text, 'pg_')";

/// What is there and how it is made, with two columns each: a name, and all else. `{own}` is [`OWN`].
const DEFINITIONS: [&str; 10] = [
    "SELECT 'schema ' || nspname, concat_ws(' ', pg_get_userbyid(nspowner), nspacl::text) FROM pg_namespace n WHERE {own}",
    "SELECT 'relation ' || c.oid::regclass, concat_ws(' ', c.relkind, c.relpersistence, pg_get_userbyid(c.relowner), \
       c.relacl::text, c.reloptions::text, (SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = c.oid), \
       pg_get_expr(c.relpartbound, c.oid), pg_get_partkeydef(c.oid), obj_description(c.oid, 'pg_class')) \
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {own}",
    "SELECT 'column ' || c.oid::regclass || '.' || a.attname, concat_ws(' ', \
       row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum), format_type(a.atttypid, a.atttypmod), \
       a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid)) \
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
     WHERE {own} AND c.relkind IN ('r', 'p', 'v') AND a.attnum > 0 AND NOT a.attisdropped",
    "SELECT 'constraint ' || conrelid::regclass || '.' || conname, concat_ws(' ', pg_get_constraintdef(o.oid), convalidated) \
     FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace WHERE {own} AND conrelid <> 0",
    "SELECT 'index ' || c.oid::regclass, concat_ws(' ', pg_get_indexdef(c.oid), i.indisvalid, i.indisclustered) \
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {own}",
    "SELECT 'trigger ' || c.oid::regclass || '.' || tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t \
     JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {own} AND NOT tgisinternal",
    "SELECT 'view ' || c.oid::regclass, pg_get_viewdef(c.oid) FROM pg_class c \
     JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {own} AND c.relkind = 'v'",
    "SELECT 'function ' || p.oid::regprocedure, pg_get_functiondef(p.oid) FROM pg_proc p \
     JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {own}",
    "SELECT 'sequence ' || c.oid::regclass, concat_ws(' ', format_type(seqtypid, NULL), seqstart, seqincrement, seqmin, \
       seqmax, seqcache, seqcycle, (SELECT refobjid::regclass || '.' || refobjsubid FROM pg_depend \
         WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype IN ('a', 'i'))) \
     FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {own}",
    "SELECT 'extension ' || extname, extversion FROM pg_extension",
];

const TABLES: &str = "SELECT c.oid::regclass::text, coalesce(obj_description(c.oid, 'pg_class'), '') FROM pg_class c \
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {own} AND c.relkind = 'r' ORDER BY 1";

/// Sequences that a column owns: the sequence, its table, the column.
const OWNED: &str = "SELECT s.oid::regclass::text, t.oid::regclass::text || ' ' || quote_ident(a.attname) FROM pg_depend d \
    JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_class t ON t.oid = d.refobjid \
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid \
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')";

/// Of other sequences, whether they stand where they can.
const OFF: &str = "SELECT format('%I.%I', schemaname, sequencename) || ' stands at ' || last_value, '' \
    FROM pg_sequences WHERE schemaname = 'seqs' AND last_value NOT BETWEEN start_value AND max_value";

/// A database as it is found.
pub(super) struct Portrait {
    /// Definitions by name.
    definitions: BTreeMap<String, String>,
    /// The tables that hold rows, with number and digest of these.
    rows: BTreeMap<String, String>,
    /// Where sequences of columns stand.
    positions: BTreeMap<String, i64>,
    /// What can't be true of any moment of the storm.
    impossible: Vec<String>,
}

impl Portrait {
    pub(super) async fn of(url: &str) -> Self {
        let mut conn = pg::connect(url).await;
        // So that every name is written with its schema.
        sqlx::raw_sql("SET search_path = ''").execute(&mut conn).await.unwrap();
        let mut definitions = BTreeMap::new();
        for sql in DEFINITIONS {
            definitions.extend(pairs(&mut conn, sql).await);
        }
        let (mut rows, mut impossible) = (BTreeMap::new(), Vec::new());
        for (table, comment) in pairs(&mut conn, TABLES).await {
            rows.insert(table.clone(), digest(&mut conn, &table).await);
            impossible.extend(foreign_rows(&mut conn, &table, &comment).await);
        }
        let mut positions = BTreeMap::new();
        for (sequence, column) in pairs(&mut conn, OWNED).await {
            let (table, column) = column.rsplit_once(' ').unwrap();
            let sql = format!(
                "SELECT last_value, coalesce((SELECT max({column})::int8 FROM ONLY {table}), 0) FROM {sequence}"
            );
            let (position, highest): (i64, i64) =
                sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut conn).await.unwrap();
            if position < highest {
                impossible.push(format!("{sequence} stands at {position}, and {table} holds {highest}"));
            }
            positions.insert(sequence, position);
        }
        impossible.extend(pairs(&mut conn, OFF).await.into_iter().map(|(text, _)| text));
        impossible.extend(contradictions(&mut conn, &rows).await);
        Self { definitions, rows, positions, impossible }
    }

    /// Rows of a table: number and digest.
    pub(super) fn rows(&self, table: &str) -> &str {
        &self.rows[table]
    }

    /// Everything that can't be true of it.
    pub(super) fn impossible(&self) -> &[String] {
        &self.impossible
    }

    /// What differs from that of the judge.
    pub(super) fn differences(&self, judge: &Self) -> Vec<String> {
        let mut found = different(&self.definitions, &judge.definitions);
        found.extend(different(&self.rows, &judge.rows).into_iter().map(|text| format!("rows of {text}")));
        for (sequence, judged) in &judge.positions {
            // Sequences are in no snapshot. The judge asks after Aitta has asked, and none of these goes back: what
            // its rows hold and what the judge has seen are the ends of what is right.
            if self.positions.get(sequence).is_none_or(|position| position > judged) {
                found.push(format!(
                    "{sequence}: {:?}, and the judge saw {judged}",
                    self.positions.get(sequence)
                ));
            }
        }
        found
    }
}

fn different(one: &BTreeMap<String, String>, judge: &BTreeMap<String, String>) -> Vec<String> {
    let names = one.keys().chain(judge.keys().filter(|name| !one.contains_key(*name)));
    let differing = names.filter(|name| one.get(*name) != judge.get(*name));
    let shown =
        |map: &BTreeMap<String, String>, name: &str| map.get(name).map_or("nothing", |text| text).to_owned();
    differing
        .map(|name| format!("{name}: {}, and the judge has {}", shown(one, name), shown(judge, name)))
        .collect()
}

async fn pairs(conn: &mut PgConnection, sql: &str) -> Vec<(String, String)> {
    let sql = sql.replace("{own}", OWN);
    sqlx::query_as(AssertSqlSafe(sql.as_str())).fetch_all(conn).await.unwrap_or_else(|e| panic!("{e}\n{sql}"))
}

/// Number and digest of the rows of a table.
pub(super) async fn digest(conn: &mut PgConnection, table: &str) -> String {
    let sql = format!(
        "SELECT count(*) || ' ' || md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\"), '')) \
         FROM ONLY {table} t"
    );
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(conn).await.unwrap()
}

/// Rows of a marked table that are those of another one, or of several fillings, and a number of rows that it never had.
async fn foreign_rows(conn: &mut PgConnection, table: &str, comment: &str) -> Option<String> {
    let (mark, rows) = comment.strip_prefix("mark ")?.split_once(' ')?;
    let sql = format!(
        "SELECT count(*), count(*) FILTER (WHERE me = '{mark}'), count(DISTINCT split_part(x, ' ', 1)) FROM ONLY {table}"
    );
    let (all, own, fillings): (i64, i64, i64) =
        sqlx::query_as(AssertSqlSafe(sql)).fetch_one(conn).await.unwrap();
    let right = all == own && all.to_string() == rows && fillings == 1;
    (!right).then(|| {
        format!("{table}, which is {mark} of {rows} rows, holds {all}, {own} of them its own, of {fillings} fillings")
    })
}

/// Rows that contradict each other, or the names of the tables.
async fn contradictions(conn: &mut PgConnection, rows: &BTreeMap<String, String>) -> Vec<String> {
    // Every transaction of pgbench adds the same amount to one row of each (documentation of pgbench).
    const BALANCES: &str = "SELECT 'the balances of pgbench: ' || concat_ws(' ', a, t, b), '' FROM \
        (SELECT (SELECT sum(abalance) FROM public.pgbench_accounts) a, (SELECT sum(tbalance) FROM public.pgbench_tellers) t, \
          (SELECT sum(bbalance) FROM public.pgbench_branches) b) x WHERE a <> t OR a <> b";
    // The transactions that gave the tables other names have said so in a row.
    const NAMES: &str = "SELECT 'live.items is ' || obj_description(to_regclass('live.items'), 'pg_class') || ' and was ' \
        || live_mark, '' FROM storm.truth WHERE id = (SELECT max(id) FROM storm.truth) AND (live_mark, next_mark) \
        IS DISTINCT FROM (obj_description(to_regclass('live.items'), 'pg_class'), obj_description(to_regclass('next.items'), 'pg_class'))";
    let mut found = Vec::new();
    for (table, sql) in [("public.pgbench_accounts", BALANCES), ("storm.truth", NAMES)] {
        if rows.contains_key(table) {
            found.extend(pairs(conn, sql).await.into_iter().map(|(text, _)| text));
        } else {
            found.push(format!("{table} is not there"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use aitta_testing::pg::TestServer;

    use super::*;
    use crate::storm::ground::SQL;

    /// Otherwise the storm proves nothing.
    #[tokio::test(flavor = "multi_thread")]
    async fn whatever_differs_is_told_and_so_is_what_can_not_be() {
        let server = TestServer::shared();
        let (one, other) = (server.database("storm_one").await, server.database("storm_other").await);
        for database in [&one, &other] {
            database.psql(SQL).await;
            // Numbers of transactions and tables differ.
            database.psql("UPDATE storm.truth SET xid = 0, live = 0, next = 0").await;
        }
        let portrait = Portrait::of(one.url()).await;
        assert_eq!(portrait.differences(&Portrait::of(other.url()).await), [""; 0]);
        // The tables of pgbench are not there.
        assert_eq!(portrait.impossible().len(), 1, "{:?}", portrait.impossible());

        let changes = [
            ("UPDATE shop.left SET x = x || '!' WHERE id = 7", "rows of shop.\"left\":"),
            ("ALTER TABLE shop.wide ADD COLUMN more int", "column shop.wide.more:"),
            ("ALTER TABLE shop.events DETACH PARTITION shop.events_3", "relation shop.events_3:"),
            ("ALTER TABLE shop.prices ADD CHECK (id > 0)", "constraint shop.prices.prices_id_check:"),
            ("CREATE OR REPLACE VIEW shop.night AS SELECT 3 AS n", "view shop.night:"),
            ("ALTER SEQUENCE seqs.b INCREMENT 6", "sequence seqs.b:"),
            (
                "SELECT setval('shop.fresh_id_seq', 400)",
                "shop.fresh_id_seq: Some(400), and the judge saw 300",
            ),
        ];
        for (sql, told) in changes {
            one.psql(sql).await;
            let differences = Portrait::of(one.url()).await.differences(&Portrait::of(other.url()).await);
            assert!(differences.iter().any(|d| d.starts_with(told)), "{sql}: {differences:?}");
        }
        let never = [
            ("UPDATE shop.right SET me = 'left' WHERE id = 1", "shop.\"right\", which is right of 2000 rows"),
            ("DELETE FROM shop.orders WHERE id = 1", "shop.orders, which is orders of 2000 rows, holds 1999"),
            (
                "UPDATE shop.refill SET x = 'later ' || x WHERE id = 1",
                "shop.refill, which is refill of 500 rows",
            ),
            ("SELECT setval('area.t_id_seq', 5)", "area.t_id_seq stands at 5, and area.t holds 300"),
            (
                "ALTER SCHEMA live RENAME TO away; ALTER SCHEMA next RENAME TO live; ALTER SCHEMA away RENAME TO next",
                "live.items is mark green 8000 and was mark blue 8000",
            ),
        ];
        for (sql, told) in never {
            one.psql(sql).await;
            let found = Portrait::of(one.url()).await;
            assert!(
                found.impossible().iter().any(|text| text.starts_with(told)),
                "{sql}: {:?}",
                found.impossible()
            );
        }
    }
}
