//! The second, independent decoder: `docs/recover/aitta_recover.py` reads what Aitta wrote, and its
//! rows are the source's.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use aitta_testing::pg::TestServer;
use aitta_testing::{Aitta, KEY, OTHER_KEY};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, PgConnection, Row, SqliteConnection};

/// `cargo xtask test` makes an environment with the two packages and names its Python here.
fn python() -> OsString {
    std::env::var_os("AITTA_TEST_PYTHON").unwrap_or_else(|| {
        panic!("AITTA_TEST_PYTHON names no Python with cryptography and zstandard: run `cargo xtask test`")
    })
}

fn decode(archive: &Path, key: &str, args: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/recover/aitta_recover.py");
    Command::new(python())
        .arg(script)
        .arg(archive)
        .args(args)
        .env("BACKUP_ENCRYPTION_KEY", key)
        .output()
        .unwrap()
}

fn extract(aitta: &Aitta) -> PathBuf {
    let report = aitta.json(&["backup", "create"]);
    let id = report["archive"]["id"].as_str().unwrap();
    let archive = aitta.store_dir().join("backups").join(format!("{id}.backup"));
    let checked = decode(&archive, KEY, &["--check"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    assert!(!decode(&archive, OTHER_KEY, &["--check"]).status.success(), "another key opens nothing");
    let kit = aitta.home().join("kit.txt");
    let kit = kit.to_str().unwrap();
    let _exported = aitta.run(["key", "export-kit", kit, "--reason", "drill"]).success();
    let groups = std::fs::read_to_string(kit).unwrap();
    let is_group = |word: &&str| word.len() == 6 && word.as_bytes()[4] == b'-';
    let groups: Vec<&str> = groups.split_whitespace().filter(is_group).collect();
    let checked = decode(&archive, &groups.join(" "), &["--check"]);
    assert!(checked.status.success(), "from the kit: {}", String::from_utf8_lossy(&checked.stderr));
    let out = aitta.home().join("recovered");
    let extracted = decode(&archive, KEY, &["--extract", out.to_str().unwrap()]);
    assert!(extracted.status.success(), "{}", String::from_utf8_lossy(&extracted.stderr));
    // It is not encrypted any more, so nobody else may read it.
    let files = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path());
    for path in files.chain([out.clone()]) {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} has the mode {mode:o}", path.display());
    }

    let mut bytes = std::fs::read(&archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&archive, bytes).unwrap();
    assert!(!decode(&archive, KEY, &["--check"]).status.success(), "damage is found");
    out
}

fn lines(dir: &Path, table: &str) -> Vec<String> {
    let path = std::fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap().path())
        .find(|p| p.file_name().unwrap().to_str().unwrap().ends_with(&format!("{table}.tsv")))
        .unwrap_or_else(|| panic!("no file for {table}"));
    let mut lines: Vec<String> = std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn python_reads_the_rows_of_postgres() {
    let database = TestServer::shared().database("decoder").await;
    database
        .psql(
            "CREATE TABLE \"Asiakas\" (id int, nimi text, kuva bytea);
             INSERT INTO \"Asiakas\" SELECT g, CASE WHEN g % 3 = 0 THEN NULL ELSE E'rivi\\t' || g || E'\\n\\\\ä' END,
                decode(md5(g::text), 'hex') FROM generate_series(1, 40000) g",
        )
        .await;
    let aitta = Aitta::new().database(database.url());
    let dir = extract(&aitta);
    let mut conn = PgConnection::connect(database.url()).await.unwrap();
    // What COPY writes for a row, made by the server from the values.
    let escaped = r"replace(replace(replace(nimi, '\', '\\'), E'\t', '\t'), E'\n', '\n')";
    let sql = format!(
        r#"SELECT id || E'\t' || coalesce({escaped}, '\N') || E'\t' || '\\x' || encode(kuva, 'hex') FROM "Asiakas""#
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut conn).await.unwrap();
    let mut expected: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    expected.sort();
    assert_eq!(lines(&dir, "Asiakas"), expected);
}

#[tokio::test]
async fn python_reads_the_rows_of_sqlite() {
    let aitta = Aitta::new();
    let path = aitta.home().join("carwash.db");
    aitta_engine::sample::create(&path).await.unwrap();
    let url = format!("sqlite:{}", path.display());
    let aitta = aitta.database(&url);
    let dir = extract(&aitta);
    let mut conn = SqliteConnection::connect(&url).await.unwrap();
    let rows = sqlx::query("SELECT 't' || key || char(9) || 't' || value FROM Setting")
        .fetch_all(&mut conn)
        .await
        .unwrap();
    let mut expected: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    expected.sort();
    assert_eq!(lines(&dir, "Setting"), expected);
    let bookings: i64 =
        sqlx::query("SELECT count(*) FROM Booking").fetch_one(&mut conn).await.unwrap().get(0);
    assert_eq!(lines(&dir, "Booking").len(), usize::try_from(bookings).unwrap());
}

/// The digest of each table of an archive.
fn digests(aitta: &Aitta) -> Vec<(String, String)> {
    let report = aitta.json(&["backup", "create"]);
    let tables = report["tables"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    tables.iter().map(|table| (text(&table["name"]), text(&table["digest"]))).collect()
}

#[tokio::test]
async fn python_makes_the_sqlite_database_again() {
    for encoding in ["UTF-8", "UTF-16le", "UTF-16be"] {
        let aitta = Aitta::new();
        let path = aitta.home().join("old.db");
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
        let script = format!("PRAGMA encoding = '{encoding}'; {ODDITIES}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(script)).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
        let aitta = aitta.database(&format!("sqlite:{}", path.display()));
        let dir = extract(&aitta);
        let new = aitta.home().join("new.db");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/recover/load_sqlite.py");
        let output = Command::new(python()).arg(script).arg(&dir).arg(&new).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let old = digests(&aitta);
        assert_eq!(old.len(), 4);
        let aitta = aitta.database(&format!("sqlite:{}", new.display()));
        assert_eq!(digests(&aitta), old, "{encoding}");
    }
}

const ODDITIES: &str = r#"
    CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER, t TEXT, g AS (n * 2) STORED);
    INSERT INTO a(n, t) VALUES (1, 'x'), (CAST(x'00d8' AS TEXT), char(9) || 'ä' || char(10) || '\'),
        (-5, char(65534)), (1e300, char(128663)), (NULL, '');
    DELETE FROM a WHERE id = 1;
    CREATE TABLE b(x, y); INSERT INTO b VALUES (1.5, x'00ff'), (9e999, 'text');
    CREATE INDEX bi ON b(x); CREATE VIEW v AS SELECT * FROM b;
    CREATE TRIGGER tr AFTER INSERT ON b BEGIN DELETE FROM a; END;
    CREATE VIRTUAL TABLE f USING fts5(body); INSERT INTO f VALUES ('hei maailma');
    CREATE TABLE w(k TEXT PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO w VALUES ('a', NULL);
"#;
