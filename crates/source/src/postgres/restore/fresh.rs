//! A whole database, restored under a working name and renamed when it is proven. Whatever happens
//! before that, the target is untouched.

use std::collections::BTreeSet;
use std::sync::Arc;

use aitta_base::{Phases, Result};
use aitta_model::{Fact, Finding, RestoreMode, SequenceReport, Severity, TableProof};
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use tokio::sync::oneshot;

use super::super::connect::Server;
use super::super::settings;
use super::beside::drop_leftovers;
use super::schema::{Part, SchemaFile};
use super::swap::{Failed, Renaming};
use super::target::{Target, maintenance};
use super::toc::Toc;
use super::{Job, cancellable, load, objects, stopped, swap, trust};
use crate::Restored;

/// Memory for building indexes, all sessions together, in MiB. The server's default of 64 per session
/// makes the sort of a few million keys go through temporary files.
const INDEX_MEMORY: usize = 512;

/// What was made under the working name.
struct Built {
    proofs: Vec<TableProof>,
    sequences: Vec<SequenceReport>,
    findings: Vec<Finding>,
}

/// Restores into a new database, which then takes the name of the target.
///
/// # Errors
/// Whatever creating, loading, proving and renaming give.
pub(super) async fn run(
    job: &Arc<Job>,
    target: &Target,
    mut mode: RestoreMode,
    phases: &mut Phases<'_>,
) -> Result<Restored> {
    let mut admin = maintenance(&job.server).await?;
    let cancel = &job.task.cancel;
    let dropped = cancellable(cancel, drop_leftovers(&job.server, &mut admin)).await?;
    let name = swap::create(job, target, &mut admin).await.map_err(|e| stopped(cancel, e))?;
    let beside = job.server.with_database(&name);
    let built = cancellable(&job.task.cancel, build(job, target, &beside, phases)).await;
    let finished = match built {
        Ok(built) => finish(job, &mut admin, &name, &mut mode, phases).await.map(|()| built),
        Err(e) => Err(e.into()),
    };
    match finished {
        Ok(Built { proofs, sequences, mut findings }) => {
            findings.extend(were_dropped(dropped));
            Ok(Restored { mode, proofs, sequences, safety_archive: None, findings })
        }
        // It may be the live one by now.
        Err(Failed { error, unknown: true }) => Err(error),
        Err(Failed { error, unknown: false }) => {
            if let Err(e) = swap::discard(&job.server, &name).await {
                tracing::warn!(error = %e, "the unfinished database {name} stays; the next restore drops it");
            }
            Err(stopped(cancel, error))
        }
    }
}

/// What is said of databases that killed restores had left.
pub(super) fn were_dropped(names: Vec<String>) -> impl Iterator<Item = Finding> {
    names.into_iter().map(|name| {
        let message = format!("the database {name:?}, which a killed restore had left behind, was dropped");
        Finding::new(Severity::Info, message, "").of(Fact::LeftoverDropped { name })
    })
}

async fn finish(
    job: &Job,
    admin: &mut PgConnection,
    name: &str,
    mode: &mut RestoreMode,
    phases: &mut Phases<'_>,
) -> Result<(), Failed> {
    phases.begin("renaming", None);
    // Settings of the database could stand in the way of our own sessions, so they come last.
    objects::database(job, &job.server, admin, name).await?;
    let renaming = Renaming::new(&job.server, admin, name).await?;
    match mode {
        RestoreMode::Swap { target, set_aside } => {
            *set_aside = renaming.swap(target, set_aside.clone(), job.task.now).await?;
            Ok(())
        }
        _ => renaming.rename(job.server.database()).await,
    }
}

async fn build(job: &Arc<Job>, target: &Target, server: &Server, phases: &mut Phases<'_>) -> Result<Built> {
    // This session marks the database as in use: without it, another restore would drop it as a leftover.
    let mut conn = server.as_keeper().connect_further().await?;
    phases.plan(&["preparing", "restoring", "indexing and proving", "finishing", "renaming"]);
    phases.begin("preparing", None);
    let schema = SchemaFile::new(job).await?;
    let toc = schema.toc().await?;
    let (toc, mut findings) = without_dangling_keys(job, &toc);
    findings.extend(public_stays(job, target, &toc));
    let (at_once, rest_of_it) = toc.halves(&partitioned(job));
    if target.superuser {
        apply(job, target, server, &mut conn, &schema, Part::PreData, Some(&toc)).await?;
    } else {
        let (schemas, rest) = toc.schemas_first();
        if !schemas.is_empty() {
            apply(job, target, server, &mut conn, &schema, Part::Any, Some(&schemas)).await?;
        }
        apply(job, target, server, &mut conn, &schema, Part::PreData, Some(&rest)).await?;
    }
    trust::check_new(job, target, server, &mut conn).await?;

    phases.begin("restoring", Some(job.archived.bytes()));
    let (loaded, all_loaded) = oneshot::channel();
    // The proof fills the time in which loading and building indexes leave a processor idle.
    let rows = load::load_and_prove(job, server, loaded);
    let rest = async {
        if all_loaded.await.is_err() {
            // Loading has failed, and says why.
            std::future::pending::<()>().await;
        }
        let large_objects = objects::large_objects(job, server, &mut conn).await?;
        phases.begin("indexing and proving", None);
        apply(job, target, server, &mut conn, &schema, Part::PostData, Some(&at_once)).await?;
        apply(job, target, server, &mut conn, &schema, Part::Rest, Some(&rest_of_it)).await?;
        Ok(large_objects)
    };
    let (mut proofs, large_objects) = futures::future::try_join(rows, rest).await?;
    proofs.extend(large_objects);

    phases.begin("finishing", None);
    quiet(server, &mut conn).await;
    let sequences = objects::sequences(job, server, &mut conn).await?;
    objects::materialized_views(job, server, &mut conn).await?;
    objects::analyze_all(job, server, &mut conn).await?;
    // The server counts a session until its client is gone, and a database in use can't be renamed.
    conn.close().await.map_err(|e| server.error(e))?;
    Ok(Built { proofs, sequences, findings })
}

/// Event triggers of the user are there by now and must not fire. Without the right to set this they fire.
async fn quiet(server: &Server, conn: &mut PgConnection) {
    drop(server.run(conn, "SET session_replication_role = replica").await);
    drop(server.run(conn, "SET synchronous_commit = off").await);
}

async fn apply(
    job: &Job,
    target: &Target,
    server: &Server,
    conn: &mut PgConnection,
    schema: &SchemaFile,
    part: Part,
    only: Option<&Toc>,
) -> Result<()> {
    if !schema.fits(target.version_num) {
        let sql = schema.text(part, only, target.version_num).await?;
        return server.run(conn, sql).await;
    }
    let jobs = if part == Part::PostData { job.task.jobs.max(1) } else { 1 };
    let memory = (INDEX_MEMORY / jobs).max(64);
    let pinned = settings::options(target.major(), server.settings());
    let settings = format!("{pinned} -c maintenance_work_mem={memory}MB -c synchronous_commit=off");
    schema.apply(server, part, only, jobs, &settings).await
}

/// What belongs to partitioned tables, and foreign keys in or out of them, by catalog and oid.
fn partitioned(job: &Job) -> BTreeSet<(u32, u32)> {
    let tables = || job.archived.tables.iter().filter(|t| t.properties.relkind == "p");
    let is_partitioned = |schema: &Option<String>, name: &str| {
        tables().any(|t| t.name == name && Some(&t.schema) == schema.as_ref())
    };
    let mut alone: BTreeSet<(u32, u32)> =
        tables().flat_map(|t| t.properties.members.iter().copied()).collect();
    for key in &job.archive.manifest().foreign_keys {
        if !is_partitioned(&key.foreign_schema, &key.foreign_table) {
            continue;
        }
        let child = job.archived.find(key.schema.as_deref().unwrap_or_default(), &key.table);
        let keys = child.iter().flat_map(|t| &t.properties.foreign_keys);
        alone.extend(keys.filter(|(_, n)| *n == key.name).map(|(oid, _)| (super::toc::CONSTRAINTS, *oid)));
    }
    alone
}

/// Before version 15 the schema `public` of a new database belongs to a superuser, and nobody else changes its privileges;
/// the server only warns.
pub(super) fn public_stays(job: &Job, target: &Target, toc: &Toc) -> Option<Finding> {
    let stays = !target.superuser && target.major() < 15 && !job.task.no_privileges && toc.changes_public();
    stays.then(|| {
        let message = format!(
            "the privileges on the schema public are those of a new database, and not the archived ones: {:?} may not \
             change them",
            target.user
        );
        let hint = "let a superuser give them; `pg_dump --schema-only` of the old database has the statements";
        Finding::new(Severity::Warning, message, hint)
            .of(Fact::PublicPrivileges { user: target.user.clone() })
    })
}

/// With chosen tables, foreign keys from them to tables that stay empty would be violated.
pub(super) fn without_dangling_keys(job: &Job, toc: &Toc) -> (Toc, Vec<Finding>) {
    let (left_out, findings) = dangling_keys(job);
    (toc.filter(|e| e.catalog != super::toc::CONSTRAINTS || !left_out.contains(&e.object)), findings)
}

/// Those keys, by their oids in the archive, and the warning about them.
pub(super) fn dangling_keys(job: &Job) -> (BTreeSet<u32>, Vec<Finding>) {
    let archived = &job.archived;
    let mut left_out = BTreeSet::new();
    let mut findings = Vec::new();
    for key in &job.archive.manifest().foreign_keys {
        let find =
            |schema: &Option<String>, name: &str| archived.find(schema.as_deref().unwrap_or_default(), name);
        let Some(child) = find(&key.schema, &key.table).filter(|t| t.chosen) else { continue };
        if find(&key.foreign_schema, &key.foreign_table).is_some_and(|t| t.chosen) {
            continue;
        }
        let oids = child.properties.foreign_keys.iter().filter(|(_, name)| *name == key.name);
        left_out.extend(oids.map(|(oid, _)| *oid));
        let message = format!(
            "the foreign key {:?} of {} is left out: it references {}, which was not chosen",
            key.name,
            child.label(),
            key.foreign_table
        );
        let hint = format!("add {} to --tables to have it", key.foreign_table);
        findings.push(Finding::new(Severity::Warning, message, hint).of(Fact::KeyLeftOut {
            key: key.name.clone(),
            table: child.label(),
            foreign_table: key.foreign_table.clone(),
        }));
    }
    (left_out, findings)
}
