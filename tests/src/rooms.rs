//! Which rooms of a crate import which: read off its sources, so that an import that runs up a floor is found with its
//! line.
//!
//! A room is a module at the root of a crate, with everything below it. Paths are followed from `crate::` and from
//! `super::` where that leaves the room, in `use` and in code; what the root of the crate re-exports counts for the room
//! that it comes from. Code that is compiled for tests only is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// One room names another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    /// The room that names.
    pub from: String,
    /// The room that is named.
    pub to: String,
    /// Where: the file below the sources, and the line in it.
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// As it is written, followed to the room.
    pub path: String,
}

/// What stands between the rooms of a crate.
#[derive(Debug)]
pub struct Rooms {
    /// All rooms.
    pub rooms: BTreeSet<String>,
    /// All imports from one to another.
    pub imports: Vec<Import>,
}

impl Rooms {
    /// Reads the sources of a crate, the folder with its `lib.rs` or `main.rs`.
    ///
    /// # Errors
    /// The sources can't be read.
    pub fn read(src: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        collect(src, src, &mut files)?;
        let mut texts = BTreeMap::new();
        for file in files {
            let text = blanked(&fs::read_to_string(src.join(&file))?);
            texts.insert(file, text);
        }
        let tests = test_files(&texts);
        texts.retain(|file, _| !tests.iter().any(|test| is_of(file, test)));
        let rooms: BTreeSet<String> = texts.keys().filter_map(|file| room_of(file)).collect();
        let exports = texts
            .iter()
            .filter(|(file, _)| room_of(file).is_none())
            .flat_map(|(_, text)| exports(text, &rooms))
            .collect::<BTreeMap<_, _>>();
        let mut imports = BTreeSet::new();
        for (file, text) in &texts {
            let Some(from) = room_of(file) else { continue };
            for (line, path) in paths(file, text) {
                let first = path.split("::").next().unwrap_or_default();
                let to =
                    if rooms.contains(first) { Some(first.to_owned()) } else { exports.get(first).cloned() };
                if let Some(to) = to.filter(|to| *to != from) {
                    imports.insert(Import { from: from.clone(), to, file: file.clone(), line, path });
                }
            }
        }
        Ok(Self { rooms, imports: imports.into_iter().collect() })
    }

    /// What is wrong when imports may only run down these floors, which stand in order from the top: one line for each
    /// import that runs up, and for each room that has no floor.
    #[must_use]
    pub fn against(&self, floors: &[&str]) -> Vec<String> {
        let floor = |room: &str| floors.iter().position(|floor| *floor == room);
        let mut wrong = Vec::new();
        for room in &self.rooms {
            if floor(room).is_none() {
                wrong.push(format!(
                    "the room {room} has no floor: add it to the list, below all that import it"
                ));
            }
        }
        for name in floors {
            if !self.rooms.contains(*name) {
                wrong.push(format!("there is no room {name}"));
            }
        }
        for import in &self.imports {
            if let (Some(from), Some(to)) = (floor(&import.from), floor(&import.to))
                && to <= from
            {
                wrong.push(format!(
                    "{}:{}: {} names {}, which is above it ({})",
                    import.file.display(),
                    import.line,
                    import.from,
                    import.to,
                    import.path
                ));
            }
        }
        wrong
    }

    /// The largest set of rooms that import each other in a circle; empty when there is none.
    #[must_use]
    pub fn largest_circle(&self) -> BTreeSet<String> {
        let mut reach: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for import in &self.imports {
            reach.entry(&import.from).or_default().insert(&import.to);
        }
        loop {
            let before: usize = reach.values().map(BTreeSet::len).sum();
            let now = reach.clone();
            for to in reach.values_mut() {
                let further: Vec<&str> =
                    to.iter().filter_map(|room| now.get(room)).flatten().copied().collect();
                to.extend(further);
            }
            if reach.values().map(BTreeSet::len).sum::<usize>() == before {
                break;
            }
        }
        let back = |a: &str, b: &str| reach.get(a).is_some_and(|to| to.contains(b));
        let circles = self.rooms.iter().filter(|room| back(room, room)).map(|room| {
            let others = self.rooms.iter().filter(|other| back(room, other) && back(other, room));
            others.cloned().collect::<BTreeSet<String>>()
        });
        circles.max_by_key(BTreeSet::len).unwrap_or_default()
    }
}

fn collect(src: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(src, &path, files)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path.strip_prefix(src).unwrap_or(&path).to_owned());
        }
    }
    Ok(())
}

/// The path of the module that a file is, below the root of the crate; empty for the root itself.
fn module(file: &Path) -> Vec<String> {
    let stem = file.with_extension("");
    let mut names: Vec<String> = stem.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|last| last == "mod")
        || matches!(names.as_slice(), [one] if one == "lib" || one == "main")
    {
        names.pop();
    }
    names
}

fn room_of(file: &Path) -> Option<String> {
    module(file).into_iter().next()
}

/// Whether a file is this module or below it.
fn is_of(file: &Path, test: &[String]) -> bool {
    module(file).starts_with(test)
}

/// Modules with a file of their own that are compiled for tests only.
fn test_files(texts: &BTreeMap<PathBuf, String>) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (file, text) in texts {
        for rest in text.split("#[cfg(test)]").skip(1) {
            let rest = rest.trim_start();
            let rest =
                rest.strip_prefix("pub(crate) ").or_else(|| rest.strip_prefix("pub(super) ")).unwrap_or(rest);
            if let Some((name, _)) = rest.strip_prefix("mod ").and_then(|rest| rest.split_once(';'))
                && name.chars().all(|c| c.is_alphanumeric() || c == '_')
            {
                let mut path = module(file);
                path.push(name.to_owned());
                found.push(path);
            }
        }
    }
    found
}

/// The text with comments, strings and characters blanked out, and what only tests compile; lines stay where they are.
fn blanked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let blank = |out: &mut String, text: &str| {
        out.extend(text.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
    };
    while let Some(c) = rest.chars().next() {
        let len = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(hashes) = raw_string(rest) {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = hashes + 2;
            rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len())
        } else if c == '"' {
            quoted(rest, '"')
        } else if c == '\'' && is_character(rest) {
            quoted(rest, '\'')
        } else {
            0
        };
        if len > 0 {
            blank(&mut out, &rest[..len]);
            rest = &rest[len..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    without_test_modules(&out)
}

/// `r"`, `r#"` and so on: the number of hashes.
fn raw_string(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('r')?;
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    rest[hashes..].starts_with('"').then_some(hashes)
}

/// Whether this quote begins a character and not a lifetime.
fn is_character(text: &str) -> bool {
    let mut chars = text.chars().skip(1);
    match chars.next() {
        Some('\\') => true,
        Some(_) => chars.next() == Some('\''),
        None => false,
    }
}

/// The length of a literal between such quotes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Blanks out `#[cfg(test)] mod tests { … }`.
fn without_test_modules(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("#[cfg(test)]") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let brace = from.find('{').unwrap_or(from.len());
        let semicolon = from.find(';').unwrap_or(from.len());
        if semicolon < brace {
            out.push_str(&from[..=semicolon]);
            rest = &from[semicolon + 1..];
            continue;
        }
        let mut depth = 0_i32;
        let mut end = from.len();
        for (at, c) in from.char_indices().skip(brace) {
            depth += i32::from(c == '{') - i32::from(c == '}');
            if depth == 0 {
                end = at + 1;
                break;
            }
        }
        out.extend(from[..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = &from[end..];
    }
    out.push_str(rest);
    out
}

/// All paths of a file that begin at the root of the crate, without `crate::`, with their lines.
fn paths(file: &Path, text: &str) -> Vec<(usize, String)> {
    let depth = module(file).len();
    let mut found = Vec::new();
    for root in ["crate::", "super::"] {
        let mut from = 0;
        while let Some(at) = text[from..].find(root).map(|at| from + at) {
            from = at + root.len();
            let before = text[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let line = 1 + text[..at].matches('\n').count();
            let mut rest = &text[from..];
            if root == "super::" {
                let mut ups = 1;
                while let Some(further) = rest.strip_prefix("super::") {
                    (ups, rest) = (ups + 1, further);
                }
                // Modules in braces are deeper, so that this looks at the root too early: what is there by that name is
                // no room then, or the very one.
                if ups < depth {
                    continue;
                }
            }
            for path in tree(rest) {
                found.push((line, path));
            }
        }
    }
    found
}

/// The paths of `a::{b, c::D}` or `a::b`, up to where it ends.
fn tree(text: &str) -> Vec<String> {
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let rest = &text[name.len()..];
    if name.is_empty() && rest.trim_start().starts_with('{') {
        return within_braces(rest.trim_start()).iter().flat_map(|part| tree(part.trim())).collect();
    }
    match rest.strip_prefix("::") {
        Some(rest) if !name.is_empty() => {
            let below = tree(rest);
            if below.is_empty() {
                vec![name]
            } else {
                below.iter().map(|path| format!("{name}::{path}")).collect()
            }
        }
        _ if name.is_empty() => Vec::new(),
        _ => vec![name],
    }
}

/// What stands between commas within the first braces.
fn within_braces(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 1, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        if depth == 0 {
            parts.push(&text[start..at]);
            break;
        }
    }
    parts
}

/// What the root re-exports of its rooms: the name that it has there, and the room.
fn exports(text: &str, rooms: &BTreeSet<String>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for statement in text.split(';') {
        let Some(at) = statement.find("use ").filter(|at| statement[..*at].trim_end().ends_with(['b', ')']))
        else {
            continue;
        };
        let used = statement[at + 4..].trim();
        let used = used.strip_prefix("crate::").or_else(|| used.strip_prefix("self::")).unwrap_or(used);
        for (path, whole) in tree(used).into_iter().zip(leaves(used)) {
            let Some(room) = path.split("::").next().filter(|room| rooms.contains(*room)) else { continue };
            found.push((whole, room.to_owned()));
        }
    }
    found
}

/// The names that a use tree brings in, in its order.
fn leaves(used: &str) -> Vec<String> {
    let parts = match used.find('{') {
        Some(_) => {
            let mut flat = used.replace(['{', '}'], ",");
            flat.retain(|c| c != '\n');
            flat.split(',')
                .map(str::trim)
                .filter(|p| !p.is_empty() && !p.ends_with("::"))
                .map(str::to_owned)
                .collect()
        }
        None => vec![used.to_owned()],
    };
    let name = |part: &String| match part.split_once(" as ") {
        Some((_, name)) => name.trim().to_owned(),
        None => part.rsplit("::").next().unwrap_or_default().trim().to_owned(),
    };
    parts.iter().map(name).collect()
}
