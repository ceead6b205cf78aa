//! What the archive holds, in the words of PostgreSQL.

use std::collections::BTreeSet;

use aitta_archive::{Column, Manifest, SectionKind};
use aitta_base::tables::TableName;
use aitta_base::{Error, Result};
use aitta_model::{Command, DatabaseEngine, ErrorCode};

use super::super::properties::{DatabaseProperties, QualifiedName, TableProperties};
use super::super::quote::{ident, qualified};

/// The manifest, understood.
pub(super) struct ArchivedSchema {
    pub(super) database: DatabaseProperties,
    pub(super) tables: Vec<ArchivedTable>,
    /// Section of the schema, a custom-format file of `pg_dump`.
    pub(super) schema_section: u32,
    /// Section of the data of large objects.
    pub(super) large_objects: Option<u32>,
    /// Whether it holds the whole database.
    pub(super) complete: bool,
    /// Stored bytes of everything that will be read, schema included.
    pub(super) needed_bytes: u64,
}

/// A table of the archive.
pub(super) struct ArchivedTable {
    pub(super) section: u32,
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) digest: String,
    pub(super) properties: TableProperties,
    /// Whether its rows are wanted.
    pub(super) chosen: bool,
}

impl ArchivedTable {
    /// For people.
    pub(super) fn label(&self) -> String {
        TableName::new(Some(&self.schema), &self.name).to_string()
    }

    /// For SQL.
    pub(super) fn sql(&self) -> String {
        qualified(&self.schema, &self.name)
    }

    /// Whether it holds rows itself; a partitioned table doesn't.
    pub(super) fn holds_rows(&self) -> bool {
        self.properties.relkind != "p"
    }

    /// The column list of COPY with its parentheses; empty for a table without columns of its own.
    pub(super) fn column_list(&self) -> String {
        if self.columns.is_empty() {
            return String::new();
        }
        let names: Vec<String> = self.columns.iter().map(|c| ident(&c.name)).collect();
        format!(" ({})", names.join(", "))
    }

    pub(super) fn is(&self, name: &QualifiedName) -> bool {
        self.schema == name.schema && self.name == name.name
    }
}

impl ArchivedSchema {
    /// Understands a manifest. `wanted` are sections of tables; `None` is everything.
    ///
    /// # Errors
    /// `archive_damaged` when it makes no sense, `unsupported` when it is not from PostgreSQL.
    pub(super) fn new(manifest: &Manifest, wanted: Option<&[u32]>) -> Result<Self> {
        if manifest.source.engine != DatabaseEngine::Postgresql.as_str() {
            return Err(Error::new(
                ErrorCode::TargetIncompatible,
                format!(
                    "{} was made from {}, and the target is PostgreSQL",
                    manifest.id, manifest.source.engine
                ),
                "restore into a database of the same kind with --to",
            ));
        }
        let nonsense = |what: &dyn std::fmt::Display| {
            Error::new(
                ErrorCode::ArchiveDamaged,
                format!("{}: the manifest cannot be understood: {what}", manifest.id),
                format!(
                    "restore from another archive: {backup_list} shows them",
                    backup_list = Command::BackupList
                ),
            )
        };
        let database: DatabaseProperties =
            serde_json::from_value(manifest.properties.clone()).map_err(|e| nonsense(&e))?;
        let mut tables = Vec::new();
        for (section, table) in manifest.tables() {
            tables.push(ArchivedTable {
                section,
                schema: table.schema.clone().unwrap_or_default(),
                name: table.name.clone(),
                columns: table.columns.clone(),
                rows: table.rows,
                bytes: table.bytes,
                digest: table.digest.clone(),
                properties: serde_json::from_value(table.properties.clone()).map_err(|e| nonsense(&e))?,
                chosen: wanted.is_none_or(|w| w.contains(&section)),
            });
        }
        choose_partitions(&mut tables);
        let position = |kind| manifest.sections.iter().position(|s| s.kind == kind).map(|i| i as u32);
        let schema_section = position(SectionKind::Schema).ok_or_else(|| nonsense(&"there is no schema"))?;
        let large_objects = wanted.map_or_else(|| position(SectionKind::Extra), |_| None);
        let needed: BTreeSet<u32> = tables
            .iter()
            .filter(|t| t.chosen)
            .map(|t| t.section)
            .chain([schema_section])
            .chain(large_objects)
            .collect();
        let stored = |section: &u32| {
            manifest.sections[*section as usize].frames.iter().map(|f| f.stored_len).sum::<u64>()
        };
        Ok(Self {
            database,
            schema_section,
            large_objects,
            complete: manifest.complete,
            needed_bytes: needed.iter().map(stored).sum(),
            tables,
        })
    }

    /// The tables that are wanted.
    pub(super) fn chosen(&self) -> impl Iterator<Item = &ArchivedTable> {
        self.tables.iter().filter(|t| t.chosen)
    }

    /// Those of them that hold rows.
    pub(super) fn with_rows(&self) -> impl Iterator<Item = &ArchivedTable> {
        self.chosen().filter(|t| t.holds_rows())
    }

    /// The plaintext of the rows that are wanted, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.chosen().map(|t| t.bytes).sum()
    }

    /// Major version of the server that the archive was made from.
    pub(super) fn major(&self) -> u32 {
        self.database.server_version_num / 10_000
    }

    /// Major version of the `pg_dump` that wrote the schema.
    pub(super) fn pg_dump_major(&self) -> u32 {
        let digits: String = self.database.pg_dump_version.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or_default()
    }

    /// A table by name.
    pub(super) fn find(&self, schema: &str, name: &str) -> Option<&ArchivedTable> {
        self.tables.iter().find(|t| t.schema == schema && t.name == name)
    }
}

/// Who chooses a partitioned table chooses its partitions, and theirs.
fn choose_partitions(tables: &mut [ArchivedTable]) {
    loop {
        let more: Vec<usize> = (0..tables.len())
            .filter(|&i| !tables[i].chosen)
            .filter(|&i| match &tables[i].properties.partition_of {
                Some(parent) => tables.iter().any(|t| t.chosen && t.is(parent)),
                None => false,
            })
            .collect();
        if more.is_empty() {
            return;
        }
        for i in more {
            tables[i].chosen = true;
        }
    }
}
