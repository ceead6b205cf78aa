//! Says what a restore would do. Writes nothing.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aitta_archive::ForeignKey;
use aitta_base::tables::TableName;
use aitta_base::{Error, Result, amount};
use aitta_model::{ErrorCode, Fact, Finding, RestoreMode, RestorePlan, Severity, TablePlan, Timestamp};

use super::build::bytes_of;
use super::connection::{Db, quoted};
use super::dump::open_reader;
use super::files::{self, free_bytes, users};
use super::job::Job;
use super::part::Part;
use super::replace::stale_indexes;
use super::schema::{Schema, describe};
use crate::{Archived, RestoreTask};

/// Looks at archive and target.
pub(super) async fn plan(
    live: &Path,
    mode: RestoreMode,
    archive: &Arc<dyn Archived>,
    job: &Job,
    task: &RestoreTask,
) -> Result<RestorePlan> {
    let mut findings = Vec::new();
    let mut target = None;
    if !matches!(mode, RestoreMode::Create { .. }) {
        match open_reader(live, task.lock_timeout).await {
            Ok(open) => target = Some(open),
            // A whole restore is what a damaged database needs.
            Err(e) if e.code() == ErrorCode::SourceUnfit && matches!(mode, RestoreMode::Swap { .. }) => {
                let message = format!("the target cannot be read: {e}");
                findings.push(Finding::new(Severity::Warning, message, "").of(Fact::TargetUnreadable));
            }
            Err(e) => return Err(e),
        }
    }
    let mut tables = Vec::new();
    for &number in &job.sections {
        let section = archive.section(number)?;
        let parts = Part::of_section(section)?;
        let target_rows = match &mut target {
            Some((db, schema)) => rows_of(db, schema, &section.name, &parts).await?,
            None => None,
        };
        if let (Some((db, _)), Some(_), RestoreMode::Replace { .. }) = (&mut target, target_rows, &mode) {
            for part in &parts {
                let found = part.differences(&Part::of(db, &part.table).await?);
                let (differences, words): (Vec<_>, Vec<_>) = found.into_iter().unzip();
                if !words.is_empty() {
                    let message = format!("the table {:?} changed: {}", section.name, words.join("; "));
                    let hint = "restore it into a new file with --to sqlite:new.db";
                    let fact = Fact::TableChanged { table: section.name.clone(), differences };
                    findings.push(Finding::new(Severity::Blocker, message, hint).of(fact));
                }
            }
        }
        tables.push(TablePlan {
            name: TableName::new(None, &section.name).to_string(),
            archive_rows: section.rows,
            target_rows,
            bytes: section.bytes,
        });
    }
    if !job.whole {
        for key in job.crossing(archive.as_ref()) {
            findings.push(crossing(job, key, target.as_mut()).await);
        }
    }
    if let Some((db, schema)) = target {
        findings.extend(stale_indexes(&schema, job));
        if matches!(mode, RestoreMode::Swap { .. }) {
            findings.extend(lost_tables(&schema, job));
        }
        db.close().await?;
    }
    if matches!(mode, RestoreMode::Swap { .. }) {
        findings.extend(in_use(live, task.lock_timeout));
    }
    if !matches!(mode, RestoreMode::Create { .. }) {
        findings.extend(other_names(live));
    }
    let needed = space_needed(archive.as_ref(), job, &mode);
    if let Some((error, free_bytes)) = too_little_room(live, needed) {
        let fact = Fact::TooLittleRoom { needed_bytes: needed, free_bytes };
        findings.push(Finding::new(Severity::Blocker, error.to_string(), error.hint()).of(fact));
    }
    findings.sort_by_key(|f| f.severity);
    let manifest = archive.manifest();
    let stored = job.sections.iter().filter_map(|&n| manifest.sections.get(n as usize)).chain(
        // The schema, and counters of AUTOINCREMENT or all tables of the library.
        manifest.sections.iter().filter(|s| s.kind != aitta_archive::SectionKind::Table),
    );
    // Each frame is read twice: to authenticate all before anything is changed, and to restore.
    let frames: u64 = stored.flat_map(|s| &s.frames).map(|f| 2 * f.stored_len).sum();
    Ok(RestorePlan {
        archive: archive.id().to_string(),
        archive_created: Timestamp::from_millisecond(manifest.created_ms as i64).unwrap_or_default(),
        mode,
        tables,
        findings,
        space_needed_bytes: needed,
        read_bytes: archive.read_bytes() + frames,
        code: Vec::new(),
    })
}

/// A new file takes about the size of the rows and half as much for indexes; replaced rows also stay in
/// the journal until the commit.
pub(super) fn space_needed(archive: &dyn Archived, job: &Job, mode: &RestoreMode) -> u64 {
    let bytes = bytes_of(archive, job);
    if matches!(mode, RestoreMode::Replace { .. }) { bytes + beside(bytes) } else { beside(bytes) }
}

/// What a new file takes of the disk, for so many bytes of rows.
pub(super) fn beside(rows_bytes: u64) -> u64 {
    rows_bytes + rows_bytes / 2
}

/// The refusal when there is less room than that, and how much is free.
pub(super) fn too_little_room(live: &Path, needed: u64) -> Option<(Error, u64)> {
    let free = free_bytes(live)?;
    (free < needed).then(|| {
        let error = Error::new(
            ErrorCode::System,
            format!(
                "the restore needs about {} beside {}, and there is {} of free space",
                amount::size(needed),
                live.display(),
                amount::size(free)
            ),
            "free some space, or restore to another disk with --to",
        );
        (error, free)
    })
}

async fn rows_of(db: &mut Db, schema: &Schema, table: &str, parts: &[Part]) -> Result<Option<u64>> {
    if schema.table(table).is_none() {
        return Ok(None);
    }
    let mut rows = 0;
    for part in parts {
        if schema.table(&part.table).is_some() {
            let sql = format!("SELECT count(*) FROM {}", quoted(&part.table));
            rows += u64::try_from(db.number(sql, &[]).await?).unwrap_or(0);
        }
    }
    Ok(Some(rows))
}

/// A foreign key into or out of the choice. Whether rows would be left without their counterpart is
/// known only when the archived rows are in the table; then it is checked before the commit.
async fn crossing(job: &Job, key: &ForeignKey, target: Option<&mut (Db, Schema)>) -> Finding {
    let outside = if job.has(&key.table) { &key.foreign_table } else { &key.table };
    let hint = format!(
        "checked before the commit; if rows would be left without their counterpart, nothing is changed. To be sure, add {outside} to --tables"
    );
    let Some((db, schema)) = target else {
        let message = format!("the foreign key {} leads to a table that will not be there", describe(key));
        let fact = Fact::KeyLeadsNowhere { key: describe(key), foreign_table: outside.clone() };
        return Finding::new(Severity::Warning, message, format!("add {outside} to --tables")).of(fact);
    };
    let mut rows = 0;
    if schema.table(&key.table).is_some() {
        let filled: Vec<String> = key.columns.iter().map(|c| format!("{} IS NOT NULL", quoted(c))).collect();
        let sql = format!("SELECT count(*) FROM {} WHERE {}", quoted(&key.table), filled.join(" AND "));
        rows = db.number(sql, &[]).await.unwrap_or(0);
    }
    let message = if job.has(&key.table) {
        format!("the foreign key {} leads out of the choice, to {outside} as it is now", describe(key))
    } else {
        format!(
            "{outside}, which is not chosen, has {} with a reference to {} ({})",
            amount::count(rows.unsigned_abs(), "row"),
            key.foreign_table,
            describe(key)
        )
    };
    Finding::new(Severity::Warning, message, hint).of(Fact::KeyCrosses {
        key: describe(key),
        table: key.table.clone(),
        foreign_table: key.foreign_table.clone(),
    })
}

/// Tables that only the live database has.
fn lost_tables(schema: &Schema, job: &Job) -> Vec<Finding> {
    let names: Vec<&str> = schema
        .entries
        .iter()
        .filter(|e| e.kind == "table" && !e.is_internal() && job.schema.table(&e.name).is_none())
        .map(|e| e.name.as_str())
        .collect();
    if names.is_empty() {
        return Vec::new();
    }
    let message = format!("the archive does not have these tables of the target: {}", names.join(", "));
    let fact = Fact::TablesSetAside { names: names.into_iter().map(str::to_owned).collect() };
    vec![Finding::new(Severity::Warning, message, "they stay in the database that is set aside").of(fact)]
}

/// Whoever has the file open by another name keeps its write-ahead log beside that one, where it is not looked for: what
/// is written here is undone by that log, and what stands there is not saved. <https://sqlite.org/howtocorrupt.html>, 2.4.
fn other_names(live: &Path) -> Option<Finding> {
    let names = files::other_names(live);
    (names > 0).then(|| {
        let message = format!(
            "{} has {names} more {} (hard links): a program that uses it by one of them would undo what is restored",
            live.display(),
            if names == 1 { "name" } else { "names" }
        );
        let hint = "restore into the name that the programs use after removing the others, which `find / -samefile` lists, \
                    or into a new file with --to sqlite:new.db";
        Finding::new(Severity::Blocker, message, hint)
    })
}

/// The restore itself waits as long as it may for them to end.
fn in_use(live: &Path, patience: Duration) -> Vec<Finding> {
    let users: Vec<String> = users(live).iter().map(ToString::to_string).collect();
    if users.is_empty() {
        return Vec::new();
    }
    let message = format!(
        "{} is open in {}: the restore waits up to {} s for that to end",
        live.display(),
        users.join(", "),
        patience.as_secs()
    );
    let hint = "close the application that uses the database; --lock-timeout says how long to wait";
    let fact = Fact::FileInUse { programs: users, seconds: patience.as_secs() };
    vec![Finding::new(Severity::Warning, message, hint).of(fact)]
}
