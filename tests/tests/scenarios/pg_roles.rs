//! The roles that the documents and `aitta config check --roles` describe: what they can do, and what they can't.

use std::sync::Arc;

use aitta_engine::Context;
use aitta_engine::config::Profile;
use aitta_model::{
    BackupRequest, DatabaseUrl, ErrorCode, Finding, RestoreMode, RestoreRequest, SourceRights,
};

use aitta_testing::pg::{Options, TestServer};

use crate::pg::{Case, assert_same, everything, into, run, tables, texts};

/// What a booking system has, owned by a role without rights, with row security that binds the owner as well.
const SHOP: &str = "CREATE TABLE customer (id serial PRIMARY KEY, name text NOT NULL, tenant int); \
    CREATE TABLE booking (id serial PRIMARY KEY, customer int REFERENCES customer, at timestamptz DEFAULT now()); \
    ALTER TABLE customer ENABLE ROW LEVEL SECURITY; ALTER TABLE customer FORCE ROW LEVEL SECURITY; \
    CREATE POLICY own ON customer USING (tenant = 1) WITH CHECK (true); \
    CREATE FUNCTION changed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''a trigger fired''; END'; \
    CREATE SCHEMA extra; CREATE TABLE extra.kept (at date, x text) PARTITION BY RANGE (at); \
    CREATE TABLE extra.kept_1 PARTITION OF extra.kept FOR VALUES FROM ('2026-01-01') TO ('2027-01-01'); \
    INSERT INTO customer (name, tenant) SELECT 'n' || g, g % 3 FROM generate_series(1, 900) g; \
    INSERT INTO booking (customer) SELECT g FROM generate_series(1, 900) g; \
    INSERT INTO extra.kept VALUES ('2026-05-05', 'x'); \
    CREATE TRIGGER stop BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON booking EXECUTE FUNCTION changed(); \
    CREATE MATERIALIZED VIEW per_customer AS SELECT customer, count(*) FROM booking GROUP BY 1; \
    SELECT lo_from_bytea(770001, 'a picture'); COMMENT ON TABLE booking IS 'of all'; \
    CREATE TABLE extra.loose (id int); INSERT INTO extra.loose VALUES (1); GRANT SELECT ON customer TO PUBLIC";

struct Roles {
    case: Case,
    owner: String,
    rights: SourceRights,
}

impl Roles {
    /// A database of an owner, with the two roles made by the SQL that is printed for it.
    async fn new(label: &str) -> Self {
        let case = Case::new(label, "SELECT 1").await;
        let (name, admin) = (case.database.name().to_owned(), case.server.url("postgres"));
        let owner = format!("owner_{name}");
        let second = format!("second_{name}");
        run(
            &admin,
            &format!("CREATE ROLE {owner}; CREATE ROLE {second}; ALTER DATABASE {name} OWNER TO {owner}"),
        )
        .await;
        let give = format!(
            "GRANT CREATE ON SCHEMA public TO {owner}; SET ROLE {owner}; {SHOP}; GRANT CREATE, USAGE ON SCHEMA extra TO {second}; \
             RESET ROLE; ALTER TABLE extra.loose OWNER TO {second}"
        );
        run(case.database.url(), &give).await;
        let rights = case.context.source().unwrap().rights().await.unwrap().unwrap();
        let mut this = Self { case, owner, rights };
        let sql = [this.rights.backup.clone(), this.rights.restore.clone()].concat();
        run(this.case.database.url(), &this.named(&sql)).await;
        let passwords = "ALTER ROLE aitta_backup PASSWORD 'pw'; ALTER ROLE aitta_restore PASSWORD 'pw'";
        run(&admin, &this.named(passwords)).await;
        this.set(&this.url("aitta_backup", &name));
        this
    }

    /// The roles belong to the server, which tests share.
    fn named(&self, text: &str) -> String {
        let name = self.case.database.name();
        text.replace("aitta_backup", &format!("b_{name}")).replace("aitta_restore", &format!("r_{name}"))
    }

    fn url(&self, role: &str, database: &str) -> String {
        self.case.server.url_as(&self.named(role), "pw", database)
    }

    fn set(&mut self, url: &str) {
        let database_url = Some(DatabaseUrl::new(url));
        let profile = Profile { database_url, ..(*self.case.context.profile).clone() };
        self.case.context.profile = Arc::new(profile);
    }

    fn untrusted(&self) -> RestoreRequest {
        RestoreRequest { trust_code: false, ..everything() }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_roles_back_up_and_restore_and_need_no_more() {
    let mut roles = Roles::new("roles").await;
    let (name, admin) = (roles.case.database.name().to_owned(), roles.case.server.url("postgres"));
    // What it can't do on servers before 15 is said beforehand and afterwards: there the schema public is a superuser's.
    let old = roles.case.server.major() < 15;
    let all_but_that = |dump: String| {
        let lines = dump.lines().filter(|l| !old || !l.contains("SCHEMA public"));
        lines.filter(|l| !old || !l.trim_matches('-').trim().is_empty()).collect::<Vec<_>>().join("\n")
    };
    let told = |findings: &[Finding]| findings.iter().any(|f| f.message.contains("schema public"));
    let before = all_but_that(roles.case.dump());

    let source = roles.case.context.source().unwrap().rights().await.unwrap().unwrap();
    assert_eq!(source.more, [] as [&str; 0], "{}", source.user);
    let report =
        aitta_engine::backup::create(&roles.case.context, BackupRequest::default(), &aitta_engine::Silent)
            .await
            .unwrap();
    assert_eq!(report.archive.rows, Some(900 + 900 + 1 + 1), "row security hides nothing");
    // It can change nothing.
    for sql in ["DELETE FROM booking", "CREATE TABLE more (a int)", "SELECT setval('booking_id_seq', 1)"] {
        let mut conn = crate::pg::connect(&roles.url("aitta_backup", &name)).await;
        let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut conn).await;
        assert!(roles.case.server.major() < 15 && sql.starts_with("CREATE") || refused.is_err(), "{sql}");
    }

    // The whole database, in the place of the live one.
    run(
        roles.case.database.url(),
        "ALTER TABLE booking DISABLE TRIGGER stop; DELETE FROM booking; DROP TABLE extra.loose",
    )
    .await;
    roles.set(&roles.url("aitta_restore", &name));
    let source = roles.case.context.source().unwrap().rights().await.unwrap().unwrap();
    // Its name is another one here, so what only a restore needs is told.
    assert_eq!(source.more.len(), 2, "{:?}", source.more);
    assert!(
        source.more.iter().all(|more| more.ends_with(", which only a restore needs")),
        "{:?}",
        source.more
    );
    let plan = roles.case.plan(roles.untrusted()).await.unwrap();
    assert!(!plan.is_blocked() && told(&plan.findings) == old, "{plan:?}");
    let report = roles.case.restore(roles.untrusted()).await.unwrap();
    assert_eq!(told(&report.findings), old, "{report:?}");
    assert!(matches!(report.mode, RestoreMode::Swap { .. }), "{report:?}");
    assert_same(&before, &all_but_that(roles.case.dump()));
    let owner = format!("SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = '{name}'");
    assert_eq!(texts(&admin, &owner).await, [roles.owner.clone()]);

    // And into a new one.
    let new = format!("{name}_new");
    let request = RestoreRequest { trust_code: false, ..into(&roles.url("aitta_restore", &new)) };
    roles.case.restore(request).await.unwrap();
    assert_same(&before, &all_but_that(aitta_testing::pg::pg_dump_text(&roles.case.server.url(&new), &[])));
    run(&admin, &format!("DROP DATABASE {new}")).await;

    // Two tables, row security and a trigger included.
    run(
        roles.case.database.url(),
        "ALTER TABLE booking DISABLE TRIGGER stop; UPDATE customer SET name = ''; DELETE FROM booking; \
        ALTER TABLE booking ENABLE TRIGGER stop",
    )
    .await;
    let two = RestoreRequest { trust_code: false, ..tables(&["customer", "booking"]) };
    let plan = roles.case.plan(two.clone()).await.unwrap();
    if roles.case.server.major() >= 15 {
        assert!(!plan.is_blocked(), "{plan:?}");
        roles.case.restore(two.clone()).await.unwrap();
        assert_same(&before, &all_but_that(roles.case.dump()));
    } else {
        // What it can't do is said beforehand, by the roles, the plan and the restore.
        assert!(roles.rights.restore_lacks.iter().any(|l| l.contains("--to-schema")), "{:?}", roles.rights);
        assert!(plan.is_blocked(), "{plan:?}");
        let error = roles.case.restore(two.clone()).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::SourceDenied, "{error}");
        assert!(error.hint().contains("--to-schema"), "{}", error.hint());
    }
    let beside = RestoreRequest { to_schema: Some("beside".to_owned()), ..two };
    roles.case.restore(beside).await.unwrap();
    let counts =
        "SELECT (SELECT count(*) FROM beside.customer)::text || ' ' || (SELECT count(*) FROM beside.booking)";
    assert_eq!(texts(roles.case.database.url(), counts).await, ["900 900"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_role_has_too_much_or_can_not_do_is_said() {
    let case = Case::new("roles_more", "SELECT 1").await;
    let name = case.database.name();
    let rights = case.context.source().unwrap().rights().await.unwrap().unwrap();
    assert_eq!(rights.user, "postgres");
    assert!(rights.more[0].contains("superuser"), "{rights:?}");
    assert!(rights.restore_lacks.iter().any(|l| l.contains("\"postgres\" owns")), "{rights:?}");
    assert!(!rights.backup.contains("lo_compat_privileges"), "there are no large objects");

    let odd = format!("od\"d{name}");
    let quoted = format!("\"{}\"", odd.replace('"', "\"\""));
    let files = format!("\"files_{name}\"");
    run(
        case.database.url(),
        &format!(
            "CREATE ROLE {files}; GRANT pg_write_server_files TO {files}; CREATE SCHEMA files AUTHORIZATION {files}; \
             CREATE ROLE {quoted} LOGIN PASSWORD 'pw' CREATEROLE REPLICATION; GRANT pg_write_server_files TO {quoted}; \
             ALTER DATABASE {name} OWNER TO {quoted}; SELECT lo_create(0); CREATE EXTENSION postgres_fdw; \
             CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw; CREATE USER MAPPING FOR {quoted} SERVER far OPTIONS (password 'x')"
        ),
    )
    .await;
    let profile = Profile {
        database_url: Some(DatabaseUrl::new(case.server.url_as(&odd, "pw", name))),
        ..(*case.context.profile).clone()
    };
    let mut context = case.context.clone();
    context.profile = Arc::new(profile);
    let rights = context.source().unwrap().rights().await.unwrap().unwrap();
    for part in ["CREATEROLE", "REPLICATION", "pg_write_server_files", "owns what is backed up"] {
        assert!(rights.more.iter().any(|m| m.contains(part)), "{part}: {:?}", rights.more);
    }
    // Acting for these, the role would have to be trusted itself.
    for (owner, why) in [(&quoted, "CREATEROLE"), (&files, "pg_write_server_files")] {
        assert!(!rights.restore.contains(&format!("GRANT {owner} TO")), "{}", rights.restore);
        let told = |lack: &String| lack.contains(owner.as_str()) && lack.contains(why);
        assert!(rights.restore_lacks.iter().any(told), "{owner}: {:?}", rights.restore_lacks);
    }
    assert!(rights.backup.contains("lo_compat_privileges = on"), "{}", rights.backup);
    assert!(rights.backup_lacks.iter().any(|l| l.contains("1 user mapping")), "{:?}", rights.backup_lacks);
    assert!(rights.restore_lacks.iter().any(|l| l.contains("postgres_fdw")), "{:?}", rights.restore_lacks);
}

/// A user who inherits nothing has what he may become.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_user_may_become_counts_as_his() {
    let case = Case::new("roles_become", "CREATE TABLE t (id int)").await;
    let name = case.database.name();
    let subscribes = case.server.major() >= 16;
    let subscription = if subscribes { "GRANT pg_create_subscription TO user_NAME;" } else { "" };
    let sql = format!(
        "CREATE ROLE boss_NAME SUPERUSER; CREATE ROLE maker_NAME CREATEROLE; CREATE ROLE reader_NAME REPLICATION; \
         CREATE ROLE owner_NAME; CREATE ROLE between_NAME NOINHERIT; \
         CREATE ROLE user_NAME LOGIN PASSWORD 'pw' NOINHERIT; ALTER TABLE t OWNER TO owner_NAME; \
         GRANT pg_write_server_files, boss_NAME TO between_NAME; {subscription} \
         GRANT between_NAME, maker_NAME, reader_NAME, owner_NAME TO user_NAME"
    );
    run(case.database.url(), &sql.replace("NAME", name)).await;
    let mut context = case.context.clone();
    context.profile = Arc::new(Profile {
        database_url: Some(DatabaseUrl::new(case.server.url_as(&format!("user_{name}"), "pw", name))),
        ..(*case.context.profile).clone()
    });
    let more = context.source().unwrap().rights().await.unwrap().unwrap().more;
    let told = |part: &str| more.iter().any(|more| more.contains(part));
    for part in [
        "boss_NAME, a superuser",
        "maker_NAME",
        "reader_NAME",
        "pg_write_server_files",
        "become \"owner_NAME\"",
    ] {
        assert!(told(&part.replace("NAME", name)), "{part}: {more:?}");
    }
    assert_eq!(told("pg_create_subscription"), subscribes, "{more:?}");
}

/// What the roles lack is printed again after they were made: for what is new in their database, and for another one.
#[tokio::test(flavor = "multi_thread")]
async fn roles_that_are_there_are_given_what_came_after_them() {
    // Of its own: the roles have their real names.
    let server = TestServer::start(&Options::default());
    let (one, two) = (server.database("one").await, server.database("two").await);
    let case = Case::new("roles_again", "SELECT 1").await;
    let at = |url: &str| {
        let database_url = Some(DatabaseUrl::new(url));
        let profile = Profile { database_url, ..(*case.context.profile).clone() };
        Context { profile: Arc::new(profile), ..case.context.clone() }
    };
    let given = async |url: &str| {
        let rights = at(url).source().unwrap().rights().await.unwrap().unwrap();
        let sql = [rights.backup, rights.restore].concat();
        run(url, &sql).await;
        sql
    };
    let backed_up = async |database: &str| {
        let context = at(&server.url_as("aitta_backup", "pw", database));
        let made =
            aitta_engine::backup::create(&context, BackupRequest::default(), &aitta_engine::Silent).await;
        made.unwrap().archive.rows
    };
    let owns = async |url: &str, owner: &str| {
        let sql = format!(
            "CREATE ROLE {owner}; CREATE SCHEMA of_{owner} AUTHORIZATION {owner}; \
             CREATE TABLE of_{owner}.t AS SELECT 1 AS id; ALTER TABLE of_{owner}.t OWNER TO {owner}"
        );
        run(url, &sql).await;
    };
    owns(one.url(), "early").await;
    assert!(given(one.url()).await.contains("CREATE ROLE aitta_backup"));
    let passwords = "ALTER ROLE aitta_backup PASSWORD 'pw'; ALTER ROLE aitta_restore PASSWORD 'pw'";
    run(&server.url("postgres"), passwords).await;
    assert_eq!(backed_up(one.name()).await, Some(1));

    owns(one.url(), "late").await;
    // As after a restore without owners.
    run(one.url(), "CREATE SCHEMA restored AUTHORIZATION aitta_restore").await;
    let again = given(one.url()).await;
    assert!(!again.contains("CREATE ROLE") && again.contains("already"), "{again}");
    assert_eq!(backed_up(one.name()).await, Some(2));

    owns(two.url(), "third").await;
    run(two.url(), &format!("REVOKE CONNECT ON DATABASE {} FROM PUBLIC", two.name())).await;
    given(two.url()).await;
    assert_eq!(backed_up(two.name()).await, Some(1));
    let acts_for = "SELECT rolname::text FROM pg_roles WHERE rolname IN ('early', 'late', 'third') \
        AND pg_has_role('aitta_restore', oid, 'MEMBER') ORDER BY 1";
    assert_eq!(texts(two.url(), acts_for).await, ["early", "late", "third"]);
}
