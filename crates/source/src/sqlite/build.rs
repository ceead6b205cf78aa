//! Makes a new file from an archive, and proves it before it is visible.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aitta_archive::{Section, SectionKind};
use aitta_base::{Error, Phases, Progress, Result, amount};
use aitta_model::{ErrorCode, Fact, Finding, SequenceReport, Severity, TableProof};
use tokio_util::sync::CancellationToken;

use super::connection::{Access, Db, quoted};
use super::dump::FileSnapshot;
use super::job::Job;
use super::load::{load, proof, prove};
use super::replay;
use super::schema::{Entry, Schema};
use crate::{Archived, DigestSink, FrameSink, RestoreTask, Snapshot};

/// What was made and proven.
pub(super) struct Built {
    pub(super) proofs: Vec<TableProof>,
    pub(super) sequences: Vec<SequenceReport>,
    pub(super) findings: Vec<Finding>,
}

/// Fills the empty file `path` and reads it back.
pub(super) async fn build(
    path: &Path,
    archive: &Arc<dyn Archived>,
    job: &Job,
    task: &RestoreTask,
    phases: &mut Phases<'_>,
    progress: &dyn Progress,
) -> Result<Built> {
    phases.plan(&["restoring", "indexing", "proving", "swapping"]);
    let mut db = Db::open(path, Access::Write, Duration::from_secs(5)).await?;
    db.defend(false).await?;
    let filled = fill(&mut db, archive, job, task, phases, progress).await;
    let sequences = match filled {
        Ok(sequences) => sequences,
        Err(e) => {
            db.abandon().await;
            return Err(e);
        }
    };
    db.close().await?;
    if task.cancel.is_cancelled() {
        return Err(Error::cancelled());
    }
    phases.begin("proving", Some(bytes_of(archive.as_ref(), job)));
    let mut db = Db::open(path, Access::Write, Duration::from_secs(5)).await?;
    let mut findings = check_integrity(&mut db).await?;
    let schema = Schema::read(&mut db).await?;
    let proofs = if job.whole {
        findings.extend(broken_references(&mut db).await);
        prove_whole(db, schema, path, archive, &job.schema).await?
    } else {
        let proofs = prove(&mut db, archive.as_ref(), &job.sections, schema.encoding()).await?;
        db.close().await?;
        proofs
    };
    Ok(Built { proofs, sequences, findings })
}

/// Plaintext of the chosen tables, in bytes.
pub(super) fn bytes_of(archive: &dyn Archived, job: &Job) -> u64 {
    let sections = &archive.manifest().sections;
    job.sections.iter().filter_map(|&n| sections.get(n as usize)).map(|s| s.bytes).sum()
}

async fn fill(
    db: &mut Db,
    archive: &Arc<dyn Archived>,
    job: &Job,
    task: &RestoreTask,
    phases: &mut Phases<'_>,
    progress: &dyn Progress,
) -> Result<Vec<SequenceReport>> {
    phases.begin("restoring", Some(bytes_of(archive.as_ref(), job)));
    replay::set_up(db, &job.schema.pragmas).await?;
    // The file is invisible until it is whole and proven, so it needs no journal; it is flushed before
    // it gets its name. Rows that break a CHECK were archived as they were and come back like that.
    db.run(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; \
         PRAGMA cache_size = -24000; PRAGMA ignore_check_constraints = ON",
    )
    .await?;
    let mut entries: Vec<&Entry> = Vec::new();
    if job.whole {
        entries.extend(&job.schema.entries);
    } else {
        for &number in &job.sections {
            entries.extend(job.entries(archive.section(number)?)?);
        }
    }
    db.run("BEGIN").await?;
    replay::tables(db, &entries).await?;
    for &number in &job.sections {
        load(db, archive, number, &task.cancel, progress).await?;
    }
    let sequences = if job.whole {
        library_tables(db, archive, &task.cancel, progress).await?;
        Vec::new()
    } else {
        set_sequences(db, job, archive).await?
    };
    db.run("COMMIT").await?;
    phases.begin("indexing", None);
    for kind in ["index", "view", "trigger"] {
        stop_if(&task.cancel)?;
        replay::others(db, &entries, kind).await?;
    }
    let pragmas = &job.schema.pragmas;
    db.run(format!(
        "PRAGMA user_version = {}; PRAGMA application_id = {}; PRAGMA journal_mode = {}",
        pragmas.user_version,
        pragmas.application_id,
        if pragmas.journal_mode == "wal" { "WAL" } else { "DELETE" }
    ))
    .await?;
    Ok(sequences)
}

fn stop_if(cancel: &CancellationToken) -> Result<()> {
    if cancel.is_cancelled() { Err(Error::cancelled()) } else { Ok(()) }
}

/// Tables of the library get exactly the archived rows; inserting into others has filled some.
async fn library_tables(
    db: &mut Db,
    archive: &Arc<dyn Archived>,
    cancel: &CancellationToken,
    progress: &dyn Progress,
) -> Result<()> {
    for (number, section) in Job::extras(archive.as_ref()) {
        db.run(format!("DELETE FROM {}", quoted(&section.name))).await?;
        load(db, archive, number, cancel, progress).await?;
    }
    Ok(())
}

/// Sets the counters of `AUTOINCREMENT` among the chosen tables to the archived value, or higher where
/// the database has already counted further.
pub(super) async fn set_sequences(
    db: &mut Db,
    job: &Job,
    archive: &Arc<dyn Archived>,
) -> Result<Vec<SequenceReport>> {
    let mut reports = Vec::new();
    for (name, archived) in job.sequences(archive).await? {
        let current = "SELECT max(seq) FROM sqlite_sequence WHERE name = ?";
        let rows = "SELECT count(*) FROM sqlite_sequence WHERE name = ?";
        if db.number(rows, &[&name]).await? == 0 {
            db.rows("INSERT INTO sqlite_sequence (name, seq) VALUES (?, 0)", &[&name]).await?;
        }
        let sql = format!("UPDATE sqlite_sequence SET seq = max(seq, {archived}) WHERE name = ?");
        db.rows(sql, &[&name]).await?;
        let restored = db.number(current, &[&name]).await?;
        reports.push(SequenceReport { name, archived, restored });
    }
    Ok(reports)
}

/// The library's own check of pages, trees and indexes.
async fn check_integrity(db: &mut Db) -> Result<Vec<Finding>> {
    db.run("PRAGMA ignore_check_constraints = ON").await?;
    db.read_views(true).await?;
    let answer = db.text("PRAGMA integrity_check(1)", &[]).await?;
    db.read_views(false).await?;
    if answer == "ok" {
        return Ok(Vec::new());
    }
    // Of data only, such as a NULL that a later ALTER TABLE forbade: equal to what was archived.
    if answer.starts_with("NULL value in") {
        let message = format!("{answer}, as in the archived database");
        return Ok(vec![Finding::new(Severity::Warning, message, "correct the rows")]);
    }
    Err(Error::new(
        ErrorCode::ProofFailed,
        format!("the restored file does not pass the integrity check: {answer}"),
        "nothing was changed; check the disk, and report this with the message",
    ))
}

/// References that lead nowhere. The data is equal, so they were archived like that.
async fn broken_references(db: &mut Db) -> Option<Finding> {
    let count = db.number("SELECT count(*) FROM pragma_foreign_key_check", &[]).await.ok()?;
    let rows = count.unsigned_abs();
    (count > 0).then(|| {
        let message = format!(
            "references lead to rows that do not exist in {}, as in the archived database",
            amount::count(rows, "row")
        );
        Finding::new(Severity::Warning, message, "`PRAGMA foreign_key_check` lists them")
            .of(Fact::BrokenReferences { rows })
    })
}

/// Takes a snapshot of the new file as a backup would, and compares it section by section.
async fn prove_whole(
    mut db: Db,
    schema: Schema,
    path: &Path,
    archive: &Arc<dyn Archived>,
    archived_schema: &Schema,
) -> Result<Vec<TableProof>> {
    db.run("BEGIN").await?;
    let mut snapshot = FileSnapshot::of(db, schema.clone(), path, &[]).await?;
    let digests = Arc::new(DigestSink::default());
    let sink: Arc<dyn FrameSink> = digests.clone();
    snapshot.read(sink).await?;
    let found = snapshot.contents().sections.clone();
    snapshot.close().await?;
    if schema != *archived_schema {
        return Err(Error::new(
            ErrorCode::ProofFailed,
            "the schema of the restored file is another one than that of the archive",
            "nothing was changed; report this with the message",
        ));
    }
    let archived = &archive.manifest().sections;
    let mut proofs = Vec::new();
    for section in archived {
        let same = |s: &Section| (s.kind, &s.name) == (section.kind, &section.name);
        let number = found.iter().position(same).ok_or_else(|| missing(section))?;
        // Compared above: the bytes of the section are those of whoever wrote the archive.
        if section.kind == SectionKind::Schema {
            continue;
        }
        let proof = proof(section, &digests.digest(number as u32))?;
        if section.kind == SectionKind::Table {
            proofs.push(proof);
        }
    }
    if found.len() != archived.len() {
        return Err(Error::new(
            ErrorCode::ProofFailed,
            format!("the restored file has {} sections, the archive {}", found.len(), archived.len()),
            "nothing was changed; report this with the message",
        ));
    }
    Ok(proofs)
}

fn missing(section: &Section) -> Error {
    Error::new(
        ErrorCode::ProofFailed,
        format!("{:?} is missing from the restored file", section.name),
        "nothing was changed; report this with the message",
    )
}
