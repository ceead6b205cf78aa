//! Parts: stored tables and how their rows are read and written.

use aitta_archive::{Column, Section, SectionKind};
use aitta_base::{Error, Result};
use aitta_model::{Difference, ErrorCode};
use serde::{Deserialize, Serialize};

use super::connection::{Db, quoted};
use super::row::Encoding;
use super::schema::{Table, stored_columns};

/// One stored table. An ordinary table has one part; a virtual table one for each shadow table, and
/// then every row starts with a field that names its part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    /// The stored table.
    pub(super) table: String,
    /// The name under which the row number is reached, where no column holds it. It is the first field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rowid: Option<String>,
    /// The other fields.
    pub(super) columns: Vec<Column>,
}

/// What a section says about itself beyond name and columns.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Properties {
    /// The first field of every row is the row number, reached by this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rowid: Option<String>,
    /// The module of a virtual table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    module: Option<String>,
    /// Shadow tables of a virtual table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Part>,
}

impl Part {
    /// Finds out how the rows of a table are read.
    pub(super) async fn of(db: &mut Db, table: &str) -> Result<Self> {
        let columns = stored_columns(db, table).await?;
        // The key is the row number itself exactly when it is one INTEGER column and there is no index for it.
        let keys: Vec<_> = columns.iter().filter(|(_, pk)| *pk > 0).collect();
        let is_alias = matches!(keys[..], [(column, _)] if column.type_name.eq_ignore_ascii_case("INTEGER"))
            && db.number("SELECT count(*) FROM pragma_index_list(?) WHERE origin = 'pk'", &[table]).await?
                == 0;
        let rowid = if is_alias { None } else { row_number(db, table).await? };
        Ok(Self {
            table: table.to_owned(),
            rowid: rowid.map(str::to_owned),
            columns: columns.into_iter().map(|(column, _)| column).collect(),
        })
    }

    /// The parts of a section of an archive.
    pub(super) fn of_section(section: &Section) -> Result<Vec<Self>> {
        let properties = Properties::of(section)?;
        if properties.module.is_some() {
            return Ok(properties.parts);
        }
        let skip = usize::from(properties.rowid.is_some());
        Ok(vec![Self {
            table: section.name.clone(),
            rowid: properties.rowid,
            columns: section.columns.iter().skip(skip).cloned().collect(),
        }])
    }

    /// What is being done when reading it fails.
    pub(super) fn reading(&self) -> String {
        format!("reading the table {:?}", self.table)
    }

    /// Number of fields of a row.
    pub(super) fn fields(&self) -> usize {
        self.columns.len() + usize::from(self.rowid.is_some())
    }

    fn field_names(&self) -> Vec<String> {
        // The row number's name must not be quoted: quoted, an unknown name would read as a string.
        let rowid = self.rowid.iter().cloned();
        rowid.chain(self.columns.iter().map(|c| quoted(&c.name))).collect()
    }

    /// What a query names to read rows, see [`super::row::encode`].
    fn select_list(&self, encoding: Encoding) -> String {
        let mut fields = self.field_names();
        if encoding != Encoding::Utf8 {
            let blob = |f: &String| format!("CASE typeof({f}) WHEN 'text' THEN CAST({f} AS BLOB) END");
            fields.extend(self.field_names().iter().map(blob));
        }
        fields.join(", ")
    }

    /// The query for all rows for which `condition` holds; empty is no condition.
    pub(super) fn select(&self, encoding: Encoding, condition: &str) -> String {
        let filter = if condition.is_empty() { String::new() } else { format!(" WHERE {condition}") };
        format!("SELECT {} FROM {}{filter}", self.select_list(encoding), quoted(&self.table))
    }

    /// Inserts one row; where `casts` says so, the argument is a blob that becomes a text.
    pub(super) fn insert(&self, casts: &[bool]) -> String {
        let one = |field: usize| if casts.get(field) == Some(&true) { "CAST(? AS TEXT)" } else { "?" };
        let values: Vec<&str> = (0..self.fields()).map(one).collect();
        let (table, fields) = (quoted(&self.table), self.field_names().join(", "));
        format!("INSERT INTO {table} ({fields}) VALUES ({})", values.join(", "))
    }

    /// Whether rows of `self` fit into `target`: the same fields, of the same declared types.
    /// Each as data and in words.
    pub(super) fn differences(&self, target: &Self) -> Vec<(Difference, String)> {
        let find = |part: &Self, name: &str| part.columns.iter().find(|c| c.name == name).cloned();
        let mut out = Vec::new();
        for column in &self.columns {
            match find(target, &column.name) {
                None => {
                    let words = format!("the target has no column {}", column.name);
                    out.push((Difference::ColumnGone { column: column.name.clone() }, words));
                }
                Some(now) if !now.type_name.eq_ignore_ascii_case(&column.type_name) => {
                    let (was, is) = (type_name(column).to_owned(), type_name(&now).to_owned());
                    let words = format!("column {} was {was} and is {is} now", column.name);
                    out.push((Difference::ColumnType { column: column.name.clone(), was, is }, words));
                }
                Some(_) => {}
            }
        }
        for column in &target.columns {
            if find(self, &column.name).is_none() {
                let words = format!("the archive has no column {}", column.name);
                out.push((Difference::ColumnNew { column: column.name.clone() }, words));
            }
        }
        if out.is_empty() && self.rowid.is_some() != target.rowid.is_some() {
            out.push((Difference::PrimaryKey, "its primary key changed".into()));
        }
        out
    }
}

/// The name under which the row number of a table is reached; none has a table without, or one whose columns have taken
/// all three names.
async fn row_number(db: &mut Db, table: &str) -> Result<Option<&'static str>> {
    let without = "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ? COLLATE NOCASE";
    if db.number(without, &[table]).await? != 0 {
        return Ok(None);
    }
    let all = db.rows("SELECT lower(name) FROM pragma_table_xinfo(?)", &[table]).await?;
    let taken: Vec<String> = all.iter().filter_map(|row| row.try_get(0).ok()).collect();
    Ok(["rowid", "_rowid_", "oid"].into_iter().find(|name| !taken.iter().any(|t| t == name)))
}

fn type_name(column: &Column) -> &str {
    if column.type_name.is_empty() { "untyped" } else { &column.type_name }
}

impl Properties {
    fn of(section: &Section) -> Result<Self> {
        if section.properties.is_null() {
            return Ok(Self::default());
        }
        serde_json::from_value(section.properties.clone()).map_err(|e| {
            Error::new(
                ErrorCode::ArchiveNewer,
                format!("the section {:?} of the archive cannot be understood: {e}", section.name),
                "install a newer version of Aitta and try again",
            )
        })
    }
}

/// The module of a section that holds a virtual table.
pub(super) fn module(section: &Section) -> Result<Option<String>> {
    Ok(Properties::of(section)?.module)
}

/// The section of a table, without its figures.
pub(super) fn section_of(table: &Table) -> Result<Section> {
    let (columns, properties) = match (&table.module, &table.parts[..]) {
        (None, [part]) => {
            let rowid =
                part.rowid.iter().map(|name| Column { name: name.clone(), type_name: "INTEGER".into() });
            let columns = rowid.chain(part.columns.iter().cloned()).collect();
            (columns, Properties { rowid: part.rowid.clone(), ..Properties::default() })
        }
        (module, parts) => (
            vec![Column { name: "part".into(), type_name: "TEXT".into() }],
            Properties { module: module.clone(), parts: parts.to_vec(), rowid: None },
        ),
    };
    let plain = properties.rowid.is_none() && properties.module.is_none();
    let properties = if plain { serde_json::Value::Null } else { to_value(&properties)? };
    Ok(Section { columns, properties, ..empty_section(SectionKind::Table, &table.name) })
}

/// The section of a table of the library.
pub(super) fn extra_section(part: &Part) -> Section {
    Section { columns: part.columns.clone(), ..empty_section(SectionKind::Extra, &part.table) }
}

/// A section without rows.
pub(super) fn empty_section(kind: SectionKind, name: &str) -> Section {
    Section {
        kind,
        schema: None,
        name: name.to_owned(),
        columns: vec![],
        rows: 0,
        bytes: 0,
        digest: String::new(),
        frames: vec![],
        properties: serde_json::Value::Null,
    }
}

fn to_value(properties: &Properties) -> Result<serde_json::Value> {
    serde_json::to_value(properties).map_err(|e| {
        Error::new(ErrorCode::System, format!("a section could not be described: {e}"), "report this")
    })
}
