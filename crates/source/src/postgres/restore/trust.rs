//! Whether what others have written may run with the rights of whoever restores.
//!
//! `SET ROLE` is no way out: a function that runs in the session takes the role back (`RESET ROLE`). So a restore by a
//! superuser asks, and names what would run; a role for restores that is no superuser needs not be asked.

use std::collections::BTreeSet;

use aitta_base::Result;
use aitta_model::{Command, ErrorCode, Finding, Severity};
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::super::code::{self, Code};
use super::super::connect::Server;
use super::super::quote::ident;
use super::Job;
use super::compatible::{Check, settle};
use super::schema::SchemaFile;
use super::target::{Target, maintenance};
use super::toc::Toc;

/// How many are named in a message.
const NAMED: usize = 8;

/// What kinds of entries of a schema section can run, where the archive doesn't say which do.
const RUNNABLE: [&str; 4] = ["AGGREGATE ", "FUNCTION ", "OPERATOR ", "PROCEDURE "];

/// Rights of the user who restores that the owner of a database has not.
const RIGHTS: &str = "SELECT CASE WHEN r.rolsuper THEN 'a superuser' \
    WHEN r.rolcreaterole THEN 'a user who may make other users' \
    WHEN r.rolreplication THEN 'a user who may read the whole server (REPLICATION)' \
    WHEN EXISTS (SELECT FROM pg_roles p WHERE p.rolname IN ('pg_execute_server_program', 'pg_read_server_files', \
        'pg_write_server_files') AND pg_has_role(p.oid, 'USAGE')) \
    THEN 'a user who may read or write files of the server' END \
    FROM pg_roles r WHERE r.rolname = current_user";

/// What would run, and whose it is.
#[derive(Default)]
pub(super) struct Found {
    /// Each for people.
    code: Vec<String>,
    owners: BTreeSet<String>,
}

impl Found {
    /// All but what superusers own.
    fn of(code: Vec<Code>, superusers: &[String]) -> Self {
        let others: Vec<Code> = code.into_iter().filter(|c| !superusers.contains(&c.owner)).collect();
        Self {
            code: others.iter().map(Code::label).collect(),
            owners: others.into_iter().map(|c| c.owner).collect(),
        }
    }

    pub(super) fn extend(&mut self, other: Self) {
        let new = other.code.into_iter().filter(|label| !self.code.contains(label));
        let new: Vec<String> = new.collect();
        self.code.extend(new);
        self.owners.extend(other.owners);
    }
}

/// What the archive brings along: everything, or what belongs to these sections of tables and to types.
///
/// # Errors
/// `source_*`; where the archive doesn't say what runs, `archive_*` and `tool_failed` too.
pub(super) async fn of_archive(
    job: &Job,
    conn: &mut PgConnection,
    only: Option<&BTreeSet<u32>>,
) -> Result<Found> {
    let Some(code) = &job.archived.database.code else {
        let toc = SchemaFile::new(job).await?.toc().await?;
        return Ok(Found { code: runnable(&toc), owners: BTreeSet::new() });
    };
    let is_meant = |code: &&Code| match (only, job.archived.find(&code.of.schema, &code.of.name)) {
        (Some(sections), Some(table)) => sections.contains(&table.section),
        _ => true,
    };
    Ok(Found::of(code.iter().filter(is_meant).cloned().collect(), &namesakes(job, conn).await?))
}

/// What belongs to tables that are there, and to the types of their columns.
///
/// # Errors
/// `source_*`.
pub(super) async fn of_tables(job: &Job, conn: &mut PgConnection, tables: &[Oid]) -> Result<Found> {
    let code = code::of_tables(&job.server, conn, tables).await?;
    Ok(Found::of(code, &superusers(job, conn).await?))
}

/// What belongs to types of the target.
///
/// # Errors
/// `source_*`.
pub(super) async fn of_types(job: &Job, conn: &mut PgConnection, types: &[String]) -> Result<Found> {
    let code = code::of_types(&job.server, conn, types).await?;
    Ok(Found::of(code, &superusers(job, conn).await?))
}

/// What a whole restore would run, and what is said about it.
///
/// # Errors
/// As [`of_archive`].
pub(super) async fn of_everything(job: &Job, target: &Target) -> Result<Trust> {
    let mut conn = match target.exists {
        true => job.server.connect().await?,
        false => maintenance(&job.server).await?,
    };
    let found = of_archive(job, &mut conn, None).await?;
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
    let found = Found::of(code, &namesakes(job, conn).await?);
    judge(job, target, conn, found).await?.settle().map(drop)
}

/// Superusers of the target by whose name the archive means the same.
async fn namesakes(job: &Job, conn: &mut PgConnection) -> Result<Vec<String>> {
    if is_of_this_server(job) { superusers(job, conn).await } else { Ok(Vec::new()) }
}

/// Only then a superuser of the archive is one of the target.
fn is_of_this_server(job: &Job) -> bool {
    let server = |place: &str| place.rsplit_once('/').map(|(server, _)| server.to_owned());
    let archived = job.archive.manifest().source.place.as_deref().and_then(server);
    archived.is_some() && archived == server(&job.server.place())
}

async fn superusers(job: &Job, conn: &mut PgConnection) -> Result<Vec<String>> {
    sqlx::query_scalar("SELECT rolname::text FROM pg_roles WHERE rolsuper")
        .fetch_all(conn)
        .await
        .map_err(|e| job.server.error(e))
}

fn runnable(toc: &Toc) -> Vec<String> {
    let is_runnable = |text: &&str| RUNNABLE.iter().any(|kind| text.starts_with(kind));
    toc.entries.iter().map(|e| e.text.as_str()).filter(is_runnable).map(str::to_owned).collect()
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
    let named = code.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
    let named = match code.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named}; and {more} more"),
    };
    let Some(rights) = rights else {
        if owners.iter().eq([&target.user]) {
            return Ok(Trust::default());
        }
        let message = format!("with the rights of {:?} the restore runs: {named}", target.user);
        let check = Check::new(Severity::Info, ErrorCode::CodeUntrusted, message, "");
        return Ok(Trust { code: Vec::new(), check: Some(check) });
    };
    let message =
        format!("the restore would run with the rights of {:?}, who is {rights}: {named}", target.user);
    let owners = match owners.is_empty() {
        true => "whoever owned the database".to_owned(),
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
    Ok(Trust { code, check: Some(Check::new(severity, ErrorCode::CodeUntrusted, message, hint)) })
}
