//! What the documents say of the code, as far as it can be looked up.

use std::fs;
use std::path::PathBuf;

use aitta_tests::root;

/// "Where is what" leads to where it says: every path exists, and what is named right after a path is defined there.
#[test]
fn the_table_of_places_leads_to_what_it_names() {
    let text = architecture();
    let (_, section) = text.split_once("## Where is what").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    let mut wrong = Vec::new();
    let mut looked_up = 0;
    for row in &rows {
        let (found, faults) = look_up(row);
        looked_up += found;
        wrong.extend(faults.iter().map(|fault| format!("{fault}, in: {row}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rows.len() > 10 && looked_up > 3 * rows.len(), "{looked_up} names in {} rows", rows.len());
}

/// Every way in which the table can be wrong is seen, or the test above proves nothing.
#[test]
fn a_name_that_is_not_where_the_table_says_is_found() {
    for row in [
        "| x | `engine/src/no_such_room.rs` |",
        "| x | `engine/src/door.rs`, `Door::open_for` |",
        "| x | `engine/src/door.rs`: `Door` and `no_such_function` |",
        "| x | `engine/src/door.rs`, `impl From<Door> for Pass` |",
    ] {
        assert_eq!(look_up(row).1.len(), 1, "{row}");
    }
    let right =
        "| x | `engine/src/door.rs`, `RestoreDoor::open_for`; then `anything` and `Nothing::at_all` |";
    assert_eq!(look_up(right), (2, Vec::new()));
}

/// Each dependency stands in the table with its reason.
#[test]
fn every_dependency_has_its_line() {
    let text = architecture();
    let (_, table) = text.split_once("## Dependencies, and why").unwrap();
    let first_cells: Vec<&str> =
        table.lines().filter_map(|line| line.strip_prefix("| ")?.split('|').next()).collect();
    let words: Vec<&str> = first_cells.iter().flat_map(|cell| cell.split([' ', ',', '(', ')'])).collect();
    let has = |name: &str| match name.strip_prefix("tauri-plugin-") {
        Some(plugin) => words.contains(&plugin),
        None => words.contains(&name),
    };
    for manifest in ["Cargo.toml", "ui/Cargo.toml", "xtask/page/Cargo.toml"] {
        let read: toml::Table = fs::read_to_string(root().join(manifest)).unwrap().parse().unwrap();
        let all = read.get("workspace").and_then(|workspace| workspace.get("dependencies"));
        let all = all.or_else(|| read.get("dependencies")).unwrap().as_table().unwrap();
        let missing: Vec<_> = all.keys().filter(|name| !name.starts_with("aitta-") && !has(name)).collect();
        assert!(missing.is_empty(), "{manifest}: {missing:?} have no line in docs/architecture.md");
    }
}

/// The window puts the name of its step in the place of a choice. A value after it would be left over: "in step 3
/// postgres://…".
#[test]
fn choices_that_hints_name_have_no_value() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for name in ["source", "store", "keys", "engine", "base"] {
        let mut folders = vec![root().join("crates").join(name).join("src")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let is_of_tests = path.file_stem().is_some_and(|stem| stem == "tests");
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "rs") && !is_of_tests {
                    let text = fs::read_to_string(&path).unwrap();
                    for rest in text.split("--to ").skip(1) {
                        let value = rest.split([' ', '"']).next().unwrap();
                        seen += 1;
                        if value.contains(['/', '…', ':', '=']) && value != "sqlite:new.db" {
                            wrong.push(format!("{}: --to {value}", path.display()));
                        }
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 5, "hints name the choice of a target");
}

fn architecture() -> String {
    fs::read_to_string(root().join("docs/architecture.md")).unwrap()
}

/// How many names of a row were looked up, and which of them are wrong.
fn look_up(row: &str) -> (usize, Vec<String>) {
    let (mut found, mut wrong) = (0, Vec::new());
    // The file that names are looked up in: the one just named, as long as nothing but these stands in between.
    let mut file: Option<(String, String)> = None;
    let mut parts = row.split('`');
    let mut between = parts.next().unwrap();
    while let (Some(name), after) = (parts.next(), parts.next()) {
        if !matches!(between, ", " | ": " | " and " | ", with " | " or ") {
            file = None;
        }
        if name.contains('/') {
            found += 1;
            match fs::read_to_string(place(name)) {
                Ok(text) => file = Some((name.to_owned(), text)),
                Err(_) if place(name).is_dir() => {}
                Err(error) => wrong.push(format!("{name}: {error}")),
            }
        } else if let Some((path, text)) = &file {
            found += 1;
            if !is_defined(name, text) {
                wrong.push(format!("{name} is not in {path}"));
            }
        }
        between = after.unwrap_or_default();
    }
    (found, wrong)
}

fn place(name: &str) -> PathBuf {
    let of_the_root = ["crates/", "tests/", "ui/", "docs/", "src-tauri/", "xtask/"];
    match of_the_root.iter().any(|start| name.starts_with(start)) {
        true => root().join(name),
        false => root().join("crates").join(name),
    }
}

/// Whether a source defines `name`, `Type::method`, or holds an `impl … for …`.
fn is_defined(name: &str, text: &str) -> bool {
    if name.starts_with("impl ") {
        return text.contains(name);
    }
    let Some((of, method)) = name.split_once("::") else {
        return ["fn", "struct", "enum", "trait", "const", "type"]
            .iter()
            .any(|word| is_word(text, &format!("{word} {name}")));
    };
    let blocks = text.split("\nimpl").skip(1).filter_map(|block| block.split("\n}").next());
    blocks.into_iter().any(|block| {
        let head = block.split('{').next().unwrap_or_default();
        is_word(head, of) && is_word(block, &format!("fn {method}"))
    })
}

/// Whether the text holds `what` with no letter of a name before or after it.
fn is_word(text: &str, what: &str) -> bool {
    let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(what)
        .any(|(at, _)| !text[..at].ends_with(is_of_name) && !text[at + what.len()..].starts_with(is_of_name))
}
