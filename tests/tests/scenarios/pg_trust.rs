//! What the owner of a PostgreSQL database has written runs with a superuser's rights only when somebody trusts it.

use std::time::Duration;

use aitta_engine::Context;
use aitta_engine::readiness::readiness;
use aitta_model::{
    DatabaseUrl, ErrorCode, ReadinessCheck, ReadinessFact, ReadinessKind, RestoreRequest, Severity,
};
use aitta_testing::pg::{Options, TestServer};

use crate::pg::{Case, connect, everything, into, run, tables, texts};

/// A role that owns the database and its tables, and what `sql` makes as that role.
async fn owner(case: &Case, sql: &str) -> String {
    let role = format!("tenant_{}", case.database.name());
    let own = format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'pw'; ALTER DATABASE {} OWNER TO {role}; SET ROLE {role}; \
         CREATE SCHEMA app; {sql}",
        case.database.name()
    );
    run(case.database.url(), &own).await;
    role
}

/// As [`owner`], with a function that leaves its trace in the server's log.
async fn tenant(case: &Case, sql: &str) -> String {
    let evil = format!(
        "CREATE FUNCTION app.evil() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN \
         RAISE LOG 'tenant code ran in % as %', current_database(), current_user; RETURN true; END $$; {sql}"
    );
    owner(case, &evil).await
}

/// How often the function has run with a superuser's rights, in this database or one that was made of it.
fn runs(case: &Case) -> usize {
    let ran = format!("tenant code ran in {}", case.database.name());
    case.server.log().lines().filter(|line| line.contains(&ran) && line.contains(" as postgres")).count()
}

fn got_through(case: &Case) -> bool {
    runs(case) > 0
}

fn untrusted(request: RestoreRequest) -> RestoreRequest {
    RestoreRequest { trust_code: false, ..request }
}

/// What Readiness says of the code of others.
async fn foreign_code(context: &Context) -> ReadinessCheck {
    let found = readiness(context).await;
    found.checks.into_iter().find(|check| check.kind == ReadinessKind::ForeignCode).expect("it is looked at")
}

fn named(check: &ReadinessCheck) -> &[String] {
    let Some(ReadinessFact::Code { code, .. }) = &check.fact else { panic!("{check:?}") };
    code
}

/// By table: what makes it, and what is said of it.
const WRITTEN: [(&str, &str, &str); 12] = [
    ("checked", "CREATE TABLE app.checked (id int CHECK (app.evil()))", "check constraint \"checked_check\""),
    (
        "typed",
        "CREATE DOMAIN app.number AS int CHECK (app.evil()); CREATE TABLE app.typed (id app.number)",
        "domain app.number",
    ),
    (
        "nested",
        "CREATE DOMAIN app.inner_number AS int CHECK (app.evil()); CREATE TYPE app.pair AS (a app.inner_number[]); \
         CREATE TABLE app.nested (id int, p app.pair[])",
        "domain app.inner_number",
    ),
    (
        "computed",
        "CREATE TABLE app.computed (id int, g int GENERATED ALWAYS AS (CASE WHEN app.evil() THEN id END) STORED)",
        "generated column \"g\"",
    ),
    (
        "partial",
        "CREATE TABLE app.partial (id int PRIMARY KEY); CREATE INDEX parts ON app.partial (id) WHERE app.evil()",
        "index \"parts\"",
    ),
    (
        "expressed",
        "CREATE TABLE app.expressed (id int); CREATE INDEX exprs ON app.expressed ((CASE WHEN app.evil() THEN id END))",
        "index \"exprs\"",
    ),
    (
        "operated",
        "CREATE FUNCTION app.same(int, int) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN app.evil(); END'; \
         CREATE OPERATOR app.=== (FUNCTION = app.same, LEFTARG = int, RIGHTARG = int); \
         CREATE TABLE app.operated (id int, CONSTRAINT operated_check CHECK (id OPERATOR(app.===) id))",
        "check constraint \"operated_check\"",
    ),
    (
        "parted",
        "CREATE FUNCTION app.part(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM app.evil(); RETURN $1; END'; \
         CREATE TABLE app.parted (id int) PARTITION BY LIST (app.part(id)); \
         CREATE TABLE app.parted_1 PARTITION OF app.parted FOR VALUES IN (1)",
        "partition key app.parted",
    ),
    (
        "ranged",
        "CREATE FUNCTION app.apart(int, int) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM app.evil(); RETURN $1 - $2; END'; \
         CREATE TYPE app.span AS RANGE (SUBTYPE = int, SUBTYPE_DIFF = app.apart); \
         CREATE TABLE app.ranged (id int, s app.span); CREATE INDEX ON app.ranged USING gist (s)",
        "range type app.span",
    ),
    // Nothing of his own: what the server has is enough.
    (
        "files",
        "CREATE TABLE app.files (id int, CONSTRAINT files_check CHECK (id < 2 OR lo_export(lo_from_bytea(0, 'x'), '/tmp/aitta-tenant') = 1))",
        "check constraint \"files_check\"",
    ),
    (
        "queries",
        "CREATE TABLE app.queries (id int, CONSTRAINT queries_check CHECK (query_to_xml('SELECT 1', true, true, '') IS NOT NULL))",
        "check constraint \"queries_check\"",
    ),
    (
        "whole_tables",
        "CREATE TABLE app.whole_tables (id int, CONSTRAINT whole_check CHECK (id < 2 OR table_to_xml('pg_class', true, true, '') IS NULL))",
        "check constraint \"whole_check\"",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_would_run_as_a_superuser_is_named_and_waits_for_trust() {
    let case = Case::new("trust_all", "SELECT 1").await;
    let mut sql: Vec<String> = WRITTEN.iter().map(|(_, sql, _)| (*sql).to_owned()).collect();
    // The functions that write files are not his to call, so he has no rows under such a check.
    let filled = WRITTEN.iter().filter(|(table, _, _)| *table != "files");
    sql.extend(filled.map(|(table, _, _)| format!("INSERT INTO app.{table} (id) VALUES (1)")));
    tenant(&case, &sql.join("; ")).await;
    case.backup().await;
    let (before, name) = (case.dump(), case.database.name().to_owned());
    let asks = foreign_code(&case.context).await;
    assert!(
        asks.is_unmet() && named(&asks).iter().any(|code| code.contains("may change meanwhile")),
        "{asks:?}"
    );

    let new = case.server.url(&format!("{name}_new"));
    for request in [everything(), into(&new)] {
        let plan = case.plan(untrusted(request.clone())).await.unwrap();
        assert!(plan.is_blocked(), "{plan:?}");
        for (table, _, named) in WRITTEN {
            assert!(plan.code.iter().any(|code| code.contains(named)), "{table}: {:?}", plan.code);
        }
        let error = case.restore(untrusted(request)).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::CodeUntrusted, "{error}");
        assert!(error.hint().contains("--trust-code"), "{}", error.hint());
    }
    assert_eq!(case.databases_beside().await, std::slice::from_ref(&name), "nothing was made");
    for (table, _, named) in WRITTEN {
        let request = untrusted(tables(&[&format!("app.{table}")]));
        let plan = case.plan(request.clone()).await.unwrap();
        assert!(plan.is_blocked() && plan.code.iter().any(|code| code.contains(named)), "{table}: {plan:?}");
        let error = case.restore(request).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::CodeUntrusted, "{table}: {error}");
        assert!(error.to_string().contains(named), "{table}: {error}");
    }
    assert!(!got_through(&case), "nothing of it has run");
    assert_eq!(before, case.dump());

    let plan = case.plan(into(&new)).await.unwrap();
    assert!(!plan.is_blocked() && plan.code.len() >= WRITTEN.len(), "{plan:?}");
    case.restore(tables(&["app.checked", "app.typed"])).await.unwrap();
    assert!(got_through(&case), "trusted, it runs");
    run(&case.server.url("postgres"), &format!("DROP DATABASE IF EXISTS \"{name}_new\"")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_are_gone_are_not_made_again_with_what_they_would_run() {
    let case = Case::new("trust_gone", "SELECT 1").await;
    let role = tenant(
        &case,
        "CREATE TABLE app.gone (id int CHECK (app.evil())); INSERT INTO app.gone VALUES (1); \
         CREATE TYPE app.kind AS ENUM ('a'); CREATE TABLE app.kinds (k app.kind); INSERT INTO app.kinds VALUES ('a')",
    )
    .await;
    case.backup().await;
    // What was a type of no consequence when it was archived is a domain now.
    let change = "DROP TABLE app.gone, app.kinds; DROP TYPE app.kind; CREATE DOMAIN app.kind AS text CHECK (app.evil())";
    run(case.database.url(), &format!("SET ROLE {role}; {change}")).await;
    for table in ["app.gone", "app.kinds"] {
        let error = case.restore(untrusted(tables(&[table]))).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::CodeUntrusted, "{table}: {error}");
        let beside = RestoreRequest {
            to_schema: Some(format!("beside_{}", &table[4..])),
            ..untrusted(tables(&[table]))
        };
        let beside = case.restore(beside).await;
        match table {
            // Beside, only the columns are made, and no check.
            "app.gone" => drop(beside.unwrap()),
            _ => assert_eq!(beside.unwrap_err().code(), ErrorCode::CodeUntrusted),
        }
    }
    assert!(!got_through(&case));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checks_of_a_live_domain_can_change_at_any_moment_and_those_of_a_new_one_not() {
    let case = Case::new("trust_domain", "SELECT 1").await;
    owner(
        &case,
        "CREATE DOMAIN app.price AS numeric CHECK (VALUE >= 0); CREATE TABLE app.t (p app.price); INSERT INTO app.t VALUES (1)",
    )
    .await;
    case.backup().await;
    let error = case.restore(untrusted(tables(&["app.t"]))).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::CodeUntrusted, "{error}");
    assert!(error.to_string().contains("may change meanwhile"), "{error}");
    case.restore(untrusted(everything())).await.unwrap();
}

/// The tables and their schema are a superuser's; what they call is not.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_superusers_table_calls_of_somebody_else_runs_only_when_it_is_trusted() {
    let case = Case::new("trust_below", "SELECT 1").await;
    let role = tenant(&case, "CREATE DOMAIN app.theirs AS int CHECK (app.evil())").await;
    let mine = "RESET ROLE; CREATE SCHEMA mine; CREATE DOMAIN mine.d AS int CHECK (app.evil()); \
        CREATE DOMAIN mine.over AS mine.d; CREATE TYPE mine.pair AS (a int, b app.theirs); \
        CREATE FUNCTION mine.calls(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0'; \
        CREATE OPERATOR app.=== (FUNCTION = mine.calls, RIGHTARG = int); \
        CREATE TABLE mine.kept (a int CHECK (a > 0)); CREATE TABLE mine.domain (a app.theirs); \
        CREATE TABLE mine.own_domain (a mine.over); CREATE TABLE mine.composite (a mine.pair); \
        CREATE TABLE mine.row (a mine.own_domain); CREATE TABLE mine.array (a app.theirs[]); CREATE TABLE mine.checked (a int CHECK (app.evil())); \
        CREATE TABLE mine.defaults (a int, b boolean GENERATED ALWAYS AS (app.evil()) STORED); \
        CREATE TABLE mine.indexed (a int); CREATE INDEX ON mine.indexed (a) WHERE app.evil(); \
        CREATE TABLE mine.operator (a int CHECK (OPERATOR(app.===) a))";
    run(case.database.url(), mine).await;
    run(case.database.url(), &format!("ALTER OPERATOR app.=== (NONE, int) OWNER TO {role}")).await;
    // Making the index has run it.
    let before = runs(&case);
    case.backup().await;
    for table in
        ["domain", "own_domain", "composite", "row", "array", "checked", "defaults", "indexed", "operator"]
    {
        let request = untrusted(tables(&[&format!("mine.{table}")]));
        let plan = case.plan(request.clone()).await.unwrap();
        assert!(plan.is_blocked() && plan.code.iter().any(|code| code.contains(&role)), "{table}: {plan:?}");
        let error = case.restore(request).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::CodeUntrusted, "{table}: {error}");
    }
    for table in ["domain", "own_domain", "composite", "row", "array"] {
        let beside = RestoreRequest {
            to_schema: Some("beside".to_owned()),
            ..untrusted(tables(&[&format!("mine.{table}")]))
        };
        let error = case.restore(beside).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::CodeUntrusted, "{table} beside: {error}");
    }
    case.restore(untrusted(tables(&["mine.kept"]))).await.unwrap();
    assert_eq!(runs(&case), before);
}

/// Whoever owns a schema can put another type in the place of one.
#[tokio::test(flavor = "multi_thread")]
async fn a_superusers_type_in_the_schema_of_somebody_else_is_asked_about() {
    let case = Case::new("trust_schema", "SELECT 1").await;
    tenant(&case, "SELECT 1").await;
    let mine = "CREATE TYPE app.kind AS ENUM ('a'); CREATE SCHEMA mine; CREATE TABLE mine.t (k app.kind); \
        INSERT INTO mine.t VALUES ('a')";
    run(case.database.url(), mine).await;
    case.backup().await;
    let beside = RestoreRequest { to_schema: Some("beside".to_owned()), ..untrusted(tables(&["mine.t"])) };
    assert_eq!(case.restore(beside).await.unwrap_err().code(), ErrorCode::CodeUntrusted);
    // The columns of a live table hold their types.
    case.restore(untrusted(tables(&["mine.t"]))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_computes_needs_no_trust() {
    let case = Case::new("trust_plain", "CREATE EXTENSION citext; CREATE EXTENSION pg_trgm").await;
    owner(
        &case,
        "CREATE TABLE app.t (id serial PRIMARY KEY, mail public.citext, day date DEFAULT now(), price numeric(8, 2), name text, \
            CHECK (price > 0 AND price < 1e6), CHECK (name <> '' AND length(name) < 100), \
            CHECK (day < '2100-01-01'), CHECK (mail::text LIKE '%@%'), CHECK (day <= now() + interval '1 year'), \
            total numeric GENERATED ALWAYS AS (round(price * 1.255, 2)) STORED, \
            words tsvector GENERATED ALWAYS AS (to_tsvector('simple', coalesce(name, ''))) STORED); \
         CREATE UNIQUE INDEX ON app.t (lower(name)) WHERE price > 1; CREATE INDEX ON app.t USING gin (name public.gin_trgm_ops); \
         CREATE INDEX ON app.t (mail) WHERE mail = 'a@b'; \
         CREATE TABLE app.of_day (id int REFERENCES app.t, d timestamptz, CHECK (date_trunc('day', d) = d)) PARTITION BY RANGE (d); \
         CREATE TABLE app.of_day_1 PARTITION OF app.of_day DEFAULT; \
         ALTER TABLE app.t ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON app.t USING (pg_sleep(0) IS NOT NULL); \
         CREATE VIEW app.seen AS SELECT query_to_xml('SELECT 1', true, true, ''); \
         CREATE MATERIALIZED VIEW app.kept AS SELECT query_to_xml('SELECT 1', true, true, '')::text; \
         INSERT INTO app.t (mail, price, name) VALUES ('a@b', 2, 'x')",
    )
    .await;
    case.backup().await;
    let plan = case.plan(untrusted(everything())).await.unwrap();
    assert!(plan.code.is_empty() && !plan.is_blocked(), "{plan:?}");
    case.restore(untrusted(everything())).await.unwrap();
    let beside =
        RestoreRequest { to_schema: Some("beside".to_owned()), ..untrusted(tables(&["app.of_day"])) };
    case.restore(beside).await.unwrap();
    // Filled as whoever is then its owner.
    let plan = case.plan(RestoreRequest { no_owner: true, ..untrusted(everything()) }).await.unwrap();
    assert!(plan.code.iter().any(|code| code.contains("materialized view app.kept")), "{plan:?}");
    // Tables that are there stay open to their owner.
    assert!(foreign_code(&case.context).await.is_unmet());
    let plan = case.plan(untrusted(tables(&["app.t"]))).await.unwrap();
    assert!(plan.is_blocked(), "{plan:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_superuser_of_the_same_server_has_written_needs_no_trust_elsewhere_it_does() {
    let case = Case::new(
        "trust_same",
        "CREATE FUNCTION ok(int) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN true; END'; \
         CREATE TABLE t (id int CHECK (ok(id))); INSERT INTO t VALUES (1)",
    )
    .await;
    case.backup().await;
    let check = foreign_code(&case.context).await;
    assert!(check.is_ready() && named(&check).is_empty(), "{check:?}");
    case.restore(untrusted(everything())).await.unwrap();
    case.restore(untrusted(tables(&["t"]))).await.unwrap();
    let other = TestServer::start(&Options::default());
    let error = case.restore(untrusted(into(&other.url("other")))).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::CodeUntrusted, "{error}");
    assert!(error.to_string().contains("which is not this server"), "{error}");
    case.restore(into(&other.url("other"))).await.unwrap();
}

/// A materialized view of a superuser in the database of somebody else, whose tables it reads, is filled as a superuser.
#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_a_superuser_fills_is_called_ready_only_where_a_restore_does_not_ask() {
    let case = Case::new(
        "trust_view",
        "CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE MATERIALIZED VIEW v AS SELECT id FROM t",
    )
    .await;
    case.backup().await;
    assert!(foreign_code(&case.context).await.is_ready());
    case.restore(untrusted(everything())).await.unwrap();
    // From now on a part of the database is somebody else's.
    let role = owner(&case, "SELECT 1").await;
    case.backup().await;
    let asks = foreign_code(&case.context).await;
    assert!(
        asks.is_unmet() && named(&asks).iter().any(|code| code.contains("materialized view")),
        "{asks:?}"
    );
    let error = case.restore(untrusted(everything())).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::CodeUntrusted, "{error}");
    // The owner has no rights that somebody could borrow.
    let url = DatabaseUrl::new(case.server.url_as(&role, "pw", case.database.name()));
    let mut profile = case.context.profile.as_ref().clone();
    profile.database_url = Some(url);
    let context = Context { profile: std::sync::Arc::new(profile), ..case.context.clone() };
    let check = foreign_code(&context).await;
    assert!(check.is_ready() && !named(&check).is_empty(), "{check:?}");
}

/// Ways on which no function is named: casts that are chosen when they are needed.
#[tokio::test(flavor = "multi_thread")]
async fn casts_run_only_when_they_are_trusted() {
    let case = Case::new("trust_casts", "SELECT 1").await;
    tenant(
        &case,
        "CREATE TYPE app.e AS ENUM ('x'); CREATE FUNCTION app.e2j(app.e) RETURNS json LANGUAGE plpgsql IMMUTABLE AS \
            'BEGIN PERFORM app.evil(); RETURN ''1''; END'; CREATE CAST (app.e AS json) WITH FUNCTION app.e2j(app.e); \
         CREATE FUNCTION app.e2t(app.e) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM app.evil(); RETURN ''x''; END'; \
         CREATE CAST (app.e AS text) WITH FUNCTION app.e2t(app.e); \
         CREATE FUNCTION app.e2i(app.e) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM app.evil(); RETURN 1; END'; \
         CREATE CAST (app.e AS int) WITH FUNCTION app.e2i(app.e) AS IMPLICIT; \
         CREATE TABLE app.j (a app.e CHECK (to_jsonb(a) IS NOT NULL)); INSERT INTO app.j VALUES ('x'); \
         CREATE TABLE app.c (a app.e CHECK (textanycat('z', a) IS NOT NULL)); INSERT INTO app.c VALUES ('x'); \
         CREATE TABLE app.p (a int PRIMARY KEY); INSERT INTO app.p VALUES (1); \
         CREATE TABLE app.k (a app.e REFERENCES app.p); INSERT INTO app.k VALUES ('x')",
    )
    .await;
    case.backup().await;
    let new = case.server.url(&format!("{}_new", case.database.name()));
    for request in [everything(), into(&new), tables(&["app.j"]), tables(&["app.c"]), tables(&["app.k"])] {
        let plan = case.plan(untrusted(request.clone())).await.unwrap();
        assert!(plan.is_blocked() && !plan.code.is_empty(), "{plan:?}");
        let error = case.restore(untrusted(request)).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::CodeUntrusted, "{error}");
    }
    assert!(!got_through(&case));
}

/// A role that the database sets is not the user, and a function may leave it.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_the_database_sets_makes_nobody_harmless() {
    let case = Case::new("trust_role", "SELECT 1").await;
    let role = tenant(
        &case,
        // Building an index allows no change of the role, so only in sessions of a backup or restore.
        "CREATE FUNCTION app.esc(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS \
            'BEGIN IF current_setting(''application_name'') = ''aitta'' THEN PERFORM set_config(''role'', ''none'', true); END IF; \
             RETURN app.evil(); END'; \
         CREATE DOMAIN app.d AS text CHECK (app.esc(VALUE)); CREATE TABLE app.t (a app.d, b text); \
         INSERT INTO app.t SELECT 'x', repeat('x', 1000) FROM generate_series(1, 100000); \
         CREATE INDEX ON app.t (b) WHERE app.esc('x')",
    )
    .await;
    let set = format!("ALTER DATABASE {} SET role = '{role}'", case.database.name());
    run(case.database.url(), &set).await;
    case.backup().await;
    assert!(!got_through(&case), "the backup");
    let beside = RestoreRequest { to_schema: Some("beside".to_owned()), ..untrusted(tables(&["app.t"])) };
    for request in [beside, untrusted(tables(&["app.t"])), untrusted(everything())] {
        let plan = case.plan(request.clone()).await.unwrap();
        assert!(plan.is_blocked(), "{plan:?}");
        assert_eq!(case.restore(request).await.unwrap_err().code(), ErrorCode::CodeUntrusted);
    }
    assert!(!got_through(&case));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_become_a_superuser_is_asked_like_one() {
    let case = Case::new("trust_member", "SELECT 1").await;
    let role =
        tenant(&case, "CREATE TABLE app.t (id int CHECK (app.evil())); INSERT INTO app.t VALUES (1)").await;
    case.backup().await;
    let name = case.database.name();
    for (i, group) in
        ["postgres", "pg_execute_server_program", "pg_read_server_files"].into_iter().enumerate()
    {
        let member = format!("member_{i}_{name}");
        let make = format!(
            "CREATE ROLE {member} LOGIN PASSWORD 'pw' CREATEDB NOINHERIT; GRANT {group}, {role} TO {member}"
        );
        run(&case.server.url("postgres"), &make).await;
        let new = case.server.url_as(&member, "pw", &format!("{name}_new"));
        let error = case.restore(untrusted(into(&new))).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::CodeUntrusted, "{group}: {error}");
        assert!(error.to_string().contains(group), "{error}");
    }
}

/// An empty database that is there is open to its owner while it is filled.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_somebody_else_is_filled_only_when_he_is_trusted() {
    let case = Case::new("trust_fill", "CREATE TABLE t (a int); INSERT INTO t VALUES (1)").await;
    case.backup().await;
    let empty = case.server.database("trust_filled").await;
    let role = format!("filled_{}", case.database.name());
    run(
        &case.server.url("postgres"),
        &format!("CREATE ROLE {role}; ALTER DATABASE {} OWNER TO {role}", empty.name()),
    )
    .await;
    let error = case.restore(untrusted(into(empty.url()))).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::CodeUntrusted, "{error}");
    assert!(error.to_string().contains(&role), "{error}");
    case.restore(into(empty.url())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_gets_into_a_database_before_it_is_proven() {
    let case = Case::new("trust_alone", "SELECT 1").await;
    let role = owner(
        &case,
        "CREATE TABLE app.t (id int, x text); INSERT INTO app.t SELECT g, repeat(md5(g::text), 8) FROM generate_series(1, 100000) g",
    )
    .await;
    case.backup().await;
    let name = case.database.name().to_owned();
    let intrude = async {
        let mut tries = 0;
        loop {
            let find =
                format!("SELECT datname::text FROM pg_database WHERE datname LIKE '{name}\\_\\_aitta%'");
            let made = texts(&case.server.url("postgres"), &find).await;
            let Some(made) = made.first() else {
                if tries > 0 {
                    return tries;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
                continue;
            };
            let options: sqlx::postgres::PgConnectOptions =
                case.server.url_as(&role, "pw", made).parse().unwrap();
            match sqlx::ConnectOptions::connect(&options).await {
                Ok(mut conn) => {
                    // It is proven and his again, and has only its name to get; this session is then ended.
                    let rows =
                        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM app.t").fetch_one(&mut conn).await;
                    assert!(rows.is_err() || matches!(rows, Ok(100_000)), "{rows:?}");
                }
                Err(error) => {
                    let refused = ["permission denied", "not currently accepting", "does not exist"];
                    assert!(refused.iter().any(|r| error.to_string().contains(r)), "{error}");
                    tries += 1;
                }
            }
        }
    };
    let (restored, tries) = tokio::join!(case.restore(untrusted(everything())), intrude);
    restored.unwrap();
    assert!(tries > 3, "{tries}");
    drop(connect(&case.server.url_as(&role, "pw", &name)).await);
    // Everybody may connect again, as to every database.
    let other = format!("other_{name}");
    run(&case.server.url("postgres"), &format!("CREATE ROLE {other} LOGIN PASSWORD 'pw'")).await;
    drop(connect(&case.server.url_as(&other, "pw", &name)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_is_no_superuser_is_told_whose_code_runs_with_his_rights() {
    let case = Case::new("trust_poor", "SELECT 1").await;
    let role =
        tenant(&case, "CREATE TABLE app.t (id int CHECK (app.evil())); INSERT INTO app.t VALUES (1)").await;
    case.backup().await;
    let name = case.database.name();
    let (restorer, new) = (format!("restorer_{name}"), format!("{name}_new"));
    let make = format!("CREATE ROLE {restorer} LOGIN PASSWORD 'pw' CREATEDB; GRANT {role} TO {restorer}");
    run(&case.server.url("postgres"), &make).await;
    let request = RestoreRequest {
        to: Some(DatabaseUrl::new(case.server.url_as(&restorer, "pw", &new))),
        ..untrusted(everything())
    };
    let plan = case.plan(request.clone()).await.unwrap();
    let told = plan.findings.iter().find(|f| f.message.contains("check constraint")).expect("a remark");
    assert!(told.severity == Severity::Info && told.message.contains(&restorer), "{told:?}");
    assert!(plan.code.is_empty());
    case.restore(request).await.unwrap();
    assert!(!got_through(&case));
    run(&case.server.url("postgres"), &format!("DROP DATABASE \"{new}\"")).await;
}
