//! The rows are those of the snapshot, all of them and once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aitta_archive::SectionKind;
use aitta_testing::pg::TestServer;

use super::support::{Collected, digest, dump, number, request, run, snapshot, table, until};

#[tokio::test(flavor = "multi_thread")]
async fn every_base_type_is_read_as_copy_writes_it() {
    let server = TestServer::shared();
    let db = server.database("types").await;
    let script = r#"SET datestyle = 'German'; SET bytea_output = escape;
        CREATE TYPE mood AS ENUM ('iloinen', 'äkäinen'); CREATE TYPE pair AS (a int, b text);
        CREATE DOMAIN positive AS int CHECK (VALUE > 0);
        CREATE SCHEMA "Älä Kysy";
        CREATE TABLE "Älä Kysy"."Kaikki ""tyypit""" (
          a bool, b smallint, c int, d bigint, e real, f double precision, g numeric, h money, i text,
          j varchar(9), k char(5), l bytea, m date, n time, o timetz, p timestamp, q timestamptz,
          r interval, s uuid, t json, u jsonb, v xml, w inet, x cidr, y macaddr, z bit(3), aa varbit,
          bb point, cc box, dd polygon, ee int4range, ff int4multirange, gg tsvector, hh mood, ii pair,
          jj positive, kk int[], ll text[][], "Ä ö" text, gen int GENERATED ALWAYS AS (c * 2) STORED,
          gone text);
        ALTER TABLE "Älä Kysy"."Kaikki ""tyypit""" DROP COLUMN gone;
        INSERT INTO "Älä Kysy"."Kaikki ""tyypit""" VALUES
          (true, 1, 2, 3, 'NaN', '-Infinity', 'NaN', 1.5, E'tab\there\nline\\back', '', 'ab', '\x00ff0a',
           'infinity', '12:00', '12:00+02', '-infinity', '2026-01-02 03:04:05.678+02', '1 mon -3 days 2 h',
           'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": 1}', '{"a": [1, null]}', '<a>b</a>', '10.0.0.1/8',
           '10.0.0.0/8', '08:00:2b:01:02:03', B'101', B'1', '(1,2)', '((0,0),(1,1))', '((0,0),(1,1))',
           '[1,5)', '{[1,2),[4,5)}', 'a b', 'äkäinen', '(1,"x y")', 7, '{1,NULL,3}', '{{a,b},{c,"d,e"}}', 'ö');
        INSERT INTO "Älä Kysy"."Kaikki ""tyypit""" DEFAULT VALUES;
        CREATE TABLE "no columns" (); INSERT INTO "no columns" DEFAULT VALUES; INSERT INTO "no columns" DEFAULT VALUES;
        CREATE TABLE "only generated" (g int GENERATED ALWAYS AS (1) STORED);
        INSERT INTO "only generated" DEFAULT VALUES;"#;
    // Multiranges came with version 14.
    let script = match server.major() {
        ..14 => {
            script.replace("int4multirange", "int4range[]").replace("{[1,2),[4,5)}", r#"{"[1,2)","[4,5)"}"#)
        }
        _ => script.to_owned(),
    };
    db.psql(&script).await;
    let (contents, sink) = dump(db.url(), &request(2)).await;
    assert_eq!(contents.sections[0].kind, SectionKind::Schema);
    assert!(sink.blobs.lock().unwrap()[&0].starts_with(b"PGDMP"), "the custom format of pg_dump");
    let (number, section) = table(&contents, "Älä Kysy", "Kaikki \"tyypit\"");
    assert_eq!(section.columns.len(), 39, "without the generated and the dropped one");
    assert_eq!(section.columns[33].type_name, "public.mood");
    assert_eq!(section.columns[9].type_name, "character varying(9)");
    let lines = sink.lines(number);
    assert_eq!(lines.len(), 2);
    let full = lines.iter().find(|l| l.starts_with('t')).unwrap();
    for part in [
        "\tNaN\t-Infinity\tNaN\t",
        "tab\\there\\nline\\\\back\t\tab   \t\\\\x00ff0a\tinfinity\t",
        "2026-01-02",
    ] {
        assert!(full.contains(part), "{part:?} in {full}");
    }
    let (number, section) = table(&contents, "public", "no columns");
    assert_eq!((section.columns.len(), sink.lines(number)), (0, vec![String::new(), String::new()]));
    let (number, _) = table(&contents, "public", "only generated");
    assert_eq!(sink.lines(number), [""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_read_in_parts_gives_exactly_its_rows() {
    let db = TestServer::shared().database("parts").await;
    // Wide rows on pages, some of them dead, and one long value outside of them.
    db.psql(
        "CREATE TABLE big AS SELECT i AS id, repeat(md5(i::text), 30) AS filler FROM generate_series(1, 160000) i; \
         DELETE FROM big WHERE id % 7 = 0; UPDATE big SET filler = 'new' WHERE id % 11 = 0; \
         INSERT INTO big SELECT 0, string_agg(md5(i::text), '') FROM generate_series(1, 100000) i; \
         CREATE TABLE heir (more int) INHERITS (big); INSERT INTO heir VALUES (-1, 'x', 2); ANALYZE;",
    )
    .await;
    let mut conn = db.connect().await;
    let expected = digest(&mut conn, "COPY public.big (id, filler) TO STDOUT").await;
    for jobs in [1, 3] {
        let (contents, sink) = dump(db.url(), &request(jobs)).await;
        let (section, figures) = table(&contents, "public", "big");
        assert!(figures.properties["disk_bytes"].as_u64().unwrap() > 128 << 20, "large enough for parts");
        let read = sink.digest(section);
        assert_eq!((read.rows(), read.to_hex()), (expected.rows(), expected.to_hex()), "jobs {jobs}");
        let (heir, _) = table(&contents, "public", "heir");
        assert_eq!(sink.lines(heir), ["-1\tx\t2"], "a child's rows are its own");
        let bytes: usize = sink.rows.lock().unwrap().values().map(Vec::len).sum();
        let ratio = contents.estimated_bytes as f64 / bytes as f64;
        assert!((0.5..2.5).contains(&ratio), "estimated {} for {bytes}", contents.estimated_bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_written_together_are_read_together() {
    let db = TestServer::shared().database("together").await;
    db.psql(
        "CREATE TABLE a (id int PRIMARY KEY, v bigint); CREATE TABLE z (id int PRIMARY KEY, v bigint); \
         CREATE SEQUENCE numbers; CREATE TABLE drawn (n bigint); \
         INSERT INTO a SELECT i, 0 FROM generate_series(1, 2000) i; INSERT INTO z SELECT * FROM a;",
    )
    .await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..2)
        .map(|w| {
            let (stop, url) = (stop.clone(), db.url().to_owned());
            tokio::spawn(async move {
                let mut conn = <sqlx::PgConnection as sqlx::Connection>::connect(&url).await.unwrap();
                run(&mut conn, "SET lock_timeout = '5s'").await;
                let mut i = w;
                while !stop.load(Ordering::Relaxed) {
                    i = (i + 7) % 2000;
                    let sql = format!(
                        "BEGIN; UPDATE a SET v = v + 1 WHERE id = {0}; UPDATE z SET v = v - 1 WHERE id = {0}; \
                         INSERT INTO drawn SELECT nextval('numbers'); COMMIT",
                        i + 1
                    );
                    run(&mut conn, &sql).await;
                }
            })
        })
        .collect();
    let mut conn = db.connect().await;
    until(&mut conn, "SELECT count(*) > 50 FROM drawn").await;
    for _ in 0..5 {
        let (contents, sink) = dump(db.url(), &request(3)).await;
        let numbers = |name| -> Vec<i64> {
            let lines = sink.lines(table(&contents, "public", name).0);
            lines.iter().map(|l| l.rsplit('\t').next().unwrap().parse().unwrap()).collect()
        };
        let (a, z) = (numbers("a"), numbers("z"));
        assert_eq!((a.len(), z.len()), (2000, 2000));
        assert_eq!(a.iter().sum::<i64>(), -z.iter().sum::<i64>());
        let drawn = numbers("drawn");
        assert_eq!(a.iter().sum::<i64>(), drawn.len() as i64);
        let position = contents.properties["sequences"][0]["last_value"].as_i64().unwrap();
        assert!(position >= drawn.into_iter().max().unwrap(), "the sequence is not behind the rows");
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_are_not_stopped_and_do_not_change_the_snapshot() {
    let db = TestServer::shared().database("writers").await;
    db.psql("CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2)").await;
    let mut opened = snapshot(db.url(), &request(2)).await.unwrap();
    let mut conn = db.connect().await;
    run(&mut conn, "SET lock_timeout = '2s'; INSERT INTO t VALUES (3); UPDATE t SET id = 9; DELETE FROM t; CREATE TABLE later ()").await;
    let sink = Arc::new(Collected::default());
    opened.read(sink.clone()).await.unwrap();
    assert_eq!(sink.lines(1), ["1", "2"]);
    assert_eq!(number(&mut conn, "SELECT count(*) FROM t").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn chosen_tables_come_alone_with_their_sequences() {
    let db = TestServer::shared().database("chosen").await;
    db.psql(
        r#"CREATE TABLE "a.b" (id serial PRIMARY KEY, n int DEFAULT 1); INSERT INTO "a.b" DEFAULT VALUES;
           CREATE TABLE ab (id serial, other int REFERENCES "a.b"); CREATE TABLE axb (x int); CREATE SEQUENCE s"#,
    )
    .await;
    let mut chosen = request(2);
    chosen.tables = vec!["\"a.b\"".to_owned()];
    let (contents, sink) = dump(db.url(), &chosen).await;
    assert!(!contents.complete);
    assert_eq!(contents.sections.len(), 2);
    assert_eq!(sink.lines(1), ["1\t1"]);
    let sequences = contents.properties["sequences"].as_array().unwrap();
    assert_eq!(sequences.len(), 1);
    assert_eq!(sequences[0]["owned_by"]["column"], "id");
    let key = &contents.foreign_keys[0];
    assert_eq!(
        (key.table.as_str(), key.foreign_table.as_str(), &key.foreign_columns[..]),
        ("ab", "a.b", &["id".to_owned()][..])
    );
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("schema");
    std::fs::write(&file, &sink.blobs.lock().unwrap()[&0]).unwrap();
    let list = std::process::Command::new(aitta_testing::pg::client_tool("pg_restore"))
        .arg("--list")
        .arg(&file)
        .output()
        .unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let tables: Vec<&str> = list.lines().filter(|l| l.contains(" TABLE ")).collect();
    assert_eq!(tables.len(), 1, "{list}");
    let oid = table(&contents, "public", "a.b").1.properties["oid"].as_u64().unwrap();
    assert!(tables[0].contains(&format!(" {oid} TABLE public a.b ")), "{list}");
}
