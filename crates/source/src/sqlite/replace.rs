//! Replacing chosen tables of a database that is in use, in one transaction.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aitta_base::tables::TableName;
use aitta_base::{Error, Phases, Progress, Result, amount};
use aitta_model::{ErrorCode, Fact, Finding, PhaseTiming, RestoreMode, Severity};

use super::build::{bytes_of, set_sequences};
use super::connection::{Access, Db, quoted};
use super::foreign::Before;
use super::job::Job;
use super::load::{load, prove};
use super::lock_time::LockTime;
use super::part::{Part, module};
use super::replay;
use super::schema::{Entry, Schema, foreign_keys};
use crate::{Archived, RestoreTask, Restored, SafetyNet};

/// Everything that a step needs.
pub(super) struct Replace<'r> {
    pub(super) archive: &'r Arc<dyn Archived>,
    pub(super) job: &'r Job,
    pub(super) task: &'r RestoreTask,
    pub(super) safety: &'r dyn SafetyNet,
    pub(super) progress: &'r dyn Progress,
}

impl Replace<'_> {
    /// Replaces the tables. On any error the transaction is undone.
    pub(super) async fn run(&self, live: &Path, phases: &mut Phases<'_>) -> Result<Restored> {
        super::dump::check_file(live)?;
        phases.plan(&["locking", "archiving", "restoring", "proving"]);
        phases.begin(PhaseTiming::LOCKING, None);
        let mut db = Db::open(live, Access::Write, Duration::from_millis(100)).await?;
        let done = match self.apply(&mut db, live, phases).await {
            // Readers of a rollback-journal database hold up the commit until they are done.
            Ok(restored) => {
                let mut time = LockTime::begin(live, self.task);
                db.run_locked("COMMIT", &mut time).await.map(|()| restored)
            }
            Err(e) => Err(e),
        };
        match done {
            Ok(restored) => {
                if let Err(error) = db.close().await {
                    tracing::debug!(%error, "the connection did not close cleanly after the commit");
                }
                Ok(restored)
            }
            Err(e) => {
                db.abandon().await;
                Err(e)
            }
        }
    }

    async fn apply(&self, db: &mut Db, live: &Path, phases: &mut Phases<'_>) -> Result<Restored> {
        let (archive, job) = (self.archive, self.job);
        db.run("PRAGMA cache_size = -24000; PRAGMA ignore_check_constraints = ON").await?;
        db.run_locked("BEGIN IMMEDIATE", &mut LockTime::begin(live, self.task)).await?;
        let schema = Schema::read(db).await?;
        let missing = self.compare(db, &schema).await?;
        let keys = foreign_keys(db, &schema).await?;
        let touching = keys.into_iter().filter(|k| job.has(&k.table) || job.has(&k.foreign_table)).collect();
        let before = Before::note(db, touching).await?;
        let mut findings = before.findings.clone();

        // Readers are still let in, so a second connection can archive what is about to go.
        let there: Vec<String> = job.names.iter().filter(|n| !missing.contains(n)).cloned().collect();
        let mut safety_archive = None;
        if !there.is_empty() {
            phases.begin("archiving", None);
            let names = there.iter().map(|n| TableName::new(None, n).qualified()).collect();
            safety_archive = Some(self.safety.archive(names).await?);
        }
        self.stop_if_cancelled()?;

        phases.begin("restoring", Some(bytes_of(archive.as_ref(), job)));
        let of_these = |e: &&Entry| there.iter().any(|table| table.eq_ignore_ascii_case(&e.tbl_name));
        let triggers = schema.entries.iter().filter(|e| e.kind == "trigger").filter(of_these).count();
        let mut made: Vec<&Entry> = Vec::new();
        for &number in &job.sections {
            let section = archive.section(number)?;
            if missing.contains(&section.name) {
                made.extend(job.entries(section)?);
            }
        }
        // Full-text indexes are written as the tables that they consist of.
        db.defend(false).await?;
        replay::tables(db, &made).await?;
        for &number in &job.sections {
            for part in Part::of_section(archive.section(number)?)? {
                db.run(format!("DELETE FROM {}", quoted(&part.table))).await?;
            }
        }
        for &number in &job.sections {
            load(db, archive, number, &self.task.cancel, self.progress).await?;
        }
        let sequences = set_sequences(db, job, archive).await?;
        replay::others(db, &made, "index").await?;
        replay::others(db, &made, "trigger").await?;

        phases.begin("proving", Some(bytes_of(archive.as_ref(), job)));
        let after = Schema::read(db).await?;
        let lost = schema.entries.iter().find(|entry| !after.entries.contains(entry));
        if let Some(entry) = lost {
            return Err(Error::new(
                ErrorCode::ProofFailed,
                format!("{} {:?} would have come back changed", entry.kind, entry.name),
                "nothing was changed; report this with the message",
            ));
        }
        let new_keys = foreign_keys(db, &after).await?;
        let made_keys = new_keys.into_iter().filter(|k| missing.contains(&k.table)).collect();
        before.check(db, made_keys, &job.names).await?;
        let proofs = prove(db, archive.as_ref(), &job.sections, after.encoding()).await?;
        self.stop_if_cancelled()?;
        findings.extend(stale_indexes(&schema, job));
        if triggers > 0 {
            let count = triggers as u64;
            let message = format!("{} of the chosen tables did not fire", amount::count(count, "trigger"));
            findings.push(Finding::new(Severity::Info, message, "").of(Fact::TriggersSilent { count }));
        }
        let mode = RestoreMode::Replace { target: live.display().to_string() };
        Ok(Restored { mode, proofs, sequences, safety_archive, findings })
    }

    /// Compares the chosen tables with those of the target. Returns the ones that are not there.
    async fn compare(&self, db: &mut Db, schema: &Schema) -> Result<Vec<String>> {
        let mut missing = Vec::new();
        for &number in &self.job.sections {
            let section = self.archive.section(number)?;
            let taken = schema
                .entries
                .iter()
                .find(|e| e.kind != "trigger" && e.name.eq_ignore_ascii_case(&section.name));
            let Some(entry) = taken else {
                missing.push(section.name.clone());
                continue;
            };
            let mut differences = Vec::new();
            if entry.kind != "table" {
                differences.push(format!("the target has a {} of this name", entry.kind));
            } else if entry.module().filter(|_| entry.is_virtual()) != module(section)? {
                differences.push("it is a virtual table on one side only, or of another module".into());
            } else {
                for part in Part::of_section(section)? {
                    let target = Part::of(db, &part.table).await?;
                    differences.extend(part.differences(&target).into_iter().map(|(_, words)| words));
                }
            }
            if !differences.is_empty() {
                return Err(Error::new(
                    ErrorCode::TargetIncompatible,
                    format!(
                        "the table {:?} changed since the archive was made: {}",
                        section.name,
                        differences.join("; ")
                    ),
                    "restore it into a new file with --to sqlite:new.db and copy the rows over by a query",
                ));
            }
        }
        Ok(missing)
    }

    fn stop_if_cancelled(&self) -> Result<()> {
        if self.task.cancel.is_cancelled() { Err(Error::cancelled()) } else { Ok(()) }
    }
}

/// Full-text indexes over a chosen table that are not chosen themselves: the triggers that keep them
/// up to date did not fire.
pub(super) fn stale_indexes(schema: &Schema, job: &Job) -> Vec<Finding> {
    let mut findings = Vec::new();
    for entry in schema.entries.iter().filter(|e| e.is_virtual() && !job.has(&e.name)) {
        let Some((_, content)) = entry.sql.split_once("content") else { continue };
        let content = content.trim_start().strip_prefix('=').unwrap_or_default().trim_start();
        let table = content.trim_start_matches(['\'', '"', '`', '[']);
        let end = table.find(['\'', '"', '`', ']', ',', ')']).unwrap_or(table.len());
        if job.has(table[..end].trim()) {
            let message =
                format!("the full-text index {} is not restored with {}", entry.name, &table[..end]);
            let hint = format!(
                "add {} to --tables, or rebuild it: INSERT INTO {0}({0}) VALUES('rebuild')",
                entry.name
            );
            findings.push(
                Finding::new(Severity::Warning, message, hint)
                    .of(Fact::StaleIndex { index: entry.name.clone(), table: table[..end].to_owned() }),
            );
        }
    }
    findings
}
