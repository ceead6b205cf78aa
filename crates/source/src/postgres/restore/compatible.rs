//! Whether the target can take the archive, whatever its tables.

use aitta_base::tables::TableName;
use aitta_base::{Error, Result};
use aitta_model::{Command, ErrorCode, Fact, Finding, RestoreMode, Severity};
use sqlx::postgres::PgConnection;

use super::Job;
use super::target::{Target, maintenance};

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
        Self { code, finding: Finding::new(severity, message, hint) }
    }

    /// The same, also as data.
    pub(super) fn of(self, fact: Fact) -> Self {
        Self { finding: self.finding.of(fact), ..self }
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
        let check = Check::new(
            Severity::Warning,
            ErrorCode::TargetIncompatible,
            format!("the server has version {theirs}, and the archive is from version {ours}"),
            "a feature that the older server lacks makes the restore fail; the target then stays as it was",
        );
        checks.push(check.of(Fact::OlderServer { server: theirs, archived: ours }));
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
        (CREATE DATABASE … OWNER …) and that you name with --to";
    let mut checks = Vec::new();
    let creates = matches!(mode, RestoreMode::Swap { .. } | RestoreMode::Create { .. });
    if creates && !target.may_create {
        let check = Check::new(
            Severity::Blocker,
            ErrorCode::SourceDenied,
            format!("the user {:?} may not create databases on {}", target.user, job.server.place()),
            OFFER,
        );
        checks.push(check.of(Fact::MayNotCreate { user: target.user.clone() }));
    }
    if matches!(mode, RestoreMode::Fill { .. }) && target.may_create && job.task.jobs > 1 {
        let check = Check::new(
            Severity::Info,
            ErrorCode::TargetNotEmpty,
            "an existing database is filled in one transaction, and so by one connection",
            format!(
                "name a database that doesn't exist yet with --to: it is made by {} connections",
                job.task.jobs
            ),
        );
        checks.push(check.of(Fact::FilledByOne));
    }
    if matches!(mode, RestoreMode::Swap { .. }) && !target.may_rename {
        let check = Check::new(
            Severity::Blocker,
            ErrorCode::SourceDenied,
            format!(
                "the user {:?} doesn't own {:?} and may not rename it, so it can't be swapped",
                target.user,
                job.server.database()
            ),
            format!(
                "connect as its owner, or as the role that {config_check_roles} prints, or {OFFER}",
                config_check_roles = Command::ConfigCheckRoles
            ),
        );
        let database = job.server.database().to_owned();
        checks.push(check.of(Fact::MayNotRename { user: target.user.clone(), database }));
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
            Some((_, Some(version))) if *version != extension.version => {
                let message = format!(
                    "the extension {} will have version {version}; in the archive it has {}",
                    extension.name, extension.version
                );
                let fact = Fact::OtherExtension {
                    name: extension.name.clone(),
                    version: version.clone(),
                    archived: extension.version.clone(),
                };
                checks.push(Check::new(Severity::Info, ErrorCode::TargetIncompatible, message, "").of(fact));
            }
            Some(_) => {}
        }
    }
    if !missing.is_empty() {
        let check = Check::new(
            Severity::Blocker,
            ErrorCode::TargetIncompatible,
            format!("the server doesn't have these extensions: {}", missing.join(", ")),
            "install their packages on the server (for many of them postgresql-contrib), then run it again",
        );
        checks.push(check.of(Fact::ExtensionsMissing { names: missing }));
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
        .of(Fact::OfExtensions { names })
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
    let check = Check::new(
        Severity::Blocker,
        ErrorCode::TargetIncompatible,
        format!(
            "these roles own something in the archive or have privileges there, and the server doesn't have them: {}",
            names.join(", ")
        ),
        format!("create them ({}), or leave them out with --no-owner --no-privileges", create.join(" ")),
    );
    Ok(vec![check.of(Fact::RolesMissing { names })])
}
