//! The table of contents of the schema section, as `pg_restore --list` prints it and
//! `pg_restore --use-list` takes it:
//!
//! ```text
//! 222; 1259 16649 TABLE public b postgres
//! 3615; 0 0 ACL public TABLE b postgres
//! dump id; catalog oid, object oid, description, schema, tag, owner
//! ```
//! Only the numbers can be told apart for sure: description, schema, tag and owner may hold blanks. So
//! entries are found by their oids, and those without oids by the exact text that belongs to one found.

use std::collections::BTreeSet;

use super::archived::ArchivedTable;

/// `pg_constraint`'s own oid.
pub(super) const CONSTRAINTS: u32 = 2606;

/// `pg_class`'s own oid.
pub(in crate::postgres) const RELATIONS: u32 = 1259;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::postgres) struct Entry {
    id: u32,
    pub(in crate::postgres) catalog: u32,
    pub(in crate::postgres) object: u32,
    /// Description, schema, tag and owner.
    pub(in crate::postgres) text: String,
}

/// Entries in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::postgres) struct Toc {
    pub(in crate::postgres) entries: Vec<Entry>,
}

impl Toc {
    pub(in crate::postgres) fn parse(list: &str) -> Self {
        let entry = |line: &str| {
            let (id, rest) = line.split_once("; ")?;
            let mut parts = rest.splitn(3, ' ');
            Some(Entry {
                id: id.parse().ok()?,
                catalog: parts.next()?.parse().ok()?,
                object: parts.next()?.parse().ok()?,
                text: parts.next()?.to_owned(),
            })
        };
        Self { entries: list.lines().filter(|l| !l.starts_with(';')).filter_map(entry).collect() }
    }

    pub(super) fn to_list(&self) -> String {
        let line = |e: &Entry| format!("{}; {} {} {}\n", e.id, e.catalog, e.object, e.text);
        self.entries.iter().map(line).collect()
    }

    pub(super) fn filter(&self, keep: impl Fn(&Entry) -> bool) -> Self {
        Self { entries: self.entries.iter().filter(|e| keep(e)).cloned().collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Everything that belongs to these tables, without their foreign keys.
    pub(super) fn of_tables(&self, tables: &[&ArchivedTable]) -> Self {
        let members: BTreeSet<(u32, u32)> =
            tables.iter().flat_map(|t| t.properties.members.iter().copied()).collect();
        let oids: BTreeSet<u32> = tables.iter().map(|t| t.properties.oid).collect();
        let schemas: BTreeSet<&str> = tables.iter().map(|t| t.schema.as_str()).collect();
        let has_oid = |e: &&Entry| {
            let member = e.catalog != 0 && members.contains(&(e.catalog, e.object));
            // `0 oid ROW SECURITY …` carries the oid of its table without a catalog.
            let of_table = e.catalog == 0 && e.object != 0 && oids.contains(&e.object);
            (member || of_table) && !e.text.starts_with("FK CONSTRAINT ")
        };
        let found: BTreeSet<&str> = self.entries.iter().filter(has_oid).map(|e| e.text.as_str()).collect();
        self.filter(|e| has_oid(&e) || (e.object == 0 && schemas.iter().any(|s| belongs(&e.text, s, &found))))
    }

    /// Takes apart what comes before the rows: schemas with their privileges, and the rest.
    ///
    /// `pg_restore` gives privileges last. But to be given a table, an owner needs the right to create one in its schema,
    /// unless a superuser gives it to him.
    pub(super) fn schemas_first(&self) -> (Self, Self) {
        let is_of_schema =
            |e: &Entry| ["SCHEMA - ", "ACL - SCHEMA "].iter().any(|beginning| e.text.starts_with(beginning));
        (self.filter(is_of_schema), self.filter(|e| !is_of_schema(e)))
    }

    /// Whether it gives the schema `public` other privileges than a new database has.
    pub(super) fn changes_public(&self) -> bool {
        self.entries.iter().any(|e| e.text.starts_with("ACL - SCHEMA public "))
    }

    /// Takes apart what comes after the rows: what several sessions may make at once, and the rest.
    ///
    /// Making a primary key of a partitioned table locks its partitions, while making one of a partition
    /// looks up the partitioned table: `pg_restore` doesn't know, and its sessions wait for each other.
    /// So what is in `alone` is left to the rest. What belongs to the entry before it, such as
    /// a comment, stays behind it.
    pub(super) fn halves(&self, alone: &BTreeSet<(u32, u32)>) -> (Self, Self) {
        let at_once = |e: &Entry| {
            ["INDEX ", "CONSTRAINT ", "FK CONSTRAINT "].iter().any(|kind| e.text.starts_with(kind))
                && e.catalog != 0
                && !alone.contains(&(e.catalog, e.object))
        };
        let (mut first, mut rest) = (Self::default(), Self::default());
        let mut among_first = false;
        for entry in &self.entries {
            let appended =
                ["COMMENT ", "SECURITY LABEL ", "ACL "].iter().any(|kind| entry.text.starts_with(kind));
            among_first = at_once(entry) || (among_first && appended);
            if among_first { &mut first } else { &mut rest }.entries.push(entry.clone());
        }
        (first, rest)
    }

    /// The publications that these tables are named in, with the tables. A name that holds a blank can't be
    /// told from what stands beside it, and is passed over.
    pub(super) fn publications<'a>(&self, tables: &[&'a ArchivedTable]) -> Vec<(String, &'a ArchivedTable)> {
        let mut found = Vec::new();
        for entry in &self.entries {
            let Some(rest) = entry.text.strip_prefix("PUBLICATION TABLE ") else { continue };
            let [schema, publication, name, _owner] = rest.split(' ').collect::<Vec<_>>()[..] else {
                continue;
            };
            if let Some(table) = tables.iter().find(|t| t.schema == schema && t.name == name) {
                found.push((publication.to_owned(), *table));
            }
        }
        found
    }

    /// The foreign keys with these oids.
    pub(super) fn foreign_keys(&self, oids: &BTreeSet<u32>) -> Self {
        self.filter(|e| e.catalog == CONSTRAINTS && oids.contains(&e.object))
    }
}

/// Whether an entry without oids belongs to one whose text is in `found`.
fn belongs(text: &str, schema: &str, found: &BTreeSet<&str>) -> bool {
    for (own, of) in
        [("TABLE ATTACH ", "TABLE "), ("INDEX ATTACH ", "INDEX "), ("SEQUENCE OWNED BY ", "SEQUENCE ")]
    {
        if let Some(rest) = text.strip_prefix(own) {
            // The index of a constraint is named by the constraint: `CONSTRAINT schema table name owner`.
            let ends = rest.strip_prefix(schema).unwrap_or(rest);
            let by_constraint = |f: &&str| {
                f.strip_prefix("CONSTRAINT ")
                    .and_then(|f| f.strip_prefix(schema))
                    .is_some_and(|f| f.ends_with(ends))
            };
            return found.contains(format!("{of}{rest}").as_str())
                || (own == "INDEX ATTACH " && found.iter().any(by_constraint));
        }
    }
    let prefixed = ["COMMENT", "ACL", "SECURITY LABEL"]
        .iter()
        .find_map(|kind| text.strip_prefix(kind)?.strip_prefix(' ')?.strip_prefix(schema)?.strip_prefix(' '));
    let Some((kind, rest)) = prefixed.and_then(|p| p.split_once(' ')) else { return false };
    let Some((name, rest)) = identifier(rest) else { return false };
    let is_found = |kind: &str, name: &str, owner: &str| {
        found.contains(format!("{kind} {schema} {name} {owner}").as_str())
    };
    if kind == "COLUMN" {
        // `COLUMN table.column owner`
        let column = rest.strip_prefix('.').and_then(identifier);
        return column.is_some_and(|(_, rest)| is_found("TABLE", &name, rest.trim_start()));
    }
    if let Some((table, rest)) = rest.strip_prefix(" ON ").and_then(identifier) {
        // `TRIGGER name ON table owner`, and so for constraints, rules and policies
        return is_found("TABLE", &table, rest.trim_start());
    }
    is_found(kind, &name, rest.strip_prefix(' ').unwrap_or(rest))
}

/// An identifier at the start of `text`, quoted or not, without its quotes; and what follows.
fn identifier(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '.']).unwrap_or(text.len());
        return (end > 0).then(|| (text[..end].to_owned(), &text[end..]));
    };
    let mut name = String::new();
    let mut rest = quoted;
    loop {
        let end = rest.find('"')?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return Some((name, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::properties::TableProperties;

    const LIST: &str = "; a comment
222; 1259 16649 TABLE public b postgres
223; 1259 16650 TABLE public b c postgres
3614; 0 0 COMMENT public CONSTRAINT chk ON b postgres
3615; 0 0 ACL public TABLE b postgres
3616; 0 0 ACL public COLUMN b.u postgres
3700; 0 0 ACL public TABLE \"b c\" postgres
3701; 0 0 COMMENT public COLUMN \"b c\".u postgres
221; 1259 16648 SEQUENCE public b_id_seq postgres
3617; 0 0 SEQUENCE OWNED BY public b_id_seq postgres
3618; 0 0 ACL public SEQUENCE b_id_seq postgres
3427; 0 0 TABLE ATTACH public b postgres
3447; 2606 16675 CONSTRAINT public b b_pkey postgres
3450; 0 0 INDEX ATTACH public b_pkey postgres
3451; 0 0 INDEX ATTACH public a_pkey postgres
3441; 1259 16661 INDEX public bi postgres
3623; 0 0 COMMENT public INDEX bi postgres
3626; 0 0 COMMENT public TRIGGER \"t\"\"r\" ON b postgres
3627; 0 0 COMMENT public TRIGGER tr ON other postgres
3452; 2606 16656 FK CONSTRAINT public b b_u_fkey postgres
3600; 0 16649 ROW SECURITY public b postgres
3630; 6106 16700 PUBLICATION TABLE public feed b postgres
3631; 6106 16701 PUBLICATION TABLE public feed other postgres
3632; 6106 16702 PUBLICATION TABLE other feed b postgres
";

    fn table() -> ArchivedTable {
        let members = vec![(1259, 16649), (1259, 16648), (2606, 16675), (1259, 16661), (2606, 16656)];
        ArchivedTable {
            section: 1,
            schema: "public".to_owned(),
            name: "b".to_owned(),
            columns: Vec::new(),
            rows: 0,
            bytes: 0,
            digest: String::new(),
            properties: TableProperties { oid: 16649, members, ..TableProperties::default() },
            chosen: true,
        }
    }

    #[test]
    fn all_that_belongs_to_a_table_is_found_and_nothing_else() {
        let toc = Toc::parse(LIST);
        assert_eq!(toc.entries.len(), 23);
        let ids: Vec<u32> = toc.of_tables(&[&table()]).entries.iter().map(|e| e.id).collect();
        assert_eq!(ids, [222, 3614, 3615, 3616, 221, 3617, 3618, 3427, 3447, 3450, 3441, 3623, 3626, 3600],);
        let (first, rest) = toc.halves(&BTreeSet::from([(2606, 16675)]));
        let ids = |toc: &Toc| toc.entries.iter().map(|e| e.id).collect::<Vec<_>>();
        assert_eq!(ids(&first), [3441, 3623, 3626, 3627, 3452]);
        assert_eq!(ids(&rest).len(), 18);
        let table = table();
        let publications = toc.publications(&[&table]);
        assert!(matches!(&publications[..], [(name, of)] if name == "feed" && of.section == 1));
        let keys = toc.foreign_keys(&BTreeSet::from([16656]));
        assert_eq!(keys.to_list(), "3452; 2606 16656 FK CONSTRAINT public b b_u_fkey postgres\n");
    }
}
