//! What the target is: its server, its rights, whether it is there and empty.

use aitta_base::tables::TableName;
use aitta_base::{Error, Result};
use aitta_model::{ErrorCode, Finding, RestoreMode, Severity};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnection;

use super::super::connect::{APPLICATION, Server};
use super::super::spare;
use super::Job;
use super::archived::ArchivedSchema;
use super::swap::no_template;
use crate::RestoreTask;
use crate::stamp::{STAMP_LEN, is_stamp, stamp};

/// Names of databases are cut by the server at this length, in bytes (`NAMEDATALEN - 1`).
const NAME_MAX: usize = 63;

const RESTORING: &str = "__aitta_restoring_";
const SET_ASIDE: &str = "_before_restore_";

/// The server, and the database on it.
pub(super) struct Target {
    pub(super) version_num: u32,
    pub(super) exists: bool,
    /// Nothing of a user is in it; what extensions brought along doesn't count.
    pub(super) empty: bool,
    pub(super) may_create: bool,
    /// Whether a live database of that name may be renamed by us.
    pub(super) may_rename: bool,
    pub(super) user: String,
    pub(super) superuser: bool,
    /// Connections that the server has left, about.
    pub(super) free: usize,
}

impl Target {
    /// Looks at the target.
    ///
    /// # Errors
    /// `source_*`.
    pub(super) async fn look(server: &Server) -> Result<Self> {
        const WHO: &str = "SELECT current_setting('server_version_num')::int4, \
            r.rolcreatedb OR r.rolsuper, \
            r.rolsuper OR coalesce((SELECT pg_has_role(d.datdba, 'USAGE') FROM pg_database d WHERE d.datname = $1), \
              false), r.rolname::text, r.rolsuper \
            FROM pg_roles r WHERE r.rolname = current_user";
        let (mut conn, exists) = Self::reach(server).await?;
        let (version, may_create, may_rename, user, superuser): (i32, bool, bool, String, bool) =
            sqlx::query_as(WHO)
                .bind(server.database())
                .fetch_one(&mut conn)
                .await
                .map_err(|e| server.error(e))?;
        let empty = exists && is_empty(server, &mut conn).await?;
        let free = spare::free(server, &mut conn, spare::Where::InNewDatabase).await?;
        let version_num = version as u32;
        Ok(Self { version_num, exists, empty, may_create, may_rename, user, superuser, free })
    }

    /// A session in the database, or beside it when there is none.
    ///
    /// While a database is being renamed the server says that it doesn't exist, even when another one has the name
    /// right after: a killed restore may still be swapping.
    async fn reach(server: &Server) -> Result<(PgConnection, bool)> {
        const EXISTS: &str = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)";
        let mut attempt = 0;
        loop {
            if let Some(conn) = server.connect_if_exists().await? {
                return Ok((conn, true));
            }
            let mut beside = maintenance(server).await?;
            let exists: bool = sqlx::query_scalar(EXISTS)
                .bind(server.database())
                .fetch_one(&mut beside)
                .await
                .map_err(|e| server.error(e))?;
            if !exists {
                return Ok((beside, false));
            }
            if attempt == 10 {
                return Ok((server.connect().await?, true));
            }
            attempt += 1;
        }
    }

    /// Whether there is such a database.
    ///
    /// # Errors
    /// `source_*`.
    pub(super) async fn exists(server: &Server) -> Result<bool> {
        Ok(Self::reach(server).await?.1)
    }

    pub(super) fn major(&self) -> u32 {
        self.version_num / 10_000
    }

    /// How this restore goes about it.
    ///
    /// # Errors
    /// `target_not_empty`, `source_unreachable`, `config_invalid`.
    pub(super) fn mode(
        &self,
        server: &Server,
        archived: &ArchivedSchema,
        task: &RestoreTask,
    ) -> Result<RestoreMode> {
        let target = server.database().to_owned();
        let whole = task.tables.is_none();
        if let Some(schema) = &task.to_schema {
            if !self.exists {
                return Err(Error::new(
                    ErrorCode::SourceUnreachable,
                    format!("there is no database {target:?} to put the schema {schema:?} into"),
                    "check the name at the end of the URL, or leave out --to-schema to have it created",
                ));
            }
            return Ok(RestoreMode::SideSchema { target, schema: schema.clone() });
        }
        if whole && !archived.complete {
            let names: Vec<String> = archived.chosen().map(|t| t.label()).collect();
            return Err(Error::new(
                ErrorCode::ConfigInvalid,
                format!("the archive is not of the whole database: it holds only {}", names.join(", ")),
                format!("name the tables: --tables {}", names.join(",")),
            ));
        }
        if !self.exists {
            return Ok(RestoreMode::Create { target });
        }
        if whole && task.in_place && (!self.empty || (self.may_create && self.may_rename)) {
            let set_aside = set_aside_name(&target, task.now);
            return Ok(RestoreMode::Swap { target, set_aside });
        }
        if self.empty {
            return Ok(RestoreMode::Fill { target });
        }
        if !whole {
            return Ok(RestoreMode::Replace { target });
        }
        Err(Error::new(
            ErrorCode::TargetNotEmpty,
            format!("the database {target:?} is not empty, and a whole restore overwrites nothing there"),
            "name a database that doesn't exist yet or is empty with --to, name tables with --tables, \
             or restore into the profile's own database without --to",
        ))
    }
}

/// A session beside the target: databases can't be created or renamed from within.
///
/// # Errors
/// `source_*`.
pub(super) async fn maintenance(server: &Server) -> Result<PgConnection> {
    let mut last = None;
    for name in ["postgres", "template1"] {
        if name == server.database() {
            continue;
        }
        match server.with_database(name).connect_if_exists().await {
            Ok(Some(conn)) => return Ok(conn),
            Ok(None) => {}
            Err(e) => last = Some(e),
        }
    }
    Err(last.unwrap_or_else(|| {
        Error::new(
            ErrorCode::SourceUnreachable,
            format!("there is neither a database \"postgres\" nor \"template1\" on {}", server.place()),
            "create a database \"postgres\": from it others are created and renamed",
        )
    }))
}

async fn is_empty(server: &Server, conn: &mut PgConnection) -> Result<bool> {
    const USED: &str = "\
        WITH spaces AS (SELECT oid, nspname FROM pg_namespace \
            WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'), \
        things(class, id) AS ( \
            SELECT 'pg_class'::regclass, oid FROM pg_class WHERE relnamespace IN (SELECT oid FROM spaces) \
            UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type \
                WHERE typnamespace IN (SELECT oid FROM spaces) AND typrelid = 0 AND typelem = 0 \
            UNION ALL SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE pronamespace IN (SELECT oid FROM spaces) \
            UNION ALL SELECT 'pg_namespace'::regclass, oid FROM spaces WHERE nspname <> 'public' \
            UNION ALL SELECT 'pg_largeobject'::regclass, oid FROM pg_largeobject_metadata) \
        SELECT NOT EXISTS (SELECT FROM things t WHERE NOT EXISTS (SELECT FROM pg_depend d \
            WHERE d.classid = t.class AND d.objid = t.id AND d.deptype = 'e'))";
    sqlx::query_scalar(USED).fetch_one(conn).await.map_err(|e| server.error(e))
}

/// Something that the checks found, and how a restore ends that meets it as a blocker.
pub(super) struct Check {
    pub(super) code: ErrorCode,
    pub(super) finding: Finding,
}

impl Check {
    pub(super) fn new(
        severity: Severity,
        code: ErrorCode,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { code, finding: Finding { severity, message: message.into(), hint: hint.into() } }
    }
}

/// The first blocker as an error; otherwise the rest as findings.
///
/// # Errors
/// Whatever the blocker is.
pub(super) fn settle(mut checks: Vec<Check>) -> Result<Vec<Finding>> {
    checks.sort_by_key(|c| c.finding.severity);
    match checks.first() {
        Some(c) if c.finding.severity == Severity::Blocker => {
            Err(Error::new(c.code, c.finding.message.clone(), c.finding.hint.clone()))
        }
        _ => Ok(checks.into_iter().map(|c| c.finding).collect()),
    }
}

/// Whether the server can take the archive, whatever the tables.
///
/// # Errors
/// `source_*`.
pub(super) async fn compatible(job: &Job, target: &Target, mode: &RestoreMode) -> Result<Vec<Check>> {
    let mut checks = rights(job, target, mode);
    let (theirs, ours) = (target.major(), job.archived.major());
    if theirs < ours {
        checks.push(Check::new(
            Severity::Warning,
            ErrorCode::TargetIncompatible,
            format!("the server has version {theirs}, and the archive is from version {ours}"),
            "a feature that the older server lacks makes the restore fail; the target then stays as it was",
        ));
    }
    let builds_schema =
        matches!(mode, RestoreMode::Swap { .. } | RestoreMode::Create { .. } | RestoreMode::Fill { .. });
    if builds_schema {
        let mut conn = match target.exists {
            true => job.server.connect().await?,
            false => maintenance(&job.server).await?,
        };
        checks.extend(extensions(job, &mut conn).await?);
        checks.extend(roles(job, &mut conn).await?);
        checks.extend(left_out(job));
    }
    Ok(checks)
}

fn rights(job: &Job, target: &Target, mode: &RestoreMode) -> Vec<Check> {
    const OFFER: &str = "restore into an empty database that an administrator creates for you \
        (CREATE DATABASE … OWNER …) with --to postgres://…/that_database";
    let mut checks = Vec::new();
    let creates = matches!(mode, RestoreMode::Swap { .. } | RestoreMode::Create { .. });
    if creates && !target.may_create {
        checks.push(Check::new(
            Severity::Blocker,
            ErrorCode::SourceDenied,
            format!("the user {:?} may not create databases on {}", target.user, job.server.place()),
            OFFER,
        ));
    }
    if matches!(mode, RestoreMode::Fill { .. }) && target.may_create && job.task.jobs > 1 {
        checks.push(Check::new(
            Severity::Info,
            ErrorCode::TargetNotEmpty,
            "an existing database is filled in one transaction, and so by one connection",
            format!(
                "name a database that doesn't exist yet with --to: it is made by {} connections",
                job.task.jobs
            ),
        ));
    }
    if matches!(mode, RestoreMode::Swap { .. }) && !target.may_rename {
        checks.push(Check::new(
            Severity::Blocker,
            ErrorCode::SourceDenied,
            format!(
                "the user {:?} doesn't own {:?} and may not rename it, so it can't be swapped",
                target.user,
                job.server.database()
            ),
            format!("connect as its owner, or as the role that `aitta config check --roles` prints, or {OFFER}"),
        ));
    }
    checks
}

async fn extensions(job: &Job, conn: &mut PgConnection) -> Result<Vec<Check>> {
    let available: Vec<(String, Option<String>)> =
        sqlx::query_as("SELECT name::text, default_version FROM pg_available_extensions")
            .fetch_all(conn)
            .await
            .map_err(|e| job.server.error(e))?;
    let mut missing = Vec::new();
    let mut checks = Vec::new();
    for extension in &job.archived.database.extensions {
        match available.iter().find(|(name, _)| *name == extension.name) {
            None => missing.push(format!("{} {}", extension.name, extension.version)),
            Some((_, Some(version))) if *version != extension.version => checks.push(Check::new(
                Severity::Info,
                ErrorCode::TargetIncompatible,
                format!(
                    "the extension {} will have version {version}; in the archive it has {}",
                    extension.name, extension.version
                ),
                "",
            )),
            Some(_) => {}
        }
    }
    if !missing.is_empty() {
        checks.push(Check::new(
            Severity::Blocker,
            ErrorCode::TargetIncompatible,
            format!("the server doesn't have these extensions: {}", missing.join(", ")),
            "install their packages on the server (for many of them postgresql-contrib), then run it again",
        ));
    }
    Ok(checks)
}

fn left_out(job: &Job) -> Option<Check> {
    let missing = &job.archived.database.left_out;
    let names: Vec<String> = missing
        .iter()
        .map(|l| format!("{} (of {})", TableName::new(Some(&l.schema), &l.name), l.extension))
        .collect();
    (!names.is_empty()).then(|| {
        Check::new(
            Severity::Warning,
            ErrorCode::TargetIncompatible,
            format!("these belonged to an extension and are not in the archive: {}", names.join(", ")),
            "what the extension makes itself comes with it; look for your own in the database that was backed up",
        )
    })
}

async fn roles(job: &Job, conn: &mut PgConnection) -> Result<Vec<Check>> {
    if job.task.no_owner && job.task.no_privileges {
        return Ok(Vec::new());
    }
    let there: Vec<String> = sqlx::query_scalar("SELECT rolname::text FROM pg_roles")
        .fetch_all(conn)
        .await
        .map_err(|e| job.server.error(e))?;
    let missing: Vec<&String> = job.archived.database.roles.iter().filter(|r| !there.contains(r)).collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = missing.iter().map(|r| super::super::quote::ident(r)).collect();
    let create: Vec<String> = names.iter().map(|n| format!("CREATE ROLE {n};")).collect();
    Ok(vec![Check::new(
        Severity::Blocker,
        ErrorCode::TargetIncompatible,
        format!(
            "these roles own something in the archive or have privileges there, and the server doesn't have them: {}",
            names.join(", ")
        ),
        format!("create them ({}), or leave them out with --no-owner --no-privileges", create.join(" ")),
    )])
}

/// The database in which a restore works until it is proven.
pub(super) fn restoring_name(database: &str, now: Timestamp) -> String {
    beside(database, RESTORING, &stamp(now))
}

/// The name of the old database after a swap.
pub(super) fn set_aside_name(database: &str, now: Timestamp) -> String {
    beside(database, SET_ASIDE, &stamp(now))
}

/// Databases that killed restores into this one have left behind, or that restores have set aside.
///
/// # Errors
/// `source_*`.
async fn beside_databases(server: &Server, conn: &mut PgConnection, infix: &str) -> Result<Vec<String>> {
    let names: Vec<String> = sqlx::query_scalar("SELECT datname::text FROM pg_database ORDER BY datname")
        .fetch_all(conn)
        .await
        .map_err(|e| server.error(e))?;
    let ours = |name: &String| is_beside(name, server.database(), infix);
    Ok(names.into_iter().filter(ours).collect())
}

/// What whole restores have set aside.
///
/// # Errors
/// `source_*`.
pub(super) async fn set_aside_databases(server: &Server, conn: &mut PgConnection) -> Result<Vec<String>> {
    beside_databases(server, conn, SET_ASIDE).await
}

/// Drops what killed restores have left behind, unless somebody is connected to it. Returns the names.
///
/// # Errors
/// `source_*`.
pub(super) async fn drop_leftovers(server: &Server, conn: &mut PgConnection) -> Result<Vec<String>> {
    let mut dropped = Vec::new();
    for name in beside_databases(server, conn, RESTORING).await? {
        end_orphans(conn, &name).await;
        // Without FORCE the server refuses while a session is open: another restore may be at work.
        let gone = match no_template(server, conn, &name).await {
            Ok(()) => server.run(conn, format!("DROP DATABASE {}", super::super::quote::ident(&name))).await,
            Err(e) => Err(e),
        };
        match gone {
            Ok(()) => dropped.push(name),
            Err(e) => tracing::info!(error = %e, "the leftover {name} stays"),
        }
    }
    Ok(dropped)
}

/// Ends what a killed restore has left at work in its database: `pg_restore` goes on without its parent.
/// A restore that lives, like everybody else, has a session of another name there and is left alone. The
/// names of sessions that this user may not look at are null.
async fn end_orphans(conn: &mut PgConnection, database: &str) {
    const END: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = $1 AND application_name = $2 AND backend_type = 'client backend' \
        AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend' \
            AND application_name IS DISTINCT FROM $2)";
    let ended = sqlx::query(END).bind(database).bind(APPLICATION).execute(conn).await;
    if let Err(e) = ended {
        // Then the database is in use, and stays.
        tracing::info!(error = %e, "what is at work in {database} can't be ended");
    }
}

/// `{database}{infix}{stamp}`. A name that doesn't fit is cut and gets a piece of its own digest, since
/// another database may begin the same.
fn beside(database: &str, infix: &str, stamp: &str) -> String {
    let room = NAME_MAX - infix.len() - stamp.len();
    if database.len() <= room {
        return format!("{database}{infix}{stamp}");
    }
    let digest = hex::encode(&Sha256::digest(database.as_bytes())[..4]);
    let mut end = room - 1 - digest.len();
    while !database.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}~{digest}{infix}{stamp}", &database[..end])
}

/// Whether `name` is one that [`beside`] gives for this database, at some time.
fn is_beside(name: &str, database: &str, infix: &str) -> bool {
    let stamp = name.len().checked_sub(STAMP_LEN).and_then(|at| name.get(at..));
    stamp.is_some_and(|stamp| is_stamp(stamp) && name == beside(database, infix, stamp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beside_a_database_fit_and_are_recognised() {
        let now: Timestamp = "2026-11-23T09:13:00Z".parse().expect("a time");
        assert_eq!(set_aside_name("shop", now), "shop_before_restore_20261123T091300Z");
        let long = "ä".repeat(31);
        let name = restoring_name(&long, now);
        assert!(name.len() <= NAME_MAX, "{}", name.len());
        assert!(name.ends_with("__aitta_restoring_20261123T091300Z"));
    }

    #[test]
    fn databases_whose_long_names_begin_the_same_are_told_apart() {
        let now: Timestamp = "2026-11-23T09:13:00Z".parse().expect("a time");
        let names = ["warehouse_of_the_northern_region_live", "warehouse_of_the_northern_region_test"];
        for (infix, name_of) in [
            (RESTORING, restoring_name as fn(&str, Timestamp) -> String),
            (SET_ASIDE, set_aside_name as fn(&str, Timestamp) -> String),
        ] {
            let [one, other] = names.map(|name| name_of(name, now));
            assert_ne!(one, other);
            assert!(one.len() <= NAME_MAX && other.len() <= NAME_MAX, "{one} {other}");
            assert!(is_beside(&one, names[0], infix) && is_beside(&other, names[1], infix));
            assert!(!is_beside(&one, names[1], infix) && !is_beside(&other, names[0], infix));
        }
    }
}
