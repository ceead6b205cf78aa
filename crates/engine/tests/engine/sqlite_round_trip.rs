//! What a SQLite database holds comes back from an archive as it was.

use aitta_engine::source::Source;
use aitta_model::{ErrorCode, RestoreMode};
use proptest::prelude::*;

use crate::sqlite::{self, Bench, digests, number, request, run, source, task, text};

const ODD: &str = r#"
PRAGMA page_size = 8192; PRAGMA auto_vacuum = 2; PRAGMA user_version = 7; PRAGMA application_id = -1234;
CREATE TABLE "päivä ""x""" ("a b" TEXT, "ä,.\" BLOB, c);
INSERT INTO "päivä ""x""" VALUES ('tab	line
return' || char(13) || 'zero' || char(0) || 'back\slash', x'00ff0a', NULL), ('', x'', 0),
  (CAST(x'fffe41' AS TEXT), zeroblob(3), 1e300), ('\N', 'text in a blob column', -9223372036854775808),
  (NULL, 5, 9e999), ('i', 2.5, -9e999), ('', x'', 0);
CREATE TABLE untyped (a, b);
INSERT INTO untyped VALUES (1, '1'), (1.0, x'31'), ('1', 1), (-0.0, 0.1), (9223372036854775807, 5e-324);
DELETE FROM untyped WHERE rowid = 2; INSERT INTO untyped (rowid, a) VALUES (-77, 'row number kept');
CREATE TABLE shadowed (rowid TEXT, _rowid_ INT); INSERT INTO shadowed VALUES ('mine', 1), ('mine', 1);
CREATE TABLE all_shadowed (rowid, _rowid_, oid); INSERT INTO all_shadowed VALUES (1, 2, 3);
CREATE TABLE nokey (k TEXT, v INT, PRIMARY KEY (v DESC, k)) WITHOUT ROWID; INSERT INTO nokey VALUES ('a', 1), ('b', 1);
CREATE TABLE odd_key (i INTEGER PRIMARY KEY DESC, t); INSERT INTO odd_key VALUES (5, 'x'), (NULL, 'y');
CREATE TABLE generated (a INT, b INT GENERATED ALWAYS AS (a * 2) VIRTUAL, c TEXT AS (a || 'x') STORED, d);
INSERT INTO generated (a, d) VALUES (1, 'one'), (2, 'two');
CREATE TABLE strict_one (i INT, r REAL, t TEXT, b BLOB, a ANY) STRICT; INSERT INTO strict_one VALUES (1, 2, '3', x'04', '5');
CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, v); INSERT INTO counted (v) VALUES (1), (2), (3);
DELETE FROM counted WHERE id = 3;
CREATE TABLE checked (v CHECK (v > 0)); PRAGMA ignore_check_constraints = ON; INSERT INTO checked VALUES (-1);
CREATE TABLE empty_one (x);
CREATE INDEX "i ä" ON untyped (a COLLATE NOCASE, abs(b)) WHERE b IS NOT NULL;
CREATE UNIQUE INDEX uniq ON counted (v DESC);
CREATE VIEW "näkymä" AS SELECT a FROM untyped JOIN no_such_table;
CREATE TABLE log (t); CREATE TRIGGER trig AFTER INSERT ON counted BEGIN INSERT INTO log VALUES ('fired; ' || new.v); END;
CREATE VIRTUAL TABLE docs USING fts5(title, body);
INSERT INTO docs VALUES ('pesu', 'käsinpesu ja vaha'), ('vaha', 'kiillotus');
CREATE VIRTUAL TABLE ext USING fts5(a, content='untyped', content_rowid='rowid'); INSERT INTO ext(ext) VALUES ('rebuild');
CREATE VIRTUAL TABLE old USING fts4(x, tokenize=porter); INSERT INTO old VALUES ('running'), ('runs');
CREATE VIRTUAL TABLE boxes USING rtree(id, x1, x2, y1, y2); INSERT INTO boxes VALUES (1, 0, 1, 0, 1), (2, 5, 6, 5, 6);
CREATE VIRTUAL TABLE words USING fts5vocab(docs, row);
ANALYZE;
"#;

#[tokio::test]
async fn every_storage_class_and_odd_schema_comes_back() {
    let bench = Bench::with(ODD).await;
    let archive = bench.archive(&[]).await;
    assert!(archive.manifest().complete);
    let new = bench.path("new.db");
    let restored = bench.restore_to(&new, &archive, task(&archive, None, false)).await.unwrap();
    assert!(matches!(restored.mode, RestoreMode::Create { .. }));
    assert!(restored.proofs.iter().all(|p| p.equal()));
    assert_eq!(digests(&bench.live()).await, digests(&new).await);
    for (sql, expected) in [
        ("SELECT count(*) FROM docs WHERE docs MATCH 'käsinpesu'", 1),
        ("SELECT count(*) FROM old WHERE old MATCH 'run'", 2),
        ("SELECT id FROM boxes WHERE x1 > 4", 2),
        ("SELECT count(*) FROM words", 5),
        ("SELECT rowid FROM untyped WHERE a = 'row number kept'", -77),
        ("SELECT sum(b) FROM generated", 6),
        ("SELECT seq FROM sqlite_sequence WHERE name = 'counted'", 3),
        ("SELECT count(*) FROM log", 0),
        ("PRAGMA page_size", 8192),
        ("PRAGMA auto_vacuum", 2),
        ("PRAGMA user_version", 7),
        ("PRAGMA application_id", -1234),
    ] {
        assert_eq!(number(&new, sql).await, expected, "{sql}");
    }
    assert_eq!(
        text(&new, "PRAGMA integrity_check").await.replace("CHECK constraint failed in checked", "ok"),
        "ok"
    );
    assert_eq!(
        text(
            &new,
            "SELECT hex(\"a b\") FROM \"päivä \"\"x\"\"\" WHERE typeof(c) = 'real' AND c < 2e300 AND c > 0"
        )
        .await,
        "FFFE41",
    );
    run(&new, "INSERT INTO docs VALUES ('uusi', 'uusi rivi'); INSERT INTO counted (v) VALUES (9)").await;
    assert_eq!(number(&new, "SELECT max(id) FROM counted").await, 4);
}

#[tokio::test]
async fn utf_16_databases_keep_texts_that_are_not_valid() {
    for encoding in ["UTF-16le", "UTF-16be"] {
        let bench = Bench::with(&format!(
            "PRAGMA encoding = '{encoding}'; CREATE TABLE t (a, b); \
             INSERT INTO t VALUES ('päivä' || char(128663), CAST(x'00d8' AS TEXT)), (CAST(x'410042' AS TEXT), char(0))"
        ))
        .await;
        let archive = bench.archive(&[]).await;
        let new = bench.path("new.db");
        bench.restore_to(&new, &archive, task(&archive, None, false)).await.unwrap();
        assert_eq!(text(&new, "PRAGMA encoding").await, encoding);
        assert_eq!(digests(&bench.live()).await, digests(&new).await);
        assert_eq!(text(&new, "SELECT hex(CAST(b AS BLOB)) FROM t LIMIT 1").await, "00D8");
    }
}

#[tokio::test]
async fn utf_16_databases_keep_characters_that_sqlite_replaces() {
    let texts = [
        "000000196f1cbd56b05a7f4ee4bed7ff878f1581ffff9441e816204f232f9d96e81459e0",
        "b1cc01a97ee8c78d4030ebfb170461fcb815",
        "ffff",
        "fffe",
        "feff",
        "feff3100",
        "fffe0031",
        "fdff",
    ];
    for encoding in ["UTF-16le", "UTF-16be"] {
        let mut sql =
            format!("PRAGMA encoding = '{encoding}'; CREATE TABLE t (a INTEGER, b NUMERIC, c TEXT, d);");
        for hex in texts {
            let text = format!("CAST(x'{hex}' AS TEXT)");
            sql += &format!("INSERT INTO t VALUES ({text}, {text}, {text}, {text});");
        }
        let bench = Bench::with(&sql).await;
        let archive = bench.archive(&[]).await;
        let new = bench.path("new.db");
        bench.restore_to(&new, &archive, task(&archive, None, false)).await.unwrap();
        assert_eq!(digests(&bench.live()).await, digests(&new).await);
        for (row, hex) in texts.into_iter().enumerate() {
            let sql = format!("SELECT lower(hex(CAST(d AS BLOB))) FROM t WHERE rowid = {}", row + 1);
            assert_eq!(text(&new, &sql).await, hex, "{encoding}");
        }
        run(&bench.live(), "DELETE FROM t").await;
        assert!(bench.restore(&archive, Some(&["t"])).await.unwrap().proofs[0].equal());
    }
}

/// Rows that are read by themselves, beside small ones, from every kind of table.
#[tokio::test]
async fn large_rows_come_back_from_every_kind_of_table() {
    let large = "replace(hex(zeroblob(100000)), '00', 'suds')";
    let broad = (1..950).map(|n| format!("c{n}")).collect::<Vec<_>>().join(", ");
    for encoding in ["UTF-8", "UTF-16le"] {
        let bench = Bench::with(&format!(
            "PRAGMA encoding = '{encoding}';
             CREATE TABLE plain (a TEXT, b);
             INSERT INTO plain (rowid, a, b) VALUES (-9223372036854775808, {large}, 1), (0, 'small', {large}),
               (1, 'small', 2), (9223372036854775807, {large}, {large});
             CREATE TABLE keyed (id INTEGER PRIMARY KEY, n INTEGER, r REAL);
             INSERT INTO keyed VALUES (-5, {large}, 0.5), (1, 7, {large}), (2, 8, CAST({large} AS BLOB)), (3, 9, 1.5);
             CREATE TABLE shadowed (rowid TEXT, _rowid_ INT); INSERT INTO shadowed VALUES ({large}, 1), ('x', 1), ({large}, 1);
             CREATE TABLE all_shadowed (rowid, _rowid_, oid); INSERT INTO all_shadowed VALUES (1, {large}, 3), (1, {large}, 3), (4, 5, 6);
             CREATE TABLE nokey (k TEXT COLLATE NOCASE, v INT, PRIMARY KEY (v DESC, k)) WITHOUT ROWID;
             INSERT INTO nokey VALUES ('a', 1), ({large}, 1), (upper({large}) || 'x', 1), ('b', 3), ({large}, 2);
             CREATE TABLE places (k INT PRIMARY KEY, v JSON) WITHOUT ROWID;
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
             INSERT INTO places SELECT i, iif(i % 2, {large}, i) FROM n;
             CREATE TABLE broad (c0 INT, {broad}); INSERT INTO broad (c0, c1, c949) VALUES (1, {large}, 2), (2, 'x', 3);
             CREATE VIRTUAL TABLE docs USING fts5(title, body); INSERT INTO docs VALUES ('one', {large}), ('two', 'small')"
        ))
        .await;
        let archive = bench.archive(&[]).await;
        let new = bench.path("new.db");
        let restored = bench.restore_to(&new, &archive, task(&archive, None, false)).await.unwrap();
        assert!(restored.proofs.iter().all(|p| p.equal()));
        // Not by the reader that is tested here.
        let mut db = sqlite::open(&bench.live()).await;
        let attach = format!("ATTACH '{}' AS new", new.display());
        sqlx::raw_sql(sqlx::AssertSqlSafe(attach)).execute(&mut db).await.unwrap();
        for (table, fields) in [
            ("plain", "rowid, a, b"),
            ("keyed", "id, n, r"),
            ("shadowed", "oid, rowid, _rowid_"),
            ("all_shadowed", "rowid, _rowid_, oid"),
            ("nokey", "k, v"),
            ("places", "k, v"),
            ("broad", "*"),
            ("docs", "rowid, title, body"),
        ] {
            let sql = format!(
                "SELECT (SELECT count(*) FROM main.{table}) - (SELECT count(*) FROM new.{table}), (SELECT count(*) FROM
                   (SELECT {fields} FROM main.{table} EXCEPT SELECT {fields} FROM new.{table})), (SELECT count(*) FROM
                   (SELECT {fields} FROM new.{table} EXCEPT SELECT {fields} FROM main.{table}))"
            );
            let row: (i64, i64, i64) =
                sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_one(&mut db).await.unwrap();
            assert_eq!(row, (0, 0, 0), "{table} in {encoding}");
        }
    }
}

#[tokio::test]
async fn a_wal_database_is_read_with_what_is_only_in_its_log() {
    let bench = Bench::new();
    let mut app = sqlite::open(&bench.live()).await;
    let sql = "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (a); INSERT INTO t VALUES (1)";
    sqlx::raw_sql(sql).execute(&mut app).await.unwrap();
    let archive = bench.archive(&[]).await;
    sqlx::raw_sql("INSERT INTO t VALUES (2)").execute(&mut app).await.unwrap();
    let new = bench.path("new.db");
    bench.restore_to(&new, &archive, task(&archive, None, false)).await.unwrap();
    assert_eq!(number(&new, "SELECT count(*) FROM t").await, 1);
    assert_eq!(text(&new, "PRAGMA journal_mode").await, "wal");
}

#[tokio::test]
async fn who_waits_while_a_database_is_read_is_told() {
    for (mode, waits) in [("DELETE", true), ("WAL", false)] {
        let bench = Bench::with(&format!("PRAGMA journal_mode = {mode}; CREATE TABLE t (a)")).await;
        let snapshot = source(&bench.live()).snapshot(&request(&[])).await.unwrap();
        let mut writer = sqlite::open(&bench.live()).await;
        sqlx::raw_sql("PRAGMA busy_timeout = 0; BEGIN; INSERT INTO t VALUES (1)")
            .execute(&mut writer)
            .await
            .unwrap();
        assert_eq!(sqlx::raw_sql("COMMIT").execute(&mut writer).await.is_err(), waits, "{mode}");
        let mut reader = sqlite::open(&bench.live()).await;
        let read = sqlx::raw_sql("PRAGMA busy_timeout = 0; SELECT * FROM t").execute(&mut reader).await;
        assert_eq!(read.is_err(), waits, "{mode}");
        let notes = snapshot.contents().notes.concat();
        assert_eq!(notes.contains("commits of other connections had to wait"), waits, "{notes}");
        assert_eq!(notes.contains("new readers too"), waits, "{notes}");
    }
}

#[tokio::test]
async fn chosen_tables_make_a_partial_archive() {
    let bench = Bench::sample().await;
    let archive = bench.archive(&["Service", "setting"]).await;
    let manifest = archive.manifest();
    assert!(!manifest.complete);
    let names: Vec<&str> = manifest.tables().map(|(_, s)| s.name.as_str()).collect();
    assert_eq!(names, ["Service", "Setting"]);
    let new = bench.path("new.db");
    let restored = bench.restore_to(&new, &archive, task(&archive, Some(&["Service"]), false)).await.unwrap();
    assert_eq!(restored.sequences.len(), 1);
    assert_eq!(number(&new, "SELECT count(*) FROM Service").await, 10);
    assert_eq!(number(&new, "SELECT count(*) FROM sqlite_schema WHERE name = 'Booking'").await, 0);
    let error = source(&bench.live()).snapshot(&request(&["Sevice"])).await.err().unwrap();
    assert_eq!(error.code(), ErrorCode::TableUnknown);
}

#[tokio::test]
async fn what_is_no_database_is_never_backed_up() {
    let bench = Bench::new();
    let refused = |name: &str, content: Option<&[u8]>| {
        let path = bench.path(name);
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        async move {
            let error = source(&path).snapshot(&request(&[])).await.err().unwrap();
            assert!(!error.hint().is_empty());
            (error.code(), path.exists())
        }
    };
    assert_eq!(refused("missing.db", None).await, (ErrorCode::SourceUnreachable, false));
    assert_eq!(refused("empty.db", Some(b"")).await, (ErrorCode::SourceUnfit, true));
    assert_eq!(refused("text.db", Some(&[b'x'; 5000])).await, (ErrorCode::SourceUnfit, true));
    run(&bench.live(), "CREATE TABLE t (a); INSERT INTO t SELECT value FROM json_each('[1,2,3]')").await;
    let mut bytes = std::fs::read(bench.live()).unwrap();
    bytes.truncate(bytes.len() - 4096);
    assert_eq!(refused("cut.db", Some(&bytes)).await, (ErrorCode::SourceUnfit, true));
}

#[tokio::test]
async fn tables_of_unknown_modules_are_refused_by_name() {
    let bench = Bench::with("CREATE TABLE t (a)").await;
    run(
        &bench.live(),
        "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES \
         ('table', 'geo', 'geo', 0, 'CREATE VIRTUAL TABLE geo USING spatialite(x)')",
    )
    .await;
    let error = source(&bench.live()).snapshot(&request(&[])).await.err().unwrap();
    assert_eq!(error.code(), ErrorCode::SourceUnfit);
    assert!(error.to_string().contains("geo") && error.to_string().contains("spatialite"), "{error}");
}

#[tokio::test]
async fn an_index_that_only_the_application_can_build_is_refused_by_name() {
    let bench = Bench::with("CREATE TABLE t (a)").await;
    run(
        &bench.live(),
        "CREATE INDEX by_name ON t (a COLLATE NOCASE); PRAGMA writable_schema = ON; \
         UPDATE sqlite_schema SET sql = 'CREATE INDEX by_name ON t (a COLLATE finnish)' WHERE name = 'by_name'",
    )
    .await;
    let error = source(&bench.live()).snapshot(&request(&[])).await.err().unwrap();
    assert_eq!(error.code(), ErrorCode::SourceUnfit);
    assert!(error.to_string().contains("by_name") && error.to_string().contains("finnish"), "{error}");
}

#[tokio::test]
async fn a_locked_database_is_a_clear_error() {
    let bench = Bench::with("CREATE TABLE t (a)").await;
    let mut app = sqlite::open(&bench.live()).await;
    sqlx::raw_sql("BEGIN EXCLUSIVE; INSERT INTO t VALUES (1)").execute(&mut app).await.unwrap();
    let error = source(&bench.live()).snapshot(&request(&[])).await.err().unwrap();
    assert_eq!(error.code(), ErrorCode::LockTimeout);
}

#[derive(Debug, Clone)]
struct RandomTable {
    columns: Vec<(String, &'static str)>,
    without_rowid: bool,
    rows: Vec<Vec<String>>,
}

/// Pairs of bytes: marks of byte order, characters that are none, surrogates, NUL, digits, and others.
const UNITS: [&str; 14] = [
    "feff", "fffe", "ffff", "fdff", "fffd", "00d8", "d800", "00dc", "dc00", "0000", "3100", "0031", "2e00",
    "e460",
];

/// A value as SQL writes it.
fn literal() -> impl Strategy<Value = String> {
    let hex = |bytes: Vec<u8>| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    prop_oneof![
        Just("NULL".to_owned()),
        any::<i64>().prop_map(|i| if i == i64::MIN { "NULL".into() } else { i.to_string() }),
        any::<f64>().prop_filter("no NaN", |r| r.is_finite()).prop_map(|r| format!("{r:e}")),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(move |b| format!("x'{}'", hex(b))),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(move |b| format!("CAST(x'{}' AS TEXT)", hex(b))),
        // Units on which a conversion between encodings could stumble.
        prop::collection::vec(prop::sample::select(UNITS.to_vec()), 0..8)
            .prop_map(|units| format!("CAST(x'{}' AS TEXT)", units.concat())),
        "\\PC{0,20}".prop_map(|t| format!("'{}'", t.replace('\'', "''").replace('\0', ""))),
    ]
}

fn table() -> impl Strategy<Value = RandomTable> {
    let types = prop::sample::select(vec![
        "",
        "INTEGER",
        "TEXT",
        "REAL",
        "BLOB",
        "NUMERIC",
        "VARCHAR(3)",
        "DATETIME",
    ]);
    let columns = prop::collection::vec(("[a-zåäö \"'.,;]{0,6}", types), 1..6);
    (columns, any::<bool>()).prop_flat_map(|(columns, without_rowid)| {
        let columns: Vec<(String, &'static str)> =
            columns.into_iter().enumerate().map(|(i, (name, kind))| (format!("{name}{i}"), kind)).collect();
        let rows = prop::collection::vec(prop::collection::vec(literal(), columns.len()), 0..30);
        rows.prop_map(move |rows| RandomTable { columns: columns.clone(), without_rowid, rows })
    })
}

fn sql_of(number: usize, table: &RandomTable) -> String {
    let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let name = quote(&format!("tåble {number}"));
    let mut columns: Vec<String> =
        table.columns.iter().map(|(name, kind)| format!("{} {kind}", quote(name))).collect();
    if table.without_rowid {
        columns.insert(0, "\"key of row\" INTEGER PRIMARY KEY".into());
    }
    let suffix = if table.without_rowid { "WITHOUT ROWID" } else { "" };
    let mut sql = format!("CREATE TABLE {name} ({}) {suffix};\n", columns.join(", "));
    for (i, row) in table.rows.iter().enumerate() {
        let key = if table.without_rowid { format!("{i}, ") } else { String::new() };
        sql += &format!("INSERT INTO {name} VALUES ({key}{});\n", row.join(", "));
    }
    sql
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn random_tables_and_rows_survive(
            tables in prop::collection::vec(table(), 1..4),
            encoding in prop::sample::select(vec!["UTF-8", "UTF-16le", "UTF-16be"]),
        ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sql: String = tables.iter().enumerate().map(|(i, t)| sql_of(i, t)).collect();
            let bench = Bench::with(&format!("PRAGMA encoding = '{encoding}'; BEGIN; {sql} COMMIT")).await;
            let archive = bench.archive(&[]).await;
            let new = bench.path("new.db");
            bench.restore_to(&new, &archive, task(&archive, None, false)).await.unwrap();
            assert_eq!(digests(&bench.live()).await, digests(&new).await);
            let name = "tåble 0";
            run(&bench.live(), &format!("DELETE FROM \"{name}\"")).await;
            let restored = bench.restore(&archive, Some(&[name])).await.unwrap();
            assert!(restored.proofs[0].equal());
            assert_eq!(digests(&bench.live()).await, digests(&new).await);
        });
    }
}
