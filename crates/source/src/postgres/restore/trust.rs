//! Whether what others have written may run with the rights of whoever restores.
//!
//! `SET ROLE` is no way out: a function that runs in the session takes the role back (`RESET ROLE`). So a restore by a
//! superuser asks, and names what would run; a role for restores that is no superuser needs not be asked.

use std::collections::BTreeSet;

use aitta_base::Result;
use aitta_model::{Command, ErrorCode, Fact, Finding, ReadinessFact, RestoreMode, Severity};
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::super::code::{self, Code};
use super::super::connect::Server;
use super::super::inventory;
use super::super::quote::ident;
use super::Job;
use super::compatible::{Check, settle};
use super::target::{Target, maintenance};

/// How many are named in a message.
const NAMED: usize = 8;

/// Rights of the user who restores that the owner of a database has not. A function that runs in his session may take any
/// role that he may take, so it counts what he is a member of. The user is the one who has logged in.
const RIGHTS: &str = "SELECT CASE WHEN r.rolsuper THEN 'a superuser' \
    WHEN r.rolcreaterole THEN 'a user who may make other users' \
    WHEN r.rolreplication THEN 'a user who may read the whole server (REPLICATION)' \
    ELSE (SELECT format('a member of %I', p.rolname) FROM pg_roles p WHERE p.oid <> r.oid \
        AND (p.rolsuper OR p.rolcreaterole OR p.rolreplication OR p.rolname IN ('pg_execute_server_program', \
            'pg_read_server_files', 'pg_write_server_files', 'pg_read_all_data', 'pg_write_all_data', 'pg_maintain', \
            'pg_signal_backend', 'pg_checkpoint', 'pg_create_subscription')) \
        AND pg_has_role(r.oid, p.oid, 'MEMBER') ORDER BY p.rolname LIMIT 1) END \
    FROM pg_roles r WHERE r.rolname = session_user";

/// Who may change these relations, what is in their schemas, and what they and these types call, at any moment: owners
/// that are no superusers. The owner of the database stands behind `pg_database_owner`.
///
/// What is called follows `pg_depend`: from tables, their constraints, defaults, indexes and statistics, and from the
/// checks of types, to functions, operators and further types, and on from these. `$3` are types that are found by their
/// names, so that the owner of their schema can put another one in their place.
const OWNERS: &str = "WITH RECURSIVE kin(id) AS (SELECT unnest($1::oid[]) \
        UNION SELECT CASE WHEN i.inhparent = k.id THEN i.inhrelid ELSE i.inhparent END \
            FROM kin k JOIN pg_inherits i ON k.id IN (i.inhparent, i.inhrelid)), \
    reached(class, id) AS ( \
        SELECT 'pg_class'::regclass::oid, id FROM kin \
        UNION SELECT 'pg_class'::regclass::oid, indexrelid FROM pg_index JOIN kin ON indrelid = id \
        UNION SELECT 'pg_constraint'::regclass::oid, oid FROM pg_constraint JOIN kin ON conrelid = id \
        UNION SELECT 'pg_attrdef'::regclass::oid, oid FROM pg_attrdef JOIN kin ON adrelid = id \
        UNION SELECT 'pg_statistic_ext'::regclass::oid, oid FROM pg_statistic_ext JOIN kin ON stxrelid = id \
        UNION SELECT 'pg_type'::regclass::oid, unnest($3::oid[]) \
        UNION SELECT n.class, n.id FROM reached r CROSS JOIN LATERAL ( \
            SELECT d.refclassid, d.refobjid FROM pg_depend d WHERE d.classid = r.class AND d.objid = r.id \
                AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass) \
            UNION ALL SELECT 'pg_class'::regclass::oid, t.typrelid FROM pg_type t \
                WHERE r.class = 'pg_type'::regclass AND t.oid = r.id AND t.typrelid <> 0 \
            UNION ALL SELECT 'pg_constraint'::regclass::oid, k.oid FROM pg_constraint k \
                WHERE r.class = 'pg_type'::regclass AND k.contypid = r.id) n(class, id)), \
    owners(id) AS (SELECT unnest(ARRAY[c.relowner, n.nspowner]) FROM kin k JOIN pg_class c ON c.oid = k.id \
        JOIN pg_namespace n ON n.oid = c.relnamespace \
        UNION SELECT nspowner FROM pg_namespace WHERE nspname = ANY ($2) \
        UNION SELECT n.nspowner FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = ANY ($3) \
            AND NOT EXISTS (SELECT FROM pg_depend d \
                WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e') \
        UNION SELECT t.typowner FROM reached JOIN pg_type t ON class = 'pg_type'::regclass AND t.oid = id \
        UNION SELECT p.proowner FROM reached JOIN pg_proc p ON class = 'pg_proc'::regclass AND p.oid = id \
        UNION SELECT o.oprowner FROM reached JOIN pg_operator o ON class = 'pg_operator'::regclass AND o.oid = id) \
    SELECT DISTINCT r.rolname::text FROM owners o JOIN pg_roles p ON p.oid = o.id \
    JOIN pg_roles r ON r.oid = CASE p.rolname WHEN 'pg_database_owner' \
        THEN (SELECT datdba FROM pg_database WHERE datname = current_database()) ELSE p.oid END \
    WHERE NOT r.rolsuper ORDER BY 1";

/// What would run, and whose it is.
#[derive(Default)]
pub(super) struct Found {
    /// Each for people.
    code: Vec<String>,
    owners: BTreeSet<String>,
}

impl Found {
    fn of<'c>(code: impl Iterator<Item = &'c Code> + Clone) -> Self {
        let owners = code.clone().map(|c| c.owner.clone()).collect();
        Self { code: code.map(Code::label).collect(), owners }
    }

    /// What these may put there at any moment.
    fn of_owners(owners: Vec<String>) -> Self {
        let code = owners.iter().map(|owner| format!("what {owner:?} owns here and may change meanwhile"));
        Self { code: code.collect(), owners: owners.into_iter().collect() }
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.code.extend(other.code);
        self.owners.extend(other.owners);
    }
}

/// What the archive brings along.
///
/// # Errors
/// `source_*`.
async fn of_archive(job: &Job, conn: &mut PgConnection) -> Result<Found> {
    let database = &job.archived.database;
    let unknown = |what: String| Found { code: vec![what], owners: BTreeSet::new() };
    let (Some(code), Some(_)) = (&database.code, &database.system_identifier) else {
        return Ok(unknown(
            "whatever is in it: the archive doesn't say what that is, or of which server".to_owned(),
        ));
    };
    if !is_of_this_server(job, conn).await? {
        let from = job.archive.manifest().source.place.as_deref().unwrap_or("another server");
        return Ok(unknown(format!("whatever is in it: it comes from {from}, which is not this server")));
    }
    let superusers = superusers(&job.server, conn).await?;
    Ok(of_code(code, &database.roles, &superusers, job.task.no_owner))
}

/// Of a database whose objects belong to these roles.
fn of_code(code: &[Code], roles: &[String], superusers: &[String], no_owner: bool) -> Found {
    let all_theirs = roles.iter().all(|role| superusers.contains(role));
    // It is filled as its owner, and so as a superuser when he is one or nobody else is to own it.
    let counts = |code: &Code| match code.what == code::MATERIALIZED_VIEW {
        true => !all_theirs && (no_owner || superusers.contains(&code.owner)),
        false => !superusers.contains(&code.owner),
    };
    Found::of(code.iter().filter(|code| counts(code)))
}

/// What a restore into the database as it is now, of any of its tables or of everything, would ask about.
///
/// # Errors
/// `source_*`.
pub(super) async fn of_live(server: &Server, conn: &mut PgConnection) -> Result<ReadinessFact> {
    // As restores see them: the tables whose rows are archived, with the schemas that they lie in.
    const TABLES: &str = "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' \
            AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid \
                AND d.deptype = 'e')";
    const USER: &str = "SELECT session_user::text";
    let rows = |e| server.error(e);
    let user: String = sqlx::query_scalar(USER).fetch_one(&mut *conn).await.map_err(rows)?;
    let rights: Option<String> = sqlx::query_scalar(RIGHTS).fetch_one(&mut *conn).await.map_err(rows)?;
    let tables: Vec<Oid> = sqlx::query_scalar(TABLES).fetch_all(&mut *conn).await.map_err(rows)?;
    let owners = owners(server, conn, &tables, &[], &[]).await?;
    let superusers = superusers(server, conn).await?;
    let code = code::of_database(server, conn).await?;
    let roles = inventory::roles::read(server, conn, None).await?;
    let mut found = Found::of_owners(owners);
    found.extend(of_code(&code, &roles, &superusers, false));
    let more = found.code.len().saturating_sub(NAMED) as u64;
    found.code.truncate(NAMED);
    Ok(ReadinessFact::Code { user, is_mighty: rights.is_some(), code: found.code, more })
}

/// What a restore into tables that are there could run: of the tables, of those in their trees, of those that foreign keys
/// bind to them, and of the schemas of those that are gone. Whoever owns one can change it at any moment, so no look into
/// them counts, beyond saying what is there now.
///
/// # Errors
/// `source_*`.
pub(super) async fn of_tables(
    job: &Job,
    conn: &mut PgConnection,
    tables: &[Oid],
    schemas: &[String],
) -> Result<Found> {
    let mut found = Found::of_owners(owners(&job.server, conn, tables, schemas, &[]).await?);
    if !found.code.is_empty() {
        let now = code::of_tables(&job.server, conn, tables).await?;
        found.code.extend(now.iter().filter(|code| found.owners.contains(&code.owner)).map(Code::label));
    }
    Ok(found)
}

/// What a table could run that is made again from the archive: reading its definition evaluates constants of its types.
///
/// # Errors
/// `source_*`.
pub(super) async fn of_archived_roles(job: &Job, conn: &mut PgConnection) -> Result<Found> {
    let superusers = superusers(&job.server, conn).await?;
    let roles = job.archived.database.roles.iter().filter(|role| !superusers.contains(role));
    Ok(Found::of_owners(roles.cloned().collect()))
}

/// What a restore into new tables with columns of these types could run.
///
/// # Errors
/// `source_*`.
pub(super) async fn of_types(job: &Job, conn: &mut PgConnection, types: &[String]) -> Result<Found> {
    let used = code::used(&job.server, conn, types).await?;
    Ok(Found::of_owners(owners(&job.server, conn, &[], &[], &used).await?))
}

/// What a restore into a database that is there could run, empty as it seems: its owner may be at work in it. So may
/// whoever can make functions in it, which come into play where one of the archive is called by its name.
///
/// # Errors
/// `source_*`.
async fn of_database(job: &Job, conn: &mut PgConnection) -> Result<Found> {
    const OWNER: &str = "SELECT r.rolname::text FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba \
        WHERE d.datname = current_database() AND NOT r.rolsuper";
    const MAKERS: &str = "SELECT DISTINCT coalesce(r.rolname::text, 'everybody') FROM ( \
            SELECT (aclexplode(coalesce(datacl, acldefault('d', datdba)))).* FROM pg_database \
                WHERE datname = current_database() \
            UNION ALL SELECT (aclexplode(coalesce(nspacl, acldefault('n', nspowner)))).* FROM pg_namespace \
                WHERE nspname !~ '^pg_' AND nspname <> 'information_schema') a \
        LEFT JOIN pg_roles r ON r.oid = a.grantee \
        WHERE a.privilege_type = 'CREATE' AND (a.grantee = 0 OR NOT r.rolsuper AND r.rolname <> 'pg_database_owner')";
    let rows = |e| job.server.error(e);
    let mut owners: Vec<String> = sqlx::query_scalar(OWNER).fetch_all(&mut *conn).await.map_err(rows)?;
    if job.archived.database.code.as_ref().is_none_or(|code| !code.is_empty()) {
        let makers: Vec<String> = sqlx::query_scalar(MAKERS).fetch_all(conn).await.map_err(rows)?;
        owners.extend(makers);
        owners.dedup();
    }
    Ok(Found::of_owners(owners))
}

async fn owners(
    server: &Server,
    conn: &mut PgConnection,
    tables: &[Oid],
    schemas: &[String],
    types: &[Oid],
) -> Result<Vec<String>> {
    sqlx::query_scalar(OWNERS)
        .bind(tables)
        .bind(schemas)
        .bind(types)
        .fetch_all(conn)
        .await
        .map_err(|e| server.error(e))
}

/// What a whole restore could run, and what is said about it.
///
/// # Errors
/// As [`of_archive`].
pub(super) async fn of_everything(job: &Job, target: &Target, mode: &RestoreMode) -> Result<Trust> {
    let mut conn = match target.exists {
        true => job.server.connect().await?,
        false => maintenance(&job.server).await?,
    };
    let mut found = of_archive(job, &mut conn).await?;
    // What is filled is open to its owner; what is made anew is not.
    if matches!(mode, RestoreMode::Fill { .. }) {
        found.extend(of_database(job, &mut conn).await?);
    }
    judge(job, target, &mut conn, found).await
}

/// Looks at a database that the restore has just made, before any row is in it: the net under what the archive says.
///
/// # Errors
/// `code_untrusted`, `source_*`.
pub(super) async fn check_new(
    job: &Job,
    target: &Target,
    server: &Server,
    conn: &mut PgConnection,
) -> Result<()> {
    if job.task.trust_code {
        return Ok(());
    }
    let code = code::of_database(server, conn).await?;
    let superusers = superusers(&job.server, conn).await?;
    let told = job.archived.database.code.as_deref().unwrap_or_default();
    let is_of_a_superuser = |c: &Code| match job.task.no_owner {
        // Everything is the user's own by now, so it counts whose it was.
        true => told
            .iter()
            .any(|t| (&t.what, &t.name, &t.of) == (&c.what, &c.name, &c.of) && superusers.contains(&t.owner)),
        // Until it is finished, some of it may still be the user's own.
        false => superusers.contains(&c.owner),
    };
    let others = code.iter().filter(|c| c.what != code::MATERIALIZED_VIEW && !is_of_a_superuser(c));
    judge(job, target, conn, Found::of(others)).await?.settle().map(drop)
}

/// Whether the archive was made from this very server: only then a superuser of the archive is one of the target. Another
/// server can come to stand at the same place, and a copy of one has the same number at another.
async fn is_of_this_server(job: &Job, conn: &mut PgConnection) -> Result<bool> {
    let server = |place: &str| place.rsplit_once('/').map(|(server, _)| server.to_owned());
    let place = job.archive.manifest().source.place.as_deref().and_then(server);
    if place.is_none() || place != server(&job.server.place()) {
        return Ok(false);
    }
    let archived = &job.archived.database.system_identifier;
    Ok(archived.is_some() && *archived == inventory::system_identifier(&job.server, conn).await?)
}

async fn superusers(server: &Server, conn: &mut PgConnection) -> Result<Vec<String>> {
    sqlx::query_scalar("SELECT rolname::text FROM pg_roles WHERE rolsuper")
        .fetch_all(conn)
        .await
        .map_err(|e| server.error(e))
}

/// What is said about it.
#[derive(Default)]
pub(super) struct Trust {
    /// What has to be trusted.
    pub(super) code: Vec<String>,
    pub(super) check: Option<Check>,
}

impl Trust {
    /// A remark, if there is one.
    ///
    /// # Errors
    /// `code_untrusted` when nobody has said that it may run.
    pub(super) fn settle(self) -> Result<Vec<Finding>> {
        settle(self.check.into_iter().collect())
    }
}

/// Says whether it may run, and with whose rights.
///
/// # Errors
/// `source_*`.
pub(super) async fn judge(
    job: &Job,
    target: &Target,
    conn: &mut PgConnection,
    found: Found,
) -> Result<Trust> {
    let Found { code, owners } = found;
    if code.is_empty() {
        return Ok(Trust::default());
    }
    let rights: Option<String> =
        sqlx::query_scalar(RIGHTS).fetch_one(conn).await.map_err(|e| job.server.error(e))?;
    let first: Vec<String> = code.iter().take(NAMED).cloned().collect();
    let more = code.len().saturating_sub(NAMED);
    let named = match more {
        0 => first.join("; "),
        more => format!("{}; and {more} more", first.join("; ")),
    };
    let fact = |is_mighty| Fact::CodeCouldRun {
        user: target.user.clone(),
        code: first,
        more: more as u64,
        is_mighty,
    };
    let Some(rights) = rights else {
        if owners.iter().eq([&target.user]) {
            return Ok(Trust::default());
        }
        let message = format!("with the rights of {:?} the restore could run: {named}", target.user);
        let check = Check::new(Severity::Info, ErrorCode::CodeUntrusted, message, "").of(fact(false));
        return Ok(Trust { code: Vec::new(), check: Some(check) });
    };
    let message =
        format!("the restore could run with the rights of {:?}, who is {rights}: {named}", target.user);
    let owners = match owners.is_empty() {
        true => "whoever made it".to_owned(),
        false => owners.iter().map(|o| ident(o)).collect::<Vec<_>>().join(", "),
    };
    let (severity, hint) = match job.task.trust_code {
        true => (Severity::Warning, String::new()),
        false => (
            Severity::Blocker,
            format!(
                "restore as a role that is no superuser ({config_check_roles} prints one), or, if you trust {owners} \
                 with these rights, repeat it with --trust-code",
                config_check_roles = Command::ConfigCheckRoles
            ),
        ),
    };
    let check = Check::new(severity, ErrorCode::CodeUntrusted, message, hint).of(fact(true));
    Ok(Trust { code, check: Some(check) })
}
