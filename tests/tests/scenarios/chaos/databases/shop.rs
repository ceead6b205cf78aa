//! The PostgreSQL database.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use aitta_testing::pg::{Options, TestServer};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::runtime::Runtime;

use super::Live;
use crate::chaos::random::Random;
use crate::chaos::state::State;

const NAME: &str = "shop";
const COPY: &str = "shop_copy";

const SCHEMA: &str = "
    CREATE TABLE customer (id bigserial PRIMARY KEY, name text NOT NULL UNIQUE, born date);
    CREATE TABLE booking (id bigserial PRIMARY KEY, customer bigint NOT NULL REFERENCES customer, note text NOT NULL,
        price numeric(10,2) NOT NULL CHECK (price >= 0));
    CREATE INDEX ON booking (customer);
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := NEW.note || '.'; RETURN NEW; END $$;
    CREATE TRIGGER touched BEFORE UPDATE ON booking FOR EACH ROW EXECUTE FUNCTION touch();
    CREATE TABLE event (at int NOT NULL, n int NOT NULL, words text, PRIMARY KEY (at, n)) PARTITION BY RANGE (at);
    CREATE TABLE event_p1 PARTITION OF event FOR VALUES FROM (0) TO (10);
    CREATE TABLE event_p2 PARTITION OF event FOR VALUES FROM (10) TO (20);
    CREATE TABLE event_p3 PARTITION OF event FOR VALUES FROM (20) TO (30);
    CREATE TABLE setting (name text PRIMARY KEY, value jsonb NOT NULL);
    CREATE VIEW spent AS SELECT customer, sum(price) AS price FROM booking GROUP BY 1;
    INSERT INTO customer (name, born) SELECT 'Asiakas ' || g, date '1990-01-01' + g FROM generate_series(1, 300) g;
    INSERT INTO booking (customer, note, price) SELECT 1 + g % 300, repeat(md5(g::text), 3), g FROM generate_series(1, 4000) g;
    INSERT INTO event SELECT g % 30, g, 'käynti ' || g FROM generate_series(1, 5000) g;
    SELECT lo_from_bytea(4711, 'nothing yet');
";

/// Comes and goes: it is dropped now and then, and made anew as it was.
const PAYMENT: &str = "
    CREATE TABLE payment (id bigserial PRIMARY KEY, booking bigint NOT NULL REFERENCES booking, line jsonb);
    CREATE INDEX ON payment (booking);
";

/// Columns, constraints, indexes and triggers of one table.
const MADE: &str = "
    SELECT coalesce(string_agg(line, E'\\n' ORDER BY line), '') FROM (
        SELECT format('%s %s %s %s', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
            pg_get_expr(d.adbin, d.adrelid)) AS line
        FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL SELECT format('%s %s %s', conname, pg_get_constraintdef(oid), convalidated)
        FROM pg_constraint WHERE conrelid = $1::oid
        UNION ALL SELECT format('%s %s', pg_get_indexdef(indexrelid), indisvalid) FROM pg_index WHERE indrelid = $1::oid
        UNION ALL SELECT format('%s %s', pg_get_triggerdef(oid), tgenabled)
        FROM pg_trigger WHERE tgrelid = $1::oid AND NOT tgisinternal
    ) lines";

pub(in crate::chaos) struct Shop {
    server: TestServer,
    runtime: Runtime,
    version: Cell<u64>,
    /// Of the database `postgres`, for questions about the others: a connection takes longer than an answer.
    admin: RefCell<PgConnection>,
}

impl Shop {
    /// On a server of its own: databases are counted, and sessions ended.
    pub(in crate::chaos) fn start() -> Self {
        let server = TestServer::start(&Options::default());
        let runtime = Runtime::new().unwrap();
        let admin = RefCell::new(runtime.block_on(server.admin()));
        let shop = Self { server, runtime, version: Cell::new(1), admin };
        shop.run("postgres", &format!("CREATE DATABASE {NAME} TEMPLATE template0"));
        shop.run(NAME, SCHEMA);
        shop.run(NAME, PAYMENT);
        shop
    }

    fn connect(&self, database: &str) -> PgConnection {
        let url = self.server.socket_url(database);
        let connected = self.runtime.block_on(PgConnection::connect(&url));
        connected.unwrap_or_else(|e| {
            panic!("the database {database} is not there: {e}\n{}", self.databases().join("\n"))
        })
    }

    /// Runs statements on a connection of this database.
    fn on<T>(&self, database: &str, work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>) -> T {
        let fail = |e: sqlx::Error| -> T { panic!("{database}: {e}") };
        if database == "postgres" {
            let mut admin = self.admin.borrow_mut();
            return self.runtime.block_on(work(&mut admin)).unwrap_or_else(fail);
        }
        let mut conn = self.connect(database);
        let done = self.runtime.block_on(work(&mut conn)).unwrap_or_else(fail);
        // The server counts a session until its client is gone.
        self.runtime.block_on(conn.close()).unwrap();
        done
    }

    fn run(&self, database: &str, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        self.on(database, async |conn| sqlx::raw_sql(sql).execute(conn).await.map(drop));
    }

    fn texts(&self, database: &str, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        self.on(database, async |conn| sqlx::query_scalar(sql).fetch_all(conn).await)
    }

    fn databases(&self) -> Vec<String> {
        self.texts("postgres", "SELECT datname::text FROM pg_database ORDER BY 1")
    }

    fn beside(&self, infix: &str) -> Vec<String> {
        self.databases().into_iter().filter(|name| name.contains(infix)).collect()
    }

    /// Everything that a schema of a database holds, of one moment.
    fn look(&self, database: &str, schema: &str) -> State {
        self.on(database, async |conn| look(conn, schema).await)
    }

    fn exists(&self, database: &str) -> bool {
        self.databases().iter().any(|name| name == database)
    }
}

async fn look(conn: &mut PgConnection, schema: &str) -> sqlx::Result<State> {
    let mut state = State::new();
    sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = ''")
        .execute(&mut *conn)
        .await?;
    let tables = "SELECT c.relname::text, c.oid::int8, c.relkind::text FROM pg_class c \
        WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p', 'v') ORDER BY 1";
    let tables: Vec<(String, i64, String)> =
        sqlx::query_as(tables).bind(schema).fetch_all(&mut *conn).await?;
    for (table, oid, kind) in tables {
        let made: String = sqlx::query_scalar(MADE).bind(oid).fetch_one(&mut *conn).await?;
        let mut digest = Vec::new();
        if kind != "p" {
            let rows = format!(
                "SELECT md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\"), '')) FROM {schema}.{table} t"
            );
            digest.push(sqlx::query_scalar::<_, String>(AssertSqlSafe(rows)).fetch_one(&mut *conn).await?);
        }
        state.extend(digest.into_iter().map(|digest| (format!("rows {table}"), digest)));
        state.insert(format!("made {table}"), made);
    }
    let sequences = "SELECT t.relname::text, s.oid::regclass::text FROM pg_class s \
        JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'a' \
        JOIN pg_class t ON t.oid = d.refobjid WHERE s.relkind = 'S' AND s.relnamespace = $1::regnamespace";
    let sequences: Vec<(String, String)> =
        sqlx::query_as(sequences).bind(schema).fetch_all(&mut *conn).await?;
    for (table, sequence) in sequences {
        let sql = format!("SELECT last_value::text FROM {sequence}");
        let position = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *conn).await?;
        state.insert(format!("sequence {table}"), position);
    }
    let objects = "SELECT coalesce(string_agg(oid || ' ' || md5(lo_get(oid)), ',' ORDER BY oid), '') \
        FROM pg_largeobject_metadata";
    let objects = sqlx::query_scalar(objects).fetch_one(&mut *conn).await?;
    state.insert("large objects".to_owned(), objects);
    sqlx::raw_sql("COMMIT").execute(&mut *conn).await?;
    Ok(state)
}

impl Live for Shop {
    fn profile(&self) -> &'static str {
        NAME
    }

    fn url(&self) -> String {
        self.server.url(NAME)
    }

    fn copy_url(&self) -> String {
        self.server.url(COPY)
    }

    fn choices(&self) -> &'static [&'static [&'static str]] {
        &[
            &["payment"],
            &["booking"],
            &["booking", "payment"],
            &["customer", "booking", "payment"],
            &["event"],
            &["setting", "event"],
        ]
    }

    fn change(&self, random: &mut Random) {
        let v = self.version.get() + 1;
        self.version.set(v);
        let mut sql = format!(
            "UPDATE booking SET note = repeat(md5(id || ' {v}'), 3) WHERE id % 3 = {v} % 3;
             UPDATE customer SET name = 'Asiakas ' || id || ' {v}' WHERE id % 9 = {v} % 9;
             SELECT setval('booking_id_seq', 4000 + {v}), setval('customer_id_seq', 300 + {v});
             DELETE FROM event WHERE n % 5 = {v} % 5;
             INSERT INTO event SELECT g % 30, g, 'käynti {v}' FROM generate_series(1, 5000) g WHERE g % 5 = ({v} + 2) % 5
                 ON CONFLICT DO NOTHING;
             INSERT INTO setting VALUES ('version', '{v}') ON CONFLICT (name) DO UPDATE SET value = excluded.value;
             SELECT lo_put(4711, 0, convert_to(repeat(md5('{v}'), 2000), 'UTF8'));"
        );
        let found = self.texts(NAME, "SELECT coalesce(to_regclass('payment')::text, '')");
        let has_payment = found[0] == "payment";
        if has_payment && random.once_in(5) {
            sql.push_str("DROP TABLE payment;");
        } else {
            if !has_payment {
                sql.push_str(PAYMENT);
            }
            sql.push_str(&format!(
                "DELETE FROM payment WHERE id % 7 = {v} % 7;
                 INSERT INTO payment (booking, line) SELECT 1 + (g * 7 + {v}) % 4000, jsonb_build_object('n', g, 'v', {v})
                     FROM generate_series(1, 150) g;"
            ));
        }
        self.run(NAME, &sql);
    }

    fn settle(&self) {
        // What has outlived its program and is at work in a database that is only in the making stays: the next run
        // has to cope with it.
        let busy = "SELECT format('%s in %s: %s', application_name, datname, query) FROM pg_stat_activity \
            WHERE application_name LIKE 'aitta%' AND datname NOT LIKE '%\\_\\_aitta\\_restoring\\_%'";
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let left = self.texts("postgres", busy);
            if left.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "sessions of a killed program go on for a minute: {left:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn state(&self) -> State {
        self.look(NAME, "public")
    }

    fn copy_state(&self) -> Option<State> {
        self.exists(COPY).then(|| self.look(COPY, "public"))
    }

    fn make_copy(&self) {
        self.run("postgres", &format!("CREATE DATABASE {COPY} TEMPLATE template0"));
    }

    fn drop_copy(&self) {
        // As DROP DATABASE … WITH (FORCE), for servers that don't know it.
        let end =
            format!("SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE datname = '{COPY}'");
        drop(self.texts("postgres", &end));
        self.run("postgres", &format!("DROP DATABASE IF EXISTS {COPY}"));
    }

    fn set_aside(&self) -> Vec<String> {
        self.beside("_before_restore_")
    }

    fn state_of(&self, set_aside: &str) -> State {
        self.look(set_aside, "public")
    }

    fn leftovers(&self) -> Vec<String> {
        self.beside("__aitta_restoring_")
    }

    fn schema_state(&self, schema: &str) -> Option<State> {
        let found =
            self.texts(NAME, &format!("SELECT nspname::text FROM pg_namespace WHERE nspname = '{schema}'"));
        (!found.is_empty()).then(|| self.look(NAME, schema))
    }

    fn drop_schema(&self, schema: &str) {
        self.run(NAME, &format!("DROP SCHEMA IF EXISTS {schema} CASCADE"));
    }
}
