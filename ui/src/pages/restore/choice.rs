//! Tables to choose from: found by name, grouped by schema, and what hangs together by foreign keys.

use std::collections::{BTreeMap, HashSet};

use aitta_model::{ForeignKeySummary, TableSummary};

use crate::order;
use crate::texts::restore::Neighbour;

/// A line of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Line {
    /// A schema, by its number among the groups.
    Schema(usize),
    /// A table, by its place in the archive.
    Table(usize),
}

/// The tables of one schema, by their places in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    /// Empty for the usual schema.
    pub(crate) schema: String,
    pub(crate) tables: Vec<usize>,
}

/// The tables of an archive, ready to be found and shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Catalog {
    pub(crate) groups: Vec<Group>,
    /// Names in small letters, by place.
    names: Vec<String>,
}

impl Catalog {
    pub(crate) fn new(tables: &[TableSummary]) -> Self {
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (i, table) in tables.iter().enumerate() {
            groups.entry(parts(&table.name).0.to_owned()).or_default().push(i);
        }
        Self {
            groups: groups.into_iter().map(|(schema, tables)| Group { schema, tables }).collect(),
            names: tables.iter().map(|t| t.name.to_lowercase()).collect(),
        }
    }

    /// The lines to show: those whose names hold `text`, without the tables of schemas that are closed.
    /// With one schema only there are no headings.
    pub(crate) fn lines(&self, text: &str, closed: &HashSet<usize>) -> Vec<Line> {
        let wanted = text.trim().to_lowercase();
        let mut lines = Vec::new();
        for (number, group) in self.groups.iter().enumerate() {
            let found = group.tables.iter().copied().filter(|i| self.names[*i].contains(&wanted));
            let found: Vec<usize> = found.collect();
            if found.is_empty() {
                continue;
            }
            if self.groups.len() > 1 {
                lines.push(Line::Schema(number));
            }
            // What is looked for is shown, open or not.
            if wanted.is_empty() && self.groups.len() > 1 && closed.contains(&number) {
                continue;
            }
            lines.extend(found.into_iter().map(Line::Table));
        }
        lines
    }

    /// The tables that `text` finds, closed or not, in order of their places.
    pub(crate) fn found(&self, text: &str) -> Vec<usize> {
        let lines = self.lines(text, &HashSet::new());
        let mut found: Vec<usize> =
            lines.into_iter().filter_map(|l| if let Line::Table(i) = l { Some(i) } else { None }).collect();
        order::sort(&mut found, &|a, b| a.cmp(&b));
        found
    }
}

/// Schema and name; the schema is empty where it is the usual one. Either may be in double quotes.
pub(crate) fn parts(name: &str) -> (&str, &str) {
    let mut quoted = false;
    for (i, c) in name.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => return (&name[..i], &name[i + 1..]),
            _ => {}
        }
    }
    ("", name)
}

/// The neighbours of the chosen tables, those that refer to them first: their rows may point to what a
/// restore takes away.
pub(crate) fn neighbours(keys: &[ForeignKeySummary], chosen: &HashSet<String>) -> Vec<Neighbour> {
    let mut found: BTreeMap<&str, Neighbour> = BTreeMap::new();
    for key in keys {
        let (from, to) = (key.table.as_str(), key.foreign_table.as_str());
        let (outside, chosen, refers) = match (chosen.contains(from), chosen.contains(to)) {
            (false, true) => (from, to, true),
            (true, false) => (to, from, false),
            _ => continue,
        };
        let neighbour = found.entry(outside).or_insert_with(|| Neighbour {
            table: outside.to_owned(),
            refers_to: Vec::new(),
            referred_by: Vec::new(),
        });
        let list = if refers { &mut neighbour.refers_to } else { &mut neighbour.referred_by };
        if !list.iter().any(|name| name == chosen) {
            list.push(chosen.to_owned());
        }
    }
    order::sorted(found.into_values().collect(), |a, b| a.refers_to.is_empty().cmp(&b.refers_to.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> TableSummary {
        TableSummary {
            name: name.to_owned(),
            rows: 1,
            bytes: 1,
            stored_bytes: 1,
            digest: String::new(),
            columns: Vec::new(),
        }
    }

    fn key(table: &str, foreign: &str) -> ForeignKeySummary {
        ForeignKeySummary { name: "k".to_owned(), table: table.to_owned(), foreign_table: foreign.to_owned() }
    }

    #[test]
    fn tables_are_grouped_by_schema_and_found_by_name() {
        let tables = ["Booking", "history.Booking", "User", "\"odd.name\""].map(table);
        let catalog = Catalog::new(&tables);
        let open = HashSet::new();
        use Line::{Schema, Table};
        assert_eq!(
            catalog.lines("", &open),
            [Schema(0), Table(0), Table(2), Table(3), Schema(1), Table(1)],
            "a dot in quotes parts nothing"
        );
        assert_eq!(catalog.lines("BOOK", &open), [Schema(0), Table(0), Schema(1), Table(1)]);
        let closed = HashSet::from([0]);
        assert_eq!(catalog.lines("", &closed), [Schema(0), Schema(1), Table(1)]);
        assert_eq!(catalog.lines("user", &closed), [Schema(0), Table(2)], "what is looked for is shown");
        assert_eq!(catalog.found("history"), [1]);
        let one = Catalog::new(&["a", "b"].map(table));
        assert_eq!(one.lines("", &closed), [Table(0), Table(1)], "one schema needs no heading");
        assert_eq!(one.lines("x", &open), []);
    }

    #[test]
    fn names_come_apart() {
        assert_eq!(parts("history.Booking"), ("history", "Booking"));
        assert_eq!(parts("\"a.b\".\"c.d\""), ("\"a.b\"", "\"c.d\""));
        assert_eq!(parts("Booking"), ("", "Booking"));
    }

    #[test]
    fn neighbours_are_offered_with_their_reason() {
        let keys = [
            key("Booking", "User"),
            key("Booking", "Service"),
            key("Testimonial", "User"),
            key("Booking", "User"),
            key("User", "User"),
            key("Log", "Setting"),
        ];
        let chosen = HashSet::from(["User".to_owned()]);
        let names: Vec<_> = neighbours(&keys, &chosen)
            .into_iter()
            .map(|n| (n.table, n.refers_to.len(), n.referred_by.len()))
            .collect();
        assert_eq!(names, [("Booking".to_owned(), 1, 0), ("Testimonial".to_owned(), 1, 0)]);
        let chosen = HashSet::from(["User".to_owned(), "Booking".to_owned()]);
        let names: Vec<_> = neighbours(&keys, &chosen).into_iter().map(|n| n.table).collect();
        assert_eq!(names, ["Testimonial", "Service"], "those that refer to the chosen ones come first");
        assert_eq!(neighbours(&keys, &HashSet::new()), []);
    }
}
