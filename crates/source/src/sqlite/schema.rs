//! The schema of a database: `sqlite_schema` and the settings that live in the file.

use std::collections::BTreeMap;

use aitta_archive::{Column, ForeignKey};
use aitta_base::{Error, Result};
use aitta_model::ErrorCode;
use serde::{Deserialize, Serialize};

use super::connection::Db;
use super::part::Part;
use super::row::Encoding;

/// Modules of virtual tables that keep their content in shadow tables.
const STORED_MODULES: [&str; 6] = ["fts3", "fts4", "fts5", "rtree", "rtree_i32", "geopoly"];
/// Modules of virtual tables that have no content of their own: they show other tables.
const DERIVED_MODULES: [&str; 4] = ["fts5vocab", "fts4aux", "fts3tokenize", "dbstat"];
/// Tables of the library itself that an archive carries. The only other one, `sqlite_stat3`, was last read by a version
/// of 2013.
pub(super) const INTERNAL_TABLES: [&str; 3] = ["sqlite_sequence", "sqlite_stat1", "sqlite_stat4"];

/// The blob of the schema section: what it takes to make the same empty database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Schema {
    pub(super) pragmas: Pragmas,
    /// Rows of `sqlite_schema` that have a text, in the order in which they can be replayed: tables,
    /// tables of the library, virtual tables, indexes, views, triggers; each as they were created.
    pub(super) entries: Vec<Entry>,
}

/// Settings that live in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pragmas {
    pub(super) user_version: i64,
    pub(super) application_id: i64,
    pub(super) encoding: String,
    pub(super) page_size: i64,
    pub(super) auto_vacuum: i64,
    /// `wal`, or `delete` for all others: only `wal` lives in the file.
    pub(super) journal_mode: String,
}

/// A row of `sqlite_schema`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) tbl_name: String,
    pub(super) sql: String,
}

impl Entry {
    /// Whether it is a virtual table. SQLite writes the start of the text itself.
    pub(super) fn is_virtual(&self) -> bool {
        self.kind == "table"
            && self.sql.get(..20).is_some_and(|s| s.eq_ignore_ascii_case("CREATE VIRTUAL TABLE"))
    }

    /// Whether the library itself makes and owns it.
    pub(super) fn is_internal(&self) -> bool {
        self.kind == "table" && self.name.to_ascii_lowercase().starts_with("sqlite_")
    }

    /// The module of a virtual table: the word after `USING`, in lower case.
    pub(super) fn module(&self) -> Option<String> {
        let rest = self.sql.get(20..)?.trim_start();
        let quote = match rest.chars().next()? {
            '[' => Some(']'),
            q @ ('"' | '`' | '\'') => Some(q),
            _ => None,
        };
        let after_name = match quote {
            Some(quote) => {
                // A doubled quote inside the name reads as two names in a row, which does no harm.
                let mut rest = rest;
                while rest.starts_with(if quote == ']' { '[' } else { quote }) {
                    rest = rest[1..].split_once(quote)?.1;
                }
                rest
            }
            None => rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_' || c == '$'),
        };
        let word = after_name.trim_start();
        let using =
            word.get(..5).filter(|w| w.eq_ignore_ascii_case("using")).map(|_| word[5..].trim_start())?;
        let end = using.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(using.len());
        Some(using[..end].to_ascii_lowercase())
    }
}

impl Schema {
    /// Reads the schema. The first read of a transaction, it also pins the snapshot.
    pub(super) async fn read(db: &mut Db) -> Result<Self> {
        let rows = db
            .rows(
                "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY CASE type \
                 WHEN 'table' THEN CASE WHEN name LIKE 'sqlite\\_%' ESCAPE '\\' THEN 1 WHEN rootpage = 0 THEN 2 ELSE 0 END \
                 WHEN 'index' THEN 3 WHEN 'view' THEN 4 ELSE 5 END, rowid",
                &[],
            )
            .await?;
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            let text = |i: usize| row.try_get::<String>(i).map_err(|e| unreadable(&e));
            let entry = Entry { kind: text(0)?, name: text(1)?, tbl_name: text(2)?, sql: text(3)? };
            if !entry.is_internal() || INTERNAL_TABLES.contains(&entry.name.as_str()) {
                entries.push(entry);
            }
        }
        let journal_mode = db.text("PRAGMA journal_mode", &[]).await?;
        let pragmas = Pragmas {
            user_version: db.number("PRAGMA user_version", &[]).await?,
            application_id: db.number("PRAGMA application_id", &[]).await?,
            encoding: db.text("PRAGMA encoding", &[]).await?,
            page_size: db.number("PRAGMA page_size", &[]).await?,
            auto_vacuum: db.number("PRAGMA auto_vacuum", &[]).await?,
            journal_mode: if journal_mode == "wal" { journal_mode } else { "delete".into() },
        };
        Ok(Self { pragmas, entries })
    }

    /// From the blob of an archive.
    pub(super) fn from_blob(blob: &[u8]) -> Result<Self> {
        serde_json::from_slice(blob).map_err(|e| {
            Error::new(
                ErrorCode::ArchiveDamaged,
                format!("the schema in the archive cannot be read: {e}"),
                "restore from another archive, and report this: the archive was authentic",
            )
        })
    }

    /// As the blob of an archive.
    pub(super) fn to_blob(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|e| {
            Error::new(
                ErrorCode::System,
                format!("the schema could not be written: {e}"),
                "report this message",
            )
        })
    }

    pub(super) fn encoding(&self) -> Encoding {
        Encoding::from_pragma(&self.pragmas.encoding)
    }

    /// The table of this name, as SQLite compares names: without regard to ASCII case.
    pub(super) fn table(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.kind == "table" && e.name.eq_ignore_ascii_case(name))
    }
}

/// A table as it is archived: one or, for a virtual table, several stored tables.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) module: Option<String>,
    pub(super) parts: Vec<Part>,
}

/// The tables of a database, shadow tables under the virtual table that they belong to, and the
/// tables of the library.
///
/// # Errors
/// `source_unfit` for a virtual table whose content is out of reach.
pub(super) async fn tables(db: &mut Db, schema: &Schema) -> Result<(Vec<Table>, Vec<Part>)> {
    let modules: Vec<String> = names(db, "SELECT lower(name) FROM pragma_module_list").await?;
    let shadows =
        names(db, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'").await?;
    let mut virtuals = BTreeMap::new();
    for entry in schema.entries.iter().filter(|e| e.is_virtual()) {
        let module = entry.module().unwrap_or_default();
        if !modules.contains(&module) {
            return Err(Error::new(
                ErrorCode::SourceUnfit,
                format!(
                    "the virtual table {:?} needs the module {module:?}, which is not built in",
                    entry.name
                ),
                "drop the table or move its content to an ordinary one; Aitta archives FTS3, FTS4, FTS5 and R*Tree tables",
            ));
        }
        let stored = STORED_MODULES.contains(&module.as_str());
        if !stored && !DERIVED_MODULES.contains(&module.as_str()) {
            return Err(Error::new(
                ErrorCode::SourceUnfit,
                format!("the content of the virtual table {:?} ({module}) is not in this file", entry.name),
                "archive where the content lies, or choose the other tables with --tables",
            ));
        }
        virtuals.insert(
            entry.name.clone(),
            Table { name: entry.name.clone(), module: Some(module), parts: vec![] },
        );
    }
    let mut tables = Vec::new();
    let mut internal = Vec::new();
    for entry in schema.entries.iter().filter(|e| e.kind == "table" && !e.is_virtual()) {
        let mut part = Part::of(db, &entry.name).await?;
        let owner = shadows.contains(&entry.name).then(|| owner(&entry.name, virtuals.keys())).flatten();
        if entry.is_internal() {
            // Nothing refers to their row numbers, and the library assigns them as it likes.
            part.rowid = None;
            internal.push(part);
        } else if let Some(table) = owner.and_then(|name| virtuals.get_mut(&name)) {
            table.parts.push(part);
        } else {
            tables.push(Table { name: entry.name.clone(), module: None, parts: vec![part] });
        }
    }
    tables.extend(virtuals.into_values());
    Ok((tables, internal))
}

/// The virtual table with the longest name that `shadow` continues after an underscore.
fn owner<'n>(shadow: &str, virtuals: impl Iterator<Item = &'n String>) -> Option<String> {
    virtuals
        .filter(|name| {
            shadow.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
                && shadow[name.len()..].starts_with('_')
        })
        .max_by_key(|name| name.len())
        .cloned()
}

/// The foreign keys of these tables. SQLite keeps no usable names for them.
pub(super) async fn foreign_keys(db: &mut Db, schema: &Schema) -> Result<Vec<ForeignKey>> {
    let mut keys: Vec<ForeignKey> = Vec::new();
    for entry in schema.entries.iter().filter(|e| e.kind == "table" && !e.is_virtual()) {
        let sql =
            "SELECT id, seq, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?) ORDER BY id, seq";
        for row in db.rows(sql, &[&entry.name]).await? {
            let text = |i: usize| row.try_get::<Option<String>>(i).map_err(|e| unreadable(&e));
            let parent = text(2)?.unwrap_or_default();
            // The reference may be written in another case than the table.
            let parent = schema.table(&parent).map_or(parent, |e| e.name.clone());
            if row.try_get::<i64>(1).map_err(|e| unreadable(&e))? == 0 {
                keys.push(ForeignKey {
                    name: String::new(),
                    schema: None,
                    table: entry.name.clone(),
                    columns: vec![],
                    foreign_schema: None,
                    foreign_table: parent,
                    foreign_columns: vec![],
                });
            }
            if let Some(key) = keys.last_mut() {
                key.columns.extend(text(3)?);
                key.foreign_columns.extend(text(4)?);
            }
        }
    }
    Ok(keys)
}

/// `Booking(userId) -> User(id)`.
pub(super) fn describe(key: &ForeignKey) -> String {
    let columns =
        |list: &[String]| if list.is_empty() { String::new() } else { format!("({})", list.join(", ")) };
    format!(
        "{}{} -> {}{}",
        key.table,
        columns(&key.columns),
        key.foreign_table,
        columns(&key.foreign_columns)
    )
}

/// Columns of a table that hold data: generated ones are computed anew.
pub(super) async fn stored_columns(db: &mut Db, table: &str) -> Result<Vec<(Column, i64)>> {
    let sql = "SELECT name, type, pk FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid";
    let mut columns = Vec::new();
    for row in db.rows(sql, &[table]).await? {
        let text = |i: usize| row.try_get::<String>(i).map_err(|e| unreadable(&e));
        let pk = row.try_get::<i64>(2).map_err(|e| unreadable(&e))?;
        columns.push((Column { name: text(0)?, type_name: text(1)? }, pk));
    }
    Ok(columns)
}

/// The first column of a query, as texts.
pub(super) async fn names(db: &mut Db, sql: &'static str) -> Result<Vec<String>> {
    let rows = db.rows(sql, &[]).await?;
    rows.iter().map(|row| row.try_get::<String>(0).map_err(|e| unreadable(&e))).collect()
}

fn unreadable(error: &rusqlite::Error) -> Error {
    Error::new(
        ErrorCode::SourceUnfit,
        format!("the schema cannot be read: {error}"),
        "run `PRAGMA integrity_check` on the database",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_of_a_virtual_table_is_found() {
        for (name, module) in [
            ("a USING fts5(x)", "fts5"),
            ("\"x using y\"\"z\" using FTS4", "fts4"),
            ("[a b]USING  rtree(id,a,b)", "rtree"),
        ] {
            let sql = format!("CREATE VIRTUAL TABLE {name}");
            let entry = Entry { kind: "table".into(), name: String::new(), tbl_name: String::new(), sql };
            assert_eq!(entry.module().as_deref(), Some(module), "{name}");
        }
    }

    #[test]
    fn a_shadow_table_belongs_to_the_longest_name() {
        let virtuals = ["a".to_owned(), "a_b".to_owned()];
        assert_eq!(owner("a_b_data", virtuals.iter()).as_deref(), Some("a_b"));
        assert_eq!(owner("A_data", virtuals.iter()).as_deref(), Some("a"));
        assert_eq!(owner("b_data", virtuals.iter()), None);
    }
}
