//! Names of tables as people write them.

use aitta_model::ErrorCode;

use crate::{Error, Result};

/// A table with its schema, where the source has schemas.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableName {
    /// The schema.
    pub schema: Option<String>,
    /// The table.
    pub name: String,
}

impl TableName {
    /// A table.
    #[must_use]
    pub fn new(schema: Option<&str>, name: &str) -> Self {
        Self { schema: schema.map(str::to_owned), name: name.to_owned() }
    }

    /// With its schema always; parts that hold a dot, a comma, a quote or white space are quoted, so
    /// that [`resolve`] finds exactly this table.
    #[must_use]
    pub fn qualified(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", quote(schema), quote(&self.name)),
            None => quote(&self.name),
        }
    }
}

impl std::fmt::Display for TableName {
    /// For people: the schema only where it is not the usual `public`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.schema {
            Some(schema) if schema != "public" => f.write_str(&self.qualified()),
            _ => f.write_str(&quote(&self.name)),
        }
    }
}

fn quote(part: &str) -> String {
    if part.is_empty() || part.contains(|c: char| c == '.' || c == ',' || c == '"' || c.is_whitespace()) {
        format!("\"{}\"", part.replace('"', "\"\""))
    } else {
        part.to_owned()
    }
}

/// Finds the tables that people named among those available. Returns their positions, in order of
/// `available`, each once.
///
/// A name may carry its schema. Upper and lower case matter, unless only one table fits without them.
///
/// # Errors
/// `table_unknown` with the near matches, `table_ambiguous` with the candidates.
pub fn resolve(wanted: &[String], available: &[TableName]) -> Result<Vec<usize>> {
    let mut found = std::collections::BTreeSet::new();
    for text in wanted {
        found.insert(resolve_one(text, available)?);
    }
    Ok(found.into_iter().collect())
}

fn resolve_one(text: &str, available: &[TableName]) -> Result<usize> {
    let parts = split(text);
    let exact = |a: &str, b: &str| a == b;
    let folded = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
    for same in [&exact as &dyn Fn(&str, &str) -> bool, &folded] {
        let hits: Vec<usize> = (0..available.len())
            .filter(|&i| match (parts.as_slice(), &available[i]) {
                ([name], table) => same(name, &table.name),
                ([schema, name], TableName { schema: Some(s), name: n }) => same(schema, s) && same(name, n),
                _ => false,
            })
            .collect();
        match hits[..] {
            [] => {}
            [one] => return Ok(one),
            [..] => {
                let names: Vec<String> = hits.iter().map(|&i| available[i].qualified()).collect();
                return Err(Error::new(
                    ErrorCode::TableAmbiguous,
                    format!("the table name {text:?} fits more than one table: {}", names.join(", ")),
                    format!("write the schema too, such as {}", names[0]),
                ));
            }
        }
    }
    Err(unknown(text, available))
}

/// Tables that are named when none is like the one that was asked for.
const LISTED: usize = 10;

fn unknown(text: &str, available: &[TableName]) -> Error {
    let wanted = text.to_lowercase();
    let mut near: Vec<(f64, String)> = available
        .iter()
        .map(|table| {
            let score = |candidate: &str| strsim::jaro_winkler(&wanted, &candidate.to_lowercase());
            (score(&table.name).max(score(&table.qualified())), table.to_string())
        })
        .filter(|(score, _)| *score > 0.75)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let names: Vec<String> = near.into_iter().take(3).map(|(_, name)| name).collect();
    let hint = match (names.as_slice(), available) {
        ([], []) => "there are no tables at all".to_owned(),
        ([], all) => {
            let first: Vec<String> = all.iter().take(LISTED).map(ToString::to_string).collect();
            match all.len().saturating_sub(LISTED) {
                0 => format!("the tables are {}", first.join(", ")),
                more => format!("the tables are {} and {more} more", first.join(", ")),
            }
        }
        (near, _) => {
            // A shell takes them off.
            let quoted = near.iter().find(|name| name.contains('"'));
            let quoting = quoted.map(|name| format!(" The double quotes belong to it; in a shell: '{name}'"));
            format!("did you mean {}?{}", near.join(" or "), quoting.unwrap_or_default())
        }
    };
    Error::new(ErrorCode::TableUnknown, format!("there is no table {text:?}"), hint)
}

/// Splits `schema.table`, where either part may be in double quotes.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    let mut chars = text.trim().chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                push(&mut parts, '"');
            }
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            c => push(&mut parts, c),
        }
    }
    parts
}

fn push(parts: &mut [String], c: char) {
    if let Some(last) = parts.last_mut() {
        last.push(c);
    }
}

/// Splits `A,B` at the commas that are not in double quotes.
#[must_use]
pub fn split_list(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            ',' if !quoted => parts.push(String::new()),
            c => {
                quoted ^= c == '"';
                push(&mut parts, c);
            }
        }
    }
    parts.into_iter().map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn available() -> Vec<TableName> {
        [("public", "Booking"), ("public", "User"), ("shop", "User"), ("shop", "a.b"), ("public", "Users")]
            .map(|(s, n)| TableName::new(Some(s), n))
            .into()
    }

    #[test]
    fn names_are_found_with_and_without_schema() {
        let find = |text: &str| resolve(&split_list(text), &available()).expect("found");
        assert_eq!(find("Booking"), [0]);
        assert_eq!(find("booking, public.User"), [0, 1]);
        assert_eq!(find("shop.User,Booking,Booking"), [0, 2]);
        assert_eq!(find("shop.\"a.b\""), [3]);
    }

    #[test]
    fn a_qualified_name_finds_its_own_table() {
        for (i, table) in available().iter().enumerate() {
            assert_eq!(resolve(&[table.qualified()], &available()).expect("found"), [i]);
        }
    }

    #[test]
    fn an_unknown_name_lists_the_near_matches() {
        let error = resolve(&["Bokings".to_owned()], &available()).expect_err("unknown");
        assert_eq!(error.code(), ErrorCode::TableUnknown);
        assert!(error.hint().contains("Booking"), "{}", error.hint());
    }

    /// A shell takes the quotes off, and the same would be typed again.
    #[test]
    fn a_name_in_quotes_is_shown_as_a_shell_wants_it() {
        let error = resolve(&["a.b".to_owned()], &available()).expect_err("unknown");
        assert!(error.hint().ends_with("in a shell: 'shop.\"a.b\"'"), "{}", error.hint());
    }

    #[test]
    fn a_name_that_is_like_no_other_lists_what_there_is() {
        let hint = |available: &[TableName]| {
            resolve(&["nix".to_owned()], available).expect_err("unknown").hint().to_owned()
        };
        assert_eq!(hint(&available()[..2]), "the tables are Booking, User");
        let many: Vec<TableName> = (0..12).map(|n| TableName::new(None, &format!("table_{n}"))).collect();
        assert!(hint(&many).ends_with("table_9 and 2 more"), "{}", hint(&many));
    }

    #[test]
    fn an_ambiguous_name_lists_the_candidates() {
        let error = resolve(&["User".to_owned()], &available()).expect_err("ambiguous");
        assert_eq!(error.code(), ErrorCode::TableAmbiguous);
        assert!(error.to_string().contains("public.User, shop.User"), "{error}");
    }
}
