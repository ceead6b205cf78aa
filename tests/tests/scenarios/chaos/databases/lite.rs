//! The SQLite database.

use std::cell::Cell;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use tokio::runtime::Runtime;

use super::Live;
use crate::chaos::random::Random;
use crate::chaos::state::State;

const NAME: &str = "lite";

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    CREATE TABLE customer (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);
    CREATE TABLE booking (id INTEGER PRIMARY KEY AUTOINCREMENT, customer INTEGER NOT NULL REFERENCES customer,
        note TEXT NOT NULL, price REAL NOT NULL CHECK (price >= 0));
    CREATE INDEX booking_customer ON booking (customer);
    CREATE TABLE event (at INTEGER NOT NULL, n INTEGER NOT NULL, words BLOB, PRIMARY KEY (at, n)) WITHOUT ROWID;
    CREATE TABLE setting (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
    WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < 300)
        INSERT INTO customer (name) SELECT 'Asiakas ' || n FROM g;
    WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < 4000)
        INSERT INTO booking (customer, note, price) SELECT 1 + n % 300, hex(zeroblob(20)) || n, n / 3.0 FROM g;
    WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < 4000)
        INSERT INTO event SELECT n % 30, n, CAST('käynti ' || n AS BLOB) FROM g;
";

/// Comes and goes, as in the other database.
const PAYMENT: &str = "CREATE TABLE payment (id INTEGER PRIMARY KEY AUTOINCREMENT, booking INTEGER NOT NULL \
    REFERENCES booking, line TEXT); CREATE INDEX payment_booking ON payment (booking);";

pub(in crate::chaos) struct Lite {
    path: PathBuf,
    runtime: Runtime,
    version: Cell<u64>,
}

impl Lite {
    pub(in crate::chaos) fn create(folder: &Path) -> Self {
        let path = folder.join("lite.db");
        fs::write(&path, b"").unwrap();
        let lite = Self { path, runtime: Runtime::new().unwrap(), version: Cell::new(1) };
        lite.run(&lite.path, SCHEMA);
        lite.run(&lite.path, PAYMENT);
        lite
    }

    fn copy(&self) -> PathBuf {
        self.path.with_file_name("lite-copy.db")
    }

    fn connect(&self, path: &Path) -> SqliteConnection {
        let connected = self.runtime.block_on(SqliteConnectOptions::new().filename(path).connect());
        connected.unwrap_or_else(|e| panic!("{} can't be opened: {e}", path.display()))
    }

    fn run(&self, path: &Path, sql: &str) {
        let mut conn = self.connect(path);
        let ran = self.runtime.block_on(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut conn));
        ran.unwrap_or_else(|e| panic!("{}: {e}\n{sql}", path.display()));
        self.runtime.block_on(conn.close()).unwrap();
    }

    fn look(&self, path: &Path) -> State {
        let mut conn = self.connect(path);
        let state = self.runtime.block_on(look(&mut conn));
        let state = state.unwrap_or_else(|e| panic!("{} can't be read: {e}", path.display()));
        self.runtime.block_on(conn.close()).unwrap();
        state
    }

    /// Files beside it whose names go on like this.
    fn beside(&self, infix: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains(infix))
            .collect();
        names.sort();
        names
    }
}

async fn look(conn: &mut SqliteConnection) -> sqlx::Result<State> {
    let check: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut *conn).await?;
    assert_eq!(check, "ok");
    sqlx::raw_sql("BEGIN").execute(&mut *conn).await?;
    let mut state = State::new();
    let tables = "SELECT name, coalesce((SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_schema \
        WHERE tbl_name = t.name ORDER BY sql)), '') FROM sqlite_schema t WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let tables: Vec<(String, String)> = sqlx::query_as(tables).fetch_all(&mut *conn).await?;
    for (table, made) in tables {
        let columns = format!(
            "SELECT group_concat('quote(\"' || name || '\")', '||''|''||') FROM pragma_table_info('{table}')"
        );
        let columns: String = sqlx::query_scalar(AssertSqlSafe(columns)).fetch_one(&mut *conn).await?;
        let rows = format!("SELECT {columns} FROM {table} ORDER BY 1");
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&mut *conn).await?;
        let mut hasher = DefaultHasher::new();
        rows.hash(&mut hasher);
        state.insert(format!("rows {table}"), format!("{} rows, {:016x}", rows.len(), hasher.finish()));
        state.insert(format!("made {table}"), made);
    }
    let sequences: Vec<(String, i64)> =
        sqlx::query_as("SELECT name, seq FROM sqlite_sequence").fetch_all(&mut *conn).await?;
    state.extend(sequences.into_iter().map(|(table, at)| (format!("sequence {table}"), at.to_string())));
    sqlx::raw_sql("COMMIT").execute(&mut *conn).await?;
    Ok(state)
}

impl Live for Lite {
    fn profile(&self) -> &'static str {
        NAME
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.path.display())
    }

    fn copy_url(&self) -> String {
        format!("sqlite:{}", self.copy().display())
    }

    fn choices(&self) -> &'static [&'static [&'static str]] {
        &[
            &["payment"],
            &["booking"],
            &["booking", "payment"],
            &["customer", "booking", "payment"],
            &["event", "setting"],
        ]
    }

    fn change(&self, random: &mut Random) {
        let v = self.version.get() + 1;
        self.version.set(v);
        let mut sql = format!(
            "BEGIN IMMEDIATE;
             UPDATE booking SET note = id || ' in version {v}' WHERE id % 3 = {v} % 3;
             UPDATE customer SET name = 'Asiakas ' || id || ' {v}' WHERE id % 9 = {v} % 9;
             UPDATE sqlite_sequence SET seq = 4000 + {v} WHERE name = 'booking';
             DELETE FROM event WHERE n % 5 = {v} % 5;
             INSERT OR IGNORE INTO event SELECT id % 30, id, CAST('käynti {v}' AS BLOB) FROM booking WHERE id % 5 = ({v} + 2) % 5;
             INSERT OR REPLACE INTO setting VALUES ('version', {v});"
        );
        let has_payment = self.state().contains_key("made payment");
        if has_payment && random.once_in(5) {
            sql.push_str("DROP TABLE payment;");
        } else {
            if !has_payment {
                sql.push_str(PAYMENT);
            }
            sql.push_str(&format!(
                "DELETE FROM payment WHERE id % 7 = {v} % 7;
                 INSERT INTO payment (booking, line) SELECT id, 'line {v}' FROM booking WHERE id % 40 = {v} % 40;"
            ));
        }
        sql.push_str("COMMIT;");
        self.run(&self.path, &sql);
    }

    /// A file is written by the killed process alone.
    fn settle(&self) {}

    fn state(&self) -> State {
        assert!(self.path.is_file(), "{} is gone: {:?}", self.path.display(), self.beside("lite.db"));
        self.look(&self.path)
    }

    fn copy_state(&self) -> Option<State> {
        let copy = self.copy();
        // An empty file is an empty database, which has no table of sequences.
        let size = fs::metadata(&copy).ok()?.len();
        Some(if size == 0 { State::new() } else { self.look(&copy) })
    }

    fn make_copy(&self) {
        fs::write(self.copy(), b"").unwrap();
    }

    fn drop_copy(&self) {
        for side in ["", "-wal", "-shm", "-journal"] {
            let mut name = self.copy().into_os_string();
            name.push(side);
            drop(fs::remove_file(name));
        }
    }

    fn set_aside(&self) -> Vec<String> {
        let inode = |path: &Path| fs::metadata(path).map(|meta| meta.ino()).ok();
        let live = inode(&self.path);
        let is_database =
            |name: &String| !["-wal", "-shm", "-journal"].iter().any(|side| name.ends_with(side));
        let all = self.beside("lite.db.before-restore-").into_iter().filter(is_database);
        // A second name of the live file is nothing yet; the next run takes it away.
        all.filter(|name| inode(&self.path.with_file_name(name)) != live).collect()
    }

    fn state_of(&self, set_aside: &str) -> State {
        self.look(&self.path.with_file_name(set_aside))
    }

    fn leftovers(&self) -> Vec<String> {
        self.beside(".aitta-restoring-")
    }

    fn schema_state(&self, _: &str) -> Option<State> {
        None
    }

    fn drop_schema(&self, _: &str) {}
}
