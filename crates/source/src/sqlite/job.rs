//! What a restore is asked to do, looked up in the archive.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aitta_archive::{ForeignKey, Section, SectionKind};
use aitta_base::{Error, Result};
use aitta_model::{DatabaseEngine, ErrorCode, RestoreMode};

use super::part::Part;
use super::row::{Value, decode};
use super::schema::{Entry, Schema};
use crate::{Archived, RestoreTask};

/// The chosen tables and the archived schema.
pub(super) struct Job {
    /// Section numbers of the chosen tables.
    pub(super) sections: Vec<u32>,
    /// Their names.
    pub(super) names: Vec<String>,
    /// Whether this is the whole database.
    pub(super) whole: bool,
    /// The archived schema, all of it.
    pub(super) schema: Schema,
}

impl Job {
    pub(super) async fn of(archive: &Arc<dyn Archived>, task: &RestoreTask) -> Result<Self> {
        let manifest = archive.manifest();
        if manifest.source.engine != DatabaseEngine::Sqlite.as_str() {
            return Err(Error::new(
                ErrorCode::TargetIncompatible,
                format!(
                    "{} was taken from {}, and the target is SQLite",
                    archive.id(),
                    manifest.source.engine
                ),
                "choose a target of the same kind with --to",
            ));
        }
        if task.to_schema.is_some() {
            return Err(Error::new(
                ErrorCode::ConfigInvalid,
                "SQLite has no schemas",
                "leave --to-schema out and restore into a new file with --to sqlite:new.db",
            ));
        }
        let schema =
            manifest.sections.iter().position(|s| s.kind == SectionKind::Schema).ok_or_else(|| {
                Error::new(
                    ErrorCode::ArchiveDamaged,
                    format!("{} holds no schema", archive.id()),
                    "restore from another archive",
                )
            })?;
        let schema = Schema::from_blob(&archive.blob(schema as u32).await?)?;
        // An archive of chosen tables never replaces a whole database.
        let whole = task.tables.is_none() && manifest.complete;
        let sections = match &task.tables {
            Some(chosen) => chosen.clone(),
            None => manifest.tables().map(|(number, _)| number).collect(),
        };
        let mut names = Vec::new();
        for &number in &sections {
            names.push(archive.section(number)?.name.clone());
        }
        Ok(Self { sections, names, whole, schema })
    }

    /// Whether a table is among the chosen ones.
    pub(super) fn has(&self, table: &str) -> bool {
        self.names.iter().any(|name| name.eq_ignore_ascii_case(table))
    }

    /// Where to and how.
    ///
    /// # Errors
    /// `target_not_empty` when a file with content would be overwritten.
    pub(super) fn mode(&self, live: &Path, aside: PathBuf, in_place: bool) -> Result<RestoreMode> {
        let target = live.display().to_string();
        let there = std::fs::metadata(live).is_ok_and(|meta| meta.len() > 0);
        match (there, self.whole) {
            (false, _) => Ok(RestoreMode::Create { target }),
            (true, false) => Ok(RestoreMode::Replace { target }),
            (true, true) if in_place => {
                Ok(RestoreMode::Swap { target, set_aside: aside.display().to_string() })
            }
            (true, true) => Err(Error::new(
                ErrorCode::TargetNotEmpty,
                format!("{target} is there already, and a whole restore into another file only creates"),
                "name a file that does not exist, or choose tables with --tables",
            )),
        }
    }

    /// Sections of the library's own tables.
    pub(super) fn extras(archive: &dyn Archived) -> impl Iterator<Item = (u32, &Section)> {
        let all = archive.manifest().sections.iter().enumerate();
        all.filter(|(_, s)| s.kind == SectionKind::Extra).map(|(number, s)| (number as u32, s))
    }

    /// Names of the stored tables behind a section: its own, or those of the parts and its own.
    pub(super) fn stored_names(section: &Section) -> Result<Vec<String>> {
        let mut names: Vec<String> = Part::of_section(section)?.into_iter().map(|p| p.table).collect();
        if !names.contains(&section.name) {
            names.push(section.name.clone());
        }
        Ok(names)
    }

    /// Entries of the archived schema that make the tables of a section and all that belongs to them.
    pub(super) fn entries(&self, section: &Section) -> Result<Vec<&Entry>> {
        let names = Self::stored_names(section)?;
        let mine = |e: &&Entry| e.kind != "view" && names.iter().any(|n| n.eq_ignore_ascii_case(&e.tbl_name));
        Ok(self.schema.entries.iter().filter(mine).collect())
    }

    /// Archived keys between a chosen table and one that is not.
    pub(super) fn crossing<'a>(&'a self, archive: &'a dyn Archived) -> impl Iterator<Item = &'a ForeignKey> {
        archive.manifest().foreign_keys.iter().filter(|k| self.has(&k.table) != self.has(&k.foreign_table))
    }

    /// Archived values of `AUTOINCREMENT`, by table.
    pub(super) async fn sequences(&self, archive: &Arc<dyn Archived>) -> Result<BTreeMap<String, i64>> {
        let mut sequences = BTreeMap::new();
        let Some((number, section)) =
            Self::extras(archive.as_ref()).find(|(_, s)| s.name == "sqlite_sequence")
        else {
            return Ok(sequences);
        };
        for index in 0..section.frames.len() as u32 {
            let frame = archive.frame(number, index).await?;
            for line in frame.split(|&b| b == b'\n').filter(|line| !line.is_empty()) {
                if let [Value::Text(name), Value::Integer(value)] = &decode(line)?[..]
                    && self.has(name)
                {
                    sequences.insert(name.clone(), *value);
                }
            }
        }
        Ok(sequences)
    }
}
