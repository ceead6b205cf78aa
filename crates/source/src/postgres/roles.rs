//! Roles with no more rights than a backup and a restore need, as SQL for this server and database, and what the rights
//! of the user at hand are beside that.

use aitta_base::{Result, amount};
use aitta_model::{Excess, SourceRights};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use super::connect::Server;
use super::quote::ident;
use super::settings;

const BACKUP: &str = "aitta_backup";
const RESTORE: &str = "aitta_restore";

/// Owners of what is in the database, and of itself.
const OWNERS: &str = "SELECT DISTINCT r.rolname::text AS name, r.rolsuper AS superuser, \
        pg_has_role(r.oid, 'MEMBER') AS is_users, \
        CASE WHEN r.rolcreaterole THEN 'may make other roles (CREATEROLE)' \
            WHEN r.rolreplication THEN 'may read the whole server (REPLICATION)' \
            ELSE (SELECT format('is a member of %I', p.rolname) FROM pg_roles p WHERE p.oid <> r.oid \
                AND (p.rolsuper OR p.rolcreaterole OR p.rolreplication OR p.rolname IN ('pg_execute_server_program', \
                    'pg_read_server_files', 'pg_write_server_files', 'pg_read_all_data', 'pg_write_all_data', \
                    'pg_maintain', 'pg_signal_backend', 'pg_checkpoint', 'pg_create_subscription')) \
                AND pg_has_role(r.oid, p.oid, 'MEMBER') ORDER BY p.rolname LIMIT 1) END AS power \
    FROM pg_roles r JOIN ( \
        SELECT datdba FROM pg_database WHERE datname = current_database() \
        UNION SELECT relowner FROM pg_class WHERE oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace \
        UNION SELECT nspowner FROM pg_namespace WHERE oid >= 16384 AND nspname !~ '^pg_(temp|toast)' \
        UNION SELECT proowner FROM pg_proc p WHERE oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d \
            WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') \
        UNION SELECT typowner FROM pg_type t WHERE oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d \
            WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')) o(id) ON o.id = r.oid \
    WHERE r.rolname !~ '^pg_' ORDER BY 1";

/// Those of the two that are there already: of an earlier time, of another database, or of somebody else.
const ROLES: &str = "SELECT rolname::text FROM pg_roles WHERE rolname IN ('aitta_backup', 'aitta_restore')";

const SCHEMAS: &str = "SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_' \
    AND nspname <> 'information_schema' ORDER BY 1";

/// Extensions that only a superuser can create: before version 13 none can be trusted.
fn extensions(version: u32) -> &'static str {
    match version {
        ..130_000 => "SELECT extname::text FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1",
        _ => {
            "SELECT DISTINCT e.extname::text FROM pg_extension e JOIN pg_available_extension_versions v \
             ON v.name = e.extname AND v.version = e.extversion WHERE v.superuser AND NOT v.trusted ORDER BY 1"
        }
    }
}

/// What the user may become beside himself. Whether he inherits it makes no difference: he can take the role.
const POWERS: &str = "SELECT CASE WHEN rolsuper THEN format('may become %I, a superuser', rolname) \
        WHEN rolcreaterole THEN format('may become %I, who may make and change other roles (CREATEROLE)', rolname) \
        WHEN rolreplication THEN format('may become %I, who may read the whole server (REPLICATION)', rolname) \
        ELSE format('is a member of %I', rolname) END \
    FROM pg_roles WHERE rolname <> current_user AND pg_has_role(oid, 'MEMBER') \
        AND (rolsuper OR rolcreaterole OR rolreplication OR rolname IN ('pg_execute_server_program', \
            'pg_read_server_files', 'pg_write_server_files', 'pg_write_all_data', 'pg_maintain', 'pg_signal_backend', \
            'pg_checkpoint', 'pg_create_subscription')) ORDER BY rolname";

/// An owner, but for those that the server itself has.
#[derive(sqlx::FromRow)]
struct Owner {
    name: String,
    superuser: bool,
    /// Whether the user who asks is this one, or may become it.
    is_users: bool,
    /// What it may do beyond this database. Whoever acts for it may do that too, so a restore by him asks for trust.
    power: Option<String>,
}

/// What a user has, who asks.
#[derive(sqlx::FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "these are columns of pg_roles")]
struct User {
    name: String,
    superuser: bool,
    createrole: bool,
    createdb: bool,
    replication: bool,
}

/// Looks at the rights of the user at hand, and writes SQL for roles that have what is needed.
///
/// # Errors
/// As [`Server::error`].
pub(super) async fn rights(server: &Server) -> Result<SourceRights> {
    let mut conn = settings::for_reading(server).connect().await?;
    let version = one::<i32>(server, &mut conn, "SELECT current_setting('server_version_num')::int4").await?;
    let version = version.unsigned_abs();
    let user: User = sqlx::query_as(
        "SELECT rolname::text AS name, rolsuper AS superuser, rolcreaterole AS createrole, rolcreatedb AS createdb, \
         rolreplication AS replication FROM pg_roles WHERE rolname = current_user",
    )
    .fetch_one(&mut conn)
    .await
    .map_err(|e| server.error(e))?;
    let owners: Vec<Owner> =
        sqlx::query_as(OWNERS).fetch_all(&mut conn).await.map_err(|e| server.error(e))?;
    let place = Place {
        version,
        roles: all(server, &mut conn, ROLES).await?,
        schemas: all(server, &mut conn, SCHEMAS).await?,
        large_objects: one(server, &mut conn, "SELECT count(*) FROM pg_largeobject_metadata").await?,
        subscriptions: one(
            server,
            &mut conn,
            "SELECT count(*) FROM pg_subscription WHERE subdbid = \
                (SELECT oid FROM pg_database WHERE datname = current_database())",
        )
        .await?,
        mappings: one(server, &mut conn, "SELECT count(*) FROM pg_user_mappings").await?,
        extensions: all(server, &mut conn, extensions(version)).await?,
        owners,
    };
    let (excess, more) = more_than_needed(server, &mut conn, &user, &place).await?.into_iter().unzip();
    let database = server.database();
    Ok(SourceRights {
        user: user.name,
        more,
        excess,
        backup: backup_role(database, &place),
        backup_lacks: backup_lacks(&place),
        restore: restore_role(database, &place),
        restore_lacks: restore_lacks(&place),
    })
}

struct Place {
    /// `server_version_num`
    version: u32,
    /// Roles of these names that the server has already.
    roles: Vec<String>,
    schemas: Vec<String>,
    owners: Vec<Owner>,
    large_objects: i64,
    subscriptions: i64,
    mappings: i64,
    /// Those that only a superuser can create.
    extensions: Vec<String>,
}

impl Place {
    fn has(&self, role: &str) -> bool {
        self.roles.iter().any(|there| there == role)
    }

    /// Makes the role. One that is there gets what it may lack, so that what came after it can be granted to it.
    fn made(&self, role: &str, attributes: &str) -> Vec<String> {
        if !self.has(role) {
            return vec![format!("CREATE ROLE {role} {attributes};")];
        }
        vec![
            format!("-- {role} is on this server already, and may be somebody else's: make sure that it is"),
            "-- yours before it is given more.".to_owned(),
            format!("ALTER ROLE {role} {attributes};"),
        ]
    }

    /// Those that a role for restores may act for.
    fn plain_owners(&self) -> impl Iterator<Item = &str> {
        let plain = |owner: &&Owner| !owner.superuser && owner.power.is_none();
        self.owners.iter().filter(plain).map(|owner| owner.name.as_str())
    }

    /// Those that it must not act for, with the reason, but for superusers.
    fn powerful(&self) -> Vec<String> {
        let powerful = |owner: &Owner| Some(format!("{}, who {}", ident(&owner.name), owner.power.as_ref()?));
        self.owners.iter().filter(|owner| !owner.superuser).filter_map(powerful).collect()
    }

    fn superusers(&self) -> Vec<String> {
        self.owners.iter().filter(|owner| owner.superuser).map(|owner| ident(&owner.name)).collect()
    }
}

async fn one<T>(server: &Server, conn: &mut PgConnection, sql: &str) -> Result<T>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(conn).await.map_err(|e| server.error(e))
}

async fn all(server: &Server, conn: &mut PgConnection, sql: &str) -> Result<Vec<String>> {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_all(conn).await.map_err(|e| server.error(e))
}

/// What the user may do that neither role needs, each as data and in words.
async fn more_than_needed(
    server: &Server,
    conn: &mut PgConnection,
    user: &User,
    place: &Place,
) -> Result<Vec<(Excess, String)>> {
    if user.superuser {
        let words = "is a superuser: may do everything on the whole server";
        return Ok(vec![(Excess::Superuser, words.to_owned())]);
    }
    let mut more = Vec::new();
    for (has, excess, what) in [
        (user.createrole, Excess::Roles, "may make and change other roles (CREATEROLE)"),
        (user.replication, Excess::Replication, "may read the whole server (REPLICATION)"),
    ] {
        if has {
            more.push((excess, what.to_owned()));
        }
    }
    more.extend(all(server, conn, POWERS).await?.into_iter().map(|words| (Excess::Other, words)));
    let (own, others): (Vec<&Owner>, Vec<&Owner>) = place
        .owners
        .iter()
        .filter(|owner| owner.is_users && !owner.superuser)
        .partition(|owner| owner.name == user.name);
    if !own.is_empty() {
        let words = "owns what is backed up, and may change and drop it; a backup only needs to read";
        more.push((Excess::Owns, words.to_owned()));
    }
    if !others.is_empty() && user.name != RESTORE {
        let names: Vec<String> = others.iter().map(|owner| ident(&owner.name)).collect();
        let words = format!(
            "may become {}, and change and drop what is backed up, which only a restore needs",
            names.join(", ")
        );
        more.push((Excess::Becomes { owners: names }, words));
    }
    if user.createdb && user.name != RESTORE {
        more.push((Excess::Databases, "may create databases, which only a restore needs".to_owned()));
    }
    Ok(more)
}

fn backup_role(database: &str, place: &Place) -> String {
    let role = BACKUP;
    let mut sql = vec![
        "-- A role for backups: it reads everything in the database, and can change nothing.".to_owned(),
        "-- BYPASSRLS: row security would otherwise hide rows, and a backup that could miss rows is refused."
            .to_owned(),
    ];
    sql.extend(place.made(role, "LOGIN BYPASSRLS"));
    sql.push(format!("GRANT CONNECT ON DATABASE {} TO {role};", ident(database)));
    if place.version >= 140_000 {
        sql.push(format!("GRANT pg_read_all_data TO {role};"));
    } else {
        for schema in place.schemas.iter().map(|s| ident(s)) {
            sql.push(format!("GRANT USAGE ON SCHEMA {schema} TO {role};"));
            sql.push(format!("GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role};"));
            sql.push(format!("GRANT SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role};"));
        }
        sql.push("-- What these owners make later can be read as well.".to_owned());
        for owner in &place.owners {
            for what in ["USAGE ON SCHEMAS", "SELECT ON TABLES", "SELECT ON SEQUENCES"] {
                sql.push(format!(
                    "ALTER DEFAULT PRIVILEGES FOR ROLE {} GRANT {what} TO {role};",
                    ident(&owner.name)
                ));
            }
        }
    }
    if place.large_objects > 0 {
        sql.push(
            "-- Large objects have privileges of their own, each one. With this they don't count for the role, which could then".to_owned(),
        );
        sql.push("-- write large objects, too.".to_owned());
        sql.push(format!("ALTER ROLE {role} SET lo_compat_privileges = on;"));
    }
    finished(sql, role, place)
}

fn backup_lacks(place: &Place) -> Vec<String> {
    let mut lacks = Vec::new();
    if place.subscriptions > 0 {
        let count = amount::count(place.subscriptions.unsigned_abs(), "subscription");
        lacks.push(format!("{count}: only a superuser can read them, so they are not in its backups"));
    }
    if place.mappings > 0 {
        let count = amount::count(place.mappings.unsigned_abs(), "user mapping");
        lacks.push(format!(
            "{count} of foreign servers: their options, such as passwords, are not in its backups"
        ));
    }
    if place.version < 140_000 {
        lacks.push(
            "what roles other than today's owners make later: print the statements again and run them, or a backup \
             is refused"
                .to_owned(),
        );
    }
    lacks
}

fn restore_role(database: &str, place: &Place) -> String {
    let role = RESTORE;
    let mut sql = vec![
        "-- A role for restores: it makes databases, and acts for the owners of what is in this one, and for nobody else."
            .to_owned(),
        "-- BYPASSRLS: row security would otherwise stand against rows that come back.".to_owned(),
    ];
    sql.extend(place.made(role, "LOGIN CREATEDB BYPASSRLS"));
    sql.push(format!("GRANT CONNECT ON DATABASE {} TO {role};", ident(database)));
    // It owns what it restored without owners.
    for owner in place.plain_owners().filter(|owner| *owner != role) {
        let with = if place.version >= 160_000 { " WITH INHERIT TRUE, SET TRUE" } else { "" };
        sql.push(format!("GRANT {} TO {role}{with};", ident(owner)));
    }
    if place.version >= 150_000 {
        sql.push("-- To replace tables of a live database without firing its triggers.".to_owned());
        sql.push(format!("GRANT SET ON PARAMETER session_replication_role TO {role};"));
    }
    finished(sql, role, place)
}

fn restore_lacks(place: &Place) -> Vec<String> {
    let mut lacks = Vec::new();
    let superusers = place.superusers();
    if !superusers.is_empty() {
        lacks.push(format!(
            "what {} owns here: no role but a superuser can give it back as theirs. Give it to an owner without such \
             rights (ALTER … OWNER TO, or REASSIGN OWNED), or restore with --no-owner",
            superusers.join(", ")
        ));
    }
    for owner in place.powerful() {
        lacks.push(format!(
            "what is owned here by {owner}: the role is kept from acting for it, or a restore could do the same. Take \
             this right from the owner and print the statements again, give what it owns to another one \
             (ALTER … OWNER TO, or REASSIGN OWNED), or restore with --no-owner"
        ));
    }
    if !place.extensions.is_empty() {
        lacks.push(format!(
            "the extensions {}: only a superuser can create them. Let one make an empty database with them, and \
             restore into it with --to",
            place.extensions.join(", ")
        ));
    }
    if place.version < 150_000 {
        lacks.push(
            "replacing tables of a live database: before version 15 only a superuser can keep its triggers from firing. \
             Restore beside them with --to-schema, or the whole database"
                .to_owned(),
        );
        lacks.push("privileges on the schema public: they are those of a new database".to_owned());
    }
    lacks
}

/// With how a new role gets its password: not as an argument, and not in a history of statements.
fn finished(mut sql: Vec<String>, role: &str, place: &Place) -> String {
    // One transaction: where such a role was made since the server was asked, nothing is given to it.
    sql.insert(0, "BEGIN;".to_owned());
    sql.push("COMMIT;".to_owned());
    if !place.has(role) {
        sql.push(format!("-- Its password, in psql: \\password {role}"));
    }
    sql.join("\n") + "\n"
}
