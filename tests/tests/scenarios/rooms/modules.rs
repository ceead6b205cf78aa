//! The modules of a crate, and what each imports by the paths that are written in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// All modules of a crate by their path: `commands::key`; the root is `crate`.
pub(crate) struct Modules {
    pub(crate) all: BTreeMap<String, Module>,
    /// Whether the root is `lib.rs`, which others import from.
    pub(crate) is_library: bool,
}

pub(crate) struct Module {
    pub(crate) name: String,
    /// Below `src`.
    pub(crate) file: String,
    /// Modules that are files below this one.
    children: BTreeSet<String>,
    /// Every path that is written in it, from the root of the crate.
    paths: Vec<Written>,
    /// What it imports under which name, and can so pass on.
    passed_on: BTreeMap<String, Vec<String>>,
}

struct Written {
    line: usize,
    path: Vec<String>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) from: String,
    pub(crate) to: String,
}

impl std::fmt::Display for Import {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {} imports {}", self.file, self.line, self.from, self.to)
    }
}

impl Modules {
    pub(crate) fn read(src: &Path) -> Self {
        let mut modules = BTreeMap::new();
        let is_library = src.join("lib.rs").exists();
        let root = if is_library { "lib.rs" } else { "main.rs" };
        let mut open = vec![(Vec::new(), root.to_owned())];
        while let Some((path, file)) = open.pop() {
            let module = Module::read(&path, &file, &fs::read_to_string(src.join(&file)).unwrap());
            for child in &module.children {
                let path = [path.as_slice(), std::slice::from_ref(child)].concat();
                let file = format!("{}.rs", path.join("/"));
                open.push((path, file));
            }
            modules.insert(module.name.clone(), module);
        }
        assert!(modules.len() > 1, "{} has no modules", src.display());
        Self { all: modules, is_library }
    }

    pub(crate) fn imports(&self) -> BTreeSet<Import> {
        let mut imports = BTreeSet::new();
        for module in self.all.values() {
            for Written { line, path } in &module.paths {
                let mut targets = BTreeSet::new();
                self.follow(path.clone(), &mut targets, &mut BTreeSet::new());
                targets.remove(&module.name);
                for to in targets {
                    let (file, from) = (module.file.clone(), module.name.clone());
                    imports.insert(Import { file, line: *line, from, to });
                }
            }
        }
        imports
    }

    /// The module that a path leads to, and those that pass it on from elsewhere.
    fn follow(&self, path: Vec<String>, found: &mut BTreeSet<String>, followed: &mut BTreeSet<Vec<String>>) {
        if !followed.insert(path.clone()) {
            return;
        }
        let inside = (0..=path.len()).rev().find(|n| self.all.contains_key(&name(&path[..*n]))).unwrap();
        let module = &self.all[&name(&path[..inside])];
        found.insert(module.name.clone());
        let Some(item) = path.get(inside) else { return };
        for (known, target) in &module.passed_on {
            if known == item || item == "*" {
                self.follow([target.as_slice(), &path[inside + 1..]].concat(), found, followed);
            } else if known == "*" && !module.children.contains(item) {
                // What a glob brings in under this name, if anything.
                self.follow([target.as_slice(), &path[inside..]].concat(), found, followed);
            }
        }
    }
}

fn name(path: &[String]) -> String {
    if path.is_empty() { "crate".to_owned() } else { path.join("::") }
}

impl Module {
    fn read(path: &[String], file: &str, text: &str) -> Self {
        let words = words(text);
        let word = |at: usize| words.get(at).map_or("", |(_, word)| word.as_str());
        let mut children = BTreeSet::new();
        for at in 0..words.len() {
            if word(at) == "mod" && word(at + 2) == ";" {
                children.insert(word(at + 1).to_owned());
            }
        }
        let mut module = Self {
            name: name(path),
            file: file.to_owned(),
            children,
            paths: Vec::new(),
            passed_on: BTreeMap::new(),
        };
        // How many braces are open, and at which of them a module in the same file began.
        let (mut open, mut inner) = (0, Vec::new());
        let mut at = 0;
        while at < words.len() {
            match word(at) {
                "mod" if word(at + 2) == "{" => {
                    inner.push((open, word(at + 1).to_owned()));
                    at += 1;
                }
                // `pub(in crate::a)` imports nothing.
                "in" if at >= 2 && word(at - 1) == "(" && word(at - 2) == "pub" => {
                    at = (at..words.len()).find(|at| word(*at) == ")").unwrap();
                }
                "{" => open += 1,
                "}" => {
                    open -= 1;
                    if inner.last().is_some_and(|(began, _)| *began == open) {
                        inner.pop();
                    }
                }
                "use" => {
                    let end = (at..words.len()).find(|at| word(*at) == ";").unwrap();
                    let mut tree = Vec::new();
                    unfold(&words[at + 1..end], &[], &mut tree);
                    for Use { line, path: written, alias } in tree {
                        let Some(target) = module.absolute(path, inner.len(), &written) else { continue };
                        if inner.is_empty() {
                            module.passed_on.insert(alias, target.clone());
                        }
                        module.paths.push(Written { line, path: target });
                    }
                    at = end;
                }
                _ if word(at + 1) == "::" && (at == 0 || word(at - 1) != "::") => {
                    let line = words[at].0;
                    let mut written = vec![word(at).to_owned()];
                    while word(at + 1) == "::" && is_name(word(at + 2)) {
                        written.push(word(at + 2).to_owned());
                        at += 2;
                    }
                    if let Some(path) = module.absolute(path, inner.len(), &written) {
                        module.paths.push(Written { line, path });
                    }
                }
                _ => {}
            }
            at += 1;
        }
        module
    }

    /// A path as it is written in this module, or in one of `inner` depth in its file, from the root of the crate.
    /// `None` when it leads to another crate, or to a name that is imported already.
    fn absolute(&self, own: &[String], inner: usize, written: &[String]) -> Option<Vec<String>> {
        let (first, rest) = written.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" | "super" => {
                let ups = written.iter().take_while(|word| *word == "super").count();
                let rest = &written[ups.max(1)..];
                let ups = ups.saturating_sub(inner);
                Some([&own[..own.len().checked_sub(ups)?], rest].concat())
            }
            child if self.children.contains(child) && inner == 0 => Some([own, written].concat()),
            _ => None,
        }
    }
}

/// One path of a `use`, and the name that it has from then on.
struct Use {
    line: usize,
    path: Vec<String>,
    alias: String,
}

/// `a::{b, c::d as e}` is `a::b` and `a::c::d`.
fn unfold(words: &[(usize, String)], before: &[String], found: &mut Vec<Use>) {
    let mut depth = 0;
    let parts = words.split(|(_, word)| {
        depth += i32::from(word == "{") - i32::from(word == "}");
        word == "," && depth == 0
    });
    for part in parts.filter(|part| !part.is_empty()) {
        let mut path = before.to_vec();
        let mut alias = None;
        let mut at = 0;
        while at < part.len() {
            match part[at].1.as_str() {
                "::" => {}
                "{" => {
                    unfold(&part[at + 1..part.len() - 1], &path, found);
                    path.clear();
                    break;
                }
                "as" => {
                    alias = Some(part[at + 1].1.clone());
                    break;
                }
                // `a::{self}` is `a`.
                "self" if !path.is_empty() => {}
                word => path.push(word.to_owned()),
            }
            at += 1;
        }
        if let Some(last) = path.last() {
            let alias = alias.unwrap_or_else(|| last.clone());
            found.push(Use { line: part[0].0, path, alias });
        }
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The words of a source with their lines, without comments, texts and tests.
fn words(text: &str) -> Vec<(usize, String)> {
    let chars: Vec<char> = text.chars().collect();
    let starts = |at: usize, what: &str| what.chars().enumerate().all(|(n, c)| chars.get(at + n) == Some(&c));
    let (mut words, mut line, mut at): (Vec<(usize, String)>, _, _) = (Vec::new(), 1, 0);
    while at < chars.len() {
        let began = at;
        if starts(at, "//") {
            at += chars[at..].iter().take_while(|c| **c != '\n').count();
        } else if starts(at, "/*") {
            at += 2;
            at += (at..chars.len()).take_while(|at| !starts(*at, "*/")).count() + 2;
        } else if let Some(hashes) = raw_text(&chars[at..]) {
            let end = format!("\"{}", "#".repeat(hashes));
            at += hashes + 2;
            at += (at..chars.len()).take_while(|at| !starts(*at, &end)).count() + end.len();
        } else if chars[at] == '"' {
            at += 1;
            while at < chars.len() && chars[at] != '"' {
                at += if chars[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
        } else if chars[at] == '\'' && (starts(at + 1, "\\") || chars.get(at + 2) == Some(&'\'')) {
            // A character, and no lifetime.
            at += if starts(at + 1, "\\") { 3 } else { 2 };
            at += chars[at..].iter().take_while(|c| **c != '\'').count() + 1;
        } else if chars[at].is_alphanumeric() || chars[at] == '_' {
            at += chars[at..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
            words.push((line, chars[began..at].iter().collect()));
        } else if starts(at, "::") {
            at += 2;
            words.push((line, "::".to_owned()));
        } else {
            at += 1;
            if !chars[began].is_whitespace() {
                words.push((line, chars[began].to_string()));
            }
        }
        line += chars[began..at.min(chars.len())].iter().filter(|c| **c == '\n').count();
    }
    without_tests(words)
}

/// How many `#` a raw text has that begins here.
fn raw_text(chars: &[char]) -> Option<usize> {
    let after = chars.strip_prefix(&['r'])?;
    let hashes = after.iter().take_while(|c| **c == '#').count();
    (after.get(hashes) == Some(&'"')).then_some(hashes)
}

/// Without modules that are built for tests only: those may look up.
fn without_tests(words: Vec<(usize, String)>) -> Vec<(usize, String)> {
    let marker = ["#", "[", "cfg", "(", "test", ")", "]", "mod"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let marked = words[at..].iter().map(|(_, word)| word.as_str()).take(marker.len()).eq(marker);
        if !marked {
            kept.push(words[at].clone());
            at += 1;
            continue;
        }
        at += marker.len() + 1;
        let mut open = 0;
        while at < words.len() {
            open += i32::from(words[at].1 == "{") - i32::from(words[at].1 == "}");
            at += 1;
            if open == 0 {
                break;
            }
        }
    }
    kept
}
